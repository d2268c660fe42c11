"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for the day it is lost; pure.

A code is good for its half minute and the ones beside it (clocks differ), and once: the caller keeps the step of the
last code used, and only a later step counts.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import datetime
from typing import Any
from urllib.parse import quote

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from server.qr import qr_path

STEP_S, DIGITS = 30, 6
RECOVERY_CODES = 10
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that is mistaken for another when it is read from paper


def new_secret() -> bytes:
    return secrets.token_bytes(20)


def matching_step(secret: bytes, code: str, now: datetime, *, after: int) -> int | None:
    """The time step that `code` belongs to: the present one, the one before or after, and later than `after`."""
    totp = TOTP(secret, DIGITS, SHA1(), STEP_S, enforce_key_length=False)
    given = "".join(code.split()).encode()
    present = int(now.timestamp()) // STEP_S
    found = [
        step for step in (present - 1, present, present + 1) if hmac.compare_digest(totp.generate(step * STEP_S), given)
    ]
    return next((step for step in found if step > after), None)


def code_at(secret: bytes, now: datetime) -> str:
    """What the app shows at that moment; for tests and for an administrator's check."""
    return TOTP(secret, DIGITS, SHA1(), STEP_S, enforce_key_length=False).generate(int(now.timestamp())).decode()


def enrolment(secret: bytes, *, login: str, issuer: str) -> dict[str, Any]:
    """What the page shows: the secret to type, the address behind the QR code, and its dark squares as an SVG path."""
    text = base64.b32encode(secret).decode().rstrip("=")
    label = quote(f"{issuer}:{login}", safe="")
    uri = f"otpauth://totp/{label}?secret={text}&issuer={quote(issuer)}&digits={DIGITS}&period={STEP_S}"
    return {"secret": text, "uri": uri, "qr": qr_path(uri)}


def new_recovery_code() -> str:
    """Ten characters of 31, some 49 bits, in two groups."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(10))
    return f"{letters[:5]}-{letters[5:]}"


def new_temporary_password() -> str:
    """Four groups of four, some 79 bits: said over the telephone, typed once."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(16))
    return "-".join(letters[at : at + 4] for at in range(0, 16, 4))


def plain_recovery_code(text: str) -> str:
    """As it is compared: capitals, without what people put between."""
    return "".join(character for character in text.upper() if character.isalnum())
