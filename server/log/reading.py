"""The log for those who review it: releases, refusals and events of the centers they may see, filtered, page by page.

Operators and agents are named, that is what the log is for. Of the persons the log speaks about nothing is told: what
people wrote or said is hidden (`HIDDEN`), and a guardian is "보호자".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.events import NO_INCIDENT
from server.incidents.cards import iso
from server.legal import KIND_NAMES, basis_names

if TYPE_CHECKING:
    from location_router.runtime.seal import Sealer
    from server.services import Services

MOST = 500
HIDDEN = "●●●"
# What people wrote or said, and who they are; a release's or an administrator's own `reason` is for the log.
_PERSONAL = frozenset(
    ("text", "note", "name", "nickname", "phone", "caller", "lat", "lon", "position", "address_text")
    + ("distance_m", "bearing_deg")  # from a camera whose place is known: as good as a place
)


@dataclass(frozen=True, slots=True)
class Filter:
    """What to read; None: whatever. `after` is the page's mark, as the page before gave it."""

    since: datetime | None = None
    until: datetime | None = None
    center: str | None = None
    viewer_id: UUID | None = None
    incident_id: UUID | None = None
    camera_id: str | None = None
    kind: str | None = None
    agency: str | None = None
    tag: str | None = None
    after: str = ""
    limit: int = 100
    release_id: UUID | None = None
    event_id: UUID | None = None
    newest: bool = False  # the latest first; a mark is only good for the order that gave it


_RELEASES = """
SELECT r.*, a.name_sealed, a.role, coalesce(a.agency_id, n.agency_id) AS agency_id,
       coalesce(a.login, n.agency_id) AS login, c.name AS camera_name, g.seq AS granted_seq, i.is_drill
FROM release r LEFT JOIN account a ON a.account_id = r.viewer_id
LEFT JOIN agency_line n ON n.line_id = r.viewer_id
LEFT JOIN camera c ON c.camera_id = r.camera_id
LEFT JOIN incident i ON i.incident_id = r.incident_id
LEFT JOIN event g ON g.event_id = r.granted_event
WHERE (CAST(:since AS timestamptz) IS NULL OR r.granted_at >= :since)
  AND (CAST(:until AS timestamptz) IS NULL OR r.granted_at < :until)
  AND (CAST(:center AS text) IS NULL OR r.center_id = :center)
  AND (CAST(:viewer AS uuid) IS NULL OR r.viewer_id = :viewer)
  AND (CAST(:incident AS uuid) IS NULL OR coalesce(r.incident_id, r.alert_id) = :incident)
  AND (CAST(:camera AS text) IS NULL OR r.camera_id = :camera)
  AND (CAST(:kind AS text) IS NULL OR r.kind = :kind)
  AND (CAST(:agency AS text) IS NULL OR coalesce(a.agency_id, n.agency_id) = :agency)
  AND (CAST(:release AS uuid) IS NULL OR r.release_id = :release)
"""
_RELEASES_FORWARD = """
  AND (CAST(:after_at AS timestamptz) IS NULL OR (r.granted_at, r.release_id) > (:after_at, CAST(:after_id AS uuid)))
ORDER BY r.granted_at, r.release_id LIMIT :limit
"""
_RELEASES_BACK = """
  AND (CAST(:after_at AS timestamptz) IS NULL OR (r.granted_at, r.release_id) < (:after_at, CAST(:after_id AS uuid)))
ORDER BY r.granted_at DESC, r.release_id DESC LIMIT :limit
"""
_EVENTS = """
SELECT e.*, p.payload_sealed FROM event e LEFT JOIN event_payload p USING (center_id, seq)
WHERE (CAST(:since AS timestamptz) IS NULL OR e.at >= :since)
  AND (CAST(:until AS timestamptz) IS NULL OR e.at < :until)
  AND (CAST(:center AS text) IS NULL OR e.center_id = :center)
  AND (CAST(:viewer AS text) IS NULL OR e.actor_id = :viewer)
  AND (CAST(:incident AS uuid) IS NULL OR e.incident_id = :incident)
  AND (CAST(:tag AS text) IS NULL OR starts_with(e.tag, :tag))
  AND (CAST(:event AS uuid) IS NULL OR e.event_id = :event)
"""
_EVENTS_FORWARD = """
  AND (CAST(:after_center AS text) IS NULL OR (e.center_id, e.seq) > (:after_center, CAST(:after_seq AS bigint)))
ORDER BY e.center_id, e.seq LIMIT :limit
"""
# by time over all chains: a mark is the line's time, chain and number
_EVENTS_BACK = """
  AND (CAST(:after_at AS timestamptz) IS NULL
       OR (e.at, e.center_id, e.seq) < (:after_at, :after_center, CAST(:after_seq AS bigint)))
ORDER BY e.at DESC, e.center_id DESC, e.seq DESC LIMIT :limit
"""


