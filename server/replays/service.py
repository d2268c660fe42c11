"""Asking for a fetch, and how far it is. Nobody sees a frame by it: the pictures become segments that the incident
keeps, and looking at them is a release of its own (`server/recordings/service.py`). So whoever asks must be one who may
look: the gate's rule for `recorded` is asked, its row is not written, and the line `recording:fetch_asked` says who
asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from location_router.runtime.db import Unit
from location_router.runtime.jobs import defer_in
from location_router.runtime.problems import Problem
from server.cameras.onvif.port import DeviceTrouble
from server.cameras.replays import OwnRecorder, door_of, own_recorder
from server.events import record
from server.gate import Refused, Wish, may_store
from server.recordings import service as recordings
from server.recordings.service import Asked
from server.recordings.store import segments_between
from server.replays.model import SETTLED, meant, missing, sentence_of
from server.video.replay.trouble import ReplayTrouble

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

_COLUMNS = (
    "fetch_id, camera_id, from_at, until_at, recording, asked_at, state, code, progress, segments, bytes, missing_s,"
    " clock_offset_s, ended_at"
)
_RUNNING = f"""
SELECT {_COLUMNS} FROM recording_fetch WHERE incident_id = :incident AND camera_id = :camera
AND state IN ('waiting', 'fetching')
"""


async def ask_fetch(
    services: Services, viewer: Viewer, incident_id: UUID, wanted: Asked, recording: str = ""
) -> dict[str, Any] | None:
    """The fetch that runs for this, new or not; None when all of it is here already.

    Raises Refused (its line is on disk); Problem 422 as for a clip, 409 `fetch_running` for another span of the same
    camera, and with the device's trouble: it is asked before anything is promised.
    """
    now = services.clock()
    wanted = recordings.checked(replace(wanted, until_at=min(wanted.until_at, now - SETTLED)), now)
    running, gaps = await _look(services, viewer, incident_id, wanted)
    if running is not None or not gaps:
        return running
    recorder = await _ask_device(services, wanted, recording)
    async with services.db.begin() as unit:
        refused = await _gate(unit, services, viewer, incident_id, wanted)
        if refused is None:
            await recordings.keep_span(unit, services, incident_id, wanted)
            fetch = await _put(unit, services, viewer, incident_id, wanted, recording, recorder.offset_s)
    if refused is not None:
        raise refused
    return fetch


async def _look(
    services: Services, viewer: Viewer, incident_id: UUID, wanted: Asked
) -> tuple[dict[str, Any] | None, bool]:
    """What runs already, and whether anything is missing."""
    async with services.db.begin() as unit:
        refused = await _gate(unit, services, viewer, incident_id, wanted)
        if refused is None:
            await recordings.require_reach(unit, services, incident_id, wanted)
            running = await unit.one(_RUNNING, {"incident": incident_id, "camera": wanted.camera_id})
            there = await segments_between(unit, wanted.camera_id, wanted.from_at, wanted.until_at)
    if refused is not None:
        raise refused
    if running is not None:
        _same(running, wanted)
    return running and told(running), bool(missing(there, wanted.from_at, wanted.until_at))


async def _gate(unit: Unit, services: Services, viewer: Viewer, incident_id: UUID, wanted: Asked) -> Refused | None:
    wish = Wish("recorded", incident_id, camera_ids=(wanted.camera_id,), reason=wanted.reason)
    return await may_store(unit, viewer, wish, now=services.clock())


async def _ask_device(services: Services, wanted: Asked, recording: str) -> OwnRecorder:
    recorder = None
    try:
        recorder = await own_recorder(services, wanted.camera_id)
        await door_of(services, recorder, meant(recorder.replays, recording, wanted.from_at, wanted.until_at))
    except (DeviceTrouble, ReplayTrouble) as trouble:
        more: dict[str, Any] = {}
        if recorder is not None and trouble.code == "which_recording":
            more["recordings"] = [{"recording": one.token, "name": one.name} for one in recorder.replays]
        raise Problem(409, trouble.code, *sentence_of(trouble.code), **more) from None
    return recorder


async def _put(
    unit: Unit, services: Services, viewer: Viewer, incident_id: UUID, wanted: Asked, recording: str, offset_s: float
) -> dict[str, Any]:
    center = str(await unit.scalar("SELECT center_id FROM incident WHERE incident_id = :id", {"id": incident_id}))
    fetch_id = uuid4()
    row = await unit.one(
        "INSERT INTO recording_fetch (fetch_id, center_id, incident_id, camera_id, from_at, until_at, recording,"
        " asked_by, asked_at, clock_offset_s) VALUES (:id, :center, :incident, :camera, :begin, :end, :recording, :by,"
        f" :now, :offset) ON CONFLICT DO NOTHING RETURNING {_COLUMNS}",
        {
            "id": fetch_id,
            "center": center,
            "incident": incident_id,
            "camera": wanted.camera_id,
            "begin": wanted.from_at,
            "end": wanted.until_at,
            "recording": recording,
            "by": viewer.account_id,
            "now": services.clock(),
            "offset": offset_s,
        },
    )
    if row is None:  # somebody asked at the same moment
        running = await unit.one(_RUNNING, {"incident": incident_id, "camera": wanted.camera_id})
        if running is None:
            raise _busy()
        _same(running, wanted)
        return told(running)
    await defer_in(unit, "fetch_recordings", fetch_id=str(fetch_id))
    payload = {"fetch_id": str(fetch_id), "camera_id": wanted.camera_id}
    payload |= {"from_at": wanted.from_at.isoformat(), "until_at": wanted.until_at.isoformat()}
    record(
        unit,
        center_id=center,
        incident_id=incident_id,
        tag="recording:fetch_asked",
        actor=viewer.actor,
        payload=payload | {"reason": wanted.reason.strip()},
    )
    return told(row)


def _same(running: dict[str, Any], wanted: Asked) -> None:
    """A double click is one fetch; what it covers is fetched already."""
    if not running["from_at"] <= wanted.from_at < wanted.until_at <= running["until_at"] + SETTLED:
        raise _busy()


def _busy() -> Problem:
    return Problem(
        409,
        "fetch_running",
        "이 카메라의 다른 시간을 가져오는 중입니다. 끝난 뒤 다시 해 주세요.",
        "Another span of this camera is being fetched: try again when it is done.",
    )


async def fetches(services: Services, viewer: Viewer, incident_id: UUID) -> list[dict[str, Any]]:
    """All of the incident, the newest first. Problem 404."""
    async with services.db.begin(center=viewer.scope) as unit:
        if await unit.scalar("SELECT 1 FROM incident WHERE incident_id = :id", {"id": incident_id}) is None:
            raise Problem(404, "unknown_incident", "그런 사건이 없습니다.", "There is no such incident.")
        rows = await unit.all(
            f"SELECT {_COLUMNS} FROM recording_fetch WHERE incident_id = :id ORDER BY asked_at DESC LIMIT 100",
            {"id": incident_id},
        )
    return [told(row) for row in rows]


def told(row: dict[str, Any]) -> dict[str, Any]:
    """A fetch as the page gets it; why it ended in words."""
    ko, en = sentence_of(row["code"]) if row["code"] else ("", "")
    times: dict[str, datetime | None] = {name: row[name] for name in ("from_at", "until_at", "asked_at", "ended_at")}
    return {**row, **times, "fetch_id": str(row["fetch_id"]), "message_ko": ko, "message_en": en}
