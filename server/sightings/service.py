"""Marking where somebody was seen, undoing it, and reading the trail: behind a position release each time.

A sighting says where somebody is as well as a position does, so its line in the log, which every seat hears, names
neither camera nor time: it holds a salted digest of them, and the trail is read here, by who has a row for the place.
Over all centers on purpose: an alert that crossed a border brings its trail to the new owner, and only there.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.dispatch import asks, parts
from server.dispatch.disclosing import disclose
from server.dispatch.parts import Part
from server.events import SYSTEM, Actor, record
from server.gate import Refused, Wish, ask
from server.incidents.cards import iso
from server.sightings.model import MOST, Mode, Subject, digest, flaw_of_time
from server.sightings.store import sighting
from server.sightings.telling import Scene, coming, facts_of, scene_of, start_of, story_of, told

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

SCENE = "incident_id, center_id, role, is_drill, origin, type"
_CAMERA = """
SELECT camera_id, ST_Y(place::geometry) AS lat, ST_X(place::geometry) AS lon FROM camera
WHERE camera_id = :camera AND center_id = :center
"""


@dataclass(frozen=True, slots=True)
class Marking:
    """What an operator says; `sighting_id` is the page's, so that a double click is one sighting."""

    camera_id: str
    seen_at: datetime
    subject: Subject
    note: str = ""
    plate: str = ""
    sighting_id: UUID | None = None


async def mark(services: Services, viewer: Viewer, incident_id: UUID, said: Marking) -> dict[str, Any]:
    """The trail with the new sighting in it. Refused 403 with the gate's code, or `not_owner` where another center
    acts; Problem 422 `unknown_camera`, `in_the_future`, `too_long_ago`; 409 `id_used`, `too_many`."""
    async with services.db.begin() as unit:
        scene = await _enter(unit, services, viewer, incident_id, acts=True)
        if isinstance(scene, Scene):
            await _put(unit, services, viewer.account_id, viewer.actor, scene, said)
            shown = await told(unit, services, scene, is_staff=True)
    if isinstance(scene, Refused):
        raise scene
    return shown


async def strike(services: Services, viewer: Viewer, incident_id: UUID, sighting_id: UUID) -> dict[str, Any]:
    """The sighting is struck out: it stays, and stands in no trail any more. Twice is once. Problem 404."""
    async with services.db.begin() as unit:
        scene = await _enter(unit, services, viewer, incident_id, acts=True)
        if isinstance(scene, Scene):
            await _strike(unit, services, viewer, scene, sighting_id)
            shown = await told(unit, services, scene, is_staff=True)
    if isinstance(scene, Refused):
        raise scene
    return shown


async def read(services: Services, viewer: Viewer, incident_id: UUID) -> dict[str, Any]:
    """The trail in order, what was struck out, and which cameras come next."""
    async with services.db.begin() as unit:
        scene = await _enter(unit, services, viewer, incident_id)
        if isinstance(scene, Scene):
            shown = await told(unit, services, scene, is_staff=True)
    if isinstance(scene, Refused):
        raise scene
    return shown


async def read_for_agency(services: Services, viewer: Viewer, part: Part) -> dict[str, Any]:
    """The trail for an agency that works on the case, dispatched or asking, by its agreement's `may_see_position`;
    what was noted, and plates, by `may_see_identity`. Problem 404; Refused."""
    assert viewer.agency is not None
    async with services.db.begin() as unit:
        now = services.clock()
        row = await parts.find(unit, part, agency_id=viewer.agency.agency_id, now=now)
        incident_id = row["incident_id"]
        answer = await ask(unit, viewer, Wish("position", incident_id), now=now)
        if not isinstance(answer, Refused):
            knows = (await parts.sight_of(unit, row, now)).identity
            if knows:
                await disclose(
                    unit,
                    row,
                    ["identity"],
                    viewer_id=viewer.account_id,
                    name=viewer.name,
                    address=viewer.address,
                    now=now,
                )
            found = await unit.one(f"SELECT {SCENE} FROM incident WHERE incident_id = :id", {"id": incident_id})
            assert found is not None, "the gate has seen it"
            scene = scene_of(found)
            shown = await told(unit, services, scene, is_staff=False, knows=knows)
    if isinstance(answer, Refused):
        raise answer
    return shown


