"""Calls that the router signs with the key it shares with this installation: the body, or a refusal."""

from __future__ import annotations

from fastapi import Request

from location_router.runtime.problems import Problem
from location_router.runtime.signing import BadSignature, verify
from server.connection import services_of

REFUSED = {
    "wrong_signature": ("서명이 맞지 않습니다.", "The signature does not fit."),
    "clock_skew": (
        "두 서버의 시계가 5분 넘게 다릅니다. 시각 동기화(NTP)를 확인하세요.",
        "The two servers' clocks are more than five minutes apart: look at NTP on both.",
    ),
}


async def signed_body(request: Request, *, most_bytes: int) -> bytes:
    """The body of a call that the router has signed with the key the two share. Problems 401, 413."""
    services = services_of(request)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > most_bytes:
            raise Problem(413, "too_long", "너무 깁니다.", "The delivery is too long.")
    settings = services.settings
    keys = {settings.installation: settings.installation_key} if settings.installation_key else {}
    try:
        verify(request.headers, keys, method="POST", path=request.url.path, body=body, now=services.clock().timestamp())
    except BadSignature as bad:
        raise Problem(401, bad.code, *REFUSED.get(bad.code, REFUSED["wrong_signature"])) from None
    return body
