"""RTSP as a replay needs it: messages in and out, log-in, the description of the video track. Pure.

RFC 2326 (1.0), interleaved frames 10.12; Digest of RFC 7616 (SHA-256, MD5; `auth` or none); SDP of RFC 8866, H.264 in
it RFC 6184. A device is not trusted: every length has a limit, and nothing it names is connected to.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from server.video.h264 import NAL_PPS, NAL_SPS
from server.video.replay.trouble import ReplayTrouble

MOST_HEAD_BYTES, MOST_BODY_BYTES, MOST_URL = 16_384, 65_536, 2_000
_PARAMETER = re.compile(r'([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
_URL = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` 0: the device asked something itself. `headers` by lower-case name, in their order."""

    status: int
    line: str
    headers: Mapping[str, list[str]]
    body: bytes = b""

    def header(self, name: str) -> str:
        return self.headers.get(name, [""])[0]


@dataclass(frozen=True, slots=True)
class Packet:
    channel: int
    data: bytes


class Wire:
    """What arrives, in pieces of any size. ReplayTrouble `replay_answer` when it is no RTSP."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Answer | Packet]:
        self._buffer += data
        found: list[Answer | Packet] = []
        while (one := self._take()) is not None:
            found.append(one)
        return found

    def _take(self) -> Answer | Packet | None:
        buffer = self._buffer
        while buffer and buffer[0] in b"\r\n":  # some devices send an empty line between two messages
            del buffer[:1]
        if not buffer:
            return None
        if buffer[0] == 0x24:
            end = 4 + int.from_bytes(buffer[2:4], "big")
            if len(buffer) < max(end, 4):
                return None
            packet = Packet(buffer[1], bytes(buffer[4:end]))
            del buffer[:end]
            return packet
        return self._answer()

    def _answer(self) -> Answer | None:
        end = self._buffer.find(b"\r\n\r\n", 0, MOST_HEAD_BYTES)
        if end < 0:
            if len(self._buffer) >= MOST_HEAD_BYTES:
                raise ReplayTrouble("replay_answer")
            return None
        first, *lines = bytes(self._buffer[:end]).decode("utf-8", "replace").split("\r\n")
        headers: dict[str, list[str]] = {}
        for name, _, value in (line.partition(":") for line in lines):
            headers.setdefault(name.strip().lower(), []).append(value.strip())
        length = headers.get("content-length", ["0"])[0]
        if not re.fullmatch(r"\d{1,6}", length, re.ASCII) or int(length) > MOST_BODY_BYTES:
            raise ReplayTrouble("replay_answer")
        whole = end + 4 + int(length)
        if len(self._buffer) < whole:
            return None
        body = bytes(self._buffer[end + 4 : whole])
        del self._buffer[:whole]
        return Answer(_status(first), first[:100], headers, body)


def _status(line: str) -> int:
    found = re.match(r"RTSP/\d\.\d (\d{3})\b", line, re.ASCII)
    if found:
        return int(found.group(1))
    if re.match(r"[A-Z_]{1,20} \S+ RTSP/\d\.\d$", line, re.ASCII):
        return 0
    raise ReplayTrouble("replay_answer")


def request(method: str, url: str, number: int, headers: Mapping[str, str]) -> bytes:
    """One message without a body. A line break in a value would be a request of the device's own making."""
    lines = [f"{method} {url} RTSP/1.0", f"CSeq: {number}", *(f"{name}: {value}" for name, value in headers.items())]
    if any("\r" in line or "\n" in line for line in lines):
        raise ReplayTrouble("replay_answer")
    return "\r\n".join([*lines, "", ""]).encode()


def clock_range(begin_s: float, end_s: float) -> str:
    """`clock=20260101T120000.000Z-…` (RFC 2326, 3.7), in Unix seconds by the device's clock."""
    first, last = (datetime.fromtimestamp(one, UTC) for one in (begin_s, end_s))
    return "clock=" + "-".join(f"{one:%Y%m%dT%H%M%S}.{one.microsecond // 1000:03d}Z" for one in (first, last))


def range_begin(told: str) -> float | None:
    """Where the device says that it begins, as Unix seconds; None when it says nothing that can be read."""
    found = re.search(r"clock=(\d{8}T\d{6}(?:\.\d{1,6})?)Z", told, re.ASCII)
    if found is None:
        return None
    whole, _, part = found.group(1).partition(".")
    try:
        return datetime.strptime(whole, "%Y%m%dT%H%M%S").replace(tzinfo=UTC).timestamp() + float(f"0.{part or 0}")
    except ValueError:
        return None


# ---------------------------------------------------------------- logging in
_HASHES = {"SHA-256": hashlib.sha256, "MD5": hashlib.md5}


