"""What we ask of a camera device, and how its troubles are told.

Six methods (and `replays` for a device that records, `events` for one that recognises): another client can take the
place of `zeep_client` without anybody noticing. All of it is bounded in time and size by the client; every failure is
a `DeviceTrouble` whose code stands in `SENTENCES`. Pure. Addresses that come back carry no credentials: those are added
where they are sealed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

SENTENCES: dict[str, tuple[str, str]] = {
    "device_unreachable": (
        "카메라 장치가 응답하지 않습니다. 주소·포트·전원·방화벽을 확인해 주세요.",
        "The device does not answer. Check address, port, power and firewall.",
    ),
    "not_onvif": (
        "이 주소에는 ONVIF 장치가 없습니다. 장치 설정에서 ONVIF를 켜고 포트를 확인해 주세요.",
        "There is no ONVIF device at this address. Switch ONVIF on in the device's settings and check the port.",
    ),
    "wrong_password": (
        "장치가 아이디·비밀번호를 거절했습니다. ONVIF 전용 사용자가 따로 있는 장치도 있습니다.",
        "The device refused user and password. Some devices keep separate users for ONVIF.",
    ),
    "clock_refused": (
        "장치가 시각 차이 때문에 거절했습니다. 장치의 시각(NTP)을 맞춰 주세요.",
        "The device refused because of its clock. Set its time (NTP).",
    ),
    "redirected": (
        "장치가 다른 주소로 넘기려고 합니다. 따라가지 않았습니다. 올바른 주소(예: https)를 적어 주세요.",
        "The device points to another address; it was not followed. Give the right address (https, for example).",
    ),
    "device_answer": (
        "장치의 답을 읽을 수 없습니다. 펌웨어를 확인해 주세요.",
        "The device's answer can't be read. Look at its firmware.",
    ),
    "device_refused": (
        "장치가 요청을 거절했습니다. 장치의 말을 확인해 주세요.",
        "The device refused the request; see what it said.",
    ),
    "no_media": ("영상 서비스가 없는 장치입니다.", "This device offers no video service."),
    "no_h264": (
        "H.264 스트림이 없습니다. 장치의 영상 설정에서 압축 방식(코덱)을 H.264로 바꿔 주세요."
        " H.265(HEVC)는 쓸 수 없습니다.",
        "No H.264 stream. Set the video encoding (codec) of one stream to H.264; H.265 (HEVC) can't be shown.",
    ),
    "no_ptz": ("움직일 수 없는 카메라입니다.", "This camera can't be moved."),
    "no_snapshot": ("정지 영상을 주지 않는 장치입니다.", "This device gives no still picture."),
    "no_replay": ("녹화 재생(ONVIF Profile G)이 없는 장치입니다.", "This device offers no replay (ONVIF Profile G)."),
    "no_events": ("사건 알림(ONVIF Events)이 없는 장치입니다.", "This device tells no events (ONVIF)."),
    "stream_elsewhere": (
        "장치가 다른 곳의 영상 주소를 알려 줍니다. 그 주소도 이 카메라의 것이 맞으면, 그 주소가 들어 있는 대역을"
        " subnet에 적어 다시 등록해 주세요.",
        "The device names a stream of another host. If that host belongs to this camera, send its network as subnet.",
    ),
    "device_network": (
        "카메라 대역이 아닌 주소입니다. 사설 주소이거나 CAMERA_NETWORKS에 있는 대역이어야 합니다.",
        "This is not an address for cameras: it must be private or in CAMERA_NETWORKS.",
    ),
}


class DeviceTrouble(Exception):
    """Something is wrong with the device or its settings. `said` is the device's own words, at most 200 characters."""

    def __init__(self, code: str, said: str = "", **more: str) -> None:
        super().__init__(code)
        self.code, self.said, self.more = code, said[:200], more


@dataclass(frozen=True, slots=True)
class DeviceAddress:
    """Where a device is and how to get in. Its text says neither user nor password."""

    url: str
    user: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """`clock_offset_s`: the device's clock minus ours; None when it told no time."""

    maker: str
    model: str
    firmware: str
    clock_offset_s: float | None
    services: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Profile:
    """One stream a device offers. `codec` as the device says (`H264`, `H265`, `JPEG`, empty: not told);
    `h264_profile` `Baseline|Main|Extended|High|`; `key_every` frames from one key frame to the next (0: not told)."""

    token: str
    name: str
    codec: str
    width_px: int = 0
    height_px: int = 0
    fps: float = 0.0
    key_every: int = 0
    h264_profile: str = ""
    can_move: bool = False


@dataclass(frozen=True, slots=True)
class Preset:
    token: str
    name: str


@dataclass(frozen=True, slots=True)
class Ptz:
    """What the device can be moved to. `pan_speed_deg_s`: its fastest, where it speaks in degrees."""

    presets: tuple[Preset, ...]
    has_home: bool = False
    pan_speed_deg_s: float | None = None


@dataclass(frozen=True, slots=True)
class Motion:
    """`continuous`: speeds -1…1 for `seconds`; `to`: a place -1…1 (zoom 0…1); `preset`: `token`; `home`; `stop`."""

    kind: Literal["continuous", "to", "preset", "home", "stop"]
    pan: float = 0.0
    tilt: float = 0.0
    zoom: float = 0.0
    seconds: float = 0.0
    token: str = ""


@dataclass(frozen=True, slots=True)
class Replay:
    """A recording that the device keeps. `uri` is RTSP without credentials; times UTC, None: not told."""

    token: str
    name: str
    uri: str = field(repr=False)
    begin_at: datetime | None = None
    end_at: datetime | None = None


class CameraDevice(Protocol):
    """Every method raises DeviceTrouble and nothing else."""

    async def identify(self) -> Identity:
        """Reach the device, read its clock, log in, and learn what it offers. Called first."""

    async def profiles(self) -> list[Profile]: ...

    async def stream_uri(self, profile: str) -> str:
        """The profile's RTSP address without credentials, as the device tells it: its host is still to be judged."""

    async def presets(self, profile: str) -> Ptz:
        """`no_ptz` when it can't be moved."""

    async def move(self, profile: str, motion: Motion) -> None: ...

    async def snapshot(self, profile: str) -> bytes:
        """One JPEG. `no_snapshot` when there is none."""

    async def replays(self) -> list[Replay]:
        """What the device has recorded. `no_replay` when it records nothing."""

    async def events(self) -> bytes:
        """XML of what the device has noticed since the last call; waits for some seconds when that is nothing. What
        happened before the first call, or while a subscription was lost, may be missing. `no_events`."""

    async def close(self) -> None: ...
