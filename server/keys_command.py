"""The words of `ansim keys`: list, rotate, reseal, destroy. What they need is imported when they run."""

from __future__ import annotations

import asyncio
import getpass
import json
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from server.actor import Actor
    from server.services import Services
    from server.settings import Settings

Work = Callable[["Services", "Actor"], Awaitable[Any]]


def keys_app(settings: Callable[[], Settings]) -> typer.Typer:
    """The commands; `settings` reads them from the environment or ends the program with a sentence."""
    app = typer.Typer(no_args_is_help=True, help="센터별 열쇠를 관리합니다 · the keys that seal personal data.")

    @app.command("list")
    def list_(as_json: Annotated[bool, typer.Option("--json", help="one JSON line per key")] = False) -> None:
        """열쇠와 그 열쇠로 봉한 값의 수 · every key, its state, and how many values stand under it."""
        for row in _run(settings(), lambda services, _: _listed(services)):
            print(json.dumps(row) if as_json else _line(row))

    @app.command()
    def rotate(
        center: Annotated[str, typer.Option(help="센터 코드, -는 설치 전체 · code, or - for the installation")],
    ) -> None:
        """새 열쇠를 만듭니다 · a new key seals from now on; the worker reseals what stands under the former one."""
        key_no = _run(settings(), lambda services, actor: _rotated(services, center, actor))
        print(f"{center}: {key_no}번 열쇠를 씁니다 · key {key_no} is in use")

    @app.command()
    def reseal(as_json: Annotated[bool, typer.Option("--json", help="print one JSON line")] = False) -> None:
        """모든 값을 지금 쓰는 열쇠로 옮깁니다 · every key under the first DATA_KEY, every value under the key in force.

        May run beside traffic and be cut off at any moment: run it again. Exit code 1 while anything is left.
        """
        told = _run(settings(), _resealed)
        if as_json:
            print(json.dumps(told))
        else:
            print(f"{told['resealed']} values, {told['rewrapped']} keys · 값과 열쇠를 옮겼습니다")
            for name, count in told["unreadable"].items():
                print(f"{name}: {count} values can't be opened with this DATA_KEY · 열 수 없는 값 {count}개")
            print(
                "이전 DATA_KEY를 지워도 됩니다 · nothing needs a former DATA_KEY any more."
                if told["ok"]
                else f"{told['left']} values are left; run it again · {told['left']}개가 남았습니다"
            )
        raise typer.Exit(0 if told["ok"] else 1)

    @app.command()
    def destroy(
        center: Annotated[str, typer.Option(help="떠나는 센터의 코드 · code of the center that leaves")],
    ) -> None:
        """떠나는 센터의 열쇠를 없앱니다 · destroy a center's keys: nobody can open its sealed data again, for good.

        Refused while an incident is open or a legal hold stands. Backups hold the keys until they expire.
        """
        held = settings()
        print(f"{center}: 되돌릴 수 없습니다. 코드를 다시 입력하세요 · no way back; type the center's code again:")
        if sys.stdin.readline().strip() != center:
            print("코드가 다릅니다. 바뀐 것이 없습니다 · not the same code; nothing was changed", file=sys.stderr)
            raise typer.Exit(2)
        told = _run(held, lambda services, actor: _destroyed(services, center, actor))
        print(f"{center}: 없앴습니다 · {told['keys']} keys are gone, and {told['values']} values with them")

    return app


def _run(settings: Settings, work: Work) -> Any:
    """`work(services, actor)`; a refusal is one sentence and exit code 1."""
    from location_router.runtime.db import Unavailable
    from location_router.runtime.seal import SealError
    from server.actor import Actor
    from server.key_ring import WrongDataKey
    from server.keys import KeyRefused, ring_of
    from server.services import make_services

    async def whole() -> Any:
        services = make_services(settings.model_copy(update={"video_gateway": "console"}))
        try:
            await asyncio.to_thread(ring_of(services).load)
            ring_of(services).require_open()
            return await work(services, Actor("system", "command", getpass.getuser()))
        finally:
            await services.close()

    try:
        return asyncio.run(whole())
    except (KeyRefused, WrongDataKey, SealError, Unavailable) as error:
        print(str(error), file=sys.stderr)
        raise typer.Exit(1) from None


async def _listed(services: Services) -> list[dict[str, Any]]:
    from server.keys import ring_of
    from server.reseal import values_by_key

    mark = ring_of(services).wrapping.mark
    async with services.db.begin() as unit:
        counted = await values_by_key(unit)
        rows = await unit.all("SELECT * FROM center_key ORDER BY center_id, purpose, key_no")
    listed = [_row(row, mark, counted) for row in rows]
    if direct := counted.get(b"", 0):
        listed.append({"center": "-", "purpose": "DATA_KEY", "state": "active", "values": direct})
    return listed


def _row(row: dict[str, Any], mark: bytes, counted: dict[bytes, int]) -> dict[str, Any]:
    wrapped = row["wrapped"]
    return {
        "center": row["center_id"],
        "purpose": row["purpose"],
        "key_no": row["key_no"],
        "key_id": bytes(row["key_id"]).hex(),
        "state": row["state"],
        "created_at": row["created_at"].isoformat(),
        "retired_at": row["retired_at"].isoformat() if row["retired_at"] else None,
        "under_first_data_key": None if wrapped is None else bytes(wrapped).startswith(mark),
        "values": counted.get(bytes(row["key_id"]), 0),
    }


def _line(row: dict[str, Any]) -> str:
    if row["purpose"] == "DATA_KEY":
        return f"DATA_KEY itself: {row['values']} values; ansim keys reseal moves them · 옮겨야 할 값"
    older = "" if row["under_first_data_key"] is not False else "  (이전 DATA_KEY · under a former DATA_KEY)"
    return (
        f"{row['center']:<6} {row['purpose']:<6} {row['key_no']:>3} {row['key_id']} {row['state']:<9}"
        f" {row['created_at'][:10]} {row['values']:>9}{older}"
    )


async def _rotated(services: Services, center: str, actor: Actor) -> int:
    from server.keys import make_missing, rotate

    async with services.db.begin() as unit:
        await make_missing(unit, services)
        return await rotate(unit, services, center, actor=actor)


async def _resealed(services: Services, actor: Actor) -> dict[str, Any]:
    from server.keys import make_missing, rewrap
    from server.reseal import reseal

    async with services.db.begin() as unit:
        await make_missing(unit, services)
        rewrapped = await rewrap(unit, services, actor=actor)
    return {**(await reseal(services, actor=actor)).as_json(), "rewrapped": rewrapped}


async def _destroyed(services: Services, center: str, actor: Actor) -> dict[str, Any]:
    from server.reseal import destroy

    return await destroy(services, center, actor=actor)
