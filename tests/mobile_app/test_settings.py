"""What the phone knows of its owner: whatever stands in the file, SOS works; and what an alert tells of her."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mobile_app.core.messages import Position
from mobile_app.core.pins import Pins
from mobile_app.core.profiles import COVERT, LOUD, SILENT, Profiles
from mobile_app.core.signals import Send
from mobile_app.settings import FILE, Settings, load, store

HOME = {"home_address": "안양시 동안구 시민대로 235, 302호", "home_floor": "3", "home_door": "1004*"}
ABOUT = {"blood_type": "A+", "conditions": "천식", "full_name": "김민지"}


def send(profile: str = SILENT, *, is_at_home: bool = False) -> Send:
    return Send("id", "active", "urn:service:sos", "hold", "", 5.0, profile=profile, is_at_home=is_at_home)


def fix(lat: float, accuracy_m: float = 10.0, source: str = "gps") -> Position:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    return Position(lat=lat, lon=126.92, accuracy_m=accuracy_m, fixed_at=at, source=source)


def test_what_was_stored_comes_back(tmp_path: Path) -> None:
    chosen = Settings(
        pins=Pins.choose("1234", "9876"), profiles=Profiles(shake=LOUD, tap=SILENT), home_lat=37.4, **ABOUT
    )
    store(tmp_path, chosen)
    assert load(tmp_path) == chosen and load(tmp_path, language="en").language == "en"


def test_a_damaged_value_costs_only_itself(tmp_path: Path) -> None:
    store(tmp_path, Settings(nickname="민지", device_token="t", pins=Pins.choose("1234")))
    damaged = json.loads((tmp_path / FILE).read_text()) | {
        "countdown_s": "soon", "profiles": {"shake": "whisper", "hold": "loud"}, "home_lat": True, "of_tomorrow": 1,
    }  # fmt: skip
    (tmp_path / FILE).write_text(json.dumps(damaged))
    read = load(tmp_path)
    assert (read.nickname, read.is_signed_up, read.home_lat, read.countdown_s) == ("민지", True, None, 5.0)
    assert read.profiles == Profiles(hold=LOUD) and read.pins is not None and read.pins.check("1234") == "cancel"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(st.sampled_from(list(Settings.__dataclass_fields__)), st.none() | st.text() | st.floats()
                       | st.booleans() | st.lists(st.integers()) | st.dictionaries(st.text(), st.text())))  # fmt: skip
def test_whatever_stands_there_an_alert_can_be_raised(tmp_path: Path, written: dict[str, Any]) -> None:
    (tmp_path / FILE).write_text(json.dumps(written))
    read = load(tmp_path)
    assert 0 <= read.rules.countdown_s <= 30
    read.caller_of(send(is_at_home=True), position=fix(37.4))


def test_her_profile_goes_with_an_alert_and_nowhere_else() -> None:
    known = Settings(nickname="민지", **ABOUT, **HOME)
    told = known.caller_of(send(LOUD), position=None, floor_hint="+3").profile
    assert told == ABOUT | {"floor_hint": "+3"}, "no address of a home where she is not"
    agreed = replace(known, is_health_for_119=True)
    assert agreed.caller_of(send(LOUD), position=None).profile == ABOUT | {"tell_119": "yes"}
    nothing = replace(agreed, blood_type="", conditions="")
    assert "tell_119" not in nothing.caller_of(send(LOUD), position=None).profile, "there is nothing to show"
    assert known.caller.profile == {}
    for profile in (SILENT, COVERT):
        assert known.caller_of(send(profile), position=None).profile == ABOUT | {"call": "silent"}


@pytest.mark.parametrize(
    ("position", "is_told"),
    [
        (None, True),
        (fix(37.4001), True),
        (fix(37.41), False),
        (fix(37.41, accuracy_m=600.0), True),
        (fix(37.9, source="last_known"), True),
    ],
)
def test_at_home_the_address_is_told_unless_her_place_says_otherwise(position: Position | None, is_told: bool) -> None:
    known = Settings(home_lat=37.4, home_lon=126.92, **HOME)
    told = known.caller_of(send(LOUD, is_at_home=True), position=position).profile
    assert told == (HOME if is_told else {})
