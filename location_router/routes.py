"""The router's HTTP and WebSocket endpoints (docs/interfaces.md section 2)."""

from __future__ import annotations

import time
from typing import Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Request, Response, WebSocket
from fastapi.responses import JSONResponse
from prometheus_client import generate_latest
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from starlette.datastructures import Headers

from location_router.app import Router
from location_router.bodies import MOST_READ, read_body
from location_router.boundary_answers import in_force
from location_router.crossings import Standing
from location_router.delivery import undelivered
from location_router.guard import METRICS
from location_router.intake import read_position
from location_router.leaves import lag_lines
from location_router.registry import states_of
from location_router.runtime.db import Unavailable
from location_router.runtime.problems import Problem
from location_router.runtime.signing import BadSignature, verify
from location_router.runtime.tokens import BadToken, Device, ExpiredToken, is_live_token, verify_device_token
from location_router.senders.intakes import intakes_of
from location_router.senders.routes import read_batch
from location_router.standings import Heard
from location_router.wire import MAX_BODY_BYTES, CenterHealth, Receipt, utc_now

routes = APIRouter()
T = TypeVar("T")


class Registration(BaseModel):
    """`POST /v1/installations/register`."""

    installation: str = Field(min_length=1, max_length=80)
    https_url: str = Field(default="", max_length=300)
    public_key_pem: str = Field(default="", max_length=4000)
    serves: list[str] | str = ""
    home_center: str = Field(default="", max_length=20)
    node_keys: list[str] = Field(default_factory=list, max_length=4)
    bus_domain: str = Field(default="", max_length=80, pattern=r"^[A-Za-z0-9_-]*$")


def _router(request: Request) -> Router:
    router: Router = request.app.state.router
    return router


def bearer(headers: Headers) -> str:
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


@routes.post("/v1/alerts", status_code=202)
async def accept_alert(request: Request) -> Response:
    router = _router(request)
    body = await read_body(request, limit=MAX_BODY_BYTES)
    intakes = intakes_of(request)
    origin, delayed = await intakes.gate.origin(request, body)
    try:
        accepted = await router.alerts.accept(body, token=bearer(request.headers), origin=origin)
    except Problem as problem:
        router.refused.labels(problem.code).inc()
        raise
    router.accepted.labels(accepted.phase).inc()
    await intakes.raised(accepted, origin)
    return Response(accepted.model_dump_json(), 202, delayed.headers(), "application/json")


@routes.post("/v1/alerts/{alert_id}/positions", status_code=202)
async def store_positions(alert_id: UUID, request: Request) -> Response:
    """A batch after a gap; the same answer whatever became of the alert."""
    router = _router(request)
    standing = await router.live.standing(alert_id)
    body = await read_body(request, limit=MOST_READ)
    if standing is None or not await intakes_of(request).may_move(request, body, alert_id):
        check_sender(router, alert_id, standing, bearer(request.headers))
    assert standing is not None
    return JSONResponse({"stored": await keep_positions(router, alert_id, standing, body)}, 202)


async def keep_positions(router: Router, alert_id: UUID, standing: Standing, body: bytes) -> int:
    """How many of a batch name a place. Raises Problem 400 `no_positions`."""
    now = utc_now()
    read = [position for one in read_batch(body) if (position := read_position(one, now=now))]
    ordered = sorted(read, key=lambda one: one.fixed_at)
    if router.thinning.is_loaded and ordered:
        router.thinning.shed.inc(len(ordered) - 1)
        ordered = ordered[-1:]
    for position in ordered:
        await router.live.moved(alert_id, standing, position)
    return len(read)


def check_sender(router: Router, alert_id: UUID, standing: Standing | None, token: str) -> None:
    """The alert's own line token, or the token of the device that raised it."""
    if standing is not None:
        if is_live_token(router.live_key, alert_id, token):
            return
        try:
            device = _device(router, token)
            hers = standing.home_installation, standing.device_id.lower()
            if standing.device_id and (device.issuer, device.device_id.lower()) == hers:
                return
        except BadToken:
            pass
    raise Problem(403, "wrong_token", "이 신고의 토큰이 아닙니다.", "The token does not belong to this alert.")


def _device(router: Router, token: str) -> Device:
    """Also of a token whose time is over: her phone goes on being found."""
    try:
        return verify_device_token(token, router.registry.public_keys)
    except ExpiredToken as expired:
        return expired.device


@routes.websocket("/v1/alerts/{alert_id}/live")
async def live(socket: WebSocket, alert_id: UUID, token: str = "") -> None:
    router: Router = socket.app.state.router
    if not is_live_token(router.live_key, alert_id, token):
        await socket.close(4403)
        return
    await socket.accept()
    await router.live.hold(socket, alert_id)


@routes.get("/v1/centers")
async def list_centers(request: Request) -> dict[str, Any]:
    registry = _router(request).registry
    return {"boundary_version": registry.jurisdictions.boundary_version, "centers": states_of(registry)}


