"""Looking back: what an incident has recorded, and opening a piece of it through the release gate.

Order, as invariant 4 asks: the gate, the release row and what it shows, commit, and only then the address. The pictures
come from the video process, which asks the gate again at each request (`server/video_shelf.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.gate import Refused, Wish, ask, plain_address
from server.recordings.model import MOST_CLIP_S, Pin, Segment, Span, gaps, pin_begin, runs, spans, within
from server.recordings.pins import pin_asked
from server.recordings.store import pinned_cameras, segments_between
from server.releases import end_releases
from server.video.tickets import new_ticket

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

VIEW_LIFE = timedelta(hours=1)
"""A release of a recording ends by itself so long after it was granted, on top of the piece's own length."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A piece of one camera's recording, and why somebody wants to see it."""

    camera_id: str
    from_at: datetime
    until_at: datetime
    reason: str
    legal_basis: str | None = None


async def listed(services: Services, viewer: Viewer, incident_id: UUID) -> list[dict[str, Any]]:
    """What the incident keeps, by camera, without pictures. Problem 404."""
    now = services.clock()
    async with services.db.begin(center=viewer.scope) as unit:
        if await unit.scalar("SELECT 1 FROM incident WHERE incident_id = :id", {"id": incident_id}) is None:
            raise _unknown()
        names = await _names(unit, incident_id)
        return [
            _told(pin, names.get(pin.camera_id, ""), await _kept(unit, pin, now), now)
            for pin in await pinned_cameras(unit, incident_id)
        ]


async def _names(unit: Unit, incident_id: UUID) -> dict[str, str]:
    rows = await unit.all(
        "SELECT c.camera_id, c.name FROM pin p JOIN camera c USING (camera_id) WHERE p.incident_id = :id",
        {"id": incident_id},
    )
    return {row["camera_id"]: row["name"] for row in rows}


async def _kept(unit: Unit, pin: Pin, now: datetime) -> list[Segment]:
    return await segments_between(unit, pin.camera_id, pin.from_at, min(pin.until_at or now, now))


def _told(pin: Pin, name: str, segments: Sequence[Segment], now: datetime) -> dict[str, Any]:
    """Gaps count from the first picture to the last one: before it there was no recorder, after it comes more. What a
    file holds from before the pin is not the incident's: only what is told may be opened."""
    there = within(spans(segments), pin.from_at, pin.until_at or now)
    begin, end = (there[0].begin_at, there[-1].end_at) if there else (None, None)
    return {
        "camera_id": pin.camera_id,
        "name": name,
        "begin_at": begin,
        "end_at": end,
        "seconds": round(sum(span.seconds for span in there), 1),
        "gaps": [_span(gap) for gap in gaps(segments, begin, end)] if begin and end else [],
        "pinned_from": pin.from_at,
        "pinned_until": pin.until_at,
        "is_running": pin.until_at is None or pin.until_at > now,
        "pictures": [f"{width}x{height}" for width, height in sorted({(s.width_px, s.height_px) for s in segments})],
    }


def _span(span: Span) -> dict[str, Any]:
    return {"begin_at": span.begin_at, "end_at": span.end_at, "seconds": round(span.seconds, 1)}


async def require_known(services: Services, viewer: Viewer, incident_id: UUID) -> None:
    """Problem 404 for who has nothing to do with the incident: staff of other desks, agencies that take no part in
    it. Who has is judged, and perhaps refused, by the gate."""
    agency = viewer.agency
    async with services.db.begin(**({} if agency else {"center": viewer.scope})) as unit:
        query = "SELECT 1 FROM incident WHERE incident_id = :id"
        if agency:
            query = "SELECT 1 FROM party WHERE incident_id = :id AND agency_id = :agency LIMIT 1"
        asked = {"id": incident_id, **({"agency": agency.agency_id} if agency else {})}
        if await unit.scalar(query, asked) is None:
            raise _unknown()


async def open_recording(services: Services, viewer: Viewer, incident_id: UUID, asked: Asked) -> dict[str, Any]:
    """The address of a piece of film for a plain `<video>`, under a committed release of kind `recorded`.

    Raises Refused after the refusal is on disk; Problem 422 for a piece that can't be, 404 `nothing_recorded`.
    """
    now = services.clock()
    asked = checked(asked, now)
    length = asked.until_at - asked.from_at
    wish = Wish(
        "recorded",
        incident_id,
        camera_ids=(asked.camera_id,),
        reason=asked.reason,
        legal_basis=asked.legal_basis,
        until_at=now + VIEW_LIFE + length,
        detail={"from_at": asked.from_at.isoformat(), "until_at": asked.until_at.isoformat()},
    )
    # over all centers on purpose, as in cameras.service: the gate decides by facts and writes refusals down
    async with services.db.begin() as unit:
        answer = await ask(unit, viewer, wish, now=now)
        segments = [] if isinstance(answer, Refused) else await shown(unit, services, incident_id, asked)
        if not isinstance(answer, Refused):
            await _note(unit, answer[0], asked, segments)
    if isinstance(answer, Refused):
        raise answer
    return await _addressed(services, viewer, incident_id, answer[0], asked, segments)


