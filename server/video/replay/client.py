"""The connection to a device that replays: OPTIONS, DESCRIBE, SETUP of the video track alone, PLAY from then to then.

One TCP connection to one address that was allowed before, RTP interleaved in it. The device sends as fast as it is read
(`Rate-Control: no`) and is read as fast as pictures are written, so nothing piles up here. Who does not send is left
after some seconds; who sends for ever, after as many bytes and as much time as the span can need.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
import time
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from server.video.replay.rtp import Depacketiser, Picture, read_rtp
from server.video.replay.rtsp import (
    Answer,
    Login,
    Packet,
    Track,
    Wire,
    best_challenge,
    clock_range,
    control_url,
    range_begin,
    request,
    video_track,
)
from server.video.replay.trouble import ReplayTrouble

_READ_BYTES = 65_536
_KEEP_ALIVE_S = 20.0
_REPLAY = {"Require": "onvif-replay"}
_CODES = {401: "replay_password", 403: "replay_password", 404: "replay_nothing", 457: "replay_nothing"}


@dataclass(frozen=True, slots=True)
class Door:
    """Where a recording is played. `address` is what is connected to (allowed and looked up before); `url` is what the
    device called it, without user and password."""

    address: str
    port: int
    url: str = field(repr=False)
    user: str = field(repr=False, default="")
    password: str = field(repr=False, default="")
    allow_basic: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """`first_s`: to the first picture, since a recorder may have to find it on its disks; `silent_s` after that."""

    answer_s: float = 8.0
    first_s: float = 20.0
    silent_s: float = 6.0
    most_s: float = 3600.0
    most_bytes: int = 3_000_000_000


class Replay:
    """`async with Replay(door) as replay: async for picture in replay.pictures(begin, end)`. Everything raises
    ReplayTrouble. Times are Unix seconds by the device's clock."""

    def __init__(self, door: Door, limits: Limits | None = None) -> None:
        self._door, self._limits = door, limits or Limits()
        self._login = Login(door.user, door.password)
        self._wire = Wire()
        self._came: deque[Answer | Packet] = deque()
        self._number = 0
        self._session = ""
        self._base = door.url
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        try:
            async with asyncio.timeout(self._limits.answer_s):
                self._reader, self._writer = await asyncio.open_connection(
                    self._door.address, self._door.port, limit=4 * _READ_BYTES
                )
        except (OSError, TimeoutError):
            raise ReplayTrouble("replay_unreachable") from None
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        if self._writer is None:
            return
        if self._session:
            with contextlib.suppress(OSError, ReplayTrouble):
                self._send("TEARDOWN", self._base, {})
        self._writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(1.0):
                await self._writer.wait_closed()

    async def pictures(self, begin_s: float, end_s: float) -> AsyncGenerator[Picture, None]:
        """Whole pictures in the device's order, from the key frame that the first needs; the device may send more
        than was asked for. Ends when the device has no more."""
        track, channel = await self._set_up()
        play = await self._ask(
            "PLAY", self._base, _REPLAY | {"Range": clock_range(begin_s, end_s), "Rate-Control": "no"}
        )
        told = range_begin(play.header("range"))
        depacketiser = Depacketiser(track.payload_type, rate=track.rate, begin_s=begin_s if told is None else told)
        if track.sps and track.pps:
            yield depacketiser.sets(track.sps, track.pps)
        async with aclosing(self._packets(channel)) as packets:
            async for data in packets:
                packet = read_rtp(data)
                if packet is not None and (picture := depacketiser.feed(packet)) is not None:
                    yield picture
        if (picture := depacketiser.finish()) is not None:
            yield picture

    # ------------------------------------------------------------ the dialogue
    async def _set_up(self) -> tuple[Track, int]:
        await self._ask("OPTIONS", self._door.url, {})
        described = await self._ask("DESCRIBE", self._door.url, {"Accept": "application/sdp", **_REPLAY})
        told = described.header("content-base") or described.header("content-location") or self._door.url
        self._base = control_url(told, "")
        track = video_track(described.body, self._base)
        answer = await self._ask("SETUP", track.control, _REPLAY | {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"})
        self._session = answer.header("session").partition(";")[0].strip()
        if not re.fullmatch(r"[\x21-\x7e]{1,200}", self._session):
            raise ReplayTrouble("replay_answer", answer.line)
        channel = re.search(r"interleaved=(\d{1,3})", answer.header("transport"), re.ASCII)
        return track, int(channel.group(1)) if channel else 0

    async def _ask(self, method: str, url: str, headers: dict[str, str]) -> Answer:
        """The answer 200. A challenge is answered once, and once more when it says that it has grown old."""
        for _ in range(3):
            number = self._send(method, url, headers)
            answer = await self._answer_to(number)
            if answer.status != 401:
                break
            challenge = best_challenge(answer.headers.get("www-authenticate", []), allow_basic=self._door.allow_basic)
            is_stale = challenge.get("stale", "").lower() == "true"
            if not self._door.user or (self._login.challenge and not is_stale):
                break
            self._login = Login(self._door.user, self._door.password, challenge)
        if answer.status == 200:
            return answer
        if answer.status in (301, 302, 303, 305):
            raise ReplayTrouble("replay_redirected", answer.line)
        raise ReplayTrouble(_CODES.get(answer.status, "replay_refused"), answer.line)

    def _send(self, method: str, url: str, headers: dict[str, str]) -> int:
        assert self._writer is not None
        self._number += 1
        more = {"User-Agent": "Ansim", **headers}
        if self._session:
            more["Session"] = self._session
        if self._login.challenge:
            more["Authorization"] = self._login.header(method, url, secrets.token_hex(8))
        self._writer.write(request(method, url, self._number, more))
        return self._number

    async def _answer_to(self, number: int) -> Answer:
        try:
            async with asyncio.timeout(self._limits.answer_s):
                while True:
                    one = await self._next()
                    if one is None:
                        raise ReplayTrouble("replay_silent")
                    if isinstance(one, Answer) and one.status >= 200 and one.header("cseq") == str(number):
                        return one
        except TimeoutError:
            raise ReplayTrouble("replay_silent") from None

    async def _next(self) -> Answer | Packet | None:
        """None when the device has hung up."""
        assert self._reader is not None
        while not self._came:
            try:
                data = await self._reader.read(_READ_BYTES)
            except OSError:
                return None
            if not data:
                return None
            self._came += self._wire.feed(data)
        return self._came.popleft()

    async def _packets(self, channel: int) -> AsyncGenerator[bytes, None]:
        limits, begun = self._limits, time.monotonic()
        asked_at, count, is_flowing = begun, 0, False
        patience = asyncio.get_running_loop().time() + limits.first_s
        while True:
            try:
                async with asyncio.timeout_at(patience):
                    one = await self._next()
            except TimeoutError:
                one = None
            if one is None or _is_goodbye(one, channel):
                if is_flowing:
                    return
                raise ReplayTrouble("replay_nothing")
            now = time.monotonic()
            if now - asked_at > _KEEP_ALIVE_S:
                self._send("GET_PARAMETER", self._base, {})
                asked_at = now
            if isinstance(one, Answer):
                continue
            count += len(one.data)
            if count > limits.most_bytes or now - begun > limits.most_s:
                raise ReplayTrouble("replay_too_much")
            if one.channel == channel:
                is_flowing = True
                yield one.data
                patience = asyncio.get_running_loop().time() + limits.silent_s  # its reports are no pictures


def _is_goodbye(one: Answer | Packet, channel: int) -> bool:
    """RTCP BYE: the device has no more."""
    return isinstance(one, Packet) and one.channel == channel + 1 and len(one.data) >= 4 and one.data[1] == 203
