"""Registered addresses: from where an account, or all agents of an agency, may come (invariant 4).

A change takes hold at once: sessions at struck addresses end in its transaction, their sockets and streams within a
second. A change that would lock out whoever makes it, or the last administrator, or that opens the door to half the
internet, is previewed first (409 with a token) and goes through with that token only. When everybody is locked out all
the same, `ansim address` on the machine itself is the way back.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.actor import Actor
from server.events import record_admin
from server.staff.accounts import Reach, card, refuse_shared
from server.staff.model import is_registered
from server.staff.sessions import end_sessions

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

WIDEST = {4: 8, 6: 16}  # bits of prefix; a network with fewer holds addresses of strangers for certain
KNOWN_SEATS = timedelta(days=30)
_MAPPED = ip_network("::ffff:0:0/96")
Danger = Literal["caller", "every_admin", "too_wide"]


@dataclass(frozen=True, slots=True)
class Target:
    """Whose addresses: an account's own, or those of all agents of an agency."""

    kind: Literal["account", "agency"]
    id: UUID | str

    @property
    def told(self) -> dict[str, str]:
        return {f"{self.kind}_id": str(self.id)}


def plain_networks(given: Sequence[str]) -> list[str]:
    """The networks in one spelling, each once, in order. Raises ValueError that names the value and the cure."""
    found: set[IPv4Network | IPv6Network] = set()
    for text in given:
        try:
            network = ip_network(text.strip(), strict=False)
        except ValueError:
            raise ValueError(f"{text!r} is no address or network; write one like 10.20.0.15 or 10.20.0.0/24") from None
        if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):  # type: ignore[arg-type]
            last = int(network.network_address) & 0xFFFFFFFF
            network = IPv4Network((last, network.prefixlen - 96), strict=False)
        found.add(network)
    return [str(one) for one in sorted(found, key=lambda one: (one.version, one.network_address, one.prefixlen))]


def too_wide(networks: Sequence[str]) -> list[str]:
    """Networks, or neighbours that make one together, that no office has."""
    parsed = [ip_network(one) for one in networks]
    four = collapse_addresses([one for one in parsed if isinstance(one, IPv4Network)])
    six = collapse_addresses([one for one in parsed if isinstance(one, IPv6Network)])
    return [str(one) for one in (*four, *six) if one.prefixlen < WIDEST[one.version]]


async def networks_of(unit: Unit, target: Target) -> list[dict[str, Any]]:
    """`{"network", "added_at"}` of the target itself."""
    table, column = ("allowed_address", "account_id") if target.kind == "account" else ("agency_address", "agency_id")
    return await unit.all(
        f"SELECT network, added_at FROM {table} WHERE {column} = :id ORDER BY network", {"id": target.id}
    )


async def read(unit: Unit, services: Services, viewer: Viewer, target: Target) -> dict[str, Any]:
    """The target's networks; of an agent's account also those it has from its agency."""
    found = await _within_reach(unit, services, viewer, target)
    inherited: list[dict[str, Any]] = []
    if found.get("agency_id") and target.kind == "account":
        inherited = await networks_of(unit, Target("agency", found["agency_id"]))
    return target.told | {"networks": await networks_of(unit, target), "inherited": inherited}


async def replace(
    unit: Unit, services: Services, viewer: Viewer, target: Target, networks: Sequence[str], *, confirm: str = ""
) -> dict[str, Any]:
    """Exactly these networks from now on. 409 `locks_you_out` or `too_wide` says what would happen and carries the
    token (`confirm`) that makes it happen."""
    found = await _within_reach(unit, services, viewer, target)
    await refuse_shared(unit, services, Reach.of(viewer), found.get("agency_id"))
    await unit.execute("SELECT pg_advisory_xact_lock(hashtextextended('addresses', 0))")
    before = [row["network"] for row in await networks_of(unit, target)]
    await _write(unit, target, networks)
    dangers = await _dangers(unit, services, viewer, target, found, set(networks) - set(before))
    ending = await _sessions_without_seat(unit, services, target)
    token = _token(services, viewer, target, before, networks, dangers)
    if dangers and confirm != token:
        raise _preview(dangers, networks, len(ending), token)  # and the transaction is undone
    await _finish(unit, services, viewer.actor, target, before, networks, ending, sorted(dangers))
    return target.told | {"networks": await networks_of(unit, target), "sessions_ended": len(ending)}


async def put(unit: Unit, services: Services, actor: Actor, target: Target, networks: Sequence[str]) -> int:
    """The same from the machine itself, where nothing needs confirming; returns how many sessions ended."""
    before = [row["network"] for row in await networks_of(unit, target)]
    await _write(unit, target, networks)
    ending = await _sessions_without_seat(unit, services, target)
    await _finish(unit, services, actor, target, before, networks, ending, [])
    return len(ending)


async def _finish(
    unit: Unit,
    services: Services,
    actor: Actor,
    target: Target,
    before: Sequence[str],
    after: Sequence[str],
    ending: Sequence[bytes],
    confirmed: Sequence[str],
) -> None:
    if ending:
        await end_sessions(unit, services, ending, reason="rights")
    if set(before) == set(after):
        return
    payload = target.told | {
        "added": sorted(set(after) - set(before)),
        "removed": sorted(set(before) - set(after)),
        "sessions_ended": len(ending),
        "confirmed": list(confirmed),
    }
    record_admin(unit, tag="address:changed", actor=actor, payload=payload)


