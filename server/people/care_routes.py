"""A guardian asks whether she is OK, and raises an alarm on her behalf: by her invitation. The person answers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from server.connection import address_of, services_of
from server.people import alarm, care
from server.people.routes import User

router = APIRouter()


class Said(BaseModel):
    answer: care.Answer


class GuardiansDigits(BaseModel):
    """The last four of the guardian's own number."""

    last4: str = Field(max_length=20)


class Alarm(BaseModel):
    alert_id: UUID


@router.post("/api/invitations/{invitation}/questions", status_code=201)
async def ask(request: Request, invitation: str) -> dict[str, Any]:
    return await care.ask(services_of(request), invitation)


@router.get("/api/invitations/{invitation}/questions")
async def standing(request: Request, invitation: str, response: Response) -> dict[str, Any]:
    response.headers["Cache-Control"] = "no-store"
    return await care.standing(services_of(request), invitation)


@router.get("/api/invitations/{invitation}/questions/{question_id}")
async def answer_for(request: Request, invitation: str, question_id: UUID) -> dict[str, Any]:
    return await care.answer_for(services_of(request), invitation, question_id)


@router.post("/api/invitations/{invitation}/questions/{question_id}/place")
async def place_for(
    request: Request, invitation: str, question_id: UUID, body: GuardiansDigits, response: Response
) -> dict[str, Any] | None:
    response.headers["Cache-Control"] = "no-store"
    address = address_of(request)
    return await care.place_for(services_of(request), invitation, question_id, last4=body.last4, address=address)


@router.post("/api/invitations/{invitation}/alarm", status_code=202)
async def raise_alarm(request: Request, invitation: str, body: Alarm) -> dict[str, Any]:
    return await alarm.raise_alarm(services_of(request), invitation, body.alert_id)


@router.get("/api/people/me/questions")
async def questions(request: Request, user: User) -> dict[str, Any]:
    return {"questions": await care.of_person(services_of(request), user)}


@router.post("/api/people/me/questions/{question_id}/answer")
async def answer(request: Request, user: User, question_id: UUID, body: Said) -> dict[str, Any]:
    return await care.answer(services_of(request), user, question_id, body.answer)
