"""Who gets an alert that belongs to a center: that center, unless its state or a policy says otherwise. Pure.

Centers are tried at the strictest level that leaves anybody: those that take alerts; then the ones that are closed or
draining; then pilots; then the silent. Rules that only ease a burden (a missing capability, a long queue) apply on the
first level alone and yield only to somebody better within reach, so no rule can leave an alert without an owner.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from location_router.index import Jurisdictions
from location_router.policy import Policies
from location_router.states import TAKES, CenterFacts

_ONLINE = CenterFacts()
_LEVELS: tuple[frozenset[str], ...] = (
    frozenset({"excluded", "pilot", "offline", "closed", "draining"}),
    frozenset({"excluded", "pilot", "offline"}),
    frozenset({"excluded", "offline"}),
    frozenset({"excluded"}),
    frozenset(),
)
_SILENT_LEVEL = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """`is_default`: nobody was able, so the one that would have had it is named."""

    code: str
    reason: str
    distance_m: float
    rule: str
    is_default: bool = False


class Situation:
    """States, exclusions and policies of one decision; remembers which facts it rests on (`inputs`)."""

    def __init__(
        self,
        jurisdictions: Jurisdictions,
        states: Mapping[str, str | CenterFacts],
        exclude: Collection[str],
        policies: Policies,
        *,
        is_drill: bool,
        trigger: str,
        previous: str | None,
    ) -> None:
        self.jurisdictions, self.policies = jurisdictions, policies
        self._states, self._excluded = states, frozenset(exclude)
        self._is_drill, self._trigger, self._previous = is_drill, trigger, previous
        self._seen: dict[str, CenterFacts] = {}
        self._has_scanned = False

    def facts(self, code: str) -> CenterFacts:
        """What is known of a center; asking makes it part of the record."""
        seen = self._seen.get(code)
        if seen is None:
            seen = self._seen[code] = self._peek(code)
        return seen

    def _peek(self, code: str) -> CenterFacts:
        given = self._states.get(code, _ONLINE)
        return given if isinstance(given, CenterFacts) else CenterFacts(given)

    def inputs(self) -> dict[str, Any]:
        """What `assign` must be given to decide the same again (besides place, home, boundaries, policies, trigger)."""
        seen = {code: facts.as_json() for code, facts in sorted(self._seen.items())}
        said: dict[str, Any] = {"states": seen}
        if self._has_scanned:
            states = {code: str(self._peek(code).state) for code in self.jurisdictions.centers}
            counts = Counter(states.values())
            otherwise = min(counts, key=lambda state: (-counts[state], state))
            rest = {code: state for code, state in states.items() if state != otherwise}
            said = {"states": dict(sorted((rest | seen).items())), "otherwise": otherwise}
        if self._excluded:
            said["excluded"] = sorted(self._excluded)
        if self._previous:
            said["previous"] = self._previous
        return said

    # -- who may

    def _hindrance(self, code: str) -> str:
        """Why a center should not get it, "" for no reason."""
        if code in self._excluded:
            return "excluded"
        state = self._peek(code).state
        if state not in TAKES:
            return state if state in ("closed", "draining") else "offline"
        return "pilot" if self.policies.pilot(code, is_drill=self._is_drill) else ""

    def takes(self, code: str) -> bool:
        """Nothing hinders this center."""
        self.facts(code)
        return not self._hindrance(code)

    def _level(self, wanted: str) -> tuple[int, dict[str, str]]:
        """The first level at which anybody may have it, and every center's hindrance (empty if `wanted` has none)."""
        if self.takes(wanted):
            return 0, {}
        self._has_scanned = True
        hindrances = {code: self._hindrance(code) for code in self.jurisdictions.centers}
        kinds = set(hindrances.values())
        for level, barred in enumerate(_LEVELS):
            if kinds - barred:
                return level, hindrances
        return len(_LEVELS) - 1, hindrances

    def anybody(self) -> str:
        """For an alert that names no place and no home: the first center of the list that can take it."""
        first = next(iter(self.jurisdictions.centers))
        level, hindrances = self._level(first)
        return next((code for code, why in hindrances.items() if why not in _LEVELS[level]), first)

    # -- who does

    def choose(self, reason: str, wanted: str, distance_m: float, *, lat: float, lon: float) -> Choice:
        """`wanted` is whose it is by place; (lat, lon) is where to look for the next from."""
        if self.policies.is_plain(wanted) and self.takes(wanted):
            return Choice(wanted, reason, distance_m, reason)
        level, hindrances = self._level(wanted)
        barred = _LEVELS[level]
        is_default = level >= _SILENT_LEVEL
        chosen = self._first_choice(reason, wanted, distance_m, barred, hindrances, lat=lat, lon=lon)
        if is_default:
            return Choice(chosen.code, chosen.reason, chosen.distance_m, f"default:{chosen.rule}", True)
        return chosen if level else self._ease(chosen, lat=lat, lon=lon)

    def _first_choice(
        self,
        reason: str,
        wanted: str,
        distance_m: float,
        barred: frozenset[str],
        hindrances: Mapping[str, str],
        *,
        lat: float,
        lon: float,
    ) -> Choice:
        why = self._hindrance(wanted)
        for rule_id, center in self.policies.metropolitan(wanted, ["always"]):
            if self._is_free(center, barred):
                return Choice(center, reason, distance_m, f"metropolitan:{rule_id}")
        if why not in barred:
            return Choice(wanted, reason, distance_m, f"{reason}:{why}" if why else reason)
        failover = reason if reason == "nearest" else "failover"
        causes = ["offline"] if why == "excluded" else [why]
        for rule_id, center in self.policies.metropolitan(wanted, causes):
            if self._is_free(center, barred):
                return Choice(center, failover, self._metres(center, lat, lon), f"metropolitan:{rule_id}")
        skip = {code for code, hindrance in hindrances.items() if hindrance in barred}
        code, metres = self.jurisdictions.nearest(lat=lat, lon=lon, limit=1, skip=skip)[0]
        return Choice(code, failover, metres, f"{failover}:{self._because(wanted, why)}")

    def _because(self, code: str, why: str) -> str:
        return f"pilot:{self.policies.pilot(code, is_drill=self._is_drill)}" if why == "pilot" else why

    def _is_free(self, code: str, barred: frozenset[str]) -> bool:
        if code not in self.jurisdictions.centers:
            return False
        self.facts(code)
        return self._hindrance(code) not in barred

    def _ease(self, chosen: Choice, *, lat: float, lon: float) -> Choice:
        """Yield to a better equipped or less busy center, if there is one in reach."""
        if lacking := self.policies.lacking(chosen.code, self.facts(chosen.code), trigger=self._trigger):
            rule_id, rule = lacking
            within_m = rule.within_m if rule.yield_to == "nearest" else 0.0
            chosen = self._yield(chosen, "capability", rule_id, None, within_m, self._is_equipped, lat=lat, lon=lon)
        if over := self.policies.overflowing(chosen.code, self.facts(chosen.code)):
            rule_id, overflow = over
            equipped = self._is_equipped(chosen.code)

            def is_better(code: str) -> bool:
                at_ease = not self.policies.overflowing(code, self._peek(code))
                return at_ease and (not equipped or self._is_equipped(code))

            chosen = self._yield(
                chosen, "overflow", rule_id, ["overflow"], overflow.within_m, is_better, lat=lat, lon=lon
            )
        return chosen

    def _yield(
        self,
        chosen: Choice,
        kind: str,
        rule_id: str,
        causes: list[str] | None,
        within_m: float,
        is_better: Callable[[str], bool],
        *,
        lat: float,
        lon: float,
    ) -> Choice:
        """The metropolitan center if it is better, else the nearest better one within reach, else as it was."""
        reason = "nearest" if chosen.reason == "nearest" else "failover"
        for _, center in self.policies.metropolitan(chosen.code, causes):
            if self._is_free(center, _LEVELS[0]) and is_better(center):
                return Choice(center, reason, self._metres(center, lat, lon), f"{kind}:{rule_id}")
        if within_m <= 0:
            return chosen
        self._has_scanned = True
        skip = {chosen.code}
        for code in self.jurisdictions.centers:
            if self._hindrance(code):
                skip.add(code)
            elif not is_better(code):
                skip.add(code)
                self.facts(code)
        found = self.jurisdictions.nearest(lat=lat, lon=lon, limit=1, skip=skip)
        if not found or found[0][1] > within_m:
            return chosen
        self.facts(found[0][0])
        return Choice(found[0][0], reason, found[0][1], f"{kind}:{rule_id}")

    def _is_equipped(self, code: str) -> bool:
        return self.policies.lacking(code, self._peek(code), trigger=self._trigger) is None

    def _metres(self, center: str, lat: float, lon: float) -> float:
        others = set(self.jurisdictions.centers) - {center}
        return self.jurisdictions.nearest(lat=lat, lon=lon, limit=1, skip=others)[0][1]
