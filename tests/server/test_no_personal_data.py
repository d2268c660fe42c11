"""Who she is, where she is, and what opens her page stand in no log and no metric, and unmasked in no page or feed.

The journey is real: every process at LOG_LEVEL=DEBUG, its stdout and stderr kept, wrong inputs and a failing database
included. Then everything that was written is searched for what was hers.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from websockets.sync.client import connect

from location_router.runtime.db import conninfo
from server.demo import phone
from server.demo.world import World
from server.events import SYSTEM
from server.keys import rotate
from server.reseal import reseal
from server.services import make_services
from server.settings import Settings
from tests.bench.load import alert, new_alert_id
from tests.databases import TestDatabase, TestServer
from tests.server.fake_fcm import fake_fcm

NAME, NUMBER, GUARDIAN = "남궁별하", "01098761234", "01045679876"
LAT, LON = 37.40157, 126.92263
HOME, HERE = "11680", "41170"
NOTE = "남궁별하 010-9876-1234 회색 외투"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


class _Quick(World):
    """The demo's world on databases that are copied, not migrated."""

    given: dict[str, TestDatabase]

    def _provision(self) -> None:
        self.databases = {name: database.url for name, database in self.given.items()}


@contextmanager
def _world(server: TestServer, folder: Path, **options: Any) -> Iterator[_Quick]:
    kinds = {"router": "router", "bus": "bus", "serving": "installation", "home": "installation"}
    given = {name: server.fresh(kind) for name, kind in kinds.items()}
    world = _Quick(server.server, folder, with_video=False, serves=HERE, home_code=HOME, **options)
    world.given = given
    try:
        with world:
            yield world
    finally:
        for database in given.values():
            server.drop(database.name)


@contextmanager
def _signed_in(world: World, who: str) -> Iterator[httpx.Client]:
    login = world.logins[who]
    with httpx.Client(base_url=world.urls["serving"], timeout=10, trust_env=False) as client:
        answer = client.post("/api/login", json={"login": login.login, "password": login.password})
        assert answer.status_code == 200, answer.text
        yield client


def _until(look: Callable[[], Any], what: str, timeout_s: float = 20) -> Any:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen")


def _wait_until_all_know_each_other(world: World) -> None:
    """The desk takes alerts, and a second later every process of the router has read who has enrolled."""

    def is_online() -> bool:
        centers = httpx.get(f"{world.urls['router']}/v1/centers", trust_env=False).json()["centers"]
        return any(one["code"] == HERE and one["state"] == "online" for one in centers)

    _until(is_online, "the desk")
    _until(lambda: "router_hears_us" in (world.folder / "logs" / "home.log").read_text(), "the home center")
    time.sleep(1)


def _hers(values: dict[str, Any]) -> dict[str, str]:
    """What must be found nowhere, by what it is."""
    spelled = {"number with dashes": "010-9876-1234", "number abroad": "1098761234", "end of number": "98761234"}
    return {
        "name": NAME,
        "guardian's number": GUARDIAN,
        "latitude": str(LAT),
        "longitude": str(LON),
        "note": "회색 외투",
        **spelled,
        **values,
    }


def _found(text: str, hers: dict[str, str]) -> list[str]:
    lines = text.splitlines()
    return [f"{what}: {line[:300]}" for what, value in hers.items() for line in lines if value in line]


