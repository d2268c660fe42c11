"""`ansim purge`: a run now, or with `--dry-run` what one would delete."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from server.settings import Settings


def attach(app: typer.Typer, settings: Callable[[], Settings]) -> None:
    """Add the command; `settings` reads the environment, and refuses in one sentence what can't be read."""

    @app.command()
    def purge(
        dry_run: Annotated[bool, typer.Option("--dry-run", help="지우지 않고 세기만 · count, delete nothing")] = False,
        as_json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False,
        as_of: Annotated[
            str | None,
            typer.Option(metavar="DATE", help="이날 기준 · as of this day (2026-12-01); after today: dry run only"),
        ] = None,
    ) -> None:
        """보관 기간이 지난 것을 지웁니다 · delete what has served its time, with proof; exit 1 when a kind failed."""
        try:
            moment = _moment(as_of, dry_run=dry_run)
        except ValueError as error:
            print(error, file=sys.stderr)
            raise typer.Exit(2) from None
        from location_router.runtime.db import Unavailable

        try:
            told = asyncio.run(_run(settings(), moment, dry_run=dry_run))
        except Unavailable as error:
            print(f"데이터베이스에 닿지 않습니다 · the database is away: {error}", file=sys.stderr)
            raise typer.Exit(1) from None
        print(json.dumps(told, ensure_ascii=False) if as_json else _sentences(told, dry_run=dry_run))
        if told["failed"] or told["another_is_running"]:
            raise typer.Exit(1)


def _moment(as_of: str | None, *, dry_run: bool) -> datetime | None:
    """The end of that day. ValueError: names the option, the value and the cure."""
    if as_of is None:
        return None
    try:
        day = date.fromisoformat(as_of)
    except ValueError:
        raise ValueError(f"--as-of {as_of}: 2026-12-01처럼 쓰세요 · write a day like 2026-12-01") from None
    moment = datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC)
    if day > datetime.now(UTC).date() and not dry_run:
        raise ValueError(f"--as-of {as_of}: 앞날은 --dry-run으로만 · a day to come goes with --dry-run only")
    return moment


async def _run(settings: Settings, as_of: datetime | None, *, dry_run: bool) -> dict[str, Any]:
    from server.retention.purge import described, what_is_due
    from server.retention.purge import purge as run
    from server.services import make_services

    services = make_services(settings.model_copy(update={"video_gateway": "console"}))
    try:
        if not dry_run:
            return described(await run(services, as_of=as_of))
        moment = as_of or services.clock()
        due = await what_is_due(services, as_of=moment)
        return {
            "run_id": None,
            "as_of": moment.isoformat(),
            "deleted": [{"center": center, "kind": kind, "items": n} for (center, kind), n in sorted(due.items())],
            "total": sum(due.values()),
            "failed": {},
            "another_is_running": False,
        }
    finally:
        await services.close()


def _sentences(told: dict[str, Any], *, dry_run: bool) -> str:
    from server.retention.kinds import kind_named

    if told["another_is_running"]:
        return "다른 삭제 작업이 돌고 있습니다 · another purge is running"
    counts: Counter[str] = Counter()
    for one in told["deleted"]:
        counts[one["kind"]] += one["items"]
    lines = []
    for name, items in counts.items():
        kind = kind_named(name)
        lines.append(f"{items:>10,}  {kind.what_ko if kind else name} · {kind.what_en if kind else name}")
    lines += [f"실패 · failed: {name} ({error})" for name, error in told["failed"].items()]
    last = "지울 것 · to delete" if dry_run else "지움 · deleted"
    return "\n".join([*lines, f"{told['total']:>10,}  {last} (as of {told['as_of'][:10]})"])
