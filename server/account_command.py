"""`ansim account` makes a center's own people; agencies' agents come with their agreements, not from here."""

from __future__ import annotations

from ipaddress import ip_network

from server.services import make_services
from server.settings import Settings
from server.staff.service import add_account

ROLES = ("operator", "supervisor", "admin")
SHORTEST_PASSWORD = 12


def checked(*, role: str, networks: list[str], password: str) -> list[str]:
    """The networks in their plain form. Raises ValueError: names the option, the value and the cure."""
    if role not in ROLES:
        raise ValueError(f"--role {role}: choose one of {', '.join(ROLES)}")
    if not networks:
        raise ValueError("--network is missing: name each seat's address, for example --network 10.20.0.0/24")
    if len(password) < SHORTEST_PASSWORD:
        raise ValueError(f"the password has {len(password)} characters: give at least {SHORTEST_PASSWORD}")
    try:
        return [str(ip_network(network, strict=False)) for network in networks]
    except ValueError as error:
        raise ValueError(f"--network: {error}; give an address or a network like 10.20.0.0/24") from None


async def make_account(
    settings: Settings, *, login: str, name: str, role: str, networks: list[str], password: str
) -> None:
    """One row for the account; the addresses it may come from are replaced."""
    plain = checked(role=role, networks=networks, password=password)
    services = make_services(settings.model_copy(update={"video_gateway": "console"}))
    try:
        async with services.db.begin() as unit:
            await add_account(
                unit, services, login=login, password=password, name=name, role=role, desk=settings.desk, networks=plain
            )
    finally:
        await services.close()
