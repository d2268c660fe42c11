"""Administrators by OpenID Connect: a signed token of the issuer that the settings name.

`ADMIN_OIDC_ISSUER` is the issuer's address (its `/.well-known/openid-configuration` is read once and its keys are
cached), `ADMIN_OIDC_AUDIENCE` what the token must be meant for, `ADMIN_OIDC_ROLE` a word that must stand in the claim
`ADMIN_OIDC_CLAIM` (default `roles`). Only asymmetric signatures count.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import httpx
import jwt

from location_router.runtime.oidc import checked_claims, words

PATIENCE_S = 3.0


class NotAdmin(Exception):
    """Why a token makes nobody an administrator."""


@dataclass
class Issuer:
    """One issuer; `claim` must hold `role` (a list, or words between spaces)."""

    url: str
    audience: str
    role: str
    claim: str = "roles"
    _keys: jwt.PyJWKClient | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def name_of(self, token: str) -> str:
        """The administrator's name. Blocks for a first look at the issuer. Raises NotAdmin."""
        try:
            key = self._key_client().get_signing_key_from_jwt(token).key
            claims = checked_claims(token, key, issuer=self.url, audience=self.audience)
        except (jwt.PyJWTError, httpx.HTTPError, KeyError, ValueError) as error:
            raise NotAdmin(f"{type(error).__name__}: {error}"[:200]) from error
        if self.role not in words(claims.get(self.claim)):
            raise NotAdmin(f"claim {self.claim!r} does not hold {self.role!r}")
        return str(claims.get("preferred_username") or claims.get("email") or claims["sub"])[:80]

    def _key_client(self) -> jwt.PyJWKClient:
        with self._lock:
            if self._keys is None:
                found = httpx.get(f"{self.url.rstrip('/')}/.well-known/openid-configuration", timeout=PATIENCE_S)
                document = found.raise_for_status().json()
                if document["issuer"] != self.url:
                    raise NotAdmin(f"the issuer calls itself {document['issuer']!r}")
                self._keys = jwt.PyJWKClient(document["jwks_uri"], cache_keys=True, timeout=PATIENCE_S)
            return self._keys
