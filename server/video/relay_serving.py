"""`ansim relay` as a process: its settings, from its own machine's environment (docs/interfaces.md section 1), and its
server."""

from __future__ import annotations

import json
import os
import socket
import ssl
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import uvicorn
from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from starlette.types import ASGIApp

from location_router.runtime.door import open_door
from server.video.relay import Relay, Upstream, create_relay
from server.video.relay_door import Door
from server.video.relay_log import RelayLog
from server.video.relayed import relay_key
from server.video.tickets import public_key


class ZoneSettings(BaseSettings):
    """What every relay between two zones is told. Names are those of the environment, in lower case."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    host: str = "127.0.0.1"
    port: int = 8400
    trusted_proxies: str = ""
    relay_upstream: str
    """What stands behind it, as this machine reaches it: `https://host[:port]`; `http://` on the loopback only."""
    relay_key: str
    relay_ca_file: Path | None = None
    """Who signed the upstream's certificate; absent: the machine's own list."""
    relay_log_dir: Path
    relay_certificate: Path | None = None
    relay_certificate_key: Path | None = None
    """For browsers, where no proxy stands in front."""
    relay_most: int = Field(default=400, ge=1)
    relay_most_per_address: int = Field(default=24, ge=1)

    @field_validator("relay_upstream")
    @classmethod
    def _one_address(cls, text: str) -> str:
        parts = urlsplit(text.strip())
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError(f"{text!r}: https://주소[:포트] 하나여야 합니다 · it is one address, https://host[:port]")
        if parts.scheme == "http" and not _is_loopback(parts.hostname):
            raise ValueError(f"{text!r}: https여야 합니다 · plain http only on the loopback; write https://…")
        return f"{parts.scheme}://{parts.netloc}"

    @field_validator("relay_key")
    @classmethod
    def _own_key(cls, text: str) -> str:
        relay_key(text)
        return text

    @field_validator("relay_ca_file", "relay_certificate", "relay_certificate_key")
    @classmethod
    def _is_there(cls, file: Path | None) -> Path | None:
        if file is not None and not file.is_file():
            raise ValueError(f"{file}: 파일이 없습니다 · there is no such file")
        return file


class RelaySettings(ZoneSettings):
    """The relay of pictures."""

    relay_ticket_key: str
    relay_most_megabytes: int = Field(default=20_000, ge=1)
    """Of one stream: a camera of 4 Mbit/s for eleven hours."""

    @field_validator("relay_ticket_key")
    @classmethod
    def _ticket_key(cls, text: str) -> str:
        public_key(text)
        return text


def serve(settings: RelaySettings, relay: Relay) -> None:
    """Until SIGTERM; one JSON ready line goes to standard output."""
    run(settings, create_relay(relay), "relay", [open_door(settings.host, settings.port)])


def run(settings: ZoneSettings, app: ASGIApp, role: str, doors: list[socket.socket]) -> None:
    """A relay's app behind these open doors, the first of which the ready line names."""
    config = uvicorn.Config(
        app,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        access_log=False,  # it would keep tickets
        log_level="warning",
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
        server_header=False,
        timeout_graceful_shutdown=1,
        ws_max_size=64 * 1024,
        limit_concurrency=settings.relay_most * 2 + 50,
        ssl_certfile=settings.relay_certificate,
        ssl_keyfile=settings.relay_certificate_key,
    )
    _Announcing(config, role).run(sockets=doors)


class _Announcing(uvicorn.Server):
    """Says that it is ready when it is."""

    def __init__(self, config: uvicorn.Config, role: str) -> None:
        super().__init__(config)
        self._role = role

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and sockets:
            host, port = sockets[0].getsockname()[:2]
            scheme = "https" if self.config.is_ssl else "http"
            ready = {"ready": True, "role": self._role, "url": f"{scheme}://{host}:{port}", "pid": os.getpid()}
            print(json.dumps(ready), flush=True)


def build(settings: RelaySettings) -> Relay:
    """The relay, nothing of it connected. Raises LogBroken and OSError for its log, ssl.SSLError for the CA file."""
    return Relay(
        upstream=upstream_at(settings.relay_upstream, settings.relay_ca_file),
        tickets=public_key(settings.relay_ticket_key),
        key=relay_key(settings.relay_key),
        log=RelayLog(settings.relay_log_dir, lambda: datetime.now(UTC)),
        door=Door(most=settings.relay_most, most_per_address=settings.relay_most_per_address),
        most_bytes=settings.relay_most_megabytes * 1_000_000,
    )


def upstream_at(url: str, ca_file: Path | None) -> Upstream:
    """The only place that a client of ours leads to: no redirect, no proxy of the environment."""
    tls = None
    if url.startswith("https"):
        tls = ssl.create_default_context(cafile=ca_file)
        tls.minimum_version = ssl.TLSVersion.TLSv1_2
    times = httpx.Timeout(10.0, connect=5.0)
    return Upstream(url, httpx.AsyncClient(verify=tls or False, timeout=times, trust_env=False), tls)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
