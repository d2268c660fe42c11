"""Every kind of data about a person that this installation holds, and when it goes: the one registry.

A slice that adds a table with something about a person in it adds an entry here in the same commit: the table to the
`rows` of a kind that has the same purpose, or a kind of its own, or one line in `KEPT` that says what else ends it.
`tests/server/retention/test_kinds.py` is red until it has. Entries name tables and columns, so that this module
imports no slice; the test runs each of their questions against the migrated database.

Laws: 개인정보 보호법 제21조 (destroy without delay when the purpose is served), 표준 개인정보 보호지침 제41조 (pictures
of public cameras: 30 days unless there is a reason), 위치정보법 제16조제2항 (facts of use and provision of positions
are recorded and kept), 제23조 (positions are destroyed when their purpose is served), 제29조 (positions for a rescue),
개인정보의 안전성 확보조치 기준 제8조 (access records: a year at least, two with sensitive data or 50,000 people).
"""

from __future__ import annotations

from server.retention.clocks import CLOSED, of_incident
from server.retention.model import Kind, Rows
from server.retention.picture_kinds import PICTURES
from server.retention.place_kinds import PLACES
from server.retention.request_kinds import REQUESTS
from server.retention.walk_kinds import WALKS

_EVENT = "JOIN event e ON e.center_id = t.center_id AND e.seq = t.seq"
_NIL = "'00000000-0000-0000-0000-000000000000'"
_RELEASE = "starts_with(e.tag, 'release:')"


