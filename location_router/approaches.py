"""An offender has come near a protected person: passed on to every home center, and kept nowhere here.

Only her own home can open it, and none answers, so that neither the router nor who asked learns whether she was found.
What the note says of its request is taken off: the others learn that there is one, and nothing of where.
"""

from __future__ import annotations

from location_router.bus import Bus
from location_router.runtime.pool import Pool
from location_router.wire_requests import ApproachNote

_HOMES = "SELECT installation_id FROM installation WHERE home_center <> '' ORDER BY installation_id"


async def pass_on(pool: Pool, bus: Bus, body: bytes) -> int:
    """To all homes, at least once, by the note's id; how many."""
    note = ApproachNote.model_validate_json(body)
    bare = ApproachNote(note_id=note.note_id, tag=note.tag, sealed=note.sealed, at=note.at)
    letter = bare.model_dump_json().encode()
    homes = [f"home.{row[0]}" for row in await pool.run(_HOMES)]
    await bus.publish_many([(home, str(note.note_id), letter) for home in homes])
    return len(homes)
