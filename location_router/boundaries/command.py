"""`python -m location_router boundaries import | list | diff | preview | activate | rollback | discard`.

They work in the database of `DATABASE_URL`, or without it in the private PostGIS of this machine. What a person reads
stands on stdout in both languages, or as JSON with `--json`; progress and refusals stand on stderr.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from location_router.index import Index
    from location_router.runtime.pool import Connection

DATABASE = "ansim_router"
TICK_S = 5.0
Json = Annotated[bool, typer.Option("--json", help="JSON")]
Version = Annotated[str, typer.Argument(metavar="VERSION", help="버전 이름 · see `boundaries list`")]
Geo = Annotated[Path | None, typer.Option("--geojson", help="GeoJSON 파일로 · write the shapes to this file")]
T = TypeVar("T")


def attach(app: typer.Typer) -> None:
    """Adds the commands to `boundaries`."""
    commands: dict[str, Callable[..., None]] = {
        "import": import_file,
        "list": list_versions,
        "diff": diff,
        "preview": preview,
        "activate": activate,
        "rollback": rollback,
        "discard": discard,
    }
    for name, function in commands.items():
        app.command(name)(function)


def import_file(
    file: Annotated[Path, typer.Argument(help="GeoJSON, zipped Shapefile, GeoPackage")],
    effective: Annotated[str, typer.Option("--effective", help="YYYY-MM-DD: 시행일 · the day it is meant for")],
    name: Annotated[str, typer.Option("--name", help="버전 이름 · of the version; default DATE.1")] = "",
    crs: Annotated[str, typer.Option("--crs", help="EPSG:4326, 5174, 5179, 5181, 5186 …")] = "",
    layer: Annotated[str, typer.Option("--layer", help="where the file holds several")] = "",
    encoding: Annotated[str, typer.Option("--encoding", help="UTF-8, CP949; default: found out")] = "",
    code_field: Annotated[str, typer.Option("--code-field", help="default: guessed")] = "",
    name_field: Annotated[str, typer.Option("--name-field", help="default: guessed")] = "",
    name_en_field: Annotated[str, typer.Option("--name-en-field", help="default: guessed")] = "",
    province_field: Annotated[str, typer.Option("--province-field", help="default: guessed")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="보고만 · report only, keep nothing")] = False,
    as_json: Json = False,
) -> None:
    """경계 파일을 초안으로 · make a draft version from a file; nothing takes effect before `activate`."""
    from location_router.admin.record import this_person
    from location_router.boundaries.versions import store_draft

    day = _day(effective, "--effective")
    fields = {"code": code_field, "name": name_field, "name_en": name_en_field, "province": province_field}
    with _plain_refusals():
        draft, index = draft_of(file, crs=crs, layer=layer, encoding=encoding, fields=fields, day=day)
        if not dry_run:
            by = this_person()
            label = _in_database(lambda conn: store_draft(conn, draft, effective=day, label=name, by=by, index=index))
            draft.report |= {"version": label}
    draft.report |= {"effective": effective, "dry_run": dry_run}
    show_report(draft.report, as_json=as_json)


def draft_of(
    file: Path, *, crs: str = "", layer: str = "", encoding: str = "", fields: dict[str, str], day: date | None = None
) -> tuple[Any, Index]:
    """The draft of a file beside the version in force on `day`, and the index. Raises ImportFailed, SnapshotError."""
    from location_router.boundaries.importing import make_draft
    from location_router.index import NoVersionError
    from location_router.locate import say
    from location_router.ready import index_in_force

    index = index_in_force(progress=say)
    try:
        base = index.version(day)
    except NoVersionError:
        base = index.all_versions()[0]
    with _ticking() as tell:
        draft = make_draft(file, crs=crs, layer=layer, encoding=encoding, fields=fields, base=base, progress=tell)
    return draft, index


@contextmanager
def _ticking() -> Iterator[Callable[[str], None]]:
    """Each step on stderr, and during a long one every few seconds how long it has taken."""
    from location_router.locate import say

    done, step = threading.Event(), {"since": time.monotonic()}

    def tell(line: str) -> None:
        step["since"] = time.monotonic()
        say(line)

    def tick() -> None:
        while not done.wait(TICK_S):
            if (spent_s := time.monotonic() - step["since"]) >= TICK_S:
                say(f"  … {spent_s:.0f} s")

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield tell
    finally:
        done.set()
        thread.join()


def report_on(file: Path, *, crs: str, layer: str, fields: dict[str, str], as_json: bool) -> None:
    """`boundaries check FILE`: the import's report without an import; exit code 1 when something was refused."""
    with _plain_refusals():
        draft, _ = draft_of(file, crs=crs, layer=layer, fields=fields)
    show_report(draft.report, as_json=as_json)
    if draft.report["refused"]:
        raise typer.Exit(1)


