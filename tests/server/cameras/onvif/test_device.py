"""The client behind the port, against a device of our own that checks passwords and clocks (`server/demo/onvif.py`)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from server.cameras.onvif.port import DeviceAddress, DeviceTrouble, Motion
from server.cameras.onvif.zeep_client import ZeepDevice
from server.demo.onvif import OnvifFace
from server.demo.onvif_answers import Recording
from tests.server.scene import listening


@asynccontextmanager
async def device(face: OnvifFace, *, user: str = "admin", password: str = "camera") -> AsyncIterator[ZeepDevice]:
    async with listening(face) as url:  # type: ignore[arg-type]
        made = ZeepDevice(DeviceAddress(url, user, password))
        try:
            yield made
        finally:
            await made.close()


async def trouble(face: OnvifFace, **given: str) -> DeviceTrouble:
    async with device(face, **given) as one:
        with pytest.raises(DeviceTrouble) as caught:
            await one.identify()
    return caught.value


async def test_a_device_says_what_it_is_and_moves() -> None:
    face = OnvifFace("rtsp://somebody:else@127.0.0.1:554/cam")
    async with device(face) as one:
        about = await one.identify()
        assert (about.maker, about.model) == ("안심카메라", "AC-20 <PTZ>") and abs(about.clock_offset_s or 99) < 3
        first, second, third = await one.profiles()
        assert (first.codec, first.width_px, first.key_every, first.h264_profile) == ("H264", 1920, 50, "Main")
        assert second.can_move and third.codec == "JPEG"
        assert await one.stream_uri("profile_2") == "rtsp://127.0.0.1:554/cam/sub", (
            "what is before the @ is ours to add"
        )
        ptz = await one.presets("profile_1")
        assert [(p.token, p.name) for p in ptz.presets] == [("1", "정문"), ("2", "골목 <안쪽>")]
        assert ptz.has_home and ptz.pan_speed_deg_s == 120
        await one.move("profile_1", Motion("continuous", pan=0.5, tilt=-0.25, seconds=2))
        assert face.is_moving
        await one.move("profile_1", Motion("stop"))
        assert not face.is_moving and face.pan > 0 > face.tilt
        await one.move("profile_1", Motion("preset", token="2"))
        assert face.pan == pytest.approx(0.2)
        await one.move("profile_1", Motion("to", pan=-0.5, zoom=0.3))
        assert (face.pan, face.zoom) == (-0.5, 0.3)
        await one.move("profile_1", Motion("home"))
        assert face.pan == 0
        with pytest.raises(DeviceTrouble, match="device_refused"):
            await one.move("profile_1", Motion("preset", token="99"))
        assert (await one.snapshot("profile_1"))[:2] == b"\xff\xd8"
        with pytest.raises(DeviceTrouble, match="no_replay"):
            await one.replays()


@pytest.mark.parametrize("offset_s", [-600, 600, 86_400 * 400])
async def test_a_wrong_clock_is_worked_with_and_told(offset_s: int) -> None:
    face = OnvifFace(clock_offset_s=offset_s)
    async with device(face) as one:
        about = await one.identify()
        assert about.clock_offset_s == pytest.approx(offset_s, abs=30)
        assert len(await one.profiles()) == 3


async def test_each_trouble_has_its_own_name() -> None:
    assert (await trouble(OnvifFace(), password="camera1")).code == "wrong_password"
    assert (await trouble(OnvifFace(fault="html"))).code == "not_onvif"
    assert (await trouble(OnvifFace(fault="redirect"))).code == "redirected"
    assert (await trouble(OnvifFace(fault="huge"))).code == "device_answer"
    assert (await trouble(OnvifFace(fault="entities"))).code in ("not_onvif", "device_answer")
    silent = OnvifFace(fault="silent", silence_s=1)
    async with listening(silent) as url:  # type: ignore[arg-type]
        one = ZeepDevice(DeviceAddress(url, "admin", "camera"), call_s=0.2)
        with pytest.raises(DeviceTrouble, match="device_unreachable"):
            await one.identify()
        await one.close()
    nobody = ZeepDevice(DeviceAddress("http://127.0.0.1:9", "admin", "camera"))
    with pytest.raises(DeviceTrouble, match="device_unreachable"):
        await nobody.identify()
    await nobody.close()


async def test_a_device_that_names_another_hosts_services_is_asked_at_its_own_address() -> None:
    """Behind an address translator, or with something else in mind: nothing is sent anywhere else."""
    face = OnvifFace(services_at="http://169.254.169.254:80", fault="old")
    async with device(face) as one:
        await one.identify()
        assert len(await one.profiles()) == 3 and "GetCapabilities" in face.said
        assert (await one.snapshot("profile_1"))[:2] == b"\xff\xd8"


async def test_what_a_device_has_recorded_in_our_time() -> None:
    begin = datetime(2026, 3, 1, 1, tzinfo=UTC)
    face = OnvifFace(recordings=(Recording("R 1", "골목", begin, begin + timedelta(hours=2)),), clock_offset_s=3600)
    async with device(face) as one:
        await one.identify()
        (found,) = await one.replays()
        assert (found.token, found.name, found.uri) == ("R 1", "골목", "rtsp://127.0.0.1:554/cam/replay/R 1")
        assert found.begin_at is not None and abs(found.begin_at - begin + timedelta(hours=1)) < timedelta(seconds=30)
