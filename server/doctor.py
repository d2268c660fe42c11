"""`ansim doctor`: does everything this installation needs answer, and if not, what to do about it."""

from __future__ import annotations

from typing import Any

import httpx
import psycopg
from sqlalchemy.exc import DBAPIError

from location_router.bus import bus_from_url
from location_router.index import SnapshotError
from location_router.runtime.db import Unavailable, conninfo
from server.boundaries import PATH as BOUNDARIES
from server.boundaries import load_index
from server.console.routes import STATIC
from server.operation import findings
from server.operation.findings import Finding
from server.operation.reads import unreadable
from server.services import Services, make_services
from server.settings import Settings


async def examine(settings: Settings) -> list[Finding]:
    """(what, whether it is well, one sentence) for each part."""
    services = make_services(settings)
    try:
        database = await _database(services)
        return [
            database,
            *(await _reads(services) if database[1] else []),
            await _bus(settings),
            await _router(services),
            await findings.router_clock(services),
            await _boundaries(services),
            await _video(services),
            _pages(),
            await findings.certificate(settings.origin),
            findings.disk(),
            findings.backups(settings.backup_dir, settings.backup_keep_days, now=services.clock()),
            *(await _inside(services) if database[1] else []),
        ]
    finally:
        await services.close()


async def _inside(services: Services) -> list[Finding]:
    try:
        async with services.db.begin() as unit:
            return await findings.of_database(unit, services)
    except (Unavailable, psycopg.Error, DBAPIError) as error:
        return [("contents", False, f"읽지 못했습니다 · not looked at: {type(error).__name__}: see `reads`")]


async def _reads(services: Services) -> list[Finding]:
    """A database that answers may yet give nothing of what is in it."""
    try:
        async with services.db.begin() as unit:
            found = await unreadable(unit)
    except (Unavailable, psycopg.Error) as error:
        return [("reads", False, f"읽지 못했습니다 · no table can be read: {type(error).__name__}")]
    if not found:
        return [("reads", True, "모든 표를 읽습니다 · every table can be read")]
    named = ", ".join(f"{table} ({why})" for table, why in found[:5]) + (" …" if len(found) > 5 else "")
    ko = f"읽을 수 없는 표 {len(found)}개: {named}. `ansim migrate`를 하고 PostgreSQL의 기록을 보세요"
    en = f"{len(found)} tables can't be read: run `ansim migrate`, and look into PostgreSQL's log"
    return [("reads", False, f"{ko} · {en}")]


async def _database(services: Services) -> Finding:
    try:
        async with services.db.begin() as unit:
            strong = await unit.scalar("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
            version = await unit.scalar("SELECT version_num FROM alembic_version")
    except Unavailable as error:
        return "database", False, f"not reachable: {str(error)[:120]}"
    except Exception as error:
        return "database", False, f"not migrated ({type(error).__name__}): run `ansim migrate`"
    if strong:
        return "database", False, "the login may bypass row-level security: use the role ansim_app"
    return "database", True, f"answers, schema {version}, row-level security holds"


async def _bus(settings: Settings) -> Finding:
    if not settings.bus_url:
        return "bus", False, "BUS_URL is not set: no alert will arrive"
    if not settings.bus_url.startswith("postgresql"):
        return await _nats(settings.bus_url)
    try:
        async with await psycopg.AsyncConnection.connect(conninfo(settings.bus_url), connect_timeout=3):
            return "bus", True, "answers"
    except psycopg.Error as error:
        return "bus", False, f"not reachable: {str(error)[:120]}"


async def _nats(url: str) -> Finding:
    """Our own server answers, and its line to the hub was heard lately."""
    try:
        bus: Any = bus_from_url(url)
    except ValueError as error:
        return "bus", False, str(error)
    try:
        lags = await bus.lags()
    except Unavailable as error:
        return "bus", False, f"not reachable: {str(error)[:120]}"
    finally:
        await bus.close()
    silent = [one["stream"] for one in lags if one["silent_s"] is None or one["silent_s"] > 10]
    if silent:
        return "bus", False, f"the line to the hub is silent for {', '.join(silent)}"
    return "bus", True, f"answers, {len(lags)} copied streams"


async def _router(services: Services) -> Finding:
    try:
        answer = await services.router_client.get("/v1/centers")
        answer.raise_for_status()
        centers = answer.json()["centers"]
    except (httpx.HTTPError, ValueError, KeyError) as error:
        return "router", False, f"no answer from {services.settings.router_url}: {type(error).__name__}"
    own = [one for one in centers if one.get("served_by") == services.settings.installation]
    online = sum(one.get("state") == "online" for one in own)
    return "router", True, f"answers; it knows {len(own)} centers of this installation, {online} online"


async def _boundaries(services: Services) -> Finding:
    """The version in force here, and whether the router decides by the same."""
    try:
        version = load_index(services.settings).version()
    except (SnapshotError, ValueError) as error:
        return "boundaries", False, str(error)[:160]
    here = f"version {version.boundary_version} here, {len(version.centers)} centers"
    try:
        answer = await services.router_client.get(BOUNDARIES)
        there = str(answer.raise_for_status().json()["boundary_version"])
    except (httpx.HTTPError, ValueError, KeyError) as error:
        return "boundaries", True, f"{here}; the router did not say which it goes by ({type(error).__name__})"
    if there != version.boundary_version:
        cure = "a running server fetches it within half a minute, else look for boundaries_not_followed in its log"
        return "boundaries", False, f"{here}, but {there} at the router: {cure}"
    return "boundaries", True, f"{here} and at the router"


async def _video(services: Services) -> Finding:
    health = await services.gateway.health()
    if health.get("mediamtx", {}).get("ok") is False:
        return "video", False, "ansim video, or MediaMTX beside it, is silent: docs/operations/video.md"
    return "video", bool(health.get("ok")), "answers" if health.get("ok") else "silent: run `ansim video`"


def _pages() -> Finding:
    built = (STATIC / "console.html").is_file()
    return "pages", built, "built" if built else "not built: run `make setup`"
