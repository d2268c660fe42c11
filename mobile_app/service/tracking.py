"""The alerts whose positions go out and whose statuses come in, each with its line and its queue."""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mobile_app.core.messages import Position, Said, Status
from mobile_app.core.position import UnsentPositions
from mobile_app.disk import read_json, write_json
from mobile_app.faults import noted
from mobile_app.net.client import RouterClient
from mobile_app.net.live import LiveLine
from mobile_app.net.outbox import ENDED_BRISK_S, ENDED_RARE_PAUSE_S, LAST_WORD_KEPT_S
from mobile_app.net.track_file import KeptPositions

FILE, POSITIONS = "tracks.json", "positions"
STRAY_AFTER_S = 24 * 3600.0
LINGER_PAUSE_S = 1.0
MOST_BEHIND = 3
MOST_OF_TRAIL = 600


@dataclass
class Tracked:
    unsent: UnsentPositions
    line: LiveLine | None = None
    task: asyncio.Task[None] | None = None
    connected: bool = False
    delivered_at: datetime | None = None
    answer: asyncio.Task[None] | None = None
    is_lingering: bool = False
    trail: deque[Position] = field(default_factory=lambda: deque(maxlen=MOST_OF_TRAIL))


class Tracking:
    """Live tokens are kept on disk, so that a restarted phone goes on without asking anyone."""

    def __init__(
        self,
        folder: Path,
        *,
        router: RouterClient,
        router_url: str,
        is_on: Callable[[], bool],
        tls: ssl.SSLContext,
        heard: Callable[[Status], None],
        changed: Callable[[], None],
        ended: Callable[[str], None],
        latest: Callable[[], Position | None] = lambda: None,
        unsaid: Callable[[str], Sequence[Said]] = lambda _: (),
        said: Callable[[str, str], None] = lambda _, __: None,
        spoken: Callable[[Said], None] = lambda _: None,
        over: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._path = folder / FILE
        self._router, self._router_url, self._is_on, self._tls = router, router_url, is_on, tls
        self._heard, self._changed, self._ended, self._latest = heard, changed, ended, latest
        self._unsaid, self._said, self._spoken, self._over = unsaid, said, spoken, over
        self._talking: set[asyncio.Task[None]] = set()
        stored = read_json(self._path)
        self._tokens: dict[str, str] = stored if isinstance(stored, dict) else {}
        self._tracked: dict[str, Tracked] = {}
        self._forget_strays()

    def begin(self, alert_id: str, latest: Position | None) -> None:
        """Queue positions from now on; the line opens as soon as there is a token."""
        if alert_id in self._tracked:
            return
        # Ten numbers a second are more than a phone fixes, so a restarted phone goes on above its earlier numbers.
        first_seq = int(datetime.now(UTC).timestamp() * 10)
        self._tracked[alert_id] = Tracked(KeptPositions(self._file(alert_id), next_seq=first_seq))
        if latest is not None:
            self._tracked[alert_id].unsent.add(latest, at=datetime.now(UTC))
        self._open(alert_id)

    def token(self, alert_id: str, live_token: str) -> None:
        """The router accepted the alert. Call before the message leaves the outbox."""
        if not live_token or alert_id in self._tokens or alert_id not in self._tracked:
            return
        self._tokens[alert_id] = live_token
        self._save()
        self._open(alert_id)

    def end(self, alert_id: str) -> None:
        tracked = self._tracked.pop(alert_id, None)
        if tracked and tracked.task:
            tracked.task.cancel()
        if tracked:
            tracked.unsent.forget()
        if self._tokens.pop(alert_id, None):
            self._save()

    def _file(self, alert_id: str) -> Path:
        return self._path.with_name(POSITIONS) / f"{alert_id}.jsonl"

    def _forget_strays(self) -> None:
        """Files of alerts that ended while nobody could remove them."""
        for path in self._path.with_name(POSITIONS).glob("*.jsonl"):
            with suppress(OSError):
                if path.stem not in self._tokens and time.time() - path.stat().st_mtime > STRAY_AFTER_S:
                    path.unlink()

    def linger(self, alert_id: str) -> None:
        """The center has closed it: no more positions; what is still unsaid goes by POST. Also after a restart."""
        self.begin(alert_id, None)
        tracked = self._tracked.get(alert_id)
        if tracked is None or tracked.is_lingering:
            return
        tracked.unsent.forget()
        tracked.is_lingering, tracked.unsent = True, UnsentPositions()
        if tracked.task:
            tracked.task.cancel()
        tracked.task = asyncio.get_running_loop().create_task(self._post_rest(alert_id, tracked.line))

    async def _post_rest(self, alert_id: str, line: LiveLine | None) -> None:
        """Her last word: at once, then ever more seldom, and for three days at most; the router itself takes it for an
        hour after the close. A new word or data that is back is tried at once."""
        began_s = next_s = time.monotonic()
        pause_s, known, was_on = LINGER_PAUSE_S, frozenset[str](), False
        while True:
            waiting, is_on = self._unsaid(alert_id), self._is_on()
            ids = frozenset(one.said_id for one in waiting)
            if ids - known or (is_on and not was_on):
                next_s, pause_s = time.monotonic(), LINGER_PAUSE_S
            known, was_on = ids, is_on
            if line is not None and waiting and is_on and time.monotonic() >= next_s:
                with noted():
                    await line.post_talk()
                pause_s = min(ENDED_RARE_PAUSE_S, pause_s * 2)
                next_s = time.monotonic() + random.uniform(0.5, 1.0) * pause_s
            if time.monotonic() - began_s > ENDED_BRISK_S:
                self._give_up_old(alert_id)
            await asyncio.sleep(LINGER_PAUSE_S)

    def _give_up_old(self, alert_id: str) -> None:
        for one in self._unsaid(alert_id):
            if (datetime.now(UTC) - one.at).total_seconds() > LAST_WORD_KEPT_S:
                self._said(alert_id, one.said_id)

    @property
    def known(self) -> tuple[str, ...]:
        """The alerts that have a line, followed or not."""
        return tuple(self._tokens)

    def token_of(self, alert_id: str) -> str:
        """Of the alert's line; empty before the router has accepted it, and after the end of its tracking."""
        return self._tokens.get(alert_id, "")

    @property
    def has_waiting(self) -> bool:
        """Positions wait though a line is up, or something is unsaid."""
        behind = any(one.connected and len(one.unsent.waiting()) > MOST_BEHIND for one in self._tracked.values())
        return behind or any(self._unsaid(alert_id) for alert_id in self._tracked)

    @property
    def is_busy(self) -> bool:
        """Something is followed."""
        return bool(self._tracked)

    async def send(self, position: Position) -> None:
        for tracked in [one for one in self._tracked.values() if not one.is_lingering]:
            numbered = tracked.unsent.add(position, at=datetime.now(UTC))
            if tracked.line:
                await tracked.line.send(numbered)

    def speak_up(self, alert_id: str) -> None:
        """There is something unsaid."""
        if alert_id in self._tracked and (line := self._tracked[alert_id].line):
            self._start(line.speak_up())

    def shown(self, alert_id: str, said_id: str) -> None:
        if alert_id in self._tracked and (line := self._tracked[alert_id].line):
            self._start(line.shown(said_id))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._talking.add(task)
        task.add_done_callback(self._talking.discard)

    def connected(self, alert_id: str) -> bool:
        return alert_id in self._tracked and self._tracked[alert_id].connected

    def delivered_at(self, alert_id: str) -> datetime | None:
        return self._tracked[alert_id].delivered_at if alert_id in self._tracked else None

    def trail(self, alert_id: str) -> Sequence[Position]:
        """What the router has confirmed, oldest first."""
        return tuple(self._tracked[alert_id].trail) if alert_id in self._tracked else ()

    async def close(self) -> None:
        """End the lines and keep the tokens: the next start goes on."""
        tasks = [tracked.task for tracked in self._tracked.values() if tracked.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _open(self, alert_id: str) -> None:
        tracked, token = self._tracked.get(alert_id), self._tokens.get(alert_id)
        if tracked is None or token is None or tracked.task is not None:
            return

        def connected(now: bool) -> None:
            tracked.connected = now
            self._changed()

        def delivered(position: Position) -> None:
            tracked.delivered_at = datetime.now(UTC)
            tracked.trail.append(position)
            self._changed()

        def asked() -> None:
            """The router knows no place: the last fix, however old, is better than none."""
            latest = self._latest()
            if latest is not None and not tracked.unsent.waiting() and tracked.line is not None:
                numbered = tracked.unsent.add(latest, at=datetime.now(UTC))
                tracked.answer = asyncio.get_running_loop().create_task(tracked.line.send(numbered))

        tracked.line = LiveLine(
            alert_id=alert_id, live_token=token, router=self._router, router_url=self._router_url, is_on=self._is_on,
            tls=self._tls, unsent=tracked.unsent, heard=self._heard, connected=connected, delivered=delivered,
            ended=lambda: self._ended(alert_id), over=lambda: self._over(alert_id),
            asked=asked, unsaid=lambda: self._unsaid(alert_id),
            said=lambda said_id: self._said(alert_id, said_id), spoken=self._spoken,
        )  # fmt: skip
        tracked.task = asyncio.get_running_loop().create_task(tracked.line.run())

    def _save(self) -> None:
        with suppress(OSError):  # the tokens in memory still work
            write_json(self._path, self._tokens)
