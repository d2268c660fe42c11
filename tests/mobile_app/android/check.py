"""`make check-android`: everything about the APK that can be checked without Google's SDK and NDK, step by step.

In an environment of its own (python-for-android, buildozer, pyjnius by `requirements.lock`), kept in the user's state
folder. The light checks are ordinary tests beside this file and run in `make test`; they run here again, first.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mobile_app.android.stage import CannotStage, stage

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
ANDROID = "{http://schemas.android.com/apk/res/android}"
PYODIDE = "pyodide@314.0.7"
PYODIDE_DIGEST = "sha512-0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyMcWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A=="
NEEDED = ("main.pyc", "guard.pyc", "addresses.json", "mobile_app/core/session.pyc", "mobile_app/service/phone.pyc",
          "mobile_app/ui/widgets/base.kv", "mobile_app/ui/fonts/Pretendard-Regular.otf",
          "mobile_app/ui/fonts/Pretendard-Bold.otf", "mobile_app/ui/fonts/LICENSE.txt")  # fmt: skip
RESOURCES = ("drawable/ic_notice.xml", "mipmap-anydpi-v26/icon_notes.xml", "values-ko/words.xml", "mipmap/icon.png")


class Failed(Exception):
    """What was found, in words."""


def state_folder() -> Path:
    base = os.environ.get("XDG_STATE_HOME") or Path("~/.local/state").expanduser()
    return Path(base) / "ansim" / "check-android"


def run(*command: str | Path, cwd: Path = ROOT, environment: dict[str, str] | None = None) -> str:
    """What it printed. Raises Failed with its last words."""
    said = subprocess.run(
        [str(word) for word in command], cwd=cwd, env=os.environ | (environment or {}), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    if said.returncode != 0:
        raise Failed(said.stdout[-6000:].rstrip())
    return said.stdout


class Check:
    def __init__(self, work: Path) -> None:
        self.work, self.state = work, state_folder()
        self.stage, self.classes = work / "stage", work / "classes"
        self.told: dict[str, Any] = {}

    @property
    def python(self) -> Path:
        return self.state / "venv" / "bin" / "python"

    def light_tests(self) -> str:
        return run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", HERE).splitlines()[-1].strip("= ")

    def environment(self) -> str:
        lock = HERE / "requirements.lock"
        stamp, wanted = self.state / "installed", hashlib.sha256(lock.read_bytes()).hexdigest()
        if self.python.exists() and stamp.is_file() and stamp.read_text() == wanted:
            return "as it was"
        uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
        self.state.mkdir(parents=True, exist_ok=True)
        run(uv, "venv", "-q", "--clear", "--python", sys.executable, self.state / "venv")
        run(uv, "pip", "sync", "-q", "--require-hashes", "--python", self.python, lock)
        stamp.write_text(wanted)
        return "installed"

    def staging(self) -> str:
        """The fonts' package is large: what an earlier check unpacked is used again."""
        fonts = self.state / "fonts"
        try:
            files = stage(
                self.stage, home_url="https://home.example", router_url="https://router.example",
                fonts=fonts if fonts.is_dir() else None,
            )  # fmt: skip
        except CannotStage as error:
            raise Failed(str(error)) from error
        if not fonts.is_dir():
            shutil.copytree(self.stage / "app" / "mobile_app" / "ui" / "fonts", fonts)
        return f"{len(files)} files"

    def distribution(self) -> str:
        """buildozer's command, recipe graph, python-for-android's manifest, services and private.tar, the hook."""
        folder = self.work / "distribution"
        folder.mkdir()
        run(
            self.python, HERE / "distribution.py", self.stage, folder, cwd=self.work,
            environment={"HOME": str(self.work), "PATH": f"{self.python.parent}{os.pathsep}{os.environ['PATH']}"},
        )  # fmt: skip
        self.told = json.loads((folder / "told.json").read_text())
        expect(not self.told["missing_recipes"], f"recipes missing: {self.told['missing_recipes']}")
        expect(self.told["is_idempotent"], "the hook changed the manifest when it ran again")
        expect("firebase-messaging" in self.told["gradle"], "build.gradle has no Firebase")
        return f"{len(self.told['recipes'])} recipes and packages"

    def packed(self) -> str:
        names = set(self.told["packed"])
        missing = [name for name in NEEDED if name not in names]
        expect(not missing, f"private.tar lacks {missing}")
        sources = [name for name in names if name.endswith((".py", ".java", ".spec")) or "/tests/" in name]
        expect(not sources, f"private.tar has {sources[:5]}")
        foreign = [name for name in names if name.startswith(("server", "location_router", "tests"))]
        expect(not foreign, f"private.tar has {foreign[:5]}")
        lost = [name for name in RESOURCES if name not in self.told["resources"]]
        expect(not lost, f"resources lack {lost}")
        return f"{len(names)} entries"

    def manifest(self) -> str:
        """What the generated one must say after the hook; the fixture's twin runs in test_hook.py."""
        root = ElementTree.parse(self.told["manifest"]).getroot()
        service = next(each for each in root.iter("service") if each.get(f"{ANDROID}name", "").endswith("ServiceGuard"))
        types = str(service.get(f"{ANDROID}foregroundServiceType")).split("|")
        permissions = {each.get(f"{ANDROID}name") for each in root.iter("uses-permission")}
        for kind in types:
            name = "SPECIAL_USE" if kind == "specialUse" else kind.upper()
            expect(f"android.permission.FOREGROUND_SERVICE_{name}" in permissions, f"no permission for type {kind}")
        shown = [each for each in root.iter("activity-alias") if each.get(f"{ANDROID}enabled") == "true"]
        expect(len(shown) == 1, "the launcher shows one icon")
        launchers = [each.get(f"{ANDROID}name") for each in root.iter("category")].count(
            "android.intent.category.LAUNCHER"
        )
        expect(launchers == 4, f"{launchers} entries for the launcher; the window itself must not be one")
        return f"{len(permissions)} permissions, types {', '.join(types)}"

    def java(self) -> str:
        """Ours, the generated service and python-for-android's own, against the stubs; Java 8 as in its Gradle file."""
        base = run(self.python, "-c", "import pythonforandroid as p; print(p.__path__[0])").strip()
        theirs = Path(base) / "bootstraps" / "common" / "build" / "src" / "main" / "java" / "org" / "kivy" / "android"
        files = [
            *(HERE / "stubs").rglob("*.java"), *(self.stage / "java").rglob("*.java"), Path(self.told["service"]),
            theirs / "PythonService.java", *theirs.glob("GenericBroadcastReceiver*.java"),
        ]  # fmt: skip
        self.classes.mkdir()
        flags = ("-source", "8", "-target", "8", "-Xlint:all,-options,-serial,-static", "-Werror", "-d", self.classes)
        run("javac", *flags, *files)
        return f"{len(files)} files"

    def adapters(self) -> str:
        return run(self.python, HERE / "adapters.py", self.classes, cwd=self.work).splitlines()[-1]

    def python_314(self) -> str:
        package = self.state / PYODIDE
        if not package.is_dir():
            self._fetch_pyodide(package)
        node = shutil.which("node") or str(Path(sys.executable).with_name("node"))
        told = json.loads(run(node, HERE / "python314.mjs", package, self.stage / "app").splitlines()[-1])
        expect(not told["failed"], "\n".join(told["failed"]))
        return f"Python {told['version']}: {told['files']} files compiled, {told['imported']} imported"

    def _fetch_pyodide(self, package: Path) -> None:
        npm = shutil.which("npm") or str(Path(sys.executable).with_name("npm"))
        run(npm, "pack", "--silent", PYODIDE, cwd=self.work)
        packed = next(self.work.glob("pyodide*.tgz"))
        found = "sha512-" + base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()
        expect(found == PYODIDE_DIGEST, f"{PYODIDE} has another digest: {found}")
        fresh = self.work / "unpacked"
        fresh.mkdir()
        with tarfile.open(packed) as archive:
            for member in archive.getmembers():
                file = archive.extractfile(member) if member.isfile() else None
                if file is not None and Path(member.name).parent == Path("package"):
                    (fresh / Path(member.name).name).write_bytes(file.read())
        shutil.move(fresh, package)


def expect(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise Failed(otherwise)


def main() -> int:
    if shutil.which("javac") is None or shutil.which("java") is None:
        print(
            "check-android needs a JDK: apt-get install --no-install-recommends openjdk-17-jdk-headless",
            file=sys.stderr,
        )
        return 1
    with tempfile.TemporaryDirectory(prefix="ansim-android-") as folder:
        check = Check(Path(folder))
        steps: dict[str, Callable[[], str]] = {
            "light tests": check.light_tests, "environment": check.environment, "stage": check.staging,
            "distribution": check.distribution, "packed files": check.packed, "manifest": check.manifest,
            "Java": check.java, "adapters on a JVM": check.adapters, "Python of the phone": check.python_314,
        }  # fmt: skip
        for number, (name, step) in enumerate(steps.items()):
            began_s = time.monotonic()
            try:
                said = step()
            except Failed as error:
                print(f"FAIL {name}\n{error}\ncheck-android: {number} of {len(steps)} in order")
                return 1
            print(f"ok   {name} ({time.monotonic() - began_s:.1f} s): {said}", flush=True)
        print(f"check-android: {len(steps)} of {len(steps)} in order")
    return 0


if __name__ == "__main__":
    sys.exit(main())
