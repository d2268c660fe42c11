"""`ansim account`: a center's people from the command line, for the first day and for the day the web is locked.

It works with the database and `DATA_KEY` alone. Whoever has these stands above all accounts; the log says that it was
the command line.
"""

from __future__ import annotations

import asyncio
import getpass
import json
import re
import sys
from collections.abc import Awaitable, Callable
from ipaddress import ip_network
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from server.actor import Actor
from server.staff.model import LOGIN_PATTERN
from server.staff.passwords import SENTENCES, weaknesses
from server.staff.permissions import AGENCY_ROLES, Role

if TYPE_CHECKING:
    from location_router.runtime.db import Unit
    from server.services import Services
    from server.settings import Settings

COMMAND_LINE = Actor("system", "command-line", "command line")
ROLES = get_args(Role)

commands = typer.Typer(no_args_is_help=True, help="근무자 계정을 다룹니다 · the people of this installation.")
_read: list[Callable[[], Settings]] = []


def account_app(read_settings: Callable[[], Settings]) -> typer.Typer:
    """The commands of `ansim account`; settings are read by what `ansim` reads them with."""
    _read[:] = [read_settings]
    return commands


LoginArgument = Annotated[str, typer.Argument(help="아이디 · login")]
RoleOption = Annotated[str, typer.Option(help=" | ".join(ROLES))]
NetworkOption = Annotated[list[str], typer.Option(help="등록 주소 · address or network; may be repeated")]
DeskOption = Annotated[str | None, typer.Option(help="상황실 · desk; default: DESK")]
AgencyOption = Annotated[str | None, typer.Option(help="기관 · agency id, for --role agent")]


@commands.command()
def create(
    login: LoginArgument,
    name: Annotated[str, typer.Option(help="이름 · the person's name")],
    role: RoleOption,
    network: NetworkOption,
    desk: DeskOption = None,
    agency: AgencyOption = None,
    temporary: Annotated[bool, typer.Option("--temporary", help="임시 비밀번호 · print a one-time password")] = False,
) -> None:
    """계정을 만듭니다 · make an account; the password is asked for (or read from standard input)."""
    networks = _or_refuse(lambda: checked(role=role, networks=network, agency=agency))
    if not re.match(LOGIN_PATTERN, login):
        raise refused(f"{login}: a login has 2 to 80 letters, digits and . _ @ -, for example kim.gwanje")
    password = "" if temporary else _ask()
    _or_refuse(lambda: refuse_weak(password, login=login, name=name) if not temporary else None)

    async def work(unit: Unit, services: Services) -> str:
        from server.staff import accounts

        place = desk or (None if role in AGENCY_ROLES else services.settings.desk)
        words = {"login": login, "name": name, "role": role, "desk": place, "agency_id": agency, "networks": networks}
        made, enrolment = await accounts.create(unit, services, accounts.Reach(None), COMMAND_LINE, **words)
        if not temporary:
            await accounts.set_password(unit, services, made["account_id"], password)
            return f"{login}: 만들었습니다 · made"
        return _told(enrolment)

    print(run(work))


@commands.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="one JSON line per account")] = False) -> None:
    """모든 계정을 보입니다 · every account with its role, addresses and state."""

    async def work(unit: Unit, services: Services) -> list[dict[str, Any]]:
        from server.staff import accounts

        return await accounts.cards(unit, services, accounts.Reach(None))

    for row in run(work):
        if as_json:
            print(json.dumps(row, ensure_ascii=False, default=str))
            continue
        state = "held" if row["held_until"] else "active" if row["active"] else "inactive"
        factor = "2FA" if row["has_second_factor"] else "-"
        place = row["desk"] or row["agency_id"] or "-"
        print(f"{row['login']:<20} {row['role']:<11} {place:<12} {state:<9} {factor:<4} {' '.join(row['networks'])}")


@commands.command()
def change(
    login: LoginArgument,
    name: Annotated[str | None, typer.Option(help="이름 · the person's name")] = None,
    role: Annotated[str | None, typer.Option(help=" | ".join(ROLES))] = None,
    desk: DeskOption = None,
    agency: AgencyOption = None,
    active: Annotated[bool | None, typer.Option("--active/--inactive", help="켜기/끄기 · open or close it")] = None,
) -> None:
    """계정을 바꾸거나 닫습니다 · change or close an account; what changes rights ends its sessions."""
    asked = {"name": name, "role": role, "desk": desk, "agency_id": agency, "active": active}
    changes: dict[str, Any] = {field: value for field, value in asked.items() if value is not None}
    if role is not None and role not in ROLES:
        raise refused(f"--role {role}: choose one of {', '.join(ROLES)}")

    async def work(unit: Unit, services: Services) -> str:
        from server.staff import accounts

        found = await find_account(unit, login)
        await accounts.change(unit, services, accounts.Reach(None), COMMAND_LINE, found, changes)
        return f"{login}: 바꾸었습니다 · changed"

    print(run(work))