async def escape(services: Services, viewer: Viewer, incident_id: UUID, mode: Mode | None) -> dict[str, Any]:
    """`{"from", "mode", "passages"}`: which cameras somebody passes next who leaves the last sighting (before there
    is one: the newest position)."""
    async with services.db.begin() as unit:
        scene = await _enter(unit, services, viewer, incident_id)
        if isinstance(scene, Scene):
            start = await start_of(unit, services, scene, mode)
            passages = await coming(unit, services, scene, start)
    if isinstance(scene, Refused):
        raise scene
    if start is None:
        raise Problem(
            409,
            "no_place",
            "아직 위치도 목격도 없습니다. 카메라에서 목격을 표시해 주세요.",
            "There is neither a position nor a sighting yet: mark where somebody was seen.",
        )
    return {"incident_id": str(incident_id), "from": start.json(), "mode": start.mode, "passages": passages}


async def _enter(
    unit: Unit, services: Services, viewer: Viewer, incident_id: UUID, *, acts: bool = False
) -> Scene | Refused:
    """Past the gate: the viewer has a committed-with-the-unit row for where this incident's people are. A trail comes
    of pictures, so a runner-up's copy has none; `acts`: only who owns the alert now."""
    row = await unit.one(f"SELECT {SCENE} FROM incident WHERE incident_id = :id FOR SHARE", {"id": incident_id})
    if row is None or not viewer.sees(row["center_id"]):
        return Refused("unknown_incident")
    if row["role"] == "runner_up" or (acts and row["role"] != "owner"):
        payload = {"code": "not_owner", "kind": "position", "address": viewer.address}
        where = {"center_id": row["center_id"], "incident_id": incident_id}
        record(unit, **where, tag="release:refused", actor=viewer.actor, payload=payload)
        return Refused("not_owner")
    answer = await ask(unit, viewer, Wish("position", incident_id), now=services.clock())
    return answer if isinstance(answer, Refused) else scene_of(row)


MACHINE = UUID(int=0)
"""Who marked what no person has: a reader of plates."""


async def mark_read(unit: Unit, services: Services, incident_id: UUID, said: Marking) -> None:
    """A reader has seen the vehicle: the same row and line as an operator's marking; twice is once, and what is beyond
    the most of an incident is left out of the trail."""
    row = await unit.one(f"SELECT {SCENE} FROM incident WHERE incident_id = :id FOR SHARE", {"id": incident_id})
    if row is None:
        return
    try:
        await _put(unit, services, MACHINE, SYSTEM, scene_of(row), said)
    except Problem as problem:
        if problem.code != "too_many":
            raise


