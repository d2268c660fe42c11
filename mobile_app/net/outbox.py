"""Messages of alerts that the router has not confirmed, one fsynced file each: on disk before the network.

A file leaves the folder only after a 202. Per alert the order is pre, active, ended; alerts don't wait for each other.
Trying never ends; the pause grows from 0.2 to 2 s. A pre-alert that could not be sent gives way to its `active`, which
says everything the pre-alert would have said. A message the router refuses doesn't hold up the ones behind it.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from mobile_app.core.messages import ACTIVE, PRE, Accepted, AlertMessage
from mobile_app.disk import open_folder, read_json, sync_folder, write_json

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 2.0


class Unreachable(Exception):
    """No answer, or one that promises better luck later (5xx, 429)."""


class RefusedMessage(Exception):
    """The router can't read this message (4xx)."""


@dataclass(frozen=True)
class Entry:
    path: Path
    message: AlertMessage


class Outbox:
    """The folder. Calls do their disk work at once and are quick; one process at a time owns it."""

    def __init__(self, folder: Path) -> None:
        self._folder = open_folder(folder)
        self._unwritten: list[Entry] = []
        self._next = 1 + max((int(path.name[:12]) for path in self._paths()), default=0)

    def _paths(self) -> list[Path]:
        return sorted(path for path in self._folder.glob("*.json") if path.name[:12].isdigit())

    def put(self, message: AlertMessage) -> Entry:
        """Durable when this returns, as far as the disk takes anything. The same alert and phase is one entry."""
        for entry in self.entries(message.alert_id):
            if entry.message.phase == message.phase:
                return entry
        path = self._folder / f"{self._next:012d}-{message.alert_id}-{message.phase}.json"
        self._next += 1
        entry = Entry(path, message)
        try:
            write_json(path, message.to_json())
        except OSError:
            self._unwritten.append(entry)  # a full disk must not silence the phone: send it from memory
        return entry

    def entries(self, alert_id: str = "") -> list[Entry]:
        """Oldest first. A file that can't be read any more is left where it is and passed over."""
        found = []
        for path in self._paths():
            if alert_id and alert_id not in path.name:
                continue
            try:
                found.append(Entry(path, AlertMessage.from_json(read_json(path))))
            except (KeyError, TypeError, ValueError):
                continue
        kept = [entry for entry in self._unwritten if alert_id in entry.path.name]
        return sorted(found + kept, key=lambda entry: entry.path.name)

    def done(self, entry: Entry) -> None:
        if entry in self._unwritten:
            self._unwritten.remove(entry)
            return
        entry.path.unlink(missing_ok=True)
        sync_folder(self._folder)

    def __len__(self) -> int:
        return len(self._paths()) + len(self._unwritten)


class Sender:
    """Empties the outbox through `post`. `accepted` is called before the file goes, so what it stores is never lost."""

    def __init__(
        self,
        outbox: Outbox,
        *,
        post: Callable[[AlertMessage], Awaitable[Accepted]],
        accepted: Callable[[Entry, Accepted], None],
        reachable: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self._outbox, self._post, self._accepted, self._reachable = outbox, post, accepted, reachable
        self._news = asyncio.Event()
        self._at_work: dict[str, asyncio.Task[None]] = {}

    def wake(self) -> None:
        """There is something new, or the network is back: don't wait out the pause. Call on the loop's thread."""
        self._news.set()

    async def run(self) -> None:
        try:
            while True:
                self._news.clear()
                for alert_id in dict.fromkeys(entry.message.alert_id for entry in self._outbox.entries()):
                    if alert_id not in self._at_work or self._at_work[alert_id].done():
                        self._at_work[alert_id] = asyncio.create_task(self._send_alert(alert_id))
                # The timeout brings back an alert whose task ended by a surprise, a full disk for example.
                await self._pause(LONGEST_PAUSE_S)
        finally:
            for task in self._at_work.values():
                task.cancel()
            await asyncio.gather(*self._at_work.values(), return_exceptions=True)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    async def _send_alert(self, alert_id: str) -> None:
        pause_s = FIRST_PAUSE_S
        refused: set[Path] = set()
        while entries := self._outbox.entries(alert_id):
            entry = next((one for one in entries if one.path not in refused), None)
            if entry is None:
                refused.clear()
                await asyncio.sleep(LONGEST_PAUSE_S)
                continue
            try:
                answer = await self._post(entry.message)
            except RefusedMessage:
                refused.add(entry.path)
                continue
            except Unreachable:
                self._reachable(False)
                if self._give_way(entry):
                    continue
                await asyncio.sleep(pause_s * random.uniform(0.8, 1.0))
                pause_s = min(LONGEST_PAUSE_S, pause_s * 2)
                continue
            pause_s = FIRST_PAUSE_S
            self._reachable(True)
            self._accepted(entry, answer)
            self._outbox.done(entry)

    def _give_way(self, entry: Entry) -> bool:
        """Drop a pre-alert that could not be sent once its `active` is on disk."""
        phases = {one.message.phase for one in self._outbox.entries(entry.message.alert_id)}
        if entry.message.phase != PRE or ACTIVE not in phases:
            return False
        self._outbox.done(entry)
        return True
