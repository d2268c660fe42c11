"""What sets off an alert: one list of words, sent by every part and said in both languages to whoever answers it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

from location_router import intake, sms_text
from location_router.wire import REQUEST_TRIGGERS, TRIGGERS
from mobile_app.core.profiles import COVERT, Profiles
from mobile_app.net.sms_text import TRIGGERS as PHONE_LETTERS
from mobile_app.ui.i18n import say

ROOT = Path(__file__).resolve().parents[2]
CONSOLE = ROOT / "server" / "web" / "src" / "texts" / "console.ts"
SENT = {  # how a part that raises alerts names what set one off
    "location_router": r'"trigger": (?:[\w.]+ if \w+ else )?"(\w+)"',
    "mobile_app": r'raise_alert\([^"\n]+, "(\w+)"',
    "server": r'(?:"trigger": |_alert_of\(row, )"(\w+)"',
    "server/web/src": r'trigger: "([a-z_]+)"',
}


def words_of_the_code() -> set[str]:
    found: set[str] = set()
    for folder, pattern in SENT.items():
        files = [*(ROOT / folder).rglob("*.ts")] if folder.endswith("src") else [*(ROOT / folder).rglob("*.py")]
        for file in files:
            if not {"texts", "node_modules"} & set(file.parts):
                found |= set(re.findall(pattern, file.read_text()))
    return found | set(Profiles.__dataclass_fields__) | set(PHONE_LETTERS) | set(sms_text.TRIGGERS)


def test_every_part_says_the_same_words() -> None:
    words = words_of_the_code() - set(REQUEST_TRIGGERS)  # of a request: tests/server/requests
    assert {"overdue_walk", "guardian", "device", "web", "tap", "fall", "sms"} <= words, "the search finds them"
    assert words <= set(TRIGGERS)
    assert PHONE_LETTERS == sms_text.TRIGGERS


def test_every_trigger_has_a_label_in_korean_and_english() -> None:
    korean, english = CONSOLE.read_text().split("const en:", 1)
    for language, text in (("ko", korean), ("en", english)):
        block = re.search(r"^  trigger: \{(.*?)^  \}", text, re.MULTILINE | re.DOTALL)
        assert block is not None
        labels = dict(re.findall(r'(\w+): "([^"]+)"', block[1]))
        assert set(labels) == {*TRIGGERS, "observed"}, language  # what the desk itself opens was raised by nobody
    for one in Profiles.__dataclass_fields__:
        assert say("ko", f"trigger_{one}") != say("en", f"trigger_{one}")


def test_an_older_phone_is_understood_and_her_choice_kept() -> None:
    old = {"alert_id": "01926e1c-0000-7000-8000-000000000001", "phase": "active", "trigger": "walk"}
    understood = intake.read(json.dumps(old).encode(), now=datetime.now(UTC))
    assert isinstance(understood, intake.Understood) and understood.message.trigger == "overdue_walk"
    assert Profiles.read({"walk": COVERT}).overdue_walk == COVERT == Profiles.read({"walk": COVERT}).of("overdue_walk")
