"""Whether a center can take an alert: what it says about itself, what an administrator says, what the clock says. Pure.

`online` and `degraded` take alerts; `draining` (an administrator's word) and `closed` (outside its staffed hours) get
nothing new while another center takes it; `offline` is silent. Staffed hours are Korean local time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

KST = timezone(timedelta(hours=9))
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LATE_SHARE = 0.75  # of the time after which a center is offline: two beats missed


class CenterState(StrEnum):
    """How a center stands with regard to new alerts."""

    ONLINE = "online"
    DEGRADED = "degraded"
    DRAINING = "draining"
    CLOSED = "closed"
    OFFLINE = "offline"


TAKES = frozenset({CenterState.ONLINE, CenterState.DEGRADED})


@dataclass(frozen=True, slots=True)
class CenterFacts:
    """What a decision knows of one center. `capabilities` None: it has not said, so nothing is held against it."""

    state: str = CenterState.ONLINE
    queue_length: int = 0
    operators_online: int = 0
    capabilities: frozenset[str] | None = None

    def as_json(self) -> Any:
        """The bare state when there is nothing else to tell."""
        if not self.queue_length and not self.operators_online and self.capabilities is None:
            return str(self.state)
        said = None if self.capabilities is None else sorted(self.capabilities)
        return {
            "state": str(self.state),
            "queue_length": self.queue_length,
            "operators_online": self.operators_online,
            "capabilities": said,
        }

    @classmethod
    def from_json(cls, value: Any) -> CenterFacts:
        """From `as_json`, or from a row of `GET /v1/centers`."""
        if not isinstance(value, Mapping):
            return cls(str(value))
        said = value.get("capabilities")
        return cls(
            str(value["state"]),
            int(value.get("queue_length") or 0),
            int(value.get("operators_online") or 0),
            None if said is None else frozenset(said),
        )


def _clock(value: Any) -> Any:
    """ "24:00" is the end of the day."""
    text = str(value)
    if text == "24:00":
        return text
    time.fromisoformat(text)
    return text[:5]


Clock = Annotated[str, BeforeValidator(_clock)]
Spans = list[tuple[Clock, Clock]]


class StaffedHours(BaseModel):
    """When somebody sits at the desk. A span like ["18:00", "09:00"] ends the next morning; a weekday that is not named
    has no hours; an exception replaces the spans that begin on that date (an empty list: closed)."""

    model_config = ConfigDict(extra="forbid")

    weekly: dict[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], Spans]
    exceptions: dict[date, Spans] = Field(default_factory=dict, max_length=400)

    def is_open(self, at: datetime) -> bool:
        """`at` timezone-aware."""
        local = at.astimezone(KST)
        today, now = local.date(), local.strftime("%H:%M")
        if any(begin <= now < end or (end <= begin and now >= begin) for begin, end in self._spans(today)):
            return True
        return any(end <= begin and now < end for begin, end in self._spans(today - timedelta(days=1)))

    def _spans(self, day: date) -> Spans:
        if day in self.exceptions:
            return self.exceptions[day]
        return dict(self.weekly).get(DAYS[day.weekday()], [])  # type: ignore[call-overload, no-any-return]


def judge(
    *,
    silent_s: float | None,
    offline_after_s: float,
    has_troubles: bool = False,
    is_draining: bool = False,
    hours: StaffedHours | None = None,
    now: datetime,
) -> CenterState:
    """`silent_s` since the desk's last word, None for a center without a desk; `hours` None: always staffed."""
    if silent_s is None or silent_s >= offline_after_s:
        return CenterState.OFFLINE
    if is_draining:
        return CenterState.DRAINING
    if hours is not None and not hours.is_open(now):
        return CenterState.CLOSED
    late = silent_s >= offline_after_s * LATE_SHARE
    return CenterState.DEGRADED if late or has_troubles else CenterState.ONLINE
