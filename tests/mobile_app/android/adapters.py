"""Runs in the check's own environment: the real adapters, by the real pyjnius, on a desktop JVM against our stubs.

`python adapters.py CLASSES`: each `story_…` is told in one JVM, in order of its file. A wrong signature, a callback
that nobody holds, a missing flag or a call in the wrong order ends as a failed story. What stubs can't say (whether
Android does what its documentation says) stays open: docs/phone.md, section 10.
"""

from __future__ import annotations

import os
import sys
import tempfile
import traceback

import stories_rest
import stories_senses
from jvm import fact, guard_process, part, window_process

from mobile_app.platforms import android


def main() -> None:
    failed = 0
    with tempfile.TemporaryDirectory() as files:
        fact("files", files)
        window_process()
        part.surface = android.surface()
        guard_process()
        part.device = android.device()
        stories = {
            name: tell
            for module in (stories_senses, stories_rest)
            for name, tell in vars(module).items()
            if name.startswith("story_")
        }
        for name, tell in stories.items():
            words = name.removeprefix("story_").replace("_", " ")
            try:
                tell()
            except Exception:
                failed += 1
                traceback.print_exc(file=sys.stdout)
                print(f"FAIL {words}")
            else:
                print(f"ok   {words}")
    print(f"{len(stories) - failed} passed, {failed} failed", flush=True)
    os._exit(1 if failed else 0)  # not through the JVM's shutdown, which may wait for its threads


if __name__ == "__main__":
    main()
