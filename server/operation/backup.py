"""`ansim backup` and `ansim restore`: one installation's database as one file, and a file as a database again.

A backup is consistent (one snapshot for the dump and for what its first line says of it), is written under another
name until it is whole and on disk, and holds no key: DATA_KEY is kept elsewhere, or a thief has both. A restore goes
into a database that does not exist yet, is brought to this release's tables, and is believed only when its log is
unchanged and ends where the backup said that it ends.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import make_url

from location_router.runtime.db import conninfo
from location_router.runtime.pg_binaries import ClusterError, find_binaries
from location_router.runtime.provision import ensure_database, ensure_role, provision
from server.events import EventDatabase
from server.key_ring import ring_sealer
from server.operation import vault
from server.operation.vault import BadBackup
from server.verify_log import all_centers, verify_chain

SCRIPTS = Path(__file__).parents[1] / "migrations"
BLOCK = 1 << 18


def back_up(url: str, target: Path, *, key: bytes | None) -> dict[str, Any]:
    """Write the database of `url` (a login that row-level security does not bind) to `target`; returns what its first
    line says and `bytes`. Raises BadBackup with one sentence."""
    partial = target.with_name(target.name + ".partial")
    with psycopg.connect(conninfo(url)) as owner:
        owner.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        _refuse_bound_login(owner)
        snapshot = _one(owner, "SELECT pg_export_snapshot()")
        header = _header(owner)
        try:
            with open(partial, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
                size = vault.write(file, header, _dump(url, snapshot), key=key)
                file.flush()
                os.fsync(file.fileno())
        except FileExistsError:
            raise BadBackup(
                f"{partial}: 다른 백업이 진행 중이거나 중단되었습니다 · another backup runs, or was cut off: remove it"
            ) from None
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
    partial.replace(target)
    _sync_folder(target.parent)
    return header | {"file": str(target), "bytes": size, "sealed": key is not None}


def restore(admin_url: str, database: str, source: Path, *, key: bytes | None, data_key: str) -> dict[str, Any]:
    """Make `database` from the file; returns `{"ok", "url", "created_at", "chains": {center: {"ok", "seq"}}, …}`.

    Raises BadBackup: the database exists, the file is damaged, the key is another. What was made of it is dropped.
    """
    with source.open("rb") as file:
        told, line = vault.read_header(file)
        with psycopg.connect(conninfo(admin_url), autocommit=True) as admin:
            if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
                raise BadBackup(f"'{database}' 데이터베이스가 이미 있습니다 · the database exists: name another one")
            ensure_role(admin)
            ensure_database(admin, database)
        inside = make_url(admin_url).set(database=database).render_as_string(hide_password=False)
        try:
            _pour(inside, vault.read(file, told, line, key=key))
            url = provision(admin_url, database, "installation", scripts=SCRIPTS)
        except BaseException:
            with psycopg.connect(conninfo(admin_url), autocommit=True) as admin:
                admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))
            raise
    chains = asyncio.run(_chains(inside, data_key, told["chains"]))
    whole = all(one["ok"] for one in chains.values())
    return {"ok": whole, "url": url, "created_at": told["created_at"], "schema": told["schema"], "chains": chains}


def look(source: Path) -> dict[str, Any]:
    """What the file says of itself; its dump is not read."""
    with source.open("rb") as file:
        return vault.read_header(file)[0]


def _refuse_bound_login(owner: psycopg.Connection[Any]) -> None:
    if not _one(owner, "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"):
        raise BadBackup(
            "관리자 접속이 필요합니다 · DATABASE_URL must name an administrator: this login does not see every row"
        )


def _header(owner: psycopg.Connection[Any]) -> dict[str, Any]:
    try:
        heads = owner.execute("SELECT center_id, seq, encode(hash, 'hex') FROM chain_head ORDER BY 1").fetchall()
        schema = _one(owner, "SELECT version_num FROM alembic_version")
    except psycopg.errors.UndefinedTable:
        raise BadBackup("안심 설치 데이터베이스가 아닙니다 · this is no installation's database") from None
    return {
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "database": owner.info.dbname,
        "schema": schema,
        "server": owner.info.server_version,
        "chains": {center: {"seq": seq, "hash": digest} for center, seq, digest in heads},
    }


def _program(name: str) -> str:
    try:
        return find_binaries().path(name)
    except ClusterError:
        if found := shutil.which(name):
            return found
        raise BadBackup(f"{name} 프로그램이 없습니다 · {name} is missing: install postgresql-client") from None


def _environment(url: str) -> dict[str, str]:
    """The address for libpq's programs; a password must not stand in the list of processes."""
    words = conninfo_to_dict(conninfo(url))
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    names |= {"options": "PGOPTIONS", "sslmode": "PGSSLMODE", "target_session_attrs": "PGTARGETSESSIONATTRS"}
    return os.environ | {names[word]: str(value) for word, value in words.items() if word in names}


def _dump(url: str, snapshot: str) -> Iterator[bytes]:
    command = [_program("pg_dump"), "--format=custom", f"--snapshot={snapshot}", "--no-password"]
    command.append("--no-unlogged-table-data")  # minutes old at most, and of people who are not ours
    process = subprocess.Popen(command, env=_environment(url), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    try:
        while block := process.stdout.read(BLOCK):
            yield block
        said = process.stderr.read().decode(errors="replace")
        if process.wait() != 0:
            raise BadBackup(f"pg_dump: {' '.join(said.split())[:300]}")
    finally:
        _end(process)


def _pour(url: str, pieces: Iterator[bytes]) -> None:
    """Everything or nothing: one transaction, and a damaged end of the file ends it."""
    command = [_program("pg_restore"), "--single-transaction", "--exit-on-error", "--no-owner", "--no-password"]
    environment = _environment(url)
    command += ["--dbname", environment["PGDATABASE"]]
    process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdin is not None
    try:
        try:
            for piece in pieces:
                process.stdin.write(piece)
        except BrokenPipeError:
            pass  # it says why on stderr
        said = process.communicate()[1].decode(errors="replace")
        if process.returncode != 0:
            raise BadBackup(f"pg_restore: {' '.join(said.split())[:300]}")
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None and not pipe.closed:
            try:
                pipe.close()
            except OSError:
                continue


async def _chains(url: str, data_key: str, expected: dict[str, Any]) -> dict[str, Any]:
    """Whether each center's log is unchanged and ends where the backup's first line says."""
    db = EventDatabase(url, sealer=ring_sealer(url, data_key), pool_size=1)
    try:
        async with db.begin() as unit:
            found = {}
            for center in sorted({*expected, *await all_centers(unit)}):
                report = await verify_chain(unit, center)
                wanted = expected.get(center, {"hash": None, "seq": 0})
                found[center] = {"ok": report.ok and report.head == wanted["hash"], "seq": wanted["seq"]}
            return found
    finally:
        await db.close()


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _one(connection: psycopg.Connection[Any], query: str) -> Any:
    row = connection.execute(query).fetchone()  # type: ignore[call-overload]
    return row[0] if row else None
