"""A desktop's push service: a token of its own, and messages that whoever plays with it puts in by hand."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

MOST_KEPT = 50


class TwinPush:
    """The token stays the same in the same folder, so that the home center knows one phone and not many."""

    def __init__(self, folder: Path | None = None) -> None:
        self._file = folder / "push_token" if folder else None
        self._came: deque[dict[str, str]] = deque(maxlen=MOST_KEPT)

    def token(self, told: Callable[[str], None]) -> None:
        told(self._token())

    def taken(self) -> list[dict[str, str]]:
        came = list(self._came)
        self._came.clear()
        return came

    def put(self, data: dict[str, str]) -> None:
        self._came.append(data)

    def _token(self) -> str:
        with suppress(OSError, UnicodeDecodeError):
            if self._file is not None and (known := self._file.read_text(encoding="utf-8").strip()):
                return known
        made = f"desktop-{uuid.uuid4()}"
        with suppress(OSError):
            if self._file is not None:
                self._file.write_text(made, encoding="utf-8")
        return made
