"""Looking for devices on a subnet, because an administrator asked: a durable job that can be watched and called off.

Nothing is looked for by itself. The subnet lies in a private network (or CAMERA_NETWORKS), is a /22 at most, and only
the ports he gave are asked; who looked where is a line in the log.
"""

from __future__ import annotations

import json
from datetime import timedelta
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from procrastinate import JobContext
from sqlalchemy.exc import IntegrityError

from location_router.runtime.db import Unit
from location_router.runtime.jobs import Backoff, defer_in
from location_router.runtime.problems import Problem
from server.actor import SYSTEM
from server.cameras.onvif.probing import Asked, probe
from server.cameras.onvif.where import BadWhere, Network, networks_of, subnet_of
from server.events import record_admin
from server.jobs import jobs, services_of

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

KEPT = timedelta(days=30)
_COLUMNS = "discovery_id, center_id, subnet, ports, state, asked, to_ask, found, begun_at, ended_at"


async def begin(services: Services, viewer: Viewer, *, center: str, subnet: str, ports: list[int]) -> dict[str, Any]:
    """Write it down and leave it to the worker. 422 `subnet`, 409 `discovery_running`."""
    network = _network(services, subnet)
    asked, now = list(dict.fromkeys(ports)), services.clock()
    discovery_id = uuid4()
    try:
        async with services.db.begin(center=viewer.scope) as unit:
            await unit.execute(
                "DELETE FROM camera_discovery WHERE center_id = :center AND begun_at < :old AND state <> 'running'",
                {"center": center, "old": now - KEPT},
            )
            await unit.execute(
                "INSERT INTO camera_discovery (discovery_id, center_id, subnet, ports, state, to_ask, begun_by,"
                " begun_at) VALUES (:id, :center, :subnet, :ports, 'running', :to_ask, :by, :now)",
                {
                    "id": discovery_id,
                    "center": center,
                    "subnet": str(network),
                    "ports": asked,
                    "to_ask": len(_hosts(network)) * len(asked),
                    "by": viewer.account_id,
                    "now": now,
                },
            )
            await defer_in(unit, "discover_cameras", discovery_id=str(discovery_id))
            payload = {"discovery_id": str(discovery_id), "subnet": str(network), "ports": asked}
            record_admin(
                unit,
                tag="camera:discovery_begun",
                actor=viewer.actor,
                center_id=center,
                at=now,
                payload=payload | {"address": viewer.address},
            )
    except IntegrityError:
        raise Problem(
            409,
            "discovery_running",
            "이미 찾고 있습니다. 끝나기를 기다리거나 취소해 주세요.",
            "A search is running already: wait for it or cancel it.",
        ) from None
    async with services.db.begin(center=viewer.scope) as unit:
        return await status(unit, discovery_id)


def _network(services: Services, subnet: str) -> Network:
    try:
        return subnet_of(subnet, networks_of(services.settings.camera_networks))
    except BadWhere:
        raise Problem(
            422,
            "subnet",
            f"subnet({subnet[:50]!r}): 카메라가 있는 사설 대역을 /22보다 크지 않게 적어 주세요. 예: 10.1.2.0/24."
            " 다른 대역은 CAMERA_NETWORKS에 먼저 적습니다.",
            f"subnet ({subnet[:50]!r}): give a private network of cameras, a /22 at most, 10.1.2.0/24 for example."
            " Others have to stand in CAMERA_NETWORKS.",
            field="subnet",
        ) from None


async def status(unit: Unit, discovery_id: UUID) -> dict[str, Any]:
    """How far it is and what was found; 404."""
    row = await unit.one(f"SELECT {_COLUMNS} FROM camera_discovery WHERE discovery_id = :id", {"id": discovery_id})
    if row is None:
        raise Problem(404, "unknown_discovery", "그런 검색이 없습니다.", "There is no such search.")
    return {**row, "discovery_id": str(row["discovery_id"])}


async def cancel(unit: Unit, services: Services, viewer: Viewer, discovery_id: UUID) -> dict[str, Any]:
    """Call it off; what was found stays. Once it is over this changes nothing."""
    row = await unit.one(
        "UPDATE camera_discovery SET state = 'cancelled', ended_at = :now WHERE discovery_id = :id"
        " AND state = 'running' RETURNING center_id",
        {"id": discovery_id, "now": services.clock()},
    )
    if row is not None:
        _ended(unit, row["center_id"], discovery_id, viewer.actor, {"state": "cancelled"})
    return await status(unit, discovery_id)


@jobs.task(name="discover_cameras", retry=Backoff(first_s=5.0, limit_s=60.0), pass_context=True)
async def discover_cameras(context: JobContext, discovery_id: str) -> None:
    await discover(services_of(context), UUID(discovery_id))


async def discover(services: Services, discovery_id: UUID) -> None:
    """Ask every address once, batch by batch; taken up from the start when a worker died over it."""
    async with services.db.begin() as unit:
        row = await status(unit, discovery_id)
    if row["state"] != "running":
        return
    places = ((host, port) for host in _hosts(ip_network(row["subnet"])) for port in row["ports"])
    asked, found = 0, list[dict[str, Any]]()
    async for batch in probe(places):
        asked += len(batch)
        async with services.db.begin() as unit:
            found += [await _told(unit, row["center_id"], one) for one in batch if one.url]
            if not await _progress(unit, discovery_id, asked, found):
                return
    async with services.db.begin() as unit:
        done = await unit.execute(
            "UPDATE camera_discovery SET state = 'done', ended_at = :now WHERE discovery_id = :id"
            " AND state = 'running'",
            {"id": discovery_id, "now": services.clock()},
        )
        if done.rowcount:
            about = {"state": "done", "asked": asked, "found": len(found)}
            _ended(unit, row["center_id"], discovery_id, SYSTEM, about)


async def _progress(unit: Unit, discovery_id: UUID, asked: int, found: list[dict[str, Any]]) -> bool:
    """False: it was called off."""
    done = await unit.execute(
        "UPDATE camera_discovery SET asked = :asked, found = CAST(:found AS jsonb) WHERE discovery_id = :id"
        " AND state = 'running'",
        {"id": discovery_id, "asked": asked, "found": json.dumps(found)},
    )
    return bool(done.rowcount)


async def _told(unit: Unit, center: str, one: Asked) -> dict[str, Any]:
    """A device that answered, with the camera it is bound to already, if any."""
    rows = await unit.all("SELECT camera_id, url FROM camera_device WHERE center_id = :center", {"center": center})
    bound = next((row["camera_id"] for row in rows if urlsplit(row["url"]).hostname == one.host), None)
    return {"url": one.url, "host": one.host, "port": one.port, "camera_id": bound}


def _ended(unit: Unit, center: str, discovery_id: UUID, actor: Any, about: dict[str, Any]) -> None:
    payload = {"discovery_id": str(discovery_id), **about}
    record_admin(unit, tag="camera:discovery_ended", actor=actor, center_id=center, payload=payload)


def _hosts(network: Network) -> list[str]:
    return [str(one) for one in network.hosts()]
