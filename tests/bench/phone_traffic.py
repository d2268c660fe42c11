"""Bytes that a phone sends and hears: an SOS at one position a second, and a phone that only watches over a walk.

The real phone (`service/phone.py`) speaks TLS through a counting door to a local router; the kernel counts (TCP_INFO):
payload with TLS both ways, and segments, each worth 40 bytes of headers over IPv4. `WINDOW_S` seconds of a running
alert are taken and scaled to an hour; what the alert costs once (handshakes, both messages) stands beside it. Photos
and sound are off: what they weigh is the device's matter.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import tempfile
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mobile_app.core.captures import OFF
from mobile_app.core.messages import Position
from mobile_app.core.session import Confirmed, Shaken
from mobile_app.platforms.fake import FakeLocation, fake_device
from mobile_app.service import phone as running
from mobile_app.settings import Settings
from tests.mobile_app.local_router import LocalRouter

WINDOW_S, SETTLED_S, IDLE_S = 20, 6, 8
HEADERS = 40


class Door:
    """TLS to the phone, plain to the router behind it; `counted()` is what its sockets have carried so far."""

    def __init__(self, behind: int, certificate: Path) -> None:
        self._behind, self._sockets = behind, []
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate)
        self._done: dict[int, tuple[int, int]] = {}

    _sockets: list[socket.socket]

    async def open(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        return f"https://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        plain: socket.socket = writer.get_extra_info("socket")
        self._sockets.append(plain)
        inner, outer = await asyncio.open_connection("127.0.0.1", self._behind)
        with contextlib.suppress(OSError, ssl.SSLError):
            await asyncio.gather(_pass(reader, outer), _pass(inner, writer))

    def counted(self) -> tuple[int, int]:
        """(payload bytes, segments), both ways, of all connections."""
        for number, one in enumerate(self._sockets):
            with contextlib.suppress(OSError):
                info = one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
                acked, received = struct.unpack_from("=QQ", info, 120)
                out, came = struct.unpack_from("=II", info, 136)
                self._done[number] = (acked + received, out + came)
        return sum(size for size, _ in self._done.values()), sum(count for _, count in self._done.values())


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, ssl.SSLError):
        while part := await reader.read(1 << 16):
            writer.write(part)
            await writer.drain()
    writer.close()


def _certificate(path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + private)
    return path


async def _walk(location: FakeLocation, seconds: int) -> None:
    for second in range(seconds):
        place = {"lat": 37.4015 + second * 1.2e-5, "lon": 126.92271234}
        location.give(Position(**place, accuracy_m=8.4, fixed_at=datetime.now(UTC), speed_mps=1.31, heading_deg=12.5))
        await asyncio.sleep(1.0)


async def _measured(folder: Path) -> dict[str, float | str]:
    router = LocalRouter()
    port = int(router.start().rpartition(":")[2])
    certificate = _certificate(folder / "door.pem")
    door = Door(port, certificate)
    url = await door.open()
    running.tls_context = lambda: ssl.create_default_context(cafile=str(certificate))  # type: ignore[attr-defined]
    device = fake_device()
    assert isinstance(device.location, FakeLocation)
    settings = Settings(router_url=url, home_url=url, device_token="x" * 420, home="41170", nickname="민지",
                        phone="01012345678", countdown_s=30.0, capture=OFF)  # fmt: skip
    (folder / "phone").mkdir()
    phone = running.Phone(folder=folder / "phone", settings=settings, device=device)
    task = asyncio.create_task(phone.run())
    await phone.ready()
    try:
        await _walk(device.location, IDLE_S)
        watching, _ = door.counted()
        phone.tell(Shaken())
        await _walk(device.location, 2)
        phone.tell(Confirmed())
        await _walk(device.location, SETTLED_S)
        once, arrived = door.counted(), len(router.positions)
        await _walk(device.location, WINDOW_S)
        after, came = door.counted(), len(router.positions) - arrived
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        router.stop()
    per_hour = 3600 / WINDOW_S
    payload, segments = after[0] - once[0], after[1] - once[1]
    assert abs(came - WINDOW_S) <= 1, f"{came} positions arrived in {WINDOW_S} s: the machine is too busy to measure"
    return {
        "sos_kb_per_hour_tls": round(payload * per_hour / 1000, 1),
        "sos_kb_per_hour_with_ip_headers": round((payload + segments * HEADERS) * per_hour / 1000, 1),
        "sos_bytes_per_position_tls": round(payload / WINDOW_S, 1),
        "sos_once_bytes_tls": float(once[0] - watching),
        "watching_bytes_per_hour": watching * 3600 / IDLE_S,
        "scaled_from_s": float(WINDOW_S),
    }


def measure() -> dict[str, float | str]:
    with tempfile.TemporaryDirectory(prefix="ansim-bench-") as name:
        return asyncio.run(_measured(Path(name)))
