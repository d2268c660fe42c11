"""Which column holds which field: by the header's words, by what the cells look like where there is no header; pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from server.cameras.importing.coordinates import axis
from server.cameras.importing.header_words import CONTAINED, FIELD_OF, WORDS
from server.cameras.importing.words import number, plain

FIELDS = (
    "office",
    "road_address",
    "lot_address",
    "purpose",
    "count",
    "pixels",
    "direction",
    "retention",
    "installed",
) + ("phone", "lat", "lon", "as_of", "management_no", "name", "kind", "night", "height", "area", "x_m", "y_m", "place")
AT = {name: number for number, name in enumerate(FIELDS)}


@dataclass(frozen=True, slots=True)
class Columns:
    """`of`: a column number for each of FIELDS, −1 where the file has none; `width`: columns of the file."""

    of: tuple[int, ...]
    width: int
    has_header: bool

    def column(self, field: str) -> int:
        return self.of[AT[field]]

    @property
    def has_place(self) -> bool:
        """Whether the file can say where anything is."""
        pairs = (("lat", "lon"), ("x_m", "y_m"))
        return self.column("place") >= 0 or any(self.column(a) >= 0 and self.column(b) >= 0 for a, b in pairs)

    def json(self) -> dict[str, int]:
        """1-based column numbers by field, as a person counts them."""
        return {field: at + 1 for field, at in zip(FIELDS, self.of, strict=True) if at >= 0}


def word_of(cell: str) -> str:
    """A header's cell in its plainest form: `위도(WGS84)`, ` 위 도 ` and `"위도"` are one word."""
    word = re.sub(r"[(\[].*?[)\]]", "", plain(cell).lower()) or plain(cell).lower()
    return re.sub(r"[\s_\-./:*\"'\[\]()]+", "", word)


def from_header(cells: Sequence[str]) -> Columns | None:
    """Columns by name; None when too few words are known for this to be a header."""
    found: dict[str, tuple[int, int]] = {}
    known = 0
    for at, cell in enumerate(cells):
        if len(cell) > 60 or axis(cell) is not None:
            continue
        word = word_of(cell)
        field = FIELD_OF.get(word) or next((field for part, field in CONTAINED if part in word), None)
        if field is None:
            continue
        known += 1
        words = WORDS[field]
        rank = words.index(word) if word in words else len(words)
        if field not in found or rank < found[field][0]:
            found[field] = (rank, at)
    if known < 3 and not ({"lat", "lon"} <= found.keys() or {"x_m", "y_m"} <= found.keys()):
        return None
    return Columns(tuple(found[field][1] if field in found else -1 for field in FIELDS), len(cells), has_header=True)


def with_places(columns: Columns, rows: Sequence[Sequence[str]]) -> Columns:
    """The same columns; where the header named no place, the ones whose cells look like one."""
    if columns.has_place:
        return columns
    by_content = from_content(rows, columns.width)
    taken = set(columns.of)
    of = list(columns.of)
    for field in ("lat", "lon", "x_m", "y_m", "place"):
        at = by_content.column(field)
        if at >= 0 and at not in taken:
            of[AT[field]] = at
    return Columns(tuple(of), columns.width, has_header=True)


_PHONE = re.compile(r"^\(?0\d{1,2}\)?[-. )]?\d{3,4}[-. ]?\d{4}$|^1\d{3}-?\d{4}$")
_DAY = re.compile(r"^(?:19|20)\d{2}[-./년]\s?\d{1,2}[-./월]\s?\d{1,2}")
_MONTH = re.compile(r"^(?:19|20)\d{2}(?:[-./년]\s?\d{1,2}월?|\d{2})$")
_ADDRESS = re.compile(r"[가-힣]+(?:시|도|군|구|읍|면)\s*[가-힣]*")
_ROAD = re.compile(r"[가-힣\d](?:로|길)\s*\d*")
_LOT = re.compile(r"[가-힣\d](?:동|리|가)\s*(?:산\s*)?\d+")
_OFFICE = re.compile(r"[가-힣]+(?:시|군|구|도)?(?:청|공단|경찰서|소방서|센터|본부|사무소|군|구|시|과)$")
_PURPOSE = re.compile(r"방범|단속|교통|재난|재해|시설|쓰레기|투기|어린이|화재|주차|다목적|정보수집|기타")
_DIRECTION = re.compile(r"방면|방향|방위|[동서남북]{1,2}(?:쪽|향|측)?$|^\d+(?:도|°)|360|회전", re.IGNORECASE)
_METRES = re.compile(r"^-?\d{5,7}(?:[.,]\d+)?$|^\d{3},\d{3}(?:\.\d+)?$|^\d,\d{3},\d{3}(?:\.\d+)?$")


