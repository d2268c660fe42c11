"""A protected person's warning: what her home center says when a push says so, on the screen; and her place, only
while a warning runs. Where she is compared and what is found stays there and here (docs/agencies.md section 7).

Who has entered no code is asked about rarely. No word of it stands on the screen of a phone that hides (covert).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from mobile_app.core.messages import write_time
from mobile_app.net.client import HomeClient
from mobile_app.ports import MESSAGE, Device
from mobile_app.problem import Problem
from mobile_app.service.place import Place
from mobile_app.service.pushed import Pushed
from mobile_app.settings import Settings
from mobile_app.ui.i18n import say

PATH = "/api/people/me/protection"
RUNNING_S, PROTECTED_S, OTHERS_S, AGAIN_S = 10.0, 60.0, 3600.0, 20.0
BUZZ_MS = (0, 600, 200, 600, 200, 600)
BANDS = ("within_300", "within_1000", "within_3000")
DIRECTIONS = ("north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest")


class Approach(Pushed):
    """All methods on the loop."""

    def __init__(self, *, home: HomeClient, device: Device, settings: Callable[[], Settings], place: Place) -> None:
        super().__init__()
        self._home, self._device, self._settings, self._place = home, device, settings, place
        self._shown: dict[str, str] = {}

    async def _tick(self) -> None:
        now_s = time.monotonic()
        if now_s < self._look_at_s or not self._settings().is_signed_up or not self._device.radio.is_on():
            return
        self._look_at_s = now_s + AGAIN_S
        try:
            told = await self._home.answered("GET", PATH)
            if told.get("wants_place"):
                await self._send_place()
        except Problem:
            return
        self._show(told)
        is_protected, runs = bool(told.get("protections")), bool(told.get("wants_place"))
        self._look_at_s = now_s + (RUNNING_S if runs else PROTECTED_S if is_protected else OTHERS_S)

    async def _send_place(self) -> None:
        """The newest known now, a fresh one for the next time."""
        self._place.want()
        at = self._place.value
        if at is not None:
            fixed_at: datetime = at.fixed_at
            said = {"lat": at.lat, "lon": at.lon, "accuracy_m": at.accuracy_m, "fixed_at": write_time(fixed_at)}
            await self._home.answered("POST", f"{PATH}/place", said)

    def _show(self, told: dict[str, Any]) -> None:
        """What is new of the warnings: once for each time that she is told, once when it is over."""
        warnings = [one for one in told.get("warnings") or () if isinstance(one, dict)]
        known = {str(one.get("warning_id")): one for one in warnings}
        for name, one in known.items():
            is_over = bool(one.get("ended_at"))
            word = "over" if is_over else str(one.get("told_at"))
            if self._shown.get(name) == word or (is_over and name not in self._shown):
                continue
            self._shown[name] = word
            self._notify(one, is_over=is_over)
        self._shown = {name: word for name, word in self._shown.items() if name in known}

    def _notify(self, one: dict[str, Any], *, is_over: bool) -> None:
        settings = self._settings()
        self._device.vibrator.vibrate(BUZZ_MS)
        if settings.is_covert:
            return
        title = say(settings.language, "approach_over" if is_over else "approach")
        text = say(settings.language, "approach_calm") if is_over else self._words(settings.language, one)
        self._device.notifier.show(MESSAGE, title, text, is_urgent=not is_over)

    def _words(self, language: str, one: dict[str, Any]) -> str:
        band, direction = one.get("band"), one.get("direction")
        parts = [say(language, f"approach_{direction}")] if direction in DIRECTIONS else []
        parts.append(say(language, f"approach_{band}" if band in BANDS else "approach_unknown"))
        return " ".join(parts) + " · " + say(language, "approach_do")
