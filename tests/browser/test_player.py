"""The player in a real browser: what is on the screen, how old it is, and what it says when it is not live."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import Response
from playwright.sync_api import Page, Playwright

from server.video.app import create_app, server_config
from server.video.gateway import EmbeddedGateway
from tests.video.conftest import KEY, CitySources, LedgerGate, VideoProcess, start_city

WEB = Path(__file__).resolve().parents[2] / "server" / "web"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
NODE = Path(sys.executable).with_name("node")
TRANSPILE = """
const ts = require("typescript"), fs = require("fs");
const options = { compilerOptions: { module: "ESNext", target: "ES2022" } };
const made = (name) => ts.transpileModule(fs.readFileSync(`src/${name}.ts`, "utf8"), options).outputText;
process.stdout.write(JSON.stringify({ player: made("player").replace('"./whep"', '"./whep.js"'), whep: made("whep") }));
"""
PAGE = """<!doctype html><meta charset="utf-8"><video style="width:640px"></video><script type="module">
import { CameraPlayer } from "./player.js";
const video = document.querySelector("video"), canvas = document.createElement("canvas");
const context = canvas.getContext("2d", { willReadFrequently: true });
window.states = []; window.ages = []; window.frames = 0;
window.player = new CameraPlayer(video, (state) => window.states.push(state));
function read() {
  const size = Math.max(8, Math.floor(video.videoWidth / 64));
  canvas.width = 18 * size; canvas.height = 2 * size;
  context.drawImage(video, 0, video.videoHeight - 2 * size, 18 * size, 2 * size, 0, 0, 18 * size, 2 * size);
  let value = 0;
  for (let cell = 1; cell < 17; cell++) {
    value = value * 2 + (context.getImageData(cell * size + size / 2, size / 2, 1, 1).data[0] > 128 ? 1 : 0);
  }
  window.ages.push((((Math.floor(Date.now() / 10) - value) % 65536) + 65536) % 65536 / 100);
  window.frames++;
  video.requestVideoFrameCallback(read);
}
video.requestVideoFrameCallback(read);
</script>"""
MIDDLE_AGE_S = "window.ages.slice(-10).sort((a, b) => a - b)[5]"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.skipif(not (WEB / "node_modules/typescript").exists(), reason="npm ci has not run"),
]


@pytest.fixture(scope="module")
def video() -> Iterator[VideoProcess]:
    """Cameras in a child process, the gateway in a thread with a loop of its own."""
    node = str(NODE) if NODE.exists() else shutil.which("node") or "node"
    made = subprocess.run([node, "-e", TRANSPILE], cwd=WEB, capture_output=True, text=True, check=True).stdout
    scripts = json.loads(made)
    process, city = start_city()
    gate = LedgerGate()
    app = create_app(gate, CitySources(city), key=KEY, whep_addresses=["127.0.0.1"])
    app.get("/page")(lambda: Response(PAGE, media_type="text/html"))
    app.get("/player.js")(lambda: Response(scripts["player"], media_type="text/javascript"))
    app.get("/whep.js")(lambda: Response(scripts["whep"], media_type="text/javascript"))
    config = server_config(app)
    config.port = 0
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    gate.may_answer.set()
    port = server.servers[0].sockets[0].getsockname()[1]
    gateway = EmbeddedGateway(url=f"http://127.0.0.1:{port}", public_url=f"ws://127.0.0.1:{port}", key=KEY)
    yield VideoProcess(city, gate, port, app.state.desk, gateway)
    with ThreadPoolExecutor(1) as beside:  # the browser's loop is this thread's
        beside.submit(asyncio.run, gateway.close()).result()
    server.should_exit = True
    thread.join(10)
    process.terminate()
    process.wait(5)
    process.stdout.close()


@pytest.fixture
def page(video: VideoProcess, playwright: Playwright, tmp_path: Path) -> Iterator[Page]:
    flags = ["--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"]
    flags += ["--disable-sync", "--disable-quic", "--autoplay-policy=no-user-gesture-required", "--no-sandbox"]
    browser = playwright.chromium.launch_persistent_context(
        str(tmp_path), executable_path=CHROMIUM, headless=True, args=flags
    )
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"http://127.0.0.1:{video.port}/page")
    page.wait_for_function("window.player")
    yield page
    browser.close()
    assert errors == []


def state(page: Page) -> dict[str, Any]:
    return page.evaluate("window.states.at(-1)")


def wait_for(page: Page, kind: str, timeout_s: float) -> None:
    page.wait_for_function(f"window.states.at(-1)?.kind === '{kind}'", timeout=timeout_s * 1000)


def test_the_street_is_on_the_screen_as_it_is_now(video: VideoProcess, page: Page) -> None:
    page.evaluate("url => window.player.open(url)", video.release("cam-1")[1])
    wait_for(page, "live", 10)
    page.wait_for_function("window.frames > 25", timeout=15_000)
    page.wait_for_function(f"{MIDDLE_AGE_S} < 1.5", timeout=30_000)
    assert "김안심 127.0.0.1" in state(page)["watermark"]
    page.wait_for_function("window.states.at(-1)?.delayMs != null", timeout=15_000)
    told_s = "(window.states.at(-1).delayMs / 1000)"
    # it tells what is measured, from the server to the screen, and not less: the camera itself takes no second
    page.wait_for_function(
        f"0 <= {told_s} && {told_s} < {MIDDLE_AGE_S} + 0.5 && {MIDDLE_AGE_S} - {told_s} < 1", timeout=30_000
    )


def test_a_hung_camera_is_frozen_on_the_screen_and_heals(video: VideoProcess, page: Page) -> None:
    page.evaluate("url => window.player.open(url)", video.release("cam-2")[1])
    wait_for(page, "live", 10)
    video.city.fault("cam-2", "freeze")
    wait_for(page, "frozen", 6)
    video.city.fault("cam-2", "thaw")
    wait_for(page, "live", 15)
    frames = page.evaluate("window.frames")
    page.wait_for_function(f"window.frames > {frames + 15}", timeout=10_000)
    page.wait_for_function("window.ages.at(-1) < 1.5", timeout=30_000)


def test_the_end_of_the_incident_takes_the_picture_away_for_good(video: VideoProcess, page: Page) -> None:
    release_id, url = video.release("cam-3")
    page.evaluate("url => window.player.open(url)", url)
    wait_for(page, "live", 10)
    asked = len(video.gate.asked)
    video.gate.ended[release_id] = "incident_closed"
    wait_for(page, "ended", 3)
    assert "사건이 종결" in state(page)["message_ko"] and "closed" in state(page)["message_en"]
    assert page.evaluate("document.querySelector('video').videoWidth") == 0, "the last picture stayed on the screen"
    page.wait_for_timeout(1_500)
    assert len(video.gate.asked) == asked, "the player came back after an end"


def test_a_silent_gate_is_a_pause_and_not_an_end(video: VideoProcess, page: Page) -> None:
    page.evaluate("url => window.player.open(url)", video.release("cam-4")[1])
    wait_for(page, "live", 10)
    video.gate.is_broken = True
    wait_for(page, "connecting", 6)
    video.gate.is_broken = False
    wait_for(page, "live", 10)


def test_a_refused_seat_reads_why(video: VideoProcess, page: Page) -> None:
    page.evaluate("url => window.player.open(url)", video.release("cam-1", address="10.1.1.1")[1])
    wait_for(page, "refused", 5)
    assert state(page)["code"] == "ticket_other_address"
    assert "등록된 자리" in state(page)["message_ko"]


def test_without_media_source_and_when_it_fails_twice_the_picture_comes_by_webrtc(
    video: VideoProcess, page: Page
) -> None:
    """From another origin than the page's, as in a city where pages and pictures have their own hosts."""

    def ways(camera_id: str) -> tuple[str, list[dict[str, Any]]]:
        release_id, plays = video.plays(camera_id)
        listed = [one.json() for one in plays]
        listed[1]["url"] = listed[1]["url"].replace("127.0.0.1", "localhost")
        return release_id, listed

    breaks = "MediaSource.prototype.addSourceBuffer = () => { throw new DOMException('', 'NotSupportedError'); }"
    page.evaluate("() => { " + breaks + " }")
    _, listed = ways("cam-5")
    page.evaluate("ways => window.player.open(ways)", listed)
    wait_for(page, "live", 30)
    assert len(video.desk.whep) == 1
    page.evaluate("delete window.MediaSource")
    release_id, listed = ways("cam-1")
    page.evaluate("ways => window.player.open(ways)", listed)
    frames = page.evaluate("window.frames")
    page.wait_for_function(f"window.frames > {frames + 15} && window.states.at(-1).kind === 'live'", timeout=30_000)
    page.wait_for_function(f"{MIDDLE_AGE_S} < 3", timeout=30_000)
    video.gate.ended[release_id] = "incident_closed"
    wait_for(page, "ended", 15)
    assert "사건이 종결" in state(page)["message_ko"]
    assert page.evaluate("document.querySelector('video').srcObject") is None, "the last picture stayed on the screen"
