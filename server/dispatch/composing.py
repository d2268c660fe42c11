"""The message about a dispatch, put together from what is on disk, with the release rows of what it will tell.

The rows are in the caller's unit: they are committed before a byte leaves. What the agreement does not open is not in
the message; a message about the end tells neither place nor person.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from location_router.geo import distance_m
from location_router.runtime.db import Unit
from server.cameras.service import chosen, nearest
from server.dispatch import reading
from server.dispatch.disclosing import SHOWN, Shown, agreement_of, disclose, shows
from server.dispatch.lines import Line
from server.dispatch.message import (
    TRACK,
    CameraPlace,
    CenterFacts,
    DispatchMessage,
    Kind,
    PersonFacts,
    Place,
    thinned,
)

if TYPE_CHECKING:
    from server.services import Services

LAST_KNOWN = timedelta(days=30)
NAMED_CAMERAS = 5


async def compose(
    unit: Unit,
    services: Services,
    row: dict[str, Any],
    kind: Kind,
    *,
    line: Line | None,
    number: int = 0,
    reason: str = "",
) -> DispatchMessage | None:
    """The message; None when no agreement is in force, so that a request may not be sent at all."""
    now = services.clock()
    agreement = await agreement_of(unit, row["agreement_id"])
    if kind != "closed" and not agreement.in_force(now):
        return None
    may_see = {what: kind != "closed" and shows(agreement, what, basis=row["legal_basis"], now=now) for what in SHOWN}
    track = await _track(unit, row, now) if may_see["position"] else []
    sent = await reading.body(services, row)
    person = _person(sent["caller"]) if may_see["identity"] and kind == "request" else None
    if line is not None:
        there: dict[Shown, bool] = {"position": bool(track), "identity": person is not None}
        told = [what for what, is_there in there.items() if is_there]
        await disclose(unit, row, told, viewer_id=line.line_id, name=line.agency_id, address=line.host, now=now)
    facts = await _incident(unit, row)
    return DispatchMessage(
        kind=kind,
        installation=services.settings.installation,
        dispatch_id=str(row["dispatch_id"]),
        request_no=row["request_no"],
        case_no=row["case_no"],
        center=facts["center"],
        agency_id=row["agency_id"],
        agency_kind=row["kind"],
        incident_id=str(row["incident_id"]),
        type=facts["type"],
        legal_basis=row["legal_basis"],
        is_drill=row["is_drill"],
        sent_at=now,
        requested_at=row["requested_at"],
        opened_at=facts["opened_at"],
        number=number,
        flags=facts["flags"],
        note=sent["note"] if kind == "request" else "",
        reason=reason,
        place=track[-1] if track else None,
        track=thinned(track, now=now),
        cameras=await _cameras(unit, row, track[-1]) if kind == "request" and track else (),
        person=person,
        state_path=f"/api/lines/{row['agency_id']}/dispatches/{row['dispatch_id']}/state",
    )


def _person(caller: dict[str, str]) -> PersonFacts | None:
    if not (caller.get("name") or caller.get("phone")):
        return None
    return PersonFacts(caller.get("name", ""), caller.get("phone", ""), caller.get("language", "ko"))


async def _track(unit: Unit, row: dict[str, Any], now: datetime) -> list[Place]:
    found = await reading.track(unit, row["incident_id"], since=now - TRACK)
    found = found or await reading.track(unit, row["incident_id"], since=now - LAST_KNOWN, limit=1)
    return [place_of(one) for one in found]


def place_of(position: dict[str, Any]) -> Place:
    """The wire's Position as the message has it."""
    return Place(
        position["lat"],
        position["lon"],
        position["accuracy_m"],
        datetime.fromisoformat(position["fixed_at"]),
        position["speed_mps"],
        position["heading_deg"],
    )


async def _cameras(unit: Unit, row: dict[str, Any], she: Place) -> tuple[CameraPlace, ...]:
    """Those that the operator has before her; where none were chosen yet, the nearest. Names and places, no more."""
    found = await chosen(unit, row["incident_id"])
    found = found or await nearest(unit, center_id=row["center_id"], lat=she.lat, lon=she.lon, limit=NAMED_CAMERAS)
    return tuple(
        CameraPlace(
            one["name"],
            one["lat"],
            one["lon"],
            one["heading_deg"],
            round(distance_m(lat=she.lat, lon=she.lon, to_lat=one["lat"], to_lon=one["lon"]), 1),
            bool(one.get("in_view")),
        )
        for one in found
    )


async def _incident(unit: Unit, row: dict[str, Any]) -> dict[str, Any]:
    found = await unit.one(
        "SELECT i.type, i.opened_at, i.is_duress, i.center_id, o.name_ko, o.name_en, o.callback,"
        " (SELECT jsonb_agg(DISTINCT flag) FROM alert a, jsonb_array_elements_text(a.flags) flag"
        "  WHERE a.incident_id = i.incident_id) AS flags"
        " FROM incident i LEFT JOIN center o ON o.code = i.center_id WHERE i.incident_id = :id",
        {"id": row["incident_id"]},
    )
    assert found is not None
    code = found["center_id"]
    flags = sorted({*(found["flags"] or []), *(["duress"] if found["is_duress"] else [])})
    return {
        "type": found["type"],
        "opened_at": found["opened_at"],
        "flags": tuple(flags),
        "center": CenterFacts(code, found["name_ko"] or code, found["name_en"] or code, found["callback"] or ""),
    }
