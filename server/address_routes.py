"""Registered addresses over HTTP, for who may `accounts.manage`."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field, StringConstraints

from location_router.runtime.problems import Problem
from server import addresses
from server.addresses import Target
from server.connection import services_of
from server.staff.model import Viewer
from server.staff.routes import permitted

router = APIRouter()
Manager = Annotated[Viewer, Depends(permitted("accounts.manage"))]


class Networks(BaseModel):
    networks: Annotated[list[Annotated[str, StringConstraints(max_length=64)]], Field(max_length=200)]
    confirm: Annotated[str, StringConstraints(max_length=64)] = ""


@router.get("/api/addresses/account/{account_id}")
async def account_addresses(request: Request, viewer: Manager, account_id: UUID) -> dict[str, Any]:
    return await _read(request, viewer, Target("account", account_id))


@router.get("/api/addresses/agency/{agency_id}")
async def agency_addresses(request: Request, viewer: Manager, agency_id: str) -> dict[str, Any]:
    return await _read(request, viewer, Target("agency", agency_id))


@router.put("/api/addresses/account/{account_id}")
async def set_account_addresses(request: Request, viewer: Manager, account_id: UUID, body: Networks) -> dict[str, Any]:
    return await _replace(request, viewer, Target("account", account_id), body)


@router.put("/api/addresses/agency/{agency_id}")
async def set_agency_addresses(request: Request, viewer: Manager, agency_id: str, body: Networks) -> dict[str, Any]:
    """For all its agents, beside the addresses that each of them has."""
    return await _replace(request, viewer, Target("agency", agency_id), body)


async def _read(request: Request, viewer: Viewer, target: Target) -> dict[str, Any]:
    services = services_of(request)
    async with services.db.begin() as unit:
        return await addresses.read(unit, services, viewer, target)


async def _replace(request: Request, viewer: Viewer, target: Target, body: Networks) -> dict[str, Any]:
    services = services_of(request)
    try:
        networks = addresses.plain_networks(body.networks)
    except ValueError as error:
        ko = "주소나 네트워크가 아닌 값이 있습니다. 10.20.0.15나 10.20.0.0/24처럼 적어 주세요."
        fields = [{"field": "networks", "message": str(error)}]
        raise Problem(422, "bad_network", ko, str(error), fields=fields) from None
    async with services.db.begin() as unit:
        return await addresses.replace(unit, services, viewer, target, networks, confirm=body.confirm)
