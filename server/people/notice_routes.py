"""What guardians were told, on what terms they are guardians, and where apps are pushed to."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from location_router.runtime.problems import Problem
from server.connection import services_of
from server.people import guardian_terms, notices, own_push
from server.people.follow import is_running
from server.people.follow_page import bound_row
from server.people.follow_routes import cookie_of
from server.people.routes import FreshUser, NewGuardian, User

router = APIRouter()


class PushToken(BaseModel):
    """Of the push service; null or empty: none any more."""

    push_token: str | None = Field(default=None, max_length=4096)

    @property
    def text(self) -> str:
        return (self.push_token or "").strip()


class Pause(BaseModel):
    until: AwareDatetime | None = None


class Silence(BaseModel):
    allowed: bool


class Guest(NewGuardian):
    until: AwareDatetime


class QuietHours(BaseModel):
    """Times of the day in Seoul, `23:00`; over midnight is fine."""

    from_: str = Field(alias="from", max_length=5)
    to: str = Field(max_length=5)


@router.put("/api/people/me/push-token", status_code=204)
async def keep_token(request: Request, user: User, body: PushToken) -> Response:
    await own_push.keep_token(services_of(request), user, body.text)
    return Response(status_code=204)


@router.get("/api/people/me/notices")
async def told(request: Request, user: User) -> dict[str, Any]:
    return {"notices": await notices.of_person(services_of(request), user.person_id)}


@router.post("/api/people/me/guests", status_code=201)
async def invite_guest(request: Request, user: FreshUser, body: Guest) -> dict[str, Any]:
    by = "app" if user.browser_proved_at is None else "page"
    return await guardian_terms.invite_guest(
        services_of(request), user, name=body.name, phone=body.phone, until=body.until, by=by
    )


@router.post("/api/people/me/guardians/{guardian_id}/pause")
async def pause(request: Request, user: User, guardian_id: UUID, body: Pause | None = None) -> dict[str, Any]:
    return await guardian_terms.pause(services_of(request), user, guardian_id, body.until if body else None)


@router.delete("/api/people/me/guardians/{guardian_id}/pause")
async def resume(request: Request, user: FreshUser, guardian_id: UUID) -> dict[str, Any]:
    return await guardian_terms.resume(services_of(request), user, guardian_id)


@router.put("/api/people/me/guardians/{guardian_id}/silence")
async def share_on_silence(request: Request, user: FreshUser, guardian_id: UUID, body: Silence) -> dict[str, bool]:
    return await guardian_terms.share_on_silence(services_of(request), user, guardian_id, body.allowed)


@router.put("/api/invitations/{invitation}/push-token", status_code=204)
async def keep_guardians_token(request: Request, invitation: str, body: PushToken) -> Response:
    await guardian_terms.keep_guardians_token(services_of(request), invitation, body.text)
    return Response(status_code=204)


@router.put("/api/invitations/{invitation}/quiet-hours")
async def quiet_hours(request: Request, invitation: str, body: QuietHours) -> dict[str, Any]:
    hours = guardian_terms.minute_of(body.from_), guardian_terms.minute_of(body.to)
    return await guardian_terms.quiet_hours(services_of(request), invitation, hours)


@router.delete("/api/invitations/{invitation}/quiet-hours")
async def no_quiet_hours(request: Request, invitation: str) -> dict[str, Any]:
    return await guardian_terms.quiet_hours(services_of(request), invitation, None)


@router.get("/api/notices/{link}")
async def see(request: Request, link: str, response: Response) -> dict[str, Any]:
    return await _noted(request, link, response, "seen")


@router.post("/api/notices/{link}/{what}")
async def note(
    request: Request, link: str, what: Literal["delivered", "opened", "acknowledged"], response: Response
) -> dict[str, Any]:
    return await _noted(request, link, response, what)


async def _noted(
    request: Request,
    link: str,
    response: Response,
    what: Literal["seen", "delivered", "opened", "acknowledged"],
) -> dict[str, Any]:
    services = services_of(request)
    response.headers["Cache-Control"] = "no-store"
    async with services.db.begin() as unit:
        return await notices.by_link(unit, services, link, what)


@router.post("/api/follow/{link}/acknowledge", status_code=204)
async def acknowledge(request: Request, link: str) -> Response:
    """She has read it and acts: for the person, and for the center that works on it. Problem 410 `ended`."""
    services = services_of(request)
    async with services.db.begin() as unit:
        row = await bound_row(unit, services, link, cookie_of(request))
        if not is_running(row, services.clock()):
            raise Problem(410, "ended", "상황이 끝났습니다.", "This has ended.")
        await notices.sos_noted(unit, services, row["follow_id"], "acknowledged")
    return Response(status_code=204)
