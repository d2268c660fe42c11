"""Which center's jurisdiction holds a place, in about a microsecond, and how far the others are.

Reads the snapshot that `snapshot.py` compiled; needs numpy only and is pure after loading: no I/O, no shapely (but
`outline`, for maps, borrows it). Distances go to the jurisdiction's polygon. Positions are WGS84 degrees, arguments
keyword-only. The server's installations load it too.
"""

from __future__ import annotations

import json
import os
import secrets
import tempfile
import zipfile
from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from location_router import geo

if TYPE_CHECKING:
    from location_router.near import Near

FORMAT = 1
CELL_DEG = 0.005
PER_DEG = 200
WEST, SOUTH, COLUMNS, ROWS = 124.5, 33.0, 1520, 1150
EAST, NORTH = WEST + COLUMNS / PER_DEG, SOUTH + ROWS / PER_DEG
KST = timezone(timedelta(hours=9))
_CHUNK = 64
_BULK = 200_000
_BLOCK_DEG = 0.1
_MATRIX = 2_000_000
_AROUND = (22.0, 48.0, 112.0, 148.0)
_SLACK = 0.85  # boxes are measured at one latitude: never prune by the few per cent this is wrong far out


class SnapshotError(Exception):
    """The snapshot is missing, damaged, or of another format; the message says what to do."""


class NoVersionError(ValueError):
    """No boundary version was in force on that date."""


@dataclass(frozen=True, slots=True)
class Center:
    """A municipality as a center: `lat`, `lon` is a point inside its polygon."""

    code: str
    name_ko: str
    name_en: str
    lat: float
    lon: float


def snapshot_path() -> Path:
    """Where the snapshot lives: `BOUNDARY_SNAPSHOT`, or `ansim/boundaries.npz` in the user's cache folder."""
    if chosen := os.environ.get("BOUNDARY_SNAPSHOT"):
        return Path(chosen)
    if cache := os.environ.get("XDG_CACHE_HOME"):
        return Path(cache) / "ansim" / "boundaries.npz"
    if home := os.environ.get("HOME"):
        return Path(home) / ".cache" / "ansim" / "boundaries.npz"
    return Path(tempfile.gettempdir()) / f"ansim-{os.getuid()}" / "boundaries.npz"


def basemap_path(snapshot: Path | None = None) -> Path:
    """Where the built-in basemap's tiles lie (`location_router/basemap/`): beside the snapshot."""
    return (snapshot or snapshot_path()).with_name("basemap.pmtiles")


@dataclass(frozen=True, slots=True)
class Activated:
    """An imported version in force from `effective` until (not including) `until`, both Korean days."""

    version: Jurisdictions
    effective: date
    until: date | None = None


