"""LoST answers and queries: values → bytes. Every answer is what the RFC's schema accepts, in its order.

Text is put together directly: a tree costs five times as much, and a mapping that has been written once this minute
comes from a cache.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

from location_router.lost.values import (
    GEODETIC,
    GML,
    LOST,
    PIDFLO,
    WGS84,
    Answer,
    Area,
    BoundaryResponse,
    Errors,
    FindService,
    FindServiceResponse,
    ListServices,
    ListServicesByLocation,
    ListServicesResponse,
    Mapping,
    Note,
    Notes,
    Query,
    Redirect,
    Rings,
)

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPECIAL = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
_NEEDS_ESCAPE = re.compile('[&<>"]')


def write(given: Answer, *, english: bool = False) -> bytes:
    """The document of an answer. Messages are Korean unless `english`."""
    if isinstance(given, FindServiceResponse):
        body = "".join([_mapping(each) for each in given.mappings]) + _warnings(given.warnings, english)
        text = f"{body}{_path(given.path)}{_used(given.location_used)}"
        return _document("findServiceResponse", text)
    if isinstance(given, ListServicesResponse):
        name = "listServicesByLocationResponse" if given.by_location else "listServicesResponse"
        listed = f"<serviceList>{_escape(' '.join(given.services))}</serviceList>"
        used = _used(given.location_used) if given.by_location else ""
        return _document(name, f"{listed}{_warnings(given.warnings, english)}{_path(given.path)}{used}")
    if isinstance(given, BoundaryResponse):
        return _document("getServiceBoundaryResponse", _boundary(given.boundary) + _path(given.path))
    if isinstance(given, Errors):
        notes = "".join([_note(each, english) for each in given.notes])
        return _document("errors", notes, f' source="{_escape(given.source)}"')
    return _document("redirect", "", _redirect(given, english))


def _document(name: str, content: str, attributes: str = "") -> bytes:
    return f'{_HEAD}<{name} xmlns="{LOST}"{attributes}>{content}</{name}>'.encode()


def _redirect(given: Redirect, english: bool) -> str:
    names = f' target="{_escape(given.target)}" source="{_escape(given.source)}"'
    return names + _message(given.ko, given.en, english)


def _escape(text: str) -> str:
    """For text and for attributes; characters that XML can't hold become a question mark."""
    text = _NOT_XML.sub("?", text)
    return _NEEDS_ESCAPE.sub(lambda found: _SPECIAL[found.group()], text)


