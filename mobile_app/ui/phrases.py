"""What can be said to the center by a code, and what the center asks by one, in nine languages.

`phrases.json` is the center's own catalogue (`server/talk/phrases.json`); a test compares them byte for byte.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

FALLBACK = "en"
ORDER = (
    "cannot_talk", "need_police", "being_followed", "hiding", "danger", "hurt", "need_ambulance", "in_vehicle",
    "come_quietly", "do_not_call", "call_me", "need_fire", "safe_now", "pressed_by_mistake",
)  # fmt: skip
"""Quick replies, the likeliest first. Yes and no stand at the question."""


@cache
def catalogue() -> dict[str, Any]:
    return dict(json.loads((Path(__file__).parent / "phrases.json").read_text(encoding="utf-8")))


def languages() -> dict[str, str]:
    """Code and own name."""
    return dict(catalogue()["languages"])


def words(code: str, language: str) -> str:
    """The sentence; English where the language is unknown, "" for an unknown code."""
    texts = catalogue()["codes"].get(code, {}).get("text", {})
    return str(texts.get(language) or texts.get(FALLBACK, ""))


def is_question(code: str) -> bool:
    return "question" in catalogue()["codes"].get(code, {}).get("uses", ())


def answers(code: str) -> tuple[str, ...]:
    """What a question is answered with, yes and no at least."""
    given = catalogue()["codes"].get(code, {}).get("answers", ())
    return tuple(given) or ("yes", "no")
