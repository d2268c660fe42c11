"""Keeps a running router at the boundary versions in force.

`poll` is one cheap query inside the registry's refresh. When an activation came or went, the versions it names are
compiled in a child process, loaded in a thread and put in place in one assignment; lookups go on with the old index
meanwhile. The result stands beside the snapshot (`kept`), so that a restart without PostGIS serves the same. Nothing
is needed at the midnight of a scheduled version: the index knows the dates.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import psycopg
import structlog

from location_router import kept
from location_router.boundaries.compiling import compile_elsewhere
from location_router.index import Index, Jurisdictions
from location_router.kept import Entry
from location_router.runtime.db import Unavailable, conninfo
from location_router.runtime.ending import end
from location_router.runtime.pool import Connection, Pool

log = structlog.get_logger("boundaries")
AGAIN_S = 3.0
FORGET_S = 7 * 86_400.0

POLL = """
SELECT count(*), count(withdrawn_at), coalesce(max(activation_no), 0), (SELECT count(*) FROM boundary_version)
FROM boundary_activation"""
ACTIVATIONS = """
SELECT a.label, a.effective, a.until, a.withdrawn_at IS NOT NULL, v.imported_at, v.source
FROM boundary_activation a JOIN boundary_version v USING (label) ORDER BY a.activation_no"""
STORED = "SELECT label, imported_at, source, imported_at > now() - interval '30 days' FROM boundary_version"
ADD_KEYS = """
INSERT INTO boundary_key (label, code, key)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[]) ON CONFLICT DO NOTHING"""

Compile = Callable[[str, str, Path], Awaitable[None]]
State = tuple[int, ...]


class Following:
    """`index` is always usable; it starts as what the snapshot knew and is replaced, never changed. `snapshot` None:
    nothing is kept beyond this process."""

    def __init__(
        self,
        index: Index,
        *,
        url: str = "",
        snapshot: Path | None = None,
        compile_version: Compile = compile_elsewhere,
    ) -> None:
        self.index = index
        self.entries: list[Entry] = kept.timeline_in(kept.folder_of(snapshot))[0] if snapshot else []
        self._url, self._snapshot, self._compile = url, snapshot, compile_version
        self._own: tempfile.TemporaryDirectory[str] | None = None
        self._state: State | None = None
        self._held: dict[str, Jurisdictions] = {}
        self._task: asyncio.Task[None] | None = None

    def file_of(self, entry: Entry) -> Path:
        """Where the compiled version of an entry stands, if it does."""
        return self._folder() / entry.file

    async def poll(self, conn: Connection, pool: Pool) -> None:
        """Looks whether an activation came or went; if so, brings the index there in the background."""
        row = await (await conn.execute(POLL)).fetchone()
        if row is None or tuple(row) == self._state or (self._task and not self._task.done()):
            return
        self._task = asyncio.create_task(self._catch_up(tuple(row), pool), name="boundaries")

    async def stop(self) -> None:
        await end(self._task)
        if self._own:
            self._own.cleanup()

    async def _catch_up(self, state: State, pool: Pool) -> None:
        try:
            async with pool.connection() as conn:
                entries = await self._entries(conn)
            await self._fetch(entries)
            async with pool.transaction() as conn:
                await self._put(conn, entries)
                stored = await (await conn.execute(STORED)).fetchall()
            self._state = state
            log.info("boundaries_in_force", version=self.index.version().boundary_version, imported=len(self._held))
            await self._prepare(stored)
        except asyncio.CancelledError:
            raise
        except (Unavailable, psycopg.Error, OSError, ValueError) as error:
            log.error("boundaries_not_followed", error=str(error)[:300])
            await asyncio.sleep(AGAIN_S)
        except Exception:
            log.exception("boundaries_not_followed")
            await asyncio.sleep(AGAIN_S)

    async def _prepare(self, stored: list[tuple[str, datetime, str, bool]]) -> None:
        """Compiles drafts ahead, so that an activation takes a moment only, and sweeps away files of discarded ones."""
        folder = self._folder()
        names = {
            label: (_file(label, imported_at, source), is_fresh) for label, imported_at, source, is_fresh in stored
        }
        await asyncio.to_thread(_sweep, folder, {name for name, _ in names.values()})
        for label, (name, is_fresh) in names.items():
            if is_fresh and not (folder / name).exists():
                await self._compile(self._url, label, folder / name)

    async def catch_up(self, conn: Connection) -> None:
        """All at once, for a command that runs and ends. Raises psycopg.Error, OSError, ValueError."""
        entries = await self._entries(conn)
        await self._fetch(entries)
        await self._put(conn, entries)

    async def _entries(self, conn: Connection) -> list[Entry]:
        rows = await (await conn.execute(ACTIVATIONS)).fetchall()
        return [_entry(*row) for row in rows]

    async def _fetch(self, entries: list[Entry]) -> None:
        """Every version that rules or will, compiled where need be; a withdrawn one only when its file is there."""
        for label, name, is_wanted in {(one.label, one.file, one.effective is not None) for one in entries}:
            path = self._folder() / name
            if label in self._held or not (is_wanted or path.exists()):
                continue
            if not path.exists():
                await self._compile(self._url, label, path)
            try:
                self._held[label] = await asyncio.to_thread(kept.load_version, path)
            except ValueError as problem:  # damaged, or written by another release: made anew
                log.warning("boundary_file_made_anew", version=label, error=str(problem)[:200])
                path.unlink(missing_ok=True)
                await self._compile(self._url, label, path)
                self._held[label] = await asyncio.to_thread(kept.load_version, path)

    async def _put(self, conn: Connection, entries: list[Entry]) -> None:
        """The new index in one assignment, with the keys that all processes share, and onto the disk."""
        index = kept.arranged(self.index, entries, self._held)
        keys = await shared_keys(conn, index)
        kept.learn(index, keys)
        self.index, self.entries = index, entries
        if self._snapshot is not None:
            try:
                await asyncio.to_thread(kept.keep, self._snapshot, entries, keys)
            except OSError as error:
                log.warning("boundary_timeline_not_kept", error=str(error)[:200])

    def _folder(self) -> Path:
        if self._snapshot is not None:
            return kept.folder_of(self._snapshot)
        self._own = self._own or tempfile.TemporaryDirectory(prefix="ansim-versions-", ignore_cleanup_errors=True)
        return Path(self._own.name)


async def brought_up(index: Index, url: str, snapshot: Path) -> Index:
    """`index` as the router's database at `url` wants it now; `index` itself where that has no such tables. Raises
    psycopg.Error, OSError, ValueError."""
    following = Following(index, url=url, snapshot=snapshot)
    async with await psycopg.AsyncConnection.connect(conninfo(url), connect_timeout=2) as conn:
        try:
            await following.catch_up(conn)
        except psycopg.errors.UndefinedTable:
            return index
    return following.index


def _entry(
    label: str, effective: date, until: date | None, is_withdrawn: bool, imported_at: datetime, source: str
) -> Entry:
    file = _file(label, imported_at, source)
    return Entry(label, file, None if is_withdrawn else effective, None if is_withdrawn else until)


def _file(label: str, imported_at: datetime, source: str) -> str:
    """The file's name carries what was imported when: a label may be used again after a draft was discarded."""
    told = f"{label}|{imported_at.timestamp()}|{source}"
    return f"{hashlib.sha256(told.encode()).hexdigest()[:16]}.npz"


