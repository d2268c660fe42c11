"""A center's process that dies where it is told: alert → incident → acknowledged → dispatch, then kill -9 at an await.

    python -m tests.soak.center_child       # one order a line on standard input, one answer a line

Every suspended await of the life counts twice: `2k` is the moment when it has just begun to wait (what it asked for is
on its way), `2k + 1` when the answer is there and nothing has been done with it. `die_at` names one of them, -1 none;
with `die_in` from the beginning of that stage (how many come before it depends on how busy the machine is). An order
with `ahead_s` is one look at the deadlines of walks instead, one with `reads` a reader's batch. Each order is a forked
process of its own, so the imports are paid once and SIGKILL is the real one.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import types
from collections.abc import Coroutine, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from procrastinate import PsycopgConnector
from procrastinate.periodic import PeriodicRegistry

from location_router.bus import PgBus
from location_router.runtime.db import conninfo
from location_router.runtime.jobs import rescue
from location_router.runtime.problems import Problem
from server import plate_hits
from server.console import commands
from server.intake import receive_body
from server.jobs import load_tasks
from server.plates.live import lists_of
from server.plates.readers import Reader
from server.plates.rows import decode_any
from server.services import Services, make_services
from server.settings import Settings
from server.staff.model import Viewer
from server.walks.due import advance_walks

SETTLE_S = 10.0


@dataclass
class Points:
    """Counts the awaits of the life that is on, and ends the process at the one that was named."""

    die_at: int
    report: int
    """File descriptor that hears where it happened."""
    die_in: str = ""
    seen: int = 0
    stage: str = ""
    stages: dict[str, int] = field(default_factory=dict)

    def passed(self) -> None:
        if not self.stage:
            return
        here = self.stages.get(self.stage, 0) if self.die_in else self.seen
        if here == self.die_at and self.die_in in ("", self.stage):
            os.write(self.report, json.dumps({"died_in": self.stage, "points": self.seen}).encode())
            os.kill(os.getpid(), signal.SIGKILL)
        self.seen += 1
        self.stages[self.stage] = self.stages.get(self.stage, 0) + 1

    def factory(self, loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> asyncio.Task[Any]:
        async def counted() -> Any:
            return await self._steps(coro)

        return asyncio.Task(counted(), loop=loop, **options)

    @types.coroutine
    def _steps(self, coro: Coroutine[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """`await coro`, looking on at each of its suspensions."""
        value, error = None, None
        while True:
            try:
                waits_for = coro.throw(error) if error is not None else coro.send(value)
            except StopIteration as done:
                return done.value
            self.passed()
            value, error = None, None
            try:
                value = yield waits_for
            except BaseException as thrown:
                error = thrown
            self.passed()


def _services(order: dict[str, Any]) -> Services:
    return make_services(Settings(**order["settings"]), bus=PgBus(order["bus_url"]))


def _viewer(order: dict[str, Any]) -> Viewer:
    return Viewer(
        UUID(order["operator"]), "operator", "operator", "operator", "main", None, ("41170",), "127.0.0.1", b""
    )  # type: ignore[arg-type]


async def walks(order: dict[str, Any], points: Points) -> None:
    """One look at the deadlines of walks, `ahead_s` later than now."""
    services = _services(order)
    services.clock = lambda: datetime.now(UTC) + timedelta(seconds=order["ahead_s"])
    try:
        points.stage = "walks"
        await advance_walks(services)
    finally:
        points.stage = ""
        await services.close()


async def reads(order: dict[str, Any], points: Points) -> None:
    """A reader's batch compared and its answer told, then the worker; again after a death, as the reader sends it."""
    services = _services(order)
    try:
        await lists_of(services).look()
        points.stage = "reads"
        batch = decode_any(json.dumps(order["reads"]).encode())
        await plate_hits.take(services, Reader("r-1", "41170", "", ("cam-1", "cam-2")), batch)
        points.stage = "worker"
        await do_jobs(services, was_killed=order["again"])
    finally:
        points.stage = ""
        await services.close()


async def life(order: dict[str, Any], points: Points) -> None:
    """What a center does about one alert, in the order of the story. Again after a death: what the bus delivers again,
    what the operator presses again because no answer came, and what the sweepers and the worker find."""
    services, viewer = _services(order), _viewer(order)
    try:
        points.stage = "intake"
        await receive_body(services, "bus", order["delivery"].encode())
        points.stage = "receipt"
        await services.outbox.sweep()
        incident_id = await _incident_of(services, order["alert_id"])
        for points.stage, args in (("acknowledge", {}), ("dispatch", {"agency": "112"})):
            try:
                await commands.run(services, viewer, points.stage, incident_id, args)
            except Problem as problem:
                if not order["again"] or problem.status != 409:
                    raise
        points.stage = "worker"
        await do_jobs(services, was_killed=order["again"])
        points.stage = ""
        await _settle(services)
    finally:
        points.stage = ""
        await services.close()


async def _incident_of(services: Services, alert_id: str) -> UUID:
    async with services.db.begin() as unit:
        found = await unit.scalar("SELECT incident_id FROM alert WHERE alert_id = :id", {"id": UUID(alert_id)})
    assert isinstance(found, UUID), "the alert was taken, and there is no incident"
    return found


async def do_jobs(services: Services, *, was_killed: bool) -> None:
    """A worker that does what is due and ends; after a death it takes up what the dead one had in hand."""
    url = conninfo(services.settings.database_url)
    app = load_tasks().with_connector(PsycopgConnector(conninfo=url, min_size=1, max_size=3))
    app.periodic_registry = PeriodicRegistry()
    async with app.open_async():
        if was_killed:
            await rescue(app, silent_s=0)
        await app.run_worker_async(
            wait=False,
            concurrency=1,
            install_signal_handlers=False,
            delete_jobs="successful",
            additional_context={"services": services},
        )


async def _settle(services: Services) -> None:
    """Until nothing waits any more: a message that the dead process had claimed comes back after a second."""
    async with asyncio.timeout(SETTLE_S):
        while True:
            await services.outbox.sweep()
            async with services.db.begin() as unit:
                if not await unit.scalar("SELECT count(*) FROM outbox"):
                    return
            await asyncio.sleep(0.1)


def _run(order: dict[str, Any], report: int) -> None:
    points = Points(order["die_at"], report, order.get("die_in", ""))
    with asyncio.Runner() as runner:
        runner.get_loop().set_task_factory(points.factory)
        runner.run((walks if "ahead_s" in order else reads if "reads" in order else life)(order, points))
    os.write(report, json.dumps({"points": points.seen, "stages": points.stages}).encode())


def _forked(order: dict[str, Any]) -> dict[str, Any]:
    reader, writer = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(reader)
            _run(order, writer)
            status = 0
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            sys.stderr.flush()
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(pid, 0)
    return {"status": os.waitstatus_to_exitcode(status), **(json.loads(said) if said else {})}


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the program itself prints (its log) is no answer
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(_forked(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
