"""Kinds of data about what cameras showed: the part of the registry (`kinds.py`) for pictures and what came of them."""

from __future__ import annotations

from server.retention.clocks import INCIDENT, OVER, of_incident
from server.retention.model import Kind, Rows

PICTURES = (
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
