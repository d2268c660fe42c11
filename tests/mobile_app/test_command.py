"""`python -m mobile_app` without a window: what it prints, and what it says about bad files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from tests.mobile_app.local_router import LocalRouter

FIXTURES = Path(__file__).parents[2] / "fixtures"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mobile_app", *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_without_a_display_the_window_says_so(tmp_path: Path) -> None:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER", "KIVY_WINDOW")
    bare = {name: value for name, value in os.environ.items() if name not in hidden}
    command = [sys.executable, "-m", "mobile_app", "--dir", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=bare)
    assert done.returncode == 2 and "화면이 없습니다" in done.stderr and "use --headless" in done.stderr


def test_shake_prints_one_object_per_file() -> None:
    files = [str(FIXTURES / "traces" / f"synthetic_{name}.csv") for name in ("shake", "walk")]
    done = run("shake", *files, "--json")
    shake, walk = map(json.loads, done.stdout.splitlines())
    assert done.returncode == 0 and len(shake["shakes"]) == 1 and walk["shakes"] == []
    assert shake["file"] == files[0] and shake["duration_s"] == pytest.approx(7, abs=0.1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "empty"),
        (b"t,x,y\n0,1,2\n", "line 1: no column 'z'"),
        (b"t,x,y,z\n", "line 2: no samples"),
        (b"t,x,y,z\n0.02,1,zwei,3\n", "line 2: y is 'zwei'"),
        (b"t,x,y,z\n0,1,2,nan\n", "line 2: z is nan"),
        (b"t,x,y,z,\xb0\xa1\n", "no samples"),
    ],
)
def test_a_bad_trace_is_one_sentence_with_line_and_cure(tmp_path: Path, text: bytes, says: str) -> None:
    from mobile_app.traces import BadTrace, read_trace

    bad = tmp_path / "bad.csv"
    bad.write_bytes(text)
    with pytest.raises(BadTrace, match=says) as told:
        read_trace(bad)
    assert ";" in str(told.value) and "\n" not in str(told.value)


def test_a_bad_row_costs_itself_and_is_told_with_its_line(tmp_path: Path) -> None:
    good = (FIXTURES / "traces" / "synthetic_shake.csv").read_text().splitlines()
    torn = tmp_path / "torn.csv"
    torn.write_text("\n".join([*good[:90], "0,1,2,3", "0.9,1,zwei,3", "0.9,1", *good[90:], *["0,0,0,0"] * 9]) + "\n")
    done = run("shake", str(torn), "--json")
    assert done.returncode == 0 and len(json.loads(done.stdout)["shakes"]) == 1
    assert "line 91: time goes back" in done.stderr and "line 92: y is 'zwei'" in done.stderr
    assert "line 93: y is missing" in done.stderr or "line 93: x" in done.stderr
    assert "7 more" in done.stderr


def test_a_good_file_is_told_beside_a_missing_one(tmp_path: Path) -> None:
    done = run("shake", str(tmp_path / "none.csv"), str(FIXTURES / "traces" / "synthetic_still.csv"))
    assert done.returncode == 1 and "no such file" in done.stderr and "no shake" in done.stdout
    assert "Traceback" not in done.stderr


def test_headless_tells_each_phase_with_its_times(tmp_path: Path) -> None:
    router = LocalRouter()
    url = router.start()
    done = run(
        "--headless", "--json", "--dir", str(tmp_path), "--home-url", url, "--router-url", url, "--countdown-s", "0.4",
        "--replay", str(FIXTURES / "traces" / "synthetic_shake_short.csv"),
        "--route", str(FIXTURES / "routes" / "anyang_station.csv"),
        "--nickname", "민지", "--phone", "01012345678", "--until", "accepted",
    )  # fmt: skip
    router.stop()
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    names = [(line["event"], line.get("phase")) for line in lines]
    assert done.returncode == 0, done.stdout + done.stderr
    assert names == [
        ("started", None), ("signed_up", None), ("shake", None), ("pre_sent", None), ("accepted", "pre"),
        ("active", None), ("active_sent", None), ("accepted", "active"), ("done", None),
    ]  # fmt: skip
    assert UUID(lines[-1]["alert_id"]).version == 7 and lines[-1]["ok"] is True
    assert lines[4]["center"]["name_ko"] == "안양시"
    assert [line["monotonic_ms"] for line in lines] == sorted(line["monotonic_ms"] for line in lines)
    assert all(line["at"].endswith("Z") and line["wall_ms"] > 0 for line in lines)


def test_headless_cancels_with_the_pin_and_gives_up_on_time(tmp_path: Path) -> None:
    router = LocalRouter()
    url = router.start()
    trace = str(FIXTURES / "traces" / "synthetic_shake_short.csv")
    common = ("--headless", "--json", "--router-url", url, "--replay", trace, "--pin", "1234")
    done = run(*common, "--dir", str(tmp_path / "a"), "--cancel-after", "0.3", "--until", "closed")
    late = run(*common, "--dir", str(tmp_path / "b"), "--until", "received", "--timeout", "3")
    router.stop()
    assert done.returncode == 0 and router.alerts[1]["outcome"] == "cancel"
    assert late.returncode == 1 and json.loads(late.stdout.splitlines()[-1])["reason"] == "timeout"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--lat", "37"),
        ("--lat", "126.9", "--lon", "37.4"),
        ("--router-url", "localhost"),
        ("--countdown-s", "99"),
        ("--replay", "/nowhere.csv"),
    ],
)
def test_wrong_arguments_are_one_sentence(arguments: tuple[str, ...]) -> None:
    done = run("--headless", *arguments)
    assert done.returncode == 2 and "error:" in done.stderr and "Traceback" not in done.stderr


def test_importing_the_core_imports_neither_kivy_nor_pydantic() -> None:
    code = (
        "import sys, mobile_app.headless, mobile_app.service.phone\n"
        "heavy = {'kivy', 'pydantic', 'server', 'location_router', 'numpy', 'cryptography'}\n"
        "bad = {name.split('.')[0] for name in sys.modules} & heavy\n"
        "print(sorted(bad)); sys.exit(bool(bad))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
