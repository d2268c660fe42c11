"""Photos and sound of a person's own phone at the center: on disk before the answer, marked when the chain breaks,
shown only under a release of the viewer's own, never of a drill or of what she has ended."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from mobile_app.core import captures as phone
from mobile_app.core.ids import uuid7
from server.captures import model, service
from server.gate import Refused
from server.retention.kinds import kind_named
from tests.server.scene import Scene, installation

pytestmark = pytest.mark.database
PICTURE = b"\xff\xd8" + b"her street " * 9000 + b"\xff\xd9"


def taken(kind: str = "photo", seconds: float = 0.0, *, is_test: bool = False) -> phone.Taken:
    now = datetime.now(UTC)
    what = "image/jpeg" if kind == "photo" else "audio/wav"
    lens = "back" if kind == "photo" else ""
    return phone.Taken(uuid7(now, uuid4().int & (2**74 - 1)), kind, what, lens, now.isoformat(), seconds, is_test)


def arrived(header: str, body: bytes, *, number: int = 1) -> model.Arrived:
    alert_id = json.loads(header)["alert_id"]
    about = {"alert_id": alert_id, "assignment_no": number, "received_at": datetime.now(UTC).isoformat()}
    return model.read(json.dumps(about | {"header": header}).encode() + b"\n" + body)


async def alert_of(scene: Scene, incident: UUID) -> str:
    return str(await scene.one("SELECT alert_id FROM alert WHERE incident_id = :id", id=incident))


async def looks(scene: Scene, who: str, incident: UUID) -> UUID:
    answer = await service.open_captures(scene.services, scene.staff[who], incident)
    return UUID(answer["release_id"])


async def test_what_came_is_shown_to_whom_it_may_be(installation_database: str) -> None:
    async with installation(installation_database) as scene:
        services, operator = scene.services, scene.staff["operator"]
        incident = await scene.emergency()
        alert_id = await alert_of(scene, incident)
        one, two = taken(), taken("sound", 10.0)
        pieces = phone.cut(alert_id, one, PICTURE, phone.Head())
        assert len(pieces) == 3
        head = phone.Head()
        for header, body in pieces:
            head = head.after(header, body)
        pieces += phone.cut(alert_id, two, b"RIFF her voice", head)

        # the newest first, some twice
        for header, body in (pieces[3], pieces[1], pieces[0], pieces[0]):
            assert await service.receive(services, arrived(header, body))
        told = await service.listed(services, operator, incident)
        photo, sound = told["captures"]
        assert (photo["received"], photo["pieces"], photo["is_whole"]) == (2, 3, False)
        assert sound["is_whole"] and not told["is_broken"] and told["missing"] == 1
        sealed = await scene.sql("SELECT body_sealed FROM capture_piece")
        assert not any(b"her street" in bytes(row["body_sealed"]) for row in sealed)

        # nobody sees a byte without a row of his own
        with pytest.raises(Refused):
            await service.content(services, operator, incident, UUID(one.capture_id), uuid4())
        release = await looks(scene, "operator", incident)
        kind, part = await service.content(services, operator, incident, UUID(one.capture_id), release)
        assert kind == "image/jpeg" and PICTURE.startswith(part) and len(part) == 2 * phone.PIECE_BYTES
        assert await service.receive(services, arrived(*pieces[2]))
        assert (await service.content(services, operator, incident, UUID(one.capture_id), release))[1] == PICTURE
        row = (await scene.sql("SELECT * FROM release WHERE release_id = :id", id=release))[0]
        assert row["kind"] == "capture" and row["first_byte_at"] is not None and row["viewer_id"] == operator.account_id
        supervisor = scene.staff["supervisor"]
        with pytest.raises(Refused):  # another's release
            await service.content(services, supervisor, incident, UUID(one.capture_id), release)
        for who in ("admin", "police", "fire"):
            with pytest.raises((Refused, Exception)) as refused:
                await service.open_captures(services, scene.staff[who], incident)
            assert getattr(refused.value, "status", 0) in (403, 404), who
        with pytest.raises(Exception) as unseen:
            await service.open_captures(services, scene.staff["stranger"], incident)
        assert unseen.value.status == 404  # type: ignore[attr-defined]

        # an evidence package of these minutes has it, with the headers that prove its chain
        async with services.db.begin() as unit:
            minutes = datetime.now(UTC) - timedelta(minutes=5), datetime.now(UTC)
            name, whole, headers, about = (await service.files(unit, services, incident, *minutes))[0]
        assert name.endswith("photo-back.jpg") and whole == PICTURE and len(headers) == 3 and about["is_whole"]

        # its end is the end of the looking
        await scene.sql("UPDATE incident SET state = 'closed', closed_at = now() WHERE incident_id = :id", id=incident)
        with pytest.raises(Refused):
            await service.content(services, operator, incident, UUID(one.capture_id), release)
        assert await scene.one("SELECT end_reason FROM release WHERE release_id = :id", id=release) == "incident_closed"
        assert kind_named("captures") is not None
        tags = await scene.tags(incident)
        assert tags.count("capture:received") == 2 and "capture:broken" not in tags


async def test_a_broken_chain_is_kept_and_marked(installation_database: str) -> None:
    async with installation(installation_database) as scene:
        services, operator = scene.services, scene.staff["operator"]
        incident = await scene.emergency()
        alert_id = await alert_of(scene, incident)
        head, made = phone.Head(), []
        for number in range(3):
            piece = phone.cut(alert_id, taken(), b"\xff\xd8 picture %d" % number, head)[0]
            head = head.after(*piece)
            made.append(piece)
        header = json.loads(made[1][0])
        forged = (phone.Header.read(json.dumps(header | {"size": 6})).text(), b"forged")
        for piece in (made[2], made[0], forged):
            assert await service.receive(services, arrived(*piece))
        never = json.loads(phone.cut(alert_id, taken(), b"x", head)[0][0]) | {"taken_at": "0001-01-01T00:00:00+23:00"}
        assert await service.receive(services, arrived(json.dumps(never), b"x")), "a day that no calendar has"
        told = await service.listed(services, operator, incident)
        assert told["is_broken"] and [one["is_broken"] for one in told["captures"]] == [False, True, True, False]
        assert "capture:broken" in await scene.tags(incident)
        release = await looks(scene, "operator", incident)
        _, shown = await service.content(services, operator, incident, UUID(header["capture_id"]), release)
        assert shown == b"forged", "nothing is hidden because somebody may have touched it"


@pytest.mark.parametrize("how", ["drill", "cancelled", "duress"])
async def test_nothing_is_kept_of_a_drill_or_of_what_she_has_ended(installation_database: str, how: str) -> None:
    async with installation(installation_database) as scene:
        incident = await scene.emergency(is_drill=how == "drill")
        alert_id = await alert_of(scene, incident)
        if how != "drill":
            await scene.sql("UPDATE alert SET phase = 'ended' WHERE alert_id = :id", id=alert_id)
            await scene.sql("UPDATE incident SET is_duress = :forced WHERE incident_id = :id", id=incident,
                            forced=how == "duress")  # fmt: skip
        kept = await service.receive(scene.services, arrived(*phone.cut(alert_id, taken(), b"x", phone.Head())[0]))
        assert kept is (how == "duress")
        assert await scene.one("SELECT count(*) FROM capture_piece") == int(kept)
        ahead = arrived(*phone.cut(alert_id, taken(), b"x", phone.Head())[0], number=2)
        with pytest.raises(service.NotHereYet):
            await service.receive(scene.services, ahead)
        if how == "drill":
            with pytest.raises(Refused) as refused:
                await looks(scene, "operator", incident)
            assert refused.value.code == "drill"
            # what only tries the way is kept, marked, and opened to nobody
            assert not (await service.listed(scene.services, scene.staff["operator"], incident))["captures"]
            tried = taken(is_test=True)
            piece = arrived(*phone.cut(alert_id, tried, phone.TEST_PICTURE, phone.Head())[0])
            assert await service.receive(scene.services, piece)
            (told,) = (await service.listed(scene.services, scene.staff["operator"], incident))["captures"]
            assert told["is_test"] and told["is_whole"] and not told["is_broken"]
            assert (await scene.tags(incident)).count("capture:received") == 1
            with pytest.raises(Refused):
                await service.content(
                    scene.services, scene.staff["operator"], incident, UUID(tried.capture_id), uuid4()
                )


def test_what_is_no_piece_is_named() -> None:
    header, body = phone.cut(str(uuid4()), taken(), b"abc", phone.Head())[0]
    good: dict[str, Any] = json.loads(header)
    for name, value in {"size": 4, "piece_no": 1, "kind": "film", "previous": "zz", "alert_id": str(uuid4())}.items():
        about = {"alert_id": good["alert_id"], "assignment_no": 1, "received_at": "2026-11-22T10:00:00Z"}
        data = json.dumps(about | {"header": json.dumps(good | {name: value})}).encode() + b"\n" + body
        with pytest.raises(model.Unreadable, match=name):
            model.read(data)
