"""How heavy the pages are, and how fast: measured in a real Chromium on a whole running Ansim.

    python -m tests.bench.console --json [--alerts 30] [--seconds 15] [--cameras 7000] [--only weight,card,video]

Prints `{"card_p50_ms","card_p95_ms","console_gz_kb","guardian_gz_kb","map_fps_7000","long_tasks_with_video",
"axe_violations"}` and what stands beside them:

- `card_*_ms`: from the alert's frame at the page's socket to the picture after the card stands in the queue, in the
  page itself. `card_first_ms`: the one that an idle desk opens by itself. `hidden_map_card_*`: the same with the map
  not drawn. `floor_card_*_ms`: of a bare page that writes each message of a bare socket into one div. `card_cpu_*_ms`:
  what the page itself worked in that time, whatever else the machine does.
- `*_gz_kb`: what a first visit loads of HTML, scripts and styles, packed with gzip; `*_br_kb` as Chromium takes it;
  `fonts_kb` comes beside, after the first words are shown (`font-display: swap`). The guardian's with its map.
- `interactive_ms`: from the start of the navigation until the console's queue stands there and its line is live.
- `long_tasks_with_video`: main-thread tasks over 50 ms in `--seconds` while five cameras play (`videos_playing`: how
  many did) and the caller moves at 1 Hz, and `longest_task_ms`; `…_cpu…`: by the task's CPU time, not by a clock.
  `floor_long_tasks`: of an empty page in as many seconds. `cpu_*_percent`: of one core, by the browser's processes.
- `map_fps_7000`: pictures a second while the map is dragged with so many cameras around; `floor_fps`: of an empty page.
- `axe_violations`: serious and critical ones of console, sign-in and agency desk, both themes and languages.

`--limit-s` (480): then it stops and prints what it knows. `load_1m`: how busy the machine was at the end.

Aims: card p95 < 100 ms; console < 400, guardian < 200 KB; interactive < 1.5 s; no long task.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import signal
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
from playwright.sync_api import Browser, Page, sync_playwright

from location_router.runtime.db import conninfo
from tests.bench.console_page import FLOOR, FRAMES, SLOW_MS, WATCH, WITHOUT_MAP, echo, until
from tests.bench.console_trace import Trace, cpu_s
from tests.bench.load import percentile
from tests.browser.axe import serious_violations
from tests.browser.conftest import GUARDIAN_PHONE, Installation
from tests.journeys.world import ANYANG, ANYANG_CODE, small_world

DESK, PHONE = {"width": 1920, "height": 1080}, {"width": 412, "height": 915}
PARTS = ("weight", "card", "video", "map", "axe")
LONG_MS = 50


class Bench:
    def __init__(
        self, running: Installation, browser: Browser, options: argparse.Namespace, found: dict[str, Any]
    ) -> None:
        self.running, self.browser, self.options, self.found = running, browser, options, found

    def open(self, path: str, who: str = "", size: dict[str, int] = DESK, watched: bool = True) -> Page:
        context = self.browser.new_context(viewport=size, locale="ko-KR")  # type: ignore[arg-type]
        if who:
            login = self.running.world.logins[who]
            body = {"login": login.login, "password": login.password}
            assert context.request.post(f"{self.running.url}/api/login", data=body).ok
        page = context.new_page()
        if watched:
            page.add_init_script(WATCH)
        page.goto(path if path.startswith("http") else self.running.url + path)
        return page

    def console(self) -> Page:
        page = self.open("/console", "operator")
        page.wait_for_selector('[data-link="live"]', timeout=SLOW_MS)
        return page

    # ------------------------------------------------------------ weight
    def weight(self) -> None:
        times = []
        for _ in range(5):
            page = self.open("/console", "operator")
            page.wait_for_selector('[data-link="live"]', timeout=SLOW_MS)
            page.wait_for_selector(".queue", timeout=SLOW_MS)
            times.append(page.evaluate("performance.now()"))
            page.wait_for_timeout(1500)
            self._weigh("console", page)
            page.context.close()
        self.found["interactive_ms"] = round(statistics.median(times))
        token = self.running.enrol()
        alert_id = self.running.raise_alert(token=token)
        push = self.running.pushes.get(timeout=30)
        while push["alert_id"] != alert_id:
            push = self.running.pushes.get(timeout=30)
        page = self.open(push["link"], size=PHONE)
        page.locator("#last4").fill(GUARDIAN_PHONE[-4:])
        page.keyboard.press("Enter")
        self.running.move(alert_id, token)
        page.locator(".map .canvas canvas").first.wait_for(timeout=SLOW_MS, state="attached")
        page.wait_for_timeout(1000)
        self._weigh("guardian", page)
        page.context.close()
        self.running.close_everything()

    def _weigh(self, name: str, page: Page) -> None:
        entries = page.evaluate(
            "performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource'))"
            ".map((one) => [one.name, one.encodedBodySize])"
        )
        kinds = (".js", ".css", ".html")
        code = {
            url: size
            for url, size in entries
            if urlsplit(url).path.endswith(kinds) or not urlsplit(url).path.startswith(("/static", "/api", "/basemap"))
        }
        plain = [httpx.get(url, headers={"accept-encoding": "identity"}, trust_env=False).content for url in code]
        self.found[f"{name}_gz_kb"] = round(sum(len(gzip.compress(one, 9)) for one in plain) / 1000, 1)
        self.found[f"{name}_br_kb"] = round(sum(code.values()) / 1000, 1)
        self.found[f"{name}_requests"] = len(entries)
        fonts = [size for url, size in entries if url.endswith(".woff2")]
        self.found["fonts_kb"] = round(sum(fonts) / 1000, 1)

    # ------------------------------------------------------------ a card
    def card(self) -> None:
        for name, before in (("card", ""), ("hidden_map_card", WITHOUT_MAP)):
            shown, cpu = self._cards(before)
            self._tell(name, shown)
            self.found[f"{name}_first_ms"] = round(shown[0], 1)
            self.found[f"{name}_cpu_p50_ms"] = round(statistics.median(cpu), 1)
            self.found[f"{name}_cpu_p95_ms"] = round(percentile(cpu, 0.95), 1)
        empty = self.browser.new_page()
        with echo() as address:
            floor = empty.evaluate(FLOOR, address)
        empty.close()
        self._tell("floor_card", floor)

    def _tell(self, name: str, times: list[float]) -> None:
        self.found[f"{name}_p50_ms"] = round(statistics.median(times), 1)
        self.found[f"{name}_p95_ms"] = round(percentile(times, 0.95), 1)

    def _cards(self, before: str) -> tuple[list[float], list[float]]:
        """Of each alert: milliseconds until its card was drawn, and of CPU that the page worked for it."""
        page = self.console()
        if before:
            page.evaluate(before)
        page.wait_for_timeout(1500)
        with Trace(self.browser, page) as trace:
            for number in range(self.options.alerts):
                caller = {
                    "nickname": f"시험{number}",
                    "phone": f"010-7000-{number:04}",
                    "language": "ko",
                    "profile": {},
                }
                self.running.raise_alert(caller=caller)
                until(page, f"window.shown.length > {number}")
                page.wait_for_timeout(150)
        shown = page.evaluate("window.shown")
        page.context.close()
        self.running.close_everything()
        return shown, trace.cards_cpu_ms()

    # ------------------------------------------------------------ five videos
    def video(self) -> None:
        token = self.running.enrol()
        page = self.console()
        self.found["cpu_idle_percent"] = self._cpu_percent(page, 5)
        alert_id = self.running.raise_alert(token=token)
        page.locator(".incident[data-incident]").wait_for(timeout=SLOW_MS)
        page.keyboard.press(" ")
        self.found["videos_playing"] = self._playing(page)
        page.wait_for_timeout(2000)
        with Trace(self.browser, page) as trace:
            long = self._long_tasks(page, lambda: self.running.move(alert_id, token))
        by_cpu = trace.longest_cpu_ms()
        self.found["long_tasks_with_video"] = len(long)
        self.found["longest_task_ms"] = round(max(long, default=0.0))
        self.found["long_tasks_cpu_with_video"] = sum(1 for one in by_cpu if one > LONG_MS)
        self.found["longest_task_cpu_ms"] = round(by_cpu[0], 1) if by_cpu else None
        self.found["cpu_video_percent"] = self._cpu_percent(page, 8, lambda: self.running.move(alert_id, token))
        page.context.close()
        self.running.close_everything()
        empty = self.open("/login", watched=True)
        empty.evaluate("document.body.replaceChildren()")
        self.found["floor_long_tasks"] = len(self._long_tasks(empty, lambda: None))
        empty.context.close()

    def _playing(self, page: Page) -> int:
        """How many of the five play; after a minute those that do."""
        end = time.monotonic() + SLOW_MS / 1000
        while (count := page.locator('.wall .tile[data-player="live"]:not(.coming)').count()) < 5:
            if time.monotonic() > end:
                break
            page.wait_for_timeout(250)
        return count

    def _cpu_percent(
        self, page: Page, seconds: int, each_second: Callable[[], object] = lambda: None
    ) -> dict[str, float]:
        """Of one core, by kind of process."""
        before, began = cpu_s(self.browser), time.monotonic()
        for _ in range(seconds):
            each_second()
            page.wait_for_timeout(1000)
        passed = time.monotonic() - began
        return {kind: round((used - before[kind]) / passed * 100, 1) for kind, used in cpu_s(self.browser).items()}

    def _long_tasks(self, page: Page, each_second: Callable[[], object]) -> list[float]:
        begin = page.evaluate("performance.now()")
        for _ in range(self.options.seconds):
            each_second()
            page.wait_for_timeout(1000)
        tasks = page.evaluate("window.longTasks")
        return [duration for at, duration in tasks if at >= begin and duration > LONG_MS]

    # ------------------------------------------------------------ thousands of cameras
    def map(self) -> None:
        self._add_cameras(self.options.cameras)
        self.running.raise_alert()
        page = self.console()
        page.locator(".map .canvas canvas").first.wait_for(timeout=SLOW_MS, state="attached")
        box = page.locator(".map .canvas").first.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        for _ in range(2):
            page.mouse.wheel(0, 120)  # out a little: as many as possible at once
            page.wait_for_timeout(1200)
        page.wait_for_timeout(2500)
        self.found["cameras_drawn"] = page.evaluate(
            "Number(document.querySelector('.map .canvas').dataset.drawnCameras ?? 0)"
        )
        counting = page.evaluate_handle(f"({{ done: ({FRAMES})(3000) }})")
        page.mouse.down()
        until = time.monotonic() + 2.8
        step = 0
        while time.monotonic() < until:
            step += 1
            page.mouse.move(x + 150 * ((step % 40) / 20 - 1), y + 60 * ((step % 26) / 13 - 1))
            time.sleep(0.012)
        page.mouse.up()
        self.found["map_fps_7000"] = round(counting.evaluate("(one) => one.done"), 1)
        page.context.close()
        self.running.close_everything()
        empty = self.browser.new_page()
        self.found["floor_fps"] = round(empty.evaluate(FRAMES, 2000), 1)
        empty.close()

    def _add_cameras(self, count: int) -> None:
        world = self.running.world
        owner = conninfo(world.server.url(f"{world.prefix}_serving"))  # type: ignore[attr-defined]
        with psycopg.connect(owner) as connection:
            connection.execute(
                "INSERT INTO camera (camera_id, center_id, name, place, heading_deg, range_m)"
                " SELECT 'bench-' || n, %s, '시험 카메라 ' || n,"
                " ST_SetSRID(ST_MakePoint(%s + (n %% 100 - 50) * 0.00025, %s + (n / 100 - 35) * 0.0002), 4326),"
                " n %% 360, 40"
                " FROM generate_series(1, %s) n",
                [ANYANG_CODE, ANYANG["lon"], ANYANG["lat"], count],
            )

    # ------------------------------------------------------------ axe
    def axe(self) -> None:
        self.running.raise_alert()
        violations: list[str] = []
        for path, who in (("/console", "operator"), ("/login", ""), ("/agency", "112")):
            page = self.open(path, who)
            page.wait_for_timeout(2500)
            for theme in ("high-contrast", "light"):
                page.evaluate("(mode) => { document.documentElement.dataset.krdsMode = mode; }", theme)
                for name in ("English", "한국어"):
                    button = page.get_by_role("button", name=name)
                    if button.count():
                        button.first.click()
                    page.wait_for_timeout(300)
                    violations += [f"{path} {theme} {one}" for one in serious_violations(page)]
            page.context.close()
        self.running.close_everything()
        self.found["axe_violations"] = len(violations)
        for one in violations:
            print(one, file=sys.stderr)


@contextmanager
def limited(seconds: int) -> Iterator[None]:
    """After so long it is interrupted as by Ctrl-C: what is known by then is told, and everything is put away."""
    timer = threading.Timer(seconds, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def measure(options: argparse.Namespace, found: dict[str, Any]) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    os.environ.setdefault("CAMERA_NETWORKS", "127.0.0.0/8")
    with small_world() as world:
        running = Installation(world)
        world.on_push = running.pushes.put
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium)
            bench = Bench(running, browser, options, found)
            for part in options.only.split(","):
                began = time.monotonic()
                getattr(bench, part)()
                found[f"{part}_took_s"] = round(time.monotonic() - began, 1)
                found["load_1m"] = round(os.getloadavg()[0], 1)
            browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--alerts", type=int, default=30)
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--cameras", type=int, default=7000)
    parser.add_argument("--limit-s", type=int, default=480)
    parser.add_argument("--only", default=",".join(PARTS))
    options = parser.parse_args()
    found: dict[str, Any] = {}
    try:
        with limited(options.limit_s):
            measure(options, found)
    except KeyboardInterrupt:
        found["interrupted"] = True
    print(json.dumps(found) if options.json else "\n".join(f"{name:24} {value}" for name, value in found.items()))
    sys.exit(1 if "interrupted" in found else 0)


if __name__ == "__main__":
    main()
