"""Measures how many plates the recogniser of stills reads rightly: on drawn plates, not photographs.

`python scripts/measure_recogniser.py [--plates 200] [--font PATH]` needs `tesseract` with Korean. Draws plates of one
line and of two (white, yellow, green) somewhere in a grey scene of 1280×720, turned, smeared and noisy, and reads each.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import random
import sys
from collections import Counter

import numpy as np
from measure_plate_reader import FONT, KOREAN_FACE, random_plate
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from server import plate_recognising
from server.plates.grammar import BadPlate, parse

SCENE = (1280, 720)
PAINT = {"white": ("#f2f2ee", "#111111"), "yellow": ("#e8b400", "#111111"), "green": ("#1f6b45", "#f4f4f4")}


def drawn(plate: str, chance: random.Random, font: str) -> bytes:
    """A JPEG with the plate somewhere in it, 150 to 380 pixels wide."""
    rows = [plate] if plate[0].isdigit() else [plate[:4], plate[4:]]
    paper, ink = PAINT["white" if len(rows) == 1 else chance.choice(("yellow", "green"))]
    card = Image.new("RGB", (520, 110) if len(rows) == 1 else (400, 190), paper)
    pen = ImageDraw.Draw(card)
    pen.rectangle((3, 3, card.width - 4, card.height - 4), outline=ink, width=3)
    for number, (row, size) in enumerate(zip(rows, (74,) if len(rows) == 1 else (56, 92), strict=True)):
        face = ImageFont.truetype(font, size, index=KOREAN_FACE)
        middle = card.height / 2 if len(rows) == 1 else (42, 122)[number]
        pen.text((card.width / 2, middle), row, fill=ink, font=face, anchor="mm")
    scene = Image.new("RGB", SCENE, (chance.randint(60, 130),) * 3)
    pen = ImageDraw.Draw(scene)
    for _ in range(12):
        left, top = chance.randrange(SCENE[0]), chance.randrange(SCENE[1])
        shade = chance.randint(30, 200)
        box = (left, top, left + chance.randint(40, 400), top + chance.randint(20, 300))
        pen.rectangle(box, fill=(shade, shade, shade))
    wide = chance.randint(150, 380) if len(rows) == 1 else chance.randint(130, 300)
    small = card.resize((wide, round(card.height * wide / card.width)), Image.Resampling.LANCZOS).convert("RGBA")
    small = small.rotate(chance.gauss(0, 1.5), Image.Resampling.BICUBIC, expand=True)
    scene.paste(small, (chance.randint(20, SCENE[0] - 420), chance.randint(20, SCENE[1] - 220)), small)
    seen = np.asarray(scene.filter(ImageFilter.GaussianBlur(chance.uniform(0, 1.2))), dtype=np.float64)
    seen = seen + np.random.default_rng(chance.randrange(2**32)).normal(0, chance.uniform(2, 14), seen.shape)
    out = io.BytesIO()
    Image.fromarray(np.clip(seen, 0, 255).astype(np.uint8)).save(out, "JPEG", quality=85)
    return out.getvalue()


def lawful_plate(chance: random.Random) -> str:
    while True:
        text = "".join(random_plate(chance))
        try:
            if parse(text).is_whole:
                return text
        except BadPlate:
            continue


async def measure(plates: int, font: str) -> dict[str, object]:
    """What came out so far is told on stderr every 20 plates."""
    chance, told = random.Random("stills"), Counter[str]()
    for number in range(1, plates + 1):
        plate = lawful_plate(chance)
        sort = "one_line" if plate[0].isdigit() else "two_lines"
        found = {one.text for one in await plate_recognising.read_picture(drawn(plate, chance, font))}
        told += Counter({
            sort: 1,
            f"{sort}_right": int(plate in found),
            "pictures_with_a_wrong_plate_too_or_instead": int(bool(found - {plate})),
            "pictures_with_nothing": int(not found),
        })  # fmt: skip
        if number % 20 == 0:
            print(number, dict(told), file=sys.stderr, flush=True)
    return {"plates": plates, **told}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plates", type=int, default=200)
    parser.add_argument("--font", default=FONT)
    given = parser.parse_args()
    plate_recognising.PICTURE_S = 600.0  # how well it reads, not how fast this machine is
    print(json.dumps(asyncio.run(measure(given.plates, given.font)), indent=2))


if __name__ == "__main__":
    main()
