"""What a request for a missing child or somebody with dementia has beside the others: the guardian hears that the
center searches and when it ends, and what the agency attached goes with the rescue.

The guardian is told by the city, in words without a place; the number is the one that the request names as hers or
his. An exercise telephones nobody.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from location_router.request_content.plain import MISSING
from location_router.runtime.db import Unit
from server.actor import SYSTEM
from server.events import record
from server.people.model import BadPhone, normalise_phone
from server.people.texts import queue_text
from server.requests.model import OPEN_STATES
from server.retention.proofs import prove_at_once

if TYPE_CHECKING:
    from server.services import Services

SEARCHES_FOR = timedelta(hours=2)
"""A text that the gateway has not taken until then says nothing any more."""
WORDS = {
    "searching": "[안심] {center} 관제센터가 {name}님을 찾고 있습니다. 새 소식은 {callback}나 112로 알려 주세요.",
    "over": "[안심] {center} 관제센터가 {name}님 찾기를 마쳤습니다. 결과는 {agency} 또는 {callback}로 확인해 주세요.",
}
_FORGET = """
DELETE FROM capture_piece p USING capture c WHERE c.alert_id = :id AND c.center_id = :center AND c.lens = 'agency'
  AND p.capture_id = c.capture_id AND p.center_id = c.center_id AND c.incident_id NOT IN (SELECT held_incidents())
"""
_FORGET_WHOLE = """
WITH gone AS (DELETE FROM capture WHERE alert_id = :id AND center_id = :center AND lens = 'agency'
  AND incident_id NOT IN (SELECT held_incidents()) RETURNING 1) SELECT count(*) FROM gone
"""


def step_of(before: dict[str, Any], after: dict[str, Any]) -> str | None:
    """What the guardian is told of a change of state: `searching`, once, `over` for whom that was said, or nothing.
    Where another center goes on, that one tells."""
    if after["is_drill"] or after["trigger"] not in MISSING or before["state"] == after["state"]:
        return None
    was_told = any(one["state"] == "accepted" for one in before["history"])
    if after["state"] == "accepted":
        return None if was_told else "searching"
    is_over = before["state"] in OPEN_STATES and after["state"] not in OPEN_STATES
    return "over" if was_told and is_over and after["reason"] != "handed_over" else None


async def tell_guardian(
    unit: Unit, services: Services, row: dict[str, Any], subject: dict[str, Any], step: str, *, name: str
) -> None:
    """A text with the unit's commit, and a line that says whether there was a number to send it to. `name`: as every
    card shows it."""
    try:
        number = normalise_phone(str(subject.get("guardian_phone", "")))
    except BadPhone:
        number = ""
    if number:
        known = {"center": row["center_ko"] or row["center_id"], "agency": row["name_ko"] or row["agency_id"]}
        words = WORDS[step].format(name=name, callback=row["callback"] or "112", **known)
        await queue_text(unit, services, center=row["center_id"], number=number, words=words, life=SEARCHES_FOR)
    payload = {"request_id": str(row["request_id"]), "agency_id": row["agency_id"], "step": step}
    record(
        unit,
        center_id=row["center_id"],
        incident_id=row["incident_id"],
        tag="request:guardian_told" if number else "request:guardian_unknown",
        actor=SYSTEM,
        payload=payload,
    )


async def forget_attached(unit: Unit, services: Services, row: dict[str, Any]) -> None:
    """Photos and readings of the agency, unless a legal hold keeps the incident; with a proof that they went."""
    key = {"id": row["request_id"], "center": row["center_id"]}
    await unit.execute(_FORGET, key)
    if gone := await unit.scalar(_FORGET_WHOLE, key):
        await prove_at_once(
            unit,
            center_id=row["center_id"],
            kind="request_attachments",
            table="capture",
            deleted=gone,
            now=services.clock(),
        )
