"""Disk before network: what was put is sent, whatever is killed in between, and once per phase in order."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mobile_app.core.ids import uuid7
from mobile_app.core.messages import Accepted, AlertMessage, CenterRef
from mobile_app.net.outbox import Entry, Outbox, RefusedMessage, Sender, Unreachable
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
    assert (await emptied(outbox, Post(RefusedMessage())))[0] == "active"


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


def test_a_torn_file_is_passed_over_and_a_full_disk_is_survived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = Outbox(tmp_path)
    outbox.put(alert("pre"))
    (tmp_path / "000000000009-torn-active.json").write_text('{"alert_id": "0')
    assert [one.message.phase for one in Outbox(tmp_path).entries()] == ["pre"]

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mobile_app.net.outbox.write_json", full)
    entry = outbox.put(alert("active"))
    assert [one.message.phase for one in outbox.entries()] == ["pre", "active"]
    outbox.done(entry)
    assert [one.message.phase for one in outbox.entries()] == ["pre"]


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from mobile_app.core.ids import uuid7
from mobile_app.core.messages import AlertMessage
from mobile_app.net.outbox import Outbox
outbox = Outbox(Path(sys.argv[1]))
for entropy in range(100000):
    alert_id = uuid7(datetime.now(UTC), entropy)
    outbox.put(AlertMessage(alert_id=alert_id, phase="active", raised_at=datetime.now(UTC)))
    print(alert_id, flush=True)
"""


@pytest.mark.parametrize("seed", range(3))
def test_kill_9_while_writing_loses_nothing_that_was_put(tmp_path: Path, seed: int) -> None:
    with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        first = process.stdout.readline()
        time.sleep(random.Random(seed).uniform(0.02, 0.3))
        os.kill(process.pid, signal.SIGKILL)
        told = [first.strip(), *process.stdout.read().split()]
    whole = told if len(told[-1]) == 36 else told[:-1]
    kept = {entry.message.alert_id for entry in Outbox(tmp_path).entries()}
    assert set(whole) <= kept and len(kept) <= len(whole) + 1


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
