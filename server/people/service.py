"""People who signed up at this home center, their devices and their guardians.

Everything personal is sealed with the column and the row's id as context. A device token is checked with our own key
and must belong to a device that was not revoked.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from location_router.runtime.tokens import BadToken, Device, new_device_keys, sign_device_token, verify_device_token
from location_router.wire import CenterRef
from server.events import Actor, record_admin
from server.people import ages, model, told
from server.people.follow import receive_home_position, receive_home_status
from server.people.store import IS_HEARD, IS_NAMED, device, guardian, person
from server.qr import qr_path

if TYPE_CHECKING:
    from server.services import Services

__all__ = ["receive_home_position", "receive_home_status"]

_KEY_CONTEXT = "signing_key.private:device"


@dataclass(frozen=True, slots=True)
class SignedUp:
    person_id: UUID
    device_id: UUID
    device_token: str
    home: CenterRef
    is_proved: bool = False
    other_phones: int = 0


@dataclass(frozen=True, slots=True)
class DeviceUser:
    """The person who holds a good device token, and the device."""

    person_id: UUID
    device_id: UUID
    center_id: str
    browser_proved_at: datetime | None = None
    """Only of a browser: when she last read a code there."""


async def device_keys(unit: Unit, services: Services) -> tuple[str, str]:
    """(private PEM, public PEM) of this installation; made once, also when two processes start at the same moment."""
    query = "SELECT private_sealed, public_pem FROM signing_key WHERE purpose = 'device'"
    row = await unit.one(query)
    if row is None:
        private, public = new_device_keys()
        await unit.execute(
            "INSERT INTO signing_key (purpose, private_sealed, public_pem) VALUES ('device', :private, :public)"
            " ON CONFLICT DO NOTHING",
            {"private": services.sealer.seal(private, context=_KEY_CONTEXT), "public": public},
        )
        row = await unit.one(query)
        assert row is not None
    return services.sealer.open(row["private_sealed"], context=_KEY_CONTEXT), row["public_pem"]


async def public_key_pem(services: Services) -> str:
    """What the router needs to check our device tokens."""
    async with services.db.begin() as unit:
        return (await device_keys(unit, services))[1]


async def sign_up(
    services: Services,
    *,
    nickname: str,
    phone: str,
    token: str = "",
    code: str = "",
    born_year: int | None = None,
    agreed: Iterable[str] = (),
) -> SignedUp:
    """A person and her phone. With the code of a text message the number is hers: who proved it before is found again
    on the new phone, and her other phones stay hers until she takes them back. Without one (PROVE_NUMBERS=off) the
    token of a living device and the same number is the same person; else she is somebody new: a number proves
    nothing, and whoever types another's would otherwise become her guardian's keeper and follow her.

    Raises Problem 422 `bad_phone`, `bad_name`, `bad_year`, `code_needed`; 403 `wrong_code`, `code_ended`; 503 `no_home`
    when nobody can sign up at this installation.
    """
    from server.people import ledger, proving

    number, name = proving.checked_phone(phone), _name(nickname)
    home_code = proving.home_of(services)
    check_year(born_year, services.clock())
    if services.settings.proves_numbers and not code:
        raise proving.code_needed()
    known = await _known(services, token)
    async with services.db.begin(center=home_code) as unit:
        problem = await proving.use(unit, services, number=number, code=code) if code else None
        if problem is None:
            who = await whose(unit, services, home_code, number, known, is_proved=bool(code))
            person_id = await put_person(unit, services, home_code, number, name, who)
            if code:
                await mark_proved(unit, services, person_id)
            if born_year is not None:
                await unit.execute(
                    "UPDATE person SET born_year = coalesce(born_year, :year) WHERE person_id = :id",
                    {"year": born_year, "id": person_id},
                )
            device_id = await enrol(unit, services, home_code, person_id)
            for kind in dict.fromkeys(agreed):
                await ledger.append(
                    unit, services, center=home_code, person_id=person_id, kind=kind, act="granted", how="app"
                )
            if agreed or born_year is not None:
                await ledger.refresh_sharing(unit, services, person_id)
            phones = await tell_of_new_phone(unit, services, home_code, person_id, number, is_proved=bool(code))
            private, _ = await device_keys(unit, services)
            home = await home_ref(unit, home_code)
    if problem is not None:
        raise problem  # after the commit: the wrong answer is counted
    token = sign_device_token(
        Device(services.settings.installation, str(device_id), str(person_id), home_code), private, now=services.clock()
    )
    return SignedUp(person_id, device_id, token, home, is_proved=bool(code), other_phones=phones)


def check_year(born_year: int | None, now: datetime) -> None:
    try:
        if born_year is not None:
            ages.checked_year(born_year, now)
    except ages.BadYear:
        raise Problem(
            422,
            "bad_year",
            "태어난 해를 네 자리로 적어 주세요. 예: 2001",
            "Write the year of birth, like 2001.",
            field="born_year",
        ) from None


async def whose(
    unit: Unit, services: Services, center_id: str, number: str, known: UUID | None, *, is_proved: bool
) -> UUID | None:
    """Who proved this number before; else who asks with her own token. Two sign-ups of a number wait for each other."""
    if not is_proved:
        return known
    digest = services.sealer.digest(number, context="person.phone")
    await unit.execute("SELECT pg_advisory_xact_lock(hashtextextended(:key, 16))", {"key": digest.hex()})
    found: UUID | None = await unit.scalar(
        "SELECT person_id FROM person WHERE center_id = :center AND phone_digest = :digest"
        " AND phone_proved_at IS NOT NULL",
        {"center": center_id, "digest": digest},
    )
    return found or known


async def mark_proved(unit: Unit, services: Services, person_id: UUID) -> None:
    await unit.execute(
        "UPDATE person SET phone_proved_at = coalesce(phone_proved_at, :now) WHERE person_id = :id",
        {"now": services.clock(), "id": person_id},
    )


async def enrol(unit: Unit, services: Services, center_id: str, person_id: UUID, kind: str = "phone") -> UUID:
    """A new phone (or browser) of this person; its id."""
    device_id, now = uuid4(), services.clock()
    await unit.execute(
        device.insert().values(
            device_id=device_id, center_id=center_id, person_id=person_id, enrolled_at=now, kind=kind
        )
    )
    actor, payload = Actor("person", str(person_id)), {"device_id": str(device_id), "kind": kind}
    record_admin(unit, tag="device:enrolled", actor=actor, center_id=center_id, at=now, payload=payload)
    return device_id


async def tell_of_new_phone(
    unit: Unit, services: Services, center_id: str, person_id: UUID, number: str, *, is_proved: bool
) -> int:
    """Her other phones show it (`GET /api/people/me`); a proved number is told by text. How many others there are."""
    from server.people.texts import queue_text

    others = await unit.scalar(
        "SELECT count(*) FROM device WHERE person_id = :id AND kind IN ('phone', 'browser') AND revoked_at IS NULL",
        {"id": person_id},
    )
    if is_proved and others > 1:
        words = "[안심] 새 휴대전화를 등록했습니다. 본인이 아니면 앱에서 해지하세요. Ansim: a new phone was added."
        await queue_text(unit, services, center=center_id, number=number, words=words)
    return int(others) - 1


async def _known(services: Services, token: str) -> UUID | None:
    """The person whose device asks; a token that is not good any more is no reason to refuse a sign-up."""
    try:
        return (await device_user(services, token)).person_id if token else None
    except Problem:
        return None


async def put_person(
    unit: Unit, services: Services, center_id: str, number: str, name: str, known: UUID | None
) -> UUID:
    """Somebody new, or `known` if the number is the one kept of her, under the new name."""
    digest = services.sealer.digest(number, context="person.phone")
    if known is not None:
        sealed = services.sealer.seal(name, context=f"person.nickname:{known}", center=center_id)
        same: UUID | None = await unit.scalar(
            "UPDATE person SET nickname_sealed = :nickname WHERE person_id = :id AND center_id = :center"
            " AND phone_digest = :digest RETURNING person_id",
            {"id": known, "center": center_id, "digest": digest, "nickname": sealed},
        )
        if same is not None:
            return same
    person_id = uuid4()
    await unit.execute(
        person.insert().values(
            person_id=person_id,
            center_id=center_id,
            nickname_sealed=services.sealer.seal(name, context=f"person.nickname:{person_id}", center=center_id),
            phone_sealed=services.sealer.seal(number, context=f"person.phone:{person_id}", center=center_id),
            phone_digest=digest,
        )
    )
    return person_id


async def home_ref(unit: Unit, code: str) -> CenterRef:
    """The home center, as a phone shows it."""
    row = await unit.one("SELECT code, name_ko, name_en, callback FROM center WHERE code = :code", {"code": code})
    return CenterRef(**row) if row else CenterRef(code=code, name_ko=code, name_en=code)


async def device_user(services: Services, token: str) -> DeviceUser:
    """Who speaks with this device token; Problem 401 `bad_token` for anything but our own, living device."""
    from server.people.phones import is_superseded, issued_at

    async with services.db.begin() as unit:
        public = await unit.scalar("SELECT public_pem FROM signing_key WHERE purpose = 'device'")
        try:
            claims = verify_device_token(token, {services.settings.installation: public} if public else {})
            device_id, person_id = UUID(claims.device_id), UUID(claims.person_id)
        except (BadToken, ValueError):
            raise bad_token() from None
        row = await unit.one(
            "SELECT person_id, device_id, center_id, renewals FROM device WHERE device_id = :device"
            " AND person_id = :person AND revoked_at IS NULL AND kind <> 'browser'",  # its tokens are the router's only
            {"device": device_id, "person": person_id},
        )
    if row is None or (row["renewals"] and is_superseded(issued_at(token), row["renewals"], services.clock())):
        raise bad_token()
    return DeviceUser(row["person_id"], row["device_id"], row["center_id"])


def bad_token() -> Problem:
    return Problem(
        401,
        "bad_token",
        "기기 등록이 확인되지 않습니다. 다시 등록해 주세요.",
        "This device is not enrolled here; sign up again.",
        headers={"WWW-Authenticate": "Bearer"},
    )


async def designate(
    services: Services, user: DeviceUser, *, name: str, phone: str, by: str = "app", guest_until: datetime | None = None
) -> dict[str, Any]:
    """Name a guardian; returns `guardian_id` and the `invitation` to pass on (it is stored nowhere), as code, `link`
    and `qr`.

    Naming the same number again renews its invitation. `guest_until`: a guest, who ends by herself then. Raises
    Problem 409 `too_many_guardians`, `is_guardian`, 422 `own_phone`.
    """
    from server.people import guardian_terms, ledger

    number, shown = _phone(phone), _name(name)
    invitation = secrets.token_urlsafe(16)
    async with services.db.begin(center=user.center_id) as unit:
        await unit.execute("SELECT 1 FROM person WHERE person_id = :id FOR UPDATE", {"id": user.person_id})
        if number == await _own_number(unit, services, user.person_id):
            raise Problem(422, "own_phone", "자신의 번호는 보호자로 등록할 수 없습니다.", "This is your own number.")
        await ledger.named_guardian(unit, services, user.center_id, user.person_id)
        present = await _living(unit, user.person_id)
        same = next((row for row in present if _guardian_phone(services, row) == number), None)
        if same is None and len(present) >= model.MAX_GUARDIANS:
            raise Problem(
                409,
                "too_many_guardians",
                f"보호자는 {model.MAX_GUARDIANS}명까지 등록할 수 있습니다.",
                f"At most {model.MAX_GUARDIANS} guardians.",
            )
        if same and guest_until and same["guest_until"] is None:
            raise Problem(409, "is_guardian", "이미 보호자입니다.", "She is your guardian already.")
        guardian_id = same["guardian_id"] if same else uuid4()
        values = {
            "name_sealed": services.sealer.seal(shown, context=f"guardian.name:{guardian_id}", center=user.center_id),
            "invitation_digest": services.sealer.digest(invitation, context="guardian.invitation"),
            "guest_until": guest_until,
        }
        if guest_until is not None:
            await guardian_terms.end_guest_at(unit, guardian_id, guest_until)
        if same:
            await unit.execute(guardian.update().where(guardian.c.guardian_id == guardian_id).values(**values))
        else:
            await unit.execute(
                guardian.insert().values(
                    guardian_id=guardian_id,
                    center_id=user.center_id,
                    person_id=user.person_id,
                    designated_by=by,
                    phone_sealed=services.sealer.seal(
                        number, context=f"guardian.phone:{guardian_id}", center=user.center_id
                    ),
                    **values,
                )
            )
    link = f"{services.settings.origin}/invitation/{invitation}"
    return {"guardian_id": str(guardian_id), "invitation": invitation, "link": link, "qr": qr_path(link)}


async def _own_number(unit: Unit, services: Services, person_id: UUID) -> str:
    sealed = await unit.scalar("SELECT phone_sealed FROM person WHERE person_id = :id", {"id": person_id})
    return str(services.sealer.open(sealed, context=f"person.phone:{person_id}"))


async def _living(unit: Unit, person_id: UUID) -> list[dict[str, Any]]:
    return await unit.all(
        "SELECT * FROM guardian WHERE person_id = :id AND ended_at IS NULL ORDER BY designated_at, guardian_id",
        {"id": person_id},
    )


def _guardian_phone(services: Services, row: dict[str, Any]) -> str:
    return str(services.sealer.open(row["phone_sealed"], context=f"guardian.phone:{row['guardian_id']}"))


async def guardians(services: Services, user: DeviceUser) -> list[dict[str, Any]]:
    """The person's own guardians; numbers only by their last four digits."""
    async with services.db.begin(center=user.center_id) as unit:
        rows = await _living(unit, user.person_id)
        opened = await unit.all(
            "SELECT f.guardian_id, max(f.opened_at) AS at FROM follow f JOIN followed_alert a USING (alert_id)"
            f" WHERE a.person_id = :id AND f.opened_at IS NOT NULL AND {told.IS_TOLD_HER} GROUP BY 1",
            {"id": user.person_id, "now": services.clock()},
        )
    opened_at = {row["guardian_id"]: row["at"].isoformat() for row in opened}
    return [
        {
            "guardian_id": str(row["guardian_id"]),
            "name": services.sealer.open(row["name_sealed"], context=f"guardian.name:{row['guardian_id']}"),
            "phone_last4": model.last_four(_guardian_phone(services, row)),
            "designated_at": row["designated_at"].isoformat(),
            "accepted_at": row["accepted_at"].isoformat() if row["accepted_at"] else None,
            "is_paused": model.is_paused(row, services.clock()),
            "paused_until": row["paused_until"].isoformat() if row["paused_until"] else None,
            "guest_until": row["guest_until"].isoformat() if row["guest_until"] else None,
            "shares_on_silence": row["shares_on_silence"],
            "opened_at": opened_at.get(row["guardian_id"]),
        }
        for row in rows
    ]


