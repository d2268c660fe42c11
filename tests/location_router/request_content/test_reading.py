"""One request in three forms is one draft; what can't be understood is refused with field, value and cure; nothing that
comes in makes a reader fall."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from location_router.request_content.plain import middle_of, understood
from location_router.request_content.reading import FORMS, read_request
from location_router.request_content.values import Draft, Keyed, Refused
from location_router.runtime.seal import Sealer, new_key
from location_router.wire import DRILL, REQUEST_TRIGGERS, SOS, AgencyRequest, AlertMessage, Phase

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures" / "requests"
KINDS = {".eido.json": "application/emergency.eido+json", ".cap.xml": "application/cap+xml", ".json": ""}
HELP = json.loads((FIXTURES / "help_request.json").read_text())
CAP = (FIXTURES / "help_request.cap.xml").read_text()
EIDO = json.loads((FIXTURES / "help_request.eido.json").read_text())
AT = "2026-03-01T16:05:00Z"
PLACE = HELP["position"]
SUBJECTS: dict[str, dict[str, Any]] = {
    "dispatch": {"case_kind": "119", "note": "옥상"},
    "help_request": HELP["subject"],
    "anklet_tamper": {"category": "murder", "device_ref": "AN-7", "last_known": PLACE},
    "anklet_curfew": {"category": "robbery", "device_ref": "AN-7"},
    "anklet_zone": {"category": "sexual_violence", "device_ref": "AN-7"},
    "anklet_approach": {"category": "child_abduction", "device_ref": "AN-7", "protected_ref": "PR-1"},
    "wanted_vehicle": {"plate": "12가3456", "crime": "abduction"},
    "missing_child": {
        "name": "이아이", "age": 7, "method": "cell", "radius_m": 400, "consent": {"by": "guardian", "at": AT},
        "guardian_phone": "010-2222-3333",
    },
    "missing_dementia": {"name": "박노인", "age": 81, "consent": {"by": "law", "at": AT}},
    "disaster": {"title": "하천 범람", "category": "Met", "ring": [[37.39, 126.95], [37.40, 126.95], [37.40, 126.97]]},
}  # fmt: skip


def kind_of(path: Path) -> str:
    return next(kind for end, kind in KINDS.items() if path.name.endswith(end))


KEYED = partial(Sealer(new_key()).digest, context="name")


def read(said: Any, kind: str = "", *, agency_id: str = "security-demo", keyed: Keyed = KEYED) -> Draft:
    body = said if isinstance(said, bytes) else said.encode() if isinstance(said, str) else json.dumps(said).encode()
    return read_request(body, kind, agency_id=agency_id, keyed=keyed)


def refusal(said: Any, kind: str = "") -> Refused:
    with pytest.raises(Refused) as caught:
        read(said, kind)
    told = caught.value
    assert re.search("[가-힣]", told.ko) and re.search("[a-z]", told.en) and told.cause in (100, 101, 102, 103)
    assert told.field and len(told.value) <= 80
    return told


def test_one_request_in_three_forms_is_one_draft() -> None:
    drafts = [read(path.read_bytes(), kind_of(path)) for path in sorted(FIXTURES.glob("help_request*"))]
    assert len(drafts) == 3 and drafts[0] == drafts[1] == drafts[2]
    assert len({one.digest() for one in drafts}) == 1
    alert = drafts[0].alert(sender="security-demo-1")
    assert (alert.trigger, alert.phase, alert.service, alert.channel) == ("agency", Phase.ACTIVE, SOS, "data")
    assert alert.request == drafts[0].request and alert.caller.phone == "", "who is asked about is no caller"
    assert AlertMessage.model_validate_json(alert.model_dump_json()) == alert


def test_the_korean_profile_is_kept_and_its_code_is_the_place() -> None:
    draft = read((FIXTURES / "disaster_korean_profile.cap.xml").read_bytes(), "application/cap+xml; charset=utf-8")
    assert (draft.request.trigger, draft.is_drill, draft.position, draft.district) == ("disaster", True, None, "41170")
    assert draft.alert(sender="x").service == DRILL
    kept = draft.request.subject["cap"]
    assert kept["code"] == ["대한민국정부1.1"] and kept["responseType"] == ["Prepare", "Monitor"]
    assert kept["eventCode"] == [{"name": "TTAS.KO-07.0046/R5 재난 종류 코드", "value": "HRA"}]
    assert [one["value"] for one in kept["geocode"]] == ["4117000000", "4141000000"]
    assert kept["parameter"] == [{"name": "강수량(mm)", "value": "60"}], "ours are read, the others kept"
    assert draft.request.subject["title"] == "호우주의보 발표" and draft.request.branch == "재난안전상황실"
    again = read((FIXTURES / "disaster_korean_profile.cap.xml").read_bytes(), "text/xml")
    assert again.request_id == draft.request_id, "the same message, the same request"


@pytest.mark.parametrize("kind", ["text/xml", "application/emergency.eido+json"])
def test_nobody_can_tell_the_id_of_a_request_that_bears_a_name_only(kind: str) -> None:
    """Else a stranger raises an alert under the next one, and the agency's own is refused."""
    said = (FIXTURES / "disaster_korean_profile.cap.xml").read_bytes()
    if kind != "text/xml":
        said = json.dumps(EIDO).replace(HELP["request_id"], "case-7").encode()
    elsewhere = partial(Sealer(new_key()).digest, context="name")
    known = {read(said, kind).request_id, read(said, kind).request_id}
    others = {read(said, kind, keyed=elsewhere).request_id, read(said, kind, agency_id="other").request_id}
    assert len(known) == 1 and len(others) == 2 and not known & others


