"""What is laid out for a build: all that the phone imports, nothing of server, desktop or tests."""

from __future__ import annotations

import ast
import json
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from mobile_app.android import stage as staging
from mobile_app.android.stage import FONT_FILES, CannotStage, main, stage
from tests.mobile_app.test_maps import country

ADDRESSES = {"home_url": "https://home.example", "router_url": "https://router.example"}
# What buildozer.spec builds in, and what its parts bring.
BUILT_IN = {"kivy", "plyer", "jnius", "httpx", "websockets", "certifi", "h11", "anyio", "sniffio", "idna", "httpcore"}


@pytest.fixture
def fonts(tmp_path: Path) -> Path:
    folder = tmp_path / "fonts"
    folder.mkdir()
    for name in FONT_FILES:
        (folder / name).write_bytes(name.encode())
    return folder


@pytest.fixture
def staged(tmp_path: Path, fonts: Path) -> Path:
    stage(tmp_path / "out", **ADDRESSES, fonts=fonts)
    return tmp_path / "out"


def imports_of(path: Path, package: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import in {package}"
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def reached(app: Path) -> tuple[set[str], set[str]]:
    """From the two entries: the phone's own modules that are missing, and the top names of everybody else's."""
    waiting, seen, missing, foreign = ["main", "guard"], set[str](), set[str](), set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        folder = app / Path(*name.split("."))
        path = next((each for each in (folder.with_suffix(".py"), folder / "__init__.py") if each.is_file()), None)
        if path is None:
            if name.startswith("mobile_app"):
                missing.add(name)
            else:
                foreign.add(name.partition(".")[0])
            continue
        waiting += imports_of(path, name)
    # `from module import name` was tried as a module, too
    return {name for name in missing if name.rpartition(".")[0] not in seen}, foreign


def test_the_two_entries_reach_all_they_import_and_no_package_that_is_not_built_in(staged: Path) -> None:
    missing, foreign = reached(staged / "app")
    assert missing == set()
    assert foreign - set(sys.stdlib_module_names) - BUILT_IN == set()


def test_only_the_phone_and_its_fonts_are_in_it(staged: Path) -> None:
    names = {str(path.relative_to(staged / "app")) for path in (staged / "app").rglob("*") if path.is_file()}
    assert {"main.py", "guard.py", "addresses.json", "mobile_app/ui/fonts/LICENSE.txt"} <= names
    own = {name for name in names if name.startswith("mobile_app/")}
    assert names - own == {"main.py", "guard.py", "addresses.json"}
    assert not [
        name
        for name in own
        if "platforms/fake" in name or "/desktop" in name or "test" in name or name.endswith(".java")
    ]
    assert any(name.endswith(".kv") for name in own)
    assert json.loads((staged / "app" / "addresses.json").read_text()) == ADDRESSES
    for name in ("buildozer.spec", "p4a_hook.py", "java/org/ansim/phone/GuardService.java", "res/values/words.xml"):
        assert (staged / name).is_file()


def test_its_pictures_are_pictures(staged: Path) -> None:
    for name, side in (("icon.png", 192), ("presplash.png", 8)):
        data = (staged / "assets" / name).read_bytes()
        assert struct.unpack(">II", data[16:24]) == (side, side)
        at, pixels = 8, b""
        while at < len(data):
            length, kind = struct.unpack(">I4s", data[at : at + 8])
            body = data[at + 8 : at + 8 + length]
            assert struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + body)
            pixels += body if kind == b"IDAT" else b""
            at += 12 + length
        assert len(zlib.decompress(pixels)) == side * (side * 3 + 1)


def test_staged_again_nothing_old_stays_and_strangers_files_are_kept(tmp_path: Path, staged: Path, fonts: Path) -> None:
    old = staged / "app" / "mobile_app" / "gone.py"
    old.touch()
    country(tmp_path / "made.pmtiles", {(5, 27, 12): b""})
    stage(staged, **ADDRESSES, fonts=fonts, country=tmp_path / "made.pmtiles")
    assert not old.exists() and (staged / "app" / "mobile_app" / "maps" / "korea.pmtiles").is_file()
    with pytest.raises(CannotStage, match="--map"):
        stage(staged, **ADDRESSES, fonts=fonts, country=fonts / "LICENSE.txt")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.txt").touch()
    with pytest.raises(CannotStage, match="choose a new folder"):
        stage(mine, **ADDRESSES, fonts=fonts)


@pytest.mark.parametrize("url", ["http://home.example", "home.example", "https://", ""])
def test_a_phone_talks_https_only(tmp_path: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = [str(tmp_path / "x"), "--home-url", url, "--router-url", "https://router.example"]
    assert main(words) == 1
    assert "--home-url" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_a_folder_without_the_fonts_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotStage, match="Pretendard-Regular.otf"):
        stage(tmp_path / "out", **ADDRESSES, fonts=tmp_path)


def test_a_changed_font_package_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho changed > pretendard-1.3.9.tgz\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(staging, "PHONE", tmp_path / "bare")  # a checkout where nobody has set up the fonts
    with pytest.raises(CannotStage, match="digest"):
        stage(tmp_path / "out", **ADDRESSES)


def test_pushes_are_built_in_by_googles_file_of_this_package(tmp_path: Path, fonts: Path) -> None:
    told = {
        "project_info": {"project_number": "12", "project_id": "a&b"},
        "client": [
            {
                "client_info": {
                    "mobilesdk_app_id": "1:12:android:x",
                    "android_client_info": {"package_name": "org.ansim.phone"},
                },
                "api_key": [{"current_key": "k"}],
            }
        ],
    }
    path = tmp_path / "google-services.json"
    path.write_text(json.dumps(told))
    stage(tmp_path / "out", **ADDRESSES, fonts=fonts, firebase=path)
    made = (tmp_path / "out" / "res" / "values" / "firebase.xml").read_text()
    assert '<string name="google_app_id" translatable="false">1:12:android:x</string>' in made
    assert ">a&amp;b<" in made
    path.write_text(json.dumps(told).replace("org.ansim.phone", "org.other"))
    with pytest.raises(CannotStage, match="org.ansim.phone"):
        stage(tmp_path / "out", **ADDRESSES, fonts=fonts, firebase=path)


def test_the_spec_on_disk_is_what_is_staged(staged: Path) -> None:
    here = Path(staging.__file__).parent
    assert (staged / "buildozer.spec").read_bytes() == (here / "buildozer.spec").read_bytes()
