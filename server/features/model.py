"""Which functions a center has switched on, and since when: the registry of names, and the rule; pure.

A function without a row in force is on, but for those in `OFF_UNTIL_SAID`. A center's own row goes before the one for
all (`*`); of several in force the one that began last stands, so that a pilot and the day it is opened to everybody
can be written down beforehand.
Nothing of the alert path has a name here: taking an alert in, answering it, dispatching and closing can't be off.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

EVERYWHERE = "*"
State = Literal["off", "pilot", "on"]
STATES: dict[State, tuple[str, str]] = {
    "off": ("사용 안 함", "off"),
    "pilot": ("시범 운영(훈련 사건에서만)", "pilot: in drills and exercises only"),
    "on": ("사용", "on"),
}
FEATURES: dict[str, tuple[str, str]] = {
    "talk": ("신고자에게 문자 보내기", "writing to the person"),
    "voice": ("신고자에게 전화 걸기", "calling the person"),
    "responder_links": ("현장 대원 초대 링크", "links for officers in the field"),
    "still": ("현장 대원에게 정지 영상 보내기", "still pictures for officers in the field"),
    "observed_incidents": ("관제 요원이 발견한 사건 열기", "incidents opened by an operator who sees something"),
    "exercises": ("센터 훈련 열기", "a center's exercises"),
    "video_requests": ("기관의 영상 요청", "agencies asking for video"),
    "traffic": ("교통 정보 연계", "traffic information beside an incident"),
    "scouts": ("안심귀가 스카우트", "scouts who walk along"),
    "analyse": ("지능형 CCTV 영상 분석(얼굴 인식 없음)", "intelligent CCTV: machines look at pictures, never at faces"),
}
OFF_UNTIL_SAID = frozenset(("analyse",))
"""Functions that need an agreement first: off until a row says otherwise."""


@dataclass(frozen=True, slots=True)
class Flag:
    """From `since` on (until `until`, not itself; None: until another row) the function is in this state."""

    center_id: str
    name: str
    state: State
    since: datetime
    until: datetime | None = None


def in_force(flags: Iterable[Flag], name: str, center: str, now: datetime) -> Flag | None:
    """The row that decides for this center now; None: nobody has said anything."""
    running = [
        flag
        for flag in flags
        if flag.name == name
        and flag.center_id in (center, EVERYWHERE)
        and flag.since <= now
        and (flag.until is None or now < flag.until)
    ]
    return max(running, key=lambda flag: (flag.center_id != EVERYWHERE, flag.since), default=None)


def is_on(flags: Iterable[Flag], name: str, center: str, now: datetime, *, is_drill: bool = False) -> bool:
    """Whether the function may be used on an incident of this center. `pilot` is drills and exercises only."""
    flag = in_force(flags, name, center, now)
    state = flag.state if flag else unsaid(name)
    return state == "on" or (state == "pilot" and is_drill)


def unsaid(name: str) -> State:
    """What a function is of which nobody has said anything."""
    return "off" if name in OFF_UNTIL_SAID else "on"
