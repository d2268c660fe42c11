"""Runs in the check's own environment: buildozer and python-for-android up to the point where they need Google's SDK.

`python distribution.py STAGE WORK`: buildozer copies the sources of a staged folder and makes its command line,
python-for-android orders its recipes, writes manifest, service classes and private.tar into a distribution that lacks
only what is compiled; then the hook runs, twice. What came out is told in WORK/told.json.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
import tarfile
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

COMPILED = {"python3", "sdl2", "pyjnius", "kivy", "android", "openssl", "libffi", "sqlite3"}


class Told(Exception):
    """The command line is known; nothing more of buildozer is wanted."""


def load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def command_line(stage: Path) -> tuple[list[str], Path]:
    """What buildozer would have python-for-android do, and the folder with the sources that it copied."""
    import buildozer
    from buildozer.targets import android

    os.chdir(stage)
    running = buildozer.Buildozer("buildozer.spec", "android")
    running._copy_application_sources()
    told: list[str] = []

    def tell(target: Any, command: list[str], **_: Any) -> None:
        told.extend([*command, *target.extra_p4a_args])
        raise Told

    android.TargetAndroid._p4a = tell
    target = running.target
    target.artifact_format, target.build_mode = "apk", "debug"
    target.get_dist_dir = lambda *_: str(stage / ".buildozer")
    (stage / ".buildozer" / "project.properties").write_text("target=android-36\n")
    with suppress(Told):
        target.build_package()
    assert told, "buildozer made no command"
    return told, Path(running.app_dir)


def recipes(requirements: list[str]) -> list[str]:
    """Their order; raises when one is unknown or they conflict."""
    from pythonforandroid.bootstrap import Bootstrap
    from pythonforandroid.build import Context
    from pythonforandroid.graph import get_recipe_order_and_bootstrap

    context = Context()
    order, pure, bootstrap = get_recipe_order_and_bootstrap(
        context, requirements, Bootstrap.get_bootstrap("sdl2", context)
    )
    assert bootstrap.name == "sdl2"
    return [*order, *pure]


def distribution(work: Path) -> Path:
    """As python-for-android would have it before its `build.py` runs, without libraries."""
    import pythonforandroid

    here = Path(pythonforandroid.__file__).parent / "bootstraps"
    made = work / "dist"
    for name in ("common", "_sdl_common", "sdl2"):
        shutil.copytree(here / name / "build", made, dirs_exist_ok=True)
    shutil.rmtree(made / "src" / "patches")  # they patch SDL's own Java, which is not here
    facts = {"bootstrap": "sdl2", "ndk_api": 26, "archs": ["arm64-v8a"], "hostpython": sys.executable}
    (made / "dist_info.json").write_text(json.dumps(facts))
    (made / "project.properties").write_text("target=android-36")
    (made / "local.properties").write_text(f"sdk.dir={work / 'sdk'}")
    for folder in ("libs/arm64-v8a", "_python_bundle__arm64-v8a"):
        (made / folder).mkdir(parents=True, exist_ok=True)
    (work / "sdk" / "build-tools" / "36.0.0").mkdir(parents=True)
    return made


def words_for_build(command: list[str]) -> list[str]:
    """What python-for-android's own command line makes of buildozer's for the `build.py` of a distribution."""
    from pythonforandroid.toolchain import ToolchainCL

    came: list[Any] = []
    ToolchainCL.apk = lambda _, given: came.append(given)
    sys.argv = ["p4a", *command]
    ToolchainCL()
    ToolchainCL._fix_args(came[0])
    return list(came[0].unknown_args)


def build(made: Path, command: list[str]) -> None:
    words = words_for_build(command)
    os.chdir(made)
    os.environ["ANDROID_API"] = "36"
    sys.path.insert(0, str(made))
    load("build", made / "build.py").parse_args_and_make_package(words)


def main() -> None:
    stage, work = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    command, app = command_line(stage)
    requirements = (stage / "buildozer.spec").read_text(encoding="utf-8").split("requirements = ")[1].split("\n")[0]
    order = recipes([each.split("==")[0] for each in requirements.split(",")])
    made = distribution(work)
    build(made, command)
    manifest = made / "src" / "main" / "AndroidManifest.xml"
    hook = load("hook", stage / "p4a_hook.py")
    hook.after_apk_build(None)
    once = manifest.read_bytes()
    hook.after_apk_build(None)
    with tarfile.open(made / "src" / "main" / "assets" / "private.tar") as archive:
        packed = archive.getnames()
    main_folder = made / "src" / "main"
    told = {
        "app": str(app), "recipes": order, "missing_recipes": sorted(COMPILED - set(order)),
        "manifest": str(manifest), "is_idempotent": once == manifest.read_bytes(), "packed": packed,
        "service": str(main_folder / "java/org/ansim/phone/ServiceGuard.java"),
        "gradle": (made / "build.gradle").read_text(),
        "resources": sorted(str(each.relative_to(main_folder / "res")) for each in main_folder.glob("res/**/*.*")),
    }  # fmt: skip
    (work / "told.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main()
