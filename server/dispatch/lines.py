"""How an agency is reached: the row of `agency_line` that holds for a center, and the keys of its messages.

A center's own line wins over the agency's common one; without any the agency works at its desk in the browser. An
exercise never leaves the house: where a webhook would be called, the console twin is.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from location_router.runtime.db import Unit
from server.actor import Actor
from server.events import record_admin
from server.releases import end_releases

if TYPE_CHECKING:
    from server.services import Services

LineKind = Literal["desk", "webhook", "console"]
ContentType = Literal["application/json", "application/cap+xml", "application/emergency.eido+json"]
CONTENT_TYPES: tuple[ContentType, ...] = get_args(ContentType)
LONGEST_TIMEOUT_S = 30.0


class BadLine(ValueError):
    """Settings that can't be a line; the text names field, value and cure."""


@dataclass(frozen=True, slots=True)
class Line:
    """`key` is shared with the agency and signs in both directions."""

    line_id: UUID
    agency_id: str
    center_id: str | None
    kind: LineKind
    url: str = ""
    key: str = ""
    content_type: ContentType = "application/json"
    timeout_s: float = 5.0
    networks: tuple[str, ...] | None = None
    """Private networks into which it may lead, of those of the setting; None: all of these. A line that a firm's
    association has set leads into those that are registered for the firm by the center, and nowhere else of ours."""

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""


_LINES = """
SELECT l.*, ARRAY(SELECT network FROM agency_address a WHERE a.agency_id = l.agency_id) AS networks FROM agency_line l
"""


def _from_row(services: Services, row: dict[str, Any]) -> Line:
    key = services.sealer.open(row["key_sealed"], context=f"agency_line.key:{row['line_id']}") or ""
    return Line(
        row["line_id"],
        row["agency_id"],
        row["center_id"],
        row["kind"],
        row["url"],
        key,
        row["content_type"],
        row["timeout_s"],
        tuple(row["networks"]) if row["by_umbrella"] else None,
    )


async def line_of(unit: Unit, services: Services, *, agency_id: str, center_id: str) -> Line | None:
    """The line that holds for this center, or None: the desk."""
    row = await unit.one(
        f"{_LINES} WHERE agency_id = :agency AND active"
        " AND (center_id IS NULL OR center_id = :center) ORDER BY center_id NULLS LAST LIMIT 1",
        {"agency": agency_id, "center": center_id},
    )
    return _from_row(services, row) if row else None


KEYS = """
SELECT line_id, center_id, key_sealed FROM agency_line WHERE agency_id = %s AND active AND kind = 'webhook'
ORDER BY center_id NULLS LAST
"""


@dataclass(frozen=True, slots=True)
class Key:
    """With what an agency's line signs; `center_id` None: the line of all centers that have none of their own."""

    center_id: str | None
    key: str


def opened_keys(services: Services, rows: list[Any]) -> list[Key]:
    """Of rows of KEYS; a line without a key signs nothing."""
    found = []
    for line_id, center_id, sealed in rows:
        if key := services.sealer.open(sealed, context=f"agency_line.key:{line_id}"):
            found.append(Key(center_id, key))
    return found


def fitting_keys(keys: Collection[Key], center_id: str) -> list[str]:
    """Those that hold for this center: of its own line, else of the common one."""
    own = [one.key for one in keys if one.center_id == center_id]
    return own or [one.key for one in keys if one.center_id is None]


async def keys_of(unit: Unit, services: Services, *, agency_id: str, center_id: str | None) -> list[str]:
    """The keys with which this agency may sign what it says about a dispatch of `center_id` (None: of any)."""
    keys = opened_keys(services, await (await unit.driver.execute(KEYS, [agency_id])).fetchall())
    return [one.key for one in keys] if center_id is None else fitting_keys(keys, center_id)


