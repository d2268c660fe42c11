"""A small installation for tests: two centers, their staff, the 112 and 119 desks, six cameras, one emergency.

Everything goes through the real services and a real database; only the incident is put in by hand, since intake has
tests of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import uvicorn
from fastapi import APIRouter, FastAPI

from location_router.runtime.problems import install_problems
from location_router.runtime.seal import new_key
from server.seed import AGENCIES, seed_agencies, seed_cameras, seed_centers
from server.services import Services, make_services
from server.settings import Settings
from server.staff.model import AgencyRef, Viewer

CENTER, OTHER = "41170", "11110"
SEAT = "127.0.0.1"
LAT, LON = 37.3943, 126.9568


@dataclass(frozen=True)
class Place:
    code: str
    name_ko: str
    name_en: str


@dataclass(frozen=True)
class Eye:
    camera_id: str
    name: str
    lat: float
    lon: float
    heading_deg: float | None = None
    field_of_view_deg: float = 70.0
    range_m: float = 60.0
    is_ptz: bool = False


PLACES = (Place(CENTER, "경기도 안양시", "Anyang, Gyeonggi-do"), Place(OTHER, "서울특별시 종로구", "Jongno-gu, Seoul"))
EYES = tuple(Eye(f"cam-{n}", f"안심로 {n}", LAT + 0.0002 * (n - 3), LON + 0.00015 * (n % 3 - 1)) for n in range(1, 7))


@dataclass
class Scene:
    services: Services
    staff: dict[str, Viewer] = field(default_factory=dict)

    async def sql(self, statement: str, **parameters: Any) -> list[dict[str, Any]]:
        async with self.services.db.begin() as unit:
            result = await unit.execute(statement, parameters)
            return [dict(row) for row in result.mappings().all()] if result.returns_rows else []

    async def one(self, statement: str, **parameters: Any) -> Any:
        rows = await self.sql(statement, **parameters)
        return next(iter(rows[0].values())) if rows else None

    async def tags(self, incident_id: UUID) -> list[str]:
        return [
            row["tag"]
            for row in await self.sql("SELECT tag FROM event WHERE incident_id = :id ORDER BY seq", id=incident_id)
        ]

    async def add(
        self,
        login: str,
        role: str,
        *,
        desk: str | None = None,
        agency_id: str | None = None,
        network: str = "127.0.0.0/8",
        address: str = SEAT,
    ) -> Viewer:
        """An account with a registered network and a session at `address`."""
        account_id, session = uuid4(), uuid4().bytes
        name = self.services.sealer.seal(login, context=f"account.name:{account_id}")
        await self.sql(
            "INSERT INTO account (account_id, login, name_sealed, password_hash, role, desk, agency_id)"
            " VALUES (:id, :login, :name, 'x', :role, :desk, :agency)",
            id=account_id,
            login=login,
            name=name,
            role=role,
            desk=desk,
            agency=agency_id,
        )
        await self.sql(
            "INSERT INTO allowed_address (account_id, network) VALUES (:id, :network)", id=account_id, network=network
        )
        await self.sql(
            "INSERT INTO session (token_digest, account_id, address, expires_at) VALUES"
            " (:digest, :id, :address, :expires)",
            digest=session,
            id=account_id,
            address=address,
            expires=datetime.now(UTC) + timedelta(hours=1),
        )
        agency = AgencyRef(agency_id, *AGENCIES[agency_id]) if agency_id else None
        centers: Any = () if desk is None else ((CENTER,) if desk == "main" else (OTHER,))
        self.staff[login] = Viewer(account_id, login, login, role, desk or "", agency, centers, address, session)  # type: ignore[arg-type]
        return self.staff[login]

    async def emergency(
        self,
        *,
        state: str = "acknowledged",
        phase: str = "active",
        is_drill: bool = False,
        center: str = CENTER,
        with_position: bool = True,
    ) -> UUID:
        """An incident with one alert and one position; returns its id."""
        incident_id, alert_id, now = uuid4(), uuid4(), datetime.now(UTC)
        await self.sql(
            "INSERT INTO incident (incident_id, center_id, state, phase, is_drill, active_at) VALUES"
            " (:id, :center, :state, :phase, :drill, :active)",
            id=incident_id,
            center=center,
            state=state,
            phase=phase,
            drill=is_drill,
            active=None if phase == "pre" else now,
        )
        caller = self.services.sealer.seal(
            {"nickname": "보라", "phone": "01012345678"}, context=f"alert.caller:{alert_id}"
        )
        await self.sql(
            "INSERT INTO alert (alert_id, center_id, incident_id, phase, trigger, assignment_no, assignment,"
            " caller_sealed, home, person_ref, raised_at) VALUES (:alert, :center, :id, :phase, 'shake', 1, '{}',"
            " :caller, 'home-1', '', :now)",
            alert=alert_id,
            center=center,
            id=incident_id,
            phase=phase,
            caller=caller,
            now=now,
        )
        if with_position:
            await self.sql(
                "INSERT INTO position (alert_id, fixed_at, center_id, incident_id, lat, lon, accuracy_m)"
                " VALUES (:alert, :now, :center, :id, :lat, :lon, 12)",
                alert=alert_id,
                now=now,
                center=center,
                id=incident_id,
                lat=LAT,
                lon=LON,
            )
        return incident_id


@asynccontextmanager
async def installation(url: str, **settings: Any) -> AsyncIterator[Scene]:
    """The installation on the database `url`, closed at the end."""
    given = {"serves": "all", "home_center": CENTER, "video_gateway": "console", "installation": "home-1"}
    settings = given | {"second_factor": "off"} | settings
    services = make_services(Settings(database_url=url, data_key=new_key(), **settings))
    scene = Scene(services)
    async with services.db.begin() as unit:
        await seed_centers(unit, PLACES[:1], desk="main", callback="031-112")
        await seed_centers(unit, PLACES[1:], desk="second")
        await seed_agencies(unit, [CENTER, OTHER])
        await seed_cameras(unit, services.sealer, center_id=CENTER, cameras=EYES, rtsp_base="rtsp://127.0.0.1:1")
    await scene.add("operator", "operator", desk="main")
    await scene.add("supervisor", "supervisor", desk="main")
    await scene.add("admin", "admin", desk="main")
    await scene.add("stranger", "operator", desk="second")
    await scene.add("police", "agent", agency_id="112-demo")
    await scene.add("fire", "agent", agency_id="119-demo")
    try:
        yield scene
    finally:
        await services.close()


def app_of(services: Services, *routers: APIRouter) -> FastAPI:
    app = FastAPI()
    app.state.services = services
    install_problems(app)
    for router in routers:
        app.include_router(router)
    return app


@asynccontextmanager
async def listening(app: FastAPI) -> AsyncIterator[str]:
    """The app on a real socket of the loopback; yields its address."""
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", ws="websockets-sansio", lifespan="off")
    )
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await task


def client(address: str, **options: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=address, trust_env=False, timeout=10, **options)
