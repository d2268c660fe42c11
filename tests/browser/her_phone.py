"""Photos and sound of a person's own phone, for page stories: made, cut as the phone does it, sent over the router."""

from __future__ import annotations

import io
import json
import wave
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
from PIL import Image, ImageDraw

from mobile_app.core import captures as phone
from mobile_app.core.ids import uuid7
from tests.browser.conftest import Installation


def photo(number: int) -> bytes:
    """A street at night, as far as a test needs one; large enough for two pieces."""
    drawn = Image.effect_noise((1280, 960), 40 + 10 * number).convert("RGB")
    paint = ImageDraw.Draw(drawn)
    paint.rectangle((0, 560, 1280, 960), fill=(40, 40, 48))
    paint.ellipse((200 + 260 * number, 120, 420 + 260 * number, 340), fill=(250, 220, 140))
    paint.rectangle((820 - 120 * number, 380, 900 - 120 * number, 620), fill=(20, 20, 24))
    file = io.BytesIO()
    drawn.save(file, "JPEG", quality=30)
    return file.getvalue()


def sound() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as made:
        made.setnchannels(1), made.setsampwidth(2), made.setframerate(8000)
        made.writeframes(bytes(16000))
    return file.getvalue()


def pieces(alert_id: str, head: phone.Head, kind: str, lens: str, body: bytes, ago_s: float) -> list[tuple[str, bytes]]:
    taken_at = datetime.now(UTC) - timedelta(seconds=ago_s)
    what, long_s = ("image/jpeg", 0.0) if kind == phone.PHOTOGRAPH else ("audio/wav", 1.0)
    taken = phone.Taken(uuid7(taken_at, uuid4().int & (2**74 - 1)), kind, what, lens, taken_at.isoformat(), long_s)
    return phone.cut(alert_id, taken, body, head)


def sends(installation: Installation, alert_id: str, token: str, *pieces: tuple[str, bytes]) -> None:
    """Her phone's photos and sound, over the router."""
    for header, body in pieces:
        told = json.loads(header)
        answer = httpx.put(
            f"{installation.world.urls['router']}/v1/alerts/{alert_id}/captures/{told['capture_id']}/{told['piece_no']}",
            content=body,
            headers={"Authorization": f"Bearer {token}", "X-Ansim-Capture": header},
            trust_env=False,
        )
        assert answer.status_code == 202, answer.text
