"""First rows of the demo's installations: municipalities, sample accounts, agreements, and the scene's cameras."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Collection
from functools import cache
from typing import TYPE_CHECKING

from location_router.geo import in_korea
from location_router.index import Index, snapshot_path
from location_router.runtime.db import Unit
from server.demo.children import ChildFailed
from server.demo.partners import LOGINS, seed_partners
from server.facilities.sample import seed_facilities
from server.scouts import sample as scouts
from server.seed import SAMPLE_LOGINS, seed_accounts, seed_agencies, seed_cameras, seed_centers
from server.services import Services, make_services
from server.settings import Settings

if TYPE_CHECKING:
    from server.demo.world import Login, World


@cache
def _index() -> Index:
    path = snapshot_path()
    if not path.exists():
        raise ChildFailed("the compiled boundaries are missing: run `make setup`")
    return Index.load(path)


def known_code(code: str) -> str | None:
    """Today's code of a municipality named by a code of any version; None for an unknown one."""
    return _index().version(None).current_code(code)


def assigned_code(*, lat: float, lon: float, home: str) -> str:
    """The municipality that the router will choose for the demo's scene: cameras must belong to it."""
    if not in_korea(lat=lat, lon=lon):
        return home
    jurisdictions = _index().version(None)
    return jurisdictions.containing(lat=lat, lon=lon) or jurisdictions.nearest(lat=lat, lon=lon, limit=1)[0][0]


def seed_world(world: World) -> dict[str, Login]:
    """Seed every installation of the world; returns sample logins by role (`operator`, `112`, `second operator`)."""
    return asyncio.run(_seed(world))


async def _seed(world: World) -> dict[str, Login]:
    logins: dict[str, Login] = {}
    for name in world.installations:
        services = make_services(
            Settings(database_url=world.databases[name], data_key=world.keys[f"{name}_data"], video_gateway="console")
        )
        try:
            found = await (_seed_home(world, services) if name == "home" else _seed_desk(world, name, services))
        finally:
            await services.close()
        logins |= found if name == "serving" else {f"{name} {role}": login for role, login in found.items()}
    return logins


async def _seed_home(world: World, services: Services) -> dict[str, Login]:
    centers = _index().version(None).centers
    async with services.db.begin() as unit:
        await seed_centers(unit, [centers[world.home_code]], desk="main", callback="02-0000-0000")
        await _seed_facilities(world, unit, [world.home_code])  # her phone asks her home
    return {}


async def _seed_desk(world: World, name: str, services: Services) -> dict[str, Login]:
    from server.demo.world import Login

    every = _index().version(None).centers
    serves = world.serves if name == "serving" else world.second
    codes = list(every) if serves == "all" else serves.split(",")
    password = _sample_password(world)
    async with services.db.begin() as unit:
        await seed_centers(unit, [every[code] for code in codes], desk="main", callback="031-000-0000")
        await seed_agencies(unit, codes)
        if world.with_partners:
            await seed_partners(unit, services, codes, world.keys)
        samples = [*SAMPLE_LOGINS, *(LOGINS if world.with_partners else ())]
        await seed_accounts(unit, services, password=password, desk="main", logins=samples)
        if scouts.CENTER in codes:
            await scouts.seed_scouts(unit, services)
        if "rtsp" in world.urls:
            await _seed_cameras(world, unit, services, codes)
        await _seed_facilities(world, unit, sorted({one.center for one in world.cameras} & set(codes)))
    roles = {"police": "112", "fire": "119"}
    return {roles.get(sample.login, sample.login): Login(sample.login, password) for sample in samples}


async def _seed_cameras(world: World, unit: Unit, services: Services, codes: Collection[str]) -> None:
    """The scene's cameras that stand in these municipalities; an earlier scene's are gone with its process."""
    await unit.execute("DELETE FROM camera")
    for code in sorted({camera.center for camera in world.cameras} & set(codes)):
        mine = [camera for camera in world.cameras if camera.center == code]
        await seed_cameras(unit, services.sealer, center_id=code, cameras=mine, rtsp_base=world.urls["rtsp"])
    buffered = [camera.camera_id for camera in world.cameras if camera.is_buffered]
    await unit.execute("UPDATE camera SET is_buffered = true WHERE camera_id = ANY(:ids)", {"ids": buffered})


async def _seed_facilities(world: World, unit: Unit, codes: Collection[str]) -> None:
    """Made up, around the scene."""
    if world.cameras:
        lat = sum(one.lat for one in world.cameras) / len(world.cameras)
        lon = sum(one.lon for one in world.cameras) / len(world.cameras)
        for code in codes:
            await seed_facilities(unit, center_id=code, lat=lat, lon=lon)


def _sample_password(world: World) -> str:
    """Made once per state folder, so that no sample account has a password that is in the source."""
    path = world.folder / "sample-password.json"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(json.dumps(f"ansim-{secrets.token_hex(3)}"))
    return str(json.loads(path.read_text()))
