"""How heavy the pages are, and how fast: measured in a real Chromium on a whole running Ansim.

    python -m tests.bench.console --json [--alerts 30] [--seconds 15] [--cameras 7000] [--only weight,card,video]

Prints `{"card_p50_ms","card_p95_ms","console_gz_kb","guardian_gz_kb","map_fps_7000","long_tasks_with_video",
"axe_violations"}` and what stands beside them:

- `card_*_ms`: from the alert's frame at the page's socket to the picture after the card stands in the queue, in the
  page itself. `floor_card_*_ms`: the same, of a bare page that writes each message of a bare socket into one div.
- `*_gz_kb`: what a first visit loads of HTML, scripts and styles, packed with gzip; `*_br_kb` as Chromium takes it;
  `fonts_kb` comes beside, after the first words are shown (`font-display: swap`). The guardian's with its map.
- `interactive_ms`: from the start of the navigation until the console's queue stands there and its line is live.
- `long_tasks_with_video`: main-thread tasks over 50 ms in `--seconds` while five cameras play and the caller moves at
  1 Hz, and `longest_task_ms`. `floor_long_tasks`: of an empty page in the same seconds.
- `map_fps_7000`: pictures a second while the map is dragged with so many cameras around; `floor_fps`: of an empty page.
- `axe_violations`: serious and critical ones of console, sign-in and agency desk, both themes and languages.

Aims: card p95 < 100 ms; console < 400, guardian < 200 KB; interactive < 1.5 s; no long task.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import os
import shutil
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
from playwright.sync_api import Browser, Page, sync_playwright
from websockets.asyncio.server import ServerConnection, serve

from location_router.runtime.db import conninfo
from tests.bench.load import percentile
from tests.browser.axe import serious_violations
from tests.browser.conftest import GUARDIAN_PHONE, Installation
from tests.journeys.world import ANYANG, ANYANG_CODE, small_world

DESK, PHONE = {"width": 1920, "height": 1080}, {"width": 412, "height": 915}
PARTS = ("weight", "card", "video", "map", "axe")
SLOW_MS = 60_000

# before anything of the page: when did the frame of an alert come, and when does its card stand there
WATCH = """
(() => {
  window.heardAt = {}; window.shown = []; window.longTasks = [];
  const long = (list) => window.longTasks.push(...list.getEntries().map((one) => [one.startTime, one.duration]));
  new PerformanceObserver(long)
    .observe({ type: "longtask", buffered: true });
  const Real = window.WebSocket;
  window.WebSocket = class extends Real {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", (message) => {
        if (typeof message.data !== "string" || !message.data.includes('"alert:received"')) return;
        const frame = JSON.parse(message.data);
        if (frame.type === "event" && frame.incident) window.heardAt[frame.incident.incident_id] ??= performance.now();
      });
    }
  };
  const painted = (then) => requestAnimationFrame(() => {
    const channel = new MessageChannel(); channel.port1.onmessage = then; channel.port2.postMessage(0);
  });
  new MutationObserver(() => {
    for (const card of document.querySelectorAll(".queue [data-incident]")) {
      const id = card.dataset.incident, at = window.heardAt[id];
      if (!at) continue;
      window.heardAt[id] = 0;
      painted(() => window.shown.push(performance.now() - at));
    }
  }).observe(document, { childList: true, subtree: true });
})();
"""
FLOOR = """
async (address) => {
  document.body.innerHTML = "<div id=one></div>";
  const one = document.getElementById("one"), found = [];
  const socket = new WebSocket(address);
  await new Promise((open) => { socket.onopen = open; });
  for (let n = 0; n < 60; n += 1) {
    const mark = Math.random().toString(36);
    await new Promise((done) => {
      socket.onmessage = (message) => {
        const at = performance.now();
        one.textContent = JSON.parse(message.data).text;
        requestAnimationFrame(() => {
          const channel = new MessageChannel();
          channel.port1.onmessage = () => { found.push(performance.now() - at); done(); };
          channel.port2.postMessage(0);
        });
      };
      socket.send(JSON.stringify({ text: mark + "x".repeat(2000) }));
    });
  }
  socket.close();
  return found;
}
"""
FRAMES = """
(ms) => new Promise((done) => {
  const began = performance.now(); let frames = 0;
  const next = () => {
    frames += 1;
    const passed = performance.now() - began;
    passed < ms ? requestAnimationFrame(next) : done(frames * 1000 / passed);
  };
  requestAnimationFrame(next);
})
"""


@contextmanager
def echo() -> Iterator[str]:
    """A bare WebSocket echo in a thread of its own; its address."""
    loop, ready = asyncio.new_event_loop(), threading.Event()
    address: list[str] = []

    async def back(socket: ServerConnection) -> None:
        async for message in socket:
            await socket.send(message)

    async def run() -> None:
        async with serve(back, "127.0.0.1", 0) as server:
            address.append(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}")
            ready.set()
            await asyncio.Future()

    def keep() -> None:
        task = loop.create_task(run())
        stop.append(lambda: loop.call_soon_threadsafe(task.cancel))
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            loop.close()

    stop: list[Any] = []
    thread = threading.Thread(target=keep)
    thread.start()
    ready.wait(10)
    try:
        yield address[0]
    finally:
        stop[0]()
        thread.join(10)


def until(page: Page, expression: str) -> None:
    """Through the debugger: the page's own policy forbids a predicate that is evaluated in it."""
    end = time.monotonic() + SLOW_MS / 1000
    while not page.evaluate(expression):
        if time.monotonic() > end:
            raise TimeoutError(expression)
        page.wait_for_timeout(50)


