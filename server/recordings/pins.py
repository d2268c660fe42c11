"""Pins: what an incident keeps of the rolling buffer, written in the transaction that chooses its cameras.

Pruning and pinning can't miss one another: a pin takes its cameras' locks shared, pruning takes them alone or passes
the camera by (`keeping.let_go`). Whichever comes first, the other sees what it did: what a pin covers is never pruned
after the pin, and what was pruned before it is a named gap. A pin waits for a statement of the pruning, never for a
disk. A drill keeps nothing; a pre-alert that was cancelled lets go of what it kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from location_router.runtime.db import Unit
from server.recordings.model import pin_begin

if TYPE_CHECKING:
    from server.services import Services

NEAR_M = 300.0
LOCK = "hashtextextended('recordings:' || {camera}, 0)"

# The incident's row is locked: its closing is before this, and then nothing is kept, or after, and ends the pin.
_INCIDENT = """
SELECT opened_at, is_drill OR role = 'runner_up' OR state IN ('closed', 'cancelled', 'transferred') AS keeps_nothing,
       (SELECT min(raised_at) FROM alert a WHERE a.incident_id = i.incident_id) AS raised_at
FROM incident i WHERE incident_id = :id FOR SHARE OF i
"""
_CAMERAS = """
SELECT c.camera_id, c.center_id FROM camera c JOIN incident i ON i.incident_id = :id AND i.center_id = c.center_id
WHERE c.camera_id = ANY(:chosen) OR (c.is_buffered AND c.retired_at IS NULL AND EXISTS (
    SELECT 1 FROM (SELECT lat, lon FROM position WHERE incident_id = :id ORDER BY fixed_at DESC LIMIT 1) p
    WHERE ST_DWithin(c.place, CAST(ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4326) AS geography), :near)))
ORDER BY c.camera_id
"""
_LOCK_SHARED = (
    f"SELECT pg_advisory_xact_lock_shared({LOCK.format(camera='c')}) FROM unnest(CAST(:cameras AS text[])) AS q (c)"
)
_PIN = """
INSERT INTO pin AS p (center_id, camera_id, incident_id, why, from_at)
SELECT c.center_id, c.camera_id, :id, CASE WHEN c.camera_id = ANY(:chosen) THEN 'chosen' ELSE 'nearby' END, :begin
FROM camera c WHERE c.camera_id = ANY(:cameras)
ON CONFLICT (incident_id, camera_id) DO UPDATE SET until_at = NULL, from_at = least(p.from_at, excluded.from_at),
  why = CASE WHEN excluded.why = 'chosen' THEN 'chosen' ELSE p.why END
WHERE p.until_at IS NOT NULL OR (excluded.why = 'chosen' AND p.why <> 'chosen')
"""
_DROPPED = """
UPDATE pin SET until_at = greatest(:until, from_at + interval '1 second')
WHERE incident_id = :id AND why = 'chosen' AND until_at IS NULL AND camera_id <> ALL(:chosen)
"""


async def keep_recordings(unit: Unit, services: Services, incident_id: UUID, chosen: Sequence[str]) -> int:
    """Pin the chosen cameras and the buffered ones within 300 m, from five minutes before the alert; returns how many.

    To be called in the transaction that makes the choice. Again with the same cameras: nothing changes. Cameras that
    were chosen before and no longer are keep what they have and a few minutes more. A reopened incident goes on.
    """
    incident = await unit.one(_INCIDENT, {"id": incident_id})
    if incident is None or incident["keeps_nothing"]:
        return 0
    asked = {"id": incident_id, "chosen": list(chosen), "near": NEAR_M}
    cameras = [row["camera_id"] for row in await unit.all(_CAMERAS, asked)]
    before = timedelta(minutes=services.settings.video_before_minutes)
    begin = pin_begin(incident["opened_at"], incident["raised_at"], before=before)
    await lock_cameras(unit, cameras)
    await unit.execute(_PIN, {"id": incident_id, "chosen": list(chosen), "cameras": cameras, "begin": begin})
    await unit.execute(_DROPPED, {"id": incident_id, "chosen": list(chosen), "until": _later(services)})
    return len(cameras)


async def lock_cameras(unit: Unit, camera_ids: Sequence[str]) -> None:
    """Until the end of the transaction nothing of these cameras is pruned. Others that pin them don't wait."""
    await unit.execute(_LOCK_SHARED, {"cameras": sorted(camera_ids)})


async def pin_asked(unit: Unit, incident_id: UUID, camera_id: str, begin_at: datetime, end_at: datetime) -> None:
    """An operator looks back at a camera that the incident did not keep: from now on it keeps what he saw."""
    await lock_cameras(unit, [camera_id])
    await unit.execute(
        "INSERT INTO pin AS p (center_id, camera_id, incident_id, why, from_at, until_at)"
        " SELECT center_id, :camera, incident_id, 'asked', :begin, :end FROM incident WHERE incident_id = :id"
        " ON CONFLICT (incident_id, camera_id) DO UPDATE SET from_at = least(p.from_at, excluded.from_at),"
        " until_at = greatest(p.until_at, excluded.until_at) WHERE p.until_at IS NOT NULL",
        {"id": incident_id, "camera": camera_id, "begin": begin_at, "end": end_at},
    )


async def end_pins(unit: Unit, services: Services, incident_id: UUID, *, was_active: bool) -> None:
    """In the transaction that ends the incident: its cameras are recorded for some minutes more. A pre-alert that
    never became active keeps nothing, and the rolling buffer takes back what it had."""
    if was_active:
        await unit.execute(
            "UPDATE pin SET until_at = greatest(:until, from_at + interval '1 second')"
            " WHERE incident_id = :id AND until_at IS NULL",
            {"id": incident_id, "until": _later(services)},
        )
        return
    gone = await unit.all(
        "DELETE FROM pin WHERE incident_id = :id AND incident_id NOT IN (SELECT held_incidents())"
        " RETURNING camera_id, from_at",
        {"id": incident_id},
    )
    for row in gone:
        await unit.execute(
            "UPDATE segment SET is_kept = false WHERE camera_id = :camera_id AND end_at > :from_at AND is_kept", row
        )


def _later(services: Services) -> datetime:
    return services.clock() + timedelta(minutes=services.settings.video_after_minutes)
