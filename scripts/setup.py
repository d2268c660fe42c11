"""`make setup`: from a bare Debian or Ubuntu with git, make and Python to a checkout that runs.

Each step knows whether there is anything to do (a stamp with a digest of what it depends on), so the second run takes
a moment and needs no network. Standard library only: it runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from system_packages import CannotInstall, install_missing

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
BIN = VENV / "bin"
STAMPS = VENV / "ansim-setup"
WEB = ROOT / "server" / "web"
ROUTER = ROOT / "location_router"
PAGES = (ROOT / "server" / "console" / "static", ROUTER / "static")

CALLER = dict(os.environ)
worked = False


def say(line: str) -> None:
    """To the error stream: `make -s demo ARGS="--once --json"` must stay JSON."""
    print(f"setup: {line}", file=sys.stderr, flush=True)


def run(*command: str | Path, cwd: Path = ROOT, environment: dict[str, str] | None = None) -> str:
    """Run and return what was said; on failure show it and raise CannotInstall."""
    said = subprocess.run(
        command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if said.returncode != 0:
        print(said.stdout[-4000:], file=sys.stderr)
        raise CannotInstall(f"`{' '.join(map(str, command))}` failed; its last words are above.")
    return said.stdout


def digest(*parts: str | bytes, files: Iterable[Path] = ()) -> str:
    """Over the parts, and the names and contents of the files that exist."""
    found = hashlib.sha256()
    for part in parts:
        found.update(part if isinstance(part, bytes) else part.encode())
    for file in sorted(files):
        if file.is_file():
            found.update(str(file.relative_to(ROOT)).encode() + file.read_bytes())
    return found.hexdigest()


def step(name: str, wanted: str, act: Callable[[], object], *, done: bool = True) -> None:
    """Do `act` unless the stamp `name` says that it was done for `wanted` (and its result, `done`, is still there)."""
    stamp = STAMPS / name
    if done and stamp.is_file() and stamp.read_text() == wanted:
        return
    global worked
    worked = True
    started = time.monotonic()
    say(f"{name} …")
    act()
    say(f"{name}: {time.monotonic() - started:.1f} s")
    STAMPS.mkdir(parents=True, exist_ok=True)
    stamp.write_text(wanted)


def virtual_environment() -> None:
    """Make .venv, or make it anew when its Python is gone or too old, or the checkout has moved."""
    here = str(VENV)
    probe = "import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))"
    works = (BIN / "python").exists() and subprocess.run([BIN / "python", "-c", probe]).returncode == 0
    moved = (STAMPS / "virtual environment").is_file() and (STAMPS / "virtual environment").read_text() != here
    if works and not moved:
        STAMPS.mkdir(exist_ok=True)
        (STAMPS / "virtual environment").write_text(here)
        return
    step("virtual environment", here, lambda: run(sys.executable, "-m", "venv", "--clear", VENV), done=False)


def uv() -> str:
    """The uv to use: the one on PATH, else one that pip puts into .venv and that is then put on PATH."""
    if found := shutil.which("uv"):
        return found
    own = BIN / "uv"
    if not own.exists():
        step("uv", "pip", lambda: run(BIN / "python", "-m", "pip", "install", "-q", "uv>=0.8"), done=False)
    return str(own)


def put_uv_on_path() -> None:
    """A copy, not a link: it must outlive this checkout. An existing uv is never touched."""
    own = BIN / "uv"
    elsewhere = os.pathsep.join(each for each in os.environ["PATH"].split(os.pathsep) if each != str(BIN))
    if shutil.which("uv", path=elsewhere) or not own.exists():
        return
    system, private = Path("/usr/local/bin"), Path.home() / ".local" / "bin"
    folder = system if os.access(system, os.W_OK) else private
    target = folder / "uv"
    if target.exists():
        say(f'note: uv is in {folder}, which is not on PATH: export PATH="{folder}:$PATH"')
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f".uv-{os.getpid()}"
        shutil.copy2(own, fresh)
        fresh.replace(target)
    except OSError as error:
        say(f"note: uv could not be put into {folder} ({error.strerror}); it is at {own}")
        return
    on_path = str(folder) in elsewhere.split(os.pathsep)
    say(f"uv is now in {folder}" + ("" if on_path else f'; add it to PATH: export PATH="{folder}:$PATH"'))


def python_packages(tool: str) -> None:
    """Exactly what the lock says, then the project itself, editable and without its dependencies."""
    lock = ROOT / "requirements.lock"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    own = repr([project["project"], project["build-system"], project["tool"]["setuptools"]])

    def act() -> None:
        run(tool, "pip", "sync", "-q", "--compile-bytecode", "--python", BIN / "python", "--require-hashes", lock)
        run(tool, "pip", "install", "-q", "--python", BIN / "python", "--no-deps", "--editable", ROOT)

    step("Python packages", digest(own, files=[lock]), act, done=(BIN / "ansim").exists())


FONT = {
    "Pretendard-Regular.otf": "dist/public/static/Pretendard-Regular.otf",
    "Pretendard-Bold.otf": "dist/public/static/Pretendard-Bold.otf",
    "LICENSE.txt": "dist/LICENSE.txt",
}


def phones_font() -> None:
    """Pretendard as its package has it (the name is reserved: unmodified), with its licence, beside the window."""
    package, folder = WEB / "node_modules" / "pretendard", ROOT / "mobile_app" / "ui" / "fonts"

    def act() -> None:
        folder.mkdir(exist_ok=True)
        for name, inside in FONT.items():
            shutil.copyfile(package / inside, folder / name)

    if package.is_dir():
        done = all((folder / name).is_file() for name in FONT)
        step("phone's font", digest(files=[package / "package.json"]), act, done=done)


def web_sources() -> list[Path]:
    """The pages, and the models that their types are made from (not the types themselves)."""
    found = sorted((ROOT / "server" / "page_wire").glob("*.py"))
    for folder, folders, names in os.walk(WEB):
        if "node_modules" in folders:
            folders.remove("node_modules")
        found += [Path(folder) / name for name in names if not name.endswith((".tsbuildinfo", "generated.ts"))]
    return found


def pages() -> None:
    """Node packages exactly as locked, then the built pages."""
    if not (WEB / "package.json").is_file():
        return
    locked = [WEB / name for name in ("package.json", "package-lock.json", ".npmrc")]
    modules = WEB / "node_modules"
    step(
        "Node packages",
        digest(files=locked),
        lambda: run(BIN / "npm", "ci", "--no-audit", "--no-fund", cwd=WEB),
        done=modules.is_dir(),
    )
    built = all(folder.is_dir() and any(folder.iterdir()) for folder in PAGES)
    step("pages", digest(files=web_sources()), lambda: run(BIN / "npm", "run", "build", cwd=WEB), done=built)


def boundaries() -> None:
    """The compiled snapshot of every municipality's border, where the programs will look for it: in the caller's
    own environment, not in the one that we settled for the installers."""
    if not (ROUTER / "__main__.py").is_file():
        return
    sources = [ROUTER / f"{name}.py" for name in ("boundaries", "snapshot", "index", "geo")]
    sources += [each for each in (ROUTER / "country").rglob("*") if "__pycache__" not in each.parts]
    place = [f"{name}={CALLER.get(name)}" for name in ("BOUNDARY_SNAPSHOT", "XDG_CACHE_HOME", "HOME")]
    wanted = digest(*place, files=[*sources, ROOT / "requirements.lock"])
    made = STAMPS / "snapshot path"

    def act() -> None:
        said = run(BIN / "python", "-m", "location_router", "boundaries", "compile", environment=CALLER)
        made.write_text(said.splitlines()[-1].strip())

    step("boundaries", wanted, act, done=made.is_file() and Path(made.read_text()).is_file())


def basemap() -> None:
    """The built-in map's tiles, beside the snapshot whose names they show."""
    if not (ROUTER / "basemap").is_dir():
        return
    made = STAMPS / "basemap path"
    wanted = digest((STAMPS / "boundaries").read_bytes(), files=(ROUTER / "basemap").glob("*.py"))

    def act() -> None:
        said = run(BIN / "python", "-m", "location_router", "basemap", "compile", environment=CALLER)
        made.write_text(said.splitlines()[-1].strip())

    step("basemap", wanted, act, done=made.is_file() and Path(made.read_text()).is_file())


