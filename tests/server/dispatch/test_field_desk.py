"""What a desk is told of its rights and who else is on the case; the thread with its officers, and their steps."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.agencies.model import WHAT, Agreement
from server.demo import agency_line
from server.dispatch import field_routes, line_routes, model, responder_routes, routes
from server.dispatch.model import Case, DispatchState, Step, decide, evolve
from server.dispatch.terms import terms, why_not
from tests.server.dispatch.lines import KEY, Town
from tests.server.dispatch.test_responders import signed_in
from tests.server.scene import app_of, client, installation, listening

NOW = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)


@pytest.fixture
async def street(installation_database: str) -> AsyncIterator[Town]:
    async with installation(installation_database) as scene:
        routers = (field_routes.router, responder_routes.router, line_routes.router, routes.router)
        async with listening(app_of(scene.services, *routers)) as address, client(address) as http:
            await scene.services.broadcast.start()
            yield Town(scene, agency_line.Ledger(KEY), "", http)


async def shown(desk: Any) -> dict[str, Any]:
    (case,) = (await desk.get("/api/agency/dispatches")).json()["dispatches"]
    return dict(case)


async def go_there(phone: Any, officer: str, code: str) -> None:
    """The officer's own steps: only bound, only forward, and not the end."""
    assert (await phone.post(f"{officer}/step", json={"step": "en_route"})).json()["code"] == "not_bound"
    assert (await phone.post(f"{officer}/unit", json={"lat": 37.4, "lon": 127.0})).json()["code"] == "not_bound"
    await phone.post(f"{officer}/open", json={"code": code})
    assert (await phone.post(f"{officer}/step", json={"step": "done"})).status_code == 422, "the desk says that"
    assert (await phone.post(f"{officer}/step", json={"step": "on_scene"})).status_code == 200
    assert (await phone.post(f"{officer}/step", json={"step": "en_route"})).json()["code"] == "not_allowed"
    assert (await phone.post(f"{officer}/unit", json={"lat": 37.4, "lon": 127.0})).status_code == 200
    assert (await phone.post(f"{officer}/unit", json={"lat": 95, "lon": 127.0})).status_code == 422


async def test_a_joint_case_its_officers_and_the_thread_until_the_agreement_is_suspended(street: Town) -> None:
    scene = street.scene
    incident_id = await scene.emergency()
    card = await street.ask(incident_id)
    await street.ask(incident_id, "119")
    base = street.http.base_url
    async with (
        await signed_in(scene, "police", base) as desk,
        await signed_in(scene, "fire", base) as fire,
        client(str(base)) as phone,
    ):
        path = f"/api/agency/dispatches/{card['dispatch_id']}"
        theirs = await shown(fire)
        await fire.post(
            f"/api/agency/dispatches/{theirs['dispatch_id']}/accept", json={"unit": "구급 3호", "eta_s": 60}
        )
        case = await shown(desk)
        (other,) = case["others"]
        assert (other["agency"]["kind"], other["state"], other["unit"]) == ("119", "accepted", "구급 3호")
        assert other["eta_at"] and "case_no" not in other and "receipt_no" not in other
        assert case["agreement"]["in_force"] and case["agreement"]["may"]["live"]
        assert not case["agreement"]["may"]["recorded"] and not case["agreement"]["may"]["store"]

        assert (await desk.get(f"{path}/field")).json()["code"] == "dispatch_over", "nobody is sent yet"
        await desk.post(f"{path}/accept", json={"unit": " 순찰 21호 ", "eta_s": 420})
        case = await shown(desk)
        assert case["unit"] == "순찰 21호"
        left = datetime.fromisoformat(case["eta_at"]) - datetime.now(UTC)
        assert timedelta(minutes=5) < left < timedelta(minutes=8)
        invited = (await desk.post(f"{path}/responders", json={"name": "박순경"})).json()
        assert invited["qr"]["size"] > 20 and invited["qr"]["path"].startswith("M")

        officer = f"/api/respond/{invited['link']}"
        await go_there(phone, officer, invited["code"])
        case = await shown(desk)
        assert case["state"] == "on_scene" and case["unit_position"]["lat"] == 37.4

        await phone.post(f"{officer}/messages", json={"text": "확보했습니다"})
        assert (await desk.post(f"{path}/field/messages", json={"text": " 구급차가 갑니다 "})).status_code == 201
        assert (await desk.post(f"{path}/field/messages", json={"text": "  "})).status_code == 422
        said = [(one["by"], one["text"]) for one in (await desk.get(f"{path}/field")).json()["messages"]]
        assert said == [("responder", "확보했습니다"), ("desk", "구급차가 갑니다")]
        seen = (await phone.get(officer)).json()["messages"]
        assert [one["by"] for one in seen] == ["responder", "desk"]
        assert (await fire.get(f"{path}/field")).status_code == 404, "another agency's thread"
        assert (await fire.post(f"{path}/field/messages", json={"text": "x"})).status_code == 404

        await scene.sql("UPDATE agreement SET suspended_at = now() WHERE agency_id = '112-demo'")
        case = await shown(desk)
        assert (case["agreement"]["in_force"], case["agreement"]["why"]) == (False, "suspended")
        assert (case["others"], case["note"], case["caller"], case["position"]) == ([], "", None, None)
        assert not any(case["agreement"]["may"].values())
        assert (await desk.get(f"{path}/field")).json()["code"] == "no_agreement"
        assert (await desk.post(f"{path}/field/messages", json={"text": "x"})).json()["code"] == "no_agreement"


