"""What this phone knows about its owner and her choices: one file `settings.json` in the phone's folder."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mobile_app.core.messages import Caller
from mobile_app.core.pins import Pins
from mobile_app.core.profiles import COUNTDOWN_S, Profiles, Rules
from mobile_app.disk import open_folder, read_json, write_json

ROUTER_URL = "http://127.0.0.1:8100"
HOME_URL = "http://127.0.0.1:8200"
FILE = "settings.json"


@dataclass(frozen=True)
class Settings:
    home_url: str = HOME_URL
    router_url: str = ROUTER_URL
    language: str = "ko"
    sensitivity: int = 2
    countdown_s: float = COUNTDOWN_S
    pins: Pins | None = None
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
    profiles: Profiles = Profiles()
    is_loud_in_drill: bool = False
    is_capturing: bool = False
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

    @property
    def is_signed_up(self) -> bool:
        return bool(self.device_token)

    @property
    def rules(self) -> Rules:
        return Rules(self.countdown_s, self.profiles, self.is_loud_in_drill, self.is_capturing)

    @property
    def caller(self) -> Caller:
        return Caller(person_id=self.person_id, nickname=self.nickname, phone=self.phone, language=self.language)


def phone_folder(given: Path | None) -> Path:
    """`--dir`, else ANSIM_PHONE_DIR, else the user's data folder."""
    if given is None:
        named = os.environ.get("ANSIM_PHONE_DIR")
        base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
        given = Path(named) if named else Path(base) / "ansim-phone"
    return open_folder(given)


def load(folder: Path, **chosen: Any) -> Settings:
    """The stored settings with `chosen` (not None) over them. A damaged file means defaults: SOS must still work."""
    stored = read_json(folder / FILE)
    known = Settings.__dataclass_fields__
    values = {name: value for name, value in (stored if isinstance(stored, dict) else {}).items() if name in known}
    try:
        values["pins"] = Pins(**values["pins"]) if values.get("pins") else None
        values["profiles"] = Profiles.read(values.get("profiles"))
        settings = Settings(**values)
    except TypeError:
        settings = Settings()
    return replace(settings, **{name: value for name, value in chosen.items() if value is not None})


def store(folder: Path, settings: Settings) -> None:
    write_json(folder / FILE, asdict(settings))
