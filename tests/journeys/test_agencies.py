"""Every linked agency asks at once, at the router and at the center's own door; each sees what its agreement says and
nothing before and after; 112 and 119 drive to one of them together. The center dies between an agency's 202 and the
incident; one request walks into the next center's area; and of what a plate reader saw only the hit is left.

One world: a real router, two installations with their workers, the agencies' own programs (`ansim simulate`).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from location_router.runtime.pool import Pool
from location_router.runtime.seal import Sealer
from location_router.senders import store
from server.actor import SYSTEM
from server.demo.agency_line import Ledger, Message, listening
from server.demo.partners import PARTNERS
from server.demo.scene import cameras_around
from server.demo.world import World
from server.dispatch.lines import set_line
from server.seed import seed_cameras
from server.services import make_services
from server.settings import Settings
from server.simulate.cases import Scene, case_of, written
from server.simulate.doors import Door, center_door, router_door
from server.simulate.rooms import Room
from server.simulate.running import OVER, Pace, Partner
from server.simulate.running import PARTNERS as CASES
from tests.journeys.plate_traces import only_the_hit_is_left
from tests.journeys.world import ANYANG, ANYANG_CODE, rows, small_world
from tests.location_router.routers import GUNPO_CODE
from tests.location_router.test_transfer import IN_GUNPO

pytestmark = pytest.mark.database
FIRM = "security-demo"
KEEP_CALM = {
    "LINE_NETWORKS": "127.0.0.0/8",
    "DELIVER_NEXT_S": "600",
    "ESCALATE_LEADER_S": "3600",
    "ESCALATE_112_S": "3600",
}


@dataclass
class Trap:
    """kill -9 of the worker that tells `armed`: the firm's system has taken it, and its answer finds nobody."""

    world: World
    armed: str = ""
    caught: str = ""

    def __call__(self, message: Message) -> None:
        if self.armed and json.loads(message.body).get("state") == self.armed:
            self.armed, self.caught = "", message.message_id
            self.world.children["serving worker"].kill()


@dataclass
class Town:
    """The world, the doors of each agency, and what 112 and the firm's own systems have heard."""

    world: World
    direct: httpx.AsyncClient
    doors: dict[str, Door]
    police: Room
    fire: Room
    firm: Ledger
    trap: Trap
    said: list[dict[str, Any]] = field(default_factory=list)

    def scene(self, agency: str, seed: int = 5) -> Scene:
        return Scene(agency, ANYANG["lat"], ANYANG["lon"], Random(seed))

    def partner(self, name: str, door: Door, *, count: int, seed: int = 5, withdraws: bool = False) -> Partner:
        """Who withdraws nothing waits for the desk, however slow the machine is."""
        pace = Pace(count=count, per_minute=1200, seconds=300, look_s=0.3, withdraws=withdraws)
        return Partner(name, door, self.scene(f"{name}-demo", seed), pace, self.said.append)

    def states(self, installation: str = "serving") -> dict[str, tuple[str, str]]:
        found = rows(self.world, installation, "SELECT request_id, state, reason FROM agency_request")
        return {str(one["request_id"]): (one["state"], one["reason"]) for one in found}


@asynccontextmanager
async def seat(url: str, login: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=10) as http:
        answer = await http.post("/api/login", json={"login": login.login, "password": login.password})
        assert answer.status_code == 200, answer.text
        yield http


async def senders(world: World) -> dict[str, store.Issued]:
    """Each agency at the router, as `sender add` registers it."""
    pool = Pool(world.databases["router"], size=1, name="journey")
    await pool.open()
    try:
        async with pool.transaction() as conn:
            sealer = Sealer(world.keys["router_data"])
            return {
                one.agency_id: await store.create(
                    conn, sealer, sender_id=one.agency_id, name=one.name_ko, scopes=["requests"],
                    agency_id=one.agency_id,
                )
                for one in PARTNERS
            }  # fmt: skip
    finally:
        await pool.close()


