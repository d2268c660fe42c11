"""What fills a seat."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.shifts.model import NORM_CAMERAS, Held, is_over_norm, load

HELD = st.builds(
    Held,
    state=st.sampled_from(["acknowledged", "dispatched", "on_scene"]),
    phase=st.sampled_from(["active", "ended"]),
    is_grave=st.booleans(),
    is_drill=st.booleans(),
)


def test_the_norms() -> None:
    ordinary, grave = Held("acknowledged", "active"), Held("acknowledged", "active", is_grave=True)
    assert load([], 0) == 0
    assert load([ordinary] * 4, 0) == load([grave] * 2, 0) == load([], NORM_CAMERAS) == 1.0
    assert load([Held("on_scene", "active", is_grave=True)], 0) == load([ordinary], 0)
    assert not is_over_norm(1.0, NORM_CAMERAS) and is_over_norm(1.01, 0) and is_over_norm(0.5, NORM_CAMERAS + 1)


@given(st.lists(HELD, max_size=12), st.integers(0, 200), HELD)
def test_more_work_is_never_less_load(held: list[Held], cameras: int, more: Held) -> None:
    assert load([*held, more], cameras) >= load(held, cameras)
    assert load(held, cameras + 10) > load(held, cameras)
