"""Exactly one desk owns an alert, also across partition and return; whoever lost it cannot speak for it any more.

Real router, real PostgreSQL; the desks and the wires to them are played by the test, so that it can cut and delay them
in any order. Time passes by moving every clock in the database back.
"""

from __future__ import annotations

import json
import os
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest

from location_router import app
from location_router.app import Router, make_router
from location_router.handover import Crossing
from location_router.ladder import Ladder
from location_router.policy_store import set_draining
from location_router.settings import Settings
from location_router.wire import DRILL, SOS, Delivery, Position, Receipt, State, Status, kind_of, utc_now
from tests.location_router.routers import (
    ANYANG_CODE,
    GUNPO_CODE,
    INDEX,
    KEYS,
    TEST_KEY,
    UIWANG_CODE,
    an_alert,
    receipt_for,
)

pytestmark = pytest.mark.database
SERVES = {"serving-1": ANYANG_CODE, "serving-2": GUNPO_CODE, "serving-3": UIWANG_CODE}
DOINGS = ("raise", "press", "walk", "end", "cut", "join", "read", "post", "time", "speak", "again")
CLOCKS = {
    "delivery": "created_at next_attempt_at published_at receipt_at",
    "alert": "received_at active_at ladder_from ladder_at owner_receipt_at owner_silent_at runner_up_told_at",
    "installation": "last_seen_at",
    "status": "received_at",
}


class Wires:
    """The bus as far as the courier sees it: each desk's box keeps its letters until somebody reads them."""

    def __init__(self) -> None:
        self.boxes: dict[str, list[bytes]] = defaultdict(list)
        self._known: set[tuple[str, str]] = set()

    async def publish(self, subject: str, message_id: str, body: bytes) -> None:
        if (subject, message_id) not in self._known and subject.startswith("alert."):
            self._known.add((subject, message_id))
            self.boxes[subject.removeprefix("alert.")].append(body)

    async def publish_many(self, messages: Sequence[tuple[str, str, bytes]]) -> None:
        for one in messages:
            await self.publish(*one)

    async def latest(self, subject: str, key: str, body: bytes) -> None:
        return None

    async def close(self) -> None:
        return None


@dataclass
class Seat:
    """A desk: what it was told last about each alert, and the receipts that have not left yet."""

    name: str
    is_cut: bool = False
    newest: dict[UUID, Delivery] = field(default_factory=dict)
    letters: list[Delivery] = field(default_factory=list)
    outbox: list[Receipt] = field(default_factory=list)

    def owns(self, alert_id: UUID) -> bool:
        """As far as it knows."""
        return alert_id in self.newest and self.newest[alert_id].assignment.served_by == self.name


@dataclass
class Country:
    router: Router
    wires: Wires
    ladder: Ladder
    seats: dict[str, Seat]
    alerts: list[UUID] = field(default_factory=list)

    async def raise_alert(self, phone: str = "", **fields: Any) -> UUID:
        """Somebody's first, or with a `phone` that was heard before, one that presses again."""
        alert = an_alert(caller={"nickname": "지영", "phone": phone or f"010{random.randrange(10**8):08}"}, **fields)
        await self.router.alerts.accept(json.dumps(alert).encode(), token=None)
        self.alerts.append(UUID(alert["alert_id"]))
        return self.alerts[-1]

    async def walk(self, alert_id: UUID, to: str) -> bool:
        """She has crossed a border for good, and one of the processes has seen it."""
        place = self.router.registry.jurisdictions.centers[to]
        position = Position(lat=place.lat, lon=place.lon, accuracy_m=10, fixed_at=utc_now())
        number, *_ = await self.standing(alert_id)
        crossing = Crossing("", to, distance_m=300.0, probability=1.0, dwell_s=15.0, fixes=5)
        return await self.router.statuses._transfers.hand_over(alert_id, position, crossing, number=number)

    async def tell(self, alert_id: UUID, **fields: Any) -> None:
        """A later message of the phone."""
        await self.router.alerts.accept(json.dumps(an_alert(alert_id=str(alert_id), **fields)).encode(), token=None)

    async def rows(self, statement: str, *parameters: Any) -> list[Any]:
        return await self.router.pool.run(statement, parameters)

    async def standing(self, alert_id: UUID) -> tuple[int, str, bool, str, bool]:
        """(assignment_no, owner, the owner has it, state, closed)"""
        found = await self.rows(
            "SELECT assignment_no, served_by, owner_receipt_at IS NOT NULL, state, closed_at IS NOT NULL FROM alert "
            "WHERE alert_id = %s",
            alert_id,
        )
        return tuple(found[0])  # type: ignore[return-value]

    def read(self, seat: Seat) -> None:
        """Its letters; a receipt for each waits to be posted."""
        if seat.is_cut:
            return
        box, self.wires.boxes[seat.name] = self.wires.boxes[seat.name], []
        for delivery in (Delivery.model_validate_json(body) for body in box if kind_of(body) != "links"):
            held = seat.newest.get(delivery.alert.alert_id)
            if held is None or delivery.assignment.assignment_no >= held.assignment.assignment_no:
                seat.newest[delivery.alert.alert_id] = delivery
            seat.letters.append(delivery)
            seat.outbox.append(receipt_for(delivery, seat.name))

    async def post(self, seat: Seat) -> None:
        if not seat.is_cut:
            waiting, seat.outbox = seat.outbox, []
            for receipt in waiting:
                await self.router.courier.received(receipt)

    async def say(self, delivery: Delivery, state: State, *, seq: int = 1) -> bool:
        return await self.router.statuses.told(
            Status(
                status_id=uuid4(),
                alert_id=delivery.alert.alert_id,
                assignment_no=delivery.assignment.assignment_no,
                state=state,
                center=delivery.assignment.center,
                at=utc_now(),
                seq=seq,
            )
        )

    async def pass_time(self, seconds: float) -> None:
        """Then desks that are not cut beat, and the router does what is due."""
        for table, columns in CLOCKS.items():
            moved = ", ".join(f"{one} = {one} - {seconds} * interval '1 s'" for one in columns.split())
            await self.rows(f"UPDATE {table} SET {moved}")
        there = [one.name for one in self.seats.values() if not one.is_cut]
        await self.rows("UPDATE installation SET last_seen_at = now() WHERE installation_id = ANY(%s)", there)
        await self.router.registry.refresh()
        await self.router.courier.sweep()
        await self.ladder.climb()


