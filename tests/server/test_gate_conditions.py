"""Each condition of the release gate by itself: of one who may see all, one thing is taken away, and the answer is no.

Not random on purpose: what a random case seldom meets (a single switch, the last second, one role) is met here always.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import UUID

import pytest

from server.agencies.model import Agreement
from server.gate import OF_CAMERAS, OPEN_STATES, RULES, Facts, judge
from server.legal import STAFF_BASES, ReleaseKind
from server.staff.permissions import STAFF_ROLES, may

NOON, BLINK = datetime(2026, 3, 1, 12, tzinfo=UTC), timedelta(microseconds=1)
SWITCHES = {
    "live": "may_view_live", "still": "may_view_still", "recorded": "may_view_recorded", "position": "may_see_position",
    "identity": "may_see_identity", "profile": "may_see_health",
}  # fmt: skip
OFF = dict.fromkeys(SWITCHES.values(), False)
ALL_ON = dict.fromkeys(SWITCHES.values(), True)
MOU = Agreement(
    UUID(int=1), "41171", "119-1", frozenset({"dispatch"}), ("pipa-18-2-3",), True, True, NOON, NOON + BLINK
)
MOU = replace(MOU, **ALL_ON)
AGENT = Facts("received", role="agent", networks=("127.0.0.0/8",), session_addresses=("127.0.0.1",),
              address="127.0.0.1", legal_basis="pipa-18-2-3", is_party=True, trigger="dispatch", agreement=MOU,
              center_id="41171", agency_kind="119", is_health_shared=True, until_at=NOON + BLINK)  # fmt: skip
SEAT: list[tuple[dict[str, Any], str]] = [
    ({"account_active": False}, "not_your_incident"),
    ({"role": None}, "not_your_incident"),
    ({"role": "nobody"}, "not_your_incident"),
    ({"networks": ()}, "address_not_registered"),
    ({"networks": ("10.0.0.0/8",)}, "address_not_registered"),
    ({"address": "127.0.0.2"}, "session_ended"),
    ({"session_addresses": ()}, "session_ended"),
    ({"camera_known": False}, "unknown_camera"),
    ({"until_at": NOON}, "expired"),
]
CASE: list[tuple[dict[str, Any], str]] = [
    ({"incident_state": None}, "unknown_incident"),
    ({"incident_state": "closed"}, "incident_closed"),
    ({"incident_state": "cancelled"}, "incident_closed"),
    ({"incident_state": "transferred"}, "incident_closed"),
]
SOS: list[tuple[dict[str, Any], str]] = [
    ({"incident_role": "runner_up"}, "not_owner"),
    ({"phase": "pre"}, "not_live"),
    ({"was_active": False}, "not_live"),
]
PARTY: list[tuple[dict[str, Any], str]] = [
    ({"is_party": False}, "no_dispatch"),
    ({"agreement": None}, "no_agreement"),
    ({"agreement": replace(MOU, ends_at=NOON)}, "no_agreement"),
    ({"agreement": replace(MOU, starts_at=NOON + BLINK, ends_at=None)}, "no_agreement"),
    ({"agreement": replace(MOU, suspended_at=NOON)}, "no_agreement"),
    ({"agreement": replace(MOU, center_id="11140")}, "no_agreement"),
    ({"agreement": replace(MOU, triggers=frozenset({"disaster"}))}, "no_agreement"),
    ({"trigger": ""}, "no_agreement"),
    ({"is_in_area": False}, "outside_area"),
    ({"legal_basis": "pipa-18-2-7"}, "legal_basis"),
    ({"legal_basis": ""}, "legal_basis"),
]


def of_case(kind: ReleaseKind) -> list[tuple[dict[str, Any], str]]:
    """What the incident has to be for this kind of release."""
    rule = RULES[kind]
    found = [*CASE] if rule.of_incident else []
    found += SOS if rule.of_incident and (rule.is_picture or rule.after_sos) else []
    found += [({"is_drill": True}, "drill")] if rule.of_incident and rule.is_picture else []
    return found + ([({"purpose_allowed": False}, "purpose")] if rule.is_picture else [])


@pytest.mark.parametrize("kind", get_args(ReleaseKind))
def test_an_agency_sees_by_all_of_its_conditions_and_by_none_less(kind: ReleaseKind) -> None:
    facts = replace(AGENT, kind=kind)
    if kind not in SWITCHES:
        assert judge(facts, NOON) == "not_your_incident", "no agreement opens it"
        return
    assert RULES[kind].agreed is not None and judge(facts, NOON) is None
    assert judge(replace(facts, agreement=replace(MOU, **OFF | {SWITCHES[kind]: True})), NOON) is None, "its own switch"
    off = [({"agreement": replace(MOU, **{SWITCHES[kind]: False})}, "no_agreement")]
    if kind == "profile":
        off += [({"agency_kind": "112"}, "no_consent"), ({"is_health_shared": False}, "no_consent")]
    for spoilt, code in SEAT + PARTY + of_case(kind) + off:
        assert judge(replace(facts, **spoilt), NOON) == code, (kind, spoilt)


@pytest.mark.parametrize("kind", get_args(ReleaseKind))
def test_staff_see_by_their_role_their_desk_a_ground_and_a_reason(kind: ReleaseKind) -> None:
    rule = RULES[kind]
    some = replace(AGENT, kind=kind, agreement=None, is_party=False, own_desk=True, reason="확인")
    roles = [role for role in STAFF_ROLES if may(role, rule.permission)]
    assert roles and "agent" not in roles
    for role in STAFF_ROLES:
        facts = replace(some, role=role, legal_basis=STAFF_BASES[kind][0])
        if role not in roles:
            assert judge(facts, NOON) == "not_your_incident", role
            continue
        assert judge(facts, NOON) is None, role
        lacks = [({"own_desk": False}, "not_your_incident"), ({"legal_basis": "curiosity"}, "legal_basis")]
        lacks += [({"reason": " "}, "no_reason")] if rule.needs_reason else []
        for spoilt, code in [*lacks, *SEAT, *of_case(kind)]:
            assert judge(replace(facts, **spoilt), NOON) == code, (kind, role, spoilt)
        opened = judge(replace(facts, own_desk=False, breakglass=True), NOON)
        assert opened == (None if kind in ("live", "still", "position") else "not_your_incident"), "by break-glass"


def test_no_picture_of_a_camera_is_without_an_incident_but_a_set_up_still() -> None:
    assert [kind for kind in OF_CAMERAS if not RULES[kind].of_incident] == ["maintenance"]
    assert {kind for kind, rule in RULES.items() if not rule.of_incident} == {"walk", "search", "export", "maintenance"}


def test_an_incident_is_open_in_these_states_and_no_other() -> None:
    assert [judge(replace(AGENT, incident_state=state), NOON) for state in OPEN_STATES] == [None] * 4
    assert OPEN_STATES == ("received", "acknowledged", "dispatched", "on_scene")
