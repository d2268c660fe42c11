"""The running walk on the phone: its book on disk, its ladder by the clock, and what it does to the device.

The book (`core/walk.py`) is on disk before anything is done about it. What the home center says and what the clock says
go through the same pure rules; only `raised` leaves this room, as an input of the brain (`WalkOverdue`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from mobile_app.core import adopting
from mobile_app.core import walk as rules
from mobile_app.core.messages import Position
from mobile_app.core.session import WalkOverdue
from mobile_app.core.state import ALIVE, RAISED_MS, Session
from mobile_app.core.walk import Book, Effect, Plan, Walk
from mobile_app.disk import open_folder, read_json, write_json
from mobile_app.faults import noted
from mobile_app.net.client import Host
from mobile_app.net.track_file import KeptPositions
from mobile_app.net.walk_line import WalkLine
from mobile_app.net.walks import Hearing, WalkSender, WalkWire
from mobile_app.ports import WALK, Device
from mobile_app.problem import Problem
from mobile_app.service import codec
from mobile_app.service.codec import BadFrame
from mobile_app.service.view import WalkView
from mobile_app.settings import Settings
from mobile_app.ui.i18n import minute, say

FILE, POSITIONS = "walk.json", "walk-positions"
KEPT_POSITIONS = 2000
"""Three hours of walking without data, thinner in the older half beyond that."""
FIRST_TRY_S = 7.0
NOT_SIGNED_UP = (
    "sign_up_first",
    "안심귀가는 가입한 뒤에 쓸 수 있습니다.",
    "Sign up first; then you can start a safe walk.",
)
ELSEWHERE, ELSEWHERE_RAISED = "runs", "raised"
NOT_HERE = (
    "no_walk",
    "이어서 할 안심귀가가 없습니다.",
    "There is no walk to go on with.",
)
RUNS_ALREADY = (
    "walk_runs",
    "이미 안심귀가 중입니다. 먼저 끝내 주세요.",
    "A walk is already running. End it first.",
)


class Walks:
    """All methods on the loop. `raised`: the brain hears of it; `changed`: the view may be another."""

    def __init__(
        self,
        folder: Path,
        *,
        home: Host,
        device: Device,
        settings: Callable[[], Settings],
        place: Callable[[], Position | None],
        now: Callable[[], datetime],
        session: Callable[[], Session],
        raised: Callable[[WalkOverdue], None],
        ring: Callable[[bool], None],
        changed: Callable[[], None],
        told: Callable[..., None],
        line: Callable[[Hearing, Callable[[], None]], WalkLine],
    ) -> None:
        self._path, self._device, self._settings = folder / FILE, device, settings
        self._place, self._now, self._session = place, now, session
        self._raised, self._ring, self._changed, self._tell = raised, ring, changed, told
        self._book = self._stored()
        self._kept: KeptPositions | None = None
        self._ended = ""
        self._elsewhere: Mapping[str, Any] = {}
        self._is_new = False
        self._refusal: Problem | None = None
        self._is_unsaved, self._is_beginning, self._push_token = False, False, ""
        self._sender = WalkSender(WalkWire(home, now), keeper=self, is_on=device.radio.is_on)
        self._line = line(self, self._sender.ask_now)

    # ---- what others know of it -------------------------------------------------------------------------------

    @property
    def book(self) -> Book:
        return self._book

    @property
    def is_walking(self) -> bool:
        return self._book.walk is not None

    @property
    def is_quiet(self) -> bool:
        """A PIN has ended one not long ago."""
        return self._book.quiet_until is not None and self._now() < self._book.quiet_until

    @property
    def is_busy(self) -> bool:
        """A walk runs, or its last word is on its way."""
        return self.is_walking or bool(self._book.leaving)

    @property
    def view(self) -> WalkView | None:
        walk = self._book.walk
        if walk is None:
            return self._view_elsewhere() or (WalkView(ended=self._ended) if self._ended else None)
        plan = walk.plan
        return WalkView(
            walk_id=walk.walk_id, kind=plan.kind, place_name=plan.place_name, lat=plan.lat, lon=plan.lon,
            began_at=walk.began_at, eta_at=walk.eta_at, state=walk.state, trouble=walk.trouble, rung=walk.rung,
            rung_until=walk.rung_until, is_known=walk.is_known and not walk.waiting,
            is_heard=rules.is_heard(walk, self._now()), guardians=len(plan.guardians),
            share_with_centers=plan.share_with_centers, taxi_note=plan.taxi_note,
        )  # fmt: skip

    def _view_elsewhere(self) -> WalkView | None:
        """What another phone of hers leads."""
        walk = adopting.found(self._elsewhere)
        if walk is None:
            return None
        is_open = adopting.may_go_on(self._elsewhere)
        return WalkView(
            kind=walk.plan.kind, place_name=walk.plan.place_name, eta_at=walk.eta_at, ended=self._ended,
            elsewhere=ELSEWHERE if is_open else ELSEWHERE_RAISED,
        )  # fmt: skip

    # ---- life -------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._sender.run())
            tasks.create_task(self._line.run())

    def pushed(self) -> None:
        """By push: her walk asks her something."""
        self._sender.ask_now()

    def signed_up(self) -> None:
        """Anew, perhaps: she may be on a walk."""
        self._is_new = True
        self._sender.ask_now()

    @property
    def has_push(self) -> bool:
        return bool(self._push_token)

    def resume(self) -> None:
        self._device.push.token(self._pushed_to)
        if self._book.walk is not None:
            self._open_positions(self._book.walk)
            self._announce()
        self._do(rules.standing(self._book))

    def tick(self) -> None:
        """Each second."""
        if self._is_unsaved:
            self._save()
        now, walk = self._now(), self._book.walk
        self._apply((rules.given_up(self._book, now), ()))
        self._apply(rules.tick(self._book, now))
        if walk is not None and walk.rung == rules.RAISED and self._session().walk_id != walk.walk_id:
            self._raised(WalkOverdue(walk.walk_id, walk.alert_id))  # a drill stood in its way
        self.look_at(self._session())
        if walk is not None:
            self._changed()  # how long ago the home center spoke

    def wake(self) -> None:
        self._sender.wake()

    def fixed(self, position: Position) -> None:
        if self._kept is not None and self._book.walk is not None:
            self._kept.add(position, at=self._now())
            self._sender.wake()

    def look_at(self, session: Session) -> None:
        """Its alert has ended, or the one that covered it: so has the walk."""
        walk = self._book.walk
        if walk is None or walk.rung != rules.RAISED or session.walk_id != walk.walk_id:
            return
        if not any(one is not None and one.phase in ALIVE for one in (session, session.hidden)):
            self._apply(rules.alert_ended(self._book))

    # ---- hers -------------------------------------------------------------------------------------------------

    async def begin(self, plan: Plan, *, walk_id: str, alert_id: str) -> None:
        """Raises Problem when the home center refuses it; without data the phone watches alone until there is some."""
        if not self._settings().is_signed_up:
            raise Problem(*NOT_SIGNED_UP)
        if self._book.walk is not None:
            raise Problem(*RUNS_ALREADY)
        self._ended, self._refusal = "", None
        begun = rules.begin(
            self._book, plan, walk_id=walk_id, alert_id=alert_id, origin=self._place(), now=self._now()
        )  # fmt: skip
        self._apply(begun)
        if self._book.walk is not None:
            self._open_positions(self._book.walk)
        self._announce()
        self._is_beginning = True
        try:
            await self._sender.attempted(FIRST_TRY_S)
        finally:
            self._is_beginning = False
        if self._refusal is not None:
            refusal, self._refusal = self._refusal, None
            if refusal.code == RUNS_ALREADY[0]:
                self._sender.ask_now()  # which one it is
            raise refusal
        self._elsewhere = {}
        self._tell("walk_begun", walk_id=walk_id)

    def go_on(self) -> None:
        """With the walk that another phone has led so far. Raises Problem where there is none, or its alarm has been
        raised."""
        walk = adopting.found(self._elsewhere)
        if walk is None or not adopting.may_go_on(self._elsewhere):
            raise Problem(*NOT_HERE)
        self._adopt(walk, self._elsewhere)

    def ended_by_pin(self, what: str, outcome: str) -> None:
        """The same after either but for the letters of `outcome`."""
        self._apply((rules.quieted(self._book, self._now()), ()))
        self.answer(what, outcome=outcome)

    def answer(self, what: str, minutes: int = 0, *, outcome: str = "") -> None:
        self._apply(rules.answer(self._book, what, self._now(), minutes, outcome=outcome))
        if what in rules.ENDINGS:
            self._tell("walk_over", how=what)

    def needs_pin(self, what: str) -> bool:
        """Whoever is not where she wanted to be may be made to say that she is."""
        walk = self._book.walk
        if walk is None or what not in rules.ENDINGS or self._settings().pins is None:
            return False
        return what == rules.CANCEL or not rules.is_there(walk.plan, self._place(), self._now())

    def _pushed_to(self, token: str) -> None:
        """Any thread."""
        self._push_token = token

    # ---- `net.walks.Hearing` ----------------------------------------------------------------------------------

    @property
    def push_token(self) -> str:
        return self._push_token if self._settings().is_signed_up else ""

    @property
    def account(self) -> str:
        settings = self._settings()
        return settings.device_token if settings.is_signed_up else ""

    def found(self, said: Mapping[str, Any]) -> bool:
        walk, is_new, self._is_new = adopting.found(said), self._is_new, False
        if self._book.walk is not None or walk is None:
            self._elsewhere = {}
        elif adopting.leads(said, walk, device_id=self._settings().device_id, is_new=is_new, now=self._now()):
            self._adopt(walk, said)
        else:
            self._elsewhere = said
        self._changed()
        return not self._elsewhere

    @property
    def is_beginning(self) -> bool:
        return self._is_beginning

    def positions_of(self, walk_id: str) -> KeptPositions | None:
        return self._kept if self._book.walk is not None and self._book.walk.walk_id == walk_id else None

    def tried(self, walk_id: str) -> None:
        self._apply((rules.tried(self._book, walk_id), ()))

    def known(self, walk_id: str, said: Mapping[str, Any]) -> None:
        self._apply((rules.known(self._book, walk_id), ()))
        self.heard(walk_id, said)

    def delivered(self, walk_id: str, no: int, said: Mapping[str, Any]) -> None:
        alarmed = rules.unended_alarm(self._book, walk_id, said)
        if alarmed is not None:  # onto the screen, before the last trace of its walk goes
            self._raised(WalkOverdue(walk_id, alarmed.alert_id, True))
        self._apply((rules.delivered(self._book, walk_id, no), ()))
        if said:
            self.heard(walk_id, said)

    def heard(self, walk_id: str, said: Mapping[str, Any]) -> None:
        self._apply(rules.heard(self._book, walk_id, said, self._now()))

    def forgotten(self, walk_id: str, problem: Problem | None) -> None:
        """A begin that is refused while she waits for it is told to her; later the phone goes on alone, and says so."""
        walk = self._book.walk
        if problem is not None and not self._is_beginning and walk is not None and walk.walk_id == walk_id:
            self._apply((rules.alone(self._book, walk_id), ()))
            self._notify("walk_alone", "walk_alone_text", is_urgent=True)
            return
        self._refusal = problem if walk is not None and walk.walk_id == walk_id else self._refusal
        self._apply(rules.forgotten(self._book, walk_id))

    # ---- inside -----------------------------------------------------------------------------------------------

    def _adopt(self, walk: Walk, said: Mapping[str, Any]) -> None:
        self._ended, self._elsewhere = "", {}
        self._apply((adopting.adopted(self._book, walk), ()))
        self._open_positions(walk)
        self._announce()
        self.heard(walk.walk_id, said)
        self._tell("walk_adopted", walk_id=walk.walk_id)

    def _apply(self, outcome: tuple[Book, tuple[Effect, ...]]) -> None:
        book, effects = outcome
        if book == self._book and not effects:
            return
        was, self._book = self._book.walk, book
        self._save()
        self._do(effects)
        if was is not None and book.walk is not None and minute(was.eta_at) != minute(book.walk.eta_at):
            self._announce()
        self._changed()

    def _do(self, effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            with noted():  # a part of the device that fails is no reason to leave out the rest
                self._do_one(effect)

    def _do_one(self, effect: Effect) -> None:
        is_seen = self._session().phase not in ALIVE
        match effect:
            case rules.Ask(rung) if is_seen:
                self._device.vibrator.vibrate(RAISED_MS)
                self._notify("walk_asks", "walk_asks_text", is_urgent=True)
                self._tell("walk_asked", rung=rung)
            case rules.Buzz() if is_seen:
                self._device.vibrator.vibrate(RAISED_MS)
            case rules.Ring(on) if is_seen or not on:
                self._ring(on and not self._settings().is_covert)
            case rules.Calm():
                self._announce()
            case rules.Raise(walk_id, alert_id, is_raised):
                self._device.notifier.clear(WALK)
                self._raised(WalkOverdue(walk_id, alert_id, is_raised))
            case rules.Speak():
                self._sender.wake()
            case rules.Over(_, how):
                self._leave(how)

    def _leave(self, how: str) -> None:
        self._ended = "" if self._is_beginning else how  # one that was refused has not been
        self._device.notifier.clear(WALK)
        if self._kept is not None:
            self._kept.forget()
            self._kept = None

    def _announce(self) -> None:
        """The notification of a walk that goes on; none while something is asked or where it would give her away."""
        walk = self._book.walk
        if walk is not None and not walk.is_asking and walk.rung != rules.RAISED:
            self._notify("walk_runs", "walk_runs_text", at=minute(walk.eta_at))

    def _notify(self, title: str, text: str, *, is_urgent: bool = False, **facts: object) -> None:
        settings = self._settings()
        if settings.is_covert:
            return
        words = (say(settings.language, title), say(settings.language, text, **facts))
        self._device.notifier.show(WALK, *words, is_urgent=is_urgent)

    def _open_positions(self, walk: Walk) -> None:
        folder = self._path.with_name(POSITIONS)
        with suppress(OSError):
            open_folder(folder)
            for stray in folder.glob("*.jsonl"):
                if stray.stem != walk.walk_id:
                    stray.unlink()
        first_seq = int(self._now().timestamp() * 10)
        self._kept = KeptPositions(folder / f"{walk.walk_id}.jsonl", KEPT_POSITIONS, next_seq=first_seq)

    def _stored(self) -> Book:
        """A damaged file is no walk: the home center, which knows it, goes on watching."""
        try:
            return codec.read(Book, read_json(self._path) or {})
        except BadFrame:
            return Book()

    def _save(self) -> None:
        self._is_unsaved = True
        with suppress(OSError):  # a full disk is tried again each second; the home center still hears
            write_json(self._path, codec.write(self._book))
            self._is_unsaved = False
