"""A protected person's registration at her home center: by the ministry's code and her consent, until she withdraws."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy.dialects.postgresql import insert

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.people import consents, ledger
from server.people.service import DeviceUser
from server.protection import hearing, model
from server.protection.store import protected_person

if TYPE_CHECKING:
    from server.services import Services

MOST = 5
SHOWN_FOR = timedelta(days=7)
_WARNINGS = """
SELECT w.* FROM approach_warning w JOIN protected_person p USING (protected_id)
WHERE p.person_id = :id AND w.told_at IS NOT NULL AND (w.ended_at IS NULL OR w.ended_at > :since)
ORDER BY w.begun_at DESC LIMIT 20
"""


async def register(services: Services, user: DeviceUser, *, code: str, version: str) -> dict[str, Any]:
    """Her consent to the words of `version`, and the code. The same code again changes nothing. Problem 409 `old_text`,
    `code_used`, `too_many`, 422 `bad_code`."""
    known = model.read_code(code)
    if known is None:
        ko, en = "코드를 다시 확인해 주세요. 한 글자가 다릅니다.", "Check the code again: a letter of it is wrong."
        raise Problem(422, "bad_code", ko, en, field="code")
    if version != consents.VERSION:
        ko, en = "동의문이 바뀌었습니다. 새 동의문을 읽고 다시 해 주세요.", "The words have changed; read the new ones."
        raise Problem(409, "old_text", ko, en, field="version", version=consents.VERSION)
    ref = model.ref_of(known)
    digest = services.sealer.digest(model.tag_of(ref), context=hearing.TAG)
    async with services.db.begin(center=user.center_id) as unit:
        await unit.execute("SELECT 1 FROM person WHERE person_id = :id FOR UPDATE", {"id": user.person_id})
        held = await unit.all("SELECT * FROM protected_person WHERE person_id = :id", {"id": user.person_id})
        mine = next((row for row in held if row["tag_digest"] == digest), None)
        return _shown(mine) if mine is not None else await _add(unit, services, user, ref, digest, len(held))


async def _add(unit: Unit, services: Services, user: DeviceUser, ref: str, digest: bytes, count: int) -> dict[str, Any]:
    if count >= MOST:
        ko, en = f"코드는 {MOST}개까지 등록할 수 있습니다.", f"No more than {MOST} codes; take one back first."
        raise Problem(409, "too_many", ko, en)
    protected_id, now = uuid4(), services.clock()
    row = {"protected_id": protected_id, "registered_at": now, "tested_at": None}
    sealed = services.sealer.seal(ref, context=f"protected_person.ref:{protected_id}", center=user.center_id)
    more = {"center_id": user.center_id, "person_id": user.person_id, "ref_sealed": sealed, "tag_digest": digest}
    done = await unit.scalar(
        insert(protected_person)
        .values(**row, **more)
        .on_conflict_do_nothing()
        .returning(protected_person.c.protected_id)
    )
    if done is None:
        ko = "다른 계정에 등록된 코드입니다. 코드를 준 기관에 새 코드를 요청하세요."
        raise Problem(409, "code_used", ko, "Another account has this code: ask who gave it to you for a new one.")
    await _consent(unit, services, user, "granted")
    return _shown(row)


async def _consent(unit: Unit, services: Services, user: DeviceUser, act: str) -> None:
    how = "app" if user.browser_proved_at is None else "page"
    kind = consents.PROTECTION
    await ledger.append(unit, services, center=user.center_id, person_id=user.person_id, kind=kind, act=act, how=how)


async def withdraw(services: Services, user: DeviceUser, protected_id: UUID) -> None:
    """Gone at once, with what she was warned of; guardians of a warning that runs are told that it is over. Problem
    404."""
    async with services.db.begin(center=user.center_id) as unit:
        await unit.execute("SELECT 1 FROM person WHERE person_id = :id FOR UPDATE", {"id": user.person_id})
        mine = {"id": protected_id, "person": user.person_id}
        known = await unit.scalar(
            "SELECT true FROM protected_person WHERE protected_id = :id AND person_id = :person FOR UPDATE", mine
        )
        if not known:
            raise Problem(404, "no_protection", "등록된 코드가 없습니다.", "No such code is registered.")
        for row in await hearing.running(unit, user.person_id):
            if row["protected_id"] == protected_id:
                await hearing.end(unit, services, row, "withdrawn")
        await unit.execute("DELETE FROM protected_person WHERE protected_id = :id", {"id": protected_id})
        if not await unit.scalar("SELECT true FROM protected_person WHERE person_id = :person LIMIT 1", mine):
            await _consent(unit, services, user, "withdrawn")


async def listed(services: Services, user: DeviceUser) -> dict[str, Any]:
    """Her codes (never the letters), and her warnings: running first, then those of the last week."""
    now = services.clock()
    async with services.db.begin(center=user.center_id) as unit:
        mine = {"id": user.person_id, "since": now - SHOWN_FOR}
        held = await unit.all("SELECT * FROM protected_person WHERE person_id = :id ORDER BY registered_at", mine)
        warned = await unit.all(_WARNINGS, mine)
        runs = bool(await hearing.running(unit, user.person_id)) if held else False
    return {
        "protections": [_shown(row) for row in held],
        "warnings": [hearing.shown(services, row) for row in warned],
        "wants_place": runs,
        "text_version": consents.VERSION,
        "now": now.isoformat(),
    }


async def keep_place(services: Services, user: DeviceUser, place: model.Place) -> bool:
    """Her phone says where she is, for the warnings that run; whether one does."""
    value = {"lat": place.lat, "lon": place.lon, "accuracy_m": place.accuracy_m}
    fixed_at = min(place.fixed_at, services.clock())
    async with services.db.begin(center=user.center_id) as unit:
        rows = await hearing.running(unit, user.person_id)
        for row in rows:
            sealed = services.sealer.seal(
                value | {"fixed_at": fixed_at.isoformat()},
                context=f"approach_warning.place:{row['warning_id']}",
                center=row["center_id"],
            )
            await unit.execute(
                "UPDATE approach_warning SET place_sealed = :sealed WHERE warning_id = :id",
                {"sealed": sealed, "id": row["warning_id"]},
            )
    return bool(rows)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    tested: datetime | None = row["tested_at"]
    return {
        "protection_id": str(row["protected_id"]),
        "registered_at": row["registered_at"].isoformat(),
        "tested_at": tested.isoformat() if tested else None,
    }
