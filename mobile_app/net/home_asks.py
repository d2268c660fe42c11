"""What a window asks of the home center and the phone only passes on: guardians' terms, notices, who saw her on a walk,
scouts, the people she watches over, places. One table of routes; who asks by another name, or with ids that don't fit,
is refused here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from mobile_app.net.client import HomeClient
from mobile_app.problem import Problem

_ME = "/api/people/me"
_BOOKING, _INVITATION = f"{_ME}/scouts/{{booking_id}}", "/api/invitations/{invitation}"
ROUTES: dict[str, tuple[str, str]] = {
    "notices": ("GET", f"{_ME}/notices"),
    "guest": ("POST", f"{_ME}/guests"),
    "walk_disclosures": ("GET", f"{_ME}/walks/{{walk_id}}/disclosures"),
    "silence": ("PUT", f"{_ME}/guardians/{{guardian_id}}/silence"),
    "scouts": ("GET", f"{_ME}/scouts"),
    "scouts_offered": ("POST", f"{_ME}/scouts/offered"),
    "scouts_book": ("PUT", _BOOKING),
    "scouts_code": ("POST", f"{_BOOKING}/code"),
    "scouts_home": ("POST", f"{_BOOKING}/home"),
    "scouts_cancel": ("POST", f"{_BOOKING}/cancel"),
    "watched": ("GET", _INVITATION),
    "watched_ask": ("POST", f"{_INVITATION}/questions"),
    "watched_answer": ("GET", f"{_INVITATION}/questions/{{question_id}}"),
    "watched_place": ("POST", f"{_INVITATION}/questions/{{question_id}}/place"),
    "watched_alarm": ("POST", f"{_INVITATION}/alarm"),
    "facilities": ("GET", "/api/facilities?lat={lat}&lon={lon}&radius_m={radius_m}"),
    "routes": ("POST", f"{_ME}/routes"),
    "consents": ("GET", "/api/consents"),
    "protection": ("GET", f"{_ME}/protection"),
    "protect": ("POST", f"{_ME}/protection"),
    "warnings": ("GET", f"{_ME}/warnings"),
    "warning_places": ("GET", f"{_ME}/warnings/places"),
    "warn": ("PUT", f"{_ME}/warnings"),
    "unwarn": ("DELETE", f"{_ME}/warnings"),
    "unprotect": ("DELETE", f"{_ME}/protection/{{protection_id}}"),
}
NO_QUESTION = ("no_question", "휴대폰이 모르는 요청입니다.", "The phone does not know this question.")


async def ask_home(home: HomeClient, what: str, ids: Mapping[str, str], body: dict[str, Any]) -> dict[str, Any]:
    """The home center's answer. Raises Problem: its own, or `no_question`."""
    if what not in ROUTES:
        raise Problem(*NO_QUESTION)
    method, template = ROUTES[what]
    try:
        path = template.format(**{name: quote(str(one), safe="") for name, one in ids.items()})
    except KeyError:
        raise Problem(*NO_QUESTION) from None
    return await home.answered(method, path, body if method != "GET" else None)
