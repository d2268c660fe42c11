"""Another server's answer: bytes → value, so that it can be passed on in our own strict words, or shown to a person.

Everything is read leniently, but what can't be said strictly (a mapping without a source, a time that is no time) makes
the answer unusable: `read_answer` raises `Unusable`, and the caller redirects instead of passing nonsense on.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from lxml import etree

from location_router.lost.document import local, parse, words
from location_router.lost.reading import read_time
from location_router.lost.shapes import Leniencies, find_shape, read_shape
from location_router.lost.values import (
    DOTTED,
    ERRORS,
    WARNINGS,
    Answer,
    BoundaryResponse,
    Errors,
    FindServiceResponse,
    ListServicesResponse,
    Mapping,
    Note,
    Notes,
    Redirect,
    Refusal,
    Rings,
)

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_NUMBER = re.compile(r"[0-9*#]{1,20}\Z", re.ASCII)
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>\"{}|\\^`\x00-\x20]{1,500}\Z")
_LANGUAGE = re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*\Z", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PROFILE = re.compile(r"[A-Za-z0-9._:\-]{1,40}\Z")
MOST = 20


class Unusable(ValueError):
    """Not an answer that we could stand behind; the message says what is wrong."""


def read_answer(body: bytes) -> Answer:
    """Raises Unusable."""
    told: Leniencies = []
    try:
        root = parse(body, told)
        return _read(root, told)
    except Refusal as refusal:
        raise Unusable(refusal.note.en) from None


def _read(root: etree._Element, told: Leniencies) -> Answer:
    name = local(root)
    if name == "errors":
        return Errors(_source(root, "source"), _notes(root, ERRORS))
    if name == "redirect":
        said, language = root.get("message", ""), root.get(_XML_LANG, "")
        ko = said if language.startswith("ko") else ""
        return Redirect(_source(root, "target"), _source(root, "source"), ko=ko, en="" if ko else said)
    path = _path(root)
    warnings = tuple(
        Notes(_source(each, "source"), notes) for each in _all(root, "warnings") if (notes := _notes(each, WARNINGS))
    )
    used = next((" ".join((each.get("id") or "").split()) for each in _all(root, "locationUsed")), "")
    if name == "findServiceResponse":
        mappings = tuple(_mapping(each, told) for each in _all(root, "mapping")[:MOST])
        if not mappings:
            raise Unusable("a findServiceResponse without a mapping")
        return FindServiceResponse(mappings, path, warnings, used)
    if name in ("listServicesResponse", "listServicesByLocationResponse"):
        services = tuple(" ".join(words(each) for each in _all(root, "serviceList")).split()[:100])
        by_location = name == "listServicesByLocationResponse"
        return ListServicesResponse(services, path, by_location, warnings, used if by_location else "")
    if name == "getServiceBoundaryResponse":
        boundary = _boundary(root, told)
        if not boundary:
            raise Unusable("a boundary without polygons")
        return BoundaryResponse(boundary, path)
    raise Unusable(f"{name[:40]} is no LoST answer")


def _all(root: etree._Element, name: str) -> list[etree._Element]:
    return [each for each in root if local(each) == name]


def _source(element: etree._Element, attribute: str) -> str:
    said = (element.get(attribute) or "").strip()
    if not DOTTED.match(said) or len(said) > 253:
        raise Unusable(f"{local(element)}: {attribute} is not a dotted name")
    return said


def _path(root: etree._Element) -> tuple[str, ...]:
    hops = [_source(via, "source") for path in _all(root, "path") for via in path if local(via) == "via"]
    return tuple(hops[:MOST])


def _notes(element: etree._Element, allowed: frozenset[str]) -> tuple[Note, ...]:
    """Each kind once, as the schema wants."""
    found: dict[str, Note] = {}
    for each in element:
        kind = local(each)
        if kind not in allowed or kind in found:
            continue
        said, language = each.get("message", "")[:300], each.get(_XML_LANG, "")
        profiles = tuple(one for one in (each.get("unsupportedProfiles") or "").split() if _PROFILE.match(one))
        if kind == "locationProfileUnrecognized":
            profiles = profiles or ("unknown",)
        is_korean = language.startswith("ko")
        found[kind] = Note(kind, said if is_korean else "", "" if is_korean else said, profiles)
    if not found and local(element) == "errors":
        raise Unusable("errors that name no error")
    return tuple(found.values())


def _mapping(element: etree._Element, told: Leniencies) -> Mapping:
    expires = (element.get("expires") or "NO-CACHE").strip()
    updated = element.get("lastUpdated")
    source_id = " ".join((element.get("sourceId") or "").split())
    if not source_id:
        raise Unusable("a mapping without sourceId")
    service = next((words(each) for each in _all(element, "service")), "")
    names = [(each.get(_XML_LANG, ""), words(each)[:200]) for each in _all(element, "displayName")]
    reference = next(iter(_all(element, "serviceBoundaryReference")), None)
    boundary = _boundary(element, told)
    uris: dict[str, str] = {}
    for each in _all(element, "uri"):
        if _URI.match(said := words(each)):
            uris.setdefault(said.partition(":")[0].lower(), said)
    number = next((words(each) for each in _all(element, "serviceNumber")), "")
    by_reference = reference is not None and not boundary and bool(reference.get("key"))
    return Mapping(
        source=_source(element, "source"),
        source_id=source_id[:200],
        last_updated=read_time(updated, told) if updated else _EPOCH,
        expires=None if expires in ("NO-CACHE", "NO-EXPIRATION") else read_time(expires, told),
        service=service,
        names=tuple((language, text) for language, text in names if _LANGUAGE.match(language)),
        uris=tuple(uris.values()),
        number=number if _NUMBER.match(number) else "",
        boundary_source=_source(reference, "source") if reference is not None and by_reference else "",
        boundary_key=" ".join(reference.get("key", "").split()) if reference is not None and by_reference else "",
        boundary=boundary,
        forever=expires == "NO-EXPIRATION",
    )


def _boundary(element: etree._Element, told: Leniencies) -> tuple[Rings, ...]:
    """Polygons only, outer rings only when there are holes we can't read; other shapes are left out."""
    found: list[Rings] = []
    for holder in _all(element, "serviceBoundary"):
        shape = find_shape(holder)
        if shape is None or local(shape) != "Polygon":
            continue
        if any(local(each) == "interior" for each in shape):
            return ()  # a boundary without its holes would claim too much
        ring = read_shape(shape, told).ring
        found.append(((*ring, ring[0]),))
    return tuple(found)
