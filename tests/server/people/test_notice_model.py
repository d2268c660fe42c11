"""By which ways a guardian is told: the policy, and the guardian's own hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from server.people.notice_model import DAY_MIN, Event, has_reached, is_quiet, needs_call, state_of, way_of

MIDNIGHT = datetime(2026, 11, 22, 15, tzinfo=UTC)  # 00:00 in Seoul
MINUTES = st.integers(0, DAY_MIN - 1)
POLICY = {"text_after_s": 20.0, "sos_text_after_s": 0.0, "call_after_s": 60.0}
NOTHING: dict[str, Any] = dict.fromkeys(("delivered_at", "opened_at", "acknowledged_at"))
WAITING = NOTHING | {"held_back": "", "push_state": "waiting", "text_state": "", "call_state": ""}


@given(first=MINUTES, last=MINUTES, at=MINUTES, day=st.integers(-400, 400))
def test_a_minute_is_quiet_in_one_of_the_two_halves_of_the_day(first: int, last: int, at: int, day: int) -> None:
    now = MIDNIGHT + timedelta(days=day, minutes=at)
    if first == last:
        assert is_quiet(now, first, last)
    else:
        assert is_quiet(now, first, last) is not is_quiet(now, last, first)
    assert not is_quiet(now, None, None)


def test_over_midnight() -> None:
    night = (23 * 60, 7 * 60)
    assert [is_quiet(MIDNIGHT + timedelta(hours=h), *night) for h in (-2, -1, 0, 6, 7)] == [
        False,
        True,
        True,
        True,
        False,
    ]


def test_only_an_alarm_pierces_the_quiet_hours_and_only_urgent_news_ring_a_telephone() -> None:
    ways = {event: way_of(event, **POLICY) for event in get_args(Event)}
    assert {e for e, way in ways.items() if way.pierces_quiet} == {
        "sos_active", "sos_closed", "walk_raised", "approach", "approach_over",
    }  # fmt: skip
    assert {e for e, way in ways.items() if way.call_after} == {"sos_active", "walk_raised", "walk_late", "approach"}
    assert all(way.first_after <= way.text_after <= (way.call_after or way.life) <= way.life for way in ways.values())


def test_a_taken_push_is_enough_for_calm_news_only_and_who_looked_is_not_rung() -> None:
    taken = WAITING | {"push_state": "sent"}
    assert has_reached(taken, is_urgent=False) and not has_reached(taken, is_urgent=True)
    assert has_reached(taken | {"delivered_at": MIDNIGHT}, is_urgent=True)
    assert needs_call(taken | {"delivered_at": MIDNIGHT}) and not needs_call(taken | {"opened_at": MIDNIGHT})


def test_the_furthest_that_it_came() -> None:
    lost = WAITING | {"push_state": "no_token", "text_state": "refused"}
    assert [state_of(one) for one in (WAITING, lost, lost | {"call_state": "placed"})] == ["waiting", "failed", "sent"]
    assert state_of(WAITING | {"held_back": "quiet"}) == "quiet"
    assert state_of(lost | {"opened_at": MIDNIGHT, "acknowledged_at": MIDNIGHT}) == "acknowledged"
