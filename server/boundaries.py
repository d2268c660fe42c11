"""The borders that the router decides by, here: followed without a shared disk, kept, and used without the router.

Each heartbeat's answer names a digest of the router's timeline. When it is another one than ours, the timeline and the
versions we lack are fetched, checked by their SHA-256, kept in a folder of this installation beside the snapshot, and
put in place in one assignment. Versions that are scheduled come ahead of their day. Every failure leaves what we have;
the next heartbeat tries again. Country-wide, installations ask at different moments (`SPREAD_S`).
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import structlog

from location_router.index import Index, Jurisdictions, NoVersionError, SnapshotError, snapshot_path
from location_router.runtime.ending import end
from location_router.runtime.signing import sign

if TYPE_CHECKING:
    from server.services import Services
    from server.settings import Settings

log = structlog.get_logger("boundaries")
PATH = "/v1/boundaries"
SPREAD_S = 20.0
AGAIN_S = 10.0
MOST_BYTES = 300_000_000
TIMELINE = "timeline.json"


class NotFetched(Exception):
    """The router's answer can't be used; the sentence says why."""


def folder_of(settings: Settings) -> Path:
    """Where this installation keeps what it fetched."""
    snapshot = settings.boundary_snapshot or snapshot_path()
    return snapshot.with_name(f"{snapshot.name}.{settings.installation}")


def load_index(settings: Settings) -> Index:
    """The built-in versions with those fetched; before the first fetch, with those that a router of this machine keeps
    beside the snapshot. Reads files: run it in a thread. Raises SnapshotError."""
    folder = folder_of(settings)
    kept_in = folder if (folder / TIMELINE).exists() else None
    return Index.load(settings.boundary_snapshot, kept_in=kept_in)


class Boundaries:
    """`shared["boundaries"]` of the services."""

    def __init__(self, services: Services, *, spread_s: float = SPREAD_S) -> None:
        self._services, self._folder, self._spread_s = services, folder_of(services.settings), spread_s
        self._index: Index | None = None
        self._loaded = asyncio.Lock()
        self._is_tried = False
        self._digest = ""
        self._task: asyncio.Task[None] | None = None

    async def index(self) -> Index | None:
        """None without a snapshot: the console then works without outlines."""
        async with self._loaded:
            if not self._is_tried:
                await self._load()
                self._is_tried = True
        return self._index

    async def current(self) -> Jurisdictions | None:
        """The version in force today; a scheduled one rules from its midnight."""
        index = await self.index()
        try:
            return index.version() if index else None
        except NoVersionError:
            return None

    def heard(self, answer: dict[str, Any]) -> None:
        """A heartbeat's answer: follow the router if it knows other borders than we do. Routers of before say none."""
        digest = str(answer.get("boundaries") or "")
        if not digest or digest == self._digest or (self._task and not self._task.done()):
            return
        self._task = asyncio.create_task(self._follow(), name="boundaries")

    async def stop(self) -> None:
        await end(self._task)

    async def _load(self) -> None:
        try:
            self._index = await asyncio.to_thread(load_index, self._services.settings)
            self._digest = await asyncio.to_thread(_held_digest, self._folder)
        except (SnapshotError, ValueError) as error:
            log.warning("no_boundaries", error=str(error)[:200])

    async def _follow(self) -> None:
        await self.index()
        try:
            if self._digest:  # the first time at once: until then we may draw yesterday's borders
                await asyncio.sleep(random.uniform(0, self._spread_s))
            await self._fetch()
        except (httpx.HTTPError, OSError, ValueError, KeyError, TypeError, NotFetched) as error:
            log.warning("boundaries_not_followed", error=repr(error)[:300])
            await asyncio.sleep(min(AGAIN_S, self._spread_s))

    async def _fetch(self) -> None:
        answer = await self._services.router_client.get(PATH)
        if answer.status_code == httpx.codes.NOT_FOUND:  # a router of before
            return
        told = answer.raise_for_status().json()
        entries = [await self._entry(one) for one in told["activations"]]
        digest = str(told["boundaries"])
        timeline = {"format": 1, "digest": digest, "entries": entries, "keys": {}}
        await asyncio.to_thread(self._keep, json.dumps(timeline, ensure_ascii=False))
        index = await asyncio.to_thread(load_index, self._services.settings)
        missing = {one["label"] for one in entries} - set(index.labels)
        if missing:
            await asyncio.to_thread(self._drop, [one["file"] for one in entries if one["label"] in missing])
            raise NotFetched(f"versions {sorted(missing)} can't be read")
        self._index, self._digest = index, digest
        await asyncio.to_thread(self._sweep, {one["file"] for one in entries})
        log.info("boundaries_in_force", version=index.version().boundary_version, at_router=told["boundary_version"])

    async def _entry(self, one: dict[str, Any]) -> dict[str, Any]:
        """A line of our own timeline; its file is at hand afterwards."""
        label, digest = str(one["label"]), str(one["sha256"] or "")
        if len(digest) != 64 or not digest.isalnum():
            raise NotFetched(f"the router has no file of {label} yet")
        name = f"{digest}.npz"
        if not await asyncio.to_thread(_is_whole, self._folder / name, digest):
            await self._download(label, digest, self._folder / name)
        return {"label": label, "file": name, "effective": str(one["effective"]), "until": one["until"]}

    async def _download(self, label: str, digest: str, to: Path) -> None:
        """Raises NotFetched when what came is not what was announced."""
        settings, path = self._services.settings, f"{PATH}/{label}/snapshot"
        headers = sign(
            settings.installation_key,
            installation=settings.installation,
            method="GET",
            path=path,
            body=b"",
            now=self._services.clock().timestamp(),
        )
        came, size = hashlib.sha256(), 0
        with _replacing(to) as file:
            async with self._services.router_client.stream("GET", quote(path), headers=headers, timeout=30.0) as answer:
                answer.raise_for_status()
                async for some in answer.aiter_bytes(1 << 20):
                    size += len(some)
                    came.update(some)
                    if size > MOST_BYTES:
                        raise NotFetched(f"{label} is larger than {MOST_BYTES} bytes")
                    await asyncio.to_thread(file.write, some)
            if came.hexdigest() != digest:
                raise NotFetched(f"{label} came with another SHA-256 than announced")

    def _keep(self, timeline: str) -> None:
        with _replacing(self._folder / TIMELINE) as file:
            file.write(timeline.encode())

    def _drop(self, names: list[str]) -> None:
        for name in [*names, TIMELINE]:
            (self._folder / name).unlink(missing_ok=True)

    def _sweep(self, wanted: set[str]) -> None:
        for path in self._folder.glob("*.npz"):
            if path.name not in wanted:
                path.unlink(missing_ok=True)


def boundaries_of(services: Services) -> Boundaries:
    """The process's own, made on first use."""
    found: Boundaries = services.shared.setdefault("boundaries", Boundaries(services))
    return found


def _held_digest(folder: Path) -> str:
    """What we hold as a whole; empty when a file is missing or not what its name says, so that it is fetched again."""
    try:
        told = json.loads((folder / TIMELINE).read_text(encoding="utf-8"))
        names = [Path(str(one["file"])) for one in told["entries"]]
        return str(told["digest"]) if all(_is_whole(folder / one.name, one.stem) for one in names) else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _is_whole(path: Path, digest: str) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == digest
    except OSError:
        return False


@contextmanager
def _replacing(to: Path) -> Iterator[IO[bytes]]:
    """A file that takes its name when it is whole and on disk, or never was."""
    to.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=to.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, to)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
