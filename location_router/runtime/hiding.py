"""The last look at what goes to a log: nothing personal leaves, whoever wrote the line.

Defence in depth. The rule stays that nobody logs a name, a number or a place; this catches who forgot: values under
keys that are personal by their name, and, in any text, what looks like a phone number, a place, a token or a link that
opens something. A name in free text can't be recognised, so an exception's own words are left out unless its class is
known to speak of no values (`said`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import psycopg
from pydantic import ValidationError

HIDDEN = "[hidden]"
PERSONAL = frozenset(
    {
        "phone",
        "phone_number",
        "number",
        "msisdn",
        "mobile",
        "nickname",
        "caller",
        "caller_name",
        "person_name",
        "guardian_name",
        "full_name",
        "lat",
        "lon",
        "lng",
        "latitude",
        "longitude",
        "position",
        "positions",
        "place",
        "track",
        "coordinates",
        "token",
        "access_token",
        "live_token",
        "device_token",
        "push_token",
        "invitation",
        "link",
        "last4",
        "otp",
        "pin",
        "password",
        "secret",
        "authorization",
        "cookie",
        "body",
        "text",
        "note",
        "said",
        "payload",
    }
)
"""Keys whose values are hidden whatever they are."""

_PLACE = r"[-+]?\d{1,3}\.\d{3,}"
_KOREAN_NUMBER = (
    r"(?<![\w.\-])(?:\+?82[\s.\-]?\(?0?\)?|\(?0)(?:1[016789]|2|[3-6][1-5]|70|50\d?)\)?[\s.\-]*"
    r"\d{3,4}[\s.\-]?\d{4}(?![\w\-])"
)
_RULES = (
    (r"\beyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?", "[token]"),
    (r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}", r"\1 [token]"),
    (r"\bansk_[\w-]+", "[token]"),
    (r"/(follow|respond|invitations)/[\w~%-]{8,}", r"/\1/[link]"),
    (r"(?i)([?&](?:token|ticket|code|key|state|secret|password|link)=)[^&\s\"'#]+", rf"\1{HIDDEN}"),
    (r"\b(ansim_\w+=)[^;\s\"']+", rf"\1{HIDDEN}"),
    (r"(://[^:/\s@]*:)[^@\s/]+@", rf"\1{HIDDEN}@"),
    (r"DETAIL:[^\n]*", f"DETAIL: {HIDDEN}"),  # PostgreSQL's: "Key (login)=(…) already exists"
    (r"input_value=.*?, input_type=\w+", f"input_value={HIDDEN}"),  # pydantic's
    (r"exception=\w+\(.*\)", f"exception={HIDDEN}"),  # asyncio's, of a task that nobody waited for
    (r"\b((?:Value|Key|Lookup|Assertion|UnicodeDecode|JSONDecode)Error)\(.*\)", rf"\1({HIDDEN})"),
    (r"(?i)\b(lat|lon|lng|latitude|longitude)(\\?['\"]?\s*[=:]\s*)[-+]?\d+(?:\.\d+)?", rf"\1\2{HIDDEN}"),
    (r"(?i)\bpoint\s*z?\s*\([^)]*\)", f"POINT({HIDDEN})"),
    (rf"(?<![\w.]){_PLACE}[\s,;/]+{_PLACE}(?![\w.])", "[place]"),
    (_KOREAN_NUMBER, "[number]"),
    (r"(?<![\w.])\+\d{1,3}[\s.\-]?\d(?:[\s.\-]?\d){6,12}(?!\w)", "[number]"),
)
# ASCII: between a Korean particle and a number there is a boundary
_COMPILED = tuple((re.compile(pattern, re.ASCII | re.DOTALL), instead) for pattern, instead in _RULES)


def hide(text: str) -> str:
    """`text` without phone numbers, places, tokens and links; the same object when there is nothing to hide."""
    for pattern, instead in _COMPILED:
        text = pattern.sub(instead, text)
    return text


def hide_all(value: Any) -> Any:
    """The same for every text inside `value`; an exception in words; a mapping's personal keys hidden whole."""
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, BaseException):
        return hide(f"{type(value).__name__}: {said(value)}")
    if isinstance(value, Mapping):
        return {key: HIDDEN if _is_personal(key, one) else hide_all(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [hide_all(one) for one in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return hide(str(value))


_IDENTIFIER = re.compile(r"[a-z][a-z0-9_.:]{0,60}")


def _is_personal(key: Any, value: Any) -> bool:
    if value is None or value == "" or value == [] or value == {}:
        return False
    if key == "name":  # of a command or a task, not of a person
        return not (isinstance(value, str) and _IDENTIFIER.fullmatch(value))
    return str(key).lower() in PERSONAL


_SPEAK_OF_NO_VALUES = (OSError, RuntimeError, TypeError, AttributeError, NameError, ImportError)


def said(error: BaseException) -> str:
    """What an exception may say in a log: fields and kinds, never the values it stumbled over. A class says that its
    words hold no values by `says_no_values = True`."""
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['type']}" for one in error.errors()[:5])
    original = getattr(error, "orig", None)
    if isinstance(original, BaseException):  # SQLAlchemy's, around the driver's
        return f"{type(original).__name__}: {said(original)}"
    if isinstance(error, psycopg.Error):
        return error.diag.message_primary or error.sqlstate or str(error).partition("\n")[0]
    if isinstance(error, _SPEAK_OF_NO_VALUES) or getattr(type(error), "says_no_values", False):
        return str(error)
    return "[words left out]" if error.args else ""
