"""Push to a guardian's browser: turned on and off on the follow page (by its cookie) or by her invitation."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from location_router.runtime.problems import Problem
from server.connection import services_of
from server.people import guardian_push, guardian_side
from server.people.follow import is_stopped
from server.people.follow_page import bound_row
from server.people.follow_routes import cookie_of
from server.people.guardian_push import Language
from server.web_push import LONGEST_ENDPOINT

router = APIRouter()


class Keys(BaseModel):
    p256dh: str = Field(max_length=200)
    auth: str = Field(max_length=100)


class NewBrowser(BaseModel):
    """`PushSubscription.toJSON()`, and the language of what is shown."""

    endpoint: str = Field(max_length=LONGEST_ENDPOINT)
    keys: Keys
    language: Language = "ko"


@router.get("/api/web_push")
async def public_key(request: Request) -> dict[str, str]:
    return {"public_key": await guardian_push.public_key(services_of(request))}


@router.post("/api/follow/{link}/push", status_code=201)
async def subscribe(request: Request, link: str, body: NewBrowser) -> dict[str, Any]:
    services = services_of(request)
    given = await guardian_push.readable(services, endpoint=body.endpoint, p256dh=body.keys.p256dh, auth=body.keys.auth)
    async with services.db.begin() as unit:
        row = await bound_row(unit, services, link, cookie_of(request))
        if row["guardian_ended_at"] is not None or is_stopped(row, services.clock()):
            raise Problem(410, "ended", "더 이상 열 수 없습니다.", "This can't be opened any more.")
        kept = await guardian_push.subscribe(services, unit, row, given=given, language=body.language)
    return {"subscription_id": str(kept)}


@router.delete("/api/follow/{link}/push/{subscription_id}", status_code=204)
async def unsubscribe(request: Request, link: str, subscription_id: UUID) -> Response:
    services = services_of(request)
    async with services.db.begin() as unit:
        row = await bound_row(unit, services, link, cookie_of(request))
        await guardian_push.forget(unit, row["guardian_id"], subscription_id)
    return Response(status_code=204)


@router.post("/api/invitations/{invitation}/push", status_code=201)
async def subscribe_by_invitation(request: Request, invitation: str, body: NewBrowser) -> dict[str, Any]:
    services = services_of(request)
    given = await guardian_push.readable(services, endpoint=body.endpoint, p256dh=body.keys.p256dh, auth=body.keys.auth)
    async with services.db.begin() as unit:
        row = await guardian_side.row_of(unit, services, invitation)
        if row["accepted_at"] is None:
            raise Problem(409, "not_accepted", "먼저 수락해 주세요.", "Accept the invitation first.")
        kept = await guardian_push.subscribe(services, unit, row, given=given, language=body.language)
    return {"subscription_id": str(kept)}


@router.delete("/api/invitations/{invitation}/push/{subscription_id}", status_code=204)
async def unsubscribe_by_invitation(request: Request, invitation: str, subscription_id: UUID) -> Response:
    services = services_of(request)
    async with services.db.begin() as unit:
        row = await guardian_side.row_of(unit, services, invitation)
        await guardian_push.forget(unit, row["guardian_id"], subscription_id)
    return Response(status_code=204)
