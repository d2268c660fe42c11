"""What may go wrong between a phone and an operator's screen, on the real system of real processes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from server.demo.world import World
from tests.bench.load import alert, new_alert_id
from tests.journeys.world import ANYANG_CODE, small_world

NEIGHBOURS = "41410,41430,41290"  # 군포시, 의왕시, 과천시


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with small_world(with_home=False, with_video=False, serves=ANYANG_CODE, second=NEIGHBOURS) as running:
        _wait_online(running, {ANYANG_CODE, *NEIGHBOURS.split(",")})
        yield running


def _wait_online(world: World, codes: set[str], timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        centers = httpx.get(f"{world.urls['router']}/v1/centers", trust_env=False).json()["centers"]
        if codes <= {center["code"] for center in centers if center["state"] in ("online", "degraded")}:
            return
        time.sleep(0.2)
    raise AssertionError(f"centers never came online: {codes}")


def _post(world: World, body: Any) -> httpx.Response:
    return httpx.post(f"{world.urls['router']}/v1/alerts", json=body, timeout=10, trust_env=False)


@contextmanager
def _desk(world: World, name: str = "serving") -> Iterator[httpx.Client]:
    login = world.logins["operator" if name == "serving" else f"{name} operator"]
    with httpx.Client(base_url=world.urls[name], timeout=10, trust_env=False) as client:
        answer = client.post("/api/login", json={"login": login.login, "password": login.password})
        assert answer.status_code == 200, answer.text
        yield client


def _cards(desk: httpx.Client, alert_id: str, state: str = "open") -> list[dict[str, Any]]:
    reason = {"reason": "the story of a test"}
    answer = desk.get("/api/incidents") if state == "open" else desk.post("/api/incidents/search", json=reason)
    return [card for card in answer.json()["incidents"] if alert_id in card["alert_ids"]]


def _wait_card(world: World, alert_id: str, name: str = "serving", timeout_s: float = 15) -> dict[str, Any]:
    deadline = time.monotonic() + timeout_s
    with _desk(world, name) as desk:
        while time.monotonic() < deadline:
            if cards := _cards(desk, alert_id):
                assert len(cards) == 1
                return cards[0]
            time.sleep(0.1)
    raise AssertionError(f"alert {alert_id} never reached the screen of {name}")


def test_five_copies_in_parallel_and_after_a_restart_are_one_incident_and_one_card(world: World) -> None:
    alert_id = new_alert_id()
    body = alert(alert_id)

    async def five() -> list[httpx.Response]:
        async with httpx.AsyncClient(base_url=world.urls["router"], trust_env=False) as http:
            return list(await asyncio.gather(*(http.post("/v1/alerts", json=body) for _ in range(5))))

    answers = asyncio.run(five())
    assert [answer.status_code for answer in answers] == [202] * 5
    assert {answer.json()["assignment_no"] for answer in answers} == {1}
    card = _wait_card(world, alert_id)
    for name in ("router", "serving"):
        world.children[name].kill()
        world.children[name] = world.children[name].restarted()
        world.children[name].wait_ready()
    again = _post(world, body)
    assert (again.status_code, again.json()["assignment_no"]) == (202, 1)
    time.sleep(1)
    assert _wait_card(world, alert_id)["incident_id"] == card["incident_id"]


@pytest.mark.parametrize(
    ("what", "change", "flag"),
    [
        ("axes swapped", {"position": {"lat": 126.9227, "lon": 37.4015, "accuracy_m": 10}}, "swapped"),
        ("null island", {"position": {"lat": 0, "lon": 0, "accuracy_m": 10}}, "no_position"),
        ("clock in 2027", {"raised_at": "2027-06-01T00:00:00Z"}, "future"),
        ("wrong types", {"battery_percent": "many", "caller": ["x"], "countdown_s": {}}, "odd_fields"),
        ("no position", {"position": None}, "no_position"),
        ("latitude as text that is no number", {"position": {"lat": "north", "lon": 126.9}}, "no_position"),
    ],
)
def test_an_odd_alert_is_accepted_flagged_and_shown(world: World, what: str, change: dict[str, Any], flag: str) -> None:
    alert_id = new_alert_id()
    answer = _post(world, alert(alert_id, home=ANYANG_CODE) | change)
    assert answer.status_code == 202, (what, answer.text)
    assert flag in answer.json()["flags"]
    desk = "serving" if answer.json()["center"]["code"] == ANYANG_CODE else "second"
    assert flag in _wait_card(world, alert_id, desk)["flags"]


def test_nan_is_no_position_and_a_megabyte_is_refused_but_kept(world: World) -> None:
    alert_id = new_alert_id()
    text = f'{{"alert_id":"{alert_id}","phase":"active","home":"{ANYANG_CODE}","position":{{"lat":NaN,"lon":126.9}}}}'
    answer = httpx.post(f"{world.urls['router']}/v1/alerts", content=text, trust_env=False)
    assert answer.status_code == 202
    assert "no_position" in answer.json()["flags"]
    huge = httpx.post(
        f"{world.urls['router']}/v1/alerts", json={"alert_id": alert_id, "note": "가" * 1_000_000}, trust_env=False
    )
    assert huge.status_code == 413
    assert huge.json()["message_ko"] and huge.json()["message_en"]
    nobody = _post(world, {"phase": "active"})
    assert nobody.status_code in (400, 422)
    assert "alert_id" in nobody.text


def test_a_desk_that_is_down_loses_nothing_and_the_next_desk_has_it_meanwhile(world: World) -> None:
    for name in ("serving", "serving worker"):
        world.children[name].kill()
    alert_id = new_alert_id()
    answer = _post(world, alert(alert_id))
    assert answer.status_code == 202
    taken = _wait_card(world, alert_id, "second", timeout_s=20)
    assert taken["assignment"]["assignment_no"] >= 1
    for name in ("serving", "serving worker"):
        world.children[name] = world.children[name].restarted()
        world.children[name].wait_ready()
    _wait_online(world, {ANYANG_CODE})
    with _desk(world) as desk:
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            mine = _cards(desk, alert_id) + _cards(desk, alert_id, "closed")
            if mine or answer.json()["center"]["code"] != ANYANG_CODE:
                break
            time.sleep(0.2)
    # Assigned here first and then moved: a card that says where it went, unless no letter ever left for the dead desk.
    if mine and answer.json()["center"]["code"] == ANYANG_CODE:
        assert mine[0]["superseded"] or mine[0]["state"] == "transferred"
        assert taken["assignment"]["assignment_no"] == 2
    next_id = new_alert_id()
    assert _post(world, alert(next_id)).json()["center"]["code"] == ANYANG_CODE
    assert _wait_card(world, next_id)["assignment"]["reason"] == "contains"


def test_when_every_desk_is_down_the_alert_waits_and_arrives(world: World) -> None:
    stopped = ("serving", "serving worker", "second", "second worker")
    for name in stopped:
        world.children[name].kill()
    alert_id = new_alert_id()
    assert _post(world, alert(alert_id)).status_code == 202
    time.sleep(2)
    for name in stopped:
        world.children[name] = world.children[name].restarted()
        world.children[name].wait_ready()
    deadline = time.monotonic() + 20
    found: list[dict[str, Any]] = []
    while time.monotonic() < deadline and not found:
        for name in ("serving", "second"):
            with _desk(world, name) as desk:
                found += _cards(desk, alert_id)
        time.sleep(0.2)
    assert found
