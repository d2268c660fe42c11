"""Why these cameras, and which come next: what stands in the timeline and what the registry says, told to somebody who
has the place of the incident before him (the routes ask for that release first)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.db import Unit
from server.cameras.along import Fix, Passage, along, movement, predicted
from server.cameras.codes import BROKEN_HEALTH
from server.cameras.current import index_of, rows_of
from server.cameras.escape import PACES, Mode, escape
from server.cameras.picture import Drawn, picture
from server.cameras.reasons import PASSED_OVER, Language, Reason, words
from server.cameras.service import decision
from server.incidents.cards import iso
from server.purposes import OWNER_AGREES, purposes_for

if TYPE_CHECKING:
    from server.places import Place
    from server.services import Services

_PASSED_OVER_M, _PASSED_OVER = 150.0, 12
_CAR_MPS = 7.0
_TRACK_S, _TRACK = 90, 30
AHEAD_S = 180.0
NOTE_WAY = (
    "도로를 모르는 직선 예상입니다. 지금 방향과 빠르기로 갈 때의 순서와 시각입니다.",
    "A straight line, streets not known: the order and times if the present direction and pace are kept.",
)
NOTE_FAN = (
    "방향을 알 수 없어 어느 쪽으로 가든 다음에 지날 카메라입니다. 길은 직선의 {detour:g}배로 셈합니다.",
    "The direction is not known: the next camera whichever way is taken. Ways count as {detour:g} times the line.",
)


async def why(unit: Unit, services: Services, incident_id: UUID, place: Place) -> dict[str, Any]:
    """The decision that stands, each camera with its reasons in words, and the near ones that were passed over."""
    line = await decision(unit, incident_id)
    told = line["payload"] if line else {}
    chosen = [_in_words(one) for one in told.get("cameras", [])]
    return {
        "incident_id": str(incident_id),
        "chosen_at": line["at"] if line else None,
        "scene": told.get("scene"),
        "cameras": chosen,
        "passed_over": await _passed_over(unit, services, incident_id, place, {one["camera_id"] for one in chosen}),
    }


def _in_words(one: dict[str, Any]) -> dict[str, Any]:
    reasons = reasons_of(one)
    return one | {"why_ko": words(reasons, "ko"), "why_en": words(reasons, "en")}


def reasons_of(one: dict[str, Any]) -> tuple[Reason, ...]:
    """Of a CameraChoice as the timeline keeps it; older lines have only the one `reason`."""
    told = one.get("reasons") or [{"code": one["reason"], "number": one.get("distance_m")}]
    return tuple(Reason(reason["code"], reason.get("number")) for reason in told)


async def why_picture(unit: Unit, incident_id: UUID, language: Language) -> str:
    """The decision as an SVG; one without cameras when none was made."""
    line = await decision(unit, incident_id)
    told = line["payload"] if line else {}
    scene = told.get("scene") or {}
    drawn = [_drawn(one) for one in told.get("cameras", []) if one.get("distance_m") is not None]
    return picture(
        drawn,
        accuracy_m=float(scene.get("accuracy_m") or 10.0),
        heading_deg=scene.get("heading_deg"),
        speed_mps=scene.get("speed_mps"),
        language=language,
    )


def _drawn(one: dict[str, Any]) -> Drawn:
    return Drawn(
        one["number"],
        one["name"],
        one["distance_m"],
        one["bearing_deg"],
        one["heading_deg"],
        one["field_of_view_deg"],
        one["range_m"],
        works=bool(one["healthy"]) and bool(one.get("has_stream", True)),
        reasons=reasons_of(one),
    )


async def _passed_over(
    unit: Unit, services: Services, incident_id: UUID, place: Place, chosen: set[str]
) -> list[dict[str, Any]]:
    rows = await unit.all(
        "SELECT c.camera_id, c.name, c.health, c.purposes, c.sub_url_sealed IS NOT NULL AS has_stream,"
        f" {OWNER_AGREES.format(c='c.')} AS may_be_used, i.origin, i.type,"
        " ST_Distance(c.place, p.point) AS distance_m FROM incident i JOIN camera c ON c.center_id = i.center_id,"
        " (SELECT CAST(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS geography) AS point) p"
        " WHERE i.incident_id = :id AND c.retired_at IS NULL AND ST_DWithin(c.place, p.point, :metres)"
        " AND NOT c.camera_id = ANY(:chosen) ORDER BY c.place <-> p.point, c.camera_id LIMIT :limit",
        {
            "id": incident_id,
            "lat": place.position["lat"],
            "lon": place.position["lon"],
            "now": services.clock(),
            "metres": _PASSED_OVER_M,
            "chosen": list(chosen),
            "limit": _PASSED_OVER,
        },
    )
    return [_passed(row) for row in rows]


def _passed(row: dict[str, Any]) -> dict[str, Any]:
    purposes = purposes_for(row["origin"], row["type"])
    code = "less"
    if row["health"] in BROKEN_HEALTH:
        code = "broken"
    if not row["has_stream"]:
        code = "no_stream"
    if purposes is not None and purposes.isdisjoint(row["purposes"] or ("other",)):
        code = "purpose"
    if not row["may_be_used"]:
        code = "consent"
    ko, en = PASSED_OVER[code]
    told = {"camera_id": row["camera_id"], "name": row["name"], "distance_m": round(row["distance_m"], 1)}
    return told | {"code": code, "why_ko": ko, "why_en": en}


async def coming(unit: Unit, services: Services, incident_id: UUID, place: Place) -> dict[str, Any]:
    """Cameras that she passes next: along the way she goes, or, when nobody can tell where she goes, a fan."""
    incident = await unit.one(
        "SELECT center_id, origin, type FROM incident WHERE incident_id = :id", {"id": incident_id}
    )
    assert incident is not None, "the place was shown, so the incident is there"
    at, told = datetime.fromisoformat(place.position["fixed_at"]), place.position
    center_id, purposes = incident["center_id"], purposes_for(incident["origin"], incident["type"])
    index = await index_of(unit, services, center_id, lat=told["lat"], lon=told["lon"])
    heading, speed, basis = told["heading_deg"], told["speed_mps"], "reported"
    if heading is None or speed is None:
        moved = movement(await _track(unit, incident_id, at))
        (heading, speed), basis = moved or (None, None), "track"
    way = predicted(lat=told["lat"], lon=told["lon"], heading_deg=heading, speed_mps=speed, seconds=AHEAD_S)
    mode: Mode = "car" if (speed or 0.0) >= _CAR_MPS or incident["type"] == "vehicle" else "foot"
    if way:
        found = along(index, way, now=at, accuracy_m=told["accuracy_m"], purposes=purposes)
        notes = NOTE_WAY
    else:
        basis = "none"
        found = escape(
            index, lat=told["lat"], lon=told["lon"], mode=mode, now=at, within_m=told["accuracy_m"], purposes=purposes
        )
        notes = tuple(note.format(detour=PACES[mode].detour) for note in NOTE_FAN)  # type: ignore[assignment]
    rows = await rows_of(unit, center_id, [one.camera_id for one in found])
    return {
        "incident_id": str(incident_id),
        "from_at": iso(at),
        "kind": "way" if way else "fan",
        "basis": basis,
        "mode": mode,
        "heading_deg": heading,
        "speed_mps": speed,
        "cameras": [_passage(one, rows[one.camera_id], at) for one in found if one.camera_id in rows],
        "note_ko": notes[0],
        "note_en": notes[1],
    }


def _passage(one: Passage, row: dict[str, Any], at: datetime) -> dict[str, Any]:
    times = {"from_at": one.from_s, "likely_at": one.likely_s, "until_at": one.until_s}
    return {
        **asdict(one),
        **{name: row[name] for name in ("name", "lat", "lon", "health")},
        **{name: iso(at + timedelta(seconds=seconds)) for name, seconds in times.items()},
    }


async def _track(unit: Unit, incident_id: UUID, at: datetime) -> list[Fix]:
    rows = await unit.all(
        "SELECT lat, lon, accuracy_m, fixed_at FROM position WHERE incident_id = :id AND fixed_at > :since"
        " ORDER BY fixed_at DESC LIMIT :limit",
        {"id": incident_id, "since": at - timedelta(seconds=_TRACK_S), "limit": _TRACK},
    )
    return [Fix(row["lat"], row["lon"], row["accuracy_m"], row["fixed_at"]) for row in rows]
