"""Errors a person or a program can act on: problem+json (RFC 9457) in Korean and English, never a stack trace."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from http import HTTPStatus
from itertools import islice
from typing import Any

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from location_router.runtime.db import Unavailable

log = structlog.get_logger("problems")
_OTHER_KO = "처리할 수 없는 요청입니다."
_WORDS = {
    404: ("없는 주소입니다. 주소를 확인하세요.", "There is no such address. Check it."),
    405: ("이 주소에서는 할 수 없는 일입니다.", "This address does not take this method."),
}


class Problem(Exception):
    """Raise to answer with `status`; `code` is a stable machine word, the two texts say what to do next."""

    def __init__(
        self, status: int, code: str, ko: str, en: str, *, headers: dict[str, str] | None = None, **extra: Any
    ) -> None:
        super().__init__(en)
        self.status, self.code, self.ko, self.en, self.headers, self.extra = status, code, ko, en, headers, extra

    def body(self) -> dict[str, Any]:
        return {
            "type": f"urn:ansim:problem:{self.code}",
            "code": self.code,
            "status": self.status,
            "title": self.en,
            "message_ko": self.ko,
            "message_en": self.en,
            **self.extra,
        }


def answer_of(problem: Problem) -> JSONResponse:
    return JSONResponse(problem.body(), problem.status, problem.headers, "application/problem+json")


def _page(ko: str, en: str) -> str:
    """For a person who mistyped an address: the words of `_WORDS` or of the framework, and the way back."""
    return (
        '<!doctype html><html lang="ko"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>안심 · Ansim</title>'
        f'<main><h1>{escape(ko)}</h1><p lang="en">{escape(en)}</p>'
        '<p><a href="/">처음으로 · Back to the start</a></p></main></html>'
    )


def unavailable(error: Unavailable) -> JSONResponse:
    log.warning("database_unavailable", error=str(error)[:200])
    return answer_of(
        Problem(
            503,
            "unavailable",
            "지금 저장할 수 없습니다. 잠시 뒤 다시 보냅니다.",
            "The database is away; send again.",
            headers={"Retry-After": "1"},
        )
    )


def unexpected(route: str, error: Exception) -> JSONResponse:
    """What is our own fault; inside an `except` block."""
    log.exception("unexpected", route=route, error=type(error).__name__)
    return answer_of(
        Problem(
            500,
            "internal",
            "처리하지 못했습니다. 관리자에게 알려 주세요.",
            "Something failed on our side; it has been logged.",
        )
    )


_SECRET = r"(?:pass|pwd|secret|token|credential|signature|cookie|(?<![a-z])(?:keys?|pins?|pw|otp|totp|codes?)(?![a-z]))"
_SECRET_NAME = re.compile(_SECRET, re.IGNORECASE)
_SECRET_TOLD = re.compile(_SECRET + r"""\w{0,20}["']?\s{0,9}[=:]""", re.IGNORECASE)
_HIDDEN = "…"
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_DEEPEST, _MOST_ITEMS, _MOST_READ, _LONGEST = 6, 24, 4096, 120


def _shown(value: Any, names: Iterable[Any]) -> str:
    """What was sent, for whoever looks for the mistake: answers are kept in logs, so no password and no key is in it,
    neither of a field with such a name nor in an address (`user:password@host`)."""
    return _HIDDEN if any(map(_is_secret, names)) else repr(_without_secrets(value))[:_LONGEST]


def _is_secret(name: Any) -> bool:
    return _SECRET_NAME.search(_HUMP.sub("_", str(name)[:_MOST_READ])) is not None


def _without_secrets(value: Any, depth: int = 0) -> Any:
    if isinstance(value, bytes):
        value = value[:_MOST_READ].decode(errors="replace")
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth == _DEEPEST:
        return _HIDDEN
    if isinstance(value, dict):
        items = islice(value.items(), _MOST_ITEMS)
        return {
            _text(str(name)): _HIDDEN if _is_secret(name) else _without_secrets(one, depth + 1) for name, one in items
        }
    if isinstance(value, list | tuple):
        return [_without_secrets(one, depth + 1) for one in value[:_MOST_ITEMS]]
    return _text(value if isinstance(value, str) else repr(value))


def _text(text: str) -> str:
    """Without what stands before the last @ of it, where that may be a name and a password."""
    text = text[:_MOST_READ]
    before, at, after = text.rpartition("@")
    if _SECRET_TOLD.search(_HUMP.sub("_", text)):
        return _HIDDEN
    return _HIDDEN + at + after if ":" in before else text


def install_problems(app: FastAPI) -> None:
    """Turn every failure of `app` into problem+json."""

    @app.exception_handler(Problem)
    async def _problem(_: Request, error: Problem) -> JSONResponse:
        return answer_of(error)

    @app.exception_handler(Unavailable)
    async def _unavailable(_: Request, error: Unavailable) -> JSONResponse:
        return unavailable(error)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        fields = [
            {
                "field": ".".join(str(part) for part in item["loc"]),
                "message": item["msg"],
                "value": _shown(item.get("input"), item["loc"]),
            }
            for item in error.errors()
        ]
        names = ", ".join(item["field"] for item in fields)
        return answer_of(
            Problem(422, "invalid", f"입력을 확인해 주세요: {names}", f"Check these fields: {names}", fields=fields)
        )

    @app.exception_handler(psycopg.DataError)
    @app.exception_handler(DataError)
    async def _unstorable(_: Request, error: Exception) -> JSONResponse:
        """A NUL in a text, a number without end: the sender's mistake, and nothing to look into."""
        return answer_of(
            Problem(422, "invalid", "저장할 수 없는 글자나 값이 있습니다.", "There is a value that can't be stored.")
        )

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        said = (_OTHER_KO, str(error.detail))
        is_bare = error.detail == HTTPStatus(error.status_code).phrase
        ko, en = _WORDS.get(error.status_code, said) if is_bare else said
        headers = dict(error.headers) if error.headers else None
        if "text/html" in request.headers.get("accept", "") and request.method in ("GET", "HEAD"):
            return HTMLResponse(_page(ko, en), error.status_code, headers)
        return answer_of(Problem(error.status_code, "http", ko, en, headers=headers))

    _install_last(app)


def _install_last(app: FastAPI) -> None:
    """Who hung up before the end of the body, and what is our own fault."""

    @app.exception_handler(ClientDisconnect)
    async def _gone(_: Request, error: ClientDisconnect) -> Response:
        return Response(status_code=400)  # nobody hears it

    @app.exception_handler(Exception)
    async def _unexpected(request: Request, error: Exception) -> JSONResponse:
        # the route, not the path: a path may hold a follow link or an invitation
        return unexpected(getattr(request.scope.get("route"), "path", ""), error)
