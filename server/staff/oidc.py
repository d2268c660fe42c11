"""Signing in at the city's identity provider (OpenID Connect): authorization code, PKCE, state and nonce.

The provider says who somebody is; whether that is one of ours, from which seat and with which role is decided here:
an account with that login must exist, its addresses apply, and the role changes only when `OIDC_ROLE_CLAIM` says that
the provider decides it. The answer is taken only by the browser that asked (a cookie holds the state), from the
address it asked from, once.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import httpx
import jwt
import structlog

from location_router.runtime.db import Unit
from location_router.runtime.oidc import checked_claims, words
from server.actor import Actor
from server.staff import accounts
from server.staff.model import Viewer
from server.staff.permissions import AGENCY_ROLES, PERMISSIONS
from server.staff.service import Arrival, is_a_seat, proceed

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("oidc")

ATTEMPT_LIFE = timedelta(minutes=10)
PATIENCE_S = 5.0
CALLBACK = "/api/login/oidc/callback"
PROVIDER = Actor("system", "oidc", "OpenID Connect")
# Ways of having shown more than a password (RFC 8176).
STRONG = {"mfa", "otp", "hwk", "fpt", "face", "sc"}


class OidcRefused(Exception):
    """Nobody comes in; `code` is for the login page, the text for the log, without a token or a name in it."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


@dataclass
class Provider:
    """The issuer's own description and keys, read once; keys again when a token names one that is not among them."""

    client: httpx.AsyncClient
    issuer: str
    _document: dict[str, Any] | None = None
    _keys: dict[str, jwt.PyJWK] = field(default_factory=dict)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def document(self) -> dict[str, Any]:
        async with self._lock:
            if self._document is None:
                found = await self._get(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
                if found.get("issuer") != self.issuer:
                    raise OidcRefused("oidc_unreachable", "the provider calls itself something else")
                self._document = found
            return self._document

    async def key(self, token: str) -> Any:
        try:
            key_id = str(jwt.get_unverified_header(token).get("kid", ""))
        except jwt.PyJWTError as error:
            raise OidcRefused("oidc_refused", f"unreadable token: {type(error).__name__}") from error
        if key_id not in self._keys:
            document = await self.document()
            found = jwt.PyJWKSet.from_dict(await self._get(document["jwks_uri"]))
            self._keys = {one.key_id or "": one for one in found.keys}
        key = self._keys.get(key_id) or (
            next(iter(self._keys.values())) if len(self._keys) == 1 and not key_id else None
        )
        if key is None:
            raise OidcRefused("oidc_refused", "the token is signed by a key the provider does not publish")
        return key.key

    async def _get(self, url: str) -> dict[str, Any]:
        answer: dict[str, Any] = (await self.client.get(url)).raise_for_status().json()
        return answer


def provider_of(services: Services) -> Provider:
    """This process's provider; OidcRefused `oidc_off` where none is set."""
    settings = services.settings
    if not settings.oidc_issuer:
        raise OidcRefused("oidc_off", "OIDC_ISSUER is not set")
    provider: Provider | None = services.shared.get("oidc")
    if provider is None:
        client = httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False, follow_redirects=False)
        provider = services.shared["oidc"] = Provider(client, settings.oidc_issuer)
    return provider


async def begin(services: Services, arrival: Arrival) -> tuple[str, str]:
    """(where the browser goes, the state its cookie holds). Raises OidcRefused."""
    if not await is_a_seat(services, arrival.address):
        raise OidcRefused("address_not_registered", "not a seat")
    document = await _reached(provider_of(services).document())
    state = secrets.token_urlsafe(32)
    async with services.db.begin() as unit:
        now = services.clock()
        await unit.execute("DELETE FROM oidc_attempt WHERE expires_at < :now", {"now": now})
        await unit.execute(
            "INSERT INTO oidc_attempt (state_digest, address, expires_at) VALUES (:digest, :address, :expires)",
            {"digest": _digest(services, state), "address": arrival.address, "expires": now + ATTEMPT_LIFE},
        )
    challenge = _base64(hashlib.sha256(_derived(services, state, "verifier").encode()).digest())
    question = {
        "response_type": "code",
        "client_id": services.settings.oidc_client_id,
        "redirect_uri": services.settings.origin + CALLBACK,
        "scope": "openid profile email",
        "state": state,
        "nonce": _derived(services, state, "nonce"),
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    where = str(document["authorization_endpoint"])
    return f"{where}{'&' if urlsplit(where).query else '?'}{urlencode(question)}", state


async def finish(services: Services, arrival: Arrival, *, state: str, own_state: str, code: str) -> tuple[str, Viewer]:
    """The session. Raises OidcRefused, or the Problem of the next step (second factor)."""
    if not state or not hmac.compare_digest(state.encode(), own_state.encode()):
        raise OidcRefused("oidc_state", "the answer belongs to no question of this browser")
    await _take_attempt(services, state, arrival.address)
    token = await _exchange(services, code, _derived(services, state, "verifier"))
    claims = await _claims(services, token)
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), _derived(services, state, "nonce").encode()):
        raise OidcRefused("oidc_refused", "the token answers another question (nonce)")
    account_id = await _account(services, claims)
    passed = ["oidc"] + (["mfa"] if words(claims.get("amr")) & STRONG else [])
    return await proceed(services, account_id, passed, arrival, method="oidc")


