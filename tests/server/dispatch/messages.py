"""One request of one night, as every format has to tell it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from server.dispatch.message import CameraPlace, CenterFacts, DispatchMessage, PersonFacts, Place

AT = datetime(2026, 3, 1, 16, 4, 30, 250_000, tzinfo=UTC)
WALK = tuple(
    Place(37.3943 + n * 0.0001, 126.9568, 12.0, AT - timedelta(seconds=40 - 10 * n), 1.3, 0.0) for n in range(4)
)
REQUEST = DispatchMessage(
    kind="request",
    installation="serving-1",
    dispatch_id="0b0e7a52-6b0c-4a51-9d0a-8d5a3f6f0001",
    request_no=1,
    case_no="112-20260302-00007",
    center=CenterFacts("41170", "경기도 안양시", "Anyang, Gyeonggi-do", "031-112"),
    agency_id="112-demo",
    agency_kind="112",
    incident_id="0b0e7a52-6b0c-4a51-9d0a-8d5a3f6f0002",
    type="stalking",
    legal_basis="pipa-18-2-3",
    is_drill=False,
    sent_at=AT,
    requested_at=AT - timedelta(seconds=1),
    opened_at=AT - timedelta(minutes=2),
    flags=("duress", "unverified"),
    note="골목 안쪽 <파란 대문> & 1층",
    place=WALK[-1],
    track=WALK,
    cameras=(
        CameraPlace("안심로 3", 37.3944, 126.9569, 90.0, 14.0, True),
        CameraPlace("안심로 4", 37.3949, 126.9570, None, 60.0, False),
    ),
    person=PersonFacts("보라", "01012345678", "ko"),
    state_path="/api/lines/112-demo/dispatches/0b0e7a52-6b0c-4a51-9d0a-8d5a3f6f0001/state",
)
UPDATE = replace(REQUEST, kind="update", number=3, sent_at=AT + timedelta(seconds=15), note="", cameras=(), person=None)
CLOSED = replace(
    REQUEST,
    kind="closed",
    sent_at=AT + timedelta(minutes=9),
    note="",
    reason="incident_closed",
    place=None,
    track=(),
    cameras=(),
    person=None,
)
EXERCISE = replace(REQUEST, is_drill=True)
BARE = replace(REQUEST, place=None, track=(), cameras=(), person=None, flags=())
EVERY = {"request": REQUEST, "update": UPDATE, "closed": CLOSED, "exercise": EXERCISE, "bare": BARE}
