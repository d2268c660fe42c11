"""The last mile of a push in the demo: a local endpoint that speaks FCM's wire, in place of the vendor's network.

The installation's worker uses the real firebase-admin SDK against it (`FCM_URL`), so the message that "arrives at the
mother's phone" has gone through the real client, its credentials and its retries.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


class Handsets:
    """Receives every push of the demo; `on_push(at_unix_s, message)` is called as each arrives."""

    def __init__(self, on_push: Callable[[float, dict[str, Any]], None]) -> None:
        outer = self
        self._count = 0

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self._answer(outer._receive(self.path, body, on_push))

            def _answer(self, value: dict[str, Any]) -> None:
                data = json.dumps(value).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet: the demo prints what a person should see."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True, name="handsets").start()

    def _receive(self, path: str, body: bytes, on_push: Callable[[float, dict[str, Any]], None]) -> dict[str, Any]:
        if path == "/token":
            return {"access_token": "demo", "expires_in": 3600, "token_type": "Bearer"}
        message = json.loads(body)["message"]
        on_push(time.time(), message)
        self._count += 1
        return {"name": f"projects/ansim-demo/messages/{self._count}"}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def write_credentials(folder: Path, endpoint: str) -> Path:
    """A service-account file for the local endpoint, with a key made on the spot; mode 0600."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    path = folder / "firebase-demo.json"
    path.touch(mode=0o600)
    path.write_text(
        json.dumps(
            {
                "type": "service_account",
                "project_id": "ansim-demo",
                "private_key_id": "demo",
                "private_key": pem,
                "client_email": "demo@ansim-demo.example",
                "client_id": "0",
                "token_uri": f"{endpoint}/token",
            }
        )
    )
    return path
