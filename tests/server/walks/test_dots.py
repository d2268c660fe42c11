"""A shared walk is a dot at the center that contains her, and at no other; no picture hangs on it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args
from uuid import UUID

import pytest

from server.boundaries import boundaries_of
from server.cameras import routes as camera_routes
from server.cameras.service import choose_for_incident
from server.console import incident_routes, walk_feed
from server.console.feed import FeedHub
from server.gate import RULES, Facts, Refused, judge, open_views
from server.legal import STAFF_BASES, ReleaseKind
from server.live import Seat
from server.page_wire.frames import WalkFrame
from server.purposes import PURPOSE_ALLOWS
from server.recordings import routes as recording_routes
from server.seed import seed_centers
from server.services import Services, make_services
from server.staff.routes import COOKIE
from server.verify_log import verify_chain
from server.walks import seen
from tests.location_router.routers import until
from tests.server.scene import CENTER, LAT, SEAT, Place, Scene, app_of, client, installation, listening
from tests.server.walks.visitors import a_visitor
from tests.server.walks.walkers import HOME, Walker, walking

pytestmark = pytest.mark.database
ANYANG, GUNPO, UIWANG = "41170", "41410", "41430"


async def seats_in(scene: Scene) -> dict[str, Seat]:
    """An operator in each of three centers and an administrator in the first, all at their screens."""
    async with scene.services.db.begin() as unit:
        await seed_centers(unit, [Place(GUNPO, "경기도 군포시", "Gunpo")], desk="gunpo")
        await seed_centers(unit, [Place(UIWANG, "경기도 의왕시", "Uiwang")], desk="uiwang")
    viewers = {"anyang": scene.staff["operator"], "admin": scene.staff["admin"]}
    for login, center in (("gunpo", GUNPO), ("uiwang", UIWANG)):
        viewers[login] = replace(await scene.add(login, "operator", desk=login), centers=(center,))
    return {
        login: Seat(None, wants=viewer.sees, about={"viewer": viewer})  # type: ignore[arg-type]
        for login, viewer in viewers.items()
    }


def frames(seat: Seat) -> list[dict[str, Any]]:
    found = []
    while not seat.queue.empty():
        found.append(json.loads(seat.queue.get_nowait()[1]))
    return [one for one in found if one["type"] == "walk"]


async def test_a_shared_walk_is_a_dot_that_is_handed_over_and_no_camera_turns(
    installation_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with installation(installation_database, serves="all") as scene, walking(scene) as walker:
        services, seats = scene.services, await seats_in(scene)
        hub = FeedHub(services)
        hub.seats |= set(seats.values())
        borders = await boundaries_of(services).current()
        assert borders is not None
        late = (walker.clock() + timedelta(hours=5)).isoformat()
        await walker.begin(kind="timer", until=late, share_with_centers=True, destination=None)
        for center, login in ((ANYANG, "anyang"), (GUNPO, "gunpo"), (UIWANG, "uiwang")):
            where = borders.centers[center]
            last = await walker.at(0, lat=where.lat, lon=where.lon)
            assert last["rung"] == "calm"
            shown = await until(lambda login=login: [one for one in frames(seats[login]) if one["walks"]])
            (dot,) = shown[-1]["walks"]
            assert WalkFrame.model_validate(shown[-1]) and dot["position"]["lat"] == where.lat
            assert set(dot) == {"walk", "center", "state", "eta", "position"} and dot["center"] == center
            assert dot["walk"] not in (str(walker.walk_id), str(walker.alert_id)) and "보라" not in str(shown)
            rows = await scene.sql("SELECT center_id, viewer_id FROM release WHERE kind = 'walk' AND ended_at IS NULL")
            assert rows == [{"center_id": center, "viewer_id": seats[login].about["viewer"].account_id}], "and no other"
        left = [frames(seats[login])[-1]["gone"] for login in ("anyang", "gunpo")]
        assert left == [[dot["walk"]]] * 2, "handed over: gone from where she was"
        assert frames(seats["admin"]) == [], "an administrator works on nobody's place"
        home = (await walker.api.get(f"{walker.path}/disclosures")).json()["disclosures"]
        assert [one["center_ko"] for one in home] == ["경기도 안양시", "경기도 군포시", "경기도 의왕시"]
        await _no_camera(scene, walker)
        await walker.says("cancel")
        assert frames(seats["uiwang"])[-1]["gone"] == [dot["walk"]], "at once"
        assert await scene.one("SELECT count(*) FROM release WHERE kind = 'walk' AND ended_at IS NULL") == 0
        too_late = seen.WalkSeen(
            seen_id=UUID(dot["walk"]), alert_id=walker.alert_id, center=UIWANG, at=walker.clock() - timedelta(minutes=1)
        )
        hub.walks.heard(too_late)
        await asyncio.sleep(0.05)
        assert frames(seats["uiwang"]) == [], "a place that comes late brings nobody back"
        hub.seats.clear()
        await _seen_by_another_process(scene, walker, seats["anyang"], monkeypatch)
        hub.seats |= set(seats.values())
        hub.walks.seated(seats["anyang"])
        other = make_services(services.settings, clock=walker.clock)
        other.sealer = services.sealer
        await a_visitor(scene, walker.clock, other, lambda: frames(seats["anyang"]), until, monkeypatch)
        await other.close()
        for center in (ANYANG, GUNPO, UIWANG):
            async with services.db.begin() as unit:
                assert (await verify_chain(unit, center)).finding is None, "rows and log say the same"
        hub.stop()
        await hub.walks.stop()


async def _seen_by_another_process(scene: Scene, walker: Walker, seat: Seat, patch: pytest.MonkeyPatch) -> None:
    """Its screens look at the rows: the dot comes and goes there too, and the bus has heard nothing."""
    walker.again()
    services = make_services(scene.services.settings, clock=walker.clock)
    services.sealer = scene.services.sealer
    other = FeedHub(services)
    twin = Seat(None, wants=seat.wants, about=seat.about)  # type: ignore[arg-type]
    other.seats.add(twin)
    other.walks.seated(twin)
    await walker.begin(share_with_centers=True)
    await walker.at(0.1)
    (frame,) = await until(lambda: [one for one in frames(twin) if one["walks"]])
    await _over_the_border_and_back(scene, walker, twin, patch)
    await walker.says("arrived")
    gone = await until(lambda: [walk for one in frames(twin) for walk in one["gone"]])
    assert gone == [frame["walks"][0]["walk"]]
    other.stop()
    await other.walks.stop()
    await services.close()


async def _over_the_border_and_back(scene: Scene, walker: Walker, twin: Seat, patch: pytest.MonkeyPatch) -> None:
    """Faster than the other process looks: once between two looks, and once while it writes the next row."""
    borders = await boundaries_of(scene.services).current()
    assert borders is not None
    where = borders.centers[GUNPO]
    show, looks, flips = walk_feed.show_to_seats, asyncio.Lock(), 0

    async def look_when_free(services: Services) -> list[seen.WalkSeen]:
        async with looks:
            return await seen.look(services)

    async def she_jitters(*args: Any, **more: Any) -> Any:
        nonlocal flips
        flips += 1
        if flips > 1:
            return await show(*args, **more)
        await walker.at(0, lat=where.lat, lon=where.lon, after_s=1)
        told = await show(*args, **more)
        await walker.at(0.3, after_s=1)
        return told

    patch.setattr(walk_feed, "look", look_when_free)
    patch.setattr(walk_feed, "show_to_seats", she_jitters)
    async with looks:
        await walker.at(0, lat=where.lat, lon=where.lon, after_s=1)
        await walker.at(0.2, after_s=1)
    there = LAT + (HOME["lat"] - LAT) * 0.3
    await until(lambda: [dot for one in frames(twin) for dot in one["walks"] if dot["position"]["lat"] == there])
    rows = await scene.sql("SELECT center_id, viewer_id FROM release WHERE kind = 'walk' AND ended_at IS NULL")
    assert rows == [{"center_id": ANYANG, "viewer_id": twin.about["viewer"].account_id}], "no dot without an open row"
    assert flips == 2, "its row has ended with the border; it was not taken for a refusal"
    patch.undo()


async def _no_camera(scene: Scene, walker: Walker) -> None:
    """A walk has no incident, so the gate opens no picture of any kind for it, the choice finds no camera, and over
    HTTP there is nothing to ask for."""
    operator = scene.staff["operator"]
    pictures: list[ReleaseKind] = [kind for kind in get_args(ReleaseKind) if RULES[kind].is_picture]
    assert len(pictures) >= 4 and not RULES["walk"].is_picture and "walk" not in PURPOSE_ALLOWS
    now = scene.services.clock()
    good = {"role": "operator", "own_desk": True, "networks": ("127.0.0.0/8",), "address": SEAT, "center_id": CENTER}
    for kind in pictures:
        basis = STAFF_BASES[kind][0]
        facts = Facts(None, kind=kind, session_addresses=(SEAT,), legal_basis=basis, reason="walk", **good)
        assert judge(facts, now) == "unknown_incident"
        assert judge(replace(facts, incident_state="acknowledged", role="supervisor"), now) is None, "an incident would"
    async with scene.services.db.begin() as unit:
        for of_walk in (walker.walk_id, walker.alert_id):
            cameras = ["cam-1"]
            refused = await open_views(
                unit, incident_id=of_walk, camera_ids=cameras, viewer=operator, legal_basis=None, now=now
            )
            assert isinstance(refused, Refused)
    assert await choose_for_incident(scene.services, walker.walk_id) == []
    app = app_of(scene.services, camera_routes.router, incident_routes.router, recording_routes.router)
    async with listening(app) as address:
        token = "token-of-operator"
        digest = scene.services.sealer.digest(token, context="session")
        await scene.sql(
            "UPDATE session SET token_digest = :digest, expires_at = now() + interval '1 day' WHERE account_id = :id",
            digest=digest,
            id=operator.account_id,
        )
        async with client(address, cookies={COOKIE: token}) as desk:
            view = ("POST", "/cameras/cam-1/view", {"quality": "sub"})
            for method, path, body in (
                ("GET", "", None),
                ("GET", "/cameras/why", None),
                ("GET", "/recordings", None),
                view,
            ):
                answer = await desk.request(method, f"/api/incidents/{walker.walk_id}{path}", json=body)
                assert answer.status_code in (403, 404), (path, answer.status_code)
    assert await scene.one("SELECT count(*) FROM incident") == 0
    assert await scene.one("SELECT count(*) FROM event WHERE tag LIKE 'camera:%'") == 0
