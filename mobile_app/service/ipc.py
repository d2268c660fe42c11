"""The service's end of the private Unix socket: windows come and go, the service never waits for one.

Each window has one slot per kind of news (the newest view wins) and a bounded row of answers; a window that doesn't
read for `SLOW_S` is cut off and gets the newest view when it comes back. What can't be read is answered with a problem
and changes nothing; a window that sends nothing but that is cut off too.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import time
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, get_type_hints

from mobile_app.core.signals import SafeHoldStarted
from mobile_app.faults import note
from mobile_app.problem import Problem
from mobile_app.service import codec
from mobile_app.service.choices import read_changes
from mobile_app.service.codec import BadFrame
from mobile_app.service.frames import (
    MOST_BYTES,
    Request,
    is_same_user,
    line,
    problem_frame,
    read_input,
    read_request,
    socket_path,
)
from mobile_app.service.phone import Phone

MOST_WINDOWS, MOST_ANSWERS, MOST_AT_WORK, MOST_BAD_LINES = 4, 64, 32, 50
SLOW_S = 5.0
PAUSE_S = 1 / 30
BUFFERED_BYTES = 64 * 1024
# Methods of `Phone` that a window may ask for; each argument is read by its annotation.
ASKS = frozenset(
    {
        "enter_pin",
        "sign_up",
        "guardians",
        "add_guardian",
        "remove_guardian",
        "choose",
        "choose_pins",
        "change_pins",
        "meter",
        "reach",
        "where",
        "test_sos",
        "trial",
        "dial",
        "readiness",
        "make_ready",
        "ring",
        "pause_guardian",
        "resume_guardian",
        "begin_walk",
        "answer_walk",
        "end_walk",
        "go_on_walk",
        "walk_history",
        "forget_walk",
        "disclosures",
        "answer_question",
        "ask_home",
        "look_for_questions",
        "new_id",
    }
)
FAILED = ("지금은 할 수 없습니다. 잠시 뒤 다시 해 보세요.", "This can't be done now. Try again in a moment.")
Simulate = Callable[[dict[str, Any]], None]


class Window:
    """One connection: its slots, its answers, and the task that writes them."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self._writer = reader, writer
        self._slots: dict[str, bytes] = {}
        self._answers: deque[bytes] = deque()
        self._news = asyncio.Event()
        writer.transport.set_write_buffer_limits(high=BUFFERED_BYTES)

    def show(self, name: str, frame: bytes) -> None:
        """The newest of its kind; an older one that has not gone yet never goes."""
        self._slots[name] = frame
        self._news.set()

    def answer(self, frame: dict[str, Any]) -> None:
        self._answers.append(line(frame))
        self._news.set()
        if len(self._answers) > MOST_ANSWERS:
            self.cut_off()

    def cut_off(self) -> None:
        self._writer.transport.abort()

    async def write(self) -> None:
        """Until the window is gone or too slow."""
        with suppress(OSError, TimeoutError):
            while True:
                await self._news.wait()
                self._news.clear()
                frames = [*self._answers, *self._slots.values()]
                self._answers.clear()
                self._slots.clear()
                self._writer.write(b"".join(frames))
                async with asyncio.timeout(SLOW_S):
                    await self._writer.drain()
                await asyncio.sleep(PAUSE_S)
        self.cut_off()


