"""From a pushed plate to the agency's line: on a real database, over real sockets."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import threading
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest

from server import plate_hits, plate_jobs, plate_routes
from server.actor import SYSTEM
from server.dispatch.lines import set_line
from server.plates import candidates, live, readers
from server.plates.live import LiveLists, lists_of
from server.plates.readers import BadReader
from server.plates.reads import Batch
from server.plates.rows import decode_any
from server.plates_command import replay_file
from server.requests import deciding
from tests.server.plates.fleet import random_plate
from tests.server.plates.onvif_words import notice, pulled
from tests.server.plates.post import PLATE, POLICE, TERMS, Post, dump_of, picture_of, post
from tests.server.requests.asking import CENTER, KEY, OTHER, agree


@pytest.fixture
async def desk(installation_database: str) -> AsyncIterator[Post]:
    async with post(installation_database) as made:
        yield made


async def test_from_the_pushed_plate_to_the_hit_on_the_agencys_line(desk: Post) -> None:
    await agree(desk.scene, POLICE, **TERMS)
    entry_id = await desk.want()
    answer = await desk.send(desk.read(), desk.read("99하1234"), lines=True)
    assert (answer.status_code, answer.json()) == (200, {"reads": 2}), answer.text
    (hit,) = await desk.hits()
    assert (str(hit["entry_id"]), hit["camera_id"], hit["center_id"]) == (entry_id, "cam-1", CENTER)
    row = await desk.office.row(str(hit["request_id"]))
    assert (row["state"], row["is_auto"], row["trigger"]) == ("accepted", True, "wanted_vehicle")
    (case,) = await desk.scene.sql("SELECT * FROM incident WHERE incident_id = :id", id=row["incident_id"])
    assert (case["origin"], case["type"]) == ("agency", "wanted_vehicle")
    assert await desk.scene.one("SELECT count(*) FROM sighting WHERE subject = 'vehicle'") == 1

    await plate_jobs.tell(desk.scene.services, hit["request_id"], CENTER)
    (told,) = desk.heard()
    assert (told["entry_id"], told["camera"]["camera_id"], told["confidence"]) == (entry_id, "cam-1", 0.9999)
    assert PLATE not in json.dumps(told, ensure_ascii=False)
    assert (await desk.hits())[0]["told_at"] is not None
    assert await desk.scene.one("SELECT count(*) FROM release WHERE kind = 'position' AND viewer_kind = 'agent'") == 1


async def test_a_centers_own_line_speaks_for_that_center_alone(desk: Post) -> None:
    for center in (CENTER, OTHER):
        await agree(desk.scene, POLICE, center=center, **TERMS)
    async with desk.scene.services.db.begin() as unit:
        line = {"agency_id": POLICE, "center_id": OTHER, "kind": "webhook", "url": "http://127.0.0.1:9/"}
        await set_line(unit, desk.scene.services, **line, key="theirs", actor=SYSTEM)  # type: ignore[arg-type]
    entry_id, said = str(uuid4()), desk.entry()
    pushed = [(await desk.say("PUT", f"/{entry_id}", said, key=key)).json()["centers"] for key in (KEY, "theirs")]
    assert pushed == [[CENTER], [OTHER]]
    (shown,) = (await desk.say("GET", "", key="theirs")).json()["plates"]
    assert shown["centers"] == [OTHER]
    removed = await desk.say("DELETE", f"/{entry_id}", {"reason": "found"}, key="theirs")
    assert removed.json()["centers"] == [OTHER]
    (stands,) = await desk.scene.sql("SELECT center_id FROM wanted_plate WHERE removed_at IS NULL")
    assert stands["center_id"] == CENTER


async def test_what_matches_nothing_is_written_nowhere(desk: Post, capfd: pytest.CaptureFixture[str]) -> None:
    await agree(desk.scene, POLICE, **TERMS)
    await desk.want()
    dice = random.Random(50)
    plates = list(dict.fromkeys(random_plate(dice) for _ in range(220)))[:200]
    assert len(plates) == 200
    shown = picture_of("unwanted")
    reads = [desk.read(plate, camera=dice.choice(["cam-1", "cam-2"]), confidence=0.99999) for plate in plates]
    for read in reads[::9]:
        read["picture"] = shown
    assert (await desk.send(*reads)).json() == {"reads": 200}
    broken = await desk.send(desk.read(plates[0]), {"camera": "cam-1", "plate": plates[1]})
    assert broken.status_code == 422 and plates[1] not in broken.text
    stranger = await desk.send(desk.read(plates[2]), key="not the key")
    elsewhere = await desk.send(desk.read(plates[3], camera="cam-3"))
    assert (stranger.status_code, elsewhere.json()["code"]) == (401, "unknown_camera")
    said = capfd.readouterr()
    held = await dump_of(desk.scene.services.settings.database_url)
    assert PLATE not in held and "cam-1" in held, "the wanted one is sealed, and the dump is one"
    everywhere = said.out + said.err + held
    assert [plate for plate in plates if plate in everywhere] == []
    assert "unwanted" not in everywhere and shown[:40] not in everywhere, "nor its picture"
    assert await desk.scene.one("SELECT count(*) FROM capture") == 0


async def test_a_hits_own_picture_stands_beside_its_request_and_no_other_does(desk: Post) -> None:
    await agree(desk.scene, POLICE, **TERMS)
    await desk.want()
    hit, further = desk.read(picture=picture_of("first")), desk.read(after_s=2, picture=picture_of("further"))
    for _ in range(2):  # without an answer the reader sends the same again
        assert (await desk.send(hit, further)).status_code == 200
    (found,) = await desk.hits()
    (kept,) = await desk.scene.sql("SELECT * FROM capture")
    assert (kept["alert_id"], kept["incident_id"]) == (found["request_id"], found["incident_id"])
    assert kept["lens"] == "agency"
    assert "first" not in await dump_of(desk.scene.services.settings.database_url), "drawn anew, and sealed"
    for broken in ("no base64!", base64.b64encode(b"no picture").decode()):
        desk.office.forward(120)
        assert (await desk.send(desk.read(picture=broken))).status_code == 200
    assert len(await desk.hits()) == 3 and await desk.scene.one("SELECT count(*) FROM capture") == 1
    refused = await desk.send(desk.read(picture=7))
    assert (refused.status_code, refused.json()["field"]) == (422, "[0].picture")


async def test_a_list_is_kept_by_its_agency_and_stands_only_with_its_agreement(desk: Post) -> None:
    refused = await desk.say("PUT", f"/{uuid4()}", desk.entry())
    assert (refused.status_code, refused.json()["code"]) == (403, "no_agreement")
    agreement_id = await agree(desk.scene, POLICE, **TERMS)
    await agree(desk.scene, POLICE, center=OTHER, **TERMS)
    late = (desk.scene.services.clock() + timedelta(days=31)).isoformat()
    for said, code in (
        ({"crime": "parking"}, "crime_not_allowed"),
        ({"plate": "가나다라"}, "bad_plate"),
        ({"legal_basis": "lia-29"}, "legal_basis"),
        ({"expires_at": late}, "expires_too_late"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expired"),
        ({"owner": "김"}, "invalid"),
    ):
        answer = await desk.say("PUT", f"/{uuid4()}", desk.entry(**said))
        assert (answer.status_code in (403, 422), answer.json()["code"]) == (True, code), answer.text
    assert (await desk.say("PUT", f"/{uuid4()}", desk.entry(), key="not the key")).status_code == 401
    assert await desk.scene.one("SELECT count(*) FROM request_refusal WHERE trigger = 'wanted_vehicle'") == 7

    entry_id = await desk.want()
    (mine,) = (await desk.say("GET", "")).json()["plates"]
    assert (mine["entry_id"], mine["plate"], mine["centers"]) == (entry_id, PLATE, sorted([CENTER, OTHER]))
    other = await desk.say("PUT", f"/{entry_id}", desk.entry(plate="45나6789"))
    assert (other.status_code, other.json()["code"]) == (409, "id_used")
    async with desk.scene.services.db.begin(center=OTHER) as unit:
        assert await unit.scalar("SELECT count(*) FROM wanted_plate") == 1, "a center sees its own list alone"

    await desk.scene.sql("UPDATE agreement SET suspended_at = now() WHERE agreement_id = :id", id=agreement_id)
    await lists_of(desk.scene.services).look()
    await desk.send(desk.read())
    assert await desk.hits() == [], "no agreement, no list"
    await desk.scene.sql("UPDATE agreement SET suspended_at = NULL WHERE agreement_id = :id", id=agreement_id)
    await lists_of(desk.scene.services).look()
    desk.office.forward(86_400 * 4)
    await desk.send(desk.read())
    assert await desk.hits() == [], "it has run out"

    gone = await desk.say("DELETE", f"/{entry_id}", {"reason": "검거"})
    assert sorted(gone.json()["centers"]) == sorted([CENTER, OTHER])
    assert (await desk.say("DELETE", f"/{uuid4()}", {"reason": "검거"})).status_code == 404
    assert await desk.scene.one("SELECT count(*) FROM wanted_plate WHERE body_sealed IS NOT NULL") == 0
    again = await desk.say("PUT", f"/{entry_id}", desk.entry())
    assert (again.status_code, again.json()["code"]) == (409, "removed")
    assert (await desk.say("GET", "")).json()["plates"] == []


async def test_one_hit_a_minute_and_nothing_leaves_before_the_operator_accepts(desk: Post) -> None:
    await agree(desk.scene, POLICE, triggers=["wanted_vehicle"])
    await desk.want()
    services = desk.scene.services
    first = desk.read()

    async def dies(*_: Any) -> None:
        raise ConnectionError("killed between the hit and its request")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plate_hits, "raise_here", dies)
        with pytest.raises(Exception):  # noqa: B017 - the stand-in's error, however the server shows it
            (await desk.send(first)).raise_for_status()
    (hit,) = await desk.hits()
    assert hit["incident_id"] is None and await desk.scene.one("SELECT count(*) FROM agency_request") == 0
    for _ in range(2):
        assert (await desk.send(first, desk.read(after_s=3))).status_code == 200
    await desk.send(desk.read(camera="cam-2", after_s=4))
    hits = await desk.hits()
    assert [one["camera_id"] for one in hits] == ["cam-1", "cam-2"]
    assert len({one["request_id"] for one in hits}) == 1 and await desk.scene.one("SELECT count(*) FROM incident") == 1
    assert await desk.scene.one("SELECT count(*) FROM sighting") == 2

    request_id = hits[0]["request_id"]
    assert (await desk.office.row(str(request_id)))["state"] == "received"
    await plate_jobs.tell(services, request_id, CENTER)
    assert desk.heard() == [], "nobody has accepted it"
    incident_id = hits[0]["incident_id"]
    await deciding.accept(services, desk.office.viewer("operator"), incident_id, request_id)
    jobs_of = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'tell_plate_hits'"
    assert await desk.scene.one(jobs_of) == 3, "one for each hit, one for the decision"
    for _ in range(2):
        await plate_jobs.tell(services, request_id, CENTER)
    assert [one["camera"]["camera_id"] for one in desk.heard()] == ["cam-1", "cam-2"]


async def test_a_hit_that_a_person_called_wrong_is_not_raised_again_at_once(desk: Post) -> None:
    """At that camera: it is on disk beside the request that was wrong. Another camera's, and later ones, are raised."""
    await agree(desk.scene, POLICE, triggers=["wanted_vehicle"])
    await desk.want()
    services, operator = desk.scene.services, desk.office.viewer("operator")
    await desk.send(desk.read())
    (first,) = await desk.hits()
    told = {"reason": "no_danger", "note": ""}
    await deciding.reject(services, operator, first["incident_id"], first["request_id"], **told)
    desk.office.forward(120)
    await desk.send(desk.read())
    _, quiet = await desk.hits()
    assert (quiet["request_id"], quiet["incident_id"]) == (first["request_id"], None)
    assert (await desk.send(desk.read(after_s=1))).status_code == 200
    assert await desk.scene.one("SELECT count(*) FROM incident") == 1
    assert await desk.scene.one("SELECT count(*) FROM sighting") == 1
    await desk.send(desk.read(camera="cam-2"))
    assert await desk.scene.one("SELECT count(*) FROM incident") == 2
    await desk.scene.sql("UPDATE agreement SET plate_quiet_s = 600")  # not as long as the installation's
    desk.office.forward(600)
    await desk.send(desk.read())
    later = (await desk.hits())[-1]
    assert later["request_id"] not in (None, first["request_id"]) and later["incident_id"] is not None


