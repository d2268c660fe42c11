"""Rules about who takes an alert, as data with dates: the kinds, their parameters, and a compiled set. Pure.

A rule is a row of table `policy` (`policy_store.py`); what is in force at a moment becomes a `Policies`, whose
`version` names exactly this set, so that a decision can be repeated later. Centers are named by code or by the
beginning of a code ("11" = all districts of Seoul); an empty list means all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from location_router.states import CenterFacts

Code = Annotated[str, Field(min_length=1, max_length=20, pattern=r"^[0-9A-Za-z_-]+$")]
Codes = Annotated[list[Code], Field(max_length=500)]
Cause = Literal["always", "offline", "closed", "draining", "pilot", "overflow"]


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RunnerUp(_Rule):
    """The second center is told when the place lies in its area with at least this probability."""

    kind: Literal["runner_up"] = "runner_up"
    probability: float = Field(gt=0, le=1)


class Metropolitan(_Rule):
    """`center` answers for `districts`: always, or when theirs can't (`when`)."""

    kind: Literal["metropolitan"] = "metropolitan"
    center: Code
    districts: Annotated[list[Code], Field(min_length=1, max_length=500)]
    when: Annotated[list[Cause], Field(min_length=1)] = ["offline", "closed", "draining", "pilot", "overflow"]


class Capability(_Rule):
    """Alerts of these triggers (empty: all) need what a center must have (`112`, `119`, `cctv`). One that has said
    that it has not yields to its metropolitan center, or to the nearest within reach; nobody there: it keeps it."""

    kind: Literal["capability"] = "capability"
    needs: Annotated[list[str], Field(min_length=1, max_length=10)]
    triggers: Annotated[list[str], Field(max_length=40)] = []
    centers: Codes = []
    yield_to: Literal["metropolitan", "nearest"] = "metropolitan"
    within_m: float = Field(default=50_000, gt=0, le=1_000_000)


class Overflow(_Rule):
    """More than `queue_over` incidents wait and at most `operators_at_most` people work on them: the next alert goes to
    the metropolitan center or the nearest neighbour within reach that does not overflow; none: it stays."""

    kind: Literal["overflow"] = "overflow"
    queue_over: int = Field(ge=0)
    operators_at_most: int = Field(default=0, ge=0)
    centers: Codes = []
    within_m: float = Field(default=30_000, gt=0, le=1_000_000)


class Pilot(_Rule):
    """These centers take drills only, until the rule ends (`valid_until` is the day they go live)."""

    kind: Literal["pilot"] = "pilot"
    centers: Annotated[list[Code], Field(min_length=1, max_length=500)]


Rule = Annotated[RunnerUp | Metropolitan | Capability | Overflow | Pilot, Field(discriminator="kind")]
KINDS = ("runner_up", "metropolitan", "capability", "overflow", "pilot")
RUNNER_UP_PROBABILITY = 0.2
_ADAPTER: TypeAdapter[Rule] = TypeAdapter(Rule)


def read_rule(kind: str, parameters: dict[str, Any]) -> Rule:
    """The rule that a row means. Raises pydantic.ValidationError, whose fields name what is wrong."""
    return _ADAPTER.validate_python({**parameters, "kind": kind})


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """A rule with its dates (timezone-aware; `valid_until` None: until further notice)."""

    rule_id: str
    rule: Rule
    valid_from: datetime
    valid_until: datetime | None = None
    created_by: str = ""
    note: str = ""
    policy_no: int = 0

    def is_in_force(self, at: datetime) -> bool:
        return self.valid_from <= at and (self.valid_until is None or at < self.valid_until)


@dataclass(slots=True)
class _For:
    """The rules that can touch one center."""

    metropolitan: list[tuple[str, Metropolitan]] = field(default_factory=list)
    capability: list[tuple[str, Capability]] = field(default_factory=list)
    overflow: list[tuple[str, Overflow]] = field(default_factory=list)
    pilot: str = ""

    @property
    def is_plain(self) -> bool:
        return not (self.metropolitan or self.capability or self.overflow or self.pilot)


def _names(codes: list[str], code: str) -> bool:
    return not codes or any(code.startswith(one) for one in codes)


class Policies:
    """A set of rules by their ids; the order of giving does not matter. `version` "" means no rules."""

    def __init__(self, rules: Iterable[tuple[str, Rule]] = ()) -> None:
        self.rules = sorted(rules, key=lambda item: (item[0], item[1].model_dump_json()))
        said = [[rule_id, rule.model_dump(mode="json")] for rule_id, rule in self.rules]
        self.body = json.dumps(said, sort_keys=True, separators=(",", ":"))
        self.version = hashlib.sha256(self.body.encode()).hexdigest()[:12] if said else ""
        shares = [rule.probability for _, rule in self.rules if isinstance(rule, RunnerUp)]
        self.runner_up_probability = min(shares, default=RUNNER_UP_PROBABILITY)
        self._for: dict[str, _For] = {}

    @classmethod
    def in_force(cls, rows: Iterable[PolicyRow], at: datetime) -> Policies:
        return cls((row.rule_id, row.rule) for row in rows if row.is_in_force(at))

    @classmethod
    def from_body(cls, body: str) -> Policies:
        """A set as it was written down under its version."""
        return cls((rule_id, _ADAPTER.validate_python(rule)) for rule_id, rule in json.loads(body))

    def is_plain(self, code: str) -> bool:
        """No rule can touch what this center gets."""
        return not self.rules or self._of(code).is_plain

    def _of(self, code: str) -> _For:
        found = self._for.get(code)
        if found is None:
            found = _For()
            for rule_id, rule in self.rules:
                if isinstance(rule, Metropolitan) and code != rule.center and _names(rule.districts, code):
                    found.metropolitan.append((rule_id, rule))
                elif isinstance(rule, Capability) and _names(rule.centers, code):
                    found.capability.append((rule_id, rule))
                elif isinstance(rule, Overflow) and _names(rule.centers, code):
                    found.overflow.append((rule_id, rule))
                elif isinstance(rule, Pilot) and _names(rule.centers, code):
                    found.pilot = found.pilot or rule_id
            self._for[code] = found
        return found

    def pilot(self, code: str, *, is_drill: bool) -> str:
        """The rule that keeps this center out of live work, "" for none."""
        return "" if is_drill or not self.rules else self._of(code).pilot

    def metropolitan(self, code: str, causes: Iterable[str] | None) -> list[tuple[str, str]]:
        """(rule id, center) of those that answer for `code` when one of `causes` holds; None: whatever the cause."""
        wanted = None if causes is None else set(causes)
        rules = self._of(code).metropolitan if self.rules else []
        return [(rule_id, rule.center) for rule_id, rule in rules if wanted is None or wanted & set(rule.when)]

    def lacking(self, code: str, facts: CenterFacts, *, trigger: str) -> tuple[str, Capability] | None:
        """The first rule whose needs this center has said it can't meet."""
        if facts.capabilities is None:
            return None
        for rule_id, rule in self._of(code).capability if self.rules else []:
            if (not rule.triggers or trigger in rule.triggers) and not facts.capabilities.issuperset(rule.needs):
                return rule_id, rule
        return None

    def overflowing(self, code: str, facts: CenterFacts) -> tuple[str, Overflow] | None:
        """The first rule by which this center has more than it can see to."""
        for rule_id, rule in self._of(code).overflow if self.rules else []:
            if facts.queue_length > rule.queue_over and facts.operators_online <= rule.operators_at_most:
                return rule_id, rule
        return None


NO_POLICIES = Policies()
