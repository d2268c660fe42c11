"""Envelopes: only the exact message, from a known key in force, opens."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from location_router.envelope import Keyring, NodeKey, Refused, Signer, open_envelope, seeds_from
from location_router.runtime.seal import new_key

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
CENTER = Signer("serving-1", [bytes(range(32)), bytes(range(1, 33))])
OLD, NEW = (NodeKey("serving-1", "installation", one, NOW) for one in CENTER.public_keys)
RING = Keyring([OLD, NEW])
NAMES = {"subject": "receipt", "message_id": "m1"}


def wrap(body: bytes = b"{}", *, at: datetime = NOW, which: int = 0, **names: str) -> bytes:
    return CENTER.wrap(body, at=at, which=which, **(NAMES | names))


def why(data: bytes, ring: Keyring = RING, *, must_be_fresh: bool = False, **names: str) -> str:
    """Empty when it opens."""
    try:
        open_envelope(data, ring, now=NOW, must_be_fresh=must_be_fresh, **(NAMES | names))
    except Refused as refused:
        return refused.code
    return ""


@given(st.binary(max_size=300), st.text(max_size=20))
def test_what_was_wrapped_opens_unchanged(body: bytes, message_id: str) -> None:
    names = {"subject": "receipt", "message_id": message_id}
    opened = open_envelope(wrap(body, **names), RING, now=NOW, **names)
    assert (opened.body, opened.node, opened.at) == (body, "serving-1", NOW)


@given(st.data())
def test_no_changed_byte_opens(data: st.DataObject) -> None:
    good = bytearray(wrap(b'{"alert": 1}'))
    place = data.draw(st.integers(0, len(good) - 1))
    good[place] ^= data.draw(st.integers(1, 255))
    assert why(bytes(good)) in {"unsigned", "malformed", "unknown_node", "wrong_signature"}


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_in_peace(data: bytes) -> None:
    assert why(b"ansim1 " + data) in {"malformed", "unknown_node"}
    assert why(data) in {"unsigned", "malformed"}


def test_it_is_bound_to_subject_and_id() -> None:
    assert why(wrap(), subject="status") == "wrong_signature"
    assert why(wrap(), message_id="m2") == "wrong_signature"
    assert why(wrap(subject="a 1 b", message_id="c"), subject="a", message_id="b 1 c") != ""


def test_an_installation_may_not_raise_alerts_and_the_router_gives_no_receipts() -> None:
    assert why(wrap(subject="alert.serving-2"), subject="alert.serving-2") == "not_its_subject"


def test_two_keys_hold_at_once_and_a_retired_one_only_for_what_was_before() -> None:
    assert why(wrap(which=0)) == why(wrap(which=1)) == ""
    ring = Keyring([replace(OLD, valid_until=NOW + timedelta(hours=1)), NEW])
    assert why(wrap(at=NOW + timedelta(minutes=30)), ring) == ""
    assert why(wrap(at=NOW + timedelta(hours=2)), ring) == "not_valid_then"
    assert why(wrap(at=NOW + timedelta(hours=2), which=1), ring) == ""


def test_a_revoked_key_is_refused_whatever_time_it_claims() -> None:
    ring = Keyring([replace(OLD, is_revoked=True), NEW])
    assert why(wrap(at=NOW - timedelta(days=1)), ring) == "revoked"
    assert why(wrap(which=1), ring) == "" and not ring.is_revoked("serving-1")
    assert Keyring([replace(OLD, is_revoked=True)]).is_revoked("serving-1")


def test_a_position_must_be_fresh() -> None:
    assert why(wrap(at=NOW - timedelta(minutes=11)), Keyring([replace(OLD, valid_from=NOW - timedelta(days=1))])) == ""
    ring = Keyring([replace(OLD, valid_from=NOW - timedelta(days=1))])
    assert why(wrap(at=NOW - timedelta(minutes=11)), ring, must_be_fresh=True) == "stale"


def test_all_processes_of_a_node_have_the_same_key_and_two_nodes_different_ones() -> None:
    data_key = new_key()
    assert seeds_from("", data_key=data_key, node="a") == seeds_from("", data_key=data_key, node="a")
    assert seeds_from("", data_key=data_key, node="a") != seeds_from("", data_key=data_key, node="b")
    assert len(seeds_from(f"{new_key()},{new_key()}", data_key=data_key, node="a")) == 2
    with pytest.raises(ValueError, match="NODE_KEY"):
        seeds_from("c2hvcnQ=", data_key=data_key, node="a")