def show_report(report: dict[str, Any], *, as_json: bool) -> None:
    """An import's report on stdout."""
    from location_router.boundaries.report import for_people

    print(json.dumps(report, ensure_ascii=False) if as_json else for_people(report))


def list_versions(as_json: Json = False) -> None:
    """버전 목록 · the imported versions and their states, and the built-in ones."""
    from location_router.boundaries.versions import stored_versions
    from location_router.locate import say
    from location_router.ready import ready_index

    with _plain_refusals():
        rows = [one.as_dict() for one in _in_database(stored_versions)]
        index = ready_index(progress=say)
    rows += [
        {"version": one.boundary_version, "effective": one.effective.isoformat(), "state": "built-in"}
        | {"centers": len(one.centers), "source": "", "in_force": []}
        for one in index.built_in()
    ]
    ruling = next((row["version"] for row in rows if row["state"] == "active"), "")
    if not ruling:
        ruling = index.with_activated([]).version().boundary_version
    for row in rows:
        row["is_in_force"] = row["version"] == ruling
    rows.sort(key=lambda row: (row["effective"], row["state"] != "built-in"))
    if as_json:
        print(json.dumps({"versions": rows}, ensure_ascii=False))
        return
    for row in rows:
        spans = ", ".join(f"{one['from']} – {one['until'] or ''}" for one in row["in_force"])
        mark = "→" if row["is_in_force"] else " "
        print(f"{mark} {row['version']:24} {row['effective']}  {_STATES[row['state']]:28} {row['centers']:4}  {spans}")


_STATES = {
    "draft": "초안 · draft",
    "scheduled": "예정 · scheduled",
    "active": "시행 중 · active",
    "superseded": "다른 버전이 우선 · superseded",
    "past": "지남 · past",
    "withdrawn": "되돌림 · withdrawn",
    "built-in": "내장 · built-in",
}


def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="imported or built-in version")],
    after: Annotated[str, typer.Argument(metavar="B")],
    geojson: Geo = None,
    as_json: Json = False,
) -> None:
    """어디가 바뀌나 · which areas change hands from A to B."""
    from location_router.boundaries.changes import changes
    from location_router.boundaries.versions import areas, collection
    from location_router.locate import say
    from location_router.ready import ready_index

    with _plain_refusals():
        index = ready_index(progress=say)

        async def both(conn: Connection) -> Any:
            return await areas(conn, before, index=index), await areas(conn, after, index=index)

        old, new = _in_database(both)
        found = changes(old, new, progress=say)
        if geojson:
            _write(geojson, collection([(one.as_dict(), one.shape) for one in found]))
    rows = [one.as_dict() for one in found]
    if as_json:
        print(json.dumps({"from": before, "to": after, "changes": rows}, ensure_ascii=False))
        return
    from location_router.boundaries.report import change_lines

    print("\n".join(change_lines(before, after, rows)))


def preview(version: Version, geojson: Annotated[Path, typer.Option("--geojson")]) -> None:
    """버전을 GeoJSON으로 · write a version's jurisdictions as GeoJSON."""
    from location_router.boundaries.versions import preview as shapes_of
    from location_router.locate import say
    from location_router.ready import ready_index

    with _plain_refusals():
        index = ready_index(progress=say)
        _write(geojson, _in_database(lambda conn: shapes_of(conn, version, index=index)))
    print(geojson)


def activate(
    version: Version,
    effective: Annotated[str, typer.Option("--effective", help="YYYY-MM-DD; default: the import's own")] = "",
    until: Annotated[str, typer.Option("--until", help="YYYY-MM-DD, not included: for borders of the past")] = "",
    allow_missing: Annotated[bool, typer.Option("--allow-missing", help="although centers lose their place")] = False,
    as_json: Json = False,
) -> None:
    """버전을 켭니다(앞날이면 예약) · put a version in force from its day on; a day to come schedules it."""
    from location_router.admin.record import this_person
    from location_router.boundaries.versions import activate as switch_on
    from location_router.locate import say
    from location_router.ready import ready_index

    with _plain_refusals():
        index = ready_index(progress=say)
        start = _day(effective, "--effective") if effective else None
        end = _day(until, "--until") if until else None
        done = _in_database(
            lambda conn: switch_on(
                conn, version, effective=start, until=end, by=this_person(), allow_missing=allow_missing, index=index
            ),
            is_activation=True,
        )
    if as_json:
        print(json.dumps(done, ensure_ascii=False))
        return
    end_text = f" – {done['until']}" if done["until"] else ""
    print(f"{done['version']}  {_STATES[done['state']]}  {done['effective']}{end_text} (KST)")


