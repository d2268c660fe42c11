"""What a guardian can do by the invitation she was given: see what she receives, decline, withdraw.

Her data rests on her own consent (kind `contact` of the ledger): when she leaves, her name, number and push address go
at once, unless a legal hold keeps the alert that she was told of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.people import consents, guardian_push, ledger, model
from server.people.follow import end_follows_of
from server.people.leaving import HELD_ALERTS, HOLD_LOCK
from server.people.store import IS_HEARD, IS_NAMED
from server.people.texts import queue_text

if TYPE_CHECKING:
    from server.services import Services

RECEIVES = (
    {
        "when": "sos",
        "ko": "이분이 SOS를 누르면 알림과 진행 상황, 끝날 때까지의 위치를 받습니다.",
        "en": "When she raises an SOS: a push, what happens, and where she is until it ends.",
    },
)


async def row_of(unit: Unit, services: Services, invitation: str, *, even_paused: bool = False) -> dict[str, Any]:
    """The guardian of this invitation, locked; Problem 404 `no_invitation`: whoever asks can't tell whether she was
    paused, has ended or never was one."""
    heard = "" if even_paused else f" AND {IS_HEARD}"
    row = await unit.one(
        "SELECT g.*, p.nickname_sealed, p.phone_sealed AS person_phone_sealed, p.phone_proved_at, p.represented_by"
        " FROM guardian g JOIN person p USING (person_id) WHERE g.invitation_digest = :digest"
        f" AND {IS_NAMED}{heard} FOR UPDATE OF p, g",
        {"digest": services.sealer.digest(invitation, context="guardian.invitation"), "now": services.clock()},
    )
    if row is None:
        raise no_invitation()
    return row


def no_invitation() -> Problem:
    return Problem(404, "no_invitation", "초대가 끝났거나 없습니다.", "This invitation has ended.")


async def seen(services: Services, invitation: str) -> dict[str, Any]:
    """Whose guardian she is, since when and how, what she receives, and what she was told. Problem 404."""
    async with services.db.begin() as unit:
        row = await row_of(unit, services, invitation)
        told = await unit.all(
            "SELECT created_at, push_state, opened_at, texted_at FROM follow WHERE guardian_id = :id"
            " ORDER BY created_at DESC LIMIT 100",
            {"id": row["guardian_id"]},
        )
    ko, en = consents.TEXTS[consents.CONTACT]
    return {
        "guardian_id": str(row["guardian_id"]),
        "person_nickname": services.sealer.open(row["nickname_sealed"], context=f"person.nickname:{row['person_id']}"),
        "designated_at": row["designated_at"].isoformat(),
        "designated_by": row["designated_by"],
        "accepted_at": row["accepted_at"].isoformat() if row["accepted_at"] else None,
        "is_representative": row["represented_by"] == row["guardian_id"],
        "guest_until": row["guest_until"].isoformat() if row["guest_until"] else None,
        "quiet_hours": quiet_hours_of(row),
        "receives": list(RECEIVES),
        "told": [
            {
                "at": one["created_at"].isoformat(),
                "push": one["push_state"],
                "texted_at": one["texted_at"].isoformat() if one["texted_at"] else None,
                "opened_at": one["opened_at"].isoformat() if one["opened_at"] else None,
            }
            for one in told
        ],
        "push": guardian_push.is_offered(services),
        "consent": {"version": consents.VERSION, "ko": ko, "en": en},
    }


def quiet_hours_of(row: dict[str, Any]) -> dict[str, str] | None:
    """`{"from": "23:00", "to": "07:00"}`."""
    first, last = row["quiet_from_min"], row["quiet_to_min"]
    if first is None or last is None:
        return None
    return {name: f"{at // 60:02d}:{at % 60:02d}" for name, at in (("from", first), ("to", last))}


async def leave(services: Services, invitation: str) -> dict[str, str]:
    """Decline, or withdraw after having accepted. The person is told by text, if the number is proved. Problem 404;
    who is paused may withdraw as well, and is told nothing else than who has ended."""
    async with services.db.begin() as unit:
        await unit.execute(HOLD_LOCK)
        row = await row_of(unit, services, invitation, even_paused=True)
        act = "withdrawn" if row["accepted_at"] else "declined"
        guardian_id, person_id, center = row["guardian_id"], row["person_id"], row["center_id"]
        await end_follows_of(unit, services, guardian_id, "consent_withdrawn")
        gone = await unit.all(
            "DELETE FROM guardian WHERE guardian_id = :id AND guardian_id NOT IN"
            f" (SELECT guardian_id FROM follow WHERE alert_id IN {HELD_ALERTS}) RETURNING 1",
            {"id": guardian_id},
        )
        if not gone:
            await unit.execute(
                "UPDATE guardian SET ended_at = :now, push_token_sealed = NULL WHERE guardian_id = :id",
                {"now": services.clock(), "id": guardian_id},
            )
        await ledger.append(
            unit,
            services,
            center=center,
            person_id=person_id,
            guardian_id=guardian_id,
            kind=consents.CONTACT,
            act=act,
            how="invitation",
            more={"destroyed": {"guardian": len(gone)}, "held": {"guardian": 1 - len(gone)}},
        )
        await ledger.forget_representative(unit, services, person_id, guardian_id)
        if row["phone_proved_at"] is not None:
            number = services.sealer.open(row["person_phone_sealed"], context=f"person.phone:{person_id}")
            words = "[안심] 보호자 한 분이 등록을 거두었습니다. 앱에서 확인하세요. Ansim: a guardian has withdrawn."
            await queue_text(unit, services, center=center, number=number, words=words)
    if model.is_paused(row, services.clock()):
        raise no_invitation()
    return {"state": act}
