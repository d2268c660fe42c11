"""A CAP warning is read whole or refused with its field; its area tells every center that it touches."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from location_router.cap_warning import reach
from location_router.cap_warning.reach import centers_of, centers_of_code, outline_of, shape_of
from location_router.cap_warning.reading import read_warning
from location_router.cap_warning.values import LONGEST_LIFE, USUAL_LIFE, Area, key_of, told, warning_id
from location_router.index import Jurisdictions
from location_router.ready import ready_index
from location_router.request_content.values import Refused
from tests.location_router.cap_warning.messages import area_xml, info_xml, reference, warning_xml

KOREAN = Path(__file__).parents[3] / "fixtures" / "requests" / "disaster_korean_profile.cap.xml"
SENT = datetime(2026, 7, 10, 0, 0, tzinfo=UTC)
LATS, LONS = st.floats(34.8, 37.9), st.floats(126.6, 129.2)


@pytest.fixture(scope="module")
def version() -> Jurisdictions:
    return ready_index(None).version()


def test_the_korean_profile_is_kept() -> None:
    read = read_warning(KOREAN.read_bytes())
    english, korean = read.infos
    assert read.is_drill and read.is_public and read.codes == ("대한민국정부1.1",) and read.severity == "Moderate"
    assert english.areas == korean.areas and korean.areas[0].codes == ("4117000000", "4141000000")
    assert ("eventCode", "TTAS.KO-07.0046/R5 재난 종류 코드", "HRA") in korean.kept
    assert ("parameter", "강수량(mm)", "60") in korean.kept and ("responseType", "", "Monitor") in korean.kept
    assert korean.texts["headline"] == "호우주의보 발표" and korean.texts["contact"] == "119"
    assert korean.expires_at == read.sent_at + USUAL_LIFE == read.expires_at
    assert told(read)["infos"][1]["areas"][0]["codes"] == ["4117000000", "4141000000"]


def test_a_message_is_named_whatever_its_clock_is_called() -> None:
    there = SENT.astimezone(timezone(timedelta(hours=9)))
    one, same = read_warning(warning_xml(sent=SENT)), read_warning(warning_xml(sent=there))
    update = read_warning(warning_xml(kind="Update", sent=SENT, references=reference("W-1", there)))
    assert one.key == same.key == update.references[0] == key_of("room@example.go.kr", "W-1", SENT)
    assert warning_id("room", one.key) == warning_id("room", same.key) != warning_id("other", one.key)


@pytest.mark.parametrize(
    ("message", "code", "field"),
    [
        (b"", "empty", "body"),
        (b"<alert/>", "unreadable", "alert"),
        (warning_xml(kind="Ack"), "invalid", "alert.msgType"),
        (warning_xml(status="System"), "invalid", "alert.status"),
        (warning_xml(scope="World"), "invalid", "alert.scope"),
        (warning_xml(kind="Update"), "invalid", "alert.references"),
        (warning_xml(kind="Cancel", references="one,two"), "invalid", "alert.references"),
        (warning_xml(infos=""), "invalid", "alert.info"),
        (warning_xml(infos=info_xml("")), "invalid", "alert.info.area"),
        (warning_xml(infos=info_xml("<area><areaDesc>a</areaDesc></area>")), "invalid", "alert.info.area.polygon"),
        (warning_xml(severity="Loud"), "invalid", "alert.info.severity"),
        (warning_xml(life=timedelta(0)), "invalid", "alert.info.expires"),
        (warning_xml(life=LONGEST_LIFE + timedelta(seconds=1)), "invalid", "alert.info.expires"),
        (warning_xml(circle="126.9,37.4 1"), "invalid", "alert.info.area"),
        (warning_xml(circle="x"), "invalid", "alert.info.area.circle"),
        (warning_xml(infos=info_xml(area_xml(codes=("411",)))), "invalid", "alert.info.area.geocode"),
        (warning_xml(infos=info_xml(area_xml(polygon="37,127 37,128 38,127"))), "invalid", "alert.info.area.polygon"),
        (warning_xml(infos=info_xml("").replace("</info>", "") * 2), "unreadable", "body"),
        (warning_xml(headline="가" * 30_000), "too_large", "body"),
    ],
)
def test_what_can_not_be_read_is_refused_with_its_field(message: bytes, code: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        read_warning(message)
    assert (refused.value.code, refused.value.field) == (code, field) and refused.value.ko and refused.value.en


def test_the_end_is_that_of_its_last_part() -> None:
    areas = area_xml(circle="37.4,126.9 1")
    parts = [info_xml(areas, severity=name, expires=(SENT + timedelta(hours=hours)).isoformat()) for name, hours in (
        ("Minor", 5), ("Extreme", 1))]  # fmt: skip
    read = read_warning(warning_xml(sent=SENT, infos="".join(parts)))
    assert read.severity == "Extreme" and read.expires_at == SENT + timedelta(hours=5)
    assert read_warning(warning_xml(kind="Cancel", sent=SENT, references=reference("W-1", SENT))).expires_at == SENT


def test_the_last_second_of_all_time_is_no_crash() -> None:
    last = datetime.max.replace(microsecond=0, tzinfo=UTC)
    assert read_warning(warning_xml(sent=last, infos=info_xml(area_xml(circle="37.4,126.9 1")))).expires_at > last


def test_codes_tell_centers_of_all_levels(version: Jurisdictions) -> None:
    assert centers_of_code(version, "4117000000") == ["41170"] == centers_of_code(version, "41170")
    assert centers_of_code(version, "4117100000") == ["41170"], "a ward of the city"
    seoul = centers_of_code(version, "11")
    assert len(seoul) == 25 and seoul == centers_of_code(version, "1100000000")
    assert len(centers_of_code(version, "0000000000")) == len(version.centers)
    assert centers_of_code(version, "99999") == []


@settings(max_examples=60, deadline=None)
@given(LATS, LONS, st.floats(100, 40_000), st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), max_size=8))
def test_whoever_stands_in_the_area_has_a_center_that_is_warned(
    lat: float, lon: float, radius_m: float, offsets: list[tuple[float, float]]
) -> None:
    version = ready_index(None).version()
    area = Area("", circles=((lat, lon, radius_m),))
    shape, found = shape_of(area), centers_of(version, [area])
    assert shape is not None
    for north, east in [(0.0, 0.0), *offsets]:
        at = (lat + north * radius_m / 111_000, lon + east * radius_m / 88_000)
        inside = version.containing(lat=at[0], lon=at[1])
        if inside is not None and shape.covers(point(*at)):
            assert inside in found
    for code in found:
        assert outline_of(version, code).distance(shape) < 0.002, "and nobody far away"


def point(lat: float, lon: float):  # type: ignore[no-untyped-def]
    from shapely import Point

    return Point(lon, lat)


def test_many_areas_are_those_of_each_and_borders_are_looked_at_once(
    version: Jurisdictions, monkeypatch: pytest.MonkeyPatch
) -> None:
    spots = [(37.4, 126.92), (35.18, 129.08), (37.4, 126.95), (33.5, 126.5)]
    areas = [Area("", circles=((lat, lon, 3_000.0),)) for lat, lon in spots] + [Area("", codes=("41410",))]
    each = {code for area in areas for code in centers_of(version, [area])}
    looked = Mock(wraps=reach._touched)
    monkeypatch.setattr(reach, "_touched", looked)
    assert centers_of(version, areas) == sorted(each) and len(each) > 4
    assert looked.call_count == 1


@given(st.lists(st.tuples(LATS, LONS), min_size=3, max_size=9))
def test_any_ring_is_a_shape(corners: list[tuple[float, float]]) -> None:
    shape = shape_of(Area("", rings=(tuple(corners),)))
    assert shape is not None and shape.is_valid


def test_a_ring_counts_beside_a_code(version: Jurisdictions) -> None:
    both = Area("", circles=((37.4015, 126.9227, 300.0),), codes=("41410",))
    assert centers_of(version, [both]) == ["41170", "41410"]
    assert centers_of(version, [replace(both, codes=())]) == ["41170"]
