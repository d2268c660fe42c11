"""The disaster room asks for an area: cameras spread over it, for each of its desks, until it ends."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from location_router.wire import Position, Uncertainty
from server.cameras.service import choose, chosen
from server.requests import deciding, moving, reading, service
from server.seed import AGENCIES
from server.sightings import moving_areas
from server.sightings.shape import area_km2, of_request
from tests.server.requests.asking import FIRM, Office, agree, office
from tests.server.requests.test_whole_way import close
from tests.server.scene import CENTER, LAT, LON

PLACES = st.tuples(st.floats(36, 37), st.floats(127, 128))


@pytest.fixture
async def room(installation_database: str) -> AsyncIterator[Office]:
    async with office(installation_database) as made:
        yield made


@given(st.lists(PLACES, min_size=3, max_size=12))
def test_any_ring_is_an_area_or_a_place(ring: list[tuple[float, float]]) -> None:
    shape = of_request({"ring": [list(one) for one in ring]}, lat=36.5, lon=127.5)
    if shape is not None:
        west, south, east, north = shape.bounds
        assert shape.is_valid and shape.area > 0 and 36 <= south < north <= 37 and 127 <= west < east <= 128


@given(st.floats(10, 20_000))
def test_a_radius_is_a_circle(radius_m: float) -> None:
    shape = of_request({"radius_m": radius_m}, lat=37.4, lon=126.9)
    assert shape is not None
    assert area_km2(shape) == pytest.approx(math.pi * (radius_m / 1000) ** 2, rel=0.02)
    assert of_request({}, lat=37.4, lon=126.9) is None


async def test_an_area_has_its_own_cameras_for_each_viewer(room: Office) -> None:
    await agree(room.scene, triggers=["disaster"], legal_bases=["pipa-18-2-10"])
    with patch.dict(AGENCIES, {FIRM: ("disaster", "재난상황실", "Disaster room")}):
        await room.scene.add("guard2", "agent", agency_id=FIRM)
    # the ring leaves out where most cameras stand
    (far,) = await room.scene.sql(
        "SELECT camera_id, ST_Y(place::geometry) AS lat, ST_X(place::geometry) AS lon FROM camera"
        " WHERE center_id = (SELECT center_id FROM camera WHERE camera_id = 'cam-1') AND retired_at IS NULL"
        " AND sub_url_sealed IS NOT NULL ORDER BY place <-> CAST(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS"
        " geography) DESC LIMIT 1", lat=LAT, lon=LON,
    )  # fmt: skip
    north, east = far["lat"], far["lon"]
    ring = [[north - 1e-4, east - 1e-4], [north - 1e-4, east + 1e-4], [north + 1e-4, east + 1e-4]]
    subject = {"title": "하천 범람", "category": "Met", "ring": ring}
    told = await room.ask(trigger="disaster", legal_basis="pipa-18-2-10", subject=subject)
    row = await room.row(told["request_id"])
    services, incident_id = room.scene.services, row["incident_id"]
    async with services.db.begin() as unit:
        first = await chosen(unit, incident_id)
        again = await choose(unit, services, incident_id)
    assert far["camera_id"] in {one["camera_id"] for one in first} and first == again, "not exchanged for the nearest"
    assert {one["reason"] for one in first} == {"area"}

    await deciding.accept(services, room.viewer("operator"), incident_id, UUID(told["request_id"]))
    views = f"{len(first)} views"
    assert [await room.look(one, incident_id) for one in ("guard", "guard2", "operator")] == [views] * 3
    await close(room, incident_id)
    assert await room.look("guard2", incident_id) == "incident_closed"


async def ids_chosen(room: Office, incident_id: UUID) -> set[str]:
    async with room.scene.services.db.begin() as unit:
        return {one["camera_id"] for one in await chosen(unit, incident_id)}


async def both_cards_tell(room: Office, incident_id: UUID, *, now: tuple[Any, str], first: Any) -> None:
    """The area as it is now, and the first one apart."""
    services = room.scene.services
    async with services.db.begin() as unit:
        (row,) = await service.of_incident(unit, incident_id)
        (shown,) = await reading.of_agency(unit, services, FIRM, row["request_id"])
    area = reading.card(services, row)["area"]
    assert area == shown["area"] and (area["ring"], area["at"]) == now and shown["subject"]["ring"] == first
    assert area["first"] == {"lat": LAT, "lon": LON, "ring": first}
    assert b"ring" not in bytes(row["area_sealed"]), "as closed as the request"


async def test_an_area_that_moves_takes_its_cameras_along_and_ends_what_was_seen(room: Office) -> None:
    await agree(room.scene, triggers=["disaster"], legal_bases=["pipa-18-2-10"], auto_triggers=["disaster"])
    with patch.dict(AGENCIES, {FIRM: ("disaster", "재난상황실", "Disaster room")}):
        await room.scene.add("guard2", "agent", agency_id=FIRM)
    scene, services = room.scene, room.scene.services
    cameras = await scene.sql(
        "SELECT camera_id, ST_Y(place::geometry) AS lat, ST_X(place::geometry) AS lon FROM camera"
        " WHERE center_id = :center AND retired_at IS NULL ORDER BY place <-> CAST(ST_SetSRID(ST_MakePoint(:lon, :lat),"
        " 4326) AS geography)", center=CENTER, lat=LAT, lon=LON,
    )  # fmt: skip
    near, far = cameras[0], cameras[-1]

    def ring(at: dict[str, Any]) -> list[list[float]]:
        return [[at["lat"] + north, at["lon"] + east] for north, east in ((-1e-4, -1e-4), (-1e-4, 1e-4), (1e-4, 0))]

    subject = {"title": "하천 범람", "category": "Met", "ring": ring(near)}
    told = await room.ask(trigger="disaster", legal_basis="pipa-18-2-10", subject=subject)
    request_id, incident_id = UUID(told["request_id"]), (await room.row(told["request_id"]))["incident_id"]
    await room.look("guard", incident_id)
    await room.look("guard2", incident_id)

    async def seen() -> set[tuple[str, str]]:
        rows = await scene.sql("SELECT viewer_id, camera_id FROM release WHERE ended_at IS NULL AND kind = 'live'")
        return {(str(one["viewer_id"]), one["camera_id"]) for one in rows}

    before = await ids_chosen(room, incident_id)
    assert near["camera_id"] in before and len(await seen()) == 2 * len(before), "two viewers at once"

    # the Update as the line takes it becomes a durable job, in the transaction of the place
    at = services.clock() + timedelta(seconds=5)
    shape = Uncertainty(kind="polygon", ring=[(lat, lon) for lat, lon in ring(far)])
    place = Position(lat=far["lat"], lon=far["lon"], fixed_at=at, uncertainty=shape)
    async with services.db.begin() as unit:
        rows = await moving.taken(unit, [(request_id, incident_id, CENTER, place)], now=at)
    assert len(rows) == 1
    (job,) = await scene.sql("SELECT args FROM procrastinate_jobs WHERE task_name = 'move_area'")
    assert job["args"]["place"]["ring"] == ring(far) and job["args"]["request_id"] == str(request_id)
    for changes in (True, False):  # the second time nothing: it is no newer
        assert changes == await moving_areas.move(services, request_id, CENTER, at=at, place=job["args"]["place"])
    await both_cards_tell(room, incident_id, now=(ring(far), at.isoformat()), first=ring(near))
    after = await ids_chosen(room, incident_id)
    assert far["camera_id"] in after and before - after, "some show nothing of it any more"
    assert {camera for _, camera in await seen()} <= before & after, "the old ones end"
    ended = await scene.sql("SELECT DISTINCT end_reason FROM release WHERE kind = 'live' AND ended_at IS NOT NULL")
    assert [one["end_reason"] for one in ended] == ["area_moved"]
    assert "request:area_moved" in await scene.tags(incident_id)
    assert [await room.look(one, incident_id) for one in ("guard", "guard2")] == [f"{len(after)} views"] * 2
    assert {camera for _, camera in await seen()} == after, "through the gate"
    old, back = at - timedelta(minutes=1), {"lat": near["lat"], "lon": near["lon"], "ring": ring(near)}
    assert not await moving_areas.move(services, request_id, CENTER, at=old, place=back)
    later = at + timedelta(minutes=1)
    assert not await moving_areas.move(services, request_id, CENTER, at=later, place={"lat": LAT, "lon": LON}), "a ring"
    async with services.db.begin() as unit:
        await service.cancel(unit, services, request_id, CENTER)
    await both_cards_tell(room, incident_id, now=(ring(far), at.isoformat()), first=ring(near))
    assert not await moving_areas.move(services, request_id, CENTER, at=later, place=back), "it is over"
