"""`ansim replay`: its options, and what it prints."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

if TYPE_CHECKING:
    from server.settings import Settings

LONGEST_WAIT_S = 10.0


def attach(app: typer.Typer, settings: Callable[[], Settings]) -> None:
    """Add the command; `settings` reads the environment, and refuses in one sentence what can't be read."""

    @app.command()
    def replay(
        incident: Annotated[UUID, typer.Argument(help="사건 번호 · the incident's id")],
        reason: Annotated[str, typer.Option(help="열람 사유, 제공기록에 남음 · why; it goes into the log")] = "",
        login: Annotated[str, typer.Option(help="보는 사람의 계정(log.export) · whose account shows it")] = "",
        without_payloads: Annotated[
            bool, typer.Option("--without-payloads", help="내용 없이 · only what happened and when")
        ] = False,
        speed: Annotated[float, typer.Option(min=0.1, help="몇 배 빠르게 · so many times as fast as it was")] = 60.0,
        instant: Annotated[bool, typer.Option("--instant", help="기다리지 않고 · all at once")] = False,
        as_json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False,
    ) -> None:
        """사건을 기록에서 다시 보여 줍니다 · show an incident again from its log (exit 1: log and row differ)."""
        from server.oversight.replay import as_object, as_text

        told, differ, shows = _read(settings(), incident, login, reason, not without_payloads)
        if as_json:
            lines = [as_object(step, with_payload=shows) for step in told]
            found = {"incident_id": str(incident), "ok": not differ, "lines": lines, "differences": differ}
            print(json.dumps(found | {"purged": sum(one["purged"] for one in lines)}, ensure_ascii=False, default=str))
        else:
            last = None
            for step in told:
                if last is not None and not instant:
                    time.sleep(min(LONGEST_WAIT_S, max(0.0, (step.line.at - last).total_seconds() / speed)))
                last = step.line.at
                print(as_text(step, with_payload=shows), flush=True)
            print("\n".join(_verdict(differ, sum(step.line.payload is None for step in told), len(told))))
        if differ:
            raise typer.Exit(1)


def _read(settings: Settings, incident: UUID, login: str, reason: str, with_payloads: bool) -> Any:
    from location_router.runtime.db import Unavailable
    from server.oversight.replay_service import NotShown, replay
    from server.services import make_services

    async def inside() -> Any:
        services = make_services(settings)
        try:
            return await replay(services, incident, login=login, reason=reason, with_payloads=with_payloads)
        finally:
            await services.close()

    try:
        return asyncio.run(inside())
    except (NotShown, Unavailable) as error:
        print(str(error), file=sys.stderr)
        raise typer.Exit(2) from None


def _verdict(differ: list[dict[str, Any]], purged: int, count: int) -> list[str]:
    lines = [f"{count} lines, {purged} without their payload · 기록 {count}줄, 내용이 파기된 것 {purged}줄"]
    if not differ:
        return [*lines, "기록과 현재 행이 같습니다 · log and row agree"]
    told = ", ".join(f"{one['field']}: log {one['log']} ≠ row {one['row']}" for one in differ)
    return [*lines, f"기록과 현재 행이 다릅니다 · log and row DIFFER: {told}"]
