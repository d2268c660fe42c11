"""One picture for whoever sets a camera up: an administrator's release of kind `maintenance`, with a reason.

The rows first, as everywhere: a committed release before the device or the gateway is asked, and its end (the picture
was given, or there was none) committed before the picture leaves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from location_router.runtime.problems import Problem
from server.cameras.devices import Bound, with_device
from server.cameras.onvif.port import DeviceTrouble
from server.gate import Refused, Wish, ask
from server.releases import end_releases, note_first_byte

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer


async def setup_still(services: Services, viewer: Viewer, camera_id: str, reason: str) -> tuple[bytes, UUID]:
    """A JPEG and its release. 404 `unknown_camera`, 403 with the gate's code, 409 `no_picture`."""
    now = services.clock()
    async with services.db.begin() as unit:
        center = await unit.scalar("SELECT center_id FROM camera WHERE camera_id = :id", {"id": camera_id})
        if center is None or not viewer.sees(center):
            raise Problem(404, "unknown_camera", "이 센터의 카메라가 아닙니다.", "This is not a camera of the center.")
        wish = Wish("maintenance", center_id=center, camera_ids=(camera_id,), reason=reason)
        answer = await ask(unit, viewer, wish, now=now)
    if isinstance(answer, Refused):
        raise answer
    release_id = answer[0]
    picture = None
    try:
        picture = await _picture(services, camera_id, release_id)
    finally:
        async with services.db.begin() as unit:
            if picture is not None:
                await note_first_byte(unit, release_id)
            await end_releases(unit, {release_id: "given" if picture else "no_picture"}, at=services.clock())
    if picture is None:
        raise Problem(
            409,
            "no_picture",
            "카메라가 화면을 주지 않습니다. 전원과 연결을 확인해 주세요.",
            "The camera gives no picture. Check its power and its line.",
        )
    return picture, release_id


async def _picture(services: Services, camera_id: str, release_id: UUID) -> bytes | None:
    """The device's own still (in full size); from the stream where it has none."""
    try:
        still: bytes = await with_device(services, camera_id, _snapshot)
        return still
    except DeviceTrouble:
        found = await services.gateway.still(camera_id, str(release_id))
        return found.jpeg if found is not None else None


async def _snapshot(bound: Bound) -> bytes:
    return await bound.device.snapshot(bound.main_profile)
