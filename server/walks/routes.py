"""Her walks over HTTP (docs/walks.md section 2); the line is `server/walks/line.py`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from location_router.wire import Moment, Position
from server.connection import services_of
from server.people.routes import User, bearer, device_user
from server.walks import answers, reading, service
from server.walks.rungs import LEAST_STEP_S, MOST_EXTEND_MINUTES, MOST_STEP_S, Answer
from server.walks.speaking import Speaker, known_tokens
from server.walks.writer import writer_of

router = APIRouter()
MOST_POSITIONS = 200

Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Step = Annotated[int, Field(ge=LEAST_STEP_S, le=MOST_STEP_S)]


class Point(BaseModel):
    lat: Latitude
    lon: Longitude


class Steps(BaseModel):
    """Seconds that each rung waits for her; what is left out is the center's."""

    prompt_s: Step | None = None
    call_s: Step | None = None
    guardians_s: Step | None = None


class Wanted(BaseModel):
    kind: Literal["route", "timer"]
    alert_id: UUID
    origin: Point | None = None
    destination: Point | None = None
    route: list[tuple[Latitude, Longitude]] = Field(default_factory=list, max_length=service.MOST_ROUTE_POINTS)
    place_name: str = Field(default="", max_length=80)
    taxi_note: str = Field(default="", max_length=200)
    eta_s: float | None = Field(default=None, ge=30, le=86_400, allow_inf_nan=False)
    until: AwareDatetime | None = None
    guardians: list[UUID] = Field(default_factory=list, max_length=20)
    guardians_see_place: bool = False
    share_with_centers: bool = False
    steps: Steps | None = None
    keep_days: Literal[0, 7, 30] = 7
    if_version: int | None = None

    def plan(self) -> service.Plan:
        return service.Plan(
            kind=self.kind,
            alert_id=self.alert_id,
            origin=self.origin.model_dump() if self.origin else None,
            destination=self.destination.model_dump() if self.destination else None,
            route=tuple(self.route),
            place_name=self.place_name.strip(),
            taxi_note=self.taxi_note.strip(),
            eta_s=self.eta_s,
            until=self.until,
            guardians=tuple(dict.fromkeys(self.guardians)),
            guardians_see_place=self.guardians_see_place,
            share_with_centers=self.share_with_centers,
            steps=self.steps.model_dump(exclude_none=True) if self.steps else {},
            keep_days=self.keep_days,
        )


class WalkFix(Position):
    """A phone's position under a name of its own: the pages know another `Position`."""


class Heard(BaseModel):
    positions: list[WalkFix] = Field(min_length=1, max_length=MOST_POSITIONS)


class Said(BaseModel):
    """`no` counts up on the phone. `minutes`: of a snooze or an extension; 0: as usual. `outcome`: which PIN ended the
    walk, in words of one length, as the phone says it of an alert (`location_router.wire`); empty: none did."""

    what: Answer
    no: int = Field(ge=1, le=2**31 - 1)
    outcome: Literal["", "cancel", "duress"] = ""
    minutes: int = Field(default=0, ge=0, le=MOST_EXTEND_MINUTES)
    at: Moment | None = None
    """When she said it, and when her phone sent that, both by the phone's clock: an answer may have waited for hours.
    Phones of before say neither."""
    sent_at: Moment | None = None

    def said_at(self, now: datetime) -> datetime:
        """By our clock: as long before now as it was before the phone sent it, since a phone's clock may be wrong.
        Never in the future."""
        if self.at is None:
            return now
        if self.sent_at is None:
            return min(self.at, now)
        return now - min(max(self.sent_at - self.at, timedelta()), service.LATEST)


@router.get("/api/people/me/walks/current")
async def current(request: Request, user: User) -> dict[str, answers.Walk | None]:
    return {"walk": await reading.current(services_of(request), user)}


@router.get("/api/people/me/walks")
async def history(request: Request, user: User) -> dict[str, list[dict[str, Any]]]:
    return {"walks": await reading.history(services_of(request), user)}


@router.put("/api/people/me/walks/{walk_id}")
async def put(request: Request, user: User, walk_id: UUID, body: Wanted) -> answers.Walk:
    return await service.put(services_of(request), user, walk_id, body.plan(), if_version=body.if_version)


@router.get("/api/people/me/walks/{walk_id}/track")
async def track(request: Request, user: User, walk_id: UUID) -> dict[str, list[dict[str, Any]]]:
    return {"positions": await reading.fixes(services_of(request), user, walk_id)}


@router.get("/api/people/me/walks/{walk_id}/disclosures")
async def disclosed(request: Request, user: User, walk_id: UUID) -> dict[str, list[dict[str, Any]]]:
    return {"disclosures": await reading.disclosed(services_of(request), user, walk_id)}


@router.delete("/api/people/me/walks/{walk_id}", status_code=204)
async def forget(request: Request, user: User, walk_id: UUID) -> Response:
    await reading.forget(services_of(request), user, walk_id)
    return Response(status_code=204)


async def speaker_of(request: Request) -> Speaker:
    """As `User`, but a phone is looked at with all others of its beat."""
    token, services = bearer(request), services_of(request)
    if token:
        return await known_tokens(services).speaker(services, token)
    user = await device_user(request)
    return Speaker(user.person_id, user.device_id)


@router.post("/api/people/me/walks/{walk_id}/positions")
async def positions(
    request: Request, speaker: Annotated[Speaker, Depends(speaker_of)], walk_id: UUID, body: Heard
) -> answers.Brief:
    """Answered when they are on disk. Those of a walk that has ended are not kept, and the answer says so."""
    services = services_of(request)
    heard = await writer_of(services).heard(walk_id, body.positions, speaker)
    if heard is None:
        return answers.brief(await reading.one_of_hers(services, await device_user(request), walk_id))
    return answers.brief(heard.row)


@router.post("/api/people/me/walks/{walk_id}/answer")
async def answer(request: Request, user: User, walk_id: UUID, body: Said) -> answers.Walk:
    services = services_of(request)
    at = body.said_at(services.clock())
    return await service.answer(
        services, user, walk_id, body.what, no=body.no, minutes=body.minutes, outcome=body.outcome, at=at
    )