AGREEMENTS = st.builds(
    Agreement,
    agreement_id=st.uuids(),
    center_id=st.just("41170"),
    agency_id=st.just("112-demo"),
    triggers=st.frozensets(st.sampled_from(["dispatch", "disaster"])),
    legal_bases=st.sampled_from([(), ("pipa-18-2-3",), ("pipa-18-2-10",)]),
    may_view_live=st.booleans(),
    may_see_position=st.booleans(),
    starts_at=st.sampled_from([NOW - timedelta(days=1), NOW, NOW + timedelta(days=1)]),
    ends_at=st.sampled_from([None, NOW - timedelta(hours=1), NOW, NOW + timedelta(hours=1)]),
    suspended_at=st.sampled_from([None, NOW - timedelta(hours=1), NOW + timedelta(hours=1)]),
    may_view_recorded=st.booleans(),
    may_view_still=st.booleans(),
    may_see_identity=st.booleans(),
    may_see_health=st.booleans(),
    may_store=st.booleans(),
    storage_days=st.sampled_from([0, 30]),
)


@given(AGREEMENTS)
def test_what_a_desk_is_told_of_its_rights_is_never_more_than_the_agreement(agreement: Agreement) -> None:
    told = terms(agreement, basis="pipa-18-2-3", now=NOW)
    assert (told["why"] is None) is told["in_force"] is agreement.in_force(NOW)
    assert (why_not(agreement, NOW) is None) is agreement.in_force(NOW)
    for what in WHAT:
        if told["may"][what]:
            assert agreement.in_force(NOW) and agreement.grants(what) and "pipa-18-2-3" in agreement.legal_bases
    assert told["may"]["position"] is (agreement.allows("position", "dispatch", "pipa-18-2-3", NOW) is None)


def test_the_same_step_again_changes_the_unit_and_nothing_else() -> None:
    case = Case(DispatchState.DELIVERED)
    first = decide(case, Step("accept", unit="순찰 21호", eta_at=NOW + timedelta(minutes=7)), NOW)
    assert [one.tag for one in first] == ["dispatch:accepted"] and first[0].payload["unit"] == "순찰 21호"
    case = evolve(case, first)
    assert decide(case, Step("accept"), NOW) == [], "a double click"
    (later,) = decide(case, Step("accept", eta_at=NOW + timedelta(minutes=12)), NOW)
    assert later.tag == "dispatch:updated" and set(later.changes) == {"eta_at"}
    assert model.evolve(case, [later]).state is DispatchState.ACCEPTED
