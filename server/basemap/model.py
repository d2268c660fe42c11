"""Rules of tiles: what a template of addresses may look like, how it is filled, and how often one may ask. Pure."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

DEEPEST_ZOOM = 22
_NAMES = {"z": "z", "x": "x", "y": "y", "TileMatrix": "z", "TileCol": "x", "TileRow": "y"}
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class BadTemplate(ValueError):
    """The template can't be used; the sentence names what is wrong with it and how it should be."""


@dataclass(frozen=True, slots=True)
class Template:
    """Addresses of tiles at one host: `{z} {x} {y}` (or WMTS's `{TileMatrix} {TileCol} {TileRow}`) and `{key}`.

    The order is the template's own: VWorld and other WMTS servers want y before x.
    """

    text: str
    key: str = ""

    def __post_init__(self) -> None:
        parts = urlsplit(self.text)
        if parts.scheme not in ("http", "https") or not parts.hostname or "{" in parts.netloc:
            raise BadTemplate(
                f"{self.text!r}: http(s)://host/… 이어야 합니다 · http(s)://host/…, the host without placeholders"
            )
        if parts.username or parts.password:
            raise BadTemplate("주소에 비밀번호를 넣지 마세요 · no password in the address: use BASEMAP_KEY and {key}")
        found = _PLACEHOLDER.findall(self.text)
        unknown = set(found) - set(_NAMES) - {"key"}
        missing = {"z", "x", "y"} - {_NAMES[name] for name in found if name in _NAMES}
        if unknown or missing:
            what = f"unknown {{{min(unknown)}}}" if unknown else f"without {{{min(missing)}}}"
            raise BadTemplate(
                f"{self.text!r}: {what}; {{z}}, {{x}}, {{y}} 가 모두 있어야 합니다 · all three are needed"
            )
        if ("key" in found) != bool(self.key):
            has = "key" in found
            raise BadTemplate(
                "BASEMAP_KEY 가 필요합니다 · {key} needs BASEMAP_KEY"
                if has
                else "{key} 자리가 없습니다 · BASEMAP_KEY is set but there is no {key}"
            )

    @property
    def host(self) -> str:
        """Host and port that every address leads to."""
        return urlsplit(self.text).netloc

    def url(self, z: int, x: int, y: int) -> str:
        """The tile's address; it holds the key, so it is never logged or shown."""
        values = {"z": z, "x": x, "y": y}
        return _PLACEHOLDER.sub(
            lambda found: quote(self.key, safe="") if found[1] == "key" else str(values[_NAMES[found[1]]]), self.text
        )


def check_streets(kind: str, url: str, dark_url: str, key: str, attribution: str, zooms: tuple[int, int]) -> None:
    """Raises ValueError with a sentence that names the setting, its value and the cure."""
    if kind == "none":
        return
    if not url:
        raise ValueError(f"BASEMAP={kind}: BASEMAP_URL 이 비어 있습니다 · BASEMAP_URL is missing")
    if not attribution.strip():
        raise ValueError(
            f"BASEMAP={kind}: BASEMAP_ATTRIBUTION 이 비어 있습니다 · BASEMAP_ATTRIBUTION is missing:"
            " whoever made the map must be named on it"
        )
    if not 0 <= zooms[0] <= zooms[1] <= DEEPEST_ZOOM:
        raise ValueError(f"BASEMAP_MIN_ZOOM={zooms[0]}, BASEMAP_MAX_ZOOM={zooms[1]}: 0 ≤ min ≤ max ≤ {DEEPEST_ZOOM}")
    if kind == "pmtiles":
        return
    for name, text in (("BASEMAP_URL", url), ("BASEMAP_DARK_URL", dark_url)):
        if text:
            try:
                Template(text, key if "{key}" in text or name == "BASEMAP_URL" else "")
            except BadTemplate as error:
                raise ValueError(f"{name}: {error}") from None


def is_tile(z: int, x: int, y: int) -> bool:
    """Whether there is such a tile in the pyramid."""
    return 0 <= z <= DEEPEST_ZOOM and 0 <= x < 1 << z and 0 <= y < 1 << z


def image_kind(body: bytes) -> str | None:
    """What the bytes themselves say they are; a server's word alone is not enough."""
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if body.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return "image/webp" if body[:4] == b"RIFF" and body[8:12] == b"WEBP" else None


class Pace:
    """So many tiles at once and so many a second for each address; memory for the `most` addresses seen last."""

    def __init__(self, *, burst: float, per_s: float, most: int = 4096) -> None:
        self._burst, self._per_s, self._most = burst, per_s, most
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, address: str, now_s: float) -> bool:
        """Takes one; `now_s` never runs backwards."""
        left, at_s = self._left.pop(address, (self._burst, now_s))
        left = min(self._burst, left + (now_s - at_s) * self._per_s)
        fine = left >= 1
        self._left[address] = (left - 1 if fine else left, now_s)
        if len(self._left) > self._most:
            self._left.popitem(last=False)
        return fine
