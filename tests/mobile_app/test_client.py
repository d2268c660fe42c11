"""What the phone makes of what comes back: other people's answers are no answers, and a person is told what to do."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mobile_app.core.messages import AlertMessage
from mobile_app.net import client
from mobile_app.net.client import HomeClient, RouterClient, tls_context
from mobile_app.net.outbox import RefusedMessage, Unreachable
from mobile_app.problem import Problem

ALERT = AlertMessage(
    alert_id="019aa6e1-5b2a-7c3d-9e4f-0123456789ab", phase="active", raised_at=datetime(2026, 11, 21, tzinfo=UTC)
)
BUSY = b"HTTP/1.1 503 Busy\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n"
LOGIN = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\n<html"
MOVED = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/elsewhere\r\nContent-Length: 0\r\n\r\n"
LONG = b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n" + b" " * 9_000_000
BAD = b'HTTP/1.1 422 No\r\nContent-Length: 13\r\n\r\n{"code": "x"}'


class Scripted:
    """A server that says these bytes to every request. `heard`: what it was asked, `lines`: connections."""

    def __init__(self, says: bytes, tls: ssl.SSLContext | None = None) -> None:
        self.says, self.tls, self.heard, self.lines = says, tls, [], 0

    async def __aenter__(self) -> Scripted:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
        scheme = "https" if self.tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                size = next(
                    (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
                )
                self.heard.append(head + await reader.readexactly(size))
                writer.write(self.says)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


def asker(kind: Any, url: str, *, is_on: bool = True, tls: ssl.SSLContext | None = None) -> Any:
    return kind(url, token=lambda: "token", is_on=lambda: is_on, tls=tls or tls_context())


async def home_problem(url: str, **more: Any) -> Problem:
    home = asker(HomeClient, url, **more)
    with pytest.raises(Problem) as caught:
        await home.guardians()
    await home.close()
    assert caught.value.message_ko.strip() and caught.value.message_en.strip()
    return caught.value


async def test_an_alert_is_unconfirmed_by_everything_but_a_routers_own_words() -> None:
    for says, wished in ((LOGIN, None), (MOVED, None), (BUSY, 3.0)):
        async with Scripted(says) as server:
            router = asker(RouterClient, server.url)
            with pytest.raises(Unreachable) as failed:
                await router.post_alert(ALERT)
            assert failed.value.after_s == wished and len(server.heard) == 1, "no redirect is followed"
            await router.close()
    async with Scripted(BAD) as server:
        router = asker(RouterClient, server.url)
        with pytest.raises(RefusedMessage, match="422"):
            await router.post_alert(ALERT)
        with pytest.raises(RefusedMessage):
            await router.post_alert(ALERT)
        assert server.lines == 1, "one connection is kept"
        await router.close()


async def test_a_person_is_told_what_she_can_do(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await home_problem("http://127.0.0.1:9")).code == "no_answer"
    assert (await home_problem("http://127.0.0.1:9", is_on=False)).code == "offline"
    for says, code in ((LOGIN, "odd_answer"), (MOVED, "odd_answer"), (BUSY, "busy"), (BAD, "x"), (LONG, "no_answer")):
        async with Scripted(says) as server:
            assert (await home_problem(server.url)).code == code
    monkeypatch.setattr(client, "TIMEOUT", httpx.Timeout(0.1))
    async with Scripted(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{") as server:
        assert (await home_problem(server.url)).code == "no_answer", "an answer that drips is none"


async def test_a_token_never_travels_in_clear_but_to_this_machine() -> None:
    for url in ("http://router.example", "http://10.0.0.5:8100", "ftp://127.0.0.1", "", "http://[::", "https://"):
        assert (await home_problem(url)).code == "insecure_address"
    assert (await home_problem("http://[::1]:9")).code == "no_answer"


@pytest.fixture
async def liar(tmp_path: Path) -> AsyncIterator[Any]:
    """`await liar(days)` → a TLS server whose own authority signed it to begin `days` from now, and that authority."""
    servers: list[Scripted] = []

    async def make(days: int) -> tuple[str, ssl.SSLContext]:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
        began = datetime.now(UTC) + timedelta(days=days)
        signed = (
            x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(7).not_valid_before(began).not_valid_after(began + timedelta(days=5))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
            .sign(key, hashes.SHA256())
        )  # fmt: skip
        pem = tmp_path / f"{days}.pem"
        pem.write_bytes(
            signed.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        tls, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=str(pem))
        tls.load_cert_chain(pem)
        servers.append(await Scripted(BUSY, tls).__aenter__())
        return servers[-1].url, trusting

    yield make
    for server in servers:
        await server.__aexit__()


async def test_a_certificate_of_strangers_is_no_router_and_a_wrong_clock_is_named(liar: Any) -> None:
    url, _ = await liar(-1)
    assert (await home_problem(url)).code == "unsafe"
    for days in (-9, 3):
        url, trusting = await liar(days)
        assert (await home_problem(url, tls=trusting)).code == "clock"
