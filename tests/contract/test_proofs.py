"""What docs/agencies.md names as its proof is there: a test that was renamed or taken away leaves no empty word."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


def test_every_test_that_the_contract_names_exists() -> None:
    named = NAMED.findall((ROOT / "docs" / "agencies.md").read_text(encoding="utf-8"))
    assert len(named) > 30
    files = {file: (ROOT / "tests" / file).read_text(encoding="utf-8") for file, _ in named}
    missing = [f"{file}::{name}" for file, name in named if f"def {name}(" not in files[file]]
    assert missing == []
