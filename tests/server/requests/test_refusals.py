"""What the door at a center does not take: each with a code, a field, words in both languages, and the administrator's
row. Which requests an agreement does not cover: `test_whole_way.py`; the same at the router:
`tests/location_router/test_requests.py`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from sqlalchemy import event

from location_router.runtime.db import conninfo
from location_router.runtime.webhook import signed_call
from server.dispatch.lines import set_line
from server.events import SYSTEM
from server.line_turns import MOST_OF_STRANGER
from tests.server.requests.asking import FIRM, KEY, Office, agree, office
from tests.server.test_rights import cookie

PATH = f"/api/lines/{FIRM}/requests"


@pytest.fixture
async def room(installation_database: str) -> AsyncIterator[Office]:
    async with office(installation_database) as made:
        yield made


async def post(
    room: Office, body: bytes, form: str = "application/json", *, off_s: float = 0, said: bytes = b"", key: str = KEY
) -> httpx.Response:
    """`said`: what is signed, where it is not the body; `off_s`: how wrong the sender's clock is."""
    at = int(room.scene.services.clock().timestamp() + off_s)
    headers = signed_call(key, str(uuid4()), said or body, method="POST", path=PATH, at=at)
    return await room.http.post(PATH, content=body, headers=headers | {"Content-Type": form})


async def test_whatever_the_door_does_not_take_is_said_and_is_a_row(room: Office) -> None:
    await agree(room.scene)
    body = json.dumps(room.letter()).encode()
    table: list[tuple[httpx.Response, int, str, dict[str, Any]]] = [
        (await post(room, body, off_s=330), 401, "clock_skew", {}),  # beyond 300 s also where the machine is slow
        (await post(room, body, off_s=-301), 401, "clock_skew", {}),
        (await post(room, body.replace(b"panic", b"fire!"), said=body), 401, "wrong_signature", {}),
        (await post(room, body, key="another key"), 401, "wrong_signature", {}),
        (await room.http.post(PATH, content=body), 401, "unsigned", {}),
        (await post(room, b" "), 400, "empty", {"field": "body", "cause": 101}),
        (await post(room, b'{"trigger": '), 400, "unreadable", {"cause": 103}),
        (await post(room, body, "text/plain"), 415, "unknown_form", {"field": "Content-Type"}),
        (
            await post(room, b"<alert/>", "application/cap+xml"),
            400,
            "unreadable",
            {"field": "alert"},
        ),
        (await post(room, body + b" " * 65_536), 413, "too_large", {"field": "body"}),
    ]
    for number, (answer, status, code, more) in enumerate(table):
        told = answer.json()
        assert (answer.status_code, told["code"]) == (status, code), (number, answer.text[:500])
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        assert told["message_ko"] and told["message_en"] and told["message_ko"] != told["message_en"]
        assert {name: told.get(name) for name in more} == more, (number, told)
    room.http.cookies.update(await cookie(room.scene, "admin"))
    await what_nobody_signed_is_seen_by_every_desk(room)
    await room.scene.sql("UPDATE center SET desk = 'main'")  # who serves all of them sees in whose name, too
    shown = (await room.http.get("/api/agency-refusals")).json()["refusals"]
    assert {one["code"] for one in shown} == {code for _, _, code, _ in table}
    assert all(one["address"] == "127.0.0.1" for one in shown)
    counted = {one["code"]: one["count"] for one in shown}
    assert counted["clock_skew"] == counted["wrong_signature"] == 2, "one row for what nobody has signed"
    assert await room.scene.one("SELECT count(*) FROM incident") == 0
    assert "김보라" not in json.dumps(shown, ensure_ascii=False)
    await many_at_once_leave_connections_for_an_sos(room, body)


async def what_nobody_signed_is_seen_by_every_desk(room: Office) -> None:
    """When, from where and why; nothing of what was said, nor in whose name."""
    shown = (await room.http.get("/api/agency-refusals")).json()["refusals"]
    assert {one["code"] for one in shown} == {"clock_skew", "wrong_signature", "unsigned", "too_large"}
    assert {one["address"] for one in shown} == {"127.0.0.1"} and all(one["at"] and one["count"] for one in shown)
    assert not any(one[name] for one in shown for name in ("agency_id", "center", "trigger", "request_id", "detail"))


