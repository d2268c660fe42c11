"""The phone's brain for one cry for help: `step(state, input, now) -> (state, effects)`. Pure.

    idle ──hold 1 s or shake──▶ countdown ──time, or hold to confirm──▶ active ──center closes──▶ closed ──▶ idle
                                  └── PIN ──▶ idle                        └── PIN ──▶ idle

A pre-alert leaves at the first moment of the countdown, so a smashed phone still calls for help. Only a PIN stops it.
The duress PIN leads to the very same state as the cancel PIN (invariant 9): what differs is six letters of one message,
and nothing in memory, on disk or in the traffic remembers them. After either, positions go on for a while (`quiet`);
the router passes those of a forced person on and drops the others unread (docs/decisions/0007). Times: `monotonic_s`
for durations, `wall` for what others read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import floor
from typing import Any

from mobile_app.core import talk
from mobile_app.core.ids import uuid7
from mobile_app.core.messages import ACTIVE, CANCEL, DRILL, DURESS, ENDED, PRE, SOS, Said, write_time
from mobile_app.core.profiles import COUNTDOWN_S
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
    Linger,
    Moment,
    NoiseStopped,
    Notify,
    OfferDial,
    PinChecked,
    RescueConfirmed,
    Revealed,
    RulesChosen,
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
    Untrack,
    Vibrate,
    WalkOverdue,
)
from mobile_app.core.talk import Talk

__all__ = [
    "AcceptedBy",
    "Answer",
    "AtHome",
    "CANCEL",
    "CLOSED",
    "COUNTDOWN",
    "COUNTDOWN_S",
    "Capture",
    "Confirmed",
    "DURESS",
    "DialDue",
    "Dismissed",
    "DrillChosen",
    "ENDING_STATES",
    "Effect",
    "Fell",
    "HOLD_S",
    "HoldReleased",
    "HoldStarted",
    "IDLE",
    "Input",
    "KeyPressed",
    "LONGEST_PIN_PAUSE_S",
    "LineEnded",
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
    "Untrack",
    "Vibrate",
    "WalkOverdue",
    "hold_share",
    "pin_pause_s",
    "remaining_s",
    "resume",
    "save",
    "step",
    "visible",
]

IDLE, COUNTDOWN, RUNNING, CLOSED = "idle", "countdown", "active", "closed"
HOLD_S = 1.0
DRILL_LASTS_S = 300.0
FREE_WRONG_PINS, LONGEST_PIN_PAUSE_S = 3, 30.0
BEAT_MS, RAISED_MS = (180,), (400, 120, 400)
ENDING_STATES = ("closed", "cancelled")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that became of the alert: a status name and when (ISO 8601)."""

    state: str
    at: str


@dataclass(frozen=True, slots=True)
class Session:
    phase: str = IDLE
    countdown_s: float = COUNTDOWN_S
    hold_since_s: float | None = None
    drill_until_s: float | None = None
    alert_id: str = ""
    trigger: str = ""
    is_drill: bool = False
    raised_at: str = ""
    started_s: float = 0.0
    beats: int = 0
    center: dict[str, str] | None = None
    assignment_no: int = 0
    steps: tuple[Step, ...] = ()
    notice: str = ""
    quiet: tuple[str, ...] = ()
    wrong_pins: int = 0
    talk: Talk = Talk()


Answer = tuple[Session, tuple[Effect, ...]]


def step(state: Session, happened: Input, now: Moment) -> Answer:
    """What the phone becomes and what it must do. Inputs that don't fit the phase change nothing."""
    answer = _ANSWERS.get(type(happened))
    return answer(state, happened, now) if answer else (state, ())


