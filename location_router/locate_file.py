"""`locate --file`: a table of places, answered row by row in order, in blocks, so that a million rows stream through.

Columns are found by their header (`lat`, `lon`, or the Korean and common other names), in any order, with a BOM or
without, among any other columns. A row that can't be answered is reported by its line number and kept as an error
row: nothing is dropped silently. Rows list only the chosen center as candidate; `locate LAT LON` lists five.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from location_router import geo
from location_router.assign import assign
from location_router.index import Jurisdictions
from location_router.locate import BadInput, read_position
from location_router.states import TAKES

BLOCK_ROWS = 50_000
_LAT = ("lat", "latitude", "위도", "y", "y좌표", "lat_deg")
_LON = ("lon", "lng", "long", "longitude", "경도", "x", "x좌표", "lon_deg")
_CSV_HEADER = "line,lat,lon,code,name_ko,name_en,reason,distance_m,boundary_version,flags,error\r\n"

Row = tuple[int, list[str]]


@dataclass(slots=True)
class Tally:
    """How many rows were answered and how many were not."""

    good: int = 0
    bad: int = 0


def locate_file(
    path: Path,
    jurisdictions: Jurisdictions,
    *,
    states: dict[str, str],
    as_json: bool,
    out: IO[str],
    report: Callable[[str], None],
) -> Tally:
    """Streams `path` to `out` as JSON lines or CSV. Raises BadInput when the file or its header can't be used."""
    tally = Tally()
    try:
        with path.open("rb") as raw:
            reader = csv.reader(io.TextIOWrapper(raw, _encoding(raw), errors="replace", newline=""))
            lat_at, lon_at = _columns(path, reader)
            writer = _Writer(jurisdictions, states, as_json)
            if not as_json:
                out.write(_CSV_HEADER)
            for block in _blocks(reader):
                out.write("".join(writer.lines(block, lat_at, lon_at, tally, report)))
    except OSError as problem:
        if isinstance(problem, BrokenPipeError):
            raise
        raise BadInput(f"--file is {str(path)!r}: it can't be read ({problem.strerror or problem})") from problem
    return tally


def _encoding(raw: IO[bytes]) -> str:
    """UTF-8 (with or without BOM) unless the first line is not; then CP949, as Korean spreadsheets save."""
    head = raw.readline(1 << 16)
    raw.seek(0)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        head.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "cp949"
    return "utf-8-sig"


def _columns(path: Path, reader: Iterator[list[str]]) -> tuple[int, int]:
    try:
        header = [name.strip().lower() for name in next(reader)]
    except (StopIteration, csv.Error):
        raise BadInput(f"--file is {str(path)!r}: it is empty; the first line must name the columns lat,lon") from None
    found = []
    for names in (_LAT, _LON):
        place = next((header.index(name) for name in names if name in header), None)
        if place is None:
            shown = ",".join(header)[:60]
            raise BadInput(
                f"--file is {str(path)!r}: its first line is {shown!r}, which names no column {names[0]!r}; "
                "put lat,lon (other columns may stand beside them) on the first line"
            )
        found.append(place)
    return found[0], found[1]


def _blocks(reader: Iterator[list[str]]) -> Iterator[list[Row]]:
    """Rows with their line numbers, `BLOCK_ROWS` at a time; blank lines are left out, damaged ones come empty."""
    block: list[Row] = []
    while True:
        try:
            for cells in reader:
                if cells:
                    block.append((reader.line_num, cells))  # type: ignore[attr-defined]
                    if len(block) >= BLOCK_ROWS:
                        yield block
                        block = []
            break
        except csv.Error as problem:
            block.append((reader.line_num, [f"\0{problem}"]))  # type: ignore[attr-defined]
    if block:
        yield block


