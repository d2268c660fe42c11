"""The whole test suite: each group in a process of its own, one summed line at the end.

Groups are apart because they can't share a process: pytest-asyncio and Playwright fight over the event loop, and
Kivy wants its settings before the first import. `pure` and `database` are everything that no other group claims, so
a new folder of tests is run without being named here. A group that leaves a process behind has failed.

Three groups run at a time, as much of their time is waiting; what a group printed is shown when it ends.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.databases import TestServer, stop_unused_server

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
    without: tuple[str, ...] = ()


OFFICES = tuple(  # pages of everybody but the operator: one browser alone would be the longest group by far
    f"browser/test_{name}.py"
    for name in (
        ("admin", "admin_cameras", "records", "router_pages", "alarm_page")
        + ("desk", "respond", "traffic", "follow", "invitation", "sos", "scouts")
    )
)

ROOMS = tuple(  # the center's slices; what has no folder of its own is the group `center`
    f"server/{folder.name}"
    for folder in sorted((ROOT / "tests" / "server").iterdir())
    if folder.is_dir() and folder.name not in ("video", "__pycache__")
)

GROUPS = [  # the longest first, and what runs a whole world beside what does not: a world costs also while it waits
    Group("browser", ("browser",), 1500, ("-p", "no:asyncio"), without=OFFICES),
    Group("rooms", ROOMS, 1500, ("-m", "database")),
    Group("center", ("server",), 1500, ("-m", "database"), without=("server/video", *ROOMS)),
    Group("offices", OFFICES, 1500, ("-p", "no:asyncio")),
    Group("pure", (), 1500, ("-m", "not database")),
    Group("database", (), 1500, ("-m", "database"), without=("server",)),
    Group("journeys", ("journeys",), 1500),
    Group("video", ("video", "server/video"), 1000),
    Group("phone", ("phone", "mobile_app/ui"), 1200, environment=KIVY),
]
PROGRESS_S = 30.0
MOST_AGAIN = 6
NEVER = ("bench", "soak")


@dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    names: list[str] = field(default_factory=list)

    def add(self, other: Count) -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.names += other.names

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else "")


def paths_of(group: Group) -> list[str]:
    """pytest's path arguments; empty when the group has no tests yet."""
    tests = ROOT / "tests"
    without = [f"--ignore={tests / folder}" for folder in group.without]
    if group.folders:
        found = [str(tests / each) for each in group.folders if _has_tests(tests / each)]
        return found + without if found else []
    # those that take only a part of a folder's tests (-m) leave the rest to `pure`
    claimed = [folder for other in GROUPS if "-m" not in other.options for folder in other.folders] + list(NEVER)
    return [str(tests), *(f"--ignore={tests / folder}" for folder in claimed), *without]


def _has_tests(path: Path) -> bool:
    return path.is_file() or any(path.rglob("test_*.py"))


class Running:
    """The groups under way: told every half minute, and ended when the whole run is stopped."""

    def __init__(self) -> None:
        self._groups: dict[str, tuple[subprocess.Popen[bytes], str, Path]] = {}
        self._stopped = threading.Event()

    @contextmanager
    def __call__(self, name: str, process: subprocess.Popen[bytes], mark: str, output: Path) -> Iterator[None]:
        self._groups[name] = (process, mark, output)
        try:
            yield
        finally:
            self._groups.pop(name, None)

    def tell(self) -> None:
        while not self._stopped.wait(PROGRESS_S):
            told = []
            for name, (_, _, output) in list(self._groups.items()):
                percents = re.findall(r"\[ *(\d+)%\]", output.read_text(errors="replace"))
                told.append(f"{name} {percents[-1] if percents else 0} %")
            if told:
                print(f"   … {', '.join(told)}", flush=True)

    def stop(self) -> None:
        self._stopped.set()
        for process, mark, _ in list(self._groups.values()):
            end_everything(process, mark)


def once_more(group: Group, first: Count, scratch: Path, running: Running) -> Count:
    """The few that failed while other groups kept the machine busy, again and alone: what fails again has failed.
    Both runs are shown. Many failures, a group that was stopped or left something behind stay as they are."""
    if not 0 < first.failed <= MOST_AGAIN or not (scratch / group.name / "v" / "cache" / "lastfailed").exists():
        return first
    print(f"\n== {group.name}: {first.failed} did not pass beside other groups; once more, alone:", flush=True)
    print("\n".join(f"   unsteady: {name}" for name in first.names), flush=True)
    again = run_group(group, scratch, running, more=("--lf", "--lfnf=none"))
    if again.passed + again.failed != first.failed:
        return first
    return Count(first.passed + again.passed, again.failed, first.skipped, again.names)


