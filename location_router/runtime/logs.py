"""Structured logs: JSON lines in production, readable lines on a terminal. Personal values are never logged.

structlog and the standard library (uvicorn, asyncio, warnings, what nobody caught) go through the same processors, so
every line carries the request's and the alert's id (`request_ids.py`) and every line is looked at by `hiding.py` last.
`LOG_LEVEL=DEBUG` is for our own lines: libraries stay at INFO, since their debug lines print message bodies.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

import psycopg
import structlog
from pydantic import ValidationError

from location_router.runtime.hiding import hide, hide_all, said

QUIET = ("httpx", "httpcore", "uvicorn", "websockets", "procrastinate", "alembic", "sqlalchemy", "nats", "aiortc")


class _Stderr:
    """Whatever stderr is when a line is written: work must never fail because its log was closed meanwhile."""

    def write(self, text: str) -> int:
        for stream in (sys.stderr, sys.__stderr__):
            try:
                if stream is not None:
                    return int(stream.write(text))
            except (ValueError, OSError):
                continue
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(ValueError, OSError, AttributeError):
            sys.stderr.flush()


STDERR: Any = _Stderr()


def set_up_logs(*, json_lines: bool | None = None, level: str = "INFO") -> None:
    """Route structlog and the standard library to stderr. An unknown level is INFO, and is told."""
    if json_lines is None:
        json_lines = not sys.stderr.isatty()
    threshold = logging.getLevelNamesMapping().get(level.strip().upper())
    own = logging.INFO if threshold is None else threshold
    # our exceptions are text by the time a renderer sees them
    renderer = structlog.processors.JSONRenderer(ensure_ascii=False) if json_lines else structlog.dev.ConsoleRenderer()
    shared = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _tell_exception,
        _hide_personal,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(own),
        logger_factory=structlog.PrintLoggerFactory(STDERR),
    )
    _standard_library(shared, renderer, max(own, logging.INFO))
    _last_words()
    if threshold is None:
        structlog.get_logger("logs").warning("log_level_unknown", cure="LOG_LEVEL: DEBUG, INFO, WARNING or ERROR")


def _standard_library(shared: list[Any], renderer: Any, level: int) -> None:
    handler = logging.StreamHandler(STDERR)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            keep_exc_info=False,
            keep_stack_info=False,
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    logging.captureWarnings(True)


def _last_words() -> None:
    """What nobody caught is a line like all others: Python's own traceback ends with the exception's words."""
    log = structlog.get_logger("uncaught")

    def uncaught(kind: type[BaseException], error: BaseException, frames: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        log.critical("uncaught", exc_info=(kind, error, frames))

    sys.excepthook = uncaught
    threading.excepthook = lambda told: uncaught(told.exc_type, told.exc_value or told.exc_type(), told.exc_traceback)
    sys.unraisablehook = lambda told: uncaught(told.exc_type, told.exc_value or told.exc_type(), told.exc_traceback)


def _tell_exception(_: Any, __: str, line: dict[str, Any]) -> dict[str, Any]:
    """`exc_info` as a text: where it happened in full, what it said by `said`."""
    found = line.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        line["exception"] = told(error)
    return line


def told(error: BaseException, *, depth: int = 0) -> str:
    """The traceback of an exception and of what led to it; source lines, but no values."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    lines = []
    if before is not None and depth < 5:
        lines = [told(before, depth=depth + 1), "\nwhile that was handled:\n\n"]
    lines += ["Traceback (most recent call last):\n", *traceback.format_tb(error.__traceback__)]
    lines.append(f"{type(error).__module__}.{type(error).__qualname__}: {said(error)}")
    if isinstance(error, BaseExceptionGroup) and depth < 5:
        lines += ["\n" + told(one, depth=depth + 1) for one in error.exceptions[:5]]
    return "".join(lines)


def _hide_personal(_: Any, __: str, line: dict[str, Any]) -> dict[str, Any]:
    hidden: dict[str, Any] = hide_all({key: value for key, value in line.items() if not key.startswith("_")})
    hidden["event"] = hide(str(line.get("event", "")))
    return hidden | {key: value for key, value in line.items() if key.startswith("_")}


def why(error: BaseException) -> str:
    """An error in words for logs and for what is kept of it: never the values of the message it stumbled over."""
    if isinstance(error, ValidationError | psycopg.Error):
        return f"{type(error).__name__}: {said(error)}"[:500]
    return f"{type(error).__name__}: {error}"[:500]
