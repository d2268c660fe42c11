"""The walk as a guardian of it sees it, by the link of her notice and the last four digits of her number: where she is
from the rung `guardians` on, or from the start if she chose so; behind a release row that is on disk before the answer.

Before that: words only, those that she was told. Once an SOS of hers runs, the way to its own page, whose rules then
hold. The digits are asked for on each connection and kept nowhere.
"""

from __future__ import annotations

import asyncio
import hmac
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.connection import address_of, same_origin, services_of
from server.live import BAD_FRAME, FOREIGN_PAGE, SESSION_ENDED, View, run_page, send_views
from server.people import care, model, precision, walk_place
from server.people.consents import SOS_ONLY
from server.people.notices import link_digest, told_of
from server.people.store import IS_GUARDIAN
from server.walks.line import line_hub

if TYPE_CHECKING:
    from server.services import Services

router = APIRouter()
MOST_WRONG = 5
"""Wrong digits of one guardian, by all her links of one walk together; nobody else is locked by them."""
LOOK_S = 0.7
"""Who is cut off sees nothing more within a second."""
HELLO_S = 15.0
MOST_FIXES = 600
_NOTICE = f"""
SELECT g.*, n.notice_id, w.walk_id, w.alert_id, w.state, w.rung, w.trouble, w.eta_at, w.until_at, w.shows_place,
       w.outcome, w.lat, w.lon, w.accuracy_m, w.fixed_at, w.ended_at AS walk_ended_at, coalesce((
    SELECT c.text_version <> ALL(CAST(:sos_only AS text[])) FROM consent_line c WHERE c.person_id = p.person_id
    AND c.kind = 'guardian_sharing' AND c.act = 'granted' ORDER BY c.number DESC LIMIT 1), true) AS agreed FROM notice n
JOIN guardian g USING (guardian_id) JOIN person p ON p.person_id = n.person_id JOIN walk w ON w.walk_id = n.subject_id
WHERE n.link_digest = :digest AND g.guardian_id = ANY(w.guardians) AND {IS_GUARDIAN}
AND (p.sharing_stopped_until IS NULL OR p.sharing_stopped_until <= :now)
"""
_TRACK = """
SELECT fixed_at, lat, lon FROM walk_position WHERE walk_id = :walk AND fixed_at >= coalesce(
    (SELECT max(fixed_at) FROM walk_position WHERE walk_id = :walk AND received_at <= :since), '-infinity')
ORDER BY fixed_at DESC LIMIT :most
"""


class Digits(BaseModel):
    """The last four of the guardian's own number."""

    last4: str = Field(max_length=20)


@router.post("/api/notices/{link}/walk/place")
async def place(request: Request, link: str, body: Digits, response: Response) -> dict[str, Any]:
    response.headers["Cache-Control"] = "no-store"
    return await see(services_of(request), link, last4=body.last4, address=address_of(request))


@router.websocket("/api/notices/{link}/walk/live")
async def live(socket: WebSocket, link: str) -> None:
    """The page says `{"last4"}` first; then `view` at once and at each change, `place` (with `more` of the track)
    when only that has changed, `beat`, and `ended` with close 1000. Wrong digits, nothing to see (any more): 4401."""
    await socket.accept()
    services = services_of(socket)
    if not same_origin(socket):
        return await socket.close(FOREIGN_PAGE)
    try:
        async with asyncio.timeout(HELLO_S):
            said = Digits.model_validate_json(await socket.receive_text())
        view = await see(services, link, last4=said.last4, address=address_of(socket))
    except (ValidationError, TimeoutError, KeyError):
        return await socket.close(BAD_FRAME)
    except WebSocketDisconnect:
        return None
    except Problem:
        return await socket.close(SESSION_ENDED)

    async def look(before: View) -> View:
        return await see(services, link, last4=None, address=address_of(socket), before=before)

    with line_hub(services).page(view["walk"]) as wake:
        sending = send_views(
            socket, view, wake, look=look, send_changes=_send_changes, every_s=LOOK_S, clock=services.clock
        )
        await run_page(socket, sending)


async def _send_changes(socket: WebSocket, before: dict[str, Any], view: dict[str, Any]) -> None:
    moves = ("now", "place", "track", "eta")
    if any(before[name] != view[name] for name in view if name not in moves):
        await socket.send_json({"type": "view", "view": view})
    elif _fix(before) != _fix(view) or before["eta"] != view["eta"]:
        held = len(before["track"])
        if view["track"][:held] != before["track"]:  # a fix that came late, or a way longer than is shown
            return await socket.send_json({"type": "view", "view": view})
        more = {name: view[name] for name in ("place", "eta", "now")} | {"more": view["track"][held:]}
        await socket.send_json({"type": "place", **more})


