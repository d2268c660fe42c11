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
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mobile_app import settings as stored_settings
from mobile_app.core import session as brain
from mobile_app.core.messages import ACTIVE, ENDED, Accepted, AlertMessage, Position, Said, Status, read_time
from mobile_app.core.pins import WRONG
from mobile_app.core.position import LastGasp, ServerClock, plan
from mobile_app.core.session import Session
from mobile_app.core.signals import Capture, Linger, Moment, OfferDial, Send, Shown, SpeakUp, Track, Untrack
from mobile_app.core.state import message as send_of
from mobile_app.faults import noted
from mobile_app.net.client import HomeClient, RouterClient, tls_context
from mobile_app.net.outbox import Entry, Outbox, Sender
from mobile_app.net.sms import Credentials, TextMessages
from mobile_app.ports import ABSENT, MISSING, Check, Device
from mobile_app.service.account import sign_up
from mobile_app.service.asks import Asks
from mobile_app.service.captures import Captures, NoCaptures, TakenCaptures
from mobile_app.service.doing import Doing
from mobile_app.service.place import Place
from mobile_app.service.sensing import Sensing
from mobile_app.service.session_file import SessionFile
from mobile_app.service.telling import Telling, alerts
from mobile_app.service.tracking import Tracking
from mobile_app.service.view import View, view_of
from mobile_app.settings import Settings

LOCK_FILE = "phone.lock"
BUSY_TICK_S, IDLE_TICK_S = 0.02, 0.1
SECOND_S, CLOCK_OFF_S = 1.0, 60.0


class FolderInUse(Exception):
    """Another phone runs with this folder."""


_PIN_THREAD = ThreadPoolExecutor(1, "pin")
"""Its own: photos and sound that fill the common threads must not make a PIN wait."""


