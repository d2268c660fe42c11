"""Evidence packages: asked for through the release gate, made by a job, fetched once or more until they end.

A package is a disclosure of pictures (kind `evidence`), so the house rule of pictures holds: only while the incident is
open. When a request comes after the end, a supervisor reopens the incident with the reason. With the incident, the
session or the date the release ends, and the file is deleted.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from location_router.runtime.db import Unit
from location_router.runtime.jobs import defer_in
from location_router.runtime.problems import Problem
from server.dispatch import asks
from server.events import Actor, record
from server.evidence.model import OPEN_STATES, Recipient
from server.gate import Refused, Wish, ask, look_again, plain_address
from server.recordings import service as recordings
from server.recordings.model import MOST_CLIP_S
from server.recordings.store import folder_of
from server.releases import end_releases, note_first_byte

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

LONGEST_LIFE = timedelta(days=7)
MOST_CAMERAS = 10
LOOK_AGAIN_S = 1.0
_BLOCK = 1 << 18
FOLDER = "evidence"
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # read over the telephone without a mistake
_TOLD = (
    "package_id, incident_id, made_by, asked_at, camera_ids, from_at, until_at, expires_at, state, progress, problem,"
    " bytes, sha256, ready_at, fetched_at, ended_at, end_reason, words_sealed"
)


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants to take out, why, and for whom."""

    camera_ids: tuple[str, ...]
    from_at: datetime
    until_at: datetime
    reason: str
    recipient: Recipient
    expires_at: datetime
    legal_basis: str | None = None


async def order(services: Services, viewer: Viewer, incident_id: UUID, wanted: Order) -> dict[str, Any]:
    """The package's row and, this one time, its password. Raises Refused after the refusal is
    on disk; Problem 422, 404."""
    now = services.clock()
    await _must_see(services, viewer, incident_id)
    _check(wanted, now)
    detail = {
        "recipient_agency": wanted.recipient.agency,
        "case_no": wanted.recipient.case_no,
        "from_at": wanted.from_at.isoformat(),
        "until_at": wanted.until_at.isoformat(),
    }
    wish = Wish(
        "evidence",
        incident_id,
        camera_ids=wanted.camera_ids,
        reason=wanted.reason,
        legal_basis=wanted.legal_basis,
        until_at=wanted.expires_at,
        detail=detail,
    )
    password = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(5))
    # over all centers on purpose: the gate decides by facts, and writes a refusal into the incident's own chain
    async with services.db.begin() as unit:
        answer = await ask(unit, viewer, wish, now=now)
        if not isinstance(answer, Refused):
            for camera_id in wanted.camera_ids:
                piece = recordings.Asked(camera_id, wanted.from_at, wanted.until_at, wanted.reason)
                await recordings.shown(unit, services, incident_id, piece)
            row = await _enter(unit, services, viewer, incident_id, wanted, answer, password)
    if isinstance(answer, Refused):
        raise answer
    return {"package": told(services, row), "password": password}


async def _must_see(services: Services, viewer: Viewer, incident_id: UUID) -> None:
    async with services.db.begin(center=viewer.scope) as unit:
        if await unit.scalar("SELECT 1 FROM incident WHERE incident_id = :id", {"id": incident_id}) is None:
            raise Problem(404, "unknown_incident", "그런 사건이 없습니다.", "There is no such incident.")


def _check(wanted: Order, now: datetime) -> None:
    """Problem 422 with the field, the value and the cure."""
    longest_s = MOST_CLIP_S
    if not wanted.from_at < wanted.until_at <= now:
        raise _bad(
            "until_at",
            wanted.until_at,
            "from_at보다 뒤, 지금보다 앞이어야 합니다.",
            "after from_at and not later than now",
        )
    if (wanted.until_at - wanted.from_at).total_seconds() > longest_s:
        raise _bad(
            "until_at", wanted.until_at, "한 번에 30분까지입니다. 나누어 만드세요.", "30 minutes at most: make several"
        )
    if not now < wanted.expires_at <= now + LONGEST_LIFE:
        raise _bad("expires_at", wanted.expires_at, "지금부터 7일 안이어야 합니다.", "within seven days from now")
    if not 0 < len(set(wanted.camera_ids)) == len(wanted.camera_ids) <= MOST_CAMERAS:
        raise _bad(
            "camera_ids", len(wanted.camera_ids), "서로 다른 카메라 1~10대여야 합니다.", "1 to 10 different cameras"
        )