async def _put(unit: Unit, services: Services, marked_by: UUID, actor: Actor, scene: Scene, said: Marking) -> None:
    now = services.clock()
    _check_time(said.seen_at, now)
    camera = await unit.one(_CAMERA, {"camera": said.camera_id, "center": scene.center_id})
    if camera is None:
        raise Problem(
            422,
            "unknown_camera",
            "이 센터의 카메라가 아닙니다.",
            "This is not a camera of the center.",
            field="camera_id",
            given=said.camera_id[:80],
        )
    count = await unit.scalar("SELECT count(*) FROM sighting WHERE incident_id = :id", {"id": scene.incident_id})
    if count >= MOST:
        raise Problem(409, "too_many", f"목격은 사건마다 {MOST}건까지입니다.", f"{MOST} sightings at most.")
    sighting_id, salt = said.sighting_id or uuid4(), os.urandom(16)
    values = {
        "sighting_id": sighting_id,
        "center_id": scene.center_id,
        "incident_id": scene.incident_id,
        **camera,
        "seen_at": min(said.seen_at, now),
        "subject": said.subject,
        "words_sealed": services.sealer.seal(
            {"note": said.note, "plate": said.plate, "salt": salt.hex()},
            context=f"sighting.words:{sighting_id}",
            center=scene.center_id,
        ),
        "marked_by": marked_by,
        "marked_at": now,
    }
    if not await _insert(unit, values):
        return await _check_same(unit, services, values, said)
    proof = digest(salt, facts_of(values, note=said.note, plate=said.plate))
    _line(unit, actor, scene, "marked", values, now, digest=proof)
    by = None if marked_by == MACHINE else marked_by
    await asks.answer(unit, scene.incident_id, "route", actor, of=sighting_id, by=by, now=now)


async def _insert(unit: Unit, values: dict[str, Any]) -> bool:
    names = ", ".join(values)
    row = await unit.one(
        f"INSERT INTO sighting ({names}) VALUES ({', '.join(f':{name}' for name in values)})"
        " ON CONFLICT (sighting_id) DO NOTHING RETURNING sighting_id",
        values,
    )
    return row is not None


async def _check_same(unit: Unit, services: Services, values: dict[str, Any], said: Marking) -> None:
    """The id is known: the same click again, or somebody else's."""
    held = await unit.one("SELECT * FROM sighting WHERE sighting_id = :id", {"id": values["sighting_id"]})
    same = held is not None and all(
        held[name] == values[name] for name in ("incident_id", "camera_id", "subject", "marked_by")
    )
    if held is not None and same:
        same = held["seen_at"] in (said.seen_at, held["marked_at"])  # one from a clock that is ahead was put at ours
    if not same:
        raise Problem(
            409,
            "id_used",
            "이 번호의 목격이 이미 있습니다. 다시 표시해 주세요.",
            "This sighting_id was another sighting: choose a new one.",
            field="sighting_id",
        )


async def _strike(unit: Unit, services: Services, viewer: Viewer, scene: Scene, sighting_id: UUID) -> None:
    ids = await story_of(unit, scene)
    row = await unit.one(
        "SELECT * FROM sighting WHERE sighting_id = :id AND incident_id = ANY(:ids) AND center_id = :center FOR UPDATE",
        {"id": sighting_id, "ids": ids, "center": scene.center_id},
    )
    if row is None:
        raise Problem(404, "no_sighting", "그런 목격이 없습니다.", "There is no such sighting of this incident.")
    if row["struck_at"] is not None:
        return
    now = services.clock()
    change = sighting.update().where(sighting.c.sighting_id == sighting_id)
    await unit.execute(change.values(struck_at=now, struck_by=viewer.account_id))
    _line(unit, viewer.actor, scene, "struck", row, now)


def _line(unit: Unit, actor: Actor, scene: Scene, what: str, row: dict[str, Any], now: datetime, **more: str) -> None:
    payload = {"sighting_id": str(row["sighting_id"]), "subject": row["subject"], "is_drill": scene.is_drill, **more}
    record(
        unit,
        center_id=scene.center_id,
        incident_id=scene.incident_id,
        tag=f"sighting:{what}",
        actor=actor,
        payload=payload,
        at=now,
    )


_TIMES = {
    "in_the_future": ("목격 시각이 미래입니다. 시각을 확인해 주세요.", "seen_at lies in the future: check the time."),
    "too_long_ago": ("30일보다 오래된 목격입니다.", "seen_at is more than 30 days ago."),
}


def _check_time(seen_at: datetime, now: datetime) -> None:
    if (flaw := flaw_of_time(seen_at, now)) is not None:
        raise Problem(422, flaw, *_TIMES[flaw], field="seen_at", given=iso(seen_at))
