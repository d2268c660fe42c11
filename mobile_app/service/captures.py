"""Photo and sound for the center while an alert is active: what the service asks of whoever takes them.

`TakenCaptures` takes photos by both lenses and stretches of sound as `core/captures.py` says, seals them onto the disk
and lets `net/captures.py` send them. A raw file lives only between the device's last byte and the sealing, in a folder
that is emptied at the start. Begin and end look the same whichever PIN it was; what was taken goes on to be sent.
"""

from __future__ import annotations

import asyncio
import secrets
import shutil
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from mobile_app.core import captures as plan
from mobile_app.core.ids import uuid7
from mobile_app.core.messages import write_time
from mobile_app.disk import open_folder
from mobile_app.faults import note
from mobile_app.net.captures import Shelf, Uploader
from mobile_app.net.client import RouterClient
from mobile_app.ports import Device, Unavailable

FOLDER, RAW = "captures", "captures-raw"
LOOK_S = 0.25
RECORDER_LATE_S = 10.0


class Captures(Protocol):
    """Both are called on the loop, return at once and never raise; asked twice is asked once. What was taken and not
    yet sent goes on by itself after `end` and after a restart."""

    def start(self) -> None:
        """The service runs: what an earlier run left unsent goes on."""

    def begin(self, alert_id: str) -> None:
        """Take photos and sound for this alert from now on."""

    def end(self, alert_id: str) -> None:
        """Take nothing more for it."""

    def try_way(self, alert_id: str) -> None:
        """Of a drill: one marked item goes the way of photos. No device is touched."""

    async def close(self) -> None:
        """The service ends: stop the devices, keep what is unsent."""


class NoCaptures:
    """For a device that has neither a recorder nor a camera."""

    def start(self) -> None: ...

    def begin(self, alert_id: str) -> None: ...

    def end(self, alert_id: str) -> None: ...

    def try_way(self, alert_id: str) -> None: ...

    async def close(self) -> None: ...


@dataclass
class _Alert:
    """Of one alert that is taken down: its tasks, and the chain's head once it is read."""

    head: plan.Head | None = None
    is_over: bool = False
    photos: asyncio.Task[None] | None = None
    sounds: asyncio.Task[None] | None = None

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        return [one for one in (self.photos, self.sounds) if one is not None]


