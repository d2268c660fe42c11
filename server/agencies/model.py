"""Agreements (MOU): what an agency may do, and from when to when; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Agreement:
    """One center's agreement with one agency. Times are aware; `ends_at` None: until it is ended."""

    agreement_id: UUID
    center_id: str
    agency_id: str
    triggers: frozenset[str]
    legal_bases: tuple[str, ...]
    may_view_live: bool
    may_see_position: bool
    starts_at: datetime
    ends_at: datetime | None = None
    suspended_at: datetime | None = None

    def in_force(self, now: datetime) -> bool:
        """Begun, not ended and not suspended. The end is exclusive."""
        begun = self.starts_at <= now
        over = self.ends_at is not None and now >= self.ends_at
        suspended = self.suspended_at is not None and now >= self.suspended_at
        return begun and not over and not suspended


def agreement_from_row(row: dict[str, Any]) -> Agreement:
    return Agreement(
        row["agreement_id"],
        row["center_id"],
        row["agency_id"],
        frozenset(row["triggers"]),
        tuple(row["legal_bases"]),
        row["may_view_live"],
        row["may_see_position"],
        row["starts_at"],
        row["ends_at"],
        row["suspended_at"],
    )


def choose(agreements: list[Agreement], *, trigger: str, now: datetime) -> Agreement | None:
    """The agreement in force that covers `trigger`; of several, the one that began last."""
    fitting = [a for a in agreements if trigger in a.triggers and a.in_force(now)]
    return max(fitting, key=lambda a: (a.starts_at, str(a.agreement_id)), default=None)
