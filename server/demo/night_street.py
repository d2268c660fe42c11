"""The picture of a simulated city camera: a night street with name, KST clock and a readable strip.

Everything that stands still is drawn once with Pillow and kept as YUV planes; per picture only a
walking figure, ten clock glyphs and the strip are copied in, so that the encoder is the only cost.

The strip is three rows of 16 black/white cells, most significant bit first, between a white and a black
guard cell, from the bottom up: the picture counter, the wall time in hundredths of a second (both modulo
65536), and the direction in hundredths of a degree. Whoever decodes a picture can so tell its age, its
losses and where the camera looks with no side channel.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

KST = timezone(timedelta(hours=9))
CELLS = 18
_FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")
_HANGUL_FONTS: tuple[str, ...] = ("NanumGothic.ttf", "NanumBarunGothic.ttf", "NotoSansKR*", "NotoSansCJK-Regular.ttc")
_HANGUL_FONTS += ("NotoSansCJK*.ttc", "*Nanum*.ttf", "UnDotum.ttf")
_COMPASS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")

Look = Literal["street", "dark", "covered", "moved"]
FIELD_OF_VIEW_DEG = 60.0
Plane = NDArray[np.uint8]


class NightStreet:
    """One camera's view. `picture(now)` returns a yuv420p array of shape (height * 3 / 2, width).

    `look` and `heading_deg` may be set between two pictures. `is_still`: nobody walks and nothing is written
    into the picture, only the sensor's noise moves, as on a really empty street.
    """

    def __init__(
        self, camera_id: str, name: str, *, heading_deg: float, width: int, height: int, is_still: bool = False
    ):
        self._id, self._name, self._home_deg, self._is_still = camera_id, name, heading_deg, is_still
        self.heading_deg = heading_deg
        self.look: Look = "street"
        self.width, self.height = width, height
        self._drawn: dict[Look, Plane] = {}
        self._noise = np.random.default_rng(sum(camera_id.encode()))
        self._random = random.Random(camera_id)
        self._walk_offset = self._random.random() * 20
        self._drawn_for: tuple[str, float] = ("", 0.0)
        self._glyphs = _glyphs(_text_px(height))

    def picture(self, now: float, counter: int) -> Plane:
        """`now` is Unix time in seconds and becomes the clock in the picture."""
        clock = datetime.fromtimestamp(now, KST)
        planes = self._background(clock.strftime("%Y-%m-%d")).copy()
        luma = planes[: self.height]
        if self._is_still:
            grain = self._noise.integers(-2, 3, luma.shape, dtype=np.int8)
            np.clip(luma.astype(np.int16) + grain, 0, 255, out=luma, casting="unsafe")
            return planes
        if self.look == "street":
            self._walker(luma, now)
        self._write(luma, clock.strftime("%H:%M:%S.") + str(clock.microsecond // 100_000))
        write_strip(luma, int(now * 100), counter, self.heading_deg)
        return planes

    def _background(self, date: str) -> Plane:
        if self._drawn_for != (date, self.heading_deg):
            self._drawn, self._drawn_for = {}, (date, self.heading_deg)
        if self.look not in self._drawn:
            self._drawn[self.look] = self._seen(self._draw_still(date))
        return self._drawn[self.look]

    def _seen(self, still: Plane) -> Plane:
        """What the lens makes of it: turned away, dark, covered, or hanging askew. The sign on top is the encoder's and
        stays, as on real cameras."""
        seen, sign = still.copy(), _text_px(self.height) * 2
        luma = seen[: self.height]
        turned = round((self.heading_deg - self._home_deg) / FIELD_OF_VIEW_DEG * self.width)
        luma[sign:] = np.roll(still[: self.height][sign:], -turned, axis=1)
        if self.look == "street":
            return seen
        seen[self.height :] = 128
        if self.look == "moved":
            luma[sign:] = np.roll(luma[sign:][::-1, ::-1], (self.height // 3, self.width // 5), axis=(0, 1))
        elif self.look == "dark":
            luma[sign:] = 17
        else:
            across = np.linspace(84, 96, self.width)
            luma[sign:] = across.astype(np.uint8)
        return seen

    def _write(self, luma: Plane, text: str) -> None:
        px = _text_px(self.height)
        left = self.width - 12 - 10 * self._glyphs["0"].shape[1]
        for letter in text:
            glyph = self._glyphs[letter]
            target = luma[px // 2 : px // 2 + glyph.shape[0], left : left + glyph.shape[1]]
            np.maximum(target, glyph, out=target)
            left += glyph.shape[1]

    def _walker(self, luma: Plane, now: float) -> None:
        """Somebody walks up and down the pavement; size follows the perspective."""
        phase = (now + self._walk_offset) % 24
        depth = phase / 12 if phase < 12 else 2 - phase / 12  # 0 near, 1 far
        scale = 1 / (1 + 3 * depth)
        horizon = int(self.height * 0.42)
        foot = int(horizon + (self.height * 0.90 - horizon) * scale)
        tall = max(8, int(self.height * 0.42 * scale))
        across = int(self.width * (0.5 + 0.30 * scale))
        step = abs(math.sin(now * 5)) * 0.35 + 0.15
        half = max(2, tall // 9)
        head = foot - tall
        luma[head : head + tall // 6, across - half // 2 : across + half // 2 + 1] = 150
        luma[head + tall // 6 : foot - tall * 2 // 5, across - half : across + half] = 28
        spread = max(1, int(half * 2 * step))
        luma[foot - tall * 2 // 5 : foot, across - spread - half // 2 : across - spread] = 20
        luma[foot - tall * 2 // 5 : foot, across + spread : across + spread + half // 2 + 1] = 20

    def _draw_still(self, date: str) -> Plane:
        import av

        image = Image.new("RGB", (self.width, self.height), (9, 11, 22))
        draw = ImageDraw.Draw(image, "RGBA")
        _draw_street(draw, self.width, self.height, random.Random(self._id))
        px = _text_px(self.height)
        font, has_hangul = _font(px)
        name = self._name if has_hangul or self._name.isascii() else self._id
        compass = _COMPASS[round(self.heading_deg / 45) % 8]
        draw.rectangle((0, 0, self.width, px * 2), fill=(0, 0, 0, 110))
        draw.text((10, px // 2), f"{name}  {compass} {self.heading_deg:03.0f}°", font=font, fill=(255, 255, 255))
        date_left = self.width - 12 - 10 * self._glyphs["0"].shape[1] - px * 0.4
        draw.text((date_left, px // 2), date, font=font, fill=(255, 255, 255), anchor="ra")
        planes: Plane = av.VideoFrame.from_image(image).to_ndarray(format="yuv420p")
        return planes


def _draw_street(draw: ImageDraw.ImageDraw, width: int, height: int, chance: random.Random) -> None:
    horizon, vanish = height * 0.42, width * (0.5 + chance.uniform(-0.08, 0.08))
    _draw_houses(draw, width, height, vanish, chance)
    road = [(vanish - 6, horizon), (vanish + 6, horizon), (width * 0.86, height), (width * 0.08, height)]
    draw.rectangle((0, horizon, width, height), fill=(24, 25, 29))
    draw.polygon(road, fill=(40, 42, 48))
    for i in range(7):
        near, far = 1 / (1 + i * 0.9), 1 / (1 + i * 0.9 + 0.4)
        ys = [horizon + (height - horizon) * s for s in (near, far)]
        xs = [vanish + (width * 0.47 - vanish) * s for s in (near, far)]
        draw.line((xs[0], ys[0], xs[1], ys[1]), fill=(150, 140, 80), width=max(1, int(6 * near)))
    for i in range(5):
        scale = 1 / (1 + i * 0.8)
        for side in (-1, 1):
            _draw_lamp(draw, vanish + side * width * 0.47 * scale, horizon, scale, side, height)


def _draw_houses(draw: ImageDraw.ImageDraw, width: int, height: int, vanish: float, chance: random.Random) -> None:
    for side in (0, 1):
        edge, limit = (0.0, vanish - 12) if side == 0 else (vanish + 12, float(width))
        while edge < limit:
            wide = chance.uniform(0.05, 0.12) * width
            nearness = abs(edge + wide / 2 - vanish) / width
            top = height * (0.40 - nearness * chance.uniform(0.35, 0.7))
            shade = int(16 + nearness * 30)
            right = min(edge + wide - 2, limit)
            draw.rectangle((edge, top, right, height * 0.62), fill=(shade, shade, shade + 6))
            for _ in range(6):
                x, y = chance.uniform(edge, right), chance.uniform(top, height * 0.42)
                lit = chance.choice([(200, 170, 90), (150, 160, 180), (60, 60, 60)])
                draw.rectangle((x, y, x + width * 0.008, y + height * 0.02), fill=lit)
            edge += wide


def _draw_lamp(draw: ImageDraw.ImageDraw, x: float, horizon: float, scale: float, side: int, height: int) -> None:
    foot = horizon + (height - horizon) * 0.8 * scale
    top = foot - height * 0.62 * scale
    draw.line((x, foot, x, top), fill=(70, 70, 76), width=max(1, int(5 * scale)))
    glow_x = x - side * height * 0.08 * scale
    for radius, alpha in ((0.16, 28), (0.09, 60), (0.03, 230)):
        r = height * radius * scale
        draw.ellipse((glow_x - r, top - r, glow_x + r, top + r), fill=(255, 214, 140, alpha))
    pool = height * 0.25 * scale
    draw.ellipse((glow_x - pool, foot - pool / 4, glow_x + pool, foot + pool / 4), fill=(255, 214, 140, 34))


# ---------------------------------------------------------------- the strip
def write_strip(luma: Plane, centiseconds: int, counter: int, heading_deg: float = 0.0) -> None:
    """Burn the rows into the bottom of a luma plane (height, width)."""
    heading = round(heading_deg % 360 * 100)
    rows = np.array([_cells(heading), _cells(centiseconds), _cells(counter)], np.uint8)
    size = _cell_px(luma.shape[1])
    block = np.kron(rows, np.ones((size, size), np.uint8))
    luma[-3 * size :, : CELLS * size] = block


def read_strip(luma: Plane) -> tuple[int, int] | None:
    """(hundredths of a second, counter), both modulo 65536, or None when no strip can be read."""
    centiseconds, counter = _read_row(luma, 2), _read_row(luma, 1)
    return None if centiseconds is None or counter is None else (centiseconds, counter)


def read_heading(luma: Plane) -> float | None:
    """Where the camera looks, in degrees; None when no strip can be read."""
    heading = _read_row(luma, 3)
    return None if heading is None else heading / 100


def _read_row(luma: Plane, from_bottom: int) -> int | None:
    size = _cell_px(luma.shape[1])
    y = luma.shape[0] - from_bottom * size + size // 2
    cells = luma[y, size // 2 : CELLS * size : size].astype(int)
    if cells[0] < 150 or cells[-1] > 100:
        return None
    return int("".join("1" if cell > 128 else "0" for cell in cells[1:-1]), 2)


def age_s(luma: Plane, now: float, loop_s: float | None = None) -> float | None:
    """Seconds between the moment in the picture and `now` (Unix time); None without a strip. `loop_s`: the length
    of a camera's film that plays over and over, beyond which an age can't be told."""
    strip = read_strip(luma)
    if strip is None:
        return None
    period = 65_536 if loop_s is None else round(loop_s * 100)
    behind = (int((now if loop_s is None else now % loop_s) * 100) - strip[0]) % period
    return (behind - period if behind > period * 0.9 else behind) / 100


def _cells(value: int) -> list[int]:
    bits = [235 if value >> shift & 1 else 16 for shift in range(15, -1, -1)]
    return [235, *bits, 16]


def _cell_px(width: int) -> int:
    return max(8, width // 64)


# ---------------------------------------------------------------- fonts
def _text_px(height: int) -> int:
    return max(12, height // 20)


@cache
def _font(px: int) -> tuple[ImageFont.FreeTypeFont | ImageFont.ImageFont, bool]:
    """The first font with Hangul on this machine, else Pillow's own; and whether it has Hangul."""
    for folder in _FONT_FOLDERS:
        for pattern in _HANGUL_FONTS:
            for path in sorted(Path(folder).expanduser().rglob(pattern)):
                try:
                    return ImageFont.truetype(str(path), px), True
                except OSError:
                    continue
    return ImageFont.load_default(size=px), False


@cache
def _glyphs(px: int) -> dict[str, Plane]:
    font, _ = _font(px)
    measure: Callable[[str], float] = font.getlength
    wide = max(math.ceil(measure(letter)) for letter in "0123456789")
    glyphs = {}
    for letter in "0123456789:.":
        cell = Image.new("L", (wide, px + px // 3), 0)
        ImageDraw.Draw(cell).text((wide / 2, 0), letter, font=font, fill=235, anchor="ma")
        glyphs[letter] = np.asarray(cell).astype(np.uint8)
    return glyphs
