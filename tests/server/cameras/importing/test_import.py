"""A set of files comes in, comes in again changed, and an administrator settles what is doubtful: one story each."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from typer.testing import CliRunner

from location_router.runtime.seal import new_key
from server.cameras import import_routes, registry
from server.cameras.importing.importer import ImportRefused, Wish, import_files
from server.cameras.importing.reports import ImportReport
from server.cameras.service import in_box
from server.import_command import import_app
from server.settings import Settings
from server.staff.routes import COOKIE
from tests.server.cameras.importing.files import AT, HEADER, delimited, street, written
from tests.server.scene import CENTER, Scene, app_of, client, installation, listening

Web = Callable[[str], httpx.AsyncClient]
ISSUE_KEYS = ["file", "encoding", "layout", "rows", "imported", "cameras", "refused", "doubtful"]


@pytest.fixture
async def scene(installation_database: str) -> AsyncIterator[Scene]:
    async with installation(installation_database) as made:
        yield made


@asynccontextmanager
async def pages(scene: Scene) -> AsyncIterator[Web]:
    """The review page's routes; a client for each login."""
    async with AsyncExitStack() as stack:
        for login, viewer in scene.staff.items():
            digest = scene.services.sealer.digest(login, context="session")
            await scene.sql(
                "UPDATE session SET token_digest = :d WHERE account_id = :id", d=digest, id=viewer.account_id
            )
        address = await stack.enter_async_context(listening(app_of(scene.services, import_routes.router)))
        opened = {
            login: await stack.enter_async_context(client(address, cookies={COOKIE: login})) for login in scene.staff
        }
        yield opened.__getitem__


async def bring(scene: Scene, *paths: Path, **how: Any) -> ImportReport:
    return await import_files(scene.services, Wish(paths, **how))


def file_of(folder: Path, rows: list[list[str]], name: str = "anyang.csv") -> Path:
    return written(folder, name, delimited([list(HEADER), *rows]), "cp949")


async def kept(scene: Scene, where: str = "retired_at IS NULL") -> int:
    return int(await scene.one(f"SELECT count(*) FROM camera WHERE source = 'import' AND {where}"))


async def test_a_set_comes_in_and_comes_in_again(scene: Scene, tmp_path: Path) -> None:
    rows = street(20)
    rows[3][AT["위도"]], rows[3][AT["경도"]] = rows[3][AT["경도"]], rows[3][AT["위도"]]
    rows[5][AT["위도"]] = rows[5][AT["경도"]] = ""
    dry = await bring(scene, file_of(tmp_path, rows), dry_run=True)
    assert (dry.new, await kept(scene)) == (35, 0) and await scene.one("SELECT count(*) FROM camera_doubt") == 0

    report = await bring(scene, file_of(tmp_path, rows))
    line = report.lines()[0]
    assert list(line)[: len(ISSUE_KEYS)] == ISSUE_KEYS
    assert (line["rows"], line["imported"], line["cameras"]) == (20, 18, 35)
    assert [(one["line"], one["reason"]) for one in line["refused"]] == [(7, "no_coordinates")]
    assert line["refused"][0]["ko"] and line["refused"][0]["en"]
    assert [(one["line"], one["reason"], one["suggestion"]["lat"]) for one in line["doubtful"]] == [
        (5, "swapped_axes", float(rows[3][AT["경도"]]))
    ]
    assert await kept(scene) == 35
    found = (await scene.sql("SELECT * FROM camera WHERE source = 'import' AND site_address LIKE '%101' ORDER BY 1"))[0]
    assert (found["center_id"], found["heading_deg"], found["width_px"]) == (CENTER, 45.0, 2560)
    assert (found["purposes"], found["number_at_site"], found["health"]) == (["child_protection"], 1, "unknown")
    assert await scene.one("SELECT count(*) FROM event WHERE tag = 'camera:imported'") == 1

    async with scene.services.db.begin() as unit:
        before = await registry.revision(unit)
        await registry.change(unit, found["camera_id"], at=scene.services.clock(), height_m=5.0)
    again = await bring(scene, file_of(tmp_path, rows))
    assert (again.new, again.updated, again.moved, again.unchanged, again.retired) == (0, 0, 0, 35, 0)

    rows[8][AT["위도"]] = "37.396500"
    rows[9][AT["보관일수"]] = "90"
    changed = await bring(scene, file_of(tmp_path, [*rows[:18], *street(21)[20:]]))
    cameras = [int(row[AT["카메라대수"]]) for row in rows]
    assert (changed.moved, changed.updated) == (cameras[8], cameras[9])
    assert changed.new == int(street(21)[20][AT["카메라대수"]]) and changed.retired == cameras[18] + cameras[19]
    assert [(one["line"], one["moved"]) for one in changed.changes] == [(10, True), (11, False)]
    assert changed.changes[0]["by_m"] > 10
    height = await scene.one("SELECT height_m FROM camera WHERE camera_id = :id", id=found["camera_id"])
    assert height == 5.0, "what was changed by hand stays"
    async with scene.services.db.begin() as unit:
        assert await registry.revision(unit) > before
        on_map = await in_box(unit, west=126.9, south=37.3, east=127.0, north=37.5)
    assert len([one for one in on_map if one["camera_id"].startswith("cctv-")]) == await kept(scene)
    back = await bring(scene, file_of(tmp_path, rows))
    assert back.returned == cameras[18] + cameras[19]


