"""An agency's own warnings at the centers of this installation: how each stands at each, and taken back at the desk.

How many people were told is not said: in a small place it would tell whether somebody walks there.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4
from xml.sax.saxutils import escape

from location_router.cap_warning.reading import read_warning
from location_router.runtime.problems import Problem
from server.cap_warnings import model, service
from server.cap_warnings.store import OVER_BY, STANDS
from server.staff.model import Viewer

if TYPE_CHECKING:
    from server.services import Services

SHOWN_FOR = timedelta(days=30)
_OPEN = ("running", "hidden", "agreement")
_ROWS = f"""
SELECT w.*, {STANDS} AS stands, o.kind AS over_by, c.name_ko AS center_ko, c.name_en AS center_en FROM cap_warning w
LEFT JOIN LATERAL ({OVER_BY} ORDER BY u.sent_at DESC LIMIT 1) o ON true LEFT JOIN center c ON c.code = w.center_id
WHERE w.agency_id = :agency AND w.is_here AND w.kind <> 'Cancel' AND w.received_at > :since
  AND (CAST(:id AS uuid) IS NULL OR w.warning_id = :id)
ORDER BY w.sent_at DESC, w.warning_id, w.center_id LIMIT 2000
"""


async def listed(services: Services, agency_id: str) -> list[dict[str, Any]]:
    """Of the last 30 days, the newest first."""
    by_name: dict[UUID, list[dict[str, Any]]] = {}
    for row in await _rows(services, agency_id):
        by_name.setdefault(row["warning_id"], []).append(row)
    return [_entry(rows, services.clock()) for rows in by_name.values()]


async def cancel(services: Services, viewer: Viewer, warning_id: UUID) -> dict[str, Any]:
    """A CAP Cancel in the agency's name, at each center where it runs. Problem 404 `no_warning`, 409 `not_here` (what
    the router brought is called off there), `is_over`."""
    agency_id = viewer.agency.agency_id if viewer.agency else ""
    rows, now = await _rows(services, agency_id, warning_id), services.clock()
    if not rows:
        raise Problem(404, "no_warning", "이 기관이 보낸 경보가 아닙니다.", "Your agency sent no such warning.")
    if rows[0]["via"] == "router":
        ko, en = "보낸 시스템에서 Cancel을 보내 주세요.", "It came by the router: send a Cancel from where it came."
        raise Problem(409, "not_here", ko, en)
    centers = [row["center_id"] for row in rows if _state(row, now) in _OPEN]
    if not centers:
        raise Problem(409, "is_over", "이미 끝난 경보입니다.", "It is over already.")
    message = _cancel_of(rows[0], now)
    await service.take(
        services, read_warning(message), message, agency_id=agency_id, centers=centers, served=centers, via="center",
        actor=viewer.actor,
    )  # fmt: skip
    return _entry(await _rows(services, agency_id, warning_id), now)


async def _rows(services: Services, agency_id: str, warning_id: UUID | None = None) -> list[dict[str, Any]]:
    now = services.clock()
    async with services.db.begin() as unit:
        return await unit.all(_ROWS, {"agency": agency_id, "id": warning_id, "now": now, "since": now - SHOWN_FOR})


def _state(row: dict[str, Any], now: datetime) -> str:
    """At one center: `cancelled` `replaced` `expired`; `agreement` (it doesn't count: suspended or over); `hidden` (off
    its map, people are told all the same); `running`."""
    if row["over_by"] is not None:
        return "cancelled" if row["over_by"] == "Cancel" else "replaced"
    if row["expires_at"] <= now:
        return "expired"
    return "agreement" if not row["stands"] else "hidden" if row["hidden_at"] is not None else "running"


def _entry(rows: list[dict[str, Any]], now: datetime) -> dict[str, Any]:
    """`rows`: of one warning, one for each center."""
    first = rows[0]
    states = [_state(row, now) for row in rows]
    state = min(states, key=lambda one: _OPEN.index(one) if one in _OPEN else len(_OPEN))
    parts = model.parts_of(first["content"], datetime.min.replace(tzinfo=UTC))
    return {
        "warning_id": str(first["warning_id"]),
        "kind": first["kind"],
        "severity": first["severity"],
        "is_drill": first["is_drill"],
        "is_public": first["is_public"],
        "sent_at": first["sent_at"].isoformat(),
        "expires_at": first["expires_at"].isoformat(),
        "via": first["via"],
        "state": state,
        "may_cancel": first["via"] == "center" and state in _OPEN,
        "texts": parts[0]["texts"] if parts else {},
        "centers": [
            {
                "code": row["center_id"],
                "name_ko": row["center_ko"] or row["center_id"],
                "name_en": row["center_en"] or row["center_id"],
                "state": one,
                "reason": row["hidden_reason"] if one == "hidden" else "",
            }
            for row, one in zip(rows, states, strict=True)
        ],
    }


def _cancel_of(row: dict[str, Any], now: datetime) -> bytes:
    sender, _, _ = row["key"].partition(",")
    status, scope = "Exercise" if row["is_drill"] else "Actual", "Public" if row["is_public"] else "Private"
    return (
        '<?xml version="1.0" encoding="UTF-8"?><alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">'
        f"<identifier>{uuid4()}</identifier><sender>{escape(sender)}</sender><sent>{now.isoformat()}</sent>"
        f"<status>{status}</status><msgType>Cancel</msgType><scope>{scope}</scope>"
        f"<references>{escape(row['key'])}</references></alert>"
    ).encode()
