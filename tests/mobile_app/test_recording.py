"""Whatever a recording looks like, the shake in it is found, and each file has its one line."""

from __future__ import annotations

import json
import os
import random
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mobile_app.recording import read_samples
from mobile_app.shake_command import find_shakes

TRACE = Path(__file__).parents[2] / "fixtures" / "traces" / "synthetic_shake.csv"
HEADER, *ROWS = TRACE.read_text().splitlines()


def table(rows: list[str], header: str = HEADER, end: str = "\n") -> bytes:
    return (end.join([header, *rows]) + end).encode()


def told(tmp_path: Path, capsys: pytest.CaptureFixture[str], *contents: bytes) -> list[dict[str, object]]:
    paths = [tmp_path / f"{n}.csv" for n in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    find_shakes([*map(str, paths), "--json"])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["file"] for line in lines] == [str(path) for path in paths]
    return lines


def later(rows: list[str], by_s: float) -> list[str]:
    split = [row.partition(",") for row in rows]
    return [f"{float(t) + by_s:.3f},{rest}" for t, _, rest in split]


def swapped(rows: list[str]) -> list[str]:
    rows = rows[:]
    for n in range(0, len(rows) - 2, 3):
        rows[n], rows[n + 2] = rows[n + 2], rows[n]
    return rows


SAME: dict[str, Callable[[], bytes]] = {
    "plain": lambda: table(ROWS),
    "CRLF and a BOM": lambda: b"\xef\xbb\xbf" + table(ROWS, end="\r\n"),
    "UTF-16": lambda: table(ROWS).decode().encode("utf-16"),
    "capitals and blanks": lambda: table(ROWS, " T , X,Y ,Z"),
    "quoted": lambda: table(['"' + row.replace(",", '","') + '"' for row in ROWS], '"t","x","y","z"'),
    "other names and one more column": lambda: table([row + ",walk" for row in ROWS], "time,ax,ay,az,label"),
    "z first": lambda: table([",".join(row.split(",")[n] for n in (3, 1, 2, 0)) for row in ROWS], "z,x,y,t"),
    "a spreadsheet's semicolons": lambda: table([r.replace(",", ";").replace(".", ",") for r in ROWS], "t;x;y;z"),
    "no header": lambda: "\n".join(ROWS).encode(),
    "comments and empty lines": lambda: b"# my phone\n\n" + table([x for row in ROWS for x in (row, "", " ")]),
    "neighbours swapped": lambda: table(swapped(ROWS)),
    "shuffled": lambda: table(random.Random(1).sample(ROWS, len(ROWS))),
    "twice the same": lambda: table([row for row in ROWS for _ in (0, 1)]),
    "one row of the future": lambda: table([*ROWS[:80], "9e9,1,2,3", *ROWS[80:]]),
    "one row of the past": lambda: table([*ROWS[:80], "-9,1,2,3", *ROWS[80:]]),
    "no numbers between": lambda: table(
        [x for row in ROWS for x in (row, "nan,1,2,3", "1,inf,2,3", "?", "1e400,1,1,1")]
    ),
    "more than a sensor says": lambda: table([*ROWS[:80], "1.7,1e308,-1e308,1", *ROWS[80:]]),
    "one line without end": lambda: table([*ROWS[:9], "7" * 200_000, *ROWS[9:]]),
}


@pytest.mark.parametrize("kind", SAME)
def test_it_is_the_same_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    (line,) = told(tmp_path, capsys, SAME[kind]())
    assert line == {"file": line["file"], "duration_s": 6.998, "shakes": [1.885]}


def test_a_clock_that_jumps_is_followed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    back, on, twice = told(
        tmp_path, capsys, table(ROWS[:30] + later(ROWS[30:], -3600)), table(ROWS[:30] + later(ROWS[30:], 86400)),
        table([*ROWS, HEADER, *ROWS]),
    )  # fmt: skip
    assert back["shakes"] == [-3598.073] and back["duration_s"] == pytest.approx(7, abs=0.1)
    assert on["shakes"] == [86401.927] and twice["shakes"] == [1.885, 1.885]


def test_every_file_has_its_line_and_what_is_wrong_with_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(
        tmp_path, capsys, b"", b"\n\n", table([]), table(ROWS[:1]), table(["a,b,c,d"]), b"t,x,y\n0,1,2\n",
        b"PK\x03\x04" + bytes(99), random.Random(1).randbytes(20_000),
    )  # fmt: skip
    says = ["empty", "empty", "no samples", "", "line 2: t is 'a'", "no column 'z'", "not UTF-8", "not UTF-8"]
    assert [line["duration_s"] for line in lines] == [0.0] * len(lines) and not any(line["shakes"] for line in lines)
    for line, said in zip(lines, says, strict=True):
        assert said in str(line.get("problem", "")) and ("problem" in line) == bool(said)
    assert find_shakes([str(tmp_path), str(TRACE), str(tmp_path / ("n" * 300)), "--json"]) == 1
    there = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert ["problem" in line for line in there] == [True, False, True]


@given(
    st.lists(st.one_of(st.sampled_from([*ROWS[::9], HEADER, "1,2", "-1,0,0,0", "9e12,1,1,1"]), st.text()), max_size=40)
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_that_a_file_says_breaks_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: list[str]
) -> None:
    content = "\n".join([HEADER, *rows]).encode("utf-8", "replace")
    (line,) = told(tmp_path, capsys, content)
    assert isinstance(line["duration_s"], float) and line["duration_s"] >= 0


def test_a_long_recording_is_read_as_it_comes(tmp_path: Path) -> None:
    """The first sample is out while its writer still waits to write the rest: nothing holds the whole of it."""
    pipe, is_out = tmp_path / "pipe", threading.Event()
    os.mkfifo(pipe)

    def write() -> None:
        with pipe.open("wb", buffering=0) as file:
            file.write(table([f"{n / 50},1,2,9" for n in range(3000)]))
            assert is_out.wait(15)
            file.write(table(ROWS[-1:]))

    writer = threading.Thread(target=write)
    writer.start()
    samples = read_samples(pipe)
    assert next(samples) == (0.0, 1.0, 2.0, 9.0)
    is_out.set()
    assert sum(1 for _ in samples) == 2999
    writer.join()
