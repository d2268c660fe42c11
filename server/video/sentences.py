"""What a person reads when there is no picture: Korean first, English by the switch."""

from __future__ import annotations

_ENDS = {
    "incident_closed": ("사건이 종결되어 영상 제공이 끝났습니다.", "The incident was closed, so the video ended."),
    "incident_cancelled": ("신고가 취소되어 영상 제공이 끝났습니다.", "The alert was cancelled, so the video ended."),
    "transferred": (
        "사건이 다른 센터로 이관되어 영상 제공이 끝났습니다.",
        "The incident moved to another center, so the video ended.",
    ),
    "agreement_ended": ("협약 기간이 끝나 영상을 볼 수 없습니다.", "The agreement has ended, so the video ended."),
    "session_ended": ("로그아웃되어 영상 제공이 끝났습니다.", "You were logged out, so the video ended."),
    "drill": ("훈련 사건에는 영상을 제공하지 않습니다.", "A drill shows no pictures."),
    "no_agreement": ("효력 있는 협약이 없어 영상 제공이 끝났습니다.", "No agreement is in force, so the video ended."),
    "no_dispatch": ("출동이 끝나 영상 제공이 끝났습니다.", "The dispatch is over, so the video ended."),
    "address_not_registered": (
        "등록된 자리가 아니어서 영상 제공이 끝났습니다.",
        "This seat is not registered any more, so the video ended.",
    ),
    "not_your_incident": (
        "담당 사건이 아니어서 영상 제공이 끝났습니다.",
        "The incident is not yours any more, so the video ended.",
    ),
    "replaced": (
        "같은 영상을 다른 창에서 열어 이 창은 멈췄습니다.",
        "The same video was opened elsewhere, so it stopped here.",
    ),
    "b_frames": (
        "이 카메라는 B 프레임을 사용해 재생할 수 없습니다. 카메라 설정에서 B 프레임을 끄십시오.",
        "This camera sends B-frames and can't be played. Turn B-frames off in the camera's settings.",
    ),
    "codec": (
        "이 카메라의 영상 형식은 재생할 수 없습니다. 카메라를 H.264로 설정하십시오.",
        "This camera's video format can't be played. Set the camera to H.264.",
    ),
}
_ENDED = ("영상 제공이 끝났습니다.", "The video release has ended.")
_REFUSALS = {
    "ticket_invalid": (
        "영상 접속 정보가 올바르지 않습니다. 화면에서 다시 여십시오.",
        "This video link is not valid. Open it again from the page.",
    ),
    "ticket_expired": ("영상 접속 시간이 지났습니다. 다시 여십시오.", "This video link has expired. Open it again."),
    "ticket_other_purpose": (
        "다른 용도의 접속 정보입니다. 화면에서 다시 여십시오.",
        "This video link is for another purpose. Open it again from the page.",
    ),
    "ticket_other_camera": ("다른 카메라의 접속 정보입니다.", "This video link belongs to another camera."),
    "ticket_other_address": (
        "등록된 자리에서만 영상을 볼 수 있습니다.",
        "The video can only be seen from the registered seat.",
    ),
    "unknown_camera": ("등록되지 않은 카메라입니다.", "This camera is not registered."),
    "gate_silent": (
        "영상 제공 기록을 확인할 수 없습니다. 곧 다시 연결합니다.",
        "The release record can't be checked. Reconnecting shortly.",
    ),
}
_REFUSED = ("영상을 볼 수 없습니다.", "The video can't be shown.")


def end_sentence(reason: str) -> dict[str, str]:
    return _both(_ENDS.get(reason, _ENDED))


def refusal_sentence(code: str) -> dict[str, str]:
    return _both(_REFUSALS.get(code, _REFUSED))


def _both(sentence: tuple[str, str]) -> dict[str, str]:
    return {"message_ko": sentence[0], "message_en": sentence[1]}
