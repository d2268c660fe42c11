"""`python -m location_router sender add|rotate|revoke|list` and `conformance`: senders on the command line.

Changes go to the router's database (`DATABASE_URL`, `DATA_KEY`) and stand in the administrators' record.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated, Any

import typer

sender_app = typer.Typer(no_args_is_help=True, help="등록된 송신자 · registered senders: vendors' apps, gateways.")
SenderId = Annotated[str, typer.Argument(help="2-40 of a-z, 0-9, hyphen", show_default=False)]
Json = Annotated[bool, typer.Option("--json")]


@sender_app.command("add")
def add(
    sender_id: SenderId,
    name: Annotated[str, typer.Option("--name", help="이름 · who it is")],
    scopes: Annotated[
        str, typer.Option("--scopes", help="alerts,positions,sms_gateway,els,sandbox,requests")
    ] = "sandbox",
    contact: Annotated[str, typer.Option("--contact", help="연락처 · whom to call")] = "",
    rate: Annotated[int, typer.Option("--rate", min=1, help="messages a minute; faster ones wait")] = 600,
    certificate: Annotated[str, typer.Option("--certificate", help="SHA-256 of its client certificate")] = "",
    agency: Annotated[str, typer.Option("--agency", help="연계 기관 · the agency it raises requests for")] = "",
    as_json: Json = False,
) -> None:
    """송신자를 등록하고 키를 한 번 보여 줍니다 · register a sender and show its key once."""
    from location_router.senders import store

    async def work(conn: Any, sealer: Any) -> Any:
        return await store.create(
            conn,
            sealer,
            sender_id=sender_id,
            name=name,
            scopes=[one.strip() for one in scopes.split(",") if one.strip()],
            contact=contact,
            rate_per_minute=rate,
            certificate_sha256=certificate,
            agency_id=agency,
        )

    _show(_change("sender:created", sender_id, work), as_json)


@sender_app.command("rotate")
def rotate(
    sender_id: SenderId,
    overlap_hours: Annotated[float, typer.Option("--overlap-hours", min=0, help="the old key stays good")] = 168.0,
    as_json: Json = False,
) -> None:
    """새 키를 만듭니다 · make a second key; both are good for a while."""
    from location_router.senders import store

    async def work(conn: Any, sealer: Any) -> Any:
        return await store.rotate(conn, sealer, sender_id, overlap_s=overlap_hours * 3600)

    _show(_change("sender:rotated", sender_id, work), as_json)


@sender_app.command("revoke")
def revoke(sender_id: SenderId) -> None:
    """송신자를 해지합니다 · revoke a sender: its alerts are flagged from now on, all else is refused."""
    from location_router.senders import store

    async def work(conn: Any, _: Any) -> Any:
        await store.revoke(conn, sender_id)

    _change("sender:revoked", sender_id, work)
    print(f"{sender_id}: 해지했습니다 · revoked")


@sender_app.command("list")
def list_all(as_json: Json = False) -> None:
    """송신자 목록 · every sender, without keys."""
    from location_router.senders import store

    async def work(conn: Any, _: Any) -> Any:
        return await store.list_senders(conn)

    found = _change("", "", work)
    if as_json:
        print(json.dumps(found, ensure_ascii=False, default=str))
        return
    for one in found:
        about = f"{one['alerts_24h']:>6}/24h  {','.join(one['scopes'])}  {one['name']}"
        print(f"{one['sender_id']:20} {one['state']:8} keys {one['keys']}  {about}")


def conformance(
    url: Annotated[str, typer.Option("--url", help="http://127.0.0.1:8100")],
    sender: Annotated[str, typer.Option("--sender", help="your sender id")],
    key: Annotated[str, typer.Option("--key", envvar="ANSIM_SENDER_KEY", help="its API key", show_default=False)],
    requests: Annotated[bool, typer.Option("--requests", help="연계 기관의 요청 · an agency's requests")] = False,
    as_json: Json = False,
) -> None:
    """샌드박스로 규격 시험 · does your access work, and what does the router make of typical messages?"""
    from location_router.conformance import CHECKS, for_people, run
    from location_router.conformance_requests import REQUEST_CHECKS

    report = asyncio.run(run(url, sender=sender, key=key, checks=REQUEST_CHECKS if requests else CHECKS))
    print(json.dumps(report, ensure_ascii=False) if as_json else for_people(report))
    if not report["ok"]:
        raise typer.Exit(1)


def _show(issued: Any, as_json: bool) -> None:
    if as_json:
        print(json.dumps(asdict(issued), default=str))
        return
    print(f"sender          {issued.sender_id}")
    print(f"key             {issued.key}")
    print(f"signing secret  {issued.signing_secret}")
    if issued.older_keys_end_at:
        print(f"older keys end  {issued.older_keys_end_at:%Y-%m-%d %H:%M} UTC")
    print(
        "지금 적어 두세요. 다시 보여 드리지 않습니다 · write them down now: they are not shown again", file=sys.stderr
    )


def _change(action: str, subject: str, work: Callable[[Any, Any], Awaitable[Any]]) -> Any:
    """Run `work(conn, sealer)` in one transaction; a change is recorded in it."""
    from location_router.admin.record import record, this_person
    from location_router.runtime.db import Unavailable
    from location_router.runtime.pool import Pool
    from location_router.runtime.problems import Problem
    from location_router.runtime.seal import Sealer

    database, data_key = os.environ.get("DATABASE_URL", ""), os.environ.get("DATA_KEY", "")
    if not database or not data_key:
        print("DATABASE_URL과 DATA_KEY를 설정해 주세요 · set DATABASE_URL and DATA_KEY of the router", file=sys.stderr)
        raise typer.Exit(2)

    try:
        sealer = Sealer(data_key)
    except ValueError as error:
        print(str(error), file=sys.stderr)
        raise typer.Exit(2) from None

    async def run() -> Any:
        pool = Pool(database, size=1, name="sender")
        await pool.open()
        try:
            async with pool.transaction() as conn:
                done = await work(conn, sealer)
                if action:
                    await record(conn, this_person(), action, subject)
                return done
        finally:
            await pool.close()

    try:
        return asyncio.run(run())
    except Problem as problem:
        print(f"{problem.ko}\n{problem.en}", file=sys.stderr)
        raise typer.Exit(2) from None
    except Unavailable as error:
        print(f"데이터베이스에 연결할 수 없습니다 · the database is away: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
