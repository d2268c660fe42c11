"""The rules of talking with the person: who may, how much, in whose language; and the silent caller's questions. Pure.

The silent caller answers by taps on her phone: one is yes, two are no, a hold is danger. `next_question` walks a fixed
tree: what it finds out is shown to the operator, who decides; nothing here sends anybody anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

Kind = Literal["text", "quick", "tap", "phrase", "call"]
MOST_CHARACTERS = 500
LINES_A_MINUTE = 20
MINUTE = timedelta(seconds=60)
WORKED = ("acknowledged", "dispatched", "on_scene")
DEFAULT_LANGUAGE = "en"  # for a language that the catalogue does not have
YES, NO, DANGER = "yes", "no", "danger"


@dataclass(frozen=True)
class Facts:
    """What decides whether an operator may speak now. `owner_id` None: nobody has the incident."""

    state: str
    phase: str
    incident_role: str
    is_owner: bool
    is_supervisor: bool
    has_owner: bool
    alert_on_the_line: bool
    said_in_the_last_minute: int = 0


def may_say(facts: Facts) -> str:
    """Empty, or the code of the first reason why not."""
    if facts.state not in (*WORKED, "received"):
        return "incident_closed"
    if facts.incident_role != "owner":
        return "not_owner"
    if facts.phase == "pre":
        return "not_live"
    if not facts.has_owner:
        return "not_acknowledged"
    if not (facts.is_owner or facts.is_supervisor):
        return "already_taken"
    if not facts.alert_on_the_line:
        return "phone_is_quiet"
    if facts.said_in_the_last_minute >= LINES_A_MINUTE:
        return "too_many_lines"
    return ""


def dialable(number: str) -> str:
    """The number as an exchange may dial it: digits, perhaps after a plus. "" for anything else: whoever raised the
    alert has typed it, and it must not become a dial string of its own."""
    plain = re.sub(r"[ ().-]", "", number.strip())
    return plain if re.fullmatch(r"\+?[0-9]{3,15}", plain, re.ASCII) else ""


def must_confirm(*, profile: Mapping[str, Any], is_duress: bool) -> str:
    """Why a ringing phone may betray her: `silent_caller`, `duress`, or empty. An operator confirms in spite of it."""
    if is_duress:
        return "duress"
    return "silent_caller" if str(profile.get("call", "")).strip().lower() == "silent" else ""


def wait_s(said_at: Sequence[datetime], now: datetime) -> float:
    """Seconds until the next line may go out; `said_at` are the operators' lines of the incident in the last minute."""
    if len(said_at) < LINES_A_MINUTE:
        return 0.0
    oldest = sorted(said_at)[-LINES_A_MINUTE]
    return max(0.0, (oldest + MINUTE - now).total_seconds())


@dataclass(frozen=True)
class Step:
    """One coded question; `yes` and `no` name the next one ("" = no more), `finds` what a yes means."""

    yes: str
    no: str
    finds: str = ""


FIRST = "is_it_emergency"
TREE: dict[str, Step] = {
    "is_it_emergency": Step("is_attacker_near", "did_you_press_by_mistake", "emergency"),
    "did_you_press_by_mistake": Step("are_you_safe", "is_attacker_near", "pressed_by_mistake"),
    "are_you_safe": Step("", "is_attacker_near", "safe"),
    "is_attacker_near": Step("is_there_a_weapon", "are_you_hurt", "attacker_near"),
    "is_there_a_weapon": Step("are_you_hurt", "are_you_hurt", "weapon"),
    "are_you_hurt": Step("shall_we_send_ambulance", "are_you_in_a_vehicle", "hurt"),
    "shall_we_send_ambulance": Step("are_you_in_a_vehicle", "are_you_in_a_vehicle", "wants_ambulance"),
    "are_you_in_a_vehicle": Step("shall_we_send_police", "are_you_alone", "in_vehicle"),
    "are_you_alone": Step("shall_we_send_police", "shall_we_send_police", "alone"),
    "shall_we_send_police": Step("", "", "wants_police"),
}
# Answers by a quick reply count like taps: `hurt` to "are you hurt?" is a yes.
YES_TOO = frozenset(
    ("hurt", "in_vehicle", "safe_now", "need_police", "need_ambulance", "pressed_by_mistake", "being_followed")
)


@dataclass(frozen=True)
class Progress:
    """Where the silent talk stands: what to ask next ("" = no more), what was found out, whether she is in danger now.
    `asked` is a question that she has not answered yet."""

    next: str
    asked: str
    findings: tuple[str, ...]
    is_urgent: bool


def next_question(talk: Sequence[tuple[str, str]]) -> Progress:
    """`talk`: ("operator" | "person", code) in order. An answer belongs to the last coded question before it; one that
    is no answer leaves the question standing. A hold at any moment is danger, and ends the questions."""
    at, asked = FIRST, ""
    findings: list[str] = []
    for by, code in talk:
        if by == "operator":
            asked = code if code in TREE else asked
            at = asked or at
        elif code == DANGER:
            return Progress("", "", (*findings, "danger"), True)
        elif asked and (code in (YES, NO) or code in YES_TOO):
            step = TREE[asked]
            if code != NO and step.finds not in findings:
                findings.append(step.finds)
            at, asked = (step.no if code == NO else step.yes), ""
    return Progress(asked or at, asked, tuple(findings), "attacker_near" in findings)


CallState = Literal["shown", "dialling", "ringing", "answered", "ended", "failed"]
_MAY_FOLLOW: dict[str, tuple[str, ...]] = {
    "shown": ("answered", "ended", "failed"),
    "dialling": ("ringing", "answered", "ended", "failed"),
    "ringing": ("answered", "ended", "failed"),
    "answered": ("ended", "failed"),
    "ended": (),
    "failed": (),
}


def follows(state: str, news: str) -> bool:
    """Whether a call in `state` can become `news`: what comes late, twice or out of order changes nothing."""
    return news in _MAY_FOLLOW.get(state, ())


def durations(
    asked_at: datetime, ringing_at: datetime | None, answered_at: datetime | None, ended_at: datetime
) -> dict[str, float]:
    """Seconds for the timeline: until it was answered (or given up), and of talk."""
    until = answered_at or ended_at
    told = {"waited_s": round((until - (ringing_at or asked_at)).total_seconds(), 1)}
    return told | ({"talked_s": round((ended_at - answered_at).total_seconds(), 1)} if answered_at else {})
