"""Why a request was not taken: codes with their HTTP status and words; pure.

What is wrong inside a body (`invalid`, `alarm_not_help`, `free_text`, `no_consent`, `no_position` …) is said by
`location_router.request_content`; the signature's refusals by `server/dispatch/reports.py`.
"""

from __future__ import annotations

from typing import Any

from location_router.request_content.values import Refused
from location_router.runtime.problems import Problem

REFUSALS: dict[str, tuple[int, str, str]] = {
    "address_not_registered": (
        403,
        "등록되지 않은 주소(IP)에서 온 요청입니다. 관제센터에 주소를 등록하세요.",
        "This address is not registered for your agency: have the center register it.",
    ),
    "wrong_agency": (403, "다른 기관의 이름으로 된 요청입니다.", "This request names another agency than the line's."),
    "no_agreement": (
        403,
        "이 센터와 맺은 유효한 협약이 없습니다. 급하면 전화하세요.",
        "No agreement with this center is in force; if it is urgent, telephone.",
    ),
    "suspended": (403, "협약이 정지되어 있습니다.", "Your agreement with this center is suspended."),
    "trigger_not_agreed": (
        403,
        "협약에 없는 요청 사유입니다.",
        "The agreement does not name this trigger.",
    ),
    "legal_basis": (403, "협약에 없는 법적 근거입니다.", "The agreement does not name this legal basis."),
    "outside_area": (403, "협약 구역 밖의 장소입니다.", "This place lies outside the area of the agreement."),
    "not_here": (
        403,
        "이 센터들의 관할이 아닙니다. 라우터(POST /v1/requests)로 보내세요.",
        "None of these centers has this place: send it to the router (POST /v1/requests).",
    ),
    "too_old": (
        422,
        "요청한 지 24시간이 넘었습니다. 새 request_id로 다시 요청하세요.",
        "It was raised more than 24 hours ago: ask anew with a new request_id.",
    ),
    "id_used": (
        409,
        "이미 다른 내용에 쓴 아이디입니다. 새 아이디를 쓰세요.",
        "This id stands for another content: use a new one.",
    ),
}


def problem(code: str, *, field: str = "", value: str = "") -> Problem:
    """The answer to whoever asks."""
    status, ko, en = REFUSALS[code]
    where: dict[str, Any] = {"field": field, "value": value[:80]} if field else {}
    return Problem(status, code, ko, en, **where)


def unreadable(wrong: Refused) -> Problem:
    """What the reader of requests has found: the field, its value, what to do."""
    told: dict[str, Any] = {
        "field": wrong.field,
        "value": wrong.value,
        "cause": wrong.cause,
        "fields": list(wrong.others),
    }
    return Problem(wrong.status, wrong.code, wrong.ko, wrong.en, **told)


def said_again(code: str) -> Problem:
    """Of a request that stands as refused."""
    if code in REFUSALS:
        return problem(code)
    return Problem(422, code, "받을 수 없는 요청입니다.", "This request can't be taken.")