class TakenCaptures:
    """`start` once the loop runs. `mode` is one of `core.captures.MODES`, asked before each photo and each stretch."""

    def __init__(
        self,
        folder: Path,
        device: Device,
        *,
        router: Callable[[], RouterClient],
        token: Callable[[str], str],
        mode: Callable[[], str],
        is_busy: Callable[[], bool] = lambda: False,
    ) -> None:
        self._raw, self._device, self._mode = folder / RAW, device, mode
        self._shelf = Shelf(folder / FOLDER, device.sealer)
        self._token = token
        self._uploader = Uploader(
            self._shelf, router=router, token=token, is_busy=is_busy, is_over=lambda one: one not in self._alerts
        )
        self._alerts: dict[str, _Alert] = {}
        self._sending: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()  # the chain has one order
        self._sealing: asyncio.Future[None] | None = None

    def start(self) -> None:
        if self._sending is None:
            shutil.rmtree(self._raw, ignore_errors=True)
            self._sending = self._task(self._uploader.run())

    def begin(self, alert_id: str) -> None:
        known = self._alerts.get(alert_id)
        if known is not None and not known.is_over:
            return
        self.start()
        alert = self._alerts[alert_id] = _Alert(known.head if known else None)
        alert.photos = self._task(self._photos(alert_id, alert, time.monotonic()))
        alert.sounds = self._task(self._sounds(alert_id, alert))
        alert.sounds.add_done_callback(lambda _: self._taken_down(alert_id, alert))

    def end(self, alert_id: str) -> None:
        """What was said up to now is kept; the recorder's last bytes come a moment later."""
        alert = self._alerts.get(alert_id)
        if alert is None or alert.is_over:
            return
        alert.is_over = True
        if all(one.is_over for one in self._alerts.values()):
            self._device.recorder.stop()

    def try_way(self, alert_id: str) -> None:
        if self._mode() != plan.OFF:
            self.start()
            self._task(self._tried(alert_id))

    async def _tried(self, alert_id: str) -> None:
        path = open_folder(self._raw) / f"{secrets.token_hex(8)}.jpg"
        await asyncio.to_thread(path.write_bytes, plan.TEST_PICTURE)
        await self._seal(alert_id, _Alert(), replace(self._taken(plan.PHOTOGRAPH, ".jpg", "", 0.0), is_test=True), path)

    def _taken_down(self, alert_id: str, alert: _Alert) -> None:
        if self._alerts.get(alert_id) is alert and alert.is_over:
            del self._alerts[alert_id]

    async def close(self) -> None:
        tasks = [task for alert in self._alerts.values() for task in alert.tasks]
        tasks += [self._sending] if self._sending is not None else []
        self._device.recorder.stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._sealing is not None:  # the folder is another service's as soon as this one has ended
            await asyncio.gather(self._sealing, return_exceptions=True)
        shutil.rmtree(self._raw, ignore_errors=True)

    def _task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return asyncio.get_running_loop().create_task(self._guarded(work))

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # a fault here must not touch the alert
            note(error)

    async def _photos(self, alert_id: str, alert: _Alert, began_s: float) -> None:
        while not alert.is_over:
            due_s = time.monotonic()
            for lens in plan.LENSES:
                if self._mode() != plan.OFF and not alert.is_over:
                    await self._photo(alert_id, alert, lens)
            used = alert.head.photo_bytes if alert.head else 0
            due_s += plan.photo_pause_s(time.monotonic() - began_s, used)
            await self._pause(alert, due_s)

    async def _photo(self, alert_id: str, alert: _Alert, lens: str) -> None:
        path = open_folder(self._raw) / f"{secrets.token_hex(8)}{self._device.camera.suffix}"
        taken = self._taken(plan.PHOTOGRAPH, self._device.camera.suffix, lens, 0.0)
        if not await asyncio.to_thread(self._device.camera.photo, path, lens=lens):
            return
        if alert.is_over:  # by a PIN, while the shutter was open
            path.unlink(missing_ok=True)
        else:
            await self._seal(alert_id, alert, taken, path)

    async def _sounds(self, alert_id: str, alert: _Alert) -> None:
        while not alert.is_over:
            used = alert.head.sound_bytes if alert.head else 0
            if self._mode() == plan.PHOTO_SOUND and used < plan.SHARE_BYTES:
                await self._sound(alert_id, alert)
            pause_s = plan.sound_pause_s(alert.head.sound_bytes if alert.head else 0)
            await self._pause(alert, time.monotonic() + max(LOOK_S, pause_s))

    async def _pause(self, alert: _Alert, until_s: float) -> None:
        while not alert.is_over and time.monotonic() < until_s:  # noqa: ASYNC110
            await asyncio.sleep(max(0.0, min(LOOK_S, until_s - time.monotonic())))

    async def _sound(self, alert_id: str, alert: _Alert) -> None:
        recorder, loop = self._device.recorder, asyncio.get_running_loop()
        path = open_folder(self._raw) / f"{secrets.token_hex(8)}{recorder.suffix}"
        done: asyncio.Future[bool] = loop.create_future()

        def ended(is_good: bool) -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(lambda: None if done.done() else done.set_result(is_good))

        taken = self._taken(plan.SOUND, recorder.suffix, "", plan.SOUND_S)
        if not recorder.start(path, seconds=plan.SOUND_S, ended=ended):
            return await self._pause(alert, time.monotonic() + plan.SOUND_S)  # a call has the microphone
        try:
            async with asyncio.timeout(plan.SOUND_S + RECORDER_LATE_S):
                is_good = await done
        except TimeoutError:
            recorder.stop()
            return
        if is_good:
            await self._seal(alert_id, alert, taken, path)

    def _taken(self, kind: str, suffix: str, lens: str, seconds: float) -> plan.Taken:
        now = datetime.now(UTC)
        capture_id = uuid7(now, secrets.randbits(74))
        kind_of_file = plan.FORMATS.get(suffix, "application/octet-stream")
        return plan.Taken(capture_id, kind, kind_of_file, lens, write_time(now) or "", seconds)

    async def _seal(self, alert_id: str, alert: _Alert, taken: plan.Taken, path: Path) -> None:
        """From the raw file to sealed pieces. What does not fit any more, or can't be sealed, is not kept at all."""
        async with self._turn:
            # Shielded: an end in the middle must not tear the chain.
            self._sealing = asyncio.ensure_future(asyncio.to_thread(self._sealed, alert_id, alert, taken, path))
            await asyncio.shield(self._sealing)
        self._uploader.wake()

    def _sealed(self, alert_id: str, alert: _Alert, taken: plan.Taken, path: Path) -> None:
        try:
            data = path.read_bytes()
            head = alert.head or self._shelf.head(alert_id)
            pieces = plan.cut(alert_id, taken, data, head)
            used = head.photo_bytes if taken.kind == plan.PHOTOGRAPH else head.sound_bytes
            if plan.fits(pieces, used):
                head = self._shelf.keep(alert_id, pieces, head)
                if token := self._token(alert_id):
                    self._shelf.keep_token(alert_id, token)
            alert.head = head
        except (OSError, Unavailable) as error:
            note(error)
        finally:
            with suppress(OSError):
                path.unlink(missing_ok=True)
