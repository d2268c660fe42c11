"""Rules of fetching a device's recordings: what is missing, which recording is meant, what its troubles mean. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from server.cameras.onvif.port import SENTENCES as DEVICE
from server.cameras.onvif.port import Replay
from server.recordings.model import Segment, Span, gaps
from server.video.replay.trouble import SENTENCES as REPLAY
from server.video.replay.trouble import ReplayTrouble

LEAST_GAP_S = 1.5
"""What is shorter stays a gap: no key frame group fits into it."""
SETTLED = timedelta(seconds=20)
"""So old a piece must be: what is newer is still in the file that is being written, here and in the device."""
PASSING = frozenset({"device_unreachable", "replay_unreachable", "replay_silent"})
"""Tried again."""
MOST_TRIES = 3
SENTENCES: dict[str, tuple[str, str]] = {
    "which_recording": (
        "이 장치는 여러 카메라를 녹화합니다. 이 카메라의 녹화를 골라 주세요(recordings).",
        "This device records several cameras: choose which recording is this camera's (recordings).",
    ),
    "disk_full": (
        "녹화 디스크가 가득 차 저장할 수 없습니다.",
        "The disk of recordings is full.",
    ),
    "disk_refuses": ("녹화 디스크에 쓸 수 없습니다.", "The disk of recordings can't be written."),
    "incident_closed": ("사건이 종결되어 그만두었습니다.", "The incident was closed: fetching stopped."),
}


def sentence_of(code: str) -> tuple[str, str]:
    """In Korean and English."""
    return SENTENCES.get(code) or REPLAY.get(code) or DEVICE[code]


def missing(segments: Sequence[Segment], from_at: datetime, until_at: datetime) -> list[Span]:
    """What has to be fetched; what is there is never fetched again."""
    return gaps(segments, from_at, until_at, least_s=LEAST_GAP_S)


def meant(replays: Sequence[Replay], token: str, from_at: datetime, until_at: datetime) -> Replay:
    """The recording that `token` names, or the device's only one. A wrong camera's pictures would be worse than none: a
    device that records several is never guessed about. ReplayTrouble `replay_nothing`, `which_recording`."""
    if token:
        named = next((one for one in replays if one.token == token), None)
        if named is None:
            raise ReplayTrouble("replay_nothing")
        replays = [named]
    if len(replays) > 1:
        raise ReplayTrouble("which_recording")
    minute = timedelta(minutes=1)  # its list may lag behind, and its clock says seconds
    for one in replays:
        is_before = one.end_at is not None and one.end_at + minute < from_at
        is_after = one.begin_at is not None and one.begin_at - minute > until_at
        # a recording that is still written may say when it was begun as its end
        if not is_after and (not is_before or one.end_at == one.begin_at):
            return one
    raise ReplayTrouble("replay_nothing")
