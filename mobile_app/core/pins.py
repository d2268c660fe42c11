"""The two PINs. Only salted scrypt hashes are kept, and a check always takes both hashes' time (invariant 9)."""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass

MIN_DIGITS, MAX_DIGITS = 4, 8
WRONG = "wrong"
_WORK = {"n": 2**13, "r": 8, "p": 1, "dklen": 32}


class UnusablePin(ValueError):
    """The PIN is not 4 to 8 digits, or both PINs are the same. `code` names the reason for the screen."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _hash(pin: str, salt: bytes) -> str:
    return hashlib.scrypt(pin.encode(), salt=salt, **_WORK).hex()


@dataclass(frozen=True, slots=True)
class Pins:
    """`duress` is always filled: without a duress PIN it holds the hash of random bytes that no entry meets."""

    salt: str
    cancel: str
    duress: str

    @classmethod
    def choose(cls, cancel: str, duress: str = "") -> Pins:
        """Raises UnusablePin."""
        for pin in filter(None, (cancel, duress)):
            if not (pin.isascii() and pin.isdigit() and MIN_DIGITS <= len(pin) <= MAX_DIGITS):
                raise UnusablePin("pin_digits")
        if not cancel:
            raise UnusablePin("pin_digits")
        if cancel == duress:
            raise UnusablePin("pin_same")
        salt = os.urandom(16)
        return cls(salt.hex(), _hash(cancel, salt), _hash(duress or os.urandom(16).hex(), salt + b"duress"))

    def check(self, entered: str) -> str:
        """`cancel`, `duress` or `wrong`; both hashes are computed and compared whatever comes out."""
        salt = bytes.fromhex(self.salt)
        is_cancel = hmac.compare_digest(_hash(entered, salt), self.cancel)
        is_duress = hmac.compare_digest(_hash(entered, salt + b"duress"), self.duress)
        return "cancel" if is_cancel else "duress" if is_duress else WRONG
