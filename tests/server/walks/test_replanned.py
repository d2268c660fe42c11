"""Laws of a walk that she changes on the way: nothing is asked and nothing is calmed by the change itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from math import hypot

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from server.walks import rungs
from server.walks.memory import Fix, Memory, Walk
from server.walks.model import assess, look_at
from server.walks.replanned import replanned
from server.walks.replay import Watch
from server.walks.rungs import RUNGS, Ladder
from tests.server.walks.test_model import NIGHT, a_walk, straight, watched
from tests.server.walks.traces import KINDS, TROUBLES, fix_at, place_at, story, trouble

few = settings(max_examples=25, deadline=None)
SEED = st.integers(0, 100_000)
FAR_M = st.integers(-4000, 4000)


def to(walk: Walk, x: float, y: float, **changes: object) -> Walk:
    return replace(walk, destination=place_at(x, y), route=(), **changes)  # type: ignore[arg-type]


def changed(watch: Watch, after: Walk, now: datetime) -> Watch:
    """The same watch over the walk as it is from `now` on."""
    asked = watch.memory.trouble if watch.ladder.rung != "calm" else ""
    other = Watch(after)
    other.memory = replanned(watch.walk, after, watch.memory, asked=asked, now=now)
    other.ladder = watch.ladder
    return other


@few
@given(kind=st.sampled_from(sorted(KINDS)), seed=SEED, share=st.floats(0.1, 0.9), x=FAR_M, y=FAR_M)
def test_a_change_asks_nothing_where_nothing_was_wrong(kind: str, seed: int, share: float, x: int, y: int) -> None:
    fixes = sorted(story(kind, seed), key=lambda fix: fix.fixed_at)
    fixes = fixes[: max(2, int(share * len(fixes)))]
    begin, now = fixes[0], fixes[-1].fixed_at
    walk = Walk(begin.fixed_at, origin=(begin.lat, begin.lon), destination=place_at(900, 300))
    watch = watched(walk, fixes)
    assume(not watch.is_over and not watch.memory.trouble)
    other = changed(watch, to(walk, x, y), now)
    other.hear(None, now)
    assert (other.ladder.rung, other.memory.trouble) == ("calm", "")
    assert other.memory.state not in ("arrived", "off_route", "no_signal", "overdue")
    kept = ("set_out_t", "moved_s", "speeds", "paces", "stay_t", "stay_left_t", "newest_t", "last_t", "best_t")
    assert all(getattr(other.memory, name) == getattr(watch.memory, name) for name in kept), "what is known of her"
    back = changed(other, walk, now).memory
    for name in ("last", "middle", "stay"):
        one, two = ((getattr(memory, f"{name}_x"), getattr(memory, f"{name}_y")) for memory in (watch.memory, back))
        assert hypot(one[0] - two[0], one[1] - two[1]) < 0.01, "the same places on the ground"


@few
@given(
    kind=st.sampled_from(TROUBLES), seed=SEED, x=FAR_M, y=FAR_M, rung=st.sampled_from(RUNGS[1:4]), until=st.booleans()
)
def test_a_change_answers_no_question(kind: str, seed: int, x: int, y: int, rung: str, until: bool) -> None:
    """Whatever she was asked about, wherever she goes now and whatever time she names: with nothing new heard, the
    ladder goes on as if nothing had been changed; her word calms it."""
    told = trouble(kind, seed)
    watch, now = Watch(told.walk), told.walk.begun_at
    for fix in told.fixes:
        now = max(now, fix.fixed_at)
        watch.until(now)
        watch.hear(fix, now)
        if watch.ladder.rung != "calm":
            break
    while watch.ladder.rung == "calm" and (due := look_at(watch.walk, watch.memory)) and due <= told.ends:
        now = max(now, due)
        watch.hear(None, now)
    assume(watch.ladder.rung == "prompted")
    watch.ladder = replace(watch.ladder, rung=rung)  # type: ignore[arg-type]
    later = {"until": now + timedelta(hours=3)} if until else {}
    other = changed(watch, to(told.walk, x, y, **later), now)
    other.hear(None, now)
    assert (other.ladder.rung, bool(other.ladder.trouble)) == (rung, True)
    answered = rungs.answered(other.ladder, "ok", now)
    assert answered.rung == "calm"
    while other.ladder.rung != "raised":
        before = other.ladder.rung
        assert other.ladder.due_at is not None
        other.hear(None, other.ladder.due_at)
        assert RUNGS.index(other.ladder.rung) == RUNGS.index(before) + 1


@few
@given(seed=SEED, x=FAR_M, y=FAR_M, late_s=st.integers(0, 1800))
def test_places_before_the_change_say_nothing_of_the_new_way(seed: int, x: int, y: int, late_s: int) -> None:
    """Where she was before, heard before or after the change, is neither off the new way nor at its end."""
    fixes = story("errands", seed, hour=22.0, spoilt=False)
    walk = Walk(fixes[0].fixed_at, origin=place_at(0, 0), destination=place_at(6000, 0))
    now = fixes[-1].fixed_at
    heard = [fix for fix in fixes if fix.fixed_at <= now - timedelta(seconds=late_s)]
    watch = watched(walk, heard)
    assume(not watch.is_over and watch.ladder.rung == "calm")
    other = changed(watch, to(walk, x, y), now)
    for fix in fixes[len(heard) :]:
        other.hear(fix, now)
        assert other.memory.state not in ("off_route", "arrived"), fix
    assert not other.memory.outside_t and not other.memory.ride_count


@pytest.mark.parametrize("asked", ["stopped", "no_signal", "off_route", "overdue"])
def test_what_is_newer_than_the_change_ends_what_it_is_newer_than(asked: str) -> None:
    """She walks on to where she goes now: that ends all but lateness, which only her word does."""
    now = NIGHT + timedelta(minutes=12)
    watch = watched(a_walk(), straight(NIGHT, 720))
    watch.memory.trouble = asked  # type: ignore[assignment]
    watch.ladder = Ladder("prompted", asked, now + timedelta(hours=2))
    other = changed(watch, to(a_walk(), 930, -2000), now)
    other.hear(None, now + timedelta(seconds=1))
    assert other.ladder.rung == "prompted" and other.memory.held == asked
    for t in range(5, 400, 5):
        other.hear(fix_at(now + timedelta(seconds=t), 930, -1.3 * t, 8.0), now + timedelta(seconds=t))
    assert other.ladder.rung == ("prompted" if asked == "overdue" else "calm")


def test_she_arrives_where_she_goes_now_and_not_by_naming_where_she_lies() -> None:
    lies = [fix_at(NIGHT + timedelta(seconds=720 + t), 930, t % 3, 8.0) for t in range(0, 1700, 5)]
    watch = watched(a_walk(), [*straight(NIGHT, 720), *lies])
    now = lies[-1].fixed_at
    assert (watch.ladder.rung, watch.memory.trouble) == ("prompted", "stopped")
    there = to(a_walk(), 930, 0)
    for asked, state in ((True, "stopped"), (False, "arrived")):
        other = changed(watch, there, now)
        if not asked:
            other.memory.held, other.ladder = "", rungs.answered(other.ladder, "ok", now)
        for t in range(5, 200, 5):
            other.hear(fix_at(now + timedelta(seconds=t), 930, t % 3, 8.0), now + timedelta(seconds=t))
        assert other.memory.state == state, asked


def test_lateness_is_measured_by_the_longer_of_two_ways() -> None:
    """Late within the grace of a long way: not late by going somewhere nearer."""
    until, far = NIGHT + timedelta(minutes=10), to(a_walk(), 9000, 0)
    walk = replace(far, until=until)
    now = until + timedelta(minutes=15)
    memory, _ = assess(walk, Memory(), Fix(*place_at(0, 0), now - timedelta(minutes=1)), now)
    near = to(walk, 400, 0)
    assert assess(near, memory, None, now)[0].trouble == "overdue", "the law below would hold without the change"
    assert assess(near, replanned(walk, near, memory, asked="", now=now), None, now)[0].trouble == ""


@pytest.mark.parametrize(("heard_s", "silent_s"), [(4500, 0), (300, 2400)])
def test_who_is_still_at_home_and_goes_elsewhere_sets_out_now(heard_s: int, silent_s: int) -> None:
    """Out and back: she may stay at home before she sets out. What was home's time is not the new way's."""
    home = to(a_walk(), 10, 0)
    watch = watched(home, [fix_at(NIGHT + timedelta(seconds=t), t % 3, 0.0, 8.0) for t in range(0, heard_s, 20)])
    now = NIGHT + timedelta(seconds=heard_s + silent_s)
    watch.until(now)
    elsewhere = to(home, 2500, 0)
    assert watch.memory.trouble == "" and assess(elsewhere, watch.memory, None, now)[0].trouble
    other = changed(watch, elsewhere, now)
    other.hear(None, now)
    assert other.memory.trouble == ""
