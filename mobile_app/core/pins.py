"""The two PINs. Only salted scrypt hashes are kept, and a check always takes both hashes' time (invariant 9).

Both have the same length, so the keypad sends at that length and neither the number of presses nor the time tells which
one it was. A duress PIN that somebody finds by varying the cancel PIN protects nobody, so near ones are refused; a PIN
that is easily guessed only gets a warning, because a person who forgets her PIN is worse off.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace

MIN_DIGITS, MAX_DIGITS = 4, 8
WRONG = "wrong"
_WORK = {"n": 2**13, "r": 8, "p": 1, "dklen": 32}
# Words in Korean numbers (1004 is "angel"), emergency numbers, lines on the keypad.
_COMMON = {
    "1004", "7942", "8282", "5882", "0119", "1191", "0112", "1313", "2580", "0852", "1470", "0741", "3690", "0963",
    "1379", "9713", "7913", "1397", "5683", "4862", "0070", "1236", "147258", "258369", "159357",
}  # fmt: skip
_LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class UnusablePin(ValueError):
    """This PIN or pair can't be used. `code` names the reason for the screen: `pin_digits` (not 4 to 8 digits),
    `pin_same`, `pin_length` (not of the same length), `pin_near` (one is found from the other)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _hash(pin: str, salt: bytes) -> str:
    return hashlib.scrypt(pin.encode(), salt=salt, **_WORK).hex()


@dataclass(frozen=True, slots=True)
class Pins:
    """`duress` is always filled: without a duress PIN it holds the hash of random bytes that no entry meets. `digits`:
    how long both are, 0 in a file of an older phone."""

    salt: str
    cancel: str
    duress: str
    digits: int = 0

    @classmethod
    def choose(cls, cancel: str, duress: str = "") -> Pins:
        """Raises UnusablePin."""
        if code := refusal(cancel, duress):
            raise UnusablePin(code)
        salt = os.urandom(16)
        return cls(
            salt.hex(), _hash(cancel, salt), _hash(duress or os.urandom(16).hex(), salt + b"duress"), len(cancel)
        )

    def with_duress(self, pin: str) -> Pins:
        """The same pair, but that `pin` is the duress PIN from now on."""
        return replace(self, duress=_hash(pin, bytes.fromhex(self.salt) + b"duress"))

    def check(self, entered: str) -> str:
        """`cancel`, `duress` or `wrong`; both hashes are computed and compared whatever comes out."""
        salt = bytes.fromhex(self.salt)
        is_cancel = hmac.compare_digest(_hash(entered, salt), self.cancel)
        is_duress = hmac.compare_digest(_hash(entered, salt + b"duress"), self.duress)
        return "cancel" if is_cancel else "duress" if is_duress else WRONG


def refusal(cancel: str, duress: str = "") -> str:
    """Why these can't be the two PINs, a code of `UnusablePin`; "" when they can. `duress` "" means none."""
    for pin in (cancel, *filter(None, (duress,))):
        if not (pin.isascii() and pin.isdigit() and MIN_DIGITS <= len(pin) <= MAX_DIGITS):
            return "pin_digits"
    if not duress:
        return ""
    if cancel == duress:
        return "pin_same"
    if is_near(cancel, duress):
        return "pin_near"
    return "" if len(cancel) == len(duress) else "pin_length"


def is_near(one: str, other: str) -> bool:
    """Whether one is found from the other by what anybody would try: one digit changed, added or left out, the same
    digits in another order, one more or less as a number, every digit one further."""
    if one in other or other in one or sorted(one) == sorted(other):
        return True
    if len(one) != len(other):
        return abs(len(one) - len(other)) == 1 and _is_but_one(*sorted((one, other), key=len))
    if sum(a != b for a, b in zip(one, other, strict=True)) == 1:
        return True
    steps = {(int(a) - int(b)) % 10 for a, b in zip(one, other, strict=True)}
    apart = abs(int(one) - int(other))
    return apart == 1 or apart == 10 ** len(one) - 1 or steps in ({1}, {9})


def _is_but_one(short: str, long: str) -> bool:
    """Whether `long` without one of its digits is `short`."""
    return any(long[:at] + long[at + 1 :] == short for at in range(len(long)))


def is_guessable(pin: str, known: Iterable[str] = ()) -> bool:
    """A PIN among the first that a thief tries: a run, a pattern, a year, a birthday, a word of numbers; or one that
    stands in something `known` of her, her telephone number or year of birth."""
    steps = {(int(b) - int(a)) % 10 for a, b in zip(pin, pin[1:], strict=False)}
    is_run = len(steps) == 1 and steps <= {0, 1, 9}
    half, odd = divmod(len(pin), 2)
    is_pattern = not odd and (pin[:half] == pin[half:] or all(pin[at] == pin[at + 1] for at in range(0, len(pin), 2)))
    is_known = any(pin in "".join(filter(str.isdigit, one)) for one in known)
    return is_run or is_pattern or pin in _COMMON or is_known or _is_date(pin)


def _is_date(pin: str) -> bool:
    """A year or a day in one of the ways to write it: YYYY, MMDD, DDMM, YYMMDD, DDMMYY, YYYYMMDD."""
    if len(pin) == 4:
        return pin[:2] in ("19", "20") or _is_day(pin[:2], pin[2:]) or _is_day(pin[2:], pin[:2])
    if len(pin) == 6:
        return _is_day(pin[2:4], pin[4:]) or _is_day(pin[2:4], pin[:2])
    return len(pin) == 8 and pin[:2] in ("19", "20") and _is_day(pin[4:6], pin[6:])


def _is_day(month: str, day: str) -> bool:
    return 1 <= int(month) <= 12 and 1 <= int(day) <= _LONGEST_MONTHS[int(month) - 1]
