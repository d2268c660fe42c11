"""Verifying an installation's log from its settings: one snapshot of a read-only transaction.

So it may run beside a working center, on a standby, and as a database user who may only read. Without DATA_KEY the
chain is proved, and payloads are not opened.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

import psycopg

from location_router.runtime.db import conninfo
from location_router.runtime.postgres import cluster_or_env, state_dir
from location_router.runtime.seal import Sealer
from server.key_ring import ring_sealer
from server.log.checkpoints import Checkpoint, public_key_of
from server.verify_log import Report, chains, verify

_OWN = """
SELECT installation, center_id, seq, hash, at, key_id, signature FROM checkpoint WHERE center_id = %s ORDER BY seq
"""


async def reports(*, center: str | None, database: str, kept: Sequence[Checkpoint] = ()) -> list[Report]:
    """A report for the chain, or for each one. ValueError with a sentence when a setting is missing."""
    key = _key(database)
    if url := os.environ.get("DATABASE_URL"):
        return await read(url, key, center, kept)
    with cluster_or_env(on_progress=lambda line: None) as server:
        return await read(server.url(database), key, center, kept)


def _key(database: str) -> str | None:
    """`DATA_KEY`, or the demo's key for the demo's databases."""
    if given := os.environ.get("DATA_KEY"):
        return given
    kept = state_dir() / "demo" / "keys.json"
    if "DATABASE_URL" not in os.environ and kept.is_file():
        keys = json.loads(kept.read_text())
        if found := keys.get(f"{database.rpartition('_')[2]}_data"):
            return str(found)
    return None


async def read(url: str, key: str | None, center: str | None, kept: Sequence[Checkpoint]) -> list[Report]:
    """Verify in one snapshot. Checkpoints of the database count as well as those `kept` elsewhere."""
    sealer: Sealer | None = ring_sealer(url, key) if key else None
    async with await psycopg.AsyncConnection.connect(conninfo(url), autocommit=True) as conn:
        await conn.execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        await conn.execute("SELECT set_config('ansim.center', '*', true)")
        row = await (await conn.execute("SELECT public_pem FROM signing_key WHERE purpose = 'checkpoint'")).fetchone()
        public = public_key_of(row[0]) if row else b""
        found = []
        for code in [center] if center else await chains(conn):
            found.append(await verify(conn, sealer, code, [*kept, *await _own(conn, public, code)]))
        await conn.execute("ROLLBACK")
    return found


async def _own(conn: psycopg.AsyncConnection[Any], public: bytes, center: str) -> list[Checkpoint]:
    rows = await (await conn.execute(_OWN, [center], binary=True)).fetchall()
    return [Checkpoint(*row[:6], public, row[6]) for row in rows]
