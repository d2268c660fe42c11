"""How an alert ends: by a PIN, by its center, by her own word that she is safe; and how a covert one comes to light.
Pure.

The duress PIN leads to the very same state as the cancel PIN (invariant 9): what differs is six letters of one message.
Where no alert is going on it raises one that stands at once where a forced cancel would leave it: among the quiet ones.
"""

from __future__ import annotations

from dataclasses import replace

from mobile_app.core import talk
from mobile_app.core.ids import uuid7
from mobile_app.core.messages import ACTIVE, CANCEL, DURESS, ENDED, PRE, Said, write_time
from mobile_app.core.profiles import COVERT, SILENT
from mobile_app.core.raising import AGAIN, raise_alert, shown_on
from mobile_app.core.signals import (
    AcceptedBy,
    DialDue,
    Effect,
    Input,
    LineEnded,
    LineOver,
    Linger,
    Moment,
    Notify,
    OfferDial,
    PinChecked,
    RescueConfirmed,
    SaidArrived,
    SaidDelivered,
    Say,
    Shown,
    Sound,
    SpeakUp,
    StatusArrived,
    Strobe,
    Track,
    Untrack,
    Vibrate,
)
from mobile_app.core.state import (
    ALIVE,
    BEAT_MS,
    CLOSED,
    IDLE,
    RUNNING,
    Answer,
    Session,
    Step,
    asks_safe,
    at_rest,
    hushed,
    left,
    message,
    unseen,
    with_quiet,
)

ENDING_STATES = ("closed", "cancelled")
MOST_STEPS = 30
SAFE, DANGER = "safe", "danger"


# ---- by a PIN -------------------------------------------------------------------------------------------------------


def pin_checked(state: Session, happened: PinChecked, now: Moment) -> Answer:
    is_shown = state.phase in ALIVE
    beat: tuple[Effect, ...] = (Vibrate(BEAT_MS),) if is_shown else ()
    if happened.verdict not in (CANCEL, DURESS):
        return replace(state, notice="wrong_pin", wrong_pins=state.wrong_pins + 1), beat
    going = [one for one in (state, state.hidden) if one is not None and one.phase in ALIVE]
    if not going:
        calm = replace(state, notice="", wrong_pins=0)
        return _forced(calm, now) if happened.verdict == DURESS else (calm, ())
    effects: list[Effect] = [message(one, ENDED, happened.verdict) for one in going]
    for one in going:
        effects += hushed(one) if one is state else unseen(hushed(one))
    rest = with_quiet(replace(state, hidden=None), *(one.alert_id for one in going))
    if not is_shown:
        return replace(rest, notice="", wrong_pins=0), tuple(effects)
    return at_rest(replace(rest, wrong_pins=0), notice="cancelled"), (*effects, *beat, Notify(None))


def _forced(state: Session, now: Moment) -> Answer:
    """The duress PIN where nothing goes on: a cry for help, and its forced cancel with it."""
    alert = Session(
        alert_id=uuid7(now.wall, now.entropy), trigger=DURESS, profile=COVERT, raised_at=write_time(now.wall) or "",
        countdown_s=0.0, is_drill=state.drill_until_s is not None, is_at_home=state.is_at_home,
    )  # fmt: skip
    effects = (message(alert, ACTIVE), message(alert, ENDED, DURESS), Track(alert.alert_id))
    return with_quiet(state, alert.alert_id), effects


# ---- by its center --------------------------------------------------------------------------------------------------


def accepted(state: Session, happened: AcceptedBy, _: Moment) -> Answer:
    word = happened.accepted
    if word.alert_id != state.alert_id or state.phase not in ALIVE:
        return state, ()
    if word.phase in (PRE, ACTIVE) and word.phase not in state.accepted:
        state = replace(state, accepted=(*state.accepted, word.phase))
    if word.assignment_no < state.assignment_no:
        return state, ()
    return replace(state, center=word.center.to_json(), assignment_no=word.assignment_no), ()


def status_arrived(state: Session, happened: StatusArrived, now: Moment) -> Answer:
    status = happened.status
    if status.alert_id in state.quiet and status.state in ENDING_STATES:
        return _no_longer_quiet(state, status.alert_id)
    if status.alert_id != state.alert_id or status.assignment_no < state.assignment_no or state.phase not in ALIVE:
        return state, ()
    steps = state.steps
    # A center's receipt of the pre-alert is no receipt of the alert: nobody shall read "received" too early.
    if status.phase != PRE and status.state not in [known.state for known in steps]:
        steps = (*steps, Step(status.state, write_time(status.at or now.wall) or ""))[:MOST_STEPS]
    heard = replace(state, steps=steps, center=status.center.to_json(), assignment_no=status.assignment_no)
    if status.state in ENDING_STATES and state.phase == RUNNING:
        return _closed(heard)
    return heard, ()


def line_over(state: Session, happened: LineOver, _: Moment) -> Answer:
    """Ended though nobody entered a PIN here: it is over as when its center closes it, and a touch brings it back as a
    new one. After her own PIN this is no news."""
    return _closed(state) if happened.alert_id == state.alert_id and state.phase == RUNNING else (state, ())


def _closed(state: Session) -> Answer:
    """Whoever said on scene that she is not safe is asked again."""
    closed = replace(
        state, phase=CLOSED, is_noisy=False, is_capturing=False, dial="", is_lingering=True,
        answer=state.answer if state.answer == SAFE else "",
    )  # fmt: skip
    return closed, (*hushed(state), Linger(state.alert_id), Vibrate(BEAT_MS), Notify(CLOSED))


