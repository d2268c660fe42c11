"""A record as a row of known fields, and the names by which the same camera is known in the next file; pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from operator import itemgetter
from unicodedata import normalize

from server.cameras.importing.columns import AT, FIELDS, Columns
from server.cameras.importing.coordinates import axis, in_korea, pair
from server.cameras.importing.delimited import Record
from server.cameras.importing.words import plain

Values = tuple[str, ...]
_LAT, _LON, _X, _Y, _PLACE = AT["lat"], AT["lon"], AT["x_m"], AT["y_m"], AT["place"]
_ROAD, _LOT, _OFFICE, _AREA = AT["road_address"], AT["lot_address"], AT["office"], AT["area"]
_NO, _PURPOSE, _DIRECTION, _COUNT = AT["management_no"], AT["purpose"], AT["direction"], AT["count"]
_PIXELS, _INSTALLED = AT["pixels"], AT["installed"]
_TOLD = itemgetter(_DIRECTION, _PURPOSE, _COUNT, _PIXELS, _INSTALLED)
_TOTAL = re.compile(
    r"^(?:총\s*계|합\s*계|소\s*계|계|총\s*합|total|sum|subtotal|sub total|[*※#<\[]|비고|주\)|출처|참고|자료)",
    re.IGNORECASE,
)
_SAYS_WHERE = re.compile(r"^\s*[가-힣]+[시도군구]\s")
_GAPS = str.maketrans("", "", " \t\r\n\u00a0\u3000\ufeff\u200b,.()-\"'`")


@dataclass(slots=True)
class Row:
    """`values` in the order of FIELDS; `lat` and `lon` as read (None: can't be), in metres where `is_metres`."""

    line: int
    values: Values
    lat: float | None
    lon: float | None
    is_metres: bool = False

    @property
    def address(self) -> str:
        return self.values[_LOT] or self.values[_ROAD]

    @property
    def has_coordinates(self) -> bool:
        """Whether anything at all stands where the place should be."""
        return any(self.values[at].strip() for at in (_LAT, _LON, _X, _Y, _PLACE))

    def json(self) -> dict[str, str]:
        """The cells that say something, by field."""
        return {name: value for name, value in zip(FIELDS, self.values, strict=True) if value}


def row_from(values: dict[str, str], line: int = 0) -> Row:
    """The row that `Row.json` told of."""
    return _placed(line, tuple(str(values.get(name, "")) for name in FIELDS))


@dataclass(frozen=True, slots=True)
class Misfit:
    """A record that is no row of the table: `reason` of reasons.REFUSED."""

    line: int
    reason: str
    cells: list[str]


def rows_of(records: Iterator[Record], columns: Columns) -> Iterator[Row | Misfit]:
    """Each record as a row. Too many cells are an address with an unquoted comma; too few, a total or a note."""
    width = columns.width
    pick: Callable[[Sequence[str]], Values] = itemgetter(*(at if at >= 0 else width for at in columns.of))
    for line, cells in records:
        if len(cells) == width:
            cells.append("")
            row: Row | None = _placed(line, pick(cells))
        else:
            fitted = _fitted(cells, columns)
            row = _placed(line, pick([*fitted, ""])) if fitted else None
        if row is None:
            yield Misfit(line, "not_a_record" if _is_note(cells) else "columns", cells)
        elif row.lat is None and not row.has_coordinates and _is_note(cells):
            yield Misfit(line, "not_a_record", cells)
        else:
            yield row


def _is_note(cells: Sequence[str]) -> bool:
    full = [cell for cell in cells if cell.strip()]
    return bool(full) and (bool(_TOTAL.match(plain(full[0]))) or len(full) == 1)


def _placed(line: int, values: Values) -> Row:
    lat, lon = values[_LAT], values[_LON]
    if not (lat and lon):
        if both := pair(values[_PLACE]) if values[_PLACE] else None:
            lat, lon = both
        elif not (lat or lon):  # degrees first, where a row gives both
            return _in_metres(line, values)
    a, b = axis(lat), axis(lon)
    is_metres = a is not None and b is not None and (abs(a) > 1_000 and abs(b) > 1_000) and not _is_pointless(a, b)
    return Row(line, values, a, b, is_metres)


def _in_metres(line: int, values: Values) -> Row:
    """Columns named X and Y hold metres, or degrees after all."""
    a, b = axis(values[_Y]), axis(values[_X])
    is_degrees = a is not None and b is not None and (in_korea(lat=a, lon=b) or in_korea(lat=b, lon=a))
    return Row(line, values, a, b, is_metres=a is not None and b is not None and not is_degrees)


def _is_pointless(lat: float, lon: float) -> bool:
    """37512973 and 127027904 are degrees without their point: no metre system of Korea has such numbers."""
    return (
        abs(lat) > 5_000_000 and abs(lon) > 10_000_000 and f"{lat:.0f}"[:1] == "3" and f"{lon:.0f}"[:2] in ("12", "13")
    )


def _fitted(cells: list[str], columns: Columns) -> list[str] | None:
    """The record in the table's width, or None. Cells are only joined, never dropped, and only in an address."""
    width, latitude = columns.width, columns.column("lat")
    if len(cells) < width:
        padded = cells + [""] * (width - len(cells))
        return padded if latitude >= 0 and axis(padded[latitude]) is not None and _fits(padded, columns) else None
    if not any(cell.strip() for cell in cells[width:]):
        return cells[:width]
    extra = len(cells) - width
    for field in ("road_address", "lot_address", "name", "office"):
        at = columns.column(field)
        if at >= 0:
            joined = [*cells[:at], ",".join(cells[at : at + extra + 1]), *cells[at + extra + 1 :]]
            if _fits(joined, columns):
                return joined
    return None


def _fits(cells: Sequence[str], columns: Columns) -> bool:
    lat_at, lon_at = columns.column("lat"), columns.column("lon")
    if lat_at < 0 or lon_at < 0:
        return False
    lat, lon = axis(cells[lat_at]), axis(cells[lon_at])
    return lat is not None and lon is not None and (in_korea(lat=lat, lon=lon) or in_korea(lat=lon, lon=lat))


def identity(row: Row) -> str:
    """What names the same cameras in the next file: the management number with its office, else address and purpose,
    else the place. Not unique: rows of one identity are told apart by their order."""
    values = row.values
    office = _squeezed(values[_OFFICE]).removesuffix("청")  # which one release of a file has and the next has not
    if values[_NO]:
        return f"no|{office}|{_squeezed(values[_NO])}"
    if row.address:
        whose = "" if _SAYS_WHERE.match(row.address) else office
        return f"at|{whose}|{_squeezed(row.address)}|{_squeezed(values[_PURPOSE])}|{_squeezed(values[_DIRECTION])}"
    return f"xy|{row.lat}|{row.lon}|{_squeezed(values[_PURPOSE])}|{_squeezed(values[_DIRECTION])}"


def likeness(row: Row) -> tuple[object, ...]:
    """Two rows of one likeness stand for the same cameras: place and direction with the management number, or without
    one all that tells cameras of one pole apart."""
    values = row.values
    if values[_NO]:
        return (row.lat, row.lon, values[_NO].strip(), values[_DIRECTION].strip())
    return (row.lat, row.lon, *[text.strip() for text in _TOLD(values)])


def _squeezed(text: str) -> str:
    """The letters and digits that matter when two texts are compared; sooner done than `plain`, for every row twice."""
    return (text if text.isascii() else normalize("NFKC", text)).translate(_GAPS).lower()


def key_of(identity_text: str, occurrence: int) -> str:
    """16 characters for an identity and its how-manieth row, the same in every run."""
    return blake2b(f"{identity_text}|{occurrence}".encode(), digest_size=8).hexdigest()


def digest(*parts: object) -> str:
    """8 characters that change when any of the parts does."""
    return blake2b(repr(parts).encode(), digest_size=4).hexdigest()
