"""A browser that a person has enrolled: a cookie instead of a token that a page could read.

The cookie is 256 random bits, kept as a keyed digest; no script sees it, no other site's page can send it. It opens
her own page, and gets the page a token for the router that lives half an hour and in memory only: it makes her alerts
verified and opens nothing here (`service.device_user` refuses it). So what a script could ever steal is worth one
alert in her name. A stolen cookie is a browser like any other: she is told by text when one is added, sees when each
was used last, takes it back with one press (the router is told), and it ends by itself. What can't be undone, makes
somebody see her, or see more of her (leaving, naming a guardian or who agrees for her, agreeing, a more exact place),
or lasts longer than the cookie (binding a device), also needs a code of a text message read there a moment ago.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from location_router.runtime.tokens import Device, sign_device_token
from server.people import ledger, model, proving
from server.people.browser_names import browser_name
from server.people.phones import NEW_PHONE_SHOWN_FOR, revoke_phones
from server.people.service import (
    DeviceUser,
    check_year,
    device_keys,
    enrol,
    mark_proved,
    put_person,
    tell_of_new_phone,
    whose,
)
from server.people.store import browser, device, person

if TYPE_CHECKING:
    from server.services import Services

COOKIE = "ansim_person"
COOKIE_LIFE = timedelta(days=180)
TOKEN_LIFE = timedelta(minutes=30)
PROOF_LIFE = timedelta(minutes=15)
USE_NOTED_EVERY = timedelta(hours=1)
MOST_BROWSERS = 8
_KNOWN = """
SELECT b.device_id, b.center_id, b.used_at, b.expires_at, b.proved_at, d.person_id FROM browser b
JOIN device d USING (device_id) WHERE b.cookie_digest = :digest AND b.expires_at > :now AND d.revoked_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """`cookie` is stored nowhere here. `is_new`: nobody had signed up with the number."""

    cookie: str
    expires_at: datetime
    is_new: bool
    other_devices: int


@dataclass(frozen=True, slots=True)
class SigningUp:
    """Of somebody new; without a nickname only who proved the number before is let in."""

    nickname: str = ""
    born_year: int | None = None
    agreed: Iterable[str] = ()


async def enrol_browser(
    services: Services, *, phone: str, code: str, new: SigningUp, user_agent: str, old_cookie: str = ""
) -> Enrolled:
    """The number's code makes this browser hers, and her somebody who has signed up if she had not.

    Problem 403 `wrong_code`, `code_ended`; 422 `bad_phone`, `bad_year`, `name_needed` (the code stays good); 503."""
    number, center = proving.checked_phone(phone), proving.home_of(services)
    check_year(new.born_year, services.clock())
    cookie, expires_at, others, is_new = secrets.token_urlsafe(32), services.clock() + COOKIE_LIFE, 0, False
    async with services.db.begin(center=center) as unit:
        problem = await proving.use(unit, services, number=number, code=code)
        if problem is None:
            person_id = await whose(unit, services, center, number, None, is_proved=True)
            is_new = person_id is None
            if person_id is None:
                person_id = await _sign_up(unit, services, center, number, new)
            await _retire(unit, services, center, person_id, old_cookie)
            device_id = await enrol(unit, services, center, person_id, "browser")
            await _keep(unit, services, device_id, center, cookie, expires_at, user_agent)
            others = await tell_of_new_phone(unit, services, center, person_id, number, is_proved=True)
    if problem is not None:
        raise problem  # after the commit: the wrong answer is counted
    return Enrolled(cookie, expires_at, is_new, others)


async def _sign_up(unit: Unit, services: Services, center: str, number: str, new: SigningUp) -> UUID:
    try:
        name = model.clean_name(new.nickname)
    except model.BadName:
        raise Problem(
            422,
            "name_needed",
            "이 번호로 처음 등록합니다. 별명을 적어 주세요.",
            "This number is new here; write a nickname.",
            field="nickname",
        ) from None
    person_id = await put_person(unit, services, center, number, name, None)
    await mark_proved(unit, services, person_id)
    if new.born_year is not None:
        await unit.execute(person.update().where(person.c.person_id == person_id).values(born_year=new.born_year))
    for kind in dict.fromkeys(new.agreed):
        await ledger.append(unit, services, center=center, person_id=person_id, kind=kind, act="granted", how="page")
    await ledger.refresh_sharing(unit, services, person_id)
    return person_id


async def _keep(
    unit: Unit, services: Services, device_id: UUID, center: str, cookie: str, expires_at: datetime, user_agent: str
) -> None:
    now = services.clock()
    name = services.sealer.seal(browser_name(user_agent), context=f"device.name:{device_id}", center=center)
    await unit.execute(device.update().where(device.c.device_id == device_id).values(name_sealed=name))
    await unit.execute(
        browser.insert().values(
            device_id=device_id,
            center_id=center,
            cookie_digest=_digest(services, cookie),
            expires_at=expires_at,
            used_at=now,
            proved_at=now,
        )
    )


async def _retire(unit: Unit, services: Services, center: str, person_id: UUID, old_cookie: str) -> None:
    """Hers that have expired, the one that this browser was before, and the longest unused ones of too many."""
    rows = await unit.all(
        "SELECT device_id FROM (SELECT b.device_id, b.expires_at, b.cookie_digest,"
        " row_number() OVER (ORDER BY b.used_at DESC) AS place FROM browser b JOIN device d USING (device_id)"
        " WHERE d.person_id = :person AND d.revoked_at IS NULL) living"
        " WHERE expires_at <= :now OR cookie_digest = :digest OR place >= :most",
        {
            "person": person_id,
            "now": services.clock(),
            "digest": _digest(services, old_cookie),
            "most": MOST_BROWSERS,
        },
    )
    for row in rows:
        await revoke_phones(unit, services, center=center, person_id=person_id, only=row["device_id"])


