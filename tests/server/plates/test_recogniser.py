"""Stills read by a general text reader: what counts as a plate in its words, and that a person decides."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from server import plate_recognising
from server.plate_recognising import NotReady, pictures_in, recognise
from server.plates import candidates
from server.plates.readers import BadReader
from server.plates.recogniser import MOST_BYTES, MOST_PLATES, SPARSE, BadPicture, Found, cuts_of, fields, plates_of
from tests.server.plates.post import PLATE, POLICE, TERMS, Post, dump_of, post
from tests.server.requests.asking import CENTER, agree

FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc")
CAN_READ = shutil.which("tesseract") is not None and FONT.exists()
HEAD = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"


def _tsv(*lines: str, sure: float = 90) -> str:
    """As the program writes it: a line's words, each with its place and how sure it is."""
    rows = [HEAD, "1\t1\t0\t0\t0\t0\t0\t0\t900\t90\t-1\t"]
    for number, line in enumerate(lines, 1):
        rows += [f"5\t1\t1\t1\t{number}\t{at}\t0\t0\t9\t9\t{sure}\t{word}" for at, word in enumerate(line.split(), 1)]
    return "\n".join(rows)


@pytest.mark.parametrize(
    ("lines", "plates"),
    [
        (["12가 3456"], [("12가3456", 1)]),
        (["서울12", "바3456"], [("서울12바3456", 2)]),
        (["주차 금지", "123가4567", "출구 2"], [("123가4567", 1)]),
        (["외교 012-345"], [("외교012345", 1)]),
        (["12카3456"], []),  # no letter of a plate without a region
        (["123가45678"], []),
        (["전화 010 1234 5678"], []),
        ([], []),
    ],
)
def test_only_what_the_law_knows_is_a_plate(lines: list[str], plates: list[tuple[str, int]]) -> None:
    assert plates_of(_tsv(*lines)) == [Found(*one) for one in plates]  # each of them whole


def test_noise_damaged_rows_and_floods_are_no_plates() -> None:
    assert plates_of(_tsv("12가3456", sure=5)) == []
    assert plates_of(_tsv("12가3456").replace("90\t12", "nan\t12")) == []
    assert plates_of("5\t1\t1\n\0\n" + _tsv("12가3456").replace("\t90\t", "\tx\t")) == []
    assert len(plates_of(_tsv(*(f"12가{number}" for number in range(1000, 2000))))) == MOST_PLATES


def test_a_picture_that_is_none_or_too_large_is_refused() -> None:
    for body in (b"", b"GIF89a", b"\xff\xd8\xff" + bytes(400), bytes(MOST_BYTES + 1), _png(8, 8), _png(5000, 4000)):
        with pytest.raises(BadPicture):
            cuts_of(body)
    assert [cut.mode for cut in cuts_of(_png(64, 48))] == [SPARSE], "an even field has nothing to cut out"


def _png(wide: int, tall: int) -> bytes:
    out = io.BytesIO()
    Image.new("1", (wide, tall)).save(out, "PNG")
    return out.getvalue()


def test_strokes_are_found_where_they_stand() -> None:
    grey = np.full((360, 640), 90.0)
    grey[200:224, 300:412] = 240
    for stroke in range(306, 406, 8):
        grey[203:221, stroke : stroke + 3] = 10
    ((left, upper, right, lower), lines), *_ = fields(grey)
    assert (lines, left <= 306, right >= 401, upper <= 203, lower >= 221) == (1, True, True, True, True)
    assert right - left < 160 and lower - upper < 48


def _still(plate: str) -> bytes:
    """A plate in a scene, drawn."""
    scene = Image.new("RGB", (900, 500), (90, 95, 90))
    pen = ImageDraw.Draw(scene)
    pen.rectangle((300, 240, 660, 316), fill=(245, 245, 240))
    face = ImageFont.truetype(str(FONT), 56, index=1)
    pen.text((480, 278), plate, fill=(15, 15, 15), font=face, anchor="mm")
    out = io.BytesIO()
    scene.save(out, "JPEG", quality=90, comment=b"said beside")
    return out.getvalue()


@pytest.fixture
async def desk(installation_database: str) -> AsyncIterator[Post]:
    if not CAN_READ:
        pytest.skip("apt install tesseract-ocr tesseract-ocr-kor fonts-noto-cjk")
    async with post(installation_database) as made:
        yield made


async def test_a_plate_on_a_still_waits_for_a_person(
    desk: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However sure the program was, and however exactly it read: no hit, a near miss with the picture sealed."""
    monkeypatch.setattr(plate_recognising, "PICTURE_S", 600.0)  # a busy machine is no fault
    await agree(desk.scene, POLICE, **TERMS)
    await desk.want()
    services, said = desk.scene.services, list[str]()
    at = services.clock().timestamp() - 30
    stills = {
        "a.jpg": b"\xff\xd8\xff broken",
        "b.jpg": _still(PLATE),
        "c.JPG": _still("11나1111"),
        "d.txt": b"no picture",
    }
    for age, (name, body) in enumerate(stills.items()):
        (tmp_path / name).write_bytes(body)
        os.utime(tmp_path / name, (at + age, at + age))
    files = pictures_in([tmp_path])
    assert [one.name for one in files] == ["a.jpg", "b.jpg", "c.JPG"]
    with pytest.raises(NotReady, match="PLATE_RECOGNISER=tesseract"):
        await recognise(services, files, "cam-1", said.append)
    services.settings.plate_recogniser = "tesseract"
    with pytest.raises(BadReader, match="cam-3"):
        await recognise(services, files, "cam-3", said.append)

    done = await recognise(services, files, "cam-1", said.append)
    assert (done.pictures, done.reads) == (2, 2)
    assert [Path(one["file"]).name for one in done.left_out] == ["a.jpg"] and "a.jpg: " in said[0]
    assert await desk.hits() == []
    async with services.db.begin(center=CENTER) as unit:
        (near,) = await candidates.listed(unit, services)
    assert (near["read"], near["confidence"], near["has_picture"]) == (PLATE, None, True)
    dump = await dump_of(services.settings.database_url)
    assert not any(word in dump for word in ("11나1111", "said beside", "c.JPG"))


async def test_a_missing_program_is_said_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plate_recognising, "PROGRAM", "no-such-reader")
    with pytest.raises(NotReady, match="apt install tesseract-ocr tesseract-ocr-kor"):
        await plate_recognising.check_ready("no-such-reader")