async def furnish(world: World, urls: Mapping[str, str]) -> None:
    """Cameras that stand by the scene, and the lines of the systems that listen here, by agency."""
    key = world.keys["serving_data"]
    services = make_services(Settings(database_url=world.databases["serving"], data_key=key, video_gateway="console"))
    try:
        async with services.db.begin() as unit:
            cameras = cameras_around(**ANYANG, code=ANYANG_CODE)
            await seed_cameras(
                unit, services.sealer, center_id=ANYANG_CODE, cameras=cameras, rtsp_base="rtsp://127.0.0.1:1"
            )
            await unit.execute("UPDATE agency_line SET kind = 'desk'")
            for agency, url in urls.items():
                await set_line(
                    unit, services, agency_id=agency, center_id=None, kind="webhook", url=url,
                    key=world.keys[agency], actor=SYSTEM,
                )  # fmt: skip
    finally:
        await services.close()


@asynccontextmanager
async def a_town(world: World) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:
        center = world.urls["serving"]
        world.keys.setdefault("119-demo", "the key of 119's line")
        police, fire = (
            Room(kind, world.keys[f"{kind}-demo"], center, lambda line: None, Random(3), hurry=400)
            for kind in ("112", "119")
        )
        firm, trap = Ledger(world.keys[FIRM]), Trap(world)
        urls = {FIRM: await stack.enter_async_context(listening(firm, on_request=trap))}
        for room in (police, fire):
            heard = listening(Ledger(room.key), on_request=room.take)
            urls[f"{room.kind}-demo"] = await stack.enter_async_context(heard)
        await furnish(world, urls)
        issued = await senders(world)
        clients = [
            await stack.enter_async_context(httpx.AsyncClient(base_url=world.urls[name], trust_env=False, timeout=10))
            for name in ("router", "serving")
        ]
        doors = {name: router_door(clients[0], sender=name, secret=one.signing_secret) for name, one in issued.items()}
        yield Town(world, clients[1], doors, police, fire, firm, trap)


class Desk:
    """An operator who decides whatever comes: the second disaster is rejected, all else is accepted, looked at and
    closed; the first call for help goes to 112 and 119 and is closed when both are there. `agents`: those who look,
    by agency."""

    def __init__(self, http: httpx.AsyncClient, agents: Mapping[str, httpx.AsyncClient]) -> None:
        self.http, self.agents = http, agents
        self.seen: Counter[str] = Counter()
        self.looked: Counter[tuple[str, int]] = Counter()
        self.dispatched = ""

    async def work(self) -> None:
        while True:
            for card in (await self.http.get("/api/incidents")).raise_for_status().json()["incidents"]:
                at = f"/api/incidents/{card['incident_id']}"
                if card["incident_id"] != self.dispatched:
                    await self.decide(at, card)
                elif {one["state"] for one in card["dispatches"]} <= {"on_scene", "done"}:
                    await self.close(at, await self.asked(at))
            await asyncio.sleep(0.2)

    async def post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = await self.http.post(path, json=body)
        assert answer.status_code == 200, (path, answer.text)
        return dict(answer.json())

    async def asked(self, at: str) -> dict[str, Any]:
        (asked,) = (await self.http.get(f"{at}/requests")).json()["requests"]
        return dict(asked)

    async def decide(self, at: str, card: dict[str, Any]) -> None:
        asked = await self.asked(at)
        path = f"{at}/requests/{asked['request_id']}"
        self.seen[asked["trigger"]] += 1
        if not asked["is_auto"]:
            assert (await self.look(asked)) == 403, "nothing is seen before a person has decided"
        if self.seen["disaster"] > 1 and asked["trigger"] == "disaster":
            await self.post(f"{path}/reject", reason="no_danger")
            return void(self.looked.update([(asked["trigger"], await self.look(asked))]))
        if asked["is_auto"]:
            await self.post(f"{at}/acknowledge")
        else:
            assert (await self.post(f"{path}/accept"))["request"]["state"] == "accepted"
        self.looked[asked["trigger"], await self.look(asked)] += 1
        if asked["trigger"] == "help_request" and not self.dispatched:
            self.dispatched = card["incident_id"]
            for force in ("112", "119"):
                await self.post(f"{at}/dispatch", agency=force)
            return None
        await self.close(at, asked)
        return None

    async def look(self, asked: dict[str, Any]) -> int:
        """What the desk of who asks gets; a request of another agency is none of its own."""
        path, own = f"/api/agency/requests/{asked['request_id']}/video", asked["agency"]["agency_id"]
        stranger = next(one for one in self.agents if one != own)
        assert (await self.agents[stranger].post(path)).status_code == 404
        answer = await self.agents[own].post(path)
        assert answer.status_code != 200 or len(answer.json()["cameras"]) >= 5
        return answer.status_code

    async def close(self, at: str, asked: dict[str, Any]) -> None:
        await self.post(f"{at}/close", disposition="handled")
        assert (await self.look(asked)) == 403, "over"


