"""A LoST query: bytes → value. Order, namespaces and spellings are forgiven and told; meaning is not guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

from lxml import etree

from location_router.lost.document import local, namespace, parse, words
from location_router.lost.shapes import Leniencies, find_shape, read_shape
from location_router.lost.values import (
    DOTTED,
    GEODETIC,
    LOST,
    FindService,
    GetServiceBoundary,
    ListServices,
    ListServicesByLocation,
    Place,
    Query,
    Refusal,
)

MOST_LOCATIONS = 16
MOST_HOPS = 16
KST = timezone(timedelta(hours=9))
_CIVIC = frozenset(("civicAddress", "civicaddress"))
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.\d+)?)?\s*(Z|z|[+-]\d{1,2}:?\d{0,2})?\Z")
_TOKEN = re.compile(r"[^A-Za-z0-9._:\-]")
_ATTRIBUTES = {
    "findService": {"recursive", "serviceBoundary", "validateLocation"},
    "listServicesByLocation": {"recursive"},
    "listServices": set[str](),
    "getServiceBoundary": {"key"},
}


@dataclass(slots=True)
class Reading:
    """A query, and what had to be forgiven to understand it: (kind, detail) without anything about a person."""

    query: Query
    leniencies: Leniencies = field(default_factory=list)


def read_query(body: bytes, leniencies: Leniencies | None = None) -> Reading:
    """Raises Refusal; `leniencies`, when given, is filled also then."""
    told: Leniencies = leniencies if leniencies is not None else []
    root = parse(body, told)
    name = local(root)
    if name not in _ATTRIBUTES:
        raise Refusal(
            "badRequest",
            "findService, listServices, listServicesByLocation, getServiceBoundary만 받습니다.",
            "not a LoST query: findService, listServices, listServicesByLocation or getServiceBoundary",
        )
    if namespace(root) != LOST:
        told.append(("lost_namespace", namespace(root)[:80]))
    for attribute in root.attrib:
        if not attribute.startswith("{") and attribute not in _ATTRIBUTES[name]:
            told.append(("unknown_attribute", f"{name} {_TOKEN.sub('', attribute)[:40]}"))
    return Reading(_QUERIES[name](root, told), told)


def _children(root: etree._Element, name: str) -> list[etree._Element]:
    return [each for each in root if local(each) == name]


def _find_service(root: etree._Element, told: Leniencies) -> Query:
    place = _place(root, told)
    if not (service := _service(root, told)):
        told.append(("service_missing", ""))
        service = "urn:service:sos"
    _note_order(root, told)
    return FindService(
        place,
        service,
        recursive=_flag(root, "recursive", told),
        by_value=(root.get("serviceBoundary") or "").strip().lower() == "value",
        validate=_flag(root, "validateLocation", told),
        path=_path(root, told),
        as_of=_as_of(root, told),
    )


def _by_location(root: etree._Element, told: Leniencies) -> Query:
    return ListServicesByLocation(
        _place(root, told),
        _service(root, told),
        recursive=_flag(root, "recursive", told),
        path=_path(root, told),
        as_of=_as_of(root, told),
    )


def _list_services(root: etree._Element, told: Leniencies) -> Query:
    _as_of(root, told)
    return ListServices(_service(root, told), _path(root, told))


def _boundary(root: etree._Element, _: Leniencies) -> Query:
    key = (root.get("key") or "").strip()
    if not key or len(key) > 200:
        raise Refusal("badRequest", "key가 있어야 합니다.", "getServiceBoundary needs a key")
    return GetServiceBoundary(key)


_QUERIES = {
    "findService": _find_service,
    "listServicesByLocation": _by_location,
    "listServices": _list_services,
    "getServiceBoundary": _boundary,
}


def _flag(root: etree._Element, name: str, told: Leniencies) -> bool:
    """The RFC's prose and schema disagree about `recursive` of listServicesByLocation; false is the prose."""
    said = (root.get(name) or "false").strip()
    if said not in ("true", "false", "1", "0"):
        told.append(("boolean_spelling", name))
    return said.lower() in ("true", "1", "yes")


def _service(root: etree._Element, told: Leniencies) -> str:
    found = _children(root, "service")
    if len(found) > 1:
        told.append(("several_services", ""))
    said = words(found[0]) if found else ""
    if len(said) > 200:
        raise Refusal("badRequest", "service가 너무 깁니다.", "the service is too long")
    if said != said.lower():
        told.append(("service_case", ""))
    return said.lower()


