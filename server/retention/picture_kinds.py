"""Kinds of data about what cameras showed: the part of the registry (`kinds.py`) for pictures and what came of them."""

from __future__ import annotations

from server.retention.clocks import CLOSED, INCIDENT, OVER, of_incident
from server.retention.model import Kind, Rows

# An incident keeps recordings by its pins: a span of time of a camera (server/recordings/pins.py).
_PINNED = (
    "FROM pin p JOIN incident i ON i.incident_id = p.incident_id WHERE p.camera_id = t.camera_id"
    " AND p.from_at < t.end_at AND coalesce(p.until_at > t.begin_at, true)"
)
_RECORDED = f"CASE WHEN NOT EXISTS (SELECT 1 {_PINNED} AND NOT ({OVER})) THEN t.end_at END"
_HELD_BY_PIN = f"(SELECT p.incident_id {_PINNED} AND p.incident_id IN (SELECT held_incidents()) LIMIT 1)"
_PIN_HAS_FILES = (
    "EXISTS (SELECT 1 FROM segment s WHERE s.camera_id = t.camera_id AND s.gone_at IS NULL"
    " AND s.end_at > t.from_at AND coalesce(s.begin_at < t.until_at, true))"
)
# Of the pieces `t` of captures: what an agency attached to its request.
_OF_AGENCY = (
    "EXISTS (SELECT FROM capture c WHERE c.capture_id = t.capture_id AND c.center_id = t.center_id"
    " AND c.lens = 'agency')"
)

PICTURES = (
    Kind(
        "recordings",
        "녹화 영상",
        "recorded video",
        "찍은 때(사건이 끝난 뒤)",
        "when it was recorded, once the incident is over",
        30,
        1,
        30,
        "표준 개인정보 보호지침 제41조: 30일. 사건이 남기지 않은 것은 몇 분 뒤 지워짐(VIDEO_BUFFER_MINUTES)",
        "Standard Guidelines on Personal Information 41: 30 days. What no incident keeps goes after some minutes"
        " (VIDEO_BUFFER_MINUTES)",
        (
            Rows("segment", _RECORDED, where="t.gone_at IS NULL", held_incident=_HELD_BY_PIN, file="path"),
            Rows("pin", CLOSED, join=INCIDENT, where=f"NOT {_PIN_HAS_FILES}", held_incident="t.incident_id"),
            of_incident("recording_fetch"),
        ),
    ),
    Kind(
        "sightings",
        "카메라에서 표시한 목격",
        "who was seen at which camera",
        "사건 종결",
        "the incident's end",
        30,
        1,
        365,
        "개인정보 보호법 제21조: 증거 보전 요청이 올 때까지",
        "Personal Information Protection Act 21: until evidence has been asked for",
        (of_incident("sighting"),),
    ),
    Kind(
        "video_requests",
        "기관의 영상 요청",
        "agencies' requests for video",
        "요청의 끝",
        "the request's end",
        365,
        30,
        1095,
        "개인정보 보호법 제18조: 제공을 요청받은 근거. 사후 확인이 끝날 때까지",
        "Personal Information Protection Act 18: on what ground pictures were asked for",
        (Rows("video_request", "t.ended_at", held_incident="t.incident_id"),),
    ),
    Kind(
        "captures",
        "본인의 휴대전화가 보낸 사진·소리",
        "photos and sound from the person's own phone",
        "사건 종결",
        "the incident's end",
        30,
        1,
        30,
        "개인정보 보호법 제21조: 증거 보전 요청이 올 때까지 최대 30일",
        "Personal Information Protection Act 21: 30 days at most, until evidence has been asked for",
        (of_incident("capture_piece", where=f"NOT {_OF_AGENCY}"), of_incident("capture", where="t.lens <> 'agency'")),
    ),
    Kind(
        "request_attachments",
        "연계 기관이 붙인 사진·센서 값",
        "photos and readings that agencies attached to requests",
        "사건 종결",
        "the incident's end",
        0,
        0,
        0,
        "개인정보 보호법 제21조: 찾기가 끝나면 곧바로 파기",
        "Personal Information Protection Act 21: destroyed as soon as the search is over",
        (of_incident("capture_piece", where=_OF_AGENCY), of_incident("capture", where="t.lens = 'agency'")),
        hourly=True,
    ),
    Kind(
        "stills",
        "정지 영상",
        "still pictures",
        "찍은 때(사건이 끝난 뒤)",
        "when it was taken, once the incident is over",
        30,
        1,
        30,
        "표준 개인정보 보호지침 제41조: 30일",
        "Standard Guidelines on Personal Information 41: 30 days",
        (
            Rows(
                "still",
                f"CASE WHEN {OVER} THEN t.taken_at END",
                join=INCIDENT,
                held_incident="t.incident_id",
            ),
        ),
    ),
)
