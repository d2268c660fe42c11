"""At home: an offender has come near somebody who may live here. No answer tells whether she does.

The distance is found from her own newest place and forgotten; what is kept is the last band and direction that she was
told, sealed. Her phone gets ids only; guardians are told by the ways of `notices`, at first and when it comes nearer.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import structlog

from location_router.runtime.db import Unit
from location_router.runtime.jobs import defer_in
from location_router.wire_requests import ApproachNote
from server.people import notices, walk_place
from server.people.follow import newest_place
from server.people.own_push import push_person
from server.protection import letter, model
from server.protection.letter import Letter
from server.protection.model import Found, Place, Told
from server.protection.store import approach_warning

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("protection")
TAG = "protected_person.tag"
SILENT_AFTER = timedelta(minutes=10)
"""A serving center speaks every 15 s; so long after its last word the warning ends by itself."""
LATE_AFTER = timedelta(minutes=5)
_RUNNING = """
SELECT w.*, p.person_id FROM approach_warning w JOIN protected_person p USING (protected_id)
WHERE p.person_id = :id AND w.ended_at IS NULL ORDER BY w.begun_at FOR UPDATE OF w
"""


async def running(unit: Unit, person_id: UUID) -> list[dict[str, Any]]:
    """Her warnings that have not ended, locked."""
    return await unit.all(_RUNNING, {"id": person_id})


async def receive_approach(services: Services, note: ApproachNote) -> bool:
    """A letter for somebody of this home, or for nobody here: whether it was one of ours. Old and repeated ones do
    nothing."""
    digest = services.sealer.digest(note.tag, context=TAG)
    async with services.db.begin() as unit:
        query = "SELECT * FROM protected_person WHERE tag_digest = :tag FOR UPDATE"
        held = await unit.one(query, {"tag": digest})
        if held is None:
            return False
        ref = services.sealer.open(held["ref_sealed"], context=f"protected_person.ref:{held['protected_id']}")
        said = letter.opened(ref, note.sealed)
        if said is None:
            log.warning("approach_unreadable", protected_id=str(held["protected_id"]))
            return False
        await _heard(unit, services, held, said)
    return True


async def _heard(unit: Unit, services: Services, held: dict[str, Any], said: Letter) -> None:
    now = services.clock()
    if said.is_drill:
        await unit.execute(
            "UPDATE protected_person SET tested_at = :now WHERE protected_id = :id",
            {"now": now, "id": held["protected_id"]},
        )
        return
    row = await _warning(unit, services, held, said)
    if row is None:
        return
    if said.what == "over":
        await end(unit, services, row, "over")
        return
    own = await _own_place(unit, services, row)
    found, last = model.assess(own, said.place, now), _last(services, row)
    if model.is_due(last, found, now):
        await _tell(unit, services, row, found, is_nearer=last is None or model.is_nearer(last, found))


async def _warning(unit: Unit, services: Services, held: dict[str, Any], said: Letter) -> dict[str, Any] | None:
    """The warning's row with this letter noted; None when the letter changes nothing."""
    now = services.clock()
    digest = services.sealer.digest(str(said.request_id), context="approach_warning.request")
    key = {"protected": held["protected_id"], "request": digest}
    row = await unit.one(
        "SELECT * FROM approach_warning WHERE protected_id = :protected AND request_digest = :request FOR UPDATE", key
    )
    if said.what == "near" and now - said.at > LATE_AFTER:
        return None
    if row is None:
        return await _begin(unit, services, held, digest, said) if said.what == "near" else None
    if row["said_at"] >= said.at or row["outcome"] in ("over", "withdrawn"):
        return None
    changed = {"id": row["warning_id"], "said": said.at, "now": now}
    await unit.execute(
        "UPDATE approach_warning SET said_at = :said, heard_at = :now, ended_at = NULL, outcome = ''"
        " WHERE warning_id = :id",
        changed,
    )
    if row["ended_at"] is not None:  # it had been silent
        await _watch_silence(unit, services, row["warning_id"])
    return row | {"said_at": said.at, "heard_at": now, "ended_at": None, "person_id": held["person_id"]}


async def _begin(unit: Unit, services: Services, held: dict[str, Any], digest: bytes, said: Letter) -> dict[str, Any]:
    now = services.clock()
    row = {"warning_id": uuid4(), "center_id": held["center_id"], "protected_id": held["protected_id"]}
    row |= {"request_digest": digest, "begun_at": now, "said_at": said.at, "heard_at": now}
    await unit.execute(approach_warning.insert().values(**row))
    await _watch_silence(unit, services, row["warning_id"])
    none = {"told_at": None, "told_sealed": None, "times": 0, "place_sealed": None, "ended_at": None, "outcome": ""}
    return row | none | {"person_id": held["person_id"]}


