"""Walks as they are used every night, over HTTP with the clock in the hand: happy, forgotten, asked, shared, forgotten
again. No picture hangs on any of them."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args
from uuid import UUID, uuid4

import pytest
from websockets.asyncio.client import connect

from location_router.runtime.problems import Problem
from server.boundaries import boundaries_of
from server.cameras import routes as camera_routes
from server.cameras.service import choose_for_incident
from server.console import incident_routes, walk_feed
from server.console.feed import FeedHub
from server.gate import RULES, Facts, Refused, judge, open_views
from server.legal import STAFF_BASES, ReleaseKind
from server.live import Seat
from server.log import disclosures, own_copy
from server.page_wire.frames import WalkFrame
from server.people import ledger, service
from server.purposes import PURPOSE_ALLOWS
from server.recordings import routes as recording_routes
from server.seed import seed_centers
from server.services import Services, make_services
from server.staff.routes import COOKIE
from server.verify_log import verify_chain
from server.walks import seen
from server.walks.due import advance_walks, forget_walks
from server.walks.guardian_view import see
from server.walks.line import line_hub
from server.walks.raising import send_alert
from tests.location_router.routers import until
from tests.server.scene import CENTER, LAT, SEAT, Place, Scene, app_of, client, installation, listening
from tests.server.walks.visitors import a_visitor
from tests.server.walks.walkers import HOME, SOON, Walker, walking

pytestmark = pytest.mark.database
ANYANG, GUNPO, UIWANG = "41170", "41410", "41430"


async def passes(walker: Walker, **span: float) -> None:
    """So much time in which nothing is heard, looked at as the sweeper does."""
    end = walker.clock() + timedelta(**span)
    while (now := walker.clock()) < end:
        row = await walker.row()
        if row["look_at"] is None:
            return
        walker.clock.forward(min(max(0.5, (row["look_at"] - now).total_seconds() + 0.5), (end - now).total_seconds()))
        await advance_walks(walker.scene.services)


async def test_the_walks_of_a_week(installation_database: str) -> None:
    week = installation(installation_database, serves="all", walk_patience=SOON)
    async with week as home, walking(home) as walker:
        await _happy(walker)
        await _forgotten_arrival(walker)
        await _later_than_she_said(walker)
        await _asked(walker)
        await _goes_elsewhere(walker)
        await _a_guardian_looks(walker)
        await _refused(walker)
        await _never_kept(walker)


async def _happy(walker: Walker) -> None:
    """Begun, walked, arrived by itself; the line told her so; her own history, and out of it again."""
    await walker.begin()
    url = str(walker.api.base_url).replace("http", "ws") + f"{walker.path}/line"
    headers = {"Authorization": walker.api.headers["Authorization"]}
    async with connect(url, additional_headers=headers, proxy=None) as line:
        assert json.loads(await line.recv())["state"] == "on_track"
        late_ones = [walker.fix(n / 40, at=walker.clock() + timedelta(seconds=20 * n)) for n in range(1, 20)]
        late_ones[3]["fixed_at"] = late_ones[3]["fixed_at"].replace("+00:00", "")  # UTC; nobody's beat falls over it
        walker.clock.forward(20 * 19)
        for batch in (late_ones[10:], late_ones[:10], late_ones):  # any order, and twice
            last = await walker.heard(batch)
        assert (last["state"], last["rung"]) == ("on_track", "calm") and last["eta"] is not None
        kept = await walker.scene.one("SELECT count(*) FROM walk_position WHERE walk_id = :id", id=walker.walk_id)
        assert kept == 19, "a position that comes again is the one that is there"
        for n in range(20, 41):
            last = await walker.at(n / 40, after_s=20)
        for _ in range(12):
            if last["ended_at"] is None:
                last = await walker.at(1.0, after_s=20)
        assert last["outcome"] == "arrived"
        async with asyncio.timeout(15):
            told = [json.loads(text)["outcome"] async for text in line]
        assert told[-1] == "arrived", "and the line ends with the walk"
    assert await walker.notices() == ["walk_begun", "walk_arrived"]
    assert (await walker.at(0.5))["outcome"] == "arrived", "what comes late is nothing"
    (mine,) = (await walker.api.get("/api/people/me/walks")).json()["walks"]
    assert mine["place_name"] == "우리 집" and [one["cause"] for one in mine["changes"]][0] == "begun"
    sealed = str(await walker.scene.sql("SELECT * FROM walk"))
    assert "우리 집" not in sealed and str(HOME["lat"]) not in sealed.replace(str((await walker.row())["lat"]), "")
    assert (await walker.api.delete(walker.path)).status_code == 204
    assert (await walker.api.get("/api/people/me/walks")).json() == {"walks": []}
    assert await walker.scene.one("SELECT count(*) FROM walk_position") == 0


async def _forgotten_arrival(walker: Walker) -> None:
    """A timer nobody ended: asked, extended, asked again, ended by her word; the same answer twice is one."""
    walker.again()
    ten = (walker.clock() + timedelta(minutes=10)).isoformat()
    first = await walker.begin(kind="timer", until=ten, destination=None)
    await passes(walker, minutes=11.5)
    asked = (await walker.api.get("/api/people/me/walks/current")).json()["walk"]
    assert (asked["state"], asked["rung"]) == ("overdue", "prompted") and asked["prompt_until"] is not None
    longer = await walker.says("extend", minutes=20)
    assert (longer["rung"], longer["trouble"]) == ("calm", "") and longer["until"] > first["until"]
    walker.no -= 1
    again = await walker.says("extend", minutes=20)
    assert again["until"] == longer["until"] and again["version"] == longer["version"], "one answer"
    await passes(walker, minutes=15)
    assert (await walker.row())["rung"] == "calm"
    await passes(walker, minutes=8)
    assert (await walker.row())["rung"] != "calm"
    home = await walker.says("arrived")
    assert (home["outcome"], home["rung"]) == ("arrived", "calm")
    await passes(walker, hours=1)
    assert await walker.jobs("raise_walk") == 0


async def _later_than_she_said(walker: Walker) -> None:
    """Five minutes, she said: her own time makes her late, `extend` moves it, and a change of the walk keeps that."""
    walker.again()
    await walker.begin(eta_s=300)
    await passes(walker, minutes=11)
    assert (await walker.row())["rung"] == "calm", "five minutes of grace and some for the way"
    await passes(walker, minutes=2.2)
    late = await walker.row()
    assert (late["state"], late["rung"], late["trouble"]) == ("overdue", "prompted", "overdue")
    longer = await walker.says("extend", minutes=20)
    assert (longer["state"], longer["rung"]) != ("overdue", "prompted") and longer["until"] is not None
    changed = await walker.begin(eta_s=300, taxi_note="12가 3456")
    assert changed["until"] == longer["until"] and changed["rung"] == "calm"
    await walker.heard([walker.fix(0.5)])
    for _ in range(2):
        await passes(walker, minutes=10)
        await walker.heard([walker.fix(0.5)])
    assert (await walker.row())["rung"] == "calm"
    await passes(walker, minutes=8.5)
    assert (await walker.row())["trouble"] == "overdue"
    await _phone_taken_back(walker)
    await walker.says("arrived")


async def _phone_taken_back(walker: Walker) -> None:
    """Her phone was known a moment ago and is taken back: from then on it says nothing more, not even a position."""
    before = await walker.scene.one("SELECT count(*) FROM walk_position WHERE walk_id = :id", id=walker.walk_id)
    for revoked, status in (("now()", 401), ("NULL", 200)):
        async with walker.scene.services.db.begin() as unit:
            await unit.execute(f"UPDATE device SET revoked_at = {revoked}")
        walker.clock.forward(5)
        answer = await walker.api.post(f"{walker.path}/positions", json={"positions": [walker.fix(0.55)]})
        assert answer.status_code == status, answer.text
    after = await walker.scene.one("SELECT count(*) FROM walk_position WHERE walk_id = :id", id=walker.walk_id)
    assert after == before + 1


async def _asked(walker: Walker) -> None:
    """Her battery dies for a while: ok quiets it, snooze quiets everything, her phone's return is calm again; cancel
    ends it, and what was to be sent is not."""
    walker.again()
    walker.clock.ahead += timedelta(hours=1)
    await walker.begin(steps={"prompt_s": 60, "call_s": 60, "guardians_s": 60})
    for n in range(1, 6):
        await walker.at(n / 16)
    while (await walker.row())["rung"] != "called":
        await passes(walker, seconds=30)
    assert (await walker.says("ok"))["rung"] == "calm"
    await passes(walker, minutes=9)
    assert (await walker.row())["rung"] == "calm", "the same trouble is not asked about for ten minutes"
    await passes(walker, minutes=1.5)
    assert (await walker.row())["rung"] == "prompted", "and then it is"
    assert (await walker.says("snooze", minutes=5))["rung"] == "calm"
    await passes(walker, minutes=5.2)
    assert (await walker.row())["rung"] == "prompted"
    while (await walker.row())["rung"] != "guardians":
        await passes(walker, seconds=20)
    back = await walker.at(7 / 16)
    assert (back["rung"], back["trouble"]) == ("calm", ""), "she is heard again"
    while (await walker.row())["rung"] != "raised":
        await passes(walker, seconds=30)
    assert await walker.notices() == ["walk_begun", "walk_late", "walk_late", "walk_raised"], "late twice, told twice"
    assert (await walker.says("cancel"))["outcome"] == "cancelled"
    await send_alert(walker.scene.services, walker.walk_id)  # would raise Again: there is no router
    assert (await walker.row())["sent_at"] is None


async def _a_guardian_looks(walker: Walker) -> None:
async def _goes_elsewhere(walker: Walker) -> None:
    """Another destination after twenty minutes: what is known of her goes on, and no rung is lower by it; an answer of
    yesterday is none to what is asked today; an alarm by her own phone is the end of all questions."""
    scene, far = walker.scene, {"lat": LAT + 0.03, "lon": HOME["lon"]}
    walker.again()
    await walker.begin(destination=far)
    for n in range(1, 20):
        await walker.at(n / 16)
    before = (await walker.row())["assessed"]
    changed = await walker.begin(destination={"lat": LAT + 0.011, "lon": HOME["lon"] + 0.02})
    assert (changed["state"], changed["rung"], changed["trouble"]) == ("on_track", "calm", ""), "heard all the time"
    after = (await walker.row())["assessed"]
    assert [after[name] for name in ("moved_s", "paces", "newest_t")] == [
        before[name] for name in ("moved_s", "paces", "newest_t")
    ]
    while (asked := await walker.row())["rung"] != "called":
        await passes(walker, seconds=20)
    changed = await walker.begin(destination=HOME, eta_s=7200)
    assert (changed["rung"], changed["trouble"]) == ("called", "no_signal"), "a change answers nothing"
    assert (await walker.row())["due_at"] == asked["due_at"]
    hour_ago = {name: (walker.clock() - timedelta(minutes=m)).isoformat() for name, m in (("at", 90), ("sent_at", 30))}
    said = await walker.says("ok", **hour_ago)
    assert (said["rung"], said["no"]) == ("called", 1) and said["version"] > changed["version"], "kept, and no answer"
    assert (await walker.says("ok", at=walker.clock().isoformat()))["rung"] == "calm"
    while (asked := await walker.row())["rung"] != "guardians":
        await passes(walker, seconds=20)
    lines = "SELECT count(*) FROM walk_change WHERE walk_id = :id"
    before = await scene.one(lines, id=walker.walk_id)
    await scene.sql(
        "INSERT INTO followed_alert (alert_id, center_id, person_id, state, phase, serving, history, started_at)"
        " VALUES (:alert, :center, :person, 'received', 'active', '{}', '[]', :now)",
        alert=walker.alert_id, center=CENTER, person=asked["person_id"], now=walker.clock(),
    )  # fmt: skip
    with line_hub(scene.services).page(walker.walk_id) as wake:
        await passes(walker, minutes=3)
        assert wake.is_set(), "the open pages move, too"
    calm = await walker.row()
    assert (calm["rung"], calm["version"]) == ("calm", asked["version"] + 1)
    assert await scene.one(lines, id=walker.walk_id) == before, "and her history says nothing of it"
    await walker.says("cancel")


    """Her place is the guardian's from the rung on, behind a row that she can read, until the walk ends."""
    services, scene = walker.scene.services, walker.scene
    walker.again()
    token = walker.api.headers["Authorization"].removeprefix("Bearer ")
    user = await service.device_user(services, token)
    friend = await service.designate(services, user, name="친구", phone="010-9999-5678")
    await service.accept(services, friend["invitation"], push_token=None)
    await walker.begin(guardians=[walker.guardian_id, friend["guardian_id"]])
    await walker.at(0.1)
    (link,) = await _links(walker, walker.guardian_id)
    early = await see(services, link, last4="1234", address=SEAT)
    assert (early["is_shown"], early["place"], early["state"], early["eta"]) == (False, None, "", None), "words only"
    while (await walker.row())["rung"] != "guardians":
        await passes(walker, seconds=30)
    with pytest.raises(Exception, match="wrong_digits|last four"):
        await see(services, link, last4="0000", address=SEAT)
    begun, late = await _links(walker, friend["guardian_id"])
    tried = [see(services, one, last4="0000", address=SEAT) for one in [begun, late] * 3]
    codes = sorted(one.code for one in await asyncio.gather(*tried, return_exceptions=True) if isinstance(one, Problem))
    assert codes == ["locked"] + ["wrong_digits"] * 5, "five in all, by whichever of her links, also at once"
    for one in (begun, late):
        with pytest.raises(Problem, match="locked|Locked"):
            await see(services, one, last4="5678", address=SEAT)
    for _ in range(2):  # who mistyped once, and has nothing to do with the friend's misuse
        shown = await see(services, link, last4="1234", address=SEAT)
    her_lat = LAT + (HOME["lat"] - LAT) * 0.1
    assert shown["place"]["precision"] == "coarse" and shown["place"]["lat"] != pytest.approx(her_lat)
    assert shown["track"] == [] and [one["event"] for one in shown["events"]] == ["walk_begun", "walk_late"]
    await _her_page_lives(walker, link, her_lat)
    (told,) = (await walker.api.get(f"{walker.path}/disclosures")).json()["disclosures"]
    assert (told["kind"], told["legal_basis"], told["times"]) == ("walk", "lia-19-consent", 2)
    await walker.says("arrived")
    with pytest.raises(Exception, match="ended"):
        await see(services, link, last4="1234", address=SEAT)
    assert await scene.one("SELECT count(*) FROM release WHERE kind = 'walk' AND ended_at IS NULL") == 0


