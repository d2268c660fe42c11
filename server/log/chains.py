"""The state of the chains for who reads the log: sealed until when, and whether the log agrees with its last seal.

A look at one line of each chain, cheap enough for a page; whether every line is where it was is `ansim verify-log`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server.agencies.registry import partners
from server.incidents.cards import iso
from server.legal import KIND_NAMES
from server.log.checkpoints import EVERY, Checkpoint, newest_of_heads
from server.staff.model import Viewer

if TYPE_CHECKING:
    from server.services import Services

LATE = 2 * EVERY
"""A chain that has grown and was not sealed for this long needs somebody."""
_HEADS = """
SELECT h.center_id, h.seq, (SELECT e.at FROM event e WHERE e.center_id = h.center_id AND e.seq = h.seq) AS at,
       (SELECT e.at FROM event e WHERE e.center_id = h.center_id AND e.seq = coalesce(s.seq, 0) + 1) AS open_since,
       (SELECT e.hash FROM event e WHERE e.center_id = h.center_id AND e.seq = s.seq) AS sealed_hash
FROM chain_head h
LEFT JOIN (SELECT * FROM unnest(CAST(:centers AS text[]), CAST(:numbers AS bigint[])) AS q (center_id, seq)) s
     USING (center_id)
ORDER BY h.center_id
"""


async def told(services: Services, viewer: Viewer) -> dict[str, Any]:
    """`{"chains":[{"center","lines","last_at","sealed_seq","sealed_at","key_id","is_intact","lines_since","is_late"}],
    "kinds","agencies","now"}`. `is_intact` None: never sealed. The names are for the log's filters."""
    now = services.clock()
    async with services.db.begin() as unit:
        seals = {one.center: one for one in await newest_of_heads(unit)}
    async with services.db.begin(center=viewer.scope) as unit:
        asked = {"centers": list(seals), "numbers": [one.seq for one in seals.values()]}
        rows = await unit.all(_HEADS, asked)
        agencies = await partners(unit)
    return {
        "chains": [_told(row, seals.get(row["center_id"]), now) for row in rows],
        "kinds": {code: {"ko": ko, "en": en} for code, (ko, en) in KIND_NAMES.items()},
        "agencies": agencies,
        "now": iso(now),
    }


def _told(row: dict[str, Any], seal: Checkpoint | None, now: Any) -> dict[str, Any]:
    since = max(0, row["seq"] - (seal.seq if seal else 0))  # below nought: the end was cut off, which is not intact
    return {
        "center": row["center_id"],
        "lines": row["seq"],
        "last_at": iso(row["at"]),
        "sealed_seq": seal.seq if seal else None,
        "sealed_at": iso(seal.at) if seal else None,
        "key_id": seal.key_id if seal else None,
        "is_intact": _agrees(row["sealed_hash"], seal) if seal else None,
        "lines_since": since,
        "is_late": since > 0 and row["open_since"] is not None and now - row["open_since"] > LATE,
    }


def _agrees(held: bytes | None, seal: Checkpoint) -> bool:
    """The line that was sealed is there, its hash is the one that was signed, and the signature is good."""
    return held is not None and bytes(held) == seal.hash and seal.is_signed()