def _degrees(low: float, high: float) -> Callable[[str], bool]:
    def looks(cell: str) -> bool:
        value = axis(cell)
        return value is not None and low <= value <= high and not value.is_integer()

    return looks


def _within(low: float, high: float) -> Callable[[str], bool]:
    def looks(cell: str) -> bool:
        value = number(cell)
        return value is not None and low <= value <= high and bool(re.match(r"^[\d,.]+\s*\D{0,6}$", cell.strip()))

    return looks


_LOOKS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("lat", _degrees(32.5, 39.5)),
    ("lon", _degrees(123.5, 132.5)),
    ("phone", lambda cell: bool(_PHONE.match(cell.strip()))),
    ("as_of", lambda cell: bool(_DAY.match(cell.strip()))),
    ("installed", lambda cell: bool(_MONTH.match(cell.strip())) and len(cell.strip()) < 10),
    ("purpose", lambda cell: len(cell) <= 20 and bool(_PURPOSE.search(cell)) and not _ADDRESS.match(cell)),
    ("direction", lambda cell: len(cell) <= 40 and bool(_DIRECTION.search(cell))),
    ("road_address", lambda cell: bool(_ADDRESS.search(cell) and _ROAD.search(cell))),
    ("lot_address", lambda cell: bool(_ADDRESS.search(cell) and _LOT.search(cell))),
    ("office", lambda cell: len(cell) <= 40 and bool(_OFFICE.search(cell.strip()))),
    ("retention", _within(7, 365)),
    ("count", _within(1, 60)),
    ("pixels", _within(20, 5_000)),
)
_SETTLED, _LIKELY = 0.5, 0.25
_USUAL_DAYS = {"30", "60", "90", "15", "31", "180", "30일", "60일"}


def from_content(rows: Sequence[Sequence[str]], width: int) -> Columns:
    """Columns by what their cells look like. Latitude and longitude may stand in either order and be swapped in a
    share of the rows; counts, pixels and retention days are told apart by their usual values."""
    cells = [[row[at] for row in rows if at < len(row) and row[at].strip()] for at in range(width)]
    of = [-1] * len(FIELDS)
    for field, looks in _LOOKS:
        if field in ("retention", "count", "pixels"):
            continue
        shares = {
            at: sum(map(looks, column)) / len(column)
            for at, column in enumerate(cells)
            if column and at not in of and len(column) * 5 >= len(rows)
        }
        at = max(shares, key=lambda at: (round(shares[at], 2), at if field == "as_of" else -at), default=-1)
        if at >= 0 and shares[at] >= (_LIKELY if field in ("lat", "lon") else _SETTLED):
            of[AT[field]] = at
    _numbers(cells, of)
    if of[AT["lat"]] < 0 or of[AT["lon"]] < 0:
        metres = [at for at, column in enumerate(cells) if at not in of and _share(column, _METRES) > _SETTLED]
        if len(metres) >= 2:
            of[AT["x_m"]], of[AT["y_m"]] = metres[:2]
    return Columns(tuple(of), width, has_header=False)


def _share(column: Sequence[str], pattern: re.Pattern[str]) -> float:
    return sum(bool(pattern.match(cell.strip())) for cell in column) / len(column) if column else 0.0


def _numbers(cells: Sequence[Sequence[str]], of: list[int]) -> None:
    """Small whole numbers: days kept are the ones that are nearly always 30, cameras few, pixels the larger ones."""
    numeric = [at for at, column in enumerate(cells) if at not in of and column and _is_numeric(column)]
    values = {at: sorted(number(cell) or 0.0 for cell in cells[at]) for at in numeric}
    usual = {at: Counter(cells[at]).most_common(1)[0] for at in numeric}
    days = [at for at in numeric if plain(usual[at][0]) in _USUAL_DAYS and usual[at][1] * 2 >= len(cells[at])]
    if days:
        of[AT["retention"]] = days[-1]
        numeric.remove(days[-1])
    numeric = [at for at in numeric if not _is_counting(values[at])]
    few = [at for at in numeric if 1 <= values[at][len(values[at]) // 2] <= 12 and values[at][-1] <= 200]
    if few:
        of[AT["count"]] = min(few, key=lambda at: values[at][len(values[at]) // 2])
        numeric.remove(of[AT["count"]])
    many = [at for at in numeric if 20 <= values[at][len(values[at]) // 2] <= 5_000]
    if many:
        of[AT["pixels"]] = many[0]


def _is_numeric(column: Sequence[str]) -> bool:
    good = sum(bool(re.match(r"^[\d,.]+\s*(?:대|일|만|만화소|화소)?$", plain(cell))) for cell in column)
    return good >= 0.9 * len(column)


def _is_counting(ordered: Sequence[float]) -> bool:
    """1, 2, 3 …: a running number, no property of a camera."""
    return len(ordered) > 5 and all(b - a == 1 for a, b in zip(ordered, ordered[1:], strict=False))