def _digest(services: Services, cookie: str) -> bytes:
    return services.sealer.digest(cookie, context="browser.cookie")


async def user_of(services: Services, cookie: str) -> DeviceUser:
    """Who has enrolled this browser. Problem 401 `not_enrolled`."""
    async with services.db.begin() as unit:
        row = await _known(unit, services, cookie)
    if row is None:
        raise Problem(
            401,
            "not_enrolled",
            "이 브라우저는 등록되지 않았거나 등록이 끝났습니다. 전화번호로 다시 등록해 주세요.",
            "This browser is not enrolled any more; enrol it again with your phone number.",
        )
    return DeviceUser(row["person_id"], row["device_id"], row["center_id"], row["proved_at"])


async def _known(unit: Unit, services: Services, cookie: str) -> dict[str, Any] | None:
    now = services.clock()
    row = await unit.one(_KNOWN, {"digest": _digest(services, cookie), "now": now}) if cookie else None
    if row is not None and now - row["used_at"] >= USE_NOTED_EVERY:
        await unit.execute(browser.update().where(browser.c.device_id == row["device_id"]).values(used_at=now))
    return row


async def router_token(services: Services, cookie: str) -> dict[str, Any] | None:
    """What the SOS page needs to speak in her name: `{"token", "expires_at", "caller"}`; None for no such browser."""
    async with services.db.begin() as unit:
        row = await _known(unit, services, cookie)
        if row is None:
            return None
        person_id, now = row["person_id"], services.clock()
        who = await unit.one(
            "SELECT nickname_sealed, phone_sealed FROM person WHERE person_id = :id", {"id": person_id}
        )
        private, _ = await device_keys(unit, services)
    assert who is not None
    speaker = Device(services.settings.installation, str(row["device_id"]), str(person_id), row["center_id"])
    return {
        "token": sign_device_token(speaker, private, now=now, life=TOKEN_LIFE),
        "expires_at": (now + TOKEN_LIFE).isoformat(),
        "enrolled_until": row["expires_at"].isoformat(),
        "caller": {
            "person_id": str(person_id),
            "nickname": services.sealer.open(who["nickname_sealed"], context=f"person.nickname:{person_id}"),
            "phone": services.sealer.open(who["phone_sealed"], context=f"person.phone:{person_id}"),
        },
    }


async def listed(services: Services, user: DeviceUser) -> list[dict[str, Any]]:
    """Her browsers that are good, the one used last first."""
    now = services.clock()
    async with services.db.begin(center=user.center_id) as unit:
        rows = await unit.all(
            "SELECT b.*, d.enrolled_at, d.name_sealed FROM browser b JOIN device d USING (device_id)"
            " WHERE d.person_id = :id AND d.revoked_at IS NULL AND b.expires_at > :now"
            " ORDER BY b.used_at DESC, b.device_id",
            {"id": user.person_id, "now": now},
        )
    return [
        {
            "device_id": str(row["device_id"]),
            "name": services.sealer.open(row["name_sealed"], context=f"device.name:{row['device_id']}"),
            "enrolled_at": row["enrolled_at"].isoformat(),
            "used_at": row["used_at"].isoformat(),
            "expires_at": row["expires_at"].isoformat(),
            "is_this": row["device_id"] == user.device_id,
            "is_new": row["device_id"] != user.device_id and now - row["enrolled_at"] < NEW_PHONE_SHOWN_FOR,
        }
        for row in rows
    ]


async def sign_out(services: Services, user: DeviceUser) -> None:
    """This browser is hers no more. Problem 409 `not_a_browser`."""
    _must_be_browser(user)
    async with services.db.begin(center=user.center_id) as unit:
        await revoke_phones(unit, services, center=user.center_id, person_id=user.person_id, only=user.device_id)


async def ask_code(services: Services, user: DeviceUser, *, address: str) -> dict[str, Any]:
    """A code to her own number, for what needs one. Problem 409 `not_a_browser`, 429 `too_soon`."""
    _must_be_browser(user)
    async with services.db.begin(center=user.center_id) as unit:
        number = await _own_number(unit, services, user)
    return await proving.ask(services, phone=number, address=address)


async def prove(services: Services, user: DeviceUser, *, code: str) -> None:
    """She holds her phone in her hand now. Problem 403 `wrong_code`, `code_ended`, 409 `not_a_browser`."""
    _must_be_browser(user)
    async with services.db.begin(center=user.center_id) as unit:
        number = await _own_number(unit, services, user)
        problem = await proving.use(unit, services, number=number, code=code)
        if problem is None:
            await unit.execute(
                browser.update().where(browser.c.device_id == user.device_id).values(proved_at=services.clock())
            )
    if problem is not None:
        raise problem


async def _own_number(unit: Unit, services: Services, user: DeviceUser) -> str:
    sealed = await unit.scalar("SELECT phone_sealed FROM person WHERE person_id = :id", {"id": user.person_id})
    return str(services.sealer.open(sealed, context=f"person.phone:{user.person_id}"))


def must_be_fresh(services: Services, user: DeviceUser) -> None:
    """A phone is in her hand; a browser may be anybody's by now. Problem 403 `prove_again`."""
    if user.browser_proved_at is not None and services.clock() - user.browser_proved_at > PROOF_LIFE:
        raise Problem(
            403,
            "prove_again",
            "문자로 받은 인증번호를 먼저 적어 주세요.",
            "First write the code that is sent to your phone.",
        )


def _must_be_browser(user: DeviceUser) -> None:
    if user.browser_proved_at is None:
        raise Problem(409, "not_a_browser", "브라우저에서만 합니다.", "Only a browser does this.")
