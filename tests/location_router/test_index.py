"""Lookups against shapely as the judge, at borders above all, and the snapshot file's own failures."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from location_router import geo
from location_router.check import polygons
from location_router.index import Index, NoVersionError, SnapshotError, snapshot_path
from tests.location_router.places import ANYANG_STATION, INCHEON_BRIDGE, TOKYO, country_index, in_force

NEWEST = "2026-07-01"
LATS = st.floats(33.0, 38.7)
LONS = st.floats(124.5, 131.9)


@pytest.mark.parametrize(
    ("lat", "lon", "name_ko"),
    [
        (37.4019, 126.9227, "경기도 안양시"),
        (37.5000, 127.0300, "서울특별시 강남구"),
        (37.5663, 126.9779, "서울특별시 중구"),
        (37.4845, 130.9057, "경상북도 울릉군"),
        (37.2415, 131.8646, "경상북도 울릉군"),
        (33.4996, 126.5312, "제주특별자치도 제주시"),
        (36.4800, 127.2890, "세종특별자치시"),
        (36.8151, 127.1139, "충청남도 천안시"),
        (35.2279, 128.6811, "경상남도 창원시"),
        (36.6424, 127.4890, "충청북도 청주시"),
        (37.2636, 127.0286, "경기도 수원시"),
        (35.0500, 128.8200, "부산광역시 강서구"),
    ],
)
def test_well_known_places(lat: float, lon: float, name_ko: str) -> None:
    version = in_force("2023-07-01")
    code = version.containing(lat=lat, lon=lon)
    assert code is not None and version.centers[code].name_ko == name_ko


def test_at_sea_and_in_the_jsa_the_nearest_polygon_is_found() -> None:
    version = in_force("2023-07-01")
    assert version.containing(**INCHEON_BRIDGE) is None
    bridge = version.nearest(**INCHEON_BRIDGE)
    assert version.centers[bridge[0][0]].name_ko == "인천광역시 중구" and 3_000 < bridge[0][1] < 6_000
    jsa = version.nearest(lat=37.9559, lon=126.6772, limit=1)
    assert version.centers[jsa[0][0]].name_ko == "경기도 파주시" and jsa[0][1] < 1_000


def test_every_border_point_falls_where_shapely_says() -> None:
    """60,000 places within about 30 m of a border, and the same places one by one."""
    shapes, table = polygons(country_index()), country_index().table
    outline, dice = table.arrays["points"], np.random.default_rng(20260701)
    near = outline[dice.integers(0, len(outline), 60_000)] + dice.normal(0, 3e-4, (60_000, 2))
    lats, lons = np.ascontiguousarray(near[:, 1]), np.ascontiguousarray(near[:, 0])
    place, piece = shapely.STRtree(shapes).query(shapely.points(lons, lats), predicate="intersects")
    expected = np.full(len(near), -1)
    expected[place] = piece
    assert (table.pieces_at(lats, lons) == expected).all()
    singles = [
        table.piece_at(lat, lon) for lat, lon in zip(lats[:20_000].tolist(), lons[:20_000].tolist(), strict=True)
    ]
    assert singles == expected[:20_000].tolist()
    assert 0.2 < (expected >= 0).mean() < 1.0


def test_a_place_exactly_on_a_border_has_exactly_one_owner() -> None:
    """Corners that several municipalities share: never two, never an error, the same each time."""
    table = country_index().table
    points, counts = np.unique(table.arrays["points"], axis=0, return_counts=True)
    corners = points[counts >= 2][::20]
    assert len(corners) > 1_000
    singles = [table.piece_at(lat, lon) for lon, lat in corners.tolist()]
    assert singles == table.pieces_at(corners[:, 1].copy(), corners[:, 0].copy()).tolist()
    angles = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    around = corners[:, None, :] + 2e-7 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    ring = table.pieces_at(around[..., 1].ravel(), around[..., 0].ravel()).reshape(len(corners), -1)
    inland = (ring >= 0).all(axis=1)
    assert inland.sum() > 1_000 and (np.asarray(singles)[inland] >= 0).all()


@settings(max_examples=200)
@given(LATS, LONS)
def test_one_and_many_agree(lat: float, lon: float) -> None:
    version = in_force(NEWEST)
    assert version.containing_many([lat], [lon])[0] == version.containing(lat=lat, lon=lon)
    codes, metres = version.nearest_many([lat], [lon])
    code, distance_m = version.nearest(lat=lat, lon=lon, limit=1)[0]
    assert codes[0] == code and metres[0] == pytest.approx(distance_m, abs=0.01)


@settings(max_examples=60, deadline=None)
@given(LATS, LONS)
def test_distances_are_to_the_polygon_within_half_a_per_cent(lat: float, lon: float) -> None:
    """Shapely finds the nearest border point on a locally stretched map; our metres to that point must match."""
    version = in_force("2023-01-01")
    found = version.nearest(lat=lat, lon=lon, limit=5)
    assert [metres for _, metres in found] == sorted(metres for _, metres in found) and len(found) == 5
    inside = version.containing(lat=lat, lon=lon)
    assert inside is None or found[0] == (inside, 0.0)
    code, metres = found[-1]
    north, east = geo.metres_per_degree(lat=lat)
    shape = shapely.transform(
        shapely.geometry.shape(version.outline(code, tolerance_m=0)),
        lambda xy: np.column_stack([(xy[:, 0] - lon) * np.cos(np.radians((xy[:, 1] + lat) / 2)), xy[:, 1] - lat]),
    )
    assert shapely.distance(shape, shapely.Point(0, 0)) * north == pytest.approx(metres, rel=0.01, abs=1.0)
    assert east < north


def test_skipped_centers_are_left_out() -> None:
    version = in_force("2023-07-01")
    assert version.nearest(**ANYANG_STATION, limit=1) == [("41170", 0.0)]
    code, metres = version.nearest(**ANYANG_STATION, limit=1, skip={"41170"})[0]
    assert code == "41410" and metres > 1_000
    assert version.nearest(**ANYANG_STATION, skip=set(version.centers)) == []


def test_from_tokyo_the_nearest_is_ulleung() -> None:
    code, metres = in_force(NEWEST).nearest(**TOKYO, limit=1)[0]
    assert code == "47940" and 700_000 < metres < 750_000


@pytest.mark.parametrize(("lat", "lon"), [(float("nan"), 127.0), (37.0, float("inf")), (999.0, -999.0)])
def test_odd_numbers_are_in_no_jurisdiction(lat: float, lon: float) -> None:
    version = in_force(NEWEST)
    assert version.containing(lat=lat, lon=lon) is None
    assert version.containing_many([lat], [lon])[0] is None


def test_outlines_are_geojson_that_holds_the_centers_point() -> None:
    version = in_force(NEWEST)
    for code in ("41170", "28125", "46910" if "46910" in version.centers else "12870"):
        outline = version.outline(code, tolerance_m=100)
        assert outline["type"] == "MultiPolygon"
        center = version.centers[code]
        assert shapely.geometry.shape(outline).contains(shapely.Point(center.lon, center.lat))
    with pytest.raises(KeyError):
        version.outline("99999")


def test_dates_before_the_first_version_are_refused() -> None:
    with pytest.raises(NoVersionError, match="2023-01-01"):
        country_index().version(date(2022, 12, 31))
    assert country_index().version(date(2099, 1, 1)).boundary_version == country_index().labels[-1]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not really", b"\x00" * 5_000])
def test_a_damaged_snapshot_says_what_to_do(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "boundaries.npz"
    path.write_bytes(content)
    with pytest.raises(SnapshotError, match="boundaries compile"):
        Index.load(path)
    with pytest.raises(SnapshotError, match="there is no boundary snapshot"):
        Index.load(tmp_path / "absent.npz")


def test_a_truncated_snapshot_is_never_half_read(tmp_path: Path) -> None:
    country_index()
    whole = snapshot_path().read_bytes()
    for share in (0.2, 0.7, 0.999):
        path = tmp_path / "cut.npz"
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(SnapshotError):
            Index.load(path)


def test_the_snapshots_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BOUNDARY_SNAPSHOT", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/x/cache")
    assert snapshot_path() == Path("/x/cache/ansim/boundaries.npz")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "")
    assert snapshot_path().is_absolute()
    monkeypatch.setenv("BOUNDARY_SNAPSHOT", "/y/b.npz")
    assert snapshot_path() == Path("/y/b.npz")
