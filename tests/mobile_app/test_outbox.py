"""Disk before network: what was put is sent, whatever is killed in between, and once per phase in order."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobile_app.core.ids import uuid7
from mobile_app.core.messages import Accepted, AlertMessage, Caller, CenterRef
from mobile_app.net.outbox import Entry, Outbox, RefusedMessage, Sender, Unreachable, is_given_up, pause_s
from tests.mobile_app.local_router import LocalRouter

CENTER = CenterRef(code="41170", name_ko="안양시", name_en="Anyang-si")


def alert(phase: str, alert_id: str = "019aa6e1-5b2a-7c3d-9e4f-0123456789ab") -> AlertMessage:
    return AlertMessage(alert_id=alert_id, phase=phase, raised_at=datetime(2026, 11, 21, tzinfo=UTC))


class Post:
    """A router by a script: each answer is an exception to raise, or None for a 202."""

    def __init__(self, *script: Exception | None) -> None:
        self.script, self.tried = list(script), []

    async def __call__(self, message: AlertMessage) -> Accepted:
        self.tried.append(message.phase)
        answer = self.script.pop(0) if self.script else None
        if answer:
            raise answer
        return Accepted(alert_id=message.alert_id, phase=message.phase, assignment_no=1, reason="contains",
                        center=CENTER, flags=(), boundary_version="", received_at=None, live_token="t")  # fmt: skip


async def emptied(outbox: Outbox, post: Post, within_s: float = 5.0) -> list[str]:
    """Phases accepted, in order, when the outbox is empty."""
    accepted: list[str] = []

    def took(entry: Entry, _: Accepted) -> None:
        assert entry in outbox.entries(), "what an answer causes is stored before the message goes"
        accepted.append(entry.message.phase)

    sender = Sender(outbox, post=post, accepted=took)
    task = asyncio.create_task(sender.run())
    end_s = time.monotonic() + within_s
    while len(outbox) and time.monotonic() < end_s:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    task.cancel()
    return accepted


async def test_order_is_pre_active_ended_through_outages(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    outbox.put(alert("pre"))
    outbox.put(alert("ended"))
    post = Post(Unreachable(), Unreachable(), None, Unreachable())
    assert await emptied(outbox, post) == ["pre", "ended"]
    assert post.tried == ["pre", "pre", "pre", "ended", "ended"]


async def test_an_unsent_pre_alert_gives_way_to_the_alert(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    outbox.put(alert("pre"))
    outbox.put(alert("active"))
    assert await emptied(outbox, Post(Unreachable())) == ["active"]


async def test_a_refused_message_does_not_hold_up_the_next(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    outbox.put(alert("pre"))
    outbox.put(alert("active"))
    assert (await emptied(outbox, Post(*[RefusedMessage()] * 3)))[0] == "active"


@pytest.mark.parametrize("fault", [RefusedMessage(), ValueError("a lonely half of a character")])
async def test_what_cant_be_said_whole_is_said_with_less(tmp_path: Path, fault: Exception) -> None:
    """A word in her profile that the router can't read, or that can't be written, must not cost the cry for help."""
    outbox, heard = Outbox(tmp_path), []
    caller = Caller(nickname="민지", phone="01012345678", profile={"looks": "\ud83d"})
    outbox.put(replace(alert("active"), caller=caller, trigger="shake"))
    assert Outbox(tmp_path).entries()[0].message.caller == caller, "on disk whatever stands in it"

    class Picky(Post):
        async def __call__(self, message: AlertMessage) -> Accepted:
            heard.append(message)
            if message.caller.profile:
                raise fault
            return await super().__call__(message)

    assert await emptied(outbox, Picky(fault)) == ["active"]
    whole, less, least = heard
    assert whole.caller == caller and (less.caller.phone, less.caller.profile) == ("01012345678", {})
    assert (least.alert_id, least.phase, least.raised_at) == (whole.alert_id, "active", whole.raised_at)


DAY_S = 24 * 3600.0


@given(st.floats(0, 60 * DAY_S), st.floats(0, 4000), st.lists(st.sampled_from(["pre", "active"]), unique=True))
def test_only_an_end_is_ever_given_up_and_never_before_it_was_tried(
    age_s: float, tried_s: float, before: list[str]
) -> None:
    kept = [Entry(Path(phase), alert(phase), 0.0) for phase in before]
    ended = [*kept, Entry(Path("ended"), alert("ended"), 0.0)]
    assert not kept or not is_given_up(kept, gone_s=tried_s, wall_s=age_s)
    is_late = tried_s > 600 and age_s > (30 if kept else 3) * DAY_S
    assert is_given_up(ended, gone_s=tried_s, wall_s=age_s) == is_late


async def test_an_end_that_nobody_takes_for_three_days_goes_and_the_alert_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox, over = Outbox(tmp_path), []
    path = outbox.put(alert("ended")).path
    cry = outbox.put(alert("active", uuid7(datetime.now(UTC), 3)))
    for one in (path, cry.path):
        os.utime(one, (time.time() - 3.1 * DAY_S,) * 2)
    monkeypatch.setattr("mobile_app.net.outbox.ENDED_BRISK_S", 0.3)
    again = Outbox(tmp_path)
    sender = Sender(again, post=Post(*[Unreachable()] * 500), accepted=lambda *_: None, given_up=over.append)
    task = asyncio.create_task(sender.run())
    async with asyncio.timeout(15):
        while not over:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    task.cancel()
    assert over == [alert("ended").alert_id] and not path.exists()
    assert [one.path for one in again.entries()] == [cry.path], "a cry for help is never given up"


async def test_one_stuck_alert_does_not_hold_up_another(tmp_path: Path) -> None:
    outbox, gate = Outbox(tmp_path), asyncio.Event()
    stuck, other = (uuid7(datetime.now(UTC), entropy) for entropy in (1, 2))
    outbox.put(alert("active", stuck))
    outbox.put(alert("active", other))
    heard: list[str] = []

    class Slow(Post):
        async def __call__(self, message: AlertMessage) -> Accepted:
            if message.alert_id == stuck:
                await gate.wait()
            return await super().__call__(message)

    sender = Sender(outbox, post=Slow(), accepted=lambda entry, _: heard.append(entry.message.alert_id))
    task = asyncio.create_task(sender.run())
    await asyncio.sleep(0.3)
    assert heard == [other]
    gate.set()
    await asyncio.sleep(0.3)
    task.cancel()
    assert heard == [other, stuck]


def test_the_same_phase_twice_is_one_entry(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    assert outbox.put(alert("pre")) == outbox.put(alert("pre")) and len(Outbox(tmp_path)) == 1


def test_a_full_disk_is_survived_and_what_it_did_not_take_is_written_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = Outbox(tmp_path)
    outbox.put(alert("pre"))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr("mobile_app.net.outbox.write_json", full)
        entry = outbox.put(alert("active"))
        assert [one.message.phase for one in outbox.entries()] == ["pre", "active"]
    assert len(Outbox(tmp_path)) == 1
    outbox.keep()
    assert [one.message.phase for one in Outbox(tmp_path).entries()] == ["pre", "active"]
    outbox.done(entry)
    assert [one.message.phase for one in outbox.entries()] == ["pre"]


def test_a_file_torn_at_any_byte_still_calls_for_help(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a failing disk leaves of a file doesn't matter: its name says whose alert it was."""
    monkeypatch.setattr("os.fsync", lambda _: None)
    other = "019aa6e1-5b2a-7c3d-9e4f-ba9876543210"
    folder = tmp_path / "outbox"
    outbox = Outbox(folder)
    outbox.put(alert("active", other))
    path = outbox.put(alert("active")).path
    whole = path.read_bytes()
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        again = Outbox(folder)
        assert again.broken == [path.name] and (folder / "broken" / path.name).read_bytes() == whole[:cut]
        assert [one.message.alert_id for one in again.entries()] == [other, alert("active").alert_id]
        assert again.entries()[1].message.phase == "active" and Outbox(folder).broken == []
    for junk in (
        b"\xff\xfe",
        b"[]",
        b"null",
        b"1e999",
        b"[" * 5000,
        whole.replace(b'"raised_at": "2', b'"raised_at": "x'),
    ):
        path.write_bytes(junk)
        assert len(Outbox(folder)) == 2


