"""The people of the story as programs: operator, 112 agent, guardian. They use only the public APIs.

Every moment is wall-clock Unix seconds on one machine, so that hops of different programs can be subtracted.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import time
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import av
import httpx
from websockets.asyncio.client import ClientConnection, connect

Frame = dict[str, Any]


class StoryFailed(Exception):
    """A hop did not happen; the message names it."""


class Staff:
    """A signed-in seat with its live feed (`/api/feed` or `/api/agency/feed`)."""

    feed_path = "/api/feed"

    def __init__(self, base_url: str, login: str, password: str) -> None:
        self.base_url, self._login, self._password = base_url, login, password
        self.http = httpx.AsyncClient(base_url=base_url, timeout=10, trust_env=False)
        self.frames: list[tuple[float, Frame]] = []
        self._news = asyncio.Condition()
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Staff:
        answer = await self.http.post("/api/login", json={"login": self._login, "password": self._password})
        if answer.status_code != 200:
            raise StoryFailed(f"sign-in of {self._login} refused: {answer.text}")
        cookie = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        address = self.base_url.replace("http", "ws", 1) + self.feed_path
        self._socket = await connect(
            address, additional_headers={"Cookie": cookie}, origin=self.base_url, max_size=None, proxy=None
        )
        await self._socket.send(json.dumps({"type": "hello", "seat": str(uuid.uuid4()), "cursor": None}))
        self._reader = asyncio.create_task(self._read())
        await self.wait(lambda frame: frame["type"] == "snapshot", what="snapshot", timeout_s=10)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._reader:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        if self._socket:
            await self._socket.close()
        await self.http.aclose()

    async def _read(self) -> None:
        assert self._socket
        async for text in self._socket:
            at, frame = time.time(), json.loads(text)
            async with self._news:
                self.frames.append((at, frame))
                self._news.notify_all()

    async def wait(self, wanted: Callable[[Frame], bool], *, what: str, timeout_s: float = 15) -> tuple[float, Frame]:
        """The first frame, past or coming, that `wanted` accepts, and when it arrived."""
        seen = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while True:
                    async with self._news:
                        while seen >= len(self.frames):
                            await self._news.wait()
                        at, frame = self.frames[seen]
                    seen += 1
                    if wanted(frame):
                        return at, frame
        raise StoryFailed(f"{self._login} waited {timeout_s:.0f} s for: {what}")

    async def command(self, name: str, incident_id: str, **args: Any) -> Frame:
        """A command over the feed; returns its data. Raises StoryFailed with the server's own words."""
        assert self._socket
        command_id = uuid.uuid4().hex
        await self._socket.send(
            json.dumps({"type": "command", "id": command_id, "name": name, "incident_id": incident_id, "args": args})
        )
        _, result = await self.wait(lambda f: f["type"] == "result" and f["id"] == command_id, what=f"answer to {name}")
        if not result["ok"]:
            raise StoryFailed(f"{name} refused: {result['problem'].get('message_en')}")
        return dict(result["data"])


class Operator(Staff):
    """A seat of the center."""

    async def wait_incident(self, alert_id: str, *, phase: str, timeout_s: float = 15) -> tuple[float, Frame]:
        """When the card of this alert came onto the screen in this phase, and the card."""

        def wanted(frame: Frame) -> bool:
            card = frame.get("incident") if frame["type"] == "event" else None
            return bool(card) and alert_id in card["alert_ids"] and card["phase"] == phase

        at, frame = await self.wait(wanted, what=f"a card of alert {alert_id} ({phase})", timeout_s=timeout_s)
        return at, dict(frame["incident"])


class Agent(Staff):
    """A seat of a 112 or 119 desk."""

    feed_path = "/api/agency/feed"

    async def wait_dispatch(self, incident_id: str) -> tuple[float, Frame]:
        """When the dispatch of this incident came onto the desk, and the dispatch."""

        def wanted(frame: Frame) -> bool:
            return frame["type"] == "dispatch" and frame["dispatch"]["incident_id"] == incident_id

        at, frame = await self.wait(wanted, what="the dispatch on the agency's desk")
        return at, dict(frame["dispatch"])

    async def move(self, dispatch_id: str, verb: str, **body: Any) -> Frame:
        answer = await self.http.post(f"/api/agency/dispatches/{dispatch_id}/{verb}", json=body)
        if answer.status_code != 200:
            raise StoryFailed(f"{verb} refused: {answer.text}")
        return dict(answer.json()["dispatch"])


class GuardianBrowser:
    """The mother who opens the link."""

    def __init__(self, link_url: str, last4: str) -> None:
        parts = urlsplit(link_url)
        self.link = parts.path.rsplit("/", 1)[1]
        self.http = httpx.AsyncClient(base_url=f"{parts.scheme}://{parts.netloc}", timeout=10, trust_env=False)
        self._last4 = last4

    async def open(self) -> Frame:
        """Answer with the last four digits; returns the FollowView."""
        answer = await self.http.post(f"/api/follow/{self.link}/open", json={"last4": self._last4})
        if answer.status_code != 200:
            raise StoryFailed(f"the follow page refused: {answer.text}")
        return dict(answer.json())

    async def view(self) -> Frame:
        answer = await self.http.get(f"/api/follow/{self.link}")
        return dict(answer.json()) | {"http_status": answer.status_code}

    async def close(self) -> None:
        await self.http.aclose()


async def first_frame(ws_url: str, *, timeout_s: float = 12) -> tuple[float, tuple[int, int]]:
    """Open one stream and really decode it: when the first picture stood there, and its size in pixels."""
    received = bytearray()
    async with asyncio.timeout(timeout_s):
        origin = ws_url.replace("ws", "http", 1).split("/video/")[0]
        async with connect(ws_url, origin=origin, max_size=None, proxy=None) as socket:
            async for message in socket:
                if isinstance(message, str):
                    note = json.loads(message)
                    if note["type"] in ("end", "refused"):
                        raise StoryFailed(f"the stream was refused: {note.get('message_en') or note.get('reason')}")
                    continue
                received += message
                size = await asyncio.to_thread(_decode, bytes(received))
                if size:
                    return time.time(), size
    raise StoryFailed("the stream ended before its first picture")


def _decode(data: bytes) -> tuple[int, int] | None:
    try:
        with av.open(io.BytesIO(data), format="mp4") as container:
            for frame in container.decode(video=0):
                return frame.width, frame.height
    except (av.error.InvalidDataError, av.error.EOFError):
        pass
    return None
