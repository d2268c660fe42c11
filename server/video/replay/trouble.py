"""What goes wrong with a device's replay, as codes that people can be told; pure."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "replay_unreachable": (
        "장치의 녹화 재생(RTSP)에 연결되지 않습니다. RTSP 포트와 방화벽을 확인해 주세요.",
        "The device's replay (RTSP) can't be reached. Check its RTSP port and the firewall.",
    ),
    "replay_password": (
        "장치가 녹화 재생의 아이디·비밀번호를 거절했습니다. 이 사용자에게 재생 권한이 있는지 확인해 주세요.",
        "The device refused user and password for replay. See that this user may play recordings.",
    ),
    "replay_clear_password": (
        "장치가 비밀번호를 암호화하지 않고 보내라고 합니다(Basic). 장치를 Digest로 바꾸거나 CAMERA_BASIC=true로"
        " 허용해 주세요.",
        "The device wants the password in clear (Basic). Set it to Digest, or allow it with CAMERA_BASIC=true.",
    ),
    "replay_refused": (
        "장치가 시각을 정한 녹화 재생(onvif-replay)을 거절했습니다. 펌웨어를 확인해 주세요.",
        "The device refused to replay by time (onvif-replay). Look at its firmware.",
    ),
    "replay_nothing": ("장치에 그 시간의 녹화가 없습니다.", "The device has no recording of that time."),
    "replay_answer": (
        "장치의 녹화 재생을 읽을 수 없습니다. 펌웨어를 확인해 주세요.",
        "What the device's replay sends can't be read. Look at its firmware.",
    ),
    "replay_redirected": (
        "장치가 녹화를 다른 주소로 넘기려고 합니다. 따라가지 않았습니다.",
        "The device points to another address for its recordings; it was not followed.",
    ),
    "replay_no_h264": (
        "장치의 녹화가 H.264가 아닙니다. 장치의 녹화 압축 방식을 H.264로 바꿔 주세요.",
        "The device records no H.264. Set its recording to H.264.",
    ),
    "replay_b_frames": (
        "장치의 녹화에 B프레임이 있습니다. 장치의 녹화 프로파일을 Baseline이나 B프레임 없음으로 바꿔 주세요.",
        "The device records B-frames. Set its recording profile to one without them.",
    ),
    "replay_silent": (
        "장치가 녹화를 보내다가 멈췄습니다. 조금 뒤 다시 가져와 주세요.",
        "The device stopped sending. Fetch again in a while.",
    ),
    "replay_too_much": (
        "장치가 보낸 양이 너무 많습니다. 더 짧게 나누어 가져와 주세요.",
        "The device sent too much. Fetch shorter pieces.",
    ),
}


class ReplayTrouble(Exception):
    """`code` is one of `SENTENCES`; `said` is the device's status line, at most 100 characters."""

    def __init__(self, code: str, said: str = "") -> None:
        super().__init__(code)
        self.code, self.said = code, said[:100]
