"""What the recorder and the clips ask of the installation's database: which cameras, rows of files, who may look back.

The twin of `server/video_gate.py`: `server/video` knows no slice, the slices know no video process.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import structlog

from server.actor import SYSTEM
from server.events import record_admin
from server.gate import SENTENCES, look_again
from server.purposes import STANDS
from server.recordings import keeping
from server.recordings.model import Segment
from server.recordings.store import folder_of, path_of, segment_from_row
from server.releases import end_releases
from server.video.clips import Piece, Recorded, clips_router
from server.video.folder import folder_name
from server.video.gateway import Refused
from server.video.recorder import Doomed, Figures, Recorder, Wanted
from server.video.recorder_routes import recorder_router
from server.video.reels import Finished
from server.video.tickets import Ticket, same_address

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("video_shelf")

# Nobody's camera is opened for a drill, for a private place whose owner has withdrawn, or for a camera that is gone.
# An SOS are an open incident's five of now: what she has passed, or what is buffered near by, makes room for them.
_WANTED = """
SELECT c.camera_id, c.center_id, c.{quality}_url_sealed AS url_sealed, q.is_sos FROM camera c
JOIN (SELECT camera_id, bool_or(is_sos) AS is_sos FROM (
        SELECT p.camera_id, p.why = 'chosen' AND p.until_at IS NULL AS is_sos
        FROM pin p JOIN incident i USING (incident_id)
        WHERE p.why <> 'asked' AND NOT i.is_drill AND (p.until_at > :now OR (p.until_at IS NULL
              AND i.state NOT IN ('closed', 'cancelled', 'transferred')))
        UNION ALL SELECT camera_id, false FROM camera WHERE is_buffered) w GROUP BY camera_id) q USING (camera_id)
WHERE {stands} AND c.{quality}_url_sealed IS NOT NULL
ORDER BY q.is_sos DESC, c.camera_id
"""
_SEGMENTS = """
SELECT segment_id, center_id, camera_id, begin_at, end_at, bytes, frames, sha256, path, width_px, height_px, codec,
       format, is_adopted, gone_at FROM segment WHERE segment_id = ANY(:ids) AND gone_at IS NULL ORDER BY begin_at
"""
_REPORT = """
INSERT INTO recorder AS r (recorder_id, seen_at, trouble, trouble_since, disk_percent, recording, missing, strays,
                           no_room)
VALUES (:id, :now, :trouble, CASE WHEN :trouble <> '' THEN CAST(:now AS timestamptz) END, :disk, :recording, :missing,
        :strays, :no_room)
ON CONFLICT (recorder_id) DO UPDATE SET seen_at = excluded.seen_at, trouble = excluded.trouble,
  trouble_since = CASE WHEN excluded.trouble = '' THEN NULL WHEN r.trouble = excluded.trouble THEN r.trouble_since
                       ELSE excluded.seen_at END,
  disk_percent = excluded.disk_percent, recording = excluded.recording, missing = excluded.missing,
  strays = excluded.strays, no_room = excluded.no_room
