"""How an alert is raised, counts down and becomes active. Pure.

A pre-alert leaves at the first moment of the countdown, so a smashed phone still calls for help; only a PIN stops it.
"""

from __future__ import annotations

from dataclasses import replace
from math import floor

from mobile_app.core.ids import uuid7
from mobile_app.core.messages import ACTIVE, PRE, write_time
from mobile_app.core.profiles import COUNTDOWN_S, COVERT, LOUD
from mobile_app.core.signals import (
    Capture,
    Effect,
    HoldStarted,
    Input,
    KeyPressed,
    Moment,
    Notify,
    Sound,
    Strobe,
    Tapped,
    Tick,
    Track,
    TryCaptures,
    Vibrate,
    WalkOverdue,
)
from mobile_app.core.state import (
    ALIVE,
    BEAT_MS,
    COUNTDOWN,
    IDLE,
    RAISED_MS,
    RUNNING,
    SIREN,
    Answer,
    Session,
    Step,
    at_rest,
    hold_share,
    hushed,
    left,
    message,
    unseen,
    with_quiet,
)

DETECTED_COUNTDOWN_S = 15.0
PRESSES, PRESSES_WITHIN_S = 5, 3.0
SAFE_HOLD_FROM_S, WINDOW_MISSED_S = 1.0, 3.0
"""A touch shorter than the first is no hold. A window that held the safe-hold button, or a service that was killed, has
the second to come back before its silence counts as letting go."""
AGAIN = "again"


def raise_alert(
    state: Session,
    trigger: str,
    now: Moment,
    *,
    countdown_s: float | None = None,
    profile: str = "",
    alert_id: str = "",
) -> Answer:
    """Begin an alert where none is on the screen. A covert one begins behind the screen and leaves it as it is. A drill
    that was left running when drill mode had ended stands in nobody's way: it goes on among the quiet ones."""
    profile = profile or state.rules.profiles.of(trigger)
    if _is_covered(state, state) or (profile == COVERT and _is_covered(state, state.hidden)):
        return state, ()
    rest = _without_drill(at_rest(state), state)
    begun, effects = _begun(
        Session(
            phase=COUNTDOWN, rules=state.rules, is_at_home=state.is_at_home, trigger=trigger, profile=profile,
            alert_id=alert_id or uuid7(now.wall, now.entropy), raised_at=write_time(now.wall) or "",
            started_s=now.monotonic_s,
            countdown_s=state.rules.countdown_s if countdown_s is None else countdown_s, beats=1,
            is_drill=rest.drill_until_s is not None or (trigger == AGAIN and state.is_drill),
        ),
        now,
    )  # fmt: skip
    if profile == COVERT:
        return replace(_without_drill(state, state.hidden), hidden=begun), unseen(effects)
    return shown_on(begun, rest), (*left(state), *(hushed(state) if state.phase in ALIVE else ()), *effects)


def _is_covered(state: Session, one: Session | None) -> bool:
    """This alert is going on, so that another cry for help says nothing new."""
    if one is None or one.phase not in ALIVE:
        return False
    return not (one.is_drill and one.phase == RUNNING and state.drill_until_s is None)


def _without_drill(rest: Session, drill: Session | None) -> Session:
    return with_quiet(rest, drill.alert_id) if drill is not None and drill.phase in ALIVE else rest


def shown_on(alert: Session, rest: Session) -> Session:
    """This alert on the screen of this phone."""
    return replace(
        alert, drill_until_s=rest.drill_until_s, is_at_home=rest.is_at_home, walk_id=rest.walk_id, hidden=rest.hidden,
        quiet=rest.quiet, afterwards=rest.afterwards, wrong_pins=rest.wrong_pins,
    )  # fmt: skip


def _begun(alert: Session, now: Moment) -> Answer:
    track = Track(alert.alert_id)
    if alert.countdown_s <= 0:
        active, effects = activate(alert, now)
        return active, (effects[0], track, *effects[1:])
    return alert, (message(alert, PRE), track, Vibrate(BEAT_MS), Notify(COUNTDOWN))


def activate(state: Session, now: Moment) -> Answer:
    """The countdown is over. Loud only from here on; nothing is taken down of a drill, only the way is tried."""
    raised = Step("raised", write_time(now.wall) or "")
    is_noisy = state.profile == LOUD and (not state.is_drill or state.rules.is_loud_in_drill)
    chosen = state.rules.is_capturing_covertly if state.profile == COVERT else state.rules.is_capturing
    active = replace(
        state, phase=RUNNING, hold_since_s=None, notice="", steps=(raised, *state.steps), is_noisy=is_noisy,
        is_capturing=chosen and not state.is_drill,
    )  # fmt: skip
    tried = (TryCaptures(active.alert_id),) if chosen and state.is_drill else ()
    return active, (message(active, ACTIVE), Vibrate(RAISED_MS), *running(active), *tried)


def running(state: Session) -> tuple[Effect, ...]:
    """What goes on as long as the alert is active."""
    noise: tuple[Effect, ...] = (Sound(SIREN), Strobe(True)) if state.is_noisy else ()
    return (Notify(RUNNING), *noise, *((Capture(state.alert_id, True),) if state.is_capturing else ()))


