"""`ansim import cctv`: the national CCTV data into the registry of cameras."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from server.cameras.importing.importer import Wish
    from server.cameras.importing.reports import FileReport, ImportReport
    from server.settings import Settings

SHOWN = 20


def import_app(settings: Callable[[], Settings]) -> typer.Typer:
    """The commands of `ansim import`; `settings` reads the environment and refuses in one sentence."""
    commands = typer.Typer(no_args_is_help=True, help="자료를 가져옵니다 · bring data in.")

    @commands.callback()
    def _several() -> None:
        """One command now, others later: `cctv` keeps its name."""

    @commands.command()
    def cctv(
        files: Annotated[
            list[Path], typer.Argument(metavar="FILE…", help="CSV, TSV, XLSX, SQL INSERT", show_default=False)
        ],
        dry_run: Annotated[bool, typer.Option("--dry-run", help="쓰지 않고 보고만 · report, write nothing")] = False,
        as_json: Annotated[bool, typer.Option("--json", help="파일마다 JSON 한 줄 · one JSON line per file")] = False,
        center: Annotated[str, typer.Option(metavar="CODE", help="이 시·군·구의 줄만 · rows of this center only")] = "",
        source: Annotated[str, typer.Option(metavar="NAME", help="자료 묶음의 이름 · name of the data set")] = "cctv",
        retire_missing: Annotated[
            bool,
            typer.Option(
                "--retire-missing", help="전체 자료이므로 빠진 것은 철거로 · the set is whole: retire what is missing"
            ),
        ] = False,
    ) -> None:
        """CCTV 표준데이터를 카메라 대장에 넣습니다 · national CCTV data into the registry (exit 1: nothing came)."""
        from server.cameras.importing.importer import Wish

        wish = Wish(tuple(files), source, center or None, dry_run, retire_missing)
        report = _imported(settings(), wish)
        for line in report.lines() if as_json else ():
            print(json.dumps(line, ensure_ascii=False))
        if not as_json:
            print(_sentences(report))
        if any(one.error for one in report.files) or not any(one.imported for one in report.files):
            raise typer.Exit(1)

    return commands


def _imported(settings: Settings, wish: Wish) -> ImportReport:
    from location_router.runtime.db import Unavailable
    from server.cameras.importing.importer import ImportRefused

    try:
        return asyncio.run(_run(settings, wish))
    except ImportRefused as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from None
    except Unavailable as error:
        print(f"데이터베이스에 닿지 않습니다 · the database is away: {error}", file=sys.stderr)
        raise typer.Exit(1) from None


async def _run(settings: Settings, wish: Wish) -> ImportReport:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    from server.cameras.importing.importer import import_files
    from server.console.jurisdictions import enter_centers
    from server.services import make_services

    services = make_services(settings.model_copy(update={"video_gateway": "console"}))
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}% {task.fields[rows]:>9,}줄 · rows"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
    tasks: dict[str, TaskID] = {}

    def progress(file: str, share: float, rows: int) -> None:
        if file not in tasks:
            tasks[file] = bar.add_task(file, total=1.0, rows=0)
        bar.update(tasks[file], completed=share, rows=rows)

    try:
        await enter_centers(services)
        with bar:
            return await import_files(services, wish, progress)
    finally:
        await services.close()


def _sentences(report: ImportReport) -> str:
    lines = [line for one in report.files for line in _about(one)]
    lines.append(
        f"새로 {report.new:,} · 바뀜 {report.updated:,} · 옮김 {report.moved:,} · 그대로 {report.unchanged:,}"
        f" · 다시 {report.returned:,} · 철거 {report.retired:,}  (new, updated, moved, unchanged, returned, retired)"
    )
    for kept in report.missing:
        lines.append(f"  {kept['name']}: {kept['missing']:,}/{kept['of']:,} {kept['ko']} · {kept['en']}")
    if report.is_dry_run:
        lines.append("시험 실행: 아무것도 쓰지 않았습니다 · dry run: nothing was written")
    return "\n".join(lines)


def _about(one: FileReport) -> list[str]:
    if one.error is not None:
        told: dict[str, Any] = one.error.json()
        return [f"{one.file}: {told['ko']} · {told['en']} {told['detail']}".rstrip()]
    from server.cameras.importing.reasons import WORDS

    lines = [
        f"{one.file}  [{one.layout}, {one.encoding}]  {one.rows:,}줄 중 {one.imported:,}줄, 카메라 {one.cameras:,}대"
        f" · {one.imported:,} of {one.rows:,} rows, {one.cameras:,} cameras"
    ]
    named = [(line, reason, detail) for line, reason, detail in one.refused]
    named += [(line, reason, _suggested(suggestion)) for line, reason, suggestion, _, _ in one.doubtful]
    for line, reason, detail in sorted(named)[:SHOWN]:
        ko, en = WORDS[reason]
        lines.append(f"  {line}행 {ko} · {en}{f': {detail}' if detail else ''}")
    if len(named) > SHOWN:
        lines.append(f"  … {len(named) - SHOWN:,}줄 더 · more: --json")
    return lines


def _suggested(suggestion: dict[str, Any] | None) -> str:
    if not suggestion:
        return ""
    return ", ".join(f"{name}={value}" for name, value in suggestion.items())
