"""What the simulators raise is what the contract asks for, whatever chance decides; and they keep to this machine."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from functools import partial
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from location_router.cap_warning.reading import read_warning
from location_router.geo import distance_m
from location_router.request_content.reading import read_request
from location_router.runtime.seal import Sealer, new_key
from server.plates.model import read_push
from server.plates.rows import decode_any
from server.simulate import anklet
from server.simulate.cases import Case, Scene
from server.simulate.rooms import states
from server.simulate.running import PARTNERS
from server.simulate.wanted import CRIMES, plate
from server.simulate.watching import CARS_A_SECOND, LASTS, batch, entry
from server.simulate_command import is_here

TRIGGERS = {
    "security": {"help_request"},
    "anklet": {"anklet_zone", "anklet_approach", "anklet_curfew", "anklet_tamper"},
    "wanted": {"wanted_vehicle"},
    "telco": {"missing_child", "missing_dementia"},
    "disaster": {"disaster"},
}


KEYED = partial(Sealer(new_key()).digest, context="name")


def scene(seed: int, *, is_drill: bool = False) -> Scene:
    return Scene("some-agency", 37.4015, 126.9227, Random(seed), is_drill=is_drill)


def off_m(one: Scene, lat: float, lon: float) -> float:
    return distance_m(lat=one.lat, lon=one.lon, to_lat=lat, to_lon=lon)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(sorted(PARTNERS)), st.integers(0, 2**32), st.booleans())
def test_every_case_is_a_request_that_the_contract_knows(name: str, seed: int, is_drill: bool) -> None:
    at = scene(seed, is_drill=is_drill)
    case = PARTNERS[name](at)
    draft = read_request(case.body, case.content_type, agency_id=at.agency_id, keyed=KEYED)
    assert (str(draft.request_id), draft.kind, draft.is_drill) == (case.request_id, "raise", is_drill)
    assert draft.request.trigger in TRIGGERS[name] and draft.request.agency_id == at.agency_id
    assert draft.request_id.version == 7 and draft.position is not None
    assert off_m(at, draft.position.lat, draft.position.lon) < 2 * at.reach_m
    if case.warning:
        warning = read_warning(case.warning)
        assert (warning.kind, warning.is_drill, warning.severity) == ("Alert", is_drill, "Severe") and warning.codes
    assert bool(case.warning) == (name == "disaster")
    assert bool(case.picture) == (name == "telco") and case.picture[:2] in (b"", b"\xff\xd8")


def test_the_same_seed_is_the_same_chance_and_each_kind_comes() -> None:
    def subjects(name: str, seed: int) -> list[tuple[str, str]]:
        at = scene(seed)
        cases: list[Case] = [PARTNERS[name](at) for _ in range(80)]
        asked = [read_request(one.body, one.content_type, agency_id=at.agency_id, keyed=KEYED).request for one in cases]
        changing = ("consent", "cap")  # they hold the time and the request's own number
        return [
            (one.trigger, json.dumps({name: said for name, said in one.subject.items() if name not in changing}))
            for one in asked
        ]

    for name, triggers in TRIGGERS.items():
        first = subjects(name, 7)
        assert first == subjects(name, 7) != subjects(name, 8), name
        assert {trigger for trigger, _ in first} == triggers


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32))
def test_the_anklet_walks_in_from_outside_and_never_jumps(seed: int) -> None:
    at = scene(seed)
    case = anklet.case(at)
    draft = read_request(case.body, case.content_type, agency_id=at.agency_id, keyed=KEYED)
    assert draft.position is not None
    places = [*case.before, (draft.position.lat, draft.position.lon)]
    if draft.request.trigger == "anklet_zone":
        assert off_m(at, *places[0]) > anklet.ZONE_M >= off_m(at, *places[-1])
    if case.way is not None:
        places += itertools.islice(case.way, 400)
    steps = [distance_m(lat=a, lon=b, to_lat=c, to_lon=d) for (a, b), (c, d) in itertools.pairwise(places)]
    assert all(abs(step - anklet.PACE_MPS) < 0.05 for step in steps)
    assert all(off_m(at, *place) < 2 * anklet.ZONE_M for place in places), "he stays about the zone"


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(["112", "119"]), st.integers(0, 2**32))
def test_a_room_drives_there_or_says_no(kind: str, seed: int) -> None:
    said = [one["state"] for _, one in states(kind, Random(seed))]
    assert said in (["declined"], ["accepted", "en_route", "en_route", "on_scene", "done"])


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:8300", True),
        ("http://[::1]:8300", True),
        ("http://localhost:8300", True),
        ("https://center.anyang.example", False),
        ("http://10.0.0.5:8300", False),
        ("http://127.0.0.1.example:8300", False),
        ("", False),
    ],
)
def test_only_this_machine_gets_more_than_exercises(url: str, here: bool) -> None:
    assert is_here(url) is here


def test_two_runs_of_one_seed_are_other_requests() -> None:
    assert len({PARTNERS["security"](scene(1)).request_id for _ in range(50)}) == 50


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32))
def test_what_the_police_and_the_reader_send_is_read_at_the_center(seed: int) -> None:
    dice, now = Random(seed), datetime.now(UTC)
    said = entry(plate(dice), dice.choice(CRIMES), until=now + LASTS)
    push, read = read_push(said, now)
    assert push.plate == said["plate"] and read.text == said["plate"]
    plates = [plate(dice) for _ in range(CARS_A_SECOND)]
    taken = decode_any(json.dumps(batch("c-17", plates, begin=now)).encode())
    assert list(taken.plates) == plates and taken.camera_of(3) == "c-17" and max(taken.after_ms) < 1000
