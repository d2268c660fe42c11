"""Near misses: shown to a person of the center and to nobody else, forgotten when nobody decides.

The read is sealed in its row, and goes with it: by the decision, or `UNDECIDED` after it came. The line of a decision
names the entry and the camera, never the plate. What a person has said no to is not asked again at once: the row stays
as long as the agreement says (else `PLATE_QUIET_S`), without what was read, and counts what it keeps quiet.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.actor import SYSTEM, Actor
from server.events import record_admin
from server.incidents.cards import iso
from server.plates.matching import Match
from server.plates.model import UNDECIDED, WINDOW
from server.plates.service import context, quiet_s

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

NEWS = "plates/"
"""Begins the hint for one center's seats that the list is another; it says nothing else."""
DISMISSALS = ("other_plate", "elsewhere", "cannot_tell")
"""Why it is not the wanted vehicle: another number was read, it is known to be elsewhere, nobody can say."""
_KEEP = """
INSERT INTO plate_candidate (candidate_id, center_id, entry_id, camera_id, read_at, probability, body_sealed,
  expires_at) VALUES (:id, :center, :entry, :camera, :at, :probability, :body, :expires) ON CONFLICT DO NOTHING
"""
QUIETING = ("other_plate", "elsewhere")
"""After these the entry's near misses at this camera are counted for a while, and shown to nobody."""
_QUIETED = """
UPDATE plate_candidate SET quieted = quieted + 1 WHERE center_id = :center AND entry_id = :entry AND camera_id = :camera
AND dismissed_at IS NOT NULL AND expires_at > :now RETURNING candidate_id
"""
_FORGET = """
DELETE FROM plate_candidate WHERE expires_at <= :now RETURNING center_id, entry_id, camera_id, quieted
"""
_DISMISSED = """
UPDATE plate_candidate SET body_sealed = NULL, picture_sealed = NULL, dismissed_at = :now, expires_at = :until
WHERE candidate_id = :id
"""
_SAME = """
SELECT count(*) FROM plate_candidate WHERE center_id = :center AND entry_id = :entry AND camera_id = :camera
AND read_at > :after AND read_at < :before AND dismissed_at IS NULL
"""
_OPEN = """
SELECT c.candidate_id, c.center_id, c.entry_id, c.camera_id, c.read_at, c.probability, c.body_sealed, c.expires_at,
  c.picture_sealed IS NOT NULL AS has_picture, w.crime, w.body_sealed AS wanted_sealed, w.agency_id, w.legal_basis,
  w.expires_at AS wanted_until,
  a.kind, a.name_ko, a.name_en, k.name AS camera_name, k.heading_deg,
  ST_Y(k.place::geometry) AS lat, ST_X(k.place::geometry) AS lon
FROM plate_candidate c JOIN wanted_plate w USING (center_id, entry_id) JOIN agency a USING (agency_id)
LEFT JOIN camera k USING (camera_id)
WHERE c.dismissed_at IS NULL AND c.expires_at > :now AND w.removed_at IS NULL AND w.expires_at > :now
"""


async def keep(
    services: Services,
    match: Match,
    camera: dict[str, Any],
    at: datetime,
    confidence: float | None,
    read: str,
) -> list[UUID]:
    """A row for a person to decide: one for an entry and camera in a WINDOW, however often it is read. The ids that
    this read's rows have, where it has any."""
    is_news, ids = False, []
    async with services.db.begin() as unit:
        for entry in match.entries:
            entry_id = UUID(entry.entry_id)
            candidate_id = uuid5(entry_id, f"near/{camera['camera_id']}/{at.isoformat()}")
            ids.append(candidate_id)
            body = {"read": read[:40], "confidence": confidence, "because": match.because}
            sealed = services.sealer.seal(
                body, context=f"plate_candidate.body:{candidate_id}", center=camera["center_id"]
            )
            values = {"id": candidate_id, "center": camera["center_id"], "entry": entry_id, "at": at, "body": sealed}
            values |= {"camera": camera["camera_id"], "probability": match.probability}
            window = {"after": at - WINDOW, "before": at + WINDOW}
            here = {name: values[name] for name in ("center", "entry", "camera")}
            if await unit.scalar(_QUIETED, here | {"now": services.clock()}) is not None:
                continue
            if not await unit.scalar(_SAME, window | here):
                await unit.execute(_KEEP, values | {"expires": services.clock() + UNDECIDED})
                is_news = True
    if is_news:
        services.broadcast.tell(f"{NEWS}{camera['center_id']}")
    return ids


async def listed(unit: Unit, services: Services) -> list[dict[str, Any]]:
    """What waits for a decision at the unit's centers, likeliest first."""
    rows = await unit.all(f"{_OPEN} ORDER BY c.probability DESC, c.read_at", {"now": services.clock()})
    return [card(services, row) for row in rows]


