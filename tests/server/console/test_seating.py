"""Who follows whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from server.console.seating import (
    FORGOTTEN_AFTER,
    KINDS,
    LOST_AFTER,
    SILENT_AFTER,
    SOUNDS,
    Sat,
    kind_of,
    leader_of,
    lost_since,
    sound_of,
    who_else_hears,
)

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
AGO = st.floats(0, 900).map(lambda s: NOW - timedelta(seconds=s))
SATS = st.lists(
    st.builds(
        Sat,
        seat_id=st.integers(1, 10**6).map(lambda n: UUID(int=n)),
        account_id=st.sampled_from([UUID(int=1), UUID(int=2)]),
        session=st.sampled_from([b"a", b"b"]),
        kind=st.sampled_from(KINDS),
        works=st.booleans(),
        selected=st.none(),
        chosen_by=st.none(),
        chosen_at=AGO,
        sound=st.sampled_from(SOUNDS),
        alive_at=AGO,
        lost_at=st.none() | AGO,
    ),
    max_size=8,
    unique_by=lambda one: one.seat_id,
)


@given(SATS, SATS.filter(bool))
def test_a_monitor_follows_its_own_people_and_first_of_all_its_own_browser(seats: list[Sat], more: list[Sat]) -> None:
    follower = more[0]
    leader = leader_of(follower, seats, NOW)
    fitting = [one for one in seats if one.kind == "console" and one.account_id == follower.account_id]
    fitting = [one for one in fitting if one.is_online(NOW)]
    assert (leader is None) == (not fitting)
    if leader is not None:
        assert leader in fitting
        nearer = [one for one in fitting if one.session == follower.session]
        assert not nearer or leader in nearer
        assert all(one.chosen_at <= leader.chosen_at for one in nearer or fitting)
        assert leader_of(follower, [*reversed(seats)], NOW) == leader, "the order of rows decides nothing"


@given(SATS)
def test_nobody_is_counted_who_could_not_hear(seats: list[Sat]) -> None:
    for own in seats:
        count = who_else_hears(own.seat_id, seats, NOW)
        hearing = [one for one in seats if one.sound == "running" and one.works and one.kind == "console"]
        assert 0 <= count <= sum(one is not own and one.lost_at is None for one in hearing)


@given(SATS)
def test_a_line_is_said_to_be_broken_neither_at_a_hiccup_nor_for_ever(seats: list[Sat]) -> None:
    for one in seats:
        since = lost_since(one, seats, NOW)
        if since is not None:
            assert not one.is_online(NOW) and one.kind == "console" and one.works
            assert LOST_AFTER <= NOW - since < FORGOTTEN_AFTER
            assert all(
                other.account_id != one.account_id or other.kind != "console" or not other.is_online(NOW)
                for other in seats
            )


def test_a_process_that_died_takes_its_seats_with_it() -> None:
    sat = Sat(UUID(int=1), UUID(int=1), b"a", "console", True, None, None, NOW, "running", NOW)
    assert sat.is_online(NOW) and not sat.is_online(NOW + SILENT_AFTER)
    assert lost_since(sat, [sat], NOW + SILENT_AFTER) == NOW


def test_a_page_that_says_nothing_is_a_silent_console() -> None:
    assert (kind_of(None), kind_of("wall"), kind_of(["x"])) == ("console", "wall", "console")
    assert (sound_of(None), sound_of("muted"), sound_of(7)) == ("suspended", "muted", "suspended")
