"""The router's decision: place + jurisdictions + center states + policies → one center, and why.

Pure and deterministic: the same input gives the same `Assignment`, which explains itself and holds what is needed to
make it again. The order of rules: the jurisdiction that contains the place (an area that is even, like an arc band:
the one with the largest share); when its center can't take it, the metropolitan center that policy names, else the
nearest polygon whose center can (failover); in no jurisdiction (sea, quays, the border zone), the nearest polygon,
flagged `defaulted`. Without a usable place, the last known center or the home center; abroad, the home center.
Somebody always owns the alert: with no center able, the one that would have it is named and flagged `defaulted`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from location_router import geo
from location_router.choice import Choice, Situation
from location_router.index import Jurisdictions
from location_router.policy import NO_POLICIES, Policies
from location_router.shapes import Area, area_of
from location_router.states import TAKES, CenterFacts, CenterState
from location_router.wire import DRILL, SOS, Uncertainty

__all__ = ["Assignment", "Candidate", "CenterFacts", "CenterState", "as_handover", "assign"]

CANDIDATES = 5


@dataclass(frozen=True, slots=True)
class Candidate:
    """A center that was considered. `probability`: share of the person's likely places inside its jurisdiction."""

    code: str
    distance_m: float
    online: bool
    probability: float
    state: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """`reason` is one of wire.Reason, `flags` are of wire.Flag; `distance_m` from the place to the polygon, 0 inside.
    `lat`, `lon` is the place that was used (after undoing a swap), None when there was none. `rule` says more than
    `reason`: which state or which policy (by id) made it so. `runner_up`: the second center that the place may belong
    to, "" for none. `inputs` are the states and exclusions it rests on, without anything about the person."""

    center: str
    reason: str
    distance_m: float
    candidates: tuple[Candidate, ...]
    boundary_version: str
    flags: tuple[str, ...]
    lat: float | None
    lon: float | None
    rule: str = ""
    policy_version: str = ""
    runner_up: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)

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
    uncertainty: Uncertainty | None = None,
    states: Mapping[str, str | CenterFacts] | None = None,
    exclude: Collection[str] = (),
    home: str | None = None,
    previous: str | None = None,
    policies: Policies = NO_POLICIES,
    service: str = SOS,
    trigger: str = "",
    neighbours: bool = False,
) -> Assignment:
    """Decides for one place. `states` by center code (a center not in it counts as online), `exclude` centers that
    have been tried, `home` and `previous` center codes of any boundary version. Candidates are the holder and those
    within the 95 % radius; with `neighbours` also the nearest others. Never raises for odd input."""
    situation = Situation(
        jurisdictions, states or {}, exclude, policies, is_drill=service == DRILL, trigger=trigger, previous=previous
    )
    place = _read(lat, lon)
    if place.lat is None or place.lon is None:
        known = (("last_known", previous), ("home", home))
        return _by_code(situation, place, known)
    if "abroad" in place.flags:
        known = (("home", home), ("last_known", previous))
        if any(jurisdictions.current_code(code) for _, code in known):
            return _by_code(situation, place, known)
    area = area_of(lat=place.lat, lon=place.lon, accuracy_m=accuracy_m, uncertainty=uncertainty)
    return _by_place(situation, place, place.lat, place.lon, area, neighbours)


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
    situation: Situation, place: _Place, lat: float, lon: float, area: Area | None, neighbours: bool
) -> Assignment:
    jurisdictions = situation.jurisdictions
    if area is not None:
        lat, lon = area.lat, area.lon
    holder = jurisdictions.containing(lat=lat, lon=lon)
    shares, around = _around(jurisdictions, lat, lon, area, holder)
    if area is not None and not area.is_peaked and shares:
        holder = min(shares, key=lambda code: (-shares[code], code))
    flags, wanted = place.flags, holder
    if wanted is None:
        flags = (*flags, "defaulted")
        wanted, distance_m = (
            jurisdictions.near.nearest(lat=lat, lon=lon) or jurisdictions.nearest(lat=lat, lon=lon, limit=1)[0]
        )
        choice = situation.choose("nearest", wanted, distance_m, lat=lat, lon=lon)
    else:
        choice = situation.choose("contains", wanted, around.get(wanted, 0.0), lat=lat, lon=lon)
    if choice.is_default and "defaulted" not in flags:
        flags = (*flags, "defaulted")
    if neighbours or choice.code != wanted:
        around = dict(jurisdictions.nearest(lat=lat, lon=lon, limit=CANDIDATES)) | around
    return _finish(situation, choice, around, shares, flags, lat, lon)


