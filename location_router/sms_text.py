"""One cry for help in one text message: at most 160 characters of GSM-7, signed, readable also when cut. Pure.

    ANSIM1;<id>;<mode>;<place>;r12;t-4;b41;<device>;<mac>

- `id`: the alert's UUID, 16 bytes as 22 letters (base64 with `:` and `.`, which no gateway mangles). It is a UUIDv7, so
  the instant of the alert is in it and needs no letters of its own.
- `mode`: phase `P A E`, trigger (`H T S W B O`), `S` silent or `L` loud, `R` real or `X` exercise, `K` or `E` for the
  language.
- `place`: `+37.40150+126.92270` (1 m), or `-` for none · `r`: 68 % radius in metres · `t`: seconds from the alert's
  instant to the fix · `b`: battery percent.
- `device`: 4 letters for the home center (of the SHA-256 of its installation's name), 22 for the device's UUID.
- `mac`: 80 bits of HMAC-SHA256 over everything before it, 14 letters. A duress end is signed for another purpose and
  looks exactly like a cancel: no letter in the text tells the two apart.

The device's key is derived from the secret that its home center shares with the router, so nothing is stored for it.
The most useful fields stand first: a message that was cut still names the alert or the place. The phone has its own
copy of the writing half (`mobile_app/net/sms_text.py`); `fixtures/sms/` binds the two.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from location_router.runtime.device_keys import device_key, installations_named, letters, raw

HEADER = "ANSIM1"
MAX_CHARACTERS = 160
MAC_BYTES = 10
PHASES = {"pre": "P", "active": "A", "ended": "E"}
TRIGGERS = {"hold": "H", "tap": "T", "shake": "S", "overdue_walk": "W", "button": "B"}
OTHER_TRIGGER = "O"
_PURPOSE, _DURESS = b"ansim sms 1\x00", b"ansim sms 1 duress\x00"
_PLACE = re.compile(r"([+-]\d{1,2}\.\d{5})([+-]\d{1,3}\.\d{5})")
_PREFIX = re.compile(r"\bANSIM\d", re.IGNORECASE)
_LETTERS = "[A-Za-z0-9.:]"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsAlert:
    """What a text message says. `fix_offset_s` counts from the alert's instant (in its id) to the fix, below zero
    for an older one; `device_ref` is 26 letters (`device_ref`)."""

    alert_id: UUID
    device_ref: str
    phase: str = "active"
    outcome: str = ""
    trigger: str = "tap"
    is_silent: bool = False
    is_drill: bool = False
    language: str = "ko"
    lat: float | None = None
    lon: float | None = None
    accuracy_m: int = 50
    fix_offset_s: int = 0
    battery_percent: int | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """What could be read. `alert` is set when the signature is good; the rest is what a broken one still tells.

    `is_ours`: it begins like a message of ours, so somebody wanted help, whatever else is legible.
    """

    alert: SmsAlert | None
    installation: str = ""
    is_ours: bool = False
    is_truncated: bool = False
    alert_id: UUID | None = None
    device_ref: str = ""
    mode: str = ""
    place: tuple[float, float] | None = None
    accuracy_m: int | None = None
    fix_offset_s: int | None = None
    battery_percent: int | None = None


def id_instant(alert_id: UUID) -> datetime | None:
    """The instant inside a UUIDv7, None for another version."""
    if alert_id.version != 7:
        return None
    try:
        return datetime.fromtimestamp((alert_id.int >> 80) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def fixed_at(alert: Read | SmsAlert, *, default: datetime) -> datetime:
    """When the place was measured, as far as the message tells."""
    instant = (id_instant(alert.alert_id) if alert.alert_id else None) or default
    return instant + timedelta(seconds=alert.fix_offset_s or 0)


def encode(alert: SmsAlert, key: bytes) -> str:
    """The message, signed with the device's key. Raises ValueError for a device_ref that is none."""
    if len(alert.device_ref) != 26 or raw(alert.device_ref[4:]) is None:
        raise ValueError("device_ref must be 26 letters")
    text = ";".join((HEADER, letters(alert.alert_id.bytes), _mode(alert), *_measures(alert), alert.device_ref, ""))
    return text + _mac(key, text, is_duress=alert.outcome == "duress")


def decode(text: str, keys: Mapping[str, str]) -> Read:
    """What the message says; `keys` maps installations to the secrets they share with the router. Never raises."""
    found = _decode(text, keys)
    if found.alert is None and " " in text.strip():  # a gateway that forgot to escape the plus signs
        again = _decode(text.strip().replace(" ", "+"), keys)
        found = again if again.alert else found
    return found


