"""Who agrees for whom, by full years and the year of birth only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.people import ages

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("born", "who"),
    [(2011, None), (2012, "representative"), (2016, "representative"), (2017, "protector"), (2026, "protector")],
)
def test_the_younger_of_two_possible_ages_counts(born: int, who: str | None) -> None:
    assert ages.who_must_agree(born, NOW) == who
    assert ages.who_must_agree(None, NOW) is None


@given(st.integers(1950, 2060), st.integers(0, 366))
def test_she_is_alone_from_the_first_moment_in_seoul_at_which_fourteen_years_are_certain(born: int, days: int) -> None:
    turns = ages.alone_from(born)
    assert ages.who_must_agree(born, turns) is None
    assert ages.who_must_agree(born, turns - timedelta(seconds=1)) == "representative"
    assert turns - datetime(born, 12, 31, tzinfo=UTC) >= timedelta(days=14 * 365), "nobody born that year is 13"
    later = turns + timedelta(days=days)
    assert ages.who_must_agree(born, later) is None


def test_new_year_comes_first_in_seoul_and_a_year_has_to_be_possible() -> None:
    assert ages.who_must_agree(2012, datetime(2026, 12, 31, 14, 59, tzinfo=UTC)) == "representative"
    assert ages.who_must_agree(2012, datetime(2026, 12, 31, 15, 0, tzinfo=UTC)) is None
    for year in (1899, 2027):
        with pytest.raises(ages.BadYear):
            ages.checked_year(year, NOW)
