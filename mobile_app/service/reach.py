"""Can the servers be reached now, and is the phone's clock right: one real request to each."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from mobile_app.core.position import ServerClock
from mobile_app.net.client import ODD, Host
from mobile_app.problem import Problem

PATH = "/healthz"
DATE_GRAIN_S = 1.0


async def reach(host: Host, clock: ServerClock | None = None) -> dict[str, Any]:
    """`{"ok": True, "ms"}` or `{"ok": False, "code", "message_ko", "message_en"}`. `clock` hears the answer's date."""
    asked_s = time.monotonic()
    try:
        status, headers, _ = await host.ask("GET", PATH)
        if not 200 <= status < 300:
            raise Problem(*ODD)
    except Problem as problem:
        return {
            "ok": False, "code": problem.code, "message_ko": problem.message_ko, "message_en": problem.message_en,
        }  # fmt: skip
    answered_s = time.monotonic()
    said_at = _date(headers)
    if clock is not None and said_at is not None:
        clock.observe(said_at, asked_s=asked_s, answered_s=answered_s, grain_s=DATE_GRAIN_S)
    return {"ok": True, "ms": round((answered_s - asked_s) * 1000)}


def _date(headers: Mapping[str, str]) -> datetime | None:
    try:
        said = parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError):
        return None
    return said if said.tzinfo else None