def test_a_value_that_is_nested_too_deep_to_be_written_is_named() -> None:
    deep = "[" * 1000 + "]" * 1000
    assert refusal(deep.encode()).value == "(list)"
    assert refusal(json.dumps(HELP | {"branch": "x"}).replace('"x"', deep)).value == "(list)"


def test_cap_follows_its_first_alert_and_ends_it() -> None:
    references = "control@security-demo.example.kr,0195cc1f-4000-7000-8000-000000000001,2026-03-02T01:05:00+09:00"
    later = re.sub(r"<identifier>.*</identifier>", "<identifier>s-2</identifier>", CAP)
    later = later.replace("<incidents>", f"<references>{references}</references><incidents>")
    moved = read(later.replace(">Alert<", ">Update<").replace("37.39,", "37.41,"), "application/cap+xml")
    assert moved.kind == "update" and str(moved.request_id) == HELP["request_id"]
    assert moved.position is not None and moved.position.lat == 37.41
    ring = "37.40,126.95 37.40,126.97 37.43,126.96 37.40,126.95"
    area = re.sub(r"<circle>.*</circle>", f"<polygon>{ring}</polygon>", later.replace(">Alert<", ">Update<"))
    place = read(area, "application/cap+xml").position
    assert (
        place is not None and place.uncertainty is not None and (place.lat, place.lon) == pytest.approx((37.41, 126.96))
    )
    assert place.uncertainty.ring == [(37.4, 126.95), (37.4, 126.97), (37.43, 126.96)], "a disaster's area moves by it"
    over = read(
        later.replace(">Alert<", ">Cancel<").replace("<references>", "<note>오인</note><references>"), "text/xml"
    )
    assert (over.kind, over.request_id, over.reason) == ("cancel", UUID(HELP["request_id"]), "오인")
    assert (over.alert(sender="x").phase, over.alert(sender="x").outcome) == (Phase.ENDED, "cancel")
    closed = json.loads(json.dumps(EIDO).replace('"Active"', '"Closed"'))
    assert read(closed, "application/emergency.eido+json").kind == "cancel"
    assert refusal(CAP.replace(">Alert<", ">Cancel<"), "text/xml").field == "alert.references"
    assert refusal(CAP.replace(">Alert<", ">Ack<"), "text/xml").field == "alert.msgType"


def test_a_disaster_has_its_polygon_and_the_others_their_circle() -> None:
    ring = "37.39,126.95 37.40,126.95 37.40,126.97 37.39,126.95"
    flood = CAP.replace(">Security<", ">Met<").replace("ansim:trigger", "x").replace("ansim:event", "y")
    flood = re.sub("<parameter><valueName>ansim:(site|contact_name|contact_phone).*?</parameter>", "", flood)
    wide = read(flood, "text/xml")
    assert wide.request.subject["radius_m"] == pytest.approx(24.32) and wide.position is not None
    shaped = read(flood.replace("<circle>37.39,126.95 0.02432</circle>", f"<polygon>{ring}</polygon>"), "text/xml")
    assert shaped.request.subject["ring"] == [[37.39, 126.95], [37.40, 126.95], [37.40, 126.97]]
    assert shaped.position is not None and shaped.position.lat == pytest.approx(37.39667, abs=1e-4)
    fixed = CAP.replace(
        "ansim:agency_id</valueName><value>security-demo", "ansim:position</valueName><value>37.4,126.9,7," + AT
    )
    assert (place := read(fixed, "text/xml").position) and (place.lat, place.accuracy_m) == (37.4, 7.0)


