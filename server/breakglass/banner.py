"""What the leaders of a center see at once when somebody opens its walls: a frame over their page; pure."""

from __future__ import annotations

from typing import Any
from uuid import UUID

TEXTS: dict[str, tuple[str, str]] = {
    "requested": ("다른 상황실이 비상 열람을 요청했습니다", "Another desk asks for a break-glass"),
    "renewal_requested": ("비상 열람 연장을 요청했습니다", "A renewal of a break-glass is asked for"),
    "approved": (
        "다른 상황실이 이 센터의 사건을 비상 열람합니다",
        "Another desk has opened an incident of yours",
    ),
    "declined": ("비상 열람 요청이 거절되었습니다", "A break-glass was declined"),
    "chosen": ("비상 열람할 사건을 골랐습니다", "The incident of a break-glass was chosen"),
    "ended": ("비상 열람이 끝났습니다", "A break-glass is over"),
}


def banner_of(center: str, incident_id: UUID | None, line: dict[str, Any]) -> dict[str, Any] | None:
    """The frame for an event line `breakglass:…`; None for other events. `stays`: until `ended` comes for it."""
    subject, _, what = line["tag"].partition(":")
    if subject != "breakglass" or what not in TEXTS:
        return None
    ko, en = TEXTS[what]
    return {
        "type": "banner",
        "kind": "breakglass",
        "what": what,
        "stays": what in ("approved", "chosen"),
        "center": center,
        "breakglass_id": line["payload"].get("breakglass_id"),
        "incident_id": str(incident_id) if incident_id else None,
        "by": line["actor"],
        "at": line["at"],
        "ends_at": line["payload"].get("ends_at"),
        "message_ko": ko,
        "message_en": en,
    }
