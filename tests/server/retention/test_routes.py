"""Policies and holds as an administrator and the privacy officer handle them, and who may not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from server.retention import routes
from server.staff.model import Viewer
from server.staff.routes import COOKIE
from tests.server.retention.conftest import Years
from tests.server.scene import CENTER, OTHER, app_of

pytestmark = pytest.mark.database


@asynccontextmanager
async def seat(years: Years, login: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of that person, on the real routes."""
    services = years.scene.services
    viewer: Viewer = years.scene.staff[login]
    token = uuid4().hex
    await years.scene.sql(
        "UPDATE session SET token_digest = :digest, expires_at = :until, seen_at = :now WHERE account_id = :id",
        digest=services.sealer.digest(token, context="session"),
        now=years.now,
        until=years.now + timedelta(hours=8),
        id=viewer.account_id,
    )
    transport = httpx.ASGITransport(app_of(services, routes.router), client=("127.0.0.1", 5))
    async with httpx.AsyncClient(transport=transport, base_url=services.settings.origin) as client:
        client.cookies.set(COOKIE, token)
        yield client


async def put(client: httpx.AsyncClient, **body: Any) -> httpx.Response:
    return await client.put("/api/retention", json=body)


async def test_a_shorter_policy_is_previewed_confirmed_recorded_and_takes_effect_at_the_next_run(years: Years) -> None:
    incident_id = await years.emergency()
    years.days(10)
    async with seat(years, "admin") as admin:
        asked = await put(admin, kind="positions", center=CENTER, days=7)
        assert asked.status_code == 409 and asked.json()["code"] == "confirm_change"
        told = asked.json()["would_go"]
        assert (told["next_run_now"], told["next_run_then"]) == (0, 10)
        assert datetime.fromisoformat(told["next_run_at"]) > years.now
        assert await years.positions(incident_id) == 10
        word = asked.json()["confirm"]
        stale = await put(admin, kind="positions", center=CENTER, days=8, confirm=word)
        assert stale.status_code == 409, "the word stands for seven days, not for eight"
        done = await put(admin, kind="positions", center=CENTER, days=7, confirm=word)
        assert done.status_code == 200 and done.json()["days"] == 7
        assert (await put(admin, kind="positions", center=CENTER, days=7, confirm=word)).status_code == 409
        kinds = {one["kind"]: one for one in (await admin.get("/api/retention")).json()["kinds"]}
        assert kinds["positions"]["centers"][CENTER]["days"] == 7 and kinds["positions"]["days"] == 30
    assert await years.scene.one("SELECT count(*) FROM event WHERE tag = 'policy:changed' AND center_id = :c", c=CENTER)
    await years.purge()
    assert await years.positions(incident_id) == 0
    async with seat(years, "admin") as admin:
        proofs = (await admin.get("/api/retention/proofs")).json()["proofs"]
    mine = next(one for one in proofs if one["kind"] == "positions")
    assert mine["deleted"] == 10 and mine["policy_version"] == done.json()["version"] and mine["is_intact"]


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"kind": "positions", "center": CENTER, "days": 31}, 422, "above_maximum"),
    ({"kind": "releases", "center": CENTER, "days": 30}, 422, "below_minimum"),
    ({"kind": "positions_rescue", "center": CENTER, "days": 3}, 422, "fixed"),
    ({"kind": "diaries", "center": CENTER, "days": 3}, 404, "unknown_kind"),
    ({"kind": "positions", "center": OTHER, "days": 3}, 404, "unknown_center"),
    ({"kind": "positions", "days": 3}, 403, "default_is_not_yours"),
    ({"kind": "outbox", "center": CENTER, "days": 3}, 422, "city_wide"),
    ({"kind": "positions", "center": CENTER, "days": -1}, 422, "invalid"),
]


async def test_what_may_not_be_set_says_why_and_what_may(years: Years) -> None:
    async with seat(years, "admin") as admin:
        for body, status, code in REFUSED:
            answer = await put(admin, **body)
            assert (answer.status_code, answer.json()["code"]) == (status, code)
            assert answer.json()["message_ko"] and answer.json()["message_en"]
    assert await years.scene.one("SELECT count(*) FROM retention_policy") == 0


async def test_the_preview_names_the_day_and_what_is_held(years: Years) -> None:
    await years.emergency()
    async with seat(years, "admin") as admin:
        told = (await admin.get("/api/retention/preview", params={"kind": "positions", "days": 40})).json()["kinds"][0]
    due = (years.now + timedelta(days=30)).date().isoformat()
    assert [(day["on"], day["items"]) for day in told["days"]] == [(due, 10)]
    assert told["days"][0]["en"] == f"will delete 10 of positions on {due}."
    assert told["next_run"] == 0


async def test_a_hold_is_placed_seen_and_ended_by_the_privacy_officer_only(years: Years) -> None:
    incident_id = await years.emergency()
    elsewhere = await years.emergency(center=OTHER)
    body = {
        "incident_id": str(incident_id),
        "reason": "수원지방법원 압수수색영장 2026-1",
        "basis": "pipa-18-2-7",
        "until": (years.now + timedelta(days=100)).isoformat(),
    }
    async with seat(years, "operator") as operator:
        assert (await operator.post("/api/holds", json=body)).status_code == 403
    async with seat(years, "privacy") as officer:
        placed = await officer.post("/api/holds", json=body)
        assert placed.status_code == 201 and placed.json()["incidents_held_now"] == 1
        for change, code in (
            ({"incident_id": str(elsewhere)}, "unknown_incident"),
            ({"until": years.now.isoformat()}, "until_is_over"),
            ({"until": (years.now + timedelta(days=4000)).isoformat()}, "until_too_far"),
            ({"basis": "because"}, "unknown_basis"),
            ({"person_ref": "p-1"}, "invalid"),
            ({"incident_id": None, "person_ref": "p-9"}, "unknown_person"),
        ):
            assert (await officer.post("/api/holds", json=body | change)).json()["code"] == code
        held = (await officer.get("/api/holds")).json()["holds"]
        assert [one["reason"] for one in held] == [body["reason"]]
        years.days(40)
    async with seat(years, "admin") as admin:
        told = (await admin.get("/api/retention/preview", params={"kind": "positions"})).json()["kinds"][0]
        assert (told["held"], told["next_run"]) == (10, 0), "the other center's are not hers to see"
    await years.purge()
    assert await years.positions(incident_id) == 10 and await years.positions(elsewhere) == 0
    async with seat(years, "privacy") as officer:
        address = f"/api/holds/{placed.json()['hold_id']}"
        for _ in range(2):
            ended = await officer.request("DELETE", address, json={"reason": "사건 종결"})
            assert ended.status_code == 200
        unknown = await officer.request("DELETE", f"/api/holds/{uuid4()}", json={"reason": "사건 종결"})
        assert unknown.json()["code"] == "unknown_hold"
    assert await years.scene.one("SELECT count(*) FROM event WHERE tag IN ('hold:placed', 'hold:ended')") == 2
    sealed = await years.scene.one("SELECT reason_sealed FROM legal_hold")
    assert "영장".encode() not in bytes(sealed)
    await years.purge()
    assert await years.positions(incident_id) == 0