class Bench:
    def __init__(self, running: Installation, browser: Browser, options: argparse.Namespace) -> None:
        self.running, self.browser, self.options = running, browser, options
        self.found: dict[str, Any] = {}

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
        page = self.console()
        for number in range(self.options.alerts):
            caller = {"nickname": f"시험{number}", "phone": f"010-7000-{number:04}", "language": "ko", "profile": {}}
            self.running.raise_alert(caller=caller)
            until(page, f"window.shown.length > {number}")
            page.wait_for_timeout(150)
        shown = page.evaluate("window.shown")
        page.context.close()
        self.running.close_everything()
        empty = self.browser.new_page()
        with echo() as address:
            floor = empty.evaluate(FLOOR, address)
        empty.close()
        for name, times in (("card", shown), ("floor_card", floor)):
            self.found[f"{name}_p50_ms"] = round(statistics.median(times), 1)
            self.found[f"{name}_p95_ms"] = round(percentile(times, 0.95), 1)

    # ------------------------------------------------------------ five videos
    def video(self) -> None:
        token = self.running.enrol()
        page = self.console()
        alert_id = self.running.raise_alert(token=token)
        page.locator(".incident[data-incident]").wait_for(timeout=SLOW_MS)
        page.keyboard.press(" ")
        until(page, "document.querySelectorAll('.wall .tile[data-player=\"live\"]').length === 5")
        page.wait_for_timeout(2000)
        long = self._long_tasks(page, lambda: self.running.move(alert_id, token))
        self.found["long_tasks_with_video"] = len(long)
        self.found["longest_task_ms"] = round(max(long, default=0.0))
        page.context.close()
        self.running.close_everything()
        empty = self.open("/login", watched=True)
        empty.evaluate("document.body.replaceChildren()")
        self.found["floor_long_tasks"] = len(self._long_tasks(empty, lambda: None))
        empty.context.close()

    def _long_tasks(self, page: Page, each_second: Any) -> list[float]:
        begin = page.evaluate("performance.now()")
        for _ in range(self.options.seconds):
            each_second()
            page.wait_for_timeout(1000)
        tasks = page.evaluate("window.longTasks")
        return [duration for at, duration in tasks if at >= begin and duration > 50]

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


def measure(options: argparse.Namespace) -> dict[str, Any]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    os.environ.setdefault("CAMERA_NETWORKS", "127.0.0.0/8")
    with small_world() as world:
        running = Installation(world)
        world.on_push = running.pushes.put
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium)
            bench = Bench(running, browser, options)
            for part in options.only.split(","):
                getattr(bench, part)()
            browser.close()
    return bench.found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--alerts", type=int, default=30)
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--cameras", type=int, default=7000)
    parser.add_argument("--only", default=",".join(PARTS))
    options = parser.parse_args()
    found = measure(options)
    print(json.dumps(found) if options.json else "\n".join(f"{name:24} {value}" for name, value in found.items()))


if __name__ == "__main__":
    main()
