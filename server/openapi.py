"""`GET /api/openapi.json`: what FastAPI knows of the routes, with who may call them and how a refusal looks.

The permission of a route is read from the guard that it depends on, so the document can't promise another one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_type_hints

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from server import page_wire
from server.people.routes import device_user
from server.staff.routes import signed_in
from server.walks.routes import speaker_of

router = APIRouter()

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. `code` is a stable word for programs; the two messages say what to do next.",
    "required": ["type", "code", "status", "title", "message_ko", "message_en"],
    "properties": {
        "type": {"type": "string"},
        "code": {"type": "string"},
        "status": {"type": "integer"},
        "title": {"type": "string"},
        "message_ko": {"type": "string"},
        "message_en": {"type": "string"},
    },
}
REFUSED = {
    "description": "Refused: the code says why, the messages what to do.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
SECURITY = {
    "staff": {"type": "apiKey", "in": "cookie", "name": "ansim_session", "description": "POST /api/login sets it."},
    "person": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "Device token (EdDSA)."},
}


@router.get("/api/openapi.json", include_in_schema=False)
async def document(request: Request) -> dict[str, Any]:
    return request.app.openapi()  # type: ignore[no-any-return]


def install_openapi(app: FastAPI) -> None:
    """Let `app.openapi()` give the whole document."""
    plain = app.openapi

    def whole() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = complete(plain(), app)
        return app.openapi_schema

    app.openapi = whole  # type: ignore[method-assign]


def complete(found: dict[str, Any], app: FastAPI) -> dict[str, Any]:
    """`found` with problems, permissions and security schemes."""
    parts = found.setdefault("components", {})
    parts.setdefault("schemas", {})["Problem"] = PROBLEM
    for name, schema in page_wire.schemas().items():
        if name in parts["schemas"]:
            raise ValueError(f"two models are called {name}: rename the one in server/page_wire")
        parts["schemas"][name] = schema
    parts["securitySchemes"] = SECURITY
    for schema in ("HTTPValidationError", "ValidationError"):
        parts["schemas"].pop(schema, None)  # a refusal is a problem here, also of a wrong field
    for route in routes_of(app):
        for method in route.methods or ():
            _describe(found["paths"][route.path][method.lower()], route)
    return found


def _describe(operation: dict[str, Any], route: APIRoute) -> None:
    answers = operation.setdefault("responses", {})
    answers.pop("422", None)
    answers["default"] = REFUSED
    if _writes_its_own_answer(route):
        for code, answer in answers.items():
            if code.startswith("2") and "content" in answer:
                answer["content"] = {"*/*": {}}
    scheme, permission = guard_of(route)
    if scheme is not None:
        operation["security"] = [{scheme: []}]
    if permission is not None:
        operation["x-permission"] = permission


def _writes_its_own_answer(route: APIRoute) -> bool:
    """A page, a picture, a file, a redirect: no JSON by a model."""
    answer = get_type_hints(route.endpoint).get("return")
    return isinstance(answer, type) and issubclass(answer, Response) and not issubclass(answer, JSONResponse)


def routes_of(app: FastAPI | APIRouter) -> Iterator[APIRoute]:
    """The app's routes that the document describes; our routers are included without a prefix."""
    for route in app.routes:
        inside = getattr(route, "original_router", None)
        if inside is not None:
            yield from routes_of(inside)
        elif isinstance(route, APIRoute) and route.include_in_schema:
            yield route


def guard_of(route: APIRoute) -> tuple[str | None, str | None]:
    """(`staff`, `person` or None for everybody; the permission or None) that the route's dependencies ask for."""
    for call in _calls(route.dependant):
        if (permission := getattr(call, "permission", None)) is not None:
            return "staff", permission
        if call is signed_in:
            return "staff", None
        if call in (device_user, speaker_of):
            return "person", None
    return None, None


def _calls(dependant: Dependant) -> Iterator[Any]:
    for child in dependant.dependencies:
        yield child.call
        yield from _calls(child)
