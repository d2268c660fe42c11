"""Checkpoints, looked at each minute by `ansim worker`: every hour, and after a thousand lines."""

from __future__ import annotations

import structlog
from procrastinate import JobContext

from server.jobs import jobs, services_of
from server.log.checkpoints import take, write_out

log = structlog.get_logger("checkpoints")


@jobs.periodic(cron="* * * * *", periodic_id="checkpoint")
@jobs.task(name="checkpoint", queueing_lock="checkpoint", pass_context=True)
async def checkpoint(context: JobContext, timestamp: int) -> None:
    """Idempotent: a chain that has not grown gets none. What can't be written to CHECKPOINT_DIR comes next time."""
    services = services_of(context)
    made = await take(services, only_due=True)
    try:
        await write_out(services)
    except OSError as error:
        log.error("checkpoints_not_written", error=str(error)[:200], folder=str(services.settings.checkpoint_dir))
    if made:
        log.info("checkpoints_made", count=len(made))
