"""Access notes in the database: made, changed, ended and shown.

The words are sealed, since a door code opens a door. They are shown beside an emergency that is near, to who may see
its place, and each showing is a line of the incident's record (`access:shown`, once per version and viewer) that
commits before anything leaves. Lists for looking after the notes tell where and what kind, never the words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.access_notes import model
from server.access_notes.model import Spot
from server.access_notes.store import access_note
from server.actor import Actor
from server.boundaries import boundaries_of
from server.events import record, record_admin
from server.incidents import service as incidents
from server.incidents.cards import iso
from server.places import show_place

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

MOST_LISTED = 500
UNDO_S = 600.0
_NEAR = """
SELECT * FROM access_note WHERE center_id = :center AND ended_at IS NULL AND valid_until > :now
  AND lat BETWEEN :south AND :north AND lon BETWEEN :west AND :east ORDER BY made_at DESC LIMIT 200
"""
_SHOWN = """
INSERT INTO access_note_shown (access_note_id, version, incident_id, viewer_id, center_id, at)
VALUES (:note, :version, :incident, :viewer, :center, :at) ON CONFLICT DO NOTHING RETURNING access_note_id
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What a note should say; None leaves it as it is (a change), or takes what is usual (a new one)."""

    kind: str | None = None
    text: str | None = None
    radius_m: float | None = None
    valid_until: datetime | None = None


async def make(
    services: Services, viewer: Viewer, said: Said, *, lat: float, lon: float, incident_id: UUID | None
) -> dict[str, Any]:
    """A note of the place's own center; with `incident_id` a line of its record. Problems 404, 409, 422, 503."""
    now, note_id = services.clock(), uuid4()
    text = _text(said.text or "")
    valid_until = _until(said.valid_until, now)
    center = await _center_of(services, viewer, lat=lat, lon=lon, incident_id=incident_id)
    values = {
        "access_note_id": note_id,
        "center_id": center,
        "kind": said.kind or "other",
        "words_sealed": _sealed(services, note_id, center, text, viewer.name),
        "lat": round(lat, 6),
        "lon": round(lon, 6),
        "radius_m": said.radius_m or model.USUAL_RADIUS_M,
        "valid_until": valid_until,
        "version": 1,
        "made_by": str(viewer.account_id),
        "made_at": now,
        "ended_at": None,
    }
    async with services.db.begin(center=viewer.scope) as unit:
        if incident_id is not None:
            await incidents.locked(unit, incident_id)
        await unit.execute(access_note.insert().values(**values))
        _record(unit, "access:noted", values, viewer.actor, incident_id, now)
    return _told(services, values, with_words=True)


async def change(services: Services, viewer: Viewer, note_id: UUID, said: Said) -> dict[str, Any]:
    """Words, kind, radius or end; the old words are gone. Problems 404, 422."""
    now = services.clock()
    async with services.db.begin(center=viewer.scope) as unit:
        row = await _locked(unit, note_id)
        changes: dict[str, Any] = {"version": row["version"] + 1}
        if said.text is not None:
            words = _sealed(services, note_id, row["center_id"], _text(said.text), viewer.name)
            changes["words_sealed"] = words
        if said.valid_until is not None:
            changes["valid_until"] = _until(said.valid_until, now)
        changes |= {name: value for name in ("kind", "radius_m") if (value := getattr(said, name)) is not None}
        await unit.execute(access_note.update().where(access_note.c.access_note_id == note_id).values(**changes))
        _record(unit, "access:changed", row | changes, viewer.actor, None, now)
    return _told(services, row | changes, with_words=said.text is not None)


async def end(services: Services, viewer: Viewer, note_id: UUID) -> dict[str, Any]:
    """Shown to nobody from now on; `restore` takes that back for ten minutes. Problem 404."""
    now = services.clock()
    async with services.db.begin(center=viewer.scope) as unit:
        row = await _locked(unit, note_id)
        if row["ended_at"] is None:
            await _set_end(unit, note_id, now)
            _record(unit, "access:ended", row, viewer.actor, None, now)
    return {"access_note_id": str(note_id), "ended_at": iso(row["ended_at"] or now)}


