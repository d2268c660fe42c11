"""Plates on a still by a general text reader (`tesseract`): which parts of the picture it is given, and which of its
words are plates; pure.

A picture is cut where strokes stand as close as on a plate (many edges across, in a field as wide as plates are), and
the cuts are given one after the other. What comes back is text in TSV; a line of it, or two lines one below the other,
counts where the law knows such a plate. How sure the program was is not passed on: it was never measured on plates, so
each of its reads is one without a confidence, which no rule takes for a hit by itself.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from server.plates.grammar import DIPLOMATIC, LETTERS, OLD, REGIONS, RENTED, TEMPORARY, BadPlate, Plate, parse, spell

MOST_BYTES = 5 * 1024 * 1024
LEAST_SIDE, MOST_PIXELS = 16, 16_000_000
MOST_TEXT, MOST_LINES, MOST_PLATES = 200_000, 100, 12
LEAST_SURE = 20.0
"""Of 100: a word below it is noise. What stands above it is not believed for that."""
SIGNS = "".join(sorted({*"0123456789", *LETTERS, *OLD, *"".join(REGIONS), *"".join(DIPLOMATIC), *RENTED, *TEMPORARY}))
ONE_LINE, A_BLOCK, SPARSE = 7, 6, 11  # tesseract's page segmentation modes
TALL_PX = 96  # of a cut: it reads best where signs are some 40 to 60 pixels tall
RIM_PX = 24
_LOOK_PX, _MOST_CUTS, _APART, _WORTH = 640, 2, 0.5, 0.5
_SHAPES = ((1, 4.7), (2, 2.2))  # lines of a plate, its width by its height
_WIDTHS = (60, 90, 130, 190, 280)
_LARGER, _STRONG = 0.35, 0.25
_CAR = re.compile(r"([가-힣]{0,3})[0-9]{1,3}[가-힣][0-9]{4}(?![0-9])")
_COLUMNS = 12

Grey = np.ndarray[Any, np.dtype[np.float64]]
Box = tuple[int, int, int, int]


class BadPicture(ValueError):
    """`ko`, `en`: why it is not read."""

    def __init__(self, ko: str, en: str) -> None:
        super().__init__(f"{ko} · {en}")
        self.ko, self.en = ko, en


class Cut(NamedTuple):
    """A part of the picture as a PNG in grey, how the program is to look at it, and where it is."""

    png: bytes
    mode: int
    box: Box

    def shows_again(self, other: Cut) -> bool:
        """Whether it is mostly the same part, or one of them lies in the other."""
        return _overlap(self.box, other.box) > _APART


class Found(NamedTuple):
    """A lawful plate, the number of lines that it stood in, and whether nothing of it was lost (its region)."""

    text: str
    lines: int
    is_whole: bool = True


def cuts_of(body: bytes) -> list[Cut]:
    """Fields that look like a plate, likeliest first, and last the whole. Raises BadPicture."""
    grey = _opened(body)
    small = grey.copy()
    small.thumbnail((_LOOK_PX, _LOOK_PX))
    scale = grey.width / small.width
    cuts = []
    for box, lines in fields(np.asarray(small, dtype=np.float64)):
        left, upper, right, lower = (round(side * scale) for side in box)
        field = grey.crop((left, upper, right, lower))
        cuts.append(Cut(_png(_plain(field, lines * TALL_PX)), ONE_LINE if lines == 1 else A_BLOCK, box))
    return [*cuts, Cut(_png(grey), SPARSE, (0, 0, *small.size))]


def _plain(field: Image.Image, tall: int) -> Image.Image:
    """So tall, without specks, dark signs on light, with a rim."""
    grown = field.resize((max(1, round(field.width * tall / field.height)), tall), Image.Resampling.BICUBIC)
    calm = ImageOps.autocontrast(grown.filter(ImageFilter.GaussianBlur(1.2)), cutoff=1)
    light = calm if np.median(np.asarray(calm)) > 127 else ImageOps.invert(calm)
    return ImageOps.expand(light, RIM_PX, fill=255)


def _opened(body: bytes) -> Image.Image:
    if len(body) > MOST_BYTES:
        raise BadPicture(
            f"{MOST_BYTES >> 20} MB를 넘는 사진입니다.", f"The picture has more than {MOST_BYTES >> 20} MB."
        )
    try:
        with Image.open(io.BytesIO(body), formats=("JPEG", "PNG")) as image:
            if image.width * image.height > MOST_PIXELS or min(image.size) < LEAST_SIDE:
                raise _wrong_size()
            return ImageOps.autocontrast(ImageOps.exif_transpose(image).convert("L"), cutoff=1)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _wrong_size() from None
    except (OSError, ValueError, SyntaxError) as error:
        if isinstance(error, BadPicture):
            raise
        raise BadPicture("JPEG나 PNG가 아니거나 깨진 사진입니다.", "Not a whole JPEG or PNG.") from None


def _wrong_size() -> BadPicture:
    ko = f"한 변 {LEAST_SIDE}픽셀 이상, 모두 {MOST_PIXELS // 10_000}만 픽셀 이하여야 합니다."
    return BadPicture(ko, f"It needs {LEAST_SIDE} pixels a side at least and {MOST_PIXELS:,} in all at most.")


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()


def fields(grey: Grey) -> list[tuple[Box, int]]:
    """(left, upper, right, lower) where edges across stand closest, trimmed to where they end, and the lines that a
    plate of that shape has."""
    edges = np.minimum(np.abs(np.diff(grey, axis=1)), 80.0)
    sums = np.pad(edges.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    chosen: list[tuple[float, Box, int]] = []
    for lines, ratio in _SHAPES:
        sizes = [(wide, round(wide / ratio)) for wide in _WIDTHS]
        fit = [size for size in sizes if size[0] < edges.shape[1] and size[1] < edges.shape[0]]
        ranked = sorted((one for size in fit for one in _best(sums, *size)), reverse=True)
        alike: list[Box] = []
        for score, box in ranked:
            trimmed = _trimmed(edges, box, lines)
            is_new = all(_overlap(other, trimmed) < _APART for other in alike)
            if is_new and len(alike) < _MOST_CUTS and score > _WORTH * ranked[0][0]:
                alike.append(trimmed)
                chosen.append((score, trimmed, lines))
    return [(box, lines) for _, box, lines in sorted(chosen, reverse=True)]


def _best(sums: Grey, wide: int, tall: int) -> list[tuple[float, Box]]:
    """The fields of one size with the most edges."""
    step = max(2, tall // 6)
    total = sums[tall:, wide:] - sums[:-tall, wide:] - sums[tall:, :-wide] + sums[:-tall, :-wide]
    close = total[::step, ::step] / (wide * tall)
    found = []
    for _ in range(_MOST_CUTS):
        row, column = divmod(int(close.argmax()), close.shape[1])
        score = float(close[row, column])
        if score <= 0:
            break
        left, upper = column * step, row * step
        found.append((score * wide**_LARGER, (left, upper, left + wide, upper + tall)))
        rows, columns = max(1, tall // step), max(1, wide // step)
        close[max(0, row - rows) : row + rows + 1, max(0, column - columns) : column + columns + 1] = 0
    return found


def _trimmed(edges: Grey, box: Box, lines: int) -> Box:
    """As far from its middle as edges go on, with a little more around."""
    left, upper, right, lower = box
    tall, wide = lower - upper, right - left
    from_y, to_y = max(0, upper - tall), min(edges.shape[0], lower + tall)
    rows = edges[from_y:to_y, left:right].sum(axis=1)
    first, last = _run_of(rows, (upper + lower) // 2 - from_y, max(2, tall // 5))
    top, bottom = from_y + first, from_y + last
    from_x, to_x = max(0, left - wide), min(edges.shape[1], right + wide)
    columns = edges[top:bottom, from_x:to_x].sum(axis=0)
    start, end = _run_of(columns, (left + right) // 2 - from_x, max(3, (bottom - top) // (2 * lines)))
    rim = max(2, (bottom - top) // 8)
    return (
        max(0, from_x + start - rim), max(0, top - rim),
        min(edges.shape[1], from_x + end + rim), min(edges.shape[0], bottom + rim),
    )  # fmt: skip


def _run_of(profile: Grey, middle: int, gap: int) -> tuple[int, int]:
    """First and last place around the middle without a weak stretch longer than `gap`."""
    places = np.flatnonzero(profile > _STRONG * np.percentile(profile, 90))
    if not len(places):
        return 0, len(profile)
    at = int(np.abs(places - middle).argmin())
    breaks = np.flatnonzero(np.diff(places) > gap)
    before, after = breaks[breaks < at], breaks[breaks >= at]
    first = places[before[-1] + 1] if len(before) else places[0]
    last = places[after[0]] if len(after) else places[-1]
    return int(first), int(last) + 1


def _overlap(one: Box, other: Box) -> float:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    tall = min(one[3], other[3]) - max(one[1], other[1])
    if wide <= 0 or tall <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return wide * tall / min(areas)


def plates_of(tsv: str) -> list[Found]:
    """The plates in what the program wrote, each once: of single lines, and of two that follow each other. The lower
    line of one that was read whole is no plate of its own."""
    lines = _lines(tsv[:MOST_TEXT])[:MOST_LINES]
    found: dict[str, tuple[Plate, int]] = {}
    for text in lines:
        for plate in _in(text):
            found.setdefault(plate.text, (plate, 1))
    for upper, lower in zip(lines, lines[1:], strict=False):
        for plate in _in(upper + lower):
            found.setdefault(plate.text, (plate, 2))
    whole = [text for text, (plate, _) in found.items() if plate.is_whole]
    kept = [
        Found(text, count, plate.is_whole)
        for text, (plate, count) in found.items()
        if plate.is_whole or not any(one.endswith(text) for one in whole)
    ]
    return kept[:MOST_PLATES]


def _lines(tsv: str) -> list[str]:
    """Its words by page, block, paragraph and line."""
    lines: dict[tuple[str, ...], str] = {}
    for row in tsv.splitlines():
        cells = row.split("\t")
        if len(cells) != _COLUMNS or cells[0] != "5":
            continue
        try:
            is_noise = not float(cells[10]) >= LEAST_SURE  # NaN too
        except ValueError:
            continue
        key = tuple(cells[1:5])
        lines[key] = lines.get(key, "") + ("" if is_noise else spell(cells[11]))
    return [text for text in lines.values() if text]


def _in(text: str) -> Iterator[Plate]:
    """Lawful plates in a line: the whole of it, else what stands in it in the shape of a car's."""
    whole = _lawful(text)
    if whole is not None:
        yield whole
        return
    for hit in _CAR.finditer(text):
        letters = len(hit[1])  # words before the plate may stand as close as its region
        if (plate := next(filter(None, (_lawful(hit[0][at:]) for at in range(letters + 1))), None)) is not None:
            yield plate


def _lawful(text: str) -> Plate | None:
    try:
        return parse(text)
    except BadPlate:
        return None
