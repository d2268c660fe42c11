"""The seam to an agency's own system. Today every agency works at our desk page; a line to a real 112 or 119 system
is one more class here.

`deliver` returns the agency's receipt number (or "" when it gives none) once the agency has the request, and None when
somebody has yet to look at it. It raises Unreachable, and is then called again by the durable job.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from typing import Protocol


class Unreachable(Exception):
    """The agency's system did not take the request."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What leaves for an agency's system. `dispatch_id` is the idempotency key."""

    dispatch_id: str
    agency_id: str
    case_no: str
    center: str
    legal_basis: str


class DispatchGateway(Protocol):
    async def deliver(self, dispatch: Outgoing) -> str | None: ...


class DeskGateway:
    """The agency's desk in the browser: delivered when a seat has received it (`server/dispatch/feed.py`)."""

    async def deliver(self, dispatch: Outgoing) -> str | None:
        return None


class ConsoleDispatchGateway:
    """For developers without a desk: prints, and counts as delivered."""

    async def deliver(self, dispatch: Outgoing) -> str | None:
        sys.stdout.write(json.dumps({"dispatch": asdict(dispatch)}, ensure_ascii=False) + "\n")
        sys.stdout.flush()
        return ""
