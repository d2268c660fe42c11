"""Durable jobs of a dispatch: hand it over, say where she is now, say that it is over, and say loudly when nobody
takes it. Each is idempotent by the message's id, which is the same at every try: a worker that was killed between
sending and writing down sends it again, and the agency sees one case.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from procrastinate import JobContext

from location_router.runtime.jobs import Again, Backoff
from server.dispatch import model, reading, service
from server.dispatch.composing import compose
from server.dispatch.gateway import (
    ConsoleDispatchGateway,
    DeskGateway,
    DispatchGateway,
    Taken,
    Unreachable,
    WebhookGateway,
)
from server.dispatch.lines import Line, line_of
from server.dispatch.message import DispatchMessage
from server.dispatch.updating import note_told, plan_update
from server.events import Actor, record
from server.incidents.model import OPEN
from server.jobs import jobs, services_of

if TYPE_CHECKING:
    from server.services import Services

CLOSED_MATTERS_FOR = timedelta(hours=24)
log = structlog.get_logger("dispatch.jobs")


def gateway_of(services: Services, kind: str) -> DispatchGateway:
    """This process's gateway of a kind; an unknown kind is the desk, where somebody looks."""
    gateways: dict[str, DispatchGateway] | None = services.shared.get("dispatch_gateways")
    if gateways is None:
        gateways = services.shared["dispatch_gateways"] = {
            "desk": DeskGateway(),
            "console": ConsoleDispatchGateway(),
            "webhook": WebhookGateway(services.settings.line_networks, services.settings.line_ca_file),
        }
    return gateways.get(kind, gateways["desk"])


@jobs.task(name="deliver_dispatch", retry=Backoff(limit_s=5.0), pass_context=True)
async def deliver_dispatch(context: JobContext, dispatch_id: str, request_no: int = 1) -> None:
    """Give it to the agency's gateway until it takes it, refuses it, or ten minutes have passed. The first failure is
    a line that the operator sees; one that lasts calls the shift leader."""
    await deliver(services_of(context), UUID(dispatch_id), request_no)


async def deliver(services: Services, dispatch_id: UUID, request_no: int) -> None:
    """One try; raises Again when there should be another."""
    async with services.db.begin() as unit:
        row = await reading.find(unit, dispatch_id)
        if row is None or row["state"] != "requested" or row["request_no"] != request_no:
            return
        line = await line_of(unit, services, agency_id=row["agency_id"], center_id=row["center_id"])
        told = line if row["gateway"] == "webhook" else None
        message = await compose(unit, services, row, "request", line=told)
    # What the message discloses is on disk: now it may leave.
    try:
        taken = await _send(services, row["gateway"], line, message)
    except Unreachable as error:
        failed = model.FailTry(str(error)[:200], error.is_final)
        async with services.db.begin() as unit:
            state = await service.apply(unit, services, dispatch_id, failed, request_no=request_no)
        if state is model.DispatchState.REQUESTED:
            raise Again(str(error)) from error
        return
    if taken is not None:
        await _note_delivery(services, row, message, taken)


async def _send(services: Services, kind: str, line: Line | None, message: DispatchMessage | None) -> Taken | None:
    if message is None:
        raise Unreachable("no_agreement", is_final=True)
    return await gateway_of(services, kind).send(line, message)


async def _note_delivery(
    services: Services, row: dict[str, Any], message: DispatchMessage | None, taken: Taken
) -> None:
    dispatch_id, request_no = row["dispatch_id"], row["request_no"]
    async with services.db.begin() as unit:
        if message is not None and message.place is not None and row["gateway"] == "webhook":
            await note_told(unit, row, message.place.fixed_at)
        done = model.Deliver(taken.receipt_no)
        state = await service.apply(unit, services, dispatch_id, done, request_no=request_no)
        if taken.state in model.REPORTABLE and taken.state != "delivered" and state in model.OPEN_STATES:
            said = model.Report(model.DispatchState(taken.state), receipt_no=taken.receipt_no)
            await service.report(
                unit, services, dispatch_id=dispatch_id, agency_id=row["agency_id"], said=said, actor=system_of(row)
            )


def system_of(row: dict[str, Any]) -> Actor:
    """The agency's own system, as the timeline names it."""
    return Actor("agent", row["agency_id"], row["name_ko"])


@jobs.task(name="update_dispatch", retry=Backoff(limit_s=5.0), pass_context=True)
async def update_dispatch(context: JobContext, dispatch_id: str, request_no: int, number: int) -> None:
    """Every five seconds while the case is open: where she is now, when that is somewhere else."""
    await update(services_of(context), UUID(dispatch_id), request_no, number)


