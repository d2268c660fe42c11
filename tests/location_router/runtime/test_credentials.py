"""Signed calls and the phone's two tokens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import jwt
import pytest

from location_router.runtime.signing import BadSignature, sign, verify
from location_router.runtime.tokens import (
    BadToken,
    Device,
    is_live_token,
    live_token,
    new_device_keys,
    sign_device_token,
    verify_device_token,
)

NOW = 1_800_000_000.0
CALL = {"method": "POST", "path": "/v1/receipts", "body": b'{"a":1}'}
DEVICE = Device("home-1", "device-1", "person-1", "41170")


def test_a_signed_call_names_its_installation() -> None:
    headers = sign("key", installation="serving-1", now=NOW, **CALL)
    assert verify(headers, {"serving-1": "key"}, now=NOW + 299, **CALL) == "serving-1"


@pytest.mark.parametrize(
    ("change", "keys", "now", "code"),
    [
        ({}, {"serving-1": "other"}, NOW, "wrong_signature"),
        ({"path": "/v1/inbox"}, {"serving-1": "key"}, NOW, "wrong_signature"),
        ({"method": "PUT"}, {"serving-1": "key"}, NOW, "wrong_signature"),
        ({"body": b"{}"}, {"serving-1": "key"}, NOW, "wrong_signature"),
        ({}, {"serving-2": "key"}, NOW, "unknown_installation"),
        ({}, {"serving-1": "key"}, NOW + 301, "clock_skew"),
        ({}, {"serving-1": "key"}, NOW - 302, "clock_skew"),
    ],
)
def test_any_change_breaks_the_signature(change: dict, keys: dict[str, str], now: float, code: str) -> None:
    headers = sign("key", installation="serving-1", now=NOW, **CALL)
    with pytest.raises(BadSignature) as refused:
        verify(headers, keys, now=now, **(CALL | change))
    assert refused.value.code == code


def test_odd_headers_are_refused_and_not_an_error() -> None:
    good = sign("key", installation="serving-1", now=NOW, **CALL)
    for odd in ({}, {**good, "X-Ansim-Time": "²"}, {**good, "X-Ansim-Signature": "가" * 64}):
        with pytest.raises(BadSignature):
            verify(odd, {"serving-1": "key"}, now=NOW, **CALL)


def test_a_device_token_comes_back_whole() -> None:
    private, public = new_device_keys()
    assert verify_device_token(sign_device_token(DEVICE, private), {"home-1": public}) == DEVICE


def test_a_device_token_of_another_key_issuer_age_or_algorithm_is_bad() -> None:
    private, public = new_device_keys()
    old = sign_device_token(DEVICE, private, now=datetime.now(UTC) - timedelta(days=731))
    hs = jwt.encode({"iss": "home-1", "sub": "device-1", "exp": 4e9}, "x" * 64, algorithm="HS256")
    none = jwt.encode({"iss": "home-1", "sub": "device-1", "exp": 4e9}, None, algorithm="none")
    good = sign_device_token(DEVICE, private)
    unstorable = sign_device_token(Device("home-1", "device\x00", "", ""), private)
    for token, keys in (
        (unstorable, {"home-1": public}),
        (old, {"home-1": public}),
        (hs, {"home-1": public}),
        (none, {"home-1": public}),
        (good, {}),
        (good, {"home-1": new_device_keys()[1]}),
        (good, {"home-1": "no key"}),
        ("", {"home-1": public}),
        ("a.b.c", {"home-1": public}),
        ("가", {"home-1": public}),
    ):
        with pytest.raises(BadToken):
            verify_device_token(token, keys)


def test_a_live_token_opens_its_own_alert_only() -> None:
    alert_id = uuid4()
    token = live_token(b"key", alert_id)
    assert is_live_token(b"key", alert_id, token) and len(token) == 32
    assert not is_live_token(b"key", uuid4(), token) and not is_live_token(b"other", alert_id, token)
    assert not is_live_token(b"key", alert_id, "") and not is_live_token(b"key", alert_id, "\ud800")
