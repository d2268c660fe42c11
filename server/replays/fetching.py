"""Fetching, in the worker: gap by gap from the device's replay into segments, each with its row as soon as it is whole.

May be repeated at any point: what is there is no gap any more, what a killed worker left without a row goes first. The
incident is looked at each second; when it is closed, fetching stops, and what has come stays its own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from location_router.runtime.jobs import Again
from server.actor import SYSTEM
from server.cameras.onvif.port import DeviceTrouble
from server.cameras.replays import door_of, own_recorder
from server.events import record
from server.gate import OPEN_STATES
from server.recordings import keeping
from server.recordings.model import Segment, Span
from server.recordings.store import folder_of, segments_between
from server.replays.model import MOST_TRIES, PASSING, meant, missing
from server.video.folder import used_percent
from server.video.reels import Finished
from server.video.replay.client import Door, Limits, Replay
from server.video.replay.reel import DeviceReel, camera_lock, leftovers
from server.video.replay.rtp import Picture
from server.video.replay.trouble import ReplayTrouble

if TYPE_CHECKING:
    from server.services import Services

LOOK_S = 1.0
_BATCH = 50
_BEYOND_S = 1.0
LIMITS = Limits()

log = structlog.get_logger("replays")


class _Over(Exception):
    """The fetch must stop; `code` says why."""

    def __init__(self, code: str, state: str = "failed") -> None:
        super().__init__(code)
        self.code, self.state = code, state


@dataclass(slots=True)
class _Course:
    """One run of the job: what it fetches into, and how far it is."""

    services: Services
    row: dict[str, Any]
    root: Path
    offset_s: float = 0.0
    total_s: float = 1.0
    done_s: float = 0.0
    looked_at: float = 0.0

    @property
    def owner(self) -> tuple[str, str]:
        return self.row["center_id"], self.row["camera_id"]

    @property
    def mark(self) -> str:
        return str(self.row["fetch_id"].hex[:12])


async def fetch(services: Services, fetch_id: UUID) -> None:
    """Until it is done, failed or ended; raises Again for what may pass."""
    async with services.db.begin() as unit:
        row = await unit.one(
            "UPDATE recording_fetch SET state = 'fetching', tries = tries + 1 WHERE fetch_id = :id"
            " AND state IN ('waiting', 'fetching') RETURNING *",
            {"id": fetch_id},
        )
    if row is None:
        return
    course = _Course(services, row, folder_of(services.settings))
    try:
        with camera_lock(course.root, course.owner) as is_ours:
            if not is_ours:
                await _not_counted(course)
                raise Again("another fetch of this camera runs", after_s=3.0)
            await _fetch(course)
    except (DeviceTrouble, ReplayTrouble) as trouble:
        log.warning("fetch_troubled", fetch_id=str(fetch_id), code=trouble.code, said=trouble.said)
        if trouble.code in PASSING and row["tries"] < MOST_TRIES:
            raise Again(trouble.code, after_s=5.0) from None
        await _end(course, "failed", trouble.code)
    except _Over as over:
        await _end(course, over.state, over.code)
    except OSError as error:
        log.error("fetch_not_stored", fetch_id=str(fetch_id), error=error.strerror or type(error).__name__)
        await _end(course, "failed", "disk_refuses")


async def _not_counted(course: _Course) -> None:
    async with course.services.db.begin() as unit:
        await unit.execute(
            "UPDATE recording_fetch SET tries = tries - 1 WHERE fetch_id = :id", {"id": course.row["fetch_id"]}
        )


async def _fetch(course: _Course) -> None:
    services, row = course.services, course.row
    await _look(course, 0.0)
    async with services.db.begin() as unit:
        rows = await unit.all(
            "SELECT path FROM segment WHERE camera_id = :camera AND source = 'device'", {"camera": row["camera_id"]}
        )
    await asyncio.to_thread(leftovers, course.root, course.owner, course.mark, {one["path"] for one in rows})
    spans = missing(await _there(course), row["from_at"], row["until_at"])
    if spans:
        recorder = await own_recorder(services, row["camera_id"])
        replay = meant(recorder.replays, row["recording"], row["from_at"], row["until_at"])
        door = await door_of(services, recorder, replay)
        course.offset_s, course.total_s = recorder.offset_s, sum(span.seconds for span in spans)
        nothing = 0
        for span in spans:
            try:
                await _span(course, door, span)
            except ReplayTrouble as trouble:  # it has nothing of this gap, and perhaps of the next
                if trouble.code != "replay_nothing":
                    raise
                nothing += 1
            course.done_s += span.seconds
        if nothing == len(spans):
            raise ReplayTrouble("replay_nothing")
    await _end(course, "done", "")


async def _there(course: _Course) -> list[Segment]:
    row = course.row
    async with course.services.db.begin() as unit:
        return await segments_between(unit, row["camera_id"], row["from_at"], row["until_at"])


async def _span(course: _Course, door: Door, span: Span) -> None:
    begin_s, end_s = span.begin_at.timestamp(), span.end_at.timestamp()
    reel = DeviceReel(
        course.root, course.owner, course.mark, begin_s=begin_s, end_s=end_s, offset_s=course.offset_s
    )  # fmt: skip
    asked = begin_s + course.offset_s, end_s + course.offset_s + _BEYOND_S
    try:
        async with Replay(door, LIMITS) as replay, aclosing(_batches(replay.pictures(*asked))) as batches:
            async for batch in batches:
                await asyncio.to_thread(reel.add, batch)
                await _store(course, reel)
                await _look(course, reel.reached_s - begin_s)
                if reel.is_over:
                    break
        await _close(course, reel)
    except (ReplayTrouble, _Over):  # what has come is whole, and true
        await _close(course, reel)
        raise
    finally:
        await asyncio.to_thread(reel.discard)
    if not reel.has_begun:
        raise ReplayTrouble("replay_nothing")


async def _close(course: _Course, reel: DeviceReel) -> None:
    await asyncio.to_thread(reel.close)
    await _store(course, reel)


async def _batches(pictures: AsyncGenerator[Picture, None]) -> AsyncGenerator[list[Picture]]:
    """As many as are worth a walk to the thread."""
    batch: list[Picture] = []
    async with aclosing(pictures):
        async for picture in pictures:
            batch.append(picture)
            if len(batch) >= _BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


async def _store(course: _Course, reel: DeviceReel) -> None:
    """The rows of files that are whole, and what they add up to."""
    finished, reel.finished = reel.finished, []
    if not finished:
        return
    async with course.services.db.begin() as unit:
        await keeping.add_segments(unit, [_segment(one, course.offset_s) for one in finished])
        await unit.execute(
            "UPDATE recording_fetch SET segments = segments + :count, bytes = bytes + :bytes,"
            " clock_offset_s = :offset WHERE fetch_id = :id",
            {
                "count": len(finished),
                "bytes": sum(one.bytes for one in finished),
                "offset": course.offset_s,
                "id": course.row["fetch_id"],
            },
        )


def _segment(one: Finished, offset_s: float) -> Segment:
    begin, end = (datetime.fromtimestamp(moment, UTC) for moment in (one.begin_s, one.end_s))
    about = (one.segment_id, one.center_id, one.camera_id, begin, end, one.bytes, one.frames, one.sha256, one.path)
    picture = (one.width_px, one.height_px, one.codec, one.format)
    return Segment(*about, *picture, source="device", clock_offset_s=offset_s)


async def _look(course: _Course, reached_s: float) -> None:
    """Each second: how far it is, whether the incident is open, and whether there is room. Raises _Over."""
    if time.monotonic() - course.looked_at < LOOK_S:
        return
    course.looked_at = time.monotonic()
    share = min(1.0, (course.done_s + max(reached_s, 0.0)) / course.total_s)
    async with course.services.db.begin() as unit:
        state = await unit.scalar(
            "UPDATE recording_fetch f SET progress = greatest(progress, :share) FROM incident i"
            " WHERE f.fetch_id = :id AND i.incident_id = f.incident_id RETURNING i.state",
            {"share": round(share, 3), "id": course.row["fetch_id"]},
        )
    if state not in OPEN_STATES:
        raise _Over("incident_closed", "ended")
    if await asyncio.to_thread(used_percent, course.root) >= course.services.settings.video_disk_most_percent:
        raise _Over("disk_full")


async def _end(course: _Course, state: str, code: str) -> None:
    row, now = course.row, course.services.clock()
    left_s = sum(span.seconds for span in missing(await _there(course), row["from_at"], row["until_at"]))
    async with course.services.db.begin() as unit:
        done = await unit.one(
            "UPDATE recording_fetch SET state = :state, code = :code, missing_s = :missing, ended_at = :now,"
            " progress = CASE WHEN :state = 'done' THEN 1 ELSE progress END"
            " WHERE fetch_id = :id AND state = 'fetching' RETURNING segments, bytes",
            {"state": state, "code": code, "missing": round(left_s, 1), "now": now, "id": row["fetch_id"]},
        )
        if done is None:
            return
        payload = {"fetch_id": str(row["fetch_id"]), "camera_id": row["camera_id"], **done}
        payload |= {"missing_s": round(left_s, 1), "clock_offset_s": round(course.offset_s, 1)}
        record(
            unit,
            center_id=row["center_id"],
            incident_id=row["incident_id"],
            tag="recording:fetched" if state == "done" else "recording:fetch_failed",
            actor=SYSTEM,
            payload=payload | ({"code": code} if code else {}),
        )