async def restore(services: Services, viewer: Viewer, note_id: UUID) -> dict[str, Any]:
    """Undo of `end`. Problems 404, 409 `too_late`."""
    now = services.clock()
    async with services.db.begin(center=viewer.scope) as unit:
        row = await _locked(unit, note_id)
        if row["ended_at"] is not None:
            if (now - row["ended_at"]).total_seconds() > UNDO_S:
                raise Problem(
                    409,
                    "too_late",
                    "끝낸 지 10분이 지났습니다. 새로 적어 주세요.",
                    "It ended more than ten minutes ago: write a new one.",
                )
            await _set_end(unit, note_id, None)
            _record(unit, "access:restored", row, viewer.actor, None, now)
    return {"access_note_id": str(note_id), "ended_at": None}


async def listed(services: Services, viewer: Viewer) -> list[dict[str, Any]]:
    """The viewer's centers' notes that are not over, those that run out first first; without their words."""
    async with services.db.begin(center=viewer.scope) as unit:
        rows = await unit.all(
            "SELECT * FROM access_note WHERE ended_at IS NULL AND valid_until > :now ORDER BY valid_until LIMIT :most",
            {"now": services.clock(), "most": MOST_LISTED},
        )
    return [_told(services, row, with_words=False) for row in rows]


async def beside(services: Services, viewer: Viewer, incident_id: UUID) -> list[dict[str, Any]]:
    """The notes around an open incident for its own center's staff; none without the right to its place."""
    async with services.db.begin(center=viewer.scope) as unit:
        center = await unit.scalar("SELECT center_id FROM incident WHERE incident_id = :id", {"id": incident_id})
        if center is None:
            raise Problem(404, "no_incident", "사건을 찾을 수 없습니다.", "There is no such incident for you.")
        place = await show_place(unit, viewer, incident_id, now=services.clock())
        if place is None:
            return []
        case = Case(center, incident_id, viewer.account_id, viewer.actor)
        return await show(unit, services, case, place.position)


@dataclass(frozen=True, slots=True)
class Case:
    """For whom notes are looked up: the incident, its center, who is going to see them."""

    center_id: str
    incident_id: UUID
    viewer_id: UUID
    actor: Actor
    dispatch_id: UUID | None = None


async def show(unit: Unit, services: Services, case: Case, place: dict[str, Any]) -> list[dict[str, Any]]:
    """Notes that count for `place` (`lat lon accuracy_m`), nearest first, with a line for what this viewer is shown for
    the first time. Whoever calls this has made sure that the viewer may see the place; nothing may leave before the
    unit has committed."""
    now, lat, lon = services.clock(), float(place["lat"]), float(place["lon"])
    west, south, east, north = model.around(lat=lat, lon=lon)
    box = {"west": west, "south": south, "east": east, "north": north}
    rows = await unit.all(_NEAR, {"center": case.center_id, "now": now, **box})
    shown = []
    for row in rows:
        spot = Spot(row["lat"], row["lon"], row["radius_m"], row["valid_until"], row["ended_at"])
        away_m = model.reaches(spot, lat=lat, lon=lon, accuracy_m=float(place.get("accuracy_m") or 0.0))
        if away_m is not None:
            await _note_shown(unit, row, case, now)
            shown.append(_told(services, row, with_words=True) | {"distance_m": round(away_m)})
    return sorted(shown, key=lambda one: (one["distance_m"], one["access_note_id"]))


async def _note_shown(unit: Unit, row: dict[str, Any], case: Case, now: datetime) -> None:
    asked = {"note": row["access_note_id"], "version": row["version"], "incident": case.incident_id}
    who = {"viewer": case.viewer_id, "center": case.center_id, "at": now}
    if await unit.scalar(_SHOWN, asked | who) is not None:
        more = {"version": row["version"]}
        if case.dispatch_id is not None:
            more["dispatch_id"] = str(case.dispatch_id)
        _record(unit, "access:shown", row, case.actor, case.incident_id, now, **more)


