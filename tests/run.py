"""The whole test suite: each group in a process of its own, one summed line at the end.

Groups are apart because they can't share a process: pytest-asyncio and Playwright fight over the event loop, and
Kivy wants its settings before the first import. `pure` and `database` are everything that no other group claims, so
a new folder of tests is run without being named here. A group that leaves a process behind has failed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

from tests.databases import stop_unused_server

ROOT = Path(__file__).resolve().parents[1]
RUN_MARK = "ANSIM_TEST_RUN"
LEAVE_TIMEOUT_S = 5.0
NOTHING_COLLECTED = 5

KIVY = {
    "SDL_VIDEODRIVER": "offscreen",
    "KIVY_NO_ARGS": "1",
    "KIVY_NO_CONSOLELOG": "1",
    "KIVY_NO_FILELOG": "1",
    "KIVY_NO_CONFIG": "1",
    "KIVY_METRICS_DENSITY": "1",
    "KIVY_METRICS_FONTSCALE": "1",
}


@dataclass(frozen=True)
class Group:
    """Folders under tests/ (none: all that no other group claims), pytest's extra words, and a time limit."""

    name: str
    folders: tuple[str, ...]
    timeout_s: int
    options: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)


GROUPS = [
    Group("pure", (), 360, ("-m", "not database")),
    Group("database", (), 720, ("-m", "database")),
    Group("journeys", ("journeys",), 900),
    Group("browser", ("browser",), 720, ("-p", "no:asyncio")),
    Group("phone", ("phone", "mobile_app/ui"), 240, environment=KIVY),
    Group("video", ("video", "server/video"), 360),
]
NEVER = ("bench", "soak")


@dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, other: Count) -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else "")


def paths_of(group: Group) -> list[str]:
    """pytest's path arguments; empty when the group has no tests yet."""
    tests = ROOT / "tests"
    if group.folders:
        return [str(tests / each) for each in group.folders if any((tests / each).rglob("test_*.py"))]
    claimed = [folder for other in GROUPS for folder in other.folders] + list(NEVER)
    return [str(tests), *(f"--ignore={tests / folder}" for folder in claimed)]


def run_group(group: Group, scratch: Path) -> Count:
    """Run one group to its end or its time limit, and clean up after it."""
    paths = paths_of(group)
    if not paths:
        return Count()
    print(f"\n== {group.name}", flush=True)
    started = time.monotonic()
    mark = uuid.uuid4().hex[:12]
    report = scratch / f"{group.name}.xml"
    kivy_home = scratch / "kivy"
    kivy_home.mkdir(exist_ok=True)
    environment = os.environ | {RUN_MARK: mark, "KIVY_HOME": str(kivy_home)} | group.environment
    command = [sys.executable, "-m", "pytest", "-q", "--no-header", "-ra", "--durations=5", "--durations-min=5"]
    command += [*group.options, f"--junitxml={report}", *paths]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        code: int | None = process.wait(timeout=group.timeout_s)
    except subprocess.TimeoutExpired:
        code = None
    finally:
        leftovers = end_everything(process, mark)
    count = judge(group, code, report)
    for line in leftovers:
        print(f"{group.name}: left a process behind: {line}")
    count.failed += bool(leftovers) and code is not None
    print(f"== {group.name}: {count} in {time.monotonic() - started:.0f} s", flush=True)
    return count


def judge(group: Group, code: int | None, report: Path) -> Count:
    """What the group's report says, never better than what its exit code says."""
    count = read_report(report)
    if code is None:
        print(f"{group.name}: stopped after its limit of {group.timeout_s} s")
        count.failed += 1
        stop_unused_server()
    elif count.failed == 0 and (code not in (0, NOTHING_COLLECTED) or not report.exists()):
        print(f"{group.name}: pytest ended with code {code}")
        count.failed += 1
    return count


def read_report(report: Path) -> Count:
    count = Count()
    if not report.exists():
        return count
    for case in ElementTree.parse(report).iter("testcase"):
        kinds = {child.tag for child in case}
        if kinds & {"failure", "error"}:
            count.failed += 1
        elif "skipped" in kinds:
            count.skipped += 1
        else:
            count.passed += 1
    return count


def end_everything(process: subprocess.Popen[bytes], mark: str) -> list[str]:
    """Kill what the group left running, gently first; returns what was still there after a moment's grace."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    deadline = time.monotonic() + LEAVE_TIMEOUT_S
    while (left := _marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.1)
    for pid in left:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    return list(left.values())


def _marked(mark: str) -> dict[int, str]:
    """Processes born of this run (by their environment, or working in one of its clusters): id → command line."""
    found = {}
    for entry in Path("/proc").iterdir() if Path("/proc").is_dir() else ():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            environment = (entry / "environ").read_bytes().split(b"\0")
            if f"{RUN_MARK}={mark}".encode() in environment or f"-{mark}-" in os.readlink(entry / "cwd"):
                found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", action="append", choices=[group.name for group in GROUPS], help="may be repeated")
    parser.add_argument("--list", action="store_true", help="print the groups and leave")
    told = parser.parse_args()
    if told.list:
        for group in GROUPS:
            print(f"{group.name:10} {', '.join(group.folders) or 'everything else'}")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    total = Count()
    scratch = Path(tempfile.mkdtemp(prefix="ansim-tests-"))
    try:
        for group in GROUPS:
            if not told.only or group.name in told.only:
                total.add(run_group(group, scratch))
    except KeyboardInterrupt:
        print("\ninterrupted")
        return 130
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print(f"\n{total}", flush=True)
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
