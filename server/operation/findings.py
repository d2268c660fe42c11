"""What `ansim doctor` looks at beyond reachability: clocks, certificate, disk, jobs, what waits, seats, backups.

Each check returns `(name, is it well, one sentence that says what to do)`, in Korean and English. None changes
anything, none names a person.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from location_router.runtime.db import Unit
from location_router.runtime.postgres import state_dir
from server.recordings.findings import recording_findings
from server.retention.findings import retention_findings

if TYPE_CHECKING:
    from server.services import Services

Finding = tuple[str, bool, str]

CLOCK_LIMIT_S = 2.0
CERTIFICATE_DAYS = 14
DISK_LOW_BYTES = 5_000_000_000
WORKER_SILENT_S = 30
JOB_LATE_S = 60
OUTBOX_LATE_S = 10
AGREEMENT_DAYS = 30
BACKUP_HOURS = 26
WIDE_PREFIX = {4: 8, 6: 32}


async def of_database(unit: Unit, services: Services) -> list[Finding]:
    """The checks that one look into the database answers."""
    return [
        await _database_clock(unit, services),
        await _jobs(unit),
        await _outbox(unit),
        await _quarantine(unit),
        await _accounts(unit),
        await _addresses(unit),
        await _agreements(unit, services),
        *(
            ("retention", ok, f"{ko} · {en}")
            for ok, ko, en in await retention_findings(unit, services, services.clock())
        ),
        *(("recordings", ok, f"{ko} · {en}") for ok, ko, en in await recording_findings(unit, services)),
    ]


async def _database_clock(unit: Unit, services: Services) -> Finding:
    there = await unit.scalar("SELECT clock_timestamp()")
    return clock_finding("database clock", (there - services.clock()).total_seconds())


def clock_finding(name: str, off_s: float) -> Finding:
    """Signed calls are good for 300 s; deadlines and the log want seconds."""
    if abs(off_s) <= CLOCK_LIMIT_S:
        return name, True, f"{off_s:+.1f} s"
    return name, False, f"시계가 {off_s:+.0f}초 다릅니다. NTP를 켜세요 · {off_s:+.0f} s apart: switch NTP on"


async def router_clock(services: Services) -> Finding:
    """Ours against the `Date` of the router's answer (whole seconds)."""
    try:
        answer = await services.router_client.get("/healthz")
        there = parsedate_to_datetime(answer.headers["date"])
    except (httpx.HTTPError, KeyError, ValueError):
        return "router clock", True, "라우터가 답하지 않아 비교하지 못했습니다 · not compared: no answer"
    return clock_finding("router clock", (there - services.clock()).total_seconds() + 0.5)


async def _jobs(unit: Unit) -> Finding:
    row = await unit.one(
        "SELECT (SELECT max(last_heartbeat) FROM procrastinate_workers)"
        "   > now() - make_interval(secs => :silent) AS alive,"
        " count(*) FILTER (WHERE status = 'todo' AND coalesce(scheduled_at, now() - interval '1 day') < now()"
        "   - make_interval(secs => :late)) AS late, count(*) FILTER (WHERE status = 'failed') AS failed"
        " FROM procrastinate_jobs WHERE status IN ('todo', 'failed')",
        {"silent": WORKER_SILENT_S, "late": JOB_LATE_S},
    )
    assert row is not None
    if not row["alive"]:
        return "jobs", False, "일하는 작업기가 없습니다: ansim worker를 켜세요 · no worker is alive: run `ansim worker`"
    if row["late"] or row["failed"]:
        told = f"{row['late']} late, {row['failed']} failed"
        return "jobs", False, f"{told}: 작업기 로그의 job_again을 보세요 · look for job_again in the worker's log"
    return "jobs", True, "작업기가 일합니다 · a worker is alive, nothing is late"


async def _outbox(unit: Unit) -> Finding:
    row = await unit.one(
        "SELECT count(*) AS waiting, coalesce(extract(epoch FROM now() - min(created_at)), 0) AS oldest_s FROM outbox"
    )
    assert row is not None
    if row["oldest_s"] <= OUTBOX_LATE_S:
        return "outbox", True, f"{row['waiting']} waiting"
    age_s = int(row["oldest_s"])
    return (
        "outbox",
        False,
        (
            f"{row['waiting']}건이 {age_s}초째 기다립니다: 버스를 확인하세요 · "
            f"{row['waiting']} wait, the oldest for {age_s} s: look at the bus"
        ),
    )


async def _quarantine(unit: Unit) -> Finding:
    found = await unit.scalar("SELECT count(*) FROM quarantine")
    if not found:
        return "quarantine", True, "비어 있음 · empty"
    return (
        "quarantine",
        False,
        (
            f"읽지 못한 신고 {found}건: 관제 화면에서 확인하세요 · {found} messages could not be read: look at them, "
            "each may be a cry for help"
        ),
    )


async def _accounts(unit: Unit) -> Finding:
    row = await unit.one(
        "SELECT count(*) FILTER (WHERE role = 'admin') AS admins,"
        " count(*) FILTER (WHERE role = 'supervisor') AS leaders,"
        " count(*) FILTER (WHERE NOT EXISTS (SELECT FROM allowed_address n WHERE n.account_id = a.account_id)"
        "   AND agency_id IS NULL) AS homeless FROM account a WHERE active"
    )
    assert row is not None
    missing = [name for name, count in (("admin", row["admins"]), ("supervisor", row["leaders"])) if not count]
    if missing:
        who = ", ".join(missing)
        return (
            "accounts",
            False,
            f"{who} 계정이 없습니다 · no active {who}: make one with `ansim account`",
        )
    if row["homeless"]:
        count = row["homeless"]
        return "accounts", False, f"{count}개 계정에 등록 주소가 없습니다 · {count} accounts can't sign in: no address"
    return "accounts", True, f"{row['admins']} admin, {row['leaders']} supervisor"


