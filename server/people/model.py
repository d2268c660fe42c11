"""Rules about people, their guardians, and what a guardian is shown of a running alert; pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from location_router.wire import CenterRef, Phase, State, Status

MAX_GUARDIANS = 5
MAX_WRONG_ANSWERS = 5
NAME_LIMIT = 40
# 위치정보법: the person named this guardian beforehand and the guardian agreed (사전 지정 동의)
GUARDIAN_BASIS = "lia-19-consent"

_ORDER = {state: number for number, state in enumerate(State)}
_ENDS = frozenset({State.CLOSED, State.CANCELLED})
# Dispositions after which one may tell a family that she is safe (server/incidents/codes.py).
_SAFE = frozenset({"handled", "false_alarm", "drill"})


class BadPhone(ValueError):
    """Not a Korean mobile number."""


class BadName(ValueError):
    """Nothing one could call a person by."""


def normalise_phone(text: str) -> str:
    """`01012345678` from any usual way of writing it (full-width digits, +82, blanks, hyphens, dots, brackets).

    Raises BadPhone for everything but 010 and eight digits: the other mobile prefixes ended in 2021.
    """
    plain = unicodedata.normalize("NFKC", text)
    plain = re.sub(r"[\s().·‐‑–—-]", "", plain)
    plain = re.sub(r"^(?:\+82|0082|82)0?(?=10)", "0", plain)
    if not re.fullmatch(r"010[0-9]{8}", plain):
        raise BadPhone(text)
    return plain


def is_paused(row: Mapping[str, Any], now: datetime) -> bool:
    """Whether the person has this guardian (`paused_at`, `paused_until`) told nothing at the moment."""
    return row["paused_at"] is not None and (row["paused_until"] is None or row["paused_until"] > now)


def last_four(phone: str) -> str:
    """The digits a guardian is asked for."""
    return phone[-4:]


def clean_answer(text: str) -> str:
    """What the guardian typed, as digits (full-width and blanks are forgiven)."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


def clean_name(text: str) -> str:
    """A name in one line without control characters, at most NAME_LIMIT long; raises BadName when nothing is left."""
    kept = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in unicodedata.normalize("NFC", text))
    name = " ".join(kept.split())[:NAME_LIMIT].strip()
    if not name:
        raise BadName(text)
    return name


@dataclass(frozen=True, slots=True)
class Followed:
    """What the home center knows of one alert. `history` has one line per state, in the order they were reached."""

    state: State
    phase: Phase
    assignment_no: int
    serving: CenterRef
    history: tuple[tuple[State, datetime], ...]
    ended_at: datetime | None = None
    outcome: str = ""
    """How it ended: `safe`, `cancelled` (her own word), `unclear`; empty while it runs."""

    def serving_json(self) -> dict[str, Any]:
        return {**self.serving.model_dump(), "assignment_no": self.assignment_no}

    def history_json(self) -> list[dict[str, str]]:
        return [{"state": state.value, "at": at.isoformat()} for state, at in self.history]


def begin(status: Status) -> Followed | None:
    """The first we hear of an alert: nothing to follow for a pre-alert or a drill."""
    if status.is_drill or status.phase is Phase.PRE:
        return None
    ended = status.at if status.state in _ENDS else None
    history = ((status.state, status.at),)
    return Followed(status.state, status.phase, status.assignment_no, status.center, history, ended, outcome_of(status))


def outcome_of(status: Status) -> str:
    """What a family may be told of how it ended. Only a disposition that says so makes it `safe`."""
    if status.state not in _ENDS:
        return ""
    if status.state is State.CANCELLED:
        return "cancelled"
    return "safe" if status.detail in _SAFE else "unclear"


def advance(known: Followed, status: Status) -> Followed:
    """`known` after one more status. Statuses may come twice and in any order: an older center's word
    (lower `assignment_no`) changes nothing, a state never goes back, and after the end nothing changes."""
    if known.ended_at is not None or status.phase is Phase.PRE or status.assignment_no < known.assignment_no:
        return known
    history = known.history
    if all(state is not status.state for state, _ in history):
        history = tuple(sorted((*history, (status.state, status.at)), key=lambda line: (_ORDER[line[0]], line[1])))
    taken_over = status.assignment_no > known.assignment_no
    later = taken_over or _ORDER[status.state] > _ORDER[known.state]
    return replace(
        known,
        history=history,
        state=status.state if later else known.state,
        phase=status.phase if later else known.phase,
        serving=status.center if later else known.serving,
        assignment_no=max(known.assignment_no, status.assignment_no),
        ended_at=status.at if status.state in _ENDS else None,
        outcome=outcome_of(status),
    )


def followed_from_row(row: dict[str, Any]) -> Followed:
    """`Followed` from a `followed_alert` row."""
    return Followed(
        State(row["state"]),
        Phase(row["phase"]),
        int(row["serving"].get("assignment_no", 1)),
        CenterRef.model_validate(row["serving"]),
        tuple((State(line["state"]), datetime.fromisoformat(line["at"])) for line in row["history"]),
        row["ended_at"],
        row["outcome"],
    )
