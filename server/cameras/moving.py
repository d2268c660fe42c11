"""Who may move a camera, and whose hand is on it; pure.

Moving is the owning center's alone: an agency looks at what it is shown. It is for an open incident of a person (not a
pre-alert, not a drill), and for whoever is watching that camera right now: nobody turns a camera that he does not see.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from server.incidents.state import OPEN

HAND_LIFE = timedelta(seconds=30)
HOME_AFTER = timedelta(seconds=60)
LOOK_AGAIN = timedelta(seconds=30)
STOP_AGAIN = timedelta(seconds=1)
STOP_TRIES = 5
MOST_SECONDS = 2.0

SENTENCES: dict[str, tuple[int, str, str]] = {
    "unknown_incident": (404, "그런 사건이 없습니다.", "There is no such incident."),
    "unknown_camera": (404, "이 센터의 카메라가 아닙니다.", "This is not a camera of the center."),
    "ptz_not_yours": (
        403,
        "카메라는 소유 센터의 근무자만 움직일 수 있습니다.",
        "Only staff of the center that owns the camera may move it.",
    ),
    "incident_closed": (403, "사건이 종결되어 움직일 수 없습니다.", "The incident is closed; its cameras stand still."),
    "not_live": (403, "예비 신고에서는 카메라를 움직일 수 없습니다.", "Cameras are not moved for a pre-alert."),
    "drill": (403, "훈련에서는 카메라를 움직이지 않습니다.", "A drill moves no camera."),
    "not_watching": (
        409,
        "이 카메라의 실시간 영상을 먼저 열어 주세요. 보고 있는 사람만 움직일 수 있습니다.",
        "Open this camera's live picture first: only who watches it may move it.",
    ),
    "no_ptz": (409, "움직일 수 없는 카메라입니다.", "This camera can't be moved."),
    "ptz_taken": (
        409,
        "다른 근무자가 이 카메라를 움직이고 있습니다.",
        "Somebody else is moving this camera.",
    ),
    "no_hand": (
        409,
        "이 카메라는 지금 회원님이 움직이고 있지 않습니다.",
        "You are not the one who moves this camera now.",
    ),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """As the database has it now. `incident_state` None: there is no such incident."""

    incident_state: str | None
    phase: str = "active"
    was_active: bool = True
    is_drill: bool = False
    incident_role: str = "owner"
    own_desk: bool = True
    may_move: bool = True
    camera_known: bool = True
    can_move: bool = True
    is_watching: bool = True


def refusal(facts: Facts) -> str | None:
    """None: may move it. Otherwise the first reason why not, a code of SENTENCES."""
    if facts.incident_state is None:
        return "unknown_incident"
    if not facts.may_move or not facts.own_desk or facts.incident_role != "owner":
        return "ptz_not_yours"
    if facts.incident_state not in OPEN:
        return "incident_closed"
    if facts.is_drill:
        return "drill"
    if facts.phase == "pre" or not facts.was_active:
        return "not_live"
    if not facts.camera_known:
        return "unknown_camera"
    if not facts.can_move:
        return "no_ptz"
    return None if facts.is_watching else "not_watching"


@dataclass(frozen=True, slots=True)
class Hand:
    """Whose hand is on a camera, and until when."""

    account_id: UUID
    incident_id: UUID
    until_at: datetime


Claim = Literal["mine", "free", "taken", "taken_over"]


def claim(hand: Hand | None, account_id: UUID, incident_id: UUID, *, now: datetime, takes: bool) -> Claim:
    """What reaching for the camera comes to. `takes`: a supervisor who wants it whoever has it."""
    if hand is None or hand.until_at <= now:
        return "free"
    if hand.account_id == account_id:
        return "mine" if hand.incident_id == incident_id else "free"
    return "taken_over" if takes else "taken"