async def signed_by(request: Request) -> tuple[str, bytes]:
    """(installation, body) of a signed call; 401 otherwise."""
    body = await read_body(request, limit=MOST_READ)
    try:
        installation = verify(
            request.headers,
            _router(request).settings.router_installation_keys,
            method=request.method,
            path=request.url.path,
            body=body,
            now=time.time(),
        )
    except BadSignature as error:
        raise Problem(
            401,
            error.code,
            "서명이 올바르지 않습니다. INSTALLATION_KEY와 시계를 확인해 주세요.",
            "The signature is not right; check INSTALLATION_KEY and the clock.",
        ) from None
    if _router(request).nodes.is_revoked(installation):
        raise Problem(
            403,
            "node_revoked",
            "이 설치의 키는 폐기되었습니다. 국가 라우터 관리자에게 문의해 주세요.",
            "This installation's keys are revoked; ask the router's administrator.",
        )
    return installation, body


def read_signed(kind: type[T], body: bytes, installation: str) -> T:
    """The message of a signed call; 422 names the fields, 403 when it speaks for somebody else."""
    try:
        value = TypeAdapter(kind).validate_json(body)
    except ValidationError as error:
        names = ", ".join(".".join(str(part) for part in item["loc"]) or "body" for item in error.errors()[:5])
        raise Problem(422, "invalid", f"입력을 확인해 주세요: {names}", f"Check these fields: {names}") from None
    if getattr(value, "installation", installation) != installation:
        raise Problem(
            403,
            "other_installation",
            "다른 설치의 이름으로는 보낼 수 없습니다.",
            "An installation can only speak for itself.",
            field="installation",
        )
    return value


@routes.post("/v1/installations/register")
async def register(request: Request) -> dict[str, Any]:
    installation, body = await signed_by(request)
    given = read_signed(Registration, body, installation)
    registry = _router(request).registry
    serves = given.serves if isinstance(given.serves, list) else [one for one in given.serves.split(",") if one]
    unknown = [code for code in serves if code not in registry.centers and code != "all"]
    if unknown:
        raise Problem(
            422,
            "unknown_center",
            f"없는 센터 코드입니다: {', '.join(unknown[:5])}",
            f"There is no center {', '.join(unknown[:5])}",
            field="serves",
        )
    await registry.register(
        installation=installation,
        https_url=given.https_url,
        public_key_pem=given.public_key_pem,
        serves="all" if serves == ["all"] else serves,
        home_center=given.home_center,
    )
    enrolment = await _router(request).nodes.register(installation, given.node_keys, domain=given.bus_domain)
    return {
        "installation": installation,
        "node": {"code": enrolment.code, "key_ids": enrolment.key_ids},
        "serves": sum(center.served_by == installation for center in registry.centers.values()),
    }


@routes.post("/v1/centers/heartbeat")
async def heartbeat(request: Request) -> dict[str, Any]:
    installation, body = await signed_by(request)
    heard = await _router(request).registry.heartbeat(read_signed(CenterHealth, body, installation))
    if heard is Heard.REPEATED:
        raise Problem(
            409,
            "repeated_heartbeat",
            "이미 받은 것보다 새로운 신호가 아닙니다. 시계를 확인해 주세요.",
            "This heartbeat is not newer than the last one; check the clock.",
            field="sent_at",
        )
    if heard is Heard.UNKNOWN:
        raise Problem(409, "not_registered", "먼저 등록해 주세요.", "Register this installation first.")
    return {"ok": True, **in_force(_router(request).registry.boundaries)}


@routes.post("/v1/receipts")
async def receive_receipt(request: Request) -> dict[str, bool]:
    installation, body = await signed_by(request)
    adopted = await _router(request).courier.received(read_signed(Receipt, body, installation), sender=installation)
    return {"ok": True, "adopted": adopted}


@routes.get("/healthz")
async def health() -> dict[str, Any]:
    """The process lives; whether PostGIS does is in `/metrics` and in each answer."""
    return {"ok": True, "role": "router"}


@routes.get("/metrics")
async def metrics(request: Request) -> Response:
    router = _router(request)
    text = generate_latest(router.metrics).decode() + generate_latest(METRICS).decode() + await lag_lines(router.bus)
    lines = {"ansim_database_up": 1.0}
    try:
        waiting, median_s, slow_s = await undelivered(router.pool)
        lines |= {
            "ansim_alerts_undelivered_15s": waiting,
            "ansim_delivery_p50_seconds": median_s,
            "ansim_delivery_p99_seconds": slow_s,
        }
        text += await router.alarms.gauge_lines()
    except Unavailable:
        lines = {"ansim_database_up": 0.0}
    text += "".join(f"# TYPE {name} gauge\n{name} {value}\n" for name, value in lines.items())
    return Response(text, media_type="text/plain; version=0.0.4")