async def _addresses(unit: Unit) -> Finding:
    rows = await unit.all("SELECT DISTINCT network FROM registered_network")
    wide = sorted(row["network"] for row in rows if is_wide(row["network"]))
    if wide:
        return "addresses", False, f"너무 넓은 등록 주소 · registered too widely: {', '.join(wide[:5])}"
    return "addresses", True, f"{len(rows)} networks"


def is_wide(network: str) -> bool:
    """More than a seat, a room or a city's own network: the allow-list would mean nothing. The loopback is narrow."""
    parsed = ip_network(network, strict=False)
    return parsed.prefixlen < WIDE_PREFIX[parsed.version]


async def _agreements(unit: Unit, services: Services) -> Finding:
    """Every center that this desk answers for has a 112 and a 119 to call, and goes on having them."""
    now = services.clock()
    rows = await unit.all(
        "SELECT c.code, k.kind, bool_or(g.starts_at <= :now AND coalesce(g.ends_at > :now, true)"
        "   AND g.suspended_at IS NULL) AS now_in_force,"
        " bool_or(g.starts_at <= :now AND coalesce(g.ends_at > :soon, true) AND g.suspended_at IS NULL) AS later"
        " FROM center c CROSS JOIN (VALUES ('112'), ('119')) k(kind)"
        " LEFT JOIN agency a ON a.kind = k.kind"
        " LEFT JOIN agreement g ON g.agency_id = a.agency_id AND g.center_id = c.code"
        " GROUP BY c.code, k.kind ORDER BY c.code, k.kind",
        {"now": now, "soon": now + timedelta(days=AGREEMENT_DAYS)},
    )
    without = [f"{row['code']}/{row['kind']}" for row in rows if not row["now_in_force"]]
    if without:
        names = ", ".join(without[:6]) + (" …" if len(without) > 6 else "")
        return "agreements", False, f"협약이 없는 곳 · no agreement in force for {names}: help can't be sent there"
    ending = [f"{row['code']}/{row['kind']}" for row in rows if not row["later"]]
    if ending:
        names = ", ".join(ending[:6])
        return "agreements", False, f"{AGREEMENT_DAYS}일 안에 끝납니다 · ends within {AGREEMENT_DAYS} days: {names}"
    return "agreements", True, f"{len(rows) // 2} centers have 112 and 119"


async def certificate(public_url: str, *, now: datetime | None = None) -> Finding:
    """The certificate that browsers meet at PUBLIC_URL, and how long it is good."""
    parts = urlsplit(public_url)
    host = parts.hostname or ""
    if parts.scheme != "https":
        if is_loopback(host):
            return "certificate", True, "이 컴퓨터에서만 · this machine only, no TLS"
        return "certificate", False, "PUBLIC_URL이 https가 아닙니다 · PUBLIC_URL is not https: places travel in clear"
    try:
        async with asyncio.timeout(5.0):
            _, writer = await asyncio.open_connection(host, parts.port or 443, ssl=ssl.create_default_context())
        try:
            said: dict[str, Any] = writer.get_extra_info("peercert") or {}
        finally:
            writer.close()
    except (OSError, TimeoutError) as error:
        return "certificate", False, f"{host}: {type(error).__name__}: {str(error)[:120]}"
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(said["notAfter"]), UTC)
    return certificate_finding(until, now or datetime.now(UTC))


def certificate_finding(until: datetime, now: datetime) -> Finding:
    days = (until - now).days
    if days < CERTIFICATE_DAYS:
        return "certificate", False, f"{days}일 뒤 만료 · expires in {days} days ({until:%Y-%m-%d}): renew it"
    return "certificate", True, f"{until:%Y-%m-%d} ({days} days)"


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def disk() -> Finding:
    """Free space where this machine keeps Ansim's files and its temporary ones; the database's own may be elsewhere."""
    low = []
    for folder in {_existing(state_dir()), Path("/tmp"), Path.cwd()}:
        free = shutil.disk_usage(folder).free
        if free < DISK_LOW_BYTES:
            low.append(f"{folder} {free / 1e9:.1f} GB")
    if low:
        return "disk", False, f"남은 공간 부족 · little space left: {', '.join(sorted(low))}"
    return "disk", True, f"{shutil.disk_usage(_existing(state_dir())).free / 1e9:.0f} GB free"


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


def backups(folder: Path | None, keep_days: int, *, now: datetime) -> Finding:
    """BACKUP_DIR holds a fresh backup, and none beyond BACKUP_KEEP_DAYS: an old one holds what was purged since."""
    if folder is None:
        return (
            "backups",
            True,
            "BACKUP_DIR 없음: 누가 백업하는지 확인 · BACKUP_DIR is not set: see who does it",
        )
    ages = (
        sorted(now - datetime.fromtimestamp(os.stat(file).st_mtime, UTC) for file in folder.glob("*.ansim"))
        if folder.is_dir()
        else []
    )
    if not ages or ages[0] > timedelta(hours=BACKUP_HOURS):
        last = f"{ages[0].total_seconds() / 3600:.0f} h" if ages else "none"
        return (
            "backups",
            False,
            f"{BACKUP_HOURS}시간 안의 백업이 없습니다 · none fresh ({last}): run `ansim backup`",
        )
    old = sum(age > timedelta(days=keep_days) for age in ages)
    if old:
        told = f"{old} backups older than {keep_days} days hold what was purged: delete them"
        return "backups", False, f"보관 기간이 지난 백업 {old}개 · {told}"
    return "backups", True, f"{len(ages)}, newest {ages[0].total_seconds() / 3600:.1f} h old"
