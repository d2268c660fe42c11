"""The what-if: every verdict follows from the gate's own rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args
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


@given(FACTS)
def test_the_first_that_is_not_met_is_the_gates_own_answer(facts: Facts) -> None:
    found = verdicts(facts, NOON)
    broken = [one.code for one in found if not one.is_met]
    assert judge(facts, NOON) == _first(facts, broken)
    assert [one.code for one in found] == [code for code in SENTENCES if code in {one.code for one in found}]
    assert len(found) == len({one.code for one in found})
    assert all(bool(one.parts) == (one.code == "no_agreement" and not one.is_met) for one in found)


def _first(facts: Facts, broken: list[str]) -> str | None:
    """The gate names one of them, and none where none is broken."""
    code = judge(facts, NOON)
    return code if code in broken else None


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
