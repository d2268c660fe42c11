"""The order of the queue; pure. It decides who is read first, never who is shown: everything is in the list.

What a caller's earlier false alarms do is move one unanswered incident behind other unanswered ones. A duress code, a
second press, or fifteen seconds without an answer outrank every score.
"""

from __future__ import annotations

from dataclasses import dataclass

REPEAT_DAYS = 90
"""How long an outcome counts."""
DOUBTFUL = 0.5
FIRM_PRIOR = 10
"""A firm decided so seldom is known little: as many good ones stand before its own."""


@dataclass(frozen=True)
class Waiting:
    """What the order looks at. `score` is `repeat_score` of the caller, or `firm_score` of the firm that asks."""

    phase: str
    is_answered: bool  # somebody has it, and no second press waits
    is_silent: bool = False
    is_drill: bool = False
    is_owner: bool = True  # this center acts on it
    is_duress: bool = False
    presses_again: bool = False
    is_grave: bool = False
    escalation_level: int = 0
    score: float = 0.0


def repeat_score(*, false_before: int, real_before: int) -> float:
    """0 (nothing known) up to, never reaching, 1: the share of false alarms, as if two real ones stood before them."""
    return min(round(false_before / (false_before + real_before + 2), 3), 0.999)


FALSE_REASONS = ("alarm_only", "no_danger")
"""Reasons of a rejection (server/requests/model.py) that say: false. Others, as a wrong address, are no lie."""


def firm_score(*, false_before: int, decided: int) -> float:
    """0 (nothing known) up to, never reaching, 1: the share of a security firm's requests that were none, of those that
    were decided. As with a caller, it orders unanswered ones among themselves; what is overdue is first again."""
    return min(round(false_before / (decided + FIRM_PRIOR), 3), 0.999)


def rank(one: Waiting) -> int:
    """0 first. Unanswered before answered, whatever the score; inside a rank the oldest first."""
    if one.is_silent:
        return 6
    if one.phase == "pre" or not one.is_owner:
        return 5
    if one.is_answered:
        return 3 if one.is_grave or one.is_duress else 4
    if one.is_drill:
        return 2
    if one.is_duress or one.presses_again or one.is_grave or one.escalation_level > 0:
        return 0
    if one.phase == "ended":  # she has said that she is safe, and nobody has looked yet
        return 2
    return 2 if one.score >= DOUBTFUL else 1
