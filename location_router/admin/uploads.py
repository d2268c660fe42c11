"""A file of borders from an administrator's browser: the importer runs as a child, and its words come back at once.

The child is the command line's own `boundaries import`, at low priority: a country takes seconds of computing, and the
router beside it goes on answering alerts. Nothing is kept of the file; what it said stands in the version's report.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from fastapi import Request

from location_router.runtime.problems import Problem

log = structlog.get_logger("admin")
MOST_BYTES = 300 * 1024 * 1024
PATIENCE_S = 600.0
_NAME = re.compile(r"[^\w.()-]+")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the importer is told beside the file; empty texts are left to its guess."""

    effective: str
    name: str = ""
    crs: str = ""
    layer: str = ""
    encoding: str = ""
    code_field: str = ""
    name_field: str = ""
    dry_run: bool = False

    def words(self) -> list[str]:
        """As options, joined by `=`, so that no value is taken for an option of its own."""
        given = {
            "effective": self.effective,
            "name": self.name,
            "crs": self.crs,
            "layer": self.layer,
            "encoding": self.encoding,
            "code-field": self.code_field,
            "name-field": self.name_field,
        }
        return [f"--{option}={value}" for option, value in given.items() if value] + ["--dry-run"] * self.dry_run


async def receive(request: Request, name: str) -> Path:
    """The body as a file of its own folder, under its own name. Raises Problem 413, 422."""
    folder = Path(tempfile.mkdtemp(prefix="ansim-borders-"))
    path, size = folder / (_NAME.sub("_", Path(name).name)[-120:].lstrip(".") or "borders"), 0
    try:
        with path.open("wb") as file:
            async for chunk in request.stream():
                size += len(chunk)
                if size > MOST_BYTES:
                    raise Problem(
                        413,
                        "file_too_large",
                        f"파일이 {MOST_BYTES // 1024 // 1024} MB보다 큽니다. 시군구 층만 담아 다시 올려 주세요.",
                        f"The file is over {MOST_BYTES // 1024 // 1024} MB; send the layer of municipalities only.",
                        field="file",
                    )
                await asyncio.to_thread(file.write, chunk)
        if not size:
            raise Problem(422, "empty_file", "빈 파일입니다.", "The file is empty.", field="file")
    except BaseException:
        forget(path)
        raise
    return path


def forget(path: Path) -> None:
    shutil.rmtree(path.parent, ignore_errors=True)


async def imported(path: Path, wish: Wish, *, by: str, database_url: str) -> AsyncIterator[bytes]:
    """Lines of JSON: `{"progress"}` while it works, then `{"report"}` or `{"problem": {message_ko, message_en}}`."""
    child = await asyncio.create_subprocess_exec(
        *(
            "nice",
            "-n",
            "10",
            sys.executable,
            "-m",
            "location_router",
            "boundaries",
            "import",
            str(path),
            *wish.words(),
            "--json",
        ),
        env={**os.environ, "DATABASE_URL": database_url, "ANSIM_ADMIN": by},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=64 * 1024 * 1024,
    )
    assert child.stdout is not None and child.stderr is not None
    report = asyncio.create_task(child.stdout.read())
    last = ""
    try:
        async with asyncio.timeout(PATIENCE_S):
            async for line in child.stderr:
                if text := line.decode(errors="replace").strip():
                    last = text
                    yield _line({"progress": _both(text)})
            said = await report
            if await child.wait() == 0:
                yield _line({"report": json.loads(said)})
            else:
                yield _line({"problem": _both(last.replace(f"{path.parent}/", ""))})
    except TimeoutError:
        yield _line(
            {"problem": {"message_ko": "너무 오래 걸려 멈췄습니다.", "message_en": "It took too long and ended."}}
        )
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
        report.cancel()
        forget(path)


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"


def _both(text: str) -> dict[str, str]:
    """The importer says everything twice, with a dot between."""
    korean, _, english = text.partition(" · ")
    return {"message_ko": korean, "message_en": english or korean}
