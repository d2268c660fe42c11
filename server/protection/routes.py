"""A protected person's own: her code, her warnings, and where she is while one runs."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from server.connection import services_of
from server.people.routes import FreshUser, User
from server.protection import service
from server.protection.model import Place

router = APIRouter()
PATH = "/api/people/me/protection"


class Registration(BaseModel):
    """`version`: of the words that she has read (`texts.protection` of `GET /api/consents`)."""

    code: str = Field(min_length=1, max_length=80)
    consent: Literal[True]
    version: str = Field(max_length=40)


class OwnPlace(BaseModel):
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
    accuracy_m: float = Field(ge=0, le=1_000_000, allow_inf_nan=False)
    fixed_at: AwareDatetime


@router.post(PATH, status_code=201)
async def register(request: Request, user: FreshUser, body: Registration) -> dict[str, Any]:
    return await service.register(services_of(request), user, code=body.code, version=body.version)


@router.get(PATH)
async def listed(request: Request, user: User, response: Response) -> dict[str, Any]:
    response.headers["Cache-Control"] = "no-store"
    return await service.listed(services_of(request), user)


@router.delete(PATH + "/{protection_id}", status_code=204)
async def withdraw(request: Request, user: FreshUser, protection_id: UUID) -> Response:
    await service.withdraw(services_of(request), user, protection_id)
    return Response(status_code=204)


@router.post(PATH + "/place")
async def keep_place(request: Request, user: User, body: OwnPlace) -> dict[str, bool]:
    """`wanted`: whether a warning runs; without one nothing is kept."""
    place = Place(body.lat, body.lon, body.accuracy_m, body.fixed_at)
    return {"wanted": await service.keep_place(services_of(request), user, place)}
