"""Endpoints for gateways, devices and vendors' sandboxes (docs/intake.md)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import orjson
from fastapi import APIRouter, Request, Response, WebSocket
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, ValidationError

from location_router import intake
from location_router.bodies import MOST_READ, read_body
from location_router.devices import Heard
from location_router.els import read_els
from location_router.runtime.problems import Problem
from location_router.senders.gateways import Sms, Taken
from location_router.senders.intakes import Intakes, intakes_of
from location_router.wire import MAX_BODY_BYTES, Flag, utc_now

sender_routes = APIRouter()
MOST_POSITIONS = 5000
# What Korean providers and the big foreign ones call the same four things.
FROM = ("from", "From", "sender", "msisdn", "originator", "caller", "callback", "phone", "mo_number", "srcaddr")
TEXT = ("text", "Body", "message", "msg", "content", "body", "mo_msg")
MESSAGE_ID = ("message_id", "MessageSid", "msgid", "msg_id", "id", "mo_id")
RECEIVED = ("received_at", "recv_time", "recvtime", "date", "timestamp", "mo_time")


class DeviceRegistration(BaseModel):
    """`PUT /v1/devices/{device_id}`, signed by the home center: no name, no number."""

    kind: str = Field(default="button", max_length=40)
    state: str = Field(default="active", pattern="^(active|revoked)$")
    heartbeat_s: int = Field(default=0, ge=0, le=30 * 24 * 3600)


def _fields(body: bytes, content_type: str) -> dict[str, Any]:
    """The fields of a JSON object or a form; gateways often say one and send the other. UTF-8, else cp949."""
    try:
        data = orjson.loads(body)
        return data if isinstance(data, dict) else {}
    except orjson.JSONDecodeError:
        pass
    if b"=" not in body:
        return {}
    charset = "cp949" if "euc-kr" in content_type.lower() or "cp949" in content_type.lower() else "utf-8"
    raw = dict(parse_qsl(body.decode("latin-1"), keep_blank_values=True, encoding="latin-1"))
    return {name: _decoded(value, charset) for name, value in raw.items()}


def _decoded(value: str, charset: str) -> str:
    for one in (charset, "cp949"):
        try:
            return value.encode("latin-1").decode(one)
        except (UnicodeDecodeError, UnicodeEncodeError):
            continue
    return value


def _one(data: dict[str, Any], names: tuple[str, ...], limit: int) -> str:
    found = next((data[name] for name in names if data.get(name) not in (None, "")), "")
    return str(found).replace("\x00", "")[:limit]


@sender_routes.post("/v1/sms")
async def receive_sms(request: Request) -> Response:
    """A text message that a gateway received for us, JSON or form."""
    intakes = intakes_of(request)
    body = await read_body(request, limit=MAX_BODY_BYTES)
    sender, delayed = await intakes.gate.require(request, body, "sms_gateway")
    data = _fields(body, request.headers.get("content-type", ""))
    text = _one(data, TEXT, 2000)
    if not text:
        await intakes.quarantine(body, code="sms_without_text")
        raise Problem(422, "no_text", "text에 문자 내용을 넣어 주세요.", "Put the message into text.", field="text")
    when = intake.read_moment(_one(data, RECEIVED, 40)) or utc_now()
    sms = Sms(_one(data, FROM, 40), text, when, _one(data, MESSAGE_ID, 80))
    taken = await intakes.gateways.text_message(sms, sender=sender.sender_id)
    await _tell_home(intakes, taken)
    return JSONResponse(_taken(taken), 202, delayed.headers())


async def _tell_home(intakes: Intakes, taken: Taken) -> None:
    """The home center adds what no text message can carry: the name, the language, the profile."""
    if taken.device is not None and taken.accepted is not None:
        device_id = UUID(taken.device.device_id)
        await intakes.devices.report(device_id, taken.device.issuer, "pressed", alert_id=taken.accepted.alert_id)


def _taken(taken: Taken) -> dict[str, Any]:
    answer: dict[str, Any] = {"result": taken.what, "flags": list(taken.flags)}
    if taken.accepted is not None:
        shown = taken.accepted
        answer |= {"alert_id": str(shown.alert_id), "phase": shown.phase, "center": shown.center.model_dump(),
                   "flags": [flag.value for flag in shown.flags]}  # fmt: skip
    return answer


@sender_routes.post("/v1/els")
async def receive_els(request: Request) -> Response:
    """A location that Android sent with an emergency call or text (ELS over HTTPS, AML text): form or JSON."""
    intakes = intakes_of(request)
    body = await read_body(request, limit=MAX_BODY_BYTES)
    _, delayed = await intakes.gate.require(request, body, "els")
    located = read_els(_fields(body, request.headers.get("content-type", "")), now=utc_now())
    alert_id = await intakes.gateways.location(located)
    answer = {"stored": True, "alert_id": str(alert_id) if alert_id else None, "flags": list(located.flags)}
    return JSONResponse(answer, 202, delayed.headers())


@sender_routes.post("/v1/devices/messages")
async def receive_device_message(request: Request) -> Response:
    """One message of a device; its signature is inside, so that a plain modem can send it."""
    intakes = intakes_of(request)
    body = await read_body(request, limit=MAX_BODY_BYTES)
    claim = await intakes.gate.claim(request, body)
    heard = await intakes.devices.hear(body, sender=claim.sender.sender_id if claim.sender else "")
    if heard is None:
        await intakes.quarantine(body, code="device_unreadable")
        raise Problem(
            422,
            "no_device",
            "device와 seq, kind가 있는 JSON 객체를 보내 주세요.",
            "Send a JSON object with device, seq and kind.",
            field="device",
        )
    return JSONResponse(_heard(heard), 202)


def _heard(heard: Heard) -> dict[str, Any]:
    answer: dict[str, Any] = {"kind": heard.kind, "is_new": heard.is_new, "flags": list(heard.flags)}
    if heard.accepted is not None:
        answer |= {"alert_id": str(heard.accepted.alert_id), "center": heard.accepted.center.model_dump()}
    return answer


@sender_routes.put("/v1/devices/{device_id}")
async def register_device(device_id: UUID, request: Request) -> dict[str, Any]:
    """A home center says that it has given out a device, or taken it back."""
    from location_router.routes import signed_by

    installation, body = await signed_by(request)
    try:
        given = DeviceRegistration.model_validate_json(body)
    except ValidationError as error:
        names = ", ".join(".".join(map(str, item["loc"])) or "body" for item in error.errors()[:5])
        raise Problem(422, "invalid", f"입력을 확인해 주세요: {names}", f"Check these fields: {names}") from None
    done = await intakes_of(request).devices.register(
        device_id, home=installation, kind=given.kind, state=given.state, heartbeat_s=given.heartbeat_s
    )
    if not done:
        raise Problem(403, "other_home", "다른 센터의 기기입니다.", "This device belongs to another home center.")
    return {"device_id": str(device_id), "state": given.state}


# -- the sandbox


async def _sandboxed(request: Request, limit: int) -> tuple[Intakes, str, bytes, dict[str, str]]:
    intakes = intakes_of(request)
    body = await read_body(request, limit=limit)
    sender, delayed = await intakes.gate.require(request, body, "sandbox")
    return intakes, sender.sender_id, body, delayed.headers()


@sender_routes.post("/v1/sandbox/alerts", status_code=202)
async def try_alert(request: Request) -> Response:
    """As `POST /v1/alerts`, for trying: same reading, same answers, no desk hears of it."""
    intakes, sender_id, body, headers = await _sandboxed(request, MAX_BODY_BYTES)
    claim = await intakes.gate.claim(request, body)
    flagged = set() if claim.may("alerts") else {Flag.UNVERIFIED}
    accepted = await intakes.sandbox.accept(sender_id, body, headers_flagged=flagged)
    return Response(accepted.model_dump_json(), 202, headers, "application/json")


@sender_routes.get("/v1/sandbox/alerts/{alert_id}")
async def show_tried_alert(alert_id: UUID, request: Request) -> dict[str, Any]:
    """What the router understood of it: every field, the flags, the assignment with its reasons."""
    intakes, sender_id, _, _ = await _sandboxed(request, 0)
    return await intakes.sandbox.show(sender_id, alert_id)


@sender_routes.post("/v1/sandbox/alerts/{alert_id}/positions", status_code=202)
async def try_positions(alert_id: UUID, request: Request) -> Response:
    intakes, sender_id, body, headers = await _sandboxed(request, MOST_READ)
    stored = await intakes.sandbox.moved(sender_id, alert_id, read_batch(body))
    return JSONResponse({"stored": stored}, 202, headers)


@sender_routes.websocket("/v1/sandbox/alerts/{alert_id}/live")
async def try_line(socket: WebSocket, alert_id: UUID, token: str = "") -> None:
    intakes: Intakes = socket.app.state.intakes
    if not intakes.sandbox.opens(alert_id, token):
        await socket.close(4403)
        return
    await socket.accept()
    await intakes.sandbox.line(socket, alert_id)


def read_batch(body: bytes) -> list[Any]:
    """The positions of a batch, the newest `MOST_POSITIONS`. Raises Problem 400 `no_positions`."""
    try:
        data = orjson.loads(body)
        given = data["positions"] if isinstance(data["positions"], list) else [data["positions"]]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise Problem(
            400,
            "no_positions",
            "positions 목록을 JSON으로 보내 주세요.",
            "Send a JSON object with a list positions.",
            field="positions",
        ) from None
    return list(given[-MOST_POSITIONS:])