_TALK = (
    Kind(
        "chat",
        "본인과 나눈 대화와 통화 기록",
        "what was said with the person, and when she was called",
        "사건 종결",
        "the incident's end",
        90,
        1,
        1095,
        "개인정보 보호법 제21조: 사후 확인이 끝날 때까지",
        "Personal Information Protection Act 21: until questions afterwards are answered",
        (
            of_incident("talk_line"),
            of_incident("voice_call"),
            Rows(
                "event_payload",
                CLOSED,
                join=f"{_EVENT} JOIN incident i ON i.incident_id = e.incident_id",
                where="e.tag IN ('talk:said', 'talk:call_requested')",
                held_incident="e.incident_id",
            ),
        ),
    ),
)
_INCIDENTS = (
    Kind(
        "incidents",
        "신고자·출동 내용",
        "who called, and what agencies were told",
        "사건 종결",
        "the incident's end",
        365,
        30,
        1095,
        "개인정보 보호법 제21조: 사후 확인·민원 처리가 끝날 때까지",
        "Personal Information Protection Act 21: until questions and complaints afterwards are answered",
        (
            of_incident("evidence_package"),
            of_incident("dispatch"),
            of_incident("voice_call"),
            Rows(
                "alert_link",
                f"coalesce({CLOSED}, CASE WHEN a.alert_id IS NULL THEN t.at END)",
                join="LEFT JOIN alert a ON a.alert_id = t.alert_id"
                " LEFT JOIN incident i ON i.incident_id = a.incident_id",
                held_alert="t.alert_id",
            ),
            of_incident("handed_alert"),
            of_incident("alert"),
            Rows(
                "incident",
                CLOSED.replace("i.", "t."),
                held_incident="t.incident_id",
                erase=("owner_name_sealed", "handover_sealed"),
            ),
        ),
    ),
    Kind(
        "event_payloads",
        "사건 경과의 내용(해시 사슬은 남음)",
        "what the timeline says (the chain of hashes stays)",
        "사건 종결",
        "the incident's end",
        365,
        30,
        1095,
        "개인정보 보호법 제21조: 사후 확인이 끝날 때까지",
        "Personal Information Protection Act 21: until questions afterwards are answered",
        (
            Rows(
                "event_payload",
                f"CASE WHEN i.incident_id IS NULL THEN e.at ELSE {CLOSED} END",
                join=f"{_EVENT} LEFT JOIN incident i ON i.incident_id = e.incident_id",
                where=f"e.incident_id <> {_NIL} AND NOT {_RELEASE}",
                held_incident="e.incident_id",
            ),
        ),
    ),
    Kind(
        "repeat_callers",
        "같은 사람의 지난 신고 결과",
        "how a caller's earlier incidents ended",
        "사건 종결",
        "the incident's end",
        365,
        1,
        1095,
        "개인정보 보호법 제3조: 반복 오신고의 순서 정하기에 필요한 동안",
        "Personal Information Protection Act 3: as long as it helps to order repeated false calls",
        (Rows("caller_history", "t.at", held_incident="t.incident_id"),),
    ),
)
_LOG = (
    Kind(
        "releases",
        "제공기록",
        "the provision log",
        "제공의 끝",
        "the end of the disclosure",
        1095,
        365,
        3650,
        "위치정보법 제16조제2항·안전성 확보조치 기준 제8조: 제공·접속 사실을 자동으로 기록하고 보존",
        "Location Information Act 16(2), safety standards 8: facts of provision and access are recorded and kept",
        (
            Rows(
                "event_payload",
                "e.at",
                join=_EVENT,
                where=_RELEASE,  # of no incident: a seat's snapshot, a search, an export
                held_incident="e.incident_id",
            ),
            # verify-log holds what a line says against its row: the row stays until its lines say nothing any more
            Rows(
                "release",
                "t.ended_at",
                where="NOT EXISTS (SELECT 1 FROM event e JOIN event_payload p USING (center_id, seq)"
                " WHERE e.event_id IN (t.granted_event, t.ended_event))",
                held_incident="t.incident_id",
                held_alert="t.alert_id",
            ),
        ),
    ),
    Kind(
        "admin_payloads",
        "관리 기록의 내용(계정·정책·열람)",
        "what the administrative log says (accounts, policies, searches)",
        "기록한 때",
        "the entry",
        1095,
        365,
        3650,
        "개인정보의 안전성 확보조치 기준 제8조: 접속기록 1년 이상 보관",
        "safety standards 8: access records are kept a year at least",
        (Rows("event_payload", "e.at", join=_EVENT, where=f"e.incident_id = {_NIL} AND NOT {_RELEASE}"),),
    ),
    Kind(
        "disclosure_notes",
        "본인에게 알릴 제공 내역",
        "what a person may see of disclosures about her",
        "알림을 받은 때",
        "its arrival",
        1095,
        365,
        3650,
        "개인정보 보호법 제35조: 본인의 열람",
        "Personal Information Protection Act 35: the person's own request",
        (Rows("disclosure_note", "t.at", held_alert="t.alert_id"),),
    ),
    Kind(
        "breakglass",
        "비상 열람과 그 심사",
        "break-glass and its review",
        "요청한 때",
        "the request",
        1095,
        365,
        3650,
        "개인정보의 안전성 확보조치 기준 제8조",
        "safety standards 8",
        (Rows("breakglass", "t.requested_at", held_incident="t.incident_id"),),
    ),
    Kind(
        "misuse_findings",
        "오·남용 점검 결과와 그 심사",
        "what misuse detection found, and its review",
        "해당 행위",
        "the act",
        1095,
        365,
        3650,
        "개인정보의 안전성 확보조치 기준 제8조: 접속기록의 점검",
        "safety standards 8: review of access records",
        (Rows("misuse_finding", "t.at"),),
    ),
    Kind(
        "ended_holds",
        "끝난 증거 보전",
        "legal holds that have ended",
        "보전의 끝",
        "the hold's end",
        1095,
        365,
        3650,
        "보전과 해제의 근거를 남김",
        "why something was held, and let go",
        (Rows("legal_hold", "t.ended_at", held_incident="t.incident_id"),),
    ),
)
_RECORDS = (
    Kind(
        "incident_records",
        "사건 기록의 뼈대(사람 정보 없음)",
        "the bare record of an incident (nobody in it)",
        "사건 종결",
        "the incident's end",
        1095,
        365,
        3650,
        "통계·감사: 제공기록이 남아 있는 동안은 함께 보관",
        "statistics and audit: kept as long as a release of it is",
        (
            Rows("incident", CLOSED.replace("i.", "t."), held_incident="t.incident_id", unless_referenced=True),
            Rows("segment", "t.gone_at", where="t.gone_why IN ('retention', 'missing')"),  # its hash; no picture
        ),
    ),
)
_MESSAGES = (
    Kind(
        "inbox",
        "받은 신고의 번호",
        "ids of deliveries",
        "받은 때",
        "its arrival",
        30,
        7,
        90,
        "같은 신고가 다시 와도 한 번만 처리하려고",
        "so that a delivery repeated has its effect once",
        (
            Rows("inbox", "t.received_at", held_incident="t.incident_id"),
            Rows("home_inbox", "t.received_at", center=""),
        ),
    ),
    Kind(
        "outbox",
        "아직 보내지 못한 메시지",
        "messages that could not be sent",
        "만든 때",
        "its making",
        7,
        1,
        30,
        "보낼 때까지. 일주일이 지난 메시지는 아무도 기다리지 않음",
        "until sent; nobody waits for a message that is a week old",
        (Rows("outbox", "t.created_at", center=""),),
    ),
    Kind(
        "quarantine",
        "읽을 수 없던 메시지",
        "messages that could not be read",
        "받은 때",
        "its arrival",
        7,
        1,
        30,
        "운영자가 확인할 때까지",
        "until an operator has looked at it",
        (Rows("quarantine", "t.received_at", center=""),),
    ),
)
_STAFF = (
    Kind(
        "sessions",
        "로그인 자리와 실패한 로그인",
        "sessions and failed logins",
        "끝난 때",
        "its end",
        90,
        1,
        365,
        "개인정보 보호법 제21조: 접속 사실은 기록(접속기록)에 따로 남음",
        "Personal Information Protection Act 21: the fact of the access stays in the log",
        (
            Rows("session", "least(t.ended_at, t.expires_at)", center=""),
            Rows("login_ticket", "t.expires_at", center=""),
            Rows("login_failure", "t.at", center=""),
            Rows("login_hold", "t.held_until", center=""),
            Rows("oidc_attempt", "t.expires_at", center=""),
        ),
    ),
    Kind(
        "shifts",
        "근무 기록과 인계 쪽지",
        "shifts and notes for the next one",
        "근무의 끝",
        "the shift's end",
        365,
        30,
        1095,
        "근무 확인에 필요한 동안",
        "as long as who was on duty may be asked",
        (
            Rows("shift", "t.ended_at", center=""),  # its checks go with it
            Rows("seat", "t.alive_at", center=""),  # gone within minutes anyway (server/console/seats.py)
        ),
    ),
)
_PEOPLE = (
    Kind(
        "former_ties",
        "끝난 보호자·기기",
        "guardians and devices that are no longer so",
        "끝난 때",
        "its end",
        30,
        1,
        30,
        "위치정보법 제24조: 동의를 거두면 파기. 분쟁 확인을 위해 최대 30일",
        "Location Information Act 24: destroyed after withdrawal; 30 days at most, for disputes",
        (
            # what a legal hold keeps of an alert, it keeps of who was told of it
            Rows(
                "guardian",
                "t.ended_at",
                where="NOT EXISTS (SELECT 1 FROM follow f JOIN followed_alert a USING (alert_id)"
                " WHERE f.guardian_id = t.guardian_id)",
            ),
            Rows("browser", "t.expires_at"),
            Rows("device", "t.revoked_at"),
            Rows(
                "person",
                "t.ended_at",
                where="NOT EXISTS (SELECT 1 FROM followed_alert a WHERE a.person_id = t.person_id)",
            ),
        ),
    ),
    Kind(
        "number_proofs",
        "휴대전화 확인과 보내지 못한 문자",
        "proofs of numbers, and text messages that could not be sent",
        "끝난 때",
        "its end",
        1,
        1,
        7,
        "개인정보 보호법 제21조: 확인이 끝나면 파기",
        "Personal Information Protection Act 21: destroyed when the number is proved",
        (
            Rows("phone_proof", "t.expires_at"),
            Rows("text_message", "t.expires_at"),
            Rows("representative", "t.expires_at"),
        ),
    ),
    Kind(
        "consents",
        "동의·철회 기록(번호뿐, 탈퇴 뒤)",
        "consents and withdrawals (ids only, after she has left)",
        "탈퇴한 때",
        "her leaving",
        1095,
        180,
        3650,
        "위치정보법 제16조제2항·제24조: 동의와 철회의 증명",
        "Location Information Act 16(2), 24: proof of consent and withdrawal",
        (
            Rows(
                "consent_line",
                "(SELECT max(l.at) FROM consent_line l WHERE l.person_id = t.person_id AND l.act = 'ended'"
                " AND l.kind = 'account')",
            ),
        ),
    ),
)

