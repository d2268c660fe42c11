"""Why a camera was chosen, in words; pure. A reason is a code and at most one number, so that the timeline stays short
and can be counted; the sentence is made where somebody reads it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Language = Literal["ko", "en"]


@dataclass(frozen=True, slots=True)
class Reason:
    """A code of WORDS and its number: metres, percent, pixels, seconds."""

    code: str
    number: float | None = None

    def json(self) -> dict[str, Any]:
        return {"code": self.code} if self.number is None else {"code": self.code, "number": self.number}


WORDS: dict[str, tuple[str, str]] = {
    "in_view": ("지금 이 위치를 비추고 있음", "the place is in its picture now"),
    "can_turn": ("{n:g}초 안에 돌려 볼 수 있음", "can turn there within {n:g} s"),
    "near_view": ("있을 수 있는 곳이나 갈 곳의 일부가 보임", "shows part of where the person may be or go"),
    "nearest": (
        "이 위치를 비추지 않지만 가까움 ({n:g} m)",
        "does not show the place, but is near ({n:g} m)",
    ),
    "covers": ("있을 수 있는 범위의 {n:g}%가 보임", "shows {n:g}% of where the person may be"),
    "ahead": ("30초 안에 갈 곳의 {n:g}%가 보임", "shows {n:g}% of where the person will be within 30 s"),
    "pixels": ("사람이 화면에서 약 {n:g}픽셀", "a person is about {n:g} pixels tall"),
    "night_infrared": ("야간: 적외선 있음", "night: has infrared"),
    "night_lit": ("야간: 조명 있는 곳", "night: the place is lit"),
    "night_unknown": ("야간 성능 모름", "night: ability not known"),
    "night_none": ("야간에 잘 안 보임", "night: sees badly"),
    "plates": ("차량번호 인식", "reads number plates"),
    "area": ("구역의 {n:g}%가 보임", "shows {n:g}% of the area"),
    "kept": ("이미 보고 있어 유지함", "already on the screen"),
    "indoor": ("실내 카메라", "indoor camera"),
    "doubtful_place": ("등록 위치가 {n:g} m까지 틀릴 수 있음", "its registered place may be {n:g} m off"),
    "health_dark": ("화면이 어두움", "its picture is dark"),
    "health_frozen": ("화면이 멈춤", "its picture is frozen"),
    "health_obstructed": ("화면이 가려짐", "its view is blocked"),
    "health_down": ("연결 안 됨", "no connection"),
    "no_stream": ("영상 주소 없음: 관리기관에 전화", "no stream address: phone its office"),
}


PASSED_OVER: dict[str, tuple[str, str]] = {
    "broken": ("화면을 믿을 수 없음", "its picture can't be trusted"),
    "no_stream": ("영상 주소 없음", "no stream address"),
    "consent": ("민간 카메라: 동의가 없거나 끝남", "private: no consent, or it has ended"),
    "purpose": ("설치 목적상 이 사건에 쓸 수 없음", "its purpose does not allow this use"),
    "less": ("고른 카메라들이 더 잘 보거나 같은 곳을 봄", "the chosen ones show more, or the same"),
}
"""Why a camera near by was not chosen."""


def words(reasons: Iterable[Reason], language: Language) -> list[str]:
    """Each reason as a phrase; one that is not known (written by another version) as its code."""
    side = 0 if language == "ko" else 1
    return [WORDS[one.code][side].format(n=one.number) if one.code in WORDS else one.code for one in reasons]
