"""Where an association may let a firm's line lead: to the internet, or into a network that the center has registered
for this firm; never to another machine of the center's private networks."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.reachable import both, is_public, networks_of

if TYPE_CHECKING:
    from server.services import Services

_LINE = "SELECT url, by_umbrella FROM agency_line WHERE agency_id = :id AND center_id IS NULL AND active"


async def refuse_our_own(unit: Unit, services: Services, agency_id: str, url: str) -> None:
    """Problem 422 `bad_line`. Where a name leads is looked at when something is sent, each time anew
    (`server/dispatch/gateway.py`)."""
    try:
        address = ip_address(urlsplit(url).hostname or "")
    except ValueError:
        return
    line = await unit.one(_LINE, {"id": agency_id})
    is_the_centers = line is not None and line["url"] == url and not line["by_umbrella"]
    if is_public(address) or is_the_centers:
        return
    rows = await unit.all("SELECT network FROM agency_address WHERE agency_id = :id", {"id": agency_id})
    registered = networks_of(",".join(row["network"] for row in rows))
    if any(address in network for network in both(networks_of(services.settings.line_networks), registered)):
        return
    ko = "공인 주소이거나, 관제센터가 이 업체의 것으로 등록한 망의 주소여야 합니다. 관제센터에 등록을 요청하세요."
    en = "Give a public address, or one of a network that the center has registered for this firm: ask it to."
    raise Problem(422, "bad_line", ko, en, field="url", value=url[:200])
