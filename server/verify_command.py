"""Where `ansim verify-log` finds the database and the key."""

from __future__ import annotations

import json
import os

from location_router.runtime.postgres import cluster_or_env, state_dir
from server.events import EventDatabase
from server.key_ring import ring_sealer
from server.verify_log import Report, all_centers, verify_chain


async def reports(*, center: str | None, database: str) -> list[Report]:
    """A report for the center, or for each one with a chain. ValueError with a sentence when a setting is missing."""
    key = _key(database)
    if url := os.environ.get("DATABASE_URL"):
        return await _read(url, key, center)
    with cluster_or_env(on_progress=lambda line: None) as server:
        return await _read(server.url(database), key, center)


def _key(database: str) -> str:
    """`DATA_KEY`, or the demo's key for the demo's databases."""
    if given := os.environ.get("DATA_KEY"):
        return given
    kept = state_dir() / "demo" / "keys.json"
    if "DATABASE_URL" not in os.environ and kept.is_file():
        keys = json.loads(kept.read_text())
        if found := keys.get(f"{database.rpartition('_')[2]}_data"):
            return str(found)
    raise ValueError("DATA_KEY가 필요합니다 · DATA_KEY is needed: payloads are sealed with it.")


async def _read(url: str, key: str, center: str | None) -> list[Report]:
    db = EventDatabase(url, sealer=ring_sealer(url, key), pool_size=1)
    try:
        async with db.begin() as unit:
            return [await verify_chain(unit, code) for code in ([center] if center else await all_centers(unit))]
    finally:
        await db.close()
