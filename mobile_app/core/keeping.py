"""What of the brain is on disk, and how it goes on from there after a kill, at whatever moment. Pure.

Countdowns go on by the machine's monotonic clock, which all processes of one boot share; a smaller one means that the
phone was started again, which takes longer than any countdown. So a wall clock that jumped changes nothing.

The service writes the session before it does what `step` asked for, so the last effects may not have happened: `resume`
asks again for everything that must stand. Only an end goes into the outbox before the session is written, because the
session must not know which PIN it was: what is `waiting` there then tells that the alert has ended.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import floor, isfinite
from typing import Any

from mobile_app.core import talk
from mobile_app.core.messages import ACTIVE, ENDED, PRE, Said
from mobile_app.core.profiles import PROFILES, Rules
from mobile_app.core.raising import SAFE_HOLD_FROM_S, WINDOW_MISSED_S, running
from mobile_app.core.signals import Effect, Linger, Moment, Notify, OfferDial, SpeakUp, Track
from mobile_app.core.state import (
    ALIVE,
    CLOSED,
    COUNTDOWN,
    IDLE,
    PHASES,
    RUNNING,
    Answer,
    Session,
    Step,
    at_rest,
    message,
    unseen,
    with_quiet,
)

_PLAIN = {
    "phase": str, "is_at_home": bool, "walk_id": str, "wrong_pins": int, "alert_id": str, "trigger": str,
    "profile": str, "is_drill": bool, "raised_at": str, "started_s": float, "countdown_s": float, "is_noisy": bool,
    "is_capturing": bool, "assignment_no": int, "dial": str, "answer": str, "is_lingering": bool,
}  # fmt: skip


def save(state: Session) -> dict[str, Any]:
    """JSON of what must survive a kill. Drill mode does not: nobody shall call in earnest with the drill left on."""
    return {
        **{name: getattr(state, name) for name in _PLAIN},
        "is_holding_safe": state.safe_since_s is not None, "safe_since_s": state.safe_since_s,
        "safe_until_s": state.safe_until_s, "accepted": list(state.accepted), "center": state.center,
        "steps": [[one.state, one.at] for one in state.steps], "talk": talk.save(state.talk),
        "quiet": list(state.quiet), "afterwards": [one.to_json() for one in state.afterwards],
        "hidden": None if state.hidden is None else save(state.hidden),
    }  # fmt: skip


def resume(saved: Any, now: Moment, *, rules: Rules = Rules(), waiting: Iterable[tuple[str, str]] = ()) -> Answer:
    """The session after a restart, and what must be done (again) for it. `waiting`: alert id and phase of each message
    in the outbox. Raises KeyError, TypeError or ValueError for anything that `save` did not write."""
    state, messages = _read(saved, now, rules), set(waiting)
    state = _ended(state, {alert_id for alert_id, phase in messages if phase == ENDED})
    known = {one.alert_id for one in (state, state.hidden, *state.afterwards) if one is not None}
    strangers = dict.fromkeys(alert_id for alert_id, _ in messages if alert_id not in known)
    state = with_quiet(state, *strangers)
    if saved.get("is_holding_safe") and state.phase == IDLE:
        state = _held(state, saved, now)
    return state, _again(state, messages)


def _held(state: Session, saved: Any, now: Moment) -> Session:
    """Her finger may still be down: she has the same time to say so as after a lost window, but once only, however
    often the service is killed. Nobody holds through a start of the whole phone."""
    now_s, since_s, until_s = now.monotonic_s, saved.get("safe_since_s"), saved.get("safe_until_s")
    longest_s = now_s + WINDOW_MISSED_S
    if not _is_number(since_s):  # of an older phone
        since_s = now_s - SAFE_HOLD_FROM_S
    if not _is_number(until_s):
        until_s = longest_s
    if since_s > now_s or until_s > longest_s:
        since_s, until_s = now_s, now_s
    return replace(state, safe_since_s=float(since_s), safe_until_s=float(until_s))


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and isfinite(value)


def _ended(state: Session, ended: set[str]) -> Session:
    """A PIN was right just before the kill."""
    if state.hidden is not None and state.hidden.alert_id in ended:
        state = replace(with_quiet(state, state.hidden.alert_id), hidden=None, wrong_pins=0)
    if state.phase in ALIVE and state.alert_id in ended:
        state = at_rest(replace(with_quiet(state, state.alert_id), wrong_pins=0))
    return state


def _again(state: Session, messages: set[tuple[str, str]]) -> tuple[Effect, ...]:
    effects: list[Effect] = [Track(alert_id) for alert_id in state.quiet]
    for alert_id in dict.fromkeys(one.alert_id for one in state.afterwards):
        effects += (Linger(alert_id), SpeakUp(alert_id))
    if state.hidden is not None:
        effects += unseen(_standing(state.hidden, messages))
    return (*effects, *_standing(state, messages))


def _standing(state: Session, messages: set[tuple[str, str]]) -> tuple[Effect, ...]:
    """What this alert asks for as long as it stands where it does."""
    if state.phase == CLOSED:
        return (*((Linger(state.alert_id),) if state.is_lingering else ()), Notify(CLOSED))
    if state.phase not in ALIVE:
        return ()
    phase = PRE if state.phase == COUNTDOWN else ACTIVE
    is_kept = phase in state.accepted or (state.alert_id, phase) in messages
    sent = () if is_kept else (message(state, phase),)
    going = running(state) if state.phase == RUNNING else (Notify(COUNTDOWN),)
    return (*sent, Track(state.alert_id), *going, *((OfferDial(state.dial),) if state.dial else ()))


def _read(saved: Any, now: Moment, rules: Rules) -> Session:
    if not isinstance(saved, dict):
        raise ValueError("this is no session")
    plain = {name: _plain(saved[name], kind, name) for name, kind in _PLAIN.items() if name in saved}
    center, hidden = saved.get("center"), saved.get("hidden")
    state = Session(
        **plain, rules=rules, accepted=tuple(map(str, saved.get("accepted") or ())),
        center=None if center is None else {str(name): str(words) for name, words in dict(center).items()},
        steps=tuple(Step(str(name), str(at)) for name, at in saved.get("steps") or ()),
        talk=talk.resume(saved.get("talk")), quiet=tuple(map(str, saved.get("quiet") or ())),
        afterwards=tuple(Said.from_json(dict(one)) for one in saved.get("afterwards") or ()),
        hidden=_read(hidden, now, rules) if hidden else None,
    )  # fmt: skip
    if saved["phase"] not in PHASES or state.profile not in PROFILES or (state.phase != IDLE and not state.alert_id):
        raise ValueError("this is no session")
    if state.phase != COUNTDOWN:
        return state
    gone_s = now.monotonic_s - state.started_s
    gone_s = min(gone_s, state.countdown_s) if gone_s >= 0 and "started_s" in saved else state.countdown_s
    return replace(state, started_s=now.monotonic_s - gone_s, beats=1 + floor(gone_s))


def _plain(value: Any, kind: type, name: str) -> Any:
    if kind is float and _is_number(value):
        return float(value)
    if type(value) is not kind or kind is float:
        raise ValueError(f"{name}: {value!r} is not {kind.__name__}")
    return value