async def cancel(town: Town, asked: list[tuple[Door, dict[str, Any]]]) -> None:
    for door, shown in asked:
        assert (await door.cancel(shown, "끝"))["state"] == "cancelled"
    for _, shown in asked:
        await until_state(town, shown["request_id"], "serving", "cancelled")


def void(_: Any) -> None:
    """What was answered says nothing more."""


def test_all_at_once_a_death_in_the_middle_and_a_border(tmp_path: Path) -> None:
    with small_world(
        with_home=False, with_video=False, with_partners=True, serves=ANYANG_CODE, second=GUNPO_CODE,
        extra_env=KEEP_CALM | {"TMPDIR": str(tmp_path)},
    ) as world:  # fmt: skip
        asyncio.run(the_whole(world, tmp_path))


async def the_whole(world: World, temporary: Path) -> None:
    async with a_town(world) as town:
        await all_at_once(town)
        await one_is_withdrawn(town)
        await only_the_hit_is_left(world, temporary)
        await the_center_dies(town)
        await over_the_border(town)


async def all_at_once(town: Town) -> None:
    """Eleven requests of five agencies by two doors; every one has one end, and its agency has heard each state."""
    world = town.world
    own = center_door(town.direct, agency=FIRM, key=world.keys[FIRM])
    partners = [
        town.partner("security", own, count=3),
        town.partner("security", town.doors[FIRM], count=2, seed=6),
        town.partner("telco", town.doors["telco-demo"], count=2),
        town.partner("disaster", town.doors["disaster-demo"], count=2),
        town.partner("wanted", town.doors["wanted-demo"], count=1),
        town.partner("anklet", town.doors["anklet-demo"], count=1),
    ]
    async with AsyncExitStack() as stack:
        operator, *agents = [
            await stack.enter_async_context(seat(world.urls["serving"], world.logins[login]))
            for login in ("operator", *(one.login.login for one in PARTNERS))
        ]
        desk = Desk(operator, dict(zip((one.agency_id for one in PARTNERS), agents, strict=True)))
        working = asyncio.create_task(desk.work())
        ends = await asyncio.gather(*(one.run() for one in partners))
        assert not working.done(), working.exception()
        working.cancel()
        shown = (await desk.agents[FIRM].get("/api/agency/requests")).json()["requests"]
    trouble = [one for one in town.said if "refused" in one or "stopped" in one]
    assert [one["raised"] for one in ends] == [3, 2, 2, 2, 1, 1] and not trouble, (ends, trouble)
    ended = {one.name: {town.states()[request_id] for request_id in one.raised} for one in partners}
    wanted = dict.fromkeys(("security", "telco", "wanted", "anklet"), {("ended", "incident_closed")})
    assert ended == wanted | {"disaster": {("ended", "incident_closed"), ("rejected", "no_danger")}}
    for one in partners:
        for request_id, shown_last in one.raised.items():
            await until_told(one.door, shown_last, town.states()[request_id][0])
    assert sum(desk.seen.values()) == 11 and desk.seen["help_request"] == 5
    assert {one["request_id"] for one in shown} == set(partners[0].raised) | set(partners[1].raised), "its own alone"
    refused = {trigger for trigger, status in desk.looked if status == 403}
    assert refused <= {"missing_child", "missing_dementia", "disaster"}, "a telco sees nothing, by its agreement"
    assert {status for trigger, status in desk.looked if trigger.startswith("missing")} == {403}
    assert {trigger for trigger, status in desk.looked if status == 200} >= {"help_request", "wanted_vehicle"}
    assert (desk.looked["disaster", 200], desk.looked["disaster", 403]) == (1, 1)
    assert (town.police.taken, town.fire.taken) == (1, 1), "a joint case"
    heard_of = {(one["request_id"], state) for one in shown for state in ("received", "accepted", "ended")}
    assert set(await until_heard(town, heard_of)) == heard_of


