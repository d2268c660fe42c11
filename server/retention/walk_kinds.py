"""Kinds of data about walks home, what guardians were told, and scouts: a part of the registry (`kinds.py`)."""

from __future__ import annotations

from server.retention.model import Kind, Rows

WALKS: tuple[Kind, ...] = (
    Kind(
        "walks",
        "안심귀가 경로와 기록(본인만 봄)",
        "walks home and their tracks (for the person alone)",
        "귀가의 끝",
        "the walk's end",
        30,
        1,
        30,
        "위치정보법 제23조: 목적을 달성하면 파기. 본인이 고른 기간(0·7·30일)이 먼저",
        "Location Information Act 23: destroyed when the purpose is served; what she chose (0, 7, 30 days) comes first",
        (
            # before the walk, which takes along what is left of them: so they are counted in the proof
            Rows("walk_position", "t.fixed_at", join="JOIN walk w USING (walk_id)", held_alert="w.alert_id"),
            Rows("walk", "least(t.ended_at, t.begun_at + interval '3 days')", held_alert="t.alert_id"),
        ),
        hourly=True,
    ),
    Kind(
        "notices",
        "보호자에게 알린 기록과 안부 질문",
        "what guardians were told, and asked",
        "알린 때",
        "the telling",
        30,
        1,
        90,
        "위치정보법 제16조제2항: 전했다는 사실의 확인. 그 뒤에는 쓸모가 없음",
        "Location Information Act 16(2): proof that it was told; of no use afterwards",
        (
            Rows("notice", "t.created_at", where="t.follow_id IS NULL"),
            Rows("care_question", "t.asked_at"),
            Rows("second_hand_alert", "t.sent_at"),
        ),
    ),
    Kind(
        "scout_bookings",
        "안심귀가 스카우트 예약(만날 곳·목적지)",
        "bookings of scouts (meeting place and destination)",
        "예약한 시각 또는 끝난 때",
        "the appointment, or its end",
        30,
        1,
        90,
        "개인정보 보호법 제21조: 민원 처리가 끝날 때까지",
        "Personal Information Protection Act 21: until complaints afterwards are answered",
        (Rows("scout_booking", "greatest(t.ended_at, t.at)"),),
    ),
    Kind(
        "scout_pairs",
        "스카우트 근무 조와 구조 요청",
        "pairs of scouts on duty, and their calls for help",
        "근무의 끝",
        "the end of duty",
        30,
        1,
        365,
        "개인정보 보호법 제21조: 근무 확인이 끝날 때까지",
        "Personal Information Protection Act 21: until the duty has been settled",
        (Rows("scout_pair", "t.ends_at"),),
    ),
)
