"""The words between window and service: one JSON object a line over a private Unix socket.

Window → service `{"do": name, "no": n, …}`; service → window `{"view": {…}}`, `{"device": {…}}` (desktop only) and
`{"answer": n, "ok": …}` or `{"answer": n, "problem": {"code", "message_ko", "message_en"}}`. Who may connect is
decided by the folder (0700), the socket (0600) and the user id of the peer, both ways.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import stat
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mobile_app.core import session as brain
from mobile_app.problem import Problem
from mobile_app.service import codec
from mobile_app.service.codec import BadFrame

SOCKET_FILE = "service.sock"
MOST_BYTES = 256 * 1024
LONGEST_PATH = 100
"""Bytes of a Unix socket's path: the kernel takes 107."""
CLOCK_SLACK_S = 60.0
# What a window may say has happened. Verdicts on PINs, ticks and the network's news are the service's own.
INPUTS = (
    "HoldStarted", "HoldReleased", "Confirmed", "Say", "DrillChosen", "Dismissed", "Tapped", "SafeHoldStarted",
    "SafeHoldReleased", "KeyPressed", "RescueConfirmed", "AtHome", "NoiseStopped", "Revealed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """`no` is the window's own number for the answer; 0 wants none."""

    do: str
    no: int
    facts: dict[str, Any]


def line(frame: dict[str, Any]) -> bytes:
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogatepass") + b"\n"


def parse(data: bytes) -> dict[str, Any]:
    """Raises BadFrame."""
    try:
        frame = json.loads(data)
    except (ValueError, RecursionError):
        raise BadFrame("this line is not JSON; send one object a line") from None
    if not isinstance(frame, dict):
        raise BadFrame("this line is no object; send one with a field do")
    return frame


def read_request(data: bytes) -> Request:
    """Raises BadFrame."""
    frame = parse(data)
    do, no = frame.pop("do", None), frame.pop("no", 0)
    if not isinstance(do, str) or not isinstance(no, int):
        raise BadFrame("'do' is a name and 'no' a whole number")
    return Request(do, no, frame)


def write_input(happened: brain.Input, at_s: float) -> dict[str, Any]:
    """`at_s`: the machine's monotonic clock, the same for all its processes."""
    return {"do": "tell", "input": type(happened).__name__, "facts": codec.write(happened), "at_s": at_s}


def read_input(facts: dict[str, Any], *, now_s: float) -> tuple[brain.Input, float]:
    """The input and when it happened. Raises BadFrame for what a window may not say."""
    name, at_s = facts.get("input"), facts.get("at_s", now_s)
    kind = getattr(brain, name, None) if name in INPUTS else None
    if kind is None:
        raise BadFrame(f"input: {str(name)[:40]!r} is nothing that a window may say")
    if not isinstance(at_s, int | float) or not now_s - CLOCK_SLACK_S <= at_s <= now_s:
        at_s = now_s  # another boot's clock, or nonsense: it happened now
    return codec.read(kind, facts.get("facts") or {}), float(at_s)


def problem_frame(no: int, problem: Problem) -> dict[str, Any]:
    words = {"code": problem.code, "message_ko": problem.message_ko, "message_en": problem.message_en}
    return {"answer": no, "problem": words}


def read_problem(words: Any) -> Problem:
    given = words if isinstance(words, dict) else {}
    return Problem(*(str(given.get(name, "")) for name in ("code", "message_ko", "message_en")))


def socket_path(folder: Path) -> Path:
    """Beside the phone's files; a path that the kernel finds too long gives way to a short private one."""
    path = folder.resolve() / SOCKET_FILE
    if len(os.fsencode(path)) <= LONGEST_PATH:
        return path
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"ansim-{os.getuid()}"
    base.mkdir(mode=0o700, exist_ok=True)
    found = base.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError(f"{base} is not a private folder of this user; remove it or choose a shorter --dir")
    return base / f"{hashlib.sha256(os.fsencode(path)).hexdigest()[:24]}.sock"


def is_same_user(peer: socket.socket) -> bool:
    """The process at the other end runs under our user id (SO_PEERCRED: pid, uid, gid)."""
    raw = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return bool(struct.unpack("3i", raw)[1] == os.getuid())