@pytest.mark.parametrize("trigger", REQUEST_TRIGGERS)
def test_every_trigger_has_its_fields_and_no_others(trigger: str) -> None:
    good = HELP | {"trigger": trigger, "subject": SUBJECTS[trigger]}
    draft = read(good)
    assert draft.request.trigger == trigger and set(draft.request.subject) == set(SUBJECTS[trigger])
    assert read(good | {"agency_id": ""}).request.agency_id == "security-demo"
    extra = refusal(good | {"subject": SUBJECTS[trigger] | {"free": "말"}})
    assert (extra.code, extra.field) == ("free_text" if "anklet" in trigger else "invalid", "subject.free")
    needed = {"missing_child": ("no_consent", "consent"), "missing_dementia": ("no_consent", "consent")}
    for name in [one for one in SUBJECTS[trigger] if one in ("event", "category", "plate", "case_kind", "consent")]:
        lacking = refusal(good | {"subject": {key: one for key, one in SUBJECTS[trigger].items() if key != name}})
        assert (lacking.code, lacking.field, lacking.cause) == (
            needed.get(trigger, ("invalid", ""))[0], f"subject.{name}", 102
        )  # fmt: skip


REFUSED = [
    ({"subject": HELP["subject"] | {"event": "door_open"}}, "alarm_not_help", "subject.event", "door_open"),
    ({"position": None}, "no_position", "position", ""),
    ({"position": PLACE | {"lat": 126.95, "lon": 37.39}}, "invalid", "position.lat", "126.95"),
    ({"position": PLACE | {"lat": 35.68, "lon": 139.77}}, "invalid", "position", ""),
    ({"position": PLACE | {"lat": 0, "lon": 0}}, "invalid", "position", ""),
    ({"raised_at": "2026-03-01T16:05:00"}, "invalid", "raised_at", "2026-03-01T16:05:00"),
    ({"trigger": "burglar_alarm"}, "invalid", "trigger", "burglar_alarm"),
    ({"request_id": "7"}, "invalid", "request_id", "7"),
    ({"request_id": str(UUID(int=0))}, "invalid", "request_id", str(UUID(int=0))),
    ({"legal_basis": ""}, "invalid", "legal_basis", ""),
    ({"somebody": 1}, "invalid", "somebody", "1"),
    ({"subject": [1]}, "invalid", "subject", "[1]"),
    ({"case_no": "x" * 81}, "invalid", "case_no", "x" * 80),
    ({"branch": "a\x00b"}, "invalid", "branch", "ab"),
    ({"trigger": "dispatch", "case_no": "", "subject": SUBJECTS["dispatch"]}, "invalid", "case_no", ""),
    ({"trigger": "missing_child", "subject": SUBJECTS["missing_child"] | {"age": 18}}, "invalid", "subject.age", "18"),
    (
        {"trigger": "missing_child", "subject": SUBJECTS["missing_child"] | {"consent": {"by": "self", "at": AT}}},
        "no_consent", "subject.consent.by", "self",
    ),
    (
        {"trigger": "missing_child", "subject": SUBJECTS["missing_child"] | {"guardian_phone": ""}},
        "no_consent", "subject.guardian_phone", "",
    ),
    (
        {"trigger": "anklet_zone", "subject": SUBJECTS["anklet_zone"] | {"device_ref": "집 앞"}},
        "invalid", "subject.device_ref", "집 앞",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "subject", "least_m", "most_m"),
    [
        (PLACE, {"method": "cell", "radius_m": 400}, 240, 250),  # 400 m hold 95 %, 247 m hold 68 %
        (PLACE | {"accuracy_m": 900}, {"method": "cell", "radius_m": 400}, 900, 900),
        ({"lat": PLACE["lat"], "lon": PLACE["lon"]}, {"method": "cell"}, 600, 620),
        ({"lat": PLACE["lat"], "lon": PLACE["lon"]}, {"method": "gps"}, 18, 19),
        ({"lat": PLACE["lat"], "lon": PLACE["lon"]}, {}, 50, 50),
    ],
)  # fmt: skip
def test_a_telcos_place_is_as_vague_as_its_method(
    said: dict[str, Any], subject: dict[str, Any], least_m: float, most_m: float
) -> None:
    about = {name: one for name, one in SUBJECTS["missing_child"].items() if name not in ("method", "radius_m")}
    draft = read(HELP | {"trigger": "missing_child", "position": said, "subject": about | subject})
    assert draft.position is not None and draft.position.source == "telco"
    assert least_m <= draft.position.accuracy_m <= most_m


