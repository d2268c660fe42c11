"""What the server really sends is what its models say, and nothing else: the pages' types are made from them."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from location_router.wire import Position, PositionUpdate, utc_now
from server.console import feed as console_feed
from server.events import record
from server.intake import receive
from server.page_wire import FRAMES, schemas
from server.page_wire.agency import AgencyDispatch
from server.page_wire.cards import IncidentCard, IncidentDetail
from server.page_wire.people import Me
from server.positions import PositionWriter
from server.seed import seed_agencies
from server.services import Services
from server.staff.model import Viewer
from server.staff.service import still_signed_in
from tests.server.conftest import Desk
from tests.server.deliveries import delivery, rows


class Heard:
    """Every frame of a socket, judged as it comes."""

    def __init__(self, frames: TypeAdapter[Any]) -> None:
        self._frames = frames
        self.types: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.last: dict[str, Any] = {}
        self.done: dict[str, bool] = {}

    async def listen(self, socket: ClientConnection) -> None:
        try:
            async for text in socket:
                frame = json.loads(text)
                self.last = frame
                self.types[frame["type"]] += 1
                if frame["type"] == "result":
                    self.done[frame["id"]] = frame["ok"]
                try:
                    self._frames.validate_json(text)
                except ValidationError as error:
                    self.wrong += [f"{frame['type']} {one['loc']}: {one['msg']}" for one in error.errors()]
        except ConnectionClosed:
            return

    async def hears(self, kind: str, times: int = 1) -> None:
        async with asyncio.timeout(60):
            while self.types[kind] < times:  # noqa: ASYNC110
                await asyncio.sleep(0.02)


@asynccontextmanager
async def listening(desk: Desk, browser: httpx.AsyncClient, path: str, name: str) -> AsyncIterator[tuple[Any, Heard]]:
    cookie = {"Cookie": f"ansim_session={browser.cookies['ansim_session']}"}
    heard = Heard(FRAMES[name])
    async with connect(desk.url.replace("http", "ws") + path, additional_headers=cookie, proxy=None) as socket:
        task = asyncio.create_task(heard.listen(socket))
        yield socket, heard
        task.cancel()


def exact(model: type[BaseModel], answer: httpx.Response, *keys: str) -> None:
    assert answer.status_code == 200, answer.text
    found = answer.json()
    for key in keys:
        found = found[key]
    model.model_validate(found)


async def say(socket: Any, **frame: Any) -> None:
    await socket.send(json.dumps(frame))


async def ask(socket: Any, incident_id: object, *names: str) -> None:
    """Commands, some of which are refused."""
    args = {"agency": "112", "legal_basis": "pipa-18-2-3", "note": "", "text": "전화함", "disposition": "bored"}
    for name in names:
        await say(socket, type="command", id=name, name=name, incident_id=str(incident_id), args=args)


asked: list[Viewer] = []


async def first_one_slowly(services: Services, viewer: Viewer) -> bool:
    """As when the machine is busy: what was asked later is ready sooner."""
    asked.append(viewer)
    if len(asked) == 1:
        await asyncio.sleep(0.5)
    return await still_signed_in(services, viewer)


@pytest.mark.database
async def test_every_frame_and_answer_is_what_its_model_says(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    services = desk.services
    async with services.db.begin() as unit:
        await unit.execute(
            "INSERT INTO center (code, name_ko, name_en, desk) VALUES ('41170', '안양시', 'Anyang', 'main')"
            " ON CONFLICT DO NOTHING"
        )
        await seed_agencies(unit, ["41170"])
    writer = PositionWriter(services)
    async with desk.browser() as operator, desk.browser("police") as police:
        exact(Me, await operator.get("/api/me"))
        exact(Me, await police.get("/api/me"))
        async with (
            listening(desk, operator, "/api/feed", "FeedFrame") as (seat, feed),
            listening(desk, police, "/api/agency/feed", "AgencyFrame") as (_, agency),
        ):
            await say(seat, type="hello", seat="00000000-0000-4000-8000-000000000001", kind="console", cursor=None)
            await feed.hears("snapshot")
            await agency.hears("snapshot")  # or the dispatch stands in it, and no frame follows
            letter = delivery()
            incident_id = (await receive(services, letter)).incident_id
            await receive(services, delivery())  # the same person once more: a link between the two
            monkeypatch.setattr(console_feed, "still_signed_in", first_one_slowly)
            await ask(seat, incident_id, "acknowledge", "dispatch", "note", "close", "nonsense")
            await feed.hears("result", 5)
            said = {"acknowledge": True, "dispatch": True, "note": True, "close": False, "nonsense": False}
            assert list(feed.done.items()) == list(said.items()), "in the order in which the seat gave them"
            await agency.hears("dispatch")
            position = Position(lat=37.39, lon=126.92, accuracy_m=9.0, fixed_at=utc_now() + timedelta(seconds=1))
            writer.add(PositionUpdate(alert_id=letter.alert.alert_id, position=position))
            await writer.flush()
            await feed.hears("position", 2)
            await agency.hears("position")
            dispatched = (await rows(services, "SELECT dispatch_id FROM dispatch"))[0]["dispatch_id"]
            for step in ("accept", "en_route", "on_scene"):
                answer = await police.post(f"/api/agency/dispatches/{dispatched}/{step}", json={"receipt_no": "112-1"})
                exact(AgencyDispatch, answer, "dispatch")
            async with services.db.begin() as unit:
                payload = {"breakglass_id": "b", "ends_at": None}
                record(unit, center_id="41170", incident_id=incident_id, tag="breakglass:requested", payload=payload)
                asks = {"request_id": "r", "agency_id": "112-demo"}
                payload = asks | {"case_no": "1", "is_area": False, "reason": None}
                record(unit, center_id="41170", incident_id=incident_id, tag="video:requested", payload=payload)
                payload = asks | {"trigger": "dispatch", "via": "center"}
                record(unit, center_id="41170", incident_id=incident_id, tag="request:received", payload=payload)
            await say(seat, type="seat", selected=str(incident_id), sound="running")
            await say(seat, type="ping", id="1")
            await agency.hears("request")
            for told in ("pong", "banner", "seats"):
                await feed.hears(told)
            exact(IncidentDetail, await operator.get(f"/api/incidents/{incident_id}"))
            cards = (await operator.get("/api/incidents", params={"state": "open"})).json()["incidents"]
            assert len([IncidentCard.model_validate(card) for card in cards]) == 2
        async with listening(desk, operator, "/api/feed", "FeedFrame") as (again, missed):
            second = "00000000-0000-4000-8000-000000000002"
            await say(again, type="hello", seat=second, kind="wall", cursor={"41170": 1})
            for told in ("catchup", "position", "following"):
                await missed.hears(told)
        assert feed.wrong + agency.wrong + missed.wrong == []
        assert feed.types["event"] > 8 and agency.types["snapshot"] == 1


def test_the_document_carries_every_model_and_refers_to_nothing_else() -> None:
    found = schemas()
    text = json.dumps(found)
    used = {piece.split('"')[0] for piece in text.split("#/components/schemas/")[1:]}
    assert used <= set(found)
    assert {"FeedFrame", "AgencyFrame", "FollowFrame", "IncidentCard", "Me", "FollowView"} <= set(found)
    assert found["IncidentCard"]["additionalProperties"] is False


def test_a_field_more_or_less_is_seen() -> None:
    beat = {"type": "beat", "now": "2026-11-22T00:00:00Z"}
    for name in ("FeedFrame", "AgencyFrame", "FollowFrame"):
        FRAMES[name].validate_python(beat)
        for wrong in ({**beat, "more": 1}, {"type": "beat"}, {**beat, "type": "beta"}):
            with pytest.raises(ValidationError):
                FRAMES[name].validate_python(wrong)