KINDS: tuple[Kind, ...] = (
    *PLACES,
    *WALKS,
    *PICTURES,
    *REQUESTS,
    *_TALK,
    *_INCIDENTS,
    *_LOG,
    *_RECORDS,
    *_MESSAGES,
    *_STAFF,
    *_PEOPLE,
)
"""In the order of a run: what points at something goes before it."""

KEPT: dict[str, tuple[str, str]] = {
    "account": ("계정이 있는 동안", "as long as the account"),
    "allowed_address": ("계정이 있는 동안", "as long as the account"),
    "known_device": ("계정이 있는 동안", "as long as the account"),
    "recovery_code": ("계정이 있는 동안", "as long as the account"),
    "password_history": ("계정이 있는 동안", "as long as the account"),
    "protected_person": ("본인이 거두거나 탈퇴하면 곧바로 파기", "goes when she withdraws, or leaves"),
    "warned_person": ("본인이 거두거나 탈퇴하면 곧바로 파기", "goes when she withdraws, or leaves"),
    "warned_browser": ("알림을 끄거나 동의·등록이 끝나면 파기", "goes when turned off, or with consent or enrolment"),
    "walk_change": ("walk와 함께 파기", "goes with walk"),
    "walk_visit": ("10분 동안 소식이 없으면 파기", "goes when nothing is heard of it for ten minutes"),
    "follow": ("followed_alert와 함께 파기", "goes with followed_alert"),
    "web_push": ("보호자가 끝나거나 알림을 끄면 곧바로 파기", "goes with the guardian, or when she turns it off"),
    "shift_check": ("shift와 함께 파기", "goes with shift"),
    "access_note_shown": ("access_note와 함께 파기", "goes with access_note"),
    "signal_priority": ("dispatch와 함께 파기", "goes with dispatch"),
    "responder": ("dispatch나 agency_request와 함께 파기", "goes with dispatch or agency_request"),
    "request_ask": ("agency_request와 함께 파기", "goes with agency_request"),
    "dispatch_report": ("dispatch와 함께 파기", "goes with dispatch"),
    "clip": ("release와 함께 파기", "goes with release"),
    "event": ("해시와 번호뿐: 기록의 증명", "hashes and ids only: the proof of the log"),
    "scout_shown": ("scout_booking과 함께 파기", "goes with scout_booking"),
    "scout_sos": ("scout_pair와 함께 파기", "goes with scout_pair"),
    "camera": ("사람 정보가 아님", "nothing about a person"),
    "camera_device": ("장치의 비밀번호: 다시 등록하면 바뀜", "a device's password: until it is bound anew"),
    "facility": ("사람 정보가 아님: 시·군·구가 공개한 시설", "nothing about a person: places that the city publishes"),
    "facility_import": ("사람 정보가 아님", "nothing about a person"),
    "feature_flag": ("사람 정보가 아님", "nothing about a person"),
    "plate_reader": ("장치의 열쇠: 다시 등록하면 바뀜", "a device's key: until it is registered anew"),
    "agency_address": ("기관 정보", "about an agency"),
    "agency_line": ("기관 정보", "about an agency"),
    "firm": ("기관 정보", "about an agency"),
    "signing_key": ("설치의 열쇠", "a key of the installation"),
}
"""Tables with sealed values, places or references that no kind deletes from, and what ends their rows instead."""


def kind_named(name: str) -> Kind | None:
    """The kind of that name."""
    return next((kind for kind in KINDS if kind.name == name), None)
