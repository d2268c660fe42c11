"""What a serving center says to a home that it does not know, so that nobody on the way can read it.

The key comes from the ministry's reference, which both ends hold. Every letter has the same length: a first one, a
position and an end look alike.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from datetime import datetime
from typing import Literal
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel, Field

from server.protection.model import Place, tag_of

LENGTH = 512
NONCE = 12


class Letter(BaseModel):
    """`at`: the order of what is said of one request, by the serving center's clock. No place: not known there."""

    request_id: UUID
    what: Literal["near", "over"]
    at: datetime
    is_drill: bool = False
    lat: float | None = Field(default=None, ge=-90, le=90, allow_inf_nan=False)
    lon: float | None = Field(default=None, ge=-180, le=180, allow_inf_nan=False)
    accuracy_m: float = Field(default=0.0, ge=0, le=1_000_000, allow_inf_nan=False)
    fixed_at: datetime | None = None

    @property
    def place(self) -> Place | None:
        if self.lat is None or self.lon is None or self.fixed_at is None:
            return None
        return Place(self.lat, self.lon, self.accuracy_m, self.fixed_at)


def _cipher(ref: str) -> AESGCM:
    return AESGCM(hmac.new(ref.encode(), b"ansim-approach-letter", hashlib.sha256).digest())


def sealed(ref: str, letter: Letter) -> str:
    """Base64 of nonce and ciphertext."""
    text = letter.model_dump_json().encode().ljust(LENGTH)
    nonce = os.urandom(NONCE)
    return base64.b64encode(nonce + _cipher(ref).encrypt(nonce, text, tag_of(ref).encode())).decode()


def opened(ref: str, text: str) -> Letter | None:
    """None for what was not sealed for this reference."""
    try:
        raw = base64.b64decode(text, validate=True)
        body = _cipher(ref).decrypt(raw[:NONCE], raw[NONCE:], tag_of(ref).encode())
        return Letter.model_validate_json(body.rstrip())
    except (InvalidTag, ValueError):
        return None
