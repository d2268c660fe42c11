"""Android's own emergency locations: read whatever is there, believe no zero, flag what was cut."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from location_router.els import improves, is_aml, read_aml, read_els, to_68_percent
from location_router.wire import Position

NOW = datetime(2026, 11, 21, 11, 31, 30, tzinfo=UTC)
AML = 'A"ML=1;lt=+37.56630;lg=+126.97790;rd=35;top=20261121113105;lc=68;pm=G;si=450051;ei=;mcc=450;mnc=05;ml=105'
# Google's own example from its SMS specification, and the one without a fix.
GOOGLE = (
    'A"ML=1;lt=+54.76397;lg=-0.18305;rd=50;top=20130717141935;lc=90;pm=W;'
    "si=123456789012345;ei=1234567890123456;mcc=234;mnc=30;ml=128"
)
NO_FIX = 'A"ML=1;lt=+00.00000;lg=+000.00000;rd=N;top=20261121113105;lc=0;pm=N;si=450051;ei=;mcc=450;mnc=05;ml=107'
FORM = {
    "v": "3", "emergency_number": "112", "source": "CALL", "time": "1795260690000", "location_latitude": "37.5663",
    "location_longitude": "126.9779", "location_time": "1795260685000", "location_accuracy": "12.5",
    "location_confidence": "0.6826", "location_source": "fused", "cell_network_mcc": "450",
    "device_number": "01012345678",
}  # fmt: skip


def test_an_aml_text_is_a_position_of_its_number() -> None:
    got = read_aml(AML, number="010-1234-5678", now=NOW)
    assert got.position and (got.position.lat, got.position.lon, got.position.accuracy_m) == (37.5663, 126.9779, 35)
    assert got.position.fixed_at == datetime(2026, 11, 21, 11, 31, 5, tzinfo=UTC) and got.position.source == "els"
    assert (got.number, got.method, got.country, got.flags) == ("010-1234-5678", "gnss", "450", ())


def test_no_fix_is_no_place_and_never_the_gulf_of_guinea() -> None:
    got = read_aml(NO_FIX, number="1", now=NOW)
    assert got.position is None and "no_position" in got.flags


def test_a_cut_text_gives_what_it_has_and_is_flagged() -> None:
    got = read_aml(AML[:48], number="1", now=NOW)
    assert got.position and got.position.lat == 37.5663 and "truncated" in got.flags


def test_a_length_that_is_one_off_is_how_google_itself_writes_it() -> None:
    told = len(AML)
    assert read_aml(AML.replace("ml=105", f"ml={told - 1}"), number="1", now=NOW).flags == ()
    assert "odd_length" in read_aml(AML.replace("ml=105", "ml=150"), number="1", now=NOW).flags


def test_ninety_percent_becomes_sixty_eight() -> None:
    got = read_aml(GOOGLE, number="1", now=NOW)
    assert got.position and got.position.accuracy_m == pytest.approx(35.2, abs=0.3)
    assert to_68_percent(100, 95) == pytest.approx(61.7, abs=0.3) and to_68_percent(100, None) == 100


def test_the_form_of_els_says_the_same() -> None:
    got = read_els(FORM, now=NOW)
    assert got.position and (got.position.lat, got.position.accuracy_m) == (37.5663, 12.5)
    assert got.position.fixed_at == datetime.fromtimestamp(1795260685, UTC)
    assert (got.number, got.method, got.country) == ("01012345678", "fused", "450")
    assert read_els({"text": AML, "from": "010"}, now=NOW).position


@given(st.dictionaries(st.sampled_from([*FORM, "text", "aml"]), st.text(max_size=30) | st.floats() | st.none()))
def test_no_form_makes_it_raise(data: dict[str, object]) -> None:
    read_els(data, now=NOW)


@given(st.text(alphabet='A"ML=1;ltgrdop+-.0123456789N', max_size=120))
def test_no_text_makes_it_raise(text: str) -> None:
    read_aml(text, number="", now=NOW)
    is_aml(text)


def test_a_second_source_moves_her_only_when_it_is_newer_or_sharper() -> None:
    def at(seconds: float, accuracy_m: float) -> Position:
        return Position(lat=37.4, lon=126.9, accuracy_m=accuracy_m, fixed_at=NOW + timedelta(seconds=seconds))

    assert improves(None, at(0, 900))
    assert not improves(at(0, 10), at(5, 35)), "the phone's own fix is as new and sharper"
    assert improves(at(0, 100), at(-5, 20)), "much sharper"
    assert improves(at(0, 10), at(60, 300)), "much newer"
    assert not improves(at(0, 100), at(-90, 5)), "she is not there any more"
