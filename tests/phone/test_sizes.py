"""Every screen at other sizes and with large letters, each size in a process of its own: nothing to touch is smaller
than 48 dp or out of reach, and no word is cut off."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mobile_app.ui.fonts import NoKoreanFont, find_font

ROOT = Path(__file__).parents[2]
LARGE_PHONE = ("--width", "1080", "--height", "2400", "--density", "2.625")


@pytest.mark.parametrize(
    "size",
    [
        ("--language", "ko,en", "--scale", "2.0", "--look", "dark"),
        (*LARGE_PHONE, "--language", "en", "--strong"),
    ],
)
def test_every_screen_fits(size: tuple[str, ...]) -> None:
    try:
        find_font()
    except NoKoreanFont as error:
        pytest.skip(str(error))
    ran = subprocess.run(
        [sys.executable, "-m", "tests.phone.tour", *size],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode in (0, 1), ran.stderr
    assert json.loads(ran.stdout.splitlines()[-1])["wrong"] == []
