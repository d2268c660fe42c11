"""The states of a request to an agency, and who may move it; pure.

requested → delivered → accepted → en_route → on_scene → done, with declined (before acceptance, or handed back on
the way) and cancelled (by the center). A step may be skipped forward (a crew reports "on scene" at once), never back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

OVERDUE_AFTER_S = 60.0


class DispatchState(StrEnum):
    REQUESTED = "requested"
    DELIVERED = "delivered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    DONE = "done"
    CANCELLED = "cancelled"


S = DispatchState
OPEN_STATES = frozenset({S.REQUESTED, S.DELIVERED, S.ACCEPTED, S.EN_ROUTE, S.ON_SCENE})
WAITING_STATES = frozenset({S.REQUESTED, S.DELIVERED})
# An agency that has taken the case, and only while it works on it, may ask for pictures.
WORKING_STATES = frozenset({S.ACCEPTED, S.EN_ROUTE, S.ON_SCENE})

Move = Literal["accept", "decline", "en_route", "on_scene", "done"]
MOVES: dict[Move, tuple[DispatchState, frozenset[DispatchState]]] = {
    "accept": (S.ACCEPTED, WAITING_STATES),
    "decline": (S.DECLINED, WAITING_STATES | {S.ACCEPTED, S.EN_ROUTE}),
    "en_route": (S.EN_ROUTE, frozenset({S.ACCEPTED})),
    "on_scene": (S.ON_SCENE, frozenset({S.ACCEPTED, S.EN_ROUTE})),
    "done": (S.DONE, WORKING_STATES),
}


class NotAllowed(Exception):
    """The move is not open in this state; `allowed` are those that are."""

    def __init__(self, state: DispatchState, allowed: list[str]) -> None:
        super().__init__(f"{state}: {allowed}")
        self.state, self.allowed = state, allowed


@dataclass(frozen=True, slots=True)
class Moved:
    state: DispatchState
    changed: bool


def allowed_moves(state: DispatchState) -> list[str]:
    return [move for move, (_, sources) in MOVES.items() if state in sources]


def decide(state: DispatchState, move: Move) -> Moved:
    """The state after `move`. The same move twice is one effect (a double click); raises NotAllowed otherwise."""
    target, sources = MOVES[move]
    if state is target:
        return Moved(state, changed=False)
    if state not in sources:
        raise NotAllowed(state, allowed_moves(state))
    return Moved(target, changed=True)


def is_overdue(state: DispatchState, *, overdue_at: datetime | None, now: datetime) -> bool:
    """Nobody has taken the case in time: this has to be loud."""
    return state in WAITING_STATES and overdue_at is not None and now >= overdue_at


def case_number(kind: str, day: date, number: int) -> str:
    """`112-20260101-00001`: readable over the radio; `day` is the Korean date."""
    return f"{kind}-{day:%Y%m%d}-{number:05d}"
