"""What the words of a file mean: directions, purposes, numbers, dates, coordinates, columns."""

from __future__ import annotations

import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.cameras.importing import coordinates, words
from server.cameras.importing.columns import FIELDS, from_content, from_header
from server.cameras.importing.coordinates import axis
from server.cameras.importing.directions import View, headings_of, views_of
from tests.server.cameras.importing.files import HEADER, street

NAMES = {"북": 0.0, "북동": 45.0, "동": 90.0, "남동": 135.0, "남": 180.0, "남서": 225.0, "서": 270.0, "북서": 315.0}
TAILS = ("", "쪽", "향", "측", "방향", "방면", " 방향", "쪽 방향")


@given(st.lists(st.sampled_from(sorted(NAMES)), min_size=1, max_size=6), st.data())
def test_directions_in_a_row_are_read_in_their_order(names: list[str], data: st.DataObject) -> None:
    tails = [data.draw(st.sampled_from(TAILS)) for _ in names]
    text = data.draw(st.sampled_from([",", " / ", "·", ", ", "+"])).join(map("".join, zip(names, tails, strict=True)))
    assert headings_of(text) == tuple(NAMES[name] for name in names)
    views = views_of(text, len(names))
    assert [one.heading_deg for one in views] == [NAMES[name] for name in names]


@pytest.mark.parametrize(
    ("text", "headings"),
    [
        ("시계방향 90도", (90.0,)),
        ("반시계방향 90도", (270.0,)),
        ("45°", (45.0,)),
        ("3시방향", (90.0,)),
        ("동서남북", (90.0, 270.0, 180.0, 0.0)),
        ("남북", (180.0, 0.0)),
        ("NE / SW", (45.0, 225.0)),
        ("north-east", (45.0,)),
        ("①북, ②남", (0.0, 180.0)),
        ("1)북 2)남", (0.0, 180.0)),
        ("북동(삼거리)", (45.0,)),
        ("北東", (45.0,)),
        ("동북동", (67.5,)),
        # Names of places are no directions
        ("동대문 방면", ()),
        ("서초구청 방향", ()),
        ("서면 방면", ()),
        ("남부터미널", ()),
        ("북, 동대문 방면", ()),
        ("360도전방면", ()),
        ("", ()),
    ],
)
def test_direction_text(text: str, headings: tuple[float, ...]) -> None:
    assert headings_of(text) == headings


def test_one_direction_is_everybodys_and_several_are_shared_out() -> None:
    assert views_of("북동", 3) == (View(45.0),) * 3
    assert views_of("동,서", 3) == (View(90.0), View(270.0), View(None))
    assert views_of("동,서", 1) == (View(None),), "a single camera that looks both ways: nobody knows which now"
    assert views_of("360도전방면", 2) == (View(None, is_round=True),) * 2
    assert views_of("동대문 방면", 1) == (View(None),)


@given(st.text(max_size=30), st.integers(1, 9))
def test_no_direction_text_breaks_the_import(text: str, cameras: int) -> None:
    views = views_of(text, cameras)
    assert len(views) == cameras
    assert all(one.heading_deg is None or 0 <= one.heading_deg < 360 for one in views)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("생활방범", ("crime_prevention",)),
        ("어린이보호", ("child_protection",)),
        ("교통단속", ("traffic_enforcement",)),
        ("교통정보수집", ("traffic_information",)),
        ("쓰레기단속", ("waste",)),
        ("시설물관리", ("facility",)),
        ("재난재해", ("disaster",)),
        ("화재감시", ("fire",)),
        ("주차관리", ("parking",)),
        ("생활방범, 교통단속", ("crime_prevention", "traffic_enforcement")),
        ("다목적", ("crime_prevention",)),
        ("기타", ("other",)),
        ("", ("crime_prevention",)),
    ],
)
def test_purposes(text: str, codes: tuple[str, ...]) -> None:
    assert words.purposes_of(text) == codes


def test_numbers_dates_and_pixels() -> None:
    assert [words.count_of(text) for text in ("", "3", "３대", "1.0", "0", "1.5", "많음", "1,000")] == (
        [1, 3, 3, 1, None, None, None, None]
    )
    assert [words.width_px(text) for text in ("200", "200만 화소", "2M", "1920x1080", "2000000", "41", "", "0")] == (
        [1920, 1920, 1920, 1920, 1920, 720, None, None]
    )
    months = ("2019-03", "201903", "2019년 3월", "2019.03.12", "43556", "2019", "1905-07", "미상")
    assert [words.installed_on(text) for text in months] == (
        [date(2019, 3, 1)] * 4 + [date(2019, 4, 1), date(2019, 1, 1), None, None]
    )
    assert [words.retention_days(text) for text in ("30", "30일", "1개월", "", "-")] == [30, 30, 30, None, None]


