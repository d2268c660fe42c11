"""`ansim line set|list|check`: how an agency's own system is reached (docs/dispatch.md)."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from server.actor import Actor

if TYPE_CHECKING:
    from server.dispatch.lines import Line
    from server.dispatch.message import DispatchMessage
    from server.services import Services
    from server.settings import Settings

COMMAND = Actor("system", "command", "ansim line")
Work = Callable[["Services"], Awaitable[Any]]
_LIST = """
SELECT a.agency_id, a.kind AS agency_kind, l.kind, l.center_id, l.url, l.content_type, l.active
FROM agency a LEFT JOIN agency_line l USING (agency_id) ORDER BY 1, l.center_id NULLS FIRST
"""


def line_app(settings: Callable[[], Settings]) -> typer.Typer:
    """The commands; `settings` reads the environment and says what is missing."""
    app = typer.Typer(no_args_is_help=True, help="기관 회선 · lines to agencies' own systems")

    @app.command("set")
    def set_(
        agency: Annotated[str, typer.Argument(help="기관 아이디 · the agency's id, 112-demo")],
        kind: Annotated[str, typer.Option(help="desk | webhook | console")],
        url: Annotated[str, typer.Option(help="address of the agency's system (webhook)")] = "",
        center: Annotated[str, typer.Option(help="only for this center's code; default: all")] = "",
        content_type: Annotated[
            str, typer.Option(help="application/json | application/cap+xml | application/emergency.eido+json")
        ] = "application/json",
        timeout_s: Annotated[float, typer.Option(help="seconds, at most 30")] = 5.0,
        key: Annotated[str, typer.Option(help="the agency's own key; default: the old one, or a fresh one")] = "",
    ) -> None:
        """회선을 만들거나 바꿉니다 · make or change a line; its key is printed."""
        wanted = {"kind": kind, "url": url, "content_type": content_type, "timeout_s": timeout_s, "key": key}
        line = _run(settings, lambda services: _set(services, agency, center or None, wanted))
        print(f"{agency}: {line.kind} {line.url} {line.content_type}")
        if line.key:
            print(f"key (기관과만 공유하세요 · shared with the agency alone): {line.key}")

    @app.command("list")
    def list_() -> None:
        """기관과 회선 목록 · every agency and how it is reached."""
        for row in _run(settings, _rows):
            where = f"{row['kind']} {row['url']} {row['content_type']}" if row["kind"] and row["active"] else "desk"
            print(f"{row['agency_id']} ({row['agency_kind']}) {row['center_id'] or '*'}: {where}")

    @app.command("check")
    def check(
        agency: Annotated[str, typer.Argument(help="기관 아이디 · the agency's id")],
        center: Annotated[str, typer.Option(help="center code")],
    ) -> None:
        """시험 전문을 보냅니다 · send a test message: no person, no place, nobody is called."""
        print(f"ok {_run(settings, lambda services: _check(services, agency, center))}".rstrip())

    return app


def _run(settings: Callable[[], Settings], work: Work) -> Any:
    from server.dispatch.lines import BadLine
    from server.services import make_services

    async def inside() -> Any:
        services = make_services(settings())
        try:
            return await work(services)
        finally:
            await services.close()

    try:
        return asyncio.run(inside())
    except BadLine as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from None


async def _set(services: Services, agency: str, center: str | None, wanted: dict[str, Any]) -> Line:
    from server.dispatch.lines import BadLine, set_line

    async with services.db.begin() as unit:
        known = await unit.all("SELECT agency_id FROM agency ORDER BY 1")
        if agency not in {row["agency_id"] for row in known}:
            names = ", ".join(row["agency_id"] for row in known) or "none yet"
            raise BadLine(f"agency: there is no {agency!r}; known: {names}")
        return await set_line(unit, services, agency_id=agency, center_id=center, actor=COMMAND, **wanted)


async def _rows(services: Services) -> list[dict[str, Any]]:
    async with services.db.begin() as unit:
        return await unit.all(_LIST)


async def _check(services: Services, agency: str, center: str) -> str:
    from server.dispatch.gateway import Unreachable, WebhookGateway
    from server.dispatch.lines import BadLine, line_of

    async with services.db.begin() as unit:
        line = await line_of(unit, services, agency_id=agency, center_id=center)
    if line is None or line.kind != "webhook":
        raise BadLine(f"agency: {agency!r} has no webhook for center {center!r}; it works at its desk")
    gateway = WebhookGateway(services.settings.line_networks, services.settings.line_ca_file)
    try:
        taken = await gateway.send(line, _test_message(services, line, center))
    except Unreachable as error:
        raise BadLine(f"url: {line.url} did not take it: {error}") from None
    return taken.receipt_no if taken else ""


def _test_message(services: Services, line: Line, center: str) -> DispatchMessage:
    from server.dispatch.message import CenterFacts, DispatchMessage

    now = services.clock()
    return DispatchMessage(
        kind="test",
        installation=services.settings.installation,
        dispatch_id=str(uuid4()),
        request_no=1,
        case_no="TEST",
        center=CenterFacts(center, center, center),
        agency_id=line.agency_id,
        agency_kind="",
        incident_id=str(uuid4()),
        type="other",
        legal_basis="",
        is_drill=False,
        sent_at=now,
        requested_at=now,
        opened_at=now,
        note="회선 시험 · line check",
    )