async def test_a_file_of_reads_is_compared_like_a_readers_batch(desk: Post, tmp_path: Path) -> None:
    await agree(desk.scene, POLICE, **TERMS)
    await desk.want()
    file = tmp_path / "reads.csv"
    at = (desk.scene.services.clock() - timedelta(seconds=30)).isoformat()
    file.write_text(f"at,plate,confidence\n{at},{PLATE},0.9999\n{at},11가1111,\n", encoding="utf-8-sig")
    assert await replay_file(desk.scene.services, file, "cam-2") == 2
    assert [one["camera_id"] for one in await desk.hits()] == ["cam-2"]
    with pytest.raises(BadReader, match="cam-3"):
        await replay_file(desk.scene.services, file, "cam-3")


async def test_an_onvif_devices_words_are_reads_of_its_camera(desk: Post) -> None:
    await agree(desk.scene, POLICE, **TERMS)
    await desk.want()
    at = desk.scene.services.clock() - timedelta(seconds=5)
    body = pulled(notice(PLATE, at, 0.9999), notice("11가1111", at, 0.9), at=at)
    form = "application/soap+xml; charset=utf-8"
    refused = await desk.send_body(body, key=desk.key, form=form)
    assert (refused.status_code, refused.json()["field"]) == (422, "camera"), "which of its two?"
    async with desk.scene.services.db.begin() as unit:
        reader: dict[str, Any] = {"reader_id": "r-2", "center_id": CENTER, "cameras": ["cam-2"]}
        key = await readers.add(unit, desk.scene.services, **reader, actor=SYSTEM)
    answer = await desk.send_body(body, key=key, reader="r-2", form=form)
    assert (answer.status_code, answer.json()) == (200, {"reads": 2}), answer.text
    assert [one["camera_id"] for one in await desk.hits()] == ["cam-2"]
    await a_long_body_is_read_beside_the_loop_and_who_sends_fast_waits(desk)


