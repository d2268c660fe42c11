"""Invariant 4 by the back door: who has no row for a place is not told it by a camera's distance and bearing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.cameras.service import choose_for_incident
from server.console import incident_routes, work_routes
from server.console.feed import FeedHub, read_start
from server.dispatch.service import request
from server.incidents import routes
from server.live import Seat
from server.places import without_place
from server.staff.routes import COOKIE
from tests.server.scene import Scene, app_of, client, installation, listening

pytestmark = pytest.mark.database
TELLING = ("distance_m", "bearing_deg", "lat", "lon")


@pytest.fixture
async def scene(installation_database: str) -> AsyncIterator[Scene]:
    async with installation(installation_database) as made:
        await made.services.broadcast.start()
        yield made


async def signed_in(scene: Scene, login: str, address: str) -> httpx.AsyncClient:
    token = f"token-of-{login}"
    await scene.sql(
        "UPDATE session SET token_digest = :digest WHERE account_id = :id",
        digest=scene.services.sealer.digest(token, context="session"),
        id=scene.staff[login].account_id,
    )
    return client(address, cookies={COOKIE: token})


def told(answer: Any) -> list[str]:
    """What in it says where she is."""

    def walk(value: Any) -> list[str]:
        if isinstance(value, dict):
            here = [name for name, one in value.items() if name in TELLING and one is not None]
            return here + [name for one in value.values() for name in walk(one)]
        if isinstance(value, list):
            return [name for one in value for name in walk(one)]
        return []

    return walk(answer)


async def crew_on_scene(scene: Scene, incident_id: UUID) -> None:
    async with scene.services.db.begin() as unit:
        actor = scene.staff["operator"].actor
        await request(unit, scene.services, incident_id=incident_id, agency="112", actor=actor)
    place = json.dumps({"lat": 37.3943, "lon": 126.9568, "at": "2026-01-01T00:00:00Z"})
    await scene.sql("UPDATE dispatch SET state = 'on_scene', unit_position = CAST(:place AS jsonb)", place=place)


async def test_an_administrator_reads_no_place_from_the_cameras_around_her(scene: Scene) -> None:
    incident_id = await scene.emergency()
    app = app_of(scene.services, routes.router, incident_routes.router, work_routes.router)
    admin_seat, operator_seat = (
        Seat(None, wants=scene.staff[one].sees, about={"viewer": scene.staff[one]})  # type: ignore[arg-type]
        for one in ("admin", "operator")
    )
    hub = FeedHub(scene.services)
    hub.seats |= {admin_seat, operator_seat}
    heads = (await read_start(scene.services, scene.staff["admin"], None)).heads
    await choose_for_incident(scene.services, incident_id)
    async with listening(app) as address:
        admin, operator = [await signed_in(scene, one, address) for one in ("admin", "operator")]
        path = f"/api/incidents/{incident_id}"
        seen = (await operator.get(path)).json()
        assert len(seen["cameras"]) == 5 and "bearing_deg" in told(seen), "whoever works on it sees them"
        await scene.sql(
            "UPDATE alert SET assignment = CAST(:one AS jsonb) WHERE incident_id = :id",
            one=json.dumps({"distance_m": 3}),
            id=incident_id,
        )
        await crew_on_scene(scene, incident_id)
        for login, sees in ((operator, True), (admin, False)):
            assert ("lat" in told((await login.get("/api/incidents")).json())) is sees
        hidden = (await admin.get(path)).json()
        assert told(hidden) == [] and hidden["cameras"] == [], "and an administrator does not"
        assert "camera:chosen" in [line["tag"] for line in hidden["timeline"]], "that they were chosen is no secret"
        await scene.sql(
            "UPDATE incident SET state = 'closed', closed_at = now() WHERE incident_id = :id", id=incident_id
        )
        assert told((await operator.get(path)).json()) == [], "nor anybody when it is over"
        for one in (admin, operator):
            await one.aclose()
    frames = {seat: [json.loads(text) for _, text in list(seat.queue._queue)] for seat in (admin_seat, operator_seat)}  # type: ignore[attr-defined]
    assert "bearing_deg" in told(frames[operator_seat]), "the operator's screen has the cameras at once"
    assert len(frames[admin_seat]) >= 1 and told(frames[admin_seat]) == []
    missed = await read_start(scene.services, scene.staff["admin"], dict.fromkeys(heads, 0) | {"41170": 0})
    assert told(missed.frames) == [], "nor what it missed"
    hub.stop()


async def test_a_value_that_cannot_be_stored_is_the_senders_mistake_also_in_a_search(scene: Scene) -> None:
    async with listening(app_of(scene.services, work_routes.router)) as address:
        operator = await signed_in(scene, "operator", address)
        body = {"reason": "a look", "q": {"center": "\x00"}}
        answer = await operator.post("/api/incidents/search", json=body)
        await operator.aclose()
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


_json = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from((*TELLING, "cameras", "position", "text", "number")), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(_json)
def test_without_place_says_nothing_twice_and_forgets_nothing_else(value: Any) -> None:
    hidden = without_place(value)
    assert not [one for one in told(hidden) if one in TELLING] and without_place(hidden) == hidden
    if isinstance(value, dict):
        assert set(hidden) == set(value) and hidden.get("number") == without_place(value.get("number"))


def test_ids_stay() -> None:
    line = {"event_id": str(UUID(int=1)), "payload": {"cameras": [{"camera_id": "cam-3", "lat": 1.0}], "text": "x"}}
    assert without_place(line) == {"event_id": line["event_id"], "payload": {"cameras": [], "text": "x"}}