@dataclass(slots=True)
class Login:
    """Answers one challenge, any number of times. Its text says neither user nor password."""

    user: str = field(repr=False)
    password: str = field(repr=False)
    challenge: Mapping[str, str] = field(default_factory=dict)
    count: int = 0

    def header(self, method: str, url: str, client_nonce: str) -> str:
        """The value of `Authorization`."""
        said = self.challenge
        if said["scheme"] == "basic":
            return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        self.count += 1
        algorithm, realm, nonce = said["algorithm"], said.get("realm", ""), said.get("nonce", "")
        first = _digest(algorithm, f"{self.user}:{realm}:{self.password}")
        second = _digest(algorithm, f"{method}:{url}")
        parts = {"username": self.user, "realm": realm, "nonce": nonce, "uri": url}
        more = f", algorithm={algorithm}"
        if "qop" in said:
            middle = f"{nonce}:{self.count:08x}:{client_nonce}:auth"
            more += f', qop=auth, nc={self.count:08x}, cnonce="{client_nonce}"'
        else:
            middle = nonce
        parts["response"] = _digest(algorithm, f"{first}:{middle}:{second}")
        if "opaque" in said:
            parts["opaque"] = said["opaque"]
        return "Digest " + ", ".join(f'{name}="{_quoted(value)}"' for name, value in parts.items()) + more


def best_challenge(lines: Sequence[str], *, allow_basic: bool) -> dict[str, str]:
    """The strongest of what the device offers. ReplayTrouble `replay_clear_password` when that is Basic and not
    allowed, `replay_password` when it is nothing that we can answer."""
    offered = [one for line in lines for one in _challenges(line)]
    for algorithm in _HASHES:
        for one in offered:
            if one["scheme"] == "digest" and one["algorithm"] == algorithm:
                return one
    if any(one["scheme"] == "basic" for one in offered):
        if allow_basic:
            return {"scheme": "basic"}
        raise ReplayTrouble("replay_clear_password")
    raise ReplayTrouble("replay_password")


def _challenges(line: str) -> list[dict[str, str]]:
    found = []
    for scheme, rest in re.findall(r"(?i)\b(digest|basic)\b(.*?)(?=,\s*(?:digest|basic)\s+\w+\s*=|$)", line[:4096]):
        said = {name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(rest)}
        said["scheme"] = scheme.lower()
        said["algorithm"] = said.get("algorithm", "MD5").upper()
        offers = {one.strip().lower() for one in said.get("qop", "auth").split(",")}
        if "auth" in offers:
            found.append(said)
    return found


def _digest(algorithm: str, text: str) -> str:
    return _HASHES[algorithm](text.encode(), usedforsecurity=False).hexdigest()


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


# ---------------------------------------------------------------- the description
@dataclass(frozen=True, slots=True)
class Track:
    """The video track. `control`: where it is set up; `sps`, `pps` empty where the description has none."""

    control: str
    payload_type: int
    rate: int = 90_000
    sps: bytes = b""
    pps: bytes = b""


def video_track(sdp: bytes, base: str) -> Track:
    """The first H.264 track. ReplayTrouble `replay_no_h264` when there is none, `replay_answer` for a bad address."""
    section: list[str] | None = None
    sections: list[list[str]] = []
    for line in sdp.decode("utf-8", "replace").splitlines():
        if line.startswith("m="):
            section = [line]
            sections.append(section)
        elif section is not None:
            section.append(line)
    for lines in sections:
        if lines[0].startswith("m=video") and (track := _track(lines, base)) is not None:
            return track
    raise ReplayTrouble("replay_no_h264")


def _track(lines: Sequence[str], base: str) -> Track | None:
    mapped = next((m for line in lines if (m := re.match(r"a=rtpmap:(\d{1,3}) H264/(\d{1,7})", line, re.I))), None)
    if mapped is None or int(mapped.group(2)) == 0:
        return None
    number, rate = int(mapped.group(1)), int(mapped.group(2))
    sps = pps = b""
    control = ""
    for line in lines:
        if line.startswith("a=control:"):
            control = line[10:].strip()
        elif line.startswith(f"a=fmtp:{number} "):
            sps, pps = _sets(line)
    return Track(control_url(base, control), number, rate, sps, pps)


def _sets(line: str) -> tuple[bytes, bytes]:
    found = re.search(r"sprop-parameter-sets=([A-Za-z0-9+/=,]+)", line, re.ASCII)
    units = []
    for text in (found.group(1).split(",") if found else [])[:8]:
        try:
            units.append(base64.b64decode(text, validate=True))
        except binascii.Error:
            continue
    sps = next((unit for unit in units if unit and unit[0] & 31 == NAL_SPS), b"")
    return sps, next((unit for unit in units if unit and unit[0] & 31 == NAL_PPS), b"")


def control_url(base: str, control: str) -> str:
    """What stands in the request's first line; nothing is ever connected to because of it."""
    if control in ("", "*"):
        url = base
    elif control.lower().startswith("rtsp://"):
        url = control
    else:
        url = f"{base.rstrip('/')}/{control.lstrip('/')}"
    if not _URL.fullmatch(url) or len(url) > MOST_URL:
        raise ReplayTrouble("replay_answer")
    return url
