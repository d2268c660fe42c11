"""An administrator uploads a file, tries it, imports it; what is no table, too much or somebody else's is refused."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from server.cameras import upload_routes, uploads
from server.cameras.uploads import NotTaken, check_kind, plain_name
from server.staff.routes import COOKIE
from tests.server.cameras.importing.files import AT, HEADER, delimited, street
from tests.server.scene import CENTER, OTHER, Scene, app_of, client, installation, listening

PATH = "/api/cameras/uploads"


def test_a_name_is_a_name_and_never_a_way() -> None:
    assert plain_name("../../etc/passwd") == "passwd"
    assert plain_name("C:\\자료\\안양 CCTV.xlsx") == "안양 CCTV.xlsx"
    assert plain_name("..") == plain_name("\x00") == plain_name("") == ""
    assert len(plain_name("가" * 900 + "." + "𠀀" * 90).encode()) < 255


@pytest.mark.parametrize(
    "head", [b"%PDF-1.7 ........", b"\x89PNG\r\n\x1a\n.......", b"<!DOCTYPE html>", b"MZ.............."]
)
def test_what_is_certainly_no_table_is_refused(head: bytes) -> None:
    with pytest.raises(NotTaken, match="not_a_table"):
        check_kind(head)


async def _signed_in(scene: Scene) -> None:
    for login, viewer in scene.staff.items():
        digest = scene.services.sealer.digest(login, context="session")
        await scene.sql("UPDATE session SET token_digest = :d WHERE account_id = :id", d=digest, id=viewer.account_id)


async def _put(admin: Any, upload: str, name: str, content: bytes) -> Any:
    return await admin.put(f"{PATH}/{upload}/files", content=content, headers={"X-File-Name": quote(name)})


async def _ended(admin: Any, upload: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            told = (await admin.get(f"{PATH}/{upload}")).json()["upload"]
            if told["run"]["state"] != "running":
                return dict(told)
            await asyncio.sleep(0.1)


@pytest.mark.database
async def test_a_file_is_tried_and_then_imported(
    installation_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = street(12)
    rows[5][AT["위도"]] = rows[5][AT["경도"]] = ""
    rows[6][AT["위도"]], rows[6][AT["경도"]] = "37.5730", "126.9794"  # stands in the other center
    rows[6][AT["소재지도로명주소"]] = rows[6][AT["소재지지번주소"]] = "서울특별시 종로구 세종대로 1"
    content = delimited([list(HEADER), *rows]).encode("cp949")
    monkeypatch.setattr(uploads, "MOST_FILE_BYTES", 100_000)
    async with installation(installation_database, upload_dir=str(tmp_path)) as scene:
        await scene.add("other-admin", "admin", desk="second")
        await _signed_in(scene)
        app = app_of(scene.services, upload_routes.router)
        async with (
            listening(app) as address,
            client(address, cookies={COOKIE: "admin"}) as admin,
            client(address, cookies={COOKIE: "other-admin"}) as other,
            client(address, cookies={COOKIE: "operator"}) as operator,
        ):
            assert (await operator.get(PATH)).status_code == 403
            upload = (await admin.post(PATH, json={"source": "anyang"})).json()["upload"]["upload_id"]
            await _refused(admin, other, upload)
            assert (await _put(admin, upload, "안양 시.csv", content)).status_code == 201
            assert (await admin.post(f"{PATH}/{upload}/import", json={})).json()["code"] == "try_first"
            assert (await admin.post(f"{PATH}/{upload}/try", json={})).status_code == 202
            tried = await _ended(admin, upload)
            _dry(tried)
            assert await _imported(scene) == 0
            text = (await admin.get(f"{PATH}/{upload}/report.csv")).content.decode("utf-8-sig")
            assert "안양 시.csv,7,거절,위도·경도,,위도·경도가 비어 있습니다,위도와 경도를 적어" in text

            assert (await admin.post(f"{PATH}/{upload}/import", json={})).status_code == 202
            done = await _ended(admin, upload)
            assert (done["run"]["kind"], done["run"]["state"], done["files"]) == ("import", "done", [])
            assert await _imported(scene) == done["report"]["set"]["new"] > 0
            assert (
                await scene.one("SELECT count(*) FROM camera WHERE source = 'import' AND center_id = :c", c=OTHER) == 0
            )
            [line] = await scene.sql("SELECT actor_id, center_id FROM event WHERE tag = 'camera:imported'")
            assert line == {"actor_id": str(scene.staff["admin"].account_id), "center_id": CENTER}
            assert (await admin.post(f"{PATH}/{upload}/import", json={})).json()["code"] == "already_imported"
            assert _naming(tmp_path, "admin") == []
            assert (await admin.delete(f"{PATH}/{upload}")).status_code == 204
            assert _naming(tmp_path, "") == []


def _naming(folder: Path, word: str) -> list[Path]:
    """Files of uploads that hold the word."""
    return [file for file in folder.rglob("*.json") if word in file.read_text(errors="ignore")]


async def _refused(admin: Any, other: Any, upload: str) -> None:
    assert (await other.get(f"{PATH}/{upload}")).json()["code"] == "no_upload"  # not this desk's
    assert (await admin.post(f"{PATH}/{upload}/try", json={})).json()["code"] == "no_files"
    for name, content, status, code in (
        ("사진.csv", b"\x89PNG\r\n\x1a\n" + bytes(100), 415, "not_a_table"),
        ("큰 파일.csv", b"a,b\n" * 30_000, 413, "file_too_large"),
        ("빈.csv", b"", 422, "empty_file"),
        ("..", b"a,b", 422, "file_name"),
    ):
        answer = await _put(admin, upload, name, content)
        assert (answer.status_code, answer.json()["code"]) == (status, code), name
    assert (await admin.get(f"{PATH}/{upload}")).json()["upload"]["files"] == [], "what was refused left something"


def _dry(tried: dict[str, Any]) -> None:
    assert (tried["run"]["kind"], tried["run"]["state"]) == ("try", "done"), tried["run"]
    [file] = tried["report"]["files"]
    assert {one["line"]: one["reason"] for one in file["refused"]} == {7: "no_coordinates", 8: "not_served"}
    assert all(one["field_ko"] and one["cure_en"] for one in file["refused"])
    assert tried["report"]["set"]["dry_run"] and tried["report"]["set"]["new"] > 0


async def _imported(scene: Scene) -> int:
    return int(await scene.one("SELECT count(*) FROM camera WHERE source = 'import'"))


@pytest.mark.database
async def test_a_run_that_is_called_off_writes_nothing(installation_database: str, tmp_path: Path) -> None:
    content = delimited([list(HEADER), *street(12)]).encode()
    async with installation(installation_database, upload_dir=str(tmp_path)) as scene:
        await _signed_in(scene)
        app = app_of(scene.services, upload_routes.router)
        async with listening(app) as address, client(address, cookies={COOKIE: "admin"}) as admin:
            upload = (await admin.post(PATH, json={})).json()["upload"]["upload_id"]
            await _put(admin, upload, "anyang.csv", content)
            await admin.post(f"{PATH}/{upload}/try", json={})
            await admin.post(f"{PATH}/{upload}/cancel")  # its process has hardly begun
            assert (await _ended(admin, upload))["run"]["state"] == "cancelled"
            folder = uploads.Upload(tmp_path / upload)
            folder.say({"state": "running"}, scene.services.clock() - uploads.SILENT)
            assert (await admin.get(f"{PATH}/{upload}")).json()["upload"]["run"]["state"] == "lost"
            assert (await admin.post(f"{PATH}/{upload}/try", json={})).status_code == 202, "a lost run blocks nobody"
            assert (await _ended(admin, upload))["run"]["state"] == "done"
