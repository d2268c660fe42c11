"""Faults of ours that must not end a cry for help: their kind and place go to the log, nothing personal.

The words of an exception may hold a name, a number, an address or a token (a URL that was not understood, a line that
could not be parsed), so they are written nowhere: neither by us nor by what Python, asyncio or a library would print by
itself. On a phone all of that ends in the system's log, which support staff and other tools read.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

MOST_PLACES = 3
TALKATIVE = ("asyncio", "httpx", "httpcore", "websockets")
"""Libraries that log addresses (with tokens and tiles in them) or the words of exceptions."""


def note(error: BaseException) -> None:
    """`ValueError` and the last places: file, line, function."""
    places = traceback.extract_tb(error.__traceback__)[-MOST_PLACES:]
    lines = "".join(f"  {one.filename}:{one.lineno} {one.name}\n" for one in places)
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    _write(f"{type(error).__name__}\n{lines}")
    for one in inner:
        note(one)


@contextmanager
def noted() -> Iterator[None]:
    """What goes wrong inside is noted, and what stands behind goes on."""
    try:
        yield
    except Exception as error:
        note(error)


def keep_words_in() -> None:
    """Once in a process of the phone, before anything runs: what nobody caught is noted the same way, and a library's
    warnings give their name and place only."""
    sys.excepthook = lambda _, error, __: note(error)
    sys.unraisablehook = lambda fault: _noted_or(fault.exc_value, "unraisable")
    threading.excepthook = lambda fault: _noted_or(fault.exc_value, "thread")
    logging.lastResort = wordless = _Wordless(logging.WARNING)
    for name in TALKATIVE:  # Kivy gives the root logger a handler of its own
        library = logging.getLogger(name)
        library.handlers, library.propagate = [wordless], False


def keep_words_in_loop(loop: asyncio.AbstractEventLoop) -> None:
    """The same for callbacks and tasks of a loop."""
    loop.set_exception_handler(lambda _, context: _noted_or(context.get("exception"), "asyncio"))


class _Wordless(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        _write(f"{record.levelname} {record.name} {record.pathname}:{record.lineno}\n")
        if record.exc_info and record.exc_info[1]:
            note(record.exc_info[1])


def _noted_or(error: Any, where: str) -> None:
    if isinstance(error, BaseException):
        note(error)
    else:
        _write(f"{where}: a fault without an exception\n")


def _write(words: str) -> None:
    try:
        sys.stderr.write(words)
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):  # nobody listens any more
        return
