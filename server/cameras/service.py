"""The city's cameras: which five see an incident, warming them, and opening them through the release gate.

The order that invariant 4 asks for stands in `open_cameras`: release rows, commit, and only then tickets.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import structlog

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.cameras.current import choose_in
from server.cameras.model import VIEWS, numbered, public
from server.cameras.select import Scene
from server.cameras.store import HEALTHY, USABLE
from server.events import read_events, record
from server.gate import Refused, open_views, plain_address
from server.gate_facts import LENT_ON, LENT_STANDS
from server.purposes import STANDS, is_purpose_allowed, need_of, purposes_for
from server.recordings.pins import keep_recordings
from server.video.gateway import WarmCamera
from server.video.pinned import LENT
from server.video.tickets import new_ticket

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

log = structlog.get_logger("cameras")

MAP_LIMIT = 8000
_COLUMNS = (
    "camera_id, center_id, name, ST_Y(place::geometry) AS lat, ST_X(place::geometry) AS lon, heading_deg,"
    f" field_of_view_deg, range_m, is_ptz, purpose, {HEALTHY} AS healthy, health, health_at"
)
Quality = Literal["sub", "main"]
_LENT = f"""
SELECT l.*, coalesce(a.name_ko, l.agency_id) AS lent_by FROM lent_camera l
JOIN agency_request r USING (request_id, center_id) LEFT JOIN agency a ON a.agency_id = l.agency_id
WHERE r.incident_id = :incident AND {LENT_STANDS}
  AND (CAST(:id AS text) IS NULL AND {LENT_ON.format(agency=":agency")} OR l.camera_id = :id)
ORDER BY l.lent_at, l.camera_id
"""


async def nearest(
    unit: Unit, *, center_id: str, lat: float, lon: float, limit: int, now: datetime | None = None
) -> list[dict[str, Any]]:
    """The center's cameras nearest to the point; empty only where it has none. There is no radius to fall out of.
    With `now` those that may be opened then, without it all that stand there."""
    wanted = USABLE if now else "retired_at IS NULL"
    return await unit.all(
        f"SELECT {_COLUMNS} FROM camera WHERE center_id = :center AND {wanted}"
        " ORDER BY place <-> CAST(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS geography) LIMIT :limit",
        {"center": center_id, "lat": lat, "lon": lon, "limit": limit, "now": now},
    )


async def in_box(unit: Unit, *, west: float, south: float, east: float, north: float) -> list[dict[str, Any]]:
    """Cameras on a map's piece, at most MAP_LIMIT, of the centers the unit may see."""
    rows = await unit.all(
        f"SELECT {_COLUMNS} FROM camera WHERE retired_at IS NULL AND place &&"
        " CAST(ST_MakeEnvelope(:west, :south, :east, :north, 4326) AS geography)"
        " AND ST_X(place::geometry) BETWEEN :west AND :east AND ST_Y(place::geometry) BETWEEN :south AND :north"
        f" ORDER BY camera_id LIMIT {MAP_LIMIT}",
        {"west": west, "south": south, "east": east, "north": north},
    )
    return [public(row) for row in rows]


async def chosen(unit: Unit, incident_id: UUID) -> list[dict[str, Any]]:
    """The choice that stands in the timeline (CameraChoice as JSON, by number); empty when none was made."""
    line = await decision(unit, incident_id)
    return list(line["payload"].get("cameras", [])) if line else []


