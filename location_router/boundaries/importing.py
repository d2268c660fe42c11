"""A file of borders → a draft version with its report. Nothing is stored here, and nothing takes effect.

Features that can't be used are refused one by one, with their number and the reason; the good ones go on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from location_router.boundaries.area import Area, areas_of, inner_point
from location_router.boundaries.cleaning import Progress, Shapes, clean, repair
from location_router.boundaries.naming import BadField, Named, Refused, as_text, choose_fields, name_feature
from location_router.boundaries.projection import BadPlace, outside
from location_router.boundaries.reading import BadFile, Layer, read_layer
from location_router.index import Jurisdictions

LARGE_OVERLAP_KM2 = 1.0
FAR_SHIFT_M = 100.0
_COMPARABLE = 10


class ImportFailed(Exception):
    """The file gives no version at all; one sentence in both languages."""


@dataclass
class Draft:
    """What an import made: municipalities by code, and the report (JSON-able)."""

    areas: dict[str, Area]
    report: dict[str, Any]


@dataclass
class _Work:
    """Feature by feature: who it is, and what was said about it. Numbers count from 1 as in the file."""

    named: dict[int, Named] = field(default_factory=dict)
    refused: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, number: int, reason: str, *, value: str = "") -> None:
        self.refused.append({"feature": number, "value": value, "reason": reason})

    def identify(self, number: int, texts: str) -> None:
        """Says in the refusal of a feature whom it was meant for."""
        for row in self.refused:
            if row["feature"] == number:
                row["value"] = " ".join(part for part in (texts, row["value"]) if part)


def make_draft(
    path: Path,
    *,
    crs: str = "",
    layer: str = "",
    encoding: str = "",
    fields: Mapping[str, str] | None = None,
    base: Jurisdictions | None = None,
    progress: Progress = lambda line: None,
) -> Draft:
    """Reads, names, repairs and cleans the file at `path`. `fields` names its columns by `code`, `name`, `name_en`,
    `province` (guessed where absent); `base` is the version in force, to compare with. Raises ImportFailed."""
    try:
        read = read_layer(path, crs=crs, layer=layer, encoding=encoding, progress=progress)
        chosen, guessed = choose_fields(read.columns, fields or {})
    except (BadFile, BadField, BadPlace) as problem:
        raise ImportFailed(str(problem)) from None
    except OSError as problem:
        why = problem.strerror or problem
        raise ImportFailed(f"{path.name}: 읽을 수 없습니다 · it can't be read ({why})") from None
    work = _Work()
    shapes, repaired = _usable(read, work)
    progress(f"도형 {len(shapes)}개에 이름을 붙이는 중 · naming {len(shapes)} features …")
    _name(read, chosen, shapes, work, base)
    _refuse_second_names(work)
    if not work.named:
        first = work.refused[0]["reason"] if work.refused else ""
        raise ImportFailed(
            f"{path.name}: 쓸 수 있는 시군구가 하나도 없습니다 "
            f"· no usable municipality in {len(shapes)} features. {first}"
        )
    sources: dict[str, list[shapely.Geometry]] = {}
    for number, one in work.named.items():
        sources.setdefault(one.code, []).append(shapes[number - 1])
    cleaned = clean(sources, progress)
    areas = _areas(cleaned.polygons, work)
    report = _report(path, read, chosen, guessed, work, repaired, areas)
    report |= _cleaning_report(cleaned, areas)
    report |= _against(base, areas) if base else {}
    report["warnings"] = _warnings(report)
    return Draft(areas, report)


def _usable(read: Layer, work: _Work) -> tuple[Shapes, list[int]]:
    """Valid polygons, and the numbers of those that had to be repaired; all others are refused."""
    shapes = read.shapes.copy()
    kinds = shapely.get_type_id(shapes)
    for place, kind in enumerate(kinds.tolist()):
        if kind == -1 or shapely.is_empty(shapes[place]):
            work.refuse(place + 1, "도형이 비어 있습니다 · it has no geometry")
        elif kind not in (3, 6, 7):
            name = shapes[place].geom_type
            work.refuse(place + 1, f"면이 아니라 {name}입니다 · a {name}, not an area")
        else:
            continue
        shapes[place] = None
    there = np.flatnonzero(shapely.get_type_id(shapes) >= 0)
    for place in there[outside(shapes[there])].tolist():
        west, south, east, north = shapely.bounds(shapes[place]).tolist()
        work.refuse(
            place + 1,
            "한국 밖이거나 숫자가 아닌 좌표입니다 · coordinates outside Korea or no numbers",
            value=f"lon {west:.4f}…{east:.4f}, lat {south:.4f}…{north:.4f}",
        )
        shapes[place] = None
    there = np.flatnonzero(shapely.get_type_id(shapes) >= 0)
    shapes[there], bad = repair(shapes[there])
    for place in there[shapely.area(shapes[there]) == 0].tolist():
        work.refuse(place + 1, "넓이가 없습니다 · it has no area")
        shapes[place] = None
    return shapes, [place + 1 for place in there[bad].tolist() if shapes[place] is not None]


def _name(read: Layer, chosen: Mapping[str, str], shapes: Shapes, work: _Work, base: Jurisdictions | None) -> None:
    def cell(what: str, place: int) -> str:
        return as_text(read.columns[chosen[what]][place]) if what in chosen else ""

    def near(place: int) -> Callable[[], str | None]:
        def ask() -> str | None:
            point = shapely.point_on_surface(shapes[place])
            return base.containing(lat=point.y, lon=point.x) if base else None

        return ask

    for place, shape in enumerate(shapes):
        texts = {what: cell(what, place) for what in ("code", "name", "name_en", "province")}
        if shape is None:
            work.identify(place + 1, " ".join(text for text in texts.values() if text))
            continue
        try:
            work.named[place + 1] = name_feature(**texts, near=near(place))
        except Refused as problem:
            work.refuse(place + 1, str(problem), value=" ".join(text for text in texts.values() if text))


def _refuse_second_names(work: _Work) -> None:
    """One code with two names in one file: the second is somebody's mistake, and guessing would misroute."""
    first: dict[str, tuple[int, Named]] = {}
    for number, one in list(work.named.items()):
        held = first.setdefault(one.code, (number, one))
        if held[1].name_ko != one.name_ko:
            del work.named[number]
            work.refuse(
                number,
                f"코드 {one.code}가 도형 {held[0]}({held[1].name_ko})에 이미 있는데 이름이 다릅니다 "
                f"· the code {one.code} is "
                f"feature {held[0]}'s already, under another name",
                value=one.written,
            )