@pytest.mark.parametrize(
    "text",
    ["37.512973", " 37.512973 ", "37,512973", "３７．５１２９７３", "37.512973\u00a0", "N37.512973", "37.512973°"]
    + [
        "'37.512973",
        "37°30'46.7028\"N",
        "37도 30분 46.7028초",
        "37-30-46.7028",
        "37 30 46.7028",
        "북위 37도30분46.7028초",
    ],
)
def test_a_latitude_as_people_write_it(text: str) -> None:
    value = axis(text)
    assert value is not None and abs(value - 37.512973) < 1e-7


@given(st.floats(33.0, 38.5), st.floats(124.5, 131.5))
def test_minutes_and_seconds_written_as_a_decimal_are_found_again(lat: float, lon: float) -> None:
    def as_decimal(value: float) -> float:
        seconds = round(value * 3600, 2)
        degrees, rest = divmod(seconds, 3600)
        minutes, rest = divmod(rest, 60)
        return float(f"{degrees:.0f}.{minutes:02.0f}{round(rest * 100):04d}")

    told = as_decimal(lat), as_decimal(lon)
    found = [one for one in coordinates.readings(*told) if one.reason == "degrees_minutes_seconds"]
    assert any(abs(one.lat - lat) < 1e-5 and abs(one.lon - lon) < 1e-5 for one in found)


@given(st.floats(33.2, 38.4), st.floats(124.6, 131.4), st.integers(0, 5), st.integers(1, 9))
def test_one_wrong_digit_is_among_the_readings(lat: float, lon: float, at: int, off: int) -> None:
    lat, lon = round(lat, 6), round(lon, 6)
    text = f"{lon:.6f}"
    place = [n for n, one in enumerate(text) if one.isdigit()][at]
    wrong = float(text[:place] + str((int(text[place]) + off) % 10) + text[place + 1 :])
    found = coordinates.one_digit_changed(lat, wrong)
    assert any(abs(one.lon - lon) < 1e-9 and one.lat == lat for one in found)


@given(st.text(max_size=40))
def test_no_text_breaks_the_coordinates(text: str) -> None:
    value = axis(text)
    assert value is None or abs(value) < 1e24
    coordinates.pair(text)


SAMPLE = street(60)
IN_ORDER = from_content(SAMPLE, len(HEADER))


@given(st.randoms(use_true_random=False))
def test_columns_are_known_in_any_order_without_a_header(chance: random.Random) -> None:
    order = list(range(len(HEADER)))
    chance.shuffle(order)
    found = from_content([[row[at] for at in order] for row in SAMPLE], len(order))
    told = {field: order[at] for field, at in zip(FIELDS, found.of, strict=True) if at >= 0}
    assert told == {field: at for field, at in zip(FIELDS, IN_ORDER.of, strict=True) if at >= 0}
    assert (told["lat"], told["lon"], told["purpose"], told["count"]) == (10, 11, 3, 4)


@pytest.mark.parametrize(
    ("lat", "lon"),
    [
        ("위도", "경도"),
        ("WGS84위도", "WGS84경도"),
        ("LAT", "LNG"),
        ("위도(WGS84)", "경도(WGS84)"),
        ("Latitude", "Longitude"),
    ]
    + [
        (" 위 도 ", " 경 도 "),
        ("\ufeff위도", "경도"),
        ("카메라 위도값", "카메라 경도값"),
        ("REFINE_WGS84_LAT", "REFINE_WGS84_LOGT"),
    ],
)
def test_headers_by_many_names(lat: str, lon: str) -> None:
    found = from_header(["번호", lon, lat, "설치목적", "설치연월"])
    assert found is not None
    assert (found.column("lon"), found.column("lat"), found.column("installed")) == (1, 2, 4)


def test_x_and_y_columns_hold_east_and_north() -> None:
    found = from_header(["관리번호", "X좌표", "Y좌표", "주소"])
    assert found is not None and found.has_place
    assert (found.column("x_m"), found.column("y_m"), found.column("lat")) == (1, 2, -1)
