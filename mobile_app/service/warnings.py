"""Disaster warnings on her phone: asked of her home when a push says so (and rarely without one), held against her own
place here, told once. Where she is is sent nowhere for this. No word of it on the screen of a phone that hides."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from mobile_app.core.warnings import OLD_AFTER, Heard, News, news_of
from mobile_app.disk import read_json, write_json
from mobile_app.net.client import HomeClient
from mobile_app.ports import WARNING, Device
from mobile_app.problem import Problem
from mobile_app.service.place import Place
from mobile_app.service.pushed import Pushed
from mobile_app.settings import Settings
from mobile_app.ui.i18n import say

PATH, FILE = "/api/people/me/warnings", "warnings.json"
RUNNING_S, AGREED_S, OTHERS_S, AGAIN_S = 60.0, 900.0, 3600.0, 20.0
FIX_EVERY_S = 600.0
BUZZ_MS = (0, 800, 300, 800)


class Warnings(Pushed):
    """All methods on the loop."""

    def __init__(
        self,
        folder: Path,
        *,
        home: HomeClient,
        device: Device,
        settings: Callable[[], Settings],
        place: Place,
        now: Callable[[], datetime],
    ) -> None:
        super().__init__()
        self._path, self._home, self._device = folder / FILE, home, device
        self._settings, self._place, self._now = settings, place, now
        self._heard = self._stored()
        self._running: list[dict[str, Any]] = []
        self._fix_at_s = 0.0

    async def _tick(self) -> None:
        now_s = time.monotonic()
        if now_s >= self._look_at_s and self._settings().is_signed_up and self._device.radio.is_on():
            self._look_at_s = now_s + AGAIN_S
            with suppress(Problem):
                told = await self._home.answered("GET", PATH)
                self._running = [one for one in told.get("warnings") or () if isinstance(one, dict)]
                every_s = RUNNING_S if self._running else AGREED_S if told.get("is_agreed") else OTHERS_S
                self._look_at_s = now_s + every_s
                self._forget()
        self._tell(now_s)

    def _tell(self, now_s: float) -> None:
        """She walks: what she was not in a moment ago she may be in now."""
        place, now = self._place.value, self._now()
        if self._running and now_s >= self._fix_at_s and (place is None or now - place.fixed_at > OLD_AFTER / 3):
            self._fix_at_s = now_s + FIX_EVERY_S
            self._place.want()
        news, heard = news_of(self._running, self._heard, place, now)
        if heard != {name: self._heard[name] for name in heard if name in self._heard}:
            self._heard |= heard
            self._save()
        for one in news:
            self._notify(one)

    def _notify(self, one: News) -> None:
        settings = self._settings()
        self._device.vibrator.vibrate(BUZZ_MS)
        if settings.is_covert:
            return
        words = one.texts.get(settings.language) or next(iter(one.texts.values()), {})
        if one.is_over:
            title, text = say(settings.language, "warning_over"), say(settings.language, "warning_calm")
        else:
            named = words.get("headline") or words.get("event") or say(settings.language, "warning")
            title = f"{say(settings.language, f'warning_{one.severity.lower()}')} · {named}"
            text = str(words.get("instruction") or words.get("description") or words.get("areas") or "")
        self._device.notifier.show(WARNING, title, text, is_urgent=not one.is_over)

    def _forget(self) -> None:
        """What her home no longer speaks of."""
        known = {str(one.get("thread_id")) for one in self._running}
        if gone := self._heard.keys() - known:
            for name in gone:
                del self._heard[name]
            self._save()

    def _save(self) -> None:
        with suppress(OSError):  # told twice after a restart, then
            write_json(self._path, {name: asdict(one) for name, one in self._heard.items()})

    def _stored(self) -> dict[str, Heard]:
        try:
            return {str(name): Heard(**one) for name, one in (read_json(self._path) or {}).items()}
        except (TypeError, AttributeError):
            return {}
