"""What an officer in the field is shown (`ResponderView`): the track, where she is in words, stills, the chat.

View-only. The place is shown under a release row of the officer's own, made in the same transaction; a still under one
row for each time it is fetched, after the gate has said yes.
"""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.access_notes import service as access_notes
from server.cameras.service import nearest
from server.dispatch import parts, responders
from server.dispatch.composing import place_of
from server.dispatch.directions import Landmark, Whereabouts, directions
from server.dispatch.disclosing import disclose, end_for
from server.dispatch.parts import Sight
from server.events import chain_of, record
from server.gate import Facts, Refused, judge, plain_address
from server.incidents.cards import iso
from server.releases import NewRelease, end_releases, grant, note_first_byte

if TYPE_CHECKING:
    from server.services import Services

TRACK = timedelta(minutes=10)
LAST_KNOWN = timedelta(days=30)
SAID = "responder:said"
HEARD = [SAID, "traffic:noted"]
MOST_SAID, LONGEST_SAID = 200, 1000


async def view(services: Services, link: str, *, cookie: str, address: str) -> dict[str, Any]:
    """The ResponderView of the bound browser. Problems 404, 401 `not_bound`, 410 `ended` (and its releases end)."""
    async with services.db.begin() as unit:
        try:
            row = await responders.bound(unit, services, link, cookie=cookie)
        except Problem as problem:
            if problem.code != "ended":
                raise
            ended = await responders.by_link(unit, services, link)
            reason = problem.extra["reason"]
            await end_for(unit, ended["incident_id"], [ended["responder_id"]], reason=reason, at=services.clock())
            refusal = problem
        else:
            return await _view(unit, services, row, address)
    raise refusal  # after the commit: the end of what was shown must stay


async def is_over(services: Services, link: str, *, cookie: str) -> bool:
    """One question instead of a whole view, for the open socket."""
    async with services.db.begin() as unit:
        try:
            await responders.bound(unit, services, link, cookie=cookie)
        except Problem:
            return True
    return False


async def _view(unit: Unit, services: Services, row: dict[str, Any], address: str) -> dict[str, Any]:
    now = services.clock()
    sight = await parts.sight_of(unit, row, now)
    track: list[dict[str, Any]] = []
    if sight.place:
        await disclose(
            unit,
            row,
            ["position"],
            viewer_id=row["responder_id"],
            name=responders.name_of(services, row),
            address=plain_address(address),
            now=now,
        )
        track = await parts.track(unit, row, since=now - TRACK)
        track = track or await parts.track(unit, row, since=now - LAST_KNOWN, limit=1)
    else:
        await end_for(unit, row["incident_id"], [row["responder_id"]], reason="no_agreement", at=now)
    return {
        "dispatch": {
            "part": row["part"],
            "dispatch_id": str(row["part_id"]),
            "trigger": row["trigger"],
            "may_write": not is_wordless(row),
            "case_no": parts.case_no_of(services, row),
            "state": row["state"],
            "type": row["type"],
            "is_drill": row["is_drill"],
            "unit": row["unit"],
            "agency": {name: row[name] for name in ("agency_id", "kind", "name_ko", "name_en")},
            "center": {
                "code": row["center_id"],
                "name_ko": row["center_ko"] or row["center_id"],
                "name_en": row["center_en"] or row["center_id"],
                "callback": row["callback"] or "",
            },
        },
        "position": track[-1] if track else None,
        "track": track,
        "directions": await _directions(unit, row, track, now),
        "stills": await _stills(unit, services, row, sight, address),
        "access_notes": await _access_notes(unit, services, row, track),
        "messages": await messages(unit, row),
        "ends_at": iso(row["link_ends_at"]),
        "now": iso(now),
    }