class IpcServer:
    """`start()` under the phone's lock, so that a socket that is there already is a dead one."""

    def __init__(
        self, folder: Path, phone: Phone, *, simulate: Simulate | None = None, leave: Callable[[], None] | None = None
    ) -> None:
        """`leave`: a window that brings other settings may end a service that is resting (desktop only)."""
        self.path = socket_path(folder)
        self._phone, self._simulate, self._leave_now = phone, simulate, leave
        self._windows: dict[Window, int] = {}  # how many of its questions are at work
        self._at_work: set[asyncio.Task[None]] = set()
        self._latest: dict[str, bytes] = {}
        self._holding: Window | None = None  # the one in which the safe-hold button is held
        self._server: asyncio.Server | None = None
        self.left_s = time.monotonic()

    @property
    def has_windows(self) -> bool:
        return bool(self._windows)

    async def start(self) -> None:
        self.path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._come, self.path, limit=MOST_BYTES)
        finally:
            os.umask(before)

    async def close(self, *, is_ours: bool) -> None:
        """`is_ours`: the folder is still locked, so the socket that lies there is this one."""
        if self._server is None:
            return
        self._server.close()
        for window in list(self._windows):
            window.cut_off()
        if is_ours:
            self.path.unlink(missing_ok=True)

    def show(self, name: str, value: Any) -> None:
        """On the loop: the newest value of its kind, for windows that are here and that will come."""
        self._latest[name] = frame = line({name: codec.write(value)})
        for window in self._windows:
            window.show(name, frame)

    # ---- one window -------------------------------------------------------------------------------------------

    async def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("socket")
        if len(self._windows) >= MOST_WINDOWS or not is_same_user(peer):
            writer.transport.abort()
            return
        window = Window(reader, writer)
        self._windows[window] = 0
        for name, frame in self._latest.items():
            window.show(name, frame)
        writing = asyncio.create_task(window.write())
        try:
            await self._read(window)
        except (OSError, asyncio.CancelledError):
            pass  # gone, or the service ends
        finally:
            writing.cancel()
            window.cut_off()
            self._leave(window)

    def _leave(self, window: Window) -> None:
        """What the window asked for goes on to its end: a PIN that was entered has been entered."""
        del self._windows[window]
        if not self._windows:
            self.left_s = time.monotonic()
        if window is self._holding or not self._windows:  # another window may be here that holds nothing
            self._holding = None
            self._phone.window_lost()

    async def _read(self, window: Window) -> None:
        bad = 0
        while bad < MOST_BAD_LINES:
            try:
                data = await window.reader.readuntil(b"\n")
            except asyncio.IncompleteReadError:
                return
            except asyncio.LimitOverrunError:
                window.answer(problem_frame(0, _bad(f"a line is at most {MOST_BYTES} bytes")))
                await asyncio.sleep(PAUSE_S)  # the answer goes first
                return
            bad = 0 if self._take(window, data) else bad + 1

    def _take(self, window: Window, data: bytes) -> bool:
        """False for a line that can't be read. Inputs are applied before the next line is looked at."""
        number = 0
        try:
            request = read_request(data)
            number = request.no
            if request.do == "tell":
                happened, at_s = read_input(request.facts, now_s=time.monotonic())
                if isinstance(happened, SafeHoldStarted):
                    self._holding = window
                self._phone.apply_at(happened, at_s)
            elif request.do == "simulate" and self._simulate is not None:
                self._simulate(request.facts)
            elif request.do == "leave" and self._leave_now is not None:
                if self._phone.is_resting:
                    self._leave_now()
            elif request.do in ASKS:
                self._begin(window, request)
                return True
            else:
                raise BadFrame(f"do: {request.do[:40]!r} is nothing that this service does")
        except BadFrame as error:
            window.answer(problem_frame(number, _bad(str(error))))
            return False
        except Exception as error:  # the brain must outlive whatever a window sends
            window.answer(problem_frame(number, Problem("failed", *FAILED)))
            note(error)
            return False
        if number:
            window.answer({"answer": number, "ok": None})
        return True

    def _begin(self, window: Window, request: Request) -> None:
        if self._windows[window] >= MOST_AT_WORK:
            raise BadFrame(f"more than {MOST_AT_WORK} questions at once; wait for answers")
        task = asyncio.create_task(self._ask(window, request, self._called(request)))
        self._windows[window] += 1
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)

    def _called(self, request: Request) -> Coroutine[Any, Any, Any]:
        """The call with its arguments, each read by its kind. Raises BadFrame."""
        method = getattr(self._phone, request.do)
        kinds = {name: kind for name, kind in get_type_hints(method).items() if name != "return"}
        if request.do == "choose":
            arguments = read_changes(request.facts)
        else:
            arguments = {name: codec.read(kinds[name], one) for name, one in request.facts.items() if name in kinds}
        try:
            inspect.signature(method).bind(**arguments)
        except TypeError as error:
            raise BadFrame(f"{request.do}: {error}") from None

        async def call() -> Any:
            answer = method(**arguments)
            return None if answer is None else await asyncio.wrap_future(answer)

        return call()

    async def _ask(self, window: Window, request: Request, work: Coroutine[Any, Any, Any]) -> None:
        try:
            answer = {"answer": request.no, "ok": codec.write(await work)}
        except Problem as problem:
            answer = problem_frame(request.no, problem)
        except Exception as error:  # whatever it was, the window must not wait for ever
            note(error)
            answer = problem_frame(request.no, Problem("failed", *FAILED))
        if window in self._windows:
            self._windows[window] -= 1
            window.answer(answer)


def _bad(words: str) -> Problem:
    return Problem("bad_frame", f"알 수 없는 요청입니다: {words}", words)
