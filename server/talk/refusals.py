"""Why nothing can be said or nobody be called now, and what to do instead: Korean and English."""

from __future__ import annotations

from math import ceil

from location_router.runtime.problems import Problem

REASONS: dict[str, tuple[int, str, str]] = {
    "incident_closed": (
        409,
        "끝난 사건입니다. 다시 열어야 대화할 수 있습니다.",
        "The incident is over; reopen it to talk.",
    ),
    "not_owner": (409, "신고를 맡은 센터만 대화할 수 있습니다.", "Only the center that has the alert may talk to her."),
    "not_live": (409, "아직 예비 신고입니다. 확정되면 대화할 수 있습니다.", "A pre-alert: talk once it is active."),
    "not_acknowledged": (409, "먼저 사건을 맡아 주세요.", "Acknowledge the incident first."),
    "already_taken": (409, "다른 요원이 맡은 사건입니다.", "A colleague has this incident."),
    "phone_is_quiet": (
        409,
        "휴대전화에서 이미 끝낸 신고라 화면에 아무것도 보이지 않습니다. 필요하면 전화하거나 출동을 요청하세요.",
        "Her phone shows nothing any more: the alert was ended there, or no phone raised it. Call, or dispatch.",
    ),
    "too_many_lines": (
        429,
        "1분에 20줄까지 보낼 수 있습니다. 잠시 뒤 다시 보내세요.",
        "At most 20 lines a minute; send again in a moment.",
    ),
    "silent_caller": (
        409,
        "소리 나는 전화를 원하지 않는 신고자입니다. 그래도 걸려면 confirm_loud를 true로 보내세요.",
        "She asked not to be called loudly. To ring all the same, send confirm_loud: true.",
    ),
    "duress": (
        409,
        "강요된 상황일 수 있어 전화벨이 위험할 수 있습니다. 그래도 걸려면 confirm_loud를 true로 보내세요.",
        "She may be under duress and a ringing phone may harm her. To ring all the same, send confirm_loud: true.",
    ),
    "drill": (409, "훈련 사건에서는 실제 전화를 걸지 않습니다.", "A drill calls nobody in earnest."),
    "no_number": (
        409,
        "신고에 걸 수 있는 전화번호가 없습니다. 대화창을 이용하세요.",
        "The alert names no number that can be dialled; use the chat.",
    ),
    "no_callback": (
        409,
        "센터의 대표 번호가 등록되어 있지 않습니다. 관리자에게 등록을 요청하세요.",
        "The center has no callback number; ask the administrator to enter it.",
    ),
    "recording_not_allowed": (
        403,
        "통화 녹음의 목적이 정해져 있지 않아 녹음할 수 없습니다(VOICE_RECORDING_PURPOSE).",
        "Calls are not recorded: no purpose is declared (VOICE_RECORDING_PURPOSE).",
    ),
    "recording_not_possible": (
        409,
        "손으로 거는 전화는 여기서 녹음할 수 없습니다.",
        "A call dialled by hand can't be recorded here.",
    ),
    "voice_failed": (
        502,
        "전화 교환기가 응답하지 않습니다. 대화창을 쓰거나 출동을 요청하세요.",
        "The telephone exchange does not answer; use the chat, or dispatch.",
    ),
    "no_call": (404, "그런 통화가 없습니다.", "There is no such call."),
    "call_over": (409, "이미 끝난 통화입니다.", "This call is over."),
}


def refusal(code: str, *, wait_s: float = 0.0) -> Problem:
    """The Problem of `code`; `wait_s` is when it may be tried again."""
    status, ko, en = REASONS[code]
    if wait_s <= 0:
        return Problem(status, code, ko, en)
    return Problem(status, code, ko, en, headers={"Retry-After": str(ceil(wait_s))}, wait_s=round(wait_s, 1))
