"""What Ansim needs from the operating system, asked for only when it is missing, in one apt run.

Needs are recognised by what they do (a server with PostGIS, a browser, a library) rather than by one package name,
because names differ between Debian and Ubuntu releases.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

BROWSERS = ("chromium", "google-chrome", "google-chrome-stable", "microsoft-edge", "brave-browser")
KIVY_LIBRARIES = ("libgl1", "libegl1", "libgles2", "libgl1-mesa-dri", "libmtdev1")
NO_CLUSTER = Path("/etc/postgresql-common/createcluster.d/ansim.conf")


class CannotInstall(Exception):
    """One line that says what is missing and why it was not installed."""


@dataclass(frozen=True)
class Need:
    """Something to have: present already?, and the packages that bring it."""

    what: str
    is_here: Callable[[], bool]
    packages: tuple[str, ...]


def has_postgis() -> bool:
    """A PostgreSQL server program with PostGIS of the same version, or a server that DATABASE_URL names."""
    if os.environ.get("DATABASE_URL") or os.environ.get("PG_BINDIR"):
        return True
    controls = Path("/usr/share/postgresql").glob("*/extension/postgis.control")
    return any(Path(f"/usr/lib/postgresql/{each.parts[-3]}/bin/initdb").exists() for each in controls)


def browser() -> str | None:
    """The Chromium that the browser tests drive; Ubuntu's `chromium-browser` counts only with the snap behind it."""
    if given := os.environ.get("CHROMIUM"):
        return given
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    snap = Path("/snap/bin/chromium")
    return str(snap) if snap.exists() else None


def installed(package: str) -> bool:
    """As dpkg knows it, also under the name with which newer releases replace it (libmtdev1t64)."""
    said = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Status}\n", package, f"{package}t64"], capture_output=True, text=True
    )
    return "ok installed" in said.stdout


def is_ubuntu() -> bool:
    try:
        lines = Path("/etc/os-release").read_text().splitlines()
    except OSError:
        return False
    return any(line in ("ID=ubuntu", "ID_LIKE=ubuntu", 'ID_LIKE="ubuntu debian"') for line in lines)


def _has_ensurepip() -> bool:
    return _succeeds(sys.executable, "-c", "import ensurepip")


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True).returncode == 0


def needs() -> list[Need]:
    """Everything, in the order in which a person should read it."""
    wanted = [
        Need("Python's venv", _has_ensurepip, ("python3-venv",)),
        Need("PostGIS", has_postgis, ("postgresql", "postgresql-postgis")),
        Need("Korean fonts", lambda: installed("fonts-noto-cjk") or installed("fonts-nanum"), ("fonts-noto-cjk",)),
        Need("a screen for tests", lambda: shutil.which("Xvfb") is not None, ("xvfb",)),
    ]
    wanted += [Need(library, lambda each=library: installed(each), (library,)) for library in KIVY_LIBRARIES]  # type: ignore[misc]
    if not is_ubuntu():
        wanted.append(Need("Chromium", lambda: browser() is not None, ("chromium",)))
    return wanted


def install_missing(say: Callable[[str], object]) -> None:
    """Install what is missing; raises CannotInstall with one clear line."""
    if shutil.which("dpkg-query") is None:
        _check_without_apt()
        return
    missing = [need for need in needs() if not need.is_here()]
    if missing:
        _apt_install([package for need in missing for package in need.packages], say)
    if is_ubuntu() and browser() is None:
        _chromium_on_ubuntu(say)


def _check_without_apt() -> None:
    if not has_postgis() and shutil.which("postgres") is None:
        raise CannotInstall("Not a Debian or Ubuntu: install PostgreSQL with PostGIS yourself, or set DATABASE_URL.")


def _as_root() -> list[str]:
    """What to put before a command that needs root; raises LookupError when there is no way."""
    if os.getuid() == 0:
        return []
    if shutil.which("sudo") and (sys.stdin.isatty() or _succeeds("sudo", "-n", "true")):
        return ["sudo"]
    raise LookupError


def _apt_install(packages: list[str], say: Callable[[str], object]) -> None:
    try:
        root = _as_root()
    except LookupError:
        raise CannotInstall(
            "Some packages are missing and this account may not install them; let an administrator run: "
            f"apt-get install --no-install-recommends {' '.join(packages)}"
        ) from None
    say(f"installing {' '.join(packages)} (a few minutes on a new machine) …")
    started = time.monotonic()
    apt = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=180"]
    _run([*apt, "update"], may_fail=True)
    if "postgresql-postgis" in packages:
        packages = [_postgis_package() if each == "postgresql-postgis" else each for each in packages]
    with_cluster_guard = "postgresql" in packages and not installed("postgresql-common")
    if with_cluster_guard:
        # Debian's package makes a cluster on port 5432 by itself; ours needs none, and nobody asked for one.
        write = f"mkdir -p {NO_CLUSTER.parent} && echo 'create_main_cluster = false' > {NO_CLUSTER}"
        _run([*root, "sh", "-c", write])
    try:
        _run([*apt, "install", "-y", "--no-install-recommends", *packages])
    finally:
        if with_cluster_guard:
            _run([*root, "rm", "-f", str(NO_CLUSTER)], may_fail=True)
    say(f"system packages are there ({time.monotonic() - started:.1f} s)")


def _postgis_package() -> str:
    """The version-free name where the release has it, else the newest numbered one."""
    if _apt_cache("show", "postgresql-postgis"):
        return "postgresql-postgis"
    numbered = _apt_cache("search", "--names-only", "^postgresql-[0-9]+-postgis-3$").splitlines()
    names = sorted((line.split()[0] for line in numbered), key=lambda name: int(name.split("-")[1]))
    return names[-1] if names else "postgresql-postgis"


def _apt_cache(*words: str) -> str:
    return subprocess.run(["apt-cache", *words], capture_output=True, text=True).stdout


def _chromium_on_ubuntu(say: Callable[[str], object]) -> None:
    """Ubuntu ships Chromium only as a snap. The demo works with any browser; only the browser tests want this one."""
    try:
        if Path("/run/snapd.socket").exists():
            _run([*_as_root(), "snap", "install", "chromium"])
            return
    except (LookupError, CannotInstall):
        pass
    say(
        "note: no Chromium, so the browser tests can't run here. Ubuntu has it as a snap (`snap install chromium`); "
        "a Google Chrome on PATH, or CHROMIUM=/path/to/it, will do as well."
    )


def _run(command: list[str], *, may_fail: bool = False) -> None:
    """Run quietly; on failure show what it said."""
    said = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if said.returncode != 0 and not may_fail:
        print(said.stdout[-3000:], file=sys.stderr)
        raise CannotInstall(f"`{' '.join(command)}` failed; its last words are above.")