@asynccontextmanager
async def a_country(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Country]:
    wires = Wires()
    monkeypatch.setattr(app, "bus_from_url", lambda *_, **__: wires)
    settings = Settings(
        database_url=database, bus_url="postgresql://unused", data_key=TEST_KEY, router_installation_keys=KEYS
    )
    router = make_router(settings, index=INDEX)
    await router.pool.open()
    await router.registry.seed()
    for name, code in SERVES.items():
        await router.registry.register(
            installation=name, https_url="", public_key_pem="", serves=[code], home_center=code
        )
    ladder = Ladder(settings, router.pool, router.courier._sealer, router.registry, router.courier.send_soon)
    try:
        yield Country(router, wires, ladder, {name: Seat(name) for name in SERVES})
    finally:
        await router.courier.close()
        await router.desk_112.close()
        await router.alarms.close()
        await router.registry.stop()
        await router.pool.close()


async def test_cut_off_overtaken_and_back(router_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first desk read its letter, was cut off before its receipt left, and comes back when the second owns."""
    async with a_country(router_database, monkeypatch) as country:
        first, second, _ = country.seats.values()
        alert_id = await country.raise_alert()
        await country.pass_time(0.2)
        country.read(first)
        first.is_cut = True
        await country.pass_time(5)
        assert (await country.standing(alert_id))[:3] == (2, "serving-2", False)
        country.read(second)
        await country.post(second)
        assert (await country.standing(alert_id))[:3] == (2, "serving-2", True)

        first.is_cut = False
        assert first.owns(alert_id), "it does not know better yet"
        late = first.letters[0]
        await country.post(first)
        for seq, state in enumerate((State.RECEIVED, State.ACKNOWLEDGED, State.DISPATCHED, State.CLOSED)):
            assert await country.say(late, state, seq=seq) is False
        assert await country.standing(alert_id) == (2, "serving-2", True, "", False)
        country.read(first)
        await country.post(first)
        assert not first.owns(alert_id) and second.owns(alert_id)
        await country.pass_time(30)
        assert (await country.standing(alert_id))[:2] == (2, "serving-2")
        assert await country.say(second.letters[-1], State.ACKNOWLEDGED) is True


async def test_the_first_gets_it_back_only_when_all_are_silent(
    router_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_country(router_database, monkeypatch) as country:
        first, *others = country.seats.values()
        for seat in country.seats.values():
            seat.is_cut = True
        alert_id = await country.raise_alert()
        for _ in range(6):
            await country.pass_time(5)
        number, owner, *_ = await country.standing(alert_id)
        assert number >= 3 and owner != "serving-1", "everybody was tried"
        first.is_cut = False
        country.read(first)
        await country.post(first)
        for _ in range(3):
            await country.pass_time(6)
            country.read(first)
            await country.post(first)
        back, owner, has_it, *_ = await country.standing(alert_id)
        assert (owner, has_it) == ("serving-1", True) and back > number
        for seat in others:
            seat.is_cut = False
            country.read(seat)
            await country.post(seat)
            assert not any(seat.owns(one) for one in country.alerts)
        assert (await country.standing(alert_id))[:2] == (back, "serving-1")


async def test_a_lost_receipt_of_an_earlier_letter_takes_nothing_from_who_has_answered_since(
    router_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_country(router_database, monkeypatch) as country:
        first, *_ = country.seats.values()
        alert_id = await country.raise_alert()
        await country.pass_time(0.2)
        country.read(first)
        first.outbox.clear()  # on its way, for a while
        await country.tell(alert_id, battery_percent=7)
        await country.pass_time(1)
        country.read(first)
        await country.post(first)
        for _ in range(3):
            await country.pass_time(5)
            country.read(first)
        assert (await country.standing(alert_id))[:3] == (1, "serving-1", True)
        assert {letter.role for letter in first.letters} == {"owner"}, "nobody told it that it is out"


async def test_what_she_says_more_follows_her_incident_unless_its_desk_is_gone(
    router_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_country(router_database, monkeypatch) as country:
        first, second, third = country.seats.values()
        await country.raise_alert("010-1234-0001")
        async with country.router.pool.connection() as conn:
            assert await set_draining(conn, ANYANG_CODE, is_draining=True)
        await country.pass_time(0.2)
        others = await country.raise_alert("010-1234-0002")
        assert (await country.standing(others))[1] != "serving-1", "it takes nothing new"
        more = await country.raise_alert("010-1234-0001")
        assert (await country.standing(more))[1] == "serving-1", "but whom it has already stays with it"
        first.is_cut = True
        for _ in range(2):
            await country.pass_time(4)
        last = await country.raise_alert("010-1234-0001")
        assert (await country.standing(last))[1] != "serving-1", "nobody would read it there"


async def check(country: Country, before: dict[UUID, tuple[int, str]], closed: set[UUID]) -> None:
    """What holds at every moment."""
    for alert_id in country.alerts:
        number, owner, has_it, _, is_closed = await country.standing(alert_id)
        last_no, last_owner = before.get(alert_id, (number, owner))
        assert number >= last_no and (number > last_no or owner == last_owner), "a new owner has a new number"
        before[alert_id] = number, owner
        numbers = await country.rows("SELECT assignment_no, served_by FROM assignment WHERE alert_id = %s", alert_id)
        assert sorted(one for one, _ in numbers) == list(range(1, number + 1))
        assert dict(numbers)[number] == owner
        if has_it:
            given = await country.rows(
                "SELECT 1 FROM delivery WHERE alert_id = %s AND assignment_no = %s AND installation = %s "
                "AND NOT is_notice AND receipt_at IS NOT NULL",
                *(alert_id, number, owner),
            )
            assert given, "the owner itself confirmed this very assignment"
        assert is_closed == (alert_id in closed), "only its owner closes it"


async def play(country: Country, seed: int) -> None:
    """Thirty random things, then everybody is there and the wires are whole."""
    chance, before = random.Random(seed), dict[UUID, tuple[int, str]]()
    closed, forced = set[UUID](), set[UUID]()
    country.alerts.clear()
    seats = list(country.seats.values())
    for _ in range(30):
        seat = chance.choice(seats)
        match chance.choice([*DOINGS, "time"]):
            case "raise" if len(country.alerts) < 3:
                await country.raise_alert(service=chance.choice([SOS, SOS, DRILL]))
            case "press" if country.alerts and len(country.alerts) < 4:
                await country.raise_alert("010-0000-0001", **chance.choice([{}, {"position": None}]))
            case "walk" if country.alerts:
                await country.walk(chance.choice(country.alerts), chance.choice(list(SERVES.values())))
            case "end" if country.alerts:
                alert_id, said = chance.choice(country.alerts), chance.choice(["cancel", "duress"])
                await country.tell(alert_id, phase="ended", outcome=said)
                if said == "duress" and alert_id not in forced:
                    forced.add(alert_id)
                    closed.discard(alert_id)
            case "cut":
                seat.is_cut = True
            case "join":
                seat.is_cut = False
            case "read":
                country.read(seat)
            case "post":
                await country.post(seat)
            case "time":
                await country.pass_time(chance.choice([0.3, 2, 5, 20, 40]))
            case "again" if seat.letters and not seat.is_cut:  # a receipt that was on its way all the while
                await country.router.courier.received(receipt_for(chance.choice(seat.letters), seat.name))
            case "speak" if seat.letters and not seat.is_cut:
                letter, state = chance.choice(seat.letters), chance.choice([State.RECEIVED, State.CLOSED])
                alert_id = letter.alert.alert_id
                number, owner, *_ = await country.standing(alert_id) if alert_id in country.alerts else (0, "")
                if letter.assignment.served_by != seat.name:
                    continue  # a desk speaks about what it was given
                adopted = await country.say(letter, state, seq=len(seat.letters))
                if alert_id in country.alerts:
                    assert adopted == (number == letter.assignment.assignment_no and owner == seat.name), "fenced"
                    if adopted and state is State.CLOSED:
                        closed.add(alert_id)
        await check(country, before, closed)
    for _ in range(12):
        for seat in seats:
            seat.is_cut = False
            country.read(seat)
            await country.post(seat)
        await country.pass_time(6)
    await check(country, before, closed)
    for alert_id in country.alerts:
        _, owner, has_it, _, is_closed = await country.standing(alert_id)
        believers = [seat.name for seat in seats if seat.owns(alert_id)]
        assert is_closed or (has_it and believers == [owner]), f"{believers} believe, the router says {owner}"


@pytest.mark.parametrize("seed", range(int(os.environ.get("FENCING_SEEDS", "5"))))
async def test_any_order_of_letters_receipts_cuts_and_returns(
    seed: int, router_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_country(router_database, monkeypatch) as country:
        await play(country, seed)