class Phone(Asks):
    """`run()` lives on its own loop. Methods marked *any thread* may be called from outside of it."""

    def __init__(
        self,
        *,
        folder: Path,
        settings: Settings,
        device: Device,
        viewed: Callable[[View], None] = lambda _: None,
        told: Callable[[dict[str, Any]], None] = lambda _: None,
        captures: Captures | None = None,
    ) -> None:
        self._folder, self._device, self._viewed = folder, device, viewed
        self._telling = Telling(told, alert_id=lambda: self.session.alert_id)
        self._tell = self._telling.tell
        self._lock = (folder / LOCK_FILE).open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise FolderInUse(f"another phone is running with {folder}; close it or choose another --dir") from None
        self.settings = settings
        self.session = Session(countdown_s=settings.countdown_s)
        self._place, self._file = Place(folder), SessionFile(folder)
        self._gasp, self._clock = LastGasp(), ServerClock()
        self._sensing = Sensing(device, happened=self.apply, fixed=self._fixed)
        self._captures = captures or self._own_captures()
        self._doing = Doing(device, captures=self._captures or NoCaptures(), settings=lambda: self.settings)
        self._reachable = True
        self._shown: View | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = asyncio.Event()
        self._pin_turn = asyncio.Lock()

    # ---- life -------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until cancelled. What was going on when the last run ended goes on."""
        self._loop = asyncio.get_running_loop()
        self._connect()
        self._sensing.choose(self.settings)
        if self._captures is not None:
            self._captures.start()
        self._resume()
        self._walks.resume()
        self._sensing.listen()
        self._device.wake_lock.keep(True)
        self._ready.set()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._sender.run())
                tasks.create_task(self._walks.run())
                tasks.create_task(self._care.run())
                tasks.create_task(self._approach.run())
                tasks.create_task(self._warnings.run())
                tasks.create_task(self._tick())
                tasks.create_task(self._every_second())
        finally:
            self._sensing.stop()
            await self._doing.close()
            await self._texts.close()
            await self._tracking.close()
            await self._router.close()
            await self._home.close()
            self._device.wake_lock.keep(False)
            self._lock.close()

    def _connect(self) -> None:
        tls, radio = tls_context(), self._device.radio.is_on
        token: Callable[[], str] = lambda: self.settings.device_token  # noqa: E731
        self._router = RouterClient(self.settings.router_url, token=token, is_on=radio, tls=tls)
        self._home = HomeClient(self.settings.home_url, token=token, is_on=radio, tls=tls)
        self._outbox = Outbox(self._folder / "outbox")
        self._sender = Sender(
            self._outbox, post=self._post, accepted=self._accepted, reachable=self._set_reachable,
            given_up=self._given_up,
        )  # fmt: skip
        self._tracking = Tracking(
            self._folder, router=self._router, router_url=self.settings.router_url, is_on=radio, tls=tls,
            heard=self._heard, changed=self._show,
            ended=lambda alert_id: self.apply(brain.LineEnded(alert_id)), latest=lambda: self._place.value,
            unsaid=self._unsaid, spoken=self._spoken, over=lambda alert_id: self.apply(brain.LineOver(alert_id)),
            said=lambda alert_id, said_id: self.apply(brain.SaidDelivered(alert_id, said_id)),
        )  # fmt: skip
        self._connect_walks(token=token, tls=tls)
        self._texts = TextMessages(
            self._folder, sms=self._device.sms, outbox=self._outbox, is_radio_on=radio,
            credentials=lambda: Credentials(
                self.settings.sos_text_number, self.settings.device_ref, self.settings.device_key
            ),
            position=lambda: self._place.value, battery=self._device.battery.percent,
            dial=lambda alert_id, number: self.apply(brain.DialDue(alert_id, number)), told=self._tell,
        )  # fmt: skip

    def _own_captures(self) -> Captures | None:
        """None for a device that can take neither."""
        if self._device.camera is ABSENT and self._device.recorder is ABSENT:
            return None
        return TakenCaptures(
            self._folder, self._device, router=lambda: self._router,
            token=lambda alert_id: self._tracking.token_of(alert_id), mode=lambda: self.settings.capture,
            is_busy=lambda: bool(len(self._outbox)) or self._tracking.has_waiting,
        )  # fmt: skip

    async def ready(self) -> None:
        await self._ready.wait()

    @property
    def is_resting(self) -> bool:
        """Nothing is going on and nothing is unsent: this process may end (a desktop's; a phone's watches over her)."""
        is_busy = len(self._outbox) or self._tracking.is_busy or self._walks.is_busy or self._care.is_busy
        return not is_busy and self.session.phase in (brain.IDLE, brain.CLOSED)

    def _resume(self) -> None:
        waiting = [(entry.message.alert_id, entry.message.phase) for entry in self._outbox.entries()]
        self.session, effects = self._file.resume(
            self._moment(), rules=self.settings.rules, waiting=waiting, followed=self._tracking.known
        )
        if brain.tracked(self.session):
            self._place.want()
        self.apply(brain.RulesChosen(self.settings.rules))
        self._telling.resumed(self.session)
        self._carry_out(effects)
        self._trials().resume()

    async def _tick(self) -> None:
        was_on = self._device.radio.is_on()
        while True:
            busy = self.session.phase == brain.COUNTDOWN or self.session.hold_since_s is not None
            await asyncio.sleep(BUSY_TICK_S if busy else IDLE_TICK_S)
            with noted():  # a fault of ours in one moment must not end all the moments after it
                self.apply(brain.Tick())
            with noted():  # and one of the brain's must not keep the text messages back
                self._texts.tick()
            with noted():
                is_on = self._device.radio.is_on()
                if is_on != was_on:
                    was_on = is_on
                    self._sender.wake()
                    self._walks.wake()
                    self._care.look()
                    self._show()

    async def _every_second(self) -> None:
        while True:
            with noted():
                self._look()
                self._file.keep(self.session)
            with noted():
                self._walks.tick()
            await asyncio.sleep(SECOND_S)

    def _look(self) -> None:
        """How often to ask for a place, and whether the battery is at its last."""
        phases = {one.phase for one in alerts(self.session)}
        going = next((phase for phase in (brain.COUNTDOWN, brain.RUNNING) if phase in phases), self.session.phase)
        is_quiet = bool(self.session.quiet) or self._walks.is_quiet
        phase = "quiet" if going in (brain.IDLE, brain.CLOSED) and is_quiet else going
        percent = self._device.battery.percent()
        sampling = plan(
            phase, is_moving=self._sensing.is_moving, battery_percent=percent, is_wanted=self._place.is_wanted,
            is_walking=self._walks.is_walking,
        )  # fmt: skip
        self._sensing.plan(interval_s=sampling.interval_s, is_high_accuracy=sampling.is_high_accuracy)
        level = self._gasp.take(percent)
        if level is not None:
            self._tell("last_gasp", percent=level)
            self._texts.gasp(level, does_data_work=self._reachable and self._device.radio.is_on())
            for one in alerts(self.session):
                if one.phase == brain.RUNNING:  # with the place and battery of now, which the center takes as news
                    self._outbox.put(self._message(send_of(one, ACTIVE)))
                    self._sender.wake()
            if self._place.value is not None:
                self._start(self._tracking.send(self._place.value))

    async def _post(self, message: AlertMessage) -> Accepted:
        """The answer tells the router's time of day as well."""
        asked_s = time.monotonic()
        accepted = await self._router.post_alert(message)
        if accepted.received_at is not None:
            self._clock.observe(accepted.received_at, asked_s=asked_s, answered_s=time.monotonic())
        return accepted

    # ---- from the window (any thread) -------------------------------------------------------------------------

    def tell(self, happened: brain.Input) -> None:
        """Any thread: something the person did."""
        self._on_loop(self.apply, happened)

    def enter_pin(self, pin: str) -> Future[bool]:
        """Any thread; whether it was one of the two, never which. Checked off the loop: the hash takes the same time
        whichever PIN it is."""
        return self._start(self._check_pin(pin))

    def sign_up(self, *, nickname: str, phone: str, code: str = "") -> Future[bool]:
        """Any thread; the future raises Problem. False: the home center has sent a code to the number and wants it."""
        return self._start(self._sign_up(nickname, phone, code))

    def readiness(self) -> Future[list[Check]]:
        """Any thread: what is ready, as the device says it."""
        return self._start(self._readiness())

    def make_ready(self, name: str) -> Future[bool]:
        """Any thread: ask for what is missing. On Android only the window can (`ports.Surface`)."""
        return self._start(asyncio.to_thread(self._device.readiness.fix, name))

    def dial(self, number: str) -> Future[bool]:
        """Any thread: open the dialler with the number in it."""
        return self._start(asyncio.to_thread(self._device.dialer.dial, number))

    def ring(self, on: bool) -> None:
        """Any thread: a fake call's tone."""
        self._on_loop(self._doing.ring, on)

    def choose(self, **changes: Any) -> None:
        """Any thread: change settings and keep them."""
        self._on_loop(self._change, changes)

    def _on_loop(self, call: Callable[..., None], *arguments: Any) -> None:
        """Nothing happens when the loop has ended."""
        with suppress(RuntimeError):
            if self._loop is not None:
                self._loop.call_soon_threadsafe(call, *arguments)

    def _start(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        if self._loop is None:
            work.close()
            raise RuntimeError("the phone is not running yet")
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    # ---- from windows of other processes (on the loop, `service/ipc.py`) ----------------------------------------

    def apply_at(self, happened: brain.Input, at_s: float) -> None:
        """Something that happened at this moment of the machine's monotonic clock."""
        self.apply(happened, at_s)

    def window_lost(self) -> None:
        """The window in which she held the safe-hold button is gone: unless one says so soon, she holds it no more."""
        self.apply(brain.SafeHoldMissed())

    # ---- on the loop ------------------------------------------------------------------------------------------

    async def _check_pin(self, pin: str) -> bool:
        return await self._verdict(pin) != WRONG

    async def _verdict(self, pin: str) -> str:
        async with self._pin_turn:  # one after the other, or a hundred at once would all be the first
            await asyncio.sleep(brain.pin_pause_s(self.session))
            pins = self.settings.pins
            checked = asyncio.get_running_loop().run_in_executor
            verdict = await checked(_PIN_THREAD, pins.check, pin) if pins else brain.CANCEL
            self.apply(brain.PinChecked(verdict))
            return verdict

    async def _sign_up(self, nickname: str, phone: str, code: str) -> bool:
        changes = await sign_up(self._home, nickname=nickname, phone=phone, code=code)
        if changes is None:
            return False
        self._change(changes)
        home = {"code": changes["home"], "name_ko": changes["home_name_ko"], "name_en": changes["home_name_en"]}
        self._walks.signed_up()
        self._tell("signed_up", person_id=self.settings.person_id, home=home)
        return True

    async def _readiness(self) -> list[Check]:
        """The device's checks; a clock that differs from the router's is no matter of opinion."""
        checks = await asyncio.to_thread(self._device.readiness.checks)
        off_s = self._clock.offset_s(time.monotonic(), datetime.now(UTC))
        if off_s is None or abs(off_s) <= CLOCK_OFF_S:
            return checks
        return [replace(one, state=MISSING) if one.name == "clock" else one for one in checks]

    def _change(self, changes: dict[str, Any]) -> None:
        settings = replace(self.settings, **changes)
        stored_settings.store(self._folder, settings)
        self.settings = settings
        self._sensing.choose(settings)
        self.apply(brain.RulesChosen(settings.rules))
        self._show()

    def _fixed(self, position: Position) -> None:
        if self._place.take(position, now=self._server_now()) and self._place.value is not None:
            self._start(self._tracking.send(self._place.value))
            self._walks.fixed(self._place.value)
            self._show()

    def apply(self, happened: brain.Input, at_s: float | None = None) -> None:
        """The brain decides; what must outlive us is on the disk before anything is done about it."""
        before = self.session
        self.session, effects = brain.step(before, happened, self._moment(at_s))
        if self.session is before and not effects:
            return
        with noted():  # what fails here must not keep the message back
            self._ask_where(before)
            self._telling.change(before, self.session)
        self._carry_out(effects)
        with noted():
            self._walks.look_at(self.session)

    def _ask_where(self, before: Session) -> None:
        """At rest a place may be ten minutes old: whatever is raised asks for one of now."""
        if set(brain.tracked(self.session)) - set(brain.tracked(before)):
            self._place.want()
        elif [one.phase for one in alerts(self.session)] == [one.phase for one in alerts(before)]:
            return
        self._look()

    def _carry_out(self, effects: tuple[brain.Effect, ...]) -> None:
        """The session is on the disk before anything is done; only an end goes into the outbox before it, because the
        session must not know by which PIN it ended (`core/keeping.py`)."""
        sends = [one for one in effects if isinstance(one, Send)]
        is_end = any(one.phase == ENDED for one in sends)
        if not is_end:
            self._file.keep(self.session)
        for send in sends:
            self._send(send)
        self._file.keep(self.session)
        for effect in effects:
            if not isinstance(effect, Send):
                with noted():  # a part of the device that fails is no reason to leave out the rest
                    self._do(effect)
        self._show()

    def _send(self, send: Send) -> None:
        message = self._message(send)
        self._outbox.put(message)
        self._sender.wake()
        self._tell(f"{send.phase}_sent", alert_id=send.alert_id)
        with noted():
            self._texts.put(message)

    def _server_now(self) -> datetime:
        return self._clock.now(time.monotonic(), datetime.now(UTC))

    def _moment(self, at_s: float | None = None) -> Moment:
        now_s, wall = time.monotonic(), datetime.now(UTC)
        ago = timedelta(seconds=now_s - at_s) if at_s is not None else timedelta()
        return Moment(now_s if at_s is None else at_s, wall - ago, secrets.randbits(74))

    def _do(self, effect: brain.Effect) -> None:
        match effect:
            case Track(alert_id):
                self._tracking.begin(alert_id, self._place.value)
            case Linger(alert_id):
                self._tracking.linger(alert_id)
                self._texts.over(alert_id)
            case Untrack(alert_id):
                self._tracking.end(alert_id)
                self._texts.over(alert_id)
            case SpeakUp(alert_id):
                self._tracking.speak_up(alert_id)
            case Shown(alert_id, said_id):
                self._tracking.shown(alert_id, said_id)
            case Capture(alert_id, on):
                self._capture(alert_id, on)
            case OfferDial(number):
                self._tell("dial_offered" if number else "dial_withdrawn")
            case _:
                self._doing.do(effect)

    def _capture(self, alert_id: str, on: bool) -> None:
        """The recorder needs the microphone for itself."""
        if on:
            self._sensing.hear(False)
        self._doing.do(Capture(alert_id, on))
        if not self._doing.is_capturing:
            self._sensing.hear(True)

    def _message(self, send: Send) -> AlertMessage:
        message = AlertMessage(
            alert_id=send.alert_id, phase=send.phase, raised_at=read_time(send.raised_at) or datetime.now(UTC),
            service=send.service, trigger=send.trigger, outcome=send.outcome, countdown_s=send.countdown_s,
            home=self.settings.home, caller=self.settings.caller,
        )  # fmt: skip
        with noted():  # each of these may fail, and none may cost the cry for help itself
            message = replace(message, position=self._place.now(self._server_now()))
        with noted():
            hint = self._sensing.floor_hint()
            caller = self.settings.caller_of(send, position=message.position, floor_hint=hint)
            message = replace(message, caller=caller)
        with noted():
            message = replace(message, battery_percent=self._device.battery.percent())
        return message

    def _accepted(self, entry: Entry, accepted: Accepted) -> None:
        alert_id = entry.message.alert_id
        self._tracking.token(alert_id, accepted.live_token)
        self._texts.accepted(alert_id, entry.message.phase)
        self._telling.accepted(entry.message.phase, accepted)
        self._trial_accepted(accepted)
        self.apply(brain.AcceptedBy(accepted))

    def _given_up(self, alert_id: str) -> None:
        """Nobody will hear any more that this alert has ended; nothing more goes out for it."""
        self._texts.over(alert_id)
        self.apply(brain.LineEnded(alert_id))

    def _heard(self, status: Status) -> None:
        self._texts.received(status)
        self._telling.status(status)
        self._trial_heard(status)
        self.apply(brain.StatusArrived(status))

    def _unsaid(self, alert_id: str) -> tuple[Said, ...]:
        return brain.unsaid(self.session, alert_id)

    def _spoken(self, said: Said) -> None:
        """The center's line; told once, however often it comes."""
        was_known = self._knows(said.said_id)
        self.apply(brain.SaidArrived(said))
        if not was_known and self._knows(said.said_id):
            self._telling.operator(said)

    def _knows(self, said_id: str) -> bool:
        return any(one.talk.knows(said_id) for one in alerts(self.session))

    def _set_reachable(self, reachable: bool) -> None:
        self._reachable = reachable
        self._show()

    def _show(self) -> None:
        """What goes out for an alert behind the screen, and whether it gets through, changes nothing here."""
        alert_id, is_on = self.session.alert_id, self._device.radio.is_on()
        is_on_screen = self.session.phase in brain.ALIVE
        is_linked = self.session.center is None or self._tracking.connected(alert_id)
        view = view_of(
            self.session,
            self.settings,
            reconnecting=not (is_on and self._reachable and is_linked),
            fixed_at=self._place.seen_at(is_on_screen=is_on_screen),
            delivered_at=self._tracking.delivered_at(alert_id),
            is_offline=not is_on or (is_on_screen and not self._reachable),
            walk=self._walks.view,
            questions=self._care.view,
        )
        if view != self._shown:
            self._shown = view
            self._viewed(view)
