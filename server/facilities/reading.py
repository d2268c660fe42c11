"""A city's file of facilities, read and judged as camera files are (`server/cameras/importing`), in a thread.

A row whose place is doubted is left out: a police box shown where none stands is worse than none. `mend` takes over
what can be told for certain (axes exchanged, degrees-minutes-seconds, metres of one system) in the municipality that
the row itself names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from server.cameras.importing.columns import AT, word_of
from server.cameras.importing.coordinates import SYSTEMS, from_metres
from server.cameras.importing.cures import explained
from server.cameras.importing.delimited import Record
from server.cameras.importing.ground import Ground
from server.cameras.importing.judging import Doubtful, Good, Judge, Refused, Verdict
from server.cameras.importing.reading import Table, open_table
from server.cameras.importing.reasons import WORDS, Unreadable
from server.cameras.importing.rows import Row, key_of, rows_of
from server.cameras.importing.survey import survey
from server.cameras.importing.words import installed_on, plain
from server.facilities.model import Facility, kind_of

MOST_ROWS = 50_000
KEPT_LINES = 300
"""So many refused rows are named with their lines; all are counted."""
MENDED = ("swapped_axes", "degrees_minutes_seconds", "projected_coordinates")
_COLUMNS: dict[str, tuple[str, ...]] = {
    "name": (
        "시설명",
        "점포명",
        "업소명",
        "상호",
        "상호명",
        "관서명",
        "지구대파출소명",
        "파출소명",
        "지킴이집명",
        "명칭",
    )
    + ("보안등위치명", "가로등위치명", "시설물명", "위치명", "장소명", "설치위치", "건물명", "name", "title"),
    "hours": ("운영시간", "이용시간", "이용가능시간", "영업시간", "개방시간", "근무시간", "hours", "openinghours"),
    "source_no": ("관리번호", "안전비상벨관리번호", "비상벨관리번호", "안심벨관리번호", "보안등관리번호", "시설번호")
    + ("고유번호", "관리코드", "식별번호", "id", "no"),
    "kind": ("시설구분", "시설종류", "시설유형", "구분", "종류", "유형", "분류", "kind", "type", "category"),
    "phone": ("전화번호", "연락처", "대표전화", "관리기관전화번호", "phone", "tel"),
}
_LONGEST = {"name": 80, "address": 160, "phone": 30, "hours": 80, "source_no": 40}
_REASONS: dict[str, tuple[str, str, str, str, str, str]] = {
    "kind": (
        *("무슨 시설인지 알 수 없습니다", "what kind of place it is can't be told", "시설 종류", "kind"),
        *("종류 칸에 비상벨, 보안등처럼 적거나 종류를 골라 올려 주세요.", "Name it (비상벨 …), or choose one kind."),
    ),
    "twice": (
        *("앞줄과 같은 시설입니다", "the same facility as in a line before", "줄 전체", "the whole row"),
        *("고칠 것이 없습니다.", "Nothing to mend."),
    ),
}  # fmt: skip
_DOUBT_CURE = (
    "좌표를 고쳐 다시 올려 주세요. 확실한 것은 ‘좌표 바로잡기’를 켜면 들어옵니다.",
    "Mend the place and upload again; what is certain comes in with “mend places”.",
)


@dataclass(frozen=True, slots=True)
class Wish:
    """`kind` "" takes each row's own; `system` one of SYSTEMS for a file in metres, "" to find out."""

    kind: str = ""
    mend: bool = False
    system: str = ""


@dataclass
class Read:
    """What a file holds: good facilities, and (line, reason, value) of each row that is left out."""

    facilities: list[Facility] = field(default_factory=list)
    refused: list[tuple[int, str, str]] = field(default_factory=list)
    rows: int = 0
    mended: int = 0
    layout: str = ""
    encoding: str = ""

    def json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "good": len(self.facilities),
            "mended": self.mended,
            "refused": [_told(*one) for one in self.refused[:KEPT_LINES]],
            "refused_by": dict(Counter(reason for _, reason, _ in self.refused)),
            "layout": self.layout,
            "encoding": self.encoding,
        }


def _told(line: int, reason: str, value: str) -> dict[str, Any]:
    """A row that is left out: line, reason, field, value and cure."""
    if reason in _REASONS:
        ko, en, field_ko, field_en, cure_ko, cure_en = _REASONS[reason]
        cure = {"field_ko": field_ko, "field_en": field_en, "cure_ko": cure_ko, "cure_en": cure_en}
    else:
        (ko, en), cure = WORDS[reason], explained(reason)
        if "확인할 행" in cure["cure_ko"]:
            cure |= {"cure_ko": _DOUBT_CURE[0], "cure_en": _DOUBT_CURE[1]}
    return {"line": line, "reason": reason, "ko": ko, "en": en, "value": value, **cure}


