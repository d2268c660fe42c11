"""What an agency's system may say: only under its own signature, once, in any order."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator

import pytest

from location_router.runtime.webhook import signed
from tests.server.dispatch.lines import KEY, Town, path_of, town


@pytest.fixture
async def street(installation_database: str) -> AsyncIterator[Town]:
    async with town(installation_database) as made:
        await made.line()
        yield made


async def test_a_wrong_signature_is_told_clearly_and_leaves_nothing_behind(street: Town) -> None:
    card = await street.ask(await street.scene.emergency())
    before = await street.card(card)
    body = json.dumps({"state": "accepted"}).encode()
    path = path_of(card)
    unsigned = await street.http.post(path, content=body)
    wrong = await street.say(card, "accepted", key="another key")
    late = await street.say(card, "accepted", at=time.time() - 301)
    odd = await street.http.post(path, content=body, headers=signed(KEY, "x", body) | {"X-Ansim-Time": "soon"})
    other_body = await street.http.post(path, content=body + b" ", headers=signed(KEY, "x", body))
    stranger = await street.http.post(path.replace("112-demo", "999"), content=body, headers=signed(KEY, "x", body))
    answers = [(one.status_code, one.json()["code"]) for one in (unsigned, wrong, late, odd, other_body, stranger)]
    assert answers == [
        (401, "unsigned"),
        (401, "wrong_signature"),
        (401, "clock_skew"),
        (401, "wrong_signature"),
        (401, "wrong_signature"),
        (401, "unknown_line"),
    ]
    assert "300" in late.json()["message_ko"] and "key" in wrong.json()["message_en"]
    assert await street.card(card) == before
    assert await street.scene.one("SELECT count(*) FROM quarantine") == 0


async def test_the_same_message_again_is_one_and_its_id_is_good_for_nothing_else(street: Town) -> None:
    incident_id = await street.scene.emergency()
    card = await street.ask(incident_id)
    for _ in range(3):
        assert (await street.say(card, "accepted", unit="순찰 3호", message_id="m-1")).json()["state"] == "accepted"
    used = await street.say(card, "done", message_id="m-1")
    assert (used.status_code, used.json()["code"]) == (409, "id_used")
    assert (await street.scene.tags(incident_id)).count("dispatch:accepted") == 1
    late = await street.say(card, "delivered", message_id="m-2", receipt_no="R-5")
    assert (late.json()["state"], late.json()["receipt_no"]) == ("accepted", "R-5"), "late, and noted"


async def test_what_can_not_be_read_is_kept_and_unknown_fields_are_named(street: Town) -> None:
    card = await street.ask(await street.scene.emergency())
    path, scene = path_of(card), street.scene
    for body, field in (
        (b"{", "body"),
        (b"[]", "body"),
        (b'{"state":"teleported"}', "state"),
        (b'{"state":"requested"}', "state"),
        (b'{"state":"accepted","eta_s":-1}', "eta_s"),
        (b'{"state":"accepted","eta_s":1e999}', "eta_s"),
        (b'{"state":"accepted","position":{"lat":126.9,"lon":37.4}}', "position.lat"),
        (b'{"state":"accepted","at":"yesterday"}', "at"),
        (json.dumps({"state": "accepted", "unit": "x" * 81}).encode(), "unit"),
    ):
        answer = await street.http.post(path, content=body, headers=signed(KEY, f"m-{body[:30]!r}"[:90], body))
        assert (answer.status_code, answer.json()["fields"][0]["field"]) == (422, field), body
    assert (await street.card(card))["state"] == "requested"
    assert await scene.one("SELECT count(*) FROM quarantine WHERE source = 'line:112-demo'") == 9
    odd = await street.say(card, "accepted", mood="good", color={"a": 1})
    assert (odd.status_code, odd.json()["ignored"]) == (200, ["color", "mood"])
    kept = await scene.one("SELECT reason FROM quarantine ORDER BY received_at DESC LIMIT 1")
    assert kept == "unknown_fields: color, mood"
    null = await street.say(card, "en_route", unit="a\x00b", reason="\x00")
    assert (null.status_code, null.json()["unit"]) == (200, "ab")
    huge = b'{"state":"done","reason":"' + b"x" * 70_000 + b'"}'
    assert (await street.http.post(path, content=huge, headers=signed(KEY, "huge", huge))).status_code == 413


async def test_one_agency_can_not_speak_for_another_nor_for_a_case_that_is_not_there(street: Town) -> None:
    await street.line("119-demo", key="the fire service's own key")
    card = await street.ask(await street.scene.emergency())
    body = b'{"state":"accepted"}'
    path = path_of(card).replace("112-demo", "119-demo")
    foreign = await street.http.post(path, content=body, headers=signed("the fire service's own key", "m", body))
    assert (foreign.status_code, foreign.json()["code"]) == (404, "no_dispatch")
    assert (await street.say(card, "accepted", key="the fire service's own key")).status_code == 401
    elsewhere = await street.say(card, "accepted", dispatch_id="0b0e7a52-6b0c-4a51-9d0a-8d5a3f6f0001")
    assert elsewhere.status_code == 422, "a body that was signed for another dispatch"


async def test_after_the_end_only_done_is_heard_and_the_refusal_names_what_is(street: Town) -> None:
    incident_id = await street.scene.emergency()
    card = await street.ask(incident_id)
    assert (await street.say(card, "on_scene")).status_code == 200, "stages may be skipped"
    back = await street.say(card, "declined")
    assert (back.status_code, back.json()["allowed"]) == (409, ["done"])
    await street.scene.sql("UPDATE incident SET state = 'closed' WHERE incident_id = :id", id=incident_id)
    assert (await street.say(card, "done")).json()["state"] == "done"
    assert (await street.say(card, "accepted")).status_code == 200, "a late one is no mistake"
    assert (await street.card(card))["state"] == "done"