async def test_what_vanishes_is_only_retired_when_the_set_is_whole(scene: Scene, tmp_path: Path) -> None:
    rows = street(20)
    await bring(scene, file_of(tmp_path, rows))
    whole = await kept(scene)

    part = await bring(scene, file_of(tmp_path, rows[:5]))
    assert part.retired == 0 and await kept(scene) == whole
    assert [(one["reason"], one["missing"], one["of"]) for one in part.missing] == [("partial_set", 15, 20)]
    assert "--retire-missing" in part.missing[0]["ko"]

    bad = [[*row[: AT["위도"]], "", "", row[-1]] for row in rows[:15]] + rows[15:]
    refused = await bring(scene, file_of(tmp_path, bad), retire_missing=True)
    assert refused.retired == 0 and refused.missing[0]["reason"] == "mostly_left_out"

    other = await bring(scene, file_of(tmp_path, rows[:5]), source="parking")
    assert other.retired == 0 and not other.missing, "another data set's cameras are none of its business"

    dry = await bring(scene, file_of(tmp_path, rows[:5]), retire_missing=True, dry_run=True)
    assert dry.retired == 15 and await kept(scene, "retired_at IS NOT NULL") == 0
    told = await bring(scene, file_of(tmp_path, rows[:5]), retire_missing=True)
    assert told.retired == whole - sum(int(row[AT["카메라대수"]]) for row in rows[:5])
    both = await bring(scene, file_of(tmp_path, rows[:10], "a.csv"), file_of(tmp_path, rows[10:], "b.csv"))
    assert (both.retired, both.missing, len(both.lines())) == (0, [], 2), "the files of one command are one set"

    with pytest.raises(ImportRefused):
        await bring(scene, file_of(tmp_path, rows), source="a/b")
    with pytest.raises(ImportRefused):
        await bring(scene, file_of(tmp_path, rows), center="99999")
    elsewhere = await bring(scene, file_of(tmp_path, rows), center="11110")
    assert {one[1] for one in elsewhere.files[0].refused} == {"other_center"}


