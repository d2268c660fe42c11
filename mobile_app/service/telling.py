"""What the service tells whoever listens for its log: one dict per event (`headless.py` has the table)."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from mobile_app.core.messages import ACTIVE, Accepted, Said, Status, write_time
from mobile_app.core.session import COUNTDOWN, RUNNING, Session
from mobile_app.faults import noted

GOING = (COUNTDOWN, RUNNING)


def alerts(session: Session) -> list[Session]:
    """The alert on the screen, and the covert one behind it."""
    hidden = getattr(session, "hidden", None)
    return [session] if hidden is None else [session, hidden]


class Telling:
    def __init__(self, told: Callable[[dict[str, Any]], None], *, alert_id: Callable[[], str]) -> None:
        self._told, self._alert_id = told, alert_id

    def tell(self, event: str, **facts: Any) -> None:
        wall = datetime.now(UTC)
        with noted():  # a listener that has gone (a closed pipe) costs the alert nothing
            self._told(
                {"event": event, "alert_id": self._alert_id(), **facts, "at": write_time(wall),
                 "wall_ms": int(wall.timestamp() * 1000), "monotonic_ms": round(time.monotonic() * 1000, 1)}
            )  # fmt: skip

    def change(self, before: Session, after: Session) -> None:
        """What became of the alerts from one session to the next."""
        for said_id in set(before.talk.unsaid) - set(after.talk.unsaid):
            if after.talk.knows(said_id):
                self.tell("said", said_id=said_id)
        was = {one.alert_id: one.phase for one in alerts(before)}
        going = {one.alert_id for one in alerts(after) if one.phase in GOING}
        for one in alerts(after):
            if one.alert_id in going and one.phase != was.get(one.alert_id):
                if one.phase == COUNTDOWN:
                    self.tell(one.trigger, alert_id=one.alert_id, countdown_s=one.countdown_s)
                else:
                    self.tell(ACTIVE, alert_id=one.alert_id)
        for alert_id, phase in was.items():
            if phase in GOING and alert_id not in going:
                self.tell("ended", alert_id=alert_id)

    def resumed(self, session: Session) -> None:
        for one in alerts(session):
            if one.phase in GOING:
                self.tell("resumed", alert_id=one.alert_id, phase=one.phase)

    def accepted(self, phase: str, accepted: Accepted) -> None:
        self.tell(
            "accepted", alert_id=accepted.alert_id, phase=phase, center=accepted.center.to_json(),
            assignment_no=accepted.assignment_no, reason=accepted.reason, flags=list(accepted.flags),
            received_at=write_time(accepted.received_at),
        )  # fmt: skip

    def status(self, status: Status) -> None:
        self.tell(
            "status", alert_id=status.alert_id, state=status.state, phase=status.phase,
            center=status.center.to_json(), assignment_no=status.assignment_no, status_at=write_time(status.at),
        )  # fmt: skip

    def operator(self, said: Said) -> None:
        facts = {name: value for name, value in said.to_json().items() if name not in ("at", "by")}
        self.tell("operator", **facts, said_at=write_time(said.at))
