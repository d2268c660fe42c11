"""Settings of the router, from the environment (docs/interfaces.md section 1)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from location_router.lost.peer import DOTTED_NAME, Peer


class Settings(BaseSettings):
    """Names are those of the environment, in lower case; durations end in `_s` and are seconds."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    database_url: str
    bus_url: str
    data_key: str
    node_key: str = ""
    """Private keys of the node `router`, base64, comma-separated, the first signs; absent = derived from DATA_KEY."""
    bus_unsigned_until: date | None = None
    """During an upgrade: unsigned messages of the bus are believed up to and including this day."""
    host: str = "127.0.0.1"
    port: int = Field(default=8100, ge=0, le=65535)
    reuse_port: bool = False
    """Several `serve` processes share HOST and PORT; the kernel (Linux) gives each new connection to one of them."""
    own_port: int | None = Field(default=None, ge=0, le=65535)
    """A second door of this process alone, for scraping `/metrics` and asking `/healthz`; 0 = any free one."""
    boundary_snapshot: Path | None = None
    router_installation_keys: dict[str, str] = Field(default_factory=dict)
    router_inline_worker: bool = False
    trusted_proxies: str = ""
    """Addresses whose word about a client certificate is believed (mutual TLS), comma-separated."""
    web_origins: str = ""
    """Further origins of SOS pages, comma-separated; those of registered installations are known."""
    deliver_https_s: float = Field(default=1.0, gt=0)
    deliver_next_s: float = Field(default=4.0, gt=0)
    runner_up_s: float = Field(default=30.0, gt=0)
    desk_112_s: float = Field(default=60.0, gt=0)
    desk_112_url: str = ""
    desk_112_key: str = ""
    undelivered_s: float = Field(default=10.0, gt=0)
    alarm_webhook_url: str = ""
    alarm_webhook_key: str = ""
    sweep_s: float = Field(default=0.2, gt=0)
    offline_after_s: float = Field(default=6.0, gt=0)
    lost_source: str = Field(default="router.example.kr", pattern=DOTTED_NAME)
    lost_peers: list[Peer] = Field(default_factory=list)
    lost_expires_s: float = Field(default=3600.0, ge=60)
    lost_peer_timeout_s: float = Field(default=2.0, gt=0)
