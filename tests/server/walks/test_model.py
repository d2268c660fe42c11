"""The laws of the assessment, and the stories in which it must find something. Traces are made up (`traces.py`)."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from location_router.wire import Position
from server.patience import Patience, patience_of
from server.walks.assessing import walk_of
from server.walks.memory import Fix, Memory, Walk, memory_from
from server.walks.model import assess, eta, look_at
from server.walks.replay import Watch, replayed
from server.walks.rows import Running
from server.walks.trace import read_fixes
from tests.server.walks.traces import KINDS, TROUBLES, fix_at, place_at, story, trouble

NIGHT = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)  # half past eleven in Korea
DAY = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
SEED = st.integers(0, 100_000)
few = settings(max_examples=12, deadline=None)


def a_walk(begun: datetime = NIGHT, *, until: datetime | None = None) -> Walk:
    return Walk(begun, origin=place_at(0, 0), destination=place_at(1500, 0), until=until)


def straight(begun: datetime, seconds: int, *, every: int = 5, speed: float = 1.3) -> list[Fix]:
    return [fix_at(begun + timedelta(seconds=t), speed * t, 0.0, 8.0) for t in range(0, seconds, every)]


def watched(walk: Walk, fixes: list[Fix], *, until: datetime | None = None) -> Watch:
    watch = Watch(walk)
    for fix in fixes:
        watch.until(fix.fixed_at)
        watch.hear(fix, fix.fixed_at)
    if until:
        watch.until(until)
    return watch


def said(watch: Watch) -> list[tuple[str, str]]:
    return [(one["state"], one["rung"]) for one in watch.watched.changes]


def test_a_straight_walk_says_nothing_but_that_she_is_there() -> None:
    watch = watched(a_walk(), [*straight(NIGHT, 1150), *_standing(NIGHT + timedelta(seconds=1155), 1500, 0, 200)])
    assert said(watch) == [("arrived", "calm")]


def _standing(begun: datetime, x: float, y: float, seconds: int, *, every: int = 5) -> list[Fix]:
    return [fix_at(begun + timedelta(seconds=t), x + t % 3, y, 8.0) for t in range(0, seconds, every)]


@few
@given(seed=SEED, kind=st.sampled_from(sorted(KINDS)), share=st.floats(0.01, 0.3))
def test_jumps_alone_never_escalate(seed: int, kind: str, share: float) -> None:
    """Whatever share of single fixes jumps: what was calm without them is calm with them."""
    fixes = story(kind, seed, hour=14.0, spoilt=False)
    if replayed(read_fixes(fixes)).escalations:
        return
    dice = Random(seed)
    jumping = [fixes[0]]
    for one, other in zip(fixes, fixes[1:], strict=False):
        far = 200.0 + 60.0 * (other.fixed_at - one.fixed_at).total_seconds() * dice.uniform(1.1, 20)
        angle = dice.uniform(0, 2 * math.pi)
        jumped = fix_at(other.fixed_at, far * math.cos(angle), far * math.sin(angle))
        back = other._replace(lat=other.lat + jumped.lat - 37.39, lon=other.lon + jumped.lon - 126.95)
        jumping.append(back if dice.random() < share and jumping[-1] is one else other)
    assert replayed(read_fixes([*jumping[:-1], fixes[-1]])).escalations == 0


@pytest.mark.parametrize("far_m", [600, 5_000, 500_000])
def test_one_jump_changes_neither_state_nor_expected_arrival(far_m: float) -> None:
    """Faster than 60 m/s and back: red without that gate, as the windows alone do not stand it."""
    fixes = straight(DAY, 1150)
    fixes[100] = fix_at(fixes[100].fixed_at, 1.3 * 500, far_m, 8.0)
    at = fixes[100].fixed_at
    moved, still = (watched(a_walk(DAY), one[:101]).memory for one in (fixes, straight(DAY, 1150)))
    jumped_at, expected_at = (eta(a_walk(DAY), memory, at) for memory in (moved, still))
    assert jumped_at is not None and expected_at is not None and abs(jumped_at - expected_at) < timedelta(seconds=20)
    watch = watched(a_walk(DAY), [*fixes, *_standing(DAY + timedelta(seconds=1155), 1500, 0, 200)])
    assert said(watch) == [("arrived", "calm")]


@few
@given(seed=SEED)
def test_a_wrong_first_fix_is_forgotten(seed: int) -> None:
    fixes = straight(NIGHT, 1150)
    far = Random(seed).uniform(2_000, 2_000_000)
    watch = watched(
        a_walk(), [fix_at(NIGHT, far, far, 8.0), *fixes[1:], *_standing(NIGHT + timedelta(0, 1155), 1500, 0, 200)]
    )
    assert said(watch)[-1] == ("arrived", "calm")
    assert watch.watched.escalations == 0


@few
@given(seed=SEED, kind=st.sampled_from(sorted(KINDS)))
def test_repeated_and_late_fixes_change_nothing(seed: int, kind: str) -> None:
    dice, memory = Random(seed), Memory()
    fixes = story(kind, seed)[:400]
    walk = Walk(fixes[0].fixed_at, origin=place_at(0, 0), destination=place_at(900, 300))
    now, before = walk.begun_at, list[Fix]()
    for fix in fixes:
        now = max(now, fix.fixed_at)
        memory, _ = assess(walk, memory, fix, now)
        before.append(fix)
        again, changes = assess(walk, memory, dice.choice(before), now)
        assert again == memory and changes == ()


@few
@given(seed=SEED, kind=st.sampled_from(sorted(KINDS)), shift=st.lists(st.integers(-900, 900), min_size=30, max_size=30))
def test_time_never_runs_backwards(seed: int, kind: str, shift: list[int]) -> None:
    """Whatever the clocks of phone and server do, what is reported goes forward, and the memory that went in stays."""
    fixes = story(kind, seed)[:300]
    walk, memory, last = a_walk(fixes[0].fixed_at), Memory(), fixes[0].fixed_at
    for number, fix in enumerate(fixes):
        kept = memory.as_json()
        after, changes = assess(walk, memory, fix, fix.fixed_at + timedelta(seconds=shift[number % 30]))
        assert memory.as_json() == kept and after.at >= memory.at and after.newest_t >= memory.newest_t
        assert memory_from(json.loads(json.dumps(after.as_json()))) == after
        for change in changes:
            assert change.at >= last
            last = change.at
        memory = after


@few
@given(seed=SEED)
def test_arrived_is_final(seed: int) -> None:
    walk = a_walk()
    watch = watched(walk, [*straight(NIGHT, 1150), *_standing(NIGHT + timedelta(seconds=1155), 1500, 0, 200)])
    assert watch.memory.state == "arrived" and look_at(walk, watch.memory) is None
    for fix in story("direct", seed)[:20]:
        assert assess(
            walk, watch.memory, fix._replace(fixed_at=NIGHT + timedelta(hours=5)), NIGHT + timedelta(hours=5)
        ) == (
            watch.memory,
            (),
        )


@few
@given(seed=SEED, kind=st.sampled_from(sorted(KINDS)), part=st.floats(0.0, 0.8))
def test_silence_always_becomes_no_signal_and_then_trouble(seed: int, kind: str, part: float) -> None:
    fixes = story(kind, seed)
    heard = fixes[: max(1, int(len(fixes) * part))]
    watch = Watch(Walk(fixes[0].fixed_at, origin=place_at(0, 0), destination=place_at(4000, 0)))
    now = heard[0].fixed_at
    for fix in heard:
        now = max(now, fix.fixed_at)
        watch.until(now)
        watch.hear(fix, now)
    before = len(watch.watched.changes)
    if watch.is_over:
        return
    was = watch.memory.trouble
    watch.until(now + timedelta(hours=8))
    assert watch.ladder.rung == "raised"
    states = [one["state"] for one in watch.watched.changes[before:]]
    assert was or "no_signal" in states or watch.memory.state in ("overdue", "no_signal")
    if was:  # silence ends no trouble: whoever is carried off loses her phone next
        assert "calm" not in [one["rung"] for one in watch.watched.changes[before:]]


@few
@given(minutes=st.integers(1, 240), seed=SEED, is_timer=st.booleans())
def test_overdue_and_unanswered_always_reaches_raised(minutes: int, seed: int, is_timer: bool) -> None:
    """Whatever she does but arrive: her own time, grace and the ladder later the alarm is raised."""
    until = DAY + timedelta(minutes=minutes)
    kind = "timer" if is_timer else "route"
    walk = Walk(DAY, kind, place_at(0, 0), None if is_timer else place_at(90_000, 0), until)
    life = [
        fix._replace(fixed_at=DAY + (fix.fixed_at - DAY) % timedelta(days=1)) for fix in story("errands", seed)[:200]
    ]
    watch = Watch(walk)
    for fix in sorted(life, key=lambda one: one.fixed_at):
        watch.until(fix.fixed_at)
        watch.hear(fix, fix.fixed_at)
    watch.until(until + timedelta(hours=26))
    assert watch.ladder.rung == "raised"


def test_her_own_time_has_a_grace_that_grows_with_the_way_and_can_be_extended() -> None:
    until = NIGHT + timedelta(minutes=10)
    watch = watched(a_walk(until=until), _standing(NIGHT, 400, 0, 900), until=until + timedelta(minutes=14))
    late = next(one for one in watch.watched.changes if one["state"] == "overdue")
    grace_s = (datetime.fromisoformat(late["at"]) - until).total_seconds()
    assert 300 < grace_s < 900
    assert watch.ladder.rung == "raised"
    longer, now = a_walk(until=until + timedelta(hours=1)), NIGHT + timedelta(minutes=24, seconds=1)
    memory, changes = assess(longer, watch.memory, None, now)
    assert memory.trouble == "" and changes[0].state != "overdue"


def test_nothing_heard_is_told_apart_from_not_moving() -> None:
    heard = straight(DAY, 300)
    still = watched(a_walk(DAY), heard + _standing(DAY + timedelta(seconds=300), 390, 0, 900))
    assert said(still) == [("stopped", "calm")]
    silent = watched(a_walk(DAY), heard, until=DAY + timedelta(seconds=1200))
    assert said(silent) == [("no_signal", "calm")]
    back = watched(a_walk(DAY), heard + [fix_at(DAY + timedelta(seconds=1200), 900, 0, 8.0)])
    assert said(back) == [("no_signal", "calm"), ("on_track", "calm")]


def test_two_streets_at_a_right_angle_are_the_way() -> None:
    """She is 560 m beside the line at the corner and nearer at every step."""
    walk = Walk(DAY, origin=place_at(0, 0), destination=place_at(800, 800))
    legs = [(1.3 * t, 0.0) if 1.3 * t < 800 else (800.0, 1.3 * t - 800) for t in range(0, 1200, 5)]
    watch = watched(walk, [fix_at(DAY + timedelta(seconds=5 * n), x, y) for n, (x, y) in enumerate(legs)])
    assert said(watch) == []


def test_led_away_on_foot_is_off_route_and_coming_nearer_is_not() -> None:
    away = [fix_at(DAY + timedelta(seconds=t), -1.2 * t, 0.0, 8.0) for t in range(0, 1500, 5)]
    turned = DAY + timedelta(seconds=1500)
    back = [fix_at(turned + timedelta(seconds=t), -1800 + 1.2 * t, 0.0, 8.0) for t in range(0, 900, 5)]
    watch = watched(a_walk(DAY), away)
    assert watch.memory.state == "off_route" and watch.watched.escalations == 0
    assert watched(a_walk(DAY), away + back).memory.state in ("on_track", "slow")


def test_expected_arrival_follows_her_real_pace_and_pauses() -> None:
    """1.5 km to go at the pace of a child, and a pause moves the arrival and leaves the pace."""
    walk = a_walk(DAY)
    first = eta(walk, Memory(), DAY)
    assert first is not None and abs((first - DAY).total_seconds() - walk.frame.way_m / 1.2) < 0.01
    assert walk.frame.way_m == pytest.approx(1500 * 1.3, abs=1)
    slow = watched(walk, straight(DAY, 900, speed=0.7))
    now = DAY + timedelta(seconds=900)
    left_s = (1500 - 0.7 * 895) * 1.3 / 0.7
    assert abs((eta(walk, slow.memory, now) - now).total_seconds() - left_s) < 0.1 * left_s  # type: ignore[operator]
    paused = watched(walk, [*straight(DAY, 900, speed=0.7), *_standing(now, 630, 0, 600)])
    later = now + timedelta(seconds=600)
    assert abs((eta(walk, paused.memory, later) - later).total_seconds() - left_s) < 0.1 * left_s  # type: ignore[operator]


def test_a_way_out_and_back_arrives_only_after_she_has_left() -> None:
    walk = Walk(DAY, origin=place_at(0, 0), destination=place_at(10, 0))
    home = _standing(DAY, 0, 0, 600)
    assert said(watched(walk, home)) == [("stopped", "calm")]
    out = [fix_at(DAY + timedelta(seconds=600 + t), min(t, 1200 - t) * 1.2, 0, 8.0) for t in range(0, 1200, 5)]
    there = _standing(DAY + timedelta(seconds=1800), 0, 0, 200)
    assert said(watched(walk, home + out + there))[-1] == ("arrived", "calm")


def test_a_suggested_route_has_a_narrow_corridor() -> None:
    way = (place_at(0, 0), place_at(0, 1000), place_at(2000, 1000))
    walk = Walk(DAY, origin=way[0], destination=way[-1], route=way)
    assert walk.frame.off_m(-2000 + 0.0, -500.0) < 1 and walk.frame.off_m(-1000.0, -1000.0) == pytest.approx(
        1000, abs=5
    )
    assert walk.frame.half_width_m == pytest.approx(300, abs=1)


def test_a_position_of_the_wire_is_one_of_ours() -> None:
    place = place_at(5, 5)
    position = Position(lat=place[0], lon=place[1], fixed_at=NIGHT, accuracy_m=8)
    memory, _ = assess(a_walk(), Memory(), position, NIGHT + timedelta(seconds=5))
    assert memory.newest_t == NIGHT.timestamp()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_normal_life_of_every_kind_is_left_alone(kind: str) -> None:
    for seed in range(4):
        assert replayed(read_fixes(story(kind, seed, hour=13.0))).escalations == 0, seed


@pytest.mark.parametrize("kind", TROUBLES)
def test_trouble_of_every_kind_is_found(kind: str) -> None:
    for seed in range(3):
        told, newest = trouble(kind, seed), NIGHT - timedelta(days=1000)
        watch = Watch(told.walk)
        for fix in told.fixes:
            newest = max(newest, fix.fixed_at)
            watch.until(newest)
            watch.hear(fix, newest)
            if watch.watched.escalations:
                break
        watch.until(told.ends)
        assert watch.watched.escalations > 0, seed


def test_patience_is_the_centers_within_bounds() -> None:
    assert patience_of("") == Patience()
    assert patience_of('{"still_s": [1200, 600], "longest_s": 7200}').still_s == (1200.0, 600.0)
    still = [*straight(DAY, 300), *_standing(DAY + timedelta(seconds=305), 390, 0, 1500)]
    assert watched(a_walk(DAY), still).watched.escalations == 0
    sooner = replace(a_walk(DAY), patience=patience_of('{"still_s": [1200, 600]}'))
    assert watched(sooner, still).watched.escalations == 1
    for wrong in ("[]", '{"still": [1, 2]}', '{"still_s": 600}', '{"still_s": [600, 900]}', '{"longest_s": 5}', "{"):
        with pytest.raises(ValueError, match="·"):
            patience_of(wrong)


def test_a_row_is_assessed_with_her_own_time_and_the_way_she_chose() -> None:
    way = [{"lat": lat, "lon": lon} for lat, lon in (place_at(0, 0), place_at(0, 1000), place_at(2000, 1000))]
    row = {"begun_at": DAY, "kind": "route", "until_at": None, "eta_s": 900.0}
    walk = walk_of(Running(row, {"origin": way[0], "destination": way[-1], "route": way}, "calm"), Patience())
    assert walk.until == DAY + timedelta(minutes=15)
    assert walk.frame.way_m == pytest.approx(3000, abs=10) and walk.frame.half_width_m == pytest.approx(300, abs=1)
