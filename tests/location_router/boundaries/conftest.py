"""A snapshot of a test's own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from location_router.index import snapshot_path
from tests.location_router.places import country_index


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    """A copy of the built-in snapshot: what a test activates stays with it."""
    country_index()
    return Path(shutil.copy(snapshot_path(), tmp_path / "boundaries.npz"))