def _sweep(folder: Path, wanted: set[str]) -> None:
    """Removes compiled files that no version names and that nobody has touched for a week."""
    for path in folder.glob("*.npz") if folder.is_dir() else ():
        if path.name not in wanted and time.time() - path.stat().st_mtime > FORGET_S:
            path.unlink(missing_ok=True)
            path.with_suffix(".npz.gz").unlink(missing_ok=True)


async def shared_keys(conn: Connection, index: Index) -> dict[str, dict[str, str]]:
    """The keys of every version in the index from the database, which learns those it lacks from this process."""
    labels = [one.boundary_version for one in index.all_versions()]
    rows = await _keys(conn, labels)
    known = {(label, code) for label, code, _ in rows}
    fresh = [
        (version.boundary_version, code, version.boundary_key(code))
        for version in index.all_versions()
        for code in version.centers
        if (version.boundary_version, code) not in known
    ]
    if fresh:
        columns: Any = [list(column) for column in zip(*fresh, strict=True)]
        await conn.execute(ADD_KEYS, columns)
        rows = await _keys(conn, labels)
    found: dict[str, dict[str, str]] = {}
    for label, code, key in rows:
        found.setdefault(label, {})[code] = key
    return found


async def _keys(conn: Connection, labels: list[str]) -> list[tuple[str, str, str]]:
    answer = await conn.execute("SELECT label, code, key FROM boundary_key WHERE label = ANY (%s)", (labels,))
    return [(row[0], row[1], row[2]) for row in await answer.fetchall()]
