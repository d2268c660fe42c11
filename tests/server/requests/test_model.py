"""The states of a request, and that nothing is released which the agreement does not allow: pure, over random cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.agencies.model import TRIGGERS, Agreement
from server.gate import RULES, Facts, judge
from server.incidents.codes import TYPES as INCIDENT_TYPES
from server.requests import model
from server.requests.model import Accept, Asked, Cancel, End, Extend, Reject, Reopen, Tick

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SEAT = "127.0.0.1"
RECEIVED = Asked("received", NOON + timedelta(minutes=30), NOON + timedelta(seconds=60))

commands = st.one_of(
    st.builds(Accept, st.integers(1, 240).map(lambda minutes: NOON + timedelta(minutes=minutes))),
    st.builds(Reject, st.sampled_from([*model.REJECT_REASONS])),
    st.builds(Extend, st.integers(1, 240)),
    st.just(Cancel("agency")),
    st.just(End()),
    st.just(Tick()),
)
steps = st.lists(st.tuples(st.integers(0, 600), commands), max_size=12)


def walk(taken: list[tuple[int, model.Command]]) -> list[tuple[Asked, datetime]]:
    """Each state that the request goes through, and when it came to it."""
    asked, now, seen = RECEIVED, NOON, [(RECEIVED, NOON)]
    for seconds, command in taken:
        now += timedelta(seconds=seconds)
        try:
            happened = model.decide(asked, command, now)
        except model.NotAllowed as refused:
            assert refused.allowed == model.allowed(asked.state)
            continue
        asked = model.evolve(asked, happened)
        seen.append((asked, now))
    return seen


@given(steps)
def test_what_is_over_stays_over_and_time_ends_everything(taken: list[tuple[int, model.Command]]) -> None:
    seen = walk(taken)
    states = [asked.state for asked, _ in seen]
    for before, after in zip(states, states[1:], strict=False):
        assert before == after or before in model.OPEN_STATES, "nothing comes back"
        assert (before, after) != ("accepted", "received")
    assert all(asked.ends_at is not None and asked.ends_at <= now + model.MOST_EXTENDED for asked, now in seen)
    asked, now = seen[-1]
    last = max(now, asked.ends_at or now)
    ended = model.evolve(asked, model.decide(asked, Tick(), last))
    assert ended.state not in model.OPEN_STATES and ended.verify_due_at is None
    assert model.decide(ended, Tick(), last + timedelta(days=9)) == []


@given(commands, st.integers(0, 1700))
def test_the_same_twice_happens_once(command: model.Command, seconds: int) -> None:
    now = NOON + timedelta(seconds=seconds)
    for first in (RECEIVED, replace(RECEIVED, state="accepted", verify_due_at=None)):
        try:
            after = model.evolve(first, model.decide(first, command, now))
        except model.NotAllowed:
            continue
        if not isinstance(command, Extend):
            assert model.decide(after, command, now) == []


def test_a_late_decision_and_a_reason_that_is_none_are_refused() -> None:
    with pytest.raises(model.NotAllowed):
        model.decide(RECEIVED, Accept(NOON + timedelta(hours=2)), RECEIVED.ends_at or NOON)
    with pytest.raises(model.UnknownReason):
        model.decide(RECEIVED, Reject("because"), NOON)
    (overdue,) = model.decide(RECEIVED, Tick(), NOON + timedelta(seconds=60))
    assert overdue.tag == "request:overdue" and not overdue.is_told


def test_extended_again_and_again_it_ends_within_a_day() -> None:
    asked = replace(RECEIVED, state="accepted", verify_due_at=None)
    for _ in range(20):
        asked = model.evolve(asked, model.decide(asked, Extend(240), NOON))
    assert asked.ends_at == NOON + model.MOST_EXTENDED


def test_what_was_accepted_is_decided_anew_once_it_is_another_incident() -> None:
    accepted = model.evolve(RECEIVED, model.decide(RECEIVED, Accept(NOON + timedelta(hours=1), by="rule"), NOON))
    due_at = NOON + timedelta(seconds=90)
    again = model.evolve(accepted, model.decide(accepted, Reopen(due_at), NOON))
    assert (again.state, again.verify_due_at, again.ends_at) == ("received", due_at, accepted.ends_at)
    for held in (again, replace(accepted, state="ended")):
        assert model.decide(held, Reopen(due_at), NOON) == []


def test_every_trigger_of_an_agreement_opens_a_type_that_can_be_named() -> None:
    assert set(model.TYPES) == set(TRIGGERS) and set(model.TYPES.values()) <= set(INCIDENT_TYPES)


FEW = ("help_request", "missing_child", "disaster")
some_triggers = st.frozensets(st.sampled_from(FEW), min_size=1, max_size=2)
some_bases = st.sampled_from([("pipa-18-2-3",), ("pipa-18-2-3", "lia-29"), ()])
moments = st.integers(-3, 3).map(lambda hours: NOON + timedelta(hours=hours))
WEST = {"type": "MultiPolygon", "coordinates": [[[[126, 37], [127, 37], [127, 38], [126, 38], [126, 37]]]]}


@st.composite
def agreements(draw: st.DrawFn) -> Agreement:
    """Any; every second one is in force at center A with all its switches on, so that much depends on the rest."""
    some = Agreement(
        UUID(int=draw(st.integers(1, 9))), "A", "guard-1", draw(some_triggers), draw(some_bases), True, True,
        NOON - timedelta(hours=3), None, None, True, True, True, may_see_health=True,
        areas=draw(st.sampled_from([None, WEST])),
    )  # fmt: skip
    if draw(st.booleans()):
        return some
    switches = ("may_view_live", "may_see_position", "may_view_recorded", "may_view_still", "may_see_identity")
    return replace(
        some, center_id=draw(st.sampled_from("AB")), starts_at=draw(moments), ends_at=draw(st.none() | moments),
        suspended_at=draw(st.none() | moments), **{name: draw(st.booleans()) for name in switches},
    )  # fmt: skip


@given(
    st.lists(agreements(), max_size=3),
    st.sampled_from([*FEW, "burglar_alarm"]),
    st.sampled_from(["pipa-18-2-3", "pipa-18-2-9", ""]),
    st.sampled_from([None, (37.5, 126.5), (37.5, 128.0)]),
)
def test_a_request_is_taken_only_by_an_agreement_that_says_so(
    held: list[Agreement], trigger: str, basis: str, place: tuple[float, float] | None
) -> None:
    found = model.fitting(held, trigger=trigger, basis=basis, place=place, now=NOON)
    if isinstance(found, str):
        return
    assert found in held and found.in_force(NOON) and trigger in found.triggers and basis in found.legal_bases
    assert place == (37.5, 126.5) or found.areas is None, "a place that is not known is in no area"


SPOILT = {
    "not_asked": {"trigger": "missing_child"},
    "no_ground": {"legal_basis": "lia-29"},
    "no_words": {"legal_basis": ""},
    "closed": {"incident_state": "closed"},
    "another_center": {"center_id": "B"},
    "elsewhere": {"address": "10.1.1.1"},
}
SWITCHES = {
    "live": "may_view_live", "still": "may_view_still", "recorded": "may_view_recorded", "position": "may_see_position",
    "identity": "may_see_identity", "profile": "may_see_health",
}  # fmt: skip
KINDS = [*SWITCHES, "capture", "evidence", "walk", "search"]
ENDED = {"ends_at": NOON}, {"suspended_at": NOON - timedelta(hours=1)}, {"starts_at": NOON + timedelta(days=1)}


@given(
    st.sets(st.sampled_from([*SPOILT]), max_size=1),
    st.sampled_from([{}, {}, *ENDED, {"triggers": frozenset({"disaster"})}, {"legal_bases": ()}]),
    st.frozensets(st.sampled_from([*SWITCHES.values()]), max_size=2),
    st.sampled_from(KINDS),
    st.booleans(),
    st.lists(st.tuples(st.integers(0, 600), commands), max_size=2),
    st.sampled_from([0, 60, 3600]),
)
def test_nothing_is_released_that_the_agreement_does_not_allow(
    spoilt: set[str], changed: dict[str, Any], off: frozenset[str], kind: str, is_accepted: bool,
    taken: list[tuple[int, model.Command]], later_s: int,
) -> None:  # fmt: skip
    """From a request that may see, with something about it spoilt, or nothing."""
    agreement = Agreement(
        UUID(int=1), "A", "guard-1", frozenset({"help_request"}), ("pipa-18-2-3",), True, True,
        NOON - timedelta(days=1), None, None, True, True, True, may_see_health=True,
    )  # fmt: skip
    agreement = replace(agreement, **changed, **dict.fromkeys(off, False))
    first = [(0, Accept(NOON + timedelta(hours=1)))] if is_accepted else []
    asked, now = walk([*first, *taken])[-1]
    now += timedelta(seconds=later_s)
    is_party = asked.state == "accepted" and asked.ends_at is not None and now < asked.ends_at  # the view `party`
    good = {
        "incident_state": "acknowledged", "role": "agent", "networks": ("127.0.0.0/8",), "session_addresses": (SEAT,),
        "address": SEAT, "legal_basis": "pipa-18-2-3", "trigger": "help_request", "center_id": "A",
    }  # fmt: skip
    for one in spoilt:
        good |= SPOILT[one]
    facts = Facts(**good, is_party=is_party, agreement=agreement, agency_kind="security", kind=kind)  # type: ignore[arg-type]
    if judge(facts, now) is not None:
        return
    assert spoilt == set() and is_party and kind in SWITCHES and kind != "profile"
    agreed = RULES[kind].agreed  # type: ignore[index]
    assert agreed is not None and agreement.allows(agreed, "help_request", "pipa-18-2-3", now) is None


def test_the_property_is_about_something() -> None:
    """There are requests by which an agency sees: the property above is not empty."""
    agreement = Agreement(
        UUID(int=1), "A", "guard-1", frozenset({"help_request"}), ("pipa-18-2-3",), True, True, NOON - timedelta(days=1)
    )
    facts = Facts(
        "acknowledged", role="agent", networks=("127.0.0.0/8",), session_addresses=(SEAT,), address=SEAT,
        legal_basis="pipa-18-2-3", is_party=True, trigger="help_request", agreement=agreement, center_id="A",
    )  # fmt: skip
    assert judge(facts, NOON) is None
    for changed in ({"is_party": False}, {"trigger": "missing_child"}, {"center_id": "B"}, {"legal_basis": "lia-29"}):
        assert judge(replace(facts, **changed), NOON) is not None  # type: ignore[arg-type]
