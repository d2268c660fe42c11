"""Emergency locations that Android sends by itself: AML text (ETSI TS 103 625) and ELS over HTTPS. Pure.

    A"ML=1;lt=+37.56630;lg=+126.97790;rd=35;top=20261121113105;lc=68;pm=G;si=450051;ei=;mcc=450;mnc=05;ml=105

Anything may be missing or malformed and is still answered with 2xx (the phone asks nobody twice). A message without
a fix says 0°, 0° with `rd=N`: that is *no place*, never a place in the sea. `ml` is the length of the message; it tells
a cut one, and is flagged, not believed: Google's own two examples differ from their `ml` by one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from location_router import geo
from location_router.wire import Position

METHODS = {"W": "wifi", "G": "gnss", "C": "cell"}
SOURCE = "els"
_AML = re.compile(r'A"?ML=\d', re.IGNORECASE)
_Z68 = 1.5095921854516636  # radius of a circular normal distribution that holds 68 %, in its sigmas
NEWER_S, SHARPER = 20.0, 0.7


@dataclass(frozen=True, slots=True)
class Located:
    """One ELS location. `flags`: `truncated odd_length no_position odd_fields`. Android masks most of `imsi`."""

    number: str
    position: Position | None
    flags: tuple[str, ...]
    method: str = ""
    country: str = ""
    network: str = ""
    imsi: str = ""
    imei: str = ""


def is_aml(text: str) -> bool:
    return bool(_AML.search(text))


def read_aml(text: str, *, number: str, now: datetime) -> Located:
    """The location of an AML text message from `number`. Never raises."""
    body = text[found.start() :] if (found := _AML.search(text)) else text
    pairs = dict(one.split("=", 1) for one in body.strip().split(";") if "=" in one)
    said = {name.strip().strip('"').lower(): value.strip() for name, value in pairs.items()}
    flags = _length_flags(body, said)
    fixed_at = _aml_time(said.get("top", ""))
    place = _numbers(said.get("lt"), said.get("lg"))
    radius_m = _number(said.get("rd"))
    if radius_m is None and place == (0.0, 0.0):
        place = None
    position = _position(place, radius_m, _number(said.get("lc")), fixed_at or now, now, flags)
    return Located(
        number=number[:40],
        position=position,
        flags=tuple(sorted(flags)),
        method=METHODS.get(said.get("pm", "").upper(), ""),
        country=said.get("mcc", "")[:3],
        network=said.get("mnc", "")[:3],
        imsi=said.get("si", "")[:15],
        imei=said.get("ei", "")[:16],
    )


def read_els(data: Mapping[str, Any], *, now: datetime) -> Located:
    """The location of ELS's form fields (or the same names in JSON). Never raises."""
    flags: set[str] = set()
    text = next((str(data[name]) for name in ("aml", "sms", "message", "text") if is_aml(str(data.get(name, "")))), "")
    number = _first(data, "device_number", "caller_number", "from", "msisdn", "number")
    if text:
        return read_aml(text, number=number, now=now)
    place = _numbers(data.get("location_latitude"), data.get("location_longitude"))
    radius_m, confidence = _number(data.get("location_accuracy")), _number(data.get("location_confidence"))
    if confidence is not None and confidence <= 1:
        confidence *= 100
    fixed_at = _milliseconds(data.get("location_time")) or _milliseconds(data.get("time"))
    if place == (0.0, 0.0):
        place = None
    position = _position(place, radius_m, confidence, fixed_at or now, now, flags)
    return Located(
        number=number,
        position=position,
        flags=tuple(sorted(flags)),
        method=_first(data, "location_source", "source")[:20].lower(),
        country=_first(data, "cell_network_mcc", "network_mcc", "mcc")[:3],
        network=_first(data, "cell_network_mnc", "network_mnc", "mnc")[:3],
        imsi=_first(data, "device_imsi", "imsi")[:15],
        imei=_first(data, "device_imei", "imei")[:16],
    )


def improves(known: Position | None, new: Position) -> bool:
    """Whether this second source goes to the map as well: clearly newer, or clearly sharper and not older than what
    the phone itself said. Otherwise the track would jump between a fix and a cell tower."""
    if known is None:
        return True
    newer_s = (new.fixed_at - known.fixed_at).total_seconds()
    return newer_s > NEWER_S or (newer_s > -NEWER_S and new.accuracy_m < known.accuracy_m * SHARPER)


def to_68_percent(radius_m: float, confidence_percent: float | None) -> float:
    """The radius that holds 68 % of a circular normal distribution of which `radius_m` holds this much."""
    if confidence_percent is None or not 1 <= confidence_percent <= 99.9 or abs(confidence_percent - 68) < 0.5:
        return radius_m
    return radius_m * _Z68 / math.sqrt(-2 * math.log(1 - confidence_percent / 100))


def _length_flags(body: str, said: Mapping[str, str]) -> set[str]:
    told = _number(said.get("ml"))
    if told is None:
        return {"truncated"}
    return {"odd_length"} if abs(told - len(body.strip())) > 1 else set()


def _position(
    place: tuple[float, float] | None,
    radius_m: float | None,
    confidence: float | None,
    fixed_at: datetime,
    now: datetime,
    flags: set[str],
) -> Position | None:
    sanity = geo.sanity(lat=place[0], lon=place[1]) if place else "invalid"
    if place is None or sanity == "invalid":
        flags.add("no_position")
        return None
    if sanity == "swapped":
        place = place[1], place[0]
        flags.add("odd_fields")
    if radius_m is None or not 0 <= radius_m <= 1_000_000:
        radius_m = 1000.0
        flags.add("odd_fields")
    return Position(
        lat=place[0],
        lon=place[1],
        accuracy_m=min(to_68_percent(radius_m, confidence), 1_000_000),
        fixed_at=fixed_at,
        received_at=now,
        source=SOURCE,
    )


def _numbers(lat: Any, lon: Any) -> tuple[float, float] | None:
    one, other = _number(lat), _number(lon)
    return None if one is None or other is None else (one, other)


def _number(value: Any) -> float | None:
    try:
        number = float(str(value)[:40])
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _milliseconds(value: Any) -> datetime | None:
    number = _number(value)
    try:
        return None if number is None or number <= 0 else datetime.fromtimestamp(number / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _aml_time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _first(data: Mapping[str, Any], *names: str) -> str:
    return next((str(data[name])[:40] for name in names if data.get(name) not in (None, "")), "")
