"""What a camera may be used for: whether it hangs and its owner agrees, and what its purpose may serve; pure.
The choice asks it, and so do the gate, the recorder and the patrol.

개인정보 보호법 제18조제1항: pictures serve the purpose they were taken for, and others only where the law opens them.
"""

from __future__ import annotations

from collections.abc import Sequence

OWNER_AGREES = "(NOT {c}is_private OR coalesce({c}consent_until > :now, false))"
STANDS = "{c}retired_at IS NULL AND " + OWNER_AGREES
"""SQL over `camera` and `:now`, to be formatted with the table's alias and its dot (or ""): the camera hangs, and a
private one has its owner's consent. Whoever reads, keeps or shows a picture asks this; nothing else decides it."""

PURPOSES = (
    "crime_prevention", "child_protection", "traffic_enforcement", "traffic_information", "disaster", "facility",
    "waste", "fire", "parking", "other",
)  # fmt: skip

_ALL = frozenset(PURPOSES)
_SAFETY = frozenset(("crime_prevention", "child_protection", "facility", "fire", "disaster"))
_TRAFFIC = frozenset(("traffic_enforcement", "traffic_information", "parking"))
PURPOSE_ALLOWS: dict[str, frozenset[str]] = {
    "life": _ALL,
    "vehicle": frozenset(("crime_prevention", "other")) | _TRAFFIC,
    "observed": _SAFETY,
    "exercise": _SAFETY,
}
"""By what an incident is about, which installation purposes may serve it. Life and limb (개인정보 보호법
제18조제2항제3호) opens every public camera, disasters (재난안전법 제74조의3) and people sought in danger included; what
an operator merely saw stays with the cameras put up for safety."""
_LESSER = ("observed", "other", "intrusion")


def need_of(origin: str, type: str) -> str:
    """What an incident is about, as PURPOSE_ALLOWS has it, from its `origin` and `type`: `life` for every cry for
    help, for whatever an operator saw that threatens somebody, and for what nobody thought of: it fails open."""
    if origin == "exercise" or type in ("vehicle", "wanted_vehicle"):
        return "exercise" if origin == "exercise" else "vehicle"
    return "observed" if origin == "observed" and (type or "observed") in _LESSER else "life"


def purposes_for(origin: str, type: str) -> frozenset[str] | None:
    """Which installation purposes may serve this incident; None: every one."""
    need = need_of(origin, type)
    return None if need == "life" else PURPOSE_ALLOWS.get(need)


def is_purpose_allowed(purposes: Sequence[str], need: str) -> bool:
    """Whether a camera with these purposes may serve `need`; one of several purposes is enough, and a camera whose
    purpose nobody stated counts as `other`."""
    return not PURPOSE_ALLOWS.get(need, _ALL).isdisjoint(purposes or ("other",))
