"""Messages of alerts that the router has not confirmed, one fsynced file each: on disk before the network.

A file leaves the folder only after a 202. Per alert the order is pre, active, ended; alerts don't wait for each other.
Trying does not end while the person asks for help: the pause is drawn from zero to a bound that doubles from 0.2 s to
`ALERT_PAUSE_S` (full jitter, so a city that lost its net does not come back in one beat). After her PIN, whichever it
was, the bound grows to minutes and there is an end (`is_given_up`). A pre-alert that could not be sent gives way to its
`active`, which says everything the pre-alert would have said. What the router refuses is said again with less, down to
that somebody asks for help, and doesn't hold up the ones behind it.

A file that a failing disk has damaged goes to `broken/`; its name still says whose alert it was, so a cry for help goes
out without the rest. An end that can't be read is not guessed: the alert stays with the center.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from mobile_app.core.messages import ACTIVE, ENDED, PRE, Accepted, AlertMessage
from mobile_app.disk import open_folder, read_json, sync_folder, write_json
from mobile_app.faults import note, noted

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 2.0
ALERT_PAUSE_S, ENDED_PAUSE_S, ENDED_RARE_PAUSE_S = 5.0, 30.0, 300.0
ENDED_BRISK_S, ENDED_RARE_S = 600.0, 3600.0
LAST_WORD_KEPT_S, UNHEARD_KEPT_S = 72 * 3600.0, 30 * 24 * 3600.0
LEAST = 2
KEPT_BROKEN = 20


class Unreachable(Exception):
    """No answer, or one that promises better luck later (5xx, 429); `after_s` is what the router asked for."""

    def __init__(self, why: str = "", *, after_s: float | None = None) -> None:
        super().__init__(why)
        self.after_s = after_s


class RefusedMessage(Exception):
    """The router can't read this message (4xx)."""


@dataclass(frozen=True)
class Entry:
    """`put_s`: when it was put here, by the wall clock (Unix)."""

    path: Path
    message: AlertMessage
    put_s: float = 0.0


class Outbox:
    """The folder. Calls do their disk work at once and are quick; one process at a time owns it.

    `broken` holds the names of damaged files found at the start, for the log and the readiness check.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = open_folder(folder)
        self.broken: list[str] = []
        self._entries: dict[Path, Entry] = {}
        self._unwritten: set[Path] = set()
        for torn in self._folder.glob(".*.new"):  # killed while writing: nobody was told that it is kept
            torn.unlink(missing_ok=True)
        paths = sorted(path for path in self._folder.glob("*.json") if path.name[:12].isdigit())
        self._next = 1 + max((int(path.name[:12]) for path in paths), default=0)
        for path in paths:
            entry = _read(path) or self._salvage(path)
            if entry is not None:
                self._entries[path] = entry

    def put(self, message: AlertMessage) -> Entry:
        """Durable when this returns, as far as the disk takes anything. The same alert and phase is one entry."""
        for entry in self.entries(message.alert_id):
            if entry.message.phase == message.phase:
                return entry
        path = self._folder / f"{self._next:012d}-{message.alert_id}-{message.phase}.json"
        self._next += 1
        entry = self._entries[path] = Entry(path, message, time.time())
        try:
            write_json(path, message.to_json())
        except (OSError, TypeError, ValueError):
            self._unwritten.add(path)  # a full disk must not silence the phone: send it from memory
        return entry

    def entries(self, alert_id: str = "") -> list[Entry]:
        """Oldest first."""
        return [entry for entry in self._entries.values() if alert_id in ("", entry.message.alert_id)]

    def keep(self) -> None:
        """Try again to write what a full disk did not take."""
        for path in sorted(self._unwritten):
            with contextlib.suppress(OSError, TypeError, ValueError):
                write_json(path, self._entries[path].message.to_json())
                self._unwritten.discard(path)

    def done(self, entry: Entry) -> None:
        """The router has it. A file that can't be removed is sent again by the next start, which does no harm."""
        self._entries.pop(entry.path, None)
        self._unwritten.discard(entry.path)
        with contextlib.suppress(OSError):
            entry.path.unlink(missing_ok=True)
            sync_folder(self._folder)

    def __len__(self) -> int:
        return len(self._entries)

    def _salvage(self, path: Path) -> Entry | None:
        """What the name of a damaged file still says, written anew; the damaged one is kept, but for an end: nothing
        may lie about that tells a forced one from a cancel."""
        self.broken.append(path.name)
        entry = _by_name(path)
        with contextlib.suppress(OSError):
            broken = open_folder(self._folder / "broken")
            if path.stem.endswith(f"-{ENDED}"):
                path.unlink()
                return entry
            os.replace(path, broken / path.name)
            if entry is not None:
                write_json(path, entry.message.to_json())
            for old in sorted(broken.iterdir())[:-KEPT_BROKEN]:
                old.unlink(missing_ok=True)
        return entry


def _read(path: Path) -> Entry | None:
    try:
        message = AlertMessage.from_json(read_json(path))  # type: ignore[arg-type]
        return Entry(path, message, path.stat().st_mtime) if message.phase in (PRE, ACTIVE, ENDED) else None
    except (AttributeError, KeyError, OSError, OverflowError, RecursionError, TypeError, ValueError):
        return None


