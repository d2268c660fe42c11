"""Binding a device to a camera: who it is, which streams, whether it moves; addresses and passwords sealed.

The device is asked before anything is written, and no transaction is open while it is asked. Clients of bound devices
are kept in `DevicePool` (one per process, for PTZ), since getting to know a device takes a second.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.actor import Actor
from server.cameras.onvif.port import (
    SENTENCES,
    CameraDevice,
    DeviceAddress,
    DeviceTrouble,
    Identity,
    Profile,
    Ptz,
)
from server.cameras.onvif.profiles import FINDINGS, Choice, choose
from server.cameras.onvif.where import (
    BadWhere,
    DeviceUrl,
    Network,
    device_url,
    is_inside,
    is_theirs,
    networks_of,
    stream_host,
    subnet_of,
    with_credentials,
)
from server.cameras.onvif.zeep_client import ZeepDevice
from server.cameras.registry import change
from server.events import record_admin

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

log = structlog.get_logger("devices")

BIND_S = 45.0
MOST_CLIENTS = 64
SKEW_S = 60.0
HOME_NAMES = ("home", "홈", "기본", "원위치", "기본위치")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an administrator typed: the device, and where its streams may be (`subnet`), or which he wants."""

    device: DeviceAddress
    subnet: str = ""
    sub_profile: str = ""
    main_profile: str = ""


@dataclass(frozen=True, slots=True)
class Learnt:
    """What the device told. The addresses carry the password: they go into sealed columns and nowhere else."""

    url: DeviceUrl
    identity: Identity
    choice: Choice
    sub_url: str
    main_url: str
    ptz_profile: str | None
    ptz: Ptz | None
    findings: tuple[str, ...]


async def bind(services: Services, viewer: Viewer, camera_id: str, wanted: Wanted) -> dict[str, Any]:
    """Ask the device and write down what it is. 404 `unknown_camera`, 422 `url`, 409 with a code of `SENTENCES`."""
    async with services.db.begin(center=viewer.scope) as unit:
        center = await _center_of(unit, camera_id)
    try:
        async with asyncio.timeout(BIND_S):
            learnt = await _learn(services, wanted)
    except TimeoutError:
        raise problem_of(DeviceTrouble("device_unreachable")) from None
    except DeviceTrouble as trouble:
        log.warning("camera_not_bound", camera_id=camera_id, code=trouble.code)
        raise problem_of(trouble) from None
    async with services.db.begin(center=viewer.scope) as unit:
        await _write(unit, services, viewer, camera_id, center, wanted, learnt)
        told = await binding(unit, camera_id)
    await device_pool(services).forget(camera_id)
    return told


def problem_of(trouble: DeviceTrouble) -> Problem:
    """As an answer: 409, since the same request may work once the device is set right."""
    extra = {"device_said": trouble.said} if trouble.said else {}
    return Problem(409, trouble.code, *SENTENCES[trouble.code], **extra, **trouble.more)


async def _learn(services: Services, wanted: Wanted) -> Learnt:
    networks = networks_of(services.settings.camera_networks)
    url, host = await allowed(wanted.device.url, networks)
    subnet = _subnet(wanted.subnet, networks)
    device = ZeepDevice(wanted.device, host=host)
    try:
        identity = await device.identify()
        choice = choose(await device.profiles(), sub=wanted.sub_profile, main=wanted.main_profile)
        sub = await _stream(device, choice.sub, (url.host, host), subnet, wanted.device)
        main = sub if choice.main == choice.sub else None
        main = main or await _stream(device, choice.main, (url.host, host), subnet, wanted.device)
        mover = next((one for one in (choice.main, choice.sub) if one.can_move), None)
        ptz = await _ptz(device, mover) if mover and "ptz" in identity.services else None
        return Learnt(
            url, identity, choice, sub, main, mover.token if mover and ptz else None, ptz, _findings(identity, choice)
        )
    finally:
        await device.close()


async def allowed(text: str, networks: tuple[Network, ...]) -> tuple[DeviceUrl, str]:
    """The device's address and the one its name stands for, looked up once and then gone to: a name that says another
    address the next moment leads nowhere."""
    try:
        url = device_url(text)
    except BadWhere:
        raise Problem(
            422,
            "device_url",
            "url: 장치의 주소를 http://10.1.2.3 또는 http://10.1.2.3:8000/onvif/device_service처럼 적어 주세요."
            " 아이디와 비밀번호는 user, password에 적습니다.",
            "url: write the device's address like http://10.1.2.3 or http://10.1.2.3:8000/onvif/device_service; user"
            " and password have fields of their own.",
            field="url",
        ) from None
    try:
        found = await asyncio.get_running_loop().getaddrinfo(url.host, url.port, proto=6)
    except OSError:
        raise DeviceTrouble("device_unreachable") from None
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    if not addresses or not all(is_inside(one, networks) for one in addresses):
        raise DeviceTrouble("device_network")
    return url, addresses[0]


