"""The phone's brain for one cry for help: `step(state, input, now) -> (state, effects)`. Pure.

    idle ──a trigger──▶ countdown ──time, or hold to confirm──▶ active ──center closes──▶ closed ──▶ idle
                         └── PIN ──▶ idle                        └── PIN ──▶ idle

Whoever uses the brain needs this module alone. Behind it: `signals` (inputs and effects), `state` (what it holds, what
a screen may know), `raising`, `endings`, `keeping` (disk and restart). After either PIN positions go on for a while
(`quiet`); the router passes those of a forced person on and drops the others unread (docs/decisions/0007). A covert
alert is a session of its own behind the one on the screen (`hidden`). Times: `monotonic_s` for durations, `wall` for
what others read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mobile_app.core import endings, raising
from mobile_app.core.endings import ENDING_STATES
from mobile_app.core.keeping import resume, save
from mobile_app.core.messages import CANCEL, DURESS
from mobile_app.core.profiles import COUNTDOWN_S
from mobile_app.core.raising import WINDOW_MISSED_S
from mobile_app.core.signals import (
    AcceptedBy,
    AtHome,
    Capture,
    Confirmed,
    DialDue,
    Dismissed,
    DrillChosen,
    Effect,
    Fell,
    HoldReleased,
    HoldStarted,
    Input,
    KeyPressed,
    LineEnded,
    LineOver,
    Linger,
    Moment,
    NoiseStopped,
    Notify,
    OfferDial,
    PinChecked,
    RescueConfirmed,
    Revealed,
    RulesChosen,
    SafeHoldMissed,
    SafeHoldReleased,
    SafeHoldStarted,
    SaidArrived,
    SaidDelivered,
    Say,
    Screamed,
    Send,
    Shaken,
    Shown,
    Sound,
    SpeakUp,
    StatusArrived,
    Strobe,
    Tapped,
    Tick,
    Track,
    TryCaptures,
    Untrack,
    Vibrate,
    WalkOverdue,
)
from mobile_app.core.state import (
    ALIVE,
    CLOSED,
    COUNTDOWN,
    FREE_WRONG_PINS,
    HOLD_S,
    IDLE,
    LONGEST_PIN_PAUSE_S,
    RUNNING,
    Answer,
    Session,
    Step,
    asks_safe,
    hold_share,
    pin_pause_s,
    remaining_s,
    tracked,
    unsaid,
    visible,
)

__all__ = [
    "ALIVE",
    "AcceptedBy",
    "Answer",
    "AtHome",
    "CANCEL",
    "CLOSED",
    "COUNTDOWN",
    "COUNTDOWN_S",
    "Capture",
    "Confirmed",
    "DRILL_LASTS_S",
    "DURESS",
    "DialDue",
    "Dismissed",
    "DrillChosen",
    "ENDING_STATES",
    "Effect",
    "FREE_WRONG_PINS",
    "Fell",
    "HOLD_S",
    "HoldReleased",
    "HoldStarted",
    "IDLE",
    "Input",
    "KeyPressed",
    "LONGEST_PIN_PAUSE_S",
    "LineEnded",
    "LineOver",
    "Linger",
    "Moment",
    "NoiseStopped",
    "Notify",
    "OfferDial",
    "PinChecked",
    "RUNNING",
    "RescueConfirmed",
    "Revealed",
    "RulesChosen",
    "SafeHoldMissed",
    "SafeHoldReleased",
    "SafeHoldStarted",
    "SaidArrived",
    "SaidDelivered",
    "Say",
    "Screamed",
    "Send",
    "Session",
    "Shaken",
    "Shown",
    "Sound",
    "SpeakUp",
    "StatusArrived",
    "Step",
    "Strobe",
    "Tapped",
    "Tick",
    "Track",
    "TryCaptures",
    "Untrack",
    "Vibrate",
    "WINDOW_MISSED_S",
    "WalkOverdue",
    "asks_safe",
    "hold_share",
    "pin_pause_s",
    "remaining_s",
    "resume",
    "save",
    "step",
    "tracked",
    "unsaid",
    "visible",
]

DRILL_LASTS_S = 300.0
_BEHIND = (Tick, AcceptedBy, StatusArrived, LineOver, SaidArrived, SaidDelivered, DialDue)
"""What also reaches the covert alert behind the screen; a PIN ends both by itself."""


def step(state: Session, happened: Input, now: Moment) -> Answer:
    """What the phone becomes and what it must do. Inputs that don't fit the phase change nothing."""
    answer = _ANSWERS[type(happened)]
    state, effects = answer(state, happened, now)
    if state.hidden is None or not isinstance(happened, _BEHIND):
        return state, effects
    hidden, more = answer(state.hidden, happened, now)
    if hidden is state.hidden and not more:
        return state, effects
    state, unseen = endings.behind(state, hidden, more)
    return state, (*effects, *unseen)


def _drill_chosen(state: Session, happened: DrillChosen, now: Moment) -> Answer:
    """Drill mode ends by itself, so that nobody calls for help in earnest with the drill left on."""
    if state.phase != IDLE:
        return state, ()
    return replace(state, drill_until_s=now.monotonic_s + DRILL_LASTS_S if happened.on else None), ()


def _at_home(state: Session, happened: AtHome, _: Moment) -> Answer:
    return replace(state, is_at_home=happened.on), ()


def _rules_chosen(state: Session, happened: RulesChosen, _: Moment) -> Answer:
    """An alert that is going on keeps the countdown and the profile with which it was raised."""
    countdown_s = state.countdown_s if state.phase in ALIVE else happened.rules.countdown_s
    return replace(state, rules=happened.rules, countdown_s=countdown_s), ()


_ANSWERS: dict[type, Callable[[Session, Any, Moment], Answer]] = {
    HoldStarted: raising.hold_started, HoldReleased: raising.hold_released, Tapped: raising.tapped,
    SafeHoldStarted: raising.safe_hold_started, SafeHoldReleased: raising.safe_hold_released,
    SafeHoldMissed: raising.safe_hold_missed,
    KeyPressed: raising.key_pressed, Shaken: raising.shaken, Fell: raising.fell, Screamed: raising.screamed,
    WalkOverdue: raising.walk_overdue, Confirmed: raising.confirmed, Tick: raising.tick,
    PinChecked: endings.pin_checked, AcceptedBy: endings.accepted, StatusArrived: endings.status_arrived,
    LineEnded: endings.line_ended, LineOver: endings.line_over,
    NoiseStopped: endings.noise_stopped, DialDue: endings.dial_due,
    Revealed: endings.revealed, RescueConfirmed: endings.rescue_confirmed, Dismissed: endings.dismissed,
    SaidArrived: endings.said_arrived, Say: endings.say, SaidDelivered: endings.said_delivered,
    DrillChosen: _drill_chosen, AtHome: _at_home, RulesChosen: _rules_chosen,
}  # fmt: skip
