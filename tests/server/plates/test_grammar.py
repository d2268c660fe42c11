"""Korean plates of all eras and uses: one spelling of each, and the rule that a wrong one breaks."""

import random
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from server.plates.grammar import OLD, PRIVATE, BadPlate, parse, plate_of, shape_of, spell
from tests.server.plates.fleet import MIX, of_kind, spelled_anyhow

PLATES = st.builds(of_kind, st.sampled_from(list(MIX)), st.builds(random.Random, st.integers(0, 2**32)))


@pytest.mark.parametrize(
    ("text", "kind", "same", "is_whole"),
    [
        ("12가3456", "private", "12가3456", True),
        ("１２가 ３４５６", "private", "12가3456", True),
        ("123가4567", "private", "123가4567", True),
        ("12ㄱㅏ3456", "private", "12가3456", True),
        ("l2가34O6", "private", "12가3406", True),
        ("서울 12 가 3456", "private", "서울12가3456", True),
        ("서울 3 크 1234", "private", "서울3크1234", True),
        ("3크1234", "private", "3크1234", False),
        ("서울12\n바3456", "commercial", "서울12바3456", True),
        ("12바3456", "commercial", "12바3456", False),
        ("경기 80배 1234", "courier", "경기80배1234", True),
        ("12하3456", "rental", "12하3456", True),
        ("123호4567", "rental", "123호4567", True),
        ("998가1234", "emergency", "998가1234", True),
        ("외교 001-002", "diplomatic", "외교001002", True),
        ("국기·012·001", "diplomatic", "국기012001", True),
        ("서울 임 1234", "temporary", "서울임시1234", True),
        ("임시 123456", "temporary", "임시123456", False),
        ("24육1234", "military", "24육1234", True),
        ("012가 4568", "machinery", "012가4568", True),
        ("서울 영 02가1234", "machinery", "서울영02가1234", True),
        ("영02가1234", "machinery", "영02가1234", False),
        ("1가2 1234", "motorcycle", "1가21234", True),
        ("서울 강남\n가 1234", "motorcycle", "서울강남가1234", True),
        ("가1234", "motorcycle", "가1234", False),
    ],
)
def test_every_use_has_its_plate(text: str, kind: str, same: str, is_whole: bool) -> None:
    plate = parse(text)
    assert (plate.kind, plate.text, plate.is_whole) == (kind, same, is_whole)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "digits and Hangul"),
        ("12가345", "Not the shape"),
        ("12가3456🚓", "digits and Hangul"),
        ("12가34B6", "not read"),
        ("12가0000", "serial number is never zero"),
        ("00가1234", "class number is never zero"),
        ("12차3456", "no letter 차"),
        ("123바4567", "no letter 바"),
        ("998하1234", "no letter 하"),
        ("028가1234", "001-027"),
        ("서울영28가1234", "01-27"),
        ("서울123가4567", "one or two digits"),
        ("서올12바3456", "서올 is no region"),
        ("서울12핳3456", "no letter 핳"),
        ("1" * 41, "no more than 40"),
    ],
)
def test_what_is_no_plate_says_why(text: str, part: str) -> None:
    with pytest.raises(BadPlate, match=part) as refused:
        parse(text)
    assert refused.value.ko
    assert refused.value.shown == text[:40] or refused.value.shown == spell(text)


def test_the_letters_are_the_notices() -> None:
    assert len(set(PRIVATE)) == 32
    assert len(set(OLD)) == 70
    assert set(PRIVATE) < set(OLD)


@settings(deadline=None)
@given(PLATES, st.integers(0, 2**32))
def test_a_plate_in_any_spelling_is_that_plate(text: str, seed: int) -> None:
    plate = parse(text)
    assert plate.text == text
    written = spelled_anyhow(text, random.Random(seed))
    assert parse(written) == plate
    assert parse(unicodedata.normalize("NFD", written)) == parse(unicodedata.normalize("NFC", written))
    shape = shape_of(plate.text)
    assert shape is not None
    assert (plate_of(shape), shape.text) == (plate, text)


@settings(deadline=None)
@given(st.one_of(st.text(max_size=60), st.text("0123456789가바하서울임시영외교?Oo -", max_size=14)))
@example("임시임시1234")
@example("서울영영12가1234")
def test_no_text_breaks_it_and_what_it_takes_is_stable(text: str) -> None:
    try:
        plate = parse(text)
    except BadPlate as refused:
        assert refused.ko
        assert str(refused)
        assert len(refused.shown) <= 40
        return
    assert parse(plate.text) == plate
    assert spell(plate.text) == plate.text == unicodedata.normalize("NFC", plate.text)