@commands.command()
def reset(
    login: LoginArgument,
    second_factor: Annotated[bool, typer.Option("--second-factor", help="2단계 인증도 지웁니다 · that, too")] = False,
    keep_password: Annotated[
        bool, typer.Option("--keep-password", help="비밀번호는 그대로 · not the password")
    ] = False,
) -> None:
    """임시 비밀번호를 줍니다 · print a one-time password; all sessions end and a hold is opened."""
    if keep_password and not second_factor:
        raise refused("--keep-password alone resets nothing: add --second-factor")

    async def work(unit: Unit, services: Services) -> str:
        from server.staff import accounts

        found = await find_account(unit, login)
        given = await accounts.reset(
            unit,
            services,
            accounts.Reach(None),
            COMMAND_LINE,
            found,
            password=not keep_password,
            second_factor=second_factor,
        )
        return _told(given) if given else f"{login}: 2단계 인증을 지웠습니다 · the second factor is gone"

    print(run(work))


@commands.command()
def release(login: LoginArgument) -> None:
    """막힌 로그인을 풉니다 · open a login that is held after wrong answers."""

    async def work(unit: Unit, services: Services) -> str:
        from server.staff.ways_back import open_login

        was_held = await open_login(unit, services, COMMAND_LINE, await find_account(unit, login), login)
        return f"{login}: 풀었습니다 · released" if was_held else f"{login}: 막혀 있지 않습니다 · was not held"

    print(run(work))


def checked(*, role: str, networks: list[str], agency: str | None = None) -> list[str]:
    """The networks in their plain form. Raises ValueError: names the option, the value and the cure."""
    if role not in ROLES:
        raise ValueError(f"--role {role}: choose one of {', '.join(ROLES)}")
    if (role in AGENCY_ROLES) != (agency is not None):
        raise ValueError(f"--role {role}: agents, and only agents, belong to an agency: --agency 112-city")
    if not networks:
        raise ValueError("--network is missing: name each seat's address, for example --network 10.20.0.0/24")
    return plain_networks(networks)


def plain_networks(networks: list[str]) -> list[str]:
    try:
        return [str(ip_network(network, strict=False)) for network in networks]
    except ValueError as error:
        raise ValueError(f"--network: {error}; give an address or a network like 10.20.0.0/24") from None


def refuse_weak(password: str, *, login: str, name: str) -> None:
    """Raises ValueError with every reason."""
    if found := weaknesses(password, login=login, name=name):
        raise ValueError(
            "the password will not do: " + " ".join(f"{SENTENCES[one][0]} {SENTENCES[one][1]}" for one in found)
        )


def _ask() -> str:
    return getpass.getpass("비밀번호 · password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


def _told(enrolment: dict[str, Any]) -> str:
    until = f"{enrolment['expires_at']:%Y-%m-%d %H:%M} UTC"
    return "\n".join(
        (
            f"{enrolment['login']}: {enrolment['temporary_password']}",
            enrolment["link"],
            f"({until}까지 한 번 · once, until then)",
        )
    )


async def find_account(unit: Unit, login: str) -> Any:
    found = await unit.scalar("SELECT account_id FROM account WHERE login = :login", {"login": login})
    if found is None:
        raise ValueError(f"{login}: there is no such account; ansim account list shows them")
    return found


def run(work: Callable[[Unit, Services], Awaitable[Any]]) -> Any:
    from location_router.runtime.problems import Problem

    settings = _read[0]()
    try:
        return asyncio.run(_worked(settings, work))
    except Problem as problem:
        fields = "; ".join(
            f"{one['field']} {one['value']}: {one['message']}" for one in problem.extra.get("fields", ())
        )
        raise refused(f"{problem.ko} {problem.en} {fields}".strip()) from None
    except ValueError as error:
        raise refused(str(error)) from None


async def _worked(settings: Settings, work: Callable[[Unit, Services], Awaitable[Any]]) -> Any:
    from server.keys import ring_of
    from server.services import make_services

    services = make_services(settings.model_copy(update={"video_gateway": "console"}))
    try:
        await asyncio.to_thread(ring_of(services).load)
        ring_of(services).require_open()
        async with services.db.begin() as unit:
            return await work(unit, services)
    finally:
        await services.close()


def _or_refuse(check: Callable[[], Any]) -> Any:
    try:
        return check()
    except ValueError as error:
        raise refused(str(error)) from None


def refused(sentence: str) -> typer.Exit:
    print(sentence, file=sys.stderr)
    return typer.Exit(2)
