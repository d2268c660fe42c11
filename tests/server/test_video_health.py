"""What watching writes into the registry, and what follows from it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from server.cameras.service import choose_for_incident, chosen
from server.video.analyser import Finding
from server.video_health import PATROL_EVERY, Registry
from tests.server.scene import CENTER, Scene, installation

_JOBS = "SELECT args->>'incident_id' AS id FROM procrastinate_jobs WHERE task_name = 'choose_cameras'"


async def test_a_camera_that_goes_bad_leaves_the_five_and_what_is_open_stays_warm(installation_database: str) -> None:
    async with installation(installation_database) as scene:
        services = scene.services
        registry, now = Registry(services), services.clock()
        incident_id, drill_id = await scene.emergency(), await scene.emergency(is_drill=True)
        closed_id = await scene.emergency()
        for one in (incident_id, drill_id, closed_id):
            await choose_for_incident(services, one)
        await scene.sql("UPDATE incident SET state = 'closed' WHERE incident_id = :id", id=closed_id)
        async with services.db.begin() as unit:
            five = [one["camera_id"] for one in await chosen(unit, incident_id)]

        # the process keeps warm what open incidents have, with the address as it is now
        warm = await registry.wanted()
        assert [one.camera_id for one in warm] == five
        assert all(one.url == f"rtsp://127.0.0.1:1/{one.camera_id}/sub" for one in warm)

        # working is no reason to choose again, frozen is: once, and only where it is shown
        await registry.note(five[0], "working", now)
        await registry.note("cam-of-nobody", "dark", now)
        assert await scene.sql(_JOBS) == []
        await registry.note(five[0], "frozen", now + timedelta(seconds=10))
        await registry.note(five[0], "frozen", now + timedelta(seconds=20))
        assert await scene.sql(_JOBS) == [{"id": str(incident_id)}]
        assert await scene.one("SELECT count(*) FROM event WHERE tag = 'camera:health'") == 2
        after = [one["camera_id"] for one in await choose_for_incident(services, incident_id)]
        assert five[0] not in after and len(after) == 5, "five cameras are five working ones"

        # the patrol: never looked at first, then the longest ago; not twice an hour; nothing retired, no home unasked
        await registry.note(five[1], "working", now - PATROL_EVERY - timedelta(minutes=1))
        await scene.sql("UPDATE camera SET retired_at = now() WHERE camera_id = :id", id=five[2])
        await scene.sql("UPDATE camera SET is_private = true WHERE camera_id = :id", id=five[3])
        kept = {one.camera_id for one in await registry.wanted()}
        assert five[1] in kept and not {five[2], five[3]} & kept, "no home is kept open that has withdrawn"
        due = [one.camera_id for one in await registry.due(10)]
        assert due[-1] == five[1] and not {five[0], five[2], five[3]} & set(due) and len(due) == 3
        assert len(await registry.due(2)) == 2
        await scene.sql("UPDATE camera SET is_ptz = true WHERE camera_id = :id", id=five[4])
        assert set(await registry.movable(five)) == {five[4]}

        await _an_analyser(scene, registry, five, shown=after[-1], incident_id=incident_id)


async def _an_analyser(scene: Scene, registry: Registry, five: list[str], *, shown: str, incident_id: UUID) -> None:
    """It may look only where the center says so, and its finding stands where the seat reads it."""
    now = scene.services.clock()
    assert await registry.allowed(five) == set()
    await scene.sql(
        "INSERT INTO feature_flag (center_id, name, since, state, set_by, set_at) VALUES"
        " (:center, 'analyse', :since, 'on', :by, :since)",
        center=CENTER,
        since=now - timedelta(days=1),
        by=scene.staff["admin"].account_id,
    )
    assert await registry.allowed(five) == set(five)
    await scene.sql(
        "WITH ended AS (UPDATE agreement SET ends_at = now() WHERE agreement_id ="
        " (SELECT min(agreement_id::text)::uuid FROM agreement WHERE center_id = :center) RETURNING agreement_id)"
        " UPDATE camera SET agreement_id = ended.agreement_id FROM ended WHERE camera_id = :id",
        center=CENTER,
        id=five[1],
    )
    assert await registry.allowed(five) == set(five) - {five[1]}, "there by an agreement that has ended"
    unseen = five[0]
    await registry.found(shown, Finding("person_down", 0.876), now)
    await registry.found(unseen, Finding("fire", 1.0), now)
    lines = await scene.sql("SELECT incident_id, center_id FROM event WHERE tag = 'analyser:found' ORDER BY seq")
    assert [(line["incident_id"] == incident_id, line["center_id"]) for line in lines] == [
        (True, CENTER),
        (False, CENTER),
    ]
