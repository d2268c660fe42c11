"""Does the purge keep up: for `ansim doctor`, `/metrics` and whoever asks.

findings = await retention_findings(unit, services, now)   # [(ok, sentence_ko, sentence_en)]
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from location_router.runtime.db import Unit
from server.db import load_tables
from server.retention import model, proofs, questions
from server.retention.kinds import KINDS
from server.retention.model import EVERY_CENTER, Kind
from server.retention.partitions import DAYS_AHEAD, count_strays, days_of
from server.retention.service import policies

if TYPE_CHECKING:
    from server.services import Services

Finding = tuple[bool, str, str]
HOUR_S, DAY_S = 3600.0, 86_400.0
GRACE_DAYS = 1.0
"""A run may be a day late before anybody is told: the worker may be on its way back."""


async def overdue_days(unit: Unit, now: datetime) -> float:
    """Days by which the latest kind's purge is behind its rhythm; 0 when all are in time. One small question."""
    rows = await unit.all("SELECT kind, first_seen_at, cleaned_at FROM retention_kind")
    hourly = {kind.name for kind in KINDS if kind.hourly}
    return max(
        (
            model.overdue_days(
                row["cleaned_at"],
                row["first_seen_at"],
                every_s=2 * HOUR_S if row["kind"] in hourly else DAY_S + HOUR_S,
                now=now,
            )
            for row in rows
        ),
        default=0.0,
    )


async def retention_findings(unit: Unit, services: Services, now: datetime) -> list[Finding]:
    """Each as (is well, sentence in Korean, sentence in English); the unit must see every center."""
    load_tables()
    return [
        await _leftovers(unit, now),
        await _last_run(unit),
        await _days(unit, now),
        await _backups(unit, services),
        await _proofs(unit),
    ]


async def _leftovers(unit: Unit, now: datetime) -> Finding:
    """Rows that should have gone more than a day ago: asked of the tables themselves, not of the purge."""
    known = await policies(unit)
    late = [kind for kind in KINDS if await _has_leftover(unit, kind, known, now - timedelta(days=GRACE_DAYS))]
    if not late:
        return True, "보관 기간이 지난 것이 없습니다.", "nothing is kept longer than its time"
    ko, en = ", ".join(kind.what_ko for kind in late), ", ".join(kind.what_en for kind in late)
    return (
        False,
        f"보관 기간이 지났는데 남아 있습니다: {ko}. `ansim purge`를 실행하고 worker가 켜져 있는지 보세요.",
        f"kept longer than their time: {en}. Run `ansim purge`, and see that `ansim worker` runs.",
    )


async def _has_leftover(unit: Unit, kind: Kind, known: model.Policies, now: datetime) -> bool:
    for rows in filter(questions.exists, kind.rows):
        for group in model.groups_of(known, kind):
            asked = questions.values(group, model.cutoff(kind, group.policy, now))
            found = await unit.driver.execute(f"SELECT 1 {questions.due(rows, group)} LIMIT 1", asked)
            if await found.fetchone():
                return True
    return False


async def _last_run(unit: Unit) -> Finding:
    row = await unit.one(
        "SELECT finished_at, failed FROM retention_run WHERE finished_at IS NOT NULL AND cardinality(kinds) > 1"
        " ORDER BY finished_at DESC LIMIT 1"
    )
    if row is None:
        return True, "아직 삭제 작업이 돈 적이 없습니다.", "no purge has run yet"
    if row["failed"]:
        names = ", ".join(sorted(row["failed"]))
        return (
            False,
            f"마지막 삭제 작업에서 실패한 종류: {names}. 기록에서 purge_failed를 찾아보세요.",
            f"the last purge failed for {names}: look for purge_failed in the log",
        )
    at = f"{row['finished_at']:%Y-%m-%d %H:%M} UTC"
    return True, f"마지막 삭제 작업 {at}", f"last purge {at}"


async def _days(unit: Unit, now: datetime) -> Finding:
    there = set(await days_of(unit))
    missing = [n for n in range(DAYS_AHEAD) if (now + timedelta(days=n)).date() not in there]
    strays = await count_strays(unit, now=now)
    if not missing and not strays:
        return True, f"위치 기록의 날짜 구획 {len(there)}개", f"{len(there)} days of positions are laid out"
    return (
        False,
        f"위치 기록의 날짜 구획이 {len(missing)}일치 없고, 구획 밖에 {strays}건이 있습니다. `ansim purge`가 만듭니다.",
        f"{len(missing)} days of positions are not laid out, {strays} rows lie outside: `ansim purge` makes them",
    )


async def _backups(unit: Unit, services: Services) -> Finding:
    """What is deleted lives on in backups for BACKUP_KEEP_DAYS: that horizon may not be longer than the positions'."""
    known, keep = await policies(unit), services.settings.backup_keep_days
    positions = next(kind for kind in KINDS if kind.name == "positions")
    centers = [EVERY_CENTER, *(center for center, name in known if name == positions.name)]
    shortest = min(model.policy_of(known, positions, center).days for center in centers)
    if keep <= shortest:
        return (
            True,
            f"백업까지 사라지는 데 {shortest}+{keep}일 (BACKUP_KEEP_DAYS)",
            f"gone from backups too after {shortest}+{keep} days (BACKUP_KEEP_DAYS)",
        )
    return (
        False,
        f"백업 보관 {keep}일이 위치 보관 {shortest}일보다 깁니다. BACKUP_KEEP_DAYS를 {shortest} 이하로 줄이세요.",
        f"backups are kept {keep} days, positions {shortest}: set BACKUP_KEEP_DAYS to {shortest} or less",
    )


async def _proofs(unit: Unit) -> Finding:
    bad = await proofs.first_altered(unit)
    if bad is None:
        return True, "삭제 증명이 그대로입니다.", "the proofs of deletion are as written"
    return (
        False,
        f"삭제 증명이 바뀌었습니다: {bad}. `ansim verify-log`와 비교하세요.",
        f"a proof of deletion was altered: {bad}. Compare with `ansim verify-log`.",
    )
