"""What an agency's desk is shown: its own dispatches, and of a person only what an open dispatch needs.

Showing a position is a disclosure: `views` writes a release row per agent and incident in the same transaction, and
shows no position without one.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.db import Unit
from server.access_notes import service as access_notes
from server.agencies.model import Agreement, agreement_from_row
from server.basemap.addresses import words_of
from server.dispatch import reading, service
from server.dispatch.disclosing import SHOWN, TRIGGER, disclose, shows
from server.dispatch.model import OPEN_STATES, WORKING_STATES
from server.dispatch.terms import others_on, terms
from server.incidents.cards import iso
from server.incidents.model import OPEN
from server.releases import end_releases

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

SHOWN_AFTER_END = timedelta(hours=12)
TRACK = timedelta(minutes=10)

_QUERY = """
SELECT d.*, a.kind, a.name_ko, a.name_en, i.state AS incident_state, i.phase, i.is_drill, i.opened_at, i.active_at,
       o.name_ko AS center_ko, o.name_en AS center_en,
       i.role AS incident_role,
       EXISTS (SELECT 1 FROM alert h WHERE h.incident_id = d.incident_id AND h.is_health_shared) AS is_health_shared,
       i.type AS incident_type, g.triggers, g.legal_bases, g.may_view_live, g.may_view_recorded, g.may_view_still,
       g.may_see_position, g.may_see_identity, g.may_see_health, g.may_store, g.storage_days,
       g.starts_at, g.ends_at, g.suspended_at
FROM dispatch d JOIN agency a USING (agency_id) JOIN incident i USING (incident_id)
JOIN agreement g ON g.agreement_id = d.agreement_id LEFT JOIN center o ON o.code = d.center_id
WHERE d.agency_id = :agency AND (CAST(:incident AS uuid) IS NULL OR d.incident_id = :incident)
  AND (CAST(:dispatch AS uuid) IS NULL OR d.dispatch_id = :dispatch)
  AND (i.state = ANY(:open) OR d.created_at > :since OR CAST(:dispatch AS uuid) IS NOT NULL)
ORDER BY d.created_at LIMIT 500
"""


async def views(
    unit: Unit, services: Services, viewer: Viewer, *, incident_id: UUID | None = None, dispatch_id: UUID | None = None
) -> list[dict[str, Any]]:
    """AgencyDispatches of the agent's agency, oldest first. What is read here has been delivered."""
    assert viewer.agency is not None
    rows = await unit.all(
        _QUERY,
        {
            "agency": viewer.agency.agency_id,
            "incident": incident_id,
            "dispatch": dispatch_id,
            "open": list(OPEN),
            "since": services.clock() - SHOWN_AFTER_END,
        },
    )
    shown = []
    for row in rows:
        is_new = row["state"] == "requested" and row["incident_state"] in OPEN
        if is_new and await service.mark_delivered(unit, services, row["dispatch_id"], actor=viewer.actor):
            row |= {"state": "delivered", "times": {**row["times"], "delivered": iso(services.clock())}}
        shown.append(await _view(unit, services, viewer, row))
    return shown


async def _view(unit: Unit, services: Services, viewer: Viewer, row: dict[str, Any]) -> dict[str, Any]:
    is_open = row["incident_state"] in OPEN and row["state"] in OPEN_STATES
    now, agreement = services.clock(), agreement_from_row(row)
    may_see = {what: is_open and shows(agreement, what, basis=row["legal_basis"], now=now) for what in SHOWN}
    sent = await reading.body(services, row)
    caller = {name: sent["caller"].get(name, "") for name in ("name", "phone")}
    told = [what for what, may in may_see.items() if may and (what == "position" or any(caller.values()))]
    await disclose(unit, row, told, viewer_id=viewer.account_id, name=viewer.name, address=viewer.address, now=now)
    track = await _track(unit, services, row) if may_see["position"] else []
    await _end_shown(unit, viewer, row, [what for what, may in may_see.items() if not may])
    center = {
        "code": row["center_id"],
        "name_ko": row["center_ko"] or row["center_id"],
        "name_en": row["center_en"] or row["center_id"],
    }
    may_view = (
        is_open
        and agreement.in_force(now)
        and agreement.grants("live")
        and row["state"] in WORKING_STATES
        and not row["is_drill"]
        and row["phase"] != "pre"
    )
    return {
        **reading.card(row),
        "incident_id": str(row["incident_id"]),
        "center": center,
        "caller": caller if may_see["identity"] else None,
        "position": track[-1] if track else None,
        "address": await words_of(services, track[-1] if track else None),
        "track": track,
        "note": sent["note"] if is_open and agreement.in_force(now) else "",
        "type": row["incident_type"] if is_open else None,
        "incident_state": row["incident_state"],
        "has_health": is_open and _has_health(row, agreement, now),
        "access_notes": await _access_notes(unit, services, viewer, row, track),
        "agreement": terms(agreement, basis=row["legal_basis"], now=now),
        "others": await others_on(unit, row) if is_open and agreement.in_force(now) else [],
        "opened_at": iso(row["opened_at"]),
        "may_view_live": bool(may_view),
        "open": is_open,
    }


def _has_health(row: dict[str, Any], agreement: Agreement, now: datetime) -> bool:
    """Whether there are medical facts that the gate would show this desk if it asked (kind `profile`)."""
    is_119 = row["kind"] == "119" and row["is_health_shared"] and row["state"] in WORKING_STATES
    is_live = row["phase"] != "pre" and row["active_at"] is not None and row["incident_role"] != "runner_up"
    return bool(is_119 and is_live and agreement.allows("health", TRIGGER, row["legal_basis"], now) is None)


async def _access_notes(
    unit: Unit, services: Services, viewer: Viewer, row: dict[str, Any], track: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Door codes and the like: for the agency that has taken the case, where it may see the place; in no exercise."""
    if not track or row["is_drill"] or row["state"] not in WORKING_STATES:
        return []
    who = (row["center_id"], row["incident_id"], viewer.account_id, viewer.actor, row["dispatch_id"])
    return await access_notes.show(unit, services, access_notes.Case(*who), track[-1])


async def _track(unit: Unit, services: Services, row: dict[str, Any]) -> list[dict[str, Any]]:
    now = services.clock()
    track = await reading.track(unit, row["incident_id"], since=now - TRACK)
    return track or await reading.track(unit, row["incident_id"], since=now - timedelta(days=30), limit=1)


async def _end_shown(unit: Unit, viewer: Viewer, row: dict[str, Any], kinds: list[str]) -> None:
    """What the agent was shown and may not see any more ends, each for its reason."""
    is_over = row["incident_state"] not in OPEN or row["state"] not in OPEN_STATES
    ending = "incident_closed" if row["incident_state"] not in OPEN else f"dispatch_{row['state']}"
    rows = await unit.all(
        "SELECT release_id FROM release WHERE incident_id = :incident AND kind = ANY(:kinds) AND viewer_id = :viewer"
        " AND ended_at IS NULL",
        {"incident": row["incident_id"], "kinds": kinds, "viewer": viewer.account_id},
    )
    await end_releases(unit, {one["release_id"]: ending if is_over else "no_agreement" for one in rows})
