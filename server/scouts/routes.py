"""Scouts over HTTP, the center's side: the board, pairs and their links, offers, the calendar file."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from server.connection import services_of
from server.features.routes import needs_feature
from server.people.proving import checked_phone
from server.qr import qr_path
from server.scouts import desk, hers, offers, pairs, telephone
from server.scouts.appointment import Caller
from server.scouts.calendar import Duty, calendar
from server.scouts.desk import Reason
from server.scouts.her_routes import BookingBody, Place
from server.scouts.offer_body import OfferBody
from server.staff.model import Viewer
from server.staff.routes import permitted

router = APIRouter()
Dispatcher = Annotated[Viewer, Depends(needs_feature("scouts", permitted("scouts.dispatch")))]
Offerer = Annotated[Viewer, Depends(needs_feature("scouts", permitted("scouts.offer")))]


class Member(BaseModel):
    name: str = Field(min_length=1, max_length=40)
    phone: str = Field(default="", max_length=40)


class PairBody(BaseModel):
    center: str = Field(min_length=1, max_length=20)
    name: str = Field(min_length=1, max_length=20)
    members: list[Member] = Field(min_length=2, max_length=4)
    begins_at: AwareDatetime
    ends_at: AwareDatetime


class PairChosen(BaseModel):
    """`pair_id` null: back to the list."""

    pair_id: UUID | None = None


class CallOff(BaseModel):
    reason: Reason
    note: str = Field(default="", max_length=200)


class Begin(BaseModel):
    """Why they may go together without the codes."""

    reason: str = Field(min_length=5, max_length=200)


class TelephoneBooking(BookingBody):
    """For a caller without an account."""

    name: str = Field(min_length=1, max_length=40)
    phone: str = Field(min_length=1, max_length=40)


@router.get("/api/scouts/board")
async def board(request: Request, viewer: Dispatcher) -> dict[str, Any]:
    return await desk.board(services_of(request), viewer)


@router.get("/api/scouts/worries")
async def worries(request: Request, viewer: Dispatcher) -> dict[str, Any]:
    """What is wrong with scouts now, for a page that was not open when it happened; without a name or a place."""
    return {"worries": await desk.worries(services_of(request), viewer)}


@router.get("/api/scouts/offers")
async def list_offers(request: Request, viewer: Offerer) -> dict[str, Any]:
    return await offers.listed(services_of(request), viewer)


@router.put("/api/scouts/offers/{code}/{starts_on}")
async def put_offer(request: Request, viewer: Offerer, code: str, starts_on: date, body: OfferBody) -> dict[str, Any]:
    """What this center offers from the night of that day on."""
    await offers.put(services_of(request), viewer, code, starts_on, body)
    return {"ok": True}


@router.post("/api/scouts/offers/{code}/{starts_on}/preview")
async def preview_offer(
    request: Request, viewer: Offerer, code: str, starts_on: date, body: OfferBody
) -> dict[str, Any]:
    """Which appointments there would be if this were written down; nothing is."""
    return {"nights": await offers.preview(services_of(request), viewer, code, starts_on, body)}


@router.delete("/api/scouts/offers/{code}/{starts_on}")
async def drop_offer(request: Request, viewer: Offerer, code: str, starts_on: date) -> dict[str, Any]:
    """The offer that began before it counts again; bookings stay."""
    await offers.drop(services_of(request), viewer, code, starts_on)
    return {"ok": True}


@router.get("/api/scouts/hubs/{code}")
async def hubs(request: Request, viewer: Dispatcher, code: str) -> dict[str, Any]:
    """Where one meets tonight, for the map of who books by telephone."""
    return {"hubs": await offers.hubs(services_of(request), viewer, code)}


@router.post("/api/scouts/offered")
async def offered_there(request: Request, viewer: Dispatcher, body: Place) -> dict[str, Any]:
    """What a caller can have who wants to be met there."""
    return await hers.offered(services_of(request), lat=body.lat, lon=body.lon)


@router.put("/api/scouts/bookings/{booking_id}")
async def book_by_telephone(
    request: Request, viewer: Dispatcher, booking_id: UUID, body: TelephoneBooking
) -> dict[str, Any]:
    caller = Caller(body.name.strip(), checked_phone(body.phone))
    await telephone.book(services_of(request), viewer, booking_id, body.wish(), caller)
    return {"ok": True}


@router.post("/api/scouts/bookings/{booking_id}/cancel")
async def cancel_by_telephone(request: Request, viewer: Dispatcher, booking_id: UUID) -> dict[str, Any]:
    """She said so by telephone."""
    await telephone.cancel(services_of(request), viewer, booking_id)
    return {"ok": True}


@router.get("/api/scouts/calendar.ics")
async def calendar_file(request: Request, viewer: Dispatcher) -> Response:
    rows, now = await desk.calendar(services_of(request), viewer)
    duties = [
        Duty(
            row["pair_id"],
            row["name"],
            row["name_ko"] or "",
            row["begins_at"],
            row["ends_at"],
            row["ended_at"] is not None,
        )
        for row in rows
    ]
    return Response(
        calendar(duties, now),
        media_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="scouts.ics"'},
    )


@router.post("/api/scouts/pairs", status_code=201)
async def put_on_duty(request: Request, viewer: Dispatcher, body: PairBody) -> dict[str, Any]:
    """The link goes to the work phone, the code by word of mouth; both are shown once."""
    members = [
        {"name": one.name.strip(), "phone": checked_phone(one.phone) if one.phone.strip() else ""}
        for one in body.members
    ]
    new = pairs.NewPair(body.center, body.name.strip(), members, body.begins_at, body.ends_at)
    return _told_once(request, await pairs.put_on_duty(services_of(request), viewer, new))


def _told_once(request: Request, made: pairs.Invitation) -> dict[str, Any]:
    url = f"{services_of(request).settings.origin}/scout/{made.link}"
    return {"pair_id": str(made.pair_id), "link": made.link, "url": url, "qr": qr_path(url), "code": made.code}


@router.post("/api/scouts/pairs/{pair_id}/link", status_code=201)
async def new_link(request: Request, viewer: Dispatcher, pair_id: UUID) -> dict[str, Any]:
    return _told_once(request, await pairs.new_link(services_of(request), viewer, pair_id))


@router.delete("/api/scouts/pairs/{pair_id}")
async def end_pair(request: Request, viewer: Dispatcher, pair_id: UUID) -> dict[str, Any]:
    await pairs.end(services_of(request), viewer, pair_id)
    return {"ok": True}


@router.post("/api/scouts/pairs/{pair_id}/care")
async def take_care(request: Request, viewer: Dispatcher, pair_id: UUID) -> dict[str, Any]:
    """The viewer calls a pair that is overdue."""
    await pairs.take_care(services_of(request), viewer, pair_id)
    return {"ok": True}


@router.post("/api/scouts/bookings/{booking_id}/assign")
async def assign(request: Request, viewer: Dispatcher, booking_id: UUID, body: PairChosen) -> dict[str, Any]:
    await desk.assign(services_of(request), viewer, booking_id, body.pair_id)
    return {"ok": True}


@router.post("/api/scouts/bookings/{booking_id}/begin")
async def begin(request: Request, viewer: Dispatcher, booking_id: UUID, body: Begin) -> dict[str, Any]:
    await desk.begin(services_of(request), viewer, booking_id, body.reason.strip())
    return {"ok": True}


@router.post("/api/scouts/bookings/{booking_id}/no_show")
async def no_show(request: Request, viewer: Dispatcher, booking_id: UUID) -> dict[str, Any]:
    await desk.no_show(services_of(request), viewer, booking_id)
    return {"ok": True}


@router.post("/api/scouts/bookings/{booking_id}/call_off")
async def call_off(request: Request, viewer: Dispatcher, booking_id: UUID, body: CallOff) -> dict[str, Any]:
    await desk.call_off(services_of(request), viewer, booking_id, body.reason, body.note.strip())
    return {"ok": True}
