"""pydantic's errors as one refusal: the first wrong field with its value and what to do, the others by name. Pure."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from location_router.request_content.values import NOT_ENOUGH, Refused

_CURES = {
    "missing": ("{field} 값이 필요합니다.", "{field} is needed."),
    "extra_forbidden": ("{field}은(는) 모르는 필드입니다. 빼 주세요.", "{field} is not a field of this; leave it out."),
    "literal_error": ("{field}은(는) 다음 가운데 하나입니다: {expected}", "{field} is one of {expected}."),
    "string_too_long": ("{field}은(는) {max_length}자까지입니다.", "{field} holds {max_length} characters at most."),
    "string_too_short": ("{field}을(를) 비우지 마세요.", "{field} must not be empty."),
    "too_short": ("{field}을(를) 더 채워 주세요.", "{field} holds too little."),
    "timezone_aware": (
        "{field}에 시간대를 붙여 주세요(예: 2026-03-01T16:05:00Z).",
        "Write {field} with its offset (2026-03-01T16:05:00Z).",
    ),
    "nul": ("{field}에 NUL 글자가 있습니다.", "{field} holds a NUL character."),
    "place_swapped": ("{field}: 위도와 경도가 바뀌었습니다.", "{field}: latitude and longitude are exchanged."),
    "place_abroad": ("{field}: 우리나라 밖의 위치입니다.", "{field}: this place is outside the country."),
    "place_invalid": ("{field}: 위치가 아닙니다(0,0이거나 범위 밖).", "{field}: no place (0,0 or out of range)."),
}
_OTHER = ("{field} 값을 고쳐 주세요: {message}", "Correct {field}: {message}.")
MOST_TOLD = 20


def refused_by(error: ValidationError, said: Any, *, root: str = "", extra: str = "") -> Refused:
    """`root` is written before the field's name; `extra` is the code for a field that is none, in place of
    `invalid`."""
    found = error.errors(include_url=False, include_input=False)[:MOST_TOLD]
    one = next((item for item in found if extra and item["type"] == "extra_forbidden"), found[0])
    field = _name(one["loc"], root)
    code = extra if extra and one["type"] == "extra_forbidden" else "invalid"
    context = {"field": field, "message": one["msg"]} | {name: str(value) for name, value in one.get("ctx", {}).items()}
    kind = str(one["ctx"]["error"]) if one["type"] == "value_error" else one["type"]
    ko, en = (text.format(**context) for text in _CURES.get(kind, _OTHER))
    others = dict.fromkeys(_name(item["loc"], root) for item in found if item is not one)
    cause = {"cause": NOT_ENOUGH} if one["type"] == "missing" else {}
    return Refused(code, field, _value(said, one["loc"]), ko, en, others=others, **cause)


def _name(loc: tuple[str | int, ...], root: str) -> str:
    return ".".join(str(part)[:40] for part in ((root,) if root else ()) + loc)[:200] or "body"


def _value(said: Any, loc: tuple[str | int, ...]) -> Any:
    for part in loc:
        try:
            said = said[part]
        except (KeyError, IndexError, TypeError):
            return ""
    return said
