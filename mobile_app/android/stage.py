"""`python -m mobile_app.android.stage FOLDER --home-url … --router-url …`: lay out what buildozer builds an APK from.

    FOLDER/buildozer.spec p4a_hook.py java/ res/ assets/   for the build
    FOLDER/app/main.py guard.py addresses.json mobile_app/  what the phone gets: no tests, no server, no desktop

Fonts come from their own package, pinned by its digest (`npm pack`), or from `--fonts`, a folder with the unpacked
package's files. With `--firebase google-services.json` pushes are built in: the same strings that Google's plugin
makes. With `--map` the country's map is in the app from the first moment; without it each phone fetches it from its
home center. The folder must be new, empty, or an earlier stage; files of an earlier stage are replaced.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from mobile_app.android import pictures
from mobile_app.maps.country import FILE
from mobile_app.maps.tile_file import BadFile, TileFile

HERE = Path(__file__).parent
PHONE = HERE.parent
MARK = ".ansim-stage"
SUFFIXES = {".py", ".kv", ".json", ".csv", ".txt", ".png"}
LEFT_OUT = ("__main__.py", "headless.py", "platforms/fake.py", "platforms/desktop*", "service/begin.py")
OF_THE_BUILD = ("stage.py", "pictures.py", "p4a_hook.py", "entry/*", "java/*", "res/*")
FONT_PACKAGE = "pretendard@1.3.9"
FONT_DIGEST = "sha512-PaQAADyLY5v4kYFwkpSJHbSSYIkiriY/1xXw75TKoZ9UQQqeU+tvP05yTdZAWibiIYoo8ZKtRv8PM7w0IaywSw=="
FONT_FILES = {
    "Pretendard-Regular.otf": "dist/public/static/Pretendard-Regular.otf",
    "Pretendard-Bold.otf": "dist/public/static/Pretendard-Bold.otf",
    "LICENSE.txt": "dist/LICENSE.txt",
}


class CannotStage(Exception):
    """One sentence with the cure."""


def stage(
    folder: Path,
    *,
    home_url: str,
    router_url: str,
    fonts: Path | None = None,
    firebase: Path | None = None,
    country: Path | None = None,
) -> list[Path]:
    """Lay it out; the files of the app as they lie in `folder/app`. Raises CannotStage."""
    for name, url in (("--home-url", home_url), ("--router-url", router_url)):
        if urlsplit(url).scheme != "https" or not urlsplit(url).hostname:
            raise CannotStage(f"{name} {url!r}: a phone talks https only; give https://HOST")
    strings = _firebase_strings(firebase) if firebase else None
    _clear(folder)
    _put_build_files(folder)
    if strings is not None:
        _write(folder / "res" / "values" / "firebase.xml", strings)
    app = folder / "app"
    for source in sources():
        _copy(source, app / "mobile_app" / source.relative_to(PHONE))
    for entry in (HERE / "entry").glob("*.py"):
        _copy(entry, app / entry.name)
    _write(app / "addresses.json", json.dumps({"home_url": home_url, "router_url": router_url}))
    _put_fonts(app / "mobile_app" / "ui" / "fonts", fonts)
    if country is not None:
        _check_map(country)
        _copy(country, app / "mobile_app" / "maps" / FILE)
    return sorted(path for path in app.rglob("*") if path.is_file())


def sources() -> list[Path]:
    """The phone's own files, without what only a desktop or the build needs."""
    return sorted(path for path in PHONE.rglob("*") if path.suffix in SUFFIXES and not _is_left_out(path))


def _is_left_out(path: Path) -> bool:
    inside = path.relative_to(PHONE)
    if "__pycache__" in inside.parts or inside.parts[:2] == ("ui", "fonts"):
        return True
    if inside.parts[0] == "android":
        return _matches(inside.relative_to("android"), OF_THE_BUILD)
    return _matches(inside, LEFT_OUT)


def _matches(path: Path, patterns: Iterable[str]) -> bool:
    """A pattern holds for a path or for a folder above it."""
    candidates = [path, *path.parents]
    return any(Path("/" + str(each)).match("/" + pattern) for each in candidates for pattern in patterns)


