"""Structured logs: JSON lines in production, readable lines on a terminal. Personal values are never logged."""

from __future__ import annotations

import logging
import sys

import psycopg
import structlog
from pydantic import ValidationError


def set_up_logs(*, json_lines: bool | None = None, level: str = "INFO") -> None:
    """Route structlog and the standard library to stderr."""
    if json_lines is None:
        json_lines = not sys.stderr.isatty()
    renderer = structlog.processors.JSONRenderer(ensure_ascii=False) if json_lines else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(level=level.upper(), stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    for noisy in ("httpx", "uvicorn.access", "procrastinate", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def why(error: BaseException) -> str:
    """An error in words for logs and for what is kept of it: never the values of the message it stumbled over."""
    if isinstance(error, ValidationError):
        said = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['type']}" for one in error.errors()[:5])
    elif isinstance(error, psycopg.Error):
        said = error.diag.message_primary or error.sqlstate or ""
    else:
        said = str(error)
    return f"{type(error).__name__}: {said}"[:500]
