"""One imported version from PostGIS → its compiled file. A program of its own (`python -m …compiling LABEL OUT`), so
that a running router goes on answering on its own core while it works; a lock keeps several routers of one machine
from doing the same work.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from location_router.runtime.db import conninfo

if TYPE_CHECKING:
    from location_router.boundaries.area import Area

WAIT_S = 120.0


async def compile_elsewhere(url: str, label: str, out: Path) -> None:
    """Runs this module as a child at low priority until `out` is there. Raises OSError."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "location_router.boundaries.compiling",
        label,
        str(out),
        env={**os.environ, "DATABASE_URL": url},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(WAIT_S):
            _, said = await child.communicate()
    except BaseException:
        if child.returncode is None:
            child.kill()
            await child.wait()
        raise
    if child.returncode != 0:
        raise OSError(f"{label} could not be compiled: {said.decode(errors='replace')[-300:].strip()}")


def compile_here(url: str, label: str, out: Path) -> None:
    """Reads the version's municipalities from the database and compiles them to `out`, once for all who ask. Raises
    psycopg.Error, OSError, and VersionProblem for a version that is not there."""
    from location_router.snapshot import compile_version

    out.parent.mkdir(parents=True, exist_ok=True)
    with out.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not out.exists():
            version, areas = asyncio.run(_read(url, label))
            compile_version(out, version, areas, version["source"])
    out.with_suffix(".lock").unlink(missing_ok=True)


async def _read(url: str, label: str) -> tuple[dict[str, Any], list[Area]]:
    from location_router.boundaries.versions import areas

    async with await psycopg.AsyncConnection.connect(conninfo(url), autocommit=True, connect_timeout=3) as conn:
        found = await areas(conn, label)
        rows = await conn.execute(
            "SELECT effective, imported_at, source FROM boundary_version WHERE label = %s", (label,)
        )
        row = await rows.fetchone()
    assert row is not None, "a version with areas has a row"
    version = {"label": label, "effective": row[0].isoformat(), "last_updated": row[1].isoformat(), "source": row[2]}
    return version, list(found.values())


if __name__ == "__main__":
    os.nice(5)
    compile_here(os.environ["DATABASE_URL"], sys.argv[1], Path(sys.argv[2]))
