"""`python -m location_router nodes …` and `nats …`: the registry of nodes, and the national bus."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

nodes_app = typer.Typer(no_args_is_help=True, help="버스의 노드와 키 · who may sign on the bus.")
nats_app = typer.Typer(no_args_is_help=True, help="전국 NATS · the national NATS.")
HOST = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\]")
NAME = re.compile(r"[A-Za-z0-9_-]+")


def _with_pool(work: Callable[[Any], Awaitable[Any]]) -> Any:
    from location_router.runtime.db import Unavailable
    from location_router.runtime.pool import Pool

    url = os.environ.get("DATABASE_URL", "")
    if not url:
        print("DATABASE_URL을 라우터의 데이터베이스로 지정해 주세요 · set DATABASE_URL.", file=sys.stderr)
        raise typer.Exit(2)

    async def run() -> Any:
        pool = Pool(url, size=1, name="nodes")
        await pool.open()
        try:
            return await work(pool)
        finally:
            await pool.close()

    try:
        return asyncio.run(run())
    except Unavailable as error:
        print(f"데이터베이스가 응답하지 않습니다 · the database does not answer: {error}", file=sys.stderr)
        raise typer.Exit(1) from None


def _in_transaction(work: Callable[[Any], Awaitable[Any]]) -> Any:
    async def within(pool: Any) -> Any:
        async with pool.transaction() as conn:
            return await work(conn)

    return _with_pool(within)


def _done(found: bool) -> None:
    if not found:
        print(
            "그런 노드나 키가 없거나 이미 그렇게 되어 있습니다 · no such node or key, or already so.", file=sys.stderr
        )
        raise typer.Exit(1)


@nodes_app.command("list")
def list_nodes() -> None:
    """노드 목록(JSON) · every key with its node."""
    from location_router.nodes import listed

    print(json.dumps(_with_pool(listed), ensure_ascii=False, indent=1, default=str))


@nodes_app.command("revoke")
def revoke_node(
    node: Annotated[str, typer.Argument(help="node id, e.g. serving-1")],
    reason: Annotated[str, typer.Option("--reason")],
    key: Annotated[str, typer.Option("--key", help="only this key id; absent = the whole node")] = "",
) -> None:
    """폐기: 이제부터 믿지 않습니다 · refuse a node or one key from now on."""
    from location_router.admin.record import this_person
    from location_router.nodes import revoke

    _done(_in_transaction(lambda conn: revoke(conn, node, reason=reason, key=key, by=this_person())))


@nodes_app.command("reinstate")
def reinstate_node(node: Annotated[str, typer.Argument()]) -> None:
    """폐기 취소 · believe a revoked node again."""
    from location_router.admin.record import this_person
    from location_router.nodes import reinstate

    _done(_in_transaction(lambda conn: reinstate(conn, node, by=this_person())))


@nodes_app.command("retire")
def retire_key(
    node: Annotated[str, typer.Argument()],
    key: Annotated[str, typer.Argument(help="key id")],
    at: Annotated[datetime | None, typer.Option("--at", help="UTC; absent = now")] = None,
) -> None:
    """키 교체의 끝 · what this key signs after the time is refused."""
    from location_router.admin.record import this_person
    from location_router.nodes import retire

    moment = at.replace(tzinfo=UTC) if at else datetime.now(UTC)
    _done(_in_transaction(lambda conn: retire(conn, node, key, at=moment, by=this_person())))


@nodes_app.command("enrol")
def enrol_key(
    node: Annotated[str, typer.Argument()],
    public_key: Annotated[str, typer.Argument(help="base64 of 32 bytes")],
    kind: Annotated[str, typer.Option("--kind")] = "installation",
) -> None:
    """관리자가 키를 직접 등록 · enter a key that no valid key vouches for (the old one is lost)."""
    from location_router.admin.record import this_person
    from location_router.nodes import enrol

    try:
        public = base64.b64decode(public_key, validate=True)
    except ValueError:
        public = b""
    if len(public) != 32 or kind not in ("installation", "router"):
        print("공개 키는 32바이트의 base64입니다 · the public key must be base64 of 32 bytes.", file=sys.stderr)
        raise typer.Exit(2)
    given: Any = kind
    result = _with_pool(lambda pool: enrol(pool, node, given, [public], by=this_person(), vouched=True))
    print(json.dumps({"code": result.code, "key_ids": result.key_ids}))
    if result.code == "revoked":
        raise typer.Exit(1)


@nodes_app.command("new-key")
def new_key() -> None:
    """새 NODE_KEY와 공개 키(JSON) · a fresh private key and its public half."""
    from location_router.envelope import Signer, key_id

    seed = os.urandom(32)
    public = Signer("node", [seed]).public_keys[0]
    said = {"NODE_KEY": seed, "public_key": public}
    print(json.dumps({name: base64.b64encode(one).decode() for name, one in said.items()} | {"key_id": key_id(public)}))


@nats_app.command("config")
def write_config(
    out: Annotated[Path, typer.Option("--out", help="folder for the files (0600)")],
    hub: Annotated[list[str], typer.Option("--hub", help="address of a hub server; 1, 3 or 5 times")],
    leaf: Annotated[list[str], typer.Option("--leaf", help="installation=domain, e.g. serving-41170=c41170")],
    store: Annotated[str, typer.Option("--store")] = "/var/lib/ansim-nats",
    certificate: Annotated[str, typer.Option("--cert", help="path on the servers; absent = no TLS")] = "",
    key: Annotated[str, typer.Option("--key")] = "",
    authority: Annotated[str, typer.Option("--ca")] = "",
    old_server: Annotated[bool, typer.Option("--old-server", help="no sync_interval: nats-server before 2.14")] = False,
) -> None:
    """허브와 리프의 설정 파일 · configuration files of the hub and the leaves; prints each part's BUS_URL."""
    from location_router.natsconfig import HubServer, Leaf, Plan, Tls, write

    pairs = [one.partition("=") for one in leaf]
    if wrong := _wrong_plan(hub, [(name, domain) for name, _, domain in pairs], [certificate, key, authority]):
        print(wrong, file=sys.stderr)
        raise typer.Exit(2)
    plan = Plan(
        [HubServer(f"hub-{number}", host) for number, host in enumerate(hub, 1)],
        [Leaf(name, domain) for name, _, domain in pairs],
        out,
        store=store,
        sync="" if old_server else "always",
        tls=Tls(certificate, key, authority),
    )
    try:
        files = write(plan)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        print(f"--out {str(out)!r}: 쓸 수 없습니다 · it can't be written ({why})", file=sys.stderr)
        raise typer.Exit(2) from None
    urls = {"router": plan.hub_url()} | {one.installation: plan.leaf_url(one) for one in plan.leaves}
    print(json.dumps({"files": {name: str(path) for name, path in files.items()}, "BUS_URL": urls}, indent=1))


