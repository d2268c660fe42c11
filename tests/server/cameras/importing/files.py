"""Files of CCTV data as cities publish them, made here: one street of cameras in every dialect."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

HEADER = (
    "관리기관명",
    "소재지도로명주소",
    "소재지지번주소",
    "설치목적구분",
    "카메라대수",
    "카메라화소수",
    "촬영방면정보",
    "보관일수",
) + ("설치년월", "관리기관전화번호", "위도", "경도", "데이터기준일자")
AT = {name: number for number, name in enumerate(HEADER)}
Cells = list[str]


def street(count: int = 12) -> list[Cells]:
    """Cameras along a street of 안양시, all of them good."""
    purposes = ("생활방범", "어린이보호", "교통단속", "쓰레기단속")
    return [
        [
            "경기도 안양시청",
            f"경기도 안양시 동안구 시민대로 {100 + n}",
            f"경기도 안양시 동안구 관양동 {1590 + n} (상가, 앞)",
            purposes[n % 4],
            str(n % 3 + 1),
            ("200", "400", "41")[n % 3],
            ("360도전방면", "북동", "")[n % 3],
            ("30", "30", "60")[n % 3],
            f"20{10 + n % 9}-0{n % 9 + 1}",
            "031-8045-2114",
            f"{37.3931 + n * 0.00037:.6f}",
            f"{126.9510 + n * 0.00041:.6f}",
            "2026-03-12",
        ]
        for n in range(count)
    ]


def delimited(rows: Sequence[Sequence[str]], delimiter: str = ",", ends: str = "\r\n", quoting: int = 0) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=ends, quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    return text.getvalue()


def written(folder: Path, name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def insert_dump(rows: Sequence[Sequence[str]], names: Sequence[str] = (), *, at_once: int = 100) -> str:
    """MySQL's INSERTs with escapes, `at_once` rows to a statement; numbers unquoted."""

    def literal(cell: str) -> str:
        if cell.replace(".", "", 1).isdigit() and len(cell) > 3:
            return cell
        return "NULL" if cell == "" else "'" + cell.replace("\\", "\\\\").replace("'", "\\'") + "'"

    head = (
        f"INSERT INTO `tb_cctv` ({', '.join(f'`{name}`' for name in names)}) VALUES"
        if names
        else ("INSERT INTO `tb_cctv` VALUES")
    )
    lines = ["-- dump of tb_cctv", "SET NAMES utf8;", ""]
    for start in range(0, len(rows), at_once):
        some = [f"({','.join(map(literal, row))})" for row in rows[start : start + at_once]]
        lines.append(f"{head} " + ",\n".join(some) + ";")
    return "\n".join(lines) + "\n"


def workbook(rows: Sequence[Sequence[str]], *, blank_first: int = 0) -> bytes:
    """The least that is an XLSX: one sheet; what looks like a number is one."""
    lines = []
    for number, row in enumerate(rows, 1 + blank_first):
        cells = []
        for at, cell in enumerate(row):
            name = f"{chr(65 + at)}{number}"
            is_number = cell.replace(".", "", 1).isdigit()
            cells.append(
                f'<c r="{name}"><v>{cell}</v></c>'
                if is_number
                else f'<c r="{name}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
            )
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType='
        f'"application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type='
        f'"{rel}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{rel}"><sheets><sheet name="CCTV" sheetId="1" '
        'r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" '
        f'Type="{rel}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{"".join(lines)}</sheetData></worksheet>',
    }
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return held.getvalue()
