"""The socket a server listens on."""

from __future__ import annotations

import os
import socket

BACKLOG = 1024


def open_door(host: str, port: int) -> socket.socket:
    """Listening on HOST and PORT. Ends the program with one sentence where they can't be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise SystemExit(f"HOST, PORT: {host}:{port} 열 수 없습니다 · it can't be opened ({why})") from None