async def _links(walker: Walker, guardian_id: str) -> list[str]:
    """This guardian's addresses of the walk, oldest first."""
    rows = await walker.scene.sql(
        "SELECT notice_id, link_sealed FROM notice WHERE subject_id = :id AND guardian_id = :guardian"
        " ORDER BY created_at",
        id=walker.walk_id,
        guardian=UUID(guardian_id),
    )
    opened = walker.scene.services.sealer.open
    return [opened(row["link_sealed"], context=f"notice.link:{row['notice_id']}") for row in rows]


async def _her_page_lives(walker: Walker, link: str, her_lat: float) -> None:
    """The open page moves with her, is exact when she says so, and goes dark within a second of the cut-off; her own
    ledger has the one row, once."""
    scene, services = walker.scene, walker.scene.services
    url = str(walker.api.base_url).replace("http", "ws") + f"/api/notices/{link}/walk/live"
    async with asyncio.timeout(30), connect(url) as page:
        await page.send('{"last4": "1234"}')
        assert json.loads(await page.recv())["view"]["place"]["precision"] == "coarse"
        await scene.sql("UPDATE person SET follow_precision = 'exact'")
        assert (frame := json.loads(await page.recv()))["type"] == "place", frame
        assert frame["place"]["lat"] == pytest.approx(her_lat) and frame["place"]["precision"] == "exact"
        guardian = f"/api/people/me/guardians/{walker.guardian_id}/pause"
        assert (await walker.api.post(guardian)).status_code == 200
        while json.loads(await page.recv())["type"] != "ended":
            pass
    with pytest.raises(Exception, match="no_link|no such page"):
        await see(services, link, last4="1234", address=SEAT)
    assert (await walker.api.delete(guardian)).status_code == 200
    await scene.sql("UPDATE person SET follow_precision = ''")
    assert (await see(services, link, last4="1234", address=SEAT))["place"]["precision"] == "coarse"
    token = walker.api.headers["Authorization"].removeprefix("Bearer ")
    copied = await own_copy.table(services, await service.device_user(services, token))
    assert f"{walker.walk_id}" in copied and "귀가 walk" in copied
    mine = (await disclosures.mine(services, await service.device_user(services, token)))["walks"]
    assert [(one["walk_id"], len(one["disclosures"])) for one in mine if one["ended_at"] is None] == [
        (str(walker.walk_id), 1)
    ]