async def test_an_administrator_settles_the_doubts(scene: Scene, tmp_path: Path) -> None:
    rows = street(16)
    for n in (2, 4):
        rows[n][AT["위도"]], rows[n][AT["경도"]] = rows[n][AT["경도"]], rows[n][AT["위도"]]
    rows.append(list(rows[6]))
    rows[8][AT["위도"]], rows[8][AT["경도"]] = "37.39", "126.95"
    rows[10][AT["위도"]], rows[10][AT["경도"]] = "35.179612", "129.075612"
    await bring(scene, file_of(tmp_path, rows))
    cameras = await kept(scene)
    async with pages(scene) as web:
        admin = web("admin")
        assert (await web("operator").get("/api/cameras/doubts")).status_code == 403
        told = (await admin.get("/api/cameras/doubts")).json()
        doubts = {one["line"]: one for one in told["doubts"]}
        assert {line: one["reason"] for line, one in doubts.items()} == {
            4: "swapped_axes",
            6: "swapped_axes",
            10: "rounded_coordinate",
            12: "far_from_address",
            18: "duplicate",
        }
        assert doubts[10]["is_imported"] and not doubts[4]["is_imported"]

        async def post(line: int, what: str, body: Any = None) -> httpx.Response:
            return await admin.post(f"/api/cameras/doubts/{doubts[line]['doubt_id']}/{what}", json=body)

        assert (await post(4, "accept")).json()["doubt"]["state"] == "accepted"
        assert await kept(scene) == cameras + int(rows[2][AT["카메라대수"]])
        assert (await post(4, "accept")).status_code == 409
        assert (await post(4, "reopen")).status_code == 200 and await kept(scene) == cameras
        assert (await post(4, "accept")).status_code == 200
        assert (await post(12, "accept")).status_code == 422
        busan = await post(12, "accept", {"as_it_is": True})
        assert (busan.status_code, busan.json()["code"]) == (422, "doubt_outside")
        assert (await post(12, "accept", {"lat": 37.3951, "lon": 126.9571})).status_code == 200
        assert (await post(10, "accept", {"lat": 37.3962, "lon": 126.9543})).status_code == 200
        assert (await post(18, "accept")).status_code == 200
        assert (await post(6, "reject")).json()["doubt"]["state"] == "rejected"
        imports = (await admin.get("/api/cameras/imports")).json()["imports"]
        assert imports[0]["files"][0]["rows"] == 17 and imports[0]["set"]["new"] == cameras
    held = "site_address LIKE '%" + rows[8][AT["소재지도로명주소"]][-3:] + "'"
    place = await scene.sql(
        f"SELECT ST_Y(place::geometry) AS lat, accuracy_m FROM camera WHERE {held} AND source = 'import'"
    )
    assert {(one["lat"], one["accuracy_m"]) for one in place} == {(37.3962, 10.0)}

    settled = await kept(scene)
    again = await bring(scene, file_of(tmp_path, rows))
    assert (again.new, again.moved, again.unchanged, await kept(scene)) == (0, 0, settled, settled)
    assert {one["decided"] for one in again.lines()[0]["doubtful"]} == {"accepted", "rejected"}
    assert await scene.one("SELECT count(*) FROM camera_doubt WHERE state = 'open'") == 0
    rows[4][AT["위도"]], rows[4][AT["경도"]] = rows[4][AT["경도"]], rows[4][AT["위도"]]
    mended = await bring(scene, file_of(tmp_path, rows))
    assert mended.new == int(rows[4][AT["카메라대수"]]), "the city mended the row that was rejected"
    assert len(json.dumps(mended.lines())) > 100


async def test_whole_groups_of_doubts_are_accepted_together(scene: Scene, tmp_path: Path) -> None:
    rows = street(12)
    for row in rows[:6]:
        row[AT["위도"]], row[AT["경도"]] = row[AT["경도"]], row[AT["위도"]]
    report = await bring(scene, file_of(tmp_path, rows))
    await scene.add("second", "admin", desk="second")
    async with pages(scene) as web:
        body = {"batch_id": report.batch_id, "reason": "swapped_axes"}
        none = await web("second").post("/api/cameras/doubts/accept", json=body)
        assert none.json() == {"accepted": 0, "skipped": 0, "left": 0}, "another center's administrator sees none"
        done = await web("admin").post("/api/cameras/doubts/accept", json=body)
        assert done.json() == {"accepted": 6, "skipped": 0, "left": 0}
    assert await kept(scene) == sum(int(row[AT["카메라대수"]]) for row in rows)


def test_the_command_tells_each_file_in_one_line(installation_database: str, tmp_path: Path) -> None:
    rows = street(5)
    rows[1][AT["위도"]] = "?"
    good, bad = file_of(tmp_path, rows), written(tmp_path, "letter.csv", "안녕하세요\n")
    settings = Settings(database_url=installation_database, data_key=new_key(), serves="all", home_center=CENTER)
    typed = typer.Typer()
    typed.add_typer(import_app(lambda: settings), name="import")
    told = CliRunner().invoke(typed, ["import", "cctv", str(good), str(bad), "--json"])
    first, second = map(json.loads, told.stdout.splitlines())
    assert (told.exit_code, list(first)[: len(ISSUE_KEYS)]) == (1, ISSUE_KEYS)
    assert (first["encoding"], first["rows"], first["imported"]) == ("cp949", 5, 4)
    assert first["refused"][0]["reason"] == "not_a_number" and second["error"]["code"] == "no_table"
    plain = CliRunner().invoke(typed, ["import", "cctv", str(good), "--dry-run"])
    assert plain.exit_code == 0 and "3행 위도·경도를 읽을 수 없습니다" in plain.stdout and "dry run" in plain.stdout
    assert CliRunner().invoke(typed, ["import", "cctv", str(good), "--source", "a/b"]).exit_code == 2
