"""Any coordinate reference system that Korean border files come in → WGS84 longitude and latitude.

Two steps, so that no datum shift is lost or guessed: the projection is undone on the file's own ellipsoid; then Bessel
coordinates (Korean 1985: EPSG:5173–5178, 2097 …) take EPSG's official shift to WGS84 (about 350 m; a library that does
not know a .prj's datum name silently leaves it out), and those on GRS80 or WGS84 (EPSG:5179–5188, NGII's ITRF2000) stay
as they are, which is right to a decimetre. Always x = longitude or easting, whatever axis order the definition tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from location_router.boundaries.cleaning import Shapes

if TYPE_CHECKING:
    from pyproj import CRS

_LON, _LAT = (123.0, 133.0), (32.0, 44.0)
_BESSEL_A = 6377397.155
_MODERN_A = 6378137.0
CURES = (
    "EPSG:5179 (UTM-K), EPSG:5174 (Bessel, 중부 127.0029°), EPSG:5181 (중부, N 500,000), EPSG:5186 (중부, N 600,000)"
)


class BadPlace(Exception):
    """The coordinates can't be those of Korea in the reference system that was told: one sentence with the cure."""


def to_wgs84(shapes: Shapes, *, told: str, given: str, notes: list[str], file: str) -> tuple[Shapes, str]:
    """Shapes in (lon, lat) degrees and the name of the reference system they came in. `given` beats `told`, the file's
    own; remarks for the report go to `notes`. Raises BadPlace."""
    middle = _middle(shapes)
    if not given and not told:
        if not _like_degrees(middle):
            raise BadPlace(
                f"{file}: 좌표계(.prj)가 없고 좌표가 {_pair(middle)}로 미터 단위입니다. --crs로 알려 주세요 "
                f"· it names no "
                f"reference system and its coordinates are metres; tell it by --crs: {CURES}"
            )
        notes.append("좌표계가 없어 WGS84로 보았습니다 · no reference system named: taken for WGS84")
    crs = _crs(given or told or "EPSG:4326", field="--crs" if given else f"{file} (.prj)")
    if given and told:
        notes.append(f"파일의 좌표계 대신 --crs {given}을 썼습니다 · --crs {given} used instead of the file's own")
    if crs.is_geographic and not _like_degrees(middle):
        raise BadPlace(
            f"{file}: 좌표계는 {crs.name}(도)라는데 좌표는 {_pair(middle)}입니다. 맞는 것을 --crs로 "
            f"· it claims {crs.name} "
            f"(degrees) but its coordinates are {_pair(middle)}; name the right one by --crs: {CURES}"
        )
    if crs.is_projected and _in_korea(middle):
        raise BadPlace(
            f"{file}: {crs.name}는 미터인데 좌표는 {_pair(middle)}로 도 단위입니다. --crs EPSG:4326을 주세요 "
            f"· {crs.name} is in metres but its coordinates {_pair(middle)} are degrees; try --crs EPSG:4326"
        )
    if crs.is_geographic and _exchanged(middle):
        notes.append("위도와 경도가 바뀌어 있어 바로잡았습니다 · latitude and longitude were exchanged: put right")
        shapes = shapely.transform(shapes, lambda points: points[:, ::-1])
    shapes = _moved(shapes, crs)
    lon, lat = _middle(shapes)
    if not (_LON[0] <= lon <= _LON[1] and _LAT[0] <= lat <= _LAT[1]):
        raise BadPlace(
            f"{file}: {crs.name}로 읽으면 한국 밖({lat:.3f}, {lon:.3f})입니다. 다른 --crs를 주세요 "
            f"· read as {crs.name} it "
            f"lies outside Korea, at lat {lat:.3f}, lon {lon:.3f}; try another --crs: {CURES}"
        )
    authority = crs.to_authority(min_confidence=70)
    return shapes, f"{':'.join(authority)} {crs.name}" if authority else crs.name


def outside(shapes: Shapes) -> NDArray[np.bool_]:
    """Which shapes reach out of Korea and its surroundings, or have coordinates that are no numbers."""
    west, south, east, north = shapely.bounds(shapes).T
    inside: NDArray[np.bool_] = (west >= _LON[0]) & (east <= _LON[1]) & (south >= _LAT[0]) & (north <= _LAT[1])
    return ~inside


def _crs(text: str, *, field: str) -> CRS:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        crs = CRS.from_user_input(int(text) if text.isdigit() else text)
    except CRSError:
        raise BadPlace(
            f"{field}: {text[:60]!r}는 모르는 좌표계입니다 · unknown reference system; e.g. {CURES}"
        ) from None
    while crs.is_bound and crs.source_crs is not None:
        crs = crs.source_crs
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    if not (crs.is_projected or crs.is_geographic) or crs.ellipsoid is None:
        raise BadPlace(f"{field}: {crs.name}는 지도 좌표계가 아닙니다 · it is no map's reference system; e.g. {CURES}")
    return crs


def _moved(shapes: Shapes, crs: CRS) -> Shapes:
    from pyproj import CRS, Transformer

    assert crs.ellipsoid is not None
    axis_m = crs.ellipsoid.semi_major_metre
    if abs(axis_m - _BESSEL_A) > 1 and abs(axis_m - _MODERN_A) > 1:
        raise BadPlace(f"{crs.name}: {crs.ellipsoid.name} 타원체는 다루지 않습니다 · this ellipsoid is not supported")
    steps = []
    if crs.is_projected and crs.geodetic_crs is not None:
        steps.append(Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True))
    if abs(axis_m - _BESSEL_A) <= 1:
        steps.append(Transformer.from_crs(CRS.from_epsg(4162), CRS.from_epsg(4326), always_xy=True))

    def move(points: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = points[:, 0], points[:, 1]
        for step in steps:
            x, y = step.transform(x, y)
        return np.column_stack([x, y])

    return shapely.transform(shapes, move) if steps else shapes


def _middle(shapes: Shapes) -> tuple[float, float]:
    """The middle of the typical shape: one astray must not spoil the judgement of the file."""
    bounds = shapely.bounds(shapes)
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(bounds):
        return 127.0, 37.0
    middle = np.median((bounds[:, :2] + bounds[:, 2:]) / 2, axis=0)
    return float(middle[0]), float(middle[1])


def _like_degrees(middle: tuple[float, float]) -> bool:
    return abs(middle[0]) <= 180 and abs(middle[1]) <= 180


def _in_korea(middle: tuple[float, float]) -> bool:
    """As degrees, either way round."""
    return _exchanged(middle) or _exchanged((middle[1], middle[0]))


def _exchanged(middle: tuple[float, float]) -> bool:
    return _LAT[0] <= middle[0] <= _LAT[1] and _LON[0] <= middle[1] <= _LON[1]


def _pair(middle: tuple[float, float]) -> str:
    return f"({middle[0]:,.1f}, {middle[1]:,.1f})"
