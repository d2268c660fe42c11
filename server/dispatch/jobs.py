"""Durable jobs of a dispatch: hand it over, and say loudly when nobody takes it."""

from __future__ import annotations

from uuid import UUID

from procrastinate import JobContext

from location_router.runtime.jobs import Again, Backoff
from server.dispatch import service
from server.dispatch.gateway import DeskGateway, DispatchGateway, Outgoing, Unreachable
from server.events import record
from server.jobs import jobs, services_of


@jobs.task(name="deliver_dispatch", retry=Backoff(limit_s=5.0), pass_context=True)
async def deliver_dispatch(context: JobContext, dispatch_id: str) -> None:
    """Give it to the agency's gateway until it takes it. The first failure is a line that the operator sees."""
    services = services_of(context)
    gateway: DispatchGateway = services.shared.setdefault("dispatch_gateway", DeskGateway())
    async with services.db.begin() as unit:
        row = await service.find(unit, UUID(dispatch_id))
    if row is None or row["state"] != "requested":
        return
    try:
        receipt_no = await gateway.deliver(
            Outgoing(dispatch_id, row["agency_id"], row["case_no"], row["center_id"], row["legal_basis"])
        )
    except Unreachable as error:
        if context.job is not None and context.job.attempts == 0:
            async with services.db.begin() as unit:
                record(
                    unit,
                    center_id=row["center_id"],
                    incident_id=row["incident_id"],
                    tag="dispatch:failed",
                    payload={"dispatch_id": dispatch_id, "case_no": row["case_no"], "reason": str(error)[:200]},
                )
        raise Again(str(error)) from error
    if receipt_no is not None:
        async with services.db.begin() as unit:
            await service.mark_delivered(unit, services, UUID(dispatch_id), receipt_no=receipt_no)


@jobs.task(name="dispatch_overdue", retry=Backoff(), pass_context=True)
async def dispatch_overdue(context: JobContext, dispatch_id: str) -> None:
    services = services_of(context)
    async with services.db.begin() as unit:
        await service.mark_overdue(unit, services, UUID(dispatch_id))
