"""Kinds of data about where somebody is, or lives: a part of the registry (`kinds.py`)."""

from __future__ import annotations

from server.retention.clocks import CLOSED, INCIDENT, of_incident
from server.retention.model import Kind, Rows

PLACES: tuple[Kind, ...] = (
    Kind(
        "positions",
        "위치 기록",
        "positions",
        "위치를 잰 때",
        "the fix",
        30,
        1,
        30,
        "위치정보법 제23조: 목적을 달성하면 파기. 증거 보전 요청이 올 때까지 최대 30일",
        "Location Information Act 23: destroyed when the purpose is served; 30 days at most, for evidence to be asked",
        (Rows("position", "t.fixed_at", held_incident="t.incident_id"),),
        by_day=True,
        hourly=True,
    ),
    Kind(
        "positions_rescue",
        "통신사·경찰·가족 등 다른 곳이 준 위치",
        "positions from telcos, police, family and other sources",
        "사건 종결",
        "the incident's end",
        0,
        0,
        0,
        "위치정보법 제29조: 구조가 끝나면 곧바로 파기",
        "Location Information Act 29: destroyed as soon as the rescue is over",
        (
            Rows(
                "position",
                CLOSED,
                join=INCIDENT,
                where="t.source IN ('els', 'telco', 'police')",
                held_incident="t.incident_id",
            ),
            # where a missing person was, whatever source the agency's system named
            Rows(
                "position",
                CLOSED,
                join=f"{INCIDENT} JOIN agency_request q ON q.request_id = t.alert_id AND q.center_id = t.center_id",
                where="q.trigger IN ('missing_child', 'missing_dementia') AND t.source NOT IN ('els','telco','police')",
                held_incident="t.incident_id",
            ),
            of_incident("second_source"),
        ),
        hourly=True,
    ),
    Kind(
        "followed_alerts",
        "보호자에게 보인 위치와 알림",
        "what guardians could follow",
        "신고의 끝",
        "the alert's end",
        30,
        1,
        30,
        "위치정보법 제23조: 목적을 달성하면 파기",
        "Location Information Act 23: destroyed when the purpose is served",
        (
            Rows(
                "followed_alert",
                "coalesce(t.ended_at, greatest(t.started_at, t.position_at))",
                held_alert="t.alert_id",
            ),
        ),
    ),
    Kind(
        "access_notes",
        "출입 안내(출입 번호·계단·위험)",
        "access notes (door codes, stairs, hazards)",
        "기한이 지나거나 끝낸 때",
        "its running out, or its end",
        7,
        1,
        30,
        "출입 번호는 열쇠와 같음: 쓰지 않게 되면 곧바로 파기",
        "a door code is a key: destroyed when it is no longer used",
        (Rows("access_note", "least(t.ended_at, t.valid_until)"),),
    ),
)
