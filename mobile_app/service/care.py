"""Guardians' questions on the phone, what she has said to guardians without data, and what arrives by push.

Questions are asked for when a push says so; without pushes (a build without them, a phone that lost its token) every
`LOOK_BLIND_S`, on a walk every `LOOK_WALKING_S`. Her answers and cut-offs are on disk before anything is sent.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from mobile_app.core import care as rules
from mobile_app.core.care import CareBook, Question
from mobile_app.disk import read_json, write_json
from mobile_app.faults import noted
from mobile_app.net.client import BUSY, DARK, ODD, PLAIN, SILENT, UNSAFE, WRONG_CLOCK, HomeClient
from mobile_app.ports import MESSAGE, Device
from mobile_app.problem import Problem
from mobile_app.service import codec
from mobile_app.service.codec import BadFrame
from mobile_app.settings import Settings
from mobile_app.ui.i18n import say

FILE = "care.json"
LOOK_WALKING_S, LOOK_BLIND_S, LOOK_PUSHED_S, AGAIN_S, TICK_S = 30.0, 120.0, 900.0, 20.0, 1.0
BUZZ_MS = (0, 300, 150, 300, 150, 300)
TRY_LATER = frozenset(one[0] for one in (DARK, SILENT, BUSY, ODD, UNSAFE, WRONG_CLOCK, PLAIN))
"""Nobody has refused it: it never got there."""
KEPT = "kept"


class Care:
    """All methods on the loop. `pushed_walk`: a push says that her walk asks her something,
    `pushed_approach` that there is news of a warning."""

    def __init__(
        self,
        folder: Path,
        *,
        home: HomeClient,
        device: Device,
        settings: Callable[[], Settings],
        now: Callable[[], datetime],
        is_walking: Callable[[], bool],
        has_push: Callable[[], bool],
        pushed_walk: Callable[[], None],
        pushed_approach: Callable[[], None],
        pushed_warning: Callable[[], None],
        changed: Callable[[], None],
    ) -> None:
        self._path, self._home, self._device, self._settings, self._now = folder / FILE, home, device, settings, now
        self._is_walking, self._has_push, self._pushed_walk = is_walking, has_push, pushed_walk
        self._pushed_approach, self._pushed_warning = pushed_approach, pushed_warning
        self._changed = changed
        self._book = self._stored()
        self._questions: tuple[Question, ...] = ()
        self._told: set[str] = set()
        self._done: set[str] = set()  # the home center has her word; an answer that was on its way may still name them
        self._view: tuple[Question, ...] = ()
        self._look_at_s = self._try_at_s = 0.0
        self._is_unsaved = False

    @property
    def view(self) -> tuple[Question, ...]:
        return rules.still_open(self._questions, self._book, self._now(), done=self._done)

    @property
    def is_busy(self) -> bool:
        return self._book.is_waiting

    def is_cut(self, guardian_id: str) -> bool:
        return rules.is_cut(self._book, guardian_id)

    def look(self) -> None:
        """Ask soon: a push, a window that opened, data that is back."""
        self._look_at_s = self._try_at_s = 0.0

    async def run(self) -> None:
        while True:
            with noted():
                self._take_pushes()
            with noted():
                await self._tick()
            await asyncio.sleep(TICK_S)

    # ---- hers -------------------------------------------------------------------------------------------------

    async def cut(self, guardian_id: str) -> str:
        """ "" when the home center has it, `kept` when it waits for data. Raises Problem when it is refused."""
        self._keep(rules.cut_off(self._book, guardian_id, self._now()))
        return await self._say(guardian_id, lambda: self._home.remove_guardian(guardian_id))

    async def answer(self, question_id: str, said: str) -> str:
        if said not in rules.ANSWERS:
            return ""
        self._keep(rules.answered(self._book, question_id, said, self._now()))
        self._show()
        return await self._say(question_id, lambda: self._home.answer_question(question_id, said))

    async def _say(self, about: str, request: Callable[[], Any]) -> str:
        self._try_at_s = time.monotonic() + AGAIN_S  # nobody says it a second time meanwhile
        try:
            await request()
        except Problem as problem:
            if problem.code in TRY_LATER:
                return KEPT
            if problem.code not in ("no_guardian", "no_question"):  # else: done already, or over
                self._keep(rules.told(self._book, about))
                raise
        self._done.add(about)
        self._keep(rules.told(self._book, about))
        return ""

    # ---- what comes ---------------------------------------------------------------------------------------------

    def _take_pushes(self) -> None:
        for data in self._device.push.taken():
            if data.get("kind") == "walk":
                self._pushed_walk()
            elif str(data.get("kind")).startswith("approach"):
                self._pushed_approach()
            elif data.get("kind") == "warning":
                self._pushed_warning()
            else:
                self.look()

    async def _tick(self) -> None:
        if self._is_unsaved:
            self._save()
        if self._view != self.view:
            self._show()  # one is over by itself
        if not self._settings().is_signed_up or not self._device.radio.is_on():
            return
        now_s = time.monotonic()
        if self._book.is_waiting and now_s >= self._try_at_s:
            self._try_at_s = now_s + AGAIN_S
            await self._send_kept()
        if now_s >= self._look_at_s:
            self._look_at_s = now_s + AGAIN_S
            with suppress(Problem):
                self._heard(await self._home.questions())
                self._look_at_s = now_s + self._pause_s()

    def _pause_s(self) -> float:
        if self._is_walking():
            return LOOK_WALKING_S
        return LOOK_PUSHED_S if self._has_push() else LOOK_BLIND_S

    async def _send_kept(self) -> None:
        self._keep(rules.given_up(self._book, self._now()))
        for one in self._book.cut:
            with suppress(Problem):
                await self._say(one.about, lambda about=one.about: self._home.remove_guardian(about))
        for one in self._book.answers:
            with suppress(Problem):
                await self._say(one.about, lambda kept=one: self._home.answer_question(kept.about, kept.said))

    def _heard(self, told: Any) -> None:
        self._questions = rules.questions_of(told)
        new = [one for one in self.view if f"{one.question_id} {one.state}" not in self._told]
        self._told |= {f"{one.question_id} {one.state}" for one in new}
        if new:
            self._device.vibrator.vibrate(BUZZ_MS)
            if not self._settings().is_covert:
                self._notify(new[0])
        self._show()

    def _notify(self, question: Question) -> None:
        language, is_asked = self._settings().language, question.state == rules.ASKED
        title = say(language, "care_asks" if is_asked else "care_shown", name=question.name)
        self._device.notifier.show(MESSAGE, title, say(language, "care_tap"), is_urgent=True)

    def _show(self) -> None:
        if self._view and not self.view:
            self._device.notifier.clear(MESSAGE)
        self._view = self.view
        self._changed()

    # ---- the disk -----------------------------------------------------------------------------------------------

    def _keep(self, book: CareBook) -> None:
        if book != self._book:
            self._book = book
            self._save()

    def _stored(self) -> CareBook:
        try:
            return codec.read(CareBook, read_json(self._path) or {})
        except BadFrame:
            return CareBook()

    def _save(self) -> None:
        self._is_unsaved = True
        with suppress(OSError):  # a full disk is tried again each second
            write_json(self._path, codec.write(self._book))
            self._is_unsaved = False
