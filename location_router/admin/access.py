"""Who administers the router: a token file, or OpenID Connect (`location_router.admin.oidc`).

`ADMIN_TOKENS` names a file with one `name:sha256-in-hex` of a token per line (`#` comments); a request shows its token
as `Authorization: Bearer`, or the cookie that the pages got for it (`sessions.py`). With neither setting nobody is an
administrator: everything under `/admin` answers 401. A browser sends its cookie whoever's page asks, so a change by
cookie must come from our own page.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import jwt
import structlog
from fastapi import Request, Response

from location_router.admin.oidc import Issuer, NotAdmin
from location_router.admin.sessions import COOKIE, Session, Sessions
from location_router.runtime.problems import Problem

log = structlog.get_logger("admin")
READING = frozenset(("GET", "HEAD", "OPTIONS"))


@dataclass(frozen=True, slots=True)
class Admin:
    """An administrator; `name` stands in the record of every change."""

    name: str


def read_tokens(path: Path) -> dict[str, str]:
    """{sha256 hex: name} of a token file; a line that says neither is refused by its number."""
    tokens: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        name, colon, digest = text.rpartition(":")
        if not colon or not name or len(digest) != 64 or set(digest.lower()) - set("0123456789abcdef"):
            raise ValueError(f"{path}, line {number}: write name:sha256-in-hex")
        tokens[digest.lower()] = name
    return tokens


async def admin_of(request: Request, response: Response) -> Admin:
    """The administrator who asks, by token or by cookie; for `Depends`. Raises Problem 401, 403 `foreign_page`, 503
    for a broken token file."""
    response.headers["Cache-Control"] = "no-store"
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    given = given.strip()
    if scheme.lower() == "bearer" and given:
        if name := await asyncio.to_thread(name_of, given):
            return Admin(name)
    elif session := await session_of(request):
        if request.method not in READING and not is_own_page(request):
            raise foreign_page()
        return Admin(session.admin)
    raise Problem(
        401,
        "not_an_administrator",
        "관리자 토큰이 필요합니다. ADMIN_TOKENS 파일에 등록된 토큰을 Authorization: Bearer 로 보내 주세요.",
        "An administrator's token is needed: send one that stands in the ADMIN_TOKENS file as Authorization: Bearer.",
        headers={"WWW-Authenticate": "Bearer"},
    )


def sessions_of(request: Request) -> Sessions:
    found: Sessions = request.app.state.admin_sessions
    return found


async def session_of(request: Request) -> Session | None:
    """The session of the browser's cookie, as long as the line of the token file that it began with stands."""
    secret = request.cookies.get(COOKIE, "")
    found = await sessions_of(request).find(secret) if secret else None
    if found is None or not found.token_sha256:
        return found
    tokens = await asyncio.to_thread(_tokens)
    return found if tokens.get(found.token_sha256) == found.admin else None


def name_of(given: str) -> str:
    """The administrator whose token this is, empty for nobody's. Blocks. Raises Problem 503."""
    return _by_file(given) or (_by_issuer(given) if given.count(".") == 2 else "")


def bounds_of(given: str) -> tuple[str, datetime | None]:
    """What a session that begins with this good token hangs on: a line of the file, or the token's own end."""
    digest = hashlib.sha256(given.encode()).hexdigest()
    if digest in _tokens():
        return digest, None
    claims = jwt.decode(given, options={"verify_signature": False})  # `name_of` has verified it
    return "", datetime.fromtimestamp(claims["exp"], UTC)


def is_own_page(request: Request) -> bool:
    """Whether the browser says that one of our own pages asks; a page can forge neither header."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin", "")
    return bool(origin) and origin.partition("://")[2] == request.headers.get("host", "")


def foreign_page() -> Problem:
    return Problem(
        403,
        "foreign_page",
        "이 화면에서는 할 수 없습니다. 라우터 관리 화면을 직접 열어 다시 시도하세요.",
        "Not from this page: open the router's own pages and try again.",
    )


def _by_file(given: str) -> str:
    digest, found = hashlib.sha256(given.encode()).hexdigest(), ""
    for known, name in _tokens().items():
        if hmac.compare_digest(known, digest):
            found = name
    return found


def _tokens() -> dict[str, str]:
    path = os.environ.get("ADMIN_TOKENS", "")
    if not path:
        return {}
    try:
        return read_tokens(Path(path))
    except (OSError, ValueError) as error:
        log.error("admin_tokens_unreadable", error=str(error))
        raise Problem(
            503,
            "admin_tokens_unreadable",
            "관리자 토큰 파일을 읽을 수 없습니다. 서버 기록을 확인해 주세요.",
            "The file of administrators' tokens can't be read; see the server's log for the line.",
        ) from error


def _by_issuer(given: str) -> str:
    names = ("ADMIN_OIDC_ISSUER", "ADMIN_OIDC_AUDIENCE", "ADMIN_OIDC_ROLE", "ADMIN_OIDC_CLAIM")
    url, audience, role, claim = (os.environ.get(name, "") for name in names)
    if not (url and audience and role):
        return ""
    try:
        return _issuer(url, audience, role, claim or "roles").name_of(given)
    except NotAdmin as error:
        log.warning("admin_refused", reason=str(error))
        return ""


@lru_cache(maxsize=4)
def _issuer(url: str, audience: str, role: str, claim: str) -> Issuer:
    return Issuer(url, audience, role, claim)
