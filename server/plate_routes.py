"""Wanted vehicles over HTTP: an agency's list and what readers read, both signed; near misses, for people."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from location_router.runtime.problems import Problem
from server import plate_hits, plate_line
from server.connection import address_of, services_of
from server.dispatch import reports
from server.line_calls import hold_back
from server.line_letters import letter_of
from server.line_turns import turns_of
from server.plates import candidates, clocks, onvif, readers
from server.plates.readers import Reader
from server.plates.reads import BadBatch, Batch
from server.plates.rows import decode_any
from server.staff.model import Viewer
from server.staff.routes import permitted

router = APIRouter()
Worker = Annotated[Viewer, Depends(permitted("incidents.work"))]
PATH = "/api/lines/{agency_id}/plates"
READS = "/api/readers/*/reads"
"""Where a body may be longer than others (`BodyLimit`): 10,000 reads, or some with their pictures."""
MOST_BYTES = 5 * 1024 * 1024

MOST_TOLD = 100
"""Refused reads that an answer names; `reads` counts those that were compared."""
READ_HERE_BYTES = 64 * 1024
"""A longer body is read beside the event loop."""
MOST_PER_MINUTE = 600
"""Batches of one reader from one address; who sends faster waits, in each process."""


class Dismissal(BaseModel):
    reason: Literal["other_plate", "elsewhere", "cannot_tell"]


@router.put(PATH + "/{entry_id}")
async def push(request: Request, agency_id: str, entry_id: UUID) -> dict[str, Any]:
    """`{"plate", "crime", "legal_basis", "expires_at", "reason"?, "case_no"?}`: wanted from now on."""
    return await plate_line.push(services_of(request), await letter_of(request, agency_id), entry_id)


@router.delete(PATH + "/{entry_id}")
async def remove(request: Request, agency_id: str, entry_id: UUID) -> dict[str, Any]:
    """`{"reason"}`: wanted no more."""
    return await plate_line.remove(services_of(request), await letter_of(request, agency_id), entry_id)


@router.get(PATH)
async def listed(request: Request, agency_id: str) -> dict[str, Any]:
    """The agency's own entries that stand."""
    return await plate_line.listed(services_of(request), await letter_of(request, agency_id))


@router.post("/api/readers/{reader_id}/reads")
async def take_reads(request: Request, response: Response, reader_id: str) -> dict[str, Any]:
    """Reads in columns, as an array or as JSON lines; or ONVIF's XML, of a reader with one camera. 200: compared, but
    for those `refused` (`line` from 0, `code` `clock`: a day old); the same batch again does nothing new. Nothing is
    said of which ones are wanted."""
    services = services_of(request)
    who = f"reader {reader_id[:80]}/{address_of(request)}"
    if wait_s := await hold_back(services, who, per_minute=MOST_PER_MINUTE):
        response.headers["X-Ansim-Delayed"] = f"{wait_s:.1f}"
    async with turns_of(services).unsigned(address_of(request)), services.db.begin() as unit:
        reader = await readers.find(unit, services, reader_id[:80])
    if reader is None:
        raise Problem(401, "unknown_reader", "등록되지 않은 판독기입니다.", "No such reader: register it first.")
    body, call = await request.body(), (request.method, request.url.path)
    reports.verify([reader.key], request.headers, body, now=services.clock(), call=call)
    turns_of(services).signed_from(address_of(request))
    try:
        form = request.headers.get("Content-Type", "")
        is_short = len(body) <= READ_HERE_BYTES
        batch = _batch(form, body, reader) if is_short else await asyncio.to_thread(_batch, form, body, reader)
        taken = await plate_hits.take(services, reader, batch)
    except BadBatch as bad:
        raise Problem(422, "invalid", bad.ko, bad.en, field=bad.field) from None
    return {"reads": taken.reads} | ({"refused": _too_old(taken.too_old)} if taken.too_old else {})


def _too_old(places: list[int]) -> list[dict[str, Any]]:
    """Of what was not compared, whatever it read: an hour that can't be."""
    ko, en = "읽은 시각이 하루 넘게 지났습니다. 판독기의 시계를 맞춰 주세요.", "Read a day ago: set the reader's clock."
    return [{"line": place, "code": "clock", "message_ko": ko, "message_en": en} for place in places[:MOST_TOLD]]


def _batch(content_type: str, body: bytes, reader: Reader) -> Batch:
    if content_type.partition(";")[0].strip().lower() not in onvif.FORMS:
        return decode_any(body)
    if len(reader.cameras) != 1:
        ko, en = (
            "ONVIF 판독기는 카메라마다 하나씩 등록해 주세요.",
            "Register one reader for each camera that speaks ONVIF.",
        )
        raise BadBatch("camera", ko, en, len(reader.cameras))
    return onvif.read_xml(body, reader.cameras[0])


@router.get("/api/plate-candidates")
async def candidates_listed(request: Request, response: Response, viewer: Worker) -> dict[str, Any]:
    """`{"candidates": [{candidate_id, wanted, read, because, camera, read_at, probability, expires_at …}], "wanted",
    "reasons", "clocks"}`: near misses that wait for a person, how many plates are looked for, why one may be dismissed,
    and readers whose clock is wrong. Nothing of them has left the center."""
    response.headers["Cache-Control"] = "no-store"
    services = services_of(request)
    async with services.db.begin(center=viewer.scope) as unit:
        found = await candidates.listed(unit, services)
        wanted = await candidates.count_wanted(unit, services.clock())
        off = await clocks.wrong(unit, services.clock())
    return {"candidates": found, "wanted": wanted, "reasons": candidates.DISMISSALS, "clocks": off}


@router.post("/api/plate-candidates/{candidate_id}/accept")
async def accept(request: Request, viewer: Worker, candidate_id: UUID) -> dict[str, Any]:
    """It is the wanted vehicle: from now on like any hit. 404 `no_candidate`, 409 `no_camera`."""
    hit_id = await plate_hits.confirm(services_of(request), viewer, candidate_id)
    return {"hit_id": str(hit_id) if hit_id else None}


@router.post("/api/plate-candidates/{candidate_id}/dismiss")
async def dismiss(request: Request, viewer: Worker, candidate_id: UUID, body: Dismissal) -> dict[str, Any]:
    """Not the wanted vehicle: what was read of it is deleted, the reason stands in the log."""
    told = await candidates.dismiss(services_of(request), viewer, candidate_id, body.reason)
    return {"candidate_id": told["candidate_id"]}