def _decode(text: str, keys: Mapping[str, str]) -> Read:
    begin = _PREFIX.search(text)  # gateways put their own words before it, like [Web발신]
    stripped = text[begin.start() if begin else 0 :].strip().strip("\x00")
    fields = stripped.split(";")
    found = _legible(stripped, fields)
    if len(fields) != 9 or found.alert_id is None or not found.device_ref:
        return found
    signed, mac = stripped.rpartition(";")[0] + ";", fields[8]
    installation, is_duress = _signer(signed, mac, found.device_ref, keys)
    if not installation:
        return found
    alert = _alert(found, is_duress)
    if alert is None:
        return found
    return Read(alert, installation, True, False, found.alert_id, found.device_ref, found.mode, found.place)


def _mode(alert: SmsAlert) -> str:
    return "".join(
        (
            PHASES.get(alert.phase, "A"),
            TRIGGERS.get(alert.trigger, OTHER_TRIGGER),
            "S" if alert.is_silent else "L",
            "X" if alert.is_drill else "R",
            "E" if alert.language == "en" else "K",
        )
    )


def _measures(alert: SmsAlert) -> tuple[str, str, str, str]:
    has_place = alert.lat is not None and alert.lon is not None
    place = f"{alert.lat:+.5f}{alert.lon:+.5f}" if has_place else "-"
    radius = min(max(alert.accuracy_m, 0), 999_999)
    offset = min(max(alert.fix_offset_s, -999_999), 999_999)
    battery = "" if alert.battery_percent is None else str(min(max(alert.battery_percent, 0), 100))
    return place, f"r{radius}", f"t{offset}", f"b{battery}"


def _mac(key: bytes, text: str, *, is_duress: bool) -> str:
    purpose = _DURESS if is_duress else _PURPOSE
    return letters(hmac.new(key, purpose + text.encode(), hashlib.sha256).digest()[:MAC_BYTES])


def _signer(signed: str, mac: str, ref: str, keys: Mapping[str, str]) -> tuple[str, bool]:
    """(installation, whether it is a duress end), empty when nobody we know has signed it."""
    device_bytes = raw(ref[4:])
    if device_bytes is None:
        return "", False
    for installation in installations_named(ref, keys):
        key = device_key(keys[installation], str(UUID(bytes=device_bytes)))
        for is_duress in (False, True):
            if hmac.compare_digest(_mac(key, signed, is_duress=is_duress).encode(), mac.encode()):
                return installation, is_duress
    return "", False


def _legible(text: str, fields: list[str]) -> Read:
    """The fields of a broken message, wherever they can be recognised."""
    place = _PLACE.search(text)
    lat, lon = (float(one) for one in place.groups()) if place else (0.0, 0.0)
    is_ours = bool(_PREFIX.search(text))
    ids = [UUID(bytes=one) for field in fields if len(field) == 22 and (one := raw(field)) and len(one) == 16]
    refs = [one for one in fields if len(one) == 26 and re.fullmatch(_LETTERS + "{26}", one) and _is_ref(one)]
    modes = [one for one in fields if re.fullmatch("[PAE][HTSWBO][SL][RX][KE]", one)]
    return Read(
        None,
        "",
        is_ours,
        is_ours and (len(fields) < 9 or len(fields[-1]) < 14),
        ids[0] if ids and is_ours else None,
        refs[0] if refs else "",
        modes[0] if modes else "",
        (lat, lon) if place and abs(lat) <= 90 and abs(lon) <= 180 else None,
        _measure(fields, r"r(\d{1,6})"),
        _measure(fields, r"t(-?\d{1,6})"),
        _measure(fields, r"b(\d{1,3})"),
    )


def _is_ref(text: str) -> bool:
    found = raw(text[4:])
    return found is not None and len(found) == 16


def _measure(fields: list[str], pattern: str) -> int | None:
    return next((int(found[1]) for field in fields if (found := re.fullmatch(pattern, field))), None)


def _alert(found: Read, is_duress: bool) -> SmsAlert | None:
    if found.alert_id is None or len(found.mode) != 5:
        return None
    phase, trigger, voice, exercise, language = tuple(found.mode)
    words = {letter: word for word, letter in PHASES.items()}, {letter: word for word, letter in TRIGGERS.items()}
    ended = "duress" if is_duress else "cancel"
    return SmsAlert(
        alert_id=found.alert_id,
        device_ref=found.device_ref,
        phase=words[0][phase],
        outcome=ended if phase == "E" else "",
        trigger=words[1].get(trigger, "other"),
        is_silent=voice == "S",
        is_drill=exercise == "X",
        language="en" if language == "E" else "ko",
        lat=found.place[0] if found.place else None,
        lon=found.place[1] if found.place else None,
        accuracy_m=50 if found.accuracy_m is None else found.accuracy_m,
        fix_offset_s=found.fix_offset_s or 0,
        battery_percent=found.battery_percent if found.battery_percent is None else min(found.battery_percent, 100),
    )