def read_file(path: Path, ground: Ground, served: frozenset[str], wish: Wish) -> Read:
    """Raises Unreadable: a file that is no table, has no places, or more than MOST_ROWS rows."""
    table = open_table(path)
    told = survey(_bounded(rows_of(table.rows(), table.columns)))
    read, cells = Read(rows=told.rows, layout=table.layout, encoding=table.encoding), dict[int, Sequence[str]]()
    own, seen = _own_columns(table), set[str]()
    judge = Judge(ground, told, served)
    for verdict in judge.verdicts(rows_of(_remembered(table, cells), table.columns)):
        line = verdict.line if isinstance(verdict, Refused) else verdict.row.line
        row_cells = cells.pop(line, ())
        good = _taken(verdict, ground, served, wish, read)
        if good is None:
            continue
        made = _facility(good, {name: row_cells[at] for name, at in own.items() if at < len(row_cells)}, wish.kind)
        if isinstance(made, str):
            read.refused.append((line, "kind", made))
        elif made.facility_id in seen:
            read.refused.append((line, "twice", made.name or made.source_no))
        else:
            seen.add(made.facility_id)
            read.facilities.append(made)
            read.mended += isinstance(verdict, Doubtful) and verdict.reason in MENDED
    read.refused.sort()
    return read


def _bounded(rows: Iterator[Any]) -> Iterator[Any]:
    for number, row in enumerate(rows):
        if number >= MOST_ROWS:
            raise Unreadable("too_large", f"> {MOST_ROWS:,}줄 · rows")
        yield row


def _remembered(table: Table, cells: dict[int, Sequence[str]]) -> Iterator[Record]:
    """The records, each kept under its line until its verdict; those of another width keep none of their own."""
    for line, record in table.rows():
        if len(record) == table.columns.width:
            cells[line] = tuple(record)
        yield line, record


def _own_columns(table: Table) -> dict[str, int]:
    """Columns that camera files don't have, by the header's words; the first of a field's words is the best."""
    words = [word_of(cell) for cell in table.header]
    found = {}
    for name, known in _COLUMNS.items():
        at = next((words.index(word) for word in known if word in words), None)
        if at is not None:
            found[name] = at
    return found


def _taken(verdict: Verdict, ground: Ground, served: frozenset[str], wish: Wish, read: Read) -> Good | None:
    if isinstance(verdict, Good):
        return verdict
    if isinstance(verdict, Refused):
        read.refused.append((verdict.line, verdict.reason, verdict.detail))
        return None
    if verdict.reason == "duplicate":  # of a camera: here a bell may hang on the pole of a light
        return Good(verdict.row, verdict.center_id, verdict.row.lat or 0.0, verdict.row.lon or 0.0)
    if wish.mend and verdict.reason in MENDED and (good := _mended(verdict, ground, served, wish.system)):
        return good
    hint = verdict.suggestion or {}
    words = (
        f"{hint['lat']}, {hint['lon']} ({hint['how']})" if "lat" in hint else f"{verdict.row.lat}, {verdict.row.lon}"
    )
    read.refused.append((verdict.row.line, verdict.reason, words))
    return None


def _mended(doubt: Doubtful, ground: Ground, served: frozenset[str], system: str) -> Good | None:
    """The place it must mean, if that is certain: of metres only the chosen system, or the only one that fits."""
    row, hint = doubt.row, doubt.suggestion or {}
    places = [(hint["lat"], hint["lon"])] if "lat" in hint and not hint.get("or") else []
    if doubt.reason == "projected_coordinates" and system in SYSTEMS:
        places = [(one.lat, one.lon) for one in from_metres(row.lon or 0.0, row.lat or 0.0) if one.how == system]
    expected = ground.expected(row.values[AT["lot_address"]], row.values[AT["road_address"]], row.values[AT["area"]])
    for lat, lon in places[:1]:
        center = ground.containing(lat=lat, lon=lon)
        if center in served and (center in expected if expected else system in SYSTEMS):
            return Good(row, center or "", lat, lon)
    return None


def _facility(good: Good, own: dict[str, str], kind: str) -> Facility | str:
    """The facility, or the words that name no kind."""
    row = good.row
    named = own.get("kind", "") or row.values[AT["kind"]]
    of = kind or kind_of(named)
    if of is None:
        return named[:40]
    name = _text("name", own.get("name") or row.values[AT["name"]])
    number = _text("source_no", own.get("source_no") or row.values[AT["management_no"]])
    whose = f"{row.values[AT['office']]}|{number}" if number else f"{name}|{good.lat:.6f}|{good.lon:.6f}"
    return Facility(
        key_of(f"{good.center_id}|{of}|{plain(whose)}", 0), good.center_id, of, good.lat, good.lon, name,
        _text("address", row.values[AT["road_address"]] or row.values[AT["lot_address"]]),
        _text("phone", own.get("phone") or row.values[AT["phone"]]),
        _text("hours", own.get("hours", "")), number, _day(row),
    )  # fmt: skip


def _text(field_name: str, cell: str) -> str:
    return plain(cell)[: _LONGEST[field_name]]


def _day(row: Row) -> date | None:
    """데이터기준일자 as a day; None when unknown."""
    words = plain(row.values[AT["as_of"]]).replace(".", "-").replace("/", "-")
    try:
        return date.fromisoformat(words[:10])
    except ValueError:
        return installed_on(words)
