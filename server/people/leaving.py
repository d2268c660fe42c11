"""What is destroyed when a consent is withdrawn or the person leaves (위치정보법 제24조제4항: at once).

The counts go into the event `consent:withdrawn` or `consent:ended` of the home center's chain: the proof. A legal hold
keeps what hangs on its incidents, and the answer says how much. What a center works with while an incident is open
rests on the rescue (제29조), not on consent: it goes by that center's own retention. The provision log stays: ids only.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.jobs import defer_in
from server.people import second_hand
from server.people.consents import Kind
from server.people.follow import end_follows_of_person
from server.people.service import DeviceUser

if TYPE_CHECKING:
    from server.services import Services

# Shared with the placing of holds (server/retention): what a hold keeps once it is answered can't go.
HOLD_LOCK = "SELECT pg_advisory_xact_lock_shared(hashtextextended('legal_hold', 0))"
HELD_ALERTS = (
    "(SELECT alert_id FROM alert WHERE incident_id IN (SELECT held_incidents())"
    " UNION ALL SELECT alert_id FROM handed_alert WHERE incident_id IN (SELECT held_incidents()))"
)
_POSITIONS = """
DELETE FROM position p USING alert a, incident i WHERE a.alert_id = p.alert_id AND i.incident_id = p.incident_id
AND a.person_ref = :ref AND a.home = :home AND i.state IN ('closed','cancelled','transferred')
AND p.incident_id NOT IN (SELECT held_incidents()) RETURNING 1
"""


@dataclass
class Destroyed:
    """Rows by table, and those that a hold or a running alert keeps."""

    gone: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)

    def counts(self) -> dict[str, Any]:
        return {"destroyed": dict(sorted(self.gone.items())), "held": dict(sorted(self.held.items()))}


async def destroy_for(unit: Unit, services: Services, user: DeviceUser, kind: Kind) -> Destroyed:
    """What rests on this consent. The unit must see every center: her alerts may be another's."""
    done = Destroyed()
    if kind == "third_party":
        return done
    await unit.execute(HOLD_LOCK)
    await end_follows_of_person(unit, services, user.person_id, "consent_withdrawn")
    if kind == "location_collection":
        await _destroy_places(unit, services, user.person_id, done)
    else:
        await _destroy_guardians(unit, services, user.person_id, done, but_representative=True)
    return done


async def _destroy_places(unit: Unit, services: Services, person_id: UUID, done: Destroyed) -> None:
    """Her track at this installation, and what guardians could follow. Of a running alert only the place goes."""
    done.gone["position"] += await _count(unit, _POSITIONS, ref=str(person_id), home=services.settings.installation)
    done.gone["followed_alert"] += await _count(
        unit,
        f"DELETE FROM followed_alert WHERE person_id = :id AND ended_at IS NOT NULL AND alert_id NOT IN {HELD_ALERTS}"
        " RETURNING 1",
        id=person_id,
    )
    await unit.execute(
        "UPDATE followed_alert SET position_sealed = NULL, position_at = NULL WHERE person_id = :id"
        f" AND alert_id NOT IN {HELD_ALERTS}",
        {"id": person_id},
    )
    await _destroy_walks(unit, services, person_id, done)
    held = await unit.scalar(
        f"SELECT count(*) FROM followed_alert WHERE person_id = :id AND alert_id IN {HELD_ALERTS}", {"id": person_id}
    )
    done.held.update({"followed_alert": held} if held else {})


async def _destroy_walks(unit: Unit, services: Services, person_id: UUID, done: Destroyed) -> None:
    """Her walks with their tracks. One that runs loses its track here, and is ended by whoever looks at it next, which
    is at once; one that has become an alert is the rescue's until that is over."""
    track = "DELETE FROM walk_position WHERE walk_id IN (SELECT walk_id FROM walk WHERE person_id = :id AND rung <>"
    gone = await _count(unit, f"{track} 'raised' AND alert_id NOT IN {HELD_ALERTS}) RETURNING 1", id=person_id)
    done.gone.update({"walk_position": gone} if gone else {})
    gone = await _count(
        unit,
        f"DELETE FROM walk WHERE person_id = :id AND ended_at IS NOT NULL AND alert_id NOT IN {HELD_ALERTS}"
        " RETURNING 1",
        id=person_id,
    )
    done.gone.update({"walk": gone} if gone else {})
    await unit.execute(
        "UPDATE walk SET outcome = 'cancelled', keep_days = 0, look_at = :now WHERE person_id = :id"
        " AND ended_at IS NULL AND rung <> 'raised'",
        {"id": person_id, "now": services.clock()},
    )


