"""How loud a cry for help is on the phone itself, by what raised it; and what its message tells about the caller. Pure.

`loud`: siren and strobe once it is active. `silent`: vibration only. `covert`: nothing that can be seen, heard or felt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
    walk: str = SILENT

    @classmethod
    def read(cls, stored: Any) -> Profiles:
        """From a settings file; what is no profile takes its default."""
        given = stored if isinstance(stored, Mapping) else {}
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
