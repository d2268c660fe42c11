"""From a read of a wanted vehicle to the agency's line: a hit, a request, a sighting, a message.

What matches nothing is dropped with the batch: nothing here writes, logs or counts a plate that is not wanted. A hit
is on disk before anything comes of it, together with a durable job that finishes it: a process that dies in between
loses no hit, and the reader that repeats its batch makes no second one.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID, uuid5

from location_router.request_content.values import Draft
from location_router.runtime.db import Unit
from location_router.runtime.jobs import defer_in
from location_router.runtime.problems import Problem
from location_router.wire import AgencyRequest, Position
from server import plate_pictures
from server.line_turns import turns_of
from server.plates import candidates, clocks, readers
from server.plates.live import lists_of
from server.plates.matching import Match
from server.plates.model import WINDOW
from server.plates.reads import Batch
from server.plates.rows import instant
from server.plates.service import TRIGGER, context, quiet_s
from server.plates.store import plate_hit
from server.positions import store_positions
from server.request_line import raise_here
from server.requests.model import OPEN_STATES
from server.sightings.service import Marking, mark_read

if TYPE_CHECKING:
    from server.plates.readers import Reader
    from server.services import Services
    from server.staff.model import Viewer

_REQUEST = UUID("5c1f0f86-6a54-4a2e-9e43-9a3f0b0f7c02")
"""Namespace of the requests that hits raise."""
_ACCURACY_M = 30.0  # a camera that reads a plate sees it about so far away
_HELD = """
SELECT * FROM plate_hit WHERE entry_id = :entry AND camera_id = :camera AND center_id = :center
AND read_at > :after AND read_at < :before ORDER BY read_at LIMIT 1
"""
_RUNNING = """
SELECT h.request_id FROM plate_hit h LEFT JOIN agency_request r ON r.request_id = h.request_id
  AND r.center_id = h.center_id
WHERE h.entry_id = :entry AND h.center_id = :center AND coalesce(r.state, 'received') IN ('received', 'accepted')
ORDER BY h.found_at DESC LIMIT 1
"""
_WRONG = """
SELECT h.request_id FROM plate_hit h JOIN agency_request r ON r.request_id = h.request_id AND r.center_id = h.center_id
  LEFT JOIN incident i ON i.incident_id = r.incident_id
