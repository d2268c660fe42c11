"""What the phone costs, one part after another. `python -m tests.bench.phone [--only shake outbox …] --json`.

A part is a module whose `measure()` gives a flat dict of numbers with units in their names; `PARTS` names it, so that a
part that needs a window or a router is imported only when it runs. Each part measures its named floor in the same run,
because the machine's load moves both.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys

PARTS = {
    "shake": "tests.bench.phone_shake",
    "outbox": "tests.bench.phone_outbox",
    "traffic": "tests.bench.phone_traffic",
    "window": "tests.bench.phone_window",
}
"""Name → module with `measure() -> dict[str, float | str]`."""


def main() -> int:
    parser = argparse.ArgumentParser("python -m tests.bench.phone", description="Measure the phone's parts.")
    parser.add_argument("--only", nargs="+", choices=sorted(PARTS), default=list(PARTS))
    parser.add_argument("--json", action="store_true", dest="as_json", help="one JSON object")
    arguments = parser.parse_args()
    found = {name: importlib.import_module(PARTS[name]).measure() for name in arguments.only}
    if arguments.as_json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return 0
    for name, numbers in found.items():
        print("\n".join([name, *(f"  {key}: {value}" for key, value in numbers.items())]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