def behind(state: Session, hidden: Session, effects: tuple[Effect, ...]) -> Answer:
    """The covert alert goes on, or ends unseen when its center has closed it."""
    if hidden.phase != CLOSED:
        return replace(state, hidden=hidden), unseen(effects)
    return replace(state, hidden=None), (*unseen(effects), Untrack(hidden.alert_id))


def line_ended(state: Session, happened: LineEnded, _: Moment) -> Answer:
    alert_id = happened.alert_id
    if alert_id in state.quiet:
        return _no_longer_quiet(state, alert_id)
    waits = any(one.alert_id == alert_id for one in state.afterwards)
    lingers = state.phase == CLOSED and state.is_lingering and state.alert_id == alert_id
    if not (waits or lingers):
        return state, ()
    rest = replace(state, afterwards=tuple(one for one in state.afterwards if one.alert_id != alert_id))
    return (replace(rest, is_lingering=False) if lingers else rest), (Untrack(alert_id),)


def _no_longer_quiet(state: Session, alert_id: str) -> Answer:
    return replace(state, quiet=tuple(one for one in state.quiet if one != alert_id)), (Untrack(alert_id),)


# ---- while it goes on and afterwards --------------------------------------------------------------------------------


def noise_stopped(state: Session, _: Input, __: Moment) -> Answer:
    return (replace(state, is_noisy=False), (Sound(None), Strobe(False))) if state.is_noisy else (state, ())


def dial_due(state: Session, happened: DialDue, _: Moment) -> Answer:
    if happened.alert_id != state.alert_id or state.phase not in ALIVE or happened.number == state.dial:
        return state, ()
    return replace(state, dial=happened.number), (OfferDial(happened.number),)


def revealed(state: Session, _: Input, __: Moment) -> Answer:
    """Her covert alert comes onto the screen and is a silent one from now on."""
    hidden = state.hidden
    if hidden is None or state.phase in ALIVE:
        return state, ()
    shown = shown_on(replace(hidden, profile=SILENT), at_rest(replace(state, hidden=None)))
    heard = tuple(Shown(one.alert_id, one.said_id) for one in shown.talk.lines if one.by != "person")
    offer = (OfferDial(shown.dial),) if shown.dial else ()
    return shown, (*left(state), Notify(shown.phase), *offer, *heard)


def rescue_confirmed(state: Session, happened: RescueConfirmed, now: Moment) -> Answer:
    """On scene both answers are lines of the talk. After the close the center hears "safe", and "not safe" is a new cry
    for help: nobody may be looking at a closed incident any more."""
    if not asks_safe(state):
        return state, ()
    answered = replace(state, answer=SAFE if happened.is_safe else DANGER)
    word = Say("quick", code="safe_now" if happened.is_safe else "danger")
    if state.phase == RUNNING:
        return say(answered, word, now)
    if not happened.is_safe:
        return raise_alert(state, AGAIN, now, countdown_s=0.0, profile=state.profile)
    said = _line(state, word, now)
    again = () if state.is_lingering else (Linger(state.alert_id),)  # its line has ended meanwhile
    return replace(answered, afterwards=(*state.afterwards, said)), (*again, SpeakUp(state.alert_id))


def dismissed(state: Session, _: Input, __: Moment) -> Answer:
    """Where nothing goes on only the notice goes: a finger that is down stays down."""
    if state.phase == IDLE:
        return replace(state, notice=""), ()
    return (at_rest(state), left(state)) if state.phase == CLOSED else (state, ())


# ---- the talk -------------------------------------------------------------------------------------------------------


def said_arrived(state: Session, happened: SaidArrived, _: Moment) -> Answer:
    """Only of a running alert. After a PIN, whichever it was, not even an answer goes back."""
    said = happened.said
    if said.alert_id != state.alert_id or state.phase not in ALIVE:
        return state, ()
    return replace(state, talk=talk.hear(state.talk, said)), (Shown(said.alert_id, said.said_id),)


def say(state: Session, happened: Say, now: Moment) -> Answer:
    if state.phase not in ALIVE:
        return state, ()
    spoken = talk.speak(state.talk, _line(state, happened, now))
    return (state, ()) if spoken is state.talk else (replace(state, talk=spoken), (SpeakUp(state.alert_id),))


def _line(state: Session, word: Say, now: Moment) -> Said:
    return Said(
        said_id=uuid7(now.wall, now.entropy), alert_id=state.alert_id, at=now.wall, assignment_no=state.assignment_no,
        kind=word.kind, code=word.code, text=word.text, language=word.language,
        ref=word.ref or talk.last_heard(state.talk),
    )  # fmt: skip


def said_delivered(state: Session, happened: SaidDelivered, _: Moment) -> Answer:
    alert_id = happened.alert_id
    afterwards = tuple(one for one in state.afterwards if one.said_id != happened.said_id)
    if afterwards != state.afterwards:
        state = replace(state, afterwards=afterwards)
        if any(one.alert_id == alert_id for one in afterwards):
            return state, ()
        is_here = state.phase == CLOSED and state.alert_id == alert_id
        return (replace(state, is_lingering=False) if is_here else state), (Untrack(alert_id),)
    if alert_id != state.alert_id:
        return state, ()
    after = talk.delivered(state.talk, happened.said_id)
    return (state if after is state.talk else replace(state, talk=after)), ()
