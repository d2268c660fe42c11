"""Who administers the router: a token file, or OIDC.

`ADMIN_TOKENS` names a file with one `name:sha256-of-the-token-in-hex` per line (`#` comments); a request shows its token
as `Authorization: Bearer`. Without the file nobody is an administrator: everything under `/admin` answers 401.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request

from location_router.runtime.problems import Problem


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
    """The administrator who asks; for `Depends`. Raises Problem 401."""
    path = os.environ.get("ADMIN_TOKENS", "")
    given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
    digest = hashlib.sha256(given.encode()).hexdigest()
    if path and given:
        for known, name in read_tokens(Path(path)).items():
            if hmac.compare_digest(known, digest):
                return Admin(name)
    raise Problem(
        401,
        "not_an_administrator",
        "관리자 토큰이 필요합니다. ADMIN_TOKENS 파일에 등록된 토큰을 Authorization 헤더로 보내 주세요.",
        "An administrator's token is needed: send one that stands in the ADMIN_TOKENS file as Authorization: Bearer.",
    )
