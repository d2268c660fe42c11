"""This installation as a node of the bus: its key, the list of the others, and what happens to a message not believed.

What it sends is signed. What it takes must come from the router, signed by a key of the list; a delivery that does
not is kept in quarantine, where a supervisor sees it, and the router comes by HTTPS with the real one.
"""

from __future__ import annotations

from typing import Any

import httpx
import structlog

from location_router.bus import (
    LIST_HEADER,
    Guard,
    NodeList,
    Refused,
    Signer,
    Unavailable,
    bus_domain,
    bus_from_url,
    default_cache,
    proofs_of,
    seeds_from,
    trust_from,
)
from location_router.runtime.signing import sign
from server.intake import quarantine
from server.services import Services, make_services
from server.settings import Settings

log = structlog.get_logger("nodes")
PATH = "/v1/nodes"


class Node:
    """`shared["node"]` of the services; `services` is set once they exist."""

    def __init__(self, settings: Settings) -> None:
        """Raises ValueError for an unusable NODE_KEY, NODE_TRUST or BUS_URL."""
        name = settings.installation
        self.signer = Signer(name, seeds_from(settings.node_key, data_key=settings.data_key, node=name))
        self.list = NodeList(
            self._fetch,
            trust=trust_from(settings.node_trust),
            installation_key=settings.installation_key,
            cache=default_cache(self.signer),
        )
        self.guard = Guard(self.signer, self.list, self._refused, unsigned_until=settings.bus_unsigned_until)
        self.domain = bus_domain(settings.bus_url)
        self.services: Services | None = None

    def announcement(self) -> dict[str, Any]:
        """What a registration says about this node."""
        assert self.services is not None
        return {"node_keys": proofs_of(self.signer, now=self.services.clock()), "bus_domain": self.domain}

    async def _fetch(self) -> tuple[bytes, str]:
        assert self.services is not None
        settings = self.services.settings
        headers = sign(
            settings.installation_key,
            installation=settings.installation,
            method="GET",
            path=PATH,
            body=b"",
            now=self.services.clock().timestamp(),
        )
        try:
            answer = await self.services.router_client.get(PATH, headers=headers)
            answer.raise_for_status()
        except (httpx.HTTPError, OSError) as error:
            raise Unavailable(f"node list: {error!r}"[:200]) from error
        return answer.content, answer.headers.get(LIST_HEADER, "")

    async def _refused(self, subject: str, message_id: str, data: bytes, refused: Refused) -> None:
        assert self.services is not None
        reason = f"bus: {refused.code}, from {refused.node or 'nobody'}, on {subject}, id {message_id}"
        await quarantine(self.services, source="bus", reason=reason, body=data)


def services_on_bus(settings: Settings, **options: Any) -> Services:
    """`make_services` with the bus that BUS_URL names, signed and checked; without BUS_URL without a bus."""
    if not settings.bus_url:
        return make_services(settings, **options)
    node = Node(settings)
    services = make_services(settings, bus=bus_from_url(settings.bus_url, guard=node.guard), **options)
    node.services = services
    services.shared["node"] = node
    return services


def node_of(services: Services) -> Node | None:
    found = services.shared.get("node")
    return found if isinstance(found, Node) else None
