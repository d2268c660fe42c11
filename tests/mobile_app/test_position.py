"""Which fixes count, how often one is asked for, and what waits for the router through gaps and kills."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobile_app.core.messages import Position
from mobile_app.core.position import (
    FASTEST_MPS,
    LAST_KNOWN,
    LastGasp,
    LatestPosition,
    ServerClock,
    UnsentPositions,
    distance_m,
    plan,
)
from mobile_app.net.track_file import KeptPositions

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
NORTH = 1 / 111_195  # degrees of latitude in a metre


def at(seconds: float, metres: float = 0.0, *, accuracy_m: float = 8.0, **more: Any) -> Position:
    """`metres` north of the city hall of Anyang."""
    place = {"lat": 37.4015 + metres * NORTH, "lon": 126.9227} | more
    return Position(accuracy_m=accuracy_m, fixed_at=NOON + timedelta(seconds=seconds), **place)


def taken(latest: LatestPosition, *fixes: Position) -> list[bool]:
    return [latest.take(fix, now=fix.fixed_at) for fix in fixes]


def test_a_metre_is_a_metre() -> None:
    assert distance_m(at(0), at(0, 1000)) == pytest.approx(1000, rel=1e-3)


def test_a_late_older_fix_never_replaces_a_newer_one() -> None:
    assert taken(LatestPosition(), at(0), at(-5), at(1)) == [True, False, True]


def test_one_reflected_signal_does_not_move_her() -> None:
    latest = LatestPosition()
    assert taken(latest, at(0), at(1, 600), at(2, 3)) == [True, False, True]
    assert latest.value == at(2, 3)


def test_a_jump_that_two_more_fixes_confirm_is_real() -> None:
    latest = LatestPosition()
    assert taken(latest, at(0), at(1, 900), at(2, 905), at(3, 910)) == [True, False, False, True]
    again = LatestPosition()
    fixes = (at(0), at(1, 900), at(2, -900), at(3, 905), at(4, 910), at(5, 915))
    assert taken(again, *fixes) == [True, False, False, False, False, True], "they must agree with one another"


def test_a_train_is_no_jump_and_a_gap_is_none_either() -> None:
    latest = LatestPosition()
    assert all(taken(latest, *(at(second, second * 65) for second in range(20))))
    assert taken(latest, at(200, 9000)) == [True]


def test_impossible_late_repeated_and_coarse_fixes_are_passed_over() -> None:
    latest = LatestPosition()
    assert taken(latest, at(0, lat=0.0, lon=0.0), at(0, lat=float("nan")), at(0, lat=91.0)) == [False] * 3
    assert taken(latest, at(10), at(9, 5), at(10), at(10, accuracy_m=4.0)) == [True, False, False, True]
    assert taken(latest, at(20, 300, accuracy_m=900.0), at(41, 300, accuracy_m=900.0)) == [False, True]
    assert taken(latest, at(42, accuracy_m=0.0)) == [True] and latest.value
    assert latest.value.accuracy_m == 50, "an accuracy of nothing is an unknown one"


def test_what_was_old_when_it_came_says_so_and_its_time_is_never_touched() -> None:
    latest = LatestPosition()
    latest.take(at(-300), now=NOON)
    assert latest.value and (latest.value.source, latest.value.fixed_at) == (LAST_KNOWN, at(-300).fixed_at)
    assert latest.age_s(NOON) == 300
    latest.take(at(0), now=NOON)
    assert latest.value.source == "gps" and latest.age_s(NOON - timedelta(seconds=5)) == 0


def test_one_fix_from_the_future_does_not_shut_out_all_that_come() -> None:
    latest = LatestPosition()
    assert latest.take(at(7 * 86400), now=NOON) and latest.take(at(1), now=NOON + timedelta(seconds=1))
    assert not latest.take(at(0.5), now=NOON + timedelta(seconds=2))


fixes = st.builds(
    at, st.floats(-100, 1000), st.floats(-20_000, 20_000), accuracy_m=st.floats(1, 2000),
)  # fmt: skip


@given(st.lists(fixes, max_size=30))
def test_time_never_runs_back_and_a_single_good_fix_never_throws_her_far(story: list[Position]) -> None:
    latest = LatestPosition()
    for fix in story:
        before = latest.value
        if latest.take(fix) and before and latest.value:
            assert latest.value.fixed_at >= before.fixed_at
    lone = LatestPosition(at(0))
    far = at(1, FASTEST_MPS * 3 + 100)
    for fix in (far, at(2)):
        lone.take(fix)
    assert lone.value == at(2)


@given(st.lists(st.floats(-60, 60), min_size=40, max_size=40), st.integers(0, 10_000))
def test_whatever_came_before_ten_good_fixes_of_one_walk_are_believed_in_the_end(
    noise: list[float], start: int
) -> None:
    latest = LatestPosition()
    for second, metres in enumerate(noise):
        latest.take(at(second, metres * 50))
    walk = [at(100 + second, start + second) for second in range(10)]
    for fix in walk:
        latest.take(fix)
    assert latest.value == walk[-1]


@given(st.sampled_from(["idle", "countdown", "active", "closed", "quiet"]), st.booleans(), st.booleans(),
       st.none() | st.integers(0, 100))  # fmt: skip
def test_a_plan_is_never_slower_for_more_battery_nor_for_an_alert(
    phase: str, moving: bool, walking: bool, percent: int | None
) -> None:
    asked = plan(phase, is_moving=moving, battery_percent=percent, is_walking=walking)
    full = plan(phase, is_moving=moving, battery_percent=100, is_walking=walking)
    assert 1 <= full.interval_s <= asked.interval_s <= 1800
    if phase in ("countdown", "active", "quiet") or walking:
        assert asked.is_high_accuracy and asked.interval_s <= 60
    if phase in ("countdown", "active"):
        assert asked.interval_s <= plan("idle", is_moving=moving, battery_percent=percent, is_walking=True).interval_s


def test_an_alert_on_the_move_asks_every_second() -> None:
    assert plan("active", is_moving=True, battery_percent=80).interval_s == 1
    assert plan("active", is_moving=True, battery_percent=4).interval_s == 15


def test_the_last_gasps_come_once_each_and_again_after_charging() -> None:
    gasp = LastGasp()
    assert [gasp.take(level) for level in (90, 6, 5, 5, 4, None, 2, 1, 0)] == [
        None,
        None,
        5,
        None,
        None,
        None,
        2,
        None,
        None,
    ]
    assert [gasp.take(level) for level in (3, 4, 60, 5, 2)] == [None, None, None, 5, 2]
    assert LastGasp().take(1) == 2


@given(st.lists(st.integers(0, 100), max_size=60))
def test_a_level_is_said_when_it_is_true_and_never_twice_without_charging(levels: list[int]) -> None:
    gasp, said = LastGasp(), []
    for level in sorted(levels, reverse=True):
        if (reached := gasp.take(level)) is not None:
            assert level <= reached
            said.append(reached)
    assert len(said) == len(set(said)) <= 2
    if levels:
        assert (min(levels) <= 5) == bool(said)


def test_the_routers_clock_keeps_the_surest_answer_and_does_not_mind_the_phones() -> None:
    clock = ServerClock()
    assert clock.now(3.0, NOON) == NOON and clock.offset_s(3.0, NOON) is None
    clock.observe(NOON, asked_s=10.0, answered_s=14.0)
    assert clock.now(22.0, NOON + timedelta(days=9)) == NOON + timedelta(seconds=10)
    clock.observe(NOON + timedelta(seconds=50), asked_s=60.0, answered_s=60.2)
    assert clock.now(60.1, NOON) == NOON + timedelta(seconds=50)
    clock.observe(NOON + timedelta(seconds=99), asked_s=70.0, answered_s=75.0)
    assert clock.now(70.1, NOON) == NOON + timedelta(seconds=60), "a slow answer does not replace a quick one"
    assert clock.offset_s(60.1, NOON) == pytest.approx(50)


@given(st.floats(-1e6, 1e6), st.lists(st.tuples(st.floats(0, 3), st.floats(0, 3), st.floats(1, 500)), min_size=1))
def test_the_routers_clock_is_never_wronger_than_it_says(skew_s: float, answers: Any) -> None:
    clock, now_s = ServerClock(), 0.0
    for up_s, down_s, pause_s in answers:
        now_s += pause_s
        clock.observe(NOON + timedelta(seconds=now_s + up_s), asked_s=now_s, answered_s=now_s + up_s + down_s)
        now_s += up_s + down_s
    wrong_s = (clock.now(now_s, NOON + timedelta(seconds=skew_s)) - NOON).total_seconds() - now_s
    assert abs(wrong_s) <= clock.unsure_s(now_s) + 1e-4


def test_a_long_gap_is_kept_from_its_beginning_and_its_newest_half_whole() -> None:
    queue = UnsentPositions(kept=100, next_seq=1)
    for second in range(3600):
        queue.add(at(second), at=NOON)
    kept = [position.seq - 1 for position in queue.waiting()]
    assert len(kept) == 100 and kept[0] == 0 and kept[-50:] == list(range(3550, 3600)) and kept == sorted(kept)
    gaps = [later - earlier for earlier, later in zip(kept[:50], kept[1:51], strict=True)]
    assert max(gaps) < 360, "and no stretch of the way is missing"


def test_the_queue_drops_what_is_acknowledged_in_any_order() -> None:
    queue = UnsentPositions(next_seq=10)
    for second in range(4):
        queue.add(at(second), at=NOON)
    for seq in (12, 99, 10, 12):
        queue.acknowledge(seq)
    assert [position.seq for position in queue.waiting()] == [11, 13]


def test_what_waited_outlives_a_kill_and_numbers_go_on(tmp_path: Path) -> None:
    path = tmp_path / "tracks" / "a.jsonl"
    queue = KeptPositions(path, next_seq=5)
    for second in range(4):
        queue.add(at(second), at=NOON)
    queue.acknowledge(6)
    again = KeptPositions(path, next_seq=1)  # no closing before: that is what a kill is
    assert again.waiting() == queue.waiting() and [one.seq for one in again.waiting()] == [5, 7, 8]
    assert again.add(at(9), at=NOON).seq == 9
    assert path.stat().st_mode & 0o077 == 0
    again.forget()
    again.acknowledge(9)
    assert not path.exists() and len(KeptPositions(path)) == 0, "an answer that comes late makes no new file"


def test_torn_lines_cost_only_themselves_at_every_offset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.fsync", lambda _: None)
    path = tmp_path / "a.jsonl"
    queue = KeptPositions(path)
    for second in range(3):
        queue.add(at(second), at=NOON)
    whole = path.read_bytes()
    ends = [index + 1 for index, byte in enumerate(whole) if byte == 10]
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        found = len(KeptPositions(path))
        assert found == sum(cut >= end - 1 for end in ends)
    path.write_bytes(whole.replace(b'"lat"', b"\xff\xfe", 1))
    assert [one.seq for one in KeptPositions(path).waiting()] == [2, 3]


def test_the_file_stays_small_however_long_it_goes_well(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    queue = KeptPositions(path, kept=20)
    for second in range(500):
        queue.acknowledge(queue.add(at(second), at=NOON).seq)
    queue.add(at(501), at=NOON)
    assert len(path.read_bytes().splitlines()) <= 85 and len(KeptPositions(path, kept=20)) == 1
    assert json.loads(path.read_bytes().splitlines()[-1])["seq"] == 501


def test_a_full_disk_takes_nothing_from_memory(tmp_path: Path) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("in the way")
    queue = KeptPositions(blocked / "a.jsonl")
    queue.add(at(0), at=NOON)
    assert len(queue) == 1
