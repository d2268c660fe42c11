"""Photos lose what rides in them, in pieces that a center can prove; nothing that is sent breaks the reader."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from location_router.request_content.attachments import (
    LONGEST_SIDE,
    MOST_BYTES,
    PIECE_BYTES,
    Attachment,
    pieces_of,
    read_attachment,
)
from location_router.request_content.values import Refused
from server.captures import model

REQUEST, AT = UUID(int=7), datetime(2026, 11, 1, tzinfo=UTC)


def read(body: bytes, form: str, trigger: str = "missing_child") -> Attachment:
    return read_attachment(body, form, request_id=REQUEST, trigger=trigger, raised_at=AT)


def picture(form: str, mode: str = "RGB", size: tuple[int, int] = (1700, 40)) -> bytes:
    about, out = Image.Exif(), io.BytesIO()
    about[0x010E], about[0x0112] = "secret", 6  # stands on its side
    Image.effect_noise(size, 90).convert(mode).save(out, form, exif=about)
    return out.getvalue()


def flat(size: tuple[int, int]) -> bytes:
    """Many pixels in few bytes."""
    out = io.BytesIO()
    Image.new("1", size).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("form", "mode"), [("JPEG", "RGB"), ("JPEG", "CMYK"), ("PNG", "RGBA"), ("PNG", "P"), ("PNG", "1")]
)
def test_a_photo_is_drawn_anew(form: str, mode: str) -> None:
    sent = picture(form, mode)
    assert b"secret" in sent or form == "PNG"
    kept = read(sent, f"image/{form.lower()}; q=1")
    drawn = Image.open(io.BytesIO(kept.body))
    assert (drawn.format, drawn.mode, max(drawn.size)) == ("JPEG", "RGB", LONGEST_SIDE) and drawn.height > drawn.width
    assert not drawn.getexif() and b"secret" not in kept.body and not drawn.info.get("comment")
    assert read(sent, "image/jpeg") == kept


def test_its_pieces_are_a_chain_that_the_center_can_prove() -> None:
    kept = Attachment(UUID(int=9), "photo", "image/jpeg", AT, bytes(range(256)) * 700)
    pieces = pieces_of(kept, REQUEST)
    assert b"".join(body for _, body in pieces) == kept.body and len(pieces) == 4
    assert all(len(body) <= PIECE_BYTES for _, body in pieces)
    links = []
    for header, body in pieces:
        said = model.Header.model_validate_json(header)
        links.append(
            model.Link(said.capture_id, said.chain_no, bytes.fromhex(said.previous), model.digest(header, body))
        )
    assert model.chain_of(links) == model.Chain(frozenset(), 0, 0)


@pytest.mark.parametrize(
    ("body", "form", "trigger", "code"),
    [
        (b"", "image/jpeg", "missing_child", "unreadable"),
        (picture("PNG")[:-40], "image/png", "missing_child", "unreadable"),
        (picture("PNG", size=(9, 900)), "image/png", "missing_child", "invalid"),
        (flat((5000, 3201)), "image/png", "missing_child", "invalid"),
        (picture("PNG"), "image/gif", "missing_child", "unknown_form"),
        (picture("PNG"), "image/png", "anklet_zone", "free_text"),
        (bytes(MOST_BYTES + 1), "image/png", "missing_child", "too_large"),
        (b'{"kind": "sensor", "name": "x", "value": NaN}', "application/json", "help_request", "unreadable"),
        (b'{"kind": "sensor", "name": "x", "value": 1}', "application/json", "help_request", "invalid"),
    ],
)
def test_what_is_no_attachment_is_told_so(body: bytes, form: str, trigger: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        read(body, form, trigger)
    assert refused.value.code == code and refused.value.ko and refused.value.en


@settings(max_examples=40)
@given(st.binary(max_size=200), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b'{"kind":"sensor"']))
@example(picture("JPEG", size=(64, 64))[:300], b"")
def test_no_bytes_break_the_reader(body: bytes, start: bytes) -> None:
    for form in ("image/jpeg", "application/json"):
        with pytest.raises(Refused):
            read(start + body, form)
