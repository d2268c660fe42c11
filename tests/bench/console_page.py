"""What the console's benchmark runs inside the pages, and the bare socket of its floor."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page
from websockets.asyncio.server import ServerConnection, serve

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
        const id = frame.type === "event" && frame.incident?.incident_id;
        if (!id || id in window.heardAt) return;
        performance.mark(`card:heard:${id}`);
        window.heardAt[id] = performance.now();
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
      painted(() => { performance.mark(`card:drawn:${id}`); window.shown.push(performance.now() - at); });
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


WITHOUT_MAP = """
(() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(".map .canvas { display: none !important; }");
  document.adoptedStyleSheets.push(sheet);
})()
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