"""


class RecordingShelf:
    """`server.video.recorder.Shelf` over the tables."""

    def __init__(self, services: Services, quality: Literal["sub", "main"]) -> None:
        self._services, self._quality = services, quality
        self._urls: dict[tuple[str, bytes], str] = {}

    async def wanted(self) -> list[Wanted]:
        now = self._services.clock()
        async with self._services.db.begin() as unit:
            rows = await unit.all(_WANTED.format(quality=self._quality, stands=STANDS.format(c="c.")), {"now": now})
        found = [
            Wanted(row["camera_id"], row["center_id"], self._url(row), "sos" if row["is_sos"] else "buffer")
            for row in rows
        ]
        if len(self._urls) > 2 * len(found) + 100:
            self._urls.clear()
        return found

    def _url(self, row: dict[str, Any]) -> str:
        key = row["camera_id"], bytes(row["url_sealed"])
        if key not in self._urls:
            context = f"camera.{self._quality}_url:{row['camera_id']}"
            self._urls[key] = str(self._services.sealer.open(row["url_sealed"], context=context))
        return self._urls[key]

    async def add(self, finished: Sequence[Finished]) -> None:
        async with self._services.db.begin() as unit:
            await keeping.add_segments(unit, [_segment(one) for one in finished])

    async def folders(self) -> dict[str, tuple[str, str]]:
        async with self._services.db.begin() as unit:
            rows = await unit.all("SELECT center_id, camera_id FROM camera")
        return {folder_name(row["center_id"], row["camera_id"]): (row["center_id"], row["camera_id"]) for row in rows}

    async def paths(self) -> dict[str, bool]:
        async with self._services.db.begin() as unit:
            rows = await unit.all("SELECT path, gone_at IS NULL AS is_there FROM segment")
        return {row["path"]: row["is_there"] for row in rows}

    async def mark_missing(self, paths: Sequence[str]) -> int:
        async with self._services.db.begin() as unit:
            return await keeping.mark_missing(unit, paths, now=self._services.clock())

    async def let_go(self, *, for_disk: bool, most: int) -> list[Doomed]:
        now = self._services.clock()
        settings = self._services.settings
        minutes = max(settings.video_buffer_minutes, settings.video_before_minutes + 2)
        cutoff = now if for_disk else now - timedelta(minutes=minutes)
        async with self._services.db.begin() as unit:
            rows = await keeping.let_go(unit, cutoff=cutoff, for_disk=for_disk, most=most, now=now)
        return [Doomed(str(row["segment_id"]), row["path"]) for row in rows]

    async def forget(self, segment_ids: Sequence[str]) -> None:
        async with self._services.db.begin() as unit:
            await keeping.forget(unit, [UUID(one) for one in segment_ids])

    async def report(self, figures: Figures) -> None:
        """The row that `ansim doctor` reads; a trouble that begins or ends is a line of the installation's log."""
        name, now = f"{socket.gethostname()}:{self._services.settings.installation}", self._services.clock()
        async with self._services.db.begin() as unit:
            before = await unit.scalar("SELECT trouble FROM recorder WHERE recorder_id = :id", {"id": name}) or ""
            values = {"id": name, "now": now, "trouble": figures.trouble, "disk": figures.disk_percent}
            values |= {"recording": figures.recording, "missing": figures.missing, "strays": figures.strays}
            await unit.execute(_REPORT, values | {"no_room": figures.no_room})
            if before != figures.trouble:
                tag = "recordings:suffer" if figures.trouble else "recordings:well"
                payload = {"trouble": figures.trouble or before, "disk_percent": figures.disk_percent}
                record_admin(unit, tag=tag, actor=SYSTEM, payload=payload, at=now)


def _segment(one: Finished) -> Segment:
    return Segment(
        one.segment_id,
        one.center_id,
        one.camera_id,
        datetime.fromtimestamp(one.begin_s, UTC),
        datetime.fromtimestamp(one.end_s, UTC),
        one.bytes,
        one.frames,
        one.sha256,
        one.path,
        one.width_px,
        one.height_px,
        one.codec,
        one.format,
        one.is_adopted,
    )


class ReleasedPieces:
    """`server.video.clips.Pieces` over the releases table."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def open(self, ticket: Ticket, address: str) -> Piece:
        """The committed release row must be this viewer's, for this camera and incident, from this address, and still
        hold today."""
        try:
            release_id = UUID(ticket.release_id)
        except ValueError:
            raise _refused("released_ended") from None
        async with self._services.db.begin() as unit:
            row = await unit.one(
                "SELECT r.camera_id, r.viewer_id, r.incident_id, r.address, r.first_byte_at, c.begin_at, c.end_at,"
                " c.segment_ids FROM release r JOIN clip c USING (release_id)"
                " WHERE r.release_id = :id AND r.kind = 'recorded'",
                {"id": release_id},
            )
            reason = (await look_again(unit, [release_id], self._services.clock())).get(release_id)
            if reason is not None:
                await end_releases(unit, {release_id: reason})
            rows = await unit.all(_SEGMENTS, {"ids": list(row["segment_ids"])}) if row and reason is None else []
        if row is None or row["camera_id"] != ticket.camera_id or str(row["viewer_id"]) != ticket.viewer_id:
            raise _refused("released_ended")
        if str(row["incident_id"]) != ticket.incident_id:
            raise _refused("released_ended")
        if not same_address(row["address"], address):
            raise _refused("address_not_registered")
        if reason is not None:
            raise _refused(reason)
        found = [segment_from_row(one) for one in rows]
        files = tuple(Recorded(path_of(self._services.settings, s), s.begin_at, s.format) for s in found)
        begun = row["first_byte_at"] is not None
        return Piece(str(release_id), row["begin_at"], row["end_at"], files, begun)


def _refused(code: str) -> Refused:
    return Refused(code, *SENTENCES.get(code, SENTENCES["released_ended"]))


def recording_routers(services: Services) -> list[Any]:
    """What the video process gets of recordings: clips always, the recorder unless VIDEO_RECORD is off."""
    routers = [clips_router(ReleasedPieces(services))]
    quality = services.settings.video_record
    if quality != "off":
        shelf, settings = RecordingShelf(services, quality), services.settings
        routers.append(
            recorder_router(
                lambda hub: Recorder(
                    hub, shelf, folder_of(settings), quality=quality, most_percent=settings.video_disk_most_percent
                )
            )
        )
    return routers
