"""The garbage collector, told that this is a server: what start-up made stays, and young garbage is looked at rarely.

An alert makes a few thousand short-lived objects, nearly all freed by reference counting; walking the whole of the
imported libraries each time is what cost milliseconds in the tail.
"""

from __future__ import annotations

import gc

YOUNG_OBJECTS = 20_000


def settle_memory() -> None:
    """Call once when everything is imported and set up."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 20, 20)