def _bad(field: str, value: Any, ko: str, en: str) -> Problem:
    return Problem(422, "invalid", f"{field}({value}): {ko}", f"{field} ({value}): {en}.", field=field)


async def _enter(
    unit: Unit,
    services: Services,
    viewer: Viewer,
    incident_id: UUID,
    wanted: Order,
    releases: list[UUID],
    password: str,
) -> dict[str, Any]:
    package_id = uuid4()
    center = str(await unit.scalar("SELECT center_id FROM incident WHERE incident_id = :id", {"id": incident_id}))
    words = {"recipient": wanted.recipient.json(), "reason": wanted.reason, "legal_basis": wanted.legal_basis}
    row = await unit.one(
        "INSERT INTO evidence_package (package_id, center_id, incident_id, made_by, address, asked_at, camera_ids,"
        " release_ids, from_at, until_at, expires_at, words_sealed, password_sealed) VALUES (:id, :center, :incident,"
        f" :by, :address, :now, :cameras, :releases, :begin, :end, :expires, :words, :password) RETURNING {_TOLD}",
        {
            "id": package_id,
            "center": center,
            "incident": incident_id,
            "by": viewer.account_id,
            "address": plain_address(viewer.address),
            "now": services.clock(),
            "cameras": list(wanted.camera_ids),
            "releases": releases,
            "begin": wanted.from_at,
            "end": wanted.until_at,
            "expires": wanted.expires_at,
            "words": services.sealer.seal(words, context=f"evidence_package.words:{package_id}", center=center),
            "password": services.sealer.seal(
                password, context=f"evidence_package.password:{package_id}", center=center
            ),
        },
    )
    assert row is not None
    record(
        unit,
        center_id=center,
        incident_id=incident_id,
        tag="evidence:ordered",
        actor=Actor("operator", str(viewer.account_id), viewer.name),
        payload={"package_id": str(package_id), "camera_ids": list(wanted.camera_ids)},
    )
    done = {"of": package_id, "by": viewer.account_id, "now": services.clock()}
    await asks.answer(unit, incident_id, "evidence", viewer.actor, **done)
    await defer_in(unit, "make_evidence", package_id=str(package_id))
    return row


def told(services: Services, row: dict[str, Any]) -> dict[str, Any]:
    """A package for its center's supervisors; never its password."""
    words = services.sealer.open(row["words_sealed"], context=f"evidence_package.words:{row['package_id']}") or {}
    shown = {name: row[name] for name in _TOLD.split(", ") if name not in ("words_sealed", "sha256")}
    return shown | words | {"sha256": bytes(row["sha256"]).hex() if row["sha256"] else None}


async def listed(services: Services, viewer: Viewer, incident_id: UUID) -> list[dict[str, Any]]:
    """The incident's packages, newest first. Problem 404."""
    await _must_see(services, viewer, incident_id)
    async with services.db.begin(center=viewer.scope) as unit:
        rows = await unit.all(
            f"SELECT {_TOLD} FROM evidence_package WHERE incident_id = :id ORDER BY asked_at DESC", {"id": incident_id}
        )
    return [told(services, row) for row in rows]


async def one(services: Services, viewer: Viewer, incident_id: UUID, package_id: UUID) -> dict[str, Any]:
    """One package with its progress. Problem 404."""
    async with services.db.begin(center=viewer.scope) as unit:
        return told(services, await _row(unit, incident_id, package_id))


async def _row(unit: Unit, incident_id: UUID, package_id: UUID) -> dict[str, Any]:
    row = await unit.one(
        f"SELECT {_TOLD}, center_id, address, release_ids FROM evidence_package"
        " WHERE package_id = :id AND incident_id = :incident",
        {"id": package_id, "incident": incident_id},
    )
    if row is None:
        raise Problem(404, "unknown_package", "그런 증거 꾸러미가 없습니다.", "There is no such evidence package.")
    return row


def file_of(services: Services, package_id: UUID) -> Path:
    return folder_of(services.settings) / FOLDER / f"{package_id}.zip"


