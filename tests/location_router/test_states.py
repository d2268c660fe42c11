"""When a center takes alerts: its last word, its hours, what an administrator says."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import ValidationError

from location_router.states import CenterFacts, CenterState, StaffedHours, judge

KST = timezone(timedelta(hours=9))
NIGHTS_OFF = StaffedHours(
    weekly={day: [("09:00", "18:00")] for day in ("mon", "tue", "wed", "thu", "fri")} | {"sat": [("22:00", "06:00")]},  # type: ignore[dict-item]
    exceptions={"2026-02-17": [], "2026-02-18": [("13:00", "24:00")]},  # type: ignore[dict-item]
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=KST)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-02-16 09:00", True),
        ("2026-02-16 18:00", False),
        ("2026-02-17 12:00", False),  # 설날
        ("2026-02-18 12:59", False),
        ("2026-02-18 23:59", True),
        ("2026-02-21 23:00", True),  # Saturday night
        ("2026-02-22 05:59", True),  # and Sunday morning
        ("2026-02-22 06:00", False),
    ],
)
def test_staffed_hours_are_korean_time(moment: str, is_open: bool) -> None:
    assert NIGHTS_OFF.is_open(at(moment)) is is_open
    assert NIGHTS_OFF.is_open(at(moment).astimezone(timezone.utc)) is is_open  # noqa: UP017


def test_hours_that_are_none_are_refused() -> None:
    for weekly in ({"funday": []}, {"mon": [("25:00", "26:00")]}, {"mon": [("9",)]}):
        with pytest.raises(ValidationError):
            StaffedHours(weekly=weekly)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "state"),
    [
        ({"silent_s": None}, "offline"),
        ({"silent_s": 6.0}, "offline"),
        ({"silent_s": 6.0, "is_draining": True}, "offline"),
        ({"silent_s": 1.0}, "online"),
        ({"silent_s": 5.0}, "degraded"),
        ({"silent_s": 1.0, "has_troubles": True}, "degraded"),
        ({"silent_s": 1.0, "is_draining": True, "has_troubles": True}, "draining"),
        ({"silent_s": 1.0, "hours": NIGHTS_OFF}, "closed"),
    ],
)
def test_the_worst_thing_known_decides(given: dict[str, Any], state: str) -> None:
    assert judge(offline_after_s=6.0, now=at("2026-02-17 12:00"), **given) is CenterState(state)


def test_facts_survive_being_written_down() -> None:
    for facts in (
        CenterFacts("offline"),
        CenterFacts("online", 3, 1, frozenset({"119", "112"})),
        CenterFacts("online", 3),
    ):
        assert CenterFacts.from_json(facts.as_json()) == facts