def _record(
    unit: Unit, tag: str, row: dict[str, Any], actor: Actor, incident_id: UUID | None, now: datetime, **more: Any
) -> None:
    """A line of the incident, else of the center; never with the words."""
    payload = {"access_note_id": str(row["access_note_id"]), "kind": row["kind"], **more}
    if incident_id is None:
        record_admin(unit, tag=tag, actor=actor, payload=payload, center_id=row["center_id"], at=now)
    else:
        record(unit, center_id=row["center_id"], incident_id=incident_id, tag=tag, actor=actor, payload=payload, at=now)


async def _locked(unit: Unit, note_id: UUID) -> dict[str, Any]:
    row = await unit.one("SELECT * FROM access_note WHERE access_note_id = :id FOR UPDATE", {"id": note_id})
    if row is None:
        raise Problem(404, "no_access_note", "출입 안내를 찾을 수 없습니다.", "There is no such access note for you.")
    return row


async def _set_end(unit: Unit, note_id: UUID, at: datetime | None) -> None:
    await unit.execute(access_note.update().where(access_note.c.access_note_id == note_id).values(ended_at=at))


def _sealed(services: Services, note_id: UUID, center: str, text: str, by: str) -> bytes:
    body = {"text": text, "by": by}
    return services.sealer.seal(body, context=f"access_note.words:{note_id}", center=center)


def _told(services: Services, row: dict[str, Any], *, with_words: bool) -> dict[str, Any]:
    told = {
        "access_note_id": str(row["access_note_id"]),
        "center": row["center_id"],
        "kind": row["kind"],
        "lat": row["lat"],
        "lon": row["lon"],
        "radius_m": row["radius_m"],
        "valid_until": iso(row["valid_until"]),
        "made_at": iso(row["made_at"]),
    }
    if not with_words:
        return told
    words = services.sealer.open(row["words_sealed"], context=f"access_note.words:{row['access_note_id']}") or {}
    return told | {"text": words.get("text", ""), "by": words.get("by", "")}


def _text(text: str) -> str:
    text = model.clean(text)
    if not text or len(text) > model.LONGEST_TEXT:
        raise _bad("text", f"1자에서 {model.LONGEST_TEXT}자까지", f"1 to {model.LONGEST_TEXT} characters", "")
    return text


def _until(asked: datetime | None, now: datetime) -> datetime:
    found = model.until(asked, now)
    if found is None:
        raise _bad("valid_until", "지금부터 2년 안", "between now and two years from now", iso(asked) or "")
    return found


def _bad(field: str, ko: str, en: str, value: str) -> Problem:
    fields = [{"field": field, "message": en, "value": value}]
    return Problem(422, "invalid", f"{field}: {ko}(으)로 적어 주세요.", f"{field}: {en}.", fields=fields)


async def _center_of(services: Services, viewer: Viewer, *, lat: float, lon: float, incident_id: UUID | None) -> str:
    """The incident's center, else the one whose jurisdiction holds the place. Problems 404, 409, 503."""
    if incident_id is not None:
        async with services.db.begin(center=viewer.scope) as unit:
            state = await incidents.find(unit, incident_id)
        if state is None:
            raise Problem(404, "no_incident", "사건을 찾을 수 없습니다.", "There is no such incident for you.")
        return str(state.center_id)
    boundaries = await boundaries_of(services).current()
    if boundaries is None:
        raise Problem(
            503,
            "no_boundaries",
            "경계 자료가 없어 관할을 알 수 없습니다. 사건에서 적어 주세요.",
            "There are no boundaries to tell whose place it is: write the note from an incident.",
        )
    code = boundaries.containing(lat=lat, lon=lon)
    if code is None or not viewer.sees(code):
        raise Problem(
            409,
            "other_center",
            "우리 관할이 아닌 자리입니다. 위도와 경도를 확인해 주세요.",
            "This place is not in your jurisdiction: check latitude and longitude.",
        )
    return str(code)
