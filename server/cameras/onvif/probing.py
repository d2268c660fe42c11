"""Is there an ONVIF device at this address and port? One question that needs no password, and nothing else is tried.

GetSystemDateAndTime is answered to anybody; what does not speak of onvif.org is no device. No zeep: a subnet of a
thousand addresses is asked by hand.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import dataclass

import httpx

from server.cameras.onvif.where import DEVICE_PATH, DeviceUrl

AT_ONCE = 32
ANSWER_S, CONNECT_S = 3.0, 1.0
_MOST_BYTES = 65_536
_ASK = (
    '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>'
    '<GetSystemDateAndTime xmlns="http://www.onvif.org/ver10/device/wsdl"/></s:Body></s:Envelope>'
)
_HEADERS = {"Content-Type": "application/soap+xml; charset=utf-8", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One address and port; `url` where a device answered, else empty."""

    host: str
    port: int
    url: str = ""


async def probe(places: Iterable[tuple[str, int]]) -> AsyncIterator[list[Asked]]:
    """Ask each place, AT_ONCE of them at a time; yields each batch's answers, so that the caller can tell how far it
    is and stop."""
    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=0)
    timeout = httpx.Timeout(ANSWER_S, connect=CONNECT_S)
    # a device signs its certificate itself; nothing secret is sent
    async with httpx.AsyncClient(verify=False, trust_env=False, timeout=timeout, limits=limits) as client:
        batch: list[tuple[str, int]] = []
        for place in places:
            batch.append(place)
            if len(batch) == AT_ONCE:
                yield await _ask_all(client, batch)
                batch = []
        if batch:
            yield await _ask_all(client, batch)


async def _ask_all(client: httpx.AsyncClient, batch: list[tuple[str, int]]) -> list[Asked]:
    return list(await asyncio.gather(*(_ask(client, host, port) for host, port in batch)))


async def _ask(client: httpx.AsyncClient, host: str, port: int) -> Asked:
    url = DeviceUrl("https" if port in (443, 8443) else "http", host, port, DEVICE_PATH).text()
    read = b""
    with suppress(httpx.HTTPError, ValueError, TimeoutError):
        async with (
            asyncio.timeout(CONNECT_S + ANSWER_S),
            client.stream("POST", url, content=_ASK, headers=_HEADERS) as answer,
        ):
            async for piece in answer.aiter_raw(4096):
                read += piece
                if len(read) > _MOST_BYTES:
                    return Asked(host, port)
    is_device = b"onvif.org" in read and (b"GetSystemDateAndTimeResponse" in read or b"Fault" in read)
    return Asked(host, port, url if is_device else "")