async def update(services: Services, dispatch_id: UUID, request_no: int, number: int) -> None:
    async with services.db.begin() as unit:
        row = await _open_webhook(unit, dispatch_id, request_no)
        if row is None or row["update_no"] != number:
            return
        newest = await unit.scalar(
            "SELECT max(fixed_at) FROM position WHERE incident_id = :id", {"id": row["incident_id"]}
        )
        is_news = newest is not None and (row["update_fixed_at"] is None or newest > row["update_fixed_at"])
        line = await line_of(unit, services, agency_id=row["agency_id"], center_id=row["center_id"])
        message = await compose(unit, services, row, "update", line=line, number=number) if is_news else None
        if message is not None and message.place is None:
            message = None  # the agreement does not open her place
    trouble, told = "", None
    if message is not None:
        try:
            await _send(services, "webhook", line, message)
            told = newest
        except Unreachable as error:
            trouble = str(error)[:200]
    async with services.db.begin() as unit:
        await plan_update(unit, services, row, number=number + 1)
        if told is not None:
            await note_told(unit, row, told)
        if message is not None:
            await _note_trouble(unit, row, trouble)


async def _open_webhook(unit: Any, dispatch_id: UUID, request_no: int) -> dict[str, Any] | None:
    """The row while there is somebody to tell: the request is the newest, it is open, and so is the incident."""
    row = await reading.find(unit, dispatch_id)
    if row is None or row["request_no"] != request_no or row["gateway"] != "webhook":
        return None
    state = await unit.scalar("SELECT state FROM incident WHERE incident_id = :id", {"id": row["incident_id"]})
    is_open = row["state"] in model.OPEN_STATES and state in OPEN
    return row if is_open else None


async def _note_trouble(unit: Any, row: dict[str, Any], trouble: str) -> None:
    """Updates that do not arrive are a flag of the card and, the first time, a line; one that does takes it off."""
    if trouble == row["failed_reason"]:
        return
    await unit.execute(
        "UPDATE dispatch SET failed_reason = :reason WHERE dispatch_id = :id",
        {"reason": trouble, "id": row["dispatch_id"]},
    )
    if trouble and row["failed_reason"]:
        return
    record(
        unit,
        center_id=row["center_id"],
        incident_id=row["incident_id"],
        tag="dispatch:failed" if trouble else "dispatch:updated",
        payload={
            "dispatch_id": str(row["dispatch_id"]),
            "agency_id": row["agency_id"],
            "case_no": row["case_no"],
            "what": "update",
            **({"reason": trouble} if trouble else {}),
        },
    )


@jobs.task(name="close_dispatch", retry=Backoff(limit_s=30.0), pass_context=True)
async def close_dispatch(context: JobContext, dispatch_id: str, request_no: int) -> None:
    """The agency's system hears that it was called off or is over, for as long as a day."""
    await tell_closed(services_of(context), UUID(dispatch_id), request_no)


async def tell_closed(services: Services, dispatch_id: UUID, request_no: int) -> None:
    async with services.db.begin() as unit:
        row = await reading.find(unit, dispatch_id)
        if row is None or row["request_no"] != request_no or row["gateway"] != "webhook":
            return
        if services.clock() - await _over_since(unit, row) > CLOSED_MATTERS_FOR:
            log.error("closed_never_heard", dispatch_id=str(dispatch_id))
            return
        line = await line_of(unit, services, agency_id=row["agency_id"], center_id=row["center_id"])
        reason = "cancelled" if row["state"] == "cancelled" else "incident_closed"
        message = await compose(unit, services, row, "closed", line=None, reason=reason)
    try:
        await _send(services, "webhook", line, message)
    except Unreachable as error:
        if error.is_final:
            async with services.db.begin() as unit:
                await _note_trouble(unit, row, f"closed: {error}"[:200])
            return
        raise Again(str(error)) from error


async def _over_since(unit: Any, row: dict[str, Any]) -> datetime:
    closed_at: datetime | None = await unit.scalar(
        "SELECT closed_at FROM incident WHERE incident_id = :id", {"id": row["incident_id"]}
    )
    called_off = row["times"].get("cancelled")
    return closed_at or (datetime.fromisoformat(called_off) if called_off else row["requested_at"])


@jobs.task(name="dispatch_overdue", retry=Backoff(), pass_context=True)
async def dispatch_overdue(context: JobContext, dispatch_id: str, request_no: int = 0) -> None:
    services = services_of(context)
    async with services.db.begin() as unit:
        await service.apply(unit, services, UUID(dispatch_id), model.Late(), request_no=request_no)
