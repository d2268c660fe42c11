"""Which cameras are recorded as an SOS: the five of now. Whatever else is recorded never takes their room."""

from __future__ import annotations

from server.recordings.pins import keep_recordings
from server.seed import seed_cameras
from server.video_shelf import RecordingShelf
from tests.server.scene import CENTER, EYES, installation


async def test_cameras_that_she_has_passed_are_recorded_on_but_make_room_for_the_five_of_now(
    installation_database: str,
) -> None:
    async with installation(installation_database) as scene:
        async with scene.services.db.begin() as unit:
            await seed_cameras(unit, scene.services.sealer, center_id=CENTER, cameras=EYES, rtsp_base="rtsp://nobody")
        await scene.sql("UPDATE camera SET is_buffered = true WHERE camera_id = 'cam-6'")
        incident_id = await scene.emergency()
        for chosen in (["cam-1", "cam-2"], ["cam-2", "cam-3"]):
            async with scene.services.db.begin() as unit:
                await keep_recordings(unit, scene.services, incident_id, chosen)
        classes = {one.camera_id: one.class_ for one in await RecordingShelf(scene.services, "sub").wanted()}
        assert classes == {"cam-1": "buffer", "cam-2": "sos", "cam-3": "sos", "cam-6": "buffer"}
        await scene.sql("UPDATE incident SET state = 'closed' WHERE incident_id = :id", id=incident_id)
        assert "sos" not in {one.class_ for one in await RecordingShelf(scene.services, "sub").wanted()}
