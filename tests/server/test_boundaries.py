"""Borders imported at the router reach a center on another machine: checked, kept, used without the router."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psycopg
import pytest

from location_router.boundaries import versions
from location_router.boundaries.importing import make_draft
from location_router.index import snapshot_path
from location_router.runtime.db import conninfo
from server.boundaries import PATH, Boundaries, NotFetched, folder_of
from server.console.jurisdictions import enter_centers
from server.doctor import _boundaries as examine_boundaries
from server.services import Services, make_services
from tests.location_router.boundaries.maps import box, geojson, rows
from tests.location_router.places import country_index
from tests.location_router.routers import World, a_world, until
from tests.server.conftest import PASSWORD, add_staff, listening, settings_for

pytestmark = pytest.mark.database
NEW_TOWN = {"lat": 37.35, "lon": 127.15}


def a_machine(folder: Path) -> Path:
    """A folder of its own with the snapshot that comes with the program."""
    country_index()
    folder.mkdir()
    return Path(shutil.copy(snapshot_path(), folder / "boundaries.npz"))


@asynccontextmanager
async def router_with_new_town(router_database: str, bus_database: str, tmp_path: Path) -> AsyncIterator[World]:
    """A router whose administrator has activated an imported version of five municipalities."""
    snapshot = a_machine(tmp_path / "router")
    async with a_world(router_database, bus_database, worker=False, boundary_snapshot=snapshot) as world:
        draft = make_draft(
            geojson(tmp_path / "a.geojson", [*rows(), ("41999", "새빛시", box(127.0, 37.3, 127.3, 37.4))])
        )
        async with await psycopg.AsyncConnection.connect(conninfo(router_database), autocommit=True) as conn:
            await versions.store_draft(conn, draft, effective=versions.today(), label="new")
            await versions.activate(conn, "new")
        yield world


def a_center(database: str, world: World, tmp_path: Path) -> Services:
    """An installation elsewhere; only the router's address connects the two."""
    machine = a_machine(tmp_path / "center")
    settings = settings_for(database, router_url=world.url, installation_key="one", boundary_snapshot=machine)
    services = make_services(settings)
    services.shared["boundaries"] = Boundaries(services, spread_s=0.1)
    return services


async def label_at(boundaries: Boundaries) -> str:
    current = await boundaries.current()
    return current.boundary_version if current else ""


async def comes(boundaries: Boundaries, label: str) -> None:
    async with asyncio.timeout(20):
        while await label_at(boundaries) != label:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_an_activated_version_reaches_another_machine_and_stays_when_the_router_goes(
    router_database: str,
    bus_database: str,
    installation_database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("server.heartbeat.BEAT_S", 0.2)
    async with router_with_new_town(router_database, bus_database, tmp_path) as world:
        services = a_center(installation_database, world, tmp_path)
        await add_staff(services)
        boundaries: Boundaries = services.shared["boundaries"]
        async with listening(services) as url, httpx.AsyncClient(base_url=url, trust_env=False) as browser:
            assert (await browser.post("/api/login", json={"login": "operator", "password": PASSWORD})).is_success
            await comes(boundaries, "new")
            drawn = (await browser.get("/api/jurisdictions", params={**NEW_TOWN, "limit": 2})).json()["features"]
            assert drawn[0]["properties"]["name_ko"] == "경기도 새빛시" and drawn[0]["geometry"]["coordinates"]
            await until(lambda: services.shared["entered"].boundary_version == "new")
            found = await examine_boundaries(services)
            assert found[1] and "version new here, 4 centers and at the router" in found[2]
            await _what_is_wrong_is_not_taken(services, boundaries)
            await _the_router_refuses_strangers_and_repeats_nothing(world)
            await _a_damaged_file_is_fetched_again(services)
            async with await psycopg.AsyncConnection.connect(conninfo(router_database), autocommit=True) as conn:
                await versions.rollback(conn)
            await until(lambda: world.router.registry.jurisdictions.boundary_version != "new")
            assert not (await examine_boundaries(services))[1]
            await comes(boundaries, world.router.registry.jurisdictions.boundary_version)
            async with await psycopg.AsyncConnection.connect(conninfo(router_database), autocommit=True) as conn:
                await versions.activate(conn, "new")
            await comes(boundaries, "new")
    alone = Boundaries(services)
    assert await label_at(alone) == "new", "after a restart without the router"


async def _what_is_wrong_is_not_taken(services: Services, boundaries: Boundaries) -> None:
    folder = folder_of(services.settings)
    before = {path.name for path in folder.iterdir()}
    with pytest.raises(NotFetched):
        await boundaries._download("new", "0" * 64, folder / "other.npz")
    assert {path.name for path in folder.iterdir()} == before and await label_at(boundaries) == "new"


async def _the_router_refuses_strangers_and_repeats_nothing(world: World) -> None:
    assert (await world.client.get(f"{PATH}/new/snapshot")).status_code == 401
    told = await world.client.get(PATH)
    (activation,) = told.json()["activations"]
    assert (activation["label"], activation["effective"]) == ("new", versions.today().isoformat())
    assert told.json()["boundary_version"] == "new" and len(told.json()["known"]) > 1
    again = await world.client.get(PATH, headers={"If-None-Match": told.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


async def _a_damaged_file_is_fetched_again(services: Services) -> None:
    (file,) = folder_of(services.settings).glob("*.npz")
    whole = file.read_bytes()
    file.write_bytes(whole[:-5_000])
    later = Boundaries(services, spread_s=0.0)
    assert await label_at(later) != "new", "a file that was cut is not used"
    later.heard({"boundaries": "whatever the router says"})
    await comes(later, "new")
    assert file.read_bytes() == whole


async def test_a_code_of_before_enters_the_centers_that_stand_there_now(
    installation_database: str, tmp_path: Path
) -> None:
    machine = a_machine(tmp_path / "center")
    services = make_services(settings_for(installation_database, serves="28260", boundary_snapshot=machine))
    try:
        await enter_centers(services)
        async with services.db.begin() as unit:
            codes = {row["code"] for row in await unit.all("SELECT code FROM center")}
        assert codes == {"28275", "28290", "41170"}
    finally:
        await services.close()
