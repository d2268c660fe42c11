"""The readiness check as rows: what the device, the servers and the settings say, put in order and into words. Pure.

A row's `state` is `ok`, `missing`, `optional` (missing, but help is called for all the same) or `unknown`; `fix` says
what its button does: `device:NAME` asks the device, `go:SCREEN` leads there, `listen` rings, "" has no button.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mobile_app.core.messages import read_time
from mobile_app.ports import CHECKS, MISSING, OK, UNKNOWN, Check
from mobile_app.settings import Settings
from mobile_app.ui.i18n import say

OPTIONAL, SECOND_PIN = "optional", "second_pin"
CLOCK_OFF_S, OLD_S, WIDE_M = 60.0, 180.0, 100.0
SIGNS = {OK: "check", MISSING: "warn", OPTIONAL: "info", UNKNOWN: "wait"}
OF_THE_DEVICE = tuple(name for name in CHECKS if name != "clock")


@dataclass(frozen=True)
class Row:
    name: str
    state: str
    title: str
    why: str = ""
    fix: str = ""


def rows(
    device: Sequence[Check], reached: Mapping[str, Any], guardians: Sequence[Mapping[str, Any]] | None,
    settings: Settings, *, now: datetime,
) -> list[Row]:  # fmt: skip
    """What needs a look first. `reached`: the service's answer to `reach`, empty when there is none; `guardians` None:
    not known."""
    language = settings.language
    found = [
        *_account(settings, guardians, language), *_servers(reached, language), _gps(reached, language, now),
        *(_device_row(check, language) for check in device if check.name in OF_THE_DEVICE),
        _clock(device, reached, language), _sms_number(settings, language), _sensor(device, reached, language),
        Row("sound", UNKNOWN, say(language, "check_sound"), say(language, "is_sound"), "listen"),
    ]  # fmt: skip
    order = {MISSING: 0, UNKNOWN: 1, OPTIONAL: 2, OK: 3}
    return sorted((row for row in found if row is not None), key=lambda row: order[row.state])


def missing(found: Sequence[Row]) -> int:
    return sum(row.state == MISSING for row in found)


def summary(found: Sequence[Row], language: str) -> str:
    count = missing(found)
    if not found:
        return say(language, "ready_looking")
    if not count:
        return say(language, "ready_but_one" if any(row.name == SECOND_PIN for row in found) else "ready_all")
    return say(language, "ready_missing_one" if count == 1 else "ready_missing", count=count)


def _device_row(check: Check, language: str) -> Row:
    state = OPTIONAL if check.state == MISSING and check.is_optional else check.state
    why = "" if state == OK else say(language, f"why_{check.name}")
    fix = f"device:{check.name}" if check.is_fixable and state != OK else ""
    return Row(check.name, state, say(language, f"check_{check.name}"), why, fix)


def _account(settings: Settings, guardians: Sequence[Mapping[str, Any]] | None, language: str) -> list[Row]:
    signed_up = settings.is_signed_up
    found = [
        _plain("signed_up", signed_up, language, "" if signed_up else "go:sign_up"),
        _plain("pins", settings.pins is not None, language, "" if settings.pins else "go:settings"),
    ]
    if settings.pins is not None and settings.is_second_pin_open:
        title, why = say(language, "check_second_pin"), say(language, "why_second_pin")
        found.append(Row(SECOND_PIN, OPTIONAL, title, why, "go:settings"))
    if not signed_up:
        return found
    accepted = None if guardians is None else sum(bool(one.get("accepted_at")) for one in guardians)
    title = say(language, "check_guardians")
    if accepted is None:
        return [*found, Row("guardians", UNKNOWN, title, "", "go:guardians")]
    if not accepted:
        return [*found, Row("guardians", OPTIONAL, title, say(language, "why_guardians"), "go:guardians")]
    return [*found, Row("guardians", OK, title, say(language, "is_guardians", count=accepted))]


def _plain(name: str, is_fine: bool, language: str, fix: str) -> Row:
    title = say(language, f"check_{name}")
    return Row(name, OK, title) if is_fine else Row(name, MISSING, title, say(language, f"why_{name}"), fix)


def _servers(reached: Mapping[str, Any], language: str) -> list[Row]:
    found = []
    for name in ("router", "home"):
        answer, title = reached.get(name), say(language, f"check_{name}")
        if answer is None:
            found.append(Row(name, UNKNOWN, title))
        elif answer["ok"]:
            found.append(Row(name, OK, title, say(language, "is_reached", ms=answer["ms"])))
        else:
            words = answer["message_en" if language == "en" else "message_ko"]
            found.append(Row(name, MISSING, title, words, "device:data"))
    return found


def _gps(reached: Mapping[str, Any], language: str, now: datetime) -> Row:
    title, fixed_at = say(language, "check_gps"), read_time(reached.get("fixed_at"))
    if not reached:
        return Row("gps", UNKNOWN, title)
    if fixed_at is None:
        return Row("gps", MISSING, title, say(language, "why_gps_none"), "device:location_on")
    age_s, metres = max(0, int((now - fixed_at).total_seconds())), math.ceil(reached["accuracy_m"])
    if age_s > OLD_S:
        return Row("gps", MISSING, title, say(language, "why_gps_old", minutes=age_s // 60), "device:location_on")
    if metres > WIDE_M:
        return Row("gps", MISSING, title, say(language, "why_gps_wide", metres=metres), "device:location_precise")
    return Row("gps", OK, title, say(language, "is_gps", metres=metres, age=age_s))


def _clock(device: Sequence[Check], reached: Mapping[str, Any], language: str) -> Row:
    """The server's word counts; without it the device's."""
    title, off_s = say(language, "check_clock"), reached.get("clock_off_s")
    said = next((check for check in device if check.name == "clock"), None)
    fix = "device:clock" if said is not None else ""
    if off_s is not None and abs(off_s) > CLOCK_OFF_S:
        return Row("clock", MISSING, title, say(language, "why_clock", seconds=round(abs(off_s))), fix)
    if said is not None and said.state == MISSING:
        return Row("clock", MISSING, title, say(language, "why_clock_plain"), fix)
    if off_s is None:
        return Row("clock", said.state if said else UNKNOWN, title)
    return Row("clock", OK, title, say(language, "is_clock", seconds=f"{abs(off_s):.1f}"))


def _sms_number(settings: Settings, language: str) -> Row:
    title = say(language, "check_sms_number")
    if settings.sos_text_number:
        return Row("sms_number", OK, title, say(language, "is_sms_number"))
    if settings.is_signed_up:
        return Row("sms_number", OPTIONAL, title, say(language, "why_sms_number"))
    return Row("sms_number", OPTIONAL, title, say(language, "why_sms_number_new"), "go:sign_up")


def _sensor(device: Sequence[Check], reached: Mapping[str, Any], language: str) -> Row | None:
    """Where the device has said nothing of its motion sensor, whether it speaks."""
    if any(check.name == "accelerometer" for check in device) or not reached:
        return None
    state = OK if reached.get("is_sampled") else MISSING
    why = "" if state == OK else say(language, "why_accelerometer")
    return Row("accelerometer", state, say(language, "check_accelerometer"), why)
