"""One street of cameras in every dialect that real files come in: the same rows come out, at the lines of the file."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from server.cameras.importing.columns import AT as FIELD
from server.cameras.importing.reading import Table, open_table
from server.cameras.importing.reasons import Unreadable
from server.cameras.importing.rows import Misfit, Row, rows_of
from tests.server.cameras.importing.files import AT, HEADER, delimited, insert_dump, street, workbook, written

ROWS = street()


def stray(cell: bytes) -> bytes:
    """A workbook with one more cell, far from the table."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook([list(HEADER), *ROWS]))) as book, zipfile.ZipFile(made, "w") as out:
        for part in book.infolist():
            content, far = book.read(part), b'<c r="%s" t="inlineStr"><is><t>x</t></is></c>' % cell
            if part.filename.startswith("xl/worksheets/"):
                content = content.replace(b"</sheetData>", b'<row r="1048576">%s</row></sheetData>' % far)
            out.writestr(part, content)
    return made.getvalue()


WHOLE = [list(HEADER), *ROWS]
Make = Callable[[Path], Path]
DIALECTS: dict[str, tuple[Make, str]] = {
    "cp949": (lambda at: written(at, "a.csv", delimited(WHOLE), "cp949"), "cp949"),
    "euc-kr": (lambda at: written(at, "a.csv", delimited(WHOLE), "euc-kr"), "cp949"),
    "utf-8": (lambda at: written(at, "a.csv", delimited(WHOLE)), "utf-8"),
    "utf-8 with mark": (lambda at: written(at, "a.csv", delimited(WHOLE), "utf-8-sig"), "utf-8-sig"),
    "mark inside the quotes": (
        lambda at: written(at, "a.csv", '"\ufeff' + delimited(WHOLE, quoting=1)[1:], "utf-8"),
        "utf-8",
    ),
    "utf-16": (lambda at: written(at, "a.txt", delimited(WHOLE, "\t"), "utf-16"), "utf-16"),
    "utf-16-le without mark": (lambda at: written(at, "a.txt", delimited(WHOLE), "utf-16-le"), "utf-16-le"),
    "utf-16-be without mark": (lambda at: written(at, "a.txt", delimited(WHOLE), "utf-16-be"), "utf-16-be"),
    "tabs": (lambda at: written(at, "a.tsv", delimited(WHOLE, "\t")), "utf-8"),
    "semicolons": (lambda at: written(at, "a.csv", delimited(WHOLE, ";")), "utf-8"),
    "pipes": (lambda at: written(at, "a.csv", delimited(WHOLE, "|")), "utf-8"),
    "old line ends": (lambda at: written(at, "a.csv", delimited(WHOLE, ends="\r")), "utf-8"),
    "no header": (lambda at: written(at, "a.csv", delimited(ROWS)), "utf-8"),
    "a title and a blank line above": (
        lambda at: written(at, "a.csv", "안양시 CCTV 현황\r\n\r\n" + delimited(WHOLE), "cp949"),
        "cp949",
    ),
    "a workbook named csv": (lambda at: written(at, "a.csv", workbook(WHOLE)), "xlsx"),
    "a workbook that begins lower": (lambda at: written(at, "a.xlsx", workbook(WHOLE, blank_first=2)), "xlsx"),
    "inserts, many rows": (lambda at: written(at, "a.sql", insert_dump(ROWS, HEADER)), "utf-8"),
    "inserts, one row": (lambda at: written(at, "a.sql", insert_dump(ROWS, HEADER, at_once=1), "cp949"), "cp949"),
    "inserts without names": (lambda at: written(at, "a.txt", insert_dump(ROWS)), "utf-8"),
    "longitude first": (
        lambda at: written(at, "a.csv", delimited([[*row[:10], row[11], row[10], row[12]] for row in WHOLE])),
        "utf-8",
    ),
    "longitude first, no header": (
        lambda at: written(at, "a.csv", delimited([[*row[:10], row[11], row[10], row[12]] for row in ROWS])),
        "utf-8",
    ),
}


