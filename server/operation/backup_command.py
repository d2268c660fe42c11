"""The words of `ansim backup` and `ansim restore`; what they need is imported when they run."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

DEFAULT_DATABASE = "ansim_serving"


def _key() -> bytes | None:
    from location_router.runtime.seal import key_bytes

    given = os.environ.get("BACKUP_KEY", "")
    return key_bytes(given, wanted="BACKUP_KEY must be base64 of 32 bytes: ansim doctor --new-key") if given else None


@contextmanager
def _plain_words() -> Iterator[None]:
    """One sentence instead of a stack trace, exit code 1."""
    import psycopg

    from location_router.runtime.pg_binaries import ClusterError
    from server.operation.vault import BadBackup

    try:
        yield
    except (BadBackup, ClusterError, ValueError) as error:
        sentence = str(error)
    except OSError as error:
        sentence = f"{error.filename or ''}: {error.strerror or error}"
    except psycopg.Error as error:
        sentence = " ".join(str(error).split())[:300]
    else:
        return
    print(sentence, file=sys.stderr)
    raise typer.Exit(1) from None


def back_up(
    out: Annotated[Path, typer.Option(help="파일 또는 폴더 · a file, or a folder for a dated one")] = Path("."),
    database: Annotated[str, typer.Option(help="database of the installation")] = DEFAULT_DATABASE,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON line")] = False,
) -> None:
    """설치 데이터베이스를 한 파일로 백업합니다 · write the installation's database to one file.

    DATABASE_URL names the server as its administrator (its database name is replaced by --database); without it the
    private cluster is read. BACKUP_KEY seals the file. The file holds no key: keep DATA_KEY elsewhere.
    """
    from location_router.runtime.postgres import cluster_or_env
    from server.operation import backup

    with _plain_words():
        key = _key()
        stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        target = out / f"{database}-{stamp}.ansim" if out.is_dir() else out
        with cluster_or_env(on_progress=lambda line: print(line, file=sys.stderr)) as server:
            told = backup.back_up(server.url(database), target, key=key)
        if key is None:
            print(
                "봉인하지 않은 백업: 위치가 그대로 들어 있습니다 · not sealed, places stand in it: set BACKUP_KEY",
                file=sys.stderr,
            )
        _say(told, as_json, f"{told['file']}: {told['bytes']:,} bytes, schema {told['schema']}")


def restore(
    source: Annotated[Path, typer.Argument(help="백업 파일 · the file")],
    database: Annotated[str, typer.Option(help="새 데이터베이스 · name of the database to make")] = "",
    look: Annotated[bool, typer.Option("--look", help="say what the file is, and restore nothing")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON line")] = False,
) -> None:
    """백업을 새 데이터베이스로 되살리고 기록을 검증합니다 · make a new database from a backup and prove its log.

    DATABASE_URL and DATA_KEY as for `ansim migrate`. Exit code 1 when the log is not what the backup said.
    """
    from location_router.runtime.postgres import cluster_or_env
    from server.operation import backup

    with _plain_words():
        if look:
            told: dict[str, Any] = backup.look(source)
            return _say(told, as_json, f"{told['created_at']} {told['database']}, schema {told['schema']}")
        if not database:
            raise ValueError("--database 이름이 필요합니다 · name the database to make with --database")
        data_key = os.environ.get("DATA_KEY", "")
        if not data_key:
            raise ValueError("DATA_KEY가 필요합니다 · DATA_KEY is needed: the log is proved with it")
        with cluster_or_env(on_progress=lambda line: print(line, file=sys.stderr)) as server:
            done = backup.restore(server.admin_url, database, source, key=_key(), data_key=data_key)
        centers = ", ".join(f"{center} {'✓' if one['ok'] else '✗'}" for center, one in done["chains"].items())
        _say(done, as_json, f"{done['url']}\n기록 · log: {centers or '-'}")
        print(
            "이어서 `ansim purge`: 백업 뒤에 지운 것이 되살아났을 수 있습니다 · "
            "run `ansim purge` next: what was deleted after the backup is back",
            file=sys.stderr,
        )
    if not done["ok"]:
        raise typer.Exit(1)


def _say(told: dict[str, Any], as_json: bool, sentence: str) -> None:
    print(json.dumps(told, ensure_ascii=False) if as_json else sentence)


def attach(app: typer.Typer) -> None:
    """Two commands more for `ansim`."""
    app.command("backup")(back_up)
    app.command("restore")(restore)
