"""The what-if: every verdict follows from the gate's own rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from server.agencies.model import Agreement
from server.gate import SENTENCES, Facts, judge
from server.gate_why import verdicts
from server.legal import ReleaseKind

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FIRM = Agreement(
    UUID(int=1), "41171", "guard-1", frozenset({"help_request"}), ("pipa-18-2-3",), True, True, NOON - timedelta(days=1)
)
AGREEMENTS = [None, FIRM, replace(FIRM, suspended_at=NOON), replace(FIRM, ends_at=NOON, legal_bases=()),
              replace(FIRM, may_view_live=False, center_id="11140"), replace(FIRM, may_see_health=True)]  # fmt: skip
FACTS = st.builds(
    Facts,
    incident_state=st.sampled_from(["received", "on_scene", "closed", None]),
    phase=st.sampled_from(["pre", "active", "ended"]),
    was_active=st.booleans(),
    is_drill=st.booleans(),
    camera_known=st.booleans(),
    purpose_allowed=st.booleans(),
    role=st.sampled_from(["operator", "admin", "privacy", "agent", None]),
    account_active=st.booleans(),
    own_desk=st.booleans(),
    networks=st.sampled_from([(), ("127.0.0.0/8",)]),
    session_addresses=st.sampled_from([(), ("127.0.0.1",)]),
    address=st.sampled_from(["127.0.0.1", "10.1.1.1", ""]),
    legal_basis=st.sampled_from(["pipa-18-2-3", "pipa-25", "curiosity", ""]),
    is_party=st.booleans(),
    is_in_area=st.booleans(),
    trigger=st.sampled_from(["help_request", "disaster", ""]),
    agency_kind=st.sampled_from(["119", "security"]),
    is_health_shared=st.booleans(),
    agreement=st.sampled_from(AGREEMENTS),
    center_id=st.just("41171"),
    incident_role=st.sampled_from(["owner", "runner_up"]),
    kind=st.sampled_from(get_args(ReleaseKind)),
    reason=st.sampled_from(["", "물음"]),
    until_at=st.sampled_from([None, NOON, NOON + timedelta(hours=1)]),
    breakglass=st.booleans(),
)


GUARD = Facts("received", role="agent", networks=("127.0.0.0/8",), session_addresses=("127.0.0.1",),
              address="127.0.0.1", legal_basis="pipa-18-2-3", is_party=True, trigger="help_request", agreement=FIRM,
              center_id="41171")  # fmt: skip
STAFF = replace(GUARD, role="supervisor", own_desk=True, agreement=None, trigger="", is_party=False)
SPOILT: dict[str, dict[str, Any]] = {
    "incident_closed": {"incident_state": "closed"},
    "not_owner": {"incident_role": "runner_up"},
    "drill": {"is_drill": True},
    "not_live": {"phase": "pre"},
    "no_dispatch": {"is_party": False},
    "no_agreement": {"agreement": replace(FIRM, suspended_at=NOON)},
    "outside_area": {"is_in_area": False},
    "legal_basis": {"legal_basis": "curiosity"},
    "address_not_registered": {"networks": ("10.0.0.0/8",)},
    "session_ended": {"session_addresses": ()},
    "unknown_camera": {"camera_known": False},
    "purpose": {"purpose_allowed": False},
    "expired": {"until_at": NOON},
}
OF_AGENTS = {"no_dispatch", "no_agreement", "outside_area"}


@given(st.sampled_from([GUARD, STAFF]), st.sets(st.sampled_from(sorted(SPOILT))))
def test_what_is_spoilt_is_told_and_nothing_else(allowed: Facts, codes: set[str]) -> None:
    facts = allowed
    for code in codes:
        facts = replace(facts, **SPOILT[code])
    asked = codes if allowed is GUARD else codes - OF_AGENTS
    assert {one.code for one in verdicts(facts, NOON) if not one.is_met} == asked


@given(FACTS)
def test_the_gates_own_answer_is_one_of_what_is_not_met(facts: Facts) -> None:
    found = verdicts(facts, NOON)
    broken = [one.code for one in found if not one.is_met]
    code = judge(facts, NOON)
    assert code in broken if code else not broken
    assert [one.code for one in found] == [code for code in SENTENCES if code in {one.code for one in found}]
    assert all(bool(one.parts) == (one.code == "no_agreement" and not one.is_met) for one in found)


def test_an_agent_is_told_all_that_stands_in_the_way_at_once() -> None:
    facts = Facts("received", role="agent", networks=("127.0.0.0/8",), address="127.0.0.1", legal_basis="pipa-18-2-3",
                  agreement=replace(FIRM, suspended_at=NOON, may_view_live=False), trigger="help_request",
                  center_id="41171")  # fmt: skip
    found = {one.code: one for one in verdicts(facts, NOON)}
    assert {code for code, one in found.items() if not one.is_met} == {"no_dispatch", "no_agreement", "session_ended"}
    assert found["no_agreement"].parts == ("suspended", "switch")
    assert {"incident_closed", "drill", "legal_basis", "address_not_registered", "purpose"} <= set(found)
    assert "no_consent" not in found and "no_reason" not in found, "nobody asks an agent for a live picture's reason"
    allowed = replace(facts, agreement=FIRM, is_party=True, session_addresses=("127.0.0.1",))
    assert all(one.is_met for one in verdicts(allowed, NOON)) and judge(allowed, NOON) is None