async def _take_attempt(services: Services, state: str, address: str) -> None:
    async with services.db.begin() as unit:
        row = await unit.one(
            "DELETE FROM oidc_attempt WHERE state_digest = :digest RETURNING address, expires_at",
            {"digest": _digest(services, state)},
        )
    if row is None or row["address"] != address or row["expires_at"] <= services.clock():
        raise OidcRefused("oidc_state", "an unknown, used or late answer")


async def _exchange(services: Services, code: str, verifier: str) -> str:
    """The ID token for the code."""
    settings, provider = services.settings, provider_of(services)
    document = await _reached(provider.document())
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": settings.origin + CALLBACK,
        "client_id": settings.oidc_client_id,
        "code_verifier": verifier,
    }
    methods = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    auth = None
    if "client_secret_basic" in methods:
        auth = httpx.BasicAuth(settings.oidc_client_id, settings.oidc_client_secret)
    else:
        form["client_secret"] = settings.oidc_client_secret
    try:
        answer = await provider.client.post(document["token_endpoint"], data=form, auth=auth)
    except httpx.HTTPError as error:
        raise OidcRefused("oidc_unreachable", type(error).__name__) from error
    try:
        return str(answer.raise_for_status().json()["id_token"])
    except (httpx.HTTPStatusError, ValueError, KeyError, TypeError) as error:
        raise OidcRefused("oidc_refused", f"the provider did not take the code ({answer.status_code})") from error


async def _claims(services: Services, token: str) -> dict[str, Any]:
    provider, client_id = provider_of(services), services.settings.oidc_client_id
    key = await _reached(provider.key(token))
    try:
        claims = checked_claims(token, key, issuer=provider.issuer, audience=client_id)
    except jwt.PyJWTError as error:
        raise OidcRefused("oidc_refused", type(error).__name__) from error
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != client_id:
        raise OidcRefused("oidc_refused", "the token is meant for somebody else (azp)")
    return claims


async def _account(services: Services, claims: dict[str, Any]) -> UUID:
    """Whose login the claim names; with a role claim the account has that role from now on."""
    settings = services.settings
    login = claims.get(settings.oidc_login_claim)
    if settings.oidc_login_claim == "email" and claims.get("email_verified") is not True:
        raise OidcRefused("oidc_no_account", "the address is not verified")
    async with services.db.begin() as unit:
        row = await unit.one(
            "SELECT account_id, role, desk FROM account WHERE login = :login AND active",
            {"login": login if isinstance(login, str) else ""},
        )
        if row is None:
            raise OidcRefused("oidc_no_account", "no active account has that login")
        if settings.oidc_role_claim:
            await _set_role(unit, services, row, words(claims.get(settings.oidc_role_claim)))
    account_id: UUID = row["account_id"]
    return account_id


async def _set_role(unit: Unit, services: Services, row: dict[str, Any], claimed: set[str]) -> None:
    named = sorted(claimed & set(PERMISSIONS))
    if len(named) != 1 or (named[0] in AGENCY_ROLES) != (row["role"] in AGENCY_ROLES):
        raise OidcRefused("oidc_no_role", f"the role claim names {len(named)} of our roles")
    if named[0] != row["role"]:
        await accounts.change(unit, services, accounts.Reach(None), PROVIDER, row["account_id"], {"role": named[0]})


async def _reached(asked: Any) -> Any:
    try:
        return await asked
    except (httpx.HTTPError, KeyError, ValueError, TypeError, jwt.PyJWTError) as error:
        raise OidcRefused("oidc_unreachable", type(error).__name__) from error


def _digest(services: Services, state: str) -> bytes:
    return services.sealer.digest(state, context="oidc state")


def _derived(services: Services, state: str, what: str) -> str:
    """Nonce and PKCE verifier: known to whoever has DATA_KEY and the state, so they need not be kept."""
    return _base64(services.sealer.digest(state, context=f"oidc {what}"))


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
