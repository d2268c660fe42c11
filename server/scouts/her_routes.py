"""Scouts over HTTP, the person's side: device token, or the cookie of a browser of hers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, Field

from server.connection import services_of
from server.people.routes import User
from server.scouts import hers
from server.scouts.appointment import Wish

router = APIRouter()


class Place(BaseModel):
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


class BookingBody(BaseModel):
    """`at`: one of the free appointments; `hub_id`: to be met there instead of at the place."""

    at: AwareDatetime
    meet: Place
    meet_text: str = Field(default="", max_length=120)
    hub_id: str = Field(default="", max_length=40)
    destination: str = Field(min_length=1, max_length=200)
    note: str = Field(default="", max_length=200)

    def wish(self) -> Wish:
        return Wish(
            at=self.at,
            lat=self.meet.lat,
            lon=self.meet.lon,
            meet_text=self.meet_text.strip(),
            hub_id=self.hub_id,
            destination=self.destination.strip(),
            note=self.note.strip(),
        )


class Code(BaseModel):
    """Six digits as they are shown, or the text of the QR."""

    code: str = Field(max_length=200)


@router.post("/api/people/me/scouts/offered")
async def offered(request: Request, user: User, body: Place) -> dict[str, Any]:
    """In the body, since a place does not belong into an address."""
    return await hers.offered(services_of(request), lat=body.lat, lon=body.lon)


@router.get("/api/people/me/scouts")
async def mine(request: Request, user: User) -> dict[str, Any]:
    return {"bookings": await hers.mine(services_of(request), user)}


@router.put("/api/people/me/scouts/{booking_id}")
async def book(request: Request, user: User, booking_id: UUID, body: BookingBody) -> dict[str, Any]:
    return await hers.book(services_of(request), user, booking_id, body.wish())


@router.get("/api/people/me/scouts/{booking_id}")
async def seen(request: Request, user: User, booking_id: UUID) -> dict[str, Any]:
    return await hers.seen(services_of(request), user, booking_id)


@router.post("/api/people/me/scouts/{booking_id}/code")
async def read_code(request: Request, user: User, booking_id: UUID, body: Code) -> dict[str, Any]:
    return await hers.read_code(services_of(request), user, booking_id, body.code)


@router.post("/api/people/me/scouts/{booking_id}/home")
async def reach_home(request: Request, user: User, booking_id: UUID) -> dict[str, Any]:
    return await hers.reach_home(services_of(request), user, booking_id)


@router.post("/api/people/me/scouts/{booking_id}/cancel")
async def cancel(request: Request, user: User, booking_id: UUID) -> dict[str, Any]:
    return await hers.cancel(services_of(request), user, booking_id)
