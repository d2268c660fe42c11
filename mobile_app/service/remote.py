"""The window's end: the same methods as `Phone`, over the socket, on a thread of their own.

It comes back by itself and has the service started when nobody answers. What the person does meanwhile is kept for
`KEPT_S`; a finger that is still down, and one that was lifted, are told however long it took: both mean something.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mobile_app.core import session as brain
from mobile_app.core.pins import Pins
from mobile_app.core.walk import Plan
from mobile_app.faults import keep_words_in_loop
from mobile_app.ports import Check
from mobile_app.problem import Problem
from mobile_app.service import codec
from mobile_app.service.codec import BadFrame
from mobile_app.service.frames import MOST_BYTES, is_same_user, line, parse, read_problem, socket_path, write_input
from mobile_app.service.view import View

KEPT_S = 2.0
ASKED_KEPT_S = 10.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 0.5
SILENT_FOR_S = 0.3
MOST_WAITING = 256
GONE = Problem("service_gone", "다시 연결하는 중입니다. 잠시 뒤 다시 하세요.", "Reconnecting. Try again in a moment.")
HOLDS = {"HoldReleased": "HoldStarted", "SafeHoldReleased": "SafeHoldStarted"}


@dataclass
class Asked:
    """A frame on its way. `hold`: the press that it is, or whose end it is."""

    frame: dict[str, Any]
    at_s: float
    answer: Future[Any] | None = None
    hold: str = ""


class Remote:
    """`start()` once; every other method from any thread. `viewed`, `linked` and `simulated` are called from here."""

    def __init__(
        self,
        folder: Path,
        *,
        viewed: Callable[[View], None],
        linked: Callable[[bool], None] = lambda _: None,
        simulated: Callable[[dict[str, Any]], None] = lambda _: None,
        begin_service: Callable[[], None] = lambda: None,
        is_fresh: bool = False,
    ) -> None:
        """`is_fresh`: a service that was there before and rests is to be started anew, with our settings."""
        self._folder, self._viewed, self._linked, self._simulated = folder, viewed, linked, simulated
        self._begin_service, self._wants_fresh = begin_service, is_fresh
        self._waiting: deque[Asked] = deque()
        self._pending: dict[int, Future[Any]] = {}
        self._held: dict[str, Asked] = {}
        self._numbers = 0
        self._turn = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._was_linked = False
        self._task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._main, name="service", daemon=True)

    # ---- what `Phone` has -------------------------------------------------------------------------------------

    def tell(self, happened: brain.Input) -> None:
        """Something the person did, at this moment."""
        name, now_s = type(happened).__name__, time.monotonic()
        hold = name if name in HOLDS.values() else HOLDS.get(name, "")
        self._put(Asked(write_input(happened, now_s), now_s, hold=hold))

    def enter_pin(self, pin: str) -> Future[bool]:
        """Whether it was one of the two PINs, never which."""
        return self._ask("enter_pin", pin=pin)

    def sign_up(self, *, nickname: str, phone: str, code: str = "") -> Future[bool]:
        """False: the home center has sent a code to the number and wants it. The future raises Problem."""
        return self._ask("sign_up", nickname=nickname, phone=phone, code=code)

    def guardians(self) -> Future[list[dict[str, Any]]]:
        return self._ask("guardians")

    def add_guardian(self, *, name: str, phone: str) -> Future[dict[str, Any]]:
        return self._ask("add_guardian", name=name, phone=phone)

    def remove_guardian(self, guardian_id: str) -> Future[str]:
        """Cut off: "", or `kept` while it waits for data."""
        return self._ask("remove_guardian", guardian_id=guardian_id)

    def answer_question(self, question_id: str, said: str) -> Future[str]:
        return self._ask("answer_question", question_id=question_id, said=said)

    def ask_home(
        self, what: str, ids: dict[str, str] | None = None, body: dict[str, Any] | None = None
    ) -> Future[dict[str, Any]]:
        """What the phone only passes on to the home center."""
        return self._ask("ask_home", what=what, ids=ids, body=body)

    def look_for_questions(self) -> None:
        self._ask("look_for_questions")

    def new_id(self) -> Future[str]:
        return self._ask("new_id")

    def readiness(self) -> Future[list[Check]]:
        asked, answer = self._ask("readiness"), Future[list[Check]]()
        asked.add_done_callback(lambda done: _pass_on(done, answer))
        return answer

    def make_ready(self, name: str) -> Future[bool]:
        return self._ask("make_ready", name=name)

    def dial(self, number: str) -> Future[bool]:
        return self._ask("dial", number=number)

    def ring(self, on: bool) -> None:
        self._ask("ring", on=on)

    def choose(self, **changes: Any) -> None:
        """Change settings and keep them."""
        self._ask("choose", **changes)

    def choose_pins(self, pins: Pins) -> Future[str]:
        """The first ones only; "" when they are kept."""
        return self._ask("choose_pins", pins=pins)

    def change_pins(self, *, old: str, pin: str, duress: str = "") -> Future[str]:
        """ "" when it is done, else the code of what is wrong."""
        return self._ask("change_pins", old=old, pin=pin, duress=duress)

    def meter(self) -> Future[dict[str, Any]]:
        return self._ask("meter")

    def reach(self) -> Future[dict[str, Any]]:
        return self._ask("reach")

    def where(self) -> Future[dict[str, Any]]:
        return self._ask("where")

    def test_sos(self) -> Future[dict[str, Any]]:
        return self._ask("test_sos")

    def trial(self) -> Future[dict[str, Any]]:
        return self._ask("trial")

    def pause_guardian(self, guardian_id: str, until: datetime | None = None) -> Future[None]:
        return self._ask("pause_guardian", guardian_id=guardian_id, until=until)

    def resume_guardian(self, guardian_id: str) -> Future[None]:
        return self._ask("resume_guardian", guardian_id=guardian_id)

    def begin_walk(self, plan: Plan) -> Future[None]:
        return self._ask("begin_walk", plan=plan)

    def answer_walk(self, what: str, minutes: int = 0) -> Future[None]:
        return self._ask("answer_walk", what=what, minutes=minutes)

    def end_walk(self, what: str, pin: str = "") -> Future[str]:
        """ "" when it is done, else what is missing."""
        return self._ask("end_walk", what=what, pin=pin)

    def go_on_walk(self) -> Future[None]:
        return self._ask("go_on_walk")

    def walk_history(self) -> Future[list[dict[str, Any]]]:
        return self._ask("walk_history")

    def forget_walk(self, walk_id: str) -> Future[None]:
        return self._ask("forget_walk", walk_id=walk_id)

    def disclosures(self) -> Future[dict[str, Any]]:
        return self._ask("disclosures")

    def ask(self, do: str, **facts: Any) -> Future[Any]:
        """Any other question that the service answers (`service/ipc.py`)."""
        return self._ask(do, **facts)

    def simulate(self, what: str, **facts: Any) -> None:
        """Desktop only: play, walk, stand, battery, radio, lost."""
        self._put(Asked({"do": "simulate", "what": what, **codec.write(facts)}, time.monotonic()))

    # ---- life -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """The window closes; the service goes on."""
        if self._loop is not None and self._task is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._task.cancel)
            self._thread.join(5)

    def _main(self) -> None:
        with suppress(asyncio.CancelledError):
            asyncio.run(self._live())

    async def _live(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        keep_words_in_loop(self._loop)
        try:
            await self._stay_linked()
        finally:
            if self._writer is not None:
                self._writer.transport.abort()

    async def _stay_linked(self) -> None:
        pause_s, silent_since_s = FIRST_PAUSE_S, time.monotonic()
        while True:
            with suppress(OSError, asyncio.LimitOverrunError, asyncio.IncompleteReadError):
                await self._serve(*await asyncio.open_unix_connection(self._path(), limit=MOST_BYTES * 4))
            if self._writer is not None:
                self._lose(self._writer)
                pause_s, silent_since_s = FIRST_PAUSE_S, time.monotonic()
            self._forget_old()
            if time.monotonic() - silent_since_s >= SILENT_FOR_S or not self._was_linked:
                self._wants_fresh = False
                await asyncio.to_thread(self._begin_service)
            await asyncio.sleep(pause_s)
            pause_s = min(LONGEST_PAUSE_S, pause_s * 2)

    def _path(self) -> Path:
        return socket_path(self._folder)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not is_same_user(writer.get_extra_info("socket")):
            writer.transport.abort()
            return
        if self._wants_fresh:
            self._wants_fresh = False
            writer.write(line({"do": "leave"}))
        self._writer, self._was_linked = writer, True
        self._catch_up()
        self._linked(True)
        while True:
            self._take(await reader.readuntil(b"\n"))

    def _lose(self, writer: asyncio.StreamWriter) -> None:
        """What was asked and not answered may have happened or not: the person sees the view and decides."""
        writer.transport.abort()
        with self._turn:
            self._writer, pending = None, list(self._pending.values())
            self._pending.clear()
        for answer in pending:
            _end(answer, GONE)
        self._linked(False)

    def _take(self, data: bytes) -> None:
        """Frames of a newer service that mean nothing here are passed over."""
        try:
            frame = parse(data)
            if "view" in frame:
                self._viewed(codec.read(View, frame["view"]))
            elif "device" in frame:
                self._simulated(dict(frame["device"]))
            elif "answer" in frame:
                self._answered(frame)
        except BadFrame:
            return

    def _answered(self, frame: dict[str, Any]) -> None:
        with self._turn:
            answer = self._pending.pop(frame["answer"], None)
        if answer is None:
            return
        if "problem" in frame:
            _end(answer, read_problem(frame["problem"]))
        elif answer.set_running_or_notify_cancel():
            answer.set_result(frame.get("ok"))

    # ---- sending ----------------------------------------------------------------------------------------------

    def _ask(self, do: str, **facts: Any) -> Future[Any]:
        answer: Future[Any] = Future()
        self._put(Asked({"do": do, **codec.write(facts)}, time.monotonic(), answer))
        return answer

    def _put(self, asked: Asked) -> None:
        with self._turn:
            if asked.hold:
                self._remember_hold(asked)
            self._waiting.append(asked)
            while len(self._waiting) > MOST_WAITING:
                self._waiting.popleft()
        if self._loop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._flush)

    def _remember_hold(self, asked: Asked) -> None:
        if asked.frame["input"] == asked.hold:
            self._held[asked.hold] = asked
        else:
            self._held.pop(asked.hold, None)

    def _flush(self) -> None:
        """On the loop: everything that waits, in one write, so that no tick falls between a press and its release."""
        with self._turn:
            if self._writer is None:
                return
            frames, now = [], list(self._waiting)
            self._waiting.clear()
            for asked in now:
                if asked.answer is not None:
                    self._numbers += 1
                    asked.frame["no"] = self._numbers
                    self._pending[self._numbers] = asked.answer
                frames.append(line(asked.frame))
            self._writer.write(b"".join(frames))

    def _catch_up(self) -> None:
        """A new connection: a service that was started anew must hear of the finger that is still down."""
        self._forget_old()
        with self._turn:
            for held in self._held.values():
                if held not in self._waiting:
                    self._waiting.appendleft(held)
        self._flush()

    def _forget_old(self) -> None:
        now_s = time.monotonic()
        with self._turn:
            kept: list[Asked] = []
            old: list[Asked] = []
            for asked in self._waiting:
                (kept if self._is_worth_keeping(asked, now_s) else old).append(asked)
            self._waiting = deque(kept)
        for asked in old:
            if asked.answer is not None:
                _end(asked.answer, GONE)

    def _is_worth_keeping(self, asked: Asked, now_s: float) -> bool:
        if asked.hold:
            is_end = asked.frame["input"] != asked.hold
            return is_end or self._held.get(asked.hold) is asked or now_s - asked.at_s <= KEPT_S
        return now_s - asked.at_s <= (KEPT_S if asked.answer is None else ASKED_KEPT_S)


def _pass_on(done: Future[Any], answer: Future[list[Check]]) -> None:
    error = done.exception()
    if error is None:
        answer.set_result([codec.read(Check, one) for one in done.result() or ()])
    else:
        answer.set_exception(error)


def _end(answer: Future[Any], problem: Problem) -> None:
    if answer.set_running_or_notify_cancel():
        answer.set_exception(problem)
