"""`ansim relay requests` as a process: its settings, from its own machine's environment, and its one or two doors."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Self

import httpx
from pydantic import Field, field_validator, model_validator

from location_router.runtime.door import open_door
from server.relay_requests import Direction, RequestRelay, create_request_relay
from server.relay_rules import Agency, Before, Book
from server.video.relay_door import Door, Purse
from server.video.relay_log import RelayLog
from server.video.relay_serving import ZoneSettings, run, upstream_at
from server.video.relayed import relay_key

MOST_HELD_BYTES = 64 * 1024 * 1024


class RequestRelaySettings(ZoneSettings):
    """HOST and PORT are the agencies' side, RELAY_OUT_HOST and RELAY_OUT_PORT the center's."""

    relay_direction: Direction = "both"
    """`in`: calls to the center, of which only the receipt comes back. `out`: only the center's messages."""
    relay_before: Before = "center"
    """What RELAY_UPSTREAM is: a center, or a router (agencies are known there by their `sender`)."""
    relay_agreements: Path
    """The agreement file (docs/operations/relay.md)."""
    relay_out_host: str = "127.0.0.1"
    relay_out_port: int = Field(default=8402, ge=0)
    relay_center_networks: str = ""
    """Networks (CIDR, comma-separated) of the center's machines, which may send messages out."""

    @field_validator("relay_agreements")
    @classmethod
    def _is_read(cls, file: Path) -> Path:
        try:
            Book.read(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise ValueError(f"{file}: 읽을 수 없습니다 · it can't be read ({error.strerror})") from None
        return file

    @field_validator("relay_center_networks")
    @classmethod
    def _are_networks(cls, text: str) -> str:
        for one in _split(text):
            ip_network(one)
        return text

    @model_validator(mode="after")
    def _has_two_doors(self) -> Self:
        if self.relay_direction == "both" and self.port and self.port == self.relay_out_port:
            sentence = "두 망의 문은 포트가 달라야 합니다 · the two sides are told apart by their ports: give two"
            raise ValueError(f"PORT, RELAY_OUT_PORT: {self.port}: {sentence}")
        if self.relay_before == "router" and self.relay_direction == "out":
            raise ValueError(
                "RELAY_DIRECTION: 라우터는 먼저 말하지 않습니다 · a router says nothing by itself: both or in"
            )
        if self.relay_direction != "in" and self.relay_before == "center" and not self.relay_center_networks:
            raise ValueError("RELAY_CENTER_NETWORKS: 관제센터의 망을 적어 주세요 · name the center's networks (CIDR)")
        return self


def build(settings: RequestRelaySettings) -> RequestRelay:
    """The relay, nothing of it connected. Raises LogBroken and OSError for its log and its certificates' files."""
    book = Book.read(settings.relay_agreements.read_text(encoding="utf-8"))
    return RequestRelay(
        book=book,
        center=upstream_at(settings.relay_upstream, settings.relay_ca_file),
        agencies={name: _client_of(one) for name, one in book.agencies.items() if one.listens},
        centers=_split(settings.relay_center_networks),
        purse_in=Purse(MOST_HELD_BYTES * 3 // 4),
        purse_out=Purse(MOST_HELD_BYTES // 4),
        direction=settings.relay_direction,
        before=settings.relay_before,
        key=relay_key(settings.relay_key),
        log=RelayLog(settings.relay_log_dir, lambda: datetime.now(UTC)),
        door=Door(most=settings.relay_most, most_per_address=settings.relay_most_per_address),
    )


def serve(settings: RequestRelaySettings, relay: RequestRelay) -> None:
    """Until SIGTERM. Where nothing may come out (or in), that side's door does not exist."""
    is_in, is_out = settings.relay_direction != "out", settings.relay_direction != "in"
    is_out &= settings.relay_before == "center" or bool(settings.relay_center_networks)
    doors = [open_door(settings.host, settings.port)] if is_in else []
    out_port = 0
    if is_out:
        doors.append(open_door(settings.relay_out_host, settings.relay_out_port))
        out_port = doors[-1].getsockname()[1]
    run(settings, create_request_relay(relay, out_port), "request-relay", doors)


def _client_of(agency: Agency) -> httpx.AsyncClient:
    tls = ssl.create_default_context(cafile=agency.ca_file or None)
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    return httpx.AsyncClient(verify=tls, timeout=httpx.Timeout(10.0, connect=5.0), trust_env=False)


def _split(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(",") if one.strip())
