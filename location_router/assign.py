"""The router's decision: place + jurisdictions + center states → one center, and why.

Pure and deterministic: the same input gives the same `Assignment`, which explains itself. The order of rules: the
jurisdiction that contains the place; when its center can't take it, the nearest online center's polygon (failover);
in no jurisdiction (sea, quays, the border zone), the nearest online polygon. Without a usable place, the last known
center or the home center; abroad, the home center. Somebody always owns the alert: with no center online, the one
that would have it is named and the answer is flagged `defaulted`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from location_router import geo
from location_router.index import Jurisdictions

CANDIDATES = 5


class CenterState(StrEnum):
    """`draining` finishes what it has and gets nothing new while any other center is online."""

    ONLINE = "online"
    DRAINING = "draining"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A center that was considered. `probability`: share of the accuracy circle inside its jurisdiction."""

    code: str
    distance_m: float
    online: bool
    probability: float


@dataclass(frozen=True, slots=True)
class Assignment:
    """`reason` is one of wire.Reason, `flags` are of wire.Flag; `distance_m` from the place to the polygon, 0 inside.
    `lat`, `lon` is the place that was used (after undoing a swap), None when there was none."""

    center: str
    reason: str
    distance_m: float
    candidates: tuple[Candidate, ...]
    boundary_version: str
    flags: tuple[str, ...]
    lat: float | None
    lon: float | None

    def as_dict(self) -> dict[str, Any]:
        """Plain lists and dicts for JSON."""
        return asdict(self) | {"candidates": [asdict(one) for one in self.candidates], "flags": list(self.flags)}


@dataclass(frozen=True, slots=True)
class _Place:
    lat: float | None
    lon: float | None
    flags: tuple[str, ...]


def assign(
    jurisdictions: Jurisdictions,
    *,
    lat: float | None,
    lon: float | None,
    accuracy_m: float | None = None,
    states: Mapping[str, str] | None = None,
    exclude: Collection[str] = (),
    home: str | None = None,
    previous: str | None = None,
) -> Assignment:
    """Decides for one place. `states` by center code (a center not in it counts as online), `exclude` centers that
    have been tried, `home` and `previous` center codes of any boundary version. Never raises for odd input."""
    states = states or {}
    place = _read(lat, lon)
    if place.lat is None or place.lon is None:
        return _by_code(jurisdictions, place, (("last_known", previous), ("home", home)), states, exclude)
    if "abroad" in place.flags:
        known = (("home", home), ("last_known", previous))
        if any(jurisdictions.current_code(code) for _, code in known):
            return _by_code(jurisdictions, place, known, states, exclude)
    return _by_place(jurisdictions, place, place.lat, place.lon, accuracy_m, states, exclude)


def as_handover(assignment: Assignment) -> Assignment:
    """The same decision when the caller moves a running alert because the person crossed a border."""
    return replace(assignment, reason="handover")


def _read(lat: float | None, lon: float | None) -> _Place:
    if lat is None or lon is None:
        return _Place(None, None, ("no_position",))
    match geo.sanity(lat=lat, lon=lon):
        case "swapped":
            return _Place(lon, lat, ("swapped",))
        case "abroad":
            return _Place(lat, lon, ("abroad",))
        case "invalid":
            return _Place(None, None, ("no_position",))
    return _Place(lat, lon, ())


def _by_place(
    jurisdictions: Jurisdictions,
    place: _Place,
    lat: float,
    lon: float,
    accuracy_m: float | None,
    states: Mapping[str, str],
    exclude: Collection[str],
) -> Assignment:
    holder = jurisdictions.containing(lat=lat, lon=lon)
    blocked, flags = _blocked(jurisdictions, states, exclude)
    if holder is not None and holder not in blocked:
        chosen, distance_m, reason = holder, 0.0, "contains"
    else:
        chosen, distance_m = jurisdictions.nearest(lat=lat, lon=lon, limit=1, skip=blocked)[0]
        reason = "nearest" if holder is None else "contains" if chosen == holder else "failover"
    around = jurisdictions.nearest(lat=lat, lon=lon, limit=CANDIDATES)
    shares = _shares(jurisdictions, lat, lon, accuracy_m, holder)
    return Assignment(
        chosen,
        reason,
        distance_m,
        _candidates(around, (chosen, distance_m), states, shares),
        jurisdictions.boundary_version,
        place.flags + flags,
        lat,
        lon,
    )


