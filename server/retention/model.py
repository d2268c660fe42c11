"""When something about a person has served its purpose: cutoffs, limits, proofs; pure.

A policy is (center, kind, days). What counts is the center's own row, else the city's default row (`-`), else the
kind's default of `kinds.py`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

EVERY_CENTER = "-"
"""As a policy's center: the city's default. As a proof's center: rows that belong to no center."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one table that a kind covers, in the words of SQL.

    `clock` is the moment the days count from, over the row `t` and what `join` brings; NULL means not yet (the
    incident is open). `where` narrows further. `center` is the row's center, empty for rows of the installation.
    `held_by` are the columns a legal hold keeps the row by. With `erase` these columns become NULL and the row
    stays. With `unless_referenced` a row goes only when no other table points at it any more. With `file` (a column
    with a path in VIDEO_DIR) the file is deleted first and the row stays with `gone_at`.
    """

    table: str
    clock: str
    join: str = ""
    where: str = ""
    center: str = "t.center_id"
    held_incident: str = ""
    held_alert: str = ""
    erase: tuple[str, ...] = ()
    unless_referenced: bool = False
    file: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of data, why it may be kept and how long; the texts are for people, in Korean and English.

    `days` is the default, `least_days` and `most_days` what an administrator may set. `by_day` says that the first
    of `rows` lies in daily partitions, which are dropped whole.
    """

    name: str
    what_ko: str
    what_en: str
    counts_from_ko: str
    counts_from_en: str
    days: int
    least_days: int
    most_days: int
    reason_ko: str
    reason_en: str
    rows: tuple[Rows, ...]
    by_day: bool = False
    hourly: bool = False
    """Purged every hour instead of once a day: what goes at the close of an incident, or by the day."""

    @property
    def is_fixed(self) -> bool:
        return self.least_days == self.most_days


@dataclass(frozen=True, slots=True)
class Policy:
    """Days in force for a kind, and which change of the policy said so (0: nobody has changed the default)."""

    days: int
    version: int = 0


Policies = Mapping[tuple[str, str], Policy]
"""(center or `-`, kind) → what an administrator has set."""


def policy_of(policies: Policies, kind: Kind, center: str) -> Policy:
    """What holds for `center`, within the limits that the law sets now (a stored number may be older than they are)."""
    found = policies.get((center, kind.name)) or policies.get((EVERY_CENTER, kind.name)) or Policy(kind.days)
    return Policy(min(max(found.days, kind.least_days), kind.most_days), found.version)


@dataclass(frozen=True, slots=True)
class Group:
    """Centers that share a cutoff. `only` are those centers; None: every center that is not in `others`."""

    policy: Policy
    only: tuple[str, ...] | None
    others: tuple[str, ...] = ()


def groups_of(policies: Policies, kind: Kind) -> list[Group]:
    """Every center exactly once: those with a row of their own, then all the rest (also centers nobody listed)."""
    own = sorted(center for center, name in policies if name == kind.name and center != EVERY_CENTER)
    alone = [Group(policy_of(policies, kind, center), (center,)) for center in own]
    return [*alone, Group(policy_of(policies, kind, EVERY_CENTER), None, tuple(own))]


def cutoff(kind: Kind, policy: Policy, now: datetime) -> datetime:
    """What is older goes. By the day: the whole day (UTC) goes when its first moment is `days` old, so that nothing
    in it is kept longer than that."""
    before = now - timedelta(days=policy.days)
    return day_start(before.astimezone(UTC).date() + timedelta(days=1)) if kind.by_day else before


def due_on(kind: Kind, policy: Policy, at: datetime) -> datetime:
    """When something that counts from `at` goes: the inverse of `cutoff`."""
    return (day_start(at.astimezone(UTC).date()) if kind.by_day else at) + timedelta(days=policy.days)


def day_start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def whole_days(kind: Kind, groups: Iterable[Group], days: Iterable[date], now: datetime) -> list[date]:
    """Days that are over for every center: their partition is dropped."""
    earliest = min(cutoff(kind, group.policy, now) for group in groups)
    return sorted(day for day in days if day_start(day + timedelta(days=1)) <= earliest)


HOURLY_AT_MINUTE, DAILY_AT_UTC = 7, time(19, 23)
"""When the purge runs: what is marked `hourly` each hour, everything at 04:23 in Korea."""


def next_run(kind: Kind, now: datetime) -> datetime:
    """When the purge of this kind runs next."""
    utc = now.astimezone(UTC)
    if kind.hourly:
        at = utc.replace(minute=HOURLY_AT_MINUTE, second=0, microsecond=0)
        return at if at > utc else at + timedelta(hours=1)
    at = datetime.combine(utc.date(), DAILY_AT_UTC, UTC)
    return at if at > utc else at + timedelta(days=1)


Trouble = Literal["below_minimum", "above_maximum", "fixed"]


def trouble_with(kind: Kind, days: int) -> Trouble | None:
    """Why these days can't be a policy of the kind; None when they can."""
    if kind.is_fixed and days != kind.days:
        return "fixed"
    if days < kind.least_days:
        return "below_minimum"
    return "above_maximum" if days > kind.most_days else None


def confirmation(center: str, kind: Kind, old: Policy, days: int) -> str:
    """The word that stands for exactly this change: another change in between makes another word."""
    text = f"{center}/{kind.name}/{old.version}/{old.days}/{days}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def proof_digest(proof: Mapping[str, Any]) -> bytes:
    """SHA-256 over what a proof says, as canonical JSON; it stands in the center's chain as well."""
    plain = {key: _plain(proof[key]) for key in PROVED}
    return hashlib.sha256(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()).digest()


PROVED = ("run_id", "center_id", "kind", "before", "deleted", "tables", "held", "oldest_kept", "policy_version")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value if isinstance(value, (int, dict)) or value is None else str(value)


MOST_HOLD_DAYS = 5 * 366


def trouble_with_hold(*, until: datetime, now: datetime) -> Literal["over", "too_long"] | None:
    """A hold has an end: whoever needs the evidence longer places it again, with a reason."""
    if until <= now:
        return "over"
    return "too_long" if until > now + timedelta(days=MOST_HOLD_DAYS) else None


def overdue_days(cleaned_at: datetime | None, first_seen_at: datetime, *, every_s: float, now: datetime) -> float:
    """Days by which a kind's purge is late: since it last left nothing behind, less its own rhythm; never negative."""
    late_s = (now - (cleaned_at or first_seen_at)).total_seconds() - every_s
    return max(0.0, late_s / 86_400)
