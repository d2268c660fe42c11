"""What a window asks about walks, guardians and her own records. `Phone` has these methods; each may be called from any
thread and gives a future; most raise Problem.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from typing import Any

from mobile_app.core import walk as rules
from mobile_app.core.messages import CANCEL as BY_PIN
from mobile_app.core.messages import write_time
from mobile_app.core.pins import WRONG
from mobile_app.core.signals import Input
from mobile_app.core.state import Session
from mobile_app.core.walk import MOST_ETA_S, Plan
from mobile_app.net.client import HomeClient
from mobile_app.net.home_asks import ask_home
from mobile_app.net.walk_line import WalkLine
from mobile_app.net.walks import Hearing
from mobile_app.ports import Device
from mobile_app.problem import Problem
from mobile_app.service.approach import Approach
from mobile_app.service.care import Care
from mobile_app.service.doing import Doing
from mobile_app.service.place import Place
from mobile_app.service.walks import Walks
from mobile_app.service.warnings import Warnings
from mobile_app.settings import Settings

PIN_NEEDED, WRONG_PIN = "pin_needed", "wrong_pin"
MOST_NOTE, MOST_GUARDIANS, MOST_ROUTE = 200, 20, 500
BAD_PLAN = ("bad_plan", "목적지와 시간을 다시 골라 주세요.", "Choose the destination and the time again.")


class WalkAsks:
    """The part of `Phone` that answers them; `Phone` has all these attributes."""

    _home: HomeClient
    _place: Place
    _folder: Path
    _device: Device
    _doing: Doing
    _walks: Walks
    _care: Care
    _approach: Approach
    _warnings: Warnings
    settings: Settings
    session: Session
    apply: Callable[[Input], None]
    _server_now: Callable[[], datetime]
    _show: Callable[[], None]
    _tell: Callable[..., None]
    _on_loop: Callable[..., None]
    _start: Callable[[Coroutine[Any, Any, Any]], Future[Any]]
    _verdict: Callable[[str], Coroutine[Any, Any, str]]
    _new_id: Callable[[], str]

    def guardians(self) -> Future[list[dict[str, Any]]]:
        """Raises Problem; so do the next two."""
        return self._start(self._guardians())

    def add_guardian(self, *, name: str, phone: str) -> Future[dict[str, Any]]:
        return self._start(self._home.add_guardian(name=name, phone=phone))

    def remove_guardian(self, guardian_id: str) -> Future[str]:
        """Cut off from now on: "" when the home center has it, `kept` while it waits for data. No PIN, no word to
        them."""
        return self._start(self._care.cut(guardian_id))

    def answer_question(self, question_id: str, said: str) -> Future[str]:
        """`ok` or `call_me`; "" or `kept` as above."""
        return self._start(self._care.answer(question_id, said))

    def ask_home(
        self, what: str, ids: dict[str, str] | None = None, body: dict[str, Any] | None = None
    ) -> Future[dict[str, Any]]:
        """What the phone only passes on (`net/home_asks.py` has the names); raises Problem."""
        return self._start(self._passed_on(what, ids or {}, body or {}))

    def look_for_questions(self) -> None:
        """A window has opened."""
        self._on_loop(self._care.look)

    def new_id(self) -> Future[str]:
        """For what is made on this phone and known by its id elsewhere: a booking, an alarm."""
        return self._start(self._made_id())

    def pause_guardian(self, guardian_id: str, until: datetime | None = None) -> Future[None]:
        """Silently; None: until she is resumed."""
        return self._start(self._home.pause_guardian(guardian_id, until=write_time(until)))

    def resume_guardian(self, guardian_id: str) -> Future[None]:
        return self._start(self._home.resume_guardian(guardian_id))

    def begin_walk(self, plan: Plan) -> Future[None]:
        return self._start(self._begin_walk(plan))

    def answer_walk(self, what: str, minutes: int = 0) -> Future[None]:
        """`ok`, `snooze` or `extend`."""
        return self._start(self._answer_walk(what, minutes))

    def end_walk(self, what: str, pin: str = "") -> Future[str]:
        """`arrived` or `cancel`: "" when it is done, `pin_needed`, or `wrong_pin`. The same after either PIN."""
        return self._start(self._end_walk(what, pin))

    def go_on_walk(self) -> Future[None]:
        """With the one that another phone of hers has led so far (`WalkView.elsewhere`)."""
        return self._start(self._go_on_walk())

    def walk_history(self) -> Future[list[dict[str, Any]]]:
        return self._start(self._home.walks())

    def forget_walk(self, walk_id: str) -> Future[None]:
        """Out of her history, for good."""
        return self._start(self._home.forget_walk(walk_id))

    def disclosures(self) -> Future[dict[str, Any]]:
        """Who saw what about her, as her home center tells it."""
        return self._start(self._home.disclosures())

    async def _passed_on(self, what: str, ids: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
        told = await ask_home(self._home, what, ids, body)
        if what in ("warn", "unwarn"):
            self._warnings.pushed()  # what runs where she chose is hers to know now
        return told

    # ---- on the loop ------------------------------------------------------------------------------------------

    def _connect_walks(self, *, token: Callable[[], str], tls: ssl.SSLContext) -> None:
        def line(keeper: Hearing, lost: Callable[[], None]) -> WalkLine:
            url, is_on = self.settings.home_url, self._device.radio.is_on
            return WalkLine(url, token=token, is_on=is_on, tls=tls, keeper=keeper, lost=lost)

        self._walks = Walks(
            self._folder, home=self._home, device=self._device, settings=lambda: self.settings,
            place=lambda: self._place.value, now=self._server_now, session=lambda: self.session, raised=self.apply,
            ring=self._doing.ring, changed=self._show, told=self._tell, line=line,
        )  # fmt: skip
        self._approach = Approach(
            home=self._home, device=self._device, settings=lambda: self.settings, place=self._place
        )
        self._warnings = Warnings(
            self._folder, home=self._home, device=self._device, settings=lambda: self.settings, place=self._place,
            now=self._server_now,
        )  # fmt: skip
        self._care = Care(
            self._folder, home=self._home, device=self._device, settings=lambda: self.settings, now=self._server_now,
            is_walking=lambda: self._walks.is_walking, has_push=lambda: self._walks.has_push,
            pushed_walk=self._walks.pushed, pushed_approach=self._approach.pushed,
            pushed_warning=self._warnings.pushed, changed=self._show,
        )  # fmt: skip

    async def _guardians(self) -> list[dict[str, Any]]:
        """Without those whom she has cut off, also before the home center has heard of it."""
        found = await self._home.guardians()
        return [one for one in found if not self._care.is_cut(str(one.get("guardian_id")))]

    async def _made_id(self) -> str:
        return self._new_id()

    async def _begin_walk(self, plan: Plan) -> None:
        is_placed = plan.lat is not None and plan.lon is not None
        is_sound = plan.kind in rules.KINDS and 0 < plan.eta_s <= MOST_ETA_S and len(plan.guardians) <= MOST_GUARDIANS
        is_sound = is_sound and len(plan.route) <= MOST_ROUTE
        if not is_sound or len(plan.taxi_note) > MOST_NOTE or (plan.kind == rules.ROUTE and not is_placed):
            raise Problem(*BAD_PLAN)
        self._place.want()
        await self._walks.begin(plan, walk_id=self._new_id(), alert_id=self._new_id())

    async def _answer_walk(self, what: str, minutes: int) -> None:
        if what not in rules.ENDINGS:
            self._walks.answer(what, minutes)

    async def _end_walk(self, what: str, pin: str) -> str:
        if what not in rules.ENDINGS or not self._walks.is_walking:
            return ""
        if self._walks.needs_pin(what):
            if not pin:
                return PIN_NEEDED
            verdict = await self._verdict(pin)
            if verdict == WRONG:
                return WRONG_PIN
            self._walks.ended_by_pin(what, verdict)
        else:
            self._walks.answer(what, outcome="" if self.settings.pins else BY_PIN)
        return ""

    async def _go_on_walk(self) -> None:
        self._walks.go_on()
        self._place.want()
