"""What the seats of a center see when an agency asks for pictures: a frame over their page; pure.

It says who asks under which number and until when; where and why is read by who opens the list."""

from __future__ import annotations

from typing import Any

TEXTS: dict[str, tuple[str, str]] = {
    "requested": ("영상 요청이 왔습니다", "An agency asks for video"),
    "escalated": ("답하지 않은 영상 요청이 있습니다", "A video request waits for an answer"),
    "approved": ("영상 요청을 승인했습니다", "A video request was approved"),
    "refused": ("영상 요청을 거절했습니다", "A video request was refused"),
    "withdrawn": ("영상 요청을 거두었습니다", "A video request was withdrawn"),
    "expired": ("영상 요청이 답 없이 만료되었습니다", "A video request has expired unanswered"),
    "ended": ("영상 제공이 끝났습니다", "The viewing of a video request is over"),
}
STAYS = ("requested", "escalated")
"""Until another frame comes for the same request."""


def request_banner(center: str, line: dict[str, Any]) -> dict[str, Any] | None:
    """The frame for an event line `video:…` of a request; None for other events."""
    subject, _, what = line["tag"].partition(":")
    payload = line["payload"]
    if subject != "video" or what not in TEXTS or "request_id" not in payload:
        return None
    ko, en = TEXTS[what]
    return {
        "type": "banner",
        "kind": "video_request",
        "what": what,
        "stays": what in STAYS,
        "center": center,
        "request_id": payload["request_id"],
        "agency_id": payload.get("agency_id"),
        "case_no": payload.get("case_no"),
        "is_area": payload.get("is_area"),
        "reason": payload.get("reason"),
        "by": line["actor"],
        "at": line["at"],
        "ends_at": payload.get("until_at"),
        "message_ko": ko,
        "message_en": en,
    }
