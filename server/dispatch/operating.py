"""The operator's side beside the request itself: an exercise, and the officers in the field (messages, stills)."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.dispatch import asks, service
from server.dispatch.field_view import SAID, clean
from server.dispatch.parts import Part
from server.dispatch.store import still
from server.events import record
from server.gate import Refused, Wish, ask
from server.incidents import service as incidents
from server.incidents.cards import iso
from server.releases import end_releases

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

_READERS = """
SELECT EXISTS (SELECT 1 FROM responder r LEFT JOIN dispatch d USING (dispatch_id)
JOIN party p ON p.center_id = r.center_id AND p.id = coalesce(r.dispatch_id, r.request_id)
JOIN incident i ON i.incident_id = p.incident_id
WHERE p.incident_id = :id AND (CAST(:part AS uuid) IS NULL OR p.id = :part) AND r.ended_at IS NULL
  AND r.ends_at > :now AND p.is_working AND coalesce(p.until_at > :now, true)
  AND r.request_no = coalesce(d.request_no, 0) AND i.state NOT IN ('closed', 'cancelled', 'transferred'))
OR EXISTS (SELECT 1 FROM party p JOIN incident i USING (incident_id)
WHERE p.incident_id = :id AND p.kind = 'request' AND (CAST(:part AS uuid) IS NULL OR p.id = :part) AND p.is_working
  AND p.until_at > :now AND i.state NOT IN ('closed', 'cancelled', 'transferred'))
"""
"""Whether anybody reads along: an officer of a dispatch, or whoever asks, at its desk or in the field."""


async def exercise(services: Services, viewer: Viewer, incident_id: UUID, *, agency: str, note: str) -> dict[str, Any]:
    """The dispatch of a center's exercise; 409 `not_exercise`, `drill`, `not_allowed`."""
    async with services.db.begin(center=viewer.scope) as unit:
        card = await service.request(
            unit, services, incident_id=incident_id, agency=agency, actor=viewer.actor, note=note, is_exercise=True
        )
    return {"dispatch": card}


async def message(
    services: Services, viewer: Viewer, incident_id: UUID, *, text: str, part: Part | None
) -> dict[str, Any]:
    """To the desk and officers of one part, or to the officers of all. Problems 404, 409 `no_responder`, 422."""
    text = clean(text)
    async with services.db.begin(center=viewer.scope) as unit:
        state = await incidents.locked(unit, incident_id)
        await _someone(unit, services, incident_id, part)
        told = {"dispatch_id": None} | ({f"{part.kind}_id": str(part.id)} if part else {})
        message_id = record(
            unit,
            center_id=state.center_id,
            incident_id=incident_id,
            tag=SAID,
            actor=viewer.actor,
            payload={"by": "operator", "text": text, **told},
            at=services.clock(),
        )
    return {"message_id": str(message_id)}


async def _someone(unit: Unit, services: Services, incident_id: UUID, part: Part | None) -> None:
    asked = {"id": incident_id, "part": part.id if part else None, "now": services.clock()}
    if not await unit.scalar(_READERS, asked):
        raise Problem(
            409,
            "no_responder",
            "이 사건을 보고 있는 현장 대원이 없습니다.",
            "No officer in the field is connected to this incident.",
        )


async def send_still(services: Services, viewer: Viewer, incident_id: UUID, camera_id: str) -> dict[str, Any]:
    """Take a picture of the camera and put it before the officers. The operator's release is on disk before the
    picture is taken; each officer who fetches it is a release of his own.

    Problems: 404, 403 with the gate's code, 409 `no_responder`, 503 `no_picture`.
    """
    async with services.db.begin(center=viewer.scope) as unit:
        if await incidents.find(unit, incident_id) is None:
            raise Problem(404, "no_incident", "사건을 찾을 수 없습니다.", "There is no such incident for you.")
        await _someone(unit, services, incident_id, None)
    async with services.db.begin() as unit:  # over all centers, as every question to the gate
        wish = Wish("still", incident_id, camera_ids=(camera_id,))
        answer = await ask(unit, viewer, wish, now=services.clock())
    if isinstance(answer, Refused):
        raise answer
    (release_id,) = answer
    picture = await services.gateway.still(camera_id, str(release_id))
    async with services.db.begin(center=viewer.scope) as unit:
        state = await incidents.locked(unit, incident_id)
        reason = "taken" if picture is not None else "no_picture"
        held = await end_releases(unit, {release_id: reason}, at=services.clock())
        kept = None
        if picture is not None and held and state.is_open:  # not when the incident closed meanwhile
            taken_at = services.clock() - timedelta(milliseconds=picture.age_ms)
            kept = {"still_id": uuid4(), "jpeg": picture.jpeg, "taken_at": taken_at}
            await _keep(unit, services, viewer, state.center_id, incident_id, camera_id, release_id, kept)
    if kept is None:
        raise Problem(
            503,
            "no_picture",
            "카메라에서 사진을 받지 못했습니다. 다른 카메라로 해 보세요.",
            "The camera gave no picture; try another one.",
            headers={"Retry-After": "2"},
            camera_id=camera_id,
        )
    return {"still_id": str(kept["still_id"]), "camera_id": camera_id, "at": iso(kept["taken_at"])}  # type: ignore[arg-type]


async def _keep(
    unit: Unit,
    services: Services,
    viewer: Viewer,
    center_id: str,
    incident_id: UUID,
    camera_id: str,
    release_id: UUID,
    kept: dict[str, Any],
) -> None:
    image = base64.b64encode(kept["jpeg"]).decode()
    await unit.execute(
        still.insert().values(
            still_id=kept["still_id"],
            center_id=center_id,
            incident_id=incident_id,
            camera_id=camera_id,
            release_id=release_id,
            image_sealed=services.sealer.seal(image, context=f"still.image:{kept['still_id']}", center=center_id),
            taken_at=kept["taken_at"],
        )
    )
    record(
        unit,
        center_id=center_id,
        incident_id=incident_id,
        tag="responder:still_sent",
        actor=viewer.actor,
        payload={"still_id": str(kept["still_id"]), "camera_id": camera_id, "release_id": str(release_id)},
        at=services.clock(),
    )
    done = {"of": kept["still_id"], "by": viewer.account_id, "now": services.clock()}
    await asks.answer(unit, incident_id, "photo", viewer.actor, **done)
