"""What the brain holds: one immutable value, and what a screen may know of it. Pure.

The alert on the screen lies flat in `Session`; a covert one is a `Session` of its own in `hidden`. `visible` never
looks at that, so nothing that the screen shows can depend on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from mobile_app.core.messages import DRILL, SOS, Said
from mobile_app.core.profiles import COUNTDOWN_S, SILENT, Rules
from mobile_app.core.signals import Capture, Effect, OfferDial, Send, Sound, Strobe, Track, Untrack
from mobile_app.core.talk import Talk

IDLE, COUNTDOWN, RUNNING, CLOSED = "idle", "countdown", "active", "closed"
PHASES = (IDLE, COUNTDOWN, RUNNING, CLOSED)
ALIVE = (COUNTDOWN, RUNNING)
HOLD_S = 1.0
FREE_WRONG_PINS, LONGEST_PIN_PAUSE_S = 3, 30.0
BEAT_MS, RAISED_MS = (180,), (400, 120, 400)
SIREN = "siren"
ON_SCENE = "on_scene"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that became of the alert: a status name and when (ISO 8601)."""

    state: str
    at: str


@dataclass(frozen=True, slots=True)
class Session:
    """`safe_until_s`: nobody can say whether she still holds; then it counts as let go, and this moment only comes
    nearer. `quiet`: alerts ended by a PIN, whichever it was. `afterwards`: last lines of closed alerts, not yet
    delivered. `accepted`: the phases of this alert that the router has on disk. `answer`: hers to "are you safe?"."""

    phase: str = IDLE
    rules: Rules = Rules()
    hold_since_s: float | None = None
    safe_since_s: float | None = None
    safe_until_s: float | None = None
    taps: tuple[float, ...] = ()
    keys: tuple[float, ...] = ()
    drill_until_s: float | None = None
    is_at_home: bool = False
    walk_id: str = ""
    notice: str = ""
    wrong_pins: int = 0
    quiet: tuple[str, ...] = ()
    afterwards: tuple[Said, ...] = ()
    hidden: Session | None = None

    alert_id: str = ""
    trigger: str = ""
    profile: str = SILENT
    is_drill: bool = False
    raised_at: str = ""
    started_s: float = 0.0
    countdown_s: float = COUNTDOWN_S
    beats: int = 0
    accepted: tuple[str, ...] = ()
    is_noisy: bool = False
    is_capturing: bool = False
    center: dict[str, str] | None = None
    assignment_no: int = 0
    steps: tuple[Step, ...] = ()
    dial: str = ""
    answer: str = ""
    is_lingering: bool = False
    talk: Talk = Talk()


Answer = tuple[Session, tuple[Effect, ...]]


def visible(state: Session) -> dict[str, Any]:
    """Everything that a screen may depend on."""
    return {
        "phase": state.phase, "alert_id": state.alert_id, "trigger": state.trigger, "profile": state.profile,
        "is_drill": state.is_drill, "is_drill_chosen": state.drill_until_s is not None,
        "is_at_home": state.is_at_home, "center": state.center, "steps": state.steps, "notice": state.notice,
        "hold_since_s": state.hold_since_s, "safe_since_s": state.safe_since_s, "started_s": state.started_s,
        "countdown_s": state.countdown_s, "is_noisy": state.is_noisy, "dial": state.dial,
        "asks_safe": asks_safe(state), "answer": state.answer, "talk": state.talk,
    }  # fmt: skip


def remaining_s(state: Session, monotonic_s: float) -> float:
    """Seconds of the countdown still to go."""
    return max(0.0, state.started_s + state.countdown_s - monotonic_s) if state.phase == COUNTDOWN else 0.0


def pin_pause_s(state: Session) -> float:
    """How long the next PIN waits, whichever it is: whoever tries them all needs a day for four digits."""
    extra = state.wrong_pins - FREE_WRONG_PINS
    return 0.0 if extra < 0 else min(LONGEST_PIN_PAUSE_S, 2.0**extra)


def hold_share(state: Session, monotonic_s: float) -> float:
    """How far the ring around the button is, 0 to 1."""
    return 0.0 if state.hold_since_s is None else min(1.0, max(0.0, (monotonic_s - state.hold_since_s) / HOLD_S))


def asks_safe(state: Session) -> bool:
    """Whether the screen asks "are you safe?": help is there, or the center has closed, and she has not answered."""
    is_there = state.phase == CLOSED or (state.phase == RUNNING and ON_SCENE in (one.state for one in state.steps))
    return is_there and not state.answer


def unsaid(state: Session, alert_id: str) -> tuple[Said, ...]:
    """The lines of the person, of this alert, that the router may not have yet."""
    waiting = tuple(one for one in state.afterwards if one.alert_id == alert_id)
    for one in (state, state.hidden):
        if one is not None and one.alert_id == alert_id:
            waiting += one.talk.waiting
    return waiting


def tracked(state: Session) -> tuple[str, ...]:
    """The alerts whose positions go out."""
    alive = tuple(one.alert_id for one in (state, state.hidden) if one is not None and one.phase in ALIVE)
    return (*state.quiet, *alive)


# ---- for the rules beside this module -------------------------------------------------------------------------------


def at_rest(state: Session, notice: str = "") -> Session:
    """No alert on the screen: what is of the phone stays; a drill that took place ends drill mode."""
    drill = None if state.alert_id and state.is_drill else state.drill_until_s
    return Session(
        rules=state.rules, drill_until_s=drill, is_at_home=state.is_at_home, walk_id=state.walk_id, notice=notice,
        quiet=state.quiet, afterwards=state.afterwards, hidden=state.hidden, wrong_pins=state.wrong_pins,
        countdown_s=state.rules.countdown_s,
    )  # fmt: skip


def message(state: Session, phase: str, outcome: str = "") -> Send:
    return Send(
        alert_id=state.alert_id, phase=phase, service=DRILL if state.is_drill else SOS, trigger=state.trigger,
        raised_at=state.raised_at, countdown_s=state.countdown_s, outcome=outcome, profile=state.profile,
        is_at_home=state.is_at_home,
    )  # fmt: skip


def hushed(state: Session) -> tuple[Effect, ...]:
    """Ends what the phone does by itself for this alert."""
    effects: tuple[Effect, ...] = (Sound(None), Strobe(False)) if state.is_noisy else ()
    if state.is_capturing:
        effects += (Capture(state.alert_id, False),)
    return effects + ((OfferDial(""),) if state.dial else ())


def left(state: Session) -> tuple[Effect, ...]:
    """A closed alert leaves the screen; its line stays as long as a last word is on its way."""
    waits = any(one.alert_id == state.alert_id for one in state.afterwards)
    return (Untrack(state.alert_id),) if state.is_lingering and not waits else ()


def unseen(effects: Iterable[Effect]) -> tuple[Effect, ...]:
    """What is left of effects when nothing may be seen, heard or felt."""
    return tuple(one for one in effects if isinstance(one, Send | Track | Untrack | Capture))


def with_quiet(state: Session, *alert_ids: str) -> Session:
    return replace(state, quiet=tuple(dict.fromkeys((*state.quiet, *alert_ids))))
