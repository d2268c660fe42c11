"""The service as a process: a phone, its socket, and an end when nobody needs it (a desktop's; a phone's stays)."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from mobile_app.faults import keep_words_in_loop, note
from mobile_app.ports import Device
from mobile_app.service.captures import Captures
from mobile_app.service.codec import BadFrame
from mobile_app.service.ipc import IpcServer
from mobile_app.service.map_file import MapFile
from mobile_app.service.phone import Phone
from mobile_app.settings import Settings

ALONE_FOR_S = 30.0
LOOK_EVERY_S = 0.1


class Played(Protocol):
    """A device that is played by hand: a desktop's."""

    def simulate(self, facts: dict[str, Any]) -> None:
        """Raises ValueError with one sentence."""

    def state(self) -> dict[str, Any]:
        """JSON for the panel."""


async def host(
    *,
    folder: Path,
    settings: Settings,
    device: Device,
    played: Played | None = None,
    stays: bool = True,
    captures: Captures | None = None,
    told: Callable[[dict[str, Any]], None] = lambda _: None,
) -> None:
    """Until SIGTERM, or until nothing is going on and no window was there for a while, unless it `stays`. Raises
    FolderInUse when another one has the folder."""
    keep_words_in_loop(asyncio.get_running_loop())
    phone = Phone(
        folder=folder, settings=settings, device=device, captures=captures, told=told,
        viewed=lambda view: ipc.show("view", view),
    )  # fmt: skip
    ended = asyncio.Event()
    ipc = IpcServer(
        folder, phone, simulate=None if played is None else lambda facts: _simulate(played, facts),
        leave=None if played is None else ended.set,
    )  # fmt: skip
    running = asyncio.create_task(phone.run())
    ready = asyncio.create_task(phone.ready())
    helpers: list[asyncio.Task[Any]] = [ready, asyncio.create_task(ended.wait())]
    _end_on_signals(ended)
    try:
        await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            await ipc.start()
            helpers.append(asyncio.create_task(_keep_map(folder, phone, device)))
            if played is not None:
                helpers.append(asyncio.create_task(_show_device(ipc, played)))
            if not stays:
                helpers.append(asyncio.create_task(_end_when_alone(ended, ipc, phone)))
            await asyncio.wait({running, helpers[1]}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        # The socket goes while the folder is still locked: afterwards it may be the next service's.
        await ipc.close(is_ours=not running.done())
        running.cancel()
        for task in helpers:
            task.cancel()
        await asyncio.gather(*helpers, return_exceptions=True)
    with suppress(asyncio.CancelledError):
        await running


def _end_on_signals(ended: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError, RuntimeError, ValueError):  # not the main thread: whoever owns it decides
            loop.add_signal_handler(one, ended.set)


async def _end_when_alone(ended: asyncio.Event, ipc: IpcServer, phone: Phone) -> None:
    alone_since_s = time.monotonic()
    while time.monotonic() - alone_since_s < ALONE_FOR_S:
        await asyncio.sleep(1.0)
        if ipc.has_windows or not phone.is_resting:
            alone_since_s = time.monotonic()
    ended.set()


async def _keep_map(folder: Path, phone: Phone, device: Device) -> None:
    def may() -> bool:
        return phone.settings.is_signed_up and phone.is_resting

    home_url: Callable[[], str] = lambda: phone.settings.home_url  # noqa: E731
    await MapFile(folder, home_url=home_url, radio=device.radio, may=may, now_s=time.monotonic).run()


async def _show_device(ipc: IpcServer, played: Played) -> None:
    shown = None
    while True:
        state = played.state()
        if state != shown:
            shown = state
            ipc.show("device", state)
        await asyncio.sleep(LOOK_EVERY_S)


def _simulate(played: Played, facts: dict[str, Any]) -> None:
    try:
        played.simulate(facts)
    except ValueError as error:
        raise BadFrame(str(error)) from None
    except OSError as error:
        note(error)
