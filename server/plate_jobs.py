"""An agency hears of hits on its wanted vehicles: nothing before its request is accepted, and by its agreement.

A durable job for each hit, and one when the request is accepted. The message's id is the hit's at every try.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from procrastinate import JobContext

from location_router.runtime.db import Unit
from location_router.runtime.jobs import Again, Backoff
from server import plate_hits
from server.agencies.model import Agreement, agreement_from_row
from server.dispatch.gateway import Unreachable, WebhookGateway
from server.dispatch.jobs import gateway_of
from server.dispatch.lines import Line, line_of
from server.incidents.cards import iso
from server.jobs import jobs, services_of
from server.plates.service import TRIGGER
from server.plates.store import plate_hit
from server.releases import NewRelease, grant
from server.requests.jobs import JSON, MATTERS_FOR

if TYPE_CHECKING:
    from server.services import Services

_UNTOLD = """
SELECT h.*, k.name AS camera_name, ST_Y(k.place::geometry) AS lat, ST_X(k.place::geometry) AS lon, k.heading_deg
FROM plate_hit h LEFT JOIN camera k USING (camera_id)
WHERE h.request_id = :request AND h.center_id = :center AND h.told_at IS NULL ORDER BY h.read_at
"""


@jobs.task(name="tell_plate_hits", retry=Backoff(limit_s=30.0), pass_context=True)
async def tell_plate_hits(context: JobContext, request_id: str, center_id: str) -> None:
    """For as long as a day."""
    await tell(services_of(context), UUID(request_id), center_id)


async def tell(services: Services, request_id: UUID, center_id: str) -> None:
    """One try; raises Again when there should be another."""
    async with services.db.begin() as unit:
        hits = await unit.all(_UNTOLD, {"request": request_id, "center": center_id})
    for hit in hits:
        row = await plate_hits.finish(services, hit["hit_id"])
        if row is not None and row["state"] == "accepted":
            await _tell_one(services, hit, row)


async def _tell_one(services: Services, hit: dict[str, Any], row: dict[str, Any]) -> None:
    async with services.db.begin() as unit:
        line = await line_of(unit, services, agency_id=row["agency_id"], center_id=hit["center_id"])
        terms = await unit.one("SELECT * FROM agreement WHERE agreement_id = :id", {"id": row["agreement_id"]})
        if line is None or line.kind != "webhook" or terms is None:
            return  # it reads at its desk
        agreement, now = agreement_from_row(terms), services.clock()
        if not agreement.in_force(now):
            return
        knows = agreement.allows("position", TRIGGER, row["legal_basis"], now) is None
        if knows:
            await _disclose(unit, services, line, row, agreement)
    message_id = str(hit["hit_id"])
    gateway = gateway_of(services, "webhook")
    assert isinstance(gateway, WebhookGateway)
    try:
        await gateway.post(line, message_id, orjson.dumps(message(hit, row, knows=knows)), JSON)
    except Unreachable as trouble:
        if not trouble.is_final and services.clock() - hit["found_at"] < MATTERS_FOR:
            raise Again(str(trouble)) from trouble
        return
    async with services.db.begin() as unit:
        told = plate_hit.update().where(plate_hit.c.hit_id == hit["hit_id"])
        await unit.execute(told.values(told_at=services.clock()))


async def _disclose(unit: Unit, services: Services, line: Line, row: dict[str, Any], agreement: Agreement) -> None:
    """Where the vehicle is leaves with a release row, once while one is open; it ends with the request."""
    new = NewRelease(
        center_id=row["center_id"],
        incident_id=row["incident_id"],
        kind="position",
        viewer_kind="agent",
        viewer_id=line.line_id,
        viewer_name=row["agency_id"],
        address=line.host,
        legal_basis=row["legal_basis"],
        agreement_id=agreement.agreement_id,
        at=services.clock(),
        detail={"request_id": str(row["request_id"])},
    )
    await grant(unit, new)


def message(hit: dict[str, Any], row: dict[str, Any], *, knows: bool) -> dict[str, Any]:
    """`plate_hit` of docs/agencies.md: which entry, when, how sure; where only by the agreement. Never the plate: the
    agency knows it by its entry."""
    camera = {name: hit[name] for name in ("camera_id", "lat", "lon", "heading_deg")} | {"name": hit["camera_name"]}
    return {
        "schema": "ansim-plate/1",
        "kind": "plate_hit",
        "message_id": str(hit["hit_id"]),
        "hit_id": str(hit["hit_id"]),
        "entry_id": str(hit["entry_id"]),
        "request_id": str(row["request_id"]),
        "agency_id": row["agency_id"],
        "center": {"code": hit["center_id"], "name_ko": row["center_ko"], "name_en": row["center_en"]},
        "read_at": iso(hit["read_at"]),
        "confidence": hit["confidence"],
        "probability": round(hit["probability"], 3),
        "is_confirmed_by_person": hit["decided_by"] is not None,
        "camera": camera if knows else None,
    }
