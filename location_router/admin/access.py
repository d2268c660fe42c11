"""Who administers the router: a token file, or OpenID Connect (`location_router.admin.oidc`).

`ADMIN_TOKENS` names a file with one `name:sha256-in-hex` of a token per line (`#` comments); a request shows its token
as `Authorization: Bearer`. With neither setting nobody is an administrator: everything under `/admin` answers 401.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import structlog
from fastapi import Request

from location_router.admin.oidc import Issuer, NotAdmin
from location_router.runtime.problems import Problem

log = structlog.get_logger("admin")


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


def admin_of(request: Request) -> Admin:
    """The administrator who asks; for `Depends`, in a thread. Raises Problem 401, 503 for a broken token file."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    given = given.strip()
    name = ""
    if scheme.lower() == "bearer" and given:
        name = _by_file(given) or (_by_issuer(given) if given.count(".") == 2 else "")
    if name:
        return Admin(name)
    raise Problem(
        401,
        "not_an_administrator",
        "관리자 토큰이 필요합니다. ADMIN_TOKENS 파일에 등록된 토큰을 Authorization: Bearer 로 보내 주세요.",
        "An administrator's token is needed: send one that stands in the ADMIN_TOKENS file as Authorization: Bearer.",
        headers={"WWW-Authenticate": "Bearer"},
    )


def _by_file(given: str) -> str:
    path = os.environ.get("ADMIN_TOKENS", "")
    if not path:
        return ""
    digest, found = hashlib.sha256(given.encode()).hexdigest(), ""
    try:
        tokens = read_tokens(Path(path))
    except (OSError, ValueError) as error:
        log.error("admin_tokens_unreadable", error=str(error))
        raise Problem(
            503,
            "admin_tokens_unreadable",
            "관리자 토큰 파일을 읽을 수 없습니다. 서버 기록을 확인해 주세요.",
            "The file of administrators' tokens can't be read; see the server's log for the line.",
        ) from error
    for known, name in tokens.items():
        if hmac.compare_digest(known, digest):
            found = name
    return found


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
