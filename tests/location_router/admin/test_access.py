"""Who is an administrator: the token file, and tokens of a real OpenID issuer on the loopback."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import Depends, FastAPI

from location_router.admin.access import Admin, admin_of, read_tokens
from location_router.runtime.problems import install_problems


@pytest.fixture
def client() -> httpx.AsyncClient:
    app = FastAPI()
    install_problems(app)

    @app.get("/admin/me")
    def me(admin: Admin = Depends(admin_of)) -> dict[str, str]:
        return {"name": admin.name}

    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://router")


class Provider:
    """An OpenID issuer with one key."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps(provider.documents()[self.path]).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def documents(self) -> dict[str, Any]:
        public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.key.public_key()))
        return {
            "/.well-known/openid-configuration": {"issuer": self.url, "jwks_uri": f"{self.url}/keys"},
            "/keys": {"keys": [public | {"kid": "one", "use": "sig", "alg": "ES256"}]},
        }

    def token(self, *, key: Any = None, algorithm: str = "ES256", **changes: Any) -> str:
        now = int(time.time())
        claims = {"iss": self.url, "aud": "ansim-router", "sub": "7", "preferred_username": "minji", "iat": now}
        claims |= {"exp": now + 300, "roles": ["router-admin"]} | changes
        return jwt.encode(claims, key or self.key, algorithm=algorithm, headers={"kid": "one"})


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    issuer = Provider()
    monkeypatch.setenv("ADMIN_OIDC_ISSUER", issuer.url)
    monkeypatch.setenv("ADMIN_OIDC_AUDIENCE", "ansim-router")
    monkeypatch.setenv("ADMIN_OIDC_ROLE", "router-admin")
    yield issuer
    issuer.server.shutdown()
    issuer.server.server_close()


async def _ask(client: httpx.AsyncClient, token: str) -> tuple[int, dict[str, Any]]:
    answer = await client.get("/admin/me", headers={"Authorization": f"Bearer {token}"} if token else {})
    return answer.status_code, answer.json()


async def test_without_any_setting_nobody_is_an_administrator(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ADMIN_TOKENS", raising=False)
    for token in ("", "secret", "a.b.c"):
        status, problem = await _ask(client, token)
        assert status == 401 and problem["code"] == "not_an_administrator" and problem["message_ko"]


async def test_the_token_file_names_administrators(
    client: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tokens"
    path.write_text(f"# who\nhana:{hashlib.sha256(b'open sesame').hexdigest()}  # until March\n", encoding="utf-8")
    monkeypatch.setenv("ADMIN_TOKENS", str(path))
    assert await _ask(client, "open sesame") == (200, {"name": "hana"})
    assert (await _ask(client, "open sesam"))[0] == 401
    path.write_text("", encoding="utf-8")
    assert (await _ask(client, "open sesame"))[0] == 401, "taken out of the file: out at once"
    path.write_text("hana:plain-token\n", encoding="utf-8")
    assert (await _ask(client, "plain-token"))[0] == 503, "a broken file is loud and opens nothing"
    with pytest.raises(ValueError, match="line 1"):
        read_tokens(path)


async def test_an_issuer_s_token_counts_only_for_us_with_the_role_and_a_real_signature(
    client: httpx.AsyncClient, provider: Provider
) -> None:
    assert await _ask(client, provider.token()) == (200, {"name": "minji"})
    stranger = ec.generate_private_key(ec.SECP256R1())
    refused = [
        provider.token(aud="another"),
        provider.token(iss="http://127.0.0.1:1"),
        provider.token(exp=int(time.time()) - 120),
        provider.token(roles=["reader"]),
        provider.token(roles="router-administrator"),
        provider.token(key=stranger),
        provider.token(key="x" * 32, algorithm="HS256"),
        jwt.encode({"sub": "7"}, None, algorithm="none"),
    ]
    assert [(await _ask(client, token))[0] for token in refused] == [401] * len(refused)


async def test_an_issuer_that_is_away_opens_nothing(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_OIDC_ISSUER", "http://127.0.0.1:9")
    monkeypatch.setenv("ADMIN_OIDC_AUDIENCE", "ansim-router")
    monkeypatch.setenv("ADMIN_OIDC_ROLE", "router-admin")
    assert (await _ask(client, "a.b.c"))[0] == 401