def _note_order(root: etree._Element, told: Leniencies) -> None:
    """The schema wants location, service, path; the RFC's own text puts path first."""
    names = [local(each) for each in root if local(each) in ("location", "service", "path")]
    if names != sorted(names, key=("location", "service", "path").index):
        told.append(("element_order", " ".join(dict.fromkeys(names))))


def _path(root: etree._Element, told: Leniencies) -> tuple[str, ...]:
    hops = []
    for path in _children(root, "path"):
        for via in path:
            source = (via.get("source") or "").strip()
            if local(via) != "via" or not source or len(source) > 253 or not DOTTED.match(source):
                told.append(("path_entry", ""))
                continue
            hops.append(source)
    if len(hops) > MOST_HOPS:
        raise Refusal("loop", "너무 많은 서버를 거쳤습니다.", f"the path holds more than {MOST_HOPS} servers")
    return tuple(hops)


def _place(root: etree._Element, told: Leniencies) -> Place:
    """The first location of a profile that is understood."""
    locations = _children(root, "location")
    if not locations:
        raise Refusal("badRequest", "location이 있어야 합니다.", "a location is needed")
    if len(locations) > MOST_LOCATIONS:
        raise Refusal("badRequest", "location이 너무 많습니다.", f"more than {MOST_LOCATIONS} locations")
    chosen: tuple[etree._Element, etree._Element] | None = None
    unknown: list[str] = []
    for each in locations:
        profile = (each.get("profile") or "").strip()
        shape = find_shape(each)
        if shape is None or (profile and profile.lower() != GEODETIC):
            civic = any(local(inner) in _CIVIC for inner in each.iter())
            unknown.append(profile or ("civic" if civic else "unknown"))
            if shape is None and profile.lower() == GEODETIC and not civic:
                raise Refusal("locationInvalid", "도형이 없습니다.", f"a {GEODETIC} location holds no shape we know")
        elif chosen is None:
            chosen = (each, shape)
    if chosen is None:
        profiles = tuple(dict.fromkeys(_TOKEN.sub("", one)[:40] or "unknown" for one in unknown))
        raise Refusal(
            "locationProfileUnrecognized", "좌표(geodetic-2d)만 받습니다.", f"only {GEODETIC} is understood", profiles
        )
    if "civic" in unknown:
        told.append(("baseline_profiles_mixed", ""))
    return _chosen(*chosen, told)


def _chosen(location: etree._Element, shape: etree._Element, told: Leniencies) -> Place:
    name = " ".join((location.get("id") or "").split())[:200]
    if not name:
        told.append(("location_id_missing", ""))
    if not location.get("profile"):
        told.append(("profile_missing", ""))
    if shape.getparent() is not location:
        told.append(("shape_wrapped", local(shape)))
    return Place(name, read_shape(shape, told))


def _as_of(root: etree._Element, told: Leniencies) -> datetime | None:
    """The planned-changes draft's asOf, wherever it stands and whatever its zone looks like. Raises Refusal."""
    found = _children(root, "asOf")
    if not found:
        return None
    told.append(("as_of_element", namespace(found[0])[:80]))
    return read_time(words(found[0]), told)


def read_time(text: str, told: Leniencies) -> datetime:
    """A dateTime as UTC; without a zone it is Korean time; `+02:0` (met in the wild) counts as +02:00."""
    found = _TIME.match(text.strip())
    try:
        if found is None:
            raise ValueError
        day, clock, zone = found.groups()
        moment = datetime.fromisoformat(f"{day}T{clock or '00:00:00'}")
        if zone is None:
            told.append(("time_without_zone", ""))
            return moment.replace(tzinfo=KST).astimezone(UTC)
        if zone in "Zz":
            return moment.replace(tzinfo=UTC)
        hours, minutes = _offset(zone, told)
        return (moment - timedelta(hours=hours, minutes=minutes)).replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Refusal("badRequest", "시각을 읽을 수 없습니다.", "the time is not an ISO 8601 date and time") from None


def _offset(zone: str, told: Leniencies) -> tuple[int, int]:
    sign = -1 if zone[0] == "-" else 1
    hours, colon, minutes = zone[1:].partition(":")
    if not colon and len(hours) == 4:
        hours, minutes = hours[:2], hours[2:]
    if len(hours) != 2 or len(minutes) != 2 or not colon:
        told.append(("time_zone_spelling", ""))
    return sign * int(hours), sign * int(minutes or 0)
