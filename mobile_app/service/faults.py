"""Faults of ours that must not end a cry for help: their kind and place go to the log, nothing personal."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager


def note(error: BaseException) -> None:
    sys.stderr.write(f"{type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__)[-3:])}")
    sys.stderr.flush()


@contextmanager
def noted() -> Iterator[None]:
    """What goes wrong inside is noted, and what stands behind goes on."""
    try:
        yield
    except Exception as error:
        note(error)