async def a_long_body_is_read_beside_the_loop_and_who_sends_fast_waits(desk: Post) -> None:
    threads: list[bool] = []

    def read(*given: Any) -> Batch:
        threads.append(threading.current_thread() is threading.main_thread())
        return batch(*given)

    batch = plate_routes._batch
    with patch.object(plate_routes, "_batch", read):
        for note in ("", "x" * plate_routes.READ_HERE_BYTES):
            answer = await desk.send(desk.read("11가1111", note=note))
            assert answer.json() == {"reads": 1} and "X-Ansim-Delayed" not in answer.headers
    assert threads == [True, False]
    with patch.object(plate_routes, "MOST_PER_MINUTE", 1), patch("server.line_calls.WAITS_AT_MOST_S", 0.2):
        assert (await desk.send(desk.read("11가1111"))).headers["X-Ansim-Delayed"] == "0.2"


async def test_a_near_miss_waits_for_a_person_and_goes_without_a_trace(desk: Post) -> None:
    await agree(desk.scene, POLICE, **TERMS)
    await desk.want()
    operator, stranger = desk.office.viewer("operator"), desk.office.viewer("stranger")
    hints: list[str] = []
    desk.scene.services.broadcast.subscribe(on_hint=hints.append)
    for _ in range(2):
        await desk.send(desk.read(confidence=0.4), desk.read(camera="cam-2", confidence=0.4, after_s=1))
    assert await desk.hits() == []
    assert hints == [f"plates/{CENTER}"] * 2, "the seats look again for each new one, and a copy is none"
    services = desk.scene.services

    async def seen(viewer: Any) -> list[dict[str, Any]]:
        async with services.db.begin(center=viewer.scope) as unit:
            return await candidates.listed(unit, services)

    assert await seen(stranger) == []
    one, two = await seen(operator)
    assert (one["wanted"], one["read"], one["because"]) == (PLATE, PLATE, "unsure")
    assert (one["agency"]["name_ko"], one["reason"], one["case_no"]) == ("경찰", "납치", "2026-112")
    for candidate, accepts in ((one, True), (two, False)):
        async with services.db.begin(center=CENTER) as unit:
            took = await candidates.take(
                unit,
                services,
                UUID(candidate["candidate_id"]),
                operator.actor,
                accepts=accepts,
                reason="" if accepts else "elsewhere",
            )
        assert took["candidate_id"] == candidate["candidate_id"]
    assert await seen(operator) == []
    (kept,) = await desk.scene.sql("SELECT * FROM plate_candidate")
    assert (kept["camera_id"], kept["body_sealed"], kept["quieted"]) == ("cam-2", None, 0), "nothing of what was read"
    await desk.send(desk.read(confidence=0.4, after_s=2), desk.read(camera="cam-2", confidence=0.4, after_s=2))
    (again,) = await seen(operator)
    assert again["camera"]["camera_id"] == "cam-1", "nobody is asked again about cam-2"
    desk.office.forward(601)
    assert await seen(operator) == []

    async def lines() -> int:
        async with services.db.begin() as unit:
            await candidates.forget(unit, services.clock())
        return int(await desk.scene.one("SELECT count(*) FROM event WHERE tag = 'plate:quieted'"))

    assert await lines() == 0
    desk.office.forward(services.settings.plate_quiet_s)
    assert await lines() == 1
    assert await desk.scene.one("SELECT count(*) FROM plate_candidate") == 0
    await desk.send(desk.read(camera="cam-2", confidence=0.4))
    assert len(await seen(operator)) == 1


