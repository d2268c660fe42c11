"""The agency's own system hears how its request stands: a durable job for each state, in the transaction that made it.

The message's id is the same at every try, so a worker that was killed between sending and writing down says it again.
An agency without a webhook reads it at its desk; who asks at the router hears it there, too.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
import structlog
from procrastinate import JobContext

from location_router.runtime.jobs import Again, Backoff
from server.dispatch.gateway import Unreachable, WebhookGateway
from server.dispatch.jobs import gateway_of
from server.dispatch.lines import Line, line_of
from server.events import NO_INCIDENT, record
from server.jobs import jobs, services_of
from server.requests import service
from server.requests.store import change

if TYPE_CHECKING:
    from server.services import Services

MATTERS_FOR = timedelta(hours=24)
JSON = "application/json"
log = structlog.get_logger("requests.jobs")


@jobs.task(name="tell_request_state", retry=Backoff(limit_s=30.0), pass_context=True)
async def tell_request_state(context: JobContext, request_id: str, center_id: str, seq: int) -> None:
    """For as long as a day; a refusal for good is a line and a flag that the operator sees."""
    await tell(services_of(context), UUID(request_id), center_id, seq)


async def tell(services: Services, request_id: UUID, center_id: str, seq: int) -> None:
    """One try; raises Again when there should be another."""
    async with services.db.begin() as unit:
        row = await service.find(unit, request_id, center_id=center_id)
        told = next((one for one in row["history"] if one["seq"] == seq), None) if row else None
        if row is None or told is None:
            return
        line = await line_of(unit, services, agency_id=row["agency_id"], center_id=center_id)
        state = row["incident_state"]
    if line is None or line.kind != "webhook":
        return
    trouble = await _post(services, line, row, told, state)
    age = services.clock() - datetime.fromisoformat(told["at"])  # of this word: a request may last longer than a day
    if trouble is not None and not trouble.is_final and age < MATTERS_FOR:
        await _note(services, row, str(trouble), is_final=False)
        raise Again(str(trouble)) from trouble
    await _note(services, row, str(trouble or ""), is_final=trouble is not None)


async def _post(
    services: Services, line: Line, row: dict[str, Any], told: dict[str, Any], state: str | None
) -> Unreachable | None:
    message_id = f"{row['request_id']}.{row['center_id']}.{told['seq']}"
    gateway = gateway_of(services, "webhook")
    assert isinstance(gateway, WebhookGateway)
    try:
        await gateway.post(line, message_id, orjson.dumps(message(row, told, message_id, state)), JSON)
    except Unreachable as error:
        return error
    return None


def message(row: dict[str, Any], told: dict[str, Any], message_id: str, state: str | None) -> dict[str, Any]:
    """`request_state` of docs/agencies.md section 4: nothing about a person, nothing of who decided."""
    return {
        "schema": "ansim-request/1",
        "kind": "request_state",
        "message_id": message_id,
        "request_id": str(row["request_id"]),
        "agency_id": row["agency_id"],
        "center": service.center_of(row),
        "trigger": row["trigger"],
        "is_drill": row["is_drill"],
        "incident": state,
        **told,
    }


async def _note(services: Services, row: dict[str, Any], trouble: str, *, is_final: bool) -> None:
    """A flag on the request while the line does not take it, gone with the next that it takes; a line when it is given
    up."""
    if trouble == row["trouble"] and not is_final:
        return
    async with services.db.begin() as unit:
        if trouble != row["trouble"]:
            await change(unit, row, {"trouble": trouble[:200]})
        if not is_final:
            return
        log.error("request_state_unheard", request_id=str(row["request_id"]), reason=trouble[:200])
        record(
            unit,
            center_id=row["center_id"],
            incident_id=row["incident_id"] or NO_INCIDENT,
            tag="request:unheard",
            payload={
                "request_id": str(row["request_id"]),
                "agency_id": row["agency_id"],
                "trigger": row["trigger"],
                "reason": trouble[:200],
            },
        )
