"""A running router and the versions in PostGIS: noticed in seconds, exchanged at once, kept for a restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from location_router.boundaries import versions
from location_router.boundaries.following import Following
from location_router.boundaries.importing import make_draft
from location_router.index import Index
from location_router.kept import folder_of
from location_router.registry import Registry, states_of
from location_router.runtime.db import conninfo
from location_router.runtime.pool import Pool
from tests.location_router.boundaries.maps import box, geojson, rows
from tests.location_router.places import country_index

IN_SUWON = {"lat": 37.45, "lon": 127.15}


@asynccontextmanager
async def a_registry(url: str, snapshot: Path) -> AsyncIterator[Registry]:
    pool = Pool(url, size=4, name="test")
    registry = Registry(pool, Following(Index.load(snapshot), url=url, snapshot=snapshot))
    await pool.open()
    await registry.start()
    try:
        yield registry
    finally:
        await registry.stop()
        await pool.close()


async def store(conn: psycopg.AsyncConnection, tmp_path: Path, *, name: str, south: float = 37.4) -> None:
    """A draft of three municipalities with one more in the south of it."""
    features = [*rows(), ("41999", "새빛시", box(127.0, south - 0.1, 127.3, south))]
    draft = make_draft(geojson(tmp_path / "a.geojson", features))
    await versions.store_draft(conn, draft, effective=versions.today(), label=name)


def in_force(registry: Registry) -> str:
    return registry.jurisdictions.boundary_version


async def test_an_activation_is_noticed_exchanged_and_survives_a_restart_without_postgis(
    router_database: str, snapshot: Path, tmp_path: Path
) -> None:
    async with a_registry(router_database, snapshot) as registry, await connect(router_database) as conn:
        built_in = in_force(registry)
        await until(lambda: registry.boundaries._state is not None)
        key = registry.jurisdictions.boundary_key("41110")
        await store(conn, tmp_path, name="new")
        await versions.activate(conn, "new")
        await switched(registry, "new")
        assert registry.jurisdictions.containing(**IN_SUWON) == "41110"
        old = registry.boundaries.index.named(built_in)
        assert old is not None and old.boundary_key("41110") == key  # alerts of before can still be explained
        await until(lambda: len(states_of(registry)) == 4)
        assert registry.centers["41999"].name_ko == "경기도 새빛시"
        new_key = registry.jurisdictions.boundary_key("41110")
    assert len(new_key) == 32 and new_key != key
    alone = Index.load(snapshot)  # as after a restart, with PostGIS away
    assert alone.version().boundary_version == "new" and alone.version().containing(**IN_SUWON) == "41110"
    assert alone.version().boundary_key("41110") == new_key
    assert alone.find_boundary(key) == (alone.named(built_in), "41110")
    assert alone.version().last_updated.date() >= versions.today() - timedelta(days=1)
    async with a_registry(router_database, snapshot) as registry, await connect(router_database) as conn:
        assert in_force(registry) == "new"
        assert (await versions.rollback(conn))["withdrawn"] == "new"
        await until(lambda: in_force(registry) == built_in)
        assert registry.boundaries.index.named("new") is not None
        await until(lambda: len(states_of(registry)) > 200)
        await until(lambda: Index.load(snapshot).version().boundary_version == built_in)  # the file comes after


async def switched(registry: Registry, label: str) -> None:
    """Waits for the version while looking places up: the loop never stands still for long."""
    lookups = 0
    async with asyncio.timeout(30):
        while in_force(registry) != label:
            assert registry.jurisdictions.containing(lat=37.4019, lon=126.9227) == "41170"
            lookups += 1
            await asyncio.sleep(0.002)
    assert lookups >= 20


async def until(check: Callable[[], Any], *, within_s: float = 20.0) -> None:
    """Waits for the first true answer of `check()`."""
    async with asyncio.timeout(within_s):
        while not check():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def connect(url: str) -> psycopg.AsyncConnection:
    return await psycopg.AsyncConnection.connect(conninfo(url), autocommit=True)


async def test_a_version_to_come_waits_for_its_day_and_two_processes_share_the_keys(
    router_database: str, snapshot: Path, tmp_path: Path
) -> None:
    tomorrow = versions.today() + timedelta(days=1)
    async with await connect(router_database) as conn:
        await store(conn, tmp_path, name="next")
        assert (await versions.activate(conn, "next", effective=tomorrow))["state"] == "scheduled"
        one, two = (Following(Index.load(snapshot), url=router_database, snapshot=snapshot) for _ in range(2))
        await one.catch_up(conn)
        await two.catch_up(conn)
    for index in (one.index, two.index):
        assert index.version().boundary_version != "next"
        assert index.version(tomorrow).boundary_version == "next"
    for label in one.index.labels:
        here, there = one.index.named(label), two.index.named(label)
        assert here is not None and there is not None
        assert all(here.boundary_key(code) == there.boundary_key(code) for code in here.centers)
    (file,) = folder_of(snapshot).glob("*.npz")
    file.write_bytes(file.read_bytes()[:-5_000])  # a disk that lied
    three = Following(Index.load(snapshot), url=router_database, snapshot=snapshot)
    assert three.index.version(tomorrow).boundary_version != "next"
    async with await connect(router_database) as conn:
        await three.catch_up(conn)
    assert three.index.version(tomorrow).boundary_version == "next"


async def test_a_desk_that_named_old_codes_serves_their_heirs(router_database: str, snapshot: Path) -> None:
    """An installation registered for 광주 동구 (29110) and 인천 서구 (28260, now two) keeps answering for them."""
    async with a_registry(router_database, snapshot) as registry:
        await registry.register(
            installation="i", https_url="", public_key_pem="", serves=["29110", "28260"], home_center="29110"
        )
        served = {code for code, one in registry.centers.items() if one.served_by == "i"}
        assert served & set(registry.jurisdictions.centers) == {"12210", "28275", "28290"}
        assert registry.stand_in("28290", silent=()) == "i" and registry.stand_in("41110", silent=()) == ""


async def test_what_activation_refuses(router_database: str, tmp_path: Path) -> None:
    async with await connect(router_database) as conn:
        await store(conn, tmp_path, name="small")
        for act, code in [
            (versions.activate(conn, "small", index=country_index()), "centers_missing"),
            (versions.activate(conn, "other"), "no_version"),
            (versions.activate(conn, "small", until=versions.today()), "bad_until"),
            (store(conn, tmp_path, name="small"), "name_taken"),
            (store(conn, tmp_path, name="../x"), "bad_name"),
            (versions.rollback(conn), "nothing_to_roll_back"),
        ]:
            with pytest.raises(versions.VersionProblem) as problem:
                await act
            assert problem.value.code == code
        assert (await versions.activate(conn, "small", index=country_index(), allow_missing=True))["state"] == "active"
        with pytest.raises(versions.VersionProblem, match="already"):
            await versions.activate(conn, "small")
        with pytest.raises(versions.VersionProblem, match="it stays"):
            await versions.discard(conn, "small")
