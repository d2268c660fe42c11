"""Intake fails open: broken phones still get help, and a refusal says what to put right."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from location_router.intake import Refusal, Understood, read
from location_router.wire import MAX_BODY_BYTES, AlertMessage, Flag, Phase

NOW = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
PLACE = {"lat": 37.4015, "lon": 126.9227, "accuracy_m": 12, "fixed_at": "2026-11-21T00:59:58Z"}


def alert(**fields: Any) -> dict[str, Any]:
    return {"alert_id": str(uuid4()), "phase": "active", "raised_at": NOW.isoformat(), "position": PLACE} | fields


def understand(data: Any) -> Understood:
    got = read(data if isinstance(data, bytes) else json.dumps(data).encode(), now=NOW)
    assert isinstance(got, Understood), got
    return got


def refuse(body: bytes) -> Refusal:
    got = read(body, now=NOW)
    assert isinstance(got, Refusal), got
    return got


def test_a_good_alert_carries_no_flag() -> None:
    got = understand(alert(caller={"nickname": "지영", "phone": "010-1234-5678"}, battery_percent=41))
    assert got.flags == [] and got.original == {}
    assert (got.message.caller.nickname, got.message.battery_percent) == ("지영", 41)
    assert got.message.position and got.message.position.accuracy_m == 12


@pytest.mark.parametrize(
    ("position", "flags"),
    [
        ({"lat": float("nan"), "lon": 126.9}, {Flag.NO_POSITION, Flag.ODD_FIELDS}),
        ({"lat": 0, "lon": 0}, {Flag.NO_POSITION, Flag.ODD_FIELDS}),
        ({"lat": True, "lon": 126.9}, {Flag.NO_POSITION, Flag.ODD_FIELDS}),
        ({"lat": [37.4], "lon": {}}, {Flag.NO_POSITION, Flag.ODD_FIELDS}),
        ("Anyang", {Flag.NO_POSITION, Flag.ODD_FIELDS}),
        (None, {Flag.NO_POSITION}),
        ({**PLACE, "lat": 48.85, "lon": 2.35}, {Flag.ABROAD}),
        ({**PLACE, "lat": "37,4015", "lon": "126.9227"}, set()),
        ({**PLACE, "accuracy_m": -3}, {Flag.ODD_FIELDS}),
        ({**PLACE, "fixed_at": "2027-05-01T00:00:00Z"}, {Flag.FUTURE}),
        ({**PLACE, "fixed_at": "1970-01-01T00:00:00Z"}, {Flag.STALE}),
    ],
)
def test_a_bad_position_is_flagged_and_never_refused(position: Any, flags: set[Flag]) -> None:
    got = understand(alert(position=position))
    assert set(got.flags) == flags
    assert (got.message.position is None) == (Flag.NO_POSITION in flags)


def test_swapped_axes_are_put_right_and_both_readings_kept() -> None:
    got = understand(alert(position={**PLACE, "lat": 126.9227, "lon": 37.4015}))
    assert got.flags == [Flag.SWAPPED]
    assert got.message.position and (got.message.position.lat, got.message.position.lon) == (37.4015, 126.9227)
    assert got.original == {"lat": "126.9227", "lon": "37.4015"}


@pytest.mark.parametrize(
    ("fields", "phase", "outcome"),
    [
        ({"phase": "pre"}, Phase.PRE, ""),
        ({"phase": " Active "}, Phase.ACTIVE, ""),
        ({"phase": "screaming"}, Phase.ACTIVE, ""),
        ({"phase": 7}, Phase.ACTIVE, ""),
        ({"phase": "ended", "outcome": "cancel"}, Phase.ENDED, "cancel"),
        ({"phase": "ended", "outcome": "duress"}, Phase.ENDED, "duress"),
        ({"phase": "ended", "outcome": "durress"}, Phase.ACTIVE, ""),
        ({"phase": "active", "outcome": "cancel"}, Phase.ACTIVE, ""),
    ],
)
def test_a_phase_that_makes_no_sense_means_active(fields: dict[str, Any], phase: Phase, outcome: str) -> None:
    message = understand(alert(**fields)).message
    assert (message.phase, message.outcome) == (phase, outcome)


def test_only_the_exact_word_makes_a_drill() -> None:
    assert understand(alert(service="urn:service:test.sos")).message.service == "urn:service:test.sos"
    assert understand(alert(service="urn:service:TEST")).message.service == "urn:service:sos"


def test_a_clock_in_2027_is_kept_and_flagged() -> None:
    got = understand(alert(raised_at="2027-03-01T00:00:00+09:00"))
    assert got.flags == [Flag.FUTURE] and got.message.raised_at.year == 2027


def test_wrong_types_everywhere_are_one_flag() -> None:
    got = understand(alert(caller=[1], trigger={"a": 1}, home=12, countdown_s=True, battery_percent="full"))
    assert got.flags == [Flag.ODD_FIELDS] and got.message.home == "12" and got.message.countdown_s == 0


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"", 400, "body"),
        (b"help", 400, "body"),
        (b"[1]", 400, "body"),
        (b'"x"', 400, "body"),
        (b"null", 400, "body"),
        (b"{}", 422, "alert_id"),
        (b'{"alert_id": 5}', 422, "alert_id"),
        (b'{"alert_id": "me"}', 422, "alert_id"),
        (b'{"alert_id":"' + b"x" * MAX_BODY_BYTES + b'"}', 413, "body"),
        (b"[" * 60_000, 400, "body"),
    ],
)
def test_what_is_no_alert_is_refused_with_field_and_cure(body: bytes, status: int, field: str) -> None:
    refusal = refuse(body)
    assert (refusal.status, refusal.field) == (status, field)
    assert refusal.ko and refusal.en and len(refusal.value) <= 80


def test_nan_lone_surrogates_huge_numbers_and_a_bom_are_read() -> None:
    raw = json.dumps(alert(caller={"nickname": "\ud800\x00지영"}, countdown_s=5)).encode()
    raw = b"\xef\xbb\xbf" + raw[:-1] + b', "speed": NaN, "seq": ' + b"9" * 5000 + b"}"
    assert understand(raw).message.caller.nickname == "?지영"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes().map(str),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
numbers = st.floats() | st.integers() | st.text(max_size=6) | st.booleans() | st.none()
POSITION = ("lat", "lon", "accuracy_m", "fixed_at", "sent_at", "seq", "speed_mps", "heading_deg", "source")
positions = st.fixed_dictionaries({}, optional=dict.fromkeys(POSITION, numbers | json_values))
NAMES = ("phase", "outcome", "service", "trigger", "raised_at", "countdown_s", "home", "caller", "battery_percent", "x")


@given(st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_make_it_raise(body: bytes) -> None:
    assert isinstance(read(body, now=NOW), Understood | Refusal)


@given(
    st.fixed_dictionaries(
        {"alert_id": st.uuids().map(str)},
        optional={**dict.fromkeys(NAMES, json_values), "position": positions | json_values},
    )
)
def test_any_object_with_a_usable_id_is_accepted(data: dict[str, Any]) -> None:
    message = understand(data).message
    assert str(message.alert_id) == data["alert_id"]
    assert AlertMessage.model_validate_json(message.model_dump_json()) == message, "it travels unchanged"


@given(st.sampled_from(["pre", "active", "ended"]), st.sampled_from(["cancel", "duress", ""]))
def test_a_well_formed_phase_is_never_changed(phase: str, outcome: str) -> None:
    message = understand(alert(phase=phase, outcome=outcome)).message
    assert message.phase == phase and message.outcome == (outcome if phase == "ended" else "")