def checked(asked: Asked, now: datetime) -> Asked:
    """The piece up to now. Problem 422 `bad_span`."""
    until = min(asked.until_at, now)
    if asked.from_at >= until:
        raise _bad(
            "from_at", asked.from_at, "until_at보다, 그리고 지금보다 앞이어야 합니다.", "before until_at and now"
        )
    if (until - asked.from_at).total_seconds() > MOST_CLIP_S:
        raise _bad("until_at", asked.until_at, "한 번에 30분까지입니다. 나누어 여세요.", "30 minutes at most at a time")
    return Asked(asked.camera_id, asked.from_at, until, asked.reason, asked.legal_basis)


def _bad(field: str, value: datetime, ko: str, en: str) -> Problem:
    return Problem(422, "bad_span", f"{field} {value.isoformat()}: {ko}", f"{field}: {en}.", field=field)


async def shown(unit: Unit, services: Services, incident_id: UUID, asked: Asked) -> list[Segment]:
    """The segments of the piece, kept from now on."""
    await keep_span(unit, services, incident_id, asked)
    segments = await segments_between(unit, asked.camera_id, asked.from_at, asked.until_at)
    if not segments:
        raise Problem(404, "nothing_recorded", "그 시간의 녹화가 없습니다.", "Nothing was recorded in that time.")
    return segments


async def keep_span(unit: Unit, services: Services, incident_id: UUID, asked: Asked) -> None:
    """What the incident may reach of that span it keeps from now on."""
    await require_reach(unit, services, incident_id, asked)
    await pin_asked(unit, incident_id, asked.camera_id, asked.from_at, asked.until_at)


async def require_reach(unit: Unit, services: Services, incident_id: UUID, asked: Asked) -> None:
    """An incident opens what belongs to it, from some minutes before its alert on: an open incident is no key to what a
    camera saw last week. Problem 422 `before_the_incident`."""
    row = await unit.one(
        "SELECT i.opened_at, (SELECT min(raised_at) FROM alert a WHERE a.incident_id = i.incident_id) AS raised_at,"
        " (SELECT min(from_at) FROM pin p WHERE p.incident_id = i.incident_id AND p.camera_id = :camera) AS pinned"
        " FROM incident i WHERE i.incident_id = :id",
        {"id": incident_id, "camera": asked.camera_id},
    )
    assert row is not None  # the gate has seen it, and its row is locked
    before = timedelta(minutes=services.settings.video_before_minutes)
    begin = pin_begin(row["opened_at"], row["raised_at"], before=before)
    earliest = min(begin, row["pinned"] or begin)  # who looked back a little may still look back further
    if asked.from_at < earliest:
        raise Problem(
            422,
            "before_the_incident",
            f"from_at: 이 사건의 녹화는 {earliest.isoformat()}부터 볼 수 있습니다.",
            f"from_at: this incident opens recordings from {earliest.isoformat()} on.",
            field="from_at",
            earliest=earliest.isoformat(),
        )


async def _note(unit: Unit, release_id: UUID, asked: Asked, segments: Sequence[Segment]) -> None:
    await unit.execute(
        "INSERT INTO clip (release_id, center_id, camera_id, begin_at, end_at, segment_ids)"
        " VALUES (:release, :center, :camera, :begin, :end, :ids)",
        {
            "release": release_id,
            "center": segments[0].center_id,
            "camera": asked.camera_id,
            "begin": asked.from_at,
            "end": asked.until_at,
            "ids": [one.segment_id for one in segments],
        },
    )


async def _addressed(
    services: Services, viewer: Viewer, incident_id: UUID, release_id: UUID, asked: Asked, segments: list[Segment]
) -> dict[str, Any]:
    ticket = new_ticket(
        release_id=str(release_id),
        incident_id=str(incident_id),
        camera_id=asked.camera_id,
        viewer_id=str(viewer.account_id),
        address=plain_address(viewer.address),
        now=services.clock().timestamp(),
        purpose="clip",
    )
    begin, end = max(asked.from_at, segments[0].begin_at), min(asked.until_at, segments[-1].end_at)
    clip = await services.gateway.clip(ticket, begin_at=begin, end_at=end)
    if clip is None:
        async with services.db.begin() as unit:
            await end_releases(unit, {release_id: "no_recordings"})
        raise Problem(
            501, "no_recordings", "이 영상 장비는 녹화를 내주지 않습니다.", "This gateway keeps no recordings."
        )
    return {
        "release_id": str(release_id),
        "camera_id": asked.camera_id,
        "url": clip.url,
        "expires_at": clip.expires_at,
        "begin_at": begin,
        "end_at": end,
        "gaps": [_span(gap) for gap in gaps(segments, asked.from_at, asked.until_at)],
        "parts": [
            {
                "part": number,
                "url": f"{clip.url}&part={number}",
                "begin_at": max(asked.from_at, run[0].begin_at),
                "end_at": min(asked.until_at, run[-1].end_at),
                "picture": f"{run[0].width_px}x{run[0].height_px}",
            }
            for number, run in enumerate(runs(segments), 1)
        ],
    }


def _unknown() -> Problem:
    return Problem(404, "unknown_incident", "그런 사건이 없습니다.", "There is no such incident.")
