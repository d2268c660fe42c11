"""The ladder of a walk: what trouble, silence and her answers come to; pure.

`calm → prompted → called → guardians → raised`. Trouble that is seen asks her at once; each rung then waits its step
for an answer before the next. A trouble that ends by itself brings her back to calm from every rung but `raised`: only
the alert's own life ends that one. A deadline that was missed (nothing ran) is one rung, with the full wait after it:
she could not answer while nothing ran.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

Rung = Literal["calm", "prompted", "called", "guardians", "raised"]
RUNGS: tuple[Rung, ...] = ("calm", "prompted", "called", "guardians", "raised")
Answer = Literal["ok", "snooze", "extend", "arrived", "cancel"]

TROUBLES = frozenset(("stopped", "off_route", "no_signal", "overdue"))
"""What the assessment may find wrong (`memory.trouble`); a state that is no trouble yet asks nobody."""
QUIET = timedelta(minutes=10)
"""So long the same trouble is not asked about again after her `ok`."""
SNOOZE_MINUTES, MOST_SNOOZE_MINUTES = 10, 30
EXTEND_MINUTES, MOST_EXTEND_MINUTES = 15, 120
LEAST_STEP_S, MOST_STEP_S = 15, 900


@dataclass(frozen=True, slots=True)
class Steps:
    """How long each rung waits for her, in seconds; within LEAST_STEP_S and MOST_STEP_S."""

    prompt_s: int = 60
    call_s: int = 60
    guardians_s: int = 120

    def after(self, rung: Rung) -> timedelta:
        """The wait on this rung before the next."""
        waits = {"prompted": self.prompt_s, "called": self.call_s, "guardians": self.guardians_s}
        return timedelta(seconds=waits.get(rung, 0))

    def as_json(self) -> dict[str, int]:
        return {"prompt_s": self.prompt_s, "call_s": self.call_s, "guardians_s": self.guardians_s}


def steps_from(given: Mapping[str, int] | None, default: Steps = Steps()) -> Steps:
    """Her own steps over the center's, each brought within the bounds."""
    bounded = {name: min(max(int(value), LEAST_STEP_S), MOST_STEP_S) for name, value in (given or {}).items()}
    return replace(default, **bounded)


@dataclass(frozen=True, slots=True)
class Ladder:
    """Where a walk stands. `trouble`: what the assessment says now, empty when nothing is wrong; `due_at`: when the
    next rung is climbed if nothing changes; `quiet_*`: what she has answered (`*`: anything) and until when."""

    rung: Rung = "calm"
    trouble: str = ""
    due_at: datetime | None = None
    quiet: str = ""
    quiet_until: datetime | None = None

    def is_quiet(self, now: datetime) -> bool:
        return self.quiet in ("*", self.trouble) and self.quiet_until is not None and now < self.quiet_until


def seen(ladder: Ladder, trouble: str, now: datetime, steps: Steps) -> Ladder:
    """The assessment says what is wrong at `now`; empty (or a word that is no trouble): nothing."""
    if ladder.rung == "raised":
        return ladder
    trouble = trouble if trouble in TROUBLES else ""
    if not trouble:
        return replace(ladder, rung="calm", trouble="", due_at=None)
    ladder = replace(ladder, trouble=trouble)  # one trouble may become another: the ladder goes on, it begins no anew
    if ladder.rung != "calm":
        return ladder
    if ladder.is_quiet(now):
        return replace(ladder, due_at=ladder.quiet_until)
    return replace(ladder, rung="prompted", due_at=now + steps.after("prompted"))


def climbed(ladder: Ladder, now: datetime, steps: Steps) -> Ladder:
    """One rung higher if its time has come; from calm only while there is trouble."""
    if ladder.due_at is None or now < ladder.due_at or ladder.rung == "raised":
        return ladder
    if ladder.rung == "calm" and not ladder.trouble:
        return replace(ladder, due_at=None)
    rung = RUNGS[RUNGS.index(ladder.rung) + 1]
    return replace(ladder, rung=rung, due_at=None if rung == "raised" else now + steps.after(rung))


def answered(
    ladder: Ladder,
    what: Answer,
    now: datetime,
    minutes: int = 0,
    *,
    at: datetime | None = None,
    since: datetime | None = None,
) -> Ladder:
    """After her answer. `ok` quiets the trouble it was asked about, `snooze` every trouble; `extend` moves the end of
    the walk (elsewhere) and quiets what is late; `arrived` and `cancel` end the walk. A raised walk stays raised.

    `at`: when she said it, if that is not now. It is worth what it would have been worth then: it calms no trouble
    that came after it (`since`: when the present one did), and its quiet is over when it would have been."""
    if ladder.rung == "raised":
        return ladder
    if what in ("arrived", "cancel"):
        return Ladder()
    said_at = now if at is None else min(at, now)
    until = said_at + QUIET
    quieted = Ladder(trouble=ladder.trouble, due_at=until if ladder.trouble else None, quiet_until=until)
    if what == "ok":
        quieted = replace(quieted, quiet=ladder.trouble or ladder.quiet)
    elif what == "snooze":
        until = said_at + timedelta(minutes=min(max(minutes or SNOOZE_MINUTES, 1), MOST_SNOOZE_MINUTES))
        quieted = replace(quieted, quiet="*", quiet_until=until, due_at=until if ladder.trouble else None)
    else:
        quieted = replace(quieted, trouble="", due_at=None, quiet=ladder.trouble or "overdue")
    is_too_late = until <= now or bool(ladder.trouble and since is not None and said_at < since)
    return ladder if is_too_late else quieted
