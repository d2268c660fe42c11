"""What she is told by text message while she may not be looking: without a name and without a place."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from location_router.runtime.db import Unit
from server.people.texts import queue_text
from server.scouts.model import WAIT
from server.scouts.offer import KOREA
from server.scouts.reading import words_of

if TYPE_CHECKING:
    from server.services import Services

LIFE = timedelta(minutes=20)
WORDS = {
    "assigned": "[안심귀가] {at} 예약에 스카우트 {pair}가 배정되었습니다. 만나면 서로의 확인 코드를 읽어 주세요.",
    "phone_booked": "[안심귀가] {at} 스카우트 예약을 접수했습니다. 취소하거나 바꾸려면 {callback}로 전화해 주세요.",
    "phone_assigned": "[안심귀가] {at} 스카우트 {pair}가 갑니다. 스카우트의 코드가 {theirs}인지 먼저 확인하고,"
    " 같을 때만 내 코드 {hers}를 알려 주세요. 다르면 함께 가지 말고 {callback}로 전화해 주세요.",
    "cancelled": "[안심귀가] {at} 예약을 전화로 취소했습니다. 취소하지 않았다면 {callback}로 전화해 주세요.",
    "waiting": "[안심귀가] 스카우트 {pair}가 만날 곳에 도착해 기다리고 있습니다.",
    "no_show": "[안심귀가] 10분을 기다렸지만 만나지 못해 예약을 마쳤습니다. 지금 왔다면 {callback}로 전화해 주세요.",
    "pair_late": "[안심귀가] 스카우트가 늦고 있습니다. 밝은 곳에서 기다려 주세요. 문의 {callback}",
    "called_off": "[안심귀가] {at} 예약을 진행하지 못하게 되었습니다. 이유: {reason}. 문의 {callback}",
    "wrong_codes": "[안심귀가] 확인 코드가 여러 번 틀렸습니다. 함께 가지 말고 {callback}로 전화해 주세요.",
}


async def tell_her(unit: Unit, services: Services, row: dict[str, Any], what: str, **words: str) -> None:
    """Queued in the unit of its cause; too late it is not sent any more: codes are needed until they meet."""
    number = words_of(services, row)["phone"]
    if not number:
        return
    callback = await unit.scalar("SELECT callback FROM center WHERE code = :c", {"c": row["center_id"]})
    filled = {
        "at": f"{row['at'].astimezone(KOREA):%m월 %d일 %H:%M}",
        "callback": callback or "상황실",
        "pair": "",
        "reason": "",
    } | words
    told = WORDS[what].format(**filled)
    life = max(LIFE, row["at"] + WAIT - services.clock()) if what == "phone_assigned" else LIFE
    await queue_text(unit, services, center=row["center_id"], number=number, words=told, life=life)
