"""Somebody presses twice, claims her number, a crowd cries for help: on a real router, its databases and bus."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from location_router.runtime.seal import Sealer
from location_router.runtime.tokens import Device, new_device_keys, sign_device_token
from location_router.wire import Delivery, Linked, LinkedPair, utc_now
from tests.location_router.routers import (
    ANYANG,
    ANYANG_CODE,
    GUNPO_CODE,
    TEST_KEY,
    Desk,
    World,
    a_world,
    an_alert,
    until,
)

pytestmark = pytest.mark.database
GUNPO = {"lat": 37.3616, "lon": 126.9352}
PRIVATE, PEM = new_device_keys()


def a_token(person: str = "p-1", device: str = "d-1") -> str:
    return sign_device_token(Device("home-1", device, person, ANYANG_CODE), PRIVATE)


def at(place: dict[str, float], **fields: Any) -> dict[str, Any]:
    alert = an_alert(**fields)
    alert["position"] = alert["position"] | place
    return alert


async def two_desks(world: World) -> tuple[Desk, Desk]:
    """Anyang's desk, and Gunpo's; home-1 only signs tokens."""
    await world.register("serving-1", [ANYANG_CODE])
    await world.register("serving-2", [GUNPO_CODE])
    await world.register("home-1", [], pem=PEM)
    return await NotedDesk("serving-1", world.bus).listen(), await NotedDesk("serving-2", world.bus).listen()


class NotedDesk(Desk):
    """A desk that keeps the news of links apart from its deliveries."""

    @property
    def notes(self) -> list[LinkedPair]:
        return self.__dict__.setdefault("_notes", [])

    async def listen(self) -> NotedDesk:
        await self.bus.subscribe(f"alert.{self.name}", "intake", self._sorted)
        return self

    async def _sorted(self, message_id: str, body: bytes) -> None:
        if body.startswith(b'{"kind":"links"'):
            self.notes.extend(Linked.model_validate_json(body).links)
        else:
            await self._on_bus(message_id, body)


def links(world: World) -> list[tuple[Any, ...]]:
    return world.rows("SELECT alert_id::text, other_id::text, kind FROM alert_link ORDER BY 1, 2, 3")


async def test_the_second_press_goes_to_the_same_desk_with_its_link(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        anyang, gunpo = await two_desks(world)
        first = an_alert()
        await world.post(first, token=a_token())
        nowhere = an_alert(position=None)
        answer = await world.post(nowhere, token=a_token(device="watch"))
        assert answer.status_code == 202 and answer.json()["alert_id"] == nowhere["alert_id"]
        assert answer.json()["center"]["code"] == ANYANG_CODE, "without a place: where her other alert is"
        again = await world.post(nowhere, token=a_token(device="watch"))
        assert again.json() == answer.json(), "the repetition changes nothing"
        away = at(GUNPO)
        assert (await world.post(away, token=a_token())).json()["center"]["code"] == GUNPO_CODE
        await until(lambda: len(anyang.deliveries) == 2 and gunpo.deliveries and len(anyang.notes) == 2)
    by_id = {str(one.alert.alert_id): one for one in anyang.deliveries + gunpo.deliveries}
    assert by_id[first["alert_id"]].links == []
    assert [(str(one.alert_id), one.kind) for one in by_id[nowhere["alert_id"]].links] == [
        (first["alert_id"], "same_person")
    ]
    told = {(str(one.alert_id), one.center_code) for one in by_id[away["alert_id"]].links}
    assert told == {(first["alert_id"], ANYANG_CODE), (nowhere["alert_id"], ANYANG_CODE)}
    assert {one.kind for one in anyang.notes} == {"same_person"}, "and the desk of the first hears of the one elsewhere"


async def test_an_alert_that_is_verified_later_is_found_by_the_next(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        await two_desks(world)
        first, second = an_alert(phase="pre", countdown_s=5), an_alert()
        await world.post(first)
        await world.post(first | {"phase": "active"}, token=a_token())
        await world.post(second, token=a_token(device="watch"))
        assert (*sorted([first["alert_id"], second["alert_id"]]), "same_person") in links(world)


async def test_two_presses_at_once_know_of_each_other(router_database: str, bus_database: str) -> None:
    """In two processes and five copies of each: one link, and one of the two letters carries it."""
    async with a_world(router_database, bus_database) as world, a_world(router_database, bus_database) as other:
        anyang, _ = await two_desks(world)
        await other.register("home-1", [], pem=PEM)
        await other.register("serving-1", [ANYANG_CODE])
        one, two = an_alert(), an_alert()
        posts = [(world, one), (other, two)] * 5
        answers = await asyncio.gather(*(place.post(alert, token=a_token()) for place, alert in posts))
        assert [answer.status_code for answer in answers] == [202] * 10
        await until(
            lambda: {str(one.alert.alert_id) for one in anyang.deliveries} >= {one["alert_id"], two["alert_id"]}
        )
        assert len(links(world)) == 1
        carried = [one for one in anyang.deliveries if one.links]
        assert len({one.alert.alert_id for one in carried}) == 1
        assert world.rows("SELECT count(*) FROM alert")[0][0] == 2


async def test_whoever_types_her_number_joins_nothing(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        anyang, _ = await two_desks(world)
        hers, spoof, third = an_alert(), an_alert(), an_alert()
        await world.post(hers, token=a_token())
        await world.post(spoof)
        await world.post(third)
        cancel = await world.post(spoof | {"phase": "ended", "outcome": "cancel"})
        assert cancel.json()["phase"] == "ended"
        assert world.rows("SELECT phase FROM alert WHERE alert_id = %s", hers["alert_id"]) == [("active",)]
        await until(lambda: len(anyang.deliveries) >= 4)
        kinds = {(pair[0], pair[1]): pair[2] for pair in links(world) if pair[2] != "same_place"}
        key = lambda *pair: tuple(sorted(one["alert_id"] for one in pair))  # noqa: E731
        assert kinds[key(hers, spoof)] == kinds[key(hers, third)] == "same_number"
        assert kinds[key(spoof, third)] == "same_person", "two that nobody verified are one, by their number"


async def test_links_travel_with_every_later_letter_and_nobody_can_be_looked_up(
    router_database: str, bus_database: str
) -> None:
    async with a_world(router_database, bus_database) as world:
        anyang, _ = await two_desks(world)
        await world.post(an_alert())
        second = an_alert(phase="pre", countdown_s=5)
        await world.post(second)
        await world.post(second | {"phase": "active"})
        found = await until(
            lambda: [one for one in anyang.deliveries if str(one.alert.alert_id) == second["alert_id"]][1:]
        )
        assert found[0].alert.phase == "active" and [one.kind for one in found[0].links] == ["same_person"]
        claims = [bytes(row[0]) for row in world.rows("SELECT claim FROM alert_claim")]
        assert claims and all(len(one) == 32 for one in claims)
        assert Sealer(TEST_KEY).digest("told:01012345678", context="alert.claim") in claims


async def test_a_crowd_is_linked_behind_its_alerts_and_again_after_a_crash(
    router_database: str, bus_database: str
) -> None:
    async with a_world(router_database, bus_database, worker=False, deliver_next_s=60) as world:
        await two_desks(world)
        for n in range(12):
            caller = {"nickname": "지영", "phone": f"010-1111-{n:04}"}
            place = {"lat": ANYANG["lat"] + n * 1e-5, "lon": ANYANG["lon"]}
            assert (await world.post(at(place, caller=caller))).status_code == 202
        await world.post(at(ANYANG, service="urn:service:test.sos", caller={"phone": "010-2222-0000"}))
        assert links(world) == [], "no worker yet"
    async with a_world(router_database, bus_database, deliver_next_s=60) as world:  # found again
        desk = await NotedDesk("serving-1", world.bus).listen()
        await until(lambda: len(links(world)) == 11, within_s=20)
        await until(lambda: len(desk.notes) == 11, within_s=20)
        assert {one.kind for one in desk.notes} == {"same_place"}
        assert all(one.center_code == one.other_center_code == ANYANG_CODE for one in desk.notes)
        assert await world.router.worker._crowds.sweep() == [], "and once"
        assert len(links(world)) == 11


async def test_what_an_operator_links_is_national_and_only_an_owner_may(
    router_database: str, bus_database: str
) -> None:
    async with a_world(router_database, bus_database) as world:
        anyang, gunpo = await two_desks(world)
        here, there = at(ANYANG, caller={}), at(GUNPO, caller={})
        await world.post(here)
        await world.post(there)
        await until(lambda: anyang.deliveries and gunpo.deliveries)

        async def say(installation: str, *, undone: bool = False) -> None:
            pair = LinkedPair(
                alert_id=here["alert_id"], other_id=there["alert_id"], kind="manual", at=utc_now(), is_undone=undone
            )
            note = Linked(note_id=an_alert()["alert_id"], links=[pair], installation=installation)
            await world.bus.publish("status", str(note.note_id), note.model_dump_json().encode())

        await say("serving-9")
        await say("serving-1")
        await until(lambda: gunpo.notes)
        assert links(world) == [(*sorted([here["alert_id"], there["alert_id"]]), "manual")]
        assert not anyang.notes, "who said it knows it"
        await say("serving-1", undone=True)
        await until(lambda: links(world) == [] and [one.is_undone for one in gunpo.notes] == [False, True])


def test_a_link_of_a_kind_to_come_keeps_no_alert_from_anybody() -> None:
    from tests.server.deliveries import delivery

    body = delivery().model_dump(mode="json")
    body["links"] = [{"alert_id": body["alert"]["alert_id"], "kind": "same_dog", "at": body["received_at"]}, 7]
    assert Delivery.model_validate(body).links == []
