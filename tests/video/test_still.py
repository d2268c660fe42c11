"""One picture for officers in the field: only under its own release, from the key frame that is there anyway."""

from __future__ import annotations

import io

import httpx
import pytest
from PIL import Image

from server.video.gateway import INTERNAL_HEADER, EmbeddedGateway
from tests.video.conftest import KEY, RunningCity, VideoProcess


@pytest.fixture
def released(video: VideoProcess) -> str:
    video.gate.stills["release-still"] = "cam-2"
    return "release-still"


async def test_a_still_is_a_jpeg_of_the_running_stream(video: VideoProcess, released: str) -> None:
    picture = await video.gateway.still("cam-2", released)
    assert picture is not None and picture.age_ms < 5_000
    image = Image.open(io.BytesIO(picture.jpeg))
    image.load()
    assert (image.format, image.size) == ("JPEG", (640, 360))
    assert len(set(image.convert("L").resize((16, 9)).tobytes())) > 8, "a picture, not one grey"
    assert video.gate.first_bytes == [released]


async def test_without_its_release_no_byte_leaves_and_no_camera_is_opened(video: VideoProcess, released: str) -> None:
    assert await video.gateway.still("cam-3", released) is None, "the release is for another camera"
    assert await video.gateway.still("cam-2", "release-of-nobody") is None
    assert video.desk.hub.report() == [] and video.gate.first_bytes == []


async def test_a_release_that_ends_while_the_camera_is_waited_for_gives_nothing(
    video: VideoProcess, released: str
) -> None:
    video.gate.stills_left = 1  # the gate says yes once, then the incident closes
    assert await video.gateway.still("cam-2", released) is None
    assert video.gate.first_bytes == []


async def test_a_dark_camera_is_said_and_uses_up_nothing(
    video: VideoProcess, city: RunningCity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.video.app.STILL_PATIENCE_S", 0.5)
    video.gate.stills["release-dark"] = "quiet-9"
    city.fault("quiet-9", "down")
    assert await video.gateway.still("quiet-9", "release-dark") is None
    assert video.gate.first_bytes == []
    city.fault("quiet-9", "up")


async def test_nobody_without_the_internal_key_gets_a_still(video: VideoProcess, released: str) -> None:
    url = f"http://127.0.0.1:{video.port}"
    stranger = EmbeddedGateway(url=url, public_url="ws://x", key="another key of strangers")
    assert await stranger.still("cam-2", released) is None
    await stranger.close()
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        bad = await http.post("/internal/still", json={"camera_id": "cam-2"}, headers={INTERNAL_HEADER: KEY})
    assert bad.status_code == 422 and video.gate.first_bytes == []
