"""The published formulae, computed by hand beside the program."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from server.oversight.areas import area, kind
from server.oversight.kpi import as_csv, safe
from server.oversight.model import (
    FORMULAE,
    HIDDEN,
    SHARES,
    TIMES,
    Arrival,
    Case,
    compliance,
    grouped,
    half_year,
    measures,
    median,
    month,
    p90,
    without_few,
)

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def case(**said: object) -> Case:
    plain = Case("41170", "assault", "alert", False, after(3600), AT, after(10), after(15), after(40))
    return replace(plain, disposition="handled", **said)  # type: ignore[arg-type]


def test_times_are_since_the_alert_became_active_and_help_since_it_was_asked_for() -> None:
    came = (Arrival("112", after(40), after(40 + 420)), Arrival("119", after(60), after(60 + 421)))
    told = measures([case(arrivals=came), case(answered_at=after(30)), case(answered_at=None, video_at=None)])
    assert told["time_to_human"] == {"n": 2, "median_s": 20.0, "p90_s": 30.0}
    assert told["time_to_video"] == {"n": 2, "median_s": 15.0, "p90_s": 15.0}
    assert told["arrival_police"] == {"n": 1, "median_s": 420.0, "p90_s": 420.0, "within_7_min": 1.0}
    assert told["arrival_fire"]["within_7_min"] == 0.0
    assert told["unanswered_share"] == {"n": 3, "count": 1, "share": 0.3333}
    assert set(told) == {*TIMES, *SHARES} < FORMULAE.keys()


def test_what_was_no_verdict_counts_neither_above_nor_below_the_line() -> None:
    ends = ["false_alarm", "handled", "duplicate", "transferred", "drill", None]
    told = measures([replace(case(), disposition=end) for end in ends])
    assert told["false_rate"] == {"n": 2, "count": 1, "share": 0.5}
    assert measures([])["false_rate"] == {"n": 0, "count": 0, "share": None}


def test_an_incident_an_operator_opened_has_no_time_to_a_human() -> None:
    assert measures([case(origin="observed")])["time_to_human"]["n"] == 0


def test_drills_and_exercises_are_never_among_the_real_ones() -> None:
    every = [case(), case(is_drill=True, origin="exercise", center="1"), case(is_drill=True, type="fire")]
    told = grouped([*every, case(active_at=None), case(origin="agency", center="2", type="help_request")])
    assert (told["total"]["incidents"], told["total"]["ended_before_active"]) == (1, 1)
    assert [told[one]["incidents"] for one in ("agencies", "exercises", "drills")] == [1, 1, 1]
    assert [one["key"] for one in told["by_center"]] == ["41170"] and [x["key"] for x in told["by_type"]] == ["assault"]


def test_months_and_half_years_are_korean() -> None:
    newyear = datetime(2025, 12, 31, 15, tzinfo=UTC)
    assert (month(newyear), half_year(newyear), half_year(newyear - timedelta(seconds=1))) == (
        "2026-01",
        "2026-H1",
        "2025-H2",
    )


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30))
def test_medians_and_ninetieths_lie_among_the_values(values: list[float]) -> None:
    middle, high = median(values), p90(values)
    assert middle is not None and high in values and min(values) <= middle <= max(values)
    assert sum(value <= high for value in values) >= 0.9 * len(values)


@given(st.integers(0, 12), st.integers(0, 12))
def test_who_must_not_tell_cases_apart_sees_no_count_below_five(false: int, real: int) -> None:
    cases = [replace(case(), disposition="false_alarm")] * false + [case()] * real
    block = without_few(grouped(cases)["total"])
    share = block["measures"]["false_rate"]
    assert block["incidents"] == (false + real if false + real in (0, *range(5, 25)) else HIDDEN)
    shown = [share["n"], share["count"]]
    assert all(one in (0, None, HIDDEN) or one >= 5 for one in shown)
    if isinstance(share["n"], int) and isinstance(share["count"], int):
        assert share["n"] - share["count"] not in range(1, 5), "the rest tells it"
    if 0 < false + real < 5:
        assert block["measures"]["time_to_human"]["median_s"] is None


def test_deletion_compliance_counts_days_and_not_runs() -> None:
    first = datetime(2026, 3, 1, 3, tzinfo=UTC)
    clean = [first, first + timedelta(hours=1), first + timedelta(days=2)]
    assert compliance(clean, first, AT - timedelta(days=30), first + timedelta(days=3, hours=1)) == {
        "n": 4,
        "count": 2,
        "share": 0.5,
    }
    assert compliance([], None, AT, AT + timedelta(days=1))["share"] is None


def test_a_spreadsheet_computes_no_cell_of_ours() -> None:
    report = grouped([case(type="=HYPERLINK(1)")]) | {"provisions": [], "refused": []}
    text = as_csv(report | {"deletion_compliance": {"n": 0, "count": 0, "share": None}})
    assert text.startswith("\ufeff구분,") and ",'=HYPERLINK(1)," in text
    assert [safe(x) for x in ("+1", "-1", "@x", "\tx", "<5", 5, None)] == ["'+1", "'-1", "'@x", "'\tx", "<5", 5, ""]


@given(st.floats(33, 39), st.floats(124, 132), st.floats(-200, 200), st.floats(-200, 200))
def test_an_area_says_no_more_than_its_cell(lat: float, lon: float, north_m: float, east_m: float) -> None:
    seen = area(lat=lat, lon=lon)
    assert abs(seen["lat"] - lat) * 111_320 <= 260 and abs(seen["lon"] - lon) * 111_320 <= 330
    near = area(lat=lat + north_m / 111_320, lon=lon + east_m / 111_320)
    rows = {round(one["lat"], 4) for one in (seen, near)}
    assert len(rows) <= 2, "a move of 200 m crosses one border at most"
    assert kind("sexual_violence")["type"] == "emergency" and kind("fire")["ko"] == "화재"
