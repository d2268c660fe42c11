"""Who looks: the signed-in person, and whether an address is registered; the rules of signing in and staying; pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Literal
from uuid import UUID

from server.actor import Actor
from server.staff.permissions import AGENCY_ROLES, PERMISSIONS, Permission, Role, may

INSTALLATION_CHAIN = "-"  # the log of what belongs to no center (server/events.py; a test compares)

LOGIN_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._@-]{1,79}$"  # safe in a link, said over a radio

SESSION_LIFE = timedelta(hours=12)
LONGEST_SESSION = timedelta(hours=16)  # with an open incident in hand
EXTENSION = timedelta(minutes=15)
WARN_BEFORE = timedelta(minutes=10)
# Desks that wait for a call are not idle. Everybody else's seat is.
DESK_ROLES: tuple[Role, ...] = ("operator", "supervisor", "agent")
# Who can change accounts or carry the log away: asked for a second factor first of all.
POWERFUL: tuple[Role, ...] = tuple(
    role for role, given in PERMISSIONS.items() if given & {"accounts.manage", "log.export"}
)

Step = Literal["second", "change", "setup"]
HoldReason = Literal["passwords", "second_factor"]
FAILURE_WINDOW = timedelta(minutes=15)
HOLD = timedelta(minutes=15)
WRONG_PASSWORDS, SEATS, WRONG_CODES = 10, 2, 5


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
        """Whether it is one of the viewer's centers; the installation's own log is nobody's."""
        if self.centers == "all":
            return center != INSTALLATION_CHAIN
        return center in self.centers

    def may(self, permission: Permission) -> bool:
        return may(self.role, permission)

    @property
    def actor(self) -> Actor:
        return Actor("agent" if self.role in AGENCY_ROLES else "operator", str(self.account_id), self.name)


@lru_cache(maxsize=4096)
def _network(text: str) -> object:
    return ip_network(text, strict=False)


def is_registered(address: str, networks: Collection[str]) -> bool:
    """Whether `address` lies in one of `networks` (CIDR). An IPv4 address mapped into IPv6 counts as itself."""
    try:
        seat = ip_address(address)
    except ValueError:
        return False
    seat = getattr(seat, "ipv4_mapped", None) or seat
    return any(seat in _network(network) for network in networks)  # type: ignore[operator]


@dataclass(frozen=True, slots=True)
class Entry:
    """What decides how somebody gets in: the account as it stands."""

    role: Role
    has_factor: bool
    is_temporary: bool
    password_changed_at: datetime


def needs_factor(role: Role, setting: Literal["off", "admins", "all"]) -> bool:
    """Whether this role must have a second factor."""
    return setting == "all" or (setting == "admins" and role in POWERFUL)


def next_step(
    entry: Entry,
    passed: Collection[str],
    *,
    setting: Literal["off", "admins", "all"],
    password_max_days: int,
    now: datetime,
) -> Step | None:
    """What is still to do after the steps in `passed` ("password" or "oidc", then steps); None: come in.

    Who has a second factor is always asked for it, before anything about the account can be changed. The identity
    provider's word stands for the password, and with `mfa` for the second factor, too.
    """
    if entry.has_factor and not {"second", "setup", "mfa"} & set(passed):
        return "second"
    if "oidc" not in passed and "change" not in passed:
        is_old = password_max_days > 0 and now - entry.password_changed_at > timedelta(days=password_max_days)
        if entry.is_temporary or is_old:
            return "change"
    if not entry.has_factor and not {"setup", "mfa"} & set(passed) and needs_factor(entry.role, setting):
        return "setup"
    return None


@dataclass(frozen=True, slots=True)
class Failure:
    at: datetime
    kind: Literal["password", "second"]
    address: str


def hold_reason(failures: Sequence[Failure], now: datetime) -> HoldReason | None:
    """Why a login is held after these failures; None: it is not.

    Wrong passwords of one seat only delay that seat (an operator at 1 a.m. must get in, and a neighbour's joke must
    not keep her out); from several seats they are an attack. Who has wrong codes already knows the password.
    """
    recent = [one for one in failures if now - one.at < FAILURE_WINDOW]
    if sum(one.kind == "second" for one in recent) >= WRONG_CODES:
        return "second_factor"
    wrong = [one.address for one in recent if one.kind == "password"]
    return "passwords" if len(wrong) >= WRONG_PASSWORDS and len(set(wrong)) >= SEATS else None


def is_idle(role: str, seen_at: datetime, now: datetime, *, idle_timeout_s: float) -> bool:
    """Whether a session nobody has touched for so long is over; never at a desk that waits for calls."""
    return role not in DESK_ROLES and idle_timeout_s > 0 and now - seen_at > timedelta(seconds=idle_timeout_s)


def ends_soon(expires_at: datetime, now: datetime) -> bool:
    return expires_at - now <= WARN_BEFORE
