"""How fast a national file of CCTV data comes into the registry, and how much memory that takes.

`python -m tests.bench.import_cctv --json [--rows 360000]`. A generated file (CP949, the standard's 13 columns, rows
over the country's municipalities, some doubtful, one to five cameras a row), durable PostgreSQL (fsync on), row-level
security on, the real
command's code in a process of its own. Beside it the peer: the same cameras by a plain `executemany` of
INSERTs, of which a share is measured. Prints `{"import_rows_per_s", "import_s", "again_rows_per_s", "rows", "cameras",
"peak_mb", "peak_mb_of_a_tenth", "peer_rows_per_s", "times_the_peer"}`; rows are the file's.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

from location_router.index import Index, snapshot_path
from location_router.runtime.db import conninfo
from location_router.runtime.postgres import PrivateCluster
from location_router.runtime.provision import app_url, provision
from location_router.runtime.seal import new_key
from tests.databases import ROOT

HEADER = (
    "관리기관명",
    "소재지도로명주소",
    "소재지지번주소",
    "설치목적구분",
    "카메라대수",
    "카메라화소수",
    "촬영방면정보",
    "보관일수",
) + ("설치년월", "관리기관전화번호", "위도", "경도", "데이터기준일자")
PURPOSES = ("생활방범", "생활방범", "어린이보호", "교통단속", "시설물관리", "쓰레기단속")
CHILD = """
import asyncio, json, resource, sys, time
from pathlib import Path
from server.cameras.importing.importer import Wish, import_files
from server.console.jurisdictions import enter_centers
from server.services import make_services
from server.settings import Settings

async def main(url, key, path):
    services = make_services(Settings(database_url=url, data_key=key, serves="all", home_center="41170",
                                      video_gateway="console", installation="bench"))
    await enter_centers(services)
    begun = time.perf_counter()
    report = await import_files(services, Wish((Path(path),)))
    took = time.perf_counter() - begun
    await services.close()
    one = report.files[0]
    print(json.dumps({"s": took, "rows": one.rows, "imported": one.imported, "cameras": one.cameras,
                      "new": report.new, "unchanged": report.unchanged,
                      "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))

asyncio.run(main(*sys.argv[1:]))
"""


def write_file(path: Path, rows: int) -> None:
    """Rows grouped by municipality as in the national file; one in 200 with its axes swapped."""
    chance, borders = random.Random(5), Index.load(snapshot_path()).version(None)
    centers = list(borders.centers.values())
    with path.open("w", encoding="cp949", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number in range(rows):
            one = centers[number * len(centers) // rows]
            lat, lon = one.lat + chance.gauss(0, 0.004), one.lon + chance.gauss(0, 0.005)
            if number % 200 == 199:
                lat, lon = lon, lat
            address = f"{one.name_ko} 안심동 {number}-{number % 17} (상가 앞)"
            day, kind = f"20{10 + number % 15}-{number % 12 + 1:02d}", PURPOSES[number % 6]
            cells = [f"{one.name_ko}청", f"{one.name_ko} 안심로 {number}", address, kind, number % 5 // 2 + 1, 200]
            direction = ("360도전방면", "", "북동", "동,서")[number % 4]
            writer.writerow([*cells, direction, 30, day, "02-120-0000", f"{lat:.6f}", f"{lon:.6f}", "2026-03-12"])


def _installation(cluster: PrivateCluster, name: str) -> str:
    """The application's address of a fresh installation."""
    provision(cluster.admin_url, name, "installation", scripts=ROOT / "server" / "migrations")
    return app_url(cluster.url(name), name)


def _imported(url: str, key: str, path: Path) -> dict[str, Any]:
    told = subprocess.run(
        [sys.executable, "-c", CHILD, url, key, str(path)], capture_output=True, text=True, cwd=ROOT, check=False
    )
    if told.returncode:
        raise RuntimeError(told.stderr[-2000:])
    result: dict[str, Any] = json.loads(told.stdout.splitlines()[-1])
    return result


def _peer(admin: str, rows: int) -> float:
    """Seconds of `executemany` for so many of the cameras that are in the registry, into a table made like it."""
    columns = (
        "camera_id, center_id, name, accuracy_m, heading_deg, field_of_view_deg, purpose, purposes, number_at_site,"
        " office, office_phone, site_address, retention_days, installed_on, source, source_key, source_digest"
    )
    with psycopg.connect(conninfo(admin)) as owner:
        owner.execute("CREATE TABLE peer (LIKE camera INCLUDING ALL)")
        taken = owner.execute(
            f"SELECT {columns}, ST_X(place::geometry), ST_Y(place::geometry) FROM camera LIMIT %s", [rows]
        ).fetchall()
        marks = ", ".join(["%s"] * (len(taken[0]) - 2))
        begun = time.perf_counter()
        with owner.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO peer ({columns}, place) VALUES ({marks}, ST_SetSRID(ST_MakePoint(%s, %s), 4326))", taken
            )
        owner.commit()
        return time.perf_counter() - begun


def measure(rows: int = 360_000, peer_cameras: int = 200_000) -> dict[str, Any]:
    """One import, the same again, and the peer."""
    key = new_key()
    with tempfile.TemporaryDirectory(prefix="ansim-bench-", dir="/tmp") as held:
        folder = Path(held)
        folder.chmod(0o755)
        whole, tenth = folder / "whole.csv", folder / "tenth.csv"
        write_file(whole, rows)
        write_file(tenth, max(rows // 10, 1_000))
        cluster = PrivateCluster(name="bench", state=folder, on_progress=lambda line: None)
        cluster.start()
        try:
            few = _imported(_installation(cluster, "bench_small"), key, tenth)
            url = _installation(cluster, "bench_import")
            first, again = _imported(url, key, whole), _imported(url, key, whole)
            peer_s = _peer(cluster.url("bench_import"), min(peer_cameras, first["cameras"]))
        finally:
            cluster.stop()
    assert again["unchanged"] == first["cameras"] == first["new"], "the second import changes nothing"
    per_row = first["cameras"] / first["imported"]
    peer = min(peer_cameras, first["cameras"]) / per_row / peer_s
    speed = first["rows"] / first["s"]
    return {
        "import_rows_per_s": round(speed),
        "import_s": round(first["s"], 1),
        "again_rows_per_s": round(again["rows"] / again["s"]),
        "rows": first["rows"],
        "cameras": first["cameras"],
        "peak_mb": round(first["peak_mb"]),
        "peak_mb_of_a_tenth": round(few["peak_mb"]),
        "peer_rows_per_s": round(peer),
        "times_the_peer": round(speed / peer, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rows", type=int, default=360_000)
    given = parser.parse_args()
    os.environ.pop("DATABASE_URL", None)
    print(json.dumps(measure(given.rows), indent=None if given.json else 2))


if __name__ == "__main__":
    main()
