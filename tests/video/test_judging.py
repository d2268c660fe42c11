"""Which pictures can be trusted: rules over small grey copies, with streets drawn and numbers made up."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from server.demo.night_street import NightStreet
from server.video.judging import (
    ACCEPT_S,
    HEIGHT,
    IN_A_ROW,
    LEAST_GAP_S,
    WIDTH,
    Grey,
    Judge,
    Look,
    is_dark,
    is_flat,
    likeness,
)

MOVING = 3_000.0


def street(look: str = "street", *, second: float = 0.0, camera: str = "a", turned: float = 0.0) -> Grey:
    drawn = NightStreet(camera, camera, heading_deg=0, width=640, height=360)
    drawn.look, drawn.heading_deg = look, turned  # type: ignore[assignment]
    return np.asarray(
        Image.fromarray(drawn.picture(1e9 + second, 1)[:360]).resize((WIDTH, HEIGHT), Image.Resampling.BOX)
    )


STREET, DARK, COVERED, MOVED = (street(look) for look in ("street", "dark", "covered", "moved"))


def grained(picture: Grey, seed: int, strength: float = 1.0) -> Grey:
    noise = np.random.default_rng(seed).normal(0, strength, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def looks(pictures: Iterable[Grey | None], *, every_s: float = 10.0, step_bytes: float | None = MOVING) -> list[Look]:
    return [
        Look(
            n * every_s,
            one,
            digest=b"" if one is None else bytes([n % 256, n // 256]),
            key_bytes=20_000,
            step_bytes=step_bytes,
        )
        for n, one in enumerate(pictures)
    ]


def verdict(judge: Judge, seen: Iterable[Look]) -> str | None:
    for look in seen:
        judge.see(look)
    return judge.health


def test_a_street_at_night_works_and_the_faults_are_named() -> None:
    for bad, name in ((DARK, "dark"), (COVERED, "obstructed"), (MOVED, "obstructed"), (None, "down")):
        judge = Judge()
        assert verdict(judge, looks([grained(STREET, n) for n in range(4)])) == "working"
        later = [
            Look(one.at + 100, one.picture, step_bytes=MOVING, key_bytes=20_000, digest=b"x") for one in looks([bad])
        ]
        assert verdict(judge, later) == "working", "one look is no verdict"
        assert verdict(judge, [Look(120, bad, step_bytes=MOVING, key_bytes=20_000, digest=b"y")]) == name


def test_the_writing_on_a_covered_lens_is_no_structure() -> None:
    assert is_flat(COVERED) and is_dark(DARK)
    assert COVERED[:8].std() > 20, "the sign is in the picture"
    assert not is_flat(STREET) and not is_dark(STREET)


def test_one_lamp_in_the_dark_is_a_working_camera() -> None:
    lamp = np.full((HEIGHT, WIDTH), 18, np.uint8)
    lamp[30:40, 70:85] = 180
    assert not is_dark(lamp) and not is_flat(lamp)


def test_a_still_street_is_not_frozen_and_a_repeating_encoder_is() -> None:
    """The really still street: nothing moves for an hour, but the sensor has its grain, or the encoder at least
    speaks of it, or a clock runs in the picture."""
    hour = range(360)
    assert verdict(Judge(), looks((grained(STREET, n) for n in hour), step_bytes=90)) == "working"
    assert verdict(Judge(), looks((STREET for _ in hour), step_bytes=MOVING)) == "working", (
        "smoothed away by the encoder"
    )
    clocks = [street(second=n / 10) for n in range(5)]
    clocks = [np.vstack([one[:12], STREET[12:]]) for one in clocks]
    assert verdict(Judge(), looks((clocks[n % 5] for n in hour), step_bytes=90)) == "working"
    assert verdict(Judge(), looks([STREET] * 5, step_bytes=90)) == "frozen"
    same_bytes = [Look(n * 10, STREET, digest=b"same", key_bytes=20_000, step_bytes=MOVING) for n in range(5)]
    assert verdict(Judge(), same_bytes) == "frozen", "the encoder sends its last seconds over and over"
    wavering = [Look(n * 10, grained(STREET, n % 2), digest=b"ab"[n % 2 :], key_bytes=20_000) for n in range(7)]
    assert verdict(Judge(), wavering) == "frozen"


def test_day_lamps_and_people_do_not_make_it_another_view() -> None:
    day = np.clip(255 - STREET.astype(int) * 0.7, 0, 255).astype(np.uint8)
    judge = Judge()
    views = [STREET, street(second=5), street(second=9), np.clip(STREET * 1.7 + 20, 0, 255).astype(np.uint8), day, day]
    assert verdict(judge, looks([grained(one, n) for n, one in enumerate(views)])) == "working"
    assert likeness(STREET, MOVED) < 0.2 < 0.9 < likeness(STREET, day)


def test_a_turned_ptz_is_no_fault_and_a_new_view_that_stays_is_accepted_after_an_hour() -> None:
    seen = [grained(STREET, n) for n in range(4)] + [grained(MOVED, n) for n in range(4)]
    assert verdict(Judge(is_fixed=False), looks(seen)) == "working"
    judge = Judge()
    assert verdict(judge, looks(seen)) == "obstructed"
    stays = [
        Look(100 + n * 600, grained(MOVED, n), key_bytes=1, step_bytes=MOVING, digest=bytes([n])) for n in range(9)
    ]
    assert stays[-1].at - stays[0].at > ACCEPT_S
    assert verdict(judge, stays) == "working"
    back = [
        Look(9_000 + n * 10, grained(STREET, n), key_bytes=1, step_bytes=MOVING, digest=bytes([n])) for n in range(2)
    ]
    assert verdict(judge, back) == "working", "the old view is still known"


@pytest.mark.parametrize("bad", ["dark", "covered", "moved", None])
def test_two_good_looks_in_a_row_heal(bad: str | None) -> None:
    judge = Judge()
    ill = {"dark": DARK, "covered": COVERED, "moved": MOVED, None: None}[bad]
    assert verdict(judge, looks([grained(STREET, n) for n in range(3)] + [ill] * 2)) not in (None, "working")
    assert judge.see(Look(60, grained(STREET, 7), key_bytes=1, step_bytes=MOVING, digest=b"a")) != "working"
    assert judge.see(Look(70, grained(STREET, 8), key_bytes=1, step_bytes=MOVING, digest=b"b")) == "working"


steps = st.lists(st.tuples(st.sampled_from(["street", "dark", "covered", "down"]), st.floats(0.5, 60)), max_size=30)


@settings(max_examples=60, deadline=None)
@given(steps)
def test_no_verdict_changes_before_two_looks_apart_say_the_same(story: list[tuple[str, float]]) -> None:
    pictures = {"street": STREET, "dark": DARK, "covered": COVERED, "down": None}
    means = {"street": "working", "dark": "dark", "covered": "obstructed", "down": "down"}
    judge, now, said, held = Judge(), 0.0, [], None
    for number, (kind, wait_s) in enumerate(story):
        now += wait_s
        picture = pictures[kind]
        picture = grained(picture, number) if kind == "street" and picture is not None else picture
        held_now = judge.see(Look(now, picture, key_bytes=9_000, step_bytes=MOVING, digest=bytes([number])))
        said.append((now, means[kind]))
        if held_now != held:
            same = [at for at, word in said if word == held_now]
            run = [word for _, word in said[-IN_A_ROW:]]
            assert run == [held_now] * IN_A_ROW, "a change without agreement"
            assert same[-1] - min(at for at, _ in said[-len(said) :] if at >= _run_begin(said)) >= LEAST_GAP_S
        held = held_now


def _run_begin(said: list[tuple[float, str]]) -> float:
    begin, word = said[-1]
    for at, other in reversed(said):
        if other != word:
            break
        begin = at
    return begin
