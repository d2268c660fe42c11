"""Rules with dates: who answers for whom, who yields, who is not live yet; and the laws that no rule may break."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from location_router.assign import Assignment, assign
from location_router.policy import Policies, PolicyRow, read_rule
from location_router.states import TAKES, CenterFacts
from location_router.wire import DRILL
from tests.location_router.places import ANYANG_STATION, INCHEON_BRIDGE, in_force

VERSION = in_force("2023-07-01")
ANYANG, GUNPO, SUWON, JONGNO = "41170", "41410", "41110", "11110"
GANGNAM = {"lat": 37.4979, "lon": 127.0276}


def policies(*rules: tuple[str, str, dict[str, Any]]) -> Policies:
    return Policies((rule_id, read_rule(kind, parameters)) for rule_id, kind, parameters in rules)


def metro(**fields: Any) -> tuple[str, str, dict[str, Any]]:
    return ("suwon", "metropolitan", {"center": SUWON, "districts": [ANYANG]} | fields)


def decide(*rules: tuple[str, str, dict[str, Any]], **given: Any) -> Assignment:
    return assign(VERSION, **(ANYANG_STATION | given), policies=policies(*rules))


@pytest.mark.parametrize("state", ["offline", "closed", "draining"])
def test_a_district_that_can_t_yields_to_its_metropolitan_center_not_to_the_neighbour(state: str) -> None:
    without = decide(states={ANYANG: state})
    made = decide(metro(), states={ANYANG: state})
    assert (without.center, without.rule) == (GUNPO, f"failover:{state}")
    assert (made.center, made.reason, made.rule) == (SUWON, "failover", "metropolitan:suwon")
    assert made.distance_m > 0 and made.policy_version and not without.policy_version
    assert decide(metro(), states={ANYANG: state, SUWON: "offline"}).center == GUNPO
    assert decide(metro(), states={ANYANG: state}, exclude=[SUWON]).center == GUNPO
    assert decide(metro(when=["closed"]), states={ANYANG: state}).center == (SUWON if state == "closed" else GUNPO)


def test_a_metropolitan_center_may_serve_districts_always() -> None:
    """Seoul's rule by the beginning of its codes: all 25 districts, but not the center's own."""
    seoul = ("seoul", "metropolitan", {"center": JONGNO, "districts": ["11"], "when": ["always"]})
    made = decide(seoul, **GANGNAM)
    assert (made.center, made.reason, made.distance_m, made.rule) == (JONGNO, "contains", 0.0, "metropolitan:seoul")
    assert decide(seoul, **GANGNAM, states={JONGNO: "offline"}).center == "11650", "its own desk is there"
    assert decide(seoul).center == ANYANG


def test_a_full_queue_with_nobody_at_it_yields_to_the_neighbour_only() -> None:
    rule = ("calm", "overflow", {"queue_over": 10})
    busy = CenterFacts("online", queue_length=11, operators_online=0)
    assert decide(rule, states={ANYANG: busy}).center == GUNPO
    assert decide(rule, states={ANYANG: busy}).rule == "overflow:calm"
    assert decide(rule, states={ANYANG: CenterFacts("online", 11, 1)}).center == ANYANG, "somebody works on it"
    assert decide(rule, states={ANYANG: CenterFacts("online", 10, 0)}).center == ANYANG
    assert decide(rule, states=dict.fromkeys(VERSION.centers, busy)).center == ANYANG, "the others are no better"
    assert decide(rule, states={ANYANG: busy, GUNPO: busy}).center not in {ANYANG, GUNPO}
    assert decide(rule, metro(), states={ANYANG: busy}).center == SUWON
    assert decide(("calm", "overflow", {"queue_over": 10, "within_m": 100}), states={ANYANG: busy}).center == ANYANG


def test_a_center_without_the_112_link_yields_only_as_policy_says() -> None:
    bare = {ANYANG: CenterFacts("online", capabilities=frozenset({"cctv"}))}
    needs: dict[str, Any] = {"needs": ["112"], "triggers": ["shake"]}
    assert decide(states=bare, trigger="shake").center == ANYANG
    assert decide(("link", "capability", needs), states=bare, trigger="shake").center == ANYANG, (
        "no metropolitan center"
    )
    made = decide(("link", "capability", needs), metro(when=["offline"]), states=bare, trigger="shake")
    assert (made.center, made.rule) == (SUWON, "capability:link")
    assert decide(("link", "capability", needs), metro(), states=bare, trigger="tap").center == ANYANG
    near = ("link", "capability", needs | {"yield_to": "nearest"})
    assert decide(near, states=bare, trigger="shake").center == GUNPO
    assert decide(near, states=bare | {GUNPO: bare[ANYANG]}, trigger="shake").center not in {ANYANG, GUNPO}
    assert decide(near, trigger="shake").center == ANYANG, "one that has not said is not held back"


def test_a_pilot_takes_drills_only_until_its_day() -> None:
    rule = read_rule("pilot", {"centers": [ANYANG]})
    live = datetime(2026, 12, 1, tzinfo=UTC)
    row = PolicyRow("anyang-pilot", rule, datetime(2026, 10, 1, tzinfo=UTC), live)
    during, after = Policies.in_force([row], datetime(2026, 11, 30, tzinfo=UTC)), Policies.in_force([row], live)
    made = assign(VERSION, **ANYANG_STATION, policies=during)
    assert (made.center, made.rule) == (GUNPO, "failover:pilot:anyang-pilot")
    assert assign(VERSION, **ANYANG_STATION, policies=during, service=DRILL).center == ANYANG
    assert assign(VERSION, **ANYANG_STATION, policies=after).center == ANYANG and after.version == ""
    others = {code: "offline" for code in VERSION.centers if code != ANYANG}
    assert assign(VERSION, **ANYANG_STATION, policies=during, states=others).center == ANYANG, (
        "rather a pilot than none"
    )


def test_the_threshold_of_the_runner_up_is_a_rule() -> None:
    wide = assign(
        VERSION, **ANYANG_STATION, accuracy_m=3_000.0, policies=policies(("r", "runner_up", {"probability": 0.01}))
    )
    assert wide.runner_up in {one.code for one in wide.candidates} - {wide.center}
    none = assign(
        VERSION, **ANYANG_STATION, accuracy_m=3_000.0, policies=policies(("r", "runner_up", {"probability": 1.0}))
    )
    assert none.runner_up == ""


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("runner_up", {"probability": 0}),
        ("metropolitan", {"center": SUWON, "districts": []}),
        ("metropolitan", {"center": SUWON, "districts": ["11"], "when": ["sometimes"]}),
        ("overflow", {"queue_over": -1}),
        ("pilot", {"centers": []}),
        ("pilot", {"centers": [ANYANG], "colour": "blue"}),
        ("capability", {"needs": []}),
        ("lottery", {}),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(kind: str, parameters: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read_rule(kind, parameters)


def test_a_version_names_exactly_a_set_of_rules() -> None:
    one, two = ("a", "runner_up", {"probability": 0.3}), metro()
    assert policies(one, two).version == policies(two, one).version != policies(one).version
    assert Policies.from_body(policies(one, two).body).version == policies(one, two).version


FEW = [ANYANG, GUNPO, SUWON, "41210", "11545", "41390", "41430"]
FACTS = st.builds(
    CenterFacts,
    st.sampled_from(["online", "degraded", "draining", "closed", "offline"]),
    st.integers(0, 20),
    st.integers(0, 2),
    st.one_of(st.none(), st.frozensets(st.sampled_from(["112", "119", "cctv"]))),
)
STATES = st.dictionaries(st.sampled_from(FEW), FACTS)
SOME = st.lists(st.sampled_from(FEW), min_size=1, max_size=4, unique=True)
CAUSES = st.lists(st.sampled_from(["always", "offline", "closed", "draining", "pilot", "overflow"]), min_size=1)
RULES = st.dictionaries(
    st.sampled_from("abcdef"),
    st.one_of(
        st.fixed_dictionaries(
            {"kind": st.just("metropolitan"), "center": st.sampled_from(FEW), "districts": SOME, "when": CAUSES}
        ),
        st.fixed_dictionaries({"kind": st.just("overflow"), "queue_over": st.integers(0, 15), "centers": SOME}),
        st.fixed_dictionaries({"kind": st.just("pilot"), "centers": SOME}),
        st.fixed_dictionaries(
            {
                "kind": st.just("capability"),
                "needs": st.just(["112"]),
                "yield_to": st.sampled_from(["metropolitan", "nearest"]),
            }
        ),
    ),
)
PLACES = st.one_of(
    st.fixed_dictionaries({"lat": st.floats(37.25, 37.55), "lon": st.floats(126.7, 127.1)}),
    st.just({"lat": None, "lon": None}),
    st.just(INCHEON_BRIDGE),
)


@settings(max_examples=120, deadline=None)
@given(
    place=PLACES,
    states=STATES,
    rules=RULES,
    exclude=st.lists(st.sampled_from(FEW)),
    rest=st.sampled_from(["online", "offline", "closed"]),
    accuracy_m=st.sampled_from([None, 20.0, 900.0]),
    home=st.sampled_from([None, ANYANG]),
    previous=st.sampled_from([None, *FEW]),
)
def test_no_rule_breaks_the_laws(
    place: dict[str, Any],
    states: dict[str, CenterFacts],
    rules: dict[str, dict[str, Any]],
    exclude: list[str],
    rest: str,
    accuracy_m: float | None,
    home: str | None,
    previous: str | None,
) -> None:
    """One owner always; the same for the same input whatever its order; nobody silent, tried or closed while somebody
    can; and what the record holds is enough to decide the same again."""
    everyone: dict[str, str | CenterFacts] = dict.fromkeys(VERSION.centers, rest) | states
    held = policies(
        *((rule_id, rule["kind"], {k: v for k, v in rule.items() if k != "kind"}) for rule_id, rule in rules.items())
    )
    given: dict[str, Any] = place | {"accuracy_m": accuracy_m, "home": home, "previous": previous}
    made = assign(VERSION, **given, states=everyone, exclude=exclude, policies=held)
    backwards = Policies(reversed(held.rules))
    other_way = assign(
        VERSION, **given, states=dict(reversed(everyone.items())), exclude=exclude[::-1], policies=backwards
    )
    assert made == other_way and made.center in VERSION.centers

    def takes(code: str) -> bool:
        said = everyone[code]
        return (said.state if isinstance(said, CenterFacts) else said) in TAKES

    live = [code for code in VERSION.centers if not held.pilot(code, is_drill=False) and code not in exclude]
    if any(takes(code) for code in live):
        assert made.center in live and takes(made.center)
        assert not made.rule.startswith("default:")
    recorded = made.inputs["states"]
    again = assign(
        VERSION,
        **given | {"previous": made.inputs.get("previous")},
        states={
            code: CenterFacts.from_json(recorded.get(code, made.inputs.get("otherwise", "online")))
            for code in VERSION.centers
        },
        exclude=made.inputs.get("excluded", ()),
        policies=Policies.from_body(held.body),
    )
    assert (again.center, again.reason, again.rule, again.distance_m, again.candidates) == (
        made.center,
        made.reason,
        made.rule,
        made.distance_m,
        made.candidates,
    )
