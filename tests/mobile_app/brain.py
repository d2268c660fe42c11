"""Verbs for stories about the phone's brain: moments, what was sent, what a center says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import settings

from mobile_app.core import session as s
from mobile_app.core.messages import Accepted, CenterRef, Said, Status
from mobile_app.core.profiles import COVERT, LOUD, SILENT, Profiles, Rules

settings.register_profile("busy", deadline=None, max_examples=60)
settings.load_profile("busy")
START = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
CENTER = CenterRef(code="41170", name_ko="안양시", name_en="Anyang-si")
TRIGGERS = tuple(Profiles.__dataclass_fields__)
PERCEIVED = (s.Vibrate, s.Sound, s.Strobe, s.Notify, s.OfferDial)
"""Effects that somebody near the phone may see, hear or feel."""


def at(seconds: float) -> s.Moment:
    return s.Moment(1000 + seconds, START + timedelta(seconds=seconds), entropy=int(seconds * 1000) + 7)


def every(profile: str, **rules: Any) -> Rules:
    """This profile for whatever raises an alert."""
    return Rules(profiles=Profiles(**dict.fromkeys(TRIGGERS, profile)), **rules)


def play(*story: tuple[float, Any], state: s.Session | None = None) -> tuple[s.Session, list[s.Effect]]:
    state, effects = state or s.Session(), []
    for seconds, happened in story:
        state, new = s.step(state, happened, at(seconds))
        effects += new
    return state, effects


def taps(seconds: float, presses: int = 5) -> list[tuple[float, Any]]:
    return [(seconds + 0.3 * n, s.Tapped()) for n in range(presses)]


def sent(effects: Any) -> list[tuple[str, str]]:
    return [(one.phase, one.outcome) for one in effects if isinstance(one, s.Send)]


def perceived(effects: Any) -> list[s.Effect]:
    return [one for one in effects if isinstance(one, PERCEIVED)]


def status(alert_id: str, state: str, assignment_no: int = 1, phase: str = "active") -> s.StatusArrived:
    one = Status(
        status_id="x", alert_id=alert_id, assignment_no=assignment_no, state=state, center=CENTER, at=START, phase=phase
    )
    return s.StatusArrived(one)


def taken(alert_id: str, phase: str, assignment_no: int = 1) -> s.AcceptedBy:
    """The router's 202."""
    accepted = Accepted(
        alert_id=alert_id, phase=phase, assignment_no=assignment_no, reason="contains", center=CENTER, flags=(),
        boundary_version="2023-07-01", received_at=START, live_token="t",
    )  # fmt: skip
    return s.AcceptedBy(accepted)


def asked(alert_id: str, said_id: str = "line") -> s.SaidArrived:
    return s.SaidArrived(Said(said_id=said_id, alert_id=alert_id, at=START, by="operator", kind="phrase", code="hide"))


def plainly(effects: Any) -> list[s.Effect]:
    """The effects without the six letters that a duress end may differ in."""
    return [replace(one, outcome="cancel") if isinstance(one, s.Send) and one.outcome else one for one in effects]


__all__ = [
    "CENTER", "COVERT", "LOUD", "PERCEIVED", "SILENT", "START", "TRIGGERS", "Profiles", "Rules", "asked", "at", "every",
    "perceived", "plainly", "play", "sent", "status", "taken", "taps",
]  # fmt: skip
