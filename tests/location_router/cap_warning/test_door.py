"""A CAP warning through a real router: signed, kept as it came, at every center that it touches and at every home."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from location_router.bus import Unavailable
from location_router.cap_warning.reading import read_warning
from location_router.senders import gate, store
from location_router.wire import kind_of, utc_now
from location_router.wire_warnings import WarningNote
from tests.location_router.cap_warning.messages import area_xml, info_xml, reference, warning_xml
from tests.location_router.routers import ANYANG_CODE, GUNPO_CODE, UIWANG_CODE, World, a_world, until
from tests.location_router.senders.vendors import a_sender, signed
from tests.location_router.test_requests import kept

pytestmark = pytest.mark.database
PATH = "/v1/warnings"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "FRESH_S", 0.05)
    monkeypatch.setattr(gate, "LOOK_AGAIN_S", 0.0)


async def post(world: World, by: store.Issued, body: bytes, form: str = "application/cap+xml") -> httpx.Response:
    return await world.client.post(PATH, content=body, headers={**signed(by, PATH, body), "Content-Type": form})


async def refuses(world: World, room: store.Issued, sent: datetime, areas: str) -> None:
    firm = await a_sender(world, "firm", scopes=("requests",))
    other = warning_xml(sent=sent, infos=info_xml(areas, headline="other"))
    at_sea = warning_xml(identifier="W-3", infos=info_xml(area_xml(circle="35,140 1")))
    unknown = warning_xml(kind="Cancel", identifier="W-7", references=reference("W-9", sent))
    for by, message, form, status, code in (
        (room, other, "application/cap+xml", 409, "id_used"),
        (room, at_sea, "text/xml", 422, "no_center"),
        (room, unknown, "text/xml", 422, "no_reference"),
        (room, warning_xml(identifier="W-4", sent=sent - timedelta(days=2)), "text/xml", 422, "too_old"),
        (room, warning_xml(identifier="W-5", sent=sent + timedelta(days=2)), "text/xml", 422, "invalid"),
        (room, b"{}", "application/json", 415, "unknown_form"),
        (firm, warning_xml(identifier="W-6"), "text/xml", 403, "no_scope"),
    ):  # fmt: skip
        refused = await post(world, by, message, form)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
        assert (await kept(world))[-1][0] == f"request_{code}", "a row of every refusal"
    assert (await world.client.post(PATH, content=other)).status_code == 401
    assert world.rows("SELECT count(*) FROM cap_warning") == [(2,)]


async def test_a_warning_reaches_every_center_and_home_once(
    router_database: str, bus_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", [ANYANG_CODE])
        await world.register("serving-2", [GUNPO_CODE, UIWANG_CODE])
        heard: dict[str, list[WarningNote]] = {}

        async def hear(name: str) -> None:
            async def take(_: str, body: bytes) -> None:
                assert kind_of(body) == "warning"
                heard.setdefault(name, []).append(WarningNote.model_validate_json(body))

            await world.bus.subscribe(f"home.{name}", "home", take)

        await hear("serving-1")
        await hear("serving-2")
        room = await a_sender(world, "room", scopes=("warnings",), agency_id="disaster-room")

        sent = utc_now().replace(microsecond=0)
        areas = area_xml(circle="37.4015,126.9227 0.3", codes=(GUNPO_CODE,))
        body = warning_xml(sent=sent, infos=info_xml(areas))
        answers = [await post(world, room, body) for _ in range(2)]
        assert [one.status_code for one in answers] == [202, 200]
        shown: dict[str, Any] = answers[0].json()
        assert shown == answers[1].json() and shown["severity"] == "Severe"
        assert [one["code"] for one in shown["centers"]] == [ANYANG_CODE, GUNPO_CODE]
        first, second = await until(
            lambda: [one for notes in heard.values() for one in notes] if len(heard) == 2 else []
        )
        assert {first.warning_id, second.warning_id} == {first.warning_id} and str(first.warning_id) == shown[
            "warning_id"
        ]
        assert first.message() == second.message() == body, "as it came"
        served = {name: notes[0].served for name, notes in heard.items()}
        assert served == {"serving-1": [ANYANG_CODE], "serving-2": [GUNPO_CODE]}
        assert world.rows("SELECT body, sent_at IS NOT NULL FROM cap_warning") == [(body, True)]

        # the bus is away: it is on disk all the same, and goes later; a Cancel goes where its warning went
        fails = [True]
        publish = type(world.router.bus).publish_many

        async def away(self: Any, messages: Any) -> None:
            if fails[0] and any(subject.startswith("home.") for subject, _, _ in messages):
                raise Unavailable("away")
            await publish(self, messages)

        monkeypatch.setattr(type(world.router.bus), "publish_many", away)
        over = warning_xml(kind="Cancel", identifier="W-2", references=reference("W-1", sent))
        told = await post(world, room, over)
        assert told.status_code == 202 and [one["code"] for one in told.json()["centers"]] == [ANYANG_CODE, GUNPO_CODE]
        assert len(heard["serving-1"]) == 1
        fails[0] = False
        await until(lambda: len(heard["serving-1"]) == 2 and len(heard["serving-2"]) == 2)
        assert read_warning(heard["serving-2"][1].message()).kind == "Cancel"
        await refuses(world, room, sent, areas)
        assert len(heard["serving-1"]) == 2, "once each"
        await late_comers(world, room, areas, heard, hear)


Heard = dict[str, list[WarningNote]]


async def late_comers(world: World, room: store.Issued, areas: str, heard: Heard, hear: Any) -> None:
    """Who begins to serve a center hears of what still runs there, and of nothing that is over."""
    assert (await post(world, room, warning_xml(identifier="W-8", infos=info_xml(areas)))).status_code == 202
    await until(lambda: len(heard["serving-1"]) == 3)
    await hear("serving-3")
    await world.register("serving-2", [UIWANG_CODE])  # Gunpo is nobody's for a moment
    await world.register("serving-3", [GUNPO_CODE])
    (note,) = await until(lambda: heard.get("serving-3", []))
    assert note.served == [GUNPO_CODE] and note.centers == [ANYANG_CODE, GUNPO_CODE]
    assert b"W-8" in note.message(), "W-1 was called off before"
    await world.router.cap_warnings.sweep()
    await world.register("serving-1", [ANYANG_CODE, UIWANG_CODE])
    await world.router.cap_warnings.sweep()
    assert [len(heard[name]) for name in ("serving-1", "serving-2", "serving-3")] == [3, 3, 1], "nobody hears it twice"
    await called_off_meanwhile(world, room, areas, heard)


async def called_off_meanwhile(world: World, room: store.Issued, areas: str, heard: Heard) -> None:
    """Who serves a center again hears of what ended there meanwhile, step by step, if it was told of what ended."""
    sent = read_warning(heard["serving-3"][0].message()).sent_at
    later = sent + timedelta(seconds=1)
    worse = warning_xml(identifier="W-9", kind="Update", sent=later, references=reference("W-8", sent),
                        infos=info_xml(areas, severity="Extreme"))  # fmt: skip
    over = warning_xml(identifier="W-10", kind="Cancel", sent=later, references=reference("W-9", later))
    for message in (worse, over):
        assert (await post(world, room, message)).status_code == 202
    await until(lambda: [len(heard[name]) for name in ("serving-1", "serving-2", "serving-3")] == [5, 5, 3])
    await world.register("serving-3", [UIWANG_CODE])
    await world.register("serving-2", [GUNPO_CODE])
    await world.router.cap_warnings.sweep()
    notes = await until(lambda: heard["serving-2"][5:] if len(heard["serving-2"]) > 6 else [])
    assert {note.message() for note in notes} == {worse, over}
    assert [note.served for note in notes] == [[GUNPO_CODE]] * 2
    await world.register("serving-2", [])
    await world.register("serving-1", [ANYANG_CODE, GUNPO_CODE])
    await world.router.cap_warnings.sweep()
    assert world.rows("SELECT served_by FROM center WHERE code = %s", GUNPO_CODE) == [("serving-1",)]
    told = world.rows("SELECT count(*) FROM cap_warning WHERE %s = ANY(told)", f"serving-1/{GUNPO_CODE}")
    assert told == [(0,)], "of what never stood there no end is told"
