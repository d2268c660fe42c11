"""A camera that nobody of the city has entered is reached at its written address and nowhere else.

FFmpeg follows an RTSP redirect (`libavformat/rtsp.c`: any 3xx with a Location) and has no option against it, so a lent
camera could lead the video process to another camera. It is given a door on this machine instead, behind which one
connection goes to the address that was checked; an answer that is no plain success or refusal shuts it before FFmpeg
has read it.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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

log = structlog.get_logger(__name__)


class Redirected(Exception):
    """The camera's answer leads elsewhere, or can't be told from one that does."""


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
                raise Redirected
        self._rest = seen[-(len(_MARK) + _WINDOW - 1) :]


@contextmanager
def pinned(url: str) -> Iterator[str]:
    """An address on this machine in place of `url` (rtsp or rtsps, with an IP address), good for one connection."""
    parts = urlsplit(url)
    there = (str(parts.hostname), parts.port or (322 if parts.scheme == "rtsps" else 554))
    with socket.create_server(("127.0.0.1", 0), backlog=1) as door:
        door.settimeout(_CONNECT_S)
        carrier = threading.Thread(
            target=_carry, args=(door, there, parts.scheme == "rtsps"), name="pinned camera", daemon=True
        )
        carrier.start()
        credentials = parts.netloc.rpartition("@")[0]
        here = f"{credentials}@" if credentials else ""
        yield urlunsplit(("rtsp", f"{here}127.0.0.1:{door.getsockname()[1]}", parts.path, parts.query, ""))


def _carry(door: socket.socket, there: tuple[str, int], is_tls: bool) -> None:
    """One connection to its end; the door is shut as soon as it is taken."""
    with suppress(OSError):
        ours, _ = door.accept()
        with ours:
            door.close()
            with _reached(there, is_tls) as camera:
                back = threading.Thread(target=_asked, args=(ours, camera), name="pinned camera asks", daemon=True)
                back.start()
                _answered(camera, ours)
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


def _answered(camera: socket.socket, ours: socket.socket) -> None:
    answers = Answers()
    try:
        while chunk := camera.recv(_CHUNK):
            answers.judge(chunk)
            ours.sendall(chunk)
    except Redirected:
        log.warning("lent camera leads elsewhere")
    except OSError:
        return


def _asked(ours: socket.socket, camera: socket.socket) -> None:
    with suppress(OSError):
        while chunk := ours.recv(_CHUNK):
            camera.sendall(chunk)
    _shut(ours, camera)


def _shut(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
