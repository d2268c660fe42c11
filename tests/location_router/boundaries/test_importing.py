"""Files as offices send them, and files as they should never be sent."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import shapely

from location_router.boundaries.importing import Draft, ImportFailed, make_draft
from tests.location_router.boundaries.maps import box, geojson, projected, rows, vector, zipped_shapefile
from tests.location_router.places import in_force

OTHER_MAP = Path(__file__).parents[4] / "shared/data/boundaries/admdongkor_20220309_sgg_simple.geojson"
THREE = {"11110": "서울특별시 종로구", "41110": "경기도 수원시", "41590": "경기도 화성시"}


def names(draft: Draft) -> dict[str, str]:
    return {code: one.name_ko for code, one in draft.areas.items()}


def refused(draft: Draft) -> dict[int, str]:
    return {row["feature"]: row["reason"] for row in draft.report["refused"]}


def test_city_districts_become_their_city_and_fields_are_guessed(tmp_path: Path) -> None:
    draft = make_draft(geojson(tmp_path / "a.geojson", rows()))
    assert names(draft) == THREE
    assert draft.report["features_in"] == 4 and draft.report["features_out"] == 3
    assert [row["parts"] for row in draft.report["dissolved"]] == [["수원시장안구", "수원시 권선구"]]
    assert draft.report["fields"]["code"] == "SIG_CD" and "code" in draft.report["guessed"]
    assert draft.areas["41110"].polygon.bounds == pytest.approx((127.0, 37.4, 127.2, 37.5))


@pytest.mark.parametrize("epsg", [5174, 5179, 5181, 5186, 4326])
def test_a_zipped_cp949_shapefile_lands_where_it_belongs(tmp_path: Path, epsg: int) -> None:
    """EPSG:5174 is on Bessel's ellipsoid: without its datum shift everything would lie some 300 m off."""
    draft = make_draft(zipped_shapefile(tmp_path, rows(), epsg=epsg))
    assert names(draft) == THREE and draft.report["encoding"] == "CP949"
    metre_deg = 1e-5
    assert draft.areas["11110"].polygon.bounds == pytest.approx((127.0, 37.5, 127.3, 37.6), abs=metre_deg)


def test_a_geopackage_and_a_utf8_shapefile(tmp_path: Path) -> None:
    package = vector(tmp_path / "b.gpkg", projected(rows(), 5179), epsg=5179, driver="GPKG")
    assert names(make_draft(package)) == THREE
    shapefile = zipped_shapefile(tmp_path / "z", rows(), epsg=5186, encoding="UTF-8")
    assert names(make_draft(shapefile)) == THREE


def test_geojson_in_cp949_and_with_a_byte_order_mark(tmp_path: Path) -> None:
    text = geojson(tmp_path / "a.geojson", rows()).read_text(encoding="utf-8")
    for encoding in ("cp949", "utf-8-sig"):
        (tmp_path / "b.json").write_bytes(text.encode(encoding))
        assert names(make_draft(tmp_path / "b.json")) == THREE


def test_overlaps_gaps_and_slivers_are_told_with_place_and_neighbours(tmp_path: Path) -> None:
    features = [
        ("41110", "수원시", box(127.0, 37.4, 127.1003, 37.5)),
        ("41590", "화성시", box(127.1, 37.4, 127.2, 37.5)),
        ("11110", "종로구", box(127.0, 37.5, 127.2, 37.6).difference(box(127.05, 37.4999, 127.06, 37.502))),
    ]
    draft = make_draft(geojson(tmp_path / "a.geojson", features))
    (overlap,), (gap,) = draft.report["overlaps"], draft.report["gaps"]
    assert [one["code"] for one in overlap["between"]] == ["41110", "41590"] and overlap["given_to"] == "41110"
    assert (overlap["lat"], overlap["lon"]) == pytest.approx((37.45, 127.10015), abs=0.05)
    assert overlap["km2"] == pytest.approx(0.0003 * 88.3 * 11.1, rel=0.05)
    assert {one["code"] for one in gap["between"]} == {"11110", "41110"} and gap["given_to"] == "11110"
    shapes = [one.polygon for one in draft.areas.values()]
    assert shapely.coverage_is_valid(shapes)
    assert shapely.union_all(shapes).area == pytest.approx(0.2 * 0.2, rel=1e-4)


