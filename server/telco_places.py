"""Where a telco sees the phone of somebody who has raised an SOS: a second source beside her own place.

Matched by the number that her checked credential names, among the open incidents of the centers that have an
agreement with this telco. Whether there is such an incident, the telco does not hear: the answer is always the same and
comes before anybody has looked, and a place that belongs to none is kept nowhere. The look is a durable job, one at a
time, so that many of them hold up nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID, uuid5

import structlog
from procrastinate import JobContext
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from location_router.request_content.plain import USUAL_RADIUS_M
from location_router.request_content.problems import refused_by
from location_router.request_content.subjects import Place, Text80
from location_router.request_content.values import Refused
from location_router.runtime.db import Unit
from location_router.runtime.jobs import Backoff, defer_in
from location_router.runtime.problems import Problem
from location_router.runtime.seal import SealError
from server.actor import Actor
from server.agencies.model import agreement_from_row
from server.incidents.history import number_digest
from server.jobs import jobs, services_of
from server.line_calls import Letter, NotTaken, on_line
from server.people.model import BadPhone, normalise_phone
from server.second_sources import model, service

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("telco_places")
_CONTEXT = "telco_place"
BASIS = "lia-29"
"""위치정보법 제29조: a place given for an emergency rescue; the agreement has to name it."""
_OPEN = """
FROM alert a JOIN incident i USING (incident_id)
WHERE i.state IN ('received', 'acknowledged', 'dispatched', 'on_scene') AND i.role = 'owner' AND NOT i.is_drill
  AND i.origin <> 'agency' AND i.phase <> 'pre' AND i.center_id = ANY(:centers) AND a.caller_digest IS NOT NULL
  AND a.superseded_at IS NULL
"""
_CALLERS = f"SELECT DISTINCT i.incident_id {_OPEN} AND a.number_digest = :number"
_UNREAD = f"SELECT a.alert_id, a.caller_sealed {_OPEN} AND a.number_digest IS NULL"


class Seen(BaseModel):
    """`entry_id` is made by the telco: the same one twice is one place. `source_id` continues a track. `radius_m`
    holds 95 %; without it, what the method usually has."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    entry_id: UUID
    source_id: UUID | None = None
    phone: Text80 = Field(min_length=9)
    lat: float
    lon: float
    method: Literal["cell", "wifi", "gps"]
    radius_m: float | None = Field(default=None, ge=model.LEAST_RADIUS_M, le=model.MOST_RADIUS_M, allow_inf_nan=False)
    fixed_at: AwareDatetime
    reference: Text80 = ""


async def take(services: Services, letter: Letter) -> dict[str, Any]:
    """`{"entry_id"}`, found or not. Problems 403 `no_agreement`, 422 with the field; each with its row."""
    async with on_line(services, letter) as call:
        try:
            seen, number = _read(services, letter)
        except Refused as wrong:
            raise NotTaken(wrong) from None
        _, agreed = await _agreed(call.unit, letter.agency_id, services)
        centers = [center for center in agreed if call.is_for(center)]
        if not centers:
            raise NotTaken("no_agreement")
        place = seen.model_copy(update={"phone": number, "fixed_at": min(seen.fixed_at, services.clock())})
        sealed = services.sealer.seal(place.model_dump(mode="json"), context=_CONTEXT).hex()
        said: dict[str, Any] = {"agency_id": letter.agency_id, "sealed": sealed, "centers": centers}
        await defer_in(call.unit, "keep_telco_place", lock="telco_places", **said)
    return {"entry_id": str(seen.entry_id)}


@jobs.task(name="keep_telco_place", retry=Backoff(limit_s=30.0), pass_context=True)
async def keep_telco_place(context: JobContext, agency_id: str, sealed: str, centers: list[str] | None = None) -> None:
    await keep(services_of(context), agency_id, sealed, centers)


