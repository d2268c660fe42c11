"""Settings of the router, from the environment (docs/interfaces.md section 1)."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Names are those of the environment, in lower case; durations end in `_s` and are seconds."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    database_url: str
    bus_url: str
    data_key: str
    host: str = "127.0.0.1"
    port: int = Field(default=8100, ge=0, le=65535)
    boundary_snapshot: Path | None = None
    router_installation_keys: dict[str, str] = Field(default_factory=dict)
    router_inline_worker: bool = False
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
