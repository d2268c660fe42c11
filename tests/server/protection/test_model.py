"""A code and what is made of it, how near is said, and when it is said again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from location_router.geo import distance_m
from location_router.request_content.subjects import read_subject
from server.protection import letter, model
from server.protection.letter import Letter
from server.protection.model import Found, Place, Told

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LAT, LON = 37.39, 126.95
letters = st.text(model.LETTERS, min_size=model.RANDOM, max_size=model.RANDOM)
metres = st.floats(0, 500)


def place(north_m: float = 0.0, east_m: float = 0.0, *, accuracy_m: float = 0.0, age_s: float = 0.0) -> Place:
    return Place(LAT + north_m / 111_000, LON + east_m / 88_300, accuracy_m, NOW - timedelta(seconds=age_s))


@given(letters, st.integers(0, model.RANDOM + model.CHECK - 1), st.sampled_from(model.LETTERS))
def test_a_code_is_read_as_people_type_it_and_gives_the_ministrys_reference(
    random_letters: str, at: int, other: str
) -> None:
    code = model.whole_code(random_letters)
    typed = "-".join(code[i : i + 4] for i in range(0, len(code), 4)).lower().replace("0", "o").replace("1", "l")
    assert model.read_code(f" {typed} ") == code
    wrong = code[:at] + other + code[at + 1 :]
    if at >= model.RANDOM and wrong != code:
        assert model.read_code(wrong) is None
    ref = model.ref_of(code)
    subject = {"category": "robbery", "device_ref": "d-1", "protected_ref": ref}
    assert read_subject("anklet_approach", subject)["protected_ref"] == ref
    assert code not in ref and ref not in model.tag_of(ref)
    assert model.read_code(code[:-1]) is None and model.read_code(code + "0") is None


def test_a_code_with_one_wrong_letter_is_none() -> None:
    code = model.whole_code("7K3M9QXW2H5TBCDE4F")
    mistakes = [code[:at] + one + code[at + 1 :] for at in range(len(code)) for one in model.LETTERS if one != code[at]]
    believed = sum(model.read_code(one) is not None for one in mistakes)
    assert believed <= len(mistakes) / 100, f"{believed} of {len(mistakes)}"


@pytest.mark.parametrize(
    ("north", "east", "band", "direction"),
    [
        (250, 0, "within_300", "north"),
        (0, 900, "within_1000", "east"),
        (-600, -600, "within_1000", "southwest"),
        (-2000, 0, "within_3000", "south"),
        (1500, -1500, "within_3000", "northwest"),
        (0, -5000, "beyond", ""),
    ],
)
def test_bands_and_points(north: float, east: float, band: str, direction: str) -> None:
    found = model.assess(place(), place(north, east), NOW)
    assert (found.band, found.direction) == (band, direction)


@given(st.floats(-4000, 4000), st.floats(-4000, 4000), metres, metres)
def test_a_vague_fix_never_makes_it_look_far(north: float, east: float, own_m: float, other_m: float) -> None:
    own, other = place(accuracy_m=own_m), place(north, east, accuracy_m=other_m)
    sharp, vague = model.assess(place(), place(north, east), NOW), model.assess(own, other, NOW)
    order = [name for _, name in model.BANDS] + ["beyond"]
    assert order.index(vague.band) <= order.index(sharp.band)
    away_m = distance_m(lat=own.lat, lon=own.lon, to_lat=other.lat, to_lon=other.lon)
    assert not vague.direction or (away_m > own_m + other_m and vague.direction == sharp.direction or
                                   sharp.band == "beyond")  # fmt: skip


def test_without_a_fresh_place_of_hers_she_is_warned_all_the_same() -> None:
    for own, other in ((None, place()), (place(), None), (place(age_s=601), place())):
        found = model.assess(own, other, NOW)
        assert found == Found("unknown") and model.is_due(None, found, NOW)
    assert model.assess(place(age_s=599), place(100), NOW).band == "within_300"


BANDS = st.sampled_from(["within_300", "within_1000", "within_3000", "beyond", "unknown"])


@given(st.lists(st.tuples(BANDS, st.floats(1, 200)), max_size=60))
def test_told_when_nearer_or_after_five_minutes_and_never_more(steps: list[tuple[model.Band, float]]) -> None:
    told: list[Told] = []
    now = NOW
    for band, wait_s in steps:
        now += timedelta(seconds=wait_s)
        last, found = told[-1] if told else None, Found(band)
        due = model.is_due(last, found, now)
        assert due or last is not None or band == "beyond", "the first one is always told"
        if due:
            assert band != "beyond"
            assert last is None or now - last.at >= model.AGAIN_AFTER or model.is_nearer(last, found)
            told.append(Told(band, now))
    for begin in range(len(told)):
        soon = [one for one in told[begin:] if one.at - told[begin].at < model.AGAIN_AFTER]
        assert len(soon) <= 4, "unknown, 3 km, 1 km, 300 m"


def test_only_the_reference_opens_a_letter_and_all_have_one_length() -> None:
    ref, other = (model.ref_of(model.whole_code(one * model.RANDOM)) for one in "7K")
    near = Letter(request_id=uuid4(), what="near", at=NOW, lat=LAT, lon=LON, accuracy_m=12.345678, fixed_at=NOW)
    over = Letter(request_id=uuid4(), what="over", at=NOW)
    texts = [letter.sealed(ref, one) for one in (near, near, over)]
    assert len({len(one) for one in texts}) == 1 and len(set(texts)) == 3
    assert [letter.opened(ref, one) for one in texts] == [near, near, over]
    assert [letter.opened(other, one) for one in texts] == [None] * 3
    assert letter.opened(ref, texts[0][:-8]) is None and letter.opened(ref, "what?") is None
    assert near.place == Place(LAT, LON, 12.345678, NOW) and over.place is None
