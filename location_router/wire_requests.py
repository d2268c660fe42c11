"""What a center says of a linked agency's request (`location_router.wire.AgencyRequest`) to the router."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from location_router.wire import CenterRef, Message, Short

RequestStateName = Literal["received", "accepted", "rejected", "refused", "cancelled", "ended", "expired"]


class RequestState(Message):
    """Center → router (bus subject `status`): how an agency's request stands (docs/agencies.md 1), for who raised it at
    the router. `at` tells what is newer where two centers speak of one request; `seq` counts within a center. Nothing
    about a person."""

    kind: Literal["request_state"] = "request_state"
    note_id: UUID
    installation: Short
    request_id: UUID
    assignment_no: int
    center: CenterRef
    state: RequestStateName
    reason: Short = ""
    at: datetime
    seq: int = Field(default=0, ge=0)
    ends_at: datetime | None = None


class ApproachNote(Message):
    """Center → router (bus subject `status`) → every home center (`home.<installation>`): an offender has come near a
    protected person. `tag` is what her home looks her up by, `sealed` what only it can open (server/protection). The
    router passes on neither `installation` nor `request_id` nor `assignment_no`, and keeps nothing of it."""

    kind: Literal["approach"] = "approach"
    note_id: UUID
    installation: Short = ""
    request_id: UUID | None = None
    assignment_no: int = 0
    tag: Short
    sealed: str = Field(max_length=2000)
    at: datetime
