"""Legal bases of a disclosure: the list of codes with their names, and which kind of release may stand on which.

A release row holds the code; pages and files for people print the name. The bases that an agreement may name are
`server.agencies.model.BASES`; the rest are a center's own.
"""

from __future__ import annotations

from typing import Literal

from server.agencies.model import BASES

ReleaseKind = Literal[
    "live",
    "still",
    "recorded",
    "capture",
    "position",
    "walk",
    "identity",
    "profile",
    "search",
    "export",
    "maintenance",
    "evidence",
]

OWN_BASES: dict[str, tuple[str, str]] = {
    "lia-15": ("위치정보법 제15조 본인의 동의", "Location Information Act 15: the person's consent"),
    "lia-19-consent": (
        "위치정보법 제19조 본인이 미리 지정한 보호자에게 제공",
        "Location Information Act 19: to a guardian whom the person named beforehand",
    ),
    "pipa-25": (
        "개인정보 보호법 제25조 영상기기의 설치·운영",
        "Personal Information Protection Act 25: running cameras",
    ),
    "pipa-29": (
        "개인정보 보호법 제29조 접속기록의 점검",
        "Personal Information Protection Act 29: review of access logs",
    ),
    "pipa-35": (
        "개인정보 보호법 제35조 본인의 열람 요구",
        "Personal Information Protection Act 35: the person's own request",
    ),
}
ALL_BASES: dict[str, tuple[str, str]] = {**BASES, **OWN_BASES}

# 개인정보 보호법 제18조제2항: 3호 급박한 생명·신체·재산의 이익, 7호 범죄의 수사와 공소의 제기 및 유지
_EMERGENCY = ("pipa-18-2-3", "pipa-18-2-7")
STAFF_BASES: dict[str, tuple[str, ...]] = {
    "live": _EMERGENCY,
    "still": _EMERGENCY,
    "recorded": _EMERGENCY,
    "capture": (*_EMERGENCY, "lia-15"),  # her own call for help
    "position": (*_EMERGENCY, "lia-29", "lia-15"),
    "walk": ("lia-15",),
    "identity": _EMERGENCY,
    "profile": _EMERGENCY,
    "search": (*_EMERGENCY, "pipa-29", "pipa-35"),
    "export": ("pipa-29", "pipa-35", "pipa-18-2-2", "pipa-18-2-7"),
    "maintenance": ("pipa-25",),
    # taken out for an investigation, a court, or the person herself who asks for her own pictures
    "evidence": ("pipa-18-2-7", "pipa-18-2-2", "pipa-35"),
}
"""What the center's own staff may name, for each kind of release; the first one stands when none is named."""

KIND_NAMES: dict[str, tuple[str, str]] = {
    "live": ("실시간 영상", "live video"),
    "still": ("정지 영상", "still picture"),
    "recorded": ("녹화 영상", "recorded video"),
    "capture": ("본인이 보낸 사진·소리", "photos and sound from her own phone"),
    "position": ("위치", "position"),
    "walk": ("안심귀가 중 위치(이름 없음)", "where a walk home is (no name)"),
    "identity": ("이름·연락처", "name and number"),
    "profile": ("본인이 적어 둔 정보(주소·건강 등)", "what she wrote of herself (home, health)"),
    "search": ("종결 사건 조회", "search in closed incidents"),
    "export": ("기록 반출", "export of the log"),
    "evidence": ("증거 영상 반출", "evidence package"),
    "maintenance": ("카메라 설정용 화면", "picture for setting a camera up"),
}


def basis_names(code: str) -> tuple[str, str]:
    """Korean and English name of a basis; an unknown code is its own name."""
    return ALL_BASES.get(code, (code, code))
