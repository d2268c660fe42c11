"""One's own account: password, second factor, recovery codes, sessions, notices."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel

from server.connection import services_of
from server.staff import own, sessions
from server.staff.account_routes import no_session
from server.staff.devices import notices_seen
from server.staff.routes import AnyViewer, Code, Secret

router = APIRouter()


class PasswordBody(BaseModel):
    old: Secret
    new: Secret


class ProofBody(BaseModel):
    """The password again, and a code where there is a second factor."""

    password: Secret
    code: Code = ""


class CodeBody(BaseModel):
    code: Code


@router.post("/api/me/password")
async def password(request: Request, viewer: AnyViewer, body: PasswordBody) -> dict[str, Any]:
    await own.change_password(services_of(request), viewer, old=body.old, new=body.new)
    return {"ok": True}


@router.post("/api/me/session/extend")
async def extend(request: Request, viewer: AnyViewer) -> dict[str, Any]:
    """Asked by the button in the banner that says when the session ends."""
    return await sessions.extend_own(services_of(request), viewer)


@router.post("/api/me/totp")
async def begin(request: Request, viewer: AnyViewer, body: ProofBody) -> dict[str, Any]:
    return await own.begin_factor(services_of(request), viewer, password=body.password, code=body.code)


@router.post("/api/me/totp/confirm")
async def confirm(request: Request, viewer: AnyViewer, body: CodeBody) -> dict[str, Any]:
    return {"recovery_codes": await own.confirm_factor(services_of(request), viewer, code=body.code)}


@router.post("/api/me/totp/remove")
async def remove(request: Request, viewer: AnyViewer, body: ProofBody) -> dict[str, Any]:
    await own.remove_factor(services_of(request), viewer, password=body.password, code=body.code)
    return {"ok": True}


@router.post("/api/me/recovery")
async def recovery(request: Request, viewer: AnyViewer, body: ProofBody) -> dict[str, Any]:
    codes = await own.renew_recovery_codes(services_of(request), viewer, password=body.password, code=body.code)
    return {"recovery_codes": codes}


@router.post("/api/me/notices")
async def seen(request: Request, viewer: AnyViewer) -> dict[str, Any]:
    """The notices of `Me` have been read."""
    services = services_of(request)
    async with services.db.begin() as unit:
        await notices_seen(unit, services, viewer)
    return {"ok": True}


@router.get("/api/sessions")
async def list_sessions(request: Request, viewer: AnyViewer) -> dict[str, Any]:
    services = services_of(request)
    async with services.db.begin() as unit:
        return {"sessions": await sessions.listed(unit, services, viewer.account_id, own=viewer.session)}


@router.delete("/api/sessions")
async def end_others(request: Request, viewer: AnyViewer) -> dict[str, Any]:
    """Every session of the account but this one."""
    services = services_of(request)
    async with services.db.begin() as unit:
        ended = await sessions.end_account_sessions(
            unit, services, viewer.account_id, reason="ended", but=viewer.session
        )
        sessions.record_ended(unit, viewer.actor, viewer.account_id, ended)
    return {"ended": ended}


@router.delete("/api/sessions/{session_id}")
async def end_session(request: Request, viewer: AnyViewer, session_id: UUID) -> dict[str, Any]:
    services = services_of(request)
    async with services.db.begin() as unit:
        if not await sessions.end_one(unit, services, session_id, account_id=viewer.account_id, actor=viewer.actor):
            raise no_session()
    return {"ok": True}
