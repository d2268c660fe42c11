"""What a caller has written of herself, as the panel of who asked for it is sent it."""

from __future__ import annotations

from typing import Literal

from server.page_wire.base import Wire


class CallerFact(Wire):
    """`key` as the phone named it; `words` are hers, cleaned of what can't be seen."""

    group: Literal["where", "health", "talk", "who", "note", "other"]
    key: str
    words: str


class CallerFacts(Wire):
    name_masked: str
    facts: list[CallerFact]


class CallerProfile(Wire):
    """One for each caller of the incident who has written anything."""

    release_id: str
    is_drill: bool
    people: list[CallerFacts]
