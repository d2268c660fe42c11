from __future__ import annotations

import statistics
import time

import pytest

from mobile_app.core.pins import Pins, UnusablePin


def test_each_pin_is_told_apart_and_nothing_readable_is_kept() -> None:
    pins = Pins.choose("1234", "9876")
    assert [pins.check(pin) for pin in ("1234", "9876", "0000", "", "１２３４")] == [
        "cancel",
        "duress",
        "wrong",
        "wrong",
        "wrong",
    ]
    assert "1234" not in str(pins) and Pins.choose("1234").cancel != pins.cancel


def test_without_a_duress_pin_nothing_is_duress() -> None:
    assert Pins.choose("1234").check("") == "wrong"


@pytest.mark.parametrize(
    ("cancel", "duress", "code"),
    [
        ("123", "", "pin_digits"),
        ("12a4", "", "pin_digits"),
        ("", "", "pin_digits"),
        ("1234", "1234", "pin_same"),
        ("１２３４", "", "pin_digits"),
    ],
)
def test_unusable_pins_are_named(cancel: str, duress: str, code: str) -> None:
    with pytest.raises(UnusablePin) as refused:
        Pins.choose(cancel, duress)
    assert refused.value.code == code


def test_a_check_does_the_same_work_for_every_pin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted, not only timed: two hashes, whichever PIN comes in."""
    from mobile_app.core import pins as module

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
    assert counts == [2, 2, 2] and statistics.median(times) > 0.005
