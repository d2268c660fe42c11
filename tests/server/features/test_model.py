"""A pilot, and the day it is opened to everybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from server.features.model import EVERYWHERE, FEATURES, OFF_UNTIL_SAID, Flag, is_on

DAY = timedelta(days=1)
T = datetime(2026, 3, 1, tzinfo=UTC)


def test_what_nobody_has_spoken_of_is_on_but_for_machines_that_look_at_people() -> None:
    assert {name for name in FEATURES if not is_on([], name, "41170", T)} == OFF_UNTIL_SAID == {"analyse"}
    assert is_on([Flag("41170", "analyse", "on", T)], "analyse", "41170", T)
    assert not is_on([Flag("41170", "analyse", "on", T)], "analyse", "11110", T)


def test_off_everywhere_then_a_pilot_then_one_center_then_all() -> None:
    plan = [
        Flag(EVERYWHERE, "talk", "off", T),
        Flag("41170", "talk", "pilot", T + DAY),
        Flag("41170", "talk", "on", T + 2 * DAY),
        Flag(EVERYWHERE, "talk", "on", T + 3 * DAY),
    ]
    seen = [
        [is_on(plan, "talk", center, T + n * DAY, is_drill=drill) for center in ("41170", "11110") for drill in (0, 1)]
        for n in range(4)
    ]
    assert seen == [
        [False, False, False, False],
        [False, True, False, False],
        [True, True, False, False],
        [True, True, True, True],
    ]
    assert is_on(plan, "voice", "11110", T), "another function's row says nothing"


@given(st.integers(-3, 3))
def test_from_is_in_it_and_until_is_not(hours: int) -> None:
    flag = Flag("1", "talk", "off", T, T + timedelta(hours=2))
    assert is_on([flag], "talk", "1", T + timedelta(hours=hours)) == (hours not in (0, 1))
