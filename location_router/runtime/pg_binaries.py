"""Where PostgreSQL's own programs are on this machine, and which account may run them.

Only a version that also has PostGIS counts: a newer server without the extension is of no use to us.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

OLDEST_MAJOR = 14
APT_LINE = "apt-get install --no-install-recommends postgresql postgresql-postgis"


class ClusterError(RuntimeError):
    """One sentence that tells a person why there is no database and what to do about it."""


@dataclass(frozen=True)
class Binaries:
    """One PostgreSQL version with PostGIS: `folder` holds initdb and postgres."""

    folder: Path
    major: int

    def path(self, program: str) -> str:
        return str(self.folder / program)


@dataclass(frozen=True)
class Account:
    """The account that the server runs as; PostgreSQL refuses to run as root."""

    uid: int
    gid: int
    name: str
    switch: bool

    def popen_arguments(self) -> dict[str, object]:
        """Keywords for subprocess that drop to this account, if there is anything to drop."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}


def server_account() -> Account:
    """Ourselves, or `postgres` when we are root; raises ClusterError when root has no such account."""
    uid = os.getuid()
    if uid != 0:
        return Account(uid, os.getgid(), _name_of(uid), switch=False)
    try:
        entry = pwd.getpwnam("postgres")
    except KeyError:
        raise ClusterError(
            f"There is no account 'postgres' that the database could run as (as root: {APT_LINE})."
        ) from None
    return Account(entry.pw_uid, entry.pw_gid, "postgres", switch=True)


def find_binaries() -> Binaries:
    """The newest installed PostgreSQL that has PostGIS; `PG_BINDIR` overrides the search.

    Raises ClusterError naming the packages to install.
    """
    given = os.environ.get("PG_BINDIR")
    folders = [Path(given)] if given else _candidate_folders()
    found = [Binaries(folder, major) for folder in folders if (major := _major_of(folder))]
    if not found:
        where = f"PG_BINDIR={given}" if given else "this machine"
        raise ClusterError(f"No PostgreSQL server on {where}: install it with `{APT_LINE}`, or set DATABASE_URL.")
    with_postgis = [each for each in found if _has_postgis(each)]
    if not with_postgis:
        raise ClusterError(
            f"PostgreSQL {found[0].major} is here but PostGIS is not: `{APT_LINE}`, or set DATABASE_URL."
        )
    newest = max(with_postgis, key=lambda each: each.major)
    if newest.major < OLDEST_MAJOR:
        raise ClusterError(f"PostgreSQL {newest.major} is too old: Ansim needs {OLDEST_MAJOR} or newer.")
    return newest


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _candidate_folders() -> list[Path]:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    folders += sorted(Path("/usr").glob("pgsql-*/bin"))
    if told := _ask_pg_config("--bindir"):
        folders.append(Path(told))
    if beside := shutil.which("postgres"):
        folders.append(Path(beside).resolve().parent)
    return folders


def _major_of(folder: Path) -> int | None:
    """The major version of the server in `folder`, or None when there is no complete server."""
    if not (folder / "initdb").exists():
        return None
    try:
        said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, cwd="/", timeout=20)
        return int(said.stdout.split()[2].split(".")[0])
    except (OSError, IndexError, ValueError, subprocess.TimeoutExpired):
        return None


def _has_postgis(binaries: Binaries) -> bool:
    share = [Path(f"/usr/share/postgresql/{binaries.major}"), binaries.folder.parent / "share"]
    if told := _ask_pg_config("--sharedir", binaries.folder / "pg_config"):
        share.append(Path(told))
    share += [folder / "postgresql" for folder in list(share)]
    return any((folder / "extension" / "postgis.control").exists() for folder in share)


def _ask_pg_config(option: str, program: Path | None = None) -> str | None:
    command = str(program) if program else shutil.which("pg_config")
    if command is None or not os.access(command, os.X_OK):
        return None
    try:
        said = subprocess.run([command, option], capture_output=True, text=True, cwd="/", timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return said.stdout.strip() or None
