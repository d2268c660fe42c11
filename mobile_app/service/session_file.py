"""`session.json`: what of the brain outlives the process (`core/keeping.py`)."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from mobile_app.core import session as brain
from mobile_app.core.profiles import Rules
from mobile_app.core.session import Session
from mobile_app.core.signals import Moment
from mobile_app.disk import read_json, write_json
from mobile_app.faults import noted

FILE = "session.json"


class SessionFile:
    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._saved: Any = None

    def keep(self, session: Session) -> None:
        """What a full disk refuses is tried again by the next call: an alert that was ended must not come back."""
        saved = brain.save(session)
        if saved == self._saved:
            return
        self._saved = None
        with suppress(OSError, TypeError, ValueError):  # the network still can take the alert
            write_json(self._path, saved)
            self._saved = saved

    def resume(
        self, now: Moment, *, rules: Rules, waiting: Iterable[tuple[str, str]], followed: Iterable[str]
    ) -> brain.Answer:
        """As `core/keeping.resume`. A damaged file must not keep the phone from calling for help, nor leave an alert
        alone that goes on: what waits in the outbox and what has a line (`followed`) is followed all the same."""
        stored, known = read_json(self._path), list(waiting)
        if isinstance(stored, dict):
            with noted():
                return brain.resume(stored, now, rules=rules, waiting=known)
        if self._path.exists():
            known += [(alert_id, "") for alert_id in followed]
        return brain.resume(brain.save(Session(countdown_s=rules.countdown_s)), now, rules=rules, waiting=known)