def _by_name(path: Path) -> Entry | None:
    """`000000000012-<alert_id>-<phase>.json` → a message with nothing but its id, phase and instant."""
    alert_id, phase = path.stem[13:49], path.stem[50:]
    try:
        instant = datetime.fromtimestamp((UUID(alert_id).int >> 80) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    if phase not in (PRE, ACTIVE):
        return None
    return Entry(path, AlertMessage(alert_id=alert_id, phase=phase, raised_at=instant))


class Sender:
    """Empties the outbox through `post`. `accepted` is called before the file goes, so what it stores is never lost;
    `given_up(alert_id)` after the last word of an alert was tried for too long."""

    def __init__(
        self,
        outbox: Outbox,
        *,
        post: Callable[[AlertMessage], Awaitable[Accepted]],
        accepted: Callable[[Entry, Accepted], None],
        reachable: Callable[[bool], None] = lambda _: None,
        given_up: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._outbox, self._post, self._accepted, self._reachable = outbox, post, accepted, reachable
        self._given_up = given_up
        self._news = asyncio.Event()
        self._at_work: dict[str, asyncio.Task[None]] = {}
        self._pauses: dict[str, asyncio.Event] = {}

    def wake(self) -> None:
        """There is something new, or the network is back: don't wait out the pause. Call on the loop's thread."""
        self._news.set()
        for pause in self._pauses.values():
            pause.set()

    async def run(self) -> None:
        try:
            while True:
                self._news.clear()
                self._outbox.keep()
                for alert_id in dict.fromkeys(entry.message.alert_id for entry in self._outbox.entries()):
                    if alert_id not in self._at_work or self._at_work[alert_id].done():
                        self._at_work[alert_id] = asyncio.create_task(self._send_alert(alert_id))
                # The timeout brings back an alert whose task ended by a surprise, a full disk for example.
                await _waited(self._news, LONGEST_PAUSE_S)
        finally:
            for task in self._at_work.values():
                task.cancel()
            await asyncio.gather(*self._at_work.values(), return_exceptions=True)

    async def _send_alert(self, alert_id: str) -> None:
        news = self._pauses[alert_id] = asyncio.Event()
        try:
            await self._empty(alert_id, news)
        finally:
            del self._pauses[alert_id]

    async def _empty(self, alert_id: str, news: asyncio.Event) -> None:
        tries, began_s = 0, time.monotonic()
        shorter: dict[Path, int] = {}
        while entries := self._outbox.entries(alert_id):
            gone_s = time.monotonic() - began_s
            if is_given_up(entries, gone_s=gone_s, wall_s=time.time()):
                return self._give_up(alert_id, entries)
            entry = next((one for one in entries if shorter.get(one.path, 0) <= LEAST), None)
            longest_s = _longest_s(entries, gone_s)
            news.clear()
            if entry is None:
                shorter.clear()
                tries += 1
                await _waited(news, pause_s(tries, longest_s))
                continue
            try:
                answer = await self._post(shortened(entry.message, shorter.get(entry.path, 0)))
            except Unreachable as failed:
                self._reachable(False)
                if self._give_way(entry):
                    continue
                if failed.after_s is not None:  # the router's wish comes before any news, within what help can wait
                    await asyncio.sleep(min(max(failed.after_s, 0.0), longest_s))
                await _waited(news, pause_s(tries, longest_s))
                tries += 1
                continue
            except Exception as error:  # refused, or a fault of ours in what it says: it is said again with less
                if not isinstance(error, RefusedMessage):
                    note(error)
                shorter[entry.path] = shorter.get(entry.path, 0) + 1
                continue
            tries, began_s = 0, time.monotonic()
            self._reachable(True)
            with noted():  # a fault of ours after the 202 is no reason to send it for ever
                self._accepted(entry, answer)
            self._outbox.done(entry)

    def _give_up(self, alert_id: str, entries: list[Entry]) -> None:
        for entry in entries:
            self._outbox.done(entry)
        self._given_up(alert_id)

    def _give_way(self, entry: Entry) -> bool:
        """Drop a pre-alert that could not be sent once its `active` is on disk."""
        phases = {one.message.phase for one in self._outbox.entries(entry.message.alert_id)}
        if entry.message.phase != PRE or ACTIVE not in phases:
            return False
        self._outbox.done(entry)
        return True


def pause_s(tries: int, longest_s: float) -> float:
    """Seconds before the next try after `tries` failed ones before: anything from 0 to the bound."""
    return random.uniform(0.0, min(longest_s, FIRST_PAUSE_S * 2 ** min(tries, 16)))


def _longest_s(entries: list[Entry], gone_s: float) -> float:
    """Also an end is urgent, because it may be a forced one; later it may wait longer."""
    if entries[-1].message.phase != ENDED or gone_s <= ENDED_BRISK_S:
        return ALERT_PAUSE_S
    return ENDED_PAUSE_S if gone_s <= ENDED_RARE_S else ENDED_RARE_PAUSE_S


def is_given_up(entries: list[Entry], *, gone_s: float, wall_s: float) -> bool:
    """Whether the end of this alert has been tried for too long. The router that has the alert itself, and not its end,
    has a center that closes it: three days. An alert of which nobody knows at all may be of somebody who was taken
    away: thirty days. `gone_s`: how long it was tried by this process, so a clock that jumps ends nothing by itself."""
    last, rest = entries[-1], entries[:-1]
    if last.message.phase != ENDED or gone_s <= ENDED_BRISK_S:
        return False
    return wall_s - last.put_s > (UNHEARD_KEPT_S if rest else LAST_WORD_KEPT_S)


def shortened(message: AlertMessage, steps: int) -> AlertMessage:
    """The same cry for help with less: without what was told about her, then with nothing but what it is."""
    if steps <= 0:
        return message
    if steps < LEAST:
        return replace(message, caller=replace(message.caller, profile={}), battery_percent=None)
    return AlertMessage(
        alert_id=message.alert_id, phase=message.phase, raised_at=message.raised_at, service=message.service,
        outcome=message.outcome, home=message.home,
    )  # fmt: skip


async def _waited(news: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await news.wait()