async def releases(unit: Unit, services: Services, asked: Filter) -> dict[str, Any]:
    """`{"releases": […], "next": mark|null}`, oldest first, or with `newest` the other way round."""
    at, _, release_id = asked.after.partition("/")
    rows = await unit.all(
        _RELEASES + (_RELEASES_BACK if asked.newest else _RELEASES_FORWARD),
        {
            "since": asked.since,
            "until": asked.until,
            "center": asked.center,
            "viewer": asked.viewer_id,
            "incident": asked.incident_id,
            "camera": asked.camera_id,
            "kind": asked.kind,
            "agency": asked.agency,
            "release": asked.release_id,
            "after_at": _time(at) if asked.after else None,
            "after_id": _uuid(release_id) if asked.after else None,
            "limit": asked.limit,
        },
    )
    last = rows[-1] if len(rows) == asked.limit else None
    mark = f"{iso(last['granted_at'])}/{last['release_id']}" if last else None
    return {"releases": [release_line(row, services.sealer) for row in rows], "next": mark}


def release_line(row: dict[str, Any], sealer: Sealer) -> dict[str, Any]:
    """One row of the provision log: who, which camera, what kind, from–to, whose, on what ground."""
    basis_ko, basis_en = basis_names(row["legal_basis"])
    kind_ko, kind_en = KIND_NAMES.get(row["kind"], (row["kind"], row["kind"]))
    whose = row["incident_id"] or row["alert_id"]
    return {
        "release_id": str(row["release_id"]),
        "center": row["center_id"],
        "kind": row["kind"],
        "kind_ko": kind_ko,
        "kind_en": kind_en,
        "incident_id": str(whose) if whose else None,
        "camera_id": row["camera_id"],
        "camera": row["camera_name"],
        "viewer": {
            "kind": row["viewer_kind"],
            "id": str(row["viewer_id"]),
            "name": _viewer_name(row, sealer),
            "role": row["role"] or "",  # of the account as it is now
        },
        "agency_id": row["agency_id"],
        "agreement_id": str(row["agreement_id"]) if row["agreement_id"] else None,
        "address": row["address"],
        "legal_basis": row["legal_basis"],
        "legal_basis_ko": basis_ko,
        "legal_basis_en": basis_en,
        "granted_at": iso(row["granted_at"]),
        "first_byte_at": iso(row["first_byte_at"]),
        "ended_at": iso(row["ended_at"]),
        "end_reason": row["end_reason"],
        "until_at": iso(row["until_at"]),
        "is_drill": bool(row["is_drill"]),
        "breakglass_id": str(row["breakglass_id"]) if row["breakglass_id"] else None,
        "granted_event": _id(row["granted_event"]),
        "ended_event": _id(row["ended_event"]),
        "seq": row["granted_seq"],
    }


def _id(event_id: UUID | None) -> str | None:
    """None where the row is older than the column."""
    return str(event_id) if event_id and event_id.int else None