def _person(world: World, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(phone, "PERSON", {"nickname": NAME, "phone": NUMBER})
    return asyncio.run(phone.enrol_person(world, guardian_phone=GUARDIAN)).settings


def _cry(world: World, person: dict[str, Any]) -> tuple[str, str]:
    """An alert, its track over the line, and things that can't be read; returns the alert's id and its live token."""
    router, alert_id = world.urls["router"], new_alert_id()
    body = alert(alert_id, lat=LAT, lon=LON, home=HOME)
    body["caller"] |= {"nickname": NAME, "phone": NUMBER, "person_id": person["person_id"]}
    bearer = {"Authorization": f"Bearer {person['device_token']}"}
    with httpx.Client(base_url=router, timeout=10, trust_env=False) as http:
        accepted = http.post("/v1/alerts", json=body, headers=bearer)
        assert accepted.status_code == 202, accepted.text
        token = str(accepted.json()["live_token"])
        http.post("/v1/alerts", content=json.dumps({"phone": NUMBER, "nickname": NAME, "lat": LAT}))
        http.post("/v1/alerts", content=f"{NAME} {NUMBER} {LAT}, {LON}".encode())
        http.post(
            f"/v1/alerts/{alert_id}/positions", json={"positions": [{"lat": NAME, "lon": NUMBER}]}, headers=bearer
        )
        http.get(f"/v1/{NUMBER}/{NAME}", headers={"X-Request-ID": NUMBER})
    line = router.replace("http", "ws") + f"/v1/alerts/{alert_id}/live?token={token}"
    with connect(line, proxy=None) as socket:
        socket.send(json.dumps({"type": "position", "position": body["position"], "seq": 1}))
        socket.send(json.dumps({"type": "position", "position": {"lat": NAME, "lon": NUMBER}}))
        socket.send(f"{NAME} {NUMBER}")
        with suppress(TimeoutError):
            socket.recv(timeout=1)
    with suppress(Exception), connect(line + "x", proxy=None):
        pass
    return alert_id, token


def _work(world: World, alert_id: str) -> list[str]:
    """The incident from acknowledgement to its end, a failing database in between; returns what opened doors."""
    with _signed_in(world, "operator") as desk, _signed_in(world, "112") as police:

        def card() -> Any:
            cards = desk.get("/api/incidents", params={"state": "open"}).json()["incidents"]
            return next((one for one in cards if alert_id in one["alert_ids"]), None)

        incident = f"/api/incidents/{_until(card, 'the card')['incident_id']}"
        for path, body in (
            ("acknowledge", {}),
            ("open", {}),
            ("note", {"text": NOTE}),
            ("say", {"kind": "text", "text": NOTE, "language": "ko"}),
            ("dispatch", {"agency": "112", "legal_basis": "pipa-18-2-3", "note": NOTE}),
            ("dispatch", {"agency": NUMBER, "legal_basis": NAME, "note": NOTE}),
            ("unmask", {"reason": NOTE, "fields": ["name", "phone"]}),
            (NUMBER, {"x": NAME}),
        ):
            desk.post(f"{incident}/{path}", json=body)
        with _without_payloads(world):
            failed = desk.post(f"{incident}/note", json={"text": NOTE}, headers={"Connection": "close"})
            assert failed.status_code == 500 and failed.headers["x-request-id"]
        desk.get(incident)
        mine = _until(lambda: police.get("/api/agency/dispatches").json()["dispatches"], "the dispatch")[0]
        assert mine["caller"]["phone"] == NUMBER, "the agreement lets the police see it"
        for step in ("accept", "en_route", "on_scene", "done"):
            police.post(f"/api/agency/dispatches/{mine['dispatch_id']}/{step}", json={"receipt_no": NUMBER})
        desk.post("/api/login", json={"login": NAME, "password": NUMBER})
        closed = desk.post(f"{incident}/close", json={"disposition": "handled", "note": NOTE})
        assert closed.status_code == 200, closed.text
        return [desk.cookies["ansim_session"], failed.headers["x-request-id"]]


async def _resealed_under_new_keys(world: World, name: str) -> dict[str, int]:
    """Values that could not be opened by their registered context, of all that the night has written."""
    settings = Settings(database_url=world.databases[name], data_key=world.keys[f"{name}_data"])
    services = make_services(settings.model_copy(update={"video_gateway": "console"}))
    try:
        for center in ("-", HERE if name == "serving" else HOME):
            async with services.db.begin() as unit:
                await rotate(unit, services, center, actor=SYSTEM)
        done = await reseal(services)
        assert done.left == 0 and sum(done.values.values()) > 5
        return done.unreadable
    finally:
        await services.close()


@contextmanager
def _without_payloads(world: _Quick | World) -> Iterator[None]:
    """The database fails in the middle of a command that holds her name."""
    assert isinstance(world, _Quick)
    with psycopg.connect(conninfo(world.given["serving"].admin), autocommit=True) as owner:
        owner.execute("ALTER TABLE event_payload RENAME TO event_payload_away")
        try:
            yield
        finally:
            owner.execute("ALTER TABLE event_payload_away RENAME TO event_payload")


def _family(world: World, link: str) -> None:
    """The guardian's page: wrong digits, right digits, and a link that is none."""
    home = world.urls["home"]
    with httpx.Client(base_url=home, timeout=10, trust_env=False) as http:
        http.post(f"/api/follow/{link}/open", json={"last4": "0000"})
        assert http.post(f"/api/follow/{link}/open", json={"last4": GUARDIAN[-4:]}).status_code == 200
        http.get(f"/api/follow/{link}")
        http.get(f"/follow/{link}")
        cookie = "; ".join(f"{one.name}={one.value}" for one in http.cookies.jar)
        with connect(
            home.replace("http", "ws") + f"/api/follow/{link}/live", additional_headers={"Cookie": cookie}, proxy=None
        ) as live:
            live.recv(timeout=5)
        http.post("/api/people", json={"nickname": {"x": NAME}, "phone": NUMBER + "9999"})
        http.post(f"/api/invitations/{NUMBER}/accept", json={"push_token": NAME})


def test_a_whole_night_leaves_nothing_of_hers_in_any_log_or_metric(
    database_server: TestServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake_fcm() as fcm:
        credentials = folder / "firebase.json"
        credentials.write_text(json.dumps(fcm.account()))
        options = {"push": "firebase", "fcm_url": fcm.fcm_url}
        extra = {"LOG_LEVEL": "DEBUG", "FIREBASE_CREDENTIALS": str(credentials), "VOICE": "console"}
        # the twin of the text messages prints them: that is what it is for; so a gateway that is away
        extra |= {"SMS": "http", "SMS_URL": "http://127.0.0.1:9/sms", "SMS_KEY": "k" * 32, "PROVE_NUMBERS": "off"}
        extra |= {
            "HTTPS_PROXY": "http://127.0.0.1:9"
        }  # Google's library asks the outside world for more; not from here
        with _world(database_server, folder, extra_env=extra, **options) as world:
            _wait_until_all_know_each_other(world)
            person = _person(world, monkeypatch)
            alert_id, live_token = _cry(world, person)
            pushed = _until(lambda: fcm.bodies, "the push")[0]["message"]["data"]
            link = str(pushed["link"]).rpartition("/")[2]
            _family(world, link)
            session, request_id = _work(world, alert_id)
            metrics = "".join(
                httpx.get(f"{world.urls[name]}/metrics", trust_env=False).text for name in ("router", "serving", "home")
            )
            password = world.logins["operator"].password
            for name in ("serving", "home"):
                assert asyncio.run(_resealed_under_new_keys(world, name)) == {}, f"contexts of {name}'s columns"
        logs = {path.stem: path.read_text() for path in (folder / "logs").iterdir()}
    hers = _hers(
        {
            "device token": person["device_token"],
            "live token": live_token,
            "follow link": link,
            "session": session,
            "password": password,
        }
    )
    assert {"router", "router-worker", "serving", "serving-worker", "home", "home-worker"} <= set(logs)
    for name, text in {**logs, "metrics": metrics}.items():
        assert _found(text, hers) == [], f"in {name}"
    told = [line for line in logs["serving"].splitlines() if request_id in line]
    assert any('"event": "unexpected"' in line and "UndefinedTable" in line for line in told), "a fault can be found"
    assert any('"incident_id"' in line for line in told)
