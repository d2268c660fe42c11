"""What goes wrong is told by its kind and place; no name, number, address or token of hers reaches a log."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CRASHES = """
import asyncio, gc, logging, threading
from mobile_app import faults
faults.keep_words_in()
def fail(): raise ValueError("민지 01012345678 wss://router/live?token=secret")
def caught():
    try: fail()
    except ValueError as error: return error
class Torn:
    def __del__(self): fail()
async def task(): fail()
async def main():
    loop = asyncio.get_running_loop()
    faults.keep_words_in_loop(loop)
    lost = asyncio.create_task(task())
    loop.call_soon(fail)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del lost
    gc.collect()
asyncio.run(main())
with faults.noted(): fail()
thread = threading.Thread(target=fail); thread.start(); thread.join()
torn = Torn(); del torn
for name in ("httpx", "websockets.client", "somebody"):
    logging.getLogger(name).warning("to 민지 01012345678 token=secret", exc_info=caught())
logging.getLogger("httpx").info("GET https://map/민지")
faults.note(ExceptionGroup("민지", [caught()]))
fail()
"""


def test_nothing_that_python_or_a_library_prints_by_itself_has_words_of_hers() -> None:
    done = subprocess.run([sys.executable, "-c", CRASHES], cwd=ROOT, capture_output=True, text=True, check=False)
    for secret in ("민지", "0101234", "secret", "Traceback", "raise ValueError"):
        assert secret not in done.stderr + done.stdout, done.stderr
    assert done.stderr.count("ValueError\n") == 10 and done.stderr.count(" fail\n") == 10, done.stderr
    assert "WARNING httpx <string>:" in done.stderr and "ExceptionGroup\n" in done.stderr and done.returncode == 1


def test_no_part_of_the_phone_prints_an_exception_by_itself() -> None:
    """A traceback ends with the words of its exception."""
    wrong = []
    for path in (ROOT / "mobile_app").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in ("print_exc", "print_exception", "format_exc"):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert wrong == []
