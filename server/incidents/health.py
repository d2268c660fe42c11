"""Which of what a caller has written of herself are medical facts, and whether she has agreed that 119 is shown them.

Her agreement stands in the message itself (`caller.profile`, key `tell_119`), so that it travels with the facts to
whichever center serves her. A phone that says nothing about it has not agreed. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HEALTH = ("conditions", "medicines", "allergies", "blood_type", "needs")
AGREED, YES = "tell_119", "yes"


def shares_health(profile: Mapping[str, Any]) -> bool:
    """Whether there is something medical, and she wants 119 to be shown it."""
    return profile.get(AGREED) == YES and any(str(profile.get(key) or "").strip() for key in HEALTH)