def _subnet(text: str, networks: tuple[Network, ...]) -> Network | None:
    try:
        return subnet_of(text, networks) if text.strip() else None
    except BadWhere:
        raise DeviceTrouble("device_network", subnet=text[:50]) from None


async def _stream(
    device: CameraDevice, profile: Profile, hosts: tuple[str, ...], subnet: Network | None, address: DeviceAddress
) -> str:
    """The profile's address with the password in it, if it is the device's own or where the administrator said."""
    uri = await device.stream_uri(profile.token)
    try:
        host = stream_host(uri)
    except BadWhere:
        raise DeviceTrouble("device_answer") from None
    if not is_theirs(host, hosts, subnet):
        raise DeviceTrouble("stream_elsewhere", host=host)
    return with_credentials(uri, address.user, address.password)


async def _ptz(device: CameraDevice, profile: Profile) -> Ptz | None:
    """None for a device whose profile names a motor that is not there."""
    try:
        return await device.presets(profile.token)
    except DeviceTrouble as trouble:
        if trouble.code in ("no_ptz", "device_refused"):
            return None
        raise


def _findings(identity: Identity, choice: Choice) -> tuple[str, ...]:
    is_skewed = abs(identity.clock_offset_s or 0.0) > SKEW_S
    return (*choice.findings, *(("clock_skew",) if is_skewed else ()))


def home_of(ptz: Ptz | None) -> str | None:
    """Where it goes back to: its home position (''), or a preset that is called so, or nowhere."""
    if ptz is None or ptz.has_home:
        return None if ptz is None else ""
    names = ((one.token, one.name.replace(" ", "").casefold()) for one in ptz.presets)
    return next((token for token, name in names if name in HOME_NAMES), None)


_UPSERT = """
INSERT INTO camera_device (camera_id, center_id, url, user_sealed, password_sealed, maker, model, firmware,
    clock_offset_s, sub_profile, main_profile, ptz_profile, home, has_replay, findings, bound_by, bound_at)
VALUES (:camera, :center, :url, :user, :password, :maker, :model, :firmware, :offset, :sub, :main, :ptz, :home,
    :replay, :findings, :by, :at)
ON CONFLICT (camera_id) DO UPDATE SET center_id = excluded.center_id, url = excluded.url,
    user_sealed = excluded.user_sealed, password_sealed = excluded.password_sealed, maker = excluded.maker,
    model = excluded.model, firmware = excluded.firmware, clock_offset_s = excluded.clock_offset_s,
    sub_profile = excluded.sub_profile, main_profile = excluded.main_profile, ptz_profile = excluded.ptz_profile,
    home = excluded.home, has_replay = excluded.has_replay, findings = excluded.findings,
    bound_by = excluded.bound_by, bound_at = excluded.bound_at
"""
_ADDRESSES = "UPDATE camera SET sub_url_sealed = :sub, main_url_sealed = :main WHERE camera_id = :id"


async def _write(
    unit: Unit, services: Services, viewer: Viewer, camera_id: str, center: str, wanted: Wanted, learnt: Learnt
) -> None:
    def sealed(value: str, context: str) -> bytes:
        return services.sealer.seal(value, context=f"{context}:{camera_id}", center=center)

    identity, now = learnt.identity, services.clock()
    values = {
        "camera": camera_id,
        "center": center,
        "url": learnt.url.text(),
        "user": sealed(wanted.device.user, "camera_device.user"),
        "password": sealed(wanted.device.password, "camera_device.password"),
        "maker": identity.maker,
        "model": identity.model,
        "firmware": identity.firmware,
        "offset": identity.clock_offset_s,
        "sub": learnt.choice.sub.token,
        "main": learnt.choice.main.token,
        "ptz": learnt.ptz_profile,
        "home": home_of(learnt.ptz),
        "replay": "replay" in identity.services,
        "findings": list(learnt.findings),
        "by": viewer.account_id,
        "at": now,
    }
    await unit.execute(_UPSERT, values)
    addresses = {"sub": sealed(learnt.sub_url, "camera.sub_url"), "main": sealed(learnt.main_url, "camera.main_url")}
    await unit.execute(_ADDRESSES, {"id": camera_id, **addresses})
    fields: dict[str, Any] = {"is_ptz": learnt.ptz is not None, "width_px": learnt.choice.main.width_px or None}
    if learnt.ptz is not None and learnt.ptz.pan_speed_deg_s:
        fields["pan_speed_deg_s"] = learnt.ptz.pan_speed_deg_s
    await change(unit, camera_id, actor=viewer.actor, at=now, **fields)
    _record_binding(unit, viewer.actor, camera_id, center, learnt)


