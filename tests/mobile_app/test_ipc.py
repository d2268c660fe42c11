"""Window and service over the private socket: what travels, who may speak, and who is cut off."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mobile_app.core import session as brain
from mobile_app.core import signals
from mobile_app.core.messages import Said
from mobile_app.core.pins import Pins
from mobile_app.core.state import visible
from mobile_app.core.talk import Talk
from mobile_app.platforms.fake import fake_device
from mobile_app.problem import Problem
from mobile_app.service import codec, ipc
from mobile_app.service.codec import BadFrame
from mobile_app.service.frames import INPUTS, MOST_BYTES, line, parse, read_input, socket_path, write_input
from mobile_app.service.ipc import IpcServer
from mobile_app.service.phone import Phone
from mobile_app.service.remote import Remote
from mobile_app.service.view import View, view_of
from mobile_app.settings import Settings

PINS = Pins.choose("1234", "9876")
NOWHERE = "http://127.0.0.1:9"

st.register_type_strategy(float, st.floats(allow_nan=False))
TIMES = st.datetimes(timezones=st.just(UTC))


def built(kind: type) -> st.SearchStrategy[Any]:
    with_times = {name: TIMES for name, hint in codec._kinds(kind).items() if "datetime" in str(hint)}
    return st.builds(kind, **with_times)


# ---- what travels ---------------------------------------------------------------------------------------------------


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_every_field_of_a_view_comes_over_as_it_was(data: st.DataObject) -> None:
    talk = st.builds(Talk, lines=st.lists(built(Said), max_size=2).map(tuple))
    view = data.draw(st.builds(View, talk=talk, fixed_at=st.none() | TIMES, delivered_at=st.none() | TIMES))
    sent = codec.write(view)
    assert set(sent) == {field.name for field in dataclasses.fields(View)}
    assert codec.read(View, json.loads(json.dumps(sent))) == view


def test_a_view_has_all_that_the_brain_lets_a_screen_know_and_no_secret() -> None:
    chosen = Settings(pins=PINS, device_token="a-token", device_key="00ff")
    assert set(visible(brain.Session())) <= {field.name for field in dataclasses.fields(View)}
    view = view_of(brain.Session(), chosen, reconnecting=False, fixed_at=None, delivered_at=None)
    text = json.dumps(codec.write(view))
    assert not any(secret in text for secret in (PINS.salt, PINS.cancel, PINS.duress, "a-token", "00ff"))
    assert view.settings.is_signed_up and view.settings.pins is not None and view.settings.pins.digits == 4


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([name for name in INPUTS if hasattr(signals, name)]).flatmap(
    lambda name: st.builds(getattr(signals, name))
))  # fmt: skip
def test_what_the_person_does_comes_over_with_its_time(happened: Any) -> None:
    frame = parse(line(write_input(happened, 99.5)))
    assert read_input(frame, now_s=100.0) == (happened, 99.5)
    assert read_input(frame, now_s=99.0)[1] == 99.0, "a time to come is no time"
    assert read_input(frame, now_s=9999.0)[1] == 9999.0, "nor one of another boot"


def test_every_input_that_a_window_may_tell_exists_and_verdicts_are_not_among_them() -> None:
    assert all(hasattr(signals, name) for name in INPUTS)
    for name in ("PinChecked", "Tick", "AcceptedBy", "StatusArrived", "DialDue", "LineEnded", "LineOver"):
        assert name not in INPUTS


def test_a_long_folder_gets_a_short_private_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    path = socket_path(tmp_path / ("long" * 30))
    assert len(os.fsencode(path)) <= 107 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path == socket_path(tmp_path / ("long" * 30)) != socket_path(tmp_path / ("song" * 30))
    path.parent.chmod(0o755)
    with pytest.raises(PermissionError, match="private folder"):
        socket_path(tmp_path / ("long" * 30))


# ---- a service and its windows ---------------------------------------------------------------------------------------


class Served:
    def __init__(self, folder: Path) -> None:
        self.device = fake_device()
        chosen = Settings(router_url=NOWHERE, home_url=NOWHERE, pins=PINS, countdown_s=30.0)
        self.phone = Phone(
            folder=folder, settings=chosen, device=self.device, viewed=lambda view: self.ipc.show("view", view)
        )
        self.ipc = IpcServer(folder, self.phone)
        self.folder = folder

    async def start(self) -> Served:
        self.task = asyncio.create_task(self.phone.run())
        await self.phone.ready()
        await self.ipc.start()
        return self

    async def stop(self) -> None:
        await self.ipc.close(is_ours=True)
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path


@pytest.fixture
async def served(folder: Path) -> AsyncIterator[Served]:
    one = await Served(folder).start()
    yield one
    await one.stop()


async def until(true: Any, within_s: float = 15.0) -> None:
    end_s = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end_s, "it did not happen in time"
        await asyncio.sleep(0.01)


async def answer_of(reader: asyncio.StreamReader, no: int) -> dict[str, Any]:
    async with asyncio.timeout(15):
        while True:
            frame = json.loads(await reader.readuntil(b"\n"))
            if frame.get("answer") == no:
                return dict(frame)


async def test_what_cant_be_read_is_answered_and_harms_nothing(served: Served) -> None:
    assert stat.S_IMODE(served.ipc.path.stat().st_mode) == 0o600
    served.phone.tell(signals.Shaken())
    await until(lambda: served.phone.session.phase == "countdown")
    reader, writer = await asyncio.open_unix_connection(served.ipc.path, limit=2**22)
    bad = (
        b"hello\n", b"[1,2]\n", b'{"do":7}\n', b'{"do":"format_disk","no":3}\n', b"\xff\xfe\x00\n",
        b'{"do":"tell","input":"PinChecked","facts":{"verdict":"cancel"}}\n', b'{"do":"tell","input":"__class__"}\n',
        b'{"do":"tell","input":"Say","facts":{"kind":5}}\n', b'{"do":"enter_pin"}\n', b'{"do":"choose","pins":{}}\n',
        b'{"do":"choose","device_token":"mine"}\n', b'{"do":"choose","sensitivity":99}\n', b"[" * 20_000 + b"\n",
        b'{"do":"simulate","what":"radio","on":false}\n',
    )  # fmt: skip
    for number, one in enumerate(bad):
        writer.write(one)
        answer = await answer_of(reader, 3 if b"format" in one else 0)
        assert answer["problem"]["code"] == "bad_frame" and answer["problem"]["message_ko"], (number, answer)
    writer.write(b'{"do":"enter_pin","no":9,"pin":"0000"}\n')
    assert (await answer_of(reader, 9))["ok"] is False
    assert served.phone.session.phase == "countdown" and served.phone.settings.device_token == ""
    writer.write(b"x" * (MOST_BYTES + 1) + b"\n")
    assert "bytes" in (await answer_of(reader, 0))["problem"]["message_en"]
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        async with asyncio.timeout(15):
            while True:
                await reader.readuntil(b"\n")
    writer.close()
    again, its_writer = await asyncio.open_unix_connection(served.ipc.path, limit=2**22)
    its_writer.write(b'{"do":"enter_pin","no":1,"pin":"1234"}\n')
    assert (await answer_of(again, 1))["ok"] is True and served.phone.session.phase == "idle"
    its_writer.close()


async def test_a_window_that_does_not_read_is_cut_off_and_the_others_go_on(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ipc, "SLOW_S", 0.5)
    stuck = socket.socket(socket.AF_UNIX)
    stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stuck.setblocking(False)
    await asyncio.get_running_loop().sock_connect(stuck, str(served.ipc.path))
    views: list[View] = []
    remote = Remote(served.folder, viewed=views.append)
    remote.start()
    await until(lambda: len(served.ipc._windows) == 2)
    for number in range(400):
        remote.choose(looks=f"{number} " + "x" * 20_000)
        await asyncio.sleep(0.01)
        if len(served.ipc._windows) == 1:
            break
    await until(lambda: len(served.ipc._windows) == 1)
    remote.choose(looks="tall")
    await until(lambda: views and views[-1].settings.looks == "tall")
    reader, writer = await asyncio.open_unix_connection(served.ipc.path, limit=2**22)
    async with asyncio.timeout(15):
        newest = json.loads(await reader.readuntil(b"\n"))
    assert newest["view"]["settings"]["looks"] == "tall", "whoever comes back sees what is now"
    for one in (stuck, writer):
        one.close()
    await asyncio.to_thread(remote.stop)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can try it as somebody else")
async def test_another_user_is_refused_even_where_the_files_would_let_him(served: Served, tmp_path: Path) -> None:
    served.ipc.path.chmod(0o666)
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(0o755)
    code = (
        "import socket,sys,os; os.setuid(65534); s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]);"
        "s.settimeout(10); print(repr(s.recv(10)))"
    )
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-S", "-c", code, str(served.ipc.path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "view" not in done.stdout and ("b''" in done.stdout or "Reset" in done.stderr), done


async def test_what_she_does_while_the_service_is_away_is_not_lost_and_not_late(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mobile_app.service.remote.KEPT_S", 0.6)
    views: list[View] = []
    remote = Remote(folder, viewed=views.append)
    remote.start()
    remote.tell(signals.DrillChosen(True))
    stale = remote.enter_pin("1234")
    remote._waiting[-1].at_s -= 60
    await asyncio.sleep(1.2)
    remote.tell(signals.HoldStarted())
    await asyncio.sleep(0.2)
    remote.tell(signals.HoldReleased())  # too short, however late the service hears of it
    remote.tell(signals.AtHome(True))
    one = await Served(folder).start()
    await until(lambda: views and views[-1].is_at_home)
    with pytest.raises(Problem, match="service_gone"):
        stale.result(1)
    assert one.phone.session.phase == "idle" and one.phone.session.drill_until_s is None, "too old to be meant"
    await one.stop()
    remote.tell(signals.HoldStarted())  # the finger stays down over a restart
    await asyncio.sleep(1.2)
    again = await Served(folder).start()
    await until(lambda: again.phone.session.phase == "countdown")
    assert again.phone.session.trigger == "hold"
    await until(lambda: views[-1].phase == "countdown")
    await asyncio.to_thread(remote.stop)
    await again.stop()


async def test_a_window_that_is_gone_lets_go_of_what_it_held(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mobile_app.core.raising.WINDOW_MISSED_S", 0.5)
    reader, writer = await asyncio.open_unix_connection(served.ipc.path, limit=2**22)
    other, its_writer = await asyncio.open_unix_connection(served.ipc.path, limit=2**22)
    writer.write(line(write_input(signals.SafeHoldStarted(), time.monotonic())))
    await until(lambda: served.phone.session.safe_since_s is not None)
    writer.close()  # the other one is still there, and holds nothing
    await until(lambda: served.phone.session.phase == "countdown")
    assert served.phone.session.trigger == "release" and reader is not None and other is not None
    its_writer.close()


def test_reading_is_strict_about_kinds() -> None:
    with pytest.raises(BadFrame, match="on"):
        codec.read(signals.AtHome, {"on": 1})
    with pytest.raises(BadFrame, match="missing"):
        codec.read(signals.AtHome, {})
    assert codec.read(signals.AtHome, {"on": True, "newer": 1}) == signals.AtHome(True)