async def until_heard(town: Town, states: set[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """What the firm's line was told, as soon as all of these are among it: each state once."""
    until = time.monotonic() + 60
    while states - set(heard := told_to(town.firm)):
        assert time.monotonic() < until, states - set(heard)
        await asyncio.sleep(0.1)
    assert set(heard.values()) == {1} and not town.firm.refused, "each state once"
    return heard


def told_to(ledger: Ledger) -> Counter[tuple[str, str]]:
    """(request, state) of all that this line was told."""
    bodies = [json.loads(one.body) for one in ledger.cases.values()]
    return Counter((one["request_id"], one["state"]) for one in bodies)


async def one_is_withdrawn(town: Town) -> None:
    """Somebody leant on the button: the firm takes it back by itself before anybody has looked."""
    firm = town.partner("security", town.doors[FIRM], count=1, withdraws=True)
    case = replace(CASES["security"](town.scene(FIRM, 7)), lasts_s=0.0)
    await firm._one(case)
    await until_state(town, case.request_id, "serving", "cancelled")
    assert firm.raised[case.request_id]["state"] == "cancelled"


async def the_center_dies(town: Town) -> None:
    """kill -9 while requests come by both doors: what was answered 202 is there once, and no state is told twice."""
    world, dice = town.world, Random(11)
    own = center_door(town.direct, agency=FIRM, key=world.keys[FIRM])
    help_wanted = {"event": "panic", "site": "시험"}
    cases = [
        case_of(town.scene(FIRM, seed), "help_request", help_wanted, place=(37.4015, 126.9227)) for seed in range(8)
    ]
    doors = [town.doors[FIRM] if number % 2 else own for number in range(8)]

    async def ask(number: int) -> dict[str, Any]:
        await asyncio.sleep(dice.random() * 0.3)
        return await doors[number].ask(written(cases[number][1]))

    asking = [asyncio.create_task(ask(number)) for number in range(8)]
    await asyncio.sleep(0.15)
    world.children["serving"].kill()
    after_death = await town.doors[FIRM].ask(written((late := case_of(
        town.scene(FIRM, 99), "help_request", help_wanted, place=(37.4015, 126.9227)))[1]))  # fmt: skip
    assert (after_death["state"], after_death["is_at_center"]) == ("received", False), "202 while nobody is there"
    world.children["serving"] = world.children["serving"].restarted()
    await asyncio.to_thread(world.children["serving"].wait_ready)
    shown = dict(zip((one[0] for one in cases), await asyncio.gather(*asking), strict=True))
    assert all(one["state"] == "received" for one in shown.values())
    ids = {*shown, late[0]}
    async with asyncio.timeout(30):
        while not ids <= town.states().keys():  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    incidents = rows(
        world, "serving", "SELECT incident_id FROM agency_request WHERE request_id = ANY(%s::uuid[])", list(ids)
    )
    assert len({one["incident_id"] for one in incidents} - {None}) == len(ids), "one incident each"
    lines = rows(
        world, "serving",
        "SELECT incident_id, count(*) AS times FROM event WHERE tag = 'request:received' AND incident_id = ANY(%s)"
        " GROUP BY 1", [one["incident_id"] for one in incidents],
    )  # fmt: skip
    assert [one["times"] for one in lines] == [1] * len(ids)
    await the_worker_dies(town, [(doors[number], shown[one]) for number, (one, _) in enumerate(cases)])


async def the_worker_dies(town: Town, asked: list[tuple[Door, dict[str, Any]]]) -> None:
    """kill -9 between a request's state and the word of it, and between that word and the note that it was heard: the
    next worker tells every state, what was told already under the id that it had."""
    world, ids = town.world, [shown["request_id"] for _, shown in asked]
    await until_heard(town, {(one, "received") for one in ids})
    town.trap.armed = "cancelled"
    await cancel(town, asked[:4])
    async with asyncio.timeout(30):
        while not (killed := town.trap.caught):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    await cancel(town, asked[4:])
    untold = {(one, "cancelled") for one in ids} - set(told_to(town.firm))
    assert len(untold) >= 4, "on disk, and there is nobody to tell them"
    rows(world, "serving", "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute' RETURNING 1")
    world.children["serving worker"] = world.children["serving worker"].restarted()
    await asyncio.to_thread(world.children["serving worker"].wait_ready)
    await until_heard(town, {(one, "cancelled") for one in ids})
    async with asyncio.timeout(60):
        while [one.message_id for one in town.firm.messages].count(killed) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def over_the_border(town: Town) -> None:
    """He walks on into 군포: that center takes it over by its own agreement, and the first one's part ends."""
    world, door = town.world, town.doors["anklet-demo"]
    began = datetime.now(UTC) - timedelta(minutes=6)
    subject = {"category": "robbery", "device_ref": "EM-00001"}
    request_id, letter = case_of(
        town.scene("anklet-demo"), "anklet_zone", subject, place=(37.385, 126.93), basis="pipa-18-2-9"
    )
    letter["raised_at"] = letter["position"]["fixed_at"] = began.isoformat()
    shown = await door.ask(written(letter))
    assert shown["center"]["code"] == ANYANG_CODE
    await until_state(town, request_id, "serving", "accepted")
    times = [(began + timedelta(minutes=1, seconds=at)).isoformat() for at in range(14)]
    await door.moved(shown, [{**IN_GUNPO, "fixed_at": at, "sent_at": at, "seq": seq} for seq, at in enumerate(times)])
    await until_state(town, request_id, "second", "accepted")
    (there,) = rows(world, "second", "SELECT is_auto, incident_id FROM agency_request")
    assert there["is_auto"]
    async with seat(world.urls["second"], world.logins["second operator"]) as operator:
        answer = await operator.post(f"/api/incidents/{there['incident_id']}/acknowledge", json={})
        assert answer.status_code == 200, answer.text
        await until_state(town, request_id, "serving", "ended")
        assert town.states()[request_id] == ("ended", "handed_over")
        moved = await door.state(shown)
        assert (moved["center"]["code"], moved["state"]) == (GUNPO_CODE, "accepted"), moved
        assert (await door.cancel(shown, "검거"))["state"] == "cancelled"
        await until_state(town, request_id, "second", "cancelled")
    assert (await door.state(shown))["state"] in OVER


async def until_told(door: Door, shown: dict[str, Any], state: str) -> None:
    """The word of the center and the end of its incident come by two notes, in either order."""
    async with asyncio.timeout(15):
        while (await door.state(shown))["state"] != state:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def until_state(town: Town, request_id: str, installation: str, state: str, *, within_s: float = 30) -> None:
    until = time.monotonic() + within_s
    while (now := town.states(installation).get(request_id, ("", "")))[0] != state:
        assert time.monotonic() < until, f"{request_id} at {installation} is {now}, not {state}"
        await asyncio.sleep(0.1)