def rollback(as_json: Json = False) -> None:
    """마지막으로 켠 것을 되돌립니다 · take back the newest activation; what held before holds again."""
    from location_router.admin.record import this_person
    from location_router.boundaries.versions import rollback as take_back

    with _plain_refusals():
        done = _in_database(lambda conn: take_back(conn, by=this_person()), is_activation=True)
    if as_json:
        print(json.dumps(done, ensure_ascii=False))
        return
    active = done["active"] or "내장 · built-in"
    print(f"{done['withdrawn']} ({done['effective']}) 되돌림 · withdrawn; 이제 · now: {active}")


def discard(version: Version) -> None:
    """초안을 지웁니다 · forget a draft that was never activated."""
    from location_router.admin.record import this_person
    from location_router.boundaries.versions import discard as forget

    with _plain_refusals():
        _in_database(lambda conn: forget(conn, version, by=this_person()))
    print(f"{version} 지움 · forgotten")


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        print(f"{field} {text!r}: YYYY-MM-DD로, 예: 2026-12-01 · give a date as YYYY-MM-DD", file=sys.stderr)
        raise typer.Exit(2) from None


def _write(path: Path, content: dict[str, Any]) -> None:
    try:
        path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    except OSError as problem:
        why = problem.strerror or problem
        print(f"--geojson {str(path)!r}: 쓸 수 없습니다 · it can't be written ({why})", file=sys.stderr)
        raise typer.Exit(2) from None


@contextmanager
def _plain_refusals() -> Iterator[None]:
    """Sentences instead of tracebacks: exit code 2 for what was asked, 1 for what is not there."""
    import psycopg

    from location_router.boundaries.importing import ImportFailed
    from location_router.boundaries.versions import VersionProblem
    from location_router.index import SnapshotError
    from location_router.runtime.pg_binaries import ClusterError

    try:
        yield
    except (ImportFailed, VersionProblem) as problem:
        print(str(problem), file=sys.stderr)
        raise typer.Exit(2) from None
    except (SnapshotError, ClusterError) as problem:
        print(str(problem), file=sys.stderr)
        raise typer.Exit(1) from None
    except psycopg.errors.UndefinedTable:
        print(
            "DATABASE_URL: 라우터의 표가 없습니다. `python -m location_router migrate`를 먼저 "
            "· it has no tables of the "
            "router, or old ones; run `python -m location_router migrate` first",
            file=sys.stderr,
        )
        raise typer.Exit(1) from None
    except psycopg.OperationalError as problem:
        reason = " ".join(str(problem).split())[:200]
        print(f"DATABASE_URL: 연결할 수 없습니다 · it can't be reached ({reason})", file=sys.stderr)
        raise typer.Exit(1) from None


def _in_database(work: Callable[[Connection], Awaitable[T]], *, is_activation: bool = False) -> T:
    """Runs `work` in one transaction of the router's database. A private cluster ends with this command, so what an
    activation changed is put beside the snapshot at once: nobody could ask the database later."""
    if given := os.environ.get("DATABASE_URL"):
        return asyncio.run(_transaction(given, work))
    from location_router.boundaries.following import brought_up
    from location_router.index import snapshot_path
    from location_router.ready import ready_index
    from location_router.runtime.postgres import private_cluster, to_stderr
    from location_router.runtime.provision import provision

    with private_cluster(on_progress=to_stderr) as cluster:
        url = provision(cluster.admin_url, DATABASE, "router")
        done = asyncio.run(_transaction(url, work))
        if is_activation:
            to_stderr("스냅숏에 적는 중 · putting it beside the snapshot …")
            try:
                asyncio.run(brought_up(ready_index(), url, snapshot_path()))
            except (OSError, ValueError) as problem:
                to_stderr(f"{snapshot_path()}: 적지 못했습니다 · it stays as it was: {problem}")
        return done


async def _transaction(url: str, work: Callable[[Connection], Awaitable[T]]) -> T:
    import psycopg

    from location_router.runtime.db import conninfo

    async with (
        await psycopg.AsyncConnection.connect(conninfo(url), autocommit=True, connect_timeout=5) as conn,
        conn.transaction(),
    ):
        return await work(conn)


def migrate(
    database: Annotated[str, typer.Option(help="name of the router's database")] = DATABASE,
    bus: Annotated[
        str, typer.Option("--bus", help="이 이름의 버스(PgBus)만 · the bus's database of this name instead")
    ] = "",
) -> None:
    """라우터의 데이터베이스를 만들거나 새 판으로 올립니다 · create or upgrade the router's database, and print its URL.

    DATABASE_URL names the server as its administrator; without it the private cluster is used. With --bus it is the
    database of PgBus, and what is printed is everybody's BUS_URL.
    """
    from location_router.runtime.postgres import cluster_or_env, to_stderr
    from location_router.runtime.provision import provision

    with _plain_refusals(), cluster_or_env(on_progress=to_stderr) as server:
        print(provision(server.admin_url, bus or database, "bus" if bus else "router"))
