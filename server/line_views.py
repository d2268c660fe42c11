"""What an agency's own system may be shown over its line: tickets for the cameras of its request, and stills of them.

The line itself is the viewer: its row stands in the releases, its networks are the agency's registered ones (without
any nothing is shown), and the gate asks the same of it as of a desk. Each call names who looks (`viewer`), for the
chain.
"""

from __future__ import annotations

import asyncio
import base64
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server import request_line
from server.cameras.service import chosen, open_cameras
from server.dispatch.lines import line_of
from server.gate import Refused, Wish, ask
from server.incidents.cards import iso
from server.line_calls import after_call, check_still_signed
from server.releases import end_releases, note_first_byte
from server.request_line import Letter
from server.staff.model import AgencyRef, Viewer

if TYPE_CHECKING:
    from server.services import Services
    from server.video.gateway import Picture

MOST_STILLS = 9
A = TypeVar("A", bound="Asked")


class Asked(BaseModel):
    """`viewer`: who of the agency looks, by a word of its own (a badge, an account); it goes into the center's log."""

    model_config = ConfigDict(extra="forbid")

    viewer: Annotated[str, Field(pattern=r"^[A-Za-z0-9._@-]{1,40}$")]


class StillsAsked(Asked):
    """`camera_ids`: of the cameras released to the request; none: the first `count` of them."""

    camera_ids: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=MOST_STILLS)] = []
    count: Annotated[int, Field(ge=1, le=MOST_STILLS)] = 5


async def viewer_of(unit: Unit, services: Services, *, agency_id: str, center_id: str, address: str) -> Viewer:
    """The agency's line to this center as the gate's viewer. Problem 401 `unknown_line`."""
    line = await line_of(unit, services, agency_id=agency_id, center_id=center_id)
    agency = await unit.one(
        "SELECT agency_id, kind, name_ko, name_en FROM agency WHERE agency_id = :id", {"id": agency_id}
    )
    if line is None or line.kind != "webhook" or agency is None:
        raise Problem(401, "unknown_line", "이 기관의 회선이 없습니다.", "This agency has no line any more.")
    ref = AgencyRef(**agency)
    return Viewer(line.line_id, agency_id, ref.name_ko, "agent", "", ref, (center_id,), address)


async def video(services: Services, letter: Letter, request_id: UUID) -> dict[str, Any]:
    """`{"cameras": [CameraTicket], "ends_at"}`: the tickets are good for the address that asked. Problems 403 with the
    gate's code, 409 `not_open`, 422."""
    row, viewer = await _asking(services, letter, request_id)
    said = _said(Asked, letter)
    tickets = await open_cameras(
        services,
        viewer,
        row["incident_id"],
        detail=_detail(said, request_id),
        begin=partial(after_call, services, letter),
    )
    await _check_key(services, letter, row["center_id"], [UUID(one["release_id"]) for one in tickets])
    return {"cameras": tickets, "ends_at": iso(row["ends_at"])}


async def _check_key(services: Services, letter: Letter, center_id: str, opened: list[UUID]) -> None:
    """A key that changed while this was opened has ended only what was open before. Problem 401."""
    wrong = None
    async with after_call(services, letter) as unit:
        # who changes it at this moment has either read these rows, or is waited for
        await unit.execute("SELECT 1 FROM agency_line WHERE agency_id = :id FOR SHARE", {"id": letter.agency_id})
        try:
            await check_still_signed(unit, services, letter, center_id)
        except Problem as problem:
            wrong = problem
            await end_releases(unit, dict.fromkeys(opened, "session_ended"), at=services.clock())
    if wrong is not None:
        raise wrong


async def stills(services: Services, letter: Letter, request_id: UUID) -> dict[str, Any]:
    """`{"stills": [{camera_id, name, at, jpeg (base64; null: the camera gave none)}]}`. Nothing of it is kept; asked
    again it is shown again. Problems as for `video`."""
    row, viewer = await _asking(services, letter, request_id)
    said = _said(StillsAsked, letter)
    async with after_call(services, letter) as unit:
        names = {one["camera_id"]: one["name"] for one in await chosen(unit, row["incident_id"])}
        # another camera of the center is none of the request's: the gate hears of it as of one that is not there
        asked = [one if one in names else "" for one in said.camera_ids or list(names)[: said.count]]
        wanted = tuple(dict.fromkeys(asked)) or ("",)
        wish = Wish("still", row["incident_id"], camera_ids=wanted, detail=_detail(said, request_id))
        answer = await ask(unit, viewer, wish, now=services.clock())
    if isinstance(answer, Refused):
        raise answer
    released = dict(zip(wanted, answer, strict=True))
    taken = await asyncio.gather(*(services.gateway.still(camera, str(one)) for camera, one in released.items()))
    pictures = {camera: one for camera, one in zip(released, taken, strict=True) if one is not None}
    given = await _given(services, letter, released, pictures)
    return {"stills": [_still(services, camera, names[camera], given.get(camera)) for camera in wanted]}


async def _given(
    services: Services, letter: Letter, released: dict[str, UUID], pictures: dict[str, Picture]
) -> dict[str, Picture]:
    """Those whose release still stands: what has ended while the camera was asked is not shown any more."""
    async with after_call(services, letter) as unit:
        for camera in pictures:
            await note_first_byte(unit, released[camera])
        reasons = {one: "given" if camera in pictures else "no_picture" for camera, one in released.items()}
        standing = set(await end_releases(unit, reasons, at=services.clock()))
    return {camera: one for camera, one in pictures.items() if released[camera] in standing}


def _still(services: Services, camera_id: str, name: str, picture: Picture | None) -> dict[str, Any]:
    shown: dict[str, Any] = {"camera_id": camera_id, "name": name, "at": None, "jpeg": None}
    if picture is not None:
        shown["at"] = iso(services.clock() - timedelta(milliseconds=picture.age_ms))
        shown["jpeg"] = base64.b64encode(picture.jpeg).decode()
    return shown


async def _asking(services: Services, letter: Letter, request_id: UUID) -> tuple[dict[str, Any], Viewer]:
    row = await request_line.held(services, letter, request_id)
    request_line.still_open(row)
    if row["incident_id"] is None:
        raise request_line.unknown()
    async with after_call(services, letter) as unit:
        options = {"agency_id": letter.agency_id, "center_id": row["center_id"], "address": letter.address}
        return row, await viewer_of(unit, services, **options)


def _said(kind: type[A], letter: Letter) -> A:
    try:
        return kind.model_validate_json(letter.body)
    except ValidationError as error:
        fields = [{"field": ".".join(map(str, one["loc"])) or "body", "message": one["msg"]} for one in error.errors()]
        ko = '{"viewer": "누가 보는지(영문·숫자 40자까지)", …}로 보내 주세요.'
        en = 'Send {"viewer": "who looks", …}: letters and digits, 40 at most.'
        raise Problem(422, "invalid", ko, en, field=fields[0]["field"], fields=fields) from None


def _detail(said: Asked, request_id: UUID) -> dict[str, Any]:
    return {"request_id": str(request_id), "viewer": said.viewer, "via": "line"}