class Index:
    """All boundary versions: those of the built-in snapshot, and the imported ones that were activated."""

    def __init__(self, meta: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        self.source: str = meta["source"]
        self.report: dict[str, Any] = meta["report"]
        self.table = _Table(meta["pieces"], arrays)
        self._built_in = [Jurisdictions(self.table, version) for version in meta["versions"]]
        self._activated: list[Activated] = []
        self._others: list[Jurisdictions] = []
        self._know_places()

    def with_activated(self, activated: Sequence[Activated], others: Sequence[Jurisdictions] = ()) -> Index:
        """The same built-in versions with these imported ones: a new index, so that readers of this one are not
        disturbed. The last of the sequence wins where two are in force on the same day with the same date; `others`
        are versions that decided alerts once and are in force no more."""
        other = copy(self)
        other._activated = sorted(activated, key=lambda one: one.effective)
        other._others = list(others)
        other._know_places()
        return other

    def _know_places(self) -> None:
        places = {code: center for version in self.all_versions() for code, center in version.centers.items()}
        for version in self.all_versions():
            version.places, version.siblings, version._heirs = places, self.all_versions(), {}

    @classmethod
    def load(cls, path: Path | str | None = None, *, kept_in: Path | None = None) -> Index:
        """Reads a snapshot (default: `snapshot_path()`) and the imported versions beside it (or in the folder
        `kept_in`). Raises SnapshotError."""
        path = Path(path) if path else snapshot_path()
        cure = f"run: BOUNDARY_SNAPSHOT={path} python -m location_router boundaries compile"
        try:
            with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            meta = json.loads(arrays.pop("meta").tobytes())
        except FileNotFoundError:
            raise SnapshotError(f"there is no boundary snapshot at {path}; {cure}") from None
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as problem:
            raise SnapshotError(f"the boundary snapshot {path} is damaged ({problem}); {cure}") from problem
        if meta.get("format") != FORMAT:
            raise SnapshotError(f"the boundary snapshot {path} has another format; {cure}")
        from location_router.kept import with_kept

        return with_kept(cls(meta, arrays), path, kept_in)

    @property
    def labels(self) -> list[str]:
        """Version labels, oldest first; each is the date it came into force."""
        return [version.boundary_version for version in self.all_versions()]

    def all_versions(self) -> list[Jurisdictions]:
        """Built-in and imported, by the date they come into force, oldest first."""
        imported = {one.version.boundary_version: one.version for one in self._activated}
        imported |= {one.boundary_version: one for one in self._others}
        return sorted([*self._built_in, *imported.values()], key=lambda one: (one.effective, one.boundary_version))

    def built_in(self) -> list[Jurisdictions]:
        """The versions that come with the program, oldest first."""
        return list(self._built_in)

    def named(self, boundary_version: str) -> Jurisdictions | None:
        """The version of this name, whether in force or not (an alert stores the name of the one that decided it)."""
        return next((one for one in self.all_versions() if one.boundary_version == boundary_version), None)

    def find_boundary(self, key: str) -> tuple[Jurisdictions, str] | None:
        """The version and center code that a boundary key names, None for an unknown key."""
        for version in self.all_versions():
            if (code := version.code_of_key(key)) is not None:
                return version, code
        return None

    def version(self, as_of: date | None = None) -> Jurisdictions:
        """The version in force on `as_of` (default: today in Korea). An activated version outranks the built-in ones
        from its date on; the newest date wins among several. Raises NoVersionError before the first one."""
        day = as_of or datetime.now(UTC).astimezone(KST).date()
        for one in reversed(self._activated):
            if one.effective <= day and (one.until is None or day < one.until):
                return one.version
        for version in reversed(self._built_in):
            if version.effective <= day:
                return version
        raise NoVersionError(f"no boundary version was in force on {day}; the first is {self.labels[0]}")


class _Table:
    """The geometry that all versions share; knows pieces, not centers."""

    def __init__(self, pieces: list[str], arrays: dict[str, NDArray[Any]]) -> None:
        self.pieces, self.arrays = pieces, arrays
        self.flat = arrays["grid"].reshape(-1)
        self.cells = memoryview(self.flat.data)
        self._edges: dict[int, list[tuple[int, list[tuple[float, float, float, float]]]]] = {}
        self._build_chunks()

    def piece_at(self, lat: float, lon: float) -> int:
        """Number of the piece that holds the point, -1 for none (also for NaN)."""
        if not (SOUTH <= lat < NORTH and WEST <= lon < EAST):
            return -1
        value = self.cells[int((lat - SOUTH) * PER_DEG) * COLUMNS + int((lon - WEST) * PER_DEG)]
        if value >= -1:
            return value
        for piece, segments in self._edges.get(value) or self._edge(value):
            inside = False
            for x, low, high, slope in segments:
                if low <= lat < high and lon < x + (lat - low) * slope:
                    inside = not inside
            if inside:
                return piece
        return -1

    def _edge(self, value: int) -> list[tuple[int, list[tuple[float, float, float, float]]]]:
        """An edge cell's groups as plain tuples, kept because Python walks them five times faster than arrays."""
        held, names = self.arrays, ("segment_x", "segment_low", "segment_high", "segment_slope")
        first, last = held["cell_groups"][-2 - value : -value].tolist()
        starts = held["group_segments"][first : last + 1].tolist()
        groups = []
        for place, piece in enumerate(held["group_piece"][first:last].tolist()):
            span = slice(starts[place], starts[place + 1])
            groups.append((piece, list(zip(*(held[name][span].tolist() for name in names), strict=True))))
        self._edges[value] = groups
        return groups

    def pieces_at(self, lats: NDArray[np.float64], lons: NDArray[np.float64]) -> NDArray[np.int32]:
        """`piece_at` for arrays."""
        found = np.full(len(lats), -1, dtype=np.int32)
        within = (lats >= SOUTH) & (lats < NORTH) & (lons >= WEST) & (lons < EAST)
        place = np.flatnonzero(within)
        rows = ((lats[place] - SOUTH) * PER_DEG).astype(np.int64)
        values = self.flat[rows * COLUMNS + ((lons[place] - WEST) * PER_DEG).astype(np.int64)]
        found[place] = np.maximum(values, -1)
        edge = values < -1
        place, cell = place[edge], -2 - values[edge].astype(np.int64)
        for start in range(0, len(place), _BULK):
            part = place[start : start + _BULK]
            found[part] = self._decide(lats[part], lons[part], cell[start : start + _BULK])
        return found

    def _decide(
        self, lats: NDArray[np.float64], lons: NDArray[np.float64], cell: NDArray[np.int64]
    ) -> NDArray[np.int32]:
        """Counts crossings for points in edge cells: points × groups × segments, laid out flat."""
        held = self.arrays
        point, group = _expand(held["cell_groups"], cell)
        pair, segment = _expand(held["group_segments"], group)
        lat, lon = lats[point[pair]], lons[point[pair]]
        low = held["segment_low"][segment]
        crossed = (low <= lat) & (lat < held["segment_high"][segment])
        crossed &= lon < held["segment_x"][segment] + (lat - low) * held["segment_slope"][segment]
        inside = np.bincount(pair[crossed], minlength=len(group)) % 2 == 1
        found = np.full(len(lats), -1, dtype=np.int32)
        hits = np.flatnonzero(inside)[::-1]
        found[point[hits]] = held["group_piece"][group[hits]]
        return found

    def _build_chunks(self) -> None:
        """Border segments in runs of at most `_CHUNK`, each with its box, so that distance looks at few of them."""
        points, starts = self.arrays["points"], self.arrays["ring_points"]
        owner = np.repeat(self.arrays["ring_piece"], np.diff(starts))
        last = np.zeros(len(points), dtype=bool)
        last[starts[1:] - 1] = True
        first = np.flatnonzero(~last)
        self.segments = np.hstack([points[first], points[first + 1]])
        piece = owner[first]
        fresh = np.append(True, piece[1:] != piece[:-1])
        run = np.arange(len(piece)) - np.maximum.accumulate(np.where(fresh, np.arange(len(piece)), 0))
        begin = np.flatnonzero(fresh | (run % _CHUNK == 0))
        self.chunk_start = np.append(begin, len(piece))
        self.chunk_piece = piece[begin]
        low = np.minimum(self.segments[:, :2], self.segments[:, 2:])
        high = np.maximum(self.segments[:, :2], self.segments[:, 2:])
        self.chunk_low = np.minimum.reduceat(low, begin)
        self.chunk_high = np.maximum.reduceat(high, begin)


def _expand(offsets: NDArray[np.int64], rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For rows of a compressed table: the place of the row and the item, one line for each item."""
    first, count = offsets[rows], offsets[rows + 1] - offsets[rows]
    place = np.repeat(np.arange(len(rows)), count)
    item = np.arange(int(count.sum())) + np.repeat(first - np.append(0, np.cumsum(count)[:-1]), count)
    return place, item


def _is_around(lat: float, lon: float) -> bool:
    south, north, west, east = _AROUND
    return south <= lat <= north and west <= lon <= east


def _metres(lines: NDArray[np.float64], lats: NDArray[np.float64], lons: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metres from each place (row) to each line (column). A degree of longitude is
    measured at the latitude half-way (`bend`), which holds within 0.1 % for some hundred kilometres."""
    scale = np.array([geo.metres_per_degree(lat=lat) for lat in lats.tolist()])
    north, east = scale[:, :1], scale[:, 1:]
    bend = np.array([geo.metres_per_degree(lat=lat + 0.5)[1] for lat in lats.tolist()])[:, None] - east
    south_north, west_east = lines[:, 1] - lats[:, None], lines[:, 0] - lons[:, None]
    x, y = west_east * (east + bend * south_north), south_north * north
    south_north, west_east = lines[:, 3] - lats[:, None], lines[:, 2] - lons[:, None]
    along_x, along_y = west_east * (east + bend * south_north) - x, south_north * north - y
    length = along_x**2 + along_y**2
    share = np.clip(-(x * along_x + y * along_y) / np.where(length > 0, length, 1.0), 0.0, 1.0)
    metres: NDArray[np.float64] = np.hypot(x + along_x * share, y + along_y * share)
    return metres


def _last_updated(version: dict[str, Any], effective: date) -> datetime:
    """When the version was imported; a built-in one counts from the Korean midnight of its date."""
    if told := version.get("last_updated"):
        return datetime.fromisoformat(told).astimezone(UTC)
    return datetime.combine(effective, time.min, KST).astimezone(UTC)


class Jurisdictions:
    """One boundary version: which center a place belongs to, and the distances to the others."""

    def __init__(self, table: _Table, version: dict[str, Any]) -> None:
        self.boundary_version: str = version["label"]
        self.effective: date = date.fromisoformat(version.get("effective", version["label"]))
        self.last_updated: datetime = _last_updated(version, self.effective)
        self._keys: dict[str, str] = {}
        self._code_of_key: dict[str, str] = {}
        self._table = table
        rows = version["centers"]
        self.centers: dict[str, Center] = {
            row["code"]: Center(row["code"], row["name_ko"], row["name_en"], row["lat"], row["lon"]) for row in rows
        }
        self.places: dict[str, Center] = self.centers
        self.siblings: Sequence[Jurisdictions] = ()
        self._heirs: dict[str, tuple[str, ...]] = {}
        self._codes = list(self.centers)
        self._center_of = np.empty(len(table.pieces), dtype=np.int64)
        for number, row in enumerate(rows):
            self._center_of[row["pieces"]] = number
        self._code_of: list[str | None] = [self._codes[number] for number in self._center_of.tolist()] + [None]
        self._chunk_center = self._center_of[table.chunk_piece]
        self._outline = lru_cache(maxsize=512)(self._draw)

    def containing(self, *, lat: float, lon: float) -> str | None:
        """Code of the center whose jurisdiction holds the place, None for none."""
        return self._code_of[self._table.piece_at(lat, lon)]

    def boundary_key(self, code: str) -> str:
        """The random 128-bit name (32 hex digits) of this version's polygon of a center, the same in all processes
        once they have met the database or its snapshot. Raises KeyError for an unknown center."""
        if code not in self._keys:
            self.learn_keys({self.centers[code].code: secrets.token_hex(16)})
        return self._keys[code]

    def code_of_key(self, key: str) -> str | None:
        """The center whose polygon a key names, None when it is none of this version's."""
        return self._code_of_key.get(key)

    def learn_keys(self, keys: Mapping[str, str]) -> None:
        """Takes over keys by center code; what was handed out before stays understood."""
        mine = {code: key for code, key in keys.items() if code in self.centers}
        self._code_of_key = self._code_of_key | {key: code for code, key in mine.items()}
        self._keys = self._keys | mine

    @property
    def code_of_piece(self) -> list[str]:
        """The center of each piece of the table, in the table's order."""
        return [str(code) for code in self._code_of[:-1]]

    @cached_property
    def near(self) -> Near:
        """Borders close to a place; made on first use (about 0.1 s)."""
        from location_router.near import Near

        return Near(self)

    def current_code(self, code: str | None) -> str | None:
        """The center of this version that stands where `code` of any version stands; None for an unknown code."""
        if code is None or code in self.centers:
            return code
        place = self.places.get(code)
        return self.containing(lat=place.lat, lon=place.lon) if place else None

    def heirs(self, code: str) -> tuple[str, ...]:
        """The centers of this version that stand where `code` of another version stood: the one that holds its inner
        point, and those whose own inner point it held. Only itself for a code of this version, none if unknown."""
        if code in self.centers:
            return (code,)
        if code not in self._heirs:
            older = [one for one in self.siblings if code in one.centers]
            found = {self.current_code(code)} - {None}
            for one in older[-1:]:
                found |= {new for new, c in self.centers.items() if one.containing(lat=c.lat, lon=c.lon) == code}
            self._heirs[code] = tuple(sorted(str(new) for new in found))
        return self._heirs[code]

    def containing_many(self, lats: ArrayLike, lons: ArrayLike) -> NDArray[np.object_]:
        """`containing` for arrays of equal length; an array of codes and None."""
        found = self._table.pieces_at(np.asarray(lats, dtype=np.float64), np.asarray(lons, dtype=np.float64))
        return np.asarray(self._code_of, dtype=object)[found]

    def nearest(
        self, *, lat: float, lon: float, limit: int = 5, skip: Collection[str] = frozenset()
    ) -> list[tuple[str, float]]:
        """Up to `limit` centers outside `skip` as (code, metres to its polygon), nearest first; 0.0 for the one that
        holds the place. Within 0.5 % around the country (beyond `_AROUND`: from afar, to the centers' points);
        equal distances (to the millimetre) go by code."""
        if not _is_around(lat, lon):
            return self._from_afar(lat, lon, skip)[:limit]
        table = self._table
        north, east = geo.metres_per_degree(lat=lat)
        scale, here = np.array([east, north]), np.array([lon, lat])
        near = np.maximum(table.chunk_low - here, here - table.chunk_high).clip(min=0.0) * scale
        far = np.maximum(table.chunk_high - here, here - table.chunk_low) * scale
        near_m, far_m = np.hypot(near[:, 0], near[:, 1]) * _SLACK, np.hypot(far[:, 0], far[:, 1])
        wanted = np.ones(len(self._codes), dtype=bool)
        wanted[[number for number, code in enumerate(self._codes) if code in skip]] = False
        if limit < 1 or not wanted.any():
            return []
        reach = np.full(len(self._codes), np.inf)
        np.minimum.at(reach, self._chunk_center, far_m)
        reach = np.sort(reach[wanted])
        chunks = np.flatnonzero((near_m <= reach[min(limit, len(reach)) - 1]) & wanted[self._chunk_center])
        place, segment = _expand(table.chunk_start, chunks)
        metres = _metres(table.segments[segment], np.array([lat]), np.array([lon]))[0]
        closest = np.full(len(self._codes), np.inf)
        np.minimum.at(closest, self._chunk_center[chunks][place], metres)
        if (inside := self.containing(lat=lat, lon=lon)) is not None and inside not in skip:
            closest[self._codes.index(inside)] = 0.0
        best = np.argsort(np.round(closest, 3), kind="stable")[:limit].tolist()
        return [(self._codes[one], round(float(closest[one]), 3)) for one in best if closest[one] < np.inf]

    def nearest_many(
        self, lats: ArrayLike, lons: ArrayLike, *, skip: Collection[str] = frozenset()
    ) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
        """The nearest center outside `skip` for each of many places (finite, at least one center left), and metres.
        Places of one `_BLOCK_DEG` block are measured together against the borders that can be nearest for any."""
        lat_of, lon_of = np.asarray(lats, dtype=np.float64), np.asarray(lons, dtype=np.float64)
        codes = self.containing_many(lat_of, lon_of)
        metres = np.zeros(len(lat_of))
        todo = np.array([code is None or code in skip for code in codes.tolist()], dtype=bool)
        for row in np.flatnonzero(todo).tolist():
            if not _is_around(float(lat_of[row]), float(lon_of[row])):
                codes[row], metres[row] = self._from_afar(float(lat_of[row]), float(lon_of[row]), skip)[0]
                todo[row] = False
        block = np.floor(lat_of / _BLOCK_DEG) * 100_000 + np.floor(lon_of / _BLOCK_DEG)
        order = np.argsort(block, kind="stable")
        order = order[todo[order]]
        for rows in np.split(order, np.flatnonzero(np.diff(block[order])) + 1) if len(order) else []:
            chunks = self._chunks_near(lat_of[rows], lon_of[rows], skip)
            place, segment = _expand(self._table.chunk_start, chunks)
            owner, lines = self._chunk_center[chunks][place], self._table.segments[segment]
            for part in np.array_split(rows, len(rows) * len(lines) // _MATRIX + 1):
                each = np.round(_metres(lines, lat_of[part], lon_of[part]), 3)
                codes[part] = np.asarray(self._codes, dtype=object)[owner[each.argmin(axis=1)]]
                metres[part] = each.min(axis=1)
        return codes, metres

    def _from_afar(self, lat: float, lon: float, skip: Collection[str]) -> list[tuple[str, float]]:
        found = [
            (code, round(geo.haversine_m(lat=lat, lon=lon, to_lat=one.lat, to_lon=one.lon), 3))
            for code, one in self.centers.items()
            if code not in skip
        ]
        return sorted(found, key=lambda item: (item[1], item[0]))

    def _chunks_near(
        self, lats: NDArray[np.float64], lons: NDArray[np.float64], skip: Collection[str]
    ) -> NDArray[np.int64]:
        """Chunks that can hold the nearest border of any of these places, ordered by center."""
        table, box_low, box_high = self._table, np.array([lons.min(), lats.min()]), np.array([lons.max(), lats.max()])
        scales = [geo.metres_per_degree(lat=float(lat)) for lat in (box_low[1], box_high[1])]
        least, most = (np.array([pick(s[1] for s in scales), pick(s[0] for s in scales)]) for pick in (min, max))
        near = np.maximum(table.chunk_low - box_high, box_low - table.chunk_high).clip(min=0.0) * least
        far = np.maximum(table.chunk_high - box_low, box_high - table.chunk_low) * most
        allowed = np.array([code not in skip for code in self._codes])[self._chunk_center]
        reach = np.hypot(far[:, 0], far[:, 1])[allowed].min()
        chunks = np.flatnonzero((np.hypot(near[:, 0], near[:, 1]) * _SLACK <= reach) & allowed)
        return chunks[np.argsort(self._chunk_center[chunks], kind="stable")]

    def outline(self, code: str, *, tolerance_m: float = 100.0) -> dict[str, Any]:
        """The jurisdiction as a GeoJSON MultiPolygon (lon, lat), simplified to `tolerance_m`; 0 gives every point.
        Raises KeyError for an unknown code. For maps only: neighbours simplify apart."""
        if code not in self.centers:
            raise KeyError(code)
        drawn: dict[str, Any] = self._outline(code, float(tolerance_m))
        return drawn

    def _draw(self, code: str, tolerance_m: float) -> dict[str, Any]:
        import shapely

        held = self._table.arrays
        number = self._codes.index(code)
        rings = np.flatnonzero(self._center_of[held["ring_piece"]] == number)
        lines = [held["points"][held["ring_points"][ring] : held["ring_points"][ring + 1]] for ring in rings]
        parts: dict[int, list[NDArray[np.float64]]] = {}
        for part, line in zip(held["ring_part"][rings].tolist(), lines, strict=True):
            parts.setdefault(part, []).append(line)
        whole = shapely.union_all([shapely.Polygon(part[0], part[1:]) for part in parts.values()])
        if tolerance_m > 0:
            whole = shapely.simplify(whole, tolerance_m / 100_000.0)
        polygons = [shapely.geometry.mapping(part)["coordinates"] for part in shapely.get_parts(whole)]
        return {"type": "MultiPolygon", "coordinates": polygons}
