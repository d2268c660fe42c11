"""What is happening on a walk: pure rules over fixes and time.

`assess(walk, memory, position, now)` is all that others need. A **state** says what is seen (`stopped`: heard and not
moving; `no_signal`: nothing heard); **trouble** says that it has lasted longer than people do that for no reason, and
only trouble is for the ladder: `rungs.seen(ladder, memory.trouble, …)`. Everybody stops in a shop.

Time comes in twice: `fixed_at` orders what she did, `now` measures silence and lateness. Neither ever runs backwards.
"""

from __future__ import annotations

from datetime import datetime

from server.patience import Patience
from server.walks.judging import eta_t, judge, look_t
from server.walks.memory import Change, Fix, Located, Memory, Place, State, Trouble, Walk, memory_from, moment
from server.walks.track import take

__all__ = [
    "Change", "Fix", "Located", "Memory", "Patience", "Place", "State", "Trouble", "Walk",
    "assess", "eta", "look_at", "memory_from",
]  # fmt: skip

LOOK_AFTER_S = 0.001  # times are kept in microseconds: a look that came one too early would be asked for for ever


def assess(walk: Walk, memory: Memory, position: Located | None, now: datetime) -> tuple[Memory, tuple[Change, ...]]:
    """What is seen at `now`, with a position that has just come, or with none because time has passed.

    The memory that went in is left as it was. `arrived` is final. A batch: oldest `fixed_at` first; one that is not
    newer than what is known changes nothing, one of the future counts as of `now`.
    """
    before = memory
    if before.state == "arrived":
        return memory, ()
    memory = memory.copy()
    memory.at = now_t = max(now.timestamp(), memory.at, walk.begun_t)
    if memory.heard_t == 0.0:
        memory.heard_t = walk.begun_t
    if position is not None:
        take(walk, memory, position, now_t)
    memory.state, memory.trouble = judge(walk, memory, now_t)
    if memory.trouble != before.trouble:
        memory.trouble_t = now_t if memory.trouble else 0.0
    if memory.state == before.state and memory.trouble == before.trouble:
        return memory, ()
    return memory, (Change(moment(now_t), memory.state, memory.trouble),)


def eta(walk: Walk, memory: Memory, now: datetime) -> datetime | None:
    """When she will be there at her real pace, pauses passed; a timer's own end; None: nobody can say."""
    seconds = eta_t(walk, memory, now.timestamp())
    return None if seconds is None else moment(seconds)


def look_at(walk: Walk, memory: Memory) -> datetime | None:
    """When time alone may change something next: assess again then, with no position. None: never again."""
    seconds = look_t(walk, memory)
    return None if seconds is None else moment(seconds + LOOK_AFTER_S)
