"""buildozer.spec: what would be found out only after an hour of building, or only on a phone."""

from __future__ import annotations

import configparser
import re
import tomllib
from pathlib import Path

import mobile_app

HERE = Path(mobile_app.__file__).parent
ROOT = HERE.parent


def spec() -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(HERE / "android" / "buildozer.spec", encoding="utf-8")
    return parser["app"]


def listed(name: str) -> list[str]:
    return [each.strip() for each in spec()[name].split(",")]


def test_each_foreground_type_has_its_permission() -> None:
    (service,) = listed("services")
    name, entry, *options = service.split(":")
    assert (name, entry, options[:2]) == ("Guard", "guard.py", ["foreground", "sticky"])
    types = options[2].removeprefix("foregroundServiceType=").split("|")
    permissions = {each.removeprefix("android.permission.") for each in listed("android.permissions")}
    needed = {"location": "ACCESS_FINE_LOCATION", "microphone": "RECORD_AUDIO", "camera": "CAMERA"}
    for kind in types:
        assert f"FOREGROUND_SERVICE_{'SPECIAL_USE' if kind == 'specialUse' else kind.upper()}" in permissions
        assert kind == "specialUse" or needed[kind] in permissions
    assert "ACCESS_BACKGROUND_LOCATION" not in permissions, "stores ask for a reason that we have none for"
    assert len(permissions) == len(listed("android.permissions"))


def test_every_kind_of_file_that_the_phone_has_is_packed() -> None:
    from mobile_app.android.stage import FONT_FILES, sources

    packed = {f".{each}" for each in listed("source.include_exts")}
    assert {path.suffix for path in sources()} <= packed
    assert {Path(name).suffix for name in FONT_FILES} <= packed


def test_requirements_are_those_of_the_phone_and_nothing_compiled_beyond_them() -> None:
    wanted = {each.split("==")[0]: each for each in listed("requirements")}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    for name in ("kivy", "plyer"):
        assert wanted[name] in project, "the desktop and the phone have the same"
    assert {"httpx", "websockets", "certifi", "openssl", "pyjnius", "android"} <= set(wanted)
    assert not {"pydantic", "numpy", "cryptography", "pillow"} & set(wanted)


def test_what_is_named_is_there_and_levels_agree() -> None:
    app = spec()
    assert app["android.ndk_api"] == app["android.minapi"] == "26", "adaptive icons and channels need no second way"
    assert int(app["android.api"]) >= 35
    assert app["android.allow_backup"] == "False", "a backup would carry the phone's folder away"
    assert listed("android.archs") == ["arm64-v8a"]
    for name in ("p4a.hook", "android.add_src", "android.add_resources"):
        assert (HERE / "android" / app[name]).exists()
    java = HERE / "android" / "java" / Path(*app["android.service_class_name"].split("."))
    assert java.with_suffix(".java").is_file()
    assert (HERE / "android" / "entry" / listed("services")[0].split(":")[1]).is_file()


def test_its_version_is_the_projects() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert spec()["version"] == project["version"]


def test_comments_stand_on_lines_of_their_own() -> None:
    text = (HERE / "android" / "buildozer.spec").read_text(encoding="utf-8")
    values = [line.split("=", 1)[1] for line in text.splitlines() if re.match(r"[a-z0-9_.]+ =", line)]
    assert not [value for value in values if " #" in value and not re.fullmatch(r" #[0-9A-F]{6}", value)]
