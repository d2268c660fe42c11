"""Who speaks: keys, signatures, two keys at once, and the pace."""

from __future__ import annotations

import time
from typing import Any

import pytest

from location_router.runtime.pace import Pace
from location_router.runtime.signing import sign
from location_router.senders.keys import (
    KEY_PREFIX,
    SENDER_HEADER,
    Claim,
    Sender,
    identify,
    key_hash,
    new_key,
    signing_secret,
)

OLD, NEW, NOW = new_key(), new_key(), time.time()
BUTTONS = Sender(
    "buttons", "단추 회사", frozenset({"alerts"}), "active", 60, "ab12",
    tuple(signing_secret(one) for one in (OLD, NEW)), frozenset(key_hash(one) for one in (OLD, NEW)),
)  # fmt: skip
SENDERS = {"buttons": BUTTONS}


def who(headers: dict[str, str], **more: Any) -> Claim:
    given: dict[str, Any] = {"method": "POST", "path": "/v1/alerts", "body": b"{}", "now": NOW} | more
    lowered = {name.lower(): value for name, value in headers.items()}

    class Headers(dict[str, str]):
        def get(self, name: str, default: Any = None) -> Any:
            return super().get(name.lower(), default)

    return identify(
        Headers(lowered), more.pop("senders", SENDERS), **{k: v for k, v in given.items() if k != "senders"}
    )


def signed(key: str, **changes: Any) -> dict[str, str]:
    given: dict[str, Any] = {"method": "POST", "path": "/v1/alerts", "body": b"{}", "now": NOW} | changes
    return sign(signing_secret(key), installation="buttons", name_header=SENDER_HEADER, **given)


@pytest.mark.parametrize("key", [OLD, NEW])
def test_both_keys_of_a_rotation_are_good_either_way(key: str) -> None:
    assert who({"Authorization": f"Bearer {key}"}).sender == BUTTONS
    assert who({"Authorization": f"Bearer {key}", SENDER_HEADER: "buttons"}).sender == BUTTONS
    assert who(signed(key)).sender == BUTTONS


def test_a_phone_claims_nothing() -> None:
    assert who({}) == Claim(None) and who({"Authorization": "Bearer eyJhbGciOi"}) == Claim(None)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({SENDER_HEADER: "nobody"}, "unknown_sender"),
        ({SENDER_HEADER: "buttons"}, "unsigned"),
        ({"Authorization": f"Bearer {KEY_PREFIX}guess"}, "wrong_key"),
        ({"Authorization": f"Bearer {OLD}", SENDER_HEADER: "other"}, "wrong_key"),
        (signed(new_key()), "wrong_signature"),
        (signed(OLD, body=b"[]"), "wrong_signature"),
        (signed(OLD, path="/v1/sms"), "wrong_signature"),
        (signed(OLD, now=NOW - 400), "clock_skew"),
    ],
)
def test_a_bad_claim_has_a_name(headers: dict[str, str], code: str) -> None:
    assert who(headers).code == code and who(headers).sender is None


def test_a_revoked_sender_is_told_so() -> None:
    gone = {"buttons": Sender("buttons", "x", BUTTONS.scopes, "revoked", 1, "", BUTTONS.signing, BUTTONS.key_hashes)}
    assert who({"Authorization": f"Bearer {OLD}"}, senders=gone).code == "revoked"
    assert who(signed(OLD), senders=gone).code == "revoked"


def test_a_certificate_counts_only_from_the_trusted_proxy() -> None:
    assert who({}, certificate_sha256="AB12").sender == BUTTONS
    assert who({"X-Client-Cert-SHA256": "ab12"}).sender is None, "anybody can write a header"


def test_who_sends_too_fast_waits_and_is_never_refused() -> None:
    pace = Pace()
    waits = [pace.wait_s("a", per_minute=60, now=0.0, at_most_s=3.0) for _ in range(100)]
    assert waits[:10] == [0.0] * 10 and waits[11] == pytest.approx(2.0) and max(waits) == pytest.approx(3.0)
    assert pace.wait_s("b", per_minute=60, now=0.0, at_most_s=3.0) == 0, "another sender does not wait for this one"
    assert pace.wait_s("a", per_minute=60, now=60.0, at_most_s=3.0) == 0
