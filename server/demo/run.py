"""`ansim demo`: a small country in a box. Interactive by default; `--once` plays the whole story and prints JSON."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import queue
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from location_router.runtime.pg_binaries import ClusterError
from location_router.runtime.postgres import cluster_or_env, state_dir
from location_router.runtime.provision import OtherRelease
from server.demo.children import ChildFailed
from server.demo.handset import Handsets, write_credentials
from server.demo.players import StoryFailed
from server.demo.scene import street_of_the_demo
from server.demo.seeding import assigned_code, known_code
from server.demo.world import World

ANYANG_STATION = (37.4015, 126.9227)
HOME_GANGNAM = "11680"


def run_demo(*, once: bool, as_json: bool, lat: float | None, lon: float | None, home: str) -> int:
    """Exit code 0 when every hop happened (or the person at the keyboard ended it), 1 otherwise, 2 for bad input."""
    say = _progress(quiet=as_json)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job starts with Ctrl-C ignored
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        place = _place(lat, lon)
        home = known_code(home) or _refuse(f"--home {home} is no municipality: give a 5-digit code, for example 11680")
        with _only_demo(), cluster_or_env(on_progress=say) as server, _pushes() as (pushes, handsets):
            world = _world(server, place, home, handsets, say, fixed_ports=not once)
            with world:
                if once:
                    return _once(world, place, home, pushes, as_json)
                from server.demo.stage import play_interactively

                return play_interactively(world, place=place, home=home, pushes=pushes)
    except KeyboardInterrupt:
        return 130
    except OtherRelease as error:
        hint = f"The demo's data may go: move {state_dir()} away, or set ANSIM_STATE_DIR to another folder."
        return _ended(f"{error} {hint}", as_json, code=1)
    except (ChildFailed, ClusterError, StoryFailed, DemoRefused, OSError) as error:
        return _ended(str(error), as_json, code=2 if isinstance(error, DemoRefused) else 1)
    except Exception as error:
        print(json.dumps({"ok": False, "error": _kept(error)}) if as_json else f"demo: {_kept(error)}")
        return 1


def _ended(why: str, as_json: bool, *, code: int) -> int:
    print(
        json.dumps({"ok": False, "error": why}) if as_json else f"demo: {why}",
        file=sys.stdout if as_json else sys.stderr,
    )
    return code


def _kept(error: Exception) -> str:
    """One sentence for the person; the whole of it in a file."""
    path = demo_folder() / "error.log"
    path.write_text("".join(traceback.format_exception(error)))
    return f"{type(error).__name__}: {str(error).splitlines()[0][:200] if str(error) else ''} (whole text: {path})"


class DemoRefused(Exception):
    """The demo can't start like this; the message says what to do."""


def _refuse(why: str) -> NoReturn:
    raise DemoRefused(why)


def _place(lat: float | None, lon: float | None) -> tuple[float, float]:
    if (lat is None) != (lon is None):
        _refuse("give --lat and --lon together, for example --lat 37.4015 --lon 126.9227")
    return ANYANG_STATION if lat is None or lon is None else (lat, lon)


def demo_folder() -> Path:
    """Keys, logs and the phone of the demo."""
    return state_dir() / "demo"


@contextlib.contextmanager
def _only_demo() -> Iterator[None]:
    """Two demos on one state folder would answer each other's alerts."""
    folder = demo_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "demo.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise DemoRefused(
                f"another demo is running (process {lock.read().strip()}): stop it, "
                "or set ANSIM_STATE_DIR to another folder"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


@contextlib.contextmanager
def _pushes() -> Iterator[tuple[queue.Queue[tuple[float, dict[str, Any]]], Handsets]]:
    arrived: queue.Queue[tuple[float, dict[str, Any]]] = queue.Queue()
    handsets = Handsets(lambda at, message: arrived.put((at, message)))
    try:
        yield arrived, handsets
    finally:
        handsets.close()


def _world(
    server: Any, place: tuple[float, float], home: str, handsets: Handsets, say: Any, *, fixed_ports: bool
) -> World:
    lat, lon = place
    code = assigned_code(lat=lat, lon=lon, home=home)
    folder = demo_folder()
    credentials = write_credentials(folder, handsets.url)
    return World(
        server,
        folder,
        cameras=street_of_the_demo(lat=lat, lon=lon, code=code),
        home_code=home,
        push="firebase",
        fcm_url=handsets.url,
        extra_env={
            "FIREBASE_CREDENTIALS": str(credentials),
            "CAMERA_NETWORKS": "127.0.0.0/8",
            "LINE_NETWORKS": "127.0.0.0/8",  # where the simulators listen
        },
        progress=say,
        fixed_ports=fixed_ports,
        with_partners=fixed_ports,
    )


def _once(
    world: World,
    place: tuple[float, float],
    home: str,
    pushes: queue.Queue[tuple[float, dict[str, Any]]],
    as_json: bool,
) -> int:
    from server.demo.story import Story

    story = Story(world, place[0], place[1], home, pushes)
    result = asyncio.run(story.play())
    if as_json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        for name, value in result.items():
            print(f"{name}: {json.dumps(value, ensure_ascii=False)}")
    return 0


def _progress(*, quiet: bool) -> Any:
    started = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - started:5.1f} s] {line}", file=sys.stderr if quiet else sys.stdout, flush=True)

    return say
