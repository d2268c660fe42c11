"""How many alerts a second the phone's outbox takes, beside the floor: write and fsync of the same bytes, nothing else.

The outbox does more on purpose: a rename and an fsync of the folder, without which a power cut may lose the file.
`with_folder` is the same floor with these two. Blocks alternate, the median of the blocks counts.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from mobile_app.core.ids import uuid7
from mobile_app.core.messages import AlertMessage, Caller, Position
from mobile_app.net.outbox import Outbox

BLOCKS, WRITES = 9, 25
NOW = datetime(2026, 11, 21, 16, 3, tzinfo=UTC)


def _alert(number: int) -> AlertMessage:
    place = Position(lat=37.4015, lon=126.9227, accuracy_m=8, fixed_at=NOW, speed_mps=1.2, heading_deg=80)
    caller = Caller(person_id=uuid7(NOW, 1), nickname="민지", phone="01012345678", profile={"blood": "A+"})
    return AlertMessage(
        alert_id=uuid7(NOW, number), phase="active", raised_at=NOW, trigger="shake", countdown_s=5.0, position=place,
        home="41170", caller=caller, battery_percent=81,
    )  # fmt: skip


def _plain(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.write(descriptor, data)
    os.fsync(descriptor)
    os.close(descriptor)


def _renamed(path: Path, data: bytes) -> None:
    _plain(path.with_suffix(".new"), data)
    os.replace(path.with_suffix(".new"), path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def measure() -> dict[str, float | str]:
    with tempfile.TemporaryDirectory(prefix="ansim-bench-") as name:
        folder = Path(name)
        outbox = Outbox(folder / "outbox")
        floor, with_folder = folder / "floor", folder / "renamed"
        floor.mkdir()
        with_folder.mkdir()
        data = json.dumps(_alert(0).to_json(), ensure_ascii=False).encode()
        ways: dict[str, Callable[[int], object]] = {
            "outbox": lambda number: outbox.put(_alert(number)),
            "floor": lambda number: _plain(floor / f"{number}.json", data),
            "with_folder": lambda number: _renamed(with_folder / f"{number}.json", data),
        }
        took_s: dict[str, list[float]] = {way: [] for way in ways}
        for block in range(BLOCKS):
            for way, write in ways.items():
                began_s = time.perf_counter()
                for number in range(WRITES):
                    write(1 + block * WRITES + number)
                took_s[way].append((time.perf_counter() - began_s) / WRITES)
        one_s = {way: statistics.median(blocks) for way, blocks in took_s.items()}
        began_s = time.perf_counter()
        again = Outbox(folder / "outbox")
        read_s = time.perf_counter() - began_s
        assert len(again) == BLOCKS * WRITES
    return {
        "outbox_writes_per_s": round(1 / one_s["outbox"], 1),
        "floor_write_fsync_per_s": round(1 / one_s["floor"], 1),
        "floor_with_rename_and_folder_fsync_per_s": round(1 / one_s["with_folder"], 1),
        "outbox_over_floor": round(one_s["outbox"] / one_s["floor"], 2),
        "outbox_over_floor_with_folder": round(one_s["outbox"] / one_s["with_folder"], 2),
        "bytes_each": float(len(data)),
        "start_with_225_waiting_ms": round(read_s * 1000, 1),
    }
