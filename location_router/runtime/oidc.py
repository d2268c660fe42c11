"""What every OpenID Connect token must be, whoever takes it: signed by the issuer's key, for us, now.

Only asymmetric signatures count: with a shared secret whoever knows it could make tokens of its own.
"""

from __future__ import annotations

from typing import Any

import jwt

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
LEEWAY_S = 30


def checked_claims(token: str, key: Any, *, issuer: str, audience: str) -> dict[str, Any]:
    """The claims of a good token. Raises jwt.PyJWTError."""
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=ALGORITHMS,
        audience=audience,
        issuer=issuer,
        leeway=LEEWAY_S,
        options={"require": ["exp", "iat", "sub", "aud", "iss"]},
    )
    return claims


def words(value: Any) -> set[str]:
    """A claim that holds words: a list, or a text with spaces between."""
    if isinstance(value, str):
        return set(value.split())
    return {str(one) for one in value} if isinstance(value, list) else set()
