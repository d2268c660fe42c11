"""A warning of the disaster room on its way from the router to the centers' servers."""

from __future__ import annotations

import base64
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from location_router.wire import MAX_BODY_BYTES, Message, Short


class WarningNote(Message):
    """Router → every installation that serves a center of `centers` or is somebody's home (`home.<installation>`).
    `centers`: all that it touches; `served`: those that this installation answers for. `body`: the CAP message as it
    came, in base64; whoever gets it reads it anew (`cap_warning.reading`)."""

    kind: Literal["warning"] = "warning"
    warning_id: UUID
    agency_id: Short
    centers: list[Short] = Field(max_length=400)
    served: list[Short] = Field(default_factory=list, max_length=400)
    received_at: AwareDatetime
    body: str = Field(max_length=MAX_BODY_BYTES * 4 // 3 + 4)

    @classmethod
    def of(cls, message: bytes, **known: Any) -> WarningNote:
        return cls(body=base64.b64encode(message).decode(), **known)

    def message(self) -> bytes:
        """Raises ValueError."""
        return base64.b64decode(self.body, validate=True)