async def _destroy_guardians(
    unit: Unit, services: Services, person_id: UUID, done: Destroyed, *, but_representative: bool
) -> None:
    """Names, numbers, push addresses, links. One who was told of a held alert stays, ended and without an address."""
    spare = " AND guardian_id IS DISTINCT FROM (SELECT represented_by FROM person WHERE person_id = :id)"
    only = f"person_id = :id{spare if but_representative else ''}"
    told = f"guardian_id IN (SELECT guardian_id FROM follow WHERE alert_id IN {HELD_ALERTS})"
    done.gone["guardian"] += await _count(
        unit, f"DELETE FROM guardian WHERE {only} AND NOT {told} RETURNING 1", id=person_id
    )
    held = await _count(
        unit,
        "UPDATE guardian SET ended_at = coalesce(ended_at, :now), push_token_sealed = NULL"
        f" WHERE {only} AND {told} RETURNING 1",
        id=person_id,
        now=services.clock(),
    )
    await unit.execute(
        f"DELETE FROM web_push WHERE guardian_id IN (SELECT guardian_id FROM guardian WHERE {only})", {"id": person_id}
    )
    done.held.update({"guardian": held} if held else {})


async def _count(unit: Unit, statement: str, **values: Any) -> int:
    return len(await unit.all(statement, values))


async def destroy_account(unit: Unit, services: Services, user: DeviceUser) -> Destroyed:
    """Everything about her at this installation's home side. Her phones are taken back at the router too."""
    done = Destroyed()
    await unit.execute(HOLD_LOCK)
    await end_follows_of_person(unit, services, user.person_id, "consent_withdrawn")
    await _destroy_places(unit, services, user.person_id, done)
    await second_hand.keep_raised_walks(unit, services, user.person_id)
    await unit.execute(  # ids only; one that the router does not have yet goes there first
        "DELETE FROM second_hand_alert WHERE person_id = :id AND sent_at IS NOT NULL", {"id": user.person_id}
    )
    shown = "SELECT walk_id, seen_center FROM walk WHERE person_id = :id AND ended_at IS NULL AND seen_center <> ''"
    for row in await unit.all(shown, {"id": user.person_id}):  # the row goes: the job knows which desk still shows it
        at = services.clock().isoformat()
        await defer_in(unit, "leave_center", walk_id=str(row["walk_id"]), center=row["seen_center"], at=at)
    done.gone["followed_alert"] += await _count(
        unit,
        f"DELETE FROM followed_alert WHERE person_id = :id AND alert_id NOT IN {HELD_ALERTS} RETURNING 1",
        id=user.person_id,
    )
    await _destroy_guardians(unit, services, user.person_id, done, but_representative=False)
    for table in ("disclosure_note", "device", "protected_person", "warned_person"):
        kept = f" AND alert_id NOT IN {HELD_ALERTS}" if table == "disclosure_note" else ""
        rows = await unit.all(f"DELETE FROM {table} WHERE person_id = :id{kept} RETURNING *", {"id": user.person_id})
        done.gone[table] += len(rows)
        for row in rows if table == "device" and services.settings.installation_key else ():
            await defer_in(unit, "tell_router_of_device", device_id=str(row["device_id"]))
    digest = "(SELECT phone_digest FROM person WHERE person_id = :id)"
    for table in ("phone_proof", "text_message"):
        done.gone[table] += await _count(
            unit, f"DELETE FROM {table} WHERE phone_digest = {digest} RETURNING 1", id=user.person_id
        )
    if done.held:
        await _blank(unit, services, user)
    else:
        await unit.execute("DELETE FROM person WHERE person_id = :id", {"id": user.person_id})
        done.gone["person"] += 1
    return done


async def _blank(unit: Unit, services: Services, user: DeviceUser) -> None:
    """A row that held rows point at: nobody's any more. The purge takes it when the hold has ended."""
    values = {
        name: services.sealer.seal("", context=f"person.{name}:{user.person_id}", center=user.center_id)
        for name in ("nickname", "phone")
    }
    await unit.execute(
        "UPDATE person SET nickname_sealed = :nickname, phone_sealed = :phone, phone_digest = :digest,"
        " born_year = NULL, phone_proved_at = NULL, represented_by = NULL, ended_at = :now WHERE person_id = :id",
        {**values, "digest": os.urandom(32), "now": services.clock(), "id": user.person_id},
    )
