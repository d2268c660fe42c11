"""The names of the country's file: where the service puts it and the window finds it."""

from __future__ import annotations

from pathlib import Path

FILE = "korea.pmtiles"
"""In the phone's folder, from the home center."""
BUNDLED = Path(__file__).with_name(FILE)
"""In the app itself: put there by the Android build, never committed."""
