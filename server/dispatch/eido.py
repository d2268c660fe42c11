"""A dispatch as an EIDO (NENA-STA-021.1b), `application/emergency.eido+json`; pure.

Every component carries its prologue (`$id`, `lastUpdateTimeStamp`, `updatedByAgencyReference`) and components point at
one another by `$ref`. The place is a PIDF-LO inside the JSON (RFC 5491: a circle, 95 %). Cameras have no media
component, since that needs an address and we hand out none: they are notes. What EIDO has no field for stands in
an additional data component, in the words of docs/dispatch.md.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from lxml import etree

from location_router.geo import radius_m
from server.dispatch.message import DispatchMessage, Place, as_json, type_name

PIDF, GEOPRIV = "urn:ietf:params:xml:ns:pidf", "urn:ietf:params:xml:ns:pidf:geopriv10"
GML, SHAPES = "http://www.opengis.net/gml", "http://www.opengis.net/pidflo/1.0"
DATA_MODEL = "urn:ietf:params:xml:ns:pidf:data-model"
METRE = "urn:ogc:def:uom:EPSG::9001"
_STATUS = {"request": "Active", "update": "Active", "closed": "Closed", "test": "Test"}
_AGENCY_TYPES = {"112": "police", "119": "fire"}


def eido_bytes(message: DispatchMessage) -> bytes:
    """The message as an EIDO document."""
    return orjson.dumps(eido(message))


def eido(message: DispatchMessage) -> dict[str, Any]:
    domain = message.installation
    here = f"center-{message.center.code}.{domain}"
    make = _Maker(here, _iso(message.sent_at))
    document = {
        **make.prologue(f"urn:emergency:uid:incidentid:{message.incident_id}:{domain}"),
        "eidoVersion": "1.0",
        "issuingElementIdentification": here,
        "incidentComponent": [_incident(make, message)],
        "dispatchComponent": [make.prologue(message.dispatch_id) | {"organizationIdentification": message.agency_id}],
        "agencyComponent": _agencies(make, message),
        "notesComponent": [_note(make, message)],
        "additionalDataComponent": [_words(make, message)],
    }
    if message.place:
        document["locationComponent"] = [_location(make, place, n) for n, place in enumerate(_newest_first(message))]
    if message.person:
        document["personComponent"] = [_person(make, message)]
        document["callbackComponent"] = [
            make.prologue(make.id("callback")) | {"callBackInformationUri": [f"tel:{message.person.phone}"]}
        ]
    return document


class _Maker:
    """Ids and prologues of one document."""

    def __init__(self, agency: str, at: str) -> None:
        self.agency, self._at = agency, at

    def id(self, name: str) -> str:
        return f"{name}.{self.agency}"

    def prologue(self, id_: str) -> dict[str, Any]:
        return {"$id": id_, "lastUpdateTimeStamp": self._at, "updatedByAgencyReference": _ref(self.agency)}


def _ref(id_: str) -> dict[str, str]:
    return {"$ref": id_}


def _incident(make: _Maker, message: DispatchMessage) -> dict[str, Any]:
    incident = make.prologue(make.id("incident")) | {
        "incidentTypeCommonRegistryText": type_name(message.type)[1],
        "incidentTypeInternalCode": message.type,
        "incidentTypeInternalText": type_name(message.type)[0],
        "incidentStatusCommonRegistryText": "Exercise" if message.is_drill else _STATUS[message.kind],
        "internalIncidentId": message.case_no,
        "notesReference": _ref(make.id("notes")),
    }
    if message.place:
        incident["locationReference"] = [_ref(make.id("location-0"))]
    if message.person:
        incident["personReference"] = [_ref(make.id("person"))]
    return incident


def _agencies(make: _Maker, message: DispatchMessage) -> list[dict[str, Any]]:
    return [
        make.prologue(make.agency) | {"agencyRoleDescriptionRegistryText": ["CallReceiving"], "agencyType": ["psap"]},
        make.prologue(message.agency_id)
        | {
            "agencyRoleDescriptionRegistryText": ["Dispatch"],
            "agencyType": [_AGENCY_TYPES.get(message.agency_kind, "other")],
        },
    ]


def _note(make: _Maker, message: DispatchMessage) -> dict[str, Any]:
    lines = [("[훈련 · EXERCISE] " if message.is_drill else "") + message.case_no, message.note, message.reason]
    lines += [f"CCTV: {camera.name} ({camera.lat:.6f}, {camera.lon:.6f})" for camera in message.cameras]
    text = "<br/>".join(_escaped(line) for line in lines if line)
    return make.prologue(make.id("notes")) | {"notesActionComments": text}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _words(make: _Maker, message: DispatchMessage) -> dict[str, Any]:
    plain = as_json(message)
    kept = ("schema", "kind", "status", "message_id", "dispatch_id", "request_no", "case_no", "legal_basis", "is_drill")
    words = {name: plain[name] for name in kept} | {"flags": list(message.flags), "state_path": message.state_path}
    return make.prologue(make.id("ansim")) | {"additionalDataByValue": orjson.dumps(words).decode()}


def _person(make: _Maker, message: DispatchMessage) -> dict[str, Any]:
    assert message.person is not None
    return make.prologue(make.id("person")) | {
        "personIncidentRoleRegistryText": ["Caller"],
        "ncPersonComponent": {"ncPersonName": {"ncPersonFullName": message.person.name}},
        "callBackReference": _ref(make.id("callback")),
        "locationReference": [_ref(make.id("location-0"))] if message.place else [],
    }


def _newest_first(message: DispatchMessage) -> list[Place]:
    assert message.place is not None
    return [message.place, *[place for place in reversed(message.track) if place != message.place]]


def _location(make: _Maker, place: Place, number: int) -> dict[str, Any]:
    return make.prologue(make.id(f"location-{number}")) | {
        "lastUpdateTimeStamp": _iso(place.fixed_at),
        "locationTypeDescriptionRegistryText": "Caller" if number == 0 else "Previous",
        "locationByValue": pidf(place, entity=f"pres:{make.agency}"),
    }


def pidf(place: Place, *, entity: str) -> str:
    """PIDF-LO (RFC 4119, 5491) with a circle; GML writes latitude first."""
    names = {None: PIDF, "gp": GEOPRIV, "gml": GML, "gs": SHAPES, "dm": DATA_MODEL}
    presence = etree.Element(f"{{{PIDF}}}presence", nsmap=names, attrib={"entity": entity})
    device = etree.SubElement(presence, f"{{{DATA_MODEL}}}device", id="person")
    geopriv = etree.SubElement(device, f"{{{GEOPRIV}}}geopriv")
    info = etree.SubElement(geopriv, f"{{{GEOPRIV}}}location-info")
    circle = etree.SubElement(info, f"{{{SHAPES}}}Circle", srsName="urn:ogc:def:crs:EPSG::4326")
    etree.SubElement(circle, f"{{{GML}}}pos").text = f"{place.lat:.6f} {place.lon:.6f}"
    radius = etree.SubElement(circle, f"{{{SHAPES}}}radius", uom=METRE)
    radius.text = f"{max(radius_m(accuracy_m=place.accuracy_m), 1.0):.0f}"
    etree.SubElement(geopriv, f"{{{GEOPRIV}}}usage-rules")
    etree.SubElement(device, f"{{{DATA_MODEL}}}timestamp").text = _iso(place.fixed_at)
    return str(etree.tostring(presence, encoding="unicode"))


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
