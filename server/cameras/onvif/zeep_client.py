"""The port over onvif-zeep-async 4.3.

What the library does not do for us is done here: one address for everything (a device's own idea of where its services
are is never gone to, `where.service_url`), no redirect, a limit on the size of an answer and on the time of each call,
the device's path as given, the clock read before the first password. Its import costs 0.6 s and 64 MB and each service
0.1 s of reading WSDL once per process: both happen in a thread, and only in a process that talks to a device.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from types import ModuleType
from typing import Any

from location_router.wire import utc_now
from server.cameras.onvif.answers import motion_request, preset_list, profile_list, replay_times, speed_in_degrees
from server.cameras.onvif.port import (
    DeviceAddress,
    DeviceTrouble,
    Identity,
    Motion,
    Preset,
    Profile,
    Ptz,
    Replay,
)
from server.cameras.onvif.where import BadWhere, device_url, service_url, without_credentials

CALL_S = 6.0
MOST_ANSWER_BYTES = 2 * 1024 * 1024
MOST_PICTURE_BYTES = 8 * 1024 * 1024
MOST_REPLAYS = 64
MOST_NOTICES = 200
SUBSCRIBED_S = 3600
STREAM = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}


@cache
def _library() -> ModuleType:
    """The library and our transport over its own; called in a thread the first time."""
    import server.cameras.onvif.zeep_transport as transport

    return transport


class ZeepDevice:
    """A `CameraDevice`. `host` is the address that was allowed for the device's name (an address is its own)."""

    def __init__(
        self, address: DeviceAddress, *, host: str = "", call_s: float = CALL_S, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._address, self._url, self._call_s, self._clock = address, device_url(address.url), call_s, clock
        self._host = host or self._url.host
        self._offset: timedelta | None = None
        self._places: dict[str, str] = {}
        self._services: dict[str, Any] = {}
        self._open = asyncio.Lock()

    async def identify(self) -> Identity:
        await self._read_clock()
        about = await self._call("devicemgmt", "GetDeviceInformation")
        await self._find_services()
        offset_s = None if self._offset is None else self._offset.total_seconds()
        maker, model, firmware = (str(getattr(about, name, "") or "")[:80] for name in _ABOUT)
        return Identity(maker, model, firmware, offset_s, frozenset(self._places))

    async def profiles(self) -> list[Profile]:
        return profile_list(await self._call("media", "GetProfiles"))

    async def stream_uri(self, profile: str) -> str:
        told = await self._call("media", "GetStreamUri", {"StreamSetup": STREAM, "ProfileToken": profile})
        return _uri_of(told)

    async def presets(self, profile: str) -> Ptz:
        nodes = await self._call("ptz", "GetNodes") or []
        presets = await self._call("ptz", "GetPresets", {"ProfileToken": profile}) or []
        has_home = any(bool(getattr(node, "HomeSupported", False)) for node in nodes)
        named: tuple[Preset, ...] = preset_list(presets)
        return Ptz(named, has_home, speed_in_degrees(nodes))

    async def move(self, profile: str, motion: Motion) -> None:
        operation, request = motion_request(profile, motion)
        await self._call("ptz", operation, request)

    async def snapshot(self, profile: str) -> bytes:
        try:
            told = await self._call("media", "GetSnapshotUri", {"ProfileToken": profile})
        except DeviceTrouble as error:
            raise DeviceTrouble("no_snapshot", error.said) if error.code == "device_refused" else error from None
        address = self._own(_uri_of(told))
        media = await self._service("media")
        picture = await self._bounded(media.transport.fetch(address, MOST_PICTURE_BYTES))
        if not picture.startswith(b"\xff\xd8"):
            raise DeviceTrouble("no_snapshot")
        return bytes(picture)

    async def replays(self) -> list[Replay]:
        if not {"recording", "search", "replay"} <= self._places.keys():
            raise DeviceTrouble("no_replay")
        found = await self._call("recording", "GetRecordings") or []
        replays = []
        for one in list(found)[:MOST_REPLAYS]:
            token = str(one.RecordingToken)
            about = await self._call("search", "GetRecordingInformation", {"RecordingToken": token})
            request = {"StreamSetup": STREAM, "RecordingToken": token}
            uri = _uri_of(await self._call("replay", "GetReplayUri", request))
            name, begin_at, end_at = replay_times(about, self._offset)
            replays.append(Replay(token, name, uri, begin_at, end_at))
        return replays

    async def events(self) -> bytes:
        if "pullpoint" not in self._places:
            wish = {"InitialTerminationTime": timedelta(seconds=SUBSCRIBED_S)}
            told = await self._call("events", "CreatePullPointSubscription", wish)
            self._places["pullpoint"] = self._own(_address_of(told))
        held = await self._service("pullpoint")
        wait = {"Timeout": timedelta(seconds=self._call_s / 2), "MessageLimit": MOST_NOTICES}
        try:
            with held.zeep_client.settings(raw_response=True):  # what is in a message is the reader's to understand
                answer = await self._bounded(_asked(held, "PullMessages", wait))
            if answer.status_code != 200 or b"PullMessagesResponse" not in answer.content:
                raise DeviceTrouble("wrong_password" if answer.status_code == 401 else "device_refused")
        except BaseException:  # the subscription may have ended, or never been known to a device that restarted
            self._places.pop("pullpoint", None)
            with suppress(Exception):
                await self._services.pop("pullpoint").close()
            raise
        return bytes(answer.content)

    async def close(self) -> None:
        held, self._services = list(self._services.values()), {}
        for service in held:
            with suppress(Exception):
                await service.close()

    # ------------------------------------------------------------ inside
    async def _read_clock(self) -> None:
        """The password's digest carries a time that the device compares with its own clock, so its clock comes first:
        it is told without a password. A device that does not is believed to be right."""
        await self._service("devicemgmt")  # reading WSDL takes long, and would count as the way to the device
        asked_at = self._clock()
        try:
            told = await self._call("devicemgmt", "authless_GetSystemDateAndTime")
        except DeviceTrouble as error:
            if error.code not in ("wrong_password", "device_refused"):
                raise
            told = None
        at = _utc(getattr(told, "UTCDateTime", None))
        if at is not None:
            between = asked_at + (self._clock() - asked_at) / 2
            self._offset = at - between
            await self.close()  # services carry the offset they were made with

    async def _find_services(self) -> None:
        names = {one["ns"]: name for name, one in _library().SERVICES.items() if name in _WANTED}
        try:
            told = await self._call("devicemgmt", "GetServices", {"IncludeCapability": False}) or []
            pairs = [(names.get(str(one.Namespace)), str(one.XAddr)) for one in told]
        except DeviceTrouble as error:
            if error.code not in ("device_refused", "device_answer"):
                raise
            pairs = []
        if not pairs:  # devices from before GetServices
            told = await self._call("devicemgmt", "GetCapabilities", {"Category": "All"})
            parts = {"media": getattr(told, "Media", None), "ptz": getattr(told, "PTZ", None)}
            pairs = [(name, str(one.XAddr)) for name, one in parts.items() if one is not None]
        self._places = {name: self._own(told) for name, told in pairs if name}

    def _own(self, told: str) -> str:
        try:
            return service_url(told, self._url, self._host)
        except BadWhere:
            raise DeviceTrouble("device_answer") from None

    async def _service(self, name: str) -> Any:
        async with self._open:
            if name not in self._services:
                if name != "devicemgmt" and not self._places:
                    raise RuntimeError("identify first")
                place = self._url.text(self._host) if name == "devicemgmt" else self._places.get(name)
                if place is None:
                    raise DeviceTrouble(_MISSING[name])
                library = await asyncio.to_thread(_library)
                made = library.service(name, place, self._address, self._offset, self._call_s)
                await made.setup()
                self._services[name] = made
            return self._services[name]

    async def _call(self, service: str, operation: str, request: dict[str, Any] | None = None) -> Any:
        held = await self._service(service)
        return await self._bounded(_asked(held, operation, request))

    async def _bounded(self, work: Awaitable[Any]) -> Any:
        try:
            async with asyncio.timeout(self._call_s):
                return await work
        except Exception as error:
            trouble = _library().trouble_of(error)
            if trouble is None:
                raise
            raise trouble from None


_ABOUT = ("Manufacturer", "Model", "FirmwareVersion")
_WANTED = ("media", "ptz", "recording", "search", "replay", "events")
_MISSING = {
    "media": "no_media",
    "ptz": "no_ptz",
    "recording": "no_replay",
    "search": "no_replay",
    "replay": "no_replay",
    "events": "no_events",
}


def _address_of(told: Any) -> str:
    address = getattr(getattr(told, "SubscriptionReference", None), "Address", None)
    return str(getattr(address, "_value_1", address) or "")


async def _asked(service: Any, operation: str, request: dict[str, Any] | None) -> Any:
    return await getattr(service, operation)(request)


def _uri_of(told: Any) -> str:
    """The address in a MediaUri, or in GetReplayUri's plain answer, without credentials a device may have put in."""
    uri = told if isinstance(told, str) else getattr(told, "Uri", None)
    if not uri or not isinstance(uri, str) or len(uri) > 2000:
        raise DeviceTrouble("device_answer")
    try:
        return without_credentials(uri)
    except ValueError:
        raise DeviceTrouble("device_answer") from None


def _utc(told: Any) -> datetime | None:
    try:
        date, time = told.Date, told.Time
        return datetime(date.Year, date.Month, date.Day, time.Hour, time.Minute, min(time.Second, 59), tzinfo=UTC)
    except (AttributeError, TypeError, ValueError):
        return None
