"""What a camera's own recorder offers, and where it may be gone to for it: the rules of binding hold."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from server.cameras.devices import BIND_S, allowed
from server.cameras.onvif.port import DeviceAddress, DeviceTrouble, Replay
from server.cameras.onvif.where import BadWhere, is_inside, is_theirs, networks_of, stream_host
from server.cameras.onvif.zeep_client import ZeepDevice
from server.video.replay.client import Door

if TYPE_CHECKING:
    from server.services import Services

_AGREED_S = 1.0


@dataclass(frozen=True, slots=True)
class OwnRecorder:
    """A device that has just been asked. `offset_s`: its clock minus ours."""

    replays: tuple[Replay, ...]
    offset_s: float
    hosts: tuple[str, ...]
    address: str
    user: str = field(repr=False)
    password: str = field(repr=False)


async def own_recorder(services: Services, camera_id: str) -> OwnRecorder:
    """Ask the camera's device for its clock, then for what it has recorded. DeviceTrouble; `no_replay` also where no
    device is bound."""
    async with services.db.begin() as unit:
        row = await unit.one(
            "SELECT d.*, c.sub_url_sealed, c.main_url_sealed FROM camera_device d JOIN camera c USING (camera_id)"
            " WHERE camera_id = :id",
            {"id": camera_id},
        )
    if row is None or not row["has_replay"]:
        raise DeviceTrouble("no_replay")
    opened = services.sealer.open
    user = str(opened(row["user_sealed"], context=f"camera_device.user:{camera_id}"))
    password = str(opened(row["password_sealed"], context=f"camera_device.password:{camera_id}"))
    url, host = await allowed(row["url"], networks_of(services.settings.camera_networks))
    device = ZeepDevice(DeviceAddress(row["url"], user, password), host=host)
    try:
        async with asyncio.timeout(BIND_S):
            identity = await device.identify()
            replays = await device.replays()
    except TimeoutError:
        raise DeviceTrouble("device_unreachable") from None
    finally:
        await device.close()
    hosts = (url.host, host, *_stream_hosts(services, row))
    return OwnRecorder(tuple(replays), settled_offset_s(identity.clock_offset_s), hosts, host, user, password)


def settled_offset_s(told: float | None) -> float:
    """The device tells whole seconds, so its clock is half a second later on average; clocks that agree as far as can
    be told are taken to agree."""
    middle = 0.0 if told is None else told + 0.5
    return middle if abs(middle) > _AGREED_S else 0.0


async def door_of(services: Services, recorder: OwnRecorder, replay: Replay) -> Door:
    """Where the recording is played. DeviceTrouble `stream_elsewhere`, `device_network`, `device_answer`."""
    try:
        host = stream_host(replay.uri)
    except BadWhere:
        raise DeviceTrouble("device_answer") from None
    parts = urlsplit(replay.uri.strip())
    if parts.scheme != "rtsp":
        raise DeviceTrouble("device_answer")
    if not is_theirs(host, recorder.hosts, None):
        raise DeviceTrouble("stream_elsewhere", host=host)
    port = parts.port or 554
    address = recorder.address if host in recorder.hosts[:2] else await _looked_up(services, host, port)
    basic = services.settings.camera_basic
    return Door(address, port, replay.uri.strip(), recorder.user, recorder.password, basic)


def _stream_hosts(services: Services, row: dict[str, Any]) -> list[str]:
    """The hosts of the camera's streams: an administrator has said that they are this device's."""
    hosts = []
    for quality in ("sub", "main"):
        if sealed := row[f"{quality}_url_sealed"]:
            address = str(services.sealer.open(sealed, context=f"camera.{quality}_url:{row['camera_id']}"))
            hosts.append(urlsplit(address).hostname or "")
    return hosts


async def _looked_up(services: Services, host: str, port: int) -> str:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, proto=6)
    except OSError:
        raise DeviceTrouble("device_unreachable") from None
    networks = networks_of(services.settings.camera_networks)
    if not found or not all(is_inside(str(one[4][0]), networks) for one in found):
        raise DeviceTrouble("device_network")
    return str(found[0][4][0])
