"""What a telco, a car or she herself says of the place: beside her own position, never in its stead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from hypothesis import given
from hypothesis import strategies as st

from server.cameras.service import chosen
from server.console import commands, incident_routes
from server.dispatch import routes as dispatch_routes
from server.page_wire.cards import SecondSource
from server.second_sources import model
from server.second_sources import routes as source_routes
from tests.server.dispatch.lines import Town
from tests.server.dispatch.test_responders import signed_in
from tests.server.scene import LAT, LON, Scene, app_of, client, installation, listening

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@given(st.timedeltas(timedelta(days=-400), timedelta(days=400)))
def test_a_place_is_of_now_or_of_the_last_day(ago: timedelta) -> None:
    counts = model.believable_time(NOON - ago, NOON)
    assert (counts is None) == (ago < -model.AHEAD or ago > model.OLDEST)
    assert counts is None or NOON - model.OLDEST <= counts <= NOON


def said(kind: str = "telco", **more: Any) -> dict[str, Any]:
    place = {"lat": LAT + 0.02, "lon": LON, "radius_m": 800, "fixed_at": datetime.now(UTC).isoformat()}
    return {"entry_id": str(uuid4()), "kind": kind, "label": "KT 기지국 비밀동", "reference": "KT-77", **place, **more}


async def sources(desk: httpx.AsyncClient, incident_id: UUID) -> list[dict[str, Any]]:
    answer = await desk.get(f"/api/incidents/{incident_id}/sources")
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store", answer.text
    found: list[dict[str, Any]] = answer.json()["sources"]
    return found


async def told(desk: httpx.AsyncClient, path: str, body: dict[str, Any], status: int = 201) -> dict[str, Any]:
    answer = await desk.post(path, json=body)
    assert answer.status_code == status, answer.text
    back: dict[str, Any] = answer.json()
    return back


async def everything_of_hers(scene: Scene, desk: httpx.AsyncClient, incident_id: UUID) -> object:
    """All that is said of her own place and of the cameras around it."""
    seen = (await desk.get(f"/api/incidents/{incident_id}")).json()
    async with scene.services.db.begin() as unit:
        eyes = await chosen(unit, incident_id)
    return seen["incident"]["position"], seen["track"], eyes, await scene.sql("SELECT * FROM position")


async def test_another_source_stands_beside_her_own_place(installation_database: str) -> None:
    async with installation(installation_database) as scene:
        app = app_of(scene.services, incident_routes.router, source_routes.router, dispatch_routes.router)
        async with listening(app) as address, client(address) as http:
            desk, police = await signed_in(scene, "operator", address), await signed_in(scene, "police", address)
            stranger, admin = await signed_in(scene, "stranger", address), await signed_in(scene, "admin", address)
            async with desk, police, stranger, admin:
                await _told_withdrawn_and_gone(scene, desk, stranger, admin)
                await _by_an_agency(Town(scene, None, "", http), desk, police)  # type: ignore[arg-type]


async def _told_withdrawn_and_gone(
    scene: Scene, desk: httpx.AsyncClient, stranger: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    incident_id = await scene.emergency()
    path, first = f"/api/incidents/{incident_id}/sources", said()
    before = await everything_of_hers(scene, desk, incident_id)
    once = await told(desk, path, first)
    assert once == await told(desk, path, first), "twice is once"
    assert (await told(desk, path, first | {"lat": LAT}, 409))["code"] == "other_entry"
    await told(desk, path, said("telco", source_id=first["entry_id"], lat=LAT + 0.03))
    await told(desk, path, said("caller_said", label="육교 아래", fixed_at=(NOON.replace(year=2020)).isoformat()), 422)
    await told(desk, path, said("ghost"), 422)
    assert (await told(stranger, path, said(), 404))["code"] == "no_incident"
    assert (await told(admin, path, said(), 403))["code"] == "wrong_role"
    shown = await sources(desk, incident_id)
    assert all(SecondSource.model_validate(one) for one in shown)
    assert [one["source_id"] for one in shown] == [first["entry_id"]] * 2, "one track"
    assert (shown[0]["label"], shown[0]["radius_m"], shown[0]["by"]) == ("KT 기지국 비밀동", 800, "operator")
    assert await everything_of_hers(scene, desk, incident_id) == before, "her point and the cameras know nothing of it"
    row = str(await scene.sql("SELECT * FROM second_source"))
    assert "비밀동" not in row and str(LAT + 0.02) not in row, "sealed"
    lines = await scene.sql("SELECT count(*) AS n FROM release WHERE kind = 'position' AND ended_at IS NULL")
    assert lines == [{"n": 1}], "a named viewer has a row for it"

    one = f"{path}/{first['entry_id']}"
    for _ in range(2):
        assert (await desk.delete(one)).status_code == 200
    assert len(await sources(desk, incident_id)) == 1 and (await stranger.delete(one)).status_code == 404
    await told(desk, f"{one}/restore", {}, 200)
    assert len(await sources(desk, incident_id)) == 2
    tags = [tag for tag in await scene.tags(incident_id) if tag.startswith("source:")]
    assert tags == ["source:told"] * 2 + ["source:withdrawn", "source:restored"]

    unplaced = await scene.emergency(with_position=False)
    await told(desk, f"/api/incidents/{unplaced}/sources", said("caller_said", label="육교 아래"))
    assert [one["label"] for one in await sources(desk, unplaced)] == ["육교 아래"], "also where she has sent no place"
    for gone in (incident_id, unplaced):
        await commands.run(scene.services, scene.staff["operator"], "close", gone, {"disposition": "handled"})
    assert await scene.one("SELECT count(*) FROM second_source") == 0, "with the incident, in its very transaction"
    assert await sources(desk, incident_id) == []
    assert (await told(desk, path, said(), 409))["code"] == "incident_closed"


async def _by_an_agency(town: Town, desk: httpx.AsyncClient, police: httpx.AsyncClient) -> None:
    scene, incident_id = town.scene, await town.scene.emergency()
    card = await town.ask(incident_id)
    path = f"/api/agency/dispatches/{card['dispatch_id']}"
    assert (await told(police, f"{path}/sources", said("car"), 403))["code"] == "no_dispatch", "not accepted yet"
    await told(police, f"{path}/accept", {}, 200)
    assert (await told(police, f"{path}/sources", said("caller_said"), 422))["code"] == "not_yours"
    answer = await told(police, f"{path}/sources", said("car", label="순찰차 21호가 본 차"))
    assert "lat" not in answer["source"], "it shows the agency nothing"
    assert [(one["kind"], one["by"]) for one in await sources(desk, incident_id)] == [("car", "112 치안종합상황실")]
    await scene.sql("UPDATE agreement SET suspended_at = now() WHERE agency_id = '112-demo'")
    assert (await told(police, f"{path}/sources", said("car"), 403))["code"] == "no_agreement"
    assert (await told(police, f"/api/agency/dispatches/{uuid4()}/sources", said("car"), 404))["code"] == "no_dispatch"
