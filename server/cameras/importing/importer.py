"""`import_files`: the files of one set into the registry, in one transaction, read and judged in a thread beside it.

Two passes over each file (a survey, then the judging), rows streamed, at most three batches in flight: memory does not
grow with the file. A dry run does everything but write.
"""

from __future__ import annotations

import asyncio
import queue
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import orjson

from location_router.runtime.db import Unit
from server.actor import Actor
from server.boundaries import boundaries_of
from server.cameras.importing import applying
from server.cameras.importing.applying import Counts, Vanished, Waiting
from server.cameras.importing.columns import AT
from server.cameras.importing.ground import Ground
from server.cameras.importing.judging import Doubtful, Good, Judge, Refused, Verdict
from server.cameras.importing.reading import Table, open_table
from server.cameras.importing.reasons import Unreadable
from server.cameras.importing.reports import KEPT_LINES, FileReport, ImportReport
from server.cameras.importing.rows import Misfit, Row, identity, key_of, rows_of
from server.cameras.importing.sites import Site, cameras_of, site
from server.cameras.importing.survey import Survey, survey
from server.events import record_admin

if TYPE_CHECKING:
    from server.services import Services

BATCH = 10_000
PLACE_FIELDS = ("lat", "lon", "x_m", "y_m", "place")
MISSING_MOST_SHARE, MISSING_FEW = 0.2, 3
NAMED_LEAST_SHARE = 0.2
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('ansim.import.cctv'))"
Progress = Callable[[str, float, int], None]
"""File, share done (0 to 1), rows read; called from the reading thread."""


class ImportRefused(Exception):
    """The import can't begin; says why in Korean and English."""


@dataclass(frozen=True)
class Wish:
    """`source` names the data set: a later import of it updates. `center`: all rows must belong to this one."""

    paths: tuple[Path, ...]
    source: str = "cctv"
    center: str | None = None
    dry_run: bool = False
    retire_missing: bool = False
    begun_by: UUID | None = None
    actor: Actor = Actor("system", "command", "ansim import cctv")
    scope: str = "*"
    """The centers whose cameras it may touch, as `Database.begin(center=…)` takes them; rows elsewhere are refused."""


