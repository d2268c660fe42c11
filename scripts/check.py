"""`make check`: every check that needs no running part, two at a time, each with its verdict and its time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = ROOT / ".venv" / "bin"
WEB = ROOT / "server" / "web"


def strictly_typed() -> list[str]:
    """The files that mypy holds to its strict rules, from `[tool.ansim]` of pyproject.toml."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ansim"]
    files = {file for pattern in told["pure"] + told["strict"] for file in ROOT.glob(pattern)}
    return sorted(str(file.relative_to(ROOT)) for file in files)


def checks() -> dict[str, list[str]]:
    found = {
        "types": [str(BIN / "mypy"), *strictly_typed()],
        "lint": [str(BIN / "ruff"), "check", "."],
        "format": [str(BIN / "ruff"), "format", "--check", "."],
        "import rules": [str(BIN / "lint-imports"), "--no-cache"],
        "dead code": [str(BIN / "vulture")],
        "dependencies": [str(BIN / "deptry"), "--no-ansi", "."],
    }
    if (WEB / "node_modules" / "typescript").exists():
        found["TypeScript"] = [str(BIN / "npm"), "--prefix", str(WEB), "run", "--silent", "check"]
    return found


def run(name: str, command: list[str]) -> bool:
    """One check; prints its verdict, and what it said only when it found something."""
    started = time.monotonic()
    said = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    fine = said.returncode == 0
    verdict = f"{'ok  ' if fine else 'FAIL'} {name} ({time.monotonic() - started:.1f} s)"
    print(verdict if fine else f"{verdict}\n{said.stdout.rstrip()}\n", flush=True)
    return fine


def main() -> int:
    os.environ["NO_COLOR"] = "1"
    os.environ["PATH"] = os.pathsep.join([str(BIN), os.environ.get("PATH", "")])
    with ThreadPoolExecutor(max_workers=2) as pool:
        fine = list(pool.map(lambda item: run(*item), checks().items()))
    print(f"check: {sum(fine)} of {len(fine)} in order")
    return 0 if all(fine) else 1


if __name__ == "__main__":
    sys.exit(main())
