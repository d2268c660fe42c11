"""The running phone against a real HTTP and WebSocket server on loopback, without a window."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mobile_app.core import session
from mobile_app.core.session import Confirmed, Shaken
from mobile_app.disk import read_json
from mobile_app.service import session_file
from mobile_app.service.phone import FolderInUse
from tests.mobile_app.local_router import LocalRouter
from tests.mobile_app.running import PINS, Running, fix, until  # noqa: F401  other stories begin here


async def test_a_shake_reaches_the_router_with_position_and_battery(start: Any, router: LocalRouter) -> None:
    on = await start()
    on.device.location.give(fix())
    await asyncio.sleep(0.05)
    on.phone.tell(Shaken())
    await until(lambda: router.phases() == ["pre"])
    assert router.alerts[0]["position"]["lat"] == 37.4015 and router.alerts[0]["battery_percent"] == 80
    await until(lambda: "accepted" in on.names())
    on.phone.tell(Confirmed())
    await until(lambda: router.phases() == ["pre", "active"] and on.phone.session.center)
    await until(lambda: router.positions)
    assert on.names()[:3] == ["shake", "pre_sent", "accepted"] and len({a["alert_id"] for a in router.alerts}) == 1
    assert on.device.vibrator.felt


async def test_positions_of_a_gap_come_in_one_batch_and_in_order(start: Any, router: LocalRouter) -> None:
    on = await start()
    on.phone.tell(Shaken())
    await until(lambda: router.lines)
    on.device.location.give(fix(0))
    await until(lambda: router.positions)
    on.device.radio.on = False
    await until(lambda: on.views[-1].is_reconnecting)
    for second in range(1, 6):
        on.device.location.give(fix(second, 37.4015 + second / 1e4))
    await asyncio.sleep(0.2)
    on.device.radio.on = True
    await until(lambda: len(router.positions) >= 6)
    batch = [position["lat"] for way, position in router.positions if way == "batch"]
    assert batch == [round(37.4015 + second / 1e4, 7) for second in range(1, 6)]
    sequence = [position["seq"] for _, position in router.positions]
    assert sequence == sorted(set(sequence))


async def test_the_line_comes_back_and_brings_statuses(start: Any, router: LocalRouter) -> None:
    on = await start(countdown_s=0.0)
    on.phone.tell(Shaken())
    await until(lambda: router.lines)
    alert_id = on.phone.session.alert_id
    router.break_line(alert_id)
    await until(lambda: router.connections == 2)
    router.tell(alert_id, "received")
    await until(lambda: [step.state for step in on.phone.session.steps] == ["raised", "received"])
    router.tell(alert_id, "closed")
    await until(lambda: on.phone.session.phase == "closed")


def record_of(folder: Path, alert_id: str) -> dict[str, str]:
    """What somebody finds who reads the phone's folder."""
    files = [path for path in folder.rglob("*.json") if path.name != "last_position.json"]
    texts = {path.name: path.read_text().replace(alert_id, "<alert>") for path in files}
    return {name: re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "<time>", text) for name, text in texts.items()}


def forget(folder: Path) -> None:
    for path in folder.glob("*.json"):
        path.unlink()


async def test_after_duress_and_after_cancel_files_traffic_and_screen_are_alike(
    start: Any, router: LocalRouter, tmp_path: Path
) -> None:
    """Invariant 9 for somebody who holds the phone, reads its folder and counts what goes over the air."""
    records, traffic = [], []
    for pin in ("1234", "9876"):
        on = await start()
        alert_at = len(router.sizes)
        on.phone.tell(Shaken())
        await until(lambda: router.alerts and router.alerts[-1]["phase"] == "pre")
        await until(lambda on=on: on.phone.session.center)
        on.phone.enter_pin(pin)
        await until(lambda: router.alerts[-1]["phase"] == "ended")
        await asyncio.sleep(0.3)
        router.positions.clear()
        on.device.location.give(fix())
        await asyncio.sleep(3.0)
        assert on.views[-1].phase == "idle" and not on.views[-1].is_reconnecting
        alert_id = router.alerts[-1]["alert_id"]
        records.append(record_of(tmp_path, alert_id))
        traffic.append((router.sizes[alert_at:], [way for way, _ in router.positions], on.names()))
        await on.stop()
        forget(tmp_path)
    assert records[0] == records[1] and "<alert>" in records[0]["session.json"]
    assert traffic[0] == traffic[1] and traffic[0][1] == ["batch"]


