"""How an alert's phases move: `pre → active → ended`, never back; duress wears the clothes of a cancel. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from location_router.wire import Phase


@dataclass(frozen=True, slots=True)
class Standing:
    """What the person's phone is told (`phase`) and what it stands for: `ended` with outcome `duress` is active."""

    phase: Phase
    outcome: str = ""

    @property
    def is_live(self) -> bool:
        """Somebody has to act."""
        return self.phase is not Phase.ENDED or self.outcome == "duress"

    @property
    def delivered_phase(self) -> Phase:
        """The phase as a center is told it."""
        return Phase.ACTIVE if self.phase is Phase.ENDED and self.outcome == "duress" else self.phase


def first(phase: Phase, outcome: str) -> Standing:
    """The standing of an alert that is heard of for the first time."""
    return Standing(phase, outcome if phase is Phase.ENDED else "")


def advance(now: Standing, phase: Phase, outcome: str) -> Standing | None:
    """The new standing after a message, None when it changes nothing (a repetition, or a late one).

    A duress still counts after a cancel: whoever forces her to cancel may not have the last word.
    """
    said = first(phase, outcome)
    if now.outcome == "duress" or said == now:
        return None
    if now.phase is Phase.ENDED:
        return said if said.outcome == "duress" else None
    order = list(Phase)
    return said if order.index(said.phase) > order.index(now.phase) else None
