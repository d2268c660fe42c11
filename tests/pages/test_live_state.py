"""The pages' TypeScript that needs no browser, run by node's own test runner."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
WEB = HERE.parents[1] / "server" / "web"
NODE = Path(sys.executable).parent / "node"


@pytest.mark.parametrize("file", sorted(path.name for path in HERE.glob("*.test.ts")))
def test_in_node(file: str) -> None:
    """Node 24 strips types by itself; a property that fails is printed with its seed and its shortest story."""
    if not (WEB / "node_modules" / "fast-check").is_dir():
        pytest.skip("npm ci has not run")
    told = subprocess.run(
        [NODE, "--test", "--test-reporter=spec", HERE / file],
        env=os.environ | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert told.returncode == 0, told.stdout[-6000:] + told.stderr[-2000:]