def together(*chains: list[Callable[[], None]]) -> None:
    """Chains of steps that don't need each other, beside each other; the first failure counts when all have ended."""

    def go(chain: list[Callable[[], None]]) -> None:
        for act in chain:
            act()

    with ThreadPoolExecutor() as pool:
        running = [pool.submit(go, chain) for chain in chains]
    for one in running:
        one.result()


def settle_environment() -> None:
    """An absent or empty HOME becomes the account's own, or a folder in the checkout when there is none."""
    if not os.environ.get("HOME"):
        try:
            home = pwd.getpwuid(os.getuid()).pw_dir
        except KeyError:
            home = ""
        os.environ["HOME"] = home if home and os.access(home, os.W_OK) else str(ROOT / "var" / "home")
        Path(os.environ["HOME"]).mkdir(parents=True, exist_ok=True)
    for misleading in ("VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH", "CONDA_PREFIX"):
        os.environ.pop(misleading, None)
    os.environ["NO_COLOR"] = "1"  # what a step said is shown only when it failed
    os.environ["PATH"] = os.pathsep.join([str(BIN), os.environ.get("PATH") or "/usr/local/bin:/usr/bin:/bin"])


def main() -> int:
    started = time.monotonic()
    settle_environment()
    try:
        install_missing(say)
        virtual_environment()
        tool = uv()
        python_packages(tool)
        uv()  # a sync may have taken it away
        put_uv_on_path()
        together([pages, phones_font], [boundaries, basemap])
    except CannotInstall as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if worked:
        say(f"complete in {time.monotonic() - started:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
