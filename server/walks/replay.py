"""A recorded trace as if it had been watched: assessment and ladder from its first fix to its last, nobody answering.

Time between two fixes passes as it does for the sweeper: at the moments that the assessment and the ladder ask for.
Nothing is known in advance but begin and end: the expected arrival is ours. After the last row she stays where she is
for some minutes, so that an arrival is seen; nothing climbs there. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from server.patience import Patience
from server.walks.memory import Change, Fix, Memory, Walk
from server.walks.model import assess, look_at
from server.walks.rungs import RUNGS, Ladder, Steps, climbed, seen
from server.walks.trace import Trace

STAYS_S, STAYS_EVERY_S = 300, 30


@dataclass(slots=True)
class Watched:
    """What was seen. `reached`: how often each rung was climbed, nobody answering; the prompts are the escalations."""

    changes: list[dict[str, Any]] = field(default_factory=list)
    reached: dict[str, int] = field(default_factory=lambda: dict.fromkeys(RUNGS[1:], 0))

    @property
    def escalations(self) -> int:
        return self.reached["prompted"]


class Watch:
    """One walk under watch: `at(now)` lets time pass, `hear(fix, now)` takes a position."""

    def __init__(self, walk: Walk, steps: Steps = Steps()) -> None:
        self.walk, self.steps = walk, steps
        self.memory, self.ladder, self.watched = Memory(), Ladder(), Watched()

    @property
    def is_over(self) -> bool:
        return self.memory.state == "arrived" or self.ladder.rung == "raised"

    def hear(self, fix: Fix | None, now: datetime) -> tuple[Change, ...]:
        before = self.memory.state, self.ladder.rung
        self.memory, changes = assess(self.walk, self.memory, fix, now)
        self._ladder(seen(self.ladder, self.memory.trouble, now, self.steps))
        self._ladder(climbed(self.ladder, now, self.steps))
        if changes or (self.memory.state, self.ladder.rung) != before:
            self._note(now)
        return changes

    def stay(self, fix: Fix) -> None:
        """She stays at the end: only an arrival is looked for."""
        self.memory, changes = assess(self.walk, self.memory, fix, fix.fixed_at)
        if changes and self.is_over:
            self.ladder = Ladder()
            self._note(fix.fixed_at)

    def until(self, now: datetime) -> None:
        """Let time pass: look whenever assessment or ladder ask for it."""
        while not self.is_over:
            moments = [at for at in (look_at(self.walk, self.memory), self.ladder.due_at) if at is not None]
            due = min(moments, default=now)
            if due >= now:
                return
            self.hear(None, due)

    def _note(self, now: datetime) -> None:
        at = now.isoformat().replace("+00:00", "Z")
        said = {"at": at, "state": self.memory.state, "rung": self.ladder.rung, "trouble": self.memory.trouble}
        self.watched.changes.append(said)

    def _ladder(self, after: Ladder) -> None:
        if after.rung != self.ladder.rung and after.rung != "calm":
            self.watched.reached[after.rung] += 1
        self.ladder = after


def replayed(trace: Trace, *, steps: Steps = Steps(), patience: Patience = Patience()) -> Watched:
    begin, end = trace.begin, trace.end
    walk = Walk(
        trace.fixes[0].fixed_at,
        origin=(begin.lat, begin.lon),
        destination=(end.lat, end.lon),
        patience=patience,
    )
    watch = Watch(walk, steps)
    for fix in trace.fixes:
        watch.until(fix.fixed_at)
        if watch.is_over:
            return watch.watched
        watch.hear(fix, fix.fixed_at)
    for fix in _staying(end, trace.fixes[-1].fixed_at):
        watch.stay(fix)
    return watch.watched


def _staying(end: Fix, from_at: datetime) -> Iterator[Fix]:
    for after_s in range(STAYS_EVERY_S, STAYS_S, STAYS_EVERY_S):
        yield end._replace(fixed_at=from_at + timedelta(seconds=after_s))