WHERE h.entry_id = :entry AND h.camera_id = :camera AND h.center_id = :center
AND (r.state = 'rejected' AND r.decided_at > :since OR i.disposition = 'false_alarm' AND i.closed_at > :since)
ORDER BY h.found_at DESC LIMIT 1
"""
_STANDS = """
SELECT * FROM wanted_plate WHERE center_id = :center AND entry_id = :entry AND removed_at IS NULL AND expires_at > :now
"""


class Taken(NamedTuple):
    """How many reads were compared, and the places of those refused for their time."""

    reads: int
    too_old: list[int]


async def take(services: Services, reader: Reader, batch: Batch) -> Taken:
    """Compare every read. Raises BadBatch, Problem 422 `unknown_camera`."""
    begin, now, turns = instant(batch.begin, "from"), services.clock(), turns_of(services)
    async with turns.read(reader.reader_id), services.db.begin() as unit:
        cameras = await readers.cameras_for(unit, reader, batch.cameras)
    times_ms = clocks.times_of(batch)
    too_old = clocks.refused(times_ms, begin, now)
    for place, _, match in lists_of(services).scan(reader.center_id, batch, now):
        camera = cameras[batch.camera_of(place)]
        if place in too_old:  # a file of last week finds nobody
            continue
        at = min(begin + timedelta(milliseconds=int(times_ms[place])), now)
        told = float(batch.confidences[place])
        confidence = None if told != told else told  # NaN: the reader told none
        picture = batch.pictures.get(place)
        async with turns.read(reader.reader_id):
            if match.kind == "exact":
                await _hit(services, match, camera, at, confidence, picture)
            else:
                ids = await candidates.keep(services, match, camera, at, confidence, batch.plates[place])
                if picture is not None:
                    await plate_pictures.keep_near(services, ids, picture)
    if reader.key:  # one that is registered: a file, or a device's own notices, have no clock of their own
        await clocks.note(services, reader, clocks.off_s(batch, times_ms, begin, now))
    return Taken(len(batch.plates) - len(too_old), sorted(too_old))


async def _hit(
    services: Services,
    match: Match,
    camera: dict[str, Any],
    at: datetime,
    confidence: float | None,
    picture: str | None,
) -> None:
    for entry in match.entries:
        entry_id = UUID(entry.entry_id)
        hit_id = await found(
            services, entry_id, camera, at, confidence=confidence, probability=match.probability, decided_by=None
        )
        # the hit's own picture, at its first try or a later one; not those of further reads that belong to it
        if picture is not None and hit_id == _hit_of(entry_id, camera, at):
            await plate_pictures.keep(services, hit_id, picture)


def _hit_of(entry_id: UUID, camera: dict[str, Any], at: datetime) -> UUID:
    return uuid5(entry_id, f"{camera['camera_id']}/{at.isoformat()}")


async def found(
    services: Services,
    entry_id: UUID,
    camera: dict[str, Any],
    at: datetime,
    *,
    confidence: float | None,
    probability: float,
    decided_by: UUID | None,
) -> UUID | None:
    """The hit that this read is, or belongs to; None: it is wanted no more. What is to come of it is begun. Where a
    person has just said that it was wrong, a hit stays beside that request, and nothing comes of it."""
    sure = {"confidence": confidence, "probability": probability, "decided_by": decided_by}
    async with services.db.begin() as unit:
        hit = await _found_in(unit, services, entry_id, camera, at, sure)
    if hit is None:
        return None
    if not hit.is_wrong:
        await finish(services, hit.hit_id)
    return hit.hit_id


class _Hit(NamedTuple):
    """`is_wrong`: a person has just said so of this vehicle here."""

    hit_id: UUID
    is_wrong: bool = False


async def _found_in(
    unit: Unit, services: Services, entry_id: UUID, camera: dict[str, Any], at: datetime, sure: dict[str, Any]
) -> _Hit | None:
    """The row and the job that finishes it; `sure`: its columns of how sure, and by whom."""
    center, now = camera["center_id"], services.clock()
    asked = {"entry": entry_id, "camera": camera["camera_id"], "center": center}
    # in a row: two readers, or two copies of a batch, must find each other's hit
    wanted = await unit.one(f"{_STANDS} FOR UPDATE", {"center": center, "entry": entry_id, "now": now})
    if wanted is None:
        return None
    held = await unit.one(_HELD, asked | {"after": at - WINDOW, "before": at + WINDOW})
    if held is not None:
        return _Hit(held["hit_id"])
    hit_id = _hit_of(entry_id, camera, at)
    since = now - timedelta(seconds=await quiet_s(unit, services, center, wanted["agency_id"]))
    wrong = await unit.scalar(_WRONG, asked | {"since": since}) if sure["decided_by"] is None else None
    running = wrong or await unit.scalar(_RUNNING, asked)
    request_id = running or uuid5(_REQUEST, str(hit_id))
    values = {
        "hit_id": hit_id,
        "center_id": center,
        "entry_id": entry_id,
        "camera_id": camera["camera_id"],
        "read_at": at,
        "found_at": now,
        "request_id": request_id,
        **sure,
    }
    await unit.execute(plate_hit.insert().values(**values))
    if wrong is None:
        await defer_in(unit, "tell_plate_hits", request_id=str(request_id), center_id=center)
    return _Hit(hit_id, is_wrong=wrong is not None)


async def confirm(services: Services, viewer: Viewer, candidate_id: UUID) -> UUID | None:
    """A person says that a near miss is the wanted vehicle: the near miss goes and its hit comes in one unit, its
    picture beside the request; None: it is wanted no more. Problems 404 `no_candidate`, 409 `no_camera`."""
    async with services.db.begin(center=viewer.scope) as unit:
        told = await candidates.decided(unit, services, candidate_id, viewer.actor, accepts=True)
        camera_id = told["camera"]["camera_id"]
        camera = (await readers.cameras_of(unit, told["center_id"], [camera_id])).get(camera_id)
        if camera is None:
            raise Problem(409, "no_camera", "없어진 카메라입니다.", "This camera is gone.")
        sure = {name: told[name] for name in ("confidence", "probability")} | {"decided_by": viewer.account_id}
        hit = await _found_in(unit, services, UUID(told["entry_id"]), camera, told["at"], sure)
    if hit is None:
        return None
    await finish(services, hit.hit_id)
    if told["picture"] is not None:
        await plate_pictures.keep(services, hit.hit_id, told["picture"])
    return hit.hit_id


async def finish(services: Services, hit_id: UUID) -> dict[str, Any] | None:
    """The hit's request, raised if need be, with the vehicle's place and sighting in its incident. Any number of times
    is once. None: it is wanted no more, or the center refused the request."""
    async with services.db.begin() as unit:
        hit = await unit.one("SELECT * FROM plate_hit WHERE hit_id = :id", {"id": hit_id})
        if hit is None:
            return None
        camera = (await readers.cameras_of(unit, hit["center_id"], [hit["camera_id"]])).get(hit["camera_id"])
        wanted = {"center": hit["center_id"], "entry": hit["entry_id"], "now": services.clock()}
        entry = await unit.one(_STANDS, wanted)
    if entry is None or camera is None:
        return None
    body = services.sealer.open(entry["body_sealed"], context=context(entry["entry_id"])) or {}
    row = await raise_here(services, _draft(services, hit, entry, body, camera), hit["center_id"])
    if row["incident_id"] is None:
        return None
    if hit["incident_id"] is None and row["state"] in OPEN_STATES:
        async with services.db.begin() as unit:
            await _show(unit, services, hit, row, camera, body)
    return row


def _draft(
    services: Services, hit: dict[str, Any], entry: dict[str, Any], body: dict[str, Any], camera: dict[str, Any]
) -> Draft:
    subject = {"plate": body.get("plate", ""), "crime": entry["crime"]}
    request = AgencyRequest(
        agency_id=entry["agency_id"],
        trigger=TRIGGER,
        legal_basis=entry["legal_basis"],
        case_no=body.get("case_no", ""),
        subject=subject,
    )
    return Draft("raise", hit["request_id"], services.clock(), request, _position(hit, camera))


def _position(hit: dict[str, Any], camera: dict[str, Any]) -> Position:
    return Position(
        lat=camera["lat"], lon=camera["lon"], accuracy_m=_ACCURACY_M, fixed_at=hit["read_at"], source="plate"
    )


async def _show(
    unit: Unit,
    services: Services,
    hit: dict[str, Any],
    row: dict[str, Any],
    camera: dict[str, Any],
    body: dict[str, Any],
) -> None:
    """Where the vehicle was, in the incident: a place and a sighting, so that the trail and what comes next follow."""
    now, incident_id = services.clock(), row["incident_id"]
    said = Marking(camera["camera_id"], hit["read_at"], "vehicle", "", body.get("plate", ""), hit["hit_id"])
    await mark_read(unit, services, incident_id, said)
    place = hit["request_id"], incident_id, hit["center_id"], _position(hit, camera)
    await store_positions(unit, [place], now=now)
    change = plate_hit.update().where(plate_hit.c.hit_id == hit["hit_id"])
    await unit.execute(change.values(incident_id=incident_id))
