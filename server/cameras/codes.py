"""Words of the registry that the rules decide by: health, purposes; pure."""

from __future__ import annotations

HEALTHS = ("unknown", "working", "dark", "frozen", "obstructed", "down")
BROKEN_HEALTH = frozenset(("dark", "frozen", "obstructed", "down"))
NIGHT_WORDS = ("unknown", "infrared", "lit", "none")
