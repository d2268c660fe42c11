"""A dispatch as CAP 1.2 (OASIS Common Alerting Protocol), `application/cap+xml`; pure.

A request is Alert, where she is now is Update, the end is Cancel; the references of the later two name the request.
Scope is Private with the agency as its address. A drill is Exercise, a line's check is Test. The order of elements is
the schema's; `sent` is Korean time without fractions, since the schema refuses `Z` and fractions. CAP has no field for
a track or for what only a dispatch knows: these are parameters whose names begin with `ansim:`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from lxml import etree

from location_router.geo import radius_m
from server.dispatch.message import DispatchMessage, Place, message_id, type_name

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
KST = timezone(timedelta(hours=9))
_CATEGORIES = {
    "fire": "Fire",
    "rescue": "Rescue",
    "ambulance": "Health",
    "disaster": "Safety",
    "missing_child": "Safety",
    "missing_person": "Safety",
    "sos": "Safety",
    "help_request": "Safety",
    "agency_case": "Safety",
    "observed": "Safety",
    "other": "Other",
}  # all the other types are crimes
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_IN_NAMES = re.compile(r"[\s,<&]+")
_SHOWN = {
    "ko": ("ko-KR", "위치 모름", "훈련", "위치와 정확도는 area와 ansim:position에 있습니다."),
    "en": ("en-US", "Place unknown", "EXERCISE", "Place and accuracy: area and ansim:position."),
}


def cap_bytes(message: DispatchMessage) -> bytes:
    """The message as a CAP document, UTF-8."""
    root = etree.Element(f"{{{NAMESPACE}}}alert", nsmap={None: NAMESPACE})
    for name, value in _head(message):
        _add(root, name, value)
    if message.kind != "closed":
        for language in ("ko", "en"):
            _info(root, message, language)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _head(message: DispatchMessage) -> Iterator[tuple[str, str]]:
    kinds = {"request": "Alert", "update": "Update", "closed": "Cancel", "test": "Alert"}
    yield "identifier", _name(message.message_id)
    yield "sender", sender(message)
    yield "sent", stamp(message.requested_at if message.kind == "request" else message.sent_at)
    yield "status", "Exercise" if message.is_drill else "Test" if message.kind == "test" else "Actual"
    yield "msgType", kinds[message.kind]
    yield "source", "Ansim"
    yield "scope", "Private"
    yield "addresses", _name(message.agency_id)
    if note := message.reason or message.note:
        yield "note", note
    if message.kind in ("update", "closed"):
        first = _name(message_id(message.dispatch_id, message.request_no, "request"))
        yield "references", f"{sender(message)},{first},{stamp(message.requested_at)}"
    yield "incidents", message.incident_id


def sender(message: DispatchMessage) -> str:
    return _name(f"center-{message.center.code}@{message.installation}")


def stamp(at: datetime) -> str:
    return at.astimezone(KST).isoformat(timespec="seconds")


def _name(text: str) -> str:
    """Identifier, sender and address may hold neither spaces nor commas nor mark-up."""
    return _NOT_IN_NAMES.sub("-", text)


def _info(root: etree._Element, message: DispatchMessage, language: str) -> None:
    tag, unknown, drill, how = _SHOWN[language]
    korean, english = type_name(message.type)
    event = korean if language == "ko" else english
    center = message.center.name_ko if language == "ko" else message.center.name_en
    info = _add(root, "info")
    _add(info, "language", tag)
    _add(info, "category", _CATEGORIES.get(message.type, "Security"))
    _add(info, "event", event)
    for name, value in (("urgency", "Immediate"), ("severity", "Severe"), ("certainty", _certainty(message))):
        _add(info, name, value)
    _pair(info, "eventCode", "ansim:type", message.type)
    _add(info, "onset", stamp(message.opened_at))
    _add(info, "senderName", center)
    _add(info, "headline", f"{f'[{drill}] ' if message.is_drill else ''}{event} · {message.case_no}")
    _add(info, "description", " ".join(filter(None, (message.note, how))))
    if message.center.callback:
        _add(info, "contact", message.center.callback)
    for name, value in _parameters(message):
        _pair(info, "parameter", name, value)
    area = _add(info, "area")
    _add(area, "areaDesc", center if message.place else f"{center} ({unknown})")
    if message.place:
        _add(area, "circle", circle(message.place))


def _certainty(message: DispatchMessage) -> str:
    return "Possible" if "unverified" in message.flags else "Observed" if message.type == "observed" else "Likely"


def circle(place: Place) -> str:
    """`lat,lon radius` with the radius in kilometres: the circle that holds her with 95 %."""
    return f"{place.lat:.6f},{place.lon:.6f} {max(radius_m(accuracy_m=place.accuracy_m), 1.0) / 1000:.3f}"


def _parameters(message: DispatchMessage) -> Iterator[tuple[str, str]]:
    yield "ansim:case_no", message.case_no
    yield "ansim:dispatch_id", message.dispatch_id
    yield "ansim:request_no", str(message.request_no)
    yield "ansim:legal_basis", message.legal_basis
    yield "ansim:state_path", message.state_path
    for flag in message.flags:
        yield "ansim:flag", flag
    if message.person:
        for name in ("name", "phone", "language"):
            if value := getattr(message.person, name):
                yield f"ansim:person_{name}", value
    if message.place:
        yield "ansim:position", _fix(message.place)
    if message.track:
        yield "ansim:track", " ".join(map(_fix, message.track))
    for camera in message.cameras:
        heading = "" if camera.heading_deg is None else f"{camera.heading_deg:.0f}"
        yield "ansim:camera", f"{camera.name};{camera.lat:.6f},{camera.lon:.6f};{heading}"


def _fix(place: Place) -> str:
    """`lat,lon,accuracy in metres (68 %),time`."""
    return f"{place.lat:.6f},{place.lon:.6f},{place.accuracy_m:.0f},{stamp(place.fixed_at)}"


def _pair(parent: etree._Element, tag: str, name: str, value: str) -> None:
    pair = _add(parent, tag)
    _add(pair, "valueName", name)
    _add(pair, "value", value)


def _add(parent: etree._Element, tag: str, value: str | None = None) -> etree._Element:
    child = etree.SubElement(parent, f"{{{NAMESPACE}}}{tag}")
    if value is not None:
        child.text = _NOT_IN_XML.sub("", value)
    return child
