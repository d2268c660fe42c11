"""The talk with the center during one alert, as the phone holds it. Pure.

What the person says is in the list, and on disk, before it goes out, and stays `unsaid` until the router has answered.
What the center says comes at least once and stands here once. A PIN ends the alert and with it the whole talk: nothing
of it is left in memory or on disk (invariant 9). Nothing here makes a sound or lets the phone vibrate, because a
person who hides may be found by it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from mobile_app.core.messages import Said

MOST_CHARACTERS = 500
MOST_LINES = 300
TWO_TAPS_WITHIN_S, HOLD_S = 0.6, 1.0
YES, NO, DANGER = "yes", "no", "danger"


@dataclass(frozen=True, slots=True)
class Talk:
    """Lines in the order in which this phone learned of them; `unsaid`: those of the person that may be lost yet."""

    lines: tuple[Said, ...] = ()
    unsaid: tuple[str, ...] = ()

    @property
    def waiting(self) -> tuple[Said, ...]:
        return tuple(one for one in self.lines if one.said_id in self.unsaid)

    def knows(self, said_id: str) -> bool:
        return any(one.said_id == said_id for one in self.lines)


def hear(talk: Talk, said: Said) -> Talk:
    """A line of the center; the same again changes nothing."""
    return talk if talk.knows(said.said_id) else replace(talk, lines=_bounded((*talk.lines, said)))


def speak(talk: Talk, said: Said) -> Talk:
    """A line of the person. Nothing but white space says nothing."""
    if not said.code and not said.text.strip():
        return talk
    said = replace(said, text=said.text[:MOST_CHARACTERS])
    return Talk(_bounded((*talk.lines, said)), (*talk.unsaid, said.said_id))


def last_heard(talk: Talk) -> str:
    """The center's newest line that she has seen: what she says now comes after it, whatever the clocks say."""
    return next((one.said_id for one in reversed(talk.lines) if one.by == "operator"), "")


def delivered(talk: Talk, said_id: str) -> Talk:
    """The router has it on disk."""
    if said_id not in talk.unsaid:
        return talk
    return replace(talk, unsaid=tuple(one for one in talk.unsaid if one != said_id))


def tapped(presses: list[tuple[float, float]]) -> str:
    """The silent caller's answer from (down, up) times of the presses so far, seconds: a hold is danger, two taps soon
    after each other are no, one is yes. The caller waits `TWO_TAPS_WITHIN_S` after the first before it asks."""
    if not presses:
        return ""
    if any(up - down >= HOLD_S for down, up in presses):
        return DANGER
    if len(presses) >= 2 and presses[1][0] - presses[0][1] <= TWO_TAPS_WITHIN_S:
        return NO
    return YES


def save(talk: Talk) -> dict[str, Any]:
    return {"lines": [one.to_json() for one in talk.lines], "unsaid": list(talk.unsaid)}


def resume(saved: Any) -> Talk:
    """Empty for what `save` did not write: an old phone's session goes on without a talk."""
    try:
        lines = tuple(Said.from_json(one) for one in saved["lines"])
        return Talk(lines, tuple(map(str, saved["unsaid"])))
    except (AttributeError, KeyError, TypeError, ValueError):
        return Talk()


def _bounded(lines: tuple[Said, ...]) -> tuple[Said, ...]:
    return lines[-MOST_LINES:]
