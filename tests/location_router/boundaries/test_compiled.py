"""An imported version compiled for lookup gives the answer of its polygons, also within metres of a border."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from location_router.boundaries.area import Area, areas_of
from location_router.boundaries.changes import changes
from location_router.boundaries.cleaning import clean
from location_router.boundaries.importing import make_draft
from location_router.boundaries.romanize import romanize
from location_router.index import Activated
from location_router.kept import load_version
from location_router.snapshot import compile_version
from tests.location_router.boundaries.maps import box, geojson
from tests.location_router.places import country_index, in_force

SEOUL = [code for code in in_force("2023-07-01").centers if code.startswith("11")]


def test_lookups_agree_with_the_polygons_at_and_off_the_borders(tmp_path: Path) -> None:
    areas = list(areas_of(in_force("2023-07-01"), only=SEOUL).values())
    draft = make_draft(geojson(tmp_path / "a.geojson", [(one.code, one.name_ko, one.polygon) for one in areas]))
    assert not draft.report["overlaps"] and set(draft.areas) == set(SEOUL)
    compile_version(tmp_path / "v.npz", {"label": "v", "effective": "2026-12-01"}, list(draft.areas.values()), "a")
    version = load_version(tmp_path / "v.npz")
    dice = np.random.default_rng(5)
    shapes = np.asarray([one.polygon for one in draft.areas.values()])
    corners = shapely.get_coordinates(shapes)
    near = corners[dice.integers(0, len(corners), 20_000)] + dice.normal(0, 1e-4, (20_000, 2))
    far = dice.uniform((126.7, 37.4), (127.2, 37.7), (10_000, 2))
    points = np.vstack([near, far])
    found = version.containing_many(points[:, 1], points[:, 0])
    place, shape = shapely.STRtree(shapes).query(shapely.points(points), predicate="within")
    truth = np.full(len(points), None, dtype=object)
    truth[place] = np.asarray(list(draft.areas))[shape]
    assert (found == truth).all() and (truth != None).sum() > 15_000  # noqa: E711
    assert version.outline("11680", tolerance_m=0)["type"] == "MultiPolygon"


def test_an_activated_version_outranks_the_built_in_ones_from_its_day_until_its_end(tmp_path: Path) -> None:
    index, day = country_index(), in_force("2024-01-18").effective
    areas = list(areas_of(in_force("2023-07-01"), only=SEOUL).values())
    compile_version(tmp_path / "v.npz", {"label": "v", "effective": "2024-01-18"}, areas, "a")
    version = load_version(tmp_path / "v.npz")
    end = in_force("2026-07-01").effective
    with_it = index.with_activated([Activated(version, day, end)])
    assert with_it.version(day) is version and with_it.version(end).boundary_version == "2026-07-01"
    assert with_it.version(day.replace(day=17)).boundary_version == "2023-07-01"
    assert index.version(day).boundary_version == "2024-01-18"  # readers of the old index are not disturbed
    assert version.current_code("29110") is None and with_it.named("v") is version


def test_land_that_changes_hands_is_told_from_center_to_center() -> None:
    before = {"a": box(127.0, 37.0, 127.2, 37.1), "b": box(127.2, 37.0, 127.4, 37.1), "c": box(127.4, 37, 127.5, 37.1)}
    after = {"a": box(127.0, 37.0, 127.1, 37.1), "b": box(127.1, 37.0, 127.4, 37.1), "d": box(127.4, 37, 127.5, 37.1)}
    old, new = areas_like(before), areas_like(after | {"e": box(127.5, 37.0, 127.6, 37.1)})
    found = [(one.kind, one.before and one.before.code, one.after and one.after.code) for one in changes(old, new)]
    assert sorted(found, key=str) == sorted(
        [("moved", "a", "b"), ("recoded", "c", "d"), ("gained", None, "e")], key=str
    )
    assert not changes(old, old)


def areas_like(shapes: dict[str, shapely.Geometry]) -> dict[str, Area]:
    return {code: Area(code, code, code, 0.0, 0.0, shape) for code, shape in shapes.items()}


def test_a_piece_that_others_cover_is_empty_and_the_rest_is_a_coverage() -> None:
    found = clean({"a": [box(127.0, 37.0, 127.3, 37.3)], "b": [box(127.1, 37.1, 127.2, 37.2)]})
    assert shapely.is_empty(found.polygons["b"]) and found.overlap_faces == 1
    assert found.spots[0].between == ("a", "b") and found.spots[0].given_to == "a"


@pytest.mark.parametrize(
    ("korean", "english"),
    [
        ("영종구", "Yeongjong-gu"),
        ("수원시", "Suwon-si"),
        ("신안군", "Sinan-gun"),
        ("중구", "Jung-gu"),
        ("목포시", "Mokpo-si"),
    ],
)
def test_names_are_romanized(korean: str, english: str) -> None:
    assert romanize(korean) == english