async def _watch_silence(unit: Unit, services: Services, warning_id: UUID) -> None:
    await defer_in(unit, "end_approach", schedule_at=services.clock() + SILENT_AFTER, warning_id=str(warning_id))


async def _own_place(unit: Unit, services: Services, row: dict[str, Any]) -> Place | None:
    """The newest that this home knows: of her walk, of her own alert, or what her phone sent for this warning."""
    found = [await walk_place.running(unit, row["person_id"]), await newest_place(unit, services, row["person_id"])]
    if row["place_sealed"] is not None:
        found.append(services.sealer.open(row["place_sealed"], context=f"approach_warning.place:{row['warning_id']}"))
    places = [Place(one["lat"], one["lon"], one["accuracy_m"], _time(one["fixed_at"])) for one in found if one]
    return max(places, key=lambda one: one.fixed_at, default=None)


def _time(at: datetime | str) -> datetime:
    return at if isinstance(at, datetime) else datetime.fromisoformat(at)


def _told(services: Services, row: dict[str, Any]) -> dict[str, Any]:
    sealed = row["told_sealed"]
    return services.sealer.open(sealed, context=f"approach_warning.told:{row['warning_id']}") if sealed else {}


def _last(services: Services, row: dict[str, Any]) -> Told | None:
    said = _told(services, row)
    return Told(said["band"], row["told_at"]) if said else None


async def _tell(unit: Unit, services: Services, row: dict[str, Any], found: Found, *, is_nearer: bool) -> None:
    warning_id, times = row["warning_id"], row["times"] + 1
    said = {"band": found.band, "direction": found.direction}
    sealed = services.sealer.seal(said, context=f"approach_warning.told:{warning_id}", center=row["center_id"])
    await unit.execute(
        "UPDATE approach_warning SET told_at = :now, told_sealed = :said, times = :times WHERE warning_id = :id",
        {"now": services.clock(), "said": sealed, "times": times, "id": warning_id},
    )
    await push_person(unit, services, row["person_id"], "approach", warning_id)
    if is_nearer:
        await _tell_guardians(unit, services, row, "approach", times)


async def _tell_guardians(
    unit: Unit, services: Services, row: dict[str, Any], event: notices.NoticeEvent, occasion: int
) -> None:
    query = "SELECT guardian_id FROM guardian WHERE person_id = :id"
    ids = [one["guardian_id"] for one in await unit.all(query, {"id": row["person_id"]})]
    await notices.tell_guardians(unit, services, row["person_id"], ids, event, row["warning_id"], occasion=occasion)


async def end(unit: Unit, services: Services, row: dict[str, Any], outcome: str) -> None:
    """All clear for who was warned; the place that her phone sent goes. `row` is locked, with `person_id`."""
    await unit.execute(
        "UPDATE approach_warning SET ended_at = :now, outcome = :outcome, place_sealed = NULL WHERE warning_id = :id",
        {"now": services.clock(), "outcome": outcome, "id": row["warning_id"]},
    )
    if row["told_at"] is not None:
        await push_person(unit, services, row["person_id"], "approach_over", row["warning_id"])
        await _tell_guardians(unit, services, row, "approach_over", row["times"])


async def end_silent(services: Services, warning_id: UUID) -> None:
    """Nothing was heard of it for ten minutes; else it is looked at again later."""
    async with services.db.begin() as unit:
        row = await unit.one(
            "SELECT w.*, p.person_id FROM approach_warning w JOIN protected_person p USING (protected_id)"
            " WHERE w.warning_id = :id AND w.ended_at IS NULL FOR UPDATE OF w",
            {"id": warning_id},
        )
        if row is None:
            return
        if services.clock() - row["heard_at"] >= SILENT_AFTER:
            return await end(unit, services, row, "silent")
        again = row["heard_at"] + SILENT_AFTER
        await defer_in(unit, "end_approach", schedule_at=again, warning_id=str(warning_id))


def shown(services: Services, row: dict[str, Any]) -> dict[str, Any]:
    """A warning as her own phone reads it."""
    said, ended = _told(services, row), row["ended_at"]
    return {
        "warning_id": str(row["warning_id"]),
        "begun_at": row["begun_at"].isoformat(),
        "told_at": row["told_at"].isoformat() if row["told_at"] else None,
        "band": said.get("band", "unknown"),
        "direction": said.get("direction", ""),
        "ended_at": ended.isoformat() if ended else None,
        "outcome": row["outcome"],
    }
