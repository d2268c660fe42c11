"""Which center LoST names, as stories; and the law that it is the one an alert would go to."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from location_router import geo
from location_router.assign import assign
from location_router.lost.answering import Elsewhere, answer
from location_router.lost.peer import Peer
from location_router.lost.reading import read_query
from location_router.lost.values import (
    Area,
    BoundaryResponse,
    Errors,
    FindService,
    FindServiceResponse,
    ListServicesResponse,
    Place,
)
from location_router.lost.writing import write
from location_router.policy import Metropolitan, Policies
from tests.location_router.lost.worlds import (
    ANYANG_CODE,
    a_world,
    ask,
    assert_strict,
    centers_of,
    circle,
    find,
    fixture,
    notes_of,
    offline,
    point,
)

CODES = st.sampled_from(["41170", "41410", "41430", "41210", "11545", "41390"])
STATES = st.dictionaries(CODES, st.sampled_from(["online", "degraded", "draining", "closed", "offline"]))


def test_a_point_is_answered_with_its_center_and_police_with_112() -> None:
    given = ask(fixture("find_point"))
    assert isinstance(given, FindServiceResponse)
    (mapping,) = given.mappings
    assert centers_of(given) == [ANYANG_CODE] and given.warnings == ()
    assert mapping.uris == ("https://center-41170.example.kr/v1",) and mapping.number == "112"
    assert dict(mapping.names)["ko"] == "경기도 안양시"
    assert given.path == ("router.example.kr",) and given.location_used == "loc-1"
    assert mapping.expires is not None and mapping.last_updated < a_world().now < mapping.expires


def test_each_service_has_its_number_and_a_drill_none() -> None:
    for service, number in (("sos", "112"), ("sos.fire", "119"), ("sos.ambulance", "119"), ("test.sos", "")):
        given = ask(find(point(37.4015, 126.9227), service=f"urn:service:{service}"))
        assert isinstance(given, FindServiceResponse) and given.mappings[0].number == number


def test_a_service_we_have_not_is_substituted_and_said_so() -> None:
    given = ask(fixture("find_mountain"))
    assert isinstance(given, FindServiceResponse)
    assert given.mappings[0].service == "urn:service:sos.fire" and notes_of(given) == ["serviceSubstitution"]
    tree = ask(fixture("dialect_emergency_tree"))
    assert isinstance(tree, FindServiceResponse) and tree.mappings[0].service == "urn:service:sos"
    assert notes_of(ask(fixture("find_counseling"))) == ["serviceNotImplemented"]


def test_at_sea_the_nearest_is_named_as_a_default_that_is_not_kept() -> None:
    given = ask(fixture("find_at_sea"))
    assert isinstance(given, FindServiceResponse) and notes_of(given) == ["defaultMappingReturned"]
    assert given.mappings[0].expires is None and not given.mappings[0].boundary_key


def test_an_offline_center_is_stood_in_for_and_nobody_keeps_that() -> None:
    given = ask(fixture("find_point"), states=offline(ANYANG_CODE))
    assert centers_of(given) == ["41410"] and notes_of(given) == ["defaultMappingReturned"]
    assert b'expires="NO-CACHE"' in write(given)


def test_a_metropolitan_center_answers_for_the_districts_jurisdiction() -> None:
    policies = Policies(
        [("m1", Metropolitan(kind="metropolitan", center="11110", districts=["11140"], when=["always"]))]
    )
    given = ask(find(point(37.5620, 126.9860)), policies=policies)
    assert isinstance(given, FindServiceResponse)
    (mapping,) = given.mappings
    version = a_world().jurisdictions
    assert mapping.uris == ("https://center-11110.example.kr/v1",)
    assert mapping.boundary_key == version.boundary_key("11140") and given.warnings == ()


def test_a_wide_circle_names_every_center_it_touches_the_middle_first() -> None:
    given = ask(find(circle(37.4015, 126.9227, 4_000)))
    found = centers_of(given)
    assert found[0] == ANYANG_CODE and len(found) >= 3 and len(found) == len(set(found))
    touched = {
        code for code, metres in a_world().jurisdictions.nearest(lat=37.4015, lon=126.9227, limit=9) if metres <= 4_000
    }
    assert set(found) <= touched


def test_a_sliver_counts_as_inside() -> None:
    version = a_world().jurisdictions
    second, metres = version.nearest(lat=37.4015, lon=126.9227, limit=2)[1]
    assert second in centers_of(ask(find(circle(37.4015, 126.9227, metres + 3))))
    assert second not in centers_of(ask(find(circle(37.4015, 126.9227, metres - 3))))


def test_a_polygon_wholly_inside_has_one_mapping() -> None:
    small = [(37.4010, 126.9220), (37.4010, 126.9230), (37.4020, 126.9230), (37.4020, 126.9220)]
    query = FindService(Place("a", Area("polygon", *small[0], ring=tuple(small))), "urn:service:sos")
    assert centers_of(answer(query, a_world())) == [ANYANG_CODE]  # type: ignore[arg-type]


def test_an_arc_band_is_not_where_its_centre_is() -> None:
    assert ask(fixture("dialect_gml_arc_band")).mappings == ask(fixture("find_arc_band")).mappings  # type: ignore[union-attr]
    assert centers_of(ask(fixture("find_arc_band"))) == ["11110"]


def test_an_offline_neighbour_is_left_out_of_an_areas_mappings() -> None:
    body = find(circle(37.4015, 126.9227, 4_000))
    first, second, *_ = centers_of(ask(body))
    rest = centers_of(ask(body, states=offline(second)))
    assert rest[0] == first and second not in rest
    assert centers_of(ask(body, states=offline(first)))[0] != first


def test_gunwi_moved_to_daegu_and_as_of_knows_it() -> None:
    before, after = ask(fixture("dialect_as_of")), ask(fixture("dialect_broken_zone"))
    assert isinstance(before, FindServiceResponse) and isinstance(after, FindServiceResponse)
    assert (centers_of(before), centers_of(after)) == (["47720"], ["27720"])
    assert before.mappings[0].expires is None
    assert notes_of(ask(find(point(36.24, 128.57), more="<asOf>1999-01-01T00:00:00Z</asOf>"))) == ["notFound"]


def test_a_mapping_expires_before_the_next_borders_come() -> None:
    given = ask(fixture("find_point"), now=datetime(2026, 11, 22, 14, 50, tzinfo=UTC), next_change=date(2026, 11, 23))
    assert isinstance(given, FindServiceResponse)
    assert given.mappings[0].expires == datetime(2026, 11, 22, 15, 0, tzinfo=UTC)


def test_a_boundary_comes_by_reference_and_then_by_its_key() -> None:
    found = ask(fixture("find_point"))
    assert isinstance(found, FindServiceResponse)
    key = found.mappings[0].boundary_key
    assert len(key) == 32 and found.mappings[0].boundary_source == "router.example.kr"
    given = ask(f'<getServiceBoundary xmlns="urn:ietf:params:xml:ns:lost1" key="{key}"/>')
    by_value = ask(fixture("find_boundary_by_value"))
    assert isinstance(given, BoundaryResponse) and isinstance(by_value, FindServiceResponse)
    assert by_value.mappings[0].boundary == given.boundary and given.boundary
    assert notes_of(ask(fixture("get_service_boundary"))) == ["notFound"]


@settings(max_examples=25, deadline=None)
@given(code=st.sampled_from(["41170", "48310", "28720", "11140"]), lat=st.floats(0, 1), lon=st.floats(0, 1))
def test_inside_a_boundary_that_was_handed_out_the_answer_is_always_the_same(code: str, lat: float, lon: float) -> None:
    """A client that keeps a boundary by value must never be wrong at a border."""
    import shapely

    from location_router.lost.covering import drawn_inward

    version = a_world().jurisdictions
    for rings in drawn_inward(version, code)[:20]:
        shape = shapely.Polygon([(x, y) for y, x in rings[0]], [[(x, y) for y, x in hole] for hole in rings[1:]])
        west, south, east, north = shape.bounds
        x, y = west + lon * (east - west), south + lat * (north - south)
        corners = [*rings[0][:40], *((y, x) for _ in [0] if shape.contains(shapely.Point(x, y)))]
        assert {version.containing(lat=each[0], lon=each[1]) for each in corners} == {code}


def test_services_are_listed_only_when_served() -> None:
    everything = ask(fixture("list_services"))
    assert isinstance(everything, ListServicesResponse)
    for service in everything.services:
        assert centers_of(ask(find(point(37.4015, 126.9227), service=service))) == [ANYANG_CODE]
    below = ask(fixture("list_services_below"))
    assert isinstance(below, ListServicesResponse)
    assert set(below.services) == {f"urn:service:sos.{kind}" for kind in ("police", "fire", "ambulance")}
    here = ask(fixture("list_services_by_location"))
    assert isinstance(here, ListServicesResponse) and here.location_used == "here"
    assert here.services == everything.services


def test_a_server_met_twice_is_a_loop() -> None:
    path = '<path><via source="a.example"/><via source="router.example.kr"/></path>'
    assert notes_of(ask(find(point(37.4, 126.9), more=path))) == ["loop"]
    through = ask(find(point(37.4015, 126.9227), more='<path><via source="a.example"/></path>'))
    assert isinstance(through, FindServiceResponse) and through.path == ("a.example", "router.example.kr")


def test_elsewhere_is_the_peer_that_serves_it() -> None:
    japan = Peer(source="lost.example.jp", url="http://127.0.0.1:1/lost", area=(20.0, 122.0, 46.0, 154.0))
    counsel = Peer(source="help.example.kr", url="http://127.0.0.1:1/lost", services=("urn:service:counseling",))
    world = a_world(peers=(counsel, japan))
    assert notes_of(ask(fixture("find_abroad"))) == ["notFound"]
    for name, peer in (("find_abroad", japan), ("find_counseling", counsel)):
        given = answer(read_query(fixture(name)).query, world)
        assert isinstance(given, Elsewhere) and given.peer is peer
    looping = read_query(find(point(35.68, 139.76), more='<path><via source="lost.example.jp"/></path>'))
    assert notes_of(answer(looping.query, world)) == ["loop"]
    assert centers_of(answer(read_query(fixture("find_point")).query, world)) == [ANYANG_CODE]  # type: ignore[arg-type]


def test_exchanged_axes_are_put_right_with_a_warning() -> None:
    given = ask(find(point(126.9227, 37.4015)))
    assert centers_of(given) == [ANYANG_CODE] and notes_of(given) == ["defaultMappingReturned"]
    assert notes_of(ask(find(point(0, 0)))) == ["locationInvalid"]


def test_validation_is_not_done_and_said_so() -> None:
    assert notes_of(ask(fixture("find_validated"))) == ["locationValidationUnavailable"]


def test_messages_are_korean_unless_english_is_wanted() -> None:
    given = ask(fixture("find_at_sea"))
    assert 'xml:lang="ko"' in write(given).decode() and "가장 가까운" in write(given).decode()
    english = write(given, english=True).decode()
    assert 'xml:lang="en"' in english.split("<warnings")[1] and "nearest" in english


@settings(max_examples=200, deadline=None)
@given(lat=st.floats(32.5, 38.7), lon=st.floats(124.2, 131.9), states=STATES)
def test_lost_names_the_center_that_an_alert_would_go_to(lat: float, lon: float, states: dict[str, str]) -> None:
    world = a_world(states=states)
    if geo.sanity(lat=lat, lon=lon) != "ok":
        return
    query = FindService(Place("a", Area("point", lat, lon)), "urn:service:sos")
    given = answer(query, world)
    assert given == answer(query, world)
    assert isinstance(given, FindServiceResponse)
    expected = assign(world.jurisdictions, lat=lat, lon=lon, states=states)
    assert [each.uris[0].split("-")[1][:5] for each in given.mappings] == [expected.center]
    assert bool(given.warnings) == (expected.reason != "contains")


NUMBERS = st.floats(-400, 400)
AREAS = st.one_of(
    st.builds(Area, st.just("circle"), st.floats(-90, 90), st.floats(-180, 180), radius_m=st.floats(0, 2e7)),
    st.builds(
        Area,
        st.just("ellipse"),
        st.floats(33, 38),
        st.floats(125, 130),
        semi_major_m=st.floats(0, 1e6),
        semi_minor_m=st.floats(0, 1e6),
        orientation_deg=st.floats(0, 360),
    ),
    st.builds(
        Area,
        st.just("arc_band"),
        st.floats(33, 38),
        st.floats(125, 130),
        inner_radius_m=st.floats(0, 1e5),
        outer_radius_m=st.floats(0, 1e5),
        start_angle_deg=st.floats(0, 360),
        opening_angle_deg=st.floats(0, 360),
    ),
    st.lists(st.tuples(st.floats(33, 39), st.floats(124, 131)), min_size=3, max_size=90, unique=True).map(
        lambda ring: Area("polygon", *ring[0], ring=tuple(ring))
    ),
)


@settings(max_examples=120, deadline=None)
@given(area=AREAS, states=STATES)
def test_any_area_gets_a_strict_answer(area: Area, states: dict[str, str]) -> None:
    given = answer(FindService(Place("a", area), "urn:service:sos"), a_world(states=states))
    assert isinstance(given, FindServiceResponse | Errors)
    assert_strict(write(given))
