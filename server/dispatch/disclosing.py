"""What leaves for an agency is a release: rows before the message, ends with the dispatch.

An agency's system gets the place and the person in the request itself, before anybody has accepted it: that is what a
request is. So the rule here is the agreement's alone (in force, for dispatches, on this ground, with the switch on);
pictures are for those who have accepted, and the gate (`server/gate.py`) decides those.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from location_router.runtime.db import Unit
from server.agencies.model import Agreement, agreement_from_row
from server.releases import NewRelease, end_releases, grant

Shown = Literal["position", "identity"]
SHOWN: tuple[Shown, ...] = get_args(Shown)
TRIGGER = "dispatch"


async def agreement_of(unit: Unit, agreement_id: UUID) -> Agreement:
    """As it is now, not as it was when the dispatch was made."""
    row = await unit.one("SELECT * FROM agreement WHERE agreement_id = :id", {"id": agreement_id})
    assert row is not None, "a dispatch's agreement is never deleted"
    return agreement_from_row(row)


def shows(agreement: Agreement, what: Shown, *, basis: str, now: datetime, trigger: str = TRIGGER) -> bool:
    """Whether this dispatch, or the request of this trigger, may tell the agency where she is, or who she is."""
    return agreement.allows(what, trigger, basis, now) is None


async def disclose(
    unit: Unit, row: dict[str, Any], what: Iterable[Shown], *, viewer_id: UUID, name: str, address: str, now: datetime
) -> dict[Shown, UUID]:
    """The release rows of what this viewer is about to be shown of the dispatch or part `row`; once while a row is
    open.

    Nothing may leave before the unit has committed.
    """
    granted: dict[Shown, UUID] = {}
    for kind in what:
        granted[kind] = await _open(unit, row, kind, viewer_id, address) or await grant(
            unit,
            NewRelease(
                center_id=row["center_id"],
                incident_id=row["incident_id"],
                kind=kind,
                viewer_kind="agent",
                viewer_id=viewer_id,
                viewer_name=name,
                address=address,
                legal_basis=row["legal_basis"],
                agreement_id=row["agreement_id"],
                at=now,
                detail={name: str(row[name]) for name in ("dispatch_id", "request_id") if row.get(name)},
            ),
        )
    return granted


async def _open(unit: Unit, row: dict[str, Any], kind: Shown, viewer_id: UUID, address: str) -> UUID | None:
    found: UUID | None = await unit.scalar(
        "SELECT release_id FROM release WHERE incident_id = :incident AND kind = :kind AND viewer_id = :viewer"
        " AND address = :address AND legal_basis = :basis AND ended_at IS NULL LIMIT 1",
        {
            "incident": row["incident_id"],
            "kind": kind,
            "viewer": viewer_id,
            "address": address,
            "basis": row["legal_basis"],
        },
    )
    return found


async def end_for(
    unit: Unit, incident_id: UUID, viewer_ids: Iterable[UUID], *, reason: str, at: datetime | None = None
) -> None:
    """What these viewers were shown of the incident ends now."""
    rows = await unit.all(
        "SELECT release_id FROM release WHERE incident_id = :incident AND viewer_id = ANY(:viewers)"
        " AND ended_at IS NULL ORDER BY release_id FOR UPDATE",
        {"incident": incident_id, "viewers": list(viewer_ids)},
    )
    await end_releases(unit, {row["release_id"]: reason for row in rows}, at=at)


async def end_with_dispatch(unit: Unit, row: dict[str, Any], *, reason: str, at: datetime) -> None:
    """The dispatch is over: its agency's system, its agents and its officers in the field see nothing more."""
    rows = await unit.all(
        "SELECT responder_id AS viewer_id FROM responder WHERE dispatch_id = :dispatch"
        " UNION ALL SELECT line_id FROM agency_line WHERE agency_id = :agency"
        " UNION ALL SELECT account_id FROM account WHERE agency_id = :agency",
        {"dispatch": row["dispatch_id"], "agency": row["agency_id"]},
    )
    await unit.execute(
        "UPDATE responder SET ended_at = :at WHERE dispatch_id = :id AND ended_at IS NULL",
        {"id": row["dispatch_id"], "at": at},
    )
    await end_for(unit, row["incident_id"], [one["viewer_id"] for one in rows], reason=reason, at=at)
