"""The ONVIF face of our camera stand-in: SOAP answers written by ourselves, with WS-Security and HTTP Digest checked.

    python -m server.demo.onvif --rtsp rtsp://127.0.0.1:8554/cam-1 --port 8899 [--turns http://127.0.0.1:PORT/cameras/cam-1/turn]

An ASGI app without any library of ONVIF, so that our client is not tested against itself. It moves (pan and tilt add up
while a movement lasts), keeps presets and a home, and misbehaves on demand: `fault` and `clock_offset_s`.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import hashlib
import io
import json
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import httpx
import uvicorn
from lxml import etree
from PIL import Image

from server.demo import onvif_answers as answers
from server.demo.onvif_answers import Encoding, Recording

CLOCK_TOLERANCE_S = 60.0
FIRST_ENCODINGS = (
    Encoding("profile_1", "main", "H264", 1920, 1080, 25, 50, "Main"),
    Encoding("profile_2", "sub", "H264", 640, 360, 10, 20, "Baseline"),
    Encoding("profile_3", "mjpeg", "JPEG", 320, 240, 5),
)
Fault = Literal["", "html", "redirect", "huge", "silent", "old", "entities", "refuses_moves"]
_WSSE = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd}"
_WSU = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd}"
_FREE = ("GetSystemDateAndTime",)
_EVENTS = {"CreatePullPointSubscription", "PullMessages"}
_MOVES = {"ContinuousMove", "AbsoluteMove", "GotoPreset", "GotoHomePosition", "Stop"}
Send = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass
class OnvifFace:
    """One device. `rtsp`: where its streams are, without `/main` or `/sub`; `said`: the operations it was asked for."""

    rtsp: str = "rtsp://127.0.0.1:554/cam"
    user: str = "admin"
    password: str = "camera"
    encodings: tuple[Encoding, ...] = FIRST_ENCODINGS
    is_ptz: bool = True
    has_home: bool = True
    has_snapshot: bool = True
    recordings: tuple[Recording, ...] = ()
    presets: dict[str, str] = field(default_factory=lambda: {"1": "정문", "2": "골목 <안쪽>"})
    clock_offset_s: float = 0.0
    services_at: str = ""
    """Where it says that its services are; empty: where it was asked (a device behind a translator knows no better)."""
    fault: Fault = ""
    silence_s: float = 30.0
    said: list[str] = field(default_factory=list)
    notices: list[str] | None = None
    """What it has to tell to whoever pulls, as XML elements; None: it has no events."""
    subscriptions: int = 0
    pan: float = 0.0
    tilt: float = 0.0
    zoom: float = 0.0
    _speed: tuple[float, float, float] = (0.0, 0.0, 0.0)
    _moved_at: float = 0.0
    _until: float = 0.0
    _nonces: set[str] = field(default_factory=set)
    _realm_nonce: str = field(default_factory=lambda: secrets.token_hex(8))

    @property
    def is_moving(self) -> bool:
        return any(self._speed) and time.monotonic() < self._until

    def now(self) -> datetime:
        """By its own clock."""
        return datetime.now(UTC) + timedelta(seconds=self.clock_offset_s)

    # ------------------------------------------------------------ HTTP
    async def __call__(self, scope: dict[str, Any], receive: Any, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = await _body(receive)
        if self.fault in ("html", "redirect", "huge", "silent"):
            return await self._misbehave(send)
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if scope["method"] == "GET" and scope["path"].startswith("/snapshot/"):
            return await self._snapshot(send, headers, scope["path"])
        if scope["method"] != "POST" or not scope["path"].startswith("/onvif/"):
            return await _reply(send, 404, b"<html>404</html>", "text/html")
        status, answer = self._answer(body, headers.get("host", ""), scope["path"])
        return await _reply(send, status, answer.encode(), "application/soap+xml; charset=utf-8")

    async def _misbehave(self, send: Send) -> None:
        if self.fault == "redirect":
            return await _reply(send, 302, b"", "text/html", ("location", "http://127.0.0.1:9/onvif/device_service"))
        if self.fault == "huge":
            return await _reply(send, 200, b"<a>" + b" " * 4_000_000 + b"</a>", "text/xml")
        if self.fault == "silent":
            await asyncio.sleep(self.silence_s)
        return await _reply(send, 200, b"<html><body><h1>NVR login</h1><br></body></html>", "text/html")

    async def _snapshot(self, send: Send, headers: dict[str, str], path: str) -> None:
        if not self._digest_fits(headers.get("authorization", ""), path):
            challenge = f'Digest realm="camera", nonce="{self._realm_nonce}", qop="auth", algorithm=MD5'
            return await _reply(send, 401, b"", "text/plain", ("www-authenticate", challenge))
        picture = io.BytesIO()
        Image.new("RGB", (64, 36), (int(127 + 127 * self.pan), 60, 60)).save(picture, "JPEG")
        return await _reply(send, 200, picture.getvalue(), "image/jpeg")

    def _digest_fits(self, given: str, path: str) -> bool:
        said = dict(re.findall(r'(\w+)="?([^",]+)"?', given))
        if said.get("username") != self.user or said.get("nonce") != self._realm_nonce or said.get("uri") != path:
            return False
        ha1, ha2 = _md5(f"{self.user}:camera:{self.password}"), _md5(f"GET:{path}")
        middle = f"{self._realm_nonce}:{said.get('nc', '')}:{said.get('cnonce', '')}:{said.get('qop', '')}"
        return secrets.compare_digest(said.get("response", ""), _md5(f"{ha1}:{middle}:{ha2}"))

    # ------------------------------------------------------------ SOAP
    def _answer(self, body: bytes, host: str, path: str) -> tuple[int, str]:
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        root = etree.fromstring(body, parser)
        asked = root.find("{*}Body")[0]
        name = etree.QName(asked).localname
        self.said.append(name)
        if name not in _FREE and (refusal := self._refusal(root)):
            return 400, answers.fault("ter:NotAuthorized", refusal)
        if name == "GetServices" and self.fault == "old":
            return 400, answers.fault("ter:ActionNotSupported", "Optional Action Not Implemented")
        if name in _MOVES and (not self.is_ptz or self.fault == "refuses_moves"):
            return 400, answers.fault("ter:Action", "PTZ is locked by a patrol")
        base = self.services_at or f"http://{host}"
        told = self._tell_events(name, base, path) if name in _EVENTS else self._tell(name, asked, base)
        if told is not None and "<s:Fault>" in told:
            return 400, told
        if told is None:
            return 400, answers.fault("ter:ActionNotSupported", f"{name} is not implemented")
        if self.fault == "entities":
            told = '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]>' + told
        return 200, told

    def _refusal(self, root: Any) -> str | None:
        """None when the UsernameToken's digest fits, is fresh by this device's clock, and was never used."""
        token = root.find(f".//{_WSSE}UsernameToken")
        if token is None:
            return "Sender not Authorized"
        user, said, nonce = (token.findtext(f"{_WSSE}{part}") or "" for part in ("Username", "Password", "Nonce"))
        created = token.findtext(f"{_WSU}Created") or ""
        wanted = hashlib.sha1(base64.b64decode(nonce) + created.encode() + self.password.encode()).digest()
        try:
            at = datetime.fromisoformat(created.replace("Z", "+00:00"))
        except ValueError:
            return "Created is no time"
        fits = user == self.user and secrets.compare_digest(said, base64.b64encode(wanted).decode())
        if not fits or nonce in self._nonces:
            return "Sender not Authorized"
        self._nonces.add(nonce)
        is_fresh = abs((at - self.now()).total_seconds()) <= CLOCK_TOLERANCE_S
        return None if is_fresh else "Sender not Authorized"  # as real ones say: not a word of the clock

    def _tell(self, name: str, asked: Any, base: str) -> str | None:
        token = asked.findtext("{*}ProfileToken") or ""
        known = {one.token: one for one in self.encodings}
        if token and token not in known:
            return answers.fault("ter:NoProfile", "No such profile")
        if name in _MOVES or name == "GetStatus":
            return self._move(name, asked)
        plain = {
            "GetSystemDateAndTime": lambda: answers.clock(self.now()),
            "GetDeviceInformation": lambda: answers.device("안심카메라", "AC-20 <PTZ>", "1.0.7"),
            "GetServices": lambda: answers.services(
                base, is_ptz=self.is_ptz, records=bool(self.recordings), notices=self.notices is not None
            ),
            "GetCapabilities": lambda: answers.capabilities(base, is_ptz=self.is_ptz),
            "GetProfiles": lambda: answers.profiles(self.encodings, is_ptz=self.is_ptz),
            "GetNodes": lambda: answers.nodes(has_home=self.has_home),
            "GetPresets": lambda: answers.preset_list(self.presets),
            "GetRecordings": lambda: answers.recording_list(self.recordings),
        }
        if name in plain:
            return plain[name]()
        return self._tell_uri(name, asked, base, known.get(token))

    def _tell_events(self, name: str, base: str, path: str) -> str | None:
        if self.notices is None:
            return None
        if name == "CreatePullPointSubscription":
            self.subscriptions += 1
            return answers.subscribed(base, self.subscriptions, self.now())
        if path != f"/onvif/pull/{self.subscriptions}":
            return answers.fault("ter:InvalidArgVal", "No such subscription")
        told, self.notices = self.notices, []
        return answers.pulled(told, self.now())

    def _tell_uri(self, name: str, asked: Any, base: str, profile: Encoding | None) -> str | None:
        if name == "GetStreamUri" and profile is not None:
            return answers.media_uri(name, f"{self.rtsp}/{profile.name}")
        if name == "GetSnapshotUri" and profile is not None and self.has_snapshot:
            return answers.media_uri(name, f"{base}/snapshot/{profile.token}.jpg")
        recording = asked.findtext("{*}RecordingToken")
        kept = next((one for one in self.recordings if one.token == recording), None)
        if name == "GetRecordingInformation" and kept is not None:
            return answers.recording_about(kept)
        if name == "GetReplayUri" and kept is not None:
            return answers.replay_uri(f"{self.rtsp}/replay/{kept.token}")
        return None

    # ------------------------------------------------------------ moving
    def _move(self, name: str, asked: Any) -> str:
        self._settle()
        if name == "ContinuousMove":
            limit = re.fullmatch(r"PT([\d.]+)S", asked.findtext("{*}Timeout") or "PT10S")
            self._speed, self._moved_at = _vector(asked), time.monotonic()
            self._until = self._moved_at + float(limit.group(1) if limit else 10)
        else:
            self._speed = (0.0, 0.0, 0.0)
        if name == "AbsoluteMove":
            self.pan, self.tilt, self.zoom = _vector(asked)
        if name == "GotoHomePosition":
            self.pan = self.tilt = self.zoom = 0.0
        if name == "GotoPreset":
            preset = asked.findtext("{*}PresetToken") or ""
            if preset not in self.presets:
                return answers.fault("ter:NoToken", "The requested preset token does not exist")
            self.pan = 0.1 * (1 + list(self.presets).index(preset))
        if name == "GetStatus":
            return answers.status(self.pan, self.tilt, self.zoom, moving=self.is_moving, at=self.now())
        return answers.done(name)

    def heading_deg(self) -> float:
        """Where it looks now, half a turn to each side."""
        self._settle()
        return round(180 * self.pan, 1) % 360

    def _settle(self) -> None:
        """Add up what the running movement has done, a tenth of the range per second at full speed."""
        lasted_s = max(0.0, min(time.monotonic(), self._until) - self._moved_at) if any(self._speed) else 0.0
        pan, tilt, zoom = (one * lasted_s / 10 for one in self._speed)
        self.pan, self.tilt, self.zoom = _fit(self.pan + pan), _fit(self.tilt + tilt), _fit(self.zoom + zoom)
        self._moved_at = time.monotonic()


def _fit(value: float) -> float:
    return min(1.0, max(-1.0, value))


def _vector(asked: Any) -> tuple[float, float, float]:
    turn, zoom = asked.find(".//{*}PanTilt"), asked.find(".//{*}Zoom")
    x, y = (float(turn.get(one, 0)) for one in ("x", "y")) if turn is not None else (0.0, 0.0)
    return x, y, float(zoom.get("x", 0)) if zoom is not None else 0.0


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


async def _body(receive: Any) -> bytes:
    read = b""
    while (message := await receive())["type"] == "http.request":
        read += message.get("body", b"")
        if not message.get("more_body"):
            break
    return read


async def _reply(send: Send, status: int, body: bytes, media: str, *more: tuple[str, str]) -> None:
    headers = [(b"content-type", media.encode()), (b"content-length", str(len(body)).encode())]
    headers += [(name.encode(), value.encode()) for name, value in more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _turn(face: OnvifFace, address: str) -> None:
    """Lets the picture follow: `address` is a simulated camera's `…/turn` (`server/demo/control.py`)."""
    heading_deg: float | None = None
    async with httpx.AsyncClient(trust_env=False, timeout=2) as http:
        while True:
            await asyncio.sleep(0.1)
            wanted = face.heading_deg()
            if wanted != heading_deg:
                with contextlib.suppress(httpx.HTTPError):
                    await http.post(address, json={"heading_deg": wanted})
                    heading_deg = wanted


async def _serve(face: OnvifFace, port: int, turns: str) -> None:
    server = uvicorn.Server(uvicorn.Config(face, host="127.0.0.1", port=port, log_level="warning", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    turning = asyncio.create_task(_turn(face, turns)) if turns else None
    while not server.started and not serving.done():  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    if server.started:
        listening = server.servers[0].sockets[0].getsockname()[1]
        print(json.dumps({"ready": True, "url": f"http://127.0.0.1:{listening}"}), flush=True)
    await serving
    if turning:
        turning.cancel()


def main() -> None:
    parser = argparse.ArgumentParser(description="ONVIF 장치 흉내 · an ONVIF device that is none")
    parser.add_argument("--rtsp", default="rtsp://127.0.0.1:8554/cam-1", help="where its streams are")
    parser.add_argument("--port", type=int, default=8899, help="0: any that is free")
    parser.add_argument("--user", default="admin")
    parser.add_argument("--password", default="camera")
    parser.add_argument("--turns", default="", help="…/turn of a simulated camera's control port")
    given = parser.parse_args()
    face = OnvifFace(given.rtsp, given.user, given.password)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(face, given.port, given.turns))


if __name__ == "__main__":
    main()