async def many_at_once_leave_connections_for_an_sos(room: Office, body: bytes) -> None:
    """A stranger in the agency's name: all are answered, few are at the database."""
    engine, taken = room.scene.services.db.engine.sync_engine, [0]

    def count(*_: Any) -> None:
        taken.append(engine.pool.checkedout())  # type: ignore[attr-defined]

    event.listen(engine, "checkout", count)
    answers = await asyncio.gather(*(post(room, body, key="another key") for _ in range(16)))
    assert {one.status_code for one in answers} == {401}
    assert 1 <= max(taken) <= MOST_OF_STRANGER + 2, "and whatever else runs here"


async def test_an_agreement_counts_from_its_beginning_to_its_end_and_a_key_until_it_is_changed(room: Office) -> None:
    now = datetime.now(UTC)
    await agree(room.scene, starts_at=now + timedelta(hours=1), ends_at=now + timedelta(hours=2))
    codes = [(await room.ask(403))["code"]]
    room.forward(3601)
    taken = await room.ask()
    assert taken["state"] == "received"
    room.forward(3600)
    codes += [(await room.ask(403))["code"]]
    assert codes == ["no_agreement", "no_agreement"]
    assert await room.scene.one("SELECT count(*) FROM request_refusal WHERE code = 'no_agreement'") == 2

    async with room.scene.services.db.begin() as unit:
        await set_line(
            unit, room.scene.services, agency_id=FIRM, center_id=None, kind="webhook", url=room.ledger_url,
            key="the key after it", actor=SYSTEM,
        )  # fmt: skip
    path = f"/{taken['request_id']}"
    answers = [await room.send(path, method="GET", key=key) for key in (KEY, "the key after it")]
    assert [one.status_code for one in answers] == [401, 200] and answers[0].json()["code"] == "wrong_signature"
    assert "in.time.METHOD.path.id." in answers[0].json()["message_en"], "what is to be signed"


DIE = (
    "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS"
    " $$BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END$$",
    "CREATE CONSTRAINT TRIGGER die AFTER INSERT ON agency_request DEFERRABLE INITIALLY DEFERRED"
    " FOR EACH ROW EXECUTE FUNCTION die()",
)


async def test_a_call_whose_commit_fails_is_not_answered_as_taken(
    room: Office, installation_database_admin: str
) -> None:
    """The database dies at the commit itself: 503, nothing of it is there, and the same again is taken."""
    await agree(room.scene)
    letter = room.letter()
    place = conninfo(installation_database_admin)
    async with await psycopg.AsyncConnection.connect(place, autocommit=True) as owner:
        for statement in DIE:
            await owner.execute(statement)
        lost = await room.send("", letter)
        await owner.execute("DROP TRIGGER die ON agency_request")
    assert (lost.status_code, lost.headers["Retry-After"]) == (503, "1"), lost.text
    assert await room.scene.one("SELECT count(*) FROM agency_request") == 0
    assert (await room.send("", letter)).status_code == 202


async def test_a_copy_of_a_call_is_the_same_call_and_another_content_is_none(room: Office) -> None:
    """Whoever repeats what he has overheard changes nothing; not even the agency itself can use an id twice."""
    await agree(room.scene)
    letter = room.letter()
    answers = [await room.send("", letter, message_id="m-1") for _ in range(3)]
    assert [one.status_code for one in answers] == [202, 200, 200]
    assert len({one.json()["request_id"] for one in answers}) == 1
    changed = [await room.send("", letter | {"case_no": "S-2"}, message_id=one) for one in ("m-1", "m-2")]
    assert [(one.status_code, one.json()["code"]) for one in changed] == [(409, "id_used")] * 2
    assert await room.scene.one("SELECT count(*) FROM incident") == 1
    assert await room.scene.one("SELECT count(*) FROM request_refusal WHERE code = 'id_used'") == 2
