"""From a fragment back to the elementary stream that WebRTC sends; pure.

Annex B with start codes, parameter sets in front of each key frame: a camera that sends them only in its SDP, or a
viewer that joins later, would otherwise stay black.
"""

from __future__ import annotations

from functools import lru_cache

from server.video.mux import Fragment

_START = b"\x00\x00\x00\x01"


def annex_b(fragment: Fragment) -> bytes:
    """The picture of `fragment` with start codes; a key frame begins with SPS and PPS."""
    data = fragment.data
    at = int.from_bytes(data[:4], "big") + 8  # behind `moof` and the head of `mdat`
    parts = [parameter_sets(fragment.init.segment)] if fragment.is_key else []
    while at + 4 < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        parts += (_START, data[at + 4 : at + 4 + size])
        at += 4 + size
    return b"".join(parts)


@lru_cache(maxsize=256)
def parameter_sets(segment: bytes) -> bytes:
    """SPS and PPS of an init segment's `avcC`, with start codes. ValueError where it has none."""
    at = segment.find(b"avcC")
    if at < 0:
        raise ValueError("an init segment without avcC")
    at += 9  # the box's name, version, profile, compatibility, level, size of lengths
    sets = bytearray()
    for mask in (0x1F, 0xFF):
        count, at = segment[at] & mask, at + 1
        for _ in range(count):
            size = int.from_bytes(segment[at : at + 2], "big")
            sets += _START + segment[at + 2 : at + 2 + size]
            at += 2 + size
    return bytes(sets)