async def as_they_are(unit: Unit, choices: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same cameras with what may have changed since they were chosen, and what a seat needs to work with them: what
    the picture is worth now, whether it can be moved, and whose telephone rings where there is no stream."""
    rows = await unit.all(
        f"SELECT camera_id, {HEALTHY} AS healthy, health, health_since, sub_url_sealed IS NOT NULL AS has_stream,"
        " office, office_phone, is_ptz AND retired_at IS NULL AND EXISTS (SELECT 1 FROM camera_device d"
        " WHERE d.camera_id = camera.camera_id AND d.ptz_profile IS NOT NULL) AS can_move"
        " FROM camera WHERE camera_id = ANY(:ids)",
        {"ids": [one["camera_id"] for one in choices]},
    )
    now = {row["camera_id"]: dict(row) for row in rows}
    return [{**one, **now.get(one["camera_id"], {})} for one in choices]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cameras of the registry; None and "" narrow nothing. `bad_since`: their picture has been wanting since
    before then; `box`: west, south, east, north."""

    health: str | None = None
    words: str = ""
    stream: Literal["with", "without"] | None = None
    source: str | None = None
    bad_since: datetime | None = None
    box: tuple[float, ...] | None = None


_WANTED = """
retired_at IS NULL AND camera_id > :after
 AND (CAST(:health AS text) IS NULL OR health = :health)
 AND (name ILIKE :part OR site_address ILIKE :part OR office ILIKE :part OR camera_id ILIKE :part
      OR owner_name ILIKE :part OR purpose ILIKE :part OR management_no ILIKE :part)
 AND (CAST(:stream AS text) IS NULL OR (sub_url_sealed IS NOT NULL) = (:stream = 'with'))
 AND (CAST(:source AS text) IS NULL OR source = :source)
 AND (CAST(:bad_since AS timestamptz) IS NULL OR (health NOT IN ('unknown', 'working') AND health_since <= :bad_since))
 AND (CAST(:west AS float8) IS NULL OR place::geometry && ST_MakeEnvelope(:west, :south, :east, :north, 4326))
"""


async def registered(
    unit: Unit, wanted: Wanted, *, after: str, limit: int
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Cameras by id with their health, and how many of each health there are; `words` is a piece of a name, an address
    or an office. The place of a camera is its own and no person's."""
    part = "%" + wanted.words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    rows = await unit.all(
        f"SELECT {_COLUMNS}, health_since, office, office_phone, site_address, source, is_private, consent_until,"
        f" owner_name, sub_url_sealed IS NOT NULL AS has_stream FROM camera WHERE {_WANTED}"
        " ORDER BY camera_id LIMIT :limit",
        {
            "health": wanted.health,
            "part": part,
            "stream": wanted.stream,
            "source": wanted.source,
            "bad_since": wanted.bad_since,
            **dict(zip(("west", "south", "east", "north"), wanted.box or (None,) * 4, strict=True)),
            "after": after,
            "limit": limit,
        },
    )
    counts = await unit.all("SELECT health, count(*) AS n FROM camera WHERE retired_at IS NULL GROUP BY health")
    return [dict(row) for row in rows], {row["health"]: row["n"] for row in counts}


async def decision(unit: Unit, incident_id: UUID) -> dict[str, Any] | None:
    """The timeline's last `camera:chosen`, with what the choice was made from; None when none was made."""
    head = await unit.one(
        "SELECT center_id, seq FROM event WHERE incident_id = :id AND tag = 'camera:chosen' ORDER BY seq DESC LIMIT 1",
        {"id": incident_id},
    )
    if head is None:
        return None
    events = await read_events(unit, center=head["center_id"], after=head["seq"] - 1, upto=head["seq"], cards=False)
    return events[0].line if events else None


async def choose(unit: Unit, services: Services, incident_id: UUID) -> list[dict[str, Any]]:
    """Choose for the incident's last position and write a changed choice to the timeline; returns what holds now.

    Sticky: cameras shown already stay unless others are clearly better, and keep their numbers. Only cameras of the
    incident's center: the gate gives a release for no other (see docs/video.md, section 3). One choice at a time; what
    was spread over an area is not exchanged for what stands around its middle.
    """
    await unit.execute("SELECT pg_advisory_xact_lock(hashtextextended('cameras:' || :id, 0))", {"id": str(incident_id)})
    line = await decision(unit, incident_id)
    before = list(line["payload"].get("cameras", [])) if line else []
    if line and line["payload"].get("is_area"):
        return before
    row = await unit.one(
        "SELECT i.center_id, i.origin, i.type, p.lat, p.lon, p.accuracy_m, p.heading_deg, p.speed_mps FROM incident i"
        " JOIN LATERAL (SELECT * FROM position WHERE incident_id = i.incident_id ORDER BY fixed_at DESC LIMIT 1) p"
        " ON true WHERE i.incident_id = :id AND i.state NOT IN ('closed', 'cancelled', 'transferred')",
        {"id": incident_id},
    )
    if row is None:
        return before
    keep = [one["camera_id"] for one in before]
    scene = scene_of(row, now=services.clock(), keep=keep)
    picked, rows = await choose_in(unit, services, row["center_id"], scene)
    old = {one["camera_id"]: one["number"] for one in before}
    choices = [choice.json() for choice in numbered(picked, rows, old)]
    await keep_recordings(unit, services, incident_id, [one["camera_id"] for one in choices])
    if {one["camera_id"] for one in choices} == {one["camera_id"] for one in before}:
        return before
    told = {name: row[name] for name in ("accuracy_m", "heading_deg", "speed_mps")}
    payload = {"cameras": choices, "scene": told}
    record(unit, center_id=row["center_id"], incident_id=incident_id, tag="camera:chosen", payload=payload)
    return choices


def scene_of(row: dict[str, Any], *, now: datetime, keep: Sequence[str] = ()) -> Scene:
    """What is asked of the selection for an incident's row joined with its position."""
    need = need_of(row["origin"], row["type"])
    return Scene(
        row["lat"],
        row["lon"],
        row["accuracy_m"],
        now,
        heading_deg=row["heading_deg"],
        speed_mps=row["speed_mps"],
        purposes=purposes_for(row["origin"], row["type"]),
        keep=tuple(keep),
        limit=VIEWS,
        plates=need == "vehicle",
    )


async def choose_for_incident(services: Services, incident_id: UUID) -> list[dict[str, Any]]:
    """Choose, commit, and warm new cameras (ingest and buffer, no frame to anybody). May be repeated at will.

    A silent gateway is a line in the timeline, never an error: the alert goes on without pictures.
    """
    async with services.db.begin() as unit:
        before = {one["camera_id"] for one in await chosen(unit, incident_id)}
        choices = await choose(unit, services, incident_id)
        head = await unit.one("SELECT center_id, is_drill FROM incident WHERE incident_id = :id", {"id": incident_id})
        cameras = await _warm_list(unit, services, [one["camera_id"] for one in choices])
    is_new = {camera.camera_id for camera in cameras} - before
    if head is None or head["is_drill"] or not is_new:
        return choices
    warmed = await services.gateway.ensure_source(cameras)
    if not warmed:
        log.error("warming_failed", incident_id=str(incident_id))
    async with services.db.begin() as unit:
        record(
            unit,
            center_id=head["center_id"],
            incident_id=incident_id,
            tag="camera:warmed",
            payload={"camera_ids": [camera.camera_id for camera in cameras], "ok": warmed},
        )
    return choices


async def _warm_list(unit: Unit, services: Services, camera_ids: Sequence[str]) -> list[WarmCamera]:
    rows = await unit.all(
        "SELECT camera_id, sub_url_sealed FROM camera WHERE camera_id = ANY(:ids) AND sub_url_sealed IS NOT NULL"
        " ORDER BY camera_id",
        {"ids": list(camera_ids)},
    )
    return [
        WarmCamera(
            row["camera_id"], services.sealer.open(row["sub_url_sealed"], context=f"camera.sub_url:{row['camera_id']}")
        )
        for row in rows
    ]


async def stream_url(unit: Unit, services: Services, camera_id: str, quality: Quality) -> str:
    """The camera's RTSP address with credentials, for the gateway only. KeyError when unknown or without one."""
    if camera_id.startswith(LENT):
        return await _lent_url(unit, services, camera_id)
    row = await unit.one("SELECT sub_url_sealed, main_url_sealed FROM camera WHERE camera_id = :id", {"id": camera_id})
    if row is None or row[f"{quality}_url_sealed"] is None:
        raise KeyError(camera_id)
    return str(services.sealer.open(row[f"{quality}_url_sealed"], context=f"camera.{quality}_url:{camera_id}"))


async def _lent_url(unit: Unit, services: Services, camera_id: str) -> str:
    query = "SELECT url_sealed FROM lent_camera WHERE camera_id = :id AND ended_at IS NULL AND until_at > :now"
    sealed = await unit.scalar(query, {"id": camera_id, "now": services.clock()})
    if sealed is None:
        raise KeyError(camera_id)
    return str(services.sealer.open(sealed, context=f"lent_camera.url:{camera_id}"))


async def open_cameras(
    services: Services,
    viewer: Viewer,
    incident_id: UUID,
    *,
    camera_id: str | None = None,
    quality: Quality = "sub",
    legal_basis: str | None = None,
    detail: dict[str, Any] | None = None,
    begin: Callable[[], AbstractAsyncContextManager[Unit]] | None = None,
) -> list[dict[str, Any]]:
    """CameraTickets for the five (or for the one camera): rows first, committed, then tickets. Raises Refused,
    after the refusal itself is on disk. `begin`: a unit for whom the database has turns.

    The work runs over all centers on purpose: the gate decides by facts, and a refusal at a foreign incident is
    written into that incident's chain.
    """
    async with (begin or services.db.begin)() as unit:
        wanted = await _wanted(unit, services, incident_id, camera_id)
        wanted += await _lent(unit, services, incident_id, viewer, camera_id)
        choices = [one for one in wanted if one.get("has_stream", True)]
        answer = await open_views(
            unit,
            incident_id=incident_id,
            camera_ids=[one["camera_id"] for one in choices] or ["" if wanted else camera_id or ""],
            viewer=viewer,
            legal_basis=legal_basis,
            now=services.clock(),
            detail=detail,
        )
    if isinstance(answer, Refused):
        if answer.code == "unknown_camera" and camera_id is None and not choices:
            return []  # everything else was right, but the center has no camera there that gives a picture
        if answer.code == "unknown_camera" and wanted and not choices:
            raise _no_stream(camera_id)
        raise answer
    # at once: a gateway may have to look at each camera first
    made = (_ticketed(services, viewer, incident_id, one, answer[one["camera_id"]], quality) for one in choices)
    return list(await asyncio.gather(*made))


async def _wanted(unit: Unit, services: Services, incident_id: UUID, camera_id: str | None) -> list[dict[str, Any]]:
    """The choices to open: the standing five, chosen now if nobody did yet; or one camera of the center."""
    five = await chosen(unit, incident_id) or await choose(unit, services, incident_id)
    if camera_id is None:
        # one that was taken down, or whose owner has withdrawn, or that the incident's new type does not cover,
        # is refused by the gate: the others are not
        rows = await unit.all(
            "SELECT c.camera_id, c.purposes, i.origin, i.type FROM camera c"
            " JOIN incident i ON i.incident_id = :incident"
            f" WHERE c.camera_id = ANY(:ids) AND {STANDS.format(c='c.')}",
            {"ids": [one["camera_id"] for one in five], "incident": incident_id, "now": services.clock()},
        )
        may = {
            row["camera_id"] for row in rows if is_purpose_allowed(row["purposes"], need_of(row["origin"], row["type"]))
        }
        return [one for one in five if one["camera_id"] in may]
    known = [one for one in five if one["camera_id"] == camera_id]
    if known:
        return known
    row = await unit.one(
        f"SELECT {_COLUMNS}, sub_url_sealed IS NOT NULL AS has_stream FROM camera WHERE camera_id = :id",
        {"id": camera_id},
    )
    if row is None:
        return []
    asked = {"distance_m": None, "bearing_deg": None, "in_view": False, "reason": "asked"}
    return [{"number": 0, **public(row), **asked, "health": row["health"], "has_stream": row["has_stream"]}]


async def _lent(
    unit: Unit, services: Services, incident_id: UUID, viewer: Viewer, camera_id: str | None
) -> list[dict[str, Any]]:
    """What an agency has lent to its request: the one that is asked for, or beside the five what a desk of another
    agency may see. The center's operators open them one by one, where they read who consents."""
    if not (viewer.role == "agent" if camera_id is None else camera_id.startswith(LENT)):
        return []
    asks = {"id": camera_id, "agency": viewer.agency.agency_id if viewer.agency else None}
    shown = await unit.all(_LENT, {"incident": incident_id, "now": services.clock()} | asks)
    seen = {"field_of_view_deg": 70.0, "range_m": 60.0, "is_ptz": False, "healthy": True, "health": "unknown"}
    asked = {"distance_m": None, "bearing_deg": None, "in_view": False, "reason": "lent", "has_stream": True}
    names = ("camera_id", "center_id", "name", "lat", "lon", "heading_deg", "lent_by")
    return [
        {"number": VIEWS + number, **{name: row[name] for name in names}, **seen, **asked}
        for number, row in enumerate(shown, 1)
    ]


def _no_stream(camera_id: str | None) -> Problem:
    return Problem(
        409,
        "no_stream",
        "이 카메라는 영상 주소가 없습니다. 관리기관에 전화해 주세요.",
        "This camera has no stream address: phone its office.",
        camera_id=camera_id,
    )


async def _ticketed(
    services: Services,
    viewer: Viewer,
    incident_id: UUID,
    choice: dict[str, Any],
    release_id: UUID,
    quality: Quality,
) -> dict[str, Any]:
    ticket = new_ticket(
        release_id=str(release_id),
        incident_id=str(incident_id),
        camera_id=choice["camera_id"],
        viewer_id=str(viewer.account_id),
        address=plain_address(viewer.address),
        quality=quality,
        now=services.clock().timestamp(),
    )
    plays = await services.gateway.play(ticket)
    return {
        **choice,
        "release_id": str(release_id),
        "plays": [one.json() for one in plays],
        "ws_url": next((one.url for one in plays if one.kind == "ws-fmp4"), ""),
        "expires_at": ticket.expires_at,
    }
