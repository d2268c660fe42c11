"""`geodetic-2d` shapes: GML elements → Area, in all the spellings that are met; each leniency is told."""

from __future__ import annotations

import math
import re

from lxml import etree

from location_router.lost.document import local, namespace, words
from location_router.lost.values import GML, PIDFLO, WGS84, Area, Point, Refusal

Leniencies = list[tuple[str, str]]

_NAMESPACE = {"Point": GML, "Polygon": GML, "Circle": PIDFLO, "Ellipse": PIDFLO, "ArcBand": PIDFLO}
SHAPES = frozenset(_NAMESPACE)
MOST_NUMBERS = 10_000
MOST_RADIUS_M = 20_000_000.0
_SRS = re.compile(r"(?:EPSG|epsg)(?:\.xml)?[:/#]+(?:[\d.]*[:/#]+)?(\d{4,6})\Z")
_LON_FIRST = re.compile(r"CRS:{0,2}84\Z|OGC[:/]+(?:1\.3[:/]+)?CRS84\Z", re.IGNORECASE)
_WGS84_CODES = {"4326": 2, "4979": 3}
_CODE = re.compile(r"(\d{4})\Z")
_RADIUS_M = {"9001": 1.0, "9002": 0.3048, "9003": 1200 / 3937, "9036": 1000.0, "9093": 1609.344, "9030": 1852.0}
_ANGLE_DEG = {"9102": 1.0, "9122": 1.0, "9101": math.degrees(1.0), "9002": 1.0}
_USUAL = {"urn:ogc:def:uom:EPSG::9001", "urn:ogc:def:uom:EPSG::9102"}


def find_shape(location: etree._Element) -> etree._Element | None:
    """The first shape inside a location, also when it is wrapped (in a PIDF-LO, say)."""
    return next((each for each in location.iter() if local(each) in SHAPES), None)


def read_shape(shape: etree._Element, told: Leniencies) -> Area:
    """Raises Refusal `locationInvalid` or `SRSInvalid`."""
    name = local(shape)
    if namespace(shape) != _NAMESPACE[name]:
        told.append(("shape_namespace", f"{name} in {namespace(shape)[:80] or 'no namespace'}"))
    lon_first = _read_srs(shape, told)
    if name == "Polygon":
        ring = _ring(shape, lon_first, told)
        return Area("polygon", *ring[0], ring=ring)
    lat, lon = _position(shape, lon_first, told)
    if name == "Circle":
        return Area("circle", lat, lon, radius_m=_length(shape, "radius", told))
    if name == "Ellipse":
        one, two = _length(shape, "semiMajorAxis", told), _length(shape, "semiMinorAxis", told)
        if one < two:
            told.append(("ellipse_axes_swapped", ""))
        turn = _angle(shape, "orientation", told) + (90.0 if one < two else 0.0)
        return Area(
            "ellipse", lat, lon, semi_major_m=max(one, two), semi_minor_m=min(one, two), orientation_deg=turn % 360.0
        )
    if name == "ArcBand":
        inner, outer = _length(shape, "innerRadius", told), _length(shape, "outerRadius", told)
        if inner > outer:
            raise _invalid("innerRadius가 outerRadius보다 큽니다.", "innerRadius is larger than outerRadius")
        return Area(
            "arc_band",
            lat,
            lon,
            inner_radius_m=inner,
            outer_radius_m=outer,
            start_angle_deg=_angle(shape, "startAngle", told) % 360.0,
            opening_angle_deg=min(360.0, max(0.0, _angle(shape, "openingAngle", told))),
        )
    return Area("point", lat, lon)


def _invalid(ko: str, en: str) -> Refusal:
    return Refusal("locationInvalid", ko, en)


def _read_srs(shape: etree._Element, told: Leniencies) -> bool:
    """Whether the longitude comes first. Raises SRSInvalid for a coordinate system that is not WGS84."""
    said = shape.get("srsName")
    if said is None:
        said = next((each.get("srsName") for each in shape.iter() if each.get("srsName")), None)
        told.append(("crs_missing" if said is None else "crs_on_inner_element", ""))
        if said is None:
            return False
    said = said.strip()
    if said == WGS84:
        return False
    if _LON_FIRST.search(said):
        told.append(("crs_spelling", "CRS84"))
        return True
    found = _SRS.search(said)
    if said.upper() in ("WGS84", "WGS 84", "WGS-84") or (found and found.group(1) in _WGS84_CODES):
        told.append(("crs_spelling", said[:80]))
        return False
    raise Refusal(
        "SRSInvalid",
        "WGS84 좌표(EPSG:4326)만 받습니다.",
        "only WGS84 is understood: srsName urn:ogc:def:crs:EPSG::4326, latitude first",
    )


