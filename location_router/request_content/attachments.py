"""What an agency adds to its request: a photo, or what a sensor has read. Pure.

A photo is drawn anew from its pixels, so that nothing rides in it: no place, no name of a camera, no second picture.
Both then go the way of a photo from a person's own phone (docs/phone.md section 8), in pieces, each attachment a chain
of its own; `lens` says that it is an agency's.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID, uuid5

import orjson
from PIL import Image, ImageOps
from pydantic import AwareDatetime, Field, ValidationError

from location_router.request_content.plain import read_object
from location_router.request_content.problems import refused_by
from location_router.request_content.subjects import Strict, Text80
from location_router.request_content.values import CORRUPTED, Refused

MOST_BYTES = 5 * 1024 * 1024
LONGEST_SIDE, LEAST_SIDE, MOST_PIXELS = 1600, 16, 16_000_000
QUALITY = 85
PIECE_BYTES = 48 * 1024
OF_AGENCY = "agency"
_GENESIS = bytes(32).hex()


class Reading(Strict):
    """`{"kind": "sensor", "name", "value", "unit", "at"}`."""

    kind: Literal["sensor"]
    name: Text80 = Field(min_length=1)
    value: Annotated[float, Field(allow_inf_nan=False)] | bool | Text80
    unit: Text80 = ""
    at: AwareDatetime


@dataclass(frozen=True, slots=True)
class Attachment:
    """`attachment_id` is made of the bytes that came: the same again is the same one."""

    attachment_id: UUID
    kind: Literal["photo", "reading"]
    format: str
    taken_at: datetime
    body: bytes


def read_attachment(
    body: bytes, content_type: str, *, request_id: UUID, trigger: str, raised_at: datetime
) -> Attachment:
    """Raises Refused. Nobody knows when a photo was taken: it bears the time of the request, at every retry the
    same."""
    if trigger.startswith("anklet"):
        raise Refused("free_text", "body", trigger, "전자감독 요청에는 사진이나 글을 붙일 수 없습니다.",
                      "A request of electronic monitoring takes no attachments.")  # fmt: skip
    if len(body) > MOST_BYTES:
        raise Refused("too_large", "body", f"{len(body)} bytes", "5 MB까지 보낼 수 있습니다.", "Send 5 MB at most.")
    form = content_type.partition(";")[0].strip().lower()
    attachment_id = uuid5(request_id, f"{raised_at.timestamp()}/{hashlib.sha256(body).hexdigest()}")
    if form == "application/json":
        return _reading(body, attachment_id)
    if form not in ("image/jpeg", "image/png"):
        raise Refused("unknown_form", "Content-Type", content_type,
                      "image/jpeg, image/png, application/json(센서 값) 가운데 하나로 보내 주세요.",
                      "Send image/jpeg, image/png, or a sensor's reading as application/json.")  # fmt: skip
    return Attachment(attachment_id, "photo", "image/jpeg", raised_at.astimezone(UTC), drawn_anew(body))


def drawn_anew(body: bytes) -> bytes:
    """The same picture as a JPEG without anything beside its pixels, at most 1600 on its longer side. Raises
    Refused."""
    try:
        with Image.open(io.BytesIO(body), formats=("JPEG", "PNG")) as image:
            if image.width * image.height > MOST_PIXELS or min(image.size) < LEAST_SIDE:
                raise _wrong_size(f"{image.width}×{image.height}")
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _wrong_size("") from None
    except (OSError, ValueError, SyntaxError):
        raise Refused("unreadable", "body", "", "사진을 읽을 수 없습니다. JPEG나 PNG인지 확인하세요.",
                      "This picture can't be read: send a whole JPEG or PNG.", cause=CORRUPTED) from None  # fmt: skip
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    plain = Image.frombytes("RGB", upright.size, upright.tobytes())
    out = io.BytesIO()
    plain.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _wrong_size(value: str) -> Refused:
    return Refused("invalid", "body", value, "한 변이 16픽셀 이상, 모두 1600만 픽셀 이하인 사진을 보내 주세요.",
                   "Send a picture of 16 pixels a side at least and 16 million in all at most.")  # fmt: skip


def _reading(body: bytes, attachment_id: UUID) -> Attachment:
    said = read_object(body)
    try:
        read = Reading.model_validate(said)
    except ValidationError as error:
        raise refused_by(error, said) from None
    plain = orjson.dumps(read.model_dump(mode="json", exclude={"kind"}))
    return Attachment(attachment_id, "reading", "application/json", read.at.astimezone(UTC), plain)


def pieces_of(attachment: Attachment, request_id: UUID) -> list[tuple[str, bytes]]:
    """(header, bytes) of every piece, as a phone would send them; the header is `server/captures/model.py` Header."""
    parts = [attachment.body[at : at + PIECE_BYTES] for at in range(0, len(attachment.body), PIECE_BYTES)]
    previous, made = _GENESIS, []
    for number, part in enumerate(parts):
        header = orjson.dumps(
            {
                "alert_id": str(request_id),
                "capture_id": str(attachment.attachment_id),
                "kind": attachment.kind,
                "format": attachment.format,
                "lens": OF_AGENCY,
                "taken_at": attachment.taken_at.isoformat(),
                "piece_no": number,
                "pieces": len(parts),
                "size": len(part),
                "chain_no": number,
                "previous": previous,
            }
        ).decode()
        made.append((header, part))
        previous = hashlib.sha256(header.encode() + b"\n" + part).hexdigest()
    return made
