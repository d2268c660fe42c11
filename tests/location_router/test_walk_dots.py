"""Whom the router tells of a shared walk: the one desk of the center that contains her, and those that she has left."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from location_router.registry import Registry
from location_router.runtime.pool import Pool
from location_router.runtime.problems import Problem
from location_router.standings import Center
from location_router.states import CenterFacts, CenterState
from location_router.walk_dots import AT_ONCE_MOST, Dots
from location_router.wire_walks import WalkDot, WalkDots
from tests.location_router.routers import ANYANG_CODE, GUNPO_CODE, INDEX, UIWANG_CODE

DESKS = {ANYANG_CODE: "home-1", GUNPO_CODE: "serving-2", UIWANG_CODE: "serving-2"}
PLACES = {code: (INDEX.version().centers[code].lat, INDEX.version().centers[code].lon) for code in DESKS}


def dots(**states: CenterState) -> Dots:
    """A relay over three centers of two installations; the others have no desk."""
    registry = Registry(Pool("postgresql+psycopg://x/y", size=1, name="never opened"), INDEX)
    for code, center in INDEX.version().centers.items():
        registry.centers[code] = Center(code, center.name_ko, center.name_en, "", DESKS.get(code, ""))
    facts = {code: CenterFacts(states.get(f"c{code}", CenterState.ONLINE)) for code in DESKS}
    registry._facts = facts
    return Dots(registry, {}, CollectorRegistry())


def a_dot(code: str = "", **more: Any) -> WalkDot:
    where: dict[str, Any] = dict(zip(("lat", "lon"), PLACES[code], strict=True)) if code else {}
    return WalkDot.model_validate({"walk": uuid4(), "at": datetime.now(UTC), "accuracy_m": 10} | where | more)


def told(relay: Dots, *some: WalkDot) -> dict[str, list[tuple[str, list[str], bool]]]:
    """(center, left, has a place) of each dot, by installation."""
    plan = relay.plan(WalkDots(installation="home-1", dots=list(some)))
    return {
        desk: [(dot.center, dot.left, dot.lat is not None) for dot in given] for desk, given in plan.by_desk.items()
    }


def test_the_place_decides_and_one_desk_is_told() -> None:
    relay = dots()
    assert told(relay, a_dot(GUNPO_CODE, left=[ANYANG_CODE])) == {"serving-2": [(GUNPO_CODE, [], True)]}
    assert told(relay, a_dot(UIWANG_CODE, left=[GUNPO_CODE])) == {"serving-2": [(UIWANG_CODE, [GUNPO_CODE], True)]}
    assert told(relay, a_dot(ANYANG_CODE, left=[GUNPO_CODE])) == {"serving-2": [("", [GUNPO_CODE], False)]}
    assert told(relay, a_dot(left=[UIWANG_CODE])) == {"serving-2": [("", [UIWANG_CODE], False)]}
    assert told(relay, a_dot(GUNPO_CODE, center=ANYANG_CODE)) == {"serving-2": [(GUNPO_CODE, [], True)]}
    vague = a_dot(GUNPO_CODE, center=ANYANG_CODE, accuracy_m=400)
    assert told(relay, vague) == {}, "stays where she was, which is the home's own center"
    assert told(relay, a_dot(lat=36.0, lon=125.2)) == {}, "in the sea"
    assert told(relay, a_dot(lat=37.5663, lon=126.9779)) == {}, "in a center that nobody serves"


def test_no_other_center_stands_in_for_one_that_takes_nothing() -> None:
    for state in (CenterState.OFFLINE, CenterState.CLOSED, CenterState.DRAINING):
        relay = dots(**{f"c{GUNPO_CODE}": state})
        plan = relay.plan(WalkDots(installation="home-1", dots=[a_dot(GUNPO_CODE)]))
        assert (plan.targets[0].center, dict(plan.by_desk)) == ("", {})
        assert told(relay, a_dot(ANYANG_CODE, left=[GUNPO_CODE])), "what is gone is told it all the same"


@given(
    code=st.sampled_from(sorted(DESKS)),
    left=st.lists(st.sampled_from(sorted(DESKS)), unique=True),
    named=st.sampled_from(["", "99999", *DESKS]),
    accuracy_m=st.sampled_from([10.0, 400.0]),
)
def test_a_place_goes_to_the_one_desk_of_the_center_and_never_back_home(
    code: str, left: list[str], named: str, accuracy_m: float
) -> None:
    relay, dot = RELAY, a_dot(code, center=named, left=left, accuracy_m=accuracy_m)
    plan = relay.plan(WalkDots(installation="home-1", dots=[dot]))
    (target,) = plan.targets
    assert target.center == (named if accuracy_m > 150 and named in DESKS else code)
    assert "home-1" not in plan.by_desk
    for desk, some in plan.by_desk.items():
        (one,) = some
        assert (one.lat is None) == (desk != DESKS[target.center]) and {DESKS[c] for c in one.left} <= {desk}
        assert target.center not in one.left
        assert one.lat is not None or (one.state, one.eta, one.accuracy_m) == ("", None, 0.0)


RELAY = dots()


async def test_a_flood_is_refused_and_harms_no_other_home() -> None:
    relay, some = dots(), [a_dot(lat=36.0, lon=125.2)] * 200
    for _ in range(int(AT_ONCE_MOST) // 200):
        await relay.take(WalkDots(installation="home-1", dots=some))
    with pytest.raises(Problem) as refused:
        for _ in range(5):
            await relay.take(WalkDots(installation="home-1", dots=some))
    assert (refused.value.status, refused.value.code) == (429, "too_fast")
    answer = await relay.take(WalkDots(installation="home-2", dots=some))
    assert len(answer.taken) == 200 and not any(one.is_taken for one in answer.taken)
    await relay.close()
