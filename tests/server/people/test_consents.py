"""What the lines of the ledger come to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from server.people import consents
from server.people.consents import Line, standing, stopped_until

T0 = datetime(2026, 11, 1, tzinfo=UTC)
KIND = "guardian_sharing"


def at(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


ACTS = st.lists(
    st.tuples(st.sampled_from(["granted", "withdrawn", "suspended", "resumed"]), st.integers(1, 48)), max_size=8
)


@given(ACTS, st.integers(0, 100))
def test_sharing_stops_exactly_while_it_is_withdrawn_or_suspended(acts: list[tuple[str, int]], hours: int) -> None:
    lines, now = [], at(8 + hours)
    for number, (act, length) in enumerate(acts):
        lines.append(Line(KIND, act, at(number), at(number + length) if act == "suspended" else None))
    found = standing(lines, KIND, now)
    until = stopped_until(lines, born_year=None, is_represented=False, now=now)
    assert (until is not None and until > now) == (found.state in ("withdrawn", "suspended"))
    last = next((act for act, _ in reversed(acts) if act in ("granted", "withdrawn")), None)
    assert (found.state == "withdrawn") == (last == "withdrawn"), "only a new consent ends a withdrawal"
    assert set(consents.allowed_acts(found)) >= ({"granted"} if found.state == "withdrawn" else {"withdrawn"})


def test_a_minor_waits_until_somebody_agrees_or_she_is_old_enough() -> None:
    waits = stopped_until([], born_year=2015, is_represented=False, now=T0)
    assert waits == datetime(2029, 12, 31, 15, tzinfo=UTC)
    assert stopped_until([], born_year=2015, is_represented=True, now=T0) is None
    assert stopped_until([], born_year=1990, is_represented=False, now=T0) is None
    taken_back = [Line("location_collection", "withdrawn", T0)]
    assert stopped_until(taken_back, born_year=2015, is_represented=True, now=T0) == consents.FOREVER


def test_every_text_stands_in_both_languages() -> None:
    assert all(ko and en for ko, en in consents.TEXTS.values()) and set(consents.KINDS) < set(consents.TEXTS)


def test_who_agreed_to_sos_alone_is_asked_anew_before_a_walk_shows_her() -> None:
    assert consents.VERSION not in consents.SOS_ONLY
    ko, en = consents.TEXTS["guardian_sharing"]
    assert "안심귀가" in ko and "walk" in en and "SOS 신고 중에만" not in ko and "only during" not in en
    assert "granted" in consents.allowed_acts(standing([Line(KIND, "granted", T0, version="2026-11")], KIND, at(1)))
