"""A request as EIDO (NENA-STA-021.1b): the incident, its place, the caller. Pure.

What EIDO has no field for (`trigger`, `legal_basis`, `case_no`, `branch`, `subject`) stands as a JSON object in an
additionalDataByValue. The incident's id is the request's. The place has to come by value (a PIDF-LO, RFC 5491). A
status of Exercise or Test makes a drill, Closed or Cancelled takes the request back. A person's name and number and the
notes are taken over into a subject that lacks them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from location_router.lost.document import parse
from location_router.lost.shapes import find_shape, read_shape
from location_router.lost.values import Area, Refusal
from location_router.request_content.plain import read_object, understood
from location_router.request_content.values import (
    CORRUPTED,
    NOT_ENOUGH,
    R68_OF_R95,
    Draft,
    Keyed,
    Refused,
    lacks,
    moment,
    named_id,
)
from location_router.wire import REQUEST_TRIGGERS, AgencyRequest

_DRILLS, _OVER = {"exercise", "test", "training"}, {"closed", "cancelled", "canceled", "cleared"}
_OURS = ("trigger", "legal_basis", "case_no", "branch", "callback", "subject", "agency_id", "request_id")


def read_eido(body: bytes, *, agency_id: str, keyed: Keyed) -> Draft:
    """Raises Refused. `agency_id` is that of the signer."""
    said = read_object(body)
    for name in ("eidoVersion", "issuingElementIdentification", "agencyComponent"):
        if not said.get(name):
            raise lacks(name)
    if str(said["eidoVersion"]) != "1.0":
        raise Refused("invalid", "eidoVersion", said["eidoVersion"], "EIDO 1.0만 읽습니다.", "Send eidoVersion 1.0.")
    incident = _first(said, "incidentComponent")
    if not incident:
        raise lacks("incidentComponent")
    ours, status = _our_words(said), _word(incident, "incidentStatusCommonRegistryText").lower()
    named = _name(said, ours)
    request_id = named if isinstance(named, UUID) else named_id(keyed, agency_id=agency_id, name=named)
    raised_at = _moment(incident, said)
    if status in _OVER:
        asked = AgencyRequest(agency_id=str(ours.get("agency_id") or agency_id), trigger="", legal_basis="")
        return Draft("cancel", request_id, raised_at, asked, reason=_notes(said)[:200])
    coded = _word(incident, "incidentTypeInternalCode")
    fields = {
        "request_id": str(request_id),
        "agency_id": ours.get("agency_id") or agency_id,
        "branch": ours.get("branch", ""),
        "trigger": ours.get("trigger") or (coded if coded in REQUEST_TRIGGERS else None),
        "legal_basis": ours.get("legal_basis"),
        "case_no": ours.get("case_no") or _word(incident, "internalIncidentId")[:80],
        "raised_at": raised_at,
        "position": _position(said, incident, raised_at),
        "callback": ours.get("callback") or _callback(said),
        "is_drill": status in _DRILLS,
        "subject": _subject(said, ours, str(ours.get("trigger") or coded)),
    }
    for name in ("trigger", "legal_basis"):
        if fields[name] is None:
            raise lacks(f"additionalDataComponent.additionalDataByValue.{name}")
    return understood(fields, agency_id=agency_id)


def _all(said: Any, name: str) -> list[dict[str, Any]]:
    found = said.get(name) if isinstance(said, dict) else None
    return [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict)]


def _first(said: Any, name: str) -> dict[str, Any]:
    return next(iter(_all(said, name)), {})


def _word(part: dict[str, Any], name: str) -> str:
    """A text, or the first of a list of them."""
    value = part.get(name)
    value = value[0] if isinstance(value, list) and value else value
    return value if isinstance(value, str) else ""


def _our_words(said: dict[str, Any]) -> dict[str, Any]:
    """The JSON object that holds them, among data of other kinds (RFC 7852 XML, mostly)."""
    for one in _all(said, "additionalDataComponent"):
        text = _word(one, "additionalDataByValue")
        try:
            found = orjson.loads(text) if text.lstrip().startswith("{") else None
        except orjson.JSONDecodeError:
            raise Refused("unreadable", "additionalDataComponent.additionalDataByValue", text, "JSON이 아닙니다.",
                          "This is not JSON.", cause=CORRUPTED) from None  # fmt: skip
        if isinstance(found, dict) and set(found) & set(_OURS):
            return {name: found[name] for name in _OURS if found.get(name) is not None}
    return {}


def _name(said: dict[str, Any], ours: dict[str, Any]) -> UUID | str:
    """Ours, or the unique part of `urn:emergency:uid:incidentid:<unique>:<domain>` where it is a UUID, else the
    whole id."""
    whole = _word(said, "$id")
    if not whole and not ours.get("request_id"):
        raise lacks("$id")
    parts = whole.split(":")
    for text in (ours.get("request_id"), parts[4] if len(parts) > 4 else whole):
        try:
            return UUID(text)
        except (ValueError, TypeError, AttributeError):
            continue
    return whole.encode("utf-8", "replace").decode()


def _moment(incident: dict[str, Any], said: dict[str, Any]) -> datetime:
    name = "lastUpdateTimeStamp"
    return moment(_word(incident, name) or _word(said, name), name)


def _position(said: dict[str, Any], incident: dict[str, Any], at: datetime) -> dict[str, Any] | None:
    """The place that the incident refers to, else the first. Raises Refused."""
    places = _all(said, "locationComponent")
    wanted = [_word(one, "$ref") for one in _all(incident, "locationReference")]
    places.sort(key=lambda one: _word(one, "$id") not in wanted)
    by_value = [one for one in places if _word(one, "locationByValue")]
    if not by_value:
        if places:
            raise Refused("no_position", "locationComponent.locationByValue", "",
                          "위치를 주소(URL)가 아니라 값(PIDF-LO)으로 보내 주세요.",
                          "Send the place by value (PIDF-LO), not by reference.", cause=NOT_ENOUGH)  # fmt: skip
        return None
    area = _area(_word(by_value[0], "locationByValue"))
    if area is None:
        return None
    reach_m = max(area.radius_m, area.semi_major_m, area.outer_radius_m)
    fixed = _word(by_value[0], "lastUpdateTimeStamp")
    return {"lat": area.lat, "lon": area.lon, "accuracy_m": round(min(reach_m * R68_OF_R95, 100_000), 1),
            "fixed_at": fixed or at}  # fmt: skip


def _area(pidf: str) -> Area | None:
    """None: it has no shape (a civic address, say)."""
    try:
        root = parse(pidf.encode("utf-8", "replace"), [])
        shape = find_shape(root)
        return None if shape is None else read_shape(shape, [])
    except Refusal as refusal:
        raise Refused("invalid", "locationComponent.locationByValue", pidf, refusal.note.ko, refusal.note.en) from None


def _callback(said: dict[str, Any]) -> str:
    uris = _first(said, "callbackComponent").get("callBackInformationUri")
    found = [one for one in (uris if isinstance(uris, list) else [uris]) if isinstance(one, str)]
    return next((one.removeprefix("tel:")[:40] for one in found if one.startswith("tel:")), "")


def _notes(said: dict[str, Any]) -> str:
    return " ".join(_word(_first(said, "notesComponent"), "notesActionComments").split())


def _subject(said: dict[str, Any], ours: dict[str, Any], trigger: str) -> Any:
    """Ours; what it lacks and EIDO has, from there."""
    subject = ours.get("subject", {})
    if not isinstance(subject, dict):
        return subject
    person = _first(_first(said, "personComponent"), "ncPersonComponent")
    name = _word(_first(person, "ncPersonName"), "ncPersonFullName")[:80]
    found: dict[str, str] = {}
    if trigger == "help_request":
        found = {"contact_name": name, "contact_phone": _callback(said), "note": _notes(said)[:400]}
    elif trigger == "dispatch":
        found = {"note": _notes(said)[:400]}
    elif trigger.startswith("missing_"):
        found = {"name": name}
    return {name: text for name, text in found.items() if text} | subject