async def _within_reach(unit: Unit, services: Services, viewer: Viewer, target: Target) -> dict[str, Any]:
    reach = Reach.of(viewer)
    if isinstance(target.id, UUID):
        return await card(unit, services, reach, target.id)
    row = await unit.one(
        "SELECT agency_id FROM agency y WHERE agency_id = :id AND (CAST(:desk AS text) IS NULL OR EXISTS ("
        " SELECT 1 FROM agreed g WHERE g.agency_id = y.agency_id AND g.center_id = ANY(:centers)))",
        {"id": target.id, "desk": reach.desk, "centers": list(reach.centers)},
    )
    if row is None:
        ko, en = "이 센터와 협약이 있는 기관이 아닙니다.", "No agency that has an agreement with your centers."
        raise Problem(404, "unknown_agency", ko, en)
    return row


async def _write(unit: Unit, target: Target, networks: Sequence[str]) -> None:
    table, column = ("allowed_address", "account_id") if target.kind == "account" else ("agency_address", "agency_id")
    values = {"id": target.id, "networks": list(networks)}
    await unit.execute(f"DELETE FROM {table} WHERE {column} = :id AND network <> ALL(:networks)", values)
    await unit.execute(
        f"INSERT INTO {table} ({column}, network) SELECT :id, unnest(CAST(:networks AS text[])) ON CONFLICT DO NOTHING",
        values,
    )


_SEATED = """
SELECT s.token_digest, s.address,
       ARRAY(SELECT network FROM registered_network n WHERE n.account_id = s.account_id) AS networks
FROM session s JOIN account a USING (account_id) WHERE s.ended_at IS NULL AND s.expires_at > :now
AND CASE WHEN :kind = 'account' THEN CAST(a.account_id AS text) = :id ELSE a.agency_id = :id END
"""


async def _sessions_without_seat(unit: Unit, services: Services, target: Target) -> list[bytes]:
    """Open sessions at an address that is registered for their account no more."""
    rows = await unit.all(_SEATED, {"now": services.clock(), "kind": target.kind, "id": str(target.id)})
    return [bytes(row["token_digest"]) for row in rows if not is_registered(row["address"], row["networks"])]


async def _dangers(
    unit: Unit, services: Services, viewer: Viewer, target: Target, found: dict[str, Any], added: set[str]
) -> set[Danger]:
    """What the networks that are written already, but not committed, would do."""
    dangers: set[Danger] = set()
    own = await unit.all("SELECT network FROM registered_network WHERE account_id = :id", {"id": viewer.account_id})
    if target.id == viewer.account_id and not is_registered(viewer.address, [row["network"] for row in own]):
        dangers.add("caller")
    if found.get("role") == "admin" and found["active"] and not await _an_admin_gets_in(unit, services, found["desk"]):
        dangers.add("every_admin")
    wide = too_wide([row["network"] for row in await networks_of(unit, target)])
    if any(ip_network(one).version == ip_network(whole).version for one in added for whole in wide):
        dangers.add("too_wide")
    return dangers


async def _an_admin_gets_in(unit: Unit, services: Services, desk: str | None) -> bool:
    """Whether some administrator of the desk may come from a seat that administrators used in the last month; where
    nobody did, whether one has any address at all."""
    rows = await unit.all(
        "SELECT a.account_id, ARRAY(SELECT network FROM registered_network n WHERE n.account_id = a.account_id)"
        " AS networks, ARRAY(SELECT DISTINCT address FROM session s WHERE s.account_id = a.account_id"
        " AND s.created_at > :since) AS seats FROM account a WHERE role = 'admin' AND active"
        " AND desk IS NOT DISTINCT FROM :desk",
        {"desk": desk, "since": services.clock() - KNOWN_SEATS},
    )
    seats = {seat for row in rows for seat in row["seats"]}
    if not seats:
        return any(row["networks"] for row in rows)
    return any(is_registered(seat, row["networks"]) for row in rows for seat in seats)


def _token(
    services: Services,
    viewer: Viewer,
    target: Target,
    before: Sequence[str],
    after: Sequence[str],
    dangers: set[Danger],
) -> str:
    """Good for this caller, this change and this state of things."""
    said = json.dumps([target.kind, str(target.id), sorted(before), sorted(after), sorted(dangers)])
    return services.sealer.digest(said, context=f"address.confirm:{viewer.account_id}").hex()[:32]


_WHAT: dict[str, tuple[str, str]] = {
    "caller": ("지금 앉은 자리에서 쫓겨납니다", "you lose the seat you sit at"),
    "every_admin": ("아무 관리자도 들어올 수 없게 됩니다", "no administrator gets in any more"),
    "too_wide": ("낯선 사람의 주소까지 열립니다", "addresses of strangers are let in"),
}


def _preview(dangers: set[Danger], networks: Sequence[str], sessions: int, token: str) -> Problem:
    what = sorted(dangers)
    ko = "; ".join(_WHAT[one][0] for one in what)
    en = "; ".join(_WHAT[one][1] for one in what)
    code = "too_wide" if dangers == {"too_wide"} else "locks_you_out"
    told: dict[str, Any] = {"what": what, "networks": list(networks), "sessions_ended": sessions, "confirm": token}
    if "too_wide" in dangers:
        told["too_wide"] = too_wide(networks)
    cure = ("그래도 하려면 confirm 값을 함께 보내세요.", "To do it all the same, send `confirm`.")
    return Problem(409, code, f"이대로면 {ko}. {cure[0]}", f"With this, {en}. {cure[1]}", **told)
