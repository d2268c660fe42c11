"""`GET /openapi.json`: what FastAPI knows of the routes, with the bodies, examples and problems that it can't know.

Most routes read their bytes themselves, because tolerant reading is their business. The messages' schemas come from
`wire.py`; the examples stand in `openapi_examples.py` and are read by the tests as the router reads them.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from pydantic import TypeAdapter

from location_router import wire
from location_router.openapi_examples import OPERATIONS, Operation

PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `code` is a stable word for programs; the two messages say what to do next.",
    "required": ["type", "code", "status", "title", "message_ko", "message_en"],
    "properties": {
        "type": {"type": "string", "example": "urn:ansim:problem:no_alert_id"},
        "code": {"type": "string", "example": "no_alert_id"},
        "status": {"type": "integer", "example": 422},
        "title": {"type": "string"},
        "message_ko": {"type": "string", "example": "alert_id에 UUID를 넣어 주세요."},
        "message_en": {"type": "string", "example": "Put a UUID into alert_id."},
        "field": {"type": "string", "example": "alert_id"},
        "value": {"type": "string"},
    },
}
SECURITY = {
    "device_token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "Signed by the home center (EdDSA). Missing, unknown or expired: accepted and flagged.",
    },
    "sender_key": {"type": "http", "scheme": "bearer", "description": "API key of a registered sender, ansk_…"},
    "sender_signature": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Ansim-Signature",
        "description": "With X-Ansim-Sender and X-Ansim-Time: hex HMAC-SHA256(signing secret, time.METHOD.path.body)",
    },
    "installation_signature": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Ansim-Signature",
        "description": "With X-Ansim-Installation and X-Ansim-Time, by the installation's key",
    },
    "mutual_tls": {"type": "mutualTLS", "description": "At a proxy that passes the certificate's SHA-256 on"},
}
MODELS = {
    model.__name__: model
    for model in (
        wire.AlertMessage,
        wire.Accepted,
        wire.Position,
        wire.Receipt,
        wire.CenterHealth,
        wire.Status,
        wire.Said,
    )
}


def install_openapi(app: FastAPI) -> None:
    """Let `app` answer `/openapi.json` with the whole document."""
    plain = app.openapi

    def whole() -> dict[str, Any]:
        if "x-ansim" not in (app.openapi_schema or {}):
            document = plain()
            complete(document)
            app.openapi_schema = document
        return app.openapi_schema or {}

    app.openapi = whole  # type: ignore[method-assign]


def complete(document: dict[str, Any]) -> None:
    """Add schemas, security, bodies, examples and problems to FastAPI's `document`, in place."""
    document["info"]["description"] = (
        "안심 위치 라우터: 신고를 받아 맞는 관제센터로 보냅니다. 설명은 docs/intake.md.\n\n"
        "The Ansim location router: takes alerts and brings them to the right center. See docs/intake.md."
    )
    document["x-ansim"] = {"intake_fails_open": True}
    components = document.setdefault("components", {})
    components["securitySchemes"] = SECURITY
    schemas = components.setdefault("schemas", {})
    for name, model in MODELS.items():
        schema = TypeAdapter(model).json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
        schemas.update(schema.pop("$defs", {}))
        schemas[name] = schema
    schemas["Problem"] = PROBLEM
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            _complete(operation, OPERATIONS.get((method.upper(), path)))


def _complete(operation: dict[str, Any], known: Operation | None) -> None:
    responses = operation["responses"]
    responses.pop("422", None)
    if known is not None:
        operation["summary"] = f"{known.ko} · {known.en}"
        if known.about:
            operation["description"] = known.about
        operation["security"] = [{name: []} for name in known.security] or [{}]
        if known.requests:
            content = {kind: _media(known.schema, examples) for kind, examples in known.requests.items()}
            operation["requestBody"] = {"required": True, "content": content}
        if known.answer is not None:
            responses.pop("200", None)
            media = _media(known.answer_schema, {"answer": known.answer})
            responses[str(known.status)] = {"description": "OK", "content": {"application/json": media}}
        for status, about in known.problems.items():
            responses[str(status)] = _problem(about)
    responses.setdefault("default", _problem("What went wrong, in Korean and English"))


def _problem(about: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": about, "content": {"application/problem+json": {"schema": schema}}}


def _media(schema: str, examples: dict[str, Any]) -> dict[str, Any]:
    shape = {"$ref": f"#/components/schemas/{schema}"} if schema else {"type": "object"}
    return {"schema": shape, "examples": {name: {"value": value} for name, value in examples.items()}}
