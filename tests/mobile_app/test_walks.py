"""A running phone on a walk: against a real home center on loopback, through dead zones, kills, and both PINs."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mobile_app.core import walk as w
from mobile_app.core.messages import write_time
from mobile_app.core.session import Confirmed
from mobile_app.net import walks as net
from mobile_app.problem import Problem
from mobile_app.service import walks
from server.walks import routes  # noqa: F401  read before the first story: it takes longer than a phone waits
from tests.mobile_app.local_router import LocalRouter
from tests.mobile_app.running import fix, until
from tests.mobile_app.test_phone import forget

GUARDIAN = "0190d2a0-0000-7000-8000-00000000000a"
PLAN = w.Plan(lat=37.41, lon=126.93, place_name="집", eta_s=1200, guardians=(GUARDIAN,), taxi_note="12가3456")
SIGNED = {"device_token": "device-token", "person_id": "p"}


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walks, "FIRST_TRY_S", 30.0)


def heard(router: LocalRouter, what: str) -> list[Any]:
    return [said for kind, said in router.walk_heard if kind == what]


def kept(folder: Path) -> str:
    """The phone's file, whenever it was written."""
    return re.sub(r"2\d{3}-[-\dT:.+]+", "<time>", (folder / "walk.json").read_text())


async def begin(on: Any, plan: w.Plan = PLAN) -> None:
    await asyncio.wrap_future(on.phone.begin_walk(plan))


