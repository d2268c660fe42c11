"""`walk-replay` over files as people have them: clocks that go back, rows that are none, jumps, no accuracy."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from server.__main__ import app
from server.walks.trace import BadTrace, read_trace
from tests.server.walks.traces import fix_at

BEGUN = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


def row(seconds: float, x: float, y: float = 0.0) -> str:
    fix = fix_at(BEGUN + timedelta(seconds=seconds), x, y)
    return f"{fix.fixed_at.isoformat().replace('+00:00', 'Z')},{fix.lat:.6f},{fix.lon:.6f}"


def walked(last_s: int, every_s: int = 5) -> list[str]:
    return [row(t, 1.3 * t) for t in range(0, last_s, every_s)]


def test_one_line_for_each_file_and_what_was_left_out(tmp_path: Path) -> None:
    rows = walked(900)
    rows[40:40] = [row(100, 130), "yesterday,37.39,126.95", row(201, 90_000), "2026-03-02T03:04:00Z,nan,0", rows[39]]
    good = tmp_path / "good.csv"
    good.write_text("\ufefftime,lat,lon\r\n" + "\r\n".join(rows) + "\r\n", encoding="utf-8")
    silent = tmp_path / "silent.csv"
    silent.write_text("\n".join([*walked(600), *(row(7200 + t, 900 + t) for t in range(0, 600, 5))]), encoding="utf-8")
    told = CliRunner().invoke(app, ["walk-replay", str(good), str(silent), str(tmp_path / "none.csv"), "--json"])
    assert told.exit_code == 2
    first, second = (json.loads(line) for line in told.stdout.splitlines())
    assert [one["line"] for one in first["refused"]] == [42, 43, 44, 45, 46]
    assert first["escalations"] == 0 and [one["state"] for one in first["changes"]] == ["arrived"]
    assert abs(first["distance_m"] - 1163) < 10 and first["duration_s"] == 895
    assert second["reached"] == {"prompted": 1, "called": 1, "guardians": 1, "raised": 1}
    climbed = [(one["at"][11:19], one["state"], one["rung"]) for one in second["changes"]]
    assert climbed == [
        ("03:11:55", "no_signal", "calm"),
        ("04:39:55", "no_signal", "prompted"),
        ("04:40:55", "no_signal", "called"),
        ("04:41:55", "no_signal", "guardians"),
        ("04:43:55", "no_signal", "raised"),
    ]


def test_a_wrong_clock_swallows_nothing() -> None:
    rows = walked(600)
    one_of_the_future = [*rows[:50], row(86_400, 330), *rows[50:]]
    assert len(read_trace(one_of_the_future).fixes) == 120
    not_set_yet = [row(-86_400, 0), *rows]
    assert len(read_trace(not_set_yet).fixes) == 120
    assert [fix.fixed_at for fix in read_trace(rows[::-1]).fixes] == [fix.fixed_at for fix in read_trace(rows).fixes]


def test_begin_and_end_are_not_where_a_receiver_jumped() -> None:
    rows = walked(600)
    trace = read_trace([row(0, 50_000), *rows[1:-1], row(595, -70_000)])
    assert abs(trace.begin.lon - 126.95) < 0.001 and abs(trace.end.lon - 126.958) < 0.002


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "two usable positions"),
        ("time,lat\n2026-03-02T03:00:00Z,37", "missing column lon"),
        ("a,b,c", "two usable"),
    ],
)
def test_what_is_no_trace_is_said(text: str, said: str) -> None:
    with pytest.raises(BadTrace, match=said):
        read_trace(text.splitlines())
