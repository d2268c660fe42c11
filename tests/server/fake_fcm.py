"""Google's side of a push on a local socket: it checks the wire format and answers as it is told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

PROJECT = "ansim-test"
ERRORS = {
    "UNREGISTERED": (404, "NOT_FOUND"),
    "SENDER_ID_MISMATCH": (403, "PERMISSION_DENIED"),
    "QUOTA_EXCEEDED": (429, "RESOURCE_EXHAUSTED"),
    "UNAVAILABLE": (503, "UNAVAILABLE"),
    "INVALID_ARGUMENT": (400, "INVALID_ARGUMENT"),
    "THIRD_PARTY_AUTH_ERROR": (401, "UNAUTHENTICATED"),
}


@cache
def _private_key() -> str:
    key = rsa.generate_private_key(65537, 2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@dataclass
class FakeFcm:
    """`answers` are used one after the other (an error's name, or "ok"); when they are used up: ok."""

    base: str = ""
    answers: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    grants: int = 0
    refuse_grant: bool = False
    retry_after: str = ""
    delay_s: float = 0.0
    lines: int = 0
    """Open ones; a client may keep them, as Google lets it."""

    @property
    def fcm_url(self) -> str:
        return f"{self.base}/v1/projects/{{0}}/messages:send"

    def account(self) -> dict[str, str]:
        """A service account as Firebase's console hands it out, with a key of our own."""
        return {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": "1",
            "private_key": _private_key(),
            "client_email": f"push@{PROJECT}.iam.gserviceaccount.com",
            "client_id": "1",
            "token_uri": f"{self.base}/token",
        }

    def answer(self, path: str, headers: dict[str, str], raw: bytes) -> tuple[int, dict[str, Any]]:
        if path == "/token":
            self.grants += 1
            if self.refuse_grant:
                return 401, {"error": "invalid_client"}
            return 200, {"access_token": "granted", "expires_in": 3600, "token_type": "Bearer"}
        if path != f"/v1/projects/{PROJECT}/messages:send" or headers.get("authorization") != "Bearer granted":
            return 401, {"error": {"status": "UNAUTHENTICATED", "message": "no"}}
        self.bodies.append(json.loads(raw))
        self.headers.append(headers)
        name = self.answers.pop(0) if self.answers else "ok"
        if name == "ok":
            return 200, {"name": f"projects/{PROJECT}/messages/{len(self.bodies)}"}
        code, status = ERRORS[name]
        detail = {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": name}
        return code, {"error": {"code": code, "status": status, "message": name, "details": [detail]}}


@contextmanager
def fake_fcm() -> Iterator[FakeFcm]:
    fcm = FakeFcm()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            fcm.lines += 1

        def finish(self) -> None:
            super().finish()
            fcm.lines -= 1

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            if fcm.delay_s and self.path != "/token":
                time.sleep(fcm.delay_s)
            code, body = fcm.answer(self.path, {k.lower(): v for k, v in self.headers.items()}, raw)
            data = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            if code == 429 and fcm.retry_after:
                self.send_header("Retry-After", fcm.retry_after)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fcm.base = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield fcm
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
