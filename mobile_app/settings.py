"""What this phone knows about its owner and her choices: one file `settings.json` in the phone's folder."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, replace
from math import isfinite
from pathlib import Path
from typing import Any

from mobile_app.core.captures import MODES, OFF, PHOTO_SOUND
from mobile_app.core.messages import Caller, Position
from mobile_app.core.pins import Pins
from mobile_app.core.profiles import ABOUT, COUNTDOWN_S, HomePlace, Profiles, Rules, caller_profile
from mobile_app.core.signals import Send
from mobile_app.disk import open_folder, read_json, write_json

ROUTER_URL = "http://127.0.0.1:8100"
HOME_URL = "http://127.0.0.1:8200"
FILE = "settings.json"
LONGEST_COUNTDOWN_S = 30.0
KEPT_DAYS = (0, 7, 30)
"""How long her walks are kept for her."""
MOST_PLACES, MOST_NAME = 20, 40
MOST_WATCHED, MOST_INVITATION = 20, 200


@dataclass(frozen=True)
class SavedPlace:
    """A place that she often goes to, in her own words."""

    name: str
    lat: float
    lon: float


@dataclass(frozen=True)
class Watched:
    """Somebody whose guardian she is: by what name, and the invitation she accepted."""

    name: str
    invitation: str


@dataclass(frozen=True)
class Settings:
    """`is_second_pin_open`: she went on without a second PIN and has not looked at that since. Never True for whoever
    has one; not true says nothing."""

    home_url: str = HOME_URL
    router_url: str = ROUTER_URL
    language: str = "ko"
    sensitivity: int = 2
    countdown_s: float = COUNTDOWN_S
    pins: Pins | None = None
    is_second_pin_open: bool = False
    person_id: str = ""
    device_id: str = ""
    device_token: str = ""
    home: str = ""
    home_name_ko: str = ""
    home_name_en: str = ""
    nickname: str = ""
    phone: str = ""
    device_ref: str = ""
    device_key: str = ""
    sos_text_number: str = ""
    is_covert: bool = False
    look: str = "light"
    is_high_contrast: bool = False
    text_scale: float = 1.0
    spoken: str = ""
    fake_caller: str = ""
    fake_number: str = ""
    fake_call_delay_s: float = 10.0
    profiles: Profiles = Profiles()
    is_loud_in_drill: bool = False
    capture: str = PHOTO_SOUND
    is_capturing_covertly: bool = False
    is_fall_on: bool = False
    is_scream_on: bool = False
    home_address: str = ""
    home_floor: str = ""
    home_door: str = ""
    home_lat: float | None = None
    home_lon: float | None = None
    full_name: str = ""
    birth_year: str = ""
    blood_type: str = ""
    conditions: str = ""
    medicines: str = ""
    allergies: str = ""
    needs: str = ""
    looks: str = ""
    is_health_for_119: bool = False
    map_url: str = ""
    map_attribution: str = ""
    places: tuple[SavedPlace, ...] = ()
    walk_keep_days: int = 7
    is_walk_shared: bool = False
    watched: tuple[Watched, ...] = ()

    @property
    def is_signed_up(self) -> bool:
        return bool(self.device_token)

    @property
    def rules(self) -> Rules:
        countdown_s = min(max(0.0, self.countdown_s), LONGEST_COUNTDOWN_S)
        return Rules(
            countdown_s, self.profiles, self.is_loud_in_drill, self.capture != OFF,
            self.capture != OFF and self.is_capturing_covertly,
        )  # fmt: skip

    @property
    def caller(self) -> Caller:
        language = self.spoken or self.language
        return Caller(person_id=self.person_id, nickname=self.nickname, phone=self.phone, language=language)

    def caller_of(self, send: Send, *, position: Position | None, floor_hint: str = "") -> Caller:
        """The caller as this message names her: with her profile, which stands in messages of an alert only."""
        home = HomePlace(self.home_address, self.home_floor, self.home_door, lat=self.home_lat, lon=self.home_lon)
        profile = caller_profile(
            send.profile, about={name: getattr(self, name) for name in ABOUT}, position=position,
            home=home if send.is_at_home else None, floor_hint=floor_hint, is_health_for_119=self.is_health_for_119,
        )  # fmt: skip
        return replace(self.caller, profile=profile)


def phone_folder(given: Path | None) -> Path:
    """`--dir`, else ANSIM_PHONE_DIR, else the user's data folder."""
    if given is None:
        named = os.environ.get("ANSIM_PHONE_DIR")
        base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
        given = Path(named) if named else Path(base) / "ansim-phone"
    return open_folder(given)


def load(folder: Path, **chosen: Any) -> Settings:
    """The stored settings with `chosen` (not None) over them. What is damaged takes its default: SOS must work."""
    stored = read_json(folder / FILE)
    given = stored if isinstance(stored, dict) else {}
    defaults = Settings()
    values = {name: given[name] for name in Settings.__dataclass_fields__ if name in given}
    values = {name: value for name, value in values.items() if _fits(value, getattr(defaults, name))}
    values |= {"capture": values["capture"]} if values.get("capture") in MODES else {"capture": defaults.capture}
    values |= {"pins": _pins(given.get("pins")), "profiles": Profiles.read(given.get("profiles"))}
    values |= {"places": _places(given.get("places")), "watched": _watched(given.get("watched"))}
    values |= {"walk_keep_days": days if (days := values.get("walk_keep_days")) in KEPT_DAYS else KEPT_DAYS[1]}
    settings = replace(defaults, **values)
    return replace(settings, **{name: value for name, value in chosen.items() if value is not None})


def _fits(value: Any, default: Any) -> bool:
    if isinstance(default, float) or default is None:
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
        return is_number or (default is None and value is None)
    return type(value) is type(default)


def _places(stored: Any) -> tuple[SavedPlace, ...]:
    """What is damaged is left out."""
    places: list[SavedPlace] = []
    for one in stored if isinstance(stored, list) else ():
        try:
            place = SavedPlace(str(one["name"])[:MOST_NAME], float(one["lat"]), float(one["lon"]))
        except (KeyError, OverflowError, TypeError, ValueError):
            continue
        if is_place(place):
            places.append(place)
    return tuple(places[:MOST_PLACES])


def _watched(stored: Any) -> tuple[Watched, ...]:
    """What is damaged is left out."""
    found = [
        Watched(one["name"], one["invitation"])
        for one in (stored if isinstance(stored, list) else ())
        if isinstance(one, dict) and isinstance(one.get("name"), str) and isinstance(one.get("invitation"), str)
    ]
    return tuple(one for one in found if is_watched(one))[:MOST_WATCHED]


def is_watched(one: Watched) -> bool:
    return 0 < len(one.name) <= MOST_NAME and 0 < len(one.invitation) <= MOST_INVITATION


def is_place(place: SavedPlace) -> bool:
    return bool(place.name.strip()) and -90 <= place.lat <= 90 and -180 <= place.lon <= 180


def _pins(stored: Any) -> Pins | None:
    try:
        pins = Pins(**stored)
        salt, cancel, duress = (bytes.fromhex(one) for one in (pins.salt, pins.cancel, pins.duress))
    except (TypeError, ValueError):
        return None
    return pins if salt and cancel and duress and type(pins.digits) is int else None


def store(folder: Path, settings: Settings) -> None:
    write_json(folder / FILE, asdict(settings))
