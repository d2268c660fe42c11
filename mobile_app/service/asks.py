"""What a window asks of the phone beside the alert itself: is it ready, does it work, where am I, how do I shake.

`Phone` has these methods; each may be called from any thread and gives a future.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mobile_app.core.ids import uuid7
from mobile_app.core.messages import DRILL, Accepted, AlertMessage, Status, write_time
from mobile_app.core.pins import WRONG, Pins
from mobile_app.core.position import ServerClock
from mobile_app.core.session import Session
from mobile_app.core.signals import Input, LineEnded, Moment
from mobile_app.core.state import ALIVE
from mobile_app.net.client import HomeClient, RouterClient
from mobile_app.net.outbox import Outbox, Sender
from mobile_app.ports import Device
from mobile_app.problem import Problem
from mobile_app.service.pin_change import changed
from mobile_app.service.place import Place
from mobile_app.service.reach import reach
from mobile_app.service.sensing import Sensing
from mobile_app.service.tracking import Tracking
from mobile_app.service.trial import Trial
from mobile_app.service.walk_asks import WalkAsks
from mobile_app.settings import Settings

DURING_ALERT = (
    "during_alert",
    "신고가 진행되는 동안에는 PIN을 바꿀 수 없습니다.",
    "PINs can't be changed while an alert is going on.",
)


class Asks(WalkAsks):
    """The part of `Phone` that answers them; `Phone` has all these attributes."""

    _folder: Path
    _device: Device
    _place: Place
    _sensing: Sensing
    _clock: ServerClock
    _router: RouterClient
    _home: HomeClient
    _outbox: Outbox
    _sender: Sender
    _tracking: Tracking
    _start: Callable[[Coroutine[Any, Any, Any]], Future[Any]]
    _verdict: Callable[[str], Coroutine[Any, Any, str]]
    _change: Callable[[dict[str, Any]], None]
    _moment: Callable[[], Moment]
    apply: Callable[[Input], None]
    settings: Settings
    session: Session
    _trial: Trial | None = None

    # ---- any thread -------------------------------------------------------------------------------------------

    def meter(self) -> Future[dict[str, Any]]:
        """How the phone is being shaken. Each call keeps shakes from raising an alert for `sensing.REHEARSED_S`."""
        return self._start(self._meter())

    def reach(self) -> Future[dict[str, Any]]:
        """A real request to the router and to the home center, the clock's error, the place's age."""
        return self._start(self._reach())

    def where(self) -> Future[dict[str, Any]]:
        """The newest place, and of the alert that goes on those that the router has confirmed."""
        return self._start(self._where())

    def test_sos(self) -> Future[dict[str, Any]]:
        """Begin the test (`trial.py`); `trial` tells how it goes."""
        return self._start(self._test_sos())

    def trial(self) -> Future[dict[str, Any]]:
        return self._start(self._look_at_trial())

    def choose_pins(self, pins: Pins) -> Future[str]:
        """The first PINs: "" when they are kept, `pins_chosen` when there are some; those are changed with the old one
        only. Raises Problem while an alert is on the screen."""
        return self._start(self._choose_pins(pins))

    def change_pins(self, *, old: str, pin: str, duress: str = "") -> Future[str]:
        """ "" when it is done, else a code of `UnusablePin` or `wrong_pin`. The old PIN is checked as anywhere else."""
        return self._start(self._change_pins(old, pin, duress))

    # ---- on the loop ------------------------------------------------------------------------------------------

    async def _meter(self) -> dict[str, Any]:
        return self._sensing.rehearse()

    async def _reach(self) -> dict[str, Any]:
        self._place.look()
        router, home = await asyncio.gather(reach(self._router, self._clock), reach(self._home))
        off_s = self._clock.offset_s(time.monotonic(), datetime.now(UTC))
        place = self._place.value
        return {
            "router": router, "home": home, "clock_off_s": off_s,
            "fixed_at": write_time(place.fixed_at) if place else None,
            "accuracy_m": place.accuracy_m if place else None,
            "is_sampled": self._sensing.is_sampled,
        }  # fmt: skip

    async def _where(self) -> dict[str, Any]:
        self._place.look()
        place = self._place.value
        trail = [[one.lat, one.lon] for one in self._tracking.trail(self.session.alert_id)]
        return {"place": place.to_json() if place else None, "trail": trail}

    async def _test_sos(self) -> dict[str, Any]:
        self._trials().begin()
        return self._trials().look()

    async def _look_at_trial(self) -> dict[str, Any]:
        return self._trials().look()

    def _refuse_during_alert(self) -> None:
        """Only what is on the screen: a covert alert that could be found by asking for new PINs would be none."""
        if self.session.phase in ALIVE:
            raise Problem(*DURING_ALERT)

    async def _choose_pins(self, pins: Pins) -> str:
        self._refuse_during_alert()
        if self.settings.pins is not None:
            return "pins_chosen"
        self._change({"pins": pins})
        return ""

    async def _change_pins(self, old: str, pin: str, duress: str) -> str:
        self._refuse_during_alert()
        pins = self.settings.pins
        if pins is None:
            raise Problem("no_pins", "아직 정한 PIN이 없습니다.", "No PIN has been chosen yet.")
        verdict = await self._verdict(old)
        if verdict == WRONG:
            return "wrong_pin"
        made: Pins | str = await asyncio.to_thread(changed, pins, verdict, pin, duress)
        self._refuse_during_alert()  # one may have begun while the hashes were made
        if isinstance(made, str):
            return made
        self._change({"pins": made, "is_second_pin_open": not duress})  # as it was dictated, whatever became of it
        return ""

    def _trials(self) -> Trial:
        if self._trial is None:
            self._trial = Trial(self._folder, self, self._drill_message, self._new_id)
        return self._trial

    def _new_id(self) -> str:
        moment = self._moment()
        return uuid7(moment.wall, moment.entropy)

    def _drill_message(self, alert_id: str, phase: str, outcome: str, raised_at: datetime) -> AlertMessage:
        return AlertMessage(
            alert_id=alert_id, phase=phase, raised_at=raised_at, service=DRILL, trigger="tap", outcome=outcome,
            position=self._place.now(datetime.now(UTC)), home=self.settings.home, caller=self.settings.caller,
            battery_percent=self._device.battery.percent(),
        )  # fmt: skip

    # `trial.Way`
    def put(self, message: AlertMessage) -> None:
        self._outbox.put(message)
        self._sender.wake()

    def follow(self, alert_id: str) -> None:
        self._tracking.begin(alert_id, self._place.value)

    def leave(self, alert_id: str) -> None:
        """Also out of the alerts that a restart took for ones ended by a PIN: their places would be asked for ever."""
        self.apply(LineEnded(alert_id))
        self._tracking.end(alert_id)

    def _trial_accepted(self, accepted: Accepted) -> None:
        self._trials().accepted(accepted)

    def _trial_heard(self, status: Status) -> None:
        self._trials().heard(status)