@pytest.mark.parametrize(("change", "code", "field", "value"), REFUSED, ids=lambda one: str(one)[:40])
def test_what_is_wrong_is_named_with_its_value(change: dict[str, Any], code: str, field: str, value: str) -> None:
    told = refusal(HELP | change)
    assert (told.code, told.field, told.status) == (code, field, 422)
    assert "value_error" not in told.en and "place_" not in told.en and "{" not in told.en
    assert value == "" or told.value == value


def test_what_is_no_request_at_all_is_told_so() -> None:
    assert (refusal(b"").code, refusal(b" ").cause) == ("empty", 101)
    assert (refusal(b"{").code, refusal(b"[]").status) == ("unreadable", 400)
    assert refusal(HELP | {"callback": "x" * 70_000}).status == 413
    assert refusal(HELP, "image/png").status == 415
    assert refusal(CAP.replace("cap:1.2", "cap:1.1"), "text/xml").field == "alert"
    assert refusal('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>' + CAP, "text/xml").code == "unreadable"
    assert refusal({**EIDO, "eidoVersion": "2.0"}, KINDS[".eido.json"]).field == "eidoVersion"
    by_reference = [EIDO["locationComponent"][0]]
    assert refusal({**EIDO, "locationComponent": by_reference}, KINDS[".eido.json"]).code == "no_position"
    no_ground = {**EIDO, "additionalDataComponent": []}
    assert "legal_basis" in refusal(no_ground, KINDS[".eido.json"]).field
    for gone, field in (("sent", "alert.sent"), ("status", "alert.status"), ("sender", "alert.sender")):
        assert refusal(re.sub(f"<{gone}>.*</{gone}>", "", CAP), "text/xml").field == field
    assert "legal_basis" in refusal(CAP.replace("ansim:legal_basis", "x"), "text/xml").field
    assert refusal(CAP.replace("ansim:trigger", "x"), "text/xml").field == "alert.info.eventCode"
    assert refusal(CAP.replace("0.02432", "wide"), "text/xml").field == "alert.info.area.circle"


def test_kept_fields_are_no_place_to_hide_things() -> None:
    disaster = HELP | {"trigger": "disaster"}
    deep: Any = "x"
    for _ in range(300):
        deep = [deep]
    for cap in ({"code": deep}, {"code": {"a": 1}}, {"x" * 41: "y"}, {"note": "y" * 4001}):
        assert refusal(disaster | {"subject": SUBJECTS["disaster"] | {"cap": cap}}).field.startswith("subject.cap")


def test_its_age_and_its_content() -> None:
    draft, now = read(HELP), datetime(2026, 3, 1, 16, 5, tzinfo=UTC)
    assert not draft.is_too_old(now + timedelta(hours=24)) and draft.is_too_old(now + timedelta(hours=24, seconds=1))
    spelt = read(HELP | {"raised_at": "2026-03-02T01:05:00+09:00", "is_drill": False})
    assert spelt.digest() == draft.digest()
    for change in ({"branch": "x"}, {"is_drill": True}, {"position": PLACE | {"lat": 37.4}}, {"case_no": "1"}):
        assert read(HELP | change).digest() != draft.digest()


LATS, LONS = st.floats(36.0, 37.5), st.floats(127.0, 128.5)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(LATS, LONS), min_size=3, max_size=12))
def test_the_middle_of_an_area_lies_amid_its_corners(ring: list[tuple[float, float]]) -> None:
    middle = middle_of(ring, at=datetime(2026, 3, 1, tzinfo=UTC))
    for at, axis in ((middle.lat, 0), (middle.lon, 1)):
        assert min(one[axis] for one in ring) - 1e-6 <= at <= max(one[axis] for one in ring) + 1e-6


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_words_in_any_field_are_understood_or_refused(data: st.DataObject) -> None:
    odd = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=6,
    )
    trigger = data.draw(st.sampled_from(REQUEST_TRIGGERS))
    said: dict[str, Any] = HELP | {"trigger": trigger, "subject": dict(SUBJECTS[trigger])}
    target = data.draw(st.sampled_from([said, said["subject"], *([said["position"]] if said["position"] else [])]))
    target = target if target is said else dict(target)
    name = data.draw(st.sampled_from(sorted(target)) | st.text(max_size=8))
    target[name] = data.draw(odd)
    if target is not said:
        said["subject" if set(target) & set(SUBJECTS[trigger]) else "position"] = target
    try:
        draft = understood(said, agency_id="security-demo")
    except Refused as told:
        assert told.field and told.ko and told.en
        return
    assert draft.position is not None and AgencyRequest.model_validate_json(draft.request.model_dump_json())
    assert draft.digest() == understood(said, agency_id="security-demo").digest()


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([*FORMS, ""]))
def test_any_bytes_are_refused(body: bytes, kind: str) -> None:
    refusal(body, kind)
