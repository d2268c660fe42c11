"""The talk with the center as the screen shows it: what was said, how far it got, and what is still asked. Pure."""

from __future__ import annotations

from mobile_app.core.messages import Said
from mobile_app.core.talk import Talk
from mobile_app.ui import phrases
from mobile_app.ui.i18n import minute, say

SENDING, SENT, SEEN = "sending", "sent", "seen"
_SIGNS = {SENDING: "wait", SENT: "check", SEEN: "check_twice"}


def bubbles(talk: Talk, *, language: str, spoken: str) -> list[dict[str, object]]:
    """One per line: `text`, `under` (state or who, and when), `icon`, `is_mine`."""
    shown: list[dict[str, object]] = []
    asked = open_question(talk, spoken=spoken).get("said_id")
    for place, said in enumerate(talk.lines):
        if said.said_id == asked:
            continue  # it stands on the card with its answers
        is_mine, at = said.by == "person", minute(said.at)
        state = reached(talk, place) if is_mine else ""
        under = say(language, f"said_{state}") if is_mine else say(language, "said_center")
        shown.append(
            {
                "text": text_of(said, spoken=spoken),
                "under": f"{under} · {at}" if at else under,
                "icon": _SIGNS.get(state, ""),
                "is_mine": is_mine,
            }
        )
    return shown


def reached(talk: Talk, place: int) -> str:
    """How far a line of hers got. `seen` only when an operator answered that line or a later one of hers: nothing else
    proves that somebody has read it."""
    said = talk.lines[place]
    if said.said_id in talk.unsaid:
        return SENDING
    hers = {line.said_id for line in talk.lines[place:] if line.by == "person"}
    return SEEN if any(line.by != "person" and line.ref in hers for line in talk.lines[place + 1 :]) else SENT


def text_of(said: Said, *, spoken: str) -> str:
    """By a code it is said in the language that she has chosen, whatever the center's was."""
    return (phrases.words(said.code, spoken) if said.code else "") or said.text


def open_question(talk: Talk, *, spoken: str) -> dict[str, object]:
    """The center's newest coded question without an answer of hers: `said_id`, `text`, `answers` [(code, words)…].
    Empty when nothing is asked."""
    for place in range(len(talk.lines) - 1, -1, -1):
        said = talk.lines[place]
        if said.by == "person" or not phrases.is_question(said.code):
            continue
        codes = phrases.answers(said.code)
        known = {*codes, "yes", "no", "danger"}
        if any(line.by == "person" and (line.ref == said.said_id or line.code in known)
               for line in talk.lines[place + 1 :]):  # fmt: skip
            return {}
        return {
            "said_id": said.said_id,
            "text": text_of(said, spoken=spoken),
            "answers": [(code, phrases.words(code, spoken)) for code in codes],
        }
    return {}