@dataclass
class Batch:
    """What the reading thread hands over."""

    sites: list[Site] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    seen: list[tuple[str, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Decision:
    """How a doubt was settled before: for a row whose place reads as it did then, that holds."""

    state: str
    cells: tuple[str, ...]
    done: dict[str, Any]


async def ground_of(services: Services) -> Ground:
    """The borders in force. Raises ImportRefused without any."""
    borders = await boundaries_of(services).current()
    if borders is None:
        raise ImportRefused(
            "경계 자료가 없습니다: `make setup`을 하거나 BOUNDARY_SNAPSHOT을 지정하세요 · no boundaries:"
            " run `make setup` or point BOUNDARY_SNAPSHOT at a snapshot"
        )
    return await asyncio.to_thread(Ground, borders)


async def import_files(services: Services, wish: Wish, progress: Progress = lambda *_: None) -> ImportReport:
    """All files or none: raises ImportRefused before anything is written; unreadable files are told in the report."""
    if not re.fullmatch(r"[\w.\-]{1,40}", wish.source):
        raise ImportRefused(
            f"--source {wish.source}: 글자·숫자·-_. 40자까지 · letters, digits, -_. up to 40 characters"
        )
    ground = await ground_of(services)
    report = ImportReport(str(uuid4()), wish.source, wish.dry_run)
    try:
        async with services.db.begin(center=wish.scope) as unit:
            await _run(services, unit, wish, ground, report, progress)
            if wish.dry_run:
                raise _DryRun
    except _DryRun:
        pass
    return report


class _DryRun(Exception):
    pass


async def _run(
    services: Services, unit: Unit, wish: Wish, ground: Ground, report: ImportReport, progress: Progress
) -> None:
    if not await unit.scalar(_LOCK):
        raise ImportRefused("다른 가져오기가 돌고 있습니다 · another import is running")
    served = frozenset(row["code"] for row in await unit.all("SELECT code FROM center"))
    if wish.scope != "*":
        served &= frozenset(wish.scope.split(","))
    center = wish.center and (ground.current(wish.center) or wish.center)
    if center and center not in served:
        raise ImportRefused(f"--center {center}: 이 설치가 맡지 않습니다 · not a center of this installation")
    begun_at, counts = services.clock(), Counts()
    is_first = is_new = not await applying.prepare(unit, wish.source)
    decided = await _decided(unit, wish.source)
    for path in wish.paths:
        one = FileReport(path.name)
        report.files.append(one)
        reader = _Reader(path, ground, served, center, wish.source, one, decided, progress)
        async for batch in _batches(reader):
            now = services.clock()
            await applying.apply(
                unit, batch.sites, counts, name=wish.source, now=now, is_first=is_first, dry_run=wish.dry_run
            )
            await applying.seen(unit, batch.seen)
            if not wish.dry_run:
                await applying.keep_doubts(unit, batch.waiting, name=wish.source, batch_id=UUID(report.batch_id))
        is_first = False  # the next file may name the same cameras
    if not is_new:
        await _retire(services, unit, wish, ground, report, counts)
    _tell(report, counts)
    if not wish.dry_run:
        await applying.finish(unit)
        await _write_down(services, unit, wish, report, counts, begun_at)


async def _retire(
    services: Services, unit: Unit, wish: Wish, ground: Ground, report: ImportReport, counts: Counts
) -> None:
    """Retire what the set no longer names, center by center, unless the set seems not to be the whole of it."""
    allowed = []
    for one in await applying.vanished(unit, wish.source):
        if reason := kept_because(one, wish, is_mostly_left_out=report.is_mostly_left_out):
            ko, en = KEPT_WORDS[reason]
            told = {"center": one.center_id, "name": ground.name(one.center_id), "missing": one.missing}
            report.missing.append(told | {"of": one.known, "reason": reason, "ko": ko, "en": en})
        else:
            allowed.append(one)
    if wish.dry_run:
        for one in allowed:
            counts.add(one.center_id, retired=one.missing)
        return
    gone = await applying.retire_missing(unit, wish.source, [one.center_id for one in allowed], services.clock())
    for center_id, cameras in gone.items():
        counts.add(center_id, retired=cameras)


KEPT_WORDS = {
    "mostly_left_out": (
        "파일의 절반 넘게 거절되거나 확인을 기다립니다: 사라진 카메라를 지우지 않았습니다",
        "more than half of the rows were refused or wait: nothing was retired",
    ),
    "partial_set": (
        "전체가 아닌 일부 파일로 보입니다: 전체라면 --retire-missing을 붙여 다시 가져오세요",
        "this looks like a part of the set: if it is the whole, import again with --retire-missing",
    ),
    "few_rows_there": (
        "이 시·군·구의 줄이 너무 적습니다: 전체라면 --center와 --retire-missing을 함께 쓰세요",
        "too few rows of this municipality: if they are all, use --center with --retire-missing",
    ),
}


def kept_because(one: Vanished, wish: Wish, *, is_mostly_left_out: bool) -> str | None:
    """Why a center's vanished cameras stay (one of KEPT_WORDS), or None when they are to be retired: up to a fifth of
    the sites may go unasked, or three where that is less than half. More needs `--retire-missing`, and a file that only
    strays into a center (a camera across the border) needs `--center` as well."""
    if is_mostly_left_out:
        return "mostly_left_out"
    if one.missing <= MISSING_MOST_SHARE * one.known or (one.missing <= MISSING_FEW and one.missing * 2 < one.known):
        return None
    if not wish.retire_missing:
        return "partial_set"
    return None if wish.center or one.named >= NAMED_LEAST_SHARE * one.known else "few_rows_there"


def _tell(report: ImportReport, counts: Counts) -> None:
    for name in ("new", "updated", "moved", "returned", "unchanged", "retired"):
        setattr(report, name, counts.total(name))
    report.changes = counts.changes


async def _decided(unit: Unit, source: str) -> dict[str, Decision]:
    rows = await unit.all(
        "SELECT source_key, state, row, before FROM camera_doubt WHERE state <> 'open' AND"
        " starts_with(source_key, :prefix)",
        {"prefix": f"{source}/"},
    )
    return {
        row["source_key"].partition("/")[2]: Decision(
            row["state"], tuple(row["row"].get(name, "") for name in PLACE_FIELDS), row["before"] or {}
        )
        for row in rows
    }


async def _write_down(
    services: Services, unit: Unit, wish: Wish, report: ImportReport, counts: Counts, begun_at: Any
) -> None:
    """The import's own row, and a line in the chain of each center whose cameras changed."""
    now = services.clock()
    changed = {
        center: {name: n for name, n in one.items() if n and name != "unchanged"}
        for center, one in counts.by_center.items()
    }
    doubted = await unit.all(
        "SELECT DISTINCT center_id FROM camera_doubt WHERE batch_id = :id", {"id": UUID(report.batch_id)}
    )
    await unit.execute(
        "INSERT INTO camera_import (batch_id, source, centers, begun_at, ended_at, begun_by, report)"
        " VALUES (:id, :source, :centers, :begun, :ended, :by, CAST(:report AS jsonb))",
        {
            "id": UUID(report.batch_id),
            "source": wish.source,
            "centers": sorted(counts.by_center.keys() | {row["center_id"] for row in doubted})
            or [code for code in wish.scope.split(",") if code != "*"],
            "begun": begun_at,
            "ended": now,
            "by": wish.begun_by,
            "report": orjson.dumps(
                {"files": [one.json(KEPT_LINES) for one in report.files], "set": report.set_json()}
            ).decode(),
        },
    )
    for center, told in sorted(changed.items()):
        if told:
            payload = {"batch_id": report.batch_id, "source": wish.source, **told}
            record_admin(unit, tag="camera:imported", actor=wish.actor, center_id=center, at=now, payload=payload)


@dataclass
class _Reader:
    """One file, read and judged; runs in a thread of its own and fills the file's report as it goes."""

    path: Path
    ground: Ground
    served: frozenset[str]
    center: str | None
    source: str
    report: FileReport
    decided: dict[str, Decision]
    progress: Progress
    _times: dict[int, int] = field(default_factory=dict)

    def batches(self) -> Iterator[Batch]:
        try:
            table = open_table(self.path)
            told = survey(self._watched(table, None))
        except Unreadable as error:
            self.report.error = error
            return
        self.report.encoding, self.report.layout = table.encoding, table.layout
        self.report.columns = table.columns.json()
        self.report.rows = told.rows
        judge = Judge(self.ground, told, self.served, self.center)
        batch = Batch()
        for verdict in judge.verdicts(self._watched(table, told)):
            self._sort(verdict, told, batch)
            if len(batch.sites) + len(batch.waiting) + len(batch.seen) >= BATCH:
                yield batch
                batch = Batch()
        yield batch
        self.progress(self.report.file, 1.0, told.rows)

    def _watched(self, table: Table, told: Survey | None) -> Iterator[Row | Misfit]:
        """Rows, with the progress told now and then: a third for the first pass, the rest for the second."""
        for number, row in enumerate(rows_of(table.rows(), table.columns)):
            if number % 2_000 == 0:
                share = number / max(told.rows, 1) if told else table.position.done / max(table.position.size, 1)
                self.progress(self.report.file, 0.33 + 0.67 * share if told else 0.33 * share, number)
            yield row

    def _sort(self, verdict: Verdict, told: Survey, batch: Batch) -> None:
        if isinstance(verdict, Refused):
            self.report.refused.append((verdict.line, verdict.reason, verdict.detail))
            return
        row = verdict.row
        cameras = cameras_of(row)
        if cameras is None:
            self.report.refused.append((row.line, "count", row.values[AT["count"]]))
            return
        key = self._key(row, told)
        good = verdict if isinstance(verdict, Good) else self._doubted(verdict, key, cameras, batch)
        if good is not None:
            batch.sites.append(site(good, key, cameras))
            self.report.imported += 1
            self.report.cameras += cameras

    def _doubted(self, doubt: Doubtful, key: str, cameras: int, batch: Batch) -> Good | None:
        """How a doubtful row is imported, if it is; what nobody has decided goes to the review page."""
        row, decided = doubt.row, self.decided.get(key)
        if decided and decided.cells != tuple(row.values[AT[name]] for name in PLACE_FIELDS):
            decided = None
        good = doubt.good
        if decided and decided.state == "accepted" and "lat" in decided.done:
            done = decided.done
            good = Good(row, done["center_id"], done["lat"], done["lon"], done["accuracy_m"])
        if good is None:
            batch.seen.append((key, cameras))
        if decided is None:
            told = Waiting(key, doubt.center_id, self.report.file, row.line, doubt.reason, row.json(), doubt.suggestion)
            batch.waiting.append(told)
        state = decided.state if decided else ""
        self.report.doubtful.append((row.line, doubt.reason, doubt.suggestion, good is not None, state))
        return good

    def _key(self, row: Row, told: Survey) -> str:
        name = identity(row)
        number, occurrence = hash(name), 0
        if number in told.repeated:
            occurrence = self._times.get(number, 0)
            self._times[number] = occurrence + 1
        return key_of(f"{self.source}|{name}", occurrence)


async def _batches(reader: _Reader) -> Any:
    """The reader's batches while the database works on those before. An error in the thread is raised here."""
    waiting: queue.Queue[Batch | BaseException | None] = queue.Queue(maxsize=2)
    stop = threading.Event()

    def put(one: Batch | BaseException | None) -> None:
        while not stop.is_set():
            try:
                return waiting.put(one, timeout=0.2)
            except queue.Full:
                continue

    def run() -> None:
        try:
            for batch in reader.batches():
                put(batch)
                if stop.is_set():
                    return
            put(None)
        except BaseException as error:
            put(error)

    thread = threading.Thread(target=run, name="import-reader", daemon=True)
    thread.start()
    try:
        while (one := await asyncio.to_thread(waiting.get)) is not None:
            if isinstance(one, BaseException):
                raise one
            yield one
    finally:
        stop.set()
        await asyncio.to_thread(thread.join)
