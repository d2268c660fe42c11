"""Pieces of photos and sound between the camera and the router: sealed on disk first, then sent, kept until the center
has confirmed them.

One folder per alert: a sealed file for each piece, named by its place in the chain, and `head.json`, which says where
the chain stands and stays as long as the alert may make more. A piece is on the disk before the head that counts it;
killed in between, the next start counts it from the piece. Positions and talk go first: nothing is sent while any of
them waits, and after each piece the line is left alone for as long as the piece took. The same after a cancel and after
a duress code.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from mobile_app.core.captures import Head, Header, Waiting, breath_s, first_to_go
from mobile_app.disk import open_folder, read_json, sync_folder, write_json
from mobile_app.net.client import RouterClient
from mobile_app.net.outbox import FIRST_PAUSE_S, LONGEST_PAUSE_S, RefusedMessage, Unreachable
from mobile_app.ports import Sealer, Unavailable

HEAD, TOKEN, SUFFIX = "head.json", "token.json", ".piece"
KEPT_S, CLEANED_EVERY_S = 24 * 3600.0, 600.0
IDLE_S, ASK_EVERY_S = 0.5, 3.0


class Shelf:
    """The captures of all alerts on this phone. Slow (disk, cipher): not on the loop. One writer."""

    def __init__(self, folder: Path, sealer: Sealer) -> None:
        self._folder, self._sealer = folder, sealer

    def alerts(self) -> list[str]:
        """Alerts that have something here."""
        if not self._folder.is_dir():
            return []
        return sorted(one.name for one in self._folder.iterdir() if one.is_dir())

    def clean(self, is_over: Callable[[str], bool]) -> None:
        """Whole shelves only, head and pieces together, of alerts that are over: those whose newest piece nobody has
        fetched for a day. While more may come the chain keeps its head, however long nothing comes."""
        for alert_id in self.alerts():
            with suppress(OSError):
                folder = self._folder / alert_id
                made = [one.stat().st_mtime for one in folder.iterdir() if one.name != TOKEN]
                newest_s = max(made, default=folder.stat().st_mtime)
                if is_over(alert_id) and time.time() - newest_s > KEPT_S:
                    self.forget(alert_id)

    def head(self, alert_id: str) -> Head:
        """Where the chain stands, with the pieces that a kill left uncounted."""
        stored = read_json(self._folder / alert_id / HEAD)
        try:
            head = Head(**stored) if isinstance(stored, dict) else Head()
        except TypeError:
            head = Head()
        for one in self.waiting(alert_id):
            if one.chain_no >= head.next_no:
                with suppress(OSError, ValueError, Unavailable):
                    head = head.after(*self.read(alert_id, one))
        return head

    def keep(self, alert_id: str, pieces: list[tuple[str, bytes]], head: Head) -> Head:
        """All pieces on disk; the head after them. Raises OSError, Unavailable: then none of them counts."""
        folder = open_folder(open_folder(self._folder) / alert_id)
        written: list[Path] = []
        try:
            for header, body in pieces:
                path = folder / _name(Header.read(header))
                written.append(path)
                _write(path, self._sealer.seal(header.encode() + b"\n" + body))
                head = head.after(header, body)
            sync_folder(folder)
            write_json(folder / HEAD, asdict(head))
        except (OSError, Unavailable):
            for path in written:
                with suppress(OSError):
                    path.unlink(missing_ok=True)
            raise
        return head

    def waiting(self, alert_id: str) -> list[Waiting]:
        """In the order of the chain."""
        found = []
        with suppress(OSError):
            for path in (self._folder / alert_id).glob(f"*{SUFFIX}"):
                with suppress(ValueError):
                    number, capture_id, kind, piece_no = path.name.removesuffix(SUFFIX).split("_")
                    found.append(Waiting(int(number), capture_id, kind, int(piece_no)))
        return sorted(found, key=lambda one: one.chain_no)

    def read(self, alert_id: str, one: Waiting) -> tuple[str, bytes]:
        """Header and bytes. Raises OSError, ValueError (changed, torn), Unavailable."""
        sealed = (self._folder / alert_id / _name(one)).read_bytes()
        header, _, body = self._sealer.open(sealed).partition(b"\n")
        return header.decode(), body

    def remove(self, alert_id: str, one: Waiting) -> None:
        with suppress(OSError):
            (self._folder / alert_id / _name(one)).unlink(missing_ok=True)

    def forget(self, alert_id: str) -> None:
        shutil.rmtree(self._folder / alert_id, ignore_errors=True)

    def token(self, alert_id: str) -> str:
        stored = read_json(self._folder / alert_id / TOKEN)
        return stored if isinstance(stored, str) else ""

    def keep_token(self, alert_id: str, live_token: str) -> None:
        with suppress(OSError):
            folder = open_folder(open_folder(self._folder) / alert_id)
            write_json(folder / TOKEN, live_token)


def _name(one: Header | Waiting) -> str:
    return f"{one.chain_no:06}_{one.capture_id}_{one.kind}_{one.piece_no}{SUFFIX}"


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@dataclass
class _Way:
    """Of one alert: what the router has been given and the center not yet confirmed."""

    given: set[tuple[str, int]] = field(default_factory=set)
    is_asked: bool = False
    ask_at_s: float = 0.0


class Uploader:
    """`run()` as a task. `is_busy`: positions, talk or messages wait; `is_over(alert_id)`: nothing more is taken."""

    def __init__(
        self,
        shelf: Shelf,
        *,
        router: Callable[[], RouterClient],
        token: Callable[[str], str],
        is_busy: Callable[[], bool],
        is_over: Callable[[str], bool],
    ) -> None:
        self._shelf, self._router, self._token = shelf, router, token
        self._is_busy, self._is_over = is_busy, is_over
        self._ways: dict[str, _Way] = {}
        self._news = asyncio.Event()

    def wake(self) -> None:
        """There is something new on the shelf. On the loop."""
        self._news.set()

    async def run(self) -> None:
        pause_s, cleaned_s = FIRST_PAUSE_S, -CLEANED_EVERY_S
        while True:
            try:
                if time.monotonic() - cleaned_s > CLEANED_EVERY_S:
                    cleaned_s = time.monotonic()
                    await asyncio.to_thread(self._shelf.clean, self._is_over)
                worked, alerts = False, await asyncio.to_thread(self._shelf.alerts)
                failed: Unreachable | None = None
                for alert_id in reversed(alerts):  # the newest first
                    try:
                        worked |= await self._serve(alert_id)
                    except Unreachable as error:  # one alert's trouble must not keep another's pictures back
                        failed = error
                if failed is not None and not worked:
                    raise failed
                pause_s = FIRST_PAUSE_S
                if not alerts:  # days of a phone in a pocket: nothing wakes it for nothing
                    await self._news.wait()
                self._news.clear()
                await asyncio.sleep(0.0 if worked else IDLE_S)
            except Unreachable as error:
                await asyncio.sleep(max(pause_s, error.after_s or 0.0))
                pause_s = min(LONGEST_PAUSE_S, pause_s * 2)
            except (OSError, Unavailable):  # a full disk, a key store that is locked: later
                await asyncio.sleep(LONGEST_PAUSE_S)

    async def _serve(self, alert_id: str) -> bool:
        """One piece of this alert at most; whether there was one. Raises Unreachable."""
        waiting = await asyncio.to_thread(self._shelf.waiting, alert_id)
        if not waiting:
            if self._is_over(alert_id):
                await asyncio.to_thread(self._shelf.forget, alert_id)
                self._ways.pop(alert_id, None)
            return False
        token = self._token(alert_id) or await asyncio.to_thread(self._shelf.token, alert_id)
        if not token or self._is_busy():
            return False
        way = self._ways.setdefault(alert_id, _Way())
        if not way.is_asked:
            await asyncio.to_thread(self._shelf.keep_token, alert_id, token)
        if not way.is_asked or (way.given and time.monotonic() >= way.ask_at_s):
            waiting = await self._ask(alert_id, way, waiting, token)
        one = first_to_go(one for one in waiting if (one.capture_id, one.piece_no) not in way.given)
        if one is None:
            return False
        began_s = time.monotonic()
        await self._send(alert_id, one, token)
        way.given.add((one.capture_id, one.piece_no))
        await asyncio.sleep(breath_s(time.monotonic() - began_s))
        return True

    async def _ask(self, alert_id: str, way: _Way, waiting: list[Waiting], token: str) -> list[Waiting]:
        """What is left after the router has said what it has; confirmed pieces leave the phone. A router that knows
        none of this is given everything once, and says no to each."""
        try:
            known = await self._router().pieces(alert_id, live_token=token)
        except RefusedMessage:
            known = {}
        way.is_asked, way.ask_at_s = True, time.monotonic() + ASK_EVERY_S
        # What the router has lost meanwhile (another database) is given again.
        way.given = {key for key, is_confirmed in known.items() if not is_confirmed}
        left = []
        for one in waiting:
            if known.get((one.capture_id, one.piece_no)):
                await asyncio.to_thread(self._shelf.remove, alert_id, one)
            else:
                left.append(one)
        return left

    async def _send(self, alert_id: str, one: Waiting, token: str) -> None:
        try:
            header, body = await asyncio.to_thread(self._shelf.read, alert_id, one)
            way = (alert_id, one.capture_id, one.piece_no)
            await self._router().put_piece(header, body, way=way, live_token=token)
        except (ValueError, RefusedMessage):  # torn, or nobody will ever take it
            await asyncio.to_thread(self._shelf.remove, alert_id, one)
