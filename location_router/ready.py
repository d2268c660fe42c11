"""The index, ready for use: compiles the snapshot when it is missing or made from other data, then loads it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path

from location_router import country
from location_router.index import Index, SnapshotError, snapshot_path


def ready_index(path: Path | None = None, *, progress: Callable[[str], None] = lambda line: None) -> Index:
    """Loads the snapshot at `path` (default: `snapshot_path()`), compiling it first when need be (about 10 s).
    A stale snapshot that cannot be replaced is used all the same. Raises SnapshotError when there is none to use."""
    path = path or snapshot_path()
    held: Index | None = None
    try:
        held = Index.load(path)
        if _is_current(held):
            return held
        progress(f"경계 자료가 바뀌어 다시 만듭니다 · the boundary data changed, compiling again: {path}")
    except SnapshotError:
        progress(f"경계 스냅숏을 만듭니다 (한 번만) · compiling the boundary snapshot (only once): {path}")
    try:
        from location_router.snapshot import compile_snapshot

        compile_snapshot(path, progress)
    except OSError as problem:
        if held is not None:
            return held
        raise SnapshotError(
            f"the boundary snapshot can't be written to {path} ({problem.strerror or problem}); "
            "set BOUNDARY_SNAPSHOT to a file in a folder you may write to"
        ) from problem
    return Index.load(path)


def index_in_force(path: Path | None = None, *, progress: Callable[[str], None] = lambda line: None) -> Index:
    """`ready_index` with the versions that were activated in the router's database: asked where `DATABASE_URL` is set,
    else (or while it is away) as the snapshot last knew them. Raises SnapshotError."""
    index = ready_index(path, progress=progress)
    url = os.environ.get("DATABASE_URL")
    if not url:
        return index
    import psycopg

    from location_router.boundaries.following import brought_up

    try:
        return asyncio.run(brought_up(index, url, path or snapshot_path()))
    except (psycopg.Error, OSError, ValueError) as problem:
        why = " ".join(str(problem).split())[:160]
        progress(f"DATABASE_URL에 물을 수 없어 스냅숏으로 답합니다 · the database is away, the snapshot answers: {why}")
        return index


def _is_current(index: Index) -> bool:
    try:
        return index.source == country.source_id()
    except (PackageNotFoundError, OSError):
        return True