async def end_guardian(services: Services, user: DeviceUser, guardian_id: UUID) -> None:
    """The person withdraws: the push address goes at once and a running follow page goes dark. Problem 404."""
    from server.people import ledger
    from server.people.follow import end_follows_of

    async with services.db.begin(center=user.center_id) as unit:
        row = await unit.one(
            "UPDATE guardian SET ended_at = now(), push_token_sealed = NULL WHERE guardian_id = :id"
            " AND person_id = :person AND ended_at IS NULL RETURNING guardian_id",
            {"id": guardian_id, "person": user.person_id},
        )
        if row is None:
            raise Problem(404, "no_guardian", "등록된 보호자가 아닙니다.", "You have no such guardian.")
        await end_follows_of(unit, services, guardian_id, "consent_withdrawn")
        person_id, center = user.person_id, user.center_id
        await ledger.append(
            unit, services, center=center, person_id=person_id, guardian_id=guardian_id, kind="contact", act="ended",
            how="person",
        )  # fmt: skip
        await ledger.forget_representative(unit, services, person_id, guardian_id)


async def accept(services: Services, invitation: str, *, push_token: str | None, version: str = "") -> dict[str, str]:
    """The guardian agrees (again, on a new phone: the push address is replaced). `version`: of the text she read.
    Problem 404 `no_invitation`, 409 `old_text`."""
    from server.people import consents, ledger

    if version and version != consents.VERSION:
        raise Problem(
            409,
            "old_text",
            "동의 내용이 바뀌었습니다. 새로 읽고 다시 수락해 주세요.",
            "The text has changed: read the new one and accept again.",
        )

    digest = services.sealer.digest(invitation, context="guardian.invitation")
    async with services.db.begin() as unit:
        row = await unit.one(
            "SELECT g.accepted_at, g.guardian_id, g.person_id, g.center_id, p.nickname_sealed FROM guardian g"
            f" JOIN person p USING (person_id) WHERE g.invitation_digest = :digest AND {IS_NAMED} AND {IS_HEARD}"
            " FOR UPDATE OF g",
            {"digest": digest, "now": services.clock()},
        )
        if row is None:
            raise Problem(
                404,
                "no_invitation",
                "초대가 끝났거나 없습니다. 다시 초대를 받아 주세요.",
                "This invitation has ended; ask for a new one.",
            )
        token = push_token.strip() if push_token else ""
        context = f"guardian.push_token:{row['guardian_id']}"
        sealed = services.sealer.seal(token, context=context, center=row["center_id"]) if token else None
        await unit.execute(
            "UPDATE guardian SET accepted_at = coalesce(accepted_at, now()),"
            " push_token_sealed = coalesce(CAST(:token AS bytea), push_token_sealed) WHERE guardian_id = :id",
            {"token": sealed, "id": row["guardian_id"]},
        )
        if row["accepted_at"] is None:
            whose, center = row["person_id"], row["center_id"]
            await ledger.append(
                unit, services, center=center, person_id=whose, guardian_id=row["guardian_id"], kind="contact",
                act="granted", how="invitation",
            )  # fmt: skip
    nickname = services.sealer.open(row["nickname_sealed"], context=f"person.nickname:{row['person_id']}")
    return {"person_nickname": nickname, "guardian_id": str(row["guardian_id"])}


def _phone(text: str) -> str:
    try:
        return model.normalise_phone(text)
    except model.BadPhone:
        raise Problem(
            422,
            "bad_phone",
            "휴대전화 번호를 확인해 주세요. 예: 010-1234-5678",
            "Check the mobile number, like 010-1234-5678.",
        ) from None


def _name(text: str) -> str:
    try:
        return model.clean_name(text)
    except model.BadName:
        raise Problem(422, "bad_name", "이름을 적어 주세요.", "Write a name.") from None
