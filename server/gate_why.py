"""Why somebody may or may not be shown something now: every rule of the gate with its verdict; pure.

The rules are written in `gate.judge` and nowhere else. What stands here only asks it: a fact that a refusal names is
mended and the question put again, until the answer is yes; what had to be mended is what stands in the way. A rule that
would refuse the mended facts, were its own fact broken, was asked and is met.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from server.agencies.model import BASES, TRIGGERS, WHAT, Agreement
from server.gate import RULES, SENTENCES, Facts, judge
from server.legal import STAFF_BASES
from server.staff.permissions import STAFF_ROLES, may

Change = Callable[[Facts, datetime], Facts]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`code` as of `gate.SENTENCES`; `parts`: what exactly of the agreement."""

    code: str
    is_met: bool
    parts: tuple[str, ...] = ()


def verdicts(facts: Facts, now: datetime) -> list[Verdict]:
    """All rules that were asked of these facts, in the gate's order. It would show it if and only if all are met."""
    broken, mended = {}, facts
    while (code := judge(mended, now)) is not None:
        assert code not in broken, f"nothing mends {code}"
        broken[code] = _parts(facts, now) if code == "no_agreement" else ()
        mended = _MEND[code](mended, now)
    asked = [code for code in SENTENCES if code in broken or _is_asked(code, mended, now)]
    return [Verdict(code, code not in broken, broken.get(code, ())) for code in asked]


def _is_asked(code: str, mended: Facts, now: datetime) -> bool:
    spoil = _SPOIL.get(code)
    return spoil is not None and judge(spoil(mended, now), now) == code


def _parts(facts: Facts, now: datetime) -> tuple[str, ...]:
    """What is wrong with the agreement: `none`, `not_begun`, `ended`, `suspended`, `switch`, `trigger`, `center`."""
    held, rule = facts.agreement, RULES[facts.kind]
    if held is None:
        return ("none",)
    found = {
        "not_begun": held.starts_at > now,
        "ended": held.ends_at is not None and held.ends_at <= now,
        "suspended": held.suspended_at is not None and held.suspended_at <= now,
        "switch": rule.agreed is not None and not held.grants(rule.agreed),
        "trigger": facts.trigger not in held.triggers,
        "center": held.center_id != facts.center_id,
    }
    return tuple(name for name, is_so in found.items() if is_so)


def _whole(facts: Facts, now: datetime) -> Agreement:
    """An agreement that allows all of it."""
    return Agreement(
        UUID(int=0),
        facts.center_id,
        "",
        frozenset({*TRIGGERS, facts.trigger}),
        tuple(BASES),
        starts_at=now - timedelta(days=1),
        may_view_live=True,
        may_view_recorded=True,
        may_view_still=True,
        may_see_position=True,
        may_see_identity=True,
        may_see_health=True,
        may_store=True,
        storage_days=1,
    )


def _theirs(facts: Facts, now: datetime) -> Facts:
    """Somebody whose it is: an agent stays one, where agents may be shown it at all."""
    if facts.role == "agent" and RULES[facts.kind].agreed is not None:
        return replace(facts, account_active=True)
    needed = RULES[facts.kind].permission
    role = next(one for one in (facts.role or "", *STAFF_ROLES) if may(one, needed))
    return replace(facts, account_active=True, role=role, own_desk=True)


def _agreed(facts: Facts, now: datetime) -> Facts:
    bases = facts.agreement.legal_bases if facts.agreement else tuple(BASES)
    return replace(facts, agreement=replace(_whole(facts, now), legal_bases=bases))


def _on_ground(facts: Facts, now: datetime) -> Facts:
    if facts.role != "agent":
        return replace(facts, legal_basis=STAFF_BASES[facts.kind][0])
    agreement = facts.agreement or _whole(facts, now)
    return replace(facts, agreement=replace(agreement, legal_bases=(*agreement.legal_bases, facts.legal_basis)))


_MEND: dict[str, Change] = {
    "unknown_incident": lambda facts, now: replace(facts, incident_state="acknowledged"),
    "incident_closed": lambda facts, now: replace(facts, incident_state="acknowledged"),
    "not_owner": lambda facts, now: replace(facts, incident_role="owner"),
    "drill": lambda facts, now: replace(facts, is_drill=False),
    "not_live": lambda facts, now: replace(facts, phase="active", was_active=True),
    "not_your_incident": _theirs,
    "no_dispatch": lambda facts, now: replace(facts, is_party=True),
    "no_agreement": _agreed,
    "outside_area": lambda facts, now: replace(facts, is_in_area=True),
    "no_consent": lambda facts, now: replace(facts, agency_kind="119", is_health_shared=True),
    "legal_basis": _on_ground,
    "address_not_registered": lambda facts, now: replace(facts, networks=("0.0.0.0/0", "::/0"), address="127.0.0.1"),
    "session_ended": lambda facts, now: replace(facts, session_addresses=(facts.address,)),
    "unknown_camera": lambda facts, now: replace(facts, camera_known=True),
    "purpose": lambda facts, now: replace(facts, purpose_allowed=True),
    "no_reason": lambda facts, now: replace(facts, reason="-"),
    "expired": lambda facts, now: replace(facts, until_at=None),
}
_SPOIL: dict[str, Change] = {
    "unknown_incident": lambda facts, now: replace(facts, incident_state=None),
    "incident_closed": lambda facts, now: replace(facts, incident_state="closed"),
    "not_owner": lambda facts, now: replace(facts, incident_role="runner_up"),
    "drill": lambda facts, now: replace(facts, is_drill=True),
    "not_live": lambda facts, now: replace(facts, phase="pre"),
    "not_your_incident": lambda facts, now: replace(facts, account_active=False),
    "no_dispatch": lambda facts, now: replace(facts, is_party=False),
    "no_agreement": lambda facts, now: replace(facts, agreement=None),
    "outside_area": lambda facts, now: replace(facts, is_in_area=False),
    "no_consent": lambda facts, now: replace(facts, is_health_shared=False),
    "legal_basis": lambda facts, now: replace(facts, legal_basis="-"),
    "address_not_registered": lambda facts, now: replace(facts, networks=()),
    "session_ended": lambda facts, now: replace(facts, session_addresses=()),
    "unknown_camera": lambda facts, now: replace(facts, camera_known=False),
    "purpose": lambda facts, now: replace(facts, purpose_allowed=False),
    "no_reason": lambda facts, now: replace(facts, reason=""),
}

assert set(_MEND) >= set(SENTENCES) - {"released_ended"}, "a refusal without a remedy"
assert set(WHAT) >= {rule.agreed for rule in RULES.values() if rule.agreed}