# ---- what raises one ------------------------------------------------------------------------------------------------


def hold_started(state: Session, _: HoldStarted, now: Moment) -> Answer:
    if state.phase not in (IDLE, COUNTDOWN) or state.hold_since_s is not None:
        return state, ()
    return replace(state, hold_since_s=now.monotonic_s, notice=""), ()


def hold_released(state: Session, _: Input, now: Moment) -> Answer:
    """A release at or after the full second counts even if no tick came in between."""
    state, effects = tick(state, Tick(), now)
    return replace(state, hold_since_s=None), effects


def safe_hold_started(state: Session, _: Input, now: Moment) -> Answer:
    """Also what a new window says of a finger that is still down."""
    if state.safe_since_s is not None:
        return replace(state, safe_until_s=None), ()
    if state.phase != IDLE:
        return state, ()
    return replace(state, safe_since_s=now.monotonic_s, notice=""), ()


def safe_hold_missed(state: Session, _: Input, now: Moment) -> Answer:
    """Missed again, or by a service that was killed meanwhile, she gets no more time than she had."""
    if state.safe_since_s is None or state.safe_until_s is not None:
        return state, ()
    return replace(state, safe_until_s=now.monotonic_s + WINDOW_MISSED_S), ()


def safe_hold_released(state: Session, _: Input, now: Moment) -> Answer:
    """A touch that was no hold asks for nothing."""
    if state.safe_since_s is None:
        return state, ()
    held_s = now.monotonic_s - state.safe_since_s
    return _let_go(state, now) if held_s >= SAFE_HOLD_FROM_S else (held_no_more(state), ())


def _let_go(state: Session, now: Moment) -> Answer:
    return raise_alert(held_no_more(state), "release", now)


def held_no_more(state: Session) -> Session:
    return replace(state, safe_since_s=None, safe_until_s=None)


def tapped(state: Session, _: Tapped, now: Moment) -> Answer:
    taps = _lately(state.taps, 1, now)
    if len(taps) < PRESSES:
        return replace(state, taps=taps), ()
    return raise_alert(replace(state, taps=()), "tap", now)


def key_pressed(state: Session, happened: KeyPressed, now: Moment) -> Answer:
    keys = _lately(state.keys, happened.presses, now)
    if len(keys) < PRESSES:
        return replace(state, keys=keys), ()
    # Another app can press this key too: there is always time to take it back.
    countdown_s = max(state.rules.countdown_s, COUNTDOWN_S)
    return raise_alert(replace(state, keys=()), "key", now, countdown_s=countdown_s)


def _lately(presses: tuple[float, ...], more: int, now: Moment) -> tuple[float, ...]:
    kept = tuple(at_s for at_s in presses if abs(now.monotonic_s - at_s) <= PRESSES_WITHIN_S)
    return (kept + (now.monotonic_s,) * min(max(0, more), PRESSES))[-PRESSES:]


def shaken(state: Session, _: Input, now: Moment) -> Answer:
    return raise_alert(state, "shake", now)


def fell(state: Session, _: Input, now: Moment) -> Answer:
    return raise_alert(state, "fall", now, countdown_s=max(DETECTED_COUNTDOWN_S, state.rules.countdown_s))


def screamed(state: Session, _: Input, now: Moment) -> Answer:
    return raise_alert(state, "scream", now, countdown_s=max(DETECTED_COUNTDOWN_S, state.rules.countdown_s))


def walk_overdue(state: Session, happened: WalkOverdue, now: Moment) -> Answer:
    """An alert that is going on covers the walk, too; a drill does not, and ends: the home center raises the same alert
    in earnest. One that is raised there already has no countdown to wait for."""
    if not happened.walk_id or happened.walk_id == state.walk_id:
        return state, ()
    earnest = replace(state, walk_id=happened.walk_id, drill_until_s=None)
    countdown_s = 0.0 if happened.is_raised else None
    after, effects = raise_alert(earnest, "overdue_walk", now, countdown_s=countdown_s, alert_id=happened.alert_id)
    is_covered = any(one is not None and one.phase in ALIVE and not one.is_drill for one in (state, state.hidden))
    return (after, effects) if effects or is_covered else (state, ())


def confirmed(state: Session, _: Input, now: Moment) -> Answer:
    return activate(state, now) if state.phase == COUNTDOWN else (state, ())


def tick(state: Session, _: Input, now: Moment) -> Answer:
    if state.drill_until_s is not None and now.monotonic_s >= state.drill_until_s:
        state = replace(state, drill_until_s=None)
    if state.safe_until_s is not None and now.monotonic_s >= state.safe_until_s:
        return _let_go(state, now)
    is_held = hold_share(state, now.monotonic_s) >= 1.0
    if state.phase == IDLE:
        return raise_alert(replace(state, hold_since_s=None), "hold", now) if is_held else (state, ())
    if state.phase != COUNTDOWN:
        return state, ()
    if is_held or now.monotonic_s >= state.started_s + state.countdown_s:
        return activate(state, now)
    beats = 1 + floor(now.monotonic_s - state.started_s)
    return (replace(state, beats=beats), (Vibrate(BEAT_MS),)) if beats > state.beats else (state, ())
