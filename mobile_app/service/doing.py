"""Carries out what the brain asks of the device: vibration, siren, strobe, notification, captures.

A part that fails changes nothing for the others: the cry for help goes its own way (`service/phone.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from mobile_app.core.signals import Capture, Effect, Notify, Sound, Strobe, TryCaptures, Vibrate
from mobile_app.ports import ALERT, NEUTRAL, RING, SIREN, Device
from mobile_app.service.captures import Captures
from mobile_app.settings import Settings
from mobile_app.ui.i18n import say

FLASH_S = 0.18
"""On, and as long off: fewer than three flashes a second, which is what photosensitive people bear (WCAG 2.3.1)."""


class Doing:
    """All methods on the loop."""

    def __init__(self, device: Device, *, captures: Captures, settings: Callable[[], Settings]) -> None:
        self._device, self._captures, self._settings = device, captures, settings
        self._flashing: asyncio.Task[None] | None = None
        self._is_siren_on = False
        self._notified: tuple[str, str, str] | None = None
        self._capturing: set[str] = set()

    @property
    def is_capturing(self) -> bool:
        return bool(self._capturing)

    def do(self, effect: Effect) -> None:
        match effect:
            case Vibrate(pattern_ms):
                self._device.vibrator.vibrate(pattern_ms)
            case Sound(kind):
                self._sound(kind)
            case Strobe(on):
                self._strobe(on)
            case Notify(kind):
                self.notify(kind)
            case Capture(alert_id, on):
                self._capture(alert_id, on)
            case TryCaptures(alert_id):
                self._captures.try_way(alert_id)

    def ring(self, on: bool) -> None:
        """A fake call's tone; the siren is never silenced by it."""
        if self._is_siren_on:
            return
        if on:
            self._device.speaker.play(RING)
        else:
            self._device.speaker.stop()

    def notify(self, kind: str | None) -> None:
        """The foreground notification: what goes on, or words that say nothing when the screen is to say nothing."""
        settings = self._settings()
        if kind is None or settings.is_covert:
            words = (NEUTRAL, "", "")
        else:
            title, text = (say(settings.language, f"notice_{kind}{part}") for part in ("", "_text"))
            words = (ALERT, title, text)
        if words != self._notified:
            self._notified = words
            self._device.notifier.show(*words)

    async def close(self) -> None:
        """No siren outlives the service: its alert begins it again at the next start."""
        self._sound(None)
        self._strobe(False)
        await self._captures.close()

    def _sound(self, kind: str | None) -> None:
        was_on, self._is_siren_on = self._is_siren_on, kind is not None
        if kind is not None:
            self._device.speaker.play(SIREN)
        elif was_on:
            self._device.speaker.stop()

    def _strobe(self, on: bool) -> None:
        if on and self._flashing is None:
            self._flashing = asyncio.get_running_loop().create_task(self._flash())
        elif not on and self._flashing is not None:
            self._flashing.cancel()
            self._flashing = None

    async def _flash(self) -> None:
        is_there = True
        try:
            while is_there:
                is_there = await asyncio.to_thread(self._device.torch.set, True)
                await asyncio.sleep(FLASH_S)
                await asyncio.to_thread(self._device.torch.set, False)
                await asyncio.sleep(FLASH_S)
        finally:
            with suppress(Exception):
                self._device.torch.set(False)

    def _capture(self, alert_id: str, on: bool) -> None:
        if on:
            self._capturing.add(alert_id)
            self._captures.begin(alert_id)
        else:
            self._capturing.discard(alert_id)
            self._captures.end(alert_id)
