"""Her phones: tokens that are renewed, phones taken back, and the way back after a lost one.

A token is the phone's for two years; a renewal gives a new one and leaves the old one good for seven days, so that an
answer that got lost locks nobody out. The home center checks that; the router only knows whether the *phone* was taken
back (`PUT /v1/devices/{id}`), and flags its alerts `unverified` from then on: it refuses none (invariant 3).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import jwt

from location_router.runtime.db import Unit
from location_router.runtime.jobs import defer_in
from location_router.runtime.problems import Problem
from location_router.runtime.tokens import Device, sign_device_token
from server.events import Actor, record_admin
from server.people import proving
from server.people.service import DeviceUser, SignedUp, device_keys, enrol, home_ref
from server.people.texts import number_digest, queue_text

if TYPE_CHECKING:
    from server.services import Services

OLD_TOKEN_LIFE = timedelta(days=7)
MOST_RENEWALS = 20
NEW_PHONE_SHOWN_FOR = timedelta(days=30)


def issued_at(token: str) -> datetime:
    """When a token was signed. Only for tokens whose signature was checked."""
    return life_of(token)[0]


def life_of(token: str) -> tuple[datetime, datetime]:
    """When a token was signed and when it ends. Only for tokens whose signature was checked; that is done within some
    minutes of the end too, for clocks that go wrong (`verify_device_token`)."""
    claims = jwt.decode(token, options={"verify_signature": False, "verify_exp": False, "verify_iat": False})
    begin, end = (datetime.fromtimestamp(int(claims.get(name, 0)), UTC) for name in ("iat", "exp"))
    return begin, end


def is_superseded(issued: datetime, renewals: Iterable[datetime], now: datetime) -> bool:
    """Whether a renewal made after this token is older than OLD_TOKEN_LIFE."""
    return any(issued < at <= now - OLD_TOKEN_LIFE for at in renewals)


async def renew(services: Services, user: DeviceUser) -> dict[str, str]:
    """A new token for this phone. Problem 409 `not_a_phone` (a browser's tokens live half an hour), 429 `too_soon`."""
    if user.browser_proved_at is not None:
        raise Problem(409, "not_a_phone", "휴대전화에서만 합니다.", "Only a phone does this.")
    now = services.clock().replace(microsecond=0)
    async with services.db.begin(center=user.center_id) as unit:
        before = await unit.scalar(
            "SELECT renewals FROM device WHERE device_id = :id FOR UPDATE", {"id": user.device_id}
        )
        recent = [at for at in before or () if at > now - OLD_TOKEN_LIFE]
        if len(recent) >= MOST_RENEWALS:
            raise Problem(
                429, "too_soon", "잠시 뒤에 다시 해 주세요.", "Too many renewals; try again tomorrow.",
                headers={"Retry-After": "86400"},
            )  # fmt: skip
        # of the older ones the newest says it all
        older = [at for at in before or () if at <= now - OLD_TOKEN_LIFE][-1:]
        await unit.execute(
            "UPDATE device SET renewals = :renewals WHERE device_id = :id",
            {"renewals": [*older, *recent, now], "id": user.device_id},
        )
        private, _ = await device_keys(unit, services)
        _told(unit, services, user.center_id, user.person_id, "device:renewed", device_id=str(user.device_id))
    who = Device(services.settings.installation, str(user.device_id), str(user.person_id), user.center_id)
    return {
        "device_token": sign_device_token(who, private, now=now),
        "old_token_until": (now + OLD_TOKEN_LIFE).isoformat(),
    }


def _told(unit: Unit, services: Services, center: str, person_id: UUID, tag: str, **payload: Any) -> None:
    actor = Actor("person", str(person_id))
    record_admin(unit, tag=tag, actor=actor, center_id=center, at=services.clock(), payload=payload)


async def listed(services: Services, user: DeviceUser) -> list[dict[str, Any]]:
    """Her phones; `is_new`: one that came after this one, in the last 30 days. She is shown it on her other phones."""
    async with services.db.begin(center=user.center_id) as unit:
        rows = await unit.all(
            "SELECT device_id, enrolled_at FROM device WHERE person_id = :id AND kind = 'phone'"
            " AND revoked_at IS NULL ORDER BY enrolled_at, device_id",
            {"id": user.person_id},
        )
    mine = next((row["enrolled_at"] for row in rows if row["device_id"] == user.device_id), None)
    since = services.clock() - NEW_PHONE_SHOWN_FOR
    return [
        {
            "device_id": str(row["device_id"]),
            "enrolled_at": row["enrolled_at"].isoformat(),
            "is_this": row["device_id"] == user.device_id,
            "is_new": mine is not None and row["enrolled_at"] > max(mine, since),
        }
        for row in rows
    ]


async def revoke_phones(
    unit: Unit, services: Services, *, center: str, person_id: UUID, but: UUID | None = None, only: UUID | None = None
) -> int:
    """Take phones back, at the router too. All of hers but one, or one only; how many."""
    rows = await unit.all(
        "UPDATE device SET revoked_at = :now, push_token_sealed = NULL WHERE person_id = :person"
        " AND kind IN ('phone', 'browser') AND revoked_at IS NULL"
        " AND device_id IS DISTINCT FROM CAST(:but AS uuid)"
        " AND (CAST(:only AS uuid) IS NULL OR device_id = :only) RETURNING device_id",
        {"now": services.clock(), "person": person_id, "but": but, "only": only},
    )
    gone = [row["device_id"] for row in rows]
    await unit.execute("DELETE FROM warned_browser WHERE device_id = ANY(:gone)", {"gone": gone})
    for row in rows:
        _told(unit, services, center, person_id, "device:revoked", device_id=str(row["device_id"]))
        if services.settings.installation_key:
            await defer_in(unit, "tell_router_of_device", device_id=str(row["device_id"]))
    return len(rows)


async def recover(services: Services, *, phone: str, code: str) -> tuple[SignedUp, int]:
    """Her phone is lost: the number's new phone is hers, every other phone is taken back. Returns how many. Problem
    403 `wrong_code`, `code_ended`; 404 `no_person` (the code stays good for signing up)."""
    number, center = proving.checked_phone(phone), proving.home_of(services)
    async with services.db.begin(center=center) as unit:
        problem = await proving.use(unit, services, number=number, code=code)
        if problem is None:
            person_id = await unit.scalar(
                "SELECT person_id FROM person WHERE center_id = :center AND phone_digest = :digest"
                " AND phone_proved_at IS NOT NULL FOR UPDATE",
                {"center": center, "digest": number_digest(services, number)},
            )
            if person_id is None:
                raise Problem(
                    404,
                    "no_person",
                    "이 번호로 확인된 가입이 없습니다. 새로 가입해 주세요.",
                    "Nobody has signed up with this number and proved it; sign up.",
                )
            device_id = await enrol(unit, services, center, person_id)
            count = await revoke_phones(unit, services, center=center, person_id=person_id, but=device_id)
            _told(unit, services, center, person_id, "device:recovered", device_id=str(device_id), revoked=count)
            words = (
                "[안심] 이 번호로 새 휴대전화를 등록하고 다른 휴대전화를 모두 해지했습니다. Ansim: old phones revoked."
            )
            await queue_text(unit, services, center=center, number=number, words=words)
            private, _ = await device_keys(unit, services)
            home = await home_ref(unit, center)
    if problem is not None:
        raise problem
    who = Device(services.settings.installation, str(device_id), str(person_id), center)
    token = sign_device_token(who, private, now=services.clock())
    return SignedUp(person_id, device_id, token, home, is_proved=True), count