def read(table: Table) -> list[Row | Misfit]:
    return list(rows_of(table.rows(), table.columns))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_gives_the_same_rows(dialect: str, tmp_path: Path) -> None:
    make, encoding = DIALECTS[dialect]
    table = open_table(make(tmp_path))
    found = read(table)
    assert table.encoding == encoding
    assert [(row.lat, row.lon) for row in found if isinstance(row, Row)] == [
        (float(row[AT["위도"]]), float(row[AT["경도"]])) for row in ROWS
    ]
    for field, name in (("purpose", "설치목적구분"), ("count", "카메라대수"), ("lot_address", "소재지지번주소")):
        assert [row.values[FIELD[field]] for row in found if isinstance(row, Row)] == [row[AT[name]] for row in ROWS], (
            f"{dialect}: {field}"
        )


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    rows = street(4)
    rows[1][2] = "경기도 안양시 동안구\n관양동 1591\n(상가 앞)"
    rows[2][2] = "관양동\t1592"
    text = delimited([list(HEADER), *rows[:2]], ends="\n") + "\n,,,,,,,,,,,,\n" + delimited(rows[2:], ends="\n")
    table = open_table(written(tmp_path, "a.csv", text))
    assert [row.line for row in read(table)] == [2, 3, 8, 9]
    found = read(open_table(written(tmp_path, "b.sql", insert_dump(rows, HEADER))))
    assert [row.line for row in found] == [4, 5, 8, 9] and isinstance(found[1], Row)
    assert found[1].values[FIELD["lot_address"]].count("\n") == 2
    table = open_table(written(tmp_path, "c.xlsx", workbook([list(HEADER), *rows], blank_first=3)))
    assert [row.line for row in read(table)] == [5, 6, 7, 8]


def test_a_quote_that_nobody_closed_costs_one_row_at_most(tmp_path: Path) -> None:
    lines = delimited([list(HEADER), *street(60)], ends="\n").splitlines()
    lines[5] = lines[5].replace("경기도 안양시청", '"경기도 안양시청')
    found = read(open_table(written(tmp_path, "a.csv", "\n".join(lines))))
    assert len([row for row in found if isinstance(row, Row) and row.lat]) >= 59
    assert [row.line for row in found][-1] == 61


def test_totals_notes_and_unquoted_commas(tmp_path: Path) -> None:
    rows = street(6)
    lines = delimited([list(HEADER), *rows], ends="\n").splitlines()
    lines[3] = ",".join(
        [rows[2][0], "경기도 안양시 시민대로 102, 상가", "경기도 안양시 관양동 1592, 2층", *rows[2][3:]]
    )
    lines[4] = ",".join([*rows[3][:2], "경기도 안양시 관양동 1593, 뒤", *rows[3][3:]])
    lines += ["합계,,,,12,,,,,,,,", "※ 자료: 안양시 정보통신과", "경기도 안양시청,시민대로 1,"]
    found = read(open_table(written(tmp_path, "a.csv", "\n".join(lines))))
    assert [(row.line, row.reason) for row in found if isinstance(row, Misfit)] == [
        (8, "not_a_record"),
        (9, "not_a_record"),
        (10, "columns"),
    ]
    for line in (4, 5):
        fitted = next(row for row in found if row.line == line)
        assert isinstance(fitted, Row) and fitted.lat == float(rows[line - 2][AT["위도"]])
        assert fitted.values[FIELD["purpose"]] == rows[line - 2][AT["설치목적구분"]]


