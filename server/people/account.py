"""A person's own view of her account, and its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server.people import browser, consents, ledger, phones
from server.people.leaving import destroy_account
from server.people.service import DeviceUser

if TYPE_CHECKING:
    from server.services import Services


async def seen(services: Services, user: DeviceUser) -> dict[str, Any]:
    """Who she is here, her phones, and what she agreed to."""
    async with services.db.begin(center=user.center_id) as unit:
        row = await unit.one(
            "SELECT nickname_sealed, phone_proved_at, born_year, created_at, follow_precision FROM person"
            " WHERE person_id = :id",
            {"id": user.person_id},
        )
    assert row is not None
    return {
        "person_id": str(user.person_id),
        "nickname": services.sealer.open(row["nickname_sealed"], context=f"person.nickname:{user.person_id}"),
        "phone_proved_at": row["phone_proved_at"].isoformat() if row["phone_proved_at"] else None,
        "born_year": row["born_year"],
        "signed_up_at": row["created_at"].isoformat(),
        "follow_precision": {
            "chosen": row["follow_precision"] or None,
            "in_force": row["follow_precision"] or services.settings.follow_precision,
        },
        "phones": await phones.listed(services, user),
        "browsers": await browser.listed(services, user),
        **await ledger.listed(services, user),
    }


async def end(services: Services, user: DeviceUser) -> dict[str, Any]:
    """She leaves: what was destroyed, and what a legal hold keeps. The lines of the ledger stay, by ids only."""
    async with services.db.begin() as unit:
        await unit.execute("SELECT 1 FROM person WHERE person_id = :id FOR UPDATE", {"id": user.person_id})
        done = await destroy_account(unit, services, user)
        await ledger.append(
            unit,
            services,
            center=user.center_id,
            person_id=user.person_id,
            kind=consents.ACCOUNT,
            act="ended",
            more=done.counts(),
        )
    return done.counts()
