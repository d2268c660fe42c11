"""What a window may know, as one immutable value. Nothing here tells a duress PIN from a cancel PIN, and no secret of
the phone (hashes of PINs, tokens, keys) leaves the service with it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path

from mobile_app.core.care import Question
from mobile_app.core.pins import Pins
from mobile_app.core.session import Session, Step, visible
from mobile_app.core.talk import Talk
from mobile_app.settings import Settings, load

SET = "set"
"""Stands where the window only needs to know that there is something."""


@dataclass(frozen=True)
class WalkView:
    """A walk that runs, or only how the last one `ended`. `is_known`: the home center has all that she said;
    `is_heard`: it spoke a moment ago."""

    walk_id: str = ""
    kind: str = ""
    place_name: str = ""
    lat: float | None = None
    lon: float | None = None
    began_at: datetime | None = None
    eta_at: datetime | None = None
    state: str = ""
    trouble: str = ""
    rung: str = "calm"
    rung_until: datetime | None = None
    is_known: bool = False
    is_heard: bool = False
    guardians: int = 0
    share_with_centers: bool = False
    taxi_note: str = ""
    ended: str = ""
    elsewhere: str = ""
    """None runs here, but on another phone of hers: `runs` (this one may go on with it) or `raised`."""


@dataclass(frozen=True)
class View:
    """`is_offline`: the radio is off, or the last try to reach the router for the alert on the screen failed."""

    phase: str
    alert_id: str
    trigger: str
    is_drill: bool
    is_drill_chosen: bool
    center: dict[str, str] | None
    steps: tuple[Step, ...]
    notice: str
    hold_since_s: float | None
    started_s: float
    countdown_s: float
    talk: Talk
    settings: Settings
    profile: str = "silent"
    is_at_home: bool = False
    safe_since_s: float | None = None
    is_noisy: bool = False
    dial: str = ""
    asks_safe: bool = False
    answer: str = ""
    is_reconnecting: bool = False
    fixed_at: datetime | None = None
    delivered_at: datetime | None = None
    is_offline: bool = False
    walk: WalkView | None = None
    questions: tuple[Question, ...] = ()
    """Of guardians, that want her answer."""


def view_of(
    session: Session,
    settings: Settings,
    *,
    reconnecting: bool,
    fixed_at: datetime | None,
    delivered_at: datetime | None,
    is_offline: bool = False,
    walk: WalkView | None = None,
    questions: tuple[Question, ...] = (),
) -> View:
    """`reconnecting` and `delivered_at` count only with an alert on the screen: a quiet one must not shine through."""
    on_screen = session.phase not in ("idle", "closed")
    known = {field.name for field in fields(View)}
    return View(
        **{name: value for name, value in visible(session).items() if name in known},
        settings=without_secrets(settings),
        is_reconnecting=on_screen and reconnecting,
        fixed_at=fixed_at,
        delivered_at=delivered_at if on_screen else None,
        is_offline=is_offline,
        walk=walk,
        questions=questions,
    )


def first_view(folder: Path) -> View:
    """What a window shows until the service has spoken: nothing going on, in the look that she chose."""
    settings = load(folder)
    return view_of(Session(), settings, reconnecting=False, fixed_at=None, delivered_at=None)


def without_secrets(settings: Settings) -> Settings:
    """What a window needs of the secrets: whether there are any, and how many digits the PINs have."""
    pins = settings.pins
    return replace(
        settings,
        pins=replace(pins, salt=SET, cancel=SET, duress=SET) if isinstance(pins, Pins) else None,
        device_token=SET if settings.device_token else "",
        device_key=SET if settings.device_key else "",
    )
