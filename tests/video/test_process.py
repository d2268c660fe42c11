"""`run()` as its own process: ready line, a picture, and an end within 3 s although somebody is watching."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

from server.video.gateway import EmbeddedGateway
from server.video.tickets import new_ticket
from tests.video.conftest import KEY, RunningCity
from tests.video.seat import Seat

PROGRAM = """
import asyncio, sys
from server.video.app import run
from tests.video.conftest import KEY, CitySources, LedgerGate, RunningCity

class OpenGate(LedgerGate):
    async def open(self, ticket, camera_id, address):
        self.allowed.add(ticket.release_id)
        self.may_answer.set()
        return await super().open(ticket, camera_id, address)

city = RunningCity(int(sys.argv[1]), 0, 0)
run(host="127.0.0.1", port=0, gate=OpenGate(), sources=CitySources(city), key=KEY)
"""


def start(city: RunningCity) -> subprocess.Popen[str]:
    root = Path(__file__).resolve().parents[2]
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(city.port)], cwd=root, stdout=subprocess.PIPE, text=True
    )


async def test_the_process_says_it_is_ready_and_stops_when_it_is_told(city: RunningCity) -> None:
    process = start(city)
    assert process.stdout
    try:
        ready = json.loads(process.stdout.readline())
        assert ready["ready"] is True and ready["role"] == "video" and ready["pid"] == process.pid
        gateway = EmbeddedGateway(url=ready["url"], public_url=ready["url"].replace("http", "ws"), key=KEY)
        ticket = new_ticket(
            release_id="r", incident_id="i", camera_id="cam-1", viewer_id="v", address="127.0.0.1", now=time.time()
        )
        seat = await Seat.take((await gateway.play(ticket))[0].url)
        await seat.until(lambda s: len(s.pictures) > 3)
        await gateway.close()
        process.terminate()
        assert await asyncio.to_thread(process.wait, 20) in (0, -15)
        await seat.until(lambda s: s.close_code, 5)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