async def test_wrong_pins_make_the_next_one_wait_also_after_a_restart(
    start: Any, router: LocalRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "LONGEST_PIN_PAUSE_S", 1.0)
    on = await start()
    on.phone.tell(Shaken())
    await until(lambda: router.alerts)
    for guess in ("0000", "0001", "0002"):
        await asyncio.wrap_future(on.phone.enter_pin(guess))
    await on.stop()
    again = await start()
    began = time.monotonic()
    await asyncio.gather(*(asyncio.wrap_future(again.phone.enter_pin(pin)) for pin in ("0003", "0004", "1234")))
    assert time.monotonic() - began > 2.9
    assert again.phone.session.phase == "idle" and again.phone.session.wrong_pins == 0


async def test_a_killed_phone_resumes_its_alert_and_its_line_without_a_second_alert(
    start: Any, router: LocalRouter
) -> None:
    on = await start(countdown_s=0.0)
    on.phone.tell(Shaken())
    await until(lambda: router.connections == 1)
    await on.stop()
    again = await start()
    await until(lambda: router.connections == 2)
    assert again.phone.session.phase == "active" and router.phases() == ["active"]
    again.device.location.give(fix())
    await until(lambda: router.positions)


async def test_the_last_known_position_outlives_the_phone_and_says_so(start: Any, router: LocalRouter) -> None:
    on = await start()
    on.device.location.give(fix(-100))
    await asyncio.sleep(0.1)
    await on.stop()
    again = await start()
    again.phone.tell(Shaken())
    await until(lambda: router.alerts)
    assert router.alerts[0]["position"]["source"] == "last_known"


@pytest.mark.parametrize("trigger", [Shaken(), session.PinChecked("duress")], ids=["shake", "duress at rest"])
async def test_an_old_place_goes_at_once_and_the_fresh_one_the_moment_it_comes(
    start: Any, router: LocalRouter, trigger: Any
) -> None:
    on = await start()
    on.device.location.give(fix(0, 37.1))
    await until(lambda: on.phone._place.value)
    on.phone._place._latest.value = old = fix(-500, 37.1)  # ten minutes at rest
    assert on.device.location.plans[-1] == (600.0, False)
    on.phone.apply(trigger)
    assert on.device.location.plans[-1] == (1.0, True), "asked in the same moment"
    await until(lambda: router.alerts and router.lines)
    said = router.alerts[0]["position"]
    assert (said["lat"], said["source"], said["fixed_at"][:19]) == (37.1, "last_known", old.fixed_at.isoformat()[:19])
    count = len(router.alerts)
    on.device.location.give(fix(0, 37.1001))
    await until(lambda: any(one["lat"] == 37.1001 and one["source"] == "gps" for _, one in router.positions))
    assert len(router.alerts) == count, "no second message"


def screen(views: list[Any]) -> list[Any]:
    return [replace(view, settings=None) for view in views]


async def test_a_covert_alert_changes_nothing_on_the_home_screen_not_even_the_age_of_the_place(
    start: Any, router: LocalRouter
) -> None:
    on = await start()
    on.device.location.give(fix(-200))
    await until(lambda: on.views and on.views[-1].fixed_at)
    rest = on.views[-1]
    for _ in range(5):
        on.phone.tell(session.Tapped())
    await until(lambda: router.lines)
    for second in range(3):
        on.device.location.give(fix(second))
    await until(lambda: len(router.positions) >= 3)
    router.down = True
    on.phone.apply(Confirmed())
    on.phone.apply(session.PinChecked("duress"))
    await until(lambda: not on.phone._reachable)
    assert set(map(repr, screen(on.views[on.views.index(rest) :]))) == {repr(replace(rest, settings=None))}
    await asyncio.wrap_future(on.phone.reach())  # somebody looks at the readiness check
    on.device.location.give(fix(4))
    await until(lambda: on.views[-1].fixed_at != rest.fixed_at)


