"""`ansim verify-log` and `ansim checkpoint`: their options, and what they print."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from server.log.checkpoints import Checkpoint
    from server.settings import Settings
    from server.verify_log import Report


def attach(app: typer.Typer, settings: Callable[[], Settings]) -> None:
    """Add both commands; `settings` reads the environment, and refuses in one sentence what can't be read."""

    @app.command("verify-log")
    def verify_log(
        center: Annotated[str | None, typer.Option(help="센터 코드 · center code; default: every chain")] = None,
        database: Annotated[str, typer.Option(help="database of the private cluster")] = "ansim_serving",
        checkpoints: Annotated[
            list[Path] | None,
            typer.Option(metavar="FILE", help="따로 보관한 확인점 · checkpoints that are kept elsewhere"),
        ] = None,
        as_json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False,
    ) -> None:
        """기록이 고쳐지지 않았는지 확인합니다 · prove that the log was not changed (exit 1 and the first bad row).

        DATABASE_URL and DATA_KEY name the installation; without them the private cluster's database is read. Without
        DATA_KEY payloads are not opened. A database user who may only read is enough.
        """
        found = _read(center, database, checkpoints or [])
        print(json.dumps(as_object(found), ensure_ascii=False) if as_json else "\n".join(sentences(found)))
        if any(not report.ok for report in found):
            raise typer.Exit(1)

    @app.command()
    def checkpoint(
        out: Annotated[
            Path | None, typer.Option(metavar="FILE", help="이 파일에 덧붙임 · append to this file; absent: print")
        ] = None,
    ) -> None:
        """기록의 현재 끝에 서명합니다 · sign where each chain of the log stands now; keep the lines elsewhere."""
        from location_router.runtime.db import Unavailable
        from server.log.checkpoints import append

        try:
            made = asyncio.run(_take(settings()))
            if out is not None:
                append(out, made)
        except (Unavailable, OSError) as error:
            print(str(error), file=sys.stderr)
            raise typer.Exit(2) from None
        for one in made if out is None else ():
            print(one.line())


def _read(center: str | None, database: str, paths: list[Path]) -> list[Report]:
    import psycopg

    from location_router.runtime.pg_binaries import ClusterError
    from server.log.checkpoints import read_file
    from server.log.proof import reports

    try:
        kept = [one for path in paths for one in read_file(path)]
        return asyncio.run(reports(center=center, database=database, kept=kept))
    except (ClusterError, ValueError, OSError, psycopg.Error) as error:
        print(str(error).strip(), file=sys.stderr)
        raise typer.Exit(2) from None


async def _take(settings: Settings) -> list[Checkpoint]:
    """The newest checkpoint of every chain, made now where the chain has grown."""
    from server.log.checkpoints import newest, take, write_out
    from server.services import make_services

    services = make_services(settings)
    try:
        await take(services)
        await write_out(services)
        async with services.db.begin() as unit:
            return await newest(unit)
    finally:
        await services.close()


def as_object(found: Sequence[Report]) -> dict[str, Any]:
    """What `--json` prints: one object over all chains."""
    bad = next((one for one in found if one.finding), None)
    return {
        "ok": bad is None,
        "rows": sum(one.events for one in found),
        "first_bad": _first_bad(bad) if bad else None,
        "checkpoints": sum(one.checkpoints for one in found),
        "payloads_not_opened": sum(one.unread for one in found),
        "chains": [
            {"center": one.center, "ok": one.ok, "rows": one.events, "head": one.head, "first_bad": _first_bad(one)}
            for one in found
        ],
    }


def _first_bad(report: Report) -> dict[str, Any] | None:
    bad = report.finding
    return {"center": report.center, "seq": bad.seq, "row": bad.row, "what": bad.what} if bad else None


def sentences(found: Sequence[Report]) -> list[str]:
    """A line for each chain."""
    lines = ["no events · 기록 없음"] if not found else []
    for one in found:
        bad, marks = one.finding, f", {one.checkpoints} checkpoints" if one.checkpoints else ""
        if bad is None:
            lines.append(f"{one.center}: {one.events} events{marks}, unchanged · 이상 없음 (head {one.head[:16]})")
        else:
            place = f"{bad.row} · " if bad.row else ""
            lines.append(f"{one.center}: CHANGED at seq {bad.seq}: {place}{bad.what} · {bad.seq}번 기록이 변경됨")
    if unread := sum(one.unread for one in found):
        lines.append(f"{unread} payloads not opened: DATA_KEY is absent · DATA_KEY가 없어 내용은 확인하지 못했습니다")
    return lines
