"""Break-glass: two people open one incident of another center for half an hour, and a third looks at it afterwards;
pure.

For an incident that the viewer's own desk does not own, or whose center can't be reached. It opens pictures and place
of that one incident and nothing else: no name, no number, no command.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

LASTS = timedelta(minutes=30)
ASKED_LIFE = timedelta(minutes=15)  # nobody agreed: whoever still needs it asks again
REVIEW_WITHIN = timedelta(hours=72)
SHORTEST_REASON = 20
BASES = ("pipa-18-2-3", "pipa-18-2-7")

State = Literal["asked", "lapsed", "declined", "open", "over"]
Verdict = Literal["justified", "not_justified"]


@dataclass(frozen=True, slots=True)
class BreakGlass:
    """One asking. `incident_id` None: which one is chosen once it is open. Times are aware."""

    breakglass_id: UUID
    center_id: str
    incident_id: UUID | None
    account_id: UUID
    session: bytes
    requested_at: datetime
    decided_by: UUID | None = None
    decided_at: datetime | None = None
    is_approved: bool = False
    ends_at: datetime | None = None
    ended_at: datetime | None = None
    reviewed_by: UUID | None = None
    reviewed_at: datetime | None = None

    def state(self, now: datetime) -> State:
        if self.decided_at is None:
            return "asked" if now < self.requested_at + ASKED_LIFE else "lapsed"
        if not self.is_approved or self.ends_at is None:
            return "declined"
        is_over = now >= self.ends_at or (self.ended_at is not None and now >= self.ended_at)
        return "over" if is_over else "open"

    def opens(self, account_id: UUID, incident_id: UUID, now: datetime) -> bool:
        """Whether this account may look at this incident by it now."""
        mine = self.account_id == account_id and self.incident_id == incident_id
        return mine and self.incident_id is not None and self.state(now) == "open"

    @property
    def needs_review(self) -> bool:
        """Whatever was approved, also if nobody looked in the end."""
        return self.is_approved and self.reviewed_at is None

    def review_due_at(self) -> datetime | None:
        return self.decided_at + REVIEW_WITHIN if self.decided_at is not None and self.is_approved else None


def may_decide(asked: BreakGlass, account_id: UUID, session: bytes, now: datetime) -> str | None:
    """None, or why this person can't be the second: `not_alone`, `not_asked`."""
    if account_id == asked.account_id or session == asked.session:
        return "not_alone"
    return None if asked.state(now) == "asked" else "not_asked"


def may_review(done: BreakGlass, account_id: UUID, now: datetime) -> str | None:
    """None, or why not: `not_yourselves`, `not_over`, `reviewed`. Nobody judges what is still running or was his."""
    if account_id in (done.account_id, done.decided_by):
        return "not_yourselves"
    if done.reviewed_at is not None:
        return "reviewed"
    return None if done.state(now) == "over" else "not_over"
