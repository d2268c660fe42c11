"""The guardian's page: bound to the first browser that knows the last four digits, dark when the alert has ended."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from location_router.wire import Phase, State
from server.people import guardian_push, model, precision, told
from server.people.follow import disclose, is_running, is_stopped, link_digest
from server.people.hub import follow_hub
from server.people.store import GUARDIAN_ENDED
from server.people.whereabouts import address_of

if TYPE_CHECKING:
    from server.services import Services

_QUERY = f"""
SELECT f.*, a.state, a.phase, a.serving, a.history, a.position_sealed, a.position_at, a.ended_at, a.outcome,
       a.person_id, g.phone_sealed, {GUARDIAN_ENDED} AS guardian_ended_at, p.nickname_sealed,
       p.sharing_stopped_until, p.follow_precision,
       EXISTS (SELECT 1 FROM release r WHERE r.alert_id = f.alert_id AND r.viewer_id = f.guardian_id
               AND r.kind = 'position' AND r.ended_at IS NULL) AS is_disclosed
FROM follow f JOIN followed_alert a USING (alert_id) JOIN guardian g USING (guardian_id)
JOIN person p ON p.person_id = a.person_id WHERE f.link_digest = :digest
"""


@dataclass(frozen=True, slots=True)
class Opened:
    """`cookie` is new when this answer bound the browser."""

    view: dict[str, Any]
    cookie: str | None


async def open_page(services: Services, link: str, *, last4: str, cookie: str, address: str) -> Opened:
    """Answer the question. Problems: 404 `no_link`, 410 `ended`, 403 `bound_elsewhere`, `locked`, `wrong_digits`
    (with `attempts_left`). Wrong answers are counted under a lock, so that parallel guesses count too."""
    async with services.db.begin() as unit:
        row = await _row(unit, services, link, lock=True)
        if not is_running(row, services.clock()):
            raise ended()
        if row["bound_digest"] is not None:
            if not is_bound(services, row, cookie):
                raise _bound_elsewhere()
            if not row["is_disclosed"]:  # a pause had ended it, and is over
                await disclose(unit, services, row, address=address)
                row["is_disclosed"] = True
            await told.looked(unit, services, row)
            return Opened(await in_words(services, view(services, row)), None)
        if row["wrong_answers"] >= model.MAX_WRONG_ANSWERS:
            raise _locked()
        wrong = await _count_if_wrong(unit, services, row, last4)
        bound = await _bind(unit, services, row, address) if wrong is None else None
    if bound is None:
        assert wrong is not None
        raise wrong
    return Opened(await in_words(services, view(services, row | {"is_disclosed": True})), bound)


async def _row(unit: Unit, services: Services, link: str, *, lock: bool = False) -> dict[str, Any]:
    wanted = {"digest": link_digest(services, link), "now": services.clock()}
    row = await unit.one(_QUERY + (" FOR UPDATE OF f" if lock else ""), wanted)
    if row is None:
        raise Problem(
            404,
            "no_link",
            "없는 주소입니다. 받은 알림에서 다시 열어 주세요.",
            "There is no such page; open it again from the message.",
        )
    return row


async def _count_if_wrong(unit: Unit, services: Services, row: dict[str, Any], last4: str) -> Problem | None:
    """The problem to raise after the commit (the count must stay), or None for the right answer."""
    phone = services.sealer.open(row["phone_sealed"], context=f"guardian.phone:{row['guardian_id']}")
    if hmac.compare_digest(model.clean_answer(last4).encode(), model.last_four(phone).encode()):
        return None
    count = row["wrong_answers"] + 1
    await unit.execute(
        "UPDATE follow SET wrong_answers = :count WHERE follow_id = :id", {"count": count, "id": row["follow_id"]}
    )
    left = model.MAX_WRONG_ANSWERS - count
    return Problem(
        403,
        "wrong_digits",
        f"번호가 맞지 않습니다. {left}번 남았습니다.",
        f"These are not your last four digits; {left} attempts left.",
        attempts_left=left,
    )


async def _bind(unit: Unit, services: Services, row: dict[str, Any], address: str) -> str:
    cookie = secrets.token_urlsafe(32)
    await unit.execute(
        "UPDATE follow SET bound_digest = :digest, bound_at = :now, opened_at = :now WHERE follow_id = :id",
        {"digest": _cookie_digest(services, row, cookie), "id": row["follow_id"], "now": services.clock()},
    )
    await disclose(unit, services, row, address=address)
    await told.looked(unit, services, row)
    return cookie


def _cookie_digest(services: Services, row: dict[str, Any], cookie: str) -> bytes:
    return services.sealer.digest(cookie, context=f"follow.cookie:{row['follow_id']}")


def is_bound(services: Services, row: dict[str, Any], cookie: str) -> bool:
    return (
        row["bound_digest"] is not None
        and bool(cookie)
        and hmac.compare_digest(bytes(row["bound_digest"]), _cookie_digest(services, row, cookie))
    )


async def see(services: Services, link: str, *, cookie: str) -> tuple[UUID, dict[str, Any]]:
    """(alert, FollowView) for the bound browser; Problem 401 `not_bound`, 404 `no_link`."""
    async with services.db.begin() as unit:
        row = await bound_row(unit, services, link, cookie)
        if is_running(row, services.clock()):
            await told.looked(unit, services, row)
    return row["alert_id"], await in_words(services, view(services, row))


async def bound_row(unit: Unit, services: Services, link: str, cookie: str) -> dict[str, Any]:
    """The follow of this link, for the browser that is bound to it; the problems of `see`."""
    row = await _row(unit, services, link)
    if is_bound(services, row, cookie):
        return row
    raise Problem(
        401,
        "not_bound",
        "휴대전화 번호 뒤 네 자리를 먼저 입력해 주세요.",
        "First answer with your last four digits.",
    )


def view(services: Services, row: dict[str, Any]) -> dict[str, Any]:
    """The contract's FollowView. A position only while the alert runs and its release row is open, and only as
    exactly as the rule in force allows. Who is cut off learns nothing more: not even that it has ended."""
    now = services.clock()
    if row["guardian_ended_at"] is not None or is_stopped(row, now):
        return _cut_off(now)
    running, known = is_running(row, now), model.followed_from_row(row)
    is_exact = precision.is_exact(_rule(services, row), (state for state, _ in known.history))
    return {
        "state": known.state.value,
        "phase": known.phase.value,
        "steps": known.history_json(),
        "center": {name: getattr(known.serving, name) for name in ("name_ko", "name_en", "callback")},
        "person_nickname": services.sealer.open(row["nickname_sealed"], context=f"person.nickname:{row['person_id']}"),
        "position": _position(services, row, is_exact=is_exact) if running and row["is_disclosed"] else None,
        "address": None,
        "precision": "exact" if is_exact else "coarse",
        "exact_later": not is_exact and _rule(services, row) == "acknowledged",
        "ended": not running,
        "over": "" if running else known.outcome or "unclear",
        "push": guardian_push.is_offered(services),
        "now": now.isoformat(),
    }


async def choose_precision(services: Services, person_id: UUID, chosen: precision.Precision | None) -> str:
    """From this commit on, also on pages that are open; returns the rule now in force."""
    async with services.db.begin() as unit:
        await unit.execute(
            "UPDATE person SET follow_precision = :chosen WHERE person_id = :id",
            {"chosen": chosen or "", "id": person_id},
        )
        rows = await unit.all(
            "SELECT alert_id FROM followed_alert WHERE person_id = :id AND ended_at IS NULL", {"id": person_id}
        )
        for row in rows:
            unit.after_commit(partial(follow_hub(services).changed, row["alert_id"]))
    return chosen or services.settings.follow_precision


async def in_words(services: Services, shown: dict[str, Any]) -> dict[str, Any]:
    """The view with its place in administrative names: of the place as it is shown, so that words never tell more."""
    position = shown["position"]
    if position is None:
        return shown
    return shown | {"address": await address_of(services, lat=position["lat"], lon=position["lon"])}


def _rule(services: Services, row: dict[str, Any]) -> str:
    return str(row["follow_precision"] or services.settings.follow_precision)


def _position(services: Services, row: dict[str, Any], *, is_exact: bool) -> dict[str, Any] | None:
    context = f"followed_alert.position:{row['alert_id']}"
    position: dict[str, Any] | None = services.sealer.open(row["position_sealed"], context=context)
    return position if position is None or is_exact else precision.coarse(position)


def _cut_off(now: datetime) -> dict[str, Any]:
    """The serving center would tell in which city she is, a step how it goes on, and a reason who decided it."""
    return {
        "state": State.CLOSED.value,
        "phase": Phase.ENDED.value,
        "steps": [],
        "center": dict.fromkeys(("name_ko", "name_en", "callback"), ""),
        "person_nickname": "",
        "position": None,
        "address": None,
        "precision": "coarse",
        "exact_later": False,
        "ended": True,
        "over": "gone",
        "push": False,
        "now": now.isoformat(),
    }


def ended() -> Problem:
    return Problem(410, "ended", "상황이 끝나 더 이상 볼 수 없습니다.", "This has ended; there is nothing more to see.")


def _bound_elsewhere() -> Problem:
    return Problem(
        403,
        "bound_elsewhere",
        "이미 다른 기기에서 연 주소입니다. 처음 연 기기에서 보세요.",
        "This page was opened on another device; use that one.",
    )


def _locked() -> Problem:
    return Problem(
        403, "locked", "번호를 여러 번 틀려 잠긴 주소입니다.", "Locked after too many wrong answers.", attempts_left=0
    )
