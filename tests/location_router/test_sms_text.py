"""One text message of at most 160 GSM-7 characters: what goes in comes out, what was cut is still a cry for help."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from location_router.runtime.device_keys import device_key, device_ref
from location_router.senders.gateways import Sms, _as_alert
from location_router.sms_text import (
    MAX_CHARACTERS,
    SmsAlert,
    decode,
    encode,
    fixed_at,
    id_instant,
)
from mobile_app.core.ids import uuid7
from mobile_app.core.messages import AlertMessage
from mobile_app.net.sms_text import sms_text

GOLDENS = sorted((Path(__file__).parents[2] / "fixtures" / "sms").glob("*.json"))
GSM_7 = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-.:;")
KEYS = {"home-1": "the secret of home-1", "home-2": "another"}
DEVICE = UUID("7d9f2f3a-3f0c-4c3e-9a57-0d8a5a0b1c2d")
REF = device_ref("home-1", DEVICE)
KEY = device_key(KEYS["home-1"], str(DEVICE))
NOW = datetime(2026, 11, 21, 16, 3, tzinfo=UTC)
ID = UUID(uuid7(NOW, 12345678901234567890))
ALERT = SmsAlert(
    alert_id=ID, device_ref=REF, trigger="shake", lat=37.40151, lon=126.92273, accuracy_m=12, fix_offset_s=-3
)

moments = st.integers(1_700_000_000, 3_700_000_000).map(lambda s: datetime.fromtimestamp(s, UTC))
ids = st.builds(uuid7, moments, st.integers(0, 2**74 - 1)).map(UUID)
places = st.tuples(st.floats(-90, 90), st.floats(-180, 180)).map(lambda p: (round(p[0], 5) + 0.0, round(p[1], 5) + 0.0))
alerts = st.builds(
    lambda place, phase, outcome, **more: SmsAlert(
        **more, device_ref=REF, phase=phase, outcome=outcome if phase == "ended" else "",
        lat=place and place[0], lon=place and place[1],
    ),
    place=st.none() | places, phase=st.sampled_from(["pre", "active", "ended"]),
    outcome=st.sampled_from(["cancel", "duress"]), alert_id=ids,
    trigger=st.sampled_from(["hold", "tap", "shake", "overdue_walk", "button"]), is_silent=st.booleans(),
    is_drill=st.booleans(), language=st.sampled_from(["ko", "en"]), accuracy_m=st.integers(0, 999_999),
    fix_offset_s=st.integers(-999_999, 999_999), battery_percent=st.none() | st.integers(0, 100),
)  # fmt: skip


@given(alerts)
def test_what_goes_in_comes_out_in_one_message(alert: SmsAlert) -> None:
    text = encode(alert, KEY)
    assert len(text) <= MAX_CHARACTERS and set(text) <= GSM_7
    read = decode(text, KEYS)
    assert read.alert == alert and read.installation == "home-1" and not read.is_truncated


@given(alerts, st.data())
def test_one_changed_letter_breaks_the_signature(alert: SmsAlert, data: st.DataObject) -> None:
    text = encode(alert, KEY)
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from(sorted(GSM_7 - {text[place]})))
    assert decode(text[:place] + letter + text[place + 1 :], KEYS).alert is None


@given(st.integers(7, 106))
def test_a_cut_message_still_says_that_somebody_wants_help(length: int) -> None:
    read = decode(encode(ALERT, KEY)[:length], KEYS)
    assert read.alert is None and read.is_ours and read.is_truncated
    assert (read.alert_id == ID) == (length >= 29)
    if length >= 55:
        assert read.place == (37.40151, 126.92273)


@given(st.text(max_size=200))
def test_no_text_makes_it_raise(text: str) -> None:
    assert decode(text, KEYS).alert is None


def test_a_duress_end_looks_like_a_cancel() -> None:
    """Invariant 9: who reads the sent message learns nothing; only the letters of the signature differ."""
    cancel, duress = (
        encode(SmsAlert(alert_id=ID, device_ref=REF, phase="ended", outcome=word), KEY) for word in ("cancel", "duress")
    )
    assert cancel.rpartition(";")[0] == duress.rpartition(";")[0] and len(cancel) == len(duress)
    assert [decode(one, KEYS).alert.outcome for one in (cancel, duress)] == ["cancel", "duress"]  # type: ignore[union-attr]


def test_gateways_put_their_own_words_before_it_and_lose_the_plus_signs() -> None:
    text = encode(ALERT, KEY)
    assert decode(f"[Web발신]\n{text}\n", KEYS).alert == ALERT
    assert decode(text.replace("+", " "), KEYS).alert == ALERT


def test_another_home_center_s_key_signs_nothing() -> None:
    assert decode(encode(ALERT, device_key(KEYS["home-2"], str(DEVICE))), KEYS).alert is None
    assert decode(encode(ALERT, KEY), {"home-1": "rotated"}).alert is None


def test_a_pre_alert_by_text_leaves_time_for_the_text_that_takes_it_back() -> None:
    for phase, countdown_s in (("pre", 15.0), ("active", 0.0)):
        found = decode(encode(replace(ALERT, phase=phase), KEY), KEYS)
        body, _ = _as_alert(found, Sms("01012345678", "", NOW))
        assert body is not None and (body["phase"], body["countdown_s"]) == (phase, countdown_s)
    body, _ = _as_alert(decode("ANSIM1;;PSLRK;", KEYS), Sms("01012345678", "", NOW))
    assert body is not None and (body["phase"], body["countdown_s"]) == ("active", 0.0), "unproven, nobody waits"


def test_the_instants_are_in_the_id() -> None:
    assert id_instant(ID) == NOW
    assert fixed_at(ALERT, default=NOW + timedelta(hours=1)) == NOW - timedelta(seconds=3)


def _golden(path: Path) -> dict[str, Any]:
    golden: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return golden


def test_there_are_goldens() -> None:
    assert len(GOLDENS) >= 4


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: path.stem)
def test_the_phone_writes_the_golden_and_the_router_reads_it(path: Path) -> None:
    golden = _golden(path)
    key = device_key(golden["home_router_key"], golden["device_id"])
    assert key.hex() == golden["device_key"]
    assert device_ref(golden["installation"], UUID(golden["device_id"])) == golden["device_ref"]
    alert = AlertMessage.from_json(golden["alert"])
    written = sms_text(alert, device_ref=golden["device_ref"], key=key, is_silent=golden["is_silent"])
    assert written == golden["text"]
    read = decode(golden["text"], {golden["installation"]: golden["home_router_key"]}).alert
    assert read is not None and str(read.alert_id) == alert.alert_id
    assert (read.phase, read.outcome, read.trigger, read.is_silent) == (
        alert.phase, alert.outcome, alert.trigger, golden["is_silent"]
    )  # fmt: skip
    assert (read.lat, read.lon) == ((alert.position.lat, alert.position.lon) if alert.position else (None, None))
