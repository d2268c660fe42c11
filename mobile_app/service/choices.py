"""Settings that a window may change, each read by its kind and kept within its bounds."""

from __future__ import annotations

from typing import Any, get_type_hints

from mobile_app.core.shake import RULES
from mobile_app.service import codec
from mobile_app.service.codec import BadFrame
from mobile_app.settings import KEPT_DAYS, MOST_NAME, MOST_PLACES, MOST_WATCHED, Settings, is_place, is_watched

LONGEST_COUNTDOWN_S = 30.0
# Set by the sign-up, never by a window; PINs by `choose_pins` and `change_pins`, which ask for the old one.
CREDENTIALS = frozenset(
    {"person_id", "device_id", "device_token", "device_ref", "device_key", "sos_text_number", "home", "home_name_ko",
     "home_name_en", "pins"}
)  # fmt: skip


def read_changes(given: dict[str, Any]) -> dict[str, Any]:
    """From JSON. Raises BadFrame."""
    changes: dict[str, Any] = {}
    kinds = get_type_hints(Settings)
    for name, value in given.items():
        if name not in kinds or name in CREDENTIALS:
            raise BadFrame(f"{name[:40]!r} is no setting that a window chooses")
        changes[name] = codec.read(kinds[name], value)
    if changes.get("sensitivity", 2) not in RULES:
        raise BadFrame(f"sensitivity is one of {sorted(RULES)}")
    if not 0 <= changes.get("countdown_s", 0) <= LONGEST_COUNTDOWN_S:
        raise BadFrame(f"countdown_s is 0 to {LONGEST_COUNTDOWN_S:g}")
    if changes.get("walk_keep_days", KEPT_DAYS[0]) not in KEPT_DAYS:
        raise BadFrame(f"walk_keep_days is one of {KEPT_DAYS}")
    places = changes.get("places", ())
    if len(places) > MOST_PLACES or not all(is_place(one) and len(one.name) <= MOST_NAME for one in places):
        raise BadFrame(f"places: at most {MOST_PLACES}, each with a name of at most {MOST_NAME} letters and a place")
    watched = changes.get("watched", ())
    if len(watched) > MOST_WATCHED or not all(is_watched(one) for one in watched):
        raise BadFrame(f"watched: at most {MOST_WATCHED}, each with a name and an invitation")
    return changes
