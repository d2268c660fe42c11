"""Making a package's file, in the worker: gathers what goes in, writes in a thread, tells how far it is."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from location_router.runtime.db import Unavailable
from server.captures import service as captures
from server.evidence.model import Recipient
from server.evidence.package import Cancelled, Material, PhoneFile, write_package
from server.evidence.service import LOOK_AGAIN_S, end_package, file_of, say
from server.gate import look_again
from server.log import reading
from server.log.checkpoints import signing_key
from server.recordings.store import path_of, segments_between
from server.releases import end_releases

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("evidence")


async def make(services: Services, package_id: UUID) -> None:
    """Write the file of a package that waits. May be repeated: what was begun by a killed worker is begun anew."""
    now = services.clock()
    async with services.db.begin() as unit:
        row = await unit.one(
            "UPDATE evidence_package SET state = 'making', progress = 0 WHERE package_id = :id"
            " AND state IN ('waiting', 'making') RETURNING *",
            {"id": package_id},
        )
        if row is None:
            return
        if reasons := await look_again(unit, row["release_ids"], now):
            await end_package(unit, services, row, next(iter(reasons.values())))
            return
    try:
        await _write(services, row)
    except Cancelled:
        pass
    except OSError as error:
        await _fail(services, row, "no_room" if error.errno == errno.ENOSPC else "disk")
    except Unavailable:
        raise  # the job comes again
    except Exception:
        # again would be the same, for days; whoever waits for it is told, and orders anew when it is mended
        log.exception("evidence_broke", package_id=str(package_id))
        await _fail(services, row, "broken")


async def _write(services: Services, row: dict[str, Any]) -> None:
    """The file, and its row that says so. What was not finished leaves nothing behind. Raises Cancelled, OSError."""
    material = await _material(services, row)
    async with services.db.begin() as unit:
        key, _ = await signing_key(unit, services.sealer)
    password = services.sealer.open(row["password_sealed"], context=f"evidence_package.password:{row['package_id']}")
    target = file_of(services, row["package_id"])
    part = target.with_suffix(".part")
    course = _Course()
    try:
        await asyncio.to_thread(_prepare, target, material)
        writing = asyncio.create_task(
            asyncio.to_thread(write_package, part, material, key=key, password=password, on_progress=course.heard)
        )
        await _follow(services, row, writing, course)
        await asyncio.to_thread(part.replace, target)
    finally:
        await asyncio.to_thread(part.unlink, missing_ok=True)
    await _ready(services, row, target)


class _Course:
    """Between the thread that writes and the loop that tells."""

    def __init__(self) -> None:
        self.share, self.is_over = 0.0, threading.Event()

    def heard(self, share: float) -> None:
        self.share = share
        if self.is_over.is_set():
            raise Cancelled


def _prepare(target: Path, material: Material) -> None:
    """OSError ENOSPC when the package would not fit: segments, and about as much again for the viewing copies."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    needed = 2 * sum(segment.bytes for pieces in material.cameras.values() for segment, _ in pieces) + (64 << 20)
    if shutil.disk_usage(target.parent).free < needed:
        raise OSError(errno.ENOSPC, "no room for the package")
    part = target.with_suffix(".part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)


async def _follow(services: Services, row: dict[str, Any], writing: asyncio.Task[Any], course: _Course) -> None:
    """Each second: how far it is, and whether it may still be. Raises Cancelled, OSError."""
    try:
        while not writing.done():
            await asyncio.wait({writing}, timeout=LOOK_AGAIN_S)
            async with services.db.begin() as unit:
                reasons = await look_again(unit, row["release_ids"], services.clock())
                if reasons:
                    course.is_over.set()
                    await end_package(unit, services, row, next(iter(reasons.values())))
                else:
                    await unit.execute(
                        "UPDATE evidence_package SET progress = :p WHERE package_id = :id AND state = 'making'",
                        {"p": round(course.share, 3), "id": row["package_id"]},
                    )
    finally:
        course.is_over.set()
        await asyncio.wait({writing})
    writing.result()
    if reasons:
        raise Cancelled


async def _material(services: Services, row: dict[str, Any]) -> Material:
    words = services.sealer.open(row["words_sealed"], context=f"evidence_package.words:{row['package_id']}")
    cameras = {}
    async with services.db.begin(center=row["center_id"]) as unit:
        for camera_id in row["camera_ids"]:
            found = await segments_between(unit, camera_id, row["from_at"], row["until_at"])
            cameras[camera_id] = [(segment, path_of(services.settings, segment)) for segment in found]
        named = await unit.all(
            "SELECT camera_id, name FROM camera WHERE camera_id = ANY(:ids)", {"ids": row["camera_ids"]}
        )
        login = await unit.scalar("SELECT login FROM account WHERE account_id = :id", {"id": row["made_by"]})
    about = {
        "installation": services.settings.installation,
        "center": row["center_id"],
        "incident_id": str(row["incident_id"]),
        "reason": words["reason"],
        "legal_basis": words["legal_basis"],
        "release_ids": [str(one) for one in row["release_ids"]],
    }
    return Material(
        package=str(row["package_id"]),
        login=str(login),
        made_at=services.clock(),
        expires_at=row["expires_at"],
        recipient=Recipient(**words["recipient"]),
        from_at=row["from_at"],
        until_at=row["until_at"],
        about=about,
        cameras=cameras,
        names={one["camera_id"]: one["name"] for one in named},
        timeline=await _pages(services, row, "events"),
        releases=await _pages(services, row, "releases"),
        from_phone=await _from_phone(services, row),
    )


async def _from_phone(services: Services, row: dict[str, Any]) -> list[PhoneFile]:
    """What her own phone sent in these minutes, whole or not, with what is known of its chain."""
    async with services.db.begin(center=row["center_id"]) as unit:
        found = await captures.files(unit, services, row["incident_id"], row["from_at"], row["until_at"])
    return [PhoneFile(*one) for one in found]


async def _pages(services: Services, row: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The log's lines about the incident, as its reviewers see them: who did what, nothing of what people said."""
    fetch = reading.events if name == "events" else reading.releases
    found: list[dict[str, Any]] = []
    mark: str | None = ""
    while mark is not None:
        asked = reading.Filter(center=row["center_id"], incident_id=row["incident_id"], after=mark, limit=reading.MOST)
        async with services.db.begin(center=row["center_id"]) as unit:
            page = await fetch(unit, services, asked)
        found += page[name]
        mark = page["next"]
    return found


async def _ready(services: Services, row: dict[str, Any], target: Path) -> None:
    digest, size = await asyncio.to_thread(_digest, target)
    async with services.db.begin() as unit:
        done = await unit.scalar(
            "UPDATE evidence_package SET state = 'ready', progress = 1, ready_at = :now, bytes = :bytes, sha256 = :sha,"
            " password_sealed = NULL WHERE package_id = :id AND state = 'making' RETURNING 1",
            {"now": services.clock(), "bytes": size, "sha": digest, "id": row["package_id"]},
        )
        if done:
            say(unit, row, "evidence:ready", {"sha256": digest.hex(), "bytes": size})
    if not done:
        await asyncio.to_thread(target.unlink, missing_ok=True)


def _digest(path: Path) -> tuple[bytes, int]:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest(), path.stat().st_size


async def _fail(services: Services, row: dict[str, Any], problem: str) -> None:
    log.error("evidence_failed", package_id=str(row["package_id"]), problem=problem)
    async with services.db.begin() as unit:
        done = await unit.scalar(
            "UPDATE evidence_package SET state = 'failed', problem = :problem, password_sealed = NULL"
            " WHERE package_id = :id AND state = 'making' RETURNING 1",
            {"problem": problem, "id": row["package_id"]},
        )
        if not done:  # withdrawn meanwhile, or its release has ended
            return
        await end_releases(unit, dict.fromkeys(row["release_ids"], "not_made"))
        say(unit, row, "evidence:failed", {"problem": problem})
