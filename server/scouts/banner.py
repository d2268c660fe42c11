"""What the seats of a center see when something is wrong with scouts: a frame over their page; pure. Where and who is
read by who opens the board."""

from __future__ import annotations

from typing import Any

TEXTS: dict[str, tuple[str, str]] = {
    "sos": ("스카우트 {name}가 구조를 요청했습니다", "Scouts {name} call for help"),
    "overdue": ("스카우트 {name}의 복귀 확인이 없습니다", "Scouts {name} have not said that they are back"),
    "overdue_leader": (
        "스카우트 {name}의 복귀가 확인되지 않았고 아무도 연락하지 않았습니다",
        "Nobody has reached scouts {name}, who are overdue",
    ),
    "pair_late": ("안심귀가 예약에 아무도 가지 않았습니다", "Nobody has come for a booking of scouts"),
    "cared": ("스카우트에게 연락하고 있습니다", "Somebody calls the scouts"),
    "safe": ("스카우트가 무사합니다", "The scouts are well"),
}
STAYS = ("sos", "overdue", "overdue_leader", "pair_late")
"""Until another frame comes for the same pair or booking."""
LEADERS_ONLY = ("overdue_leader",)


def scout_banner(center: str, line: dict[str, Any]) -> dict[str, Any] | None:
    """The frame for an event line `scout:…`; None for those that nobody has to be called for."""
    subject, _, what = line["tag"].partition(":")
    payload = line["payload"]
    if subject != "scout" or what not in TEXTS:
        return None
    ko, en = (text.format(name=payload.get("name", "")) for text in TEXTS[what])
    return {
        "type": "banner",
        "kind": "scouts",
        "what": what,
        "stays": what in STAYS,
        "center": center,
        "pair_id": payload.get("pair_id"),
        "booking_id": payload.get("booking_id"),
        "at": line["at"],
        "message_ko": ko,
        "message_en": en,
    }