def test_a_bow_tie_is_repaired_and_bad_features_are_refused_one_by_one(tmp_path: Path) -> None:
    bow = shapely.Polygon([(127.3, 37.4), (127.4, 37.5), (127.4, 37.4), (127.3, 37.5)])
    far = box(2.0, 48.0, 2.1, 48.1)
    features = [*rows(), ("41550", "안성시", bow), ("48110", "파리시", far), ("", "", box(127.5, 37.4, 127.6, 37.5))]
    features += [("4x", "이상시", box(127.6, 37.4, 127.7, 37.5)), ("41590", "동탄시", box(127.7, 37.4, 127.8, 37.5))]
    features += [("41650", "포천시", shapely.Point(127.9, 37.5))]
    draft = make_draft(geojson(tmp_path / "a.geojson", features))
    assert set(names(draft)) == {*THREE, "41550"}
    assert [row["feature"] for row in draft.report["repaired"]] == [5]
    told = refused(draft)
    assert set(told) == {6, 7, 8, 9, 10}
    assert "outside Korea" in told[6] and "empty" in told[7] and "5 digits" in told[8]
    assert "feature 3" in told[9] and "Point" in told[10]


def test_a_city_drawn_both_whole_and_by_district_is_no_overlap(tmp_path: Path) -> None:
    draft = make_draft(geojson(tmp_path / "a.geojson", [*rows(), ("41110", "수원시", box(127.0, 37.4, 127.2, 37.5))]))
    assert (
        names(draft) == THREE and not draft.report["overlaps"] and draft.report["dissolved"][0]["features"] == [1, 2, 5]
    )


@pytest.mark.parametrize(
    "geometry",
    [
        None,
        "POLYGON((1 1))",
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[["a", 1], [127, 37], [127, 38], ["a", 1]]]},
        {"type": "Polygon", "coordinates": [[[127.5, 37], [float("nan"), 37], [127.6, 37.1], [127.5, 37]]]},
        {"type": "Polygonn", "coordinates": [[[127.5, 37], [127.6, 37.1], [127.5, 37]]]},
    ],
)
def test_one_broken_geometry_does_not_cost_the_others(tmp_path: Path, geometry: Any) -> None:
    path = geojson(tmp_path / "a.geojson", rows())
    body = json.loads(path.read_text(encoding="utf-8"))
    body["features"].append({"type": "Feature", "properties": {"SIG_CD": "41550"}, "geometry": geometry})
    path.write_text(json.dumps(body), encoding="utf-8")
    draft = make_draft(path)
    assert names(draft) == THREE
    assert [(row["feature"], row["value"]) for row in draft.report["refused"]] == [(5, "41550")]


@pytest.mark.parametrize(
    ("crs", "epsg", "words"),
    [
        ("urn:ogc:def:crs:OGC:1.3:CRS84", 5179, ("degrees", "--crs", "EPSG:5179")),
        ("urn:ogc:def:crs:EPSG::5186", 5179, ("outside Korea", "--crs")),
    ],
)
def test_a_wrong_reference_system_is_refused_with_the_cure(
    tmp_path: Path, crs: str, epsg: int, words: tuple[str, ...]
) -> None:
    path = geojson(tmp_path / "a.geojson", projected(rows(), epsg), crs=crs)
    with pytest.raises(ImportFailed) as problem:
        make_draft(path)
    assert all(word in str(problem.value) for word in (path.name, *words))
    assert names(make_draft(path, crs=f"EPSG:{epsg}")) == THREE


def test_without_a_prj_degrees_are_taken_and_metres_are_asked_about(tmp_path: Path) -> None:
    degrees = zipped_shapefile(tmp_path / "d", rows(), epsg=4326, drop=".prj")
    assert any("WGS84" in note for note in make_draft(degrees).report["notes"])
    metres = zipped_shapefile(tmp_path / "m", rows(), epsg=5174, drop=".prj")
    with pytest.raises(ImportFailed, match="--crs"):
        make_draft(metres)
    assert names(make_draft(metres, crs="5174")) == THREE


def test_degrees_are_not_read_as_metres(tmp_path: Path) -> None:
    """Korea would be a hundred metres wide and lie in the sea off 제주."""
    with pytest.raises(ImportFailed, match="are degrees.*EPSG:4326"):
        make_draft(geojson(tmp_path / "a.geojson", rows()), crs="EPSG:5186")


def test_exchanged_axes_are_put_right_and_told(tmp_path: Path) -> None:
    flipped = [(code, name, shapely.transform(shape, lambda p: p[:, ::-1])) for code, name, shape in rows()]
    draft = make_draft(geojson(tmp_path / "a.geojson", flipped))
    assert names(draft) == THREE and draft.areas["11110"].lat == pytest.approx(37.55, abs=0.05)
    assert any("exchanged" in note for note in draft.report["notes"])


