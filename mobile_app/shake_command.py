"""`python -m mobile_app shake TRACE.csv… [--sensitivity N] [--json]`: one line per file, whatever the file is."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from mobile_app.core.shake import GAP_S, RULES, ShakeDetector
from mobile_app.recording import BadTrace, read_samples

MOST_REFUSED_TOLD = 5


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m mobile_app shake", description="Find shakes in recorded motion (t,x,y,z)."
    )
    parser.add_argument("traces", nargs="+", type=Path, metavar="TRACE.csv")
    parser.add_argument(
        "--sensitivity", type=int, choices=sorted(RULES), default=2, help="1 hard, 2 normal, 3 easy to trigger"
    )
    parser.add_argument("--json", action="store_true", dest="as_json", help="one JSON object per file")
    return parser


def find_shakes(argv: list[str]) -> int:
    """One line per file, in their order; 1 when one can't be read: it has a `problem`, and the others are told."""
    arguments = _arguments().parse_args(argv)
    failed = False
    try:
        for path in arguments.traces:
            found = _found(path, arguments.sensitivity)
            failed |= "problem" in found
            print(json.dumps(found) if arguments.as_json else _words(found), flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    return 1 if failed else 0


def _found(path: Path, sensitivity: int) -> dict[str, Any]:
    """`{"file", "duration_s", "shakes": [seconds]}`, and `problem` where the file can't be read (to its end)."""
    refused = 0

    def told(said: str) -> None:
        nonlocal refused
        refused += 1
        if refused <= MOST_REFUSED_TOLD:
            _say(said)

    detector, shakes, duration_s = ShakeDetector(sensitivity), list[float](), 0.0
    last_s: float | None = None
    count = slow = 0
    problem: str | None = None
    try:
        for sample in read_samples(path, refused=told):
            t_s = sample[0]
            if detector.feed(*sample):
                shakes.append(round(t_s, 3))
            step_s = t_s - last_s if last_s is not None else 0.0
            last_s = t_s
            if step_s >= 0:
                duration_s += step_s
                count, slow = count + 1, slow + (step_s > GAP_S)
    except BadTrace as error:
        problem = str(error)
        _say(problem)
    if refused > MOST_REFUSED_TOLD:
        _say(f"{path}: {refused - MOST_REFUSED_TOLD} more rows were passed over")
    if count > 2 and slow > count / 2:
        _say(f"{path}: most samples are more than {GAP_S} s apart, too seldom to tell; is t in seconds?")
    found = {"file": str(path), "duration_s": round(duration_s, 3), "shakes": shakes}
    return found | ({"problem": problem} if problem else {})


def _words(found: dict[str, Any]) -> str:
    if "problem" in found and not found["duration_s"]:
        return _plain(f"{found['file']}: cannot be read")
    shakes = ", ".join(f"{shake:.2f} s" for shake in found["shakes"]) or "no shake"
    return _plain(f"{found['file']}: {found['duration_s']:.2f} s: {shakes}")


def _say(said: str) -> None:
    print(_plain(said), file=sys.stderr)


def _plain(said: str) -> str:
    """A file's name may hold what the terminal can't write."""
    encoding = sys.stdout.encoding or "utf-8"
    return said.encode(encoding, "backslashreplace").decode(encoding)
