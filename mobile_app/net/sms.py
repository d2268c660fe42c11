"""The ladder (`core/ladder.py`) with its disk and the phone's own text messages.

What goes out as a text stands on disk before it is sent, so a killed phone never sends one a third time; the ladder's
file says nothing of how an alert ended (an end is read from its message in the outbox, which leaves with the 202). The
number is the router's gateway as the home center named it. An emergency number is no gateway: 112 can't read our line,
and no machine reports a crime there by itself. Without a gateway the call to 112 is offered sooner instead.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mobile_app.core.ladder import Effect, Ladder, OfferDial, SendText, WithdrawDial
from mobile_app.core.messages import DRILL, ENDED, AlertMessage, Caller, Position, Status
from mobile_app.disk import read_json, write_json
from mobile_app.net.outbox import Outbox
from mobile_app.net.sms_text import sms_text
from mobile_app.ports import Sms

FILE = "ladder.json"
EMERGENCY = "112"
SHORTEST_NUMBER = 4
SILENT = ("call", "silent")
"""In `caller.profile`: the operator must not call back loudly."""


@dataclass(frozen=True)
class Credentials:
    """From the sign-up: the gateway's number, 26 letters, and the key of 16 bytes in hex."""

    number: str = ""
    device_ref: str = ""
    device_key: str = ""

    @property
    def are_good(self) -> bool:
        return len(self.number) >= SHORTEST_NUMBER and len(self.device_ref) == 26 and len(self._key()) == 16

    def text(self, message: AlertMessage) -> str:
        """Raises ValueError for an alert_id that is no UUID."""
        name, value = SILENT
        is_silent = message.caller.profile.get(name) == value
        return sms_text(message, device_ref=self.device_ref, key=self._key(), is_silent=is_silent)

    def _key(self) -> bytes:
        with suppress(ValueError):
            return bytes.fromhex(self.device_key)
        return b""


class TextMessages:
    """All methods on the loop's thread. `dial(alert_id, number)`: offer this number, "" takes the offer back;
    `told(event, **facts)`: for the log of events."""

    def __init__(
        self,
        folder: Path,
        *,
        sms: Sms,
        outbox: Outbox,
        credentials: Callable[[], Credentials],
        is_radio_on: Callable[[], bool],
        position: Callable[[], Position | None],
        battery: Callable[[], int | None],
        dial: Callable[[str, str], None],
        told: Callable[..., None] = lambda *_, **__: None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path, self._sms, self._outbox, self._credentials = folder / FILE, sms, outbox, credentials
        self._is_radio_on, self._position, self._battery = is_radio_on, position, battery
        self._dial, self._told, self._clock_s = dial, told, clock_s
        self._sending: set[asyncio.Task[None]] = set()
        self._is_changed = False
        self._ladder = Ladder.resume(read_json(self._path), now_s=clock_s(), wall=datetime.now(UTC))
        kept = {(entry.message.alert_id, entry.message.phase) for entry in outbox.entries()}
        for alert_id, phase in self._ladder.waiting():  # killed between the 202 and this file
            if (alert_id, phase) not in kept:
                self._ladder.accepted(alert_id, phase, now_s=clock_s())
        for entry in outbox.entries():  # killed between the outbox and this file
            self.put(entry.message)

    def put(self, message: AlertMessage) -> None:
        """Call after `Outbox.put`."""
        name, value = SILENT
        about = {
            "service": message.service, "trigger": message.trigger, "language": message.caller.language,
            name: value if message.caller.profile.get(name) == value else "",
        }  # fmt: skip
        self._take(
            self._ladder.put(
                message.alert_id,
                message.phase,
                now_s=self._clock_s(),
                offers_dial=message.service != DRILL,
                about=about,
            )
        )

    def accepted(self, alert_id: str, phase: str) -> None:
        """The 202 for this message. Call before it leaves the outbox."""
        self._take(self._ladder.accepted(alert_id, phase, now_s=self._clock_s()))

    def received(self, status: Status) -> None:
        """A center's word about the alert is as good as a 202 for the phase that it names."""
        self.accepted(status.alert_id, status.phase)

    def over(self, alert_id: str) -> None:
        """The alert is closed, or the router takes nothing more for it."""
        self._take(self._ladder.over(alert_id))

    def tick(self) -> None:
        """Some times a second."""
        credentials = self._credentials()
        effects = self._ladder.tick(self._clock_s(), is_radio_on=self._is_radio_on(), can_text=credentials.are_good)
        if effects or self._is_changed:
            self._take(effects)
            self._save()

    def gasp(self, level: int, *, does_data_work: bool) -> None:
        """The battery has come down to `level` percent."""
        effects = self._ladder.gasp(
            level, now_s=self._clock_s(), does_data_work=does_data_work, can_text=self._credentials().are_good
        )
        if effects:
            self._take(effects)

    async def close(self) -> None:
        """Let what is being sent go out, and keep where the ladder stands."""
        await asyncio.gather(*self._sending, return_exceptions=True)
        self._save()

    def _take(self, effects: tuple[Effect, ...]) -> None:
        self._is_changed = True
        if any(isinstance(effect, SendText) for effect in effects):
            self._save()
        for effect in effects:
            match effect:
                case SendText():
                    self._send(effect)
                case OfferDial(alert_id):
                    self._dial(alert_id, EMERGENCY)
                case WithdrawDial(alert_id):
                    self._dial(alert_id, "")

    def _send(self, due: SendText) -> None:
        message = self._message(due.alert_id, due.phase)
        credentials = self._credentials()
        try:
            text = credentials.text(message) if message else ""
        except ValueError:
            return
        if text:
            task = asyncio.get_running_loop().create_task(self._hand_over(due, credentials.number, text))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _hand_over(self, due: SendText, number: str, text: str) -> None:
        try:
            was_taken = await asyncio.to_thread(self._sms.send, to=number, text=text)
        except Exception:  # a broken adapter is a message that did not leave: the ladder goes on
            was_taken = False
        if not due.is_gasp:
            self._ladder.texted(due.alert_id, due.phase, was_taken=was_taken, now_s=self._clock_s())
            self._is_changed = True
        self._told("texted", alert_id=due.alert_id, phase=due.phase, was_taken=was_taken)

    def _message(self, alert_id: str, phase: str) -> AlertMessage | None:
        """As the outbox has it, or made anew for an alert that is confirmed; with the place and battery of now."""
        found = [entry.message for entry in self._outbox.entries(alert_id) if entry.message.phase == phase]
        if not found and phase == ENDED:
            return None
        message = found[0] if found else _anew(alert_id, phase, self._ladder.about(alert_id))
        percent = self._battery()
        return replace(
            message,
            position=self._position() or message.position,
            battery_percent=message.battery_percent if percent is None else percent,
        )

    def _save(self) -> None:
        self._is_changed = False
        with suppress(OSError):  # a full disk must not hold a cry for help back
            write_json(self._path, self._ladder.save(self._clock_s(), datetime.now(UTC)))


def _anew(alert_id: str, phase: str, about: dict[str, Any]) -> AlertMessage:
    name, value = SILENT
    profile = {name: value} if about.get(name) == value else {}
    caller = Caller(language=about.get("language", "ko"), profile=profile)
    given = {name: about[name] for name in ("service", "trigger") if about.get(name)}
    return AlertMessage(alert_id=alert_id, phase=phase, raised_at=datetime.now(UTC), caller=caller, **given)
