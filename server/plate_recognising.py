"""`ansim plates recognise`: stills read by the program `tesseract`, compared like any reader's batch.

Off unless PLATE_RECOGNISER=tesseract, and then only when it is called. A picture goes to the program by a pipe and its
text comes back by one: no file is made, nothing that was read is logged or kept, and a picture stays only with a near
miss, sealed, until a person has decided. One process at a time.
"""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from location_router.runtime.one_by_one import one_by_one
from server import plate_hits
from server.plates.live import lists_of
from server.plates.readers import Reader, center_of
from server.plates.recogniser import MOST_BYTES, SIGNS, BadPicture, Cut, Found, cuts_of, plates_of
from server.plates.rows import batch_of_rows

if TYPE_CHECKING:
    from server.services import Services

PROGRAM = "tesseract"
PICTURE_S = 30.0
"""For one picture, all looks at it together."""
SUFFIXES = (".jpg", ".jpeg", ".png")
SAID_EACH = 20
_CURE = "apt install tesseract-ocr tesseract-ocr-kor"
_OFF = (
    "PLATE_RECOGNISER: 꺼져 있습니다. PLATE_RECOGNISER=tesseract로 켭니다. 기계가 읽는 것은 영상 제공이 아니지만, "
    "카메라의 설치 목적(개인정보 보호법 제25조)이 차량번호 판독을 포함해야 합니다. · "
    "It is off: PLATE_RECOGNISER=tesseract turns it on. Machine reading releases no picture, but the purpose that the "
    "camera was installed for (PIPA Art. 25) has to cover it."
)


class NotReady(ValueError):
    """The setting or the program is missing; the text has the cure."""


class Done(NamedTuple):
    """How many pictures were read, how many plates in them were compared; what was not read, and why."""

    pictures: int
    reads: int
    left_out: list[dict[str, str]]


async def check_ready(setting: str) -> None:
    """Raises NotReady."""
    if setting != PROGRAM:
        raise NotReady(_OFF)
    if shutil.which(PROGRAM) is None:
        raise NotReady(f"{PROGRAM}: 프로그램이 없습니다 · the program is missing: {_CURE}")
    languages, errors = await _run(["--list-langs"], b"", PICTURE_S)
    if "kor" not in (languages + errors).split():
        raise NotReady(f"{PROGRAM}: 한국어 자료가 없습니다 · its Korean data is missing: {_CURE}")


async def recognise(services: Services, files: Iterable[Path], camera: str, say: Callable[[str], None]) -> Done:
    """Reads and compares each file; `say` hears what was left out, by its name. Raises BadReader, NotReady."""
    await check_ready(services.settings.plate_recogniser)
    async with services.db.begin() as unit:
        center = await center_of(unit, camera)
    by, pictures, reads, left_out = Reader("recognise", center, "", (camera,)), 0, 0, []
    for file in files:
        try:
            count = await _compare(services, by, file)
        except BadPicture as bad:
            left_out.append({"file": str(file), "message_ko": bad.ko, "message_en": bad.en})
            say(f"{file}: {bad}")
            continue
        pictures, reads = pictures + 1, reads + count
        if pictures % SAID_EACH == 0:
            say(f"{pictures} …")
    return Done(pictures, reads, left_out)


async def _compare(services: Services, by: Reader, file: Path) -> int:
    """How many plates on it were compared. Raises BadPicture."""
    try:
        body, at = await asyncio.to_thread(_load, file)
    except OSError as error:
        raise BadPicture("열 수 없습니다.", f"Can't be opened: {error.strerror}.") from None
    found = await read_picture(body)
    if not found:
        return 0
    common = {"camera": by.cameras[0], "at": at.isoformat(), "picture": base64.b64encode(body).decode()}
    rows = [common | {"plate": one.text, "lines": one.lines} for one in found]
    await lists_of(services).look()  # nobody else does in this process
    taken = await plate_hits.take(services, by, batch_of_rows(rows))
    if taken.too_old:
        raise BadPicture("하루 넘게 지난 사진은 견주지 않습니다.", "A picture older than a day is not compared.")
    return taken.reads


def _load(file: Path) -> tuple[bytes, datetime]:
    """No more than a byte over what is read, and when it was written."""
    with file.open("rb") as stream:
        return stream.read(MOST_BYTES + 1), datetime.fromtimestamp(os.fstat(stream.fileno()).st_mtime, UTC)


def pictures_in(places: Iterable[Path]) -> list[Path]:
    """Files as they are named, and those of a folder that are called like pictures, the oldest first."""
    found: list[Path] = []
    for place in places:
        inside = [one for one in place.iterdir() if one.suffix.lower() in SUFFIXES] if place.is_dir() else [place]
        found += sorted(inside, key=lambda one: (one.stat().st_mtime, one.name)) if place.is_dir() else inside
    return found


async def read_picture(body: bytes) -> list[Found]:
    """The plates on a JPEG or PNG: in its fields, and in the whole where those hold none. A part with a plate that was
    read whole is not looked at once more. Raises BadPicture."""
    cuts: list[Cut] = await one_by_one(partial(cuts_of, body))
    until = time.monotonic() + PICTURE_S
    found: dict[str, Found] = {}
    done: list[Cut] = []
    for cut in cuts:
        if any(cut.shows_again(one) for one in done):
            continue
        said = ["stdin", "stdout", "-l", "kor", "--psm", str(cut.mode), "-c", f"tessedit_char_whitelist={SIGNS}", "tsv"]
        text, _ = await _run(said, cut.png, until - time.monotonic())
        plates = plates_of(text)
        found = {one.text: one for one in plates} | found
        if any(one.is_whole for one in plates):
            done.append(cut)
    return list(found.values())


async def _run(arguments: list[str], body: bytes, timeout_s: float) -> tuple[str, str]:
    """What it wrote. Raises BadPicture where it takes too long or fails."""
    kept = {name: os.environ[name] for name in ("PATH", "TESSDATA_PREFIX") if name in os.environ}
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        PROGRAM, *arguments, stdin=pipe, stdout=pipe, stderr=pipe, env={**kept, "OMP_THREAD_LIMIT": "1"}
    )
    try:
        async with asyncio.timeout(max(0.0, timeout_s)):
            out, errors = await process.communicate(body)
    except TimeoutError:
        seconds = f"{PICTURE_S:.0f}"
        raise BadPicture(f"{seconds}초 안에 읽지 못했습니다.", f"Not read within {seconds} seconds.") from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        raise BadPicture("문자 인식 프로그램이 읽지 못했습니다.", "The text reader failed on it.")
    return out.decode(errors="replace"), errors.decode(errors="replace")
