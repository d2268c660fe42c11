"""Minors: under 14 the legal representative agrees too, of 8 and under the protector (위치정보법 제25조, 제26조).

She names the representative as a guardian and passes on a link; the code goes to the representative's own phone. Until
then an SOS of hers works like anybody's, and nothing else is shared. Whether the representative really is one is not
checked beyond that (본인확인 by a carrier would be a gateway of its own).
"""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.people import consents, ledger, model, service
from server.people.ages import who_must_agree
from server.people.proving import MAX_WRONG, checked_phone, new_code, wrong_code
from server.people.service import DeviceUser
from server.people.store import representative
from server.people.texts import queue_text

if TYPE_CHECKING:
    from server.services import Services

LIFE = timedelta(days=1)
ASKED_A_DAY = 5
MINOR = "minor"
"""Kind of the ledger's line: the representative's own agreement."""


async def ask(services: Services, user: DeviceUser, *, name: str, phone: str) -> dict[str, str]:
    """Name who agrees for her; returns the `link` to pass on. Problem 409 `not_needed`, 429 `too_soon`, and those of
    `service.designate`."""
    now, number = services.clock(), checked_phone(phone)
    async with services.db.begin(center=user.center_id) as unit:
        kind, nickname = await _minor(unit, services, user)
        asked = await unit.scalar(
            "SELECT count(*) FROM representative WHERE person_id = :id AND asked_at > :since",
            {"id": user.person_id, "since": now - LIFE},
        )
        if asked >= ASKED_A_DAY:
            raise Problem(
                429, "too_soon", "오늘은 더 요청할 수 없습니다.", "Asked too often today.",
                headers={"Retry-After": "86400"},
            )  # fmt: skip
    guardian_id = UUID((await service.designate(services, user, name=name, phone=phone))["guardian_id"])
    request_id, link, code = uuid4(), secrets.token_urlsafe(16), new_code()
    async with services.db.begin(center=user.center_id) as unit:
        await unit.execute(
            representative.insert().values(
                request_id=request_id,
                center_id=user.center_id,
                person_id=user.person_id,
                guardian_id=guardian_id,
                kind=kind,
                link_digest=services.sealer.digest(link, context="representative.link"),
                code_digest=_code(services, request_id, code),
                asked_at=now,
                expires_at=now + LIFE,
            )
        )
        words = (
            f"[안심] {nickname} 님의 {'보호의무자' if kind == 'protector' else '법정대리인'} 동의 인증번호 {code}."
            " 받은 링크에서 입력하세요(24시간). Ansim: consent code for a child."
        )
        await queue_text(unit, services, center=user.center_id, number=number, words=words, life=LIFE)
    return {
        "request_id": str(request_id),
        "guardian_id": str(guardian_id),
        "kind": kind,
        "link": link,
        "expires_at": (now + LIFE).isoformat(),
    }


async def _minor(unit: Unit, services: Services, user: DeviceUser) -> tuple[str, str]:
    """(who must agree, her nickname)."""
    row = await unit.one("SELECT * FROM person WHERE person_id = :id FOR UPDATE", {"id": user.person_id})
    kind = who_must_agree(row["born_year"], services.clock()) if row and row["represented_by"] is None else None
    if row is None or kind is None:
        raise Problem(
            409, "not_needed", "다른 사람의 동의가 필요하지 않습니다.", "Nobody else has to agree for this account."
        )
    return kind, services.sealer.open(row["nickname_sealed"], context=f"person.nickname:{user.person_id}")


def _code(services: Services, request_id: UUID, code: str) -> bytes:
    return services.sealer.digest(f"{request_id}/{code}", context="representative.code")


async def _request(unit: Unit, services: Services, link: str) -> dict[str, Any]:
    row = await unit.one(
        "SELECT r.*, p.nickname_sealed FROM representative r JOIN person p USING (person_id)"
        " WHERE r.link_digest = :digest FOR UPDATE OF p, r",
        {"digest": services.sealer.digest(link, context="representative.link")},
    )
    if row is None:
        raise Problem(404, "no_link", "없는 주소입니다. 다시 요청을 받아 주세요.", "There is no such page.")
    if row["confirmed_at"] is None and row["expires_at"] <= services.clock():
        raise Problem(410, "ended", "요청이 끝났습니다. 다시 요청을 받아 주세요.", "This request has ended.")
    return row


async def seen(services: Services, link: str) -> dict[str, Any]:
    """What the representative is asked to agree to."""
    async with services.db.begin() as unit:
        row = await _request(unit, services, link)
    wanted = ("location_collection", "guardian_sharing")
    return {
        "kind": row["kind"],
        "person_nickname": services.sealer.open(row["nickname_sealed"], context=f"person.nickname:{row['person_id']}"),
        "confirmed_at": row["confirmed_at"].isoformat() if row["confirmed_at"] else None,
        "version": consents.VERSION,
        "texts": {kind: dict(zip(("ko", "en"), consents.TEXTS[kind], strict=True)) for kind in wanted},
    }


async def confirm(services: Services, link: str, *, code: str, agree: bool) -> dict[str, str]:
    """The representative agrees with the code of the text message; a second time changes nothing. Problem 403
    `wrong_code` (with `attempts_left`; none left: ask again), 404, 410, 422 `no_consent`."""
    if not agree:
        raise Problem(422, "no_consent", "동의해야 확인됩니다.", "Agree to confirm.", field="agree")
    problem: Problem | None = None
    async with services.db.begin() as unit:
        row = await _request(unit, services, link)
        is_right = row["wrong_answers"] < MAX_WRONG and hmac.compare_digest(
            bytes(row["code_digest"]), _code(services, row["request_id"], model.clean_answer(code))
        )
        if not is_right:
            left = max(0, MAX_WRONG - row["wrong_answers"] - 1)
            await unit.execute(
                "UPDATE representative SET wrong_answers = wrong_answers + 1 WHERE request_id = :id",
                {"id": row["request_id"]},
            )
            problem = wrong_code(left)
        elif row["confirmed_at"] is None:
            await _confirmed(unit, services, row)
    if problem is not None:
        raise problem  # after the commit: the wrong answer is counted
    return {"state": "confirmed", "kind": row["kind"]}


async def _confirmed(unit: Unit, services: Services, row: dict[str, Any]) -> None:
    now, guardian_id, person_id = services.clock(), row["guardian_id"], row["person_id"]
    await unit.execute(
        "UPDATE representative SET confirmed_at = :now WHERE request_id = :id", {"now": now, "id": row["request_id"]}
    )
    await unit.execute(
        "UPDATE guardian SET accepted_at = coalesce(accepted_at, :now) WHERE guardian_id = :id",
        {"now": now, "id": guardian_id},
    )
    await unit.execute(
        "UPDATE person SET represented_by = :guardian WHERE person_id = :id",
        {"guardian": guardian_id, "id": person_id},
    )
    for kind in (MINOR, consents.CONTACT):
        await ledger.append(
            unit,
            services,
            center=row["center_id"],
            person_id=person_id,
            guardian_id=guardian_id,
            kind=kind,
            act="granted",
            how=row["kind"],
        )
    if row["kind"] == "protector":  # 제26조: the protector's consent is the child's
        for kind in ("location_collection", "guardian_sharing"):
            await ledger.append(
                unit, services, center=row["center_id"], person_id=person_id, kind=kind, act="granted", how="protector"
            )
    await ledger.refresh_sharing(unit, services, person_id)
