"""The wanted list as agencies keep it: pushed and removed for every center whose agreement covers it.

An entry stands at a center while its agency's agreement with that center is in force for `wanted_vehicle`, on the
entry's own ground, until `expires_at`. Every push and removal is a line of the center's chain, without the plate.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.actor import Actor
from server.agencies.model import Agreement, agreement_from_row, choose
from server.events import record_admin
from server.incidents.cards import iso
from server.plates.grammar import Plate
from server.plates.model import Push
from server.requests.model import fitting

if TYPE_CHECKING:
    from server.services import Services

TRIGGER = "wanted_vehicle"
DIGEST = "wanted_plate.plate"
_PUT = """
INSERT INTO wanted_plate (center_id, entry_id, agency_id, crime, legal_basis, plate_digest, body_sealed, pushed_at,
  expires_at, changed_at)
VALUES (:center, :entry, :agency, :crime, :basis, :digest, :body, :now, :expires, clock_timestamp())
ON CONFLICT (center_id, entry_id) DO UPDATE SET crime = excluded.crime, legal_basis = excluded.legal_basis,
  body_sealed = excluded.body_sealed, expires_at = excluded.expires_at, changed_at = excluded.changed_at
"""
_REMOVE = """
UPDATE wanted_plate SET removed_at = :now, removed_reason = :reason, body_sealed = NULL, changed_at = clock_timestamp()
WHERE entry_id = :entry AND agency_id = :agency AND center_id = ANY(:centers) AND removed_at IS NULL
RETURNING center_id
"""


def context(entry_id: UUID) -> str:
    """To which row a sealed body is bound."""
    return f"wanted_plate.body:{entry_id}"


async def terms_of(unit: Unit, agency_id: str) -> dict[str, list[Agreement]]:
    """All that this agency has agreed with the centers the unit sees, by center."""
    rows = await unit.all("SELECT * FROM agreement WHERE agency_id = :agency", {"agency": agency_id})
    found: dict[str, list[Agreement]] = {}
    for row in rows:
        found.setdefault(row["center_id"], []).append(agreement_from_row(row))
    return found


async def quiet_s(unit: Unit, services: Services, center: str, agency_id: str) -> float:
    """How long what was wrong of this agency rests at a camera of this center: as its agreement says, else as the
    installation does."""
    found = choose((await terms_of(unit, agency_id)).get(center, ()), trigger=TRIGGER, now=services.clock())
    said = found.plate_quiet_s if found is not None else None
    return float(services.settings.plate_quiet_s if said is None else said)


async def push(
    unit: Unit,
    services: Services,
    *,
    agency_id: str,
    entry_id: UUID,
    said: Push,
    plate: Plate,
    is_heard_at: Callable[[str], bool] = lambda _: True,
) -> list[str] | str:
    """The centers at which it is wanted now, of those where who says it `is_heard_at`, or the code of why at none.
    Problem 409 `id_used`, `removed`."""
    now = services.clock()
    centers, why = [], "no_agreement"
    for center, agreements in (await terms_of(unit, agency_id)).items():
        if not is_heard_at(center):
            continue
        found = fitting(agreements, trigger=TRIGGER, basis=said.legal_basis, place=None, now=now)
        if isinstance(found, Agreement):
            centers.append(center)
        elif found != "no_agreement":
            why = found
    if not centers:
        return why
    digest = services.sealer.digest(plate.text, context=DIGEST)
    await _check_same(unit, agency_id, entry_id, digest)
    for center in sorted(centers):
        await _put(unit, services, center, agency_id, entry_id, said, plate, digest, now)
    return sorted(centers)


async def _check_same(unit: Unit, agency_id: str, entry_id: UUID, digest: bytes) -> None:
    """An entry_id stands for one plate of one agency, and for good once it was removed."""
    rows = await unit.all("SELECT * FROM wanted_plate WHERE entry_id = :entry FOR UPDATE", {"entry": entry_id})
    for row in rows:
        if row["agency_id"] != agency_id or not hmac.compare_digest(bytes(row["plate_digest"]), digest):
            ko, en = "이미 다른 번호판에 쓴 entry_id입니다.", "This entry_id stands for another plate: use a new one."
            raise Problem(409, "id_used", ko, en, field="entry_id")
        if row["removed_at"] is not None:
            ko, en = (
                "이미 해제한 항목입니다. 새 entry_id로 올려 주세요.",
                "It was removed: push it with a new entry_id.",
            )
            raise Problem(409, "removed", ko, en, field="entry_id")


async def _put(
    unit: Unit,
    services: Services,
    center: str,
    agency_id: str,
    entry_id: UUID,
    said: Push,
    plate: Plate,
    digest: bytes,
    now: datetime,
) -> None:
    body = {"plate": plate.text, "reason": said.reason, "case_no": said.case_no}
    values = {
        "center": center,
        "entry": entry_id,
        "agency": agency_id,
        "crime": said.crime,
        "basis": said.legal_basis,
        "digest": digest,
        "body": services.sealer.seal(body, context=context(entry_id), center=center),
        "now": now,
        "expires": said.expires_at,
    }
    await unit.execute(_PUT, values)
    payload = {"crime": said.crime, "legal_basis": said.legal_basis, "expires_at": iso(said.expires_at)}
    _say(unit, "plate:pushed", center, agency_id, entry_id, payload)


async def remove(
    unit: Unit, services: Services, *, agency_id: str, entry_id: UUID, reason: str, centers: list[str]
) -> list[str]:
    """Of these centers the ones at which it was wanted; what was sealed of it is gone with the unit."""
    said = {"now": services.clock(), "reason": reason, "entry": entry_id, "agency": agency_id}
    rows = await unit.all(_REMOVE, said | {"centers": centers})
    removed: list[str] = sorted(row["center_id"] for row in rows)
    for center in removed:
        _say(unit, "plate:removed", center, agency_id, entry_id, {"reason": reason})
    return removed


def _say(unit: Unit, tag: str, center: str, agency_id: str, entry_id: UUID, payload: dict[str, Any]) -> None:
    actor = Actor("agent", agency_id, agency_id)
    known = {"entry_id": str(entry_id), "agency_id": agency_id}
    record_admin(unit, tag=tag, actor=actor, center_id=center, payload=known | payload)


async def listed(
    unit: Unit, services: Services, agency_id: str, *, is_heard_at: Callable[[str], bool] = lambda _: True
) -> list[dict[str, Any]]:
    """What this agency has on the lists of its centers now, as far as who asks `is_heard_at` them."""
    rows = await unit.all(
        "SELECT * FROM wanted_plate WHERE agency_id = :agency AND removed_at IS NULL AND expires_at > :now"
        " ORDER BY pushed_at, entry_id, center_id",
        {"agency": agency_id, "now": services.clock()},
    )
    found: dict[UUID, dict[str, Any]] = {}
    for row in rows:
        if not is_heard_at(row["center_id"]):
            continue
        entry_id = row["entry_id"]
        body = services.sealer.open(row["body_sealed"], context=context(entry_id)) or {}
        known = {"entry_id": str(entry_id), "crime": row["crime"], "legal_basis": row["legal_basis"], **body}
        known |= {"pushed_at": iso(row["pushed_at"]), "expires_at": iso(row["expires_at"]), "centers": []}
        found.setdefault(entry_id, known)["centers"].append(row["center_id"])
    return list(found.values())
