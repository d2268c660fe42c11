"""The voice port: ringing the person's phone. `callback` shows the number and lets people dial; `console` plays a call
for whoever develops or trains; `ari` bridges operator and person in an Asterisk of the city.

A gateway knows calls by id and reports what becomes of them as `CallEvent`s; it decides nothing. No number stands in
an address or a log: Asterisk takes them in the body.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol
from urllib.parse import quote
from uuid import UUID

import httpx
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from location_router.runtime.ending import end

log = structlog.get_logger("voice")
CONNECT_S = 5.0
AGAIN_S = 1.0
Way = Literal["callback", "console", "ari"]


@dataclass(frozen=True, slots=True)
class Call:
    """`number` is the person's, `operator` the operator's login, `caller_id` the center's own number."""

    call_id: UUID
    number: str
    operator: str
    caller_id: str = ""
    record: bool = False


@dataclass(frozen=True, slots=True)
class CallEvent:
    """`reason` of an end: `normal busy no_answer rejected unreachable operator_gone error`."""

    call_id: UUID
    state: Literal["ringing", "answered", "ended", "failed"]
    reason: str = ""


class VoiceFailed(Exception):
    """The call could not be placed; the text says why, without a number."""


class VoiceGateway(Protocol):
    """`way` names it in the records. `shows_number`: a person dials, so the number is disclosed to her."""

    way: Way
    shows_number: bool
    may_record: bool

    async def place_call(self, call: Call) -> None:
        """Raises VoiceFailed."""
        ...

    async def end(self, call_id: UUID) -> None:
        """Hang up; nothing for a call that is over. Raises VoiceFailed."""
        ...

    async def close(self) -> None: ...


OnEvent = Callable[[CallEvent], Awaitable[None]]


class CallbackVoice:
    """No telephone here: the operator is shown the number and dials by hand."""

    way: Way = "callback"
    shows_number, may_record = True, False

    async def place_call(self, call: Call) -> None:
        return

    async def end(self, call_id: UUID) -> None:
        return

    async def close(self) -> None:
        return


class ConsoleVoice:
    """Plays a call: it rings, is answered, and ends when it is hung up or after `talk_s`; a line of JSON for each, and
    never the number."""

    way: Way = "console"
    shows_number, may_record = False, True

    def __init__(self, on_event: OnEvent, *, step_s: float = 1.0, talk_s: float = 60.0) -> None:
        self._on_event, self._step_s, self._talk_s = on_event, step_s, talk_s
        self._calls: dict[UUID, asyncio.Task[None]] = {}
        self._hung_up: dict[UUID, asyncio.Event] = {}

    async def place_call(self, call: Call) -> None:
        self._hung_up[call.call_id] = asyncio.Event()
        self._calls[call.call_id] = asyncio.create_task(self._play(call), name="console-call")

    async def _play(self, call: Call) -> None:
        hung_up = self._hung_up[call.call_id]
        try:
            await self._tell(CallEvent(call.call_id, "ringing"))
            if await _within(self._step_s, hung_up):
                return await self._tell(CallEvent(call.call_id, "failed", "no_answer"))
            await self._tell(CallEvent(call.call_id, "answered"))
            await _within(self._talk_s, hung_up)
            await self._tell(CallEvent(call.call_id, "ended", "normal"))
        finally:
            self._calls.pop(call.call_id, None)
            self._hung_up.pop(call.call_id, None)

    async def _tell(self, event: CallEvent) -> None:
        sys.stdout.write(json.dumps({"voice": {"call_id": str(event.call_id), "state": event.state}}) + "\n")
        sys.stdout.flush()
        await self._on_event(event)

    async def end(self, call_id: UUID) -> None:
        if call_id in self._hung_up:
            self._hung_up[call_id].set()

    async def close(self) -> None:
        await end(*self._calls.values())


async def _within(seconds: float, event: asyncio.Event) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()


