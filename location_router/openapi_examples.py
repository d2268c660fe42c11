"""Examples of every public endpoint, as `openapi.py` shows them. The tests send them to the router's readers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
ID = "01a1fed8-c000-7123-8abc-0123456789ab"
AT = "2026-11-21T16:03:00Z"
PLACE = {"lat": 37.4015, "lon": 126.9227, "accuracy_m": 12, "fixed_at": "2026-11-21T16:02:58Z", "source": "gps"}
CALLER = {"nickname": "김보라", "phone": "010-1234-5678", "language": "ko"}
ALERT = {
    "alert_id": ID, "phase": "active", "service": "urn:service:sos", "trigger": "shake", "raised_at": AT,
    "position": PLACE, "caller": CALLER, "battery_percent": 41,
}  # fmt: skip
CENTER = {"code": "41170", "name_ko": "경기도 안양시", "name_en": "Anyang, Gyeonggi-do", "callback": "031-8045-4800"}
ACCEPTED = {
    "alert_id": ID, "phase": "active", "assignment_no": 1, "reason": "contains", "center": CENTER, "flags": [],
    "boundary_version": "2026-07-01", "received_at": "2026-11-21T16:03:00.120Z",
    "live_token": "q0Yk1b0mJ1m0l3c2vYJtq4o7n8r5s6t9",
}  # fmt: skip
STATE = {
    "alert_id": ID, "phase": "active", "outcome": "", "flags": ["swapped"], "message": ALERT,
    "original": {"lat": "126.9227", "lon": "37.4015"}, "assignment": {"reason": "contains", "candidates": []},
    "positions": [], "history": [{"at": AT, "phase": "active"}], "received_at": AT,
}  # fmt: skip
SMS = "ANSIM1;AaH:2MAaeNGWeJCrze8SNA;ASLRK;+37.40151+126.92273;r12;t-3;b41;:x68fZ8vOj8MTD6aVw2KWgscLQ;nqmQZrjtI9Wqvg"
AML = 'A"ML=1;lt=+37.56630;lg=+126.97790;rd=35;top=20261121113105;lc=68;pm=G;si=450051;ei=;mcc=450;mnc=05;ml=105'
PRESS = {
    "v": 1, "device": ":x68fZ8vOj8MTD6aVw2KWgscLQ", "seq": 7, "kind": "press", "pattern": "silent", "lat": 37.4015,
    "lon": 126.9227, "acc": 20, "bat": 81, "at": 1795276980, "mac": "MLXisvBuL3h24Q",
}  # fmt: skip
SAID = {
    "said_id": "01a1fed8-d000-7123-8abc-0123456789ab", "alert_id": ID, "kind": "quick", "code": "hiding",
    "language": "ko", "at": AT,
}  # fmt: skip
SENDER = ("sender_signature", "sender_key", "mutual_tls")
REFUSED = {401: "no_sender, unknown_sender, revoked, wrong_key, wrong_signature, clock_skew", 403: "no_scope"}


@dataclass(frozen=True)
class Operation:
    """One endpoint in words: `requests` maps a media type to named examples."""

    ko: str
    en: str
    about: str = ""
    security: tuple[str, ...] = ()
    schema: str = ""
    requests: dict[str, dict[str, Any]] = field(default_factory=dict)
    status: int = 200
    answer: Any = None
    answer_schema: str = ""
    problems: dict[int, str] = field(default_factory=dict)


def _alerts(*, is_sandbox: bool) -> Operation:
    refused = {400: "not_json, not_an_object", 413: "too_large", 422: "no_alert_id"}
    return Operation(
        "샌드박스 신고 (아무도 출동하지 않음)" if is_sandbox else "신고",
        "An alert, for trying: nobody is disturbed" if is_sandbox else "An alert",
        "같은 alert_id는 몇 번을 보내도 한 건입니다. 202는 디스크에 저장되었다는 뜻입니다. 이상한 값은 거절하지 않고 "
        "flags로 알립니다.\n\nThe same alert_id is one alert however often it is sent. A 202 means that it is on disk. "
        "Odd values are not refused but flagged; an unknown or badly signed sender is flagged `unverified`"
        + (" (here: refused)." if is_sandbox else "."),
        SENDER if is_sandbox else ("device_token", *SENDER),
        "AlertMessage",
        {
            JSON: {
                "active": ALERT,
                "countdown": ALERT | {"phase": "pre", "countdown_s": 5},
                "cancel": ALERT | {"phase": "ended", "outcome": "cancel"},
                "drill_without_position": ALERT | {"service": "urn:service:test.sos", "position": None},
            }
        },
        202,
        ACCEPTED,
        "Accepted",
        refused | (REFUSED if is_sandbox else {503: "unavailable: send again"}),
    )


def _positions(*, is_sandbox: bool) -> Operation:
    return Operation(
        "위치 묶음" + (" (샌드박스)" if is_sandbox else ""),
        "A batch of positions after a gap",
        "",
        SENDER if is_sandbox else ("device_token", *SENDER),
        "",
        {JSON: {"two": {"positions": [PLACE, PLACE | {"lat": 37.4016, "fixed_at": AT}]}}},
        202,
        {"stored": 2},
        problems={400: "no_positions"} | (REFUSED if is_sandbox else {403: "wrong_token"}),
    )


REQUEST = {
    "request_id": ID, "agency_id": "security-demo", "branch": "강남관제", "trigger": "help_request",
    "legal_basis": "pipa-18-2-3", "case_no": "S-2026-000123", "raised_at": AT, "position": PLACE,
    "callback": "02-000-0000", "is_drill": False,
    "subject": {"event": "panic", "site": "안양역 지하상가 12호", "contact_phone": "010-0000-0001"},
}  # fmt: skip
ANKLET = REQUEST | {"trigger": "anklet_zone", "subject": {"category": "robbery", "device_ref": "AN-7"}}
AREA = REQUEST | {
    "trigger": "disaster", "position": None, "legal_basis": "pipa-18-2-10",
    "subject": {"title": "하천 범람", "category": "Met", "ring": [[37.39, 126.95], [37.40, 126.95], [37.40, 126.97]]},
}  # fmt: skip
CAP = (
    '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>disaster-1</identifier>'
    "<sender>room@example.go.kr</sender><sent>2026-11-22T01:03:00+09:00</sent><status>Exercise</status>"
    "<msgType>Alert</msgType><scope>Public</scope><info><language>ko-KR</language><category>Met</category>"
    "<event>호우주의보</event><urgency>Expected</urgency><severity>Moderate</severity><certainty>Possible</certainty>"
    "<parameter><valueName>ansim:legal_basis</valueName><value>pipa-18-2-10</value></parameter>"
    "<area><areaDesc>안양시</areaDesc><circle>37.39,126.95 2.0</circle></area></info></alert>"
)
EIDO = {
    "$id": f"urn:emergency:uid:incidentid:{ID}:security-demo.example.kr", "eidoVersion": "1.0",
    "issuingElementIdentification": "control.security-demo.example.kr",
    "agencyComponent": [{"$id": "security-demo.example.kr"}],
    "incidentComponent": [
        {
            "$id": "incident", "lastUpdateTimeStamp": AT, "incidentTypeCommonRegistryText": "Alarm",
            "incidentTypeInternalCode": "help_request", "incidentStatusCommonRegistryText": "Active",
        }
    ],
    "locationComponent": [
        {
            "$id": "site", "lastUpdateTimeStamp": AT, "locationTypeDescriptionRegistryText": "Caller",
            "locationByValue": '<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:site@example.kr">'
            '<Circle xmlns="http://www.opengis.net/pidflo/1.0" srsName="urn:ogc:def:crs:EPSG::4326">'
            '<pos xmlns="http://www.opengis.net/gml">37.4015 126.9227</pos>'
            '<radius uom="urn:ogc:def:uom:EPSG::9001">20</radius></Circle></presence>',
        }
    ],
    "additionalDataComponent": [
        {
            "$id": "ansim",
            "additionalDataByValue": '{"legal_basis": "pipa-18-2-3", "subject": {"event": "panic", "site": "12호"}}',
        }
    ],
}  # fmt: skip
ASKED = {
    "request_id": ID, "agency_id": "security-demo", "trigger": "help_request", "is_drill": False, "state": "received",
    "reason": "", "at": AT, "ends_at": None, "is_at_center": False, "center": CENTER, "assignment_no": 1,
    "assigned_because": "contains", "flags": [], "history": [], "received_at": AT, "status_path": f"/v1/requests/{ID}",
    "positions_path": f"/v1/requests/{ID}/positions", "live_path": f"/v1/requests/{ID}/live",
    "live_token": "q0Yk1b0mJ1m0l3c2vYJtq4o7n8r5s6t9",
}  # fmt: skip
SIGNED = ("sender_signature", "mutual_tls")
NOT_SIGNED = {
    401: "unsigned, unknown_sender, revoked, wrong_signature, clock_skew", 403: "no_scope, no_agency, wrong_agency"
}  # fmt: skip
NOT_READ = {
    400: "empty, unreadable", 409: "id_used", 413: "too_large", 415: "unknown_form",
    422: "invalid, no_position, alarm_not_help, free_text, no_consent, too_old; cause: AlertMsg-Error of RFC 8876",
}  # fmt: skip
NOT_THERE = {404: "unknown_request"}
WARNED = {
    "warning_id": "5d7f0a54-3a0e-5d3c-9d0b-4a9e5f3b1c22", "kind": "Alert", "is_drill": False, "severity": "Severe",
    "expires_at": "2026-11-21T20:03:00Z", "received_at": AT,
    "centers": [{"code": "41170", "name_ko": "경기도 안양시", "name_en": "Anyang"}],
}  # fmt: skip
READING = {"kind": "sensor", "name": "창문 열림", "value": 1, "unit": "", "at": AT}


def _requests(path: str, *, ko: str, en: str) -> dict[tuple[str, str], Operation]:
    """The endpoints of agencies' requests under `path`."""
    one = path + "/{request_id}"
    forms = {
        JSON: {"help_request": REQUEST, "anklet_zone": ANKLET, "disaster": AREA},
        "application/cap+xml": {"disaster": CAP},
        "application/emergency.eido+json": {"help_request": EIDO},
    }
    about = (
        "202는 디스크에 저장되었다는 뜻, 200은 같은 요청이 이미 있다는 뜻입니다. 설명은 docs/agencies.md.\n\n"
        "202: on disk; 200: the same request again, as it stands now. See docs/agencies.md."
    )
    again = NOT_SIGNED | NOT_THERE
    return {
        ("POST", path): Operation(
            f"연계 기관의 요청{ko}", f"A linked agency's request{en}", about, SIGNED, "", forms, 202, ASKED,
            problems=NOT_SIGNED | NOT_READ | {503: "unavailable: send again"},
        ),
        ("GET", one): Operation(
            f"요청의 상태{ko}", f"How a request stands{en}", "", SIGNED, problems=again,
            answer=ASKED | {"state": "accepted", "ends_at": "2026-11-21T18:03:00Z", "is_at_center": True},
        ),
        ("POST", one + "/positions"): Operation(
            f"요청의 위치 갱신{ko}", f"Where a request is now{en}", "", SIGNED, "",
            {JSON: {"one": {"positions": [PLACE]}}}, 202, {"stored": 1}, problems=again | {400: "no_positions"},
        ),
        ("POST", one + "/cancel"): Operation(
            f"요청 취소{ko}", f"Taking a request back{en}", "", SIGNED, "", {JSON: {"mistake": {"reason": "오인"}}},
            200, ASKED | {"state": "cancelled"}, problems=again | {422: "invalid"},
        ),
    }  # fmt: skip


