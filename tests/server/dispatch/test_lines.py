"""An agency's own system: asked once however often we try, told where she is and when it is over, and heard."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from lxml import etree

from location_router.runtime.problems import Problem
from server.console import commands
from server.dispatch import jobs
from server.dispatch.cap import NAMESPACE
from server.dispatch.gateway import Unreachable, WebhookGateway
from server.dispatch.lines import BadLine, Line, check
from tests.server.dispatch.lines import CENTER, KEY, Town, town
from tests.server.dispatch.messages import EXERCISE, REQUEST


@pytest.fixture
async def street(installation_database: str) -> AsyncIterator[Town]:
    async with town(installation_database) as made:
        yield made


async def test_down_then_delivered_accepted_on_the_way_there_and_closed(street: Town) -> None:
    """The whole story of a webhook, with everything that the agency is told on record before it leaves."""
    scene, ledger = street.scene, street.ledger
    await street.line()
    incident_id = await scene.emergency()
    card = await street.ask(incident_id, note="골목 안쪽")
    assert card["gateway"] == "webhook"
    ledger.down = 2
    assert [await street.deliver(card) for _ in range(3)] == [False, False, True]
    (request,) = ledger.cases.values()
    said = json.loads(request.body)
    assert (said["kind"], said["case_no"], said["person"]["phone"]) == ("request", card["case_no"], "01012345678")
    assert said["position"]["lat"] == pytest.approx(37.3943) and said["note"] == "골목 안쪽"
    assert len(said["cameras"]) == 5 and said["cameras"][0]["name"].startswith("안심로"), "named, without an address"
    assert b"rtsp" not in request.body and b"127.0.0.1" not in request.body
    row = await street.card(card)
    assert (row["state"], row["receipt_no"], row["attempts"], row["failed_reason"]) == ("delivered", "R-0001", 2, "")
    shown = await scene.sql("SELECT kind, viewer_kind, address, ended_at FROM release ORDER BY kind")
    assert [(one["kind"], one["viewer_kind"], one["address"], one["ended_at"]) for one in shown] == [
        ("identity", "agent", "127.0.0.1", None),
        ("position", "agent", "127.0.0.1", None),
    ], "three tries, one disclosure of each"

    for state, more in (
        ("accepted", {"unit": "순찰 21호", "eta_s": 240}),
        ("en_route", {"position": {"lat": 37.39, "lon": 126.95}}),
        ("on_scene", {}),
    ):
        answer = await street.say(card, state, **more)
        assert (answer.status_code, answer.json()["state"]) == (200, state)
    heard = answer.json()
    assert (heard["unit"], heard["unit_position"]["lat"]) == ("순찰 21호", 37.39) and heard["eta_at"]
    assert await scene.one("SELECT state FROM incident WHERE incident_id = :id", id=incident_id) == "on_scene"

    closed = await commands.run(
        scene.services, scene.staff["operator"], "close", incident_id, {"disposition": "handled"}
    )
    (shown_card,) = closed["incident"]["dispatches"]
    assert (shown_card["unit"], shown_card["attempts"], shown_card["failed_reason"]) == ("순찰 21호", 2, "")
    await jobs.tell_closed(scene.services, UUID(card["dispatch_id"]), 1)
    last = json.loads(ledger.messages[-1].body)
    assert (last["kind"], last["reason"], last["position"], last["person"]) == ("closed", "incident_closed", None, None)
    assert await scene.one("SELECT count(*) FROM release WHERE ended_at IS NULL") == 0
    tags = [tag for tag in await scene.tags(incident_id) if tag.startswith("dispatch:")]
    states = ["requested", "failed", "delivered", "accepted", "en_route", "on_scene"]
    assert tags == [f"dispatch:{state}" for state in states], "the second lost try is no second line"


async def test_killed_between_sending_and_writing_down_is_the_same_id_and_one_case(
    street: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    await street.line()
    card = await street.ask(await street.scene.emergency())
    original = jobs._note_delivery

    async def killed(*_: Any) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(jobs, "_note_delivery", killed)
    with pytest.raises(asyncio.CancelledError):
        await street.deliver(card)
    assert (await street.card(card))["state"] == "requested"
    monkeypatch.setattr(jobs, "_note_delivery", original)
    assert await street.deliver(card) and (await street.card(card))["state"] == "delivered"
    assert [one.is_new for one in street.ledger.messages] == [True, False]
    assert len(street.ledger.cases) == 1 and street.ledger.refused == []


async def test_both_agencies_of_one_incident_have_their_own_line_format_and_states(street: Town) -> None:
    await street.line("112-demo", content_type="application/cap+xml")
    await street.line("119-demo", content_type="application/emergency.eido+json", center_id=CENTER)
    incident_id = await street.scene.emergency()
    police, fire = await street.ask(incident_id), await street.ask(incident_id, "119")
    assert await street.deliver(police) and await street.deliver(fire)
    cap, eido = street.ledger.messages
    assert etree.fromstring(cap.body).findtext(f"{{{NAMESPACE}}}status") == "Actual"
    assert (cap.content_type, json.loads(eido.body)["eidoVersion"]) == ("application/cap+xml", "1.0")
    declined = await street.say(police, "declined", reason="관할이 아닙니다")
    assert declined.json()["state"] == "declined"
    assert (await street.say(fire, "on_scene")).json()["state"] == "on_scene"
    assert "incident:escalated" in await street.scene.tags(incident_id), "a decline calls the shift leader"
    again = await street.ask(incident_id)
    assert (again["case_no"], again["request_no"], again["state"]) == (police["case_no"], 2, "requested")
    assert await street.deliver(again) and len(street.ledger.cases) == 3, "the second request is a message of its own"


async def test_where_she_walks_is_told_until_it_is_over(street: Town) -> None:
    await street.line()
    incident_id = await street.scene.emergency()
    card = await street.ask(incident_id)
    await street.deliver(card)
    await street.update(card, 1)
    assert len(street.ledger.messages) == 1, "she has not moved: nothing to say"
    for step in range(5):
        await street.walk(incident_id, north_m=10 * (step + 1))
    await street.update(card, 2)
    await street.update(card, 2)
    assert [json.loads(one.body)["kind"] for one in street.ledger.messages] == ["request", "update"]
    update = json.loads(street.ledger.messages[-1].body)
    assert update["position"]["lat"] == pytest.approx(37.3943 + 50 / 111_000) and update["person"] is None
    street.ledger.down = 1
    await street.walk(incident_id, north_m=60)
    await street.update(card, 3)
    assert (await street.card(card))["failed_reason"] == "http_503"
    await street.update(card, 4)
    assert (await street.card(card))["failed_reason"] == "", "the newest place is sent with the next update"
    await street.scene.sql("UPDATE agreement SET may_see_position = false")
    await street.walk(incident_id, north_m=70)
    count = len(street.ledger.messages)
    await street.update(card, 5)
    assert len(street.ledger.messages) == count, "the agreement opens her place no more"
    assert await street.jobs_of("update_dispatch") == 6, "there is one chain, however often a job runs"
    await street.say(card, "accepted")
    await street.say(card, "done")
    await street.update(card, 6)
    assert await street.jobs_of("update_dispatch") == 6


async def test_an_exercise_never_reaches_anybodys_system(street: Town, capsys: pytest.CaptureFixture[str]) -> None:
    await street.line()
    scene = street.scene
    incident_id = await scene.emergency(is_drill=True)
    with pytest.raises(Problem, match="own drill"):  # of a person who tries her phone
        await street.ask(incident_id, is_exercise=True)
    await scene.sql("UPDATE incident SET origin = 'exercise' WHERE incident_id = :id", id=incident_id)
    with pytest.raises(Problem, match="for real"):
        await street.ask(incident_id)
    with pytest.raises(Problem, match="no exercise"):
        await street.ask(await scene.emergency(), is_exercise=True)
    card = await street.ask(incident_id, is_exercise=True)
    assert (card["gateway"], card["is_drill"]) == ("console", True)
    assert await street.deliver(card)
    assert street.ledger.tries == 0 and await scene.one("SELECT count(*) FROM release") == 0
    assert await scene.one("SELECT state FROM incident WHERE incident_id = :id", id=incident_id) == "acknowledged"
    printed = json.loads(capsys.readouterr().out.splitlines()[-1])["dispatch"]
    assert printed["is_drill"] and "01012345678" not in json.dumps(printed)
    await street.scene.sql("UPDATE dispatch SET gateway = 'webhook', state = 'requested'")  # whatever a row says
    with pytest.raises(AssertionError, match="exercise"):
        await street.deliver(card)
    assert street.ledger.tries == 0
    with pytest.raises(AssertionError, match="exercise"):
        await WebhookGateway("127.0.0.0/8").send(await street.line(), EXERCISE)


async def test_a_system_that_refuses_or_stays_away_is_loud_and_can_be_asked_again(street: Town) -> None:
    await street.line()
    incident_id = await street.scene.emergency()
    card = await street.ask(incident_id)
    street.ledger.down, street.ledger.down_status = 1, 422
    assert await street.deliver(card), "the same bytes would be refused again: no further try"
    row = await street.card(card)
    assert (row["state"], row["failed_reason"]) == ("failed", "http_422")
    tags = await street.scene.tags(incident_id)
    assert tags[tags.index("dispatch:failed") + 1] == "incident:escalated", "the shift leader is called"
    assert await street.scene.one("SELECT count(*) FROM release WHERE ended_at IS NULL") == 0
    assert (await street.say(card, "accepted")).status_code == 200, "it had the case after all"
    assert await street.jobs_of("update_dispatch") == 1, "and is told where she is from now on"

    other = await street.scene.emergency()
    card = await street.ask(other)
    street.ledger.down, street.ledger.down_status = 99, 503
    assert not await street.deliver(card)
    street.forward(601)
    assert await street.deliver(card) and (await street.card(card))["state"] == "failed", "ten minutes are enough"
    again = await street.ask(other)
    assert (again["request_no"], again["case_no"]) == (2, card["case_no"])
    assert await street.deliver(card), "the job of the first request has nothing to do any more"
    assert street.ledger.tries == 3


async def test_an_agreement_that_ends_before_the_message_leaves_keeps_it_here(street: Town) -> None:
    await street.line()
    card = await street.ask(await street.scene.emergency())
    await street.scene.sql("UPDATE agreement SET ends_at = now()")
    assert await street.deliver(card)
    assert street.ledger.tries == 0
    assert (await street.card(card))["failed_reason"] == "no_agreement"


@pytest.mark.parametrize(
    ("networks", "url", "reason"),
    [
        ("", "http://127.0.0.1:9/x", "private_address"),
        ("", "https://localhost:9/x", "private_address"),
        ("10.0.0.0/8", "https://169.254.169.254/latest", "private_address"),
        ("", "http://8.8.8.8/x", "not_encrypted"),
    ],
)
async def test_a_line_cannot_be_pointed_at_our_own_machines(networks: str, url: str, reason: str) -> None:
    line = Line(uuid4(), "112-demo", None, "webhook", url, KEY)
    with pytest.raises(Unreachable, match=reason) as refused:
        await WebhookGateway(networks).send(line, REQUEST)
    assert refused.value.is_final


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"url": "ftp://x/"}, "url"),
        ({"url": "https://name:secret@x/"}, "url"),
        ({"kind": "fax"}, "kind"),
        ({"content_type": "text/plain"}, "content_type"),
        ({"timeout_s": 0}, "timeout_s"),
    ],
)
def test_a_line_that_can_not_work_is_refused_with_the_fields_name(settings: dict[str, Any], field: str) -> None:
    good = {
        "kind": "webhook",
        "url": "https://cad.example.kr/dispatch",
        "content_type": "application/json",
        "timeout_s": 5.0,
    }
    check(**good)
    with pytest.raises(BadLine, match=f"^{field}:"):
        check(**good | settings)


async def test_a_redirect_is_not_followed_and_a_line_keeps_its_key(street: Town) -> None:
    line = await street.line(url=street.line_url.replace("/dispatch", "/dispatch/"))  # answers 307 to /dispatch
    with pytest.raises(Unreachable, match="redirect_307") as refused:
        await WebhookGateway("127.0.0.0/8").send(line, REQUEST)
    assert refused.value.is_final and street.ledger.tries == 0
    changed = await street.line(key="", url=street.line_url)
    assert (changed.line_id, changed.key) == (line.line_id, KEY)
    tags = await street.scene.sql("SELECT tag, center_id FROM event WHERE tag = 'agreement:line_set'")
    assert [row["center_id"] for row in tags] == ["-", "-"]