def _by_code(situation: Situation, place: _Place, known: tuple[tuple[str, str | None], ...]) -> Assignment:
    """Without a usable place: the first known center that can take it, else as if the person were there."""
    jurisdictions = situation.jurisdictions
    wanted = [(reason, code) for reason, old in known if (code := jurisdictions.current_code(old))]
    flags = place.flags if wanted else (*place.flags, "defaulted")
    wanted = wanted or [("nearest", situation.anybody())]
    reason, code = next(((reason, code) for reason, code in wanted if situation.takes(code)), wanted[0])
    anchor = jurisdictions.centers[code]
    choice = situation.choose(reason, code, 0.0, lat=anchor.lat, lon=anchor.lon)
    if choice.is_default and "defaulted" not in flags:
        flags = (*flags, "defaulted")
    around = dict(jurisdictions.nearest(lat=anchor.lat, lon=anchor.lon, limit=CANDIDATES))
    return _finish(situation, choice, around, {}, flags, place.lat, place.lon)


def _finish(
    situation: Situation,
    choice: Choice,
    around: dict[str, float],
    shares: Mapping[str, float],
    flags: tuple[str, ...],
    lat: float | None,
    lon: float | None,
) -> Assignment:
    around.setdefault(choice.code, choice.distance_m)
    runner_up = _runner_up(shares, choice.code, situation.policies.runner_up_probability)
    candidates = []
    for code, distance_m in _few(around, {choice.code, runner_up}):
        state = situation.facts(code).state
        share = round(shares.get(code, 0.0), 3)
        candidates.append(Candidate(code, round(distance_m, 1), state in TAKES, share, str(state)))
    return Assignment(
        choice.code,
        choice.reason,
        choice.distance_m,
        tuple(candidates),
        situation.jurisdictions.boundary_version,
        flags,
        lat,
        lon,
        choice.rule,
        situation.policies.version,
        runner_up,
        situation.inputs(),
    )


def _runner_up(shares: Mapping[str, float], chosen: str, least: float) -> str:
    """The likeliest other center, by code among equals."""
    if len(shares) < 2 and (chosen in shares or not shares):
        return ""
    code = min((code for code in shares if code != chosen), key=lambda code: (-shares[code], code))
    return code if shares[code] >= least else ""


def _few(around: Mapping[str, float], kept: set[str]) -> list[tuple[str, float]]:
    """The nearest few, by code among equals; those of `kept` always among them."""
    if len(around) == 1:
        return list(around.items())
    ordered = sorted(around.items(), key=lambda item: (item[1], item[0]))
    must = [item for item in ordered if item[0] in kept]
    may = [item for item in ordered if item[0] not in kept][: CANDIDATES - len(must)]
    return sorted(must + may, key=lambda item: (item[1], item[0]))


def _around(
    jurisdictions: Jurisdictions, lat: float, lon: float, area: Area | None, holder: str | None
) -> tuple[dict[str, float], dict[str, float]]:
    """Share of the area by center, and metres to each center within its 95 %; only the shares are sampled, and only
    where a border runs through the area."""
    here = {} if holder is None else {holder: 0.0}
    alone = {} if holder is None else {holder: 1.0}
    if area is None:
        return alone, here
    near = jurisdictions.near
    if near.is_deep(lat=lat, lon=lon, reach_m=area.reach_m):
        return alone, here
    borders = near.borders(lat=lat, lon=lon, reach_m=area.reach_m)
    if not borders:
        return alone, here
    lats, lons = area.places()
    found = jurisdictions.containing_many(lats, lons).tolist()
    shares = {code: count / len(found) for code, count in Counter(found).items() if code is not None}
    likely = {code: metres for code, metres in borders.items() if metres <= area.likely_m or code in shares}
    return shares, likely | here
