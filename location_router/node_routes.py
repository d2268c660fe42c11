"""`GET /v1/nodes`: the signed list of nodes, for installations."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
from fastapi import APIRouter, Request, Response

from location_router.app import Router
from location_router.nodelist import LIST_HEADER, list_mac
from location_router.routes import signed_by

node_routes = APIRouter()


@node_routes.get("/v1/nodes")
async def list_nodes(request: Request) -> Response:
    """Asked with the installation's signature, answered with two: the router's keys', and the shared secret's."""
    router: Router = request.app.state.router
    installation, _ = await signed_by(request)
    body = orjson.dumps(router.nodes.signed_list(now=datetime.now(UTC)))
    mac = list_mac(body, router.settings.router_installation_keys[installation])
    return Response(body, media_type="application/json", headers={LIST_HEADER: mac})
