"""Files that go with their rows: the file first, then the row says so, both before the proof counts it.

A kill in between leaves a row whose file is away: the next run deletes nothing twice and marks it. The worker needs
the folder of the recordings (VIDEO_DIR); without it the kind fails loudly instead of proving what did not happen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from location_router.runtime.db import Unit
from server.retention import questions
from server.retention.model import Group, Rows

if TYPE_CHECKING:
    from server.services import Services


class NoFolder(Exception):
    """VIDEO_DIR is not on this machine."""


async def delete_batch(
    unit: Unit, services: Services, rows: Rows, group: Group, parameters: dict[str, Any]
) -> list[tuple[str]]:
    """The center of each row whose file is gone now. Raises NoFolder, OSError (then nothing is marked)."""
    found = await (await unit.driver.execute(questions.batch_with_files(rows, group), parameters)).fetchall()
    if not found:
        return []
    await asyncio.to_thread(_delete, services.settings.video_folder, [path for _, path, _ in found])
    await unit.driver.execute(questions.mark_gone(rows), [services.clock(), [key for key, _, _ in found]])
    return [(center,) for _, _, center in found]


def _delete(folder: Path, paths: Sequence[str]) -> None:
    if not folder.is_dir():
        raise NoFolder(str(folder))
    for path in paths:
        (folder / path).unlink(missing_ok=True)
