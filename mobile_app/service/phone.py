"""The running phone: the pure session, the outbox, the lines and the device, on one asyncio loop.

Order of writing: the session first, then the outbox, then the network. Killed in between, the next start finds either
the alert still counting down or active (and sends what is missing), never a silent phone that has forgotten it.
"""

from __future__ import annotations

import asyncio
import fcntl
import secrets
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mobile_app import settings as stored_settings
from mobile_app.core import session as brain
from mobile_app.core.messages import ACTIVE, Accepted, AlertMessage, Position, Said, Status, read_time, write_time
from mobile_app.core.pins import Pins
from mobile_app.core.position import LatestPosition
from mobile_app.core.session import Moment, Send, Session, Shown, SpeakUp, Track, Untrack, Vibrate
from mobile_app.core.shake import ShakeDetector
from mobile_app.disk import read_json, write_json
from mobile_app.net.client import HomeClient, Problem, RouterClient, tls_context
from mobile_app.net.outbox import Entry, Outbox, Sender
from mobile_app.ports import Device
from mobile_app.service.tracking import Tracking
from mobile_app.service.view import View, view_of
from mobile_app.settings import Settings

SESSION_FILE, POSITION_FILE, LOCK_FILE = "session.json", "last_position.json", "phone.lock"
POSITION_SAVED_EVERY_S = 5.0
BUSY_TICK_S, IDLE_TICK_S = 0.02, 0.1


class FolderInUse(Exception):
    """Another phone runs with this folder."""


def _moment() -> Moment:
    return Moment(time.monotonic(), datetime.now(UTC), secrets.randbits(74))


