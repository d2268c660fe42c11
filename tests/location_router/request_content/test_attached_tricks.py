"""What an agency attaches is what it says it is, small enough to be drawn, and nothing rides in it. Nobody searches it
for viruses: a photo is drawn anew from its pixels and a reading is written anew, so neither is the file that came."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from PIL import Image, PngImagePlugin

from location_router.request_content.attachments import Attachment, read_attachment
from location_router.request_content.values import Refused

AT = datetime(2026, 3, 1, 16, 5, tzinfo=UTC)
READING = {"kind": "sensor", "name": "문", "value": 1.5, "unit": "m", "at": "2026-03-01T16:05:00Z"}


def taken(body: bytes, form: str) -> Attachment:
    return read_attachment(body, form, request_id=UUID(int=7), trigger="help_request", raised_at=AT)


def drawn(form: str, size: tuple[int, int] = (64, 48), **more: Any) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 90).convert("RGB").save(out, form, **more)
    return out.getvalue()


def flat_png(width: int, height: int) -> bytes:
    """So many black pixels in a few kilobytes, as no camera makes them."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x01\x00\x00\x00\x00"
    rows = zlib.compressobj(9)
    body = b"".join(rows.compress(bytes(1 + width // 8)) for _ in range(height)) + rows.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("body", "form", "code"),
    [
        (drawn("GIF"), "image/jpeg", "unreadable"),  # its bytes are another thing than its name says
        (json.dumps(READING).encode(), "image/png", "unreadable"),
        (b"<html><script>1</script></html>", "image/jpeg", "unreadable"),
        (gzip.compress(drawn("JPEG")), "image/jpeg", "unreadable"),
        (drawn("JPEG"), "application/json", "unreadable"),
        (drawn("JPEG"), "", "unknown_form"),
        (b"MZ" + bytes(100), "application/octet-stream", "unknown_form"),
        (flat_png(20_000, 20_000), "image/png", "invalid"),  # 400 million pixels in 50 KB
        (json.dumps(READING | {"value": "x" * 81}).encode(), "application/json", "invalid"),
        (json.dumps(READING | {"note": "free text"}).encode(), "application/json", "invalid"),
        (b"[" * 100_000, "application/json", "unreadable"),
    ],
)
def test_what_is_not_what_it_says_or_too_much_is_refused(body: bytes, form: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        taken(body, form)
    assert refused.value.code == code and refused.value.field and refused.value.ko and refused.value.en


def test_nothing_rides_in_a_photo() -> None:
    """No place, no camera's name, no text, no colour profile, and nothing behind the end of the picture."""
    about = Image.Exif()
    about[0x010F], about[0x010E] = "hidden maker", "hidden words"
    about.get_ifd(0x8825).update({1: "N", 2: (37.0, 23.0, 39.5), 3: "E", 4: (126.0, 57.0, 24.5)})
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "hidden words")
    for body, form in (
        (drawn("JPEG", exif=about, comment=b"hidden words", icc_profile=b"hidden profile"), "image/jpeg"),
        (drawn("PNG", exif=about, pnginfo=text), "image/png"),
        (drawn("JPEG") + b"<script>hidden()</script>PK\x03\x04", "image/jpeg"),
    ):
        assert b"hidden" in body
        made = taken(body, form)
        with Image.open(io.BytesIO(made.body)) as picture:
            assert (picture.format, picture.size) == ("JPEG", (64, 48)) and not picture.getexif()
            assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert b"hidden" not in made.body and b"Exif" not in made.body