def run_group(group: Group, scratch: Path, running: Running, *, more: tuple[str, ...] = ()) -> Count:
    """Run one group to its end or its time limit, clean up after it, and show what it printed."""
    paths = paths_of(group)
    if not paths:
        return Count()
    print(f"== {group.name}: begins", flush=True)
    started = time.monotonic()
    mark = uuid.uuid4().hex[:12]
    report, output = scratch / f"{group.name}.xml", scratch / f"{group.name}.txt"
    kivy_home = scratch / "kivy"
    kivy_home.mkdir(exist_ok=True)
    environment = os.environ | {RUN_MARK: mark, "KIVY_HOME": str(kivy_home)} | group.environment
    command = [sys.executable, "-m", "pytest", "-q", "--no-header", "-rsxX", "--durations=5", "--durations-min=5"]
    command += [*group.options, f"--junitxml={report}", "-o", f"cache_dir={scratch / group.name}", *more, *paths]
    with output.open("wb") as sink:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        with running(group.name, process, mark, output):
            try:
                code: int | None = process.wait(timeout=group.timeout_s)
            except subprocess.TimeoutExpired:
                code = None
            finally:
                leftovers = end_everything(process, mark)
    lines = [f"\n== {group.name}", output.read_text(errors="replace").rstrip()]
    count, verdict = judge(group, code, report)
    lines += verdict + [f"{group.name}: left a process behind: {line}" for line in leftovers]
    count.failed += bool(leftovers) and code is not None
    lines.append(f"== {group.name}: {count} in {time.monotonic() - started:.0f} s")
    print("\n".join(lines), flush=True)
    return count


def judge(group: Group, code: int | None, report: Path) -> tuple[Count, list[str]]:
    """What the group's report says, never better than what its exit code says; and the words for it."""
    count = read_report(report)
    if code is None:
        count.failed += 1
        return count, [f"{group.name}: stopped after its limit of {group.timeout_s} s"]
    if count.failed == 0 and (code not in (0, NOTHING_COLLECTED) or not report.exists()):
        count.failed += 1
        return count, [f"{group.name}: pytest ended with code {code}"]
    return count, []


def read_report(report: Path) -> Count:
    count = Count()
    if not report.exists():
        return count
    for case in ElementTree.parse(report).iter("testcase"):
        kinds = {child.tag for child in case}
        if kinds & {"failure", "error"}:
            count.failed += 1
            count.names.append(f"{case.get('classname')}::{case.get('name')}")
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


@contextmanager
def shared_server() -> Iterator[None]:
    """The test server for the whole run: a group that ended first would take it from under the other one."""
    server = TestServer(os.environ.get("DATABASE_URL"))
    try:
        server.start()
    except Exception as error:  # each test that needs it says so again
        print(f"no PostgreSQL for the tests: {error}", flush=True)
        yield
        return
    try:
        yield
    finally:
        server.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", action="append", choices=[group.name for group in GROUPS], help="may be repeated")
    parser.add_argument("--jobs", type=int, default=3, help="groups at a time (3)")
    parser.add_argument("--list", action="store_true", help="print the groups and leave")
    told = parser.parse_args()
    if told.list:
        for group in GROUPS:
            print(f"{group.name:10} {', '.join(group.folders) or 'everything else'}")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    total = Count()
    scratch = Path(tempfile.mkdtemp(prefix="ansim-tests-"))
    running = Running()
    pool = ThreadPoolExecutor(max_workers=max(told.jobs, 1))
    threading.Thread(target=running.tell, daemon=True).start()
    try:
        with shared_server():
            chosen = [group for group in GROUPS if not told.only or group.name in told.only]
            counts = {pool.submit(run_group, group, scratch, running): group for group in chosen}
            for done in as_completed(counts):
                done.result()
            for done, group in counts.items():
                total.add(once_more(group, done.result(), scratch, running))
    except KeyboardInterrupt:
        print("\ninterrupted")
        return 130
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        running.stop()
        pool.shutdown(wait=True)
        stop_unused_server()
        shutil.rmtree(scratch, ignore_errors=True)
    print("".join(f"\nFAILED {name}" for name in total.names))
    print(f"\n{total}", flush=True)
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