def _areas(polygons: Mapping[str, shapely.Geometry], work: _Work) -> dict[str, Area]:
    names = {one.code: one for one in work.named.values()}
    found = {}
    for code, polygon in polygons.items():
        if shapely.is_empty(polygon):
            numbers = [number for number, one in work.named.items() if one.code == code]
            for number in numbers:
                work.refuse(
                    number, "다른 시군구가 모두 덮고 있습니다 · others cover all of it", value=names[code].written
                )
                del work.named[number]
            continue
        point = inner_point(polygon)
        one = names[code]
        found[code] = Area(code, one.name_ko, one.name_en, round(point.y, 6), round(point.x, 6), polygon)
    return found


def _report(
    path: Path,
    read: Layer,
    chosen: Mapping[str, str],
    guessed: list[str],
    work: _Work,
    repaired: list[int],
    areas: Mapping[str, Area],
) -> dict[str, Any]:
    by_code: dict[str, list[int]] = {}
    for number, one in work.named.items():
        by_code.setdefault(one.code, []).append(number)
    dissolved = [
        {
            "code": code,
            "name_ko": areas[code].name_ko,
            "features": numbers,
            "parts": [work.named[number].was or work.named[number].written for number in numbers],
        }
        for code, numbers in sorted(by_code.items())
        if len(numbers) > 1 or work.named[numbers[0]].was
    ]
    remarks = [
        {"feature": number, "code": one.code, "written": one.written, "name_ko": one.name_ko, "remark": one.remark}
        for number, one in work.named.items()
        if one.remark
    ]
    return {
        "file": path.name,
        "sha256": _sha256(path),
        "format": read.format,
        "crs": read.crs,
        "encoding": read.encoding,
        "fields": dict(chosen),
        "guessed": guessed,
        "notes": read.notes,
        "features_in": len(read.shapes),
        "features_out": len(areas),
        "renamed": remarks,
        "dissolved": dissolved,
        "repaired": [
            {"feature": number, "written": work.named[number].written} for number in repaired if number in work.named
        ],
        "refused": sorted(work.refused, key=lambda one: one["feature"]),
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as raw:
        return hashlib.file_digest(raw, "sha256").hexdigest()


def _cleaning_report(cleaned: Any, areas: Mapping[str, Area]) -> dict[str, Any]:
    def told(spot: Any) -> dict[str, Any]:
        row = asdict(spot)
        del row["kind"]
        row["between"] = [{"code": code, "name_ko": areas[code].name_ko} for code in spot.between if code in areas]
        return row

    report: dict[str, Any] = {
        kind: [told(spot) for spot in cleaned.spots if spot.kind == one]
        for kind, one in (("overlaps", "overlap"), ("gaps", "gap"), ("open_water", "open"))
    }
    for kind in ("overlaps", "gaps", "open_water"):
        report[f"{kind}_km2"] = round(sum(row["km2"] for row in report[kind]), 3)
    return report


def _against(base: Jurisdictions, areas: Mapping[str, Area]) -> dict[str, Any]:
    """What differs from the version in force: centers that come, change their code, or go; a shift of the map."""
    tree = shapely.STRtree([one.polygon for one in areas.values()])
    codes = list(areas)
    gone, recoded = [], []
    for code, center in sorted(base.centers.items()):
        if code in areas:
            continue
        held = tree.query(shapely.Point(center.lon, center.lat), predicate="within").tolist()
        if held:
            recoded.append({"from": code, "to": codes[held[0]], "name_ko": areas[codes[held[0]]].name_ko})
        else:
            gone.append({"code": code, "name_ko": center.name_ko})
    fresh = sorted(set(areas) - set(base.centers) - {one["to"] for one in recoded})
    return {
        "compared_with": base.boundary_version,
        "new_centers": [{"code": code, "name_ko": areas[code].name_ko} for code in fresh],
        "recoded_centers": recoded,
        "missing_centers": gone,
        "shift_m": _shift(base, areas),
    }


def _shift(base: Jurisdictions, areas: Mapping[str, Area]) -> dict[str, float] | None:
    """The typical offset of the middles of municipalities that have the same size in both maps, metres to the east and
    north; None when too few can be compared. A wrong datum shows as some 250 to 400 m."""
    offsets = []
    for code, theirs in areas_of(base, only=set(areas)).items():
        ours = areas[code].polygon
        if abs(shapely.area(theirs.polygon) / shapely.area(ours) - 1) < 0.03:
            here, there = shapely.centroid(ours), shapely.centroid(theirs.polygon)
            scale = np.cos(np.radians(here.y)) * 111_320
            offsets.append(((here.x - there.x) * scale, (here.y - there.y) * 110_980))
    if len(offsets) < _COMPARABLE:
        return None
    east, north = np.median(np.asarray(offsets), axis=0).tolist()
    return {"east": round(east, 1), "north": round(north, 1), "compared": len(offsets)}


def _warnings(report: Mapping[str, Any]) -> list[str]:
    found = []
    large = [one for one in report["overlaps"] if one["km2"] >= LARGE_OVERLAP_KM2]
    if large:
        found.append(
            f"1 km²보다 큰 겹침 {len(large)}곳을 작은 코드에 주었습니다. 확인하세요 "
            f"· {len(large)} overlaps over 1 km² went to the "
            "smaller code: look at them"
        )
    if report.get("missing_centers"):
        count = len(report["missing_centers"])
        found.append(
            f"지금 있는 센터 {count}곳이 이 파일에 없습니다 "
            f"· {count} centers in force are not in this file: their places would "
            "go to the nearest others"
        )
    shift = report.get("shift_m")
    if shift and np.hypot(shift["east"], shift["north"]) > FAR_SHIFT_M:
        found.append(
            f"지도 전체가 동 {shift['east']} m, 북 {shift['north']} m 어긋나 있습니다. 좌표계(--crs)를 "
            f"확인하세요 · the whole map is "
            f"shifted {shift['east']} m east, {shift['north']} m north against the one in force: check --crs "
            f"(EPSG:5174 is "
            "127.0029°, EPSG:2097 is 127.0°; without its datum shift a Bessel map lies some 300 m off)"
        )
    if report["refused"]:
        found.append(
            f"도형 {len(report['refused'])}개를 받지 못했습니다 "
            f"· {len(report['refused'])} features were refused, see `refused`"
        )
    return found