async def test_another_process_knows_of_a_push_by_itself(desk: Post) -> None:
    """And compares nothing before it has read its lists, nor when it couldn't for a while."""
    await agree(desk.scene, POLICE, **TERMS)
    other = LiveLists(desk.scene.services)
    own = desk.scene.services.shared.pop("plates")
    desk.scene.services.shared["plates"] = other
    for stale_s in (None, live.STALE_S + 1):
        if stale_s is not None:
            await other.look()
            assert (await desk.send(desk.read())).status_code == 200
            other._read_s -= stale_s
        answer = await desk.send_body(json.dumps([desk.read()]).encode(), key=desk.key)
        assert (answer.status_code, answer.json()["code"]) == (503, "lists_not_read")
        assert answer.headers["Retry-After"] == "1"
    desk.scene.services.shared["plates"] = own
    other.start()
    try:
        await other.look()
        entry_id = str(uuid4())
        await desk.say("PUT", f"/{entry_id}", desk.entry())
        batch = decode_any(json.dumps([desk.read()]).encode())
        async with asyncio.timeout(10):
            while not other.scan(CENTER, batch, desk.scene.services.clock()):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            await desk.say("DELETE", f"/{entry_id}", {"reason": "검거"})
            while other.scan(CENTER, batch, desk.scene.services.clock()):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    finally:
        await other.stop()
