"""A camera is reached at its written address, and nowhere else than where the city allows.

FFmpeg follows an RTSP redirect (`libavformat/rtsp.c`: any 3xx with a Location), with the password of the first address,
and has no option against it: so a camera that somebody has taken over, or one that is lent, could lead the video
process to any other. It is given a door on this machine instead, behind which one connection goes to the address that
was written down; an answer that is no plain success or refusal shuts it before FFmpeg has read it. Where it leads is
kept: a recorder or VMS of the city may send us on, into the networks of CAMERA_REDIRECTS (`followed`).
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit, urlunsplit

import structlog

LENT = "lent-"
"""How the ids of cameras begin that an agency has lent (`server/requests/lending.py`)."""
OVER_TCP = {"rtsp_transport": "tcp"}
"""Over UDP the camera says where the packets come from."""
_CONNECT_S, _STALL_S = 5.0, 10.0
_CHUNK = 64 * 1024
_PLAIN = re.compile(rb"1\.0 [1245]\d\d[ \n]")
_WINDOW = 8  # what _PLAIN needs to see
_MARK = b"RTSP/"
_LOCATION = re.compile(rb"^location[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_MOST_OF_ANSWER = 8192
Network = IPv4Network | IPv6Network

log = structlog.get_logger(__name__)


class Redirected(Exception):
    """The camera's answer leads elsewhere, or can't be told from one that does. `answer`: it, as far as it has come."""

    def __init__(self, answer: bytes = b"") -> None:
        super().__init__("redirected")
        self.answer = answer


def networks_of(setting: str) -> tuple[Network, ...]:
    """CAMERA_REDIRECTS: CIDR, comma-separated. ValueError names what is no network."""
    return tuple(ip_network(one.strip(), strict=False) for one in setting.split(",") if one.strip())


def followed(url: str, leads_to: str, networks: Sequence[Network]) -> str:
    """The address to go on with: of the very machine that was looked up, with the credentials of `url` where `leads_to`
    has none. Raises Redirected where that is none of `networks`, OSError where the name is not known. No name is
    looked up for a camera that leads nowhere."""
    if not networks:
        raise Redirected
    try:
        parts, before = urlsplit(leads_to), urlsplit(url)
        port = parts.port or (322 if parts.scheme == "rtsps" else 554)
    except ValueError:
        raise Redirected from None
    is_weaker = before.scheme == "rtsps" and parts.scheme != "rtsps"
    if parts.scheme not in ("rtsp", "rtsps") or is_weaker or not parts.hostname:
        raise Redirected
    found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)[0][4][0]
    address = ip_address(str(found).partition("%")[0])
    plain = getattr(address, "ipv4_mapped", None) or address
    if not any(plain.version == one.version and plain in one for one in networks):
        raise Redirected
    credentials = parts.netloc.rpartition("@")[0] or before.netloc.rpartition("@")[0]
    host = f"[{plain}]" if plain.version == 6 else str(plain)
    here = f"{credentials}@{host}:{port}" if credentials else f"{host}:{port}"
    return urlunsplit((parts.scheme, here, parts.path, parts.query, ""))


class Answers:
    """Judges what the camera sends, chunk by chunk, before it is passed on.

    FFmpeg reads status lines between packets of pictures, skips every CR, and knows one by `RTSP/`: so these five signs
    are looked for everywhere, and what stands after them has to be a plain status.
    """

    def __init__(self) -> None:
        self._rest = b""

    def judge(self, chunk: bytes) -> None:
        """Raises Redirected: `chunk` must not be passed on."""
        seen = self._rest + chunk.replace(b"\r", b"")
        for found in re.finditer(_MARK, seen):
            after = seen[found.end() : found.end() + _WINDOW]
            if len(after) < _WINDOW and b"\n" not in after:
                break  # the last one, as nothing can follow it: judged with the next chunk
            if _PLAIN.match(after) is None:
                raise Redirected(seen[found.start() :])
        self._rest = seen[-(len(_MARK) + _WINDOW - 1) :]


@dataclass(slots=True)
class Pinned:
    """`url`: an address on this machine. `leads_to`: where the camera wanted to send us, "" where it did not say;
    None: it did not."""

    url: str
    leads_to: str | None = None


@contextmanager
def pinned(url: str) -> Iterator[Pinned]:
    """A door on this machine in place of `url` (rtsp or rtsps), good for one connection."""
    parts = urlsplit(url)
    there = (str(parts.hostname), parts.port or (322 if parts.scheme == "rtsps" else 554))
    with socket.create_server(("127.0.0.1", 0), backlog=1) as door:
        door.settimeout(_CONNECT_S)
        credentials = parts.netloc.rpartition("@")[0]
        here = f"{credentials}@" if credentials else ""
        port = door.getsockname()[1]
        made = Pinned(urlunsplit(("rtsp", f"{here}127.0.0.1:{port}", parts.path, parts.query, "")))
        carrier = threading.Thread(
            target=_carry, args=(door, there, parts.scheme == "rtsps", made), name="pinned camera", daemon=True
        )
        carrier.start()
        yield made


def _carry(door: socket.socket, there: tuple[str, int], is_tls: bool, made: Pinned) -> None:
    """One connection to its end; the door is shut as soon as it is taken."""
    with suppress(OSError):
        ours, _ = door.accept()
        with ours:
            door.close()
            with _reached(there, is_tls) as camera:
                back = threading.Thread(target=_asked, args=(ours, camera), name="pinned camera asks", daemon=True)
                back.start()
                _answered(camera, ours, made)
                _shut(ours, camera)
                back.join(_STALL_S)


def _reached(there: tuple[str, int], is_tls: bool) -> socket.socket:
    camera = socket.create_connection(there, timeout=_CONNECT_S)
    camera.settimeout(_STALL_S)
    if not is_tls:
        return camera
    context = ssl.create_default_context()  # as FFmpeg does it: cameras sign their own certificates
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(camera)


def _answered(camera: socket.socket, ours: socket.socket, made: Pinned) -> None:
    answers = Answers()
    try:
        while chunk := camera.recv(_CHUNK):
            answers.judge(chunk)
            ours.sendall(chunk)
    except Redirected as led:
        made.leads_to = _location(camera, led.answer)
    except OSError:
        return


def _location(camera: socket.socket, answer: bytes) -> str:
    """Of an answer whose end may still be on its way."""
    with suppress(OSError):
        while b"\n\n" not in (plain := answer.replace(b"\r", b"")) and len(plain) < _MOST_OF_ANSWER:
            if not (chunk := camera.recv(_CHUNK)):
                break
            answer += chunk
    found = _LOCATION.search(answer.replace(b"\r", b"")[:_MOST_OF_ANSWER].partition(b"\n\n")[0])
    return found[1].decode("utf-8", "replace") if found else ""


def _asked(ours: socket.socket, camera: socket.socket) -> None:
    with suppress(OSError):
        while chunk := ours.recv(_CHUNK):
            camera.sendall(chunk)
    _shut(ours, camera)


def _shut(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
