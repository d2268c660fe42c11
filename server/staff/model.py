"""Who looks: the signed-in person, and whether an address is registered; pure."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Literal
from uuid import UUID

from server.actor import Actor
from server.staff.permissions import Permission, Role, may

STAFF: tuple[Role, ...] = ("operator", "supervisor", "admin")  # who sits at the operators' console
LEADERS: tuple[Role, ...] = ("supervisor", "admin")


@dataclass(frozen=True)
class AgencyRef:
    agency_id: str
    kind: str
    name_ko: str
    name_en: str


@dataclass(frozen=True)
class Viewer:
    """A signed-in account. `centers` are the codes it may see, or "all"; `address` is where it sits."""

    account_id: UUID
    login: str
    name: str
    role: Role
    desk: str
    agency: AgencyRef | None
    centers: tuple[str, ...] | Literal["all"]
    address: str
    session: bytes = b""

    @property
    def scope(self) -> str:
        """What `Database.begin(center=…)` narrows row-level security to."""
        return "*" if self.centers == "all" else ",".join(self.centers)

    def sees(self, center: str) -> bool:
        return self.centers == "all" or center in self.centers

    def may(self, permission: Permission) -> bool:
        return may(self.role, permission)

    @property
    def actor(self) -> Actor:
        return Actor("agent" if self.role == "agent" else "operator", str(self.account_id), self.name)


def is_registered(address: str, networks: list[str]) -> bool:
    """Whether `address` lies in one of `networks` (CIDR). An IPv4 address mapped into IPv6 counts as itself."""
    try:
        seat = ip_address(address)
    except ValueError:
        return False
    seat = getattr(seat, "ipv4_mapped", None) or seat
    return any(seat in ip_network(network, strict=False) for network in networks)