async def count_wanted(unit: Unit, now: datetime) -> int:
    """How many plates are looked for at the unit's centers: where none is, nothing can come near."""
    count: int = await unit.scalar(
        "SELECT count(*) FROM wanted_plate WHERE removed_at IS NULL AND expires_at > :now", {"now": now}
    )
    return count


def card(services: Services, row: dict[str, Any]) -> dict[str, Any]:
    said = services.sealer.open(row["body_sealed"], context=f"plate_candidate.body:{row['candidate_id']}") or {}
    wanted = services.sealer.open(row["wanted_sealed"], context=context(row["entry_id"])) or {}
    return {
        "candidate_id": str(row["candidate_id"]),
        "center_id": row["center_id"],
        "entry_id": str(row["entry_id"]),
        "agency_id": row["agency_id"],
        "agency": {name: row[name] for name in ("agency_id", "kind", "name_ko", "name_en")},
        "crime": row["crime"],
        "legal_basis": row["legal_basis"],
        "reason": wanted.get("reason", ""),
        "case_no": wanted.get("case_no", ""),
        "wanted_until": iso(row["wanted_until"]),
        "camera": {
            "camera_id": row["camera_id"],
            "name": row["camera_name"],
            **{name: row[name] for name in ("lat", "lon", "heading_deg")},
        },
        "read_at": iso(row["read_at"]),
        "read": said.get("read", ""),
        "wanted": wanted.get("plate", ""),
        "because": said.get("because", ""),
        "confidence": said.get("confidence"),
        "probability": round(row["probability"], 3),
        "expires_at": iso(row["expires_at"]),
        "has_picture": row["has_picture"],
    }


async def _picture_of(unit: Unit, services: Services, candidate_id: UUID) -> str | None:
    """Base64 of the reader's own JPEG of it, for the request that is raised."""
    query = "SELECT picture_sealed FROM plate_candidate WHERE candidate_id = :id"
    sealed = await unit.scalar(query, {"id": candidate_id})
    return services.sealer.open(sealed, context=picture_context(candidate_id)) if sealed is not None else None


def picture_context(candidate_id: UUID) -> str:
    """To which row a sealed picture is bound."""
    return f"plate_candidate.picture:{candidate_id}"


async def take(
    unit: Unit, services: Services, candidate_id: UUID, actor: Actor, *, accepts: bool, reason: str = ""
) -> Any:
    """The candidate's card as it goes, decided; None: it is gone, or not this unit's. What was read goes with it, its
    picture to the request that is raised (`picture`, base64); `reason`: one of DISMISSALS."""
    found = await unit.one(
        f"{_OPEN} AND c.candidate_id = :id FOR UPDATE OF c", {"id": candidate_id, "now": services.clock()}
    )
    if found is None:
        return None
    told = card(services, found)
    picture = await _picture_of(unit, services, candidate_id) if accepts else None
    rests_s = 0.0
    if reason in QUIETING and not accepts:
        rests_s = await quiet_s(unit, services, found["center_id"], found["agency_id"])
    if rests_s > 0:
        now = services.clock()
        await unit.execute(_DISMISSED, {"id": candidate_id, "now": now, "until": now + timedelta(seconds=rests_s)})
    else:
        await unit.execute("DELETE FROM plate_candidate WHERE candidate_id = :id", {"id": candidate_id})
    tag = "plate:confirmed" if accepts else "plate:dismissed"
    payload = {name: told[name] for name in ("candidate_id", "entry_id", "agency_id")}
    payload |= {"camera_id": found["camera_id"]} | ({"reason": reason} if reason else {})
    record_admin(unit, tag=tag, actor=actor, center_id=found["center_id"], payload=payload)
    return told | {"at": found["read_at"], "picture": picture}


async def decided(
    unit: Unit, services: Services, candidate_id: UUID, actor: Actor, *, accepts: bool, reason: str = ""
) -> dict[str, Any]:
    """`take`, where there must be one: Problem 404 `no_candidate`."""
    told: dict[str, Any] | None = await take(unit, services, candidate_id, actor, accepts=accepts, reason=reason)
    if told is None:
        ko, en = "이미 처리했거나 시간이 지났습니다.", "Decided already, or its time is over."
        raise Problem(404, "no_candidate", ko, en)
    return told


async def dismiss(services: Services, viewer: Viewer, candidate_id: UUID, reason: str) -> dict[str, Any]:
    """A person of the center says that it is not the wanted vehicle; Problem 404 `no_candidate`."""
    async with services.db.begin(center=viewer.scope) as unit:
        return await decided(unit, services, candidate_id, viewer.actor, accepts=False, reason=reason)


async def forget(unit: Unit, now: datetime) -> None:
    """Those that nobody has decided, without a trace; those kept quiet for a while, with a line of how many came."""
    gone = await unit.all(_FORGET, {"now": now})
    for row in gone:
        if row["quieted"]:
            payload = {"entry_id": str(row["entry_id"]), "camera_id": row["camera_id"], "count": row["quieted"]}
            record_admin(unit, tag="plate:quieted", actor=SYSTEM, center_id=row["center_id"], payload=payload)
