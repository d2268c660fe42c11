"""An import's report and a difference in lines for people, Korean and English side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MOST = 10


def for_people(report: Mapping[str, Any]) -> str:
    """The whole report; long lists show their largest `MOST` (JSON has all)."""
    fields = ", ".join(
        f"{what}={name}{' (추정 · guessed)' if what in report['guessed'] else ''}"
        for what, name in report["fields"].items()
    )
    lines = [
        f"파일 · file          {report['file']}  {report['format']}  {report['encoding']}",
        f"좌표계 · CRS         {report['crs']}",
        f"필드 · fields        {fields}",
        f"도형 · features      {report['features_in']} → 시군구 · municipalities {report['features_out']}",
    ]
    lines += [f"참고 · note          {note}" for note in report["notes"]]
    lines += _some("합침 · dissolved", report["dissolved"], _dissolved)
    lines += _some("이름 · names", report["renamed"], _renamed)
    lines += _some("고침 · repaired", report["repaired"], lambda row: f"#{row['feature']} {row['written']}")
    for key, title in (
        ("overlaps", "겹침 · overlaps"),
        ("gaps", "틈 · gaps"),
        ("open_water", "닫힌 물 · enclosed water"),
    ):
        lines += _some(f"{title} ({report[f'{key}_km2']} km²)", report[key], _spot)
    lines += _against(report)
    lines += _some("받지 못함 · refused", report["refused"], _refused)
    lines += [f"주의 · WARNING       {warning}" for warning in report["warnings"]]
    if report.get("version"):
        lines.append(
            f"초안 · draft         {report['version']}  →  boundaries diff … / boundaries activate {report['version']}"
        )
    return "\n".join(lines)


def _some(title: str, rows: Sequence[Any], told: Any) -> list[str]:
    lines = [f"{title:20} {len(rows)}"] + [f"    {told(row)}" for row in rows[:MOST]]
    if len(rows) > MOST:
        lines.append(f"    … {len(rows) - MOST} (--json)")
    return lines


def _dissolved(row: Mapping[str, Any]) -> str:
    return f"{row['name_ko']} {row['code']}: {', '.join(row['parts'])}"


def _renamed(row: Mapping[str, Any]) -> str:
    return f"#{row['feature']} {row['written']} → {row['name_ko']} {row['code']}  {row['remark']}"


def _spot(row: Mapping[str, Any]) -> str:
    between = ", ".join(one["name_ko"] for one in row["between"])
    owner = f" → {row['given_to']}" if row["given_to"] else ""
    return f"{row['km2']:.6f} km²  {row['lat']:.5f}, {row['lon']:.5f}  {between}{owner}"


def _refused(row: Mapping[str, Any]) -> str:
    return f"#{row['feature']} {row['value']}: {row['reason']}"


def _against(report: Mapping[str, Any]) -> list[str]:
    if not report.get("compared_with"):
        return []
    lines = [f"견준 버전 · against  {report['compared_with']}"]
    lines += _some("새 센터 · new", report["new_centers"], lambda row: f"{row['name_ko']} {row['code']}")
    lines += _some(
        "코드 바뀜 · recoded", report["recoded_centers"], lambda row: f"{row['from']} → {row['to']} {row['name_ko']}"
    )
    lines += _some("없는 센터 · missing", report["missing_centers"], lambda row: f"{row['name_ko']} {row['code']}")
    if shift := report["shift_m"]:
        lines.append(f"어긋남 · shift       동 · east {shift['east']} m, 북 · north {shift['north']} m")
    return lines


_KINDS = {
    "moved": "넘어감 · moved",
    "recoded": "코드 바뀜 · recoded",
    "lost": "빠짐 · lost",
    "gained": "새 땅 · gained",
}


def change_lines(before: str, after: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """A difference of two versions, `MOST` × 4 rows: what moved before the rest, the largest first."""
    lines = [f"{before} → {after}"]
    for kind, title in _KINDS.items():
        mine = [row for row in rows if row["kind"] == kind]
        lines.append(f"{title:22} {len(mine):5}  {sum(row['km2'] for row in mine):12,.3f} km²")
    rows = sorted(rows, key=lambda row: list(_KINDS).index(row["kind"]))
    for row in rows[: MOST * 4]:
        lines.append(
            f"    {row['km2']:12,.4f} km²  {_name(row['from'])} → {_name(row['to'])}  "
            f"{row['lat']:.5f}, {row['lon']:.5f}  [{row['kind']}]"
        )
    if len(rows) > MOST * 4:
        lines.append(f"    … {len(rows) - MOST * 4} (--json)")
    return lines


def _name(center: Mapping[str, str] | None) -> str:
    return f"{center['name_ko']} {center['code']}" if center else "없음 · nobody"