async def _refused(walker: Walker) -> None:
    """One walk at a time, her own guardians, her own walks."""
    walker.again()
    refused = await walker.api.put(walker.path, json=walker.body(guardians=[str(uuid4())]))
    assert (refused.status_code, refused.json()["field"]) == (422, "guardians")
    refused = await walker.api.put(walker.path, json=walker.body(destination=None))
    assert (refused.status_code, refused.json()["field"]) == (422, "destination")
    begun = await walker.begin()
    other = await walker.api.put(f"/api/people/me/walks/{uuid4()}", json=walker.body(alert_id=str(uuid4())))
    assert (other.status_code, other.json()["walk_id"]) == (409, str(walker.walk_id))
    changed = await walker.api.put(walker.path, json=walker.body(place_name="언니 집", if_version=begun["version"] + 7))
    assert (changed.status_code, changed.json()["version"]) == (409, begun["version"])
    changed = await walker.api.put(walker.path, json=walker.body(place_name="언니 집", if_version=begun["version"]))
    assert (changed.json()["place_name"], changed.json()["version"]) == ("언니 집", begun["version"] + 1)
    stranger = (await walker.api.post("/api/people", json={"nickname": "나래", "phone": "010-2222-3333"})).json()
    hers = {"Authorization": f"Bearer {stranger['device_token']}"}
    fix = {"positions": [walker.fix(0.5)]}
    for method, path, body in (
        ("POST", f"{walker.path}/positions", fix),
        ("POST", f"{walker.path}/answer", {"what": "cancel", "no": 99}),
        ("PUT", walker.path, walker.body()),
        ("DELETE", walker.path, None),
        ("GET", f"{walker.path}/track", None),
    ):
        answer = await walker.api.request(method, path, json=body, headers=hers)
        assert answer.status_code == 404, (method, path, answer.text)
    assert (await walker.row())["lat"] is None and (await walker.api.delete(walker.path)).status_code == 409
    await walker.says("cancel")


