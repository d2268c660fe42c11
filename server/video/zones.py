"""Agencies behind a relay get addresses of the relay, and only what can pass it: fMP4 over a WebSocket, and clips."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Any

from server.video.admission import Class
from server.video.gateway import WARM_LIFE_S, Clip, Picture, Play, VideoGateway, WarmCamera, clip_of, plays_of
from server.video.tickets import Ticket


class ZonedGateway:
    """A gateway whose viewers at `networks` (comma-separated CIDRs) reach it through the relay at `url` (`wss://…`)."""

    def __init__(self, inner: VideoGateway, *, url: str, networks: str, key: str) -> None:
        """`Settings` has checked both texts; ValueError when they are none."""
        self._networks = [ip_network(one.strip()) for one in networks.split(",") if one.strip()]
        self._inner, self._url, self._key = inner, url, key

    async def ensure_source(
        self, cameras: Sequence[WarmCamera], seconds: float = WARM_LIFE_S, *, rank: Class = "sos"
    ) -> bool:
        return await self._inner.ensure_source(cameras, seconds, rank=rank)

    async def play(self, ticket: Ticket) -> list[Play]:
        if not self._is_behind(ticket.address):
            return await self._inner.play(ticket)
        return [one for one in plays_of(self._url, ticket, self._key) if one.kind == "ws-fmp4"]

    async def kick(self, release_ids: Sequence[str], reason: str) -> bool:
        return await self._inner.kick(release_ids, reason)

    async def still(self, camera_id: str, release_id: str) -> Picture | None:
        return await self._inner.still(camera_id, release_id)

    async def clip(self, ticket: Ticket, *, begin_at: datetime, end_at: datetime) -> Clip | None:
        if not self._is_behind(ticket.address):
            return await self._inner.clip(ticket, begin_at=begin_at, end_at=end_at)
        return clip_of(self._url, ticket, self._key, begin_at=begin_at, end_at=end_at)

    async def health(self) -> dict[str, Any]:
        return await self._inner.health()

    async def close(self) -> None:
        closing = getattr(self._inner, "close", None)
        if closing is not None:
            await closing()

    def _is_behind(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        plain = getattr(parsed, "ipv4_mapped", None) or parsed
        return any(plain in network for network in self._networks if network.version == plain.version)
