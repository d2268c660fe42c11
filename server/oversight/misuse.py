"""What looks like misuse of the right to look: rules over who did what when, with thresholds as data; pure.

A finding is a question to a person, never a verdict. So that an honest night does not fill the list, an act counts
against somebody only where that somebody did not work on the incident (owned it, answered, wrote, classified,
dispatched, talked), and what the system shows by itself (places on the map, an idle desk that opens what rings, before
anybody has answered) does not count at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from server.oversight.model import KOREA

Rule = Literal[
    "same_person", "many_refused", "looks_without_work", "end_of_shift", "out_of_shift", "bulk_export", "many_searches",
    "breakglass_unreviewed",
]  # fmt: skip
RULES: dict[Rule, tuple[str, str]] = {
    "same_person": (
        "맡지 않은 사건에서 한 사람을 거듭 열람",
        "looked up one person again and again, without working on her incidents",
    ),
    "many_refused": ("권한 밖 열람 시도가 잦음", "many requests refused because they were not the viewer's to make"),
    "looks_without_work": (
        "업무 없이 여러 사건의 영상·신원을 열람",
        "opened pictures or names of several incidents without working on any",
    ),
    "end_of_shift": ("근무 끝무렵에 업무 없이 열람", "looked without work at the end of shifts"),
    "out_of_shift": ("근무 시간 밖의 열람", "looked without work while off shift"),
    "bulk_export": ("기록의 대량 반출", "carried much of the log away"),
    "many_searches": ("종결 사건 조회가 잦음", "searched closed incidents very often"),
    "breakglass_unreviewed": ("기한이 지나도록 심사되지 않은 비상 열람", "break-glass that nobody reviewed in time"),
}
VERDICTS = ("justified", "not_justified")


@dataclass(frozen=True, slots=True)
class Threshold:
    """So many within so long."""

    count: int
    within: timedelta


THRESHOLDS: dict[Rule, Threshold] = {
    "same_person": Threshold(3, timedelta(days=30)),
    "many_refused": Threshold(5, timedelta(hours=1)),
    "looks_without_work": Threshold(3, timedelta(hours=24)),
    "end_of_shift": Threshold(3, timedelta(days=14)),
    "out_of_shift": Threshold(2, timedelta(days=14)),
    "bulk_export": Threshold(4, timedelta(hours=24)),
    "many_searches": Threshold(20, timedelta(hours=24)),
    "breakglass_unreviewed": Threshold(1, timedelta(days=3)),
}
LEADER_COUNT = 10
"""A shift leader looks over shoulders for a living: `looks_without_work` and `same_person` start there."""
SHORT_LOOK = timedelta(seconds=20)
SHIFT_END, AFTER_SHIFT = timedelta(minutes=15), timedelta(minutes=30)
USES_SHIFTS = timedelta(days=14)
LOOKS = ("live", "still", "recorded", "identity", "profile")
FOREIGN = (
    "not_your_incident", "address_not_registered", "no_agreement", "no_dispatch", "legal_basis", "unknown_incident",
    "no_reason",
)  # fmt: skip
"""Refusals that say something about who asked; a closed incident or an ended session says nothing."""


@dataclass(frozen=True, slots=True)
class Act:
    """One disclosure, or one refusal (`kind` "refused", `code`). `evidence` is the id of its line in the log."""

    evidence: str
    center: str
    account_id: UUID
    kind: str
    at: datetime
    incident_id: UUID | None = None
    subject: bytes | None = None
    ended_at: datetime | None = None
    code: str = ""
    worked: bool = False
    """This account has worked on the incident."""
    answered_before: bool = True
    """Somebody had the incident already."""


@dataclass(frozen=True, slots=True)
class Shift:
    account_id: UUID
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Glass:
    """A break-glass that was approved and is over."""

    breakglass_id: str
    center: str
    account_id: UUID
    ended_at: datetime
    reviewed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Finding:
    center: str
    rule: Rule
    account_id: UUID
    at: datetime
    evidence: tuple[str, ...]
    subject: str = ""
    subject_digest: bytes | None = None

    @property
    def day(self) -> str:
        return self.at.astimezone(KOREA).date().isoformat()


@dataclass(frozen=True, slots=True)
class Story:
    """What the rules look at."""

    acts: Sequence[Act] = ()
    shifts: Sequence[Shift] = ()
    glasses: Sequence[Glass] = ()
    leaders: frozenset[UUID] = field(default_factory=frozenset)


def findings(story: Story, now: datetime) -> list[Finding]:
    """Everything that a reviewer should be asked about, oldest first."""
    found: list[Finding] = []
    groups: defaultdict[tuple[str, UUID], list[Act]] = defaultdict(list)
    for act in sorted(story.acts, key=lambda act: act.at):
        groups[act.center, act.account_id].append(act)
    for (_, account_id), acts in groups.items():
        shifts = [shift for shift in story.shifts if shift.account_id == account_id]
        found += _of_account(acts, shifts, account_id in story.leaders, now)
    found += [
        Finding(one.center, "breakglass_unreviewed", one.account_id, one.ended_at, (_glass(one),), one.breakglass_id)
        for one in story.glasses
        if one.reviewed_at is None and now - one.ended_at > THRESHOLDS["breakglass_unreviewed"].within
    ]
    return sorted(found, key=lambda one: (one.at, one.rule))


def _glass(one: Glass) -> str:
    return f"breakglass:{one.breakglass_id}"


def _of_account(acts: list[Act], shifts: list[Shift], is_leader: bool, now: datetime) -> list[Finding]:
    idle = [act for act in acts if _is_idle_look(act)]
    found = _same_person(idle, least=LEADER_COUNT if is_leader else None)
    found += _bursts("many_refused", [act for act in acts if act.kind == "refused" and act.code in FOREIGN])
    found += _bursts("bulk_export", [act for act in acts if act.kind == "export"])
    found += _bursts("many_searches", [act for act in acts if act.kind == "search"])
    least = LEADER_COUNT if is_leader else THRESHOLDS["looks_without_work"].count
    found += _bursts("looks_without_work", idle, least=least, by=lambda act: act.incident_id)
    found += _bursts("end_of_shift", [act for act in idle if _is_end(act.at, shifts)], by=lambda act: act.incident_id)
    off = [act for act in idle if _is_off(act.at, shifts, now)]
    return found + _bursts("out_of_shift", off, by=lambda act: act.incident_id)


def _is_idle_look(act: Act) -> bool:
    if act.kind not in LOOKS or act.incident_id is None or act.worked or not act.answered_before:
        return False
    return act.kind in ("identity", "profile") or act.ended_at is None or act.ended_at - act.at >= SHORT_LOOK


def _same_person(idle: list[Act], *, least: int | None) -> list[Finding]:
    by_subject: defaultdict[bytes, list[Act]] = defaultdict(list)
    for act in idle:
        if act.subject is not None:
            by_subject[act.subject].append(act)
    found = []
    for subject, acts in by_subject.items():
        # several cameras of one look are one look
        for one in _bursts("same_person", acts, least=least, by=lambda act: (act.incident_id, act.kind, _hour(act.at))):
            found.append(
                Finding(one.center, one.rule, one.account_id, one.at, one.evidence, subject.hex()[:16], subject)
            )
    return found


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _bursts(
    rule: Rule, acts: list[Act], *, least: int | None = None, by: Callable[[Act], object] | None = None
) -> list[Finding]:
    """A finding for each Korean day on which the threshold was reached; `by`: what makes two acts one."""
    limit = THRESHOLDS[rule]
    most, days = least or limit.count, {}
    for act in acts:
        near = [one for one in acts if act.at - limit.within < one.at <= act.at]
        if len({by(one) if by else one.evidence for one in near}) >= most:
            evidence = tuple(dict.fromkeys(one.evidence for one in near))
            one = Finding(act.center, rule, act.account_id, act.at, evidence)
            days[one.day] = one
    return list(days.values())


def _is_end(at: datetime, shifts: Iterable[Shift]) -> bool:
    return any(one.ended_at is not None and one.ended_at - SHIFT_END <= at <= one.ended_at for one in shifts)


def _is_off(at: datetime, shifts: list[Shift], now: datetime) -> bool:
    """Off shift, for somebody whose desk keeps shifts; work does not need one, so nobody else is asked."""
    keeps = any(abs(at - one.started_at) <= USES_SHIFTS for one in shifts)
    on = any(one.started_at - AFTER_SHIFT <= at and at <= (one.ended_at or now) + AFTER_SHIFT for one in shifts)
    return keeps and not on