def test_inserts_of_other_databases(tmp_path: Path) -> None:
    server = (
        "INSERT [dbo].[CCTV] ([관리번호], [위도], [경도]) VALUES (N'A''1', CAST(37.512345 AS Decimal(10, 6)),"
        " CAST(127.012345 AS Decimal(10, 6)))\nGO\n"
    )
    many = (
        "INSERT ALL\n" + " INTO cctv (no, lat, lon) VALUES ('1', 37.512345, 127.012345)\n" * 2 + "SELECT 1 FROM dual;"
    )
    for text in (server * 2, many):
        found = read(open_table(written(tmp_path, "a.sql", text)))
        assert [(row.lat, row.lon) for row in found if isinstance(row, Row)] == [(37.512345, 127.012345)] * 2


def test_layouts_of_other_years(tmp_path: Path) -> None:
    row = street(1)[0]
    newest = {
        "개방자치단체코드": "3830000", "관리번호": "2026383000001", "관리기관명": row[0], "소재지도로명주소": row[1],
        "소재지지번주소": row[2], "설치목적구분명": row[3], "카메라대수": "2", "카메라화소수": "200",
        "촬영방면정보": "북", "보관일수": "30", "설치연월": "2019-03", "관리기관전화번호": row[9],
        "WGS84위도": row[10], "WGS84경도": row[11], "좌표정보X(EPSG5174)": "200000.1",
        "좌표정보Y(EPSG5174)": "444000.2", "데이터기준일자": "2026-01-01", "최종수정시점": "2026-01-02 10:00:00",
    }  # fmt: skip
    found = read(open_table(written(tmp_path, "a.csv", delimited([list(newest), list(newest.values())]))))
    assert isinstance(found[0], Row) and (found[0].lat, found[0].lon) == (float(row[10]), float(row[11]))
    assert found[0].values[FIELD["management_no"]] == "2026383000001" and not found[0].is_metres
    portal = {"SIGUN_NM": "안양시", "MANAGE_INST_NM": "안양시", "REFINE_LOTNO_ADDR": row[2], "INSTL_PURPS": "방범"}
    portal |= {"CAMERA_CNT": "1", "REFINE_WGS84_LOGT": row[11], "REFINE_WGS84_LAT": row[10]}
    found = read(open_table(written(tmp_path, "b.csv", delimited([list(portal), list(portal.values())]))))
    assert isinstance(found[0], Row) and (found[0].lat, found[0].lon) == (float(row[10]), float(row[11]))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\r\n\r\n", "empty"),
        ("이름,나이,사는 곳\n가,1,서울\n나,2,부산\n".encode(), "no_coordinate_columns"),
        ("편지입니다.\n안녕히.\n".encode(), "no_table"),
        (b"PK\x03\x04 not a workbook", "no_table"),
        (b"INSERT INTO " + b"a." * 30 + b"!\nno table\n", "no_table"),  # was read in 2^30 ways
        (stray(b"XFD1048576"), "too_large"),  # a reader that holds it as a rectangle ends the process
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_table_is_named(content: bytes, code: str, tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as refused:
        open_table(written(tmp_path, "a.csv", content))
    assert refused.value.code == code
    with pytest.raises(Unreadable) as refused:
        open_table(tmp_path / "absent.csv")
    assert refused.value.code == "not_found"


@pytest.mark.parametrize("ending", ["가" * (1 << 20), "가,'" + "''" * (1 << 20)])
def test_a_line_without_end_is_named_and_does_not_fill_the_memory(ending: str, tmp_path: Path) -> None:
    is_sql = "'" in ending
    good = insert_dump(ROWS * 2) if is_sql else delimited(WHOLE * 20)
    ending = f"INSERT INTO cctv VALUES ('{ending}" if is_sql else ending
    with pytest.raises(Unreadable, match="too_long") as refused:
        read(open_table(written(tmp_path, "a", good + ending)))
    assert "line" in refused.value.detail


def test_a_workbook_that_unpacks_to_more_than_a_memory_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.cameras.importing.workbook.MOST_BYTES", 1000)
    with pytest.raises(Unreadable, match="too_large"):
        open_table(written(tmp_path, "a.xlsx", workbook(WHOLE)))