async def test_a_walk_through_a_dead_zone_and_a_kill_tells_everything_in_its_order(
    start: Any, router: LocalRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(net, "POST_EVERY_S", 0.0)
    on = await start(**SIGNED)
    on.device.location.give(fix())
    await until(lambda: on.phone._place.value)
    await begin(on)
    await until(lambda: on.views[-1].walk.is_known)
    body = heard(router, "begin")[0]
    assert set(body["origin"]) == {"lat", "lon"} and body["eta_s"] == 1200 and body["taxi_note"] == "12가3456"
    assert on.views[-1].walk.place_name == "집"
    assert on.device.notifier.shown["walk"][0] == "안심귀가 중"
    on.device.location.give(fix(1, 37.402))
    await until(lambda: heard(router, "positions"))
    await until(lambda: on.device.location.plans[-1] in ((5.0, True), (20.0, True)))
    on.device.radio.on = False
    for second in range(2, 6):
        on.device.location.give(fix(second, 37.402 + second / 1e4))
    on.phone.answer_walk("extend", 30)
    await until(lambda: on.views[-1].walk.is_known is False)
    await on.stop()
    with pytest.raises(Problem):
        await begin(await start(**SIGNED), PLAN)
    await until(lambda: heard(router, "answer"))
    (said,) = (json.loads(one) for one in heard(router, "answer"))
    waited = datetime.fromisoformat(said.pop("sent_at")) - datetime.fromisoformat(said.pop("at"))
    assert said == {"what": "extend", "no": 1, "minutes": 30} and waited > timedelta(), "written down before the kill"
    await until(lambda: sum(map(len, heard(router, "positions"))) == 5)
    assert len(heard(router, "positions")) == 2 and len(heard(router, "begin")) == 1


async def test_the_home_center_asks_and_raises_and_the_phone_takes_that_very_alert_up(
    start: Any, router: LocalRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(net, "LISTEN_EVERY_S", 0.05)
    monkeypatch.setattr(net, "LISTEN_ASKED_S", 0.05)
    on = await start(**SIGNED)
    await begin(on)
    router.walk_says = {"rung": "called", "trouble": "stopped", "version": 2}
    await until(lambda: on.views[-1].walk.rung == "called")
    assert on.device.speaker.played == ["ring"] and on.device.notifier.shown["walk"][0] == "괜찮으세요?"
    router.walk_says = {"rung": "raised", "version": 3}
    await until(lambda: router.phases() == ["active"])
    assert router.alerts[0]["alert_id"] == router.walk["alert_id"] and router.alerts[0]["trigger"] == "overdue_walk"
    assert on.device.speaker.played == ["ring", ""] and on.views[-1].phase == "active"
    on.phone.enter_pin("1234")
    await until(lambda: heard(router, "answer") and router.phases() == ["active", "ended"])
    assert json.loads(heard(router, "answer")[0])["what"] == "cancel" and on.views[-1].walk.ended == "cancel"


async def test_alone_without_data_an_overdue_walk_is_raised_once_also_by_a_phone_that_was_killed(
    start: Any, router: LocalRouter, tmp_path: Path
) -> None:
    on = await start(**SIGNED)
    on.device.radio.on = False
    await begin(on, w.Plan(kind="timer", eta_s=600))
    alert_id = json.loads((tmp_path / "walk.json").read_text())["walk"]["alert_id"]
    assert not on.views[-1].walk.is_known
    now = on.phone._walks._now
    on.phone._walks._now = lambda: now() + timedelta(minutes=11)
    await until(lambda: on.views[-1].walk.rung == "prompted")
    on.phone._walks._now = lambda: now() + timedelta(minutes=16)
    for rung in ("called", "guardians", "raised"):
        on.phone._walks.tick()
        assert on.views[-1].walk.rung == rung
        on.phone._walks._now = lambda minutes=20 + 5 * w.RUNGS.index(rung): now() + timedelta(minutes=minutes)
    assert on.phone.session.alert_id == alert_id and on.phone.session.phase == "countdown"
    await on.stop()
    again = await start(**SIGNED)
    again.phone.tell(Confirmed())
    await until(lambda: "active" in router.phases())
    assert {one["alert_id"] for one in router.alerts} == {alert_id}


async def test_both_pins_end_a_walk_alike_and_only_one_calls_for_help(
    start: Any, router: LocalRouter, tmp_path: Path
) -> None:
    """Invariant 9: the same question, the same answer to the window, bytes to the home center of one size that differ
    in six letters as an alert's end does, the same file and the same view."""
    lived: list[Any] = []
    for pin, verdict in (("1234", "cancel"), ("9876", "duress")):
        on = await start(**SIGNED)
        router.walk_heard.clear()
        await begin(on)
        answers = [await asyncio.wrap_future(on.phone.end_walk("cancel", one)) for one in ("", "0000", pin)]
        await until(lambda: heard(router, "answer"))
        await until(lambda on=on: not on.phone._walks.is_busy)
        on.device.location.give(fix())
        await until(lambda on=on: on.device.location.plans[-1] == (5.0, True))
        await until(lambda pin=pin: pin == "1234" or router.phases() == ["active", "ended"])
        view = on.views[-1]
        (said,) = (one.decode() for one in heard(router, "answer"))
        assert said == f'{{"what":"cancel","no":1,"outcome":"{verdict}"}}'
        said = said.replace(f'"{verdict}"}}', '"******"}')
        lived.append((answers, said, kept(tmp_path), view.walk, view.phase,
                      view.notice, on.device.vibrator.felt, on.device.notifier.shown))  # fmt: skip
        await on.stop()
        forget(tmp_path)
    assert lived[0] == lived[1] and lived[0][0] == ["pin_needed", "wrong_pin", ""]
    assert [(one["phase"], one["trigger"]) for one in router.alerts] == [("active", "duress"), ("ended", "duress")]


async def test_arriving_far_from_where_she_was_going_asks_for_the_pin_and_a_refusal_is_told(
    start: Any, router: LocalRouter
) -> None:
    on = await start(**SIGNED)
    router.walk_refusal = 409
    with pytest.raises(Problem) as refused:
        await begin(on)
    assert refused.value.code == "walk_runs" and on.phone._walks.book == w.Book()
    router.walk_refusal = 0
    await begin(on)
    assert await asyncio.wrap_future(on.phone.end_walk("arrived")) == "pin_needed"
    on.device.location.give(replace(fix(), lat=37.4101, lon=126.9301))
    await until(lambda: on.phone._place.value)
    assert await asyncio.wrap_future(on.phone.end_walk("arrived")) == ""
    assert on.views[-1].walk.ended == "arrived" and "walk" not in on.device.notifier.shown


async def test_a_begin_refused_late_leaves_the_phone_watching_alone_and_a_forbidden_one_is_tried_again(
    start: Any, router: LocalRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walks, "FIRST_TRY_S", 0.2)
    on = await start(**SIGNED)
    on.device.radio.on = False
    await begin(on)
    began_at = on.phone._walks.book.walk.began_at
    router.walk_refusal = 401
    on.device.radio.on = True
    await until(lambda: heard(router, "begin"))
    assert on.phone._walks.book.walk and not on.phone._walks.book.walk.is_alone
    body = heard(router, "begin")[0]
    assert body["eta_s"] == 1200 and body["until"] == write_time(began_at + timedelta(seconds=1200))
    router.walk_refusal = 409
    await until(lambda: on.phone._walks.book.walk.is_alone)
    assert on.device.notifier.shown["walk"][0] == "센터가 이 안심귀가를 지켜보지 않습니다"
    now = on.phone._walks._now
    on.phone._walks._now = lambda: now() + timedelta(minutes=26)
    await until(lambda: on.views[-1].walk.rung == "prompted")


async def test_one_bad_position_of_many_is_the_only_one_that_is_dropped() -> None:
    took: list[int] = []

    class Wire:
        async def positions(self, _: str, some: Any) -> Any:
            if any(one.seq == 5 for one in some):
                raise net.Refused(422, Problem("bad", "", ""))
            took.extend(one.seq for one in some)
            return {}

    class Kept:
        def acknowledge(self, seq: int) -> None:
            done.append(seq)

    done: list[int] = []
    sender = net.WalkSender(Wire(), keeper=None, is_on=lambda: True)  # type: ignore[arg-type]
    book, _ = w.begin(w.Book(), PLAN, walk_id="w", alert_id="a", origin=None, now=fix().fixed_at)
    assert book.walk is not None
    await sender._post(book.walk, Kept(), [replace(fix(), seq=seq) for seq in range(1, 12)])  # type: ignore[arg-type]
    assert took == [1, 2, 3, 4, 6, 7, 8, 9, 10, 11] and done == list(range(1, 12))
