"""What a window may know, as one immutable value. Nothing here tells a duress PIN from a cancel PIN."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mobile_app.core.session import Session, Step, visible
from mobile_app.core.talk import Talk
from mobile_app.settings import Settings


@dataclass(frozen=True)
class View:
    phase: str
    alert_id: str
    trigger: str
    profile: str
    is_drill: bool
    is_drill_chosen: bool
    is_at_home: bool
    center: dict[str, str] | None
    steps: tuple[Step, ...]
    notice: str
    hold_since_s: float | None
    safe_since_s: float | None
    started_s: float
    countdown_s: float
    is_noisy: bool
    dial: str
    asks_safe: bool
    answer: str
    talk: Talk
    settings: Settings
    is_reconnecting: bool = False
    fixed_at: datetime | None = None
    delivered_at: datetime | None = None


def view_of(
    session: Session,
    settings: Settings,
    *,
    reconnecting: bool,
    fixed_at: datetime | None,
    delivered_at: datetime | None,
) -> View:
    """`reconnecting` and `delivered_at` count only with an alert on the screen: a quiet one must not shine through."""
    on_screen = session.phase not in ("idle", "closed")
    return View(
        **visible(session),
        settings=settings,
        is_reconnecting=on_screen and reconnecting,
        fixed_at=fixed_at,
        delivered_at=delivered_at if on_screen else None,
    )
