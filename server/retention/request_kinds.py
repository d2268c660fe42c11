"""Requests of linked agencies: what they told of people, how they stood, and what was refused."""

from __future__ import annotations

from server.retention.clocks import CLOSED, INCIDENT
from server.retention.model import Kind, Rows

_OVER = f"coalesce({CLOSED}, CASE WHEN t.incident_id IS NULL THEN t.received_at END)"
_INCIDENT = "LEFT JOIN incident i ON i.incident_id = t.incident_id"
_ANKLET = "starts_with(t.trigger, 'anklet')"


def _requests(where: str, *erase: str) -> Rows:
    return Rows("agency_request", _OVER, join=_INCIDENT, where=where, held_incident="t.incident_id", erase=erase)


REQUESTS = (
    Kind(
        "anklet_requests",
        "전자감독 기관의 요청",
        "requests of the electronic monitoring service",
        "사건 종결",
        "the incident's end",
        30,
        1,
        90,
        "전자장치부착법 제16조: 형 집행에 필요한 동안만",
        "Electronic Monitoring Act 16: only as long as the execution of the sentence needs it",
        (
            Rows(
                "position",
                CLOSED,
                join=INCIDENT,
                where="EXISTS (SELECT FROM agency_request r WHERE r.request_id = t.alert_id"
                " AND starts_with(r.trigger, 'anklet'))",
                held_incident="t.incident_id",
            ),
            _requests(_ANKLET),
        ),
    ),
    Kind(
        "approach_warnings",
        "접근 경보(보호대상자의 홈)",
        "warnings of an approach, at a protected person's home",
        "경보의 끝",
        "the warning's end",
        7,
        0,
        30,
        "위치정보법 제23조: 목적을 달성하면 파기. 일주일은 본인이 확인하려고",
        "Location Information Act 23: destroyed when the purpose is served; a week for her to look at it",
        (Rows("approach_warning", "t.ended_at"),),
    ),
    Kind(
        "missing_subjects",
        "실종 요청의 이름·인상착의·보호자 연락처",
        "names, looks and guardians' numbers of requests for missing people",
        "사건 종결",
        "the incident's end",
        7,
        0,
        30,
        "위치정보법 제23조: 구조가 끝나면 파기. 일주일은 기관과 보호자에게 결과를 확인해 주려고",
        "Location Information Act 23: destroyed when the rescue is over; a week to answer the agency and the guardian",
        (_requests("t.trigger IN ('missing_child', 'missing_dementia')", "body_sealed"),),
    ),
    Kind(
        "agency_requests",
        "연계 기관의 요청(연락처·설명 포함)",
        "requests of linked agencies, with contacts and descriptions",
        "사건 종결",
        "the incident's end",
        365,
        30,
        1095,
        "개인정보 보호법 제21조: 제공 근거의 사후 확인이 끝날 때까지",
        "Personal Information Protection Act 21: until questions about the ground of a disclosure are answered",
        (_requests(f"NOT {_ANKLET}"),),
    ),
    Kind(
        "cap_warnings",
        "재난 경보(CAP)",
        "disaster warnings (CAP)",
        "경보의 끝",
        "the warning's end",
        365,
        7,
        1095,
        "공공기록물: 개인정보가 없음. 무엇을 언제 알렸는지 확인하려고",
        "A public record without personal data: to see what was told when",
        (Rows("cap_warning", "t.expires_at"),),
    ),
    Kind(
        "wanted_plates",
        "수배 차량 목록",
        "the list of wanted vehicles",
        "해제하거나 기한이 끝난 때",
        "removed, or run out",
        1,
        0,
        7,
        "개인정보 보호법 제21조: 찾을 이유가 없어지면 파기. 하루는 옛 메시지가 되살리지 못하게",
        "Personal Information Protection Act 21: nothing to look for; a day so that an old message can't bring it back",
        (Rows("plate_candidate", "t.expires_at"), Rows("wanted_plate", "coalesce(t.removed_at, t.expires_at)")),
        hourly=True,
    ),
    Kind(
        "plate_hits",
        "수배 차량 확인 기록",
        "hits on wanted vehicles",
        "사건 종결",
        "the incident's end",
        365,
        30,
        1095,
        "개인정보 보호법 제21조: 제공 근거의 사후 확인이 끝날 때까지",
        "Personal Information Protection Act 21: until questions about the ground of a disclosure are answered",
        (
            Rows(
                "plate_hit",
                f"coalesce({CLOSED}, CASE WHEN t.incident_id IS NULL THEN t.found_at END)",
                join=_INCIDENT,
                held_incident="t.incident_id",
            ),
        ),
    ),
    Kind(
        "lent_cameras",
        "기관이 빌려준 카메라와 그 동의",
        "cameras that agencies lent, and their consents",
        "빌려주기의 끝",
        "the end of the loan",
        365,
        30,
        1095,
        "개인정보 보호법 제21조: 동의의 사후 확인이 끝날 때까지. 주소는 끝날 때 곧바로 지움",
        "Personal Information Protection Act 21: until questions about it are answered; its address goes at once",
        (Rows("lent_camera", "coalesce(t.ended_at, t.until_at)"),),
    ),
    Kind(
        "request_messages",
        "기관 요청 메시지의 번호",
        "ids of agencies' messages",
        "받은 때",
        "its arrival",
        30,
        7,
        90,
        "같은 메시지가 다시 와도 한 번만 처리하려고",
        "so that a message repeated has its effect once",
        (Rows("request_message", "t.received_at"),),
    ),
    Kind(
        "request_refusals",
        "거절한 기관 요청",
        "requests that were refused",
        "거절한 때",
        "the refusal",
        1095,
        365,
        3650,
        "개인정보의 안전성 확보조치 기준 제8조: 접속 시도의 점검",
        "safety standards 8: review of attempted access",
        (Rows("request_refusal", "t.at", center="nullif(t.center_id, '')"),),
    ),
)