async def keep(services: Services, agency_id: str, sealed: str, centers: list[str] | None = None) -> None:
    """The place beside each open SOS of this number at these centers (None, a job of before: all); nothing where there
    is none, or no agreement any more."""
    seen = Seen.model_validate(services.sealer.open(bytes.fromhex(sealed), context=_CONTEXT))
    async with services.db.begin() as unit:
        name, agreed = await _agreed(unit, agency_id, services)
        heard_at = [center for center in agreed if centers is None or center in centers]
        found = await _callers(unit, services, seen.phone, heard_at) if heard_at else []
    said = model.Said(
        "telco", seen.lat, seen.lon, seen.radius_m or USUAL_RADIUS_M[seen.method],
        seen.fixed_at, f"{name} {seen.method}", seen.reference,
    )  # fmt: skip
    for incident_id in found:
        source_id = uuid5(seen.source_id, str(incident_id)) if seen.source_id else None
        entry = service.Entry(uuid5(seen.entry_id, str(incident_id)), said, source_id)
        try:
            await service.tell_by_line(services, incident_id, entry, Actor("agent", agency_id, name))
        except Problem as problem:  # closed meanwhile, or has enough of them; to answer so would tell who calls
            log.warning("telco_place_not_kept", code=problem.code, incident_id=str(incident_id))


def _read(services: Services, letter: Letter) -> tuple[Seen, str]:
    """Raises Refused."""
    try:
        seen = Seen.model_validate_json(letter.body)
    except ValidationError as error:
        raise refused_by(error, {}) from None
    try:
        Place(lat=seen.lat, lon=seen.lon)
    except ValidationError:
        wrong = Refused("invalid", "lat", f"{seen.lat},{seen.lon}", "우리나라의 위치가 아닙니다. 위도가 먼저입니다.",
                        "No place in the country: latitude 33-39, longitude 124-132.")  # fmt: skip
        raise wrong from None
    try:
        number = normalise_phone(seen.phone)
    except BadPhone:
        wrong = Refused("invalid", "phone", "", "휴대전화 번호가 아닙니다(010으로 시작하는 11자리).",
                        "This is no Korean mobile number (010 and eight digits).")  # fmt: skip
        raise wrong from None
    if model.believable_time(seen.fixed_at, services.clock()) is None:
        wrong = Refused("bad_time", "fixed_at", seen.fixed_at.isoformat(), "24시간이 지나지 않은 시각이어야 합니다.",
                        "fixed_at lies within the last 24 hours.")  # fmt: skip
        raise wrong
    return seen, number


async def _agreed(unit: Unit, agency_id: str, services: Services) -> tuple[str, list[str]]:
    """The agency's name, and the centers whose agreement with it, a telco, lets it say where somebody is."""
    rows = await unit.all(
        "SELECT g.*, a.name_ko FROM agreement g JOIN agency a USING (agency_id)"
        " WHERE agency_id = :agency AND a.kind = 'telco'",
        {"agency": agency_id},
    )
    agreements = [agreement_from_row(row) for row in rows]
    now = services.clock()
    centers = {one.center_id for one in agreements if one.in_force(now) and BASIS in one.legal_bases}
    return (rows[0]["name_ko"] if rows else ""), sorted(centers)


async def _callers(unit: Unit, services: Services, number: str, centers: list[str]) -> list[UUID]:
    """The open incidents whose caller has this number, by her checked credential."""
    for row in await unit.all(_UNREAD, {"centers": centers}):  # of before an upgrade: read once, and kept as a digest
        try:
            caller = services.sealer.open(row["caller_sealed"], context=f"alert.caller:{row['alert_id']}") or {}
        except SealError:  # one that can't be read hides no other
            continue
        known = {"id": row["alert_id"], "number": number_digest(services.sealer, str(caller.get("phone", "")))}
        await unit.execute("UPDATE alert SET number_digest = :number WHERE alert_id = :id", known)
    wanted = number_digest(services.sealer, number)
    rows = await unit.all(_CALLERS, {"centers": centers, "number": wanted})
    return [row["incident_id"] for row in rows]