# Q.850 causes that Asterisk reports in ChannelDestroyed.
CAUSES = {
    16: "normal",
    17: "busy",
    18: "no_answer",
    19: "no_answer",
    20: "unreachable",
    21: "rejected",
    27: "unreachable",
}


@dataclass
class _Legs:
    """One call in Asterisk: the operator's channel first, the person's when the operator has picked up."""

    call: Call
    is_bridged: bool = False
    is_over: bool = False

    @property
    def bridge(self) -> str:
        return f"ansim-{self.call.call_id}"


class AriVoice:
    """Asterisk REST Interface: originates the operator's telephone, then the person's, and bridges the two.

    Channel ids are `ansim-<call id>-<operator|person>`, so events tell by themselves what they are about. One
    application name for each process: Asterisk gives an application's events to its newest WebSocket only.
    """

    way: Way = "ari"
    shows_number, may_record = False, True

    def __init__(
        self, on_event: OnEvent, *, url: str, user: str, password: str, endpoint: str, operator_endpoint: str
    ) -> None:
        self._on_event, self._url = on_event, url.rstrip("/")
        self._endpoint, self._operator_endpoint = endpoint, operator_endpoint
        self._auth = httpx.BasicAuth(user, password)
        self._http = httpx.AsyncClient(base_url=self._url, auth=self._auth, timeout=5.0, trust_env=False)
        self._app = f"ansim-{secrets.token_hex(4)}"
        self._calls: dict[str, _Legs] = {}
        self._listening: asyncio.Task[None] | None = None
        self._is_up, self._connecting = asyncio.Event(), asyncio.Lock()

    async def place_call(self, call: Call) -> None:
        await self._listen()
        self._calls[str(call.call_id)] = _Legs(call)
        try:
            await self._originate(call, "operator", self._operator_endpoint.format(login=quote(call.operator, safe="")))
        except VoiceFailed:
            self._calls.pop(str(call.call_id), None)
            raise

    async def end(self, call_id: UUID) -> None:
        for leg in ("person", "operator"):
            await self._request("DELETE", f"/channels/ansim-{call_id}-{leg}", missing_is_fine=True)

    async def close(self) -> None:
        await end(self._listening)
        await self._http.aclose()

    async def _originate(self, call: Call, leg: str, endpoint: str) -> None:
        body = {
            "endpoint": endpoint,
            "app": self._app,
            "appArgs": f"{leg},{call.call_id}",
            "callerId": call.caller_id,
            "channelId": f"ansim-{call.call_id}-{leg}",
            "timeout": 30,
        }
        await self._request("POST", "/channels", {name: value for name, value in body.items() if value != ""})

    async def _request(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, missing_is_fine: bool = False
    ) -> None:
        try:
            answer = await self._http.request(method, f"/ari{path}", json=body)
        except httpx.HTTPError as error:
            raise VoiceFailed(f"Asterisk does not answer: {type(error).__name__}") from error
        if answer.is_error and not (missing_is_fine and answer.status_code == 404):
            raise VoiceFailed(f"Asterisk answered {answer.status_code}")

    async def _listen(self) -> None:
        """An application exists for Asterisk once its WebSocket is there: nothing is originated before."""
        async with self._connecting:
            if self._listening is None:
                try:
                    events = await self._connect()
                except (OSError, TimeoutError, WebSocketException) as error:
                    raise VoiceFailed(f"Asterisk's events can't be heard: {type(error).__name__}") from None
                self._listening = asyncio.create_task(self._hear_for_ever(events), name="ari-events")
        try:
            async with asyncio.timeout(CONNECT_S):
                await self._is_up.wait()
        except TimeoutError:
            raise VoiceFailed("Asterisk's events are lost") from None

    async def _connect(self) -> ClientConnection:
        address = f"{self._url.replace('http', 'ws', 1)}/ari/events?app={self._app}"
        request = next(self._auth.sync_auth_flow(httpx.Request("GET", self._url)))
        headers = {"Authorization": request.headers["Authorization"]}
        return await connect(address, additional_headers=headers, proxy=None, open_timeout=CONNECT_S)

    async def _hear_for_ever(self, events: ClientConnection) -> None:
        while True:
            try:
                async with events:
                    self._is_up.set()
                    await self._hear(events)
            except (OSError, WebSocketException) as error:
                log.warning("ari_lost", error=type(error).__name__)
            self._is_up.clear()
            events = await self._connect_again()

    async def _connect_again(self) -> ClientConnection:
        while True:
            await asyncio.sleep(AGAIN_S)
            try:
                return await self._connect()
            except (OSError, TimeoutError, WebSocketException) as error:
                log.warning("ari_away", error=type(error).__name__)

    async def _hear(self, events: ClientConnection) -> None:
        async for frame in events:
            try:
                event = json.loads(frame)
                channel = event.get("channel") or {}
                mark, call_id, leg = _read_channel(str(channel.get("id", "")))
            except (ValueError, AttributeError):
                continue
            legs = self._calls.get(call_id) if mark else None
            if legs is None:
                continue
            try:
                await self._happened(legs, leg, event, channel)
            except VoiceFailed as failed:
                log.warning("call_failed", call_id=call_id, error=str(failed))
                await self._over(legs, "error")
            except Exception:
                log.exception("call_event_failed", call_id=call_id)

    async def _happened(self, legs: _Legs, leg: str, event: dict[str, Any], channel: dict[str, Any]) -> None:
        kind = event.get("type")
        if kind == "StasisStart" and leg == "operator":
            await self._request("POST", f"/bridges/{legs.bridge}", {"type": "mixing", "name": legs.bridge})
            await self._join(legs, "operator")
            await self._originate(legs.call, "person", self._endpoint.format(number=legs.call.number))
        elif kind == "ChannelStateChange" and leg == "person" and channel.get("state") == "Ringing":
            await self._on_event(CallEvent(legs.call.call_id, "ringing"))
        elif kind == "StasisStart" and leg == "person":
            await self._join(legs, "person")
            legs.is_bridged = True
            if legs.call.record:
                record = {"name": str(legs.call.call_id), "format": "wav"}
                await self._request("POST", f"/bridges/{legs.bridge}/record", record)
            await self._on_event(CallEvent(legs.call.call_id, "answered"))
        elif kind == "ChannelDestroyed":
            await self._over(legs, _reason(leg, event.get("cause"), is_bridged=legs.is_bridged))

    async def _join(self, legs: _Legs, leg: str) -> None:
        channel = f"ansim-{legs.call.call_id}-{leg}"
        await self._request("POST", f"/bridges/{legs.bridge}/addChannel", {"channel": [channel]})

    async def _over(self, legs: _Legs, reason: str) -> None:
        """One leg has gone: so does the other, and the bridge."""
        if legs.is_over:
            return
        legs.is_over = True
        with contextlib.suppress(VoiceFailed):
            await self.end(legs.call.call_id)
            await self._request("DELETE", f"/bridges/{legs.bridge}", missing_is_fine=True)
        self._calls.pop(str(legs.call.call_id), None)
        await self._on_event(CallEvent(legs.call.call_id, "ended" if legs.is_bridged else "failed", reason))


def _read_channel(name: str) -> tuple[str, str, str]:
    """("ansim", call id, leg) of our own channels; ("", "", "") of any other."""
    mark, _, rest = name.partition("-")
    call_id, _, leg = rest.rpartition("-")
    return (mark, call_id, leg) if mark == "ansim" and leg in ("operator", "person") else ("", "", "")


def _reason(leg: str, cause: Any, *, is_bridged: bool) -> str:
    if leg == "operator" and not is_bridged:
        return "operator_gone"
    return CAUSES.get(cause if isinstance(cause, int) else 0, "error")
