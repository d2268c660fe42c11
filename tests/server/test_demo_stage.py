"""The demo at a terminal: while it waits for Enter, Ctrl-C ends it and Enter goes on."""

from __future__ import annotations

import asyncio
import os
import pty
import queue
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from server.demo.partners import LOGINS, PARTNERS, how_to_play
from server.demo.stage import Stage
from server.demo.world import Login, World

WAITS = """
import asyncio, signal
from server.demo.stage import Stage
signal.signal(signal.SIGINT, signal.default_int_handler)
stage = Stage.__new__(Stage)
stage._say = lambda line: print("waits", flush=True)
try:
    asyncio.run(stage._again())
    print("again", flush=True)
except KeyboardInterrupt:
    print("stopped", flush=True)
"""


@pytest.mark.parametrize("key", ["Enter", "Ctrl-C"])
def test_both_keys_work(key: str) -> None:
    terminal, stdin = pty.openpty()
    run = [sys.executable, "-c", WAITS]
    with subprocess.Popen(run, stdin=stdin, stdout=subprocess.PIPE, text=True) as waiting:
        try:
            assert waiting.stdout is not None and waiting.stdout.readline() == "waits\n"
            if key == "Enter":
                os.write(terminal, b"\n")
            else:
                waiting.send_signal(signal.SIGINT)
            said, _ = waiting.communicate(timeout=20)
            assert said == {"Enter": "again\n", "Ctrl-C": "stopped\n"}[key]
        finally:
            waiting.kill()
            os.close(terminal)
            os.close(stdin)


async def test_only_a_push_with_a_link_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    stage, said, has_said = Stage.__new__(Stage), list[str](), asyncio.Event()

    def say(line: str) -> None:
        said.append(line)
        has_said.set()

    monkeypatch.setattr(stage, "_say", say)
    stage.pushes = queue.Queue()
    for data in ({"kind": "sos_closed"}, {"link": "http://127.0.0.1/follow/x"}):
        stage.pushes.put((0.0, {"data": data}))
    watching = asyncio.create_task(stage._watch_pushes())
    async with asyncio.timeout(10):
        await has_said.wait()
    watching.cancel()
    assert len(said) == 1 and "http://127.0.0.1/follow/x" in said[0]


async def test_a_program_that_died_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever it is; but the simulated cameras would come back elsewhere."""
    lasts = [sys.executable, "-c", "import time; print('{\"ready\": true}', flush=True); time.sleep(600)"]
    world = World(None, tmp_path)  # type: ignore[arg-type]
    stage, said = Stage.__new__(Stage), list[str]()
    stage.world = world
    monkeypatch.setattr(stage, "_say", said.append)
    first = {name: world.spawn(name, lasts, {}) for name in ("serving", "router worker", "cameras")}
    keeper = asyncio.create_task(stage._keep_running())
    try:
        for child in first.values():
            await asyncio.to_thread(child.wait_ready)
            child.kill()
        async with asyncio.timeout(30):
            while not (world.children["serving"].running and world.children["router worker"].running):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    finally:
        keeper.cancel()
        world.stop()
    assert sorted(one.split(":")[0] for one in said) == ["router worker", "serving"]


def test_a_shell_is_set_up_for_the_demos_router(tmp_path: Path) -> None:
    world = World(None, tmp_path)  # type: ignore[arg-type]
    world.keys = world._load_keys()
    world.databases = {"router": "postgresql+psycopg://a@/r?host=%2Frun%2Fx&port=5432", "bus": "postgresql://b"}
    world.urls = {"router": "http://127.0.0.1:8100"}
    file = world.router_settings_file()
    script = f'. {file}; printf "%s %s" "$DATABASE_URL" "$ROUTER_URL"'
    said = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout
    assert said == "postgresql+psycopg://a@/r?host=%2Frun%2Fx&port=5432 http://127.0.0.1:8100"
    assert file.stat().st_mode & 0o077 == 0, "it holds DATA_KEY"


def test_every_printed_line_works_in_a_shell_that_knows_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    world = World(None, folder, with_home=False)  # type: ignore[arg-type]
    world.keys = world._load_keys()
    world.databases = {"serving": "postgresql+psycopg://a@/s?host=%2Frun%2Fx&port=5432", "bus": "postgresql://b"}
    world.urls = {
        "router": "http://127.0.0.1:8100",
        "serving": "http://127.0.0.1:8300",
        "video": "http://127.0.0.1:8310",
    }
    world.logins = dict.fromkeys([one.login for one in LOGINS], Login("somebody", "a password"))
    printed = [line for line in how_to_play(world).splitlines() if "uv run ansim" in line]
    said = {}
    for line in printed:
        script = line.replace("uv run ansim", "printf '%s\\n'")
        shell = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True, env={})
        told = shell.stdout.split("\n")
        said[told[0], told[1]] = told[told.index("--key") + 1]
    lines = {("simulate", one.kind): world.keys[one.agency_id] for one in PARTNERS}
    police = world.keys["112-demo"]
    assert said == lines | {("line", "set"): police, ("simulate", "112"): police}
