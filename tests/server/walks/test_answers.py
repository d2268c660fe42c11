"""What her phone is told of a walk: by her own time, whenever we have heard of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from server.walks.answers import brief
from tests.server.walks.test_model import NIGHT

TOLD = {
    "state": "on_track", "rung": "calm", "trouble": "", "due_at": None, "eta_at": None, "version": 1,
    "ended_at": None, "outcome": "", "sent_at": None,
}  # fmt: skip


def overdue_at(kind: str, eta_s: float, *, late_s: float = 0.0, more_s: float = 0.0) -> datetime | None:
    """Of a walk that her phone began at NIGHT and that was on disk here so much later; extended since, or not."""
    until = NIGHT + timedelta(seconds=eta_s + more_s)
    eta = None if kind == "timer" else eta_s + more_s
    row: dict[str, Any] = {"kind": kind, "begun_at": NIGHT + timedelta(seconds=late_s), "until_at": until, "eta_s": eta}
    return brief(TOLD | row).overdue_at


@given(st.sampled_from(("route", "timer")), st.floats(60, 86_400), st.floats(0, 86_400), st.floats(0, 7200))
def test_a_walk_that_was_delivered_late_is_as_due_as_it_began(
    kind: str, eta_s: float, late_s: float, more_s: float
) -> None:
    in_time, late = overdue_at(kind, eta_s, more_s=more_s), overdue_at(kind, eta_s, late_s=late_s, more_s=more_s)
    assert late == in_time and in_time is not None
    grace = in_time - NIGHT - timedelta(seconds=eta_s + more_s)
    assert timedelta(minutes=1) <= grace <= timedelta(hours=1), "twice the assessment's at most: it asks first"
