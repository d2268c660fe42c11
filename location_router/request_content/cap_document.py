"""A CAP 1.2 document (OASIS): its parts in words, a polygon, a circle. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from location_router.lost.document import local, namespace, parse, words
from location_router.lost.values import Refusal
from location_router.request_content.values import CORRUPTED, Refused, lacks

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
DISTRICT_CODE = "행정구역코드"
NUMBER = r"[+-]?\d{1,3}(?:\.\d{1,10})?"
_CIRCLE = re.compile(rf"({NUMBER}),({NUMBER})\s+(\d{{1,4}}(?:\.\d{{1,6}})?)\Z")
_PAIR = re.compile(rf"({NUMBER}),({NUMBER})\Z")


def root_of(body: bytes) -> etree._Element:
    """The `alert` of CAP 1.2. Raises Refused."""
    try:
        root = parse(body, [])
    except Refusal as refusal:
        raise Refused("unreadable", "body", body[:40].decode("utf-8", "replace"), refusal.note.ko, refusal.note.en,
                      cause=CORRUPTED) from None  # fmt: skip
    if local(root) != "alert" or namespace(root) != NAMESPACE:
        raise Refused("unreadable", "alert", namespace(root) or local(root), f"CAP 1.2({NAMESPACE})만 받습니다.",
                      f"Send CAP 1.2: alert in {NAMESPACE}.")  # fmt: skip
    return root


def children(parent: etree._Element, name: str) -> list[etree._Element]:
    return [child for child in parent if local(child) == name]


def text_of(parent: etree._Element | None, name: str) -> str:
    """The first child of this name in words, empty without one."""
    found = children(parent, name) if parent is not None else []
    return words(found[0])[:4000] if found else ""


def needed(parent: etree._Element, name: str, field: str) -> str:
    """Raises Refused with `field` where there is none."""
    if not (text := text_of(parent, name)):
        raise lacks(field)
    return text


def pairs_of(parent: etree._Element, tag: str) -> Iterator[tuple[str, str]]:
    """(valueName, value) of `eventCode`, `parameter` and `geocode`."""
    for pair in children(parent, tag):
        if name := text_of(pair, "valueName"):
            yield name[:80], text_of(pair, "value")


def ring_of(text: str) -> list[tuple[float, float]]:
    """The corners (lat, lon) of a polygon, at least three, the first not again at the end. Raises Refused."""
    pairs = [_PAIR.match(part) for part in text.split(" ")[:1001]]
    if not 4 <= len(pairs) <= 1000 or not all(pairs):
        raise Refused("invalid", "alert.info.area.polygon", text,
                      "polygon은 'lat,lon lat,lon …' 네 쌍에서 천 쌍까지이고 처음과 끝이 같습니다.",
                      "polygon holds 4 to 1000 pairs 'lat,lon lat,lon …', the first again at the end.")  # fmt: skip
    return [(float(pair[1]), float(pair[2])) for pair in pairs[:-1] if pair]


def circle_of(text: str) -> tuple[float, float, float]:
    """(lat, lon, radius in metres). Raises Refused."""
    if (found := _CIRCLE.match(text)) is None:
        raise Refused("invalid", "alert.info.area.circle", text, "circle은 'lat,lon 반지름(km)'입니다.",
                      "circle is 'lat,lon radius' with the radius in kilometres.")  # fmt: skip
    return float(found[1]), float(found[2]), float(found[3]) * 1000
