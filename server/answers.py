"""What another house's server answers, read up to a bound: a kilobyte that it packed may hold a gigabyte."""

from __future__ import annotations

import zlib

import httpx

UNPACKED = {"Accept-Encoding": "identity"}
"""For the request: nobody needs to pack for us. Who does so unasked is unpacked no further than wanted."""


class TooMuch(ValueError):
    """`too_long`, or `packed` in a way that we didn't ask for."""


async def read_within(answer: httpx.Response, most_bytes: int) -> bytes:
    """The body of a streamed answer. Raises TooMuch, httpx.HTTPError."""
    body = bytearray()
    async for part in answer.aiter_raw():
        body += part
        if len(body) > most_bytes:
            raise TooMuch("too_long")
    packing = answer.headers.get("content-encoding", "").strip().lower()
    if packing in ("", "identity"):
        return bytes(body)
    if packing not in ("gzip", "x-gzip"):
        raise TooMuch("packed")
    try:
        opened = zlib.decompressobj(wbits=31).decompress(bytes(body), most_bytes + 1)
    except zlib.error:
        raise TooMuch("packed") from None
    if len(opened) > most_bytes:
        raise TooMuch("too_long")
    return opened
