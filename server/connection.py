"""What a request or a socket tells of itself: the process's services, the other end's address, the page's origin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection

if TYPE_CHECKING:
    from server.services import Services


def services_of(connection: HTTPConnection) -> Services:
    """What the process shares; for requests and sockets alike."""
    services: Services = connection.app.state.services
    return services


def address_of(connection: HTTPConnection) -> str:
    """The other end of the connection, as uvicorn sees it (`--forwarded-allow-ips` names the proxy to believe)."""
    return connection.client.host if connection.client else ""


def same_origin(connection: HTTPConnection) -> bool:
    """A browser names the page's origin; it must be ours. Programs name none."""
    origin = connection.headers.get("origin")
    if not origin:
        return True
    host = connection.headers.get("host", "")
    return origin.partition("://")[2] == host or origin.rstrip("/") == services_of(connection).settings.origin
