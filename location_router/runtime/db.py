"""One transaction per unit of work, committed before anyone is answered.

`Database.begin(center=…)` opens a transaction on a pooled connection, narrows row-level security to one center (or
several, comma-separated; `"*"` for the installation's own jobs), and commits on leaving the block. What must stand
last in the transaction (the hash chain takes its lock there) is registered with `unit.before_commit`, what may only
happen once the rows are on disk (fan-out to screens, sending on the bus) with `unit.after_commit`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
import structlog
from psycopg import errors
from psycopg.pq import PipelineStatus, TransactionStatus
from sqlalchemy import MetaData, event, text
from sqlalchemy.exc import DBAPIError, ResourceClosedError
from sqlalchemy.exc import TimeoutError as NoFreeConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from location_router.runtime.address import additions, conninfo, is_demoted, is_read_only
from location_router.runtime.ending import end
from location_router.runtime.looking import Looker

__all__ = ["ALL_CENTERS", "Database", "Listener", "Unavailable", "Unit", "conninfo", "new_metadata"]

log = structlog.get_logger("db")

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
ALL_CENTERS = "*"
AWAY = (psycopg.OperationalError, errors.ReadOnlySqlTransaction)
STILL_PRIMARY_S = 5.0
PREPARED_MAX = 300


def new_metadata() -> MetaData:
    """A MetaData with stable constraint names, so that `alembic check` stays clean."""
    return MetaData(naming_convention=NAMING)


class Astray(psycopg.OperationalError):
    """A connection whose answers belong to other questions."""


class Unavailable(Exception):
    """The database cannot be reached right now: callers answer 503 with Retry-After."""

    says_no_values = True


@dataclass
class Unit:
    """One open transaction. `conn` is SQLAlchemy's; `driver` is psycopg's own, for raw SQL and for jobs."""

    conn: AsyncConnection
    driver: psycopg.AsyncConnection[Any]
    center: str
    state: dict[str, Any] = field(default_factory=dict)
    _before: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    _after: list[Callable[[], Any]] = field(default_factory=list)

    def before_commit(self, hook: Callable[[], Awaitable[None]]) -> None:
        self._before.append(hook)

    def after_commit(self, hook: Callable[[], Any]) -> None:
        """Run `hook` once the transaction is durable; it must not raise (a failure is logged, nothing is undone)."""
        self._after.append(hook)

    async def execute(self, statement: Any, parameters: Any = None) -> Any:
        return await self.conn.execute(text(statement) if isinstance(statement, str) else statement, parameters)

    async def one(self, statement: Any, parameters: Any = None) -> dict[str, Any] | None:
        row = (await self.execute(statement, parameters)).mappings().first()
        return dict(row) if row is not None else None

    async def all(self, statement: Any, parameters: Any = None) -> list[dict[str, Any]]:
        return [dict(row) for row in (await self.execute(statement, parameters)).mappings().all()]

    async def scalar(self, statement: Any, parameters: Any = None) -> Any:
        return (await self.execute(statement, parameters)).scalar()


def _prepare_connection(connection: Any, _record: Any) -> None:
    """Our statements are few and always alike: plan each once, not at every execution, and from the first one on:
    a large statement takes longer to plan than to run, and a start is when everybody waits."""
    connection.driver_connection.prepare_threshold = 0
    connection.driver_connection.prepared_max = PREPARED_MAX
    with connection.cursor() as cursor:
        cursor.execute("SET plan_cache_mode = force_generic_plan")
    connection.commit()


class Database:
    """A pool for one PostgreSQL database. `url` is SQLAlchemy's `postgresql+psycopg://…` form."""

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        self.url = url
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=4,
            pool_pre_ping=False,
            pool_timeout=5,
            pool_use_lifo=True,  # few busy connections with their plans, not many cold ones
            hide_parameters=True,  # an error's text goes to the log, a person's values don't
            connect_args=additions(url),
        )
        event.listen(self.engine.sync_engine, "connect", _prepare_connection)
        self._looker = Looker(url)

    @asynccontextmanager
    async def begin(self, *, center: str = ALL_CENTERS) -> AsyncIterator[Unit]:
        """A transaction. Raises `Unavailable` when the server is gone: at commit or before, so nothing was promised."""
        unit: Unit | None = None
        try:
            async with self.engine.connect() as conn, _left_when_unsure(conn) as driver, conn.begin():
                unit = Unit(conn, driver, center)
                await _narrow(driver, center)
                if is_read_only(driver):
                    raise errors.ReadOnlySqlTransaction("the database server takes no writes any more")
                yield unit
                for before in unit._before:
                    await before()
        except DBAPIError as error:
            if error.connection_invalidated or isinstance(error.orig, AWAY):
                raise Unavailable(str(error.orig)) from error
            raise
        except (*AWAY, NoFreeConnection, TimeoutError, ConnectionError) as error:
            raise Unavailable(str(error)) from error
        for after in unit._after:
            try:
                result = after()
                if asyncio.iscoroutine(result):
                    await result
            except Exception:
                log.exception("after_commit_failed")

    async def look(self, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """The rows of one cheap question (psycopg's `%(name)s`), for all centers and in no transaction: for what is
        asked several times a second. Raises `Unavailable`."""
        try:
            return await self._looker.rows(query, parameters)
        except (*AWAY, TimeoutError, ConnectionError) as error:
            raise Unavailable(str(error)) from error

    async def close(self) -> None:
        await self._looker.close()
        await self.engine.dispose()


async def _narrow(driver: psycopg.AsyncConnection[Any], center: str) -> None:
    """Row-level security of this transaction; what comes back says that the answers are those to our questions. Raises
    OperationalError where they are not: somebody before us has left one unread."""
    try:
        async with driver.pipeline():  # BEGIN and this in one packet
            told = await driver.execute("SELECT set_config('ansim.center', %s, true)", (center,))
        heard = await told.fetchone()
    except (psycopg.ProgrammingError, IndexError):  # IndexError: psycopg met more answers than it had asked questions
        heard = None
    if heard != (center,):
        raise Astray("the connection answers something else than it was asked")


@asynccontextmanager
async def _left_when_unsure(conn: AsyncConnection) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """Psycopg's own connection. It is never used again where nobody knows what is still to be read from it (whoever
    used it was interrupted, or was told something odd), nor when its server takes no writes any more."""
    driver: psycopg.AsyncConnection[Any] = (await conn.get_raw_connection()).driver_connection  # type: ignore[assignment]
    try:
        yield driver
    except BaseException as error:
        if _is_unsure(error, driver):
            await conn.invalidate(error)
        raise


def _is_unsure(error: BaseException, driver: psycopg.AsyncConnection[Any]) -> bool:
    odd = (Astray, TimeoutError, ResourceClosedError, psycopg.InterfaceError)
    if not isinstance(error, Exception) or isinstance(error, odd):
        return True
    if is_demoted(error) or is_demoted(getattr(error, "orig", None)):
        return True
    at_rest = (TransactionStatus.IDLE, PipelineStatus.OFF)
    return (driver.info.transaction_status, driver.info.pipeline_status) != at_rest


class Listener:
    """LISTEN on a connection of its own, reconnecting for ever; `on_wake(channel, payload)` after each NOTIFY.

    NOTIFY is only a hint: after every (re)connect `on_wake(channel, "")` is called once, so that what was missed
    is read by the caller's own cursor.
    """

    def __init__(self, url: str, channels: list[str], on_wake: Callable[[str, str], Any]) -> None:
        self._url, self._channels, self._on_wake = conninfo(url), channels, on_wake
        self._task: asyncio.Task[None] | None = None
        self.connected = asyncio.Event()

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=f"listen:{','.join(self._channels)}")

    async def stop(self) -> None:
        await end(self._task)

    async def _run(self) -> None:
        delay_s = 0.1
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as conn:
                    for channel in self._channels:
                        await conn.execute(psycopg.sql.SQL("LISTEN {}").format(psycopg.sql.Identifier(channel)))
                    delay_s = 0.1
                    self.connected.set()
                    for channel in self._channels:
                        await self._wake(channel, "")
                    await self._hear(conn)
            except (psycopg.Error, OSError) as error:
                log.warning("listener_lost", error=str(error)[:200])
            self.connected.clear()
            await asyncio.sleep(delay_s)
            delay_s = min(delay_s * 2, 1.0)

    async def _hear(self, conn: psycopg.AsyncConnection[Any]) -> None:
        """Returns when the server is no primary any more: nobody would tell us anything there."""
        while not is_read_only(conn):
            async for note in conn.notifies(timeout=STILL_PRIMARY_S):
                await self._wake(note.channel, note.payload)
            await conn.execute("SELECT 1")

    async def _wake(self, channel: str, payload: str) -> None:
        try:
            result = self._on_wake(channel, payload)
            if asyncio.iscoroutine(result):
                await result
        except Exception:
            log.exception("wake_failed", channel=channel)