class Phone:
    """`run()` lives on its own loop. Methods marked *any thread* may be called from outside of it."""

    def __init__(
        self,
        *,
        folder: Path,
        settings: Settings,
        device: Device,
        viewed: Callable[[View], None] = lambda _: None,
        told: Callable[[dict[str, Any]], None] = lambda _: None,
    ) -> None:
        self._folder, self._device, self._viewed, self._told = folder, device, viewed, told
        self._lock = (folder / LOCK_FILE).open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise FolderInUse(f"another phone is running with {folder}; close it or choose another --dir") from None
        self.settings = settings
        self.session = Session(countdown_s=settings.countdown_s)
        self._position = LatestPosition(self._stored_position())
        self._position_saved_s = 0.0
        self._detector = ShakeDetector(settings.sensitivity)
        self._reachable = True
        self._shown: View | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = asyncio.Event()
        self._pin_turn = asyncio.Lock()

    # ---- life -------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until cancelled. What was going on when the last run ended goes on."""
        self._loop = asyncio.get_running_loop()
        tls, radio = tls_context(), self._device.radio.is_on
        token: Callable[[], str] = lambda: self.settings.device_token  # noqa: E731
        self._router = RouterClient(self.settings.router_url, token=token, is_on=radio, tls=tls)
        self._home = HomeClient(self.settings.home_url, token=token, is_on=radio, tls=tls)
        self._outbox = Outbox(self._folder / "outbox")
        self._sender = Sender(
            self._outbox, post=self._router.post_alert, accepted=self._accepted, reachable=self._set_reachable
        )
        self._tracking = Tracking(
            self._folder, router=self._router, router_url=self.settings.router_url, is_on=radio, tls=tls,
            heard=self._heard, changed=self._show,
            ended=lambda alert_id: self._apply(brain.LineEnded(alert_id)), latest=lambda: self._position.value,
            unsaid=self._unsaid, spoken=self._spoken,
            said=lambda alert_id, said_id: self._apply(brain.SaidDelivered(alert_id, said_id)),
        )  # fmt: skip
        self._resume()
        self._listen()
        self._ready.set()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._sender.run())
                tasks.create_task(self._tick())
        finally:
            await self._tracking.close()
            await self._router.close()
            await self._home.close()
            self._lock.close()

    async def ready(self) -> None:
        await self._ready.wait()

    def _resume(self) -> None:
        saved = read_json(self._folder / SESSION_FILE)
        if isinstance(saved, dict):
            # A damaged file must not keep the phone from calling for help.
            with suppress(KeyError, TypeError, ValueError):
                self.session = brain.resume(saved, _moment())
        alerts = [*self.session.quiet]
        if self.session.phase in (brain.COUNTDOWN, brain.RUNNING):
            alerts.append(self.session.alert_id)
            self._tell("resumed", phase=self.session.phase)
        for alert_id in alerts:
            self._tracking.begin(alert_id, self._position.value)
        self._show()

    def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        self._device.accelerometer.listen(lambda *sample: _hand_over(loop, self._sample, *sample))
        self._device.location.listen(lambda position: _hand_over(loop, self._fixed, position))

    async def _tick(self) -> None:
        was_on = self._device.radio.is_on()
        while True:
            busy = self.session.phase == brain.COUNTDOWN or self.session.hold_since_s is not None
            await asyncio.sleep(BUSY_TICK_S if busy else IDLE_TICK_S)
            self._apply(brain.Tick())
            is_on = self._device.radio.is_on()
            if is_on != was_on:
                was_on = is_on
                self._sender.wake()
                self._show()

    # ---- from the window (any thread) -------------------------------------------------------------------------

    def tell(self, happened: brain.Input) -> None:
        """Any thread: something the person did."""
        if self._loop is not None:
            _hand_over(self._loop, self._apply, happened)

    def enter_pin(self, pin: str) -> Future[None]:
        """Any thread. Checked off the loop: the hash takes the same time whichever PIN it is."""
        return self._start(self._check_pin(pin))

    def sign_up(self, *, nickname: str, phone: str, code: str = "") -> Future[bool]:
        """Any thread; the future raises Problem. False: the home center has sent a code to the number and wants it."""
        return self._start(self._sign_up(nickname, phone, code))

    def guardians(self) -> Future[list[dict[str, Any]]]:
        """Any thread; raises Problem. So do the next two."""
        return self._start(self._home.guardians())

    def add_guardian(self, *, name: str, phone: str) -> Future[dict[str, Any]]:
        return self._start(self._home.add_guardian(name=name, phone=phone))

    def remove_guardian(self, guardian_id: str) -> Future[None]:
        return self._start(self._home.remove_guardian(guardian_id))

    def choose(self, **changes: Any) -> None:
        """Any thread: change settings and keep them."""
        if self._loop is not None:
            _hand_over(self._loop, self._change, changes)

    def choose_pins(self, pins: Pins) -> None:
        self.choose(pins=pins)

    def _start(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        if self._loop is None:
            raise RuntimeError("the phone is not running yet")
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    # ---- on the loop ------------------------------------------------------------------------------------------

    async def _check_pin(self, pin: str) -> None:
        async with self._pin_turn:  # one after the other, or a hundred at once would all be the first
            await asyncio.sleep(brain.pin_pause_s(self.session))
            pins = self.settings.pins
            verdict = await asyncio.to_thread(pins.check, pin) if pins else brain.CANCEL
            self._apply(brain.PinChecked(verdict))

    async def _sign_up(self, nickname: str, phone: str, code: str) -> bool:
        try:
            answer = await self._home.sign_up(nickname=nickname, phone=phone, code=code)
        except Problem as problem:
            if problem.code not in ("code_needed", "code_ended"):
                raise
            await self._home.verify(phone=phone)
            return False
        home = answer.get("home") or {}
        self._change(
            {
                "nickname": nickname, "phone": phone, "person_id": str(answer.get("person_id", "")),
                "device_id": str(answer.get("device_id", "")), "device_token": str(answer.get("device_token", "")),
                "home": str(home.get("code", "")), "home_name_ko": str(home.get("name_ko", "")),
                "home_name_en": str(home.get("name_en", "")),
            }
        )  # fmt: skip
        self._tell("signed_up", person_id=self.settings.person_id, home=home)
        return True

    def _change(self, changes: dict[str, Any]) -> None:
        self.settings = replace(self.settings, **changes)
        stored_settings.store(self._folder, self.settings)
        if "sensitivity" in changes:
            self._detector = ShakeDetector(self.settings.sensitivity)
        if "countdown_s" in changes and self.session.phase == brain.IDLE:
            self.session = replace(self.session, countdown_s=self.settings.countdown_s)
        self._show()

    def _sample(self, t_s: float, x: float, y: float, z: float) -> None:
        if self._detector.feed(t_s, x, y, z):
            self._apply(brain.Shaken())

    def _fixed(self, position: Position) -> None:
        if not self._position.take(position):
            return
        if time.monotonic() - self._position_saved_s > POSITION_SAVED_EVERY_S:
            self._position_saved_s = time.monotonic()
            self._write(POSITION_FILE, position.to_json())
        self._start(self._tracking.send(position))
        self._show()

    def _apply(self, happened: brain.Input) -> None:
        before, now = self.session, _moment()
        self.session, effects = brain.step(before, happened, now)
        if self.session is before:
            return
        same = (before.phase, before.steps, before.talk)
        if effects or (self.session.phase, self.session.steps, self.session.talk) != same:
            self._write(SESSION_FILE, brain.save(self.session))
        self._tell_change(before, happened)
        for effect in effects:
            self._do(effect)
        self._show()

    def _do(self, effect: brain.Effect) -> None:
        match effect:
            case Send():
                self._outbox.put(self._message(effect))
                self._sender.wake()
                self._tell(f"{effect.phase}_sent", alert_id=effect.alert_id)
            case Track(alert_id):
                self._tracking.begin(alert_id, self._position.value)
            case Untrack(alert_id):
                self._tracking.end(alert_id)
            case Vibrate(pattern_ms):
                self._device.vibrator.vibrate(pattern_ms)
            case SpeakUp(alert_id):
                self._tracking.speak_up(alert_id)
            case Shown(alert_id, said_id):
                self._tracking.shown(alert_id, said_id)

    def _message(self, send: Send) -> AlertMessage:
        position = self._position.value
        return AlertMessage(
            alert_id=send.alert_id, phase=send.phase, service=send.service, trigger=send.trigger, outcome=send.outcome,
            raised_at=read_time(send.raised_at) or datetime.now(UTC), countdown_s=send.countdown_s,
            position=replace(position, sent_at=datetime.now(UTC)) if position else None, home=self.settings.home,
            caller=self.settings.caller, battery_percent=self._device.battery.percent(),
        )  # fmt: skip

    def _accepted(self, entry: Entry, accepted: Accepted) -> None:
        alert_id = entry.message.alert_id
        if alert_id == self.session.alert_id or alert_id in self.session.quiet:
            self._tracking.token(alert_id, accepted.live_token)
        self._tell(
            "accepted", alert_id=alert_id, phase=entry.message.phase, center=accepted.center.to_json(),
            assignment_no=accepted.assignment_no, reason=accepted.reason, flags=list(accepted.flags),
            received_at=write_time(accepted.received_at),
        )  # fmt: skip
        self._apply(brain.AcceptedBy(accepted))

    def _heard(self, status: Status) -> None:
        self._tell("status", alert_id=status.alert_id, state=status.state, phase=status.phase,
                   center=status.center.to_json(),
                   assignment_no=status.assignment_no, status_at=write_time(status.at))  # fmt: skip
        self._apply(brain.StatusArrived(status))

    def _unsaid(self, alert_id: str) -> tuple[Said, ...]:
        return self.session.talk.waiting if alert_id == self.session.alert_id else ()

    def _spoken(self, said: Said) -> None:
        """The center's line; told once, however often it comes."""
        is_new = not self.session.talk.knows(said.said_id)
        self._apply(brain.SaidArrived(said))
        if is_new and self.session.talk.knows(said.said_id):
            facts = {name: value for name, value in said.to_json().items() if name not in ("at", "by")}
            self._tell("operator", **facts, said_at=write_time(said.at))

    def _set_reachable(self, reachable: bool) -> None:
        self._reachable = reachable
        self._show()

    # ---- telling others ---------------------------------------------------------------------------------------

    def _tell_change(self, before: Session, happened: brain.Input) -> None:
        for said_id in set(before.talk.unsaid) - set(self.session.talk.unsaid):
            if self.session.talk.knows(said_id):
                self._tell("said", said_id=said_id)
        if self.session.phase == before.phase:
            return
        if self.session.phase == brain.COUNTDOWN:
            self._tell("shake" if isinstance(happened, brain.Shaken) else "hold", countdown_s=self.session.countdown_s)
        elif self.session.phase == brain.RUNNING:
            self._tell(ACTIVE)
        elif before.phase in (brain.COUNTDOWN, brain.RUNNING):
            self._tell("ended", alert_id=before.alert_id)

    def _tell(self, event: str, **facts: Any) -> None:
        wall = datetime.now(UTC)
        self._told(
            {"event": event, "alert_id": self.session.alert_id, **facts, "at": write_time(wall),
             "wall_ms": int(wall.timestamp() * 1000), "monotonic_ms": round(time.monotonic() * 1000, 1)}
        )  # fmt: skip

    def _show(self) -> None:
        alert_id = self.session.alert_id
        view = view_of(
            self.session,
            self.settings,
            reconnecting=not self._device.radio.is_on()
            or not (self._reachable and (self.session.center is None or self._tracking.connected(alert_id))),
            fixed_at=self._position.value.fixed_at if self._position.value else None,
            delivered_at=self._tracking.delivered_at(alert_id),
        )
        if view != self._shown:
            self._shown = view
            self._viewed(view)

    def _write(self, name: str, value: Any) -> None:
        with suppress(OSError):  # a full disk must not stop the alert; the network still can take it
            write_json(self._folder / name, value)

    def _stored_position(self) -> Position | None:
        try:
            return replace(Position.from_json(read_json(self._folder / POSITION_FILE)), source="last_known")
        except (KeyError, TypeError, ValueError):
            return None


def _hand_over(loop: asyncio.AbstractEventLoop, call: Callable[..., None], *arguments: Any) -> None:
    """To the loop's thread; nothing happens when the loop has ended."""
    try:
        loop.call_soon_threadsafe(call, *arguments)
    except RuntimeError:
        return
