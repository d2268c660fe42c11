"""A guardian is told once, follows from one browser, and sees nothing after the end: over real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from websockets.asyncio.client import connect

from location_router.runtime.db import conninfo
from location_router.wire import CenterRef, Phase, Position, PositionUpdate, State, Status
from server.people import follow_routes, guardian_terms, notice_routes, routes, service
from server.people.follow_routes import COOKIE
from tests.server.scene import CENTER, LAT, LON, Scene, app_of, client, installation, listening

ANYANG = CenterRef(code=CENTER, name_ko="경기도 안양시", name_en="Anyang", callback="031-112")


@pytest.fixture
async def home(installation_database: str) -> AsyncIterator[Scene]:
    settings = {"serves": "", "public_url": "http://home.test", "follow_precision": "exact"}
    async with installation(installation_database, **settings) as made:
        yield made


async def family(home: Scene, *, phone: str = "010-1111-2222", guardians: tuple[str, ...] = ("010-9999-1234",)) -> UUID:
    """A person with guardians who agreed."""
    signed = await service.sign_up(home.services, nickname="보라", phone=phone)
    user = await service.device_user(home.services, signed.device_token)
    for number in guardians:
        named = await service.designate(home.services, user, name="엄마", phone=number)
        await service.accept(home.services, named["invitation"], push_token=f"token-of-{number}")
    return signed.person_id


def status(alert_id: UUID, person: UUID, state: State = State.ASSIGNED, **more: Any) -> Status:
    values: dict[str, Any] = {
        "status_id": uuid4(),
        "alert_id": alert_id,
        "assignment_no": 1,
        "state": state,
        "center": ANYANG,
        "at": datetime.now(UTC),
        "home": "home-1",
        "person_id": str(person),
    }
    return Status(**(values | more))


async def links(home: Scene) -> list[str]:
    rows = await home.sql("SELECT follow_id, link_sealed FROM follow ORDER BY created_at")
    return [home.services.sealer.open(row["link_sealed"], context=f"follow.link:{row['follow_id']}") for row in rows]


async def running(home: Scene, person_id: UUID) -> tuple[UUID, str]:
    """An active alert with a position; returns its id and the (last) follow link."""
    alert_id = uuid4()
    await service.receive_home_status(home.services, status(alert_id, person_id))
    await moved(home, alert_id)
    return alert_id, (await links(home))[-1]


async def moved(home: Scene, alert_id: UUID, *, lat: float = LAT, after_s: float = 0) -> None:
    fix = Position(lat=lat, lon=LON, accuracy_m=9, fixed_at=datetime.now(UTC) + timedelta(seconds=after_s))
    await service.receive_home_position(home.services, PositionUpdate(alert_id=alert_id, position=fix))


def pages(home: Scene) -> Any:
    return listening(app_of(home.services, routes.router, follow_routes.router))


async def pushes(home: Scene) -> int:
    return int(await home.one("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'push_guardian'"))


async def test_the_same_news_many_times_and_at_once_is_one_push_for_each_guardian(home: Scene) -> None:
    person_id = await family(home, guardians=("010-9999-1234", "010-9999-5678"))
    alert_id = uuid4()
    first, second = status(alert_id, person_id), status(alert_id, person_id, State.RECEIVED)
    await asyncio.gather(*(service.receive_home_status(home.services, one) for one in (first, second) * 5))
    assert await pushes(home) == 2
    assert await home.one("SELECT count(*) FROM follow") == 2
    assert await home.one("SELECT state FROM followed_alert") == "received"


async def test_a_position_that_overtakes_the_news_is_shown_all_the_same(home: Scene) -> None:
    person_id, alert_id = await family(home), uuid4()
    await moved(home, alert_id)
    await service.receive_home_status(home.services, status(alert_id, person_id))
    (link,) = await links(home)
    async with pages(home) as address, client(address) as mother:
        view = (await mother.post(f"/api/follow/{link}/open", json={"last4": "1234"})).json()
    assert view["position"]["lat"] == LAT


@pytest.mark.parametrize(
    "quiet", [{"phase": Phase.PRE}, {"is_drill": True}, {"person_id": ""}, {"person_id": str(UUID(int=7))}]
)
async def test_pre_alerts_drills_and_strangers_disturb_nobody(home: Scene, quiet: dict[str, Any]) -> None:
    person_id = await family(home)
    await service.receive_home_status(home.services, status(uuid4(), person_id, **quiet))
    assert (await pushes(home), await home.one("SELECT count(*) FROM followed_alert")) == (0, 0)


async def test_whoever_has_not_agreed_or_is_no_guardian_any_more_is_not_told(home: Scene) -> None:
    signed = await service.sign_up(home.services, nickname="보라", phone="010-1111-2222")
    user = await service.device_user(home.services, signed.device_token)
    await service.designate(home.services, user, name="친구", phone="010-8888-0000")
    agreed = await service.designate(home.services, user, name="엄마", phone="010-9999-1234")
    await service.accept(home.services, agreed["invitation"], push_token="t")
    await service.end_guardian(home.services, user, UUID(agreed["guardian_id"]))
    await service.receive_home_status(home.services, status(uuid4(), signed.person_id))
    assert await pushes(home) == 0


async def test_the_page_opens_for_the_first_right_browser_and_no_other(home: Scene) -> None:
    alert_id, link = await running(home, await family(home))
    async with pages(home) as address, client(address) as mother, client(address) as thief:
        assert (await mother.get(f"/api/follow/{link}")).json()["code"] == "not_bound"
        wrong = await thief.post(f"/api/follow/{link}/open", json={"last4": "0000"})
        assert (wrong.status_code, wrong.json()["code"], wrong.json()["attempts_left"]) == (403, "wrong_digits", 4)
        assert await home.one("SELECT count(*) FROM release") == 0
        right = await mother.post(f"/api/follow/{link}/open", json={"last4": "１２３４"})
        cookie = right.headers["set-cookie"]
        assert "HttpOnly" in cookie and f"Path=/api/follow/{link}" in cookie and "SameSite=strict" in cookie
        view = right.json()
        assert (view["state"], view["ended"], view["person_nickname"]) == ("assigned", False, "보라")
        assert view["position"]["lat"] == LAT and view["center"]["callback"] == "031-112"
        stolen = await thief.post(f"/api/follow/{link}/open", json={"last4": "1234"})
        assert (stolen.status_code, stolen.json()["code"]) == (403, "bound_elsewhere")
        assert (await thief.get(f"/api/follow/{link}", headers={"Cookie": f"{COOKIE}=guess"})).status_code == 401
        assert (await mother.get(f"/api/follow/{link}")).json()["position"]["lat"] == LAT
        assert (await mother.post(f"/api/follow/{link}/open", json={"last4": ""})).status_code == 200
    row = (await home.sql("SELECT * FROM release"))[0]
    assert (row["kind"], row["viewer_kind"]) == ("position", "guardian")
    assert (row["alert_id"], row["ended_at"]) == (alert_id, None)
    assert await home.tags(alert_id) == ["release:granted", "guardian:opened"]


async def test_without_an_open_release_row_the_page_shows_no_place(home: Scene) -> None:
    _, link = await running(home, await family(home))
    async with pages(home) as address, client(address) as mother:
        assert (await mother.post(f"/api/follow/{link}/open", json={"last4": "1234"})).json()["position"]
        await home.sql("UPDATE release SET ended_at = now(), end_reason = 'by hand'")
        view = (await mother.get(f"/api/follow/{link}")).json()
    assert (view["ended"], view["position"]) == (False, None)


async def test_of_browsers_that_answer_right_at_the_same_moment_one_has_the_page(home: Scene) -> None:
    _, link = await running(home, await family(home))
    async with pages(home) as address, client(address) as any_browser:
        answers = await asyncio.gather(
            *(any_browser.post(f"/api/follow/{link}/open", json={"last4": "1234"}) for _ in range(12))
        )
    outcomes = sorted("bound" if answer.is_success else answer.json()["code"] for answer in answers)
    assert outcomes == ["bound"] + ["bound_elsewhere"] * 11
    assert await home.one("SELECT count(*) FROM release") == 1


async def test_five_wrong_answers_lock_the_link_also_for_the_right_one(home: Scene) -> None:
    _, link = await running(home, await family(home))
    async with pages(home) as address, client(address) as guesser:
        answers = await asyncio.gather(
            *(guesser.post(f"/api/follow/{link}/open", json={"last4": f"000{n}"}) for n in range(9))
        )
        codes = sorted(answer.json()["code"] for answer in answers)
        assert codes == ["locked"] * 4 + ["wrong_digits"] * 5
        late = await guesser.post(f"/api/follow/{link}/open", json={"last4": "1234"})
        assert (late.status_code, late.json()["code"]) == (403, "locked")


async def test_after_the_end_there_is_no_position_anywhere(home: Scene) -> None:
    person_id = await family(home)
    alert_id, link = await running(home, person_id)
    async with pages(home) as address, client(address) as mother, client(address) as late:
        await mother.post(f"/api/follow/{link}/open", json={"last4": "1234"})
        she = service.DeviceUser(person_id, uuid4(), CENTER)
        [known] = await service.guardians(home.services, she)
        assert known["opened_at"] is None, "after a duress code her phone must not tell that it goes on"
        await service.receive_home_status(home.services, status(alert_id, person_id, State.CLOSED, phase=Phase.ENDED))
        await moved(home, alert_id, after_s=5)
        [known] = await service.guardians(home.services, she)
        assert known["opened_at"] is not None
        view = (await mother.get(f"/api/follow/{link}")).json()
        assert (view["ended"], view["position"], view["steps"][-1]["state"]) == (True, None, "closed")
        assert (await late.post(f"/api/follow/{link}/open", json={"last4": "1234"})).status_code == 410
    assert await home.sql("SELECT position_sealed, position_at FROM followed_alert") == [
        {"position_sealed": None, "position_at": None}
    ]
    assert await home.one("SELECT end_reason FROM release") == "incident_closed"
    assert await home.tags(alert_id) == ["release:granted", "guardian:opened", "release:ended"]


async def test_a_withdrawn_guardian_sees_nothing_from_that_moment(home: Scene) -> None:
    signed = await service.sign_up(home.services, nickname="보라", phone="010-1111-2222")
    user = await service.device_user(home.services, signed.device_token)
    named = await service.designate(home.services, user, name="엄마", phone="010-9999-1234")
    await service.accept(home.services, named["invitation"], push_token="t")
    alert_id, link = await running(home, signed.person_id)
    modules = (routes.router, follow_routes.router, notice_routes.router)
    async with listening(app_of(home.services, *modules)) as address, client(address) as mother:
        opened = await mother.post(f"/api/follow/{link}/open", json={"last4": "1234"})
        assert (await mother.post(f"/api/follow/{link}/acknowledge")).status_code == 204
        await _paused_on_an_open_socket(home, user, UUID(named["guardian_id"]), address, opened)
        assert (await mother.post(f"/api/follow/{link}/open", json={"last4": "1234"})).json()["position"], "resumed"
        await service.end_guardian(home.services, user, UUID(named["guardian_id"]))
        view = (await mother.get(f"/api/follow/{link}")).json()
        await service.receive_home_status(home.services, status(alert_id, signed.person_id, State.ON_SCENE))
        later = (await mother.get(f"/api/follow/{link}")).json()
    assert (view["ended"], view["position"], view["steps"]) == (True, None, [])
    assert view | {"now": ""} == later | {"now": ""}, "nor what becomes of her"
    assert "안양" not in str(view) and "보라" not in str(view), "nor in which city she is"
    assert await home.one("SELECT end_reason FROM release") == "consent_withdrawn"
    looked = ["release:granted", "guardian:opened", "guardian:acknowledged", "release:ended"]
    assert await home.tags(alert_id) == [*looked, "release:granted", "release:ended"]


async def _paused_on_an_open_socket(
    home: Scene, user: service.DeviceUser, guardian_id: UUID, address: str, opened: Any
) -> None:
    """Her page goes dark by itself, and hears nothing of why."""
    cookie, path = opened.headers["set-cookie"].split(";")[0], opened.request.url.path.removesuffix("/open")
    url = f"{address.replace('http', 'ws')}{path}/live"
    async with connect(url, additional_headers={"Cookie": cookie}, proxy=None) as socket, asyncio.timeout(15):
        assert json.loads(await socket.recv())["view"]["position"]
        await guardian_terms.pause(home.services, user, guardian_id, None)
        frames = [json.loads(frame) async for frame in socket]
    dark = [frame["view"] for frame in frames if frame["type"] == "view"]
    assert [(one["position"], one["person_nickname"], one["over"]) for one in dark] == [(None, "", "gone")]
    assert frames[-1] == {"type": "ended"} and socket.close_code == 1000
    await guardian_terms.resume(home.services, user, guardian_id)


async def test_one_guardians_cookie_opens_no_other_persons_page(home: Scene) -> None:
    _, mine = await running(home, await family(home))
    _, other = await running(home, await family(home, phone="010-3333-4444", guardians=("010-7777-1234",)))
    async with pages(home) as address, client(address) as mother:
        opened = await mother.post(f"/api/follow/{mine}/open", json={"last4": "1234"})
        cookie = opened.headers["set-cookie"].split(";")[0]
        assert (await mother.get(f"/api/follow/{mine}", headers={"Cookie": cookie})).status_code == 200
        assert (await mother.get(f"/api/follow/{other}", headers={"Cookie": cookie})).status_code == 401


async def test_the_live_line_tells_each_change_and_ends_with_the_incident(home: Scene) -> None:
    person_id = await family(home)
    alert_id, link = await running(home, person_id)
    async with pages(home) as address, client(address) as mother:
        opened = await mother.post(f"/api/follow/{link}/open", json={"last4": "1234"})
        cookie = opened.headers["set-cookie"].split(";")[0]
        url = f"{address.replace('http', 'ws')}/api/follow/{link}/live"
        async with connect(url, additional_headers={"Cookie": cookie}, proxy=None) as socket:
            frames = [json.loads(await socket.recv())]
            await moved(home, alert_id, lat=LAT + 0.001, after_s=1)
            frames.append(json.loads(await asyncio.wait_for(socket.recv(), 3)))
            for state, phase in ((State.DISPATCHED, Phase.ACTIVE), (State.CLOSED, Phase.ENDED)):
                await service.receive_home_status(home.services, status(alert_id, person_id, state, phase=phase))
                frames.append(json.loads(await asyncio.wait_for(socket.recv(), 3)))
            frames.append(json.loads(await asyncio.wait_for(socket.recv(), 3)))
            await asyncio.wait_for(socket.wait_closed(), 3)
            assert socket.close_code == 1000
        assert [frame["type"] for frame in frames] == ["view", "position", "view", "view", "ended"]
        assert frames[1]["position"]["lat"] == LAT + 0.001 and frames[2]["view"]["state"] == "dispatched"
        assert frames[3]["view"]["position"] is None
        async with connect(url, proxy=None) as stranger:
            await asyncio.wait_for(stranger.wait_closed(), 3)
            assert stranger.close_code == 4401


async def test_names_numbers_links_and_places_are_ciphertext_in_every_table(
    home: Scene, installation_database_admin: str
) -> None:
    _, link = await running(home, await family(home))
    secrets = ["보라", "01011112222", "01099991234", "엄마", link, "token-of", str(LAT)]
    with psycopg.connect(conninfo(installation_database_admin)) as admin:
        for table in (
            "person",
            "device",
            "guardian",
            "followed_alert",
            "follow",
            "release",
            "signing_key",
            "procrastinate_jobs",
        ):
            text = str(admin.execute(f"SELECT to_jsonb(t) FROM {table} t").fetchall())
            raw = b"".join(
                bytes(v)
                for row in admin.execute(f"SELECT * FROM {table}").fetchall()
                for v in row
                if isinstance(v, bytes | memoryview)
            )
            for secret in secrets:
                assert secret not in text and secret.encode() not in raw, (table, secret)
