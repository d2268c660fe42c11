"""Code lists that people choose from, with their names: types of incidents, dispositions; pure.

Codes are stored and sent; the names are for screens and reports. Item 40 of the requirements: 112 is named for
kidnapping, robbery, assault; 119 for fire, rescue, ambulance.
"""

from __future__ import annotations

from typing import Any

TYPES: dict[str, tuple[str, str]] = {
    "sos": ("긴급호출", "SOS"),
    "kidnapping": ("납치·감금", "Kidnapping"),
    "robbery": ("강도", "Robbery"),
    "assault": ("폭행", "Assault"),
    "sexual_violence": ("성폭력", "Sexual violence"),
    "stalking": ("스토킹", "Stalking"),
    "intrusion": ("침입", "Intrusion"),
    "missing_child": ("실종 아동", "Missing child"),
    "missing_person": ("실종자", "Missing person"),
    "fire": ("화재", "Fire"),
    "rescue": ("구조", "Rescue"),
    "ambulance": ("구급", "Ambulance"),
    "disaster": ("재난", "Disaster"),
    "help_request": ("도움 요청(보안업체)", "Help request (security firm)"),
    "anklet": ("전자감독 경보", "Electronic monitoring"),
    "wanted_vehicle": ("수배 차량", "Wanted vehicle"),
    "agency_case": ("기관 사건", "Agency's case"),
    "observed": ("관제 발견", "Seen by an operator"),
    "other": ("기타", "Other"),
}
DISPOSITION_NAMES: dict[str, tuple[str, str]] = {
    "handled": ("조치 완료", "Handled"),
    "false_alarm": ("오신고", "False alarm"),
    "drill": ("훈련", "Drill"),
    "no_contact": ("연락 안 됨", "No contact"),
    "transferred": ("이관", "Transferred"),
    "duplicate": ("중복 신고", "Duplicate"),
}
CONTACT_WAYS: dict[str, tuple[str, str]] = {
    "voice": ("통화", "Voice"),
    "chat": ("문자 대화", "Chat"),
    "none": ("응답 없음", "No answer"),
}


def listed(names: dict[str, tuple[str, str]]) -> list[dict[str, Any]]:
    """A code list as the pages get it."""
    return [{"code": code, "name_ko": ko, "name_en": en} for code, (ko, en) in names.items()]