def _by_code(
    jurisdictions: Jurisdictions,
    place: _Place,
    known: tuple[tuple[str, str | None], ...],
    states: Mapping[str, str],
    exclude: Collection[str],
) -> Assignment:
    """Without a usable place: the first known center that can take it, else the nearest that can to that center."""
    blocked, flags = _blocked(jurisdictions, states, exclude)
    wanted = [(reason, code) for reason, old in known if (code := jurisdictions.current_code(old))]
    if not wanted:
        flags = ("defaulted",)
        wanted = [("nearest", next(code for code in jurisdictions.centers if code not in blocked))]
    anchor = jurisdictions.centers[wanted[0][1]]
    around = jurisdictions.nearest(lat=anchor.lat, lon=anchor.lon, limit=CANDIDATES)
    free = [(reason, code) for reason, code in wanted if code not in blocked]
    if free:
        (reason, chosen), distance_m = free[0], 0.0
    else:
        chosen, distance_m = jurisdictions.nearest(lat=anchor.lat, lon=anchor.lon, limit=1, skip=blocked)[0]
        reason = "failover"
    return Assignment(
        chosen,
        reason,
        distance_m,
        _candidates(around, (chosen, distance_m), states, {}),
        jurisdictions.boundary_version,
        place.flags + flags,
        place.lat,
        place.lon,
    )


def _blocked(
    jurisdictions: Jurisdictions, states: Mapping[str, str], exclude: Collection[str]
) -> tuple[frozenset[str], tuple[str, ...]]:
    """Centers that may not get it, by the strictest rule that leaves at least one, and the flag if none is online."""
    tried = frozenset(exclude)
    offline = frozenset(code for code, state in states.items() if state == CenterState.OFFLINE)
    draining = frozenset(code for code, state in states.items() if state == CenterState.DRAINING)
    for blocked, flags in ((tried | offline | draining, ()), (tried | offline, ()), (tried, ("defaulted",))):
        if any(code not in blocked for code in jurisdictions.centers):
            return blocked, flags
    return frozenset(), ("defaulted",)


def _candidates(
    around: list[tuple[str, float]], chosen: tuple[str, float], states: Mapping[str, str], shares: Mapping[str, float]
) -> tuple[Candidate, ...]:
    """The nearest few, the chosen one always among them."""
    if chosen[0] not in [code for code, _ in around]:
        around = around[: CANDIDATES - 1] + [chosen]
    return tuple(
        Candidate(
            code,
            round(distance_m, 1),
            states.get(code, CenterState.ONLINE) == CenterState.ONLINE,
            round(shares.get(code, 0.0), 3),
        )
        for code, distance_m in around
    )


def _shares(
    jurisdictions: Jurisdictions, lat: float, lon: float, accuracy_m: float | None, holder: str | None
) -> dict[str, float]:
    """Probability by center from the accuracy circle. Seam: richer shapes (ellipse, arc band) will sample here too."""
    if accuracy_m is None or not math.isfinite(accuracy_m) or accuracy_m <= 0:
        return {holder: 1.0} if holder else {}
    samples = geo.circle_samples(lat=lat, lon=lon, accuracy_m=min(accuracy_m, 200_000.0))
    found = jurisdictions.containing_many([lat for lat, _ in samples], [lon for _, lon in samples])
    counts = Counter(code for code in found.tolist() if code is not None)
    return {code: count / len(samples) for code, count in counts.items()}