async def set_line(
    unit: Unit,
    services: Services,
    *,
    agency_id: str,
    center_id: str | None,
    kind: LineKind,
    actor: Actor,
    url: str = "",
    key: str = "",
    content_type: str = "application/json",
    timeout_s: float = 5.0,
    by_umbrella: bool = False,
) -> Line:
    """Make or change the agency's line; a webhook without `key` keeps its old one, or gets a fresh one. Raises BadLine.
    `by_umbrella`: a firm's, set by its association; an address that the center itself has set stays the center's.

    A new key ends what the old one opened: whoever looks by it sees nothing after the next look of gate and socket.
    The change is an event of the center's chain, or of the installation's where the line is for all centers.
    """
    check(kind=kind, url=url, content_type=content_type, timeout_s=timeout_s)
    held = await unit.one(
        f"{_LINES} WHERE agency_id = :agency AND center_id IS NOT DISTINCT FROM :center FOR UPDATE OF l",
        {"agency": agency_id, "center": center_id},
    )
    line_id = held["line_id"] if held else uuid4()
    old_key = _from_row(services, held).key if held else ""
    key = key or old_key or (secrets.token_urlsafe(32) if kind == "webhook" else "")
    values = {
        "id": line_id,
        "agency": agency_id,
        "center": center_id,
        "kind": kind,
        "url": url,
        "key": services.sealer.seal(key, context=f"agency_line.key:{line_id}", center=center_id or "") if key else None,
        "type": content_type,
        "timeout": timeout_s,
        "by_umbrella": by_umbrella and (held is None or held["url"] != url or held["by_umbrella"]),
    }
    await unit.execute(_PUT, values)
    if key != old_key:
        await _end_shown(unit, line_id, agency_id, center_id)
    record_admin(
        unit,
        tag="agreement:line_set",
        actor=actor,
        center_id=center_id or "",
        payload={
            "agency_id": agency_id,
            "kind": kind,
            "url": url,
            "content_type": content_type,
            "new_key": key != old_key,
        },
    )
    return Line(line_id, agency_id, center_id, kind, url, key, content_type, timeout_s)  # type: ignore[arg-type]


_PUT = """
INSERT INTO agency_line (line_id, agency_id, center_id, kind, url, key_sealed, content_type, timeout_s, by_umbrella)
VALUES (:id, :agency, :center, :kind, :url, :key, :type, :timeout, :by_umbrella)
ON CONFLICT (line_id) DO UPDATE SET kind = excluded.kind, url = excluded.url, key_sealed = excluded.key_sealed,
  content_type = excluded.content_type, timeout_s = excluded.timeout_s, by_umbrella = excluded.by_umbrella,
  active = true
"""
_SHOWN = """
SELECT release_id FROM release WHERE ended_at IS NULL AND (viewer_id = :line OR center_id = :center AND viewer_id IN
    (SELECT line_id FROM agency_line WHERE agency_id = :agency))
ORDER BY release_id FOR UPDATE
"""


async def _end_shown(unit: Unit, line_id: UUID, agency_id: str, center_id: str | None) -> None:
    """What is open for the line, and at a center that has one of its own now, for the common one there."""
    rows = await unit.all(_SHOWN, {"line": line_id, "center": center_id, "agency": agency_id})
    await end_releases(unit, {row["release_id"]: "session_ended" for row in rows})


def check(*, kind: str, url: str, content_type: str, timeout_s: float) -> None:
    """Raises BadLine for what could not work."""
    if kind not in get_args(LineKind):
        raise BadLine(f"kind: {kind!r} is none of {', '.join(get_args(LineKind))}")
    if content_type not in CONTENT_TYPES:
        raise BadLine(f"content_type: {content_type!r} is none of {', '.join(CONTENT_TYPES)}")
    if not 0 < timeout_s <= LONGEST_TIMEOUT_S:
        raise BadLine(f"timeout_s: {timeout_s} is not between 0 and {LONGEST_TIMEOUT_S:.0f} seconds")
    parts = urlsplit(url)
    if kind == "webhook" and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise BadLine(f"url: {url!r} is no http(s) address; give the one the agency's system listens on")
    if parts.username or parts.password:
        raise BadLine("url: no name and password in the address; the key signs instead")