def test_a_torn_end_is_not_guessed_and_nothing_of_it_is_left(tmp_path: Path) -> None:
    path = Outbox(tmp_path).put(alert("ended")).path
    path.write_bytes(path.read_bytes()[:40])
    half = tmp_path / f".{path.name}.new"
    half.write_text('{"outcome": "du')
    (tmp_path / "000000000009-torn-active.json").write_text("{")
    again = Outbox(tmp_path)
    assert again.entries() == [] and len(again.broken) == 2 and not half.exists()
    assert [one.name for one in tmp_path.rglob("*.json")] == ["000000000009-torn-active.json"]
    assert again.put(alert("pre")).path.name.startswith("000000000010")


async def test_the_router_s_wish_to_wait_is_obeyed_within_bounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mobile_app.net.outbox.ALERT_PAUSE_S", 0.3)
    outbox = Outbox(tmp_path)
    outbox.put(alert("active"))
    began_s = time.monotonic()
    assert await emptied(outbox, Post(Unreachable(after_s=86_400.0)), within_s=15.0) == ["active"]
    assert time.monotonic() - began_s >= 0.3


async def test_news_end_a_pause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The radio is back, or the countdown has passed: nobody waits out a pause that was drawn before."""
    monkeypatch.setattr("mobile_app.net.outbox.pause_s", lambda *_: 3600.0)
    outbox, post = Outbox(tmp_path), Post(Unreachable())
    outbox.put(alert("active"))
    sender = Sender(outbox, post=post, accepted=lambda *_: None)
    task = asyncio.create_task(sender.run())
    async with asyncio.timeout(15):
        while not post.tried:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        while len(outbox):
            sender.wake()
            await asyncio.sleep(0.01)
    task.cancel()
    assert post.tried == ["active", "active"]


@given(st.integers(0, 1000), st.floats(0, 60))
def test_a_pause_is_drawn_from_zero_to_a_bound_that_never_passes_the_longest(tries: int, longest_s: float) -> None:
    assert 0 <= pause_s(tries, longest_s) <= min(longest_s, 0.2 * 2 ** min(tries, 20))


KILLER = """
import os, random, signal, sys, time
from datetime import UTC, datetime
from pathlib import Path
from mobile_app.core.ids import uuid7
from mobile_app.core.messages import AlertMessage
from mobile_app.net.outbox import Outbox

