"""From a device's answers, as the library gives them, to the port's values; pure and forgiving: devices leave out half
of what the standard asks for, and put words where numbers belong."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from server.cameras.onvif.port import Motion, Preset, Profile

MOST_PROFILES, MOST_PRESETS = 64, 300


def profile_list(told: Sequence[Any] | None) -> list[Profile]:
    """Profiles of Media (ver10) GetProfiles; one without an encoder has an empty codec."""
    return [_profile(one) for one in list(told or [])[:MOST_PROFILES] if getattr(one, "token", None)]


def _profile(told: Any) -> Profile:
    encoder = getattr(told, "VideoEncoderConfiguration", None)
    size, rate, h264 = (getattr(encoder, name, None) for name in ("Resolution", "RateControl", "H264"))
    return Profile(
        str(told.token),
        str(getattr(told, "Name", "") or "")[:80],
        str(getattr(encoder, "Encoding", "") or "").upper().replace(".", ""),
        _whole(getattr(size, "Width", 0)),
        _whole(getattr(size, "Height", 0)),
        _number(getattr(rate, "FrameRateLimit", 0)),
        _whole(getattr(h264, "GovLength", 0)),
        str(getattr(h264, "H264Profile", "") or ""),
        getattr(told, "PTZConfiguration", None) is not None,
    )


def preset_list(told: Sequence[Any] | None) -> tuple[Preset, ...]:
    found = [one for one in list(told or [])[:MOST_PRESETS] if getattr(one, "token", None)]
    return tuple(Preset(str(one.token), str(getattr(one, "Name", None) or one.token)[:80]) for one in found)


def speed_in_degrees(nodes: Sequence[Any]) -> float | None:
    """The fastest pan, where a node has a velocity space in degrees; the generic space (-1…1) says nothing."""
    fastest = None
    for node in nodes:
        spaces = getattr(getattr(node, "SupportedPTZSpaces", None), "ContinuousPanTiltVelocitySpace", None)
        for space in spaces or []:
            if "degrees" in str(getattr(space, "URI", "")).lower():
                speed = _number(getattr(getattr(space, "XRange", None), "Max", 0))
                fastest = max(fastest or 0.0, speed) or None
    return fastest


def motion_request(profile: str, motion: Motion) -> tuple[str, dict[str, Any]]:
    """Operation and request of the PTZ service. The time limit goes with a movement, for a device that honours it."""
    asked: dict[str, Any] = {"ProfileToken": profile}
    where = {"PanTilt": {"x": motion.pan, "y": motion.tilt}, "Zoom": {"x": motion.zoom}}
    if motion.kind == "continuous":
        return "ContinuousMove", asked | {"Velocity": where, "Timeout": timedelta(seconds=motion.seconds)}
    if motion.kind == "to":
        return "AbsoluteMove", asked | {"Position": where}
    if motion.kind == "preset":
        return "GotoPreset", asked | {"PresetToken": motion.token}
    if motion.kind == "home":
        return "GotoHomePosition", asked
    return "Stop", asked | {"PanTilt": True, "Zoom": True}


def replay_times(about: Any, offset: timedelta | None) -> tuple[str, datetime | None, datetime | None]:
    """A recording's name, begin and end by our clock: the device stamps by its own."""
    source = getattr(getattr(about, "Source", None), "Name", "") or ""
    times = (_our_time(getattr(about, name, None), offset) for name in ("EarliestRecording", "LatestRecording"))
    begin_at, end_at = times
    return str(source)[:80], begin_at, end_at


def _our_time(told: Any, offset: timedelta | None) -> datetime | None:
    if not isinstance(told, datetime):
        return None
    at = told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)
    return at - (offset or timedelta())


def _number(told: Any) -> float:
    try:
        value = float(told or 0)
    except (TypeError, ValueError):
        return 0.0
    return value if 0 <= value < 1e6 else 0.0


def _whole(told: Any) -> int:
    return int(_number(told))
