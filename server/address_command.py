"""`ansim address`: who may come from where, on the machine itself; the way back for who has locked everybody out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.account_command import COMMAND_LINE, find_account, refused, run

if TYPE_CHECKING:
    from location_router.runtime.db import Unit
    from server.addresses import Target
    from server.services import Services

commands = typer.Typer(no_args_is_help=True, help="등록 주소를 다룹니다 · from where accounts and agencies may come.")


def address_app() -> typer.Typer:
    """The commands of `ansim address`; settings are read as `ansim account` reads them."""
    return commands


Login = Annotated[str | None, typer.Argument(help="아이디 · login; or --agency")]
Agency = Annotated[str | None, typer.Option(help="기관 · agency id: for all its agents")]
Network = Annotated[list[str], typer.Option(help="주소 · address or network; may be repeated")]
Anyway = Annotated[bool, typer.Option("--anyway", help="아주 넓은 네트워크도 · also networks of strangers")]


@commands.command("list")
def list_(login: Login = None, agency: Agency = None, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """등록된 주소를 보입니다 · the networks of one account or agency, or of all."""

    async def work(unit: Unit, services: Services) -> list[dict[str, Any]]:
        return await unit.all(
            "SELECT * FROM (SELECT 'account' AS kind, login AS name, network FROM allowed_address JOIN account"
            " USING (account_id) UNION ALL SELECT 'agency', agency_id, network FROM agency_address) q"
            " WHERE (CAST(:login AS text) IS NULL AND CAST(:agency AS text) IS NULL)"
            " OR (kind = 'account' AND name = :login) OR (kind = 'agency' AND name = :agency)"
            " ORDER BY kind, name, network",
            {"login": login, "agency": agency},
        )

    for row in run(work):
        print(
            json.dumps(row, ensure_ascii=False) if as_json else f"{row['kind']:<8} {row['name']:<20} {row['network']}"
        )


@commands.command()
def add(network: Network, login: Login = None, agency: Agency = None, anyway: Anyway = False) -> None:
    """주소를 더합니다 · register further networks."""
    _change(login, agency, network, lambda held, given: [*held, *given], anyway=anyway)


@commands.command()
def remove(network: Network, login: Login = None, agency: Agency = None) -> None:
    """주소를 지웁니다 · strike networks off; sessions there end."""
    _change(login, agency, network, lambda held, given: [one for one in held if one not in given], anyway=True)


def _change(
    login: str | None,
    agency: str | None,
    network: list[str],
    new: Callable[[list[str], list[str]], list[str]],
    *,
    anyway: bool,
) -> None:
    if (login is None) == (agency is None):
        raise refused("name either a login or --agency ID")

    async def work(unit: Unit, services: Services) -> str:
        from server import addresses

        given = addresses.plain_networks(network)
        if not anyway and (wide := addresses.too_wide(given)):
            raise ValueError(
                f"{', '.join(wide)} lets in addresses of strangers: name your own network, or say --anyway"
            )
        target = await _target(unit, login, agency)
        held = [row["network"] for row in await addresses.networks_of(unit, target)]
        ended = await addresses.put(unit, services, COMMAND_LINE, target, addresses.plain_networks(new(held, given)))
        left = ", ".join(row["network"] for row in await addresses.networks_of(unit, target)) or "-"
        return f"{login or agency}: {left} (끝난 로그인 · sessions ended: {ended})"

    print(run(work))


async def _target(unit: Unit, login: str | None, agency: str | None) -> Target:
    from server.addresses import Target

    if login is not None:
        return Target("account", await find_account(unit, login))
    if await unit.scalar("SELECT 1 FROM agency WHERE agency_id = :id", {"id": agency}) is None:
        raise ValueError(f"{agency}: there is no such agency")
    return Target("agency", agency or "")
