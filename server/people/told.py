"""Who was told and who looked: lines of the home center's log, and a note to the center that works on it.

The note carries what the person calls the guardian, and nothing else of her. Also here: the text message to a
guardian whom no push has brought to the page, and what the person is told of who opened her page.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID, uuid4

from location_router.runtime.db import Unit
from location_router.wire import GuardianNote
from server.events import Actor, record
from server.people.store import FOR_HER, GUARDIAN_ENDED
from server.people.texts import queue_text

if TYPE_CHECKING:
    from server.services import Services

TEXT_LIFE = timedelta(minutes=30)
SEEN_EVERY = timedelta(seconds=15)
AWAY_FOR = timedelta(minutes=2)
"""Who comes back after so long has opened the page again."""
IS_TOLD_HER = """(EXISTS (SELECT 1 FROM alert w WHERE w.alert_id = a.alert_id AND w.trigger = 'web')
  OR a.ended_at < :now - interval '1 day' OR (a.ended_at IS NOT NULL AND a.outcome <> 'cancelled'))"""
"""Which followed alerts (`a`) her own page may speak of. A duress code ends nothing and must look like a cancel to
whoever holds her phone (invariant 9), so neither shows: not what runs, and for a day not what was cancelled. The web
page has no PIN and no cancel; what she raised there she is told of at once."""
_WORDS = {
    False: "[안심] 나를 보호자로 지정한 분이 SOS를 눌렀습니다. 본인에게 전화하지 말고 여기서 확인하세요. Ansim SOS",
    True: (
        "[안심] 다른 보호자가 나를 보호자로 지정한 분을 위해 경보를 울렸습니다. 본인에게 전화하지 말고 여기서"
        " 확인하세요. Ansim: another guardian raised an alarm for her"
    ),
}
"""By whether it was raised for her. No names: a text message is read by whoever holds the phone."""
_FOLLOW = f"""
SELECT f.*, a.serving, a.ended_at, g.name_sealed, g.phone_sealed, {GUARDIAN_ENDED} AS guardian_ended_at,
       {FOR_HER} AS is_for_her, p.sharing_stopped_until,
       (SELECT n.notice_id FROM notice n WHERE n.follow_id = f.follow_id
         AND n.event = 'sos_active') AS notice_id
FROM follow f JOIN followed_alert a USING (alert_id) JOIN guardian g USING (guardian_id)
JOIN person p ON p.person_id = a.person_id WHERE f.follow_id = :id
"""


async def guardian(
    unit: Unit, services: Services, follow_id: UUID, what: Literal["told", "opened", "acknowledged"], *, how: str = ""
) -> None:
    """Write that this guardian was told (`how`: app, browser, text, call), has opened the page or has acknowledged, and
    let the center know."""
    now = services.clock()
    row = await unit.one(_FOLLOW, {"id": follow_id, "now": now})
    if row is None:
        return
    who = str(row["guardian_id"])
    name = services.sealer.open(row["name_sealed"], context=f"guardian.name:{who}") or ""
    record(
        unit,
        center_id=row["center_id"],
        incident_id=row["alert_id"],
        tag=f"guardian:{what}",
        actor=Actor("guardian", who, name),
        payload={"follow_id": str(follow_id)} | ({"how": how} if how else {}),
        at=now,
    )
    if row["ended_at"] is not None:
        return
    note = GuardianNote(
        note_id=uuid4(),
        installation=services.settings.installation,
        alert_id=row["alert_id"],
        assignment_no=int(row["serving"].get("assignment_no", 1)),
        event=what,
        how=how,
        guardian_id=who,
        name=name,
        at=now,
    )
    await services.outbox.send(unit, "status", note.note_id, note)


async def looked(unit: Unit, services: Services, row: dict[str, Any]) -> None:
    """The bound browser shows the page now; after AWAY_FOR it counts as opened again. `row` as of before."""
    now: datetime = services.clock()
    before: datetime | None = row["seen_at"]
    if before is not None and now - before < SEEN_EVERY:
        return
    mine = await unit.scalar(
        "UPDATE follow SET seen_at = :now WHERE follow_id = :id AND seen_at IS NOT DISTINCT FROM :before RETURNING 1",
        {"now": now, "id": row["follow_id"], "before": before},
    )
    if mine and (before is None or now - before > AWAY_FOR):
        await guardian(unit, services, row["follow_id"], "opened")


async def text_guardian(services: Services, follow_id: UUID) -> None:
    """The link by text message, unless the page has been opened or there is nothing to see any more; once."""
    async with services.db.begin() as unit:
        now = services.clock()
        row = await unit.one(_FOLLOW + " FOR UPDATE OF f", {"id": follow_id, "now": now})
        if row is None or row["texted_at"] or row["opened_at"] or row["ended_at"] or row["guardian_ended_at"]:
            return
        if row["sharing_stopped_until"] is not None and row["sharing_stopped_until"] > now:
            return
        await unit.execute("UPDATE follow SET texted_at = :now WHERE follow_id = :id", {"now": now, "id": follow_id})
        number = services.sealer.open(row["phone_sealed"], context=f"guardian.phone:{row['guardian_id']}")
        link = services.sealer.open(row["link_sealed"], context=f"follow.link:{follow_id}")
        words = f"{_WORDS[row['is_for_her']]}: {services.settings.origin}/follow/{link}"
        await queue_text(
            unit,
            services,
            center=row["center_id"],
            number=number,
            words=words,
            life=TEXT_LIFE,
            notice_id=row["notice_id"],
        )
        await guardian(unit, services, follow_id, "told", how="text")


async def openings(unit: Unit, services: Services, alert_id: UUID) -> list[dict[str, Any]]:
    """For the person herself: `[{"name", "opened_at", "seen_at"}]` of each guardian who was told of this alert, by what
    she calls them; `opened_at` None: has not looked. `seen_at` is the last look, to 15 s. A removed one has no name."""
    rows = await unit.all(
        "SELECT g.guardian_id, g.name_sealed, f.opened_at, f.seen_at FROM follow f JOIN guardian g USING (guardian_id)"
        " WHERE f.alert_id = :alert ORDER BY f.opened_at NULLS LAST, g.designated_at",
        {"alert": alert_id},
    )
    return [
        {
            "name": services.sealer.open(row["name_sealed"], context=f"guardian.name:{row['guardian_id']}") or "",
            "opened_at": row["opened_at"].isoformat() if row["opened_at"] else None,
            "seen_at": row["seen_at"].isoformat() if row["seen_at"] else None,
        }
        for row in rows
    ]
