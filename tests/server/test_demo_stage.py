"""The demo at a terminal: while it waits for Enter, Ctrl-C ends it and Enter goes on."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys

import pytest

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
