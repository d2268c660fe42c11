"""The walk as a guardian of it sees it, by the link of her notice: where she is from the rung `guardians` on, or from
the start if she chose so; behind a release row that is on disk before the answer."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.connection import address_of, services_of
from server.people import model, walk_place
from server.people.notices import link_digest
from server.people.store import IS_GUARDIAN

if TYPE_CHECKING:
    from server.services import Services

router = APIRouter()
SHOWN_FOR = timedelta(minutes=30)
MOST_WRONG = 5
"""Wrong digits of all guardians of one walk together."""
_NOTICE = f"""
SELECT g.*, w.walk_id, w.state, w.rung, w.trouble, w.eta_at, w.shows_place, w.wrong_digits,
       w.ended_at AS walk_ended_at FROM notice n
JOIN guardian g USING (guardian_id) JOIN person p ON p.person_id = n.person_id JOIN walk w ON w.walk_id = n.subject_id
WHERE n.link_digest = :digest AND g.guardian_id = ANY(w.guardians) AND {IS_GUARDIAN}
AND (p.sharing_stopped_until IS NULL OR p.sharing_stopped_until <= :now) FOR UPDATE OF w
"""


class Digits(BaseModel):
    """The last four of the guardian's own number."""

    last4: str = Field(max_length=20)


@router.post("/api/notices/{link}/walk/place")
async def place(request: Request, link: str, body: Digits, response: Response) -> dict[str, Any]:
    response.headers["Cache-Control"] = "no-store"
    return await see(services_of(request), link, last4=body.last4, address=address_of(request))


async def see(services: Services, link: str, *, last4: str, address: str) -> dict[str, Any]:
    """`{state, rung, eta, place}`; `place` None before she has sent one. Problems: 404 `no_link` (also for who is no
    guardian of it any more), 410 `ended`, 403 `no_place_yet`, `wrong_digits`, `locked`."""
    now = services.clock()
    async with services.db.begin() as unit:
        row = await unit.one(_NOTICE, {"digest": link_digest(services, link), "now": now})
        if row is None:
            raise Problem(404, "no_link", "없는 주소입니다.", "There is no such page.")
        if row["walk_ended_at"] is not None:
            raise Problem(410, "ended", "귀가가 끝났습니다.", "The walk has ended.")
        if not row["shows_place"] and row["rung"] not in ("guardians", "raised"):
            raise Problem(
                403,
                "no_place_yet",
                "지금은 위치를 보여 드리지 않습니다.",
                "Her place is not shown as long as all is well.",
            )
        wrong = await _wrong(unit, services, row, last4)
        shown = None if wrong else await _shown(unit, services, row, now, address)
    if wrong is not None:
        raise wrong  # after the commit: the wrong answer is counted
    assert shown is not None
    return shown


async def _shown(unit: Unit, services: Services, row: dict[str, Any], now: datetime, address: str) -> dict[str, Any]:
    where = await walk_place.show(unit, services, row, until=now + SHOWN_FOR, address=address)
    eta = row["eta_at"].isoformat() if row["eta_at"] else None
    return {"state": row["state"], "rung": row["rung"], "eta": eta, "place": where}


async def _wrong(unit: Unit, services: Services, row: dict[str, Any], last4: str) -> Problem | None:
    if row["wrong_digits"] >= MOST_WRONG:
        raise Problem(403, "locked", "번호를 여러 번 틀려 잠겼습니다.", "Locked after too many wrong answers.")
    number = services.sealer.open(row["phone_sealed"], context=f"guardian.phone:{row['guardian_id']}")
    if hmac.compare_digest(model.clean_answer(last4).encode(), model.last_four(number).encode()):
        return None
    await unit.execute("UPDATE walk SET wrong_digits = wrong_digits + 1 WHERE walk_id = :id", {"id": row["walk_id"]})
    return Problem(403, "wrong_digits", "번호가 맞지 않습니다.", "These are not your last four digits.")
