"""What the video process asks of the installation's database: the gate at each knock, and the cameras' addresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from server.cameras.service import stream_url
from server.gate import OPEN_STATES, SENTENCES, look_again
from server.releases import end_releases, note_first_byte
from server.video.gateway import Refused, Viewing
from server.video.tickets import Quality, Ticket, same_address

if TYPE_CHECKING:
    from server.services import Services

KST = ZoneInfo("Asia/Seoul")


class ReleaseGate:
    """`server.video.gateway.Gate` over the releases table."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def open(self, ticket: Ticket, camera_id: str, address: str) -> Viewing:
        """The committed release row must be this viewer's, for this camera, from this address, and still hold."""
        release_id = _uuid(ticket.release_id)
        async with self._services.db.begin() as unit:
            row = await unit.one("SELECT * FROM release WHERE release_id = :id AND kind = 'live'", {"id": release_id})
            reason = (await look_again(unit, [release_id], self._services.clock())).get(release_id)
            if reason is not None:
                await end_releases(unit, {release_id: reason})
            login = await unit.scalar(
                "SELECT login FROM account WHERE account_id = :id"
                " UNION ALL SELECT agency_id FROM agency_line WHERE line_id = :id",
                {"id": row["viewer_id"] if row else None},
            )
        if row is None or row["camera_id"] != camera_id or str(row["viewer_id"]) != ticket.viewer_id:
            raise _refused("released_ended")
        if str(row["incident_id"] or "") != ticket.incident_id:
            raise _refused("released_ended")
        if not same_address(row["address"], address):
            raise _refused("address_not_registered")
        if reason is not None:
            raise _refused(reason)
        return Viewing(str(release_id), f"{login} {self._services.clock().astimezone(KST):%Y-%m-%d %H:%M}")

    async def still_open(self, release_ids: Sequence[str]) -> Mapping[str, str]:
        """Those that end, each with its reason, which is on disk when this returns."""
        asked = [_uuid(one) for one in release_ids]
        async with self._services.db.begin() as unit:
            reasons = await look_again(unit, asked, self._services.clock())
            await end_releases(unit, reasons)
        return {str(release_id): reason for release_id, reason in reasons.items()}

    async def first_byte(self, release_id: str) -> bool:
        asked = {"id": _uuid(release_id)}
        async with self._services.db.begin() as unit:
            if await note_first_byte(unit, asked["id"]):
                return True
            return bool(await unit.scalar("SELECT ended_at IS NULL FROM release WHERE release_id = :id", asked))

    async def still(self, release_id: str, camera_id: str) -> None:
        """A still's release is for one picture: after its first byte it opens nothing any more. One for setting the
        camera up (`maintenance`) is of no incident."""
        async with self._services.db.begin() as unit:
            found = await unit.scalar(
                "SELECT 1 FROM release r LEFT JOIN incident i USING (incident_id) WHERE r.release_id = :id"
                " AND r.camera_id = :camera AND r.ended_at IS NULL AND r.first_byte_at IS NULL"
                " AND (r.kind = 'maintenance' OR (r.kind = 'still' AND i.state = ANY(:open)))",
                {"id": _uuid(release_id), "camera": camera_id, "open": list(OPEN_STATES)},
            )
        if found is None:
            raise _refused("released_ended")

    async def standing(self) -> Sequence[str]:
        async with self._services.db.begin() as unit:
            rows = await unit.all("SELECT release_id FROM release WHERE kind = 'live' AND ended_at IS NULL")
        return [str(row["release_id"]) for row in rows]

    async def left(self, release_ids: Sequence[str]) -> None:
        async with self._services.db.begin() as unit:
            await end_releases(unit, {_uuid(one): "viewer_left" for one in release_ids})


class CameraSources:
    """`server.video.gateway.Sources` over the camera registry."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def stream_url(self, camera_id: str, quality: Quality) -> str:
        async with self._services.db.begin() as unit:
            return await stream_url(unit, self._services, camera_id, quality)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise _refused("released_ended") from None


def _refused(code: str) -> Refused:
    return Refused(code, *SENTENCES.get(code, SENTENCES["released_ended"]))