def _record_binding(unit: Unit, actor: Actor, camera_id: str, center: str, learnt: Learnt) -> None:
    payload = {
        "camera_id": camera_id,
        "maker": learnt.identity.maker,
        "model": learnt.identity.model,
        "is_ptz": learnt.ptz is not None,
        "findings": list(learnt.findings),
    }
    record_admin(unit, tag="camera:bound", actor=actor, center_id=center, payload=payload)


async def binding(unit: Unit, camera_id: str) -> dict[str, Any]:
    """What is bound to the camera, without its credentials and stream addresses. 404."""
    await _center_of(unit, camera_id)
    row = await unit.one(
        "SELECT camera_id, url, maker, model, firmware, clock_offset_s, sub_profile, main_profile,"
        " ptz_profile IS NOT NULL AS is_ptz, home IS NOT NULL AS has_home, has_replay, findings, bound_at"
        " FROM camera_device WHERE camera_id = :id",
        {"id": camera_id},
    )
    if row is None:
        raise Problem(
            404, "no_device", "등록된 ONVIF 장치가 없는 카메라입니다.", "No ONVIF device is bound to this camera."
        )
    said = [{"code": code, "ko": FINDINGS[code][0], "en": FINDINGS[code][1]} for code in row["findings"]]
    return {**row, "findings": said}


async def _center_of(unit: Unit, camera_id: str) -> str:
    center = await unit.scalar("SELECT center_id FROM camera WHERE camera_id = :id", {"id": camera_id})
    if center is None:
        raise Problem(404, "unknown_camera", "이 센터의 카메라가 아닙니다.", "This is not a camera of the center.")
    return str(center)


@dataclass(slots=True)
class Bound:
    """A device that has been got to know, and the profile that moves it. One request at a time: their order counts."""

    device: CameraDevice
    ptz_profile: str | None
    main_profile: str
    version: Any
    turn: asyncio.Lock


class DevicePool:
    """Clients of bound devices, the ones used longest ago closed first."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._held: OrderedDict[str, Bound] = OrderedDict()
        self._making: dict[str, asyncio.Lock] = {}

    @asynccontextmanager
    async def use(self, camera_id: str) -> AsyncIterator[Bound]:
        """The camera's device, alone. DeviceTrouble; `no_ptz` where no device is bound."""
        bound = await self._bound(camera_id)
        async with bound.turn:
            yield bound

    async def forget(self, camera_id: str) -> None:
        """It was bound anew, or said something strange: get to know it again the next time."""
        held = self._held.pop(camera_id, None)
        if held is not None:
            await held.device.close()

    async def close(self) -> None:
        for camera_id in list(self._held):
            await self.forget(camera_id)

    async def _bound(self, camera_id: str) -> Bound:
        async with self._making.setdefault(camera_id, asyncio.Lock()):
            async with self._services.db.begin() as unit:
                row = await unit.one("SELECT * FROM camera_device WHERE camera_id = :id", {"id": camera_id})
            if row is None:
                raise DeviceTrouble("no_ptz")
            held = self._held.get(camera_id)
            if held is None or held.version != row["bound_at"]:
                await self.forget(camera_id)
                held = await self._make(row)
                self._held[camera_id] = held
            self._held.move_to_end(camera_id)
            while len(self._held) > MOST_CLIENTS:
                _, oldest = self._held.popitem(last=False)
                await oldest.device.close()
            return held

    async def _make(self, row: dict[str, Any]) -> Bound:
        opened = self._services.sealer.open
        camera_id = row["camera_id"]
        user = opened(row["user_sealed"], context=f"camera_device.user:{camera_id}")
        password = opened(row["password_sealed"], context=f"camera_device.password:{camera_id}")
        _, host = await allowed(row["url"], networks_of(self._services.settings.camera_networks))
        device = ZeepDevice(DeviceAddress(row["url"], user, password), host=host)
        try:
            await device.identify()
        except BaseException:
            await device.close()
            raise
        return Bound(device, row["ptz_profile"], row["main_profile"], row["bound_at"], asyncio.Lock())


def device_pool(services: Services) -> DevicePool:
    """The process's pool."""
    pool: DevicePool = services.shared.setdefault("device_pool", DevicePool(services))
    return pool


async def with_device(services: Services, camera_id: str, work: Callable[[Bound], Awaitable[Any]]) -> Any:
    """Do something with the camera's device. A client whose device has restarted (or whose password was changed) is
    made anew the next time."""
    pool = device_pool(services)
    try:
        async with pool.use(camera_id) as bound:
            return await work(bound)
    except DeviceTrouble as trouble:
        if trouble.code in ("wrong_password", "clock_refused", "device_unreachable", "not_onvif"):
            await pool.forget(camera_id)
        raise
