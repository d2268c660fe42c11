"""The signed call of an agency's system, read as far as its route takes and no further."""

from __future__ import annotations

from fastapi import Request

from location_router.runtime.problems import Problem
from server.connection import address_of, services_of
from server.dispatch.reports import LONGEST_BODY
from server.line_calls import Letter, not_taken


async def letter_of(request: Request, agency_id: str, most_bytes: int = LONGEST_BODY) -> Letter:
    """Problem 413 `too_large` at the first byte beyond `most_bytes`: before the signature is known, nothing more is
    held, and it is a row without anybody's name."""
    body, call = bytearray(), (request.method, request.url.path)
    async for chunk in request.stream():
        if len(body) + len(chunk) > most_bytes:
            most = f"{most_bytes // 1024} KB"
            ko, en = f"본문이 너무 큽니다. {most}까지 보내 주세요.", f"The body is too large: send {most} at most."
            wrong = Problem(413, "too_large", ko, en, field="body", value=f"> {most_bytes} bytes")
            letter = Letter("", request.headers, address_of(request), b"", call)
            raise await not_taken(services_of(request), letter, wrong, is_counted=True)
        body += chunk
    return Letter(agency_id[:80], request.headers, address_of(request), bytes(body), call)