async def _access_notes(
    unit: Unit, services: Services, row: dict[str, Any], track: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    if not track or row["is_drill"] or not row["is_working"] or row["part"] != "dispatch":
        return []
    who = (row["center_id"], row["incident_id"], row["responder_id"], responders.actor_of(services, row))
    return await access_notes.show(unit, services, access_notes.Case(*who, row["dispatch_id"]), track[-1])


async def _directions(unit: Unit, row: dict[str, Any], track: list[dict[str, Any]], now: datetime) -> dict[str, str]:
    if not track:
        return directions(None, now=now)
    place, crew = place_of(track[-1]), row["unit_position"]
    cameras = await nearest(unit, center_id=row["center_id"], lat=place.lat, lon=place.lon, limit=3)
    return directions(
        Whereabouts(place.lat, place.lon, place.accuracy_m, place.fixed_at, place.speed_mps, place.heading_deg),
        now=now,
        unit=(crew["lat"], crew["lon"]) if crew else None,
        landmarks=[Landmark(one["name"], one["lat"], one["lon"]) for one in cameras],
    )


async def _stills(
    unit: Unit, services: Services, row: dict[str, Any], sight: Sight, address: str
) -> list[dict[str, Any]]:
    """The camera's name and place are told where hers is: they say where she is."""
    if _judged(row, sight, address, services.clock()) is not None:
        return []
    where = sight.place
    rows = await unit.all(
        "SELECT s.still_id, s.camera_id, s.taken_at, c.name, ST_Y(c.place::geometry) AS lat,"
        " ST_X(c.place::geometry) AS lon FROM still s"
        " LEFT JOIN camera c USING (camera_id) WHERE s.incident_id = :id ORDER BY s.taken_at DESC LIMIT 50",
        {"id": row["incident_id"]},
    )
    return [
        {
            "still_id": str(one["still_id"]),
            "camera": {
                "camera_id": one["camera_id"],
                "name": (one["name"] or "") if where else "",
                "lat": one["lat"] if where else None,
                "lon": one["lon"] if where else None,
            },
            "at": iso(one["taken_at"]),
        }
        for one in rows
    ]


def _judged(row: dict[str, Any], sight: Sight, address: str, now: datetime) -> str | None:
    """The gate's word about stills for this officer. He has no account: the bound browser is his seat, and the desk
    that invited him is who vouches for him."""
    seat = plain_address(address)
    facts = Facts(
        incident_state=row["incident_state"],
        phase=row["phase"],
        was_active=row["active_at"] is not None,
        is_drill=row["is_drill"],
        role="agent",
        networks=(seat,) if seat else (),
        session_addresses=(seat,),
        address=seat,
        legal_basis=row["legal_basis"],
        is_party=row["is_working"],
        trigger=row["trigger"],
        agreement=sight.agreement,
        is_in_area=sight.is_in_area,
        center_id=row["center_id"],
        incident_role=row["incident_role"],
        kind="still",
    )
    return judge(facts, now)


async def still(services: Services, link: str, still_id: UUID, *, cookie: str, address: str) -> bytes:
    """The JPEG, its release row committed first. Problems 404, 401, 410, 403 with the gate's code."""
    refusal: str | None = None
    async with services.db.begin() as unit:
        row = await responders.bound(unit, services, link, cookie=cookie)
        # Closing takes this row FOR UPDATE: the picture is released before the closing, or not at all.
        await unit.execute("SELECT 1 FROM incident WHERE incident_id = :id FOR SHARE", {"id": row["incident_id"]})
        row = await responders.bound(unit, services, link, cookie=cookie)
        found = await unit.one(
            "SELECT * FROM still WHERE still_id = :id AND incident_id = :incident",
            {"id": still_id, "incident": row["incident_id"]},
        )
        if found is None:
            raise Problem(404, "no_still", "없는 사진입니다.", "There is no such picture.")
        refusal = _judged(row, await parts.sight_of(unit, row, services.clock()), address, services.clock())
        actor = responders.actor_of(services, row)
        if refusal is None:
            release_id = await grant(unit, _release(row, found, actor.name, address, services.clock()))
            await note_first_byte(unit, release_id)
            await end_releases(unit, {release_id: "delivered"}, at=services.clock())
        else:
            record(
                unit,
                center_id=row["center_id"],
                incident_id=row["incident_id"],
                tag="release:refused",
                actor=actor,
                payload={"code": refusal, "kind": "still", "camera_ids": [found["camera_id"]], "address": address},
            )
    if refusal is not None:
        raise Refused(refusal)
    return base64.b64decode(services.sealer.open(found["image_sealed"], context=f"still.image:{still_id}"))


def _release(row: dict[str, Any], found: dict[str, Any], name: str, address: str, now: datetime) -> NewRelease:
    return NewRelease(
        center_id=row["center_id"],
        incident_id=row["incident_id"],
        kind="still",
        viewer_kind="agent",
        viewer_id=row["responder_id"],
        viewer_name=name,
        address=plain_address(address),
        legal_basis=row["legal_basis"],
        camera_id=found["camera_id"],
        agreement_id=row["agreement_id"],
        at=now,
        detail={"still_id": str(found["still_id"]), **parts.named(row)},
    )


async def messages(unit: Unit, row: dict[str, Any]) -> list[dict[str, Any]]:
    """The chat of this part's officers and desk with the operator, and what is said of the roads, oldest first."""
    rows = await unit.all(
        "SELECT e.event_id, e.at, p.payload_sealed FROM event e JOIN event_payload p USING (center_id, seq)"
        " WHERE e.incident_id = :id AND e.tag = ANY(:tags) ORDER BY e.seq DESC LIMIT :most",
        {"id": row["incident_id"], "tags": HEARD, "most": MOST_SAID},
    )
    sealer, said = chain_of(unit).sealer, []
    for line in reversed(rows):
        body = sealer.open(line["payload_sealed"], context=f"event:{line['event_id']}")
        payload = body["payload"]
        if parts.is_about(payload, row):
            by = {"by": payload["by"], "name": body["actor_name"], "asks": payload.get("asks", "")}
            said.append({"message_id": str(line["event_id"]), **by, "text": payload["text"], "at": iso(line["at"])})
    return said


async def say(services: Services, link: str, text: str, *, cookie: str) -> dict[str, Any]:
    """The officer writes to the operator; a line of the timeline. Problems 404, 401, 410, 422."""
    text = clean(text)
    async with services.db.begin() as unit:
        row = await responders.bound(unit, services, link, cookie=cookie)
        require_words(row, text)
        message_id = record(
            unit,
            center_id=row["center_id"],
            incident_id=row["incident_id"],
            tag=SAID,
            actor=responders.actor_of(services, row),
            payload={
                "by": "responder",
                "text": text,
                **parts.named(row),
                "responder_id": str(row["responder_id"]),
                "agency_id": row["agency_id"],
            },
            at=services.clock(),
        )
    return {"message_id": str(message_id)}


def require_words(row: dict[str, Any], text: str) -> None:
    """About somebody under electronic monitoring there are codes and no words. Problem 422 `free_text`."""
    if text and is_wordless(row):
        ko, en = "전자감독 요청에는 글을 보낼 수 없습니다. 전화하세요.", "No words go with this request: telephone."
        raise Problem(422, "free_text", ko, en, field="text")


def is_wordless(row: dict[str, Any]) -> bool:
    return row["part"] == "request" and str(row["trigger"]).startswith("anklet_")


def clean(text: str) -> str:
    """What may be said; Problem 422 for nothing and for too much."""
    text = text.replace("\x00", "").strip()
    if not text or len(text) > LONGEST_SAID:
        raise Problem(
            422,
            "invalid",
            f"1자에서 {LONGEST_SAID}자까지 적어 주세요.",
            f"Write 1 to {LONGEST_SAID} characters.",
            fields=[{"field": "text", "message": f"1 to {LONGEST_SAID} characters", "value": text[:80]}],
        )
    return text
