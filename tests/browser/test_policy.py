"""The content security policy refuses nothing that our own four pages need, and does refuse what is not ours."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Installation, OpenPage

pytestmark = pytest.mark.browser

SLOW_MS = 15_000
LISTEN = """() => { window.refused = []; document.addEventListener("securitypolicyviolation",
    (event) => window.refused.push(`${event.violatedDirective} ${event.blockedURI}`)); }"""


def test_nothing_of_ours_is_refused(installation: Installation, open_page: OpenPage) -> None:
    """`open_page` fails for every complaint in the console, and a refusal is one; the maps and pictures must come."""
    open_page("/login").get_by_label("비밀번호").wait_for()
    token = installation.enrol()
    alert_id = installation.raise_alert(token=token)
    console = open_page("/console", as_="operator")
    console.evaluate(LISTEN)
    expect(console.locator('.tile[data-player="live"]')).to_have_count(5, timeout=SLOW_MS)
    expect(console.locator(".map .canvas").first).to_be_visible()
    police = open_page("/agency", as_="112")
    police.evaluate(LISTEN)
    police.wait_for_selector('[data-link="live"]')
    link = installation.pushes.get(timeout=20)["link"]
    guardian = open_page(link, phone=True, expects=("401",))
    guardian.evaluate(LISTEN)
    guardian.locator("#last4").fill("1234")
    guardian.keyboard.press("Enter")
    installation.move(alert_id, token)
    expect(guardian.locator(".map .canvas canvas").first).to_be_attached(timeout=SLOW_MS)
    for page in (console, police, guardian):
        assert page.evaluate("window.refused") == []


def test_what_is_smuggled_into_a_page_is_refused(open_page: OpenPage) -> None:
    page = open_page("/login", expects=("Content Security Policy", "Refused"))
    page.evaluate(LISTEN)
    page.evaluate(
        """() => { document.body.insertAdjacentHTML("beforeend",
            "<p style='position:fixed'>x</p><img src='http://evil.example/x.png'><img src='/' onerror='window.hit=1'>");
            const script = document.createElement("script"); script.text = "window.hit = 1";
            document.body.append(script); }"""
    )
    page.wait_for_timeout(300)
    refused = " ".join(page.evaluate("window.refused"))
    assert all(name in refused for name in ("style-src-attr", "img-src", "script-src-elem")), refused
    assert page.evaluate("window.hit") is None
