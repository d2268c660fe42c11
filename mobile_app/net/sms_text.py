"""The phone's cry for help as one signed text message, for when there is no data (stdlib only).

The format stands in `location_router/sms_text.py`; the golden files in `fixtures/sms/` bind the two. Sending it is the
platform's work. At most 160 characters of GSM-7, so it is always one message.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from uuid import UUID

from mobile_app.core.messages import DRILL, DURESS, AlertMessage

HEADER = "ANSIM1"
MAC_BYTES = 10
PHASES = {"pre": "P", "active": "A", "ended": "E"}
TRIGGERS = {"hold": "H", "tap": "T", "shake": "S", "overdue_walk": "W", "button": "B"}
_PURPOSE, _DURESS = b"ansim sms 1\x00", b"ansim sms 1 duress\x00"
_FURTHEST_S, _WIDEST_M = 999_999, 999_999


def sms_text(alert: AlertMessage, *, device_ref: str, key: bytes, is_silent: bool = False) -> str:
    """The message. `device_ref` (26 letters) and `key` (16 bytes) come with the sign-up. Raises ValueError for an
    alert_id that is no UUID. A duress end differs from a cancel in nothing that can be seen."""
    alert_id = UUID(alert.alert_id)
    fields = (HEADER, _letters(alert_id.bytes), _mode(alert, is_silent), *_measures(alert, alert_id), device_ref, "")
    text = ";".join(fields)
    purpose = _DURESS if alert.phase == "ended" and alert.outcome == DURESS else _PURPOSE
    return text + _letters(hmac.new(key, purpose + text.encode(), hashlib.sha256).digest()[:MAC_BYTES])


def _letters(raw: bytes) -> str:
    return base64.b64encode(raw, b":.").decode().rstrip("=")


def _mode(alert: AlertMessage, is_silent: bool) -> str:
    return "".join(
        (
            PHASES.get(alert.phase, "A"),
            TRIGGERS.get(alert.trigger, "O"),
            "S" if is_silent else "L",
            "X" if alert.service == DRILL else "R",
            "E" if alert.caller.language == "en" else "K",
        )
    )


def _measures(alert: AlertMessage, alert_id: UUID) -> tuple[str, str, str, str]:
    battery = "" if alert.battery_percent is None else str(min(max(alert.battery_percent, 0), 100))
    place = alert.position
    if place is None:
        return "-", "r50", "t0", f"b{battery}"
    radius = min(max(round(place.accuracy_m), 0), _WIDEST_M)
    offset = min(max(round(_seconds_after(place.fixed_at, alert_id, alert.raised_at)), -_FURTHEST_S), _FURTHEST_S)
    return f"{place.lat:+.5f}{place.lon:+.5f}", f"r{radius}", f"t{offset}", f"b{battery}"


def _seconds_after(fixed_at: datetime, alert_id: UUID, raised_at: datetime) -> float:
    """From the instant inside the alert's UUIDv7 to the fix."""
    instant = (alert_id.int >> 80) / 1000 if alert_id.version == 7 else raised_at.timestamp()
    return fixed_at.timestamp() - instant
