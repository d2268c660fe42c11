"""The two PINs: told apart, hard to find from each other, and nothing on disk or in time that tells them."""

from __future__ import annotations

import json
import time
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobile_app.core import pins as module
from mobile_app.core.pins import Pins, UnusablePin, is_guessable, is_near, refusal

PIN = st.text("0123456789", min_size=4, max_size=8)


def test_each_pin_is_told_apart_and_nothing_readable_is_kept() -> None:
    pins = Pins.choose("1234", "9876")
    verdicts = [pins.check(pin) for pin in ("1234", "9876", "0000", "", "１２３４")]
    assert verdicts == ["cancel", "duress", "wrong", "wrong", "wrong"]
    assert "1234" not in str(pins) and Pins.choose("1234").cancel != pins.cancel


def test_without_a_duress_pin_nothing_is_duress_and_the_file_is_as_long() -> None:
    without, with_one = Pins.choose("1234"), Pins.choose("1234", "9876")
    assert without.check("") == "wrong"
    assert len(json.dumps(asdict(without))) == len(json.dumps(asdict(with_one))), "whoever reads the folder"


@pytest.mark.parametrize(
    ("cancel", "duress", "code"),
    [
        ("123", "", "pin_digits"),
        ("12a4", "", "pin_digits"),
        ("", "", "pin_digits"),
        ("１２３４", "", "pin_digits"),
        ("482913", "12345678", "pin_length"),
        ("1234", "1234", "pin_same"),
        ("4829", "4826", "pin_near"),
        ("4829", "9284", "pin_near"),
        ("4829", "8294", "pin_near"),
        ("4829", "48291", "pin_near"),
        ("4829", "40829", "pin_near"),
        ("4899", "4900", "pin_near"),
        ("0000", "9999", "pin_near"),
        ("4829", "5930", "pin_near"),
    ],
)
def test_unusable_pins_are_named(cancel: str, duress: str, code: str) -> None:
    with pytest.raises(UnusablePin) as refused:
        Pins.choose(cancel, duress)
    assert refused.value.code == code


@given(PIN, PIN)
def test_nearness_is_mutual_and_whatever_is_not_refused_can_be_used(one: str, other: str) -> None:
    assert is_near(one, other) == is_near(other, one)
    assert refusal(one, other) == refusal(other, one)
    assert refusal(one, other) or (len(one) == len(other) and sum(a != b for a, b in zip(one, other, strict=True)) > 1)


@pytest.mark.parametrize(
    "pin",
    ["0000", "1234", "9876", "7890", "1212", "1122", "1995", "0314", "1403", "950314", "19950314", "2580", "1004"],
)
def test_what_a_thief_tries_first_is_warned_of(pin: str) -> None:
    assert is_guessable(pin) and not refusal(pin)


def test_a_pin_from_her_own_number_is_guessable_and_others_are_not() -> None:
    assert is_guessable("5678", ["010-1234-5678"]) and not is_guessable("4829", ["010-1234-5678"])
    assert not is_guessable("48291") and not is_guessable("482957") and not is_guessable("48295731")


@given(PIN, st.lists(st.text(max_size=20), max_size=3))
def test_any_pin_can_be_judged(pin: str, known: list[str]) -> None:
    assert is_guessable(pin, known) in (True, False)


def test_a_check_does_the_same_work_for_every_pin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted, not only timed: two hashes, whichever PIN comes in."""
    calls: list[str] = []
    original = module._hash
    monkeypatch.setattr(module, "_hash", lambda pin, salt: calls.append(pin) or original(pin, salt))
    pins = Pins.choose("1234", "9876")
    counts, times = [], []
    for pin in ("1234", "9876", "0000"):
        calls.clear()
        began = time.perf_counter()
        pins.check(pin)
        times.append(time.perf_counter() - began)
        counts.append(len(calls))
    assert counts == [2, 2, 2] and min(times) > 0.002