OPERATIONS: dict[tuple[str, str], Operation] = {
    ("POST", "/v1/requests/{request_id}/attachments"): Operation(
        "요청에 사진·측정값 붙이기", "A photo or a reading for a request",
        "JPEG·PNG(5 MB, 1600만 화소까지)의 바이트 또는 JSON. EXIF는 지웁니다.\n\n"
        "The bytes of a JPEG or PNG (5 MB and 16 million pixels at most) or JSON. EXIF is taken out.",
        SIGNED, "",
        {"image/jpeg": {"photo": "the bytes of a JPEG"}, JSON: {"sensor": READING}}, 202,
        {"attachment_id": SAID["said_id"], "kind": "sensor", "bytes": 96},
        problems=NOT_SIGNED | NOT_THERE | {409: "not_open, too_many", 413: "too_large", 422: "invalid"},
    ),  # fmt: skip
    ("POST", "/v1/warnings"): Operation(
        "재난 경보 (CAP)", "A warning of the disaster room (CAP)",
        "영상을 요청하지 않는 경보(Alert, Update, Cancel). 닿는 모든 센터의 지도와 동의한 사람에게 갑니다.\n\n"
        "A warning that asks for no cameras: to the map of every center that it touches, and to people who agreed. "
        "Scope `warnings`. See docs/agencies.md 10.",
        SIGNED, "", {"application/cap+xml": {"disaster": CAP}}, 202, WARNED,
        problems=NOT_SIGNED | {
            400: "empty, unreadable", 409: "id_used", 413: "too_large", 415: "unknown_form",
            422: "invalid, no_center, no_reference, too_old",
        },
    ),  # fmt: skip
    **_requests("/v1/requests", ko="", en=""),
    **_requests("/v1/sandbox/requests", ko=" (샌드박스)", en=", for trying: nobody is disturbed"),
    ("POST", "/v1/alerts"): _alerts(is_sandbox=False),
    ("POST", "/v1/sandbox/alerts"): _alerts(is_sandbox=True),
    ("POST", "/v1/alerts/{alert_id}/positions"): _positions(is_sandbox=False),
    ("POST", "/v1/sandbox/alerts/{alert_id}/positions"): _positions(is_sandbox=True),
    ("POST", "/v1/alerts/{alert_id}/say"): Operation(
        "관제요원에게 하는 말 한 줄",
        "One line of the talk with the operator",
        "같은 said_id는 몇 번을 보내도 한 줄입니다. 202는 디스크에 저장되었다는 뜻입니다.\n\n"
        "The same said_id is one line however often it is sent. A 202 means that it is on disk.",
        ("device_token",),
        "Said",
        {JSON: {"quick": SAID, "text": SAID | {"kind": "text", "code": "", "text": "3층 화장실이에요"}}},
        202,
        {"said_id": SAID["said_id"]},
        problems={403: "wrong_token", 422: "nothing_said"},
    ),
    ("PUT", "/v1/alerts/{alert_id}/captures/{capture_id}/{piece_no}"): Operation(
        "휴대전화의 사진·소리 한 조각",
        "A piece of a photo or of sound from the phone",
        "본문은 조각의 바이트(48 KB까지), X-Ansim-Capture는 조각의 머리말(JSON)입니다: docs/phone.md 8장.\n\n"
        "The body is the piece's bytes (48 KB at most), X-Ansim-Capture its header (JSON): docs/phone.md section 8.",
        ("device_token",),
        requests={"application/octet-stream": {"piece": "the bytes of a JPEG, AAC or WAV"}},
        answer={"capture_id": SAID["said_id"], "piece_no": 0},
        status=202,
        problems={403: "wrong_token", 413: "captures_full", 422: "odd_piece", 429: "too_fast"},
    ),
    ("GET", "/v1/alerts/{alert_id}/captures"): Operation(
        "받은 조각의 목록",
        "The pieces that have come",
        security=("device_token",),
        answer={"pieces": [[SAID["said_id"], 0, True]]},
        problems={403: "wrong_token"},
    ),
    ("GET", "/v1/sandbox/alerts/{alert_id}"): Operation(
        "샌드박스 신고를 어떻게 이해했는지",
        "What was understood of a sandbox alert",
        security=SENDER,
        answer=STATE,
        problems=REFUSED | {404: "no_alert"},
    ),
    ("POST", "/v1/sms"): Operation(
        "문자 게이트웨이가 받은 문자",
        "A text message that a gateway received",
        "본문 이름은 from/text/message_id/received_at 외에 사업자별 이름(sender, msg, msgid, recv_time …)도 받고, "
        "UTF-8과 EUC-KR을 모두 읽습니다.\n\nAlso under the names that providers use; UTF-8 and EUC-KR. Broken messages "
        "become flagged alerts, junk is kept for people to see.",
        ("sender_signature", "sender_key", "mutual_tls"),
        "",
        {
            JSON: {
                "signed": {
                    "from": "010-1234-5678", "to": "1588-0000", "text": SMS, "message_id": "m-1", "received_at": AT,
                }
            },
            FORM: {"provider": {"sender": "01012345678", "msg": SMS, "msgid": "m-1"}},
        },
        202,
        {"result": "accepted", "alert_id": ID, "phase": "active", "center": CENTER, "flags": []},
        problems=REFUSED | {422: "no_text"},
    ),
    ("POST", "/v1/els"): Operation(
        "안드로이드 긴급 위치(ELS/AML)",
        "An emergency location of Android",
        "신고를 만들지는 않고, 같은 번호의 신고에 둘째 위치로 붙거나 10분 동안 기다립니다.\n\nMakes no alert: it joins "
        "the running alert of the same number as a second source, or waits ten minutes for it.",
        ("sender_signature", "sender_key", "mutual_tls"),
        "",
        {
            JSON: {"aml": {"from": "01012345678", "text": AML}},
            FORM: {
                "els": {
                    "v": "3", "device_number": "01012345678", "location_latitude": "37.5663",
                    "location_longitude": "126.9779", "location_accuracy": "12.5", "location_time": "1795260685000",
                }
            },
        },
        202,
        {"stored": True, "alert_id": None, "flags": []},
        problems=REFUSED,
    ),
    ("POST", "/v1/devices/messages"): Operation(
        "기기(단추)의 누름·취소·생존 신호",
        "A device's press, cancel or heartbeat",
        "서명이 본문 안에 있습니다. 규격은 docs/intake.md.\n\nSigned inside; the protocol is in docs/intake.md.",
        (),
        "",
        {JSON: {"silent_press": PRESS}},
        202,
        {"kind": "press", "is_new": True, "alert_id": ID, "center": CENTER, "flags": []},
        problems={422: "no_device"},
    ),
    ("PUT", "/v1/devices/{device_id}"): Operation(
        "홈 센터가 기기를 등록·해지",
        "A home center registers or revokes a device",
        security=("installation_signature",),
        requests={JSON: {"revoke": {"kind": "button", "state": "revoked", "heartbeat_s": 21600}}},
        answer={"device_id": ID, "state": "revoked"},
        problems={401: "unsigned, wrong_signature, clock_skew", 403: "other_home", 422: "invalid"},
    ),
    ("GET", "/v1/centers"): Operation(
        "센터와 상태",
        "Every center with its desk and state",
        answer={
            "boundary_version": "2026-07-01",
            "centers": [
                {
                    "code": "41170", "name_ko": "경기도 안양시", "name_en": "Anyang, Gyeonggi-do",
                    "served_by": "serving-1", "state": "online", "last_seen_at": AT,
                }
            ],
        },
    ),
    ("POST", "/v1/receipts"): Operation(
        "센터의 수신 확인",
        "A center's receipt",
        security=("installation_signature",),
        schema="Receipt",
        requests={
            JSON: {
                "receipt": {
                    "kind": "receipt", "delivery_id": ID, "alert_id": ID, "assignment_no": 1, "center_code": "41170",
                    "installation": "serving-1", "incident_id": ID, "received_at": AT,
                }
            }
        },
        answer={"ok": True, "adopted": True},
        problems={401: "unsigned, wrong_signature, clock_skew"},
    ),
    ("POST", "/v1/walks/dots"): Operation(
        "공유한 귀가의 점을 그곳 센터에 전달(저장하지 않음)",
        "Dots of shared walks, for the centers that contain them; nothing is kept",
        security=("installation_signature",),
        requests={
            JSON: {
                "moved": {
                    "installation": "home-1",
                    "dots": [
                        {
                            "walk": ID, "at": AT, "center": "41410", "left": ["41170"], "state": "on_track",
                            "eta": AT, "lat": 37.36, "lon": 126.93, "accuracy_m": 12, "fixed_at": AT,
                        }
                    ],
                },
                "over": {"installation": "home-1", "dots": [{"walk": ID, "at": AT, "left": ["41410"]}]},
            }
        },
        answer={
            "taken": [
                {"walk": ID, "center": "41410", "served_by": "serving-2", "is_taken": True, "left": ["41170"]}
            ],
            "shown": [],
        },
        problems={401: "unsigned, wrong_signature, clock_skew", 403: "other_installation", 422: "invalid",
                  429: "too_fast"},
    ),
    ("POST", "/v1/centers/heartbeat"): Operation(
        "센터의 생존 신호",
        "A center's heartbeat",
        security=("installation_signature",),
        schema="CenterHealth",
        requests={
            JSON: {
                "health": {
                    "installation": "serving-1", "centers": ["41170"], "operators_online": 3, "sent_at": AT,
                    "queue_length": 0, "capabilities": ["112", "119", "cctv"], "troubles": [],
                }
            }
        },
        answer={"ok": True},
        problems={401: "unsigned, wrong_signature, clock_skew", 409: "not_registered"},
    ),
    ("POST", "/v1/installations/register"): Operation(
        "설치의 등록",
        "An installation announces itself",
        security=("installation_signature",),
        requests={
            JSON: {
                "serving": {
                    "installation": "serving-1", "https_url": "https://center.example.kr", "public_key_pem": "",
                    "serves": ["41170"], "home_center": "",
                }
            }
        },
        answer={"installation": "serving-1", "serves": 1},
        problems={401: "unsigned, wrong_signature, clock_skew", 422: "unknown_center"},
    ),
    ("GET", "/healthz"): Operation("살아 있음", "The process lives", answer={"ok": True, "role": "router"}),
}  # fmt: skip