def _fix(view: dict[str, Any]) -> Any:
    return view["place"] and (view["place"]["fixed_at"], view["place"]["precision"])


async def see(
    services: Services, link: str, *, last4: str | None, address: str, before: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The view (docs/walks.md section 4); `place` None before she has sent one, or while it is not shown. `last4`
    None: this connection has answered already, and has shown `before`. Problems: 404 `no_link` (also for who is no
    guardian of it any more), 410 `ended`, 403 `wrong_digits`, `locked`."""
    now = services.clock()
    async with services.db.begin() as unit:
        lock = " FOR UPDATE OF w" if last4 is not None else ""
        about = {"digest": link_digest(services, link), "now": now, "sos_only": list(SOS_ONLY)}
        row = await unit.one(_NOTICE + lock, about)
        if row is None:
            raise Problem(404, "no_link", "없는 주소입니다.", "There is no such page.")
        follow = await care.running_follow(unit, services, row["guardian_id"])
        if last4 is not None and row["walk_ended_at"] is not None and follow is None:
            raise Problem(410, "ended", "귀가가 끝났습니다.", "The walk has ended.")
        wrong = await _wrong(unit, services, row, last4) if last4 is not None else None
        shown = None if wrong else await _view(unit, services, row, follow, address, before)
    if wrong is not None:
        raise wrong  # after the commit: the wrong answer is counted
    assert shown is not None
    return shown


async def _view(
    unit: Unit,
    services: Services,
    row: dict[str, Any],
    follow: str | None,
    address: str,
    before: dict[str, Any] | None,
) -> dict[str, Any]:
    ended = row["walk_ended_at"] is not None
    by_silence = row["agreed"] and row["rung"] in ("guardians", "raised")
    is_shown = not ended and follow is None and (row["shows_place"] or by_silence)
    eta = row["eta_at"] or row["until_at"]
    shown = await _shown(unit, services, row, address, before) if is_shown else {"place": None, "track": []}
    return {
        "walk": str(row["walk_id"]),
        "events": await told_of(unit, row["guardian_id"], row["walk_id"]),
        "state": row["state"] if is_shown else "",
        "rung": row["rung"] if is_shown else "",
        "eta": eta.isoformat() if eta and is_shown else None,
        "is_shown": is_shown,
        **shown,
        "follow": follow,
        "ended": ended or follow is not None,
        "outcome": row["outcome"] if ended else "",
        "now": services.clock().isoformat(),
    }


async def _shown(
    unit: Unit, services: Services, row: dict[str, Any], address: str, before: dict[str, Any] | None
) -> dict[str, Any]:
    """Her place and, where that is exact, the way that it has taken since this guardian is shown it."""
    if row["lat"] is None:
        return {"place": None, "track": []}
    since = await walk_place.released_since(unit, row["alert_id"], row["guardian_id"])
    chosen = bool(row["shows_place"])
    if since is not None and before is not None and before["place"] is not None:
        rule = await walk_place.rule_of(unit, services, row["person_id"])
        now = walk_place.as_shown(row, is_exact=precision.is_walk_exact(rule, is_chosen=chosen))
        if now.items() <= before["place"].items():
            return {"place": before["place"], "track": before["track"]}
    if since is None:  # two of her pages at once make one row
        await unit.execute("SELECT 1 FROM walk WHERE walk_id = :id FOR UPDATE", {"id": row["walk_id"]})
    where = await walk_place.show(unit, services, row, until=None, address=address, is_chosen=chosen)
    if where is None or where["precision"] != "exact" or since is None:
        return {"place": where, "track": []}
    fixes = await unit.all(_TRACK, {"walk": row["walk_id"], "since": since, "most": MOST_FIXES})
    return {"place": where, "track": [[one["lat"], one["lon"]] for one in reversed(fixes)]}


async def _wrong(unit: Unit, services: Services, row: dict[str, Any], last4: str) -> Problem | None:
    counted = await unit.scalar(  # asked under the walk's lock: tries at once are counted one after the other
        "SELECT sum(wrong_digits) FROM notice WHERE guardian_id = :guardian AND subject_id = :walk",
        {"guardian": row["guardian_id"], "walk": row["walk_id"]},
    )
    if counted >= MOST_WRONG:
        raise Problem(403, "locked", "번호를 여러 번 틀려 잠겼습니다.", "Locked after too many wrong answers.")
    number = services.sealer.open(row["phone_sealed"], context=f"guardian.phone:{row['guardian_id']}")
    if hmac.compare_digest(model.clean_answer(last4).encode(), model.last_four(number).encode()):
        return None
    await unit.execute(
        "UPDATE notice SET wrong_digits = wrong_digits + 1 WHERE notice_id = :id", {"id": row["notice_id"]}
    )
    return Problem(403, "wrong_digits", "번호가 맞지 않습니다.", "These are not your last four digits.")