def _viewer_name(row: dict[str, Any], sealer: Sealer) -> str:
    if row["viewer_kind"] == "guardian":
        return "보호자"
    return str(sealer.open(row["name_sealed"], context=f"account.name:{row['viewer_id']}") or row["login"] or "")


async def events(unit: Unit, services: Services, asked: Filter) -> dict[str, Any]:
    """`{"events": […], "next": mark|null}` by chain and number, or with `newest` by time backwards. Camera and kind
    are looked for in the payloads, which are sealed: a page may be shorter than asked for, and not be the last."""
    before, _, place = asked.after.rpartition("/") if asked.newest else ("", "", asked.after)
    center, _, seq = place.rpartition(":")
    paged: dict[str, Any] = {"after_at": _time(before) if asked.after else None} if asked.newest else {}
    rows = await unit.all(
        _EVENTS + (_EVENTS_BACK if asked.newest else _EVENTS_FORWARD),
        {
            "since": asked.since,
            "until": asked.until,
            "center": asked.center,
            "viewer": str(asked.viewer_id) if asked.viewer_id else None,
            "incident": asked.incident_id,
            "tag": asked.tag,
            "event": asked.event_id,
            "after_center": center if asked.after else None,
            "after_seq": _number(seq) if asked.after else None,
            "limit": asked.limit,
        }
        | paged,
    )
    lines = [event_line(row, services.sealer) for row in rows]
    mark = f"{rows[-1]['center_id']}:{rows[-1]['seq']}" if len(rows) == asked.limit else None
    if mark and asked.newest:
        mark = f"{iso(rows[-1]['at'])}/{mark}"
    return {"events": [line for line in lines if _fits(line["payload"], asked)], "next": mark}


def _fits(payload: dict[str, Any], asked: Filter) -> bool:
    if asked.kind is not None and payload.get("kind") != asked.kind:
        return False
    if asked.agency is not None and payload.get("agency_id") != asked.agency:
        return False
    return asked.camera_id is None or asked.camera_id in (
        payload.get("camera_id"),
        *(one for one in payload.get("camera_ids", ()) if isinstance(one, str)),
    )


def event_line(row: dict[str, Any], sealer: Sealer) -> dict[str, Any]:
    """An event without what people said, and with what proves its place in the chain."""
    body = sealer.open(row["payload_sealed"], context=f"event:{row['event_id']}") or {"actor_name": "", "payload": {}}
    is_staff = row["actor_kind"] in ("operator", "agent")
    return {
        "center": row["center_id"],
        "seq": row["seq"],
        "event_id": str(row["event_id"]),
        "incident_id": str(row["incident_id"]) if row["incident_id"] != NO_INCIDENT else None,
        "tag": row["tag"],
        "at": iso(row["at"]),
        "actor": {
            "kind": row["actor_kind"],
            "id": row["actor_id"],
            "name": body["actor_name"] if is_staff else "",
        },
        "payload": masked(body["payload"]),
        "purged": row["payload_sealed"] is None,
        "payload_digest": bytes(row["payload_digest"]).hex(),
        "previous_hash": bytes(row["previous_hash"]).hex(),
        "hash": bytes(row["hash"]).hex(),
    }


def masked(value: Any) -> Any:
    """The payload without what a person said, is called, or was at."""
    if isinstance(value, dict):
        return {name: HIDDEN if name in _PERSONAL and one else masked(one) for name, one in value.items()}
    return [masked(one) for one in value] if isinstance(value, list) else value


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise _bad_mark(text) from None


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise _bad_mark(text) from None


def _number(text: str) -> int:
    if text.isdigit() and len(text) < 19:
        return int(text)
    raise _bad_mark(text)


def _bad_mark(text: str) -> Problem:
    return Problem(
        422,
        "invalid",
        "after: 앞 쪽의 next 값을 그대로 보내 주세요.",
        "after: send the `next` of the page before as it is.",
        fields=[{"field": "after", "message": "the `next` of a page", "value": text[:80]}],
    )
