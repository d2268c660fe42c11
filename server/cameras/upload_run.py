"""One run over an upload in a process of its own: a dry run or the import. A workbook that unpacks to a gigabyte, a
file that takes a minute to judge or a crash then concern no alert.

Told by the API process over standard input (settings, folder, kind), so that no secret stands in a command line; tells
through the upload's folder how far it is, what it found, and asks there whether it is called off.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from base64 import b64decode
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from location_router.runtime.db import Unavailable
from server.actor import Actor
from server.cameras.importing.cures import explained
from server.cameras.importing.importer import ImportRefused, Wish, import_files
from server.cameras.importing.reports import ImportReport
from server.cameras.uploads import Upload

if TYPE_CHECKING:
    from server.services import Services
    from server.settings import Settings

log = structlog.get_logger("uploads")
TELL_S = 0.4
NAME_SEAL = "upload.by"
LONGEST_S = 1800.0
MOST_LINES = 20_000
"""So many refused and doubtful rows of each file stay in the report."""


class CalledOff(Exception):
    """Raised in the reading thread: the transaction ends between two questions, with nothing written."""


async def started(services: Services, upload: Upload, run_id: str, *, kind: str, retire_missing: bool) -> None:
    """Begin the run that `upload.begin` gave, and look after its process."""
    about = {
        "settings": services.settings.model_dump(mode="json"),
        "folder": str(upload.folder),
        "kind": kind,
        "retire_missing": retire_missing,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server.cameras.upload_run"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    services.soon(
        lambda: _looked_after(services, upload, run_id, process, json.dumps(about).encode()), name="upload_run"
    )


async def _looked_after(
    services: Services, upload: Upload, run_id: str, process: asyncio.subprocess.Process, about: bytes
) -> None:
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_S):
                await process.communicate(about)
    finally:
        if process.returncode is None:
            process.kill()
        while process.returncode is None:  # killed: a moment, and a cancellation said again must not leave it behind
            with suppress(asyncio.CancelledError):
                await process.wait()
        run = upload.run()
        if run is not None and run["run_id"] == run_id:  # another one may have begun when this one had told its end
            if run["state"] == "running":
                log.warning("upload_run_failed", returncode=process.returncode)
                upload.say(_failed(), services.clock())
            (upload.folder / "busy").unlink(missing_ok=True)


def _failed() -> dict[str, Any]:
    return {
        "state": "failed",
        "message_ko": "가져오기가 도중에 멈췄습니다. 아무것도 바뀌지 않았습니다. 다시 시도해 주세요.",
        "message_en": "The run stopped on its way. Nothing was changed: try again.",
    }


@dataclass
class _Going:
    """What the reading thread last said."""

    files: list[str]
    file: str = ""
    share: float = 0.0
    rows: int = 0
    is_off: bool = False

    def progress(self, file: str, share: float, rows: int) -> None:
        if self.is_off:
            raise CalledOff
        done = self.files.index(file) if file in self.files else 0
        self.file, self.rows = file, rows
        self.share = min(1.0, (done + share) / max(len(self.files), 1))


async def run(services: Services, upload: Upload, *, kind: str, retire_missing: bool) -> None:
    """The whole run; says how it ended, whatever that is."""
    meta, paths = upload.meta(), upload.paths()
    name = str(services.sealer.open(b64decode(meta["name_sealed"]), context=NAME_SEAL))
    wish = Wish(
        tuple(paths),
        meta["source"],
        dry_run=kind == "try",
        retire_missing=retire_missing,
        begun_by=UUID(meta["account_id"]),
        actor=Actor("operator", meta["account_id"], name),
        scope=meta["scope"],
    )
    going = _Going([path.name for path in paths])
    telling = asyncio.create_task(_tell(services, upload, going))
    try:
        report = await import_files(services, wish, going.progress)
        upload.write("report.json", told(report) | {"kind": kind})
        end = {"state": "done", "share": 1.0, "batch_id": report.batch_id}
    except CalledOff:
        end = {"state": "cancelled"}
    except ImportRefused as error:
        ko, _, en = str(error).partition(" · ")
        end = {"state": "failed", "message_ko": ko, "message_en": en}
    except Unavailable:
        end = _failed()
    finally:
        telling.cancel()
        with suppress(asyncio.CancelledError):
            await telling
    if end["state"] == "done" and kind == "import":
        upload.drop_files()
    upload.say(end, services.clock())


async def _tell(services: Services, upload: Upload, going: _Going) -> None:
    while True:
        going.is_off = going.is_off or upload.is_cancelled
        upload.say({"file": going.file, "share": round(going.share, 3), "rows": going.rows}, services.clock())
        await asyncio.sleep(TELL_S)


def told(report: ImportReport) -> dict[str, Any]:
    """The report with fields and cures beside each line."""
    files = []
    for one in report.files:
        file = one.json(MOST_LINES)
        for line in (*file["refused"], *file["doubtful"]):
            line |= explained(line["reason"])
        files.append(file)
    return {"files": files, "set": report.set_json()}


async def _main(about: dict[str, Any], settings: Settings) -> None:
    from server.services import make_services

    services = make_services(settings.model_copy(update={"video_gateway": "console"}))
    try:
        upload = Upload(Path(about["folder"]))
        await run(services, upload, kind=about["kind"], retire_missing=about["retire_missing"])
    finally:
        await services.close()


def main() -> None:
    from server.settings import Settings

    os.nice(10)  # alerts first
    about = json.load(sys.stdin)
    asyncio.run(_main(about, Settings(**about["settings"])))


if __name__ == "__main__":
    main()
