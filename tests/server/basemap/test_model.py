"""Templates, tile maths, pace and words, without a server."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.basemap.model import BadTemplate, Pace, Template, check_streets, image_kind, is_tile
from server.basemap.places import EXTENT, tile_of
from server.basemap.words import Beside, Dong, address_of_dong

ANYANG = Dong(
    "1", "안양동", "Anyang-dong", "41170", "안양시", "Anyang-si", "경기도", "Gyeonggi-do", "만안구", "Manan-gu"
)
SOHA = Dong("2", "소하동", "Soha-dong", "41210", "광명시", "Gwangmyeong-si", "경기도", "Gyeonggi-do")
SEJONG = Dong("3", "보람동", "Boram-dong", "36110", "세종특별자치시", "Sejong-si", "세종특별자치시", "Sejong-si")


@given(lat=st.floats(32, 39), lon=st.floats(124, 132), zoom=st.integers(0, 20))
def test_a_place_lies_in_its_tile_and_comes_back_from_it(lat: float, lon: float, zoom: int) -> None:
    x, y, east, south = tile_of(lat=lat, lon=lon, zoom=zoom)
    assert is_tile(zoom, x, y)
    assert -1e-6 <= east <= EXTENT + 1e-6
    assert -1e-6 <= south <= EXTENT + 1e-6
    assert (x + east / EXTENT) / 2**zoom * 360 - 180 == pytest.approx(lon, abs=1e-7)
    turn = math.pi * (1 - 2 * (y + south / EXTENT) / 2**zoom)
    assert math.degrees(math.atan(math.sinh(turn))) == pytest.approx(lat, abs=1e-7)


def test_a_template_keeps_its_own_order_and_leads_to_its_own_host_only() -> None:
    vworld = Template("https://map.example/wmts/{key}/Base/{z}/{y}/{x}.png", "a b/c")
    assert vworld.url(7, 109, 49) == "https://map.example/wmts/a%20b%2Fc/Base/7/49/109.png"
    kvp = Template("http://10.0.0.5:8080/wmts?TileMatrix={TileMatrix}&TileRow={TileRow}&TileCol={TileCol}")
    assert kvp.url(7, 109, 49).endswith("TileMatrix=7&TileRow=49&TileCol=109")
    for wrong in (
        "ftp://map.example/{z}/{x}/{y}",
        "https://{key}.example/{z}/{x}/{y}",
        "https://map.example/{z}/{x}",
        "https://map.example/{z}/{x}/{y}/{s}",
        "https://me:secret@map.example/{z}/{x}/{y}",
        "/tiles/{z}/{x}/{y}",
    ):
        with pytest.raises(BadTemplate):
            Template(wrong)


def test_a_wrong_setting_is_named_with_its_cure() -> None:
    check_streets("none", "", "", "", "", (0, 19))
    whole = ("https://map.example/{z}/{x}/{y}", "", "", "© somebody", (0, 19))
    check_streets("xyz", *whole)
    with pytest.raises(ValueError, match="BASEMAP_URL is missing"):
        check_streets("xyz", "", "", "", "© somebody", (0, 19))
    with pytest.raises(ValueError, match="BASEMAP_ATTRIBUTION is missing"):
        check_streets("xyz", whole[0], "", "", "  ", (0, 19))
    with pytest.raises(ValueError, match="needs BASEMAP_KEY"):
        check_streets("wmts", "https://map.example/{key}/{z}/{y}/{x}", "", "", "© somebody", (0, 19))
    with pytest.raises(ValueError, match="BASEMAP_MIN_ZOOM=9"):
        check_streets("xyz", *whole[:4], (9, 3))


def test_pictures_are_known_by_their_first_bytes() -> None:
    assert image_kind(b"\x89PNG\r\n\x1a\n....") == "image/png"
    assert image_kind(b"<html>no map for you</html>") is None


@given(st.lists(st.floats(0, 30), min_size=1, max_size=60))
def test_nobody_gets_more_than_the_pace_and_nobody_waits_for_another(gaps: list[float]) -> None:
    pace, now, given_ = Pace(burst=10, per_s=2, most=3), 0.0, 0
    for gap in gaps:
        now += gap
        given_ += pace.allows("a", now)
    assert given_ <= 10 + now * 2
    assert pace.allows("b", now)


def test_words_name_what_differs_and_the_other_center_by_its_own_name() -> None:
    told = address_of_dong(ANYANG, [Beside(SOHA, 87.4)]).told()
    assert (told["ko"], told["en"]) == (
        "경기도 안양시 만안구 안양동 부근",
        "near Anyang-dong, Manan-gu, Anyang-si, Gyeonggi-do",
    )
    assert told["beside"] == [
        {"ko": "광명시 소하동", "en": "Soha-dong, Gwangmyeong-si", "distance_m": 87, "is_other_center": True}
    ]
    assert address_of_dong(SEJONG).ko == "세종특별자치시 보람동 부근"