async def _never_kept(walker: Walker) -> None:
    """With 0 days nothing but ids is left at the end; consent withdrawn ends and destroys at once."""
    scene, services = walker.scene, walker.scene.services
    walker.again()
    await walker.begin(keep_days=0)
    await walker.at(0.2)
    await walker.says("arrived")
    row = await walker.row()
    assert (row["plan_sealed"], row["lat"], row["assessed"]) == (None, None, None)
    assert await scene.one("SELECT count(*) FROM walk_position WHERE walk_id = :id", id=walker.walk_id) == 0
    kept = walker.walk_id
    walker.again()
    await walker.begin()
    await walker.at(0.2)
    user = await service.device_user(services, walker.api.headers["Authorization"].removeprefix("Bearer "))
    await ledger.act(services, user, "location_collection", "withdrawn")
    await advance_walks(services)
    row = await walker.row()
    assert (row["outcome"], row["plan_sealed"], row["lat"]) == ("cancelled", None, None)
    assert await scene.one("SELECT count(*) FROM walk_position WHERE walk_id = :id", id=walker.walk_id) == 0
    walker.again()
    refused = await walker.api.put(walker.path, json=walker.body())
    assert (refused.status_code, refused.json()["code"]) == (403, "consent_withdrawn")
    walker.clock.forward(86_400 * 2)
    await forget_walks(services)
    assert await scene.one("SELECT count(*) FROM walk WHERE walk_id = :id", id=kept) == 0


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
    assert (await until(lambda: frames(twin)))[0]["gone"] == [frame["walks"][0]["walk"]]
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
