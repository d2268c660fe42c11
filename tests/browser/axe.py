"""axe-core on a page: what a person with a screen reader, a keyboard or poor sight would stumble over."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

AXE = Path(__file__).resolve().parents[2] / "server" / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = "['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']"


def serious_violations(page: Page) -> list[str]:
    """Serious and critical WCAG 2.2 AA violations as `rule: first element`."""
    if not AXE.exists():
        pytest.skip("npm ci has not run")
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE.read_text() + ";0")  # through the debugger: the page's own policy forbids foreign scripts
    found = page.evaluate(
        f"axe.run(document, {{runOnly: {RULES}, resultTypes: ['violations']}}).then((result) => result.violations"
        ".filter((one) => ['serious', 'critical'].includes(one.impact))"
        ".map((one) => `${one.id}: ${one.nodes[0].target.join(' ')}`))"
    )
    return list(found)
