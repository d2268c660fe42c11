"""The catalogue of what can be said by a code: quick replies, questions, taps, interpreter's phrases. Every code stands
in every language (a test), so that an operator who speaks Korean can ask and a person who speaks Thai can answer."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import Any

from server.talk.model import DEFAULT_LANGUAGE


@cache
def catalogue() -> dict[str, Any]:
    """`{"version","languages":{code: own name},"codes":{code: {"uses","answers"?,"text":{language: words}}}}`; `uses`
    are of `quick` (the person's), `tap`, `question` and `phrase` (the operator's)."""
    return dict(json.loads(files("server.talk").joinpath("phrases.json").read_text(encoding="utf-8")))


@cache
def edition() -> str:
    """Names what is in the catalogue, for ETag."""
    return hashlib.sha256(json.dumps(catalogue(), sort_keys=True).encode()).hexdigest()[:16]


def codes_for(use: str) -> list[str]:
    return sorted(code for code, entry in catalogue()["codes"].items() if use in entry["uses"])


def answers_to(code: str) -> list[str]:
    """What she is offered to answer this question with; empty for what is no question."""
    return list(catalogue()["codes"].get(code, {}).get("answers", ()))


def words(code: str, language: str) -> str:
    """The sentence in `language` ("vi", "vi-VN"), in English where the catalogue has not got it; "" for no code."""
    texts = catalogue()["codes"].get(code, {}).get("text", {})
    return str(texts.get(spoken(language), ""))


def spoken(language: str) -> str:
    """The catalogue's language that she understands best."""
    short = language.replace("_", "-").split("-")[0].lower()
    return short if short in catalogue()["languages"] else DEFAULT_LANGUAGE