async def fetch(services: Services, viewer: Viewer, incident_id: UUID, package_id: UUID) -> tuple[Path, list[UUID]]:
    """The file, for whoever ordered it, from where it was ordered. Raises Refused, Problem 403, 404, 409."""
    async with services.db.begin(center=viewer.scope) as unit:
        row = await _row(unit, incident_id, package_id)
        if row["made_by"] != viewer.account_id or row["address"] != plain_address(viewer.address):
            raise Problem(
                403,
                "not_your_package",
                "만든 사람이 만든 자리에서만 받을 수 있습니다.",
                "Only who ordered the package may fetch it, and only from the same address.",
            )
        if row["state"] != "ready":
            raise Problem(
                409, "not_ready", "아직(또는 더 이상) 받을 수 없습니다.", "It can't be fetched.", state=row["state"]
            )
        reasons = await look_again(unit, row["release_ids"], services.clock())
        if reasons:
            await end_package(unit, services, row, next(iter(reasons.values())))
        else:
            for release_id in row["release_ids"]:
                await note_first_byte(unit, release_id)
            await unit.execute(
                "UPDATE evidence_package SET fetched_at = :now WHERE package_id = :id",
                {"now": services.clock(), "id": package_id},
            )
            say(unit, row, "evidence:fetched", {})
    if reasons:
        raise Refused(next(iter(reasons.values())))
    return file_of(services, package_id), row["release_ids"]


async def blocks(services: Services, path: Path, release_ids: list[UUID]) -> AsyncIterator[bytes]:
    """The file's bytes; cut off within a second of the release's end."""
    looked = asyncio.get_running_loop().time()
    with await asyncio.to_thread(path.open, "rb") as file:
        while block := await asyncio.to_thread(file.read, _BLOCK):
            now = asyncio.get_running_loop().time()
            if now - looked >= LOOK_AGAIN_S:
                looked = now
                async with services.db.begin() as unit:
                    if await look_again(unit, release_ids, services.clock()):
                        raise ConnectionAbortedError("the release has ended")
            yield block


async def withdraw(services: Services, viewer: Viewer, incident_id: UUID, package_id: UUID) -> dict[str, Any]:
    """End the package now: its file is deleted. Again is no error. Problem 404."""
    async with services.db.begin(center=viewer.scope) as unit:
        row = await _row(unit, incident_id, package_id)
        if row["state"] in OPEN_STATES:
            await end_package(unit, services, row, "withdrawn")
        return told(services, await _row(unit, incident_id, package_id))


async def end_package(unit: Unit, services: Services, row: dict[str, Any], reason: str) -> None:
    """The file goes after the commit; a crash in between leaves it to the sweep."""
    await unit.execute(
        "UPDATE evidence_package SET state = 'ended', ended_at = :now, end_reason = :reason, password_sealed = NULL"
        " WHERE package_id = :id AND state <> 'ended'",
        {"now": services.clock(), "reason": reason, "id": row["package_id"]},
    )
    await end_releases(unit, dict.fromkeys(row["release_ids"], reason))
    say(unit, row, "evidence:ended", {"reason": reason})
    path = file_of(services, row["package_id"])
    unit.after_commit(lambda: path.unlink(missing_ok=True))


async def sweep(services: Services) -> int:
    """End what may not be any more, and delete files that belong to no package that is open; how many ended."""
    async with services.db.begin() as unit:
        rows = await unit.all(
            "SELECT package_id, center_id, incident_id, release_ids FROM evidence_package"
            " WHERE state IN ('waiting', 'making', 'ready') ORDER BY package_id FOR UPDATE SKIP LOCKED"
        )
        ended = 0
        for row in rows:
            if reasons := await look_again(unit, row["release_ids"], services.clock()):
                await end_package(unit, services, row, next(iter(reasons.values())))
                ended += 1
        # those that wait too: one may begin to be made between this look and the next line
        kept = await unit.all(
            "SELECT package_id FROM evidence_package WHERE state = ANY(:open)", {"open": list(OPEN_STATES)}
        )
    names = {str(row["package_id"]) for row in kept}
    folder = folder_of(services.settings) / FOLDER
    await asyncio.to_thread(_clear, folder, names)
    return ended


def _clear(folder: Path, names: set[str]) -> None:
    for path in folder.glob("*") if folder.is_dir() else ():
        if path.stem not in names:
            path.unlink(missing_ok=True)


def say(unit: Unit, row: dict[str, Any], tag: str, payload: dict[str, Any]) -> None:
    record(
        unit,
        center_id=row["center_id"],
        incident_id=row["incident_id"],
        tag=tag,
        payload={"package_id": str(row["package_id"]), **payload},
    )