def _wrong_plan(hub: list[str], leaves: list[tuple[str, str]], tls: list[str]) -> str:
    """Why these options make no files that a server would take; empty when they do."""
    if len(hub) not in (1, 3, 5):
        return "--hub: 1, 3, 5개를 주세요 · give it 1, 3 or 5 times"
    if any(not HOST.fullmatch(one) for one in hub):
        return "--hub: 포트 없는 주소나 이름 · an address or a name, without a port, e.g. 10.1.0.1"
    if any(not NAME.fullmatch(word) for pair in leaves for word in pair):
        return (
            "--leaf: 설치=도메인, 영문·숫자·하이픈 · give installation=domain of letters, digits, hyphens, "
            "e.g. serving-41170=c41170"
        )
    if any(len(set(words)) < len(leaves) for words in zip(*leaves, strict=True)):
        return "--leaf: 같은 이름이 두 번 · an installation or a domain stands there twice"
    if any(tls) and not all(tls):
        return "--cert, --key, --ca는 함께 · give --cert, --key and --ca together: with one missing there is no TLS"
    return ""


@nats_app.command("status")
def status() -> None:
    """복제 지연(JSON) · how far behind each copied stream of BUS_URL's server is; exit code 1 when one is silent."""
    from location_router.natsbus import NatsBus
    from location_router.runtime.db import Unavailable

    async def ask() -> list[dict[str, Any]]:
        bus = NatsBus(os.environ.get("BUS_URL", ""))
        try:
            return await bus.lags()
        finally:
            await bus.close()

    try:
        lags = asyncio.run(ask())
    except (Unavailable, ValueError) as error:
        print(str(error), file=sys.stderr)
        raise typer.Exit(1) from None
    print(json.dumps(lags, indent=1))
    if any(one["silent_s"] is None or one["silent_s"] > 10 for one in lags):
        raise typer.Exit(1)
