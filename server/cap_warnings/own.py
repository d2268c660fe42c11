"""Somebody's own warnings at her home center: her consent, the municipalities she chose, and what her phone looks at.

Where she is stays on her phone: it is given the areas of what runs in her municipalities and finds out by itself
whether it is inside. Only the place of a walk of hers that runs, which her home holds for the walk, adds the
municipality that she walks through; nothing of that is kept.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects.postgresql import insert

from location_router.cap_warning.reach import centers_of_code
from location_router.index import Jurisdictions
from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.boundaries import boundaries_of
from server.cap_warnings import browsers, model
from server.cap_warnings.store import OVER_BY, STANDS_SOMEWHERE, warned_person
from server.people import consents, guardian_push, ledger, walk_place
from server.people.service import DeviceUser

if TYPE_CHECKING:
    from server.services import Services

OVER_FOR = timedelta(hours=6)
"""So long after the word came, a phone that was away still learns that a warning was called off."""
_LIST = f"""
SELECT w.*, o.kind AS over_by, o.received_at AS over_at FROM cap_warning w
LEFT JOIN LATERAL ({OVER_BY} ORDER BY u.sent_at DESC LIMIT 1) o ON true
WHERE w.center_id = :center AND w.kind <> 'Cancel' AND w.is_public AND NOT w.is_drill AND w.centers && :mine
  AND w.expires_at > :now AND w.received_at > :since
  AND ({STANDS_SOMEWHERE} OR o.kind = 'Cancel') ORDER BY w.sent_at DESC LIMIT 100
"""


async def listed(services: Services, user: DeviceUser) -> dict[str, Any]:
    """Her choice, and what runs there; what was called off in the last hours is `is_over`, without its parts."""
    now, boundaries = services.clock(), await boundaries_of(services).current()
    async with services.db.begin(center=user.center_id) as unit:
        row = await unit.one("SELECT places FROM warned_person WHERE person_id = :id", {"id": user.person_id})
        mine = await mine_of(unit, boundaries, user, row["places"]) if row else []
        is_told = await browsers.is_told(unit, user.device_id)
    asked = {"center": user.center_id, "mine": mine, "now": now, "since": now - timedelta(days=30)}
    async with services.db.begin() as unit:  # the agreements that they stand on are with any center of this place
        rows = await unit.all(_LIST, asked) if mine else []
    return {
        "is_agreed": row is not None,
        "may_tell_browser": guardian_push.is_offered(services),
        "is_browser_told": is_told,
        "places": [_named(boundaries, code) for code in row["places"]] if row else [],
        "warnings": [one for found in rows if (one := _shown(found, mine, boundaries, now)) is not None],
        "text_version": consents.VERSION,
        "now": now.isoformat(),
    }


async def mine_of(unit: Unit, boundaries: Jurisdictions | None, user: DeviceUser, places: list[str]) -> list[str]:
    """The municipalities she chose, as they stand now, and the one that a running walk of hers is in."""
    if boundaries is None:
        return list(places)
    mine = [heir for code in places for heir in boundaries.heirs(code)]
    walk = await walk_place.running(unit, user.person_id)
    there = boundaries.containing(lat=walk["lat"], lon=walk["lon"]) if walk else None
    return list(dict.fromkeys([*mine, *([there] if there else [])]))


def _shown(row: dict[str, Any], mine: list[str], boundaries: Jurisdictions | None, now: Any) -> dict[str, Any] | None:
    told = {name: str(row[name]) for name in ("warning_id", "thread_id")} | {"severity": row["severity"]}
    told |= {"sent_at": row["sent_at"].isoformat(), "expires_at": row["expires_at"].isoformat()}
    if row["over_by"] == "Update":
        return None  # its successor is in the list
    if row["over_by"] == "Cancel":
        return told | {"is_over": True, "parts": []} if now - row["over_at"] < OVER_FOR else None

    def centers(code: str) -> list[str]:
        return centers_of_code(boundaries, code) if boundaries else []

    parts = [model.on_the_phone(part, mine, centers) for part in model.parts_of(row["content"], now)]
    return told | {"is_over": False, "parts": [part for part in parts if part is not None]}


def _named(boundaries: Jurisdictions | None, code: str) -> dict[str, str]:
    known = boundaries.places.get(code) if boundaries else None
    return {"code": code, "name_ko": known.name_ko if known else code, "name_en": known.name_en if known else code}


async def choices(services: Services) -> list[dict[str, str]]:
    """All municipalities, by name."""
    boundaries = await boundaries_of(services).current()
    found = [_named(boundaries, code) for code in boundaries.centers] if boundaries else []
    return sorted(found, key=lambda one: one["name_ko"])


async def agree(services: Services, user: DeviceUser, *, version: str, places: list[str]) -> None:
    """Her consent to the words of `version`, for these municipalities; again: another choice. Problem 409 `old_text`,
    422 `unknown_place`."""
    if version != consents.VERSION:
        ko, en = "동의문이 바뀌었습니다. 새 동의문을 읽고 다시 해 주세요.", "The words have changed; read the new ones."
        raise Problem(409, "old_text", ko, en, field="version", version=consents.VERSION)
    boundaries, chosen = await boundaries_of(services).current(), list(dict.fromkeys(places))
    strange = [code for code in chosen if boundaries is None or code not in boundaries.centers]
    if strange:
        ko, en = "모르는 시·군·구 코드입니다.", "These are codes of no municipality."
        raise Problem(422, "unknown_place", ko, en, field="places", codes=strange)
    now = services.clock()
    async with services.db.begin(center=user.center_id) as unit:
        await unit.execute("SELECT 1 FROM person WHERE person_id = :id FOR UPDATE", {"id": user.person_id})
        known = await unit.scalar("SELECT true FROM warned_person WHERE person_id = :id", {"id": user.person_id})
        row = {"person_id": user.person_id, "center_id": user.center_id, "places": chosen, "agreed_at": now}
        put = insert(warned_person).values(**row)
        await unit.execute(put.on_conflict_do_update(index_elements=["person_id"], set_={"places": chosen}))
        if not known:
            await _consent(unit, services, user, "granted")


async def withdraw(services: Services, user: DeviceUser) -> None:
    """Gone at once; without a consent nothing happens."""
    async with services.db.begin(center=user.center_id) as unit:
        gone = await unit.scalar(
            "DELETE FROM warned_person WHERE person_id = :id RETURNING true", {"id": user.person_id}
        )
        if gone:
            await browsers.forget_all(unit, user.person_id)
            await _consent(unit, services, user, "withdrawn")


async def _consent(unit: Unit, services: Services, user: DeviceUser, act: str) -> None:
    how, kind = "app" if user.browser_proved_at is None else "page", consents.WARNINGS
    await ledger.append(unit, services, center=user.center_id, person_id=user.person_id, kind=kind, act=act, how=how)
