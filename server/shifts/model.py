"""How much one operator has on the desk; pure.

One seat is full (load 1.0) with four ordinary incidents that help has not reached yet, or with the norm of 50 cameras:
the Korean standard, of which the national average is 98 (requirements, section 1.7).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

NORM_CAMERAS = 50
NORM_INCIDENTS = 4.0


@dataclass(frozen=True)
class Held:
    """An open incident that somebody has."""

    state: str
    phase: str
    is_grave: bool = False
    is_drill: bool = False


def weight(incident: Held) -> float:
    """A life at stake counts double; help on the scene, or a person who is safe, leaves half."""
    if incident.is_drill:
        return 0.5
    full = 2.0 if incident.is_grave else 1.0
    return full / 2 if incident.state == "on_scene" or incident.phase == "ended" else full


def load(incidents: Iterable[Held], cameras: int) -> float:
    """0 for an idle seat, 1 for a full one; may be more."""
    return round(sum(map(weight, incidents)) / NORM_INCIDENTS + cameras / NORM_CAMERAS, 2)


def is_over_norm(load: float, cameras: int) -> bool:
    return load > 1.0 or cameras > NORM_CAMERAS


Finding = Literal["ok", "failed", "skipped"]
CHECKS = ("sound", "video", "link", "clock", "screen", "keys")
MOST_ROUND_TRIP_MS = 1000.0
MOST_SKEW_S = 2.0


class Checked(Protocol):
    """What of a check at the beginning of a shift the rule looks at."""

    def finding(self, name: str) -> Finding: ...

    @property
    def round_trip_ms(self) -> float | None: ...

    @property
    def skew_s(self) -> float | None: ...


def failed(check: Checked) -> list[str]:
    """What the shift leader has to know: what did not work, what was not tried, and a number that is too bad whatever
    the page says of it."""
    bad = {name for name in CHECKS if check.finding(name) != "ok"}
    if check.round_trip_ms is None or check.round_trip_ms > MOST_ROUND_TRIP_MS:
        bad.add("link")
    if check.skew_s is None or abs(check.skew_s) > MOST_SKEW_S:
        bad.add("clock")
    return [name for name in CHECKS if name in bad]