def visible(state: Session) -> dict[str, Any]:
    """Everything that a screen may depend on."""
    return {
        "phase": state.phase, "alert_id": state.alert_id, "trigger": state.trigger, "is_drill": state.is_drill,
        "is_drill_chosen": state.drill_until_s is not None, "center": state.center, "steps": state.steps,
        "notice": state.notice, "hold_since_s": state.hold_since_s, "started_s": state.started_s,
        "countdown_s": state.countdown_s, "talk": state.talk,
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


def _message(state: Session, phase: str, outcome: str = "") -> Send:
    return Send(
        state.alert_id,
        phase,
        DRILL if state.is_drill else SOS,
        state.trigger,
        state.raised_at,
        state.countdown_s,
        outcome,
    )


def _raise_alert(state: Session, trigger: str, now: Moment) -> Answer:
    started = replace(
        _at_rest(state),
        phase=COUNTDOWN,
        alert_id=uuid7(now.wall, now.entropy),
        trigger=trigger,
        is_drill=state.drill_until_s is not None,
        raised_at=write_time(now.wall) or "",
        started_s=now.monotonic_s,
        beats=1,
    )
    if state.countdown_s <= 0:
        return _activate(started, now)
    return started, (_message(started, PRE), Track(started.alert_id), Vibrate(BEAT_MS))


def _activate(state: Session, now: Moment) -> Answer:
    raised = Step("raised", write_time(now.wall) or "")
    active = replace(state, phase=RUNNING, hold_since_s=None, notice="", steps=(raised, *state.steps))
    return active, (_message(active, ACTIVE), Track(active.alert_id), Vibrate(RAISED_MS))


def _at_rest(state: Session, notice: str = "") -> Session:
    """Idle again: only the settings and the quiet alerts stay; a drill that took place ends drill mode."""
    drill = None if state.alert_id and state.is_drill else state.drill_until_s
    return Session(countdown_s=state.countdown_s, drill_until_s=drill, quiet=state.quiet, notice=notice)


def _hold_started(state: Session, _: Input, now: Moment) -> Answer:
    if state.phase not in (IDLE, COUNTDOWN) or state.hold_since_s is not None:
        return state, ()
    return replace(state, hold_since_s=now.monotonic_s, notice=""), ()


def _hold_released(state: Session, _: Input, now: Moment) -> Answer:
    """A release at or after the full second counts even if no tick came in between."""
    state, effects = _tick(state, Tick(), now)
    return replace(state, hold_since_s=None), effects


def _shaken(state: Session, _: Input, now: Moment) -> Answer:
    return _raise_alert(state, "shake", now) if state.phase in (IDLE, CLOSED) else (state, ())


def _confirmed(state: Session, _: Input, now: Moment) -> Answer:
    return _activate(state, now) if state.phase == COUNTDOWN else (state, ())


def _pin_checked(state: Session, happened: PinChecked, now: Moment) -> Answer:
    if state.phase not in (COUNTDOWN, RUNNING):
        return state, ()
    if happened.verdict not in (CANCEL, DURESS):
        return replace(state, notice="wrong_pin", wrong_pins=state.wrong_pins + 1), (Vibrate(BEAT_MS),)
    rest = replace(_at_rest(state, notice="cancelled"), quiet=(*state.quiet, state.alert_id))
    return rest, (_message(state, ENDED, happened.verdict), Vibrate(BEAT_MS))


def _tick(state: Session, _: Input, now: Moment) -> Answer:
    held = hold_share(state, now.monotonic_s) >= 1.0
    if state.phase == IDLE:
        if held:
            return _raise_alert(state, "hold", now)
        expired = state.drill_until_s is not None and now.monotonic_s >= state.drill_until_s
        return (replace(state, drill_until_s=None) if expired else state), ()
    if state.phase != COUNTDOWN:
        return state, ()
    if held or now.monotonic_s >= state.started_s + state.countdown_s:
        return _activate(state, now)
    beats = 1 + floor(now.monotonic_s - state.started_s)
    return (replace(state, beats=beats), (Vibrate(BEAT_MS),)) if beats > state.beats else (state, ())


def _accepted(state: Session, happened: AcceptedBy, _: Moment) -> Answer:
    accepted = happened.accepted
    if accepted.alert_id != state.alert_id or accepted.assignment_no < state.assignment_no:
        return state, ()
    return replace(state, center=accepted.center.to_json(), assignment_no=accepted.assignment_no), ()


def _status(state: Session, happened: StatusArrived, now: Moment) -> Answer:
    status = happened.status
    if status.alert_id in state.quiet and status.state in ENDING_STATES:
        return replace(state, quiet=tuple(i for i in state.quiet if i != status.alert_id)), (Untrack(status.alert_id),)
    if status.alert_id != state.alert_id or status.assignment_no < state.assignment_no:
        return state, ()
    steps = state.steps
    # A center's receipt of the pre-alert is no receipt of the alert: nobody shall read "received" too early.
    if status.phase != PRE and status.state not in [known.state for known in steps]:
        steps = (*steps, Step(status.state, write_time(status.at or now.wall) or ""))
    heard = replace(state, steps=steps, center=status.center.to_json(), assignment_no=status.assignment_no)
    if status.state in ENDING_STATES and state.phase == RUNNING:
        return replace(heard, phase=CLOSED), (Untrack(state.alert_id), Vibrate(BEAT_MS))
    return heard, ()


def _line_ended(state: Session, happened: LineEnded, _: Moment) -> Answer:
    if happened.alert_id not in state.quiet:
        return state, ()
    rest = tuple(alert_id for alert_id in state.quiet if alert_id != happened.alert_id)
    return replace(state, quiet=rest), (Untrack(happened.alert_id),)


def _said_arrived(state: Session, happened: SaidArrived, _: Moment) -> Answer:
    """Only on the screen of its own running alert. After a PIN, whichever it was, not even an answer goes back."""
    said = happened.said
    if said.alert_id != state.alert_id or state.phase not in (COUNTDOWN, RUNNING):
        return state, ()
    return replace(state, talk=talk.hear(state.talk, said)), (Shown(said.alert_id, said.said_id),)


def _say(state: Session, happened: Say, now: Moment) -> Answer:
    if state.phase not in (COUNTDOWN, RUNNING):
        return state, ()
    said = Said(
        said_id=uuid7(now.wall, now.entropy), alert_id=state.alert_id, at=now.wall, assignment_no=state.assignment_no,
        kind=happened.kind, code=happened.code, text=happened.text, language=happened.language,
        ref=happened.ref or talk.last_heard(state.talk),
    )  # fmt: skip
    spoken = talk.speak(state.talk, said)
    return (state, ()) if spoken is state.talk else (replace(state, talk=spoken), (SpeakUp(state.alert_id),))


def _said_delivered(state: Session, happened: SaidDelivered, _: Moment) -> Answer:
    if happened.alert_id != state.alert_id:
        return state, ()
    after = talk.delivered(state.talk, happened.said_id)
    return (state if after is state.talk else replace(state, talk=after)), ()


def _drill_chosen(state: Session, happened: DrillChosen, now: Moment) -> Answer:
    """Drill mode ends by itself, so that nobody calls for help in earnest with the drill left on."""
    if state.phase != IDLE:
        return state, ()
    return replace(state, drill_until_s=now.monotonic_s + DRILL_LASTS_S if happened.on else None), ()


def _dismissed(state: Session, _: Input, __: Moment) -> Answer:
    return (_at_rest(state), ()) if state.phase in (CLOSED, IDLE) else (state, ())


_ANSWERS: dict[type, Callable[[Session, Any, Moment], Answer]] = {
    HoldStarted: _hold_started, HoldReleased: _hold_released, Shaken: _shaken, Confirmed: _confirmed,
    PinChecked: _pin_checked, Tick: _tick, AcceptedBy: _accepted, StatusArrived: _status,
    DrillChosen: _drill_chosen, LineEnded: _line_ended, Dismissed: _dismissed,
    SaidArrived: _said_arrived, Say: _say, SaidDelivered: _said_delivered,
}  # fmt: skip


def save(state: Session) -> dict[str, Any]:
    """JSON of what must survive a kill. Monotonic times don't: `raised_at` brings the countdown back."""
    return {
        "phase": state.phase, "countdown_s": state.countdown_s, "alert_id": state.alert_id, "trigger": state.trigger,
        "is_drill": state.is_drill, "raised_at": state.raised_at, "center": state.center,
        "assignment_no": state.assignment_no, "steps": [[one.state, one.at] for one in state.steps],
        "quiet": list(state.quiet), "wrong_pins": state.wrong_pins, "talk": talk.save(state.talk),
    }  # fmt: skip


def resume(saved: dict[str, Any], now: Moment) -> Session:
    """The session after a restart; a countdown goes on where it would be by now.

    Raises KeyError, TypeError or ValueError for anything that `save` did not write.
    """
    state = Session(
        **{name: saved[name] for name in ("phase", "countdown_s", "alert_id", "trigger", "is_drill", "raised_at")},
        center=saved["center"], assignment_no=int(saved["assignment_no"]),
        steps=tuple(Step(str(name), str(at)) for name, at in saved["steps"]), quiet=tuple(map(str, saved["quiet"])),
        wrong_pins=int(saved["wrong_pins"]), talk=talk.resume(saved.get("talk")),
    )  # fmt: skip
    if state.phase != COUNTDOWN:
        return state
    gone: timedelta = now.wall - datetime.fromisoformat(state.raised_at.replace("Z", "+00:00"))
    gone_s = min(max(0.0, gone.total_seconds()), state.countdown_s)
    return replace(state, started_s=now.monotonic_s - gone_s, beats=1 + floor(gone_s))