def test_a_field_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    path = geojson(tmp_path / "a.geojson", rows(), code="a", name="b")
    assert names(make_draft(path)) == THREE  # by their content
    with pytest.raises(ImportFailed, match=r"--code-field 'nope'.*a, b"):
        make_draft(path, fields={"code": "nope"})
    blank = geojson(tmp_path / "c.geojson", [("x", "y", box(127, 37, 127.1, 37.1))], code="a", name="b")
    with pytest.raises(ImportFailed, match="--code-field"):
        make_draft(blank)


def test_names_alone_are_enough_when_the_place_tells_which(tmp_path: Path) -> None:
    """There are six 중구; a polygon in 대전 means that of 대전."""
    base = in_force("2023-07-01")
    place = base.centers["30140"]
    around = box(place.lon - 0.01, place.lat - 0.01, place.lon + 0.01, place.lat + 0.01)
    path = geojson(tmp_path / "a.geojson", [("", "중구", around), ("", "수원시 팔달구", box(127.0, 37.2, 127.1, 37.3))])
    draft = make_draft(path, base=base)
    assert names(draft) == {"30140": "대전광역시 중구", "41110": "경기도 수원시"}
    assert refused(make_draft(path)).keys() == {1}


def test_files_that_hold_nothing_or_break_off(tmp_path: Path) -> None:
    whole = zipped_shapefile(tmp_path / "z", rows(), epsg=5179)
    (tmp_path / "cut.zip").write_bytes(whole.read_bytes()[:-200])
    text = geojson(tmp_path / "a.geojson", rows()).read_bytes()
    (tmp_path / "cut.geojson").write_bytes(text[: len(text) // 2])
    (tmp_path / "none.geojson").write_text('{"type":"FeatureCollection","features":[]}')
    (tmp_path / "page.html").write_text("<html>로그인</html>")
    without = zipped_shapefile(tmp_path / "w", rows(), epsg=5179, drop=".dbf")
    for path in [tmp_path / name for name in ("cut.zip", "cut.geojson", "none.geojson", "page.html", "gone")] + [
        without
    ]:
        with pytest.raises(ImportFailed) as problem:
            make_draft(path)
        assert path.name in str(problem.value), problem.value


def test_an_archive_may_not_lead_outside_nor_swell(tmp_path: Path) -> None:
    for number, name in enumerate(("../out.geojson", "/etc/out.geojson", "C:\\out.geojson")):
        path = tmp_path / f"{number}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, "{}")
        with pytest.raises(ImportFailed, match="leads out"):
            make_draft(path)
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.geojson", b" " * 60_000_000)
    with pytest.raises(ImportFailed, match="unpacked"):
        make_draft(bomb)


def test_a_new_municipality_gets_its_names(tmp_path: Path) -> None:
    draft = make_draft(geojson(tmp_path / "a.geojson", [*rows(), ("41999", "새빛시", box(127.5, 37.4, 127.6, 37.5))]))
    assert names(draft)["41999"] == "경기도 새빛시" and draft.areas["41999"].name_en == "Saebit-si, Gyeonggi-do"
    assert "a new municipality" in draft.report["renamed"][0]["remark"]


@pytest.mark.skipif(not OTHER_MAP.is_file(), reason="the other map is not beside this checkout")
def test_the_other_map_of_the_country_gives_229_municipalities(tmp_path: Path) -> None:
    draft = make_draft(OTHER_MAP, base=in_force("2023-01-01"))
    assert set(draft.areas) == set(in_force("2023-01-01").centers) and len(draft.areas) == 229
    report = draft.report
    assert report["features_in"] == 250 and not report["refused"] and len(report["dissolved"]) == 11
    assert not report["missing_centers"] and not report["new_centers"]
    assert abs(report["shift_m"]["east"]) < 20 and abs(report["shift_m"]["north"]) < 20
    assert shapely.coverage_is_valid([one.polygon for one in draft.areas.values()])
    json.dumps(report)
    moved = [
        (one.code, "", shapely.transform(one.polygon, lambda p: p + [0.0029, 0.0])) for one in draft.areas.values()
    ]
    shifted = make_draft(geojson(tmp_path / "shifted.geojson", moved), base=in_force("2023-01-01"))
    assert any("shifted" in warning for warning in shifted.report["warnings"])
