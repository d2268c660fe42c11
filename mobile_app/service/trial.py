"""“Does my SOS work?”: one drill alert on the whole real way (disk, outbox, router, center, line back), each hop timed.

It runs beside the brain and never through it: a real cry for help is possible at any moment of a test, and what was
going on is not touched. No text message and no siren belong to it. A phone that was killed in the middle ends the test
at its next start.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from mobile_app.core.messages import ACTIVE, CANCEL, ENDED, Accepted, AlertMessage, Status, write_time
from mobile_app.disk import read_json, write_json

FILE = "trial.json"
ROUTER_WITHIN_S, CENTER_WITHIN_S = 15.0, 30.0
RUNNING, WORKS, NO_ROUTER, NO_CENTER = "running", "works", "no_router", "no_center"
RECEIVED = frozenset(("received", "acknowledged", "dispatched", "en_route", "on_scene", "closed"))


class Way(Protocol):
    """What of the phone a test uses."""

    def put(self, message: AlertMessage) -> None:
        """On disk, and soon at the router."""

    def follow(self, alert_id: str) -> None:
        """Open the line on which the center answers."""

    def leave(self, alert_id: str) -> None: ...


@dataclass
class Trial:
    """`message(alert_id, phase, outcome, raised_at)` makes the drill's message. All on the loop."""

    folder: Path
    way: Way
    message: Callable[..., AlertMessage]
    new_id: Callable[[], str]
    monotonic_s: Callable[[], float] = time.monotonic
    alert_id: str = ""
    state: str = ""
    center: dict[str, Any] = field(default_factory=dict)
    hops: dict[str, float] = field(default_factory=dict)
    """`phone`, `router`, `center` → seconds since the press."""
    _began_s: float = 0.0
    _raised_at: datetime = datetime.min.replace(tzinfo=UTC)

    def begin(self) -> None:
        """A second one while one is running changes nothing."""
        if self.state == RUNNING:
            return
        self.alert_id, self.state, self.hops, self.center = self.new_id(), RUNNING, {}, {}
        self._began_s, self._raised_at = self.monotonic_s(), datetime.now(UTC)
        write_json(self.folder / FILE, {"alert_id": self.alert_id, "raised_at": write_time(self._raised_at)})
        self.way.follow(self.alert_id)
        self.way.put(self.message(self.alert_id, ACTIVE, "", self._raised_at))
        self._reached("phone")

    def accepted(self, accepted: Accepted) -> None:
        if accepted.alert_id == self.alert_id and self.state == RUNNING:
            self.center = accepted.center.to_json()
            self._reached("router")

    def heard(self, status: Status) -> None:
        if status.alert_id == self.alert_id and self.state == RUNNING and status.state in RECEIVED:
            self.center = status.center.to_json()
            self._reached("center")
            self._end(WORKS)

    def look(self) -> dict[str, Any]:
        """How it stands, for the window; a hop that takes too long ends the test."""
        gone_s = self.monotonic_s() - self._began_s
        if self.state == RUNNING and gone_s > (CENTER_WITHIN_S if "router" in self.hops else ROUTER_WITHIN_S):
            self._end(NO_CENTER if "router" in self.hops else NO_ROUTER)
        return {"state": self.state, "hops": dict(self.hops), "center": dict(self.center)}

    def resume(self) -> None:
        """Once at the start: what a killed phone had begun is ended."""
        stored = read_json(self.folder / FILE)
        if isinstance(stored, dict) and isinstance(stored.get("alert_id"), str) and self.state != RUNNING:
            self.alert_id, self._raised_at = stored["alert_id"], datetime.now(UTC)
            self._end("")

    def _reached(self, hop: str) -> None:
        self.hops.setdefault(hop, round(self.monotonic_s() - self._began_s, 3))

    def _end(self, state: str) -> None:
        self.state = state
        self.way.put(self.message(self.alert_id, ENDED, CANCEL, self._raised_at))
        self.way.leave(self.alert_id)
        (self.folder / FILE).unlink(missing_ok=True)
