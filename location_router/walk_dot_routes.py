"""`POST /v1/walks/dots`: a home center's shared walks, for the centers of other installations that contain them."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from location_router.app import Router
from location_router.routes import read_signed, signed_by
from location_router.wire_walks import WalkDots

walk_dot_routes = APIRouter()


@walk_dot_routes.post("/v1/walks/dots")
async def take_dots(request: Request) -> Response:
    router: Router = request.app.state.router
    installation, body = await signed_by(request)
    taken = await router.dots.take(read_signed(WalkDots, body, installation))
    return Response(taken.model_dump_json(), media_type="application/json", headers={"Cache-Control": "no-store"})
