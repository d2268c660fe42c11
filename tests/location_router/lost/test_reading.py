"""What real senders write is understood, and each leniency is told; what makes no sense is refused by name."""

from __future__ import annotations

import math

import pytest

from location_router.lost.reading import Reading, read_query
from location_router.lost.values import Area, FindService, Refusal
from tests.location_router.lost.worlds import circle, find, fixture, point


def area_of(body: bytes) -> Area:
    query = read_query(body).query
    assert isinstance(query, FindService)
    return query.place.area


def kinds(reading: Reading) -> set[str]:
    return {kind for kind, _ in reading.leniencies}


def refused(body: bytes) -> str:
    with pytest.raises(Refusal) as caught:
        read_query(body)
    assert caught.value.note.ko and caught.value.note.en
    return caught.value.note.kind


@pytest.mark.parametrize("name", ["find_point", "find_circle", "find_ellipse", "find_arc_band", "find_polygon"])
def test_a_query_by_the_book_needs_no_leniency(name: str) -> None:
    assert read_query(fixture(name)).leniencies == []


def test_all_five_shapes_are_read_with_latitude_first() -> None:
    assert area_of(fixture("find_point")) == Area("point", 37.4015, 126.9227)
    assert area_of(fixture("find_circle")) == Area("circle", 37.5663, 126.9779, radius_m=35.0)
    ellipse = area_of(fixture("find_ellipse"))
    assert (ellipse.semi_major_m, ellipse.semi_minor_m, ellipse.orientation_deg) == (4000.0, 200.0, 20.0)
    band = area_of(fixture("find_arc_band"))
    assert (band.inner_radius_m, band.outer_radius_m) == (1500.0, 2500.0)
    assert (band.start_angle_deg, band.opening_angle_deg) == (340.0, 40.0)
    assert area_of(fixture("find_polygon")).ring[1] == (37.39, 126.94)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("dialect_gml_shapes", {"shape_namespace", "crs_spelling", "comma_positions"}),
        ("dialect_gml_arc_band", {"shape_namespace", "crs_spelling", "comma_positions", "unit_spelling"}),
        ("dialect_open_ring", {"crs_spelling", "comma_positions", "ring_not_closed"}),
        ("dialect_as_of", {"as_of_element"}),
        ("dialect_broken_zone", {"as_of_element", "time_zone_spelling"}),
        ("dialect_list_services_recursive", {"unknown_attribute"}),
        ("dialect_undeclared_prefix", {"undeclared_prefix", "shape_namespace"}),
        ("dialect_path_first", {"element_order"}),
        ("dialect_pidf", {"location_id_missing", "shape_wrapped", "service_case"}),
        ("dialect_emergency_tree", set()),
    ],
)
def test_dialects_are_understood_and_told(name: str, told: set[str]) -> None:
    assert kinds(read_query(fixture(name))) == told


def test_the_broken_time_zone_of_dec112_is_two_hours() -> None:
    query = read_query(fixture("dialect_broken_zone")).query
    assert isinstance(query, FindService) and query.as_of is not None
    assert query.as_of.isoformat() == "2023-07-01T10:00:00+00:00"


@pytest.mark.parametrize(
    ("unit", "metres"), [("urn:ogc:def:uom:EPSG::9001", 10.0), ("EPSG:9002", 3.048), ("9036", 10_000.0), ("", 10.0)]
)
def test_lengths_come_in_several_units(unit: str, metres: float) -> None:
    assert area_of(find(circle(37.4, 126.9, 10, unit))).radius_m == pytest.approx(metres)


@pytest.mark.parametrize(("unit", "value"), [("9102", 90), ("9002", 90), ("9101", math.pi / 2)])
def test_angles_come_in_degrees_and_radians(unit: str, value: float) -> None:
    body = fixture("find_ellipse").replace(
        b'"urn:ogc:def:uom:EPSG::9102">20<', f'"urn:ogc:def:uom:EPSG::{unit}">{value}<'.encode()
    )
    assert area_of(body).orientation_deg == pytest.approx(90.0)


@pytest.mark.parametrize(
    "srs",
    [
        "urn:ogc:def:crs:EPSG::4326",
        "urn:ogc:def:crs:EPSG:6.6:4326",
        "urn:ogc:def:crs:EPSG:4326",
        "EPSG:4326",
        "epsg:4326",
        "WGS84",
        "http://www.opengis.net/gml/srs/epsg.xml#4326",
        "http://www.opengis.net/def/crs/EPSG/0/4326",
        "urn:ogc:def:crs:EPSG::4979",
    ],
)
def test_the_figures_spell_the_coordinate_system_several_ways(srs: str) -> None:
    assert area_of(find(point(37.4, 126.9, srs))) == Area("point", 37.4, 126.9)


def test_crs84_has_the_longitude_first() -> None:
    assert area_of(find(point(126.9, 37.4, "urn:ogc:def:crs:OGC:1.3:CRS84"))) == Area("point", 37.4, 126.9)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (find(point(91, 200)), "locationInvalid"),
        (find(point(37, 181)), "locationInvalid"),
        (find(point("nan", 126)), "locationInvalid"),
        (find(point("1e999", 126)), "locationInvalid"),
        (find(point("", 37)), "locationInvalid"),
        (find(point("drei", 37)), "locationInvalid"),
        (find(circle(37.4, 126.9, -1)), "locationInvalid"),
        (find(""), "locationInvalid"),
        (find(point(1929000, 948000, "urn:ogc:def:crs:EPSG::5179")), "SRSInvalid"),
        (fixture("find_civic"), "locationProfileUnrecognized"),
        (find(point(37, 127), location='id="a" profile="acme-3d"'), "locationProfileUnrecognized"),
        (
            b'<findService xmlns="urn:ietf:params:xml:ns:lost1"><service>urn:service:sos</service></findService>',
            "badRequest",
        ),
        (b'<getServiceBoundary xmlns="urn:ietf:params:xml:ns:lost1"/>', "badRequest"),
        (b'<errors xmlns="urn:ietf:params:xml:ns:lost1" source="a.b"/>', "badRequest"),
        (b"<findService", "badRequest"),
        (b"hello", "badRequest"),
        (b"\xff\xfe\x00", "badRequest"),
        (find(point(37, 127), more="<asOf>yesterday</asOf>"), "badRequest"),
        (find(point(37, 127), more="<path>" + '<via source="a.b"/>' * 17 + "</path>"), "loop"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(body: bytes, kind: str) -> None:
    assert refused(body) == kind


def test_the_first_known_profile_is_used_and_mixing_is_told() -> None:
    civic = (
        '<location id="c" profile="civic">'
        '<civicAddress xmlns="urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr"/></location>'
    )
    body = find(point(37.4, 126.9)).replace(b"<location ", civic.encode() + b"<location ", 1)
    reading = read_query(body)
    assert isinstance(reading.query, FindService) and reading.query.place.location_id == "a"
    assert kinds(reading) == {"baseline_profiles_mixed"}


def test_other_encodings_are_read() -> None:
    plain = fixture("find_point").decode()
    for name, codec in (("UTF-16", "utf-16"), ("EUC-KR", "cp949")):
        body = plain.replace("UTF-8", name).replace("loc-1", "집").encode(codec)
        query = read_query(body).query
        assert isinstance(query, FindService) and query.place.location_id == "집"