def _clear(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise CannotStage(f"{folder} has files that no stage put there; choose a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()
    for name in ("app", "java", "res", "assets"):
        shutil.rmtree(folder / name, ignore_errors=True)


def _put_build_files(folder: Path) -> None:
    for name in ("buildozer.spec", "p4a_hook.py"):
        _copy(HERE / name, folder / name)
    for name in ("java", "res"):
        shutil.copytree(HERE / name, folder / name)
    (folder / "assets").mkdir()
    (folder / "assets" / "icon.png").write_bytes(pictures.icon())
    (folder / "assets" / "presplash.png").write_bytes(pictures.blank())


def _put_fonts(into: Path, given: Path | None) -> None:
    into.mkdir(parents=True, exist_ok=True)
    if given is None and all((PHONE / "ui" / "fonts" / name).is_file() for name in FONT_FILES):
        given = PHONE / "ui" / "fonts"  # put there by `make setup`, from the same package
    if given is not None:
        for name, inside in FONT_FILES.items():
            found = next((path for path in (given / name, given / inside) if path.is_file()), None)
            if found is None:
                raise CannotStage(f"--fonts {given}: there is no {name} in it")
            _copy(found, into / name)
        return
    with tempfile.TemporaryDirectory() as scratch:
        _unpack_fonts(_packed_fonts(Path(scratch)), into)


def _packed_fonts(scratch: Path) -> Path:
    npm = shutil.which("npm") or str(Path(sys.executable).with_name("npm"))
    try:
        said = subprocess.run([npm, "pack", "--silent", FONT_PACKAGE], cwd=scratch, capture_output=True, text=True)
    except OSError as error:
        raise CannotStage("npm was not found; run `make setup` first, or give --fonts FOLDER") from error
    packed = next(scratch.glob("*.tgz"), None)
    if packed is None:
        raise CannotStage(f"npm could not fetch {FONT_PACKAGE}: {said.stderr.strip()[-300:]}")
    found = "sha512-" + base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()
    if found != FONT_DIGEST:
        raise CannotStage(f"{FONT_PACKAGE} is not the package that was looked at: its digest is {found}")
    return packed


def _unpack_fonts(packed: Path, into: Path) -> None:
    with tarfile.open(packed) as archive:
        for name, inside in FONT_FILES.items():
            file = archive.extractfile(f"package/{inside}")
            if file is None:
                raise CannotStage(f"{FONT_PACKAGE} has no {inside}")
            (into / name).write_bytes(file.read())


def _firebase_strings(path: Path) -> str:
    """Google's plugin for Gradle can't be added from buildozer.spec; these are its four results that matter."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        client = next(
            each for each in told["client"]
            if each["client_info"]["android_client_info"]["package_name"] == "org.ansim.phone"
        )  # fmt: skip
        values = {
            "google_app_id": client["client_info"]["mobilesdk_app_id"],
            "google_api_key": client["api_key"][0]["current_key"],
            "gcm_defaultSenderId": told["project_info"]["project_number"],
            "project_id": told["project_info"]["project_id"],
        }
    except (OSError, ValueError, LookupError, TypeError, StopIteration) as error:
        raise CannotStage(
            f"--firebase {path}: not the google-services.json of the package org.ansim.phone ({type(error).__name__})"
        ) from error
    lines = [
        f'    <string name="{name}" translatable="false">{escape(str(text))}</string>' for name, text in values.items()
    ]
    return "\n".join(['<?xml version="1.0" encoding="utf-8"?>', "<resources>", *lines, "</resources>", ""])


def _check_map(path: Path) -> None:
    try:
        file = TileFile(path)
    except (BadFile, OSError) as error:
        raise CannotStage(f"--map {path}: {error}; `python -m location_router basemap compile` makes one") from error
    try:
        file.check()
    except BadFile as error:
        raise CannotStage(f"--map {path}: {error}; make it again") from error
    finally:
        file.close()


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m mobile_app.android.stage", description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--home-url", required=True, help="where the person signs up, https://…")
    parser.add_argument("--router-url", required=True, help="the location router, https://…")
    parser.add_argument("--fonts", type=Path, help="unpacked font package, instead of fetching it")
    parser.add_argument("--firebase", type=Path, help="google-services.json; without it there are no pushes")
    parser.add_argument("--map", type=Path, help="the country's map (`location_router basemap compile`), built in")
    given = parser.parse_args(argv)
    try:
        files = stage(
            given.folder, home_url=given.home_url, router_url=given.router_url, fonts=given.fonts,
            firebase=given.firebase, country=given.map,
        )  # fmt: skip
    except CannotStage as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(files)} files in {given.folder / 'app'}; next: cd {given.folder} && buildozer android debug")
    return 0


if __name__ == "__main__":
    sys.exit(main())
