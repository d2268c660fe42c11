"""The installation's one MetaData. Tables stand in the slices' `store.py`; `load_tables()` imports them all."""

from __future__ import annotations

import importlib

from location_router.runtime.db import new_metadata

metadata = new_metadata()

SLICES = (
    "staff",
    "people",
    "agencies",
    "incidents",
    "shifts",
    "cameras",
    "facilities",
    "recordings",
    "replays",
    "dispatch",
    "retention",
    "breakglass",
    "log",
    "talk",
    "sightings",
    "captures",
    "evidence",
    "features",
    "oversight",
    "access_notes",
    "second_sources",
    "requests",
    "plates",
    "protection",
    "cap_warnings",
    "firms",
    "walks",
    "scouts",
)


def load_tables() -> None:
    """Import every module that declares tables, so that `metadata` is complete (migrations, checks)."""
    for name in SLICES:
        importlib.import_module(f"server.{name}.store")
    for name in ("events", "key_ring", "releases", "intake_store", "cameras.device_store"):
        importlib.import_module(f"server.{name}")
