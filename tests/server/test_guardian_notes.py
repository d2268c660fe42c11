"""A guardian was told, or looked: one line of the incident's timeline, by what the person calls her."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from location_router.wire import GuardianNote, kind_of
from server.guardian_notes import NotHereYet, receive_guardian_note
from tests.server.scene import installation


async def test_a_note_is_one_line_however_often_it_comes(installation_database: str) -> None:
    async with installation(installation_database) as scene:
        incident_id = await scene.emergency()
        alert_id = await scene.one("SELECT alert_id FROM alert WHERE incident_id = :id", id=incident_id)
        note = GuardianNote(
            note_id=uuid4(),
            installation="home-1",
            alert_id=alert_id,
            assignment_no=1,
            event="opened",
            guardian_id=str(uuid4()),
            name="엄마",
            at=datetime.now(UTC),
        )
        body = note.model_dump_json().encode()
        assert kind_of(body) == "guardian"
        for _ in range(2):
            await receive_guardian_note(scene.services, body)
        assert await scene.tags(incident_id) == ["guardian:opened"]
        early = note.model_copy(update={"note_id": uuid4(), "alert_id": uuid4()})
        with pytest.raises(NotHereYet):
            await receive_guardian_note(scene.services, early.model_dump_json().encode())
        late = early.model_copy(update={"at": datetime.now(UTC) - timedelta(minutes=5)})
        await receive_guardian_note(scene.services, late.model_dump_json().encode())
        await receive_guardian_note(scene.services, b'{"kind":"guardian","alert_id":"x"}')
        assert await scene.one("SELECT count(*) FROM quarantine") == 1