class _Writer:
    """Turns blocks of rows into text; what is the same for every row of a center is made once."""

    def __init__(self, jurisdictions: Jurisdictions, states: dict[str, str], as_json: bool) -> None:
        self.jurisdictions, self.states, self.as_json = jurisdictions, states, as_json
        self.blocked = {code for code, state in states.items() if state not in TAKES}
        self.tails = {code: self._tail(code, "contains", 0.0, ()) for code in jurisdictions.centers}
        self.can_take = np.array([code not in self.blocked for code in jurisdictions.centers]).any()

    def lines(
        self, block: list[Row], lat_at: int, lon_at: int, tally: Tally, report: Callable[[str], None]
    ) -> list[str]:
        """One line of output for each row."""
        lats, lons, errors = _numbers(block, lat_at, lon_at)
        korea = _in_korea(lats, lons)
        codes = self.jurisdictions.containing_many(lats, lons)
        tails: list[str | None] = [self.tails.get(code) for code in codes.tolist()]
        for row in [row for row, code in enumerate(codes.tolist()) if code in self.blocked]:
            tails[row] = None
        self._nearest(lats, lons, codes, korea, tails)
        for row in [row for row, tail in enumerate(tails) if tail is None and row not in errors]:
            tails[row] = self._decide(float(lats[row]), float(lons[row]))
        if self.as_json:
            text = [
                f'{{"line":{number},"lat":{lat},"lon":{lon},{tail}'
                for (number, _), lat, lon, tail in zip(block, lats.tolist(), lons.tolist(), tails, strict=True)
            ]
        else:
            text = [
                f"{number},{lat},{lon},{tail}"
                for (number, _), lat, lon, tail in zip(block, lats.tolist(), lons.tolist(), tails, strict=True)
            ]
        for row, sentence in errors.items():
            report(f"line {block[row][0]}: {sentence}")
            text[row] = self._error(block[row][0], sentence)
        tally.bad += len(errors)
        tally.good += len(block) - len(errors)
        return text

    def _nearest(
        self,
        lats: NDArray[np.float64],
        lons: NDArray[np.float64],
        codes: NDArray[np.object_],
        korea: NDArray[np.bool_],
        tails: list[str | None],
    ) -> None:
        """Fills in the rows of the sea and of offline centers, measured together."""
        rows = [row for row, tail in enumerate(tails) if tail is None and korea[row]]
        if not rows or not self.can_take:
            return
        nearest, metres = self.jurisdictions.nearest_many(lats[rows], lons[rows], skip=self.blocked)
        for row, code, distance_m in zip(rows, nearest.tolist(), metres.tolist(), strict=True):
            reason, flags = ("nearest", ("defaulted",)) if codes[row] is None else ("failover", ())
            tails[row] = self._tail(code, reason, distance_m, flags)

    def _decide(self, lat: float, lon: float) -> str:
        """The full rule, for rows that need it: exchanged axes, abroad, no center online."""
        decided = assign(self.jurisdictions, lat=lat, lon=lon, states=self.states)
        return self._tail(decided.center, decided.reason, decided.distance_m, decided.flags)

    def _tail(self, code: str, reason: str, distance_m: float, flags: tuple[str, ...]) -> str:
        center, metres = self.jurisdictions.centers[code], round(distance_m, 1)
        version = self.jurisdictions.boundary_version
        if not self.as_json:
            return f'{code},{center.name_ko},"{center.name_en}",{reason},{metres},{version},{" ".join(flags)},\r\n'
        names = {"code": code, "name_ko": center.name_ko, "name_en": center.name_en}
        candidate = {"code": code, "distance_m": metres, "online": code not in self.blocked}
        body = {
            "center": names,
            "reason": reason,
            "distance_m": metres,
            "candidates": [candidate],
            "boundary_version": version,
            "flags": list(flags),
        }
        return json.dumps(body, ensure_ascii=False, separators=(",", ":"))[1:] + "\n"

    def _error(self, number: int, sentence: str) -> str:
        if self.as_json:
            return json.dumps({"line": number, "error": sentence}, ensure_ascii=False, separators=(",", ":")) + "\n"
        return f"{number},,,,,,,,,," + '"' + sentence.replace('"', '""') + '"\r\n'


def _numbers(
    block: list[Row], lat_at: int, lon_at: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], dict[int, str]]:
    """Coordinates of a block, and the sentence for each row that has none (its coordinates are NaN)."""
    try:
        lats = np.array([float(cells[lat_at]) for _, cells in block])
        lons = np.array([float(cells[lon_at]) for _, cells in block])
    except (ValueError, IndexError):
        return _careful(block, range(len(block)), lat_at, lon_at, np.empty(len(block)), np.empty(len(block)))
    odd = np.flatnonzero(~_in_korea(lats, lons)).tolist()
    return _careful(block, odd, lat_at, lon_at, lats, lons)


def _careful(
    block: list[Row],
    rows: range | list[int],
    lat_at: int,
    lon_at: int,
    lats: NDArray[np.float64],
    lons: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], dict[int, str]]:
    errors: dict[int, str] = {}
    for row in rows:
        _, cells = block[row]
        try:
            lats[row], lons[row] = _read(cells, lat_at, lon_at)
        except BadInput as problem:
            lats[row] = lons[row] = math.nan
            errors[row] = str(problem)
    return lats, lons, errors


def _read(cells: list[str], lat_at: int, lon_at: int) -> tuple[float, float]:
    if cells[0].startswith("\0"):
        raise BadInput(f"the line can't be read as CSV ({cells[0][1:]})")
    if len(cells) <= max(lat_at, lon_at):
        raise BadInput(f"it has {len(cells)} columns: too few to hold lat and lon")
    return read_position(cells[lat_at].strip()[:40], cells[lon_at].strip()[:40])


def _in_korea(lats: NDArray[np.float64], lons: NDArray[np.float64]) -> NDArray[np.bool_]:
    """`geo.in_korea` for arrays, by its plain box and its corners."""
    inside = (lats >= geo.KOREA_SOUTH) & (lats <= geo.KOREA_NORTH)
    inside &= (lons >= geo.KOREA_WEST) & (lons <= geo.KOREA_EAST)
    for north_limit, east_limit in geo.SOUTH_EAST:
        inside &= ~((lats < north_limit) & (lons > east_limit))
    return inside
