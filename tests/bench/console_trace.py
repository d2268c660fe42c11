"""What a page costs, read from Chromium's own trace and its processes' clocks: CPU time, so that it can also be told on
a machine that others use at the same time (a wall clock there mostly measures the others).

`tdur` of a task is what the page's main thread itself worked; the kernel says what each process has used.
"""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Browser, Page

CATEGORIES = ["-*", "toplevel", "blink.user_timing"]
TASK = "ThreadControllerImpl::RunTask"
BEGAN = "card:began"


class Trace:
    """`with Trace(browser, page) as trace: …`; afterwards its tasks of that page's main thread, in milliseconds."""

    def __init__(self, browser: Browser, page: Page) -> None:
        self._browser, self._page = browser, page
        self.tasks: list[tuple[float, float, float]] = []  # begin, how long, of it on the CPU
        self.marks: dict[str, float] = {}

    def __enter__(self) -> Trace:
        self._browser.start_tracing(page=self._page, categories=CATEGORIES)
        self._page.evaluate(f"performance.mark({json.dumps(BEGAN)})")
        return self

    def __exit__(self, *_: object) -> None:
        events: list[dict[str, Any]] = json.loads(self._browser.stop_tracing())["traceEvents"]
        mine = [one for one in events if str(one.get("name", "")).startswith("card:")]
        if not mine:
            return
        self.marks = {one["name"]: one["ts"] / 1000 for one in reversed(mine)}
        thread = (mine[0]["pid"], mine[0]["tid"])
        self.tasks = [
            (one["ts"] / 1000, one.get("dur", 0) / 1000, one.get("tdur", 0) / 1000)
            for one in events
            if one["ph"] == "X" and one["name"] == TASK and (one["pid"], one["tid"]) == thread
        ]

    def cards_cpu_ms(self) -> list[float]:
        """For each card: what the main thread worked between the alert's frame and the picture with the card."""
        found = []
        for name, begin in self.marks.items():
            end = self.marks.get(name.replace(":heard:", ":drawn:"), 0.0) if ":heard:" in name else 0.0
            if end:
                found.append(sum(cpu for at, long, cpu in self.tasks if at + long > begin and at < end))
        return found

    def longest_cpu_ms(self) -> list[float]:
        """CPU time of each task, longest first."""
        return sorted((cpu for _, _, cpu in self.tasks), reverse=True)


def cpu_s(browser: Browser) -> dict[str, float]:
    """CPU seconds that the browser's processes have used so far: `page` (all renderers), `drawing` (the GPU process,
    which also draws in software), `rest`."""
    session = browser.new_browser_cdp_session()
    found = {"page": 0.0, "drawing": 0.0, "rest": 0.0}
    for one in session.send("SystemInfo.getProcessInfo")["processInfo"]:
        kind = {"renderer": "page", "GPU": "drawing"}.get(one["type"], "rest")
        found[kind] += one["cpuTime"]
    session.detach()
    return found
