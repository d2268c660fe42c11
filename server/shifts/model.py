"""How much one operator has on the desk; pure.

One seat is full (load 1.0) with four ordinary incidents that help has not reached yet, or with the norm of 50 cameras:
the Korean standard, of which the national average is 98 (requirements, section 1.7).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

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
