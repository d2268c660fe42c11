"""How loud a cry for help is on the phone itself, by what raised it; and what its message tells about the caller. Pure.

`loud`: siren and strobe once it is active. `silent`: vibration only. `covert`: nothing that can be seen, heard or felt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mobile_app.core.messages import Position
from mobile_app.core.position import distance_m

LOUD, SILENT, COVERT = "loud", "silent", "covert"
PROFILES = (LOUD, SILENT, COVERT)
COUNTDOWN_S = 5.0


@dataclass(frozen=True, slots=True)
class Profiles:
    """The profile of each trigger. A cry under duress is always covert and has no choice."""

    hold: str = SILENT
    shake: str = SILENT
    tap: str = COVERT
    key: str = SILENT
    release: str = SILENT
    fall: str = SILENT
    scream: str = SILENT
    overdue_walk: str = SILENT

    @classmethod
    def read(cls, stored: Any) -> Profiles:
        """From a settings file; what is no profile takes its default."""
        given = dict(stored) if isinstance(stored, Mapping) else {}
        given.setdefault("overdue_walk", given.get("walk"))  # its name in older files
        return cls(**{name: given[name] for name in cls.__dataclass_fields__ if given.get(name) in PROFILES})

    def of(self, trigger: str) -> str:
        return getattr(self, trigger) if trigger in self.__dataclass_fields__ else COVERT


@dataclass(frozen=True, slots=True)
class Rules:
    """What the person has chosen and the brain must know. `countdown_s`: 0 raises without one. Taking photos and sound
    covertly is a choice of its own: the OS shows a dot while it goes on."""

    countdown_s: float = COUNTDOWN_S
    profiles: Profiles = Profiles()
    is_loud_in_drill: bool = False
    is_capturing: bool = False
    is_capturing_covertly: bool = False


ABOUT = ("full_name", "birth_year", "blood_type", "conditions", "medicines", "allergies", "needs", "looks")
HEALTH = ("blood_type", "conditions", "medicines", "allergies", "needs")
MOST_CHARACTERS = 300
HOME_RADIUS_M = 150.0
LAST_KNOWN = "last_known"


@dataclass(frozen=True, slots=True)
class HomePlace:
    """Where she lives, in her own words, and (if she has set it) as a place."""

    address: str = ""
    floor: str = ""
    door: str = ""
    lat: float | None = None
    lon: float | None = None

    def is_refuted_by(self, position: Position | None) -> bool:
        """Whether a fix of now says that she is elsewhere: at-home mode that was left on must not send help to an
        empty flat."""
        if position is None or self.lat is None or self.lon is None or position.source == LAST_KNOWN:
            return False
        home = replace(position, lat=self.lat, lon=self.lon)
        return distance_m(home, position) > HOME_RADIUS_M + 2 * position.accuracy_m


def caller_profile(
    profile: str, *, about: Mapping[str, str], position: Position | None, home: HomePlace | None, floor_hint: str = "",
    is_health_for_119: bool = False,
) -> dict[str, str]:  # fmt: skip
    """`caller.profile` of an alert's message; the same in all its phases. `call: silent` asks not to ring back loudly;
    `tell_119: yes` says that a crew of 119 may be shown what she wrote about her health. `home` is None unless at-home
    mode is on."""
    told = {"call": "silent"} if profile != LOUD else {}
    told |= {name: about.get(name, "") for name in ABOUT}
    if home is not None and not home.is_refuted_by(position):
        told |= {"home_address": home.address, "home_floor": home.floor, "home_door": home.door}
    told["floor_hint"] = floor_hint
    if is_health_for_119 and any(told[name].strip() for name in HEALTH):
        told["tell_119"] = "yes"
    return {name: words.strip()[:MOST_CHARACTERS] for name, words in told.items() if words.strip()}