def phone(folder, say):
    outbox = Outbox(folder)
    for entropy in range(100000):
        alert_id = uuid7(datetime.now(UTC), entropy)
        for phase in ("pre", "active"):
            entry = outbox.put(AlertMessage(alert_id=alert_id, phase=phase, raised_at=datetime.now(UTC)))
            os.write(say, f"put {alert_id} {phase}\\n".encode())
        os.write(say, f"202 {alert_id} {phase}\\n".encode())
        outbox.done(entry)

chance, kills, told = random.Random(int(sys.argv[2])), 30, 0
for number in range(kills):
    folder, (hear, say) = Path(sys.argv[1]) / str(number), os.pipe()
    child = os.fork()
    if child == 0:
        phone(folder, say)
    os.close(say)
    said = os.read(hear, 1)
    time.sleep(chance.uniform(0, 0.06))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while part := os.read(hear, 1 << 16):
        said += part
    os.close(hear)
    lines = [tuple(line.split()) for line in said.decode().split("\\n")[:-1]]
    put = {line[1:] for line in lines if line[0] == "put"}
    confirmed = {line[1:] for line in lines if line[0] == "202"}
    again = Outbox(folder)
    kept = {(entry.message.alert_id, entry.message.phase) for entry in again.entries()}
    assert again.broken == [], again.broken
    assert put - confirmed <= kept, put - confirmed - kept
    assert len(kept - put) <= 1, "at most the one that was just being written"
    told += len(put)
print(kills, told)
"""


def test_kill_9_thirty_times_at_any_moment_loses_nothing_that_was_put(tmp_path: Path) -> None:
    """Real processes: each writes and confirms alerts until it is killed, and what it told of is in the folder."""
    command = [sys.executable, "-c", KILLER, str(tmp_path), str(random.randrange(10**6))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    kills, told = map(int, done.stdout.split())
    assert kills == 30 and told >= 30


def test_kill_9_between_write_and_send_and_the_next_start_sends_it(tmp_path: Path) -> None:
    """The whole phone: nobody listens when it shakes, it is killed, and started again when the router is back."""
    router = LocalRouter()
    url = router.start()
    router.down = True
    fixtures = Path(__file__).parents[2] / "fixtures" / "traces"
    command = [sys.executable, "-m", "mobile_app", "--headless", "--json", "--dir", str(tmp_path), "--router-url", url,
               "--countdown-s", "0.5", "--until", "accepted", "--timeout", "30"]  # fmt: skip
    shaken = [*command, "--replay", str(fixtures / "synthetic_shake_short.csv")]
    with subprocess.Popen(shaken, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        alert_id = next(line.split('"alert_id": "')[1][:36] for line in process.stdout if '"active_sent"' in line)
        os.kill(process.pid, signal.SIGKILL)
    assert router.phases() == [] and [one.message.alert_id for one in Outbox(tmp_path / "outbox").entries()]
    router.down = False
    done = subprocess.run(command, capture_output=True, text=True, timeout=40, check=False)
    router.stop()
    assert done.returncode == 0 and '"resumed"' in done.stdout
    assert router.phases(alert_id)[-1] == "active" and len({a["alert_id"] for a in router.alerts}) == 1
    assert len(Outbox(tmp_path / "outbox")) == 0