async def test_an_end_that_the_disk_did_not_take_is_written_as_soon_as_it_does(
    start: Any, router: LocalRouter, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    on = await start(countdown_s=0.0)
    on.phone.apply(Shaken())
    await until(lambda: router.phases() == ["active"])
    with monkeypatch.context() as full:
        full.setattr(session_file, "write_json", refuse)
        on.phone.apply(session.PinChecked("cancel"))
        await until(lambda: router.phases() == ["active", "ended"] and not len(on.phone._outbox))
    await until(lambda: read_json(tmp_path / "session.json")["phase"] == "idle")


def refuse(*_: Any) -> None:
    raise OSError("no space left on device")


async def test_a_damaged_session_leaves_nobody_alone(start: Any, router: LocalRouter, tmp_path: Path) -> None:
    on = await start(countdown_s=0.0)
    on.phone.apply(Shaken())
    await until(lambda: router.connections == 1)
    await on.stop()
    (tmp_path / "session.json").write_text("{torn")
    again = await start()
    await until(lambda: router.connections == 2)
    again.device.location.give(fix())
    await until(lambda: router.positions)
    assert again.phone.session.phase == "idle" and router.phases() == ["active"]


DEEP, HUGE = "[" * 100_000, "9" * 400
DAMAGED = {
    "session.json": (DEEP, '{"phase": "active"}', '{"phase": "countdown", "alert_id": "x", "started_s": ' + HUGE + "}"),
    "ladder.json": (DEEP, '{"a": 5}', '{"a": {"phase": []}}'),
    "tracks.json": (DEEP, '{"x": 5}', "[1]"),
    "trial.json": (DEEP, '{"alert_id": ""}', '{"alert_id": "no id"}'),
    "last_position.json": (DEEP, '{"lat": "x"}', '{"lat": 1, "lon": 1, "fixed_at": 5}'),
    "outbox/000000000001-019aa6e1-5b2a-7c3d-9e4f-0123456789ab-active.json": (
        DEEP, "{}", '{"alert_id": "x", "phase": "asleep", "raised_at": "2026-11-22T00:00:00Z"}',
    ),
}  # fmt: skip


@pytest.mark.parametrize("number", range(3))
async def test_whatever_lies_in_its_folder_the_phone_starts_and_calls_for_help(
    start: Any, router: LocalRouter, tmp_path: Path, number: int
) -> None:
    (tmp_path / "outbox").mkdir(mode=0o700)
    for name, texts in DAMAGED.items():
        (tmp_path / name).write_text(texts[number])
    on = await start()
    on.phone.apply(session.PinChecked("cancel"))
    on.phone.apply(Shaken())
    await until(lambda: {"active", "pre"} <= set(router.phases()))
    assert on.phone.session.phase == "countdown" and not on.task.done()


async def test_asked_where_she_is_the_phone_says_its_last_fix_again_and_other_questions_are_passed_over(
    start: Any, router: LocalRouter
) -> None:
    on = await start()
    on.device.location.give(fix())
    on.phone.tell(Shaken())
    await until(lambda: router.lines and router.positions)
    [alert_id], said = router.lines, len(router.positions)
    router.ask(alert_id, "shoe size")
    router.ask(alert_id, "position")
    await until(lambda: len(router.positions) == said + 1)
    first, last = router.positions[0][1], router.positions[-1][1]
    assert (last["lat"], last["fixed_at"]) == (first["lat"], first["fixed_at"])


async def test_sign_up_is_kept_and_the_caller_is_named(start: Any, router: LocalRouter, tmp_path: Path) -> None:
    on = await start()
    await asyncio.wrap_future(on.phone.sign_up(nickname="민지", phone="01012345678"))
    on.phone.tell(Shaken())
    await until(lambda: router.alerts)
    assert router.alerts[0]["caller"]["nickname"] == "민지" and router.alerts[0]["home"] == "41170"
    assert (tmp_path / "settings.json").stat().st_mode & 0o077 == 0


async def test_two_phones_never_share_a_folder(start: Any, tmp_path: Path, router: Any) -> None:
    await start()
    with pytest.raises(FolderInUse, match="another phone"):
        Running(tmp_path, router.url)


async def test_a_refusing_router_still_gets_the_alert_in_the_end(start: Any, router: LocalRouter) -> None:
    router.refuse = {"pre": 422}
    on = await start()
    on.phone.tell(Shaken())
    await asyncio.sleep(0.2)
    on.phone.tell(Confirmed())
    await until(lambda: "active" in router.phases())
