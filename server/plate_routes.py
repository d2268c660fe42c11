"""Wanted vehicles over HTTP: the list on an agency's line, and what readers read. Both signed, no session."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request

from location_router.runtime.problems import Problem
from server import plate_hits, plate_line
from server.connection import address_of, services_of
from server.dispatch import reports
from server.dispatch.reports import LONGEST_BODY
from server.plates import readers
from server.plates.reads import BadBatch
from server.plates.rows import decode_any
from server.request_line import Letter

router = APIRouter()
PATH = "/api/lines/{agency_id}/plates"


@router.put(PATH + "/{entry_id}")
async def push(request: Request, agency_id: str, entry_id: UUID) -> dict[str, Any]:
    """`{"plate", "crime", "legal_basis", "expires_at", "reason"?, "case_no"?}`: wanted from now on."""
    return await plate_line.push(services_of(request), await _letter(request, agency_id), entry_id)


@router.delete(PATH + "/{entry_id}")
async def remove(request: Request, agency_id: str, entry_id: UUID) -> dict[str, Any]:
    """`{"reason"}`: wanted no more."""
    return await plate_line.remove(services_of(request), await _letter(request, agency_id), entry_id)


@router.get(PATH)
async def listed(request: Request, agency_id: str) -> dict[str, Any]:
    """The agency's own entries that stand."""
    return await plate_line.listed(services_of(request), await _letter(request, agency_id))


@router.post("/api/readers/{reader_id}/reads")
async def take_reads(request: Request, reader_id: str) -> dict[str, Any]:
    """Reads in columns, as an array or as JSON lines. 200: every one was compared; the same batch again does nothing
    new. Nothing is said of which ones are wanted."""
    services, body = services_of(request), await request.body()
    async with services.db.begin() as unit:
        reader = await readers.find(unit, services, reader_id[:80])
    if reader is None:
        raise Problem(401, "unknown_reader", "등록되지 않은 판독기입니다.", "No such reader: register it first.")
    reports.verify([reader.key], request.headers, body, now=services.clock())
    try:
        batch = decode_any(body)
        count = await plate_hits.take(services, reader, batch)
    except BadBatch as bad:
        raise Problem(422, "invalid", bad.ko, bad.en, field=bad.field) from None
    return {"reads": count}


async def _letter(request: Request, agency_id: str) -> Letter:
    body = await request.body()
    if len(body) > LONGEST_BODY:
        raise Problem(413, "too_long", "본문이 너무 깁니다(64 KB까지).", "The body is longer than 64 KB.")
    return Letter(agency_id[:80], request.headers, address_of(request), body)