def moment(at: datetime) -> str:
    """Canonical UTC: whole seconds and `Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _message(ko: str, en: str, english: bool) -> str:
    """`message` and `xml:lang` go together or not at all."""
    text, language = (en, "en") if (english and en) or not ko else (ko, "ko")
    return f' message="{_escape(text)}" xml:lang="{language}"' if text else ""


@lru_cache(maxsize=2048)
def _note(note: Note, english: bool) -> str:
    profiles = f' unsupportedProfiles="{_escape(" ".join(note.profiles))}"' if note.profiles else ""
    return f"<{note.kind}{profiles}{_message(note.ko, note.en, english)}/>"


def _warnings(given: tuple[Notes, ...], english: bool) -> str:
    text = ""
    for each in given:
        notes = "".join([_note(one, english) for one in each.notes])
        text += f'<warnings source="{_escape(each.source)}">{notes}</warnings>'
    return text


@lru_cache(maxsize=256)
def _path(path: tuple[str, ...]) -> str:
    return "<path>" + "".join([f'<via source="{_escape(each)}"/>' for each in path]) + "</path>"


def _used(location_id: str) -> str:
    return f'<locationUsed id="{_escape(location_id)}"/>' if location_id else ""


@lru_cache(maxsize=1024)
def _mapping(given: Mapping) -> str:
    expires = moment(given.expires) if given.expires else "NO-EXPIRATION" if given.forever else "NO-CACHE"
    names = [f'<displayName xml:lang="{_escape(lang)}">{_escape(text)}</displayName>' for lang, text in given.names]
    reference = (
        f'<serviceBoundaryReference source="{_escape(given.boundary_source)}" key="{_escape(given.boundary_key)}"/>'
        if given.boundary_key
        else ""
    )
    return "".join(
        [
            f'<mapping expires="{expires}" lastUpdated="{moment(given.last_updated)}"',
            f' source="{_escape(given.source)}" sourceId="{_escape(given.source_id)}">',
            *names,
            f"<service>{_escape(given.service)}</service>",
            _boundary(given.boundary) or reference,
            *[f"<uri>{_escape(each)}</uri>" for each in given.uris],
            f"<serviceNumber>{_escape(given.number)}</serviceNumber>" if given.number else "",
            "</mapping>",
        ]
    )


@lru_cache(maxsize=64)
def _boundary(boundary: tuple[Rings, ...]) -> str:
    """One serviceBoundary for each polygon: together they are the boundary."""
    return "".join([f'<serviceBoundary profile="{GEODETIC}">{_polygon(rings)}</serviceBoundary>' for rings in boundary])


def _polygon(rings: Rings) -> str:
    outer, *holes = rings
    inside = "".join([f"<gml:interior>{_ring(hole)}</gml:interior>" for hole in holes])
    return (
        f'<gml:Polygon xmlns:gml="{GML}" srsName="{WGS84}"><gml:exterior>{_ring(outer)}</gml:exterior>{inside}'
        "</gml:Polygon>"
    )


def _ring(ring: tuple[tuple[float, float], ...]) -> str:
    points = "".join([f"<gml:pos>{lat:.6f} {lon:.6f}</gml:pos>" for lat, lon in ring])
    return f"<gml:LinearRing>{points}</gml:LinearRing>"


def write_query(query: Query) -> bytes:
    """A query to another server (or to ours, from the command line)."""
    if isinstance(query, ListServices):
        return _document("listServices", _service(query.service) + (_path(query.path) if query.path else ""))
    if isinstance(query, FindService | ListServicesByLocation):
        name = "findService" if isinstance(query, FindService) else "listServicesByLocation"
        attributes = f' recursive="{"true" if query.recursive else "false"}"'
        if isinstance(query, FindService) and query.by_value:
            attributes += ' serviceBoundary="value"'
        if isinstance(query, FindService) and query.validate:
            attributes += ' validateLocation="true"'
        location = (
            f'<location id="{_escape(query.place.location_id or "loc-1")}" profile="{GEODETIC}">'
            f"{_shape(query.place.area)}</location>"
        )
        as_of = f"<asOf>{moment(query.as_of)}</asOf>" if query.as_of else ""
        return _document(
            name, location + _service(query.service) + (_path(query.path) if query.path else "") + as_of, attributes
        )
    return _document("getServiceBoundary", "", f' key="{_escape(query.key)}"')


def _service(service: str) -> str:
    return f"<service>{_escape(service)}</service>" if service else ""


def _shape(area: Area) -> str:
    pos = f'<gml:pos xmlns:gml="{GML}">{area.lat!r} {area.lon!r}</gml:pos>'
    if area.kind == "polygon":
        return _polygon(((*area.ring, area.ring[0]),))
    if area.kind == "point":
        return (
            f'<gml:Point xmlns:gml="{GML}" srsName="{WGS84}"><gml:pos>{area.lat!r} {area.lon!r}</gml:pos></gml:Point>'
        )
    measures = {
        "circle": (("radius", area.radius_m, 9001),),
        "ellipse": (
            ("semiMajorAxis", area.semi_major_m, 9001),
            ("semiMinorAxis", area.semi_minor_m, 9001),
            ("orientation", area.orientation_deg, 9102),
        ),
        "arc_band": (
            ("innerRadius", area.inner_radius_m, 9001),
            ("outerRadius", area.outer_radius_m, 9001),
            ("startAngle", area.start_angle_deg, 9102),
            ("openingAngle", area.opening_angle_deg, 9102),
        ),
    }[area.kind]
    name = {"circle": "Circle", "ellipse": "Ellipse", "arc_band": "ArcBand"}[area.kind]
    inner = "".join(
        [f'<gs:{each} uom="urn:ogc:def:uom:EPSG::{unit}">{value!r}</gs:{each}>' for each, value, unit in measures]
    )
    return f'<gs:{name} xmlns:gs="{PIDFLO}" srsName="{WGS84}">{pos}{inner}</gs:{name}>'
