"""Does an answer stand as the RFC's schema wants it? Our own checks, for answers of peers and for tests.

Order and number of elements, required attributes, dotted sources, digits, `message` with `xml:lang`, canonical times
(which the schema lets pass and the prose does not).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from lxml import etree

from location_router.lost.values import DOTTED, ERRORS, LOST, WARNINGS

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z\Z")
_NUMBER = re.compile(r"[0-9*#]+\Z", re.ASCII)
_LANGUAGE = re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*\Z", re.ASCII)
_NMTOKENS = re.compile(r"[\w.:\-]+( [\w.:\-]+)*\Z")
_ORDER = {
    "findServiceResponse": ("mapping+", "locationValidation?", "warnings*", "path", "locationUsed?"),
    "listServicesResponse": ("serviceList", "warnings*", "path"),
    "listServicesByLocationResponse": ("serviceList", "warnings*", "path", "locationUsed?"),
    "getServiceBoundaryResponse": ("serviceBoundary+", "warnings*", "path"),
    "mapping": (
        "displayName*",
        "service?",
        "serviceBoundary*",
        "serviceBoundaryReference?",
        "uri*",
        "serviceNumber?",
    ),
    "path": ("via+",),
}


def flaws(root: etree._Element) -> list[str]:
    """What is wrong with an answer, one sentence each; empty when nothing is."""
    found: list[str] = []
    name = _name(root)
    if name in ("errors", "warnings"):
        _notes(root, found)
    elif name == "redirect":
        _source(root, "target", found)
        _source(root, "source", found)
        _message(root, found)
    elif name in _ORDER:
        _in_order(root, found)
    else:
        found.append(f"{name or root.tag} is no answer")
    for each in root.iterdescendants(etree.Element):
        check = _CHECKS.get(_name(each))
        if check:
            check(each, found)
    return found


def _name(element: etree._Element) -> str:
    """Local name of an element of the LoST namespace, empty for others."""
    tag = element.tag
    return tag.removeprefix(f"{{{LOST}}}") if isinstance(tag, str) and tag.startswith(f"{{{LOST}}}") else ""


def _in_order(element: etree._Element, found: list[str]) -> None:
    name = _name(element)
    names = " ".join([_name(each) for each in element if _name(each)])
    pattern = ""
    for slot in _ORDER[name]:
        plain, mark = (slot[:-1], slot[-1]) if slot[-1] in "?*+" else (slot, "")
        pattern += f"(?:{plain} ){mark}"
    if not re.fullmatch(pattern, names + " " if names else ""):
        found.append(f"{name} holds {names or 'nothing'}")


def _source(element: etree._Element, attribute: str, found: list[str]) -> None:
    if not DOTTED.match(element.get(attribute) or ""):
        found.append(f"{_name(element)}: {attribute} is {element.get(attribute)!r}, not a dotted name")


def _message(element: etree._Element, found: list[str]) -> None:
    has_message, language = "message" in element.attrib, element.get(_XML_LANG)
    if has_message != (language is not None):
        found.append(f"{_name(element)}: message and xml:lang go together")
    if language is not None and not _LANGUAGE.match(language):
        found.append(f"{_name(element)}: xml:lang is {language!r}")


def _notes(element: etree._Element, found: list[str]) -> None:
    _source(element, "source", found)
    kinds = [_name(each) for each in element if _name(each)]
    allowed = ERRORS if _name(element) == "errors" else WARNINGS
    if len(kinds) != len(set(kinds)):
        found.append(f"{_name(element)} says the same twice")
    if not kinds:
        found.append(f"{_name(element)} says nothing")
    for each in element:
        if _name(each) not in allowed:
            found.append(f"{_name(element)} holds {_name(each)}")
        _message(each, found)
        if _name(each) == "locationProfileUnrecognized" and not _NMTOKENS.match(each.get("unsupportedProfiles") or ""):
            found.append("locationProfileUnrecognized needs unsupportedProfiles")


def _mapping(element: etree._Element, found: list[str]) -> None:
    _in_order(element, found)
    names = {_name(each) for each in element}
    if {"serviceBoundary", "serviceBoundaryReference"} <= names:
        found.append("mapping has its boundary by value and by reference")
    for attribute in ("expires", "lastUpdated", "sourceId"):
        if not (element.get(attribute) or "").strip():
            found.append(f"mapping without {attribute}")
    for attribute in ("expires", "lastUpdated"):
        said = element.get(attribute) or ""
        if not _TIME.match(said) and not (attribute == "expires" and said in ("NO-CACHE", "NO-EXPIRATION")):
            found.append(f"mapping: {attribute} is {said!r}, not canonical UTC")
    schemes = [(each.text or "").partition(":")[0].lower() for each in element if _name(each) == "uri"]
    if len(schemes) != len(set(schemes)) or not all(schemes):
        found.append("mapping: uris must be absolute, one for a scheme")
    _source(element, "source", found)
    _message(element, found)


def _number(element: etree._Element, found: list[str]) -> None:
    if not _NUMBER.match((element.text or "").strip()):
        found.append(f"serviceNumber is {element.text!r}")


def _language(element: etree._Element, found: list[str]) -> None:
    if not _LANGUAGE.match(element.get(_XML_LANG) or ""):
        found.append("displayName without xml:lang")


def _key(element: etree._Element, found: list[str]) -> None:
    _source(element, "source", found)
    if not element.get("key"):
        found.append("serviceBoundaryReference without key")


def _shape(element: etree._Element, found: list[str]) -> None:
    if not len(element) or any(_name(each) for each in element):
        found.append("serviceBoundary holds no shape")


def _used(element: etree._Element, found: list[str]) -> None:
    if element.get("id") is None:
        found.append("locationUsed without id")


_CHECKS: dict[str, Callable[[etree._Element, list[str]], None]] = {
    "mapping": _mapping,
    "warnings": _notes,
    "path": _in_order,
    "via": lambda element, found: _source(element, "source", found),
    "serviceNumber": _number,
    "displayName": _language,
    "serviceBoundaryReference": _key,
    "serviceBoundary": _shape,
    "locationUsed": _used,
}