def _numbers(text: str, told: Leniencies) -> list[float]:
    if "," in text or ";" in text:
        told.append(("comma_positions", ""))
        text = text.replace(",", " ").replace(";", " ")
    parts = text.split(None, MOST_NUMBERS)
    if len(parts) > MOST_NUMBERS:
        raise _invalid("좌표가 너무 많습니다.", "too many coordinates")
    try:
        values = [float(part) for part in parts]
    except ValueError:
        raise _invalid("좌표가 숫자가 아닙니다.", "a coordinate is not a number") from None
    if not all(map(math.isfinite, values)):
        raise _invalid("좌표가 유한한 숫자가 아닙니다.", "a coordinate is not finite")
    return values


def _checked(lat: float, lon: float) -> Point:
    """In range, or with its axes exchanged in range (`assign` puts those right and the answer says so)."""
    if abs(lat) > 90.0 and abs(lon) <= 90.0 and abs(lat) <= 180.0:
        return lat, lon
    if abs(lat) > 90.0:
        raise _invalid("위도가 범위를 벗어났습니다.", "latitude out of range: -90 to 90, latitude comes first")
    if abs(lon) > 180.0:
        raise _invalid("경도가 범위를 벗어났습니다.", "longitude out of range: -180 to 180")
    return lat, lon


def _position(shape: etree._Element, lon_first: bool, told: Leniencies) -> Point:
    """The point of a point, the centre of the others; a third number is a height, which 2-D ignores."""
    given = next((each for each in shape.iter() if local(each) in ("pos", "coordinates")), None)
    values = _numbers(words(given), told) if given is not None else []
    if len(values) not in (2, 3):
        raise _invalid("pos에는 위도와 경도가 있어야 합니다.", "pos must hold a latitude and a longitude")
    if len(values) == 3:
        told.append(("height_ignored", ""))
    lat, lon = (values[1], values[0]) if lon_first else (values[0], values[1])
    return _checked(lat, lon)


def _ring(shape: etree._Element, lon_first: bool, told: Leniencies) -> tuple[Point, ...]:
    """The outer ring, not closed. Holes are left out: the area only grows by that."""
    outer = next((each for each in shape.iter() if local(each) in ("exterior", "outerBoundaryIs")), shape)
    if any(local(each) in ("interior", "innerBoundaryIs") for each in shape):
        told.append(("holes_ignored", ""))
    dimension = 2
    pairs: list[list[float]] = []
    for each in outer.iter():
        kind = local(each)
        if kind == "pos":
            pairs.append(_numbers(words(each), told))
        elif kind in ("posList", "coordinates"):
            dimension = 3 if "3" in (each.get("srsDimension"), shape.get("srsDimension")) else 2
            flat = _numbers(words(each), told)
            pairs += [flat[start : start + dimension] for start in range(0, len(flat), dimension)]
        if len(pairs) > MOST_NUMBERS:
            raise _invalid("좌표가 너무 많습니다.", "too many coordinates")
    if any(len(pair) not in (2, 3) for pair in pairs):
        raise _invalid("pos에는 위도와 경도가 있어야 합니다.", "each pos must hold a latitude and a longitude")
    ring = [_checked(pair[1], pair[0]) if lon_first else _checked(pair[0], pair[1]) for pair in pairs]
    if ring and (len(ring) == 1 or ring[0] != ring[-1]):
        told.append(("ring_not_closed", ""))
    elif ring:
        ring.pop()
    if len(set(ring)) < 3:
        raise _invalid(
            "다각형에는 서로 다른 점이 셋 이상 있어야 합니다.", "a polygon needs at least three distinct points"
        )
    return tuple(ring)


def _value(shape: etree._Element, name: str, told: Leniencies) -> tuple[float, str]:
    """A measure and the last four digits of its unit."""
    given = next((each for each in shape if local(each) == name), None)
    values = _numbers(words(given), told) if given is not None else []
    if len(values) != 1 or given is None:
        raise _invalid(f"{name} 값이 있어야 합니다.", f"{name} must hold one number")
    unit = (given.get("uom") or "").strip()
    if unit not in _USUAL:
        told.append(("unit_spelling", f"{name} {unit[:60] or 'without uom'}"))
    code = _CODE.search(unit)
    return values[0], code.group(1) if code else unit.lower()


def _length(shape: etree._Element, name: str, told: Leniencies) -> float:
    value, unit = _value(shape, name, told)
    metres = value * _RADIUS_M.get(unit, 1000.0 if unit == "km" else 1.0)
    if not 0.0 <= metres <= MOST_RADIUS_M:
        raise _invalid(f"{name} 값이 범위를 벗어났습니다.", f"{name} out of range")
    return metres


def _angle(shape: etree._Element, name: str, told: Leniencies) -> float:
    value, unit = _value(shape, name, told)
    degrees = value * _ANGLE_DEG.get(unit, math.degrees(1.0) if unit in ("rad", "radian") else 1.0)
    if not -720.0 <= degrees <= 720.0:
        raise _invalid(f"{name} 값이 범위를 벗어났습니다.", f"{name} out of range")
    return degrees
