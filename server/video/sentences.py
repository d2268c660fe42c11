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
    "no_dispatch": (
        "출동이나 요청이 끝나 영상 제공이 끝났습니다.",
        "The dispatch or request is over, so the video ended.",
    ),
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
    "no_room": (
        "지금 열린 긴급 영상이 많아 더 열 수 없습니다. 다른 영상을 닫거나 잠시 뒤 다시 여십시오.",
        "Too many emergency videos are open now. Close another one or try again shortly.",
    ),
    "too_many_peers": (
        "지금은 이 방식으로 더 열 수 없습니다. 다른 영상을 닫거나 잠시 뒤 다시 여십시오.",
        "No more can be opened this way now. Close another video or try again shortly.",
    ),
    "bad_offer": (
        "브라우저의 영상 연결 제안을 이해하지 못했습니다. 화면을 새로 고치십시오.",
        "The browser's offer of a connection was not understood. Reload the page.",
    ),
    "not_sdp": (
        "영상 연결 제안의 형식(Content-Type)은 application/sdp여야 합니다.",
        "The offer's Content-Type must be application/sdp.",
    ),
    "unknown_session": (
        "그런 영상 연결이 없습니다. 화면에서 다시 여십시오.",
        "There is no such video session. Open it again from the page.",
    ),
    "unknown_path": (
        "이 중계 서버로는 열 수 없는 주소입니다.",
        "This relay forwards video only; there is nothing at this address.",
    ),
    "upstream_away": (
        "관제센터의 영상 서버에 연결할 수 없습니다. 곧 다시 연결합니다.",
        "The center's video server can't be reached. Reconnecting shortly.",
    ),
    "relay_full": (
        "중계 서버에 열린 영상이 너무 많습니다. 다른 영상을 닫으십시오.",
        "Too many videos are open at the relay. Close another one.",
    ),
    "relay_log": (
        "중계 서버가 제공 기록을 쓸 수 없어 영상을 열지 않습니다. 관리자에게 알리십시오.",
        "The relay can't write its log, so nothing is shown. Tell its administrator.",
    ),
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
