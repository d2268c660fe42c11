"""The main job as the README tells it: `ansim demo --once --json` on real parts, away from the person's home."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import psycopg

from location_router.runtime.db import conninfo
from location_router.runtime.postgres import PrivateCluster
from tests.databases import open_folder

HOPS = (
    "accepted",
    "received",
    "console",
    "acknowledged",
    "first_frame",
    "dispatched",
    "agency_accepted",
    "guardian",
)
BUSAN = ("35.1577", "129.0590")  # 서면, 부산진구
PERSONAL = ("01012345678", "01055512345", "지민", "엄마")


def test_a_shake_in_busan_reaches_busan_and_a_mother_in_seoul_and_leaves_nothing_running() -> None:
    state = open_folder("ansim-story-")
    try:
        command = [sys.executable, "-m", "server", "demo", "--once", "--json", "--lat", BUSAN[0], "--lon", BUSAN[1]]
        said = subprocess.run(
            [*command, "--home", "11680"],
            env={**os.environ, "ANSIM_STATE_DIR": str(state)},
            capture_output=True,
            text=True,
            timeout=150,
        )
        assert said.returncode == 0, said.stdout + said.stderr
        story = json.loads(said.stdout)
        assert story["ok"] and story["reason"] == "contains" and story["assignment_no"] == 1
        assert story["center"] == {
            "code": "26230",
            "name_ko": "부산광역시 부산진구",
            "name_en": "Busanjin-gu, Busan",
        }
        assert story["home"] == "11680"
        assert len({camera["id"] for camera in story["cameras"]}) == 5
        assert all(0 <= camera["distance_m"] < 300 for camera in story["cameras"])
        assert all(0 < story["hops_ms"][hop] < 30_000 for hop in HOPS)
        assert not _running_under(str(state))
        _nothing_personal_is_readable(state)
    finally:
        shutil.rmtree(state, ignore_errors=True)


def _running_under(folder: str) -> list[str]:
    """Command lines of processes whose arguments or environment name the folder."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) != os.getpid():
            try:
                with open(f"/proc/{entry}/cmdline", "rb") as line, open(f"/proc/{entry}/environ", "rb") as environ:
                    if folder.encode() in line.read() + environ.read():
                        found.append(entry)
            except OSError:
                continue
    return found


def _nothing_personal_is_readable(state: os.PathLike[str]) -> None:
    """After the story no column of any database holds the caller's or her mother's number or name in clear."""
    cluster = PrivateCluster(name="main", state=state, on_progress=lambda line: None)  # type: ignore[arg-type]
    cluster.start()
    try:
        for database in ("ansim_router", "ansim_bus", "ansim_home", "ansim_serving"):
            with psycopg.connect(conninfo(cluster.url(database))) as connection:
                for (table,) in connection.execute(
                    "SELECT quote_ident(relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                    " WHERE n.nspname = 'public' AND c.relkind = 'r' AND relname <> 'spatial_ref_sys'"
                ).fetchall():
                    for word in PERSONAL:
                        rows = connection.execute(
                            f"SELECT count(*) FROM {table} AS t WHERE position(%s IN t::text) > 0"  # type: ignore[arg-type]
                            " OR position(encode(convert_to(%s, 'UTF8'), 'hex') IN t::text) > 0",
                            [word, word],
                        ).fetchone()
                        assert rows == (0,), f"{word} stands readable in {database}.{table}"
    finally:
        cluster.stop()
