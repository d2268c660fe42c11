"""The peers that are servers: PostGIS (`ST_Covers` over a GiST index) and, where one is installed, Redis `GEOSEARCH`.

PostGIS also is the judge: every one of our answers is compared with its own. Redis knows no polygons, it names the
nearest center's point, so only its speed is told here and how often its answer is another one.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import shapely

from location_router.bench.lookups import Floats, Say, bulk, per_call, shapes_of
from location_router.index import Index
from location_router.runtime.db import conninfo

PART = 50_000
COVERS = "SELECT code FROM area WHERE ST_Covers(shape, ST_SetSRID(ST_MakePoint(%s, %s), 4326)) LIMIT 1"
JOIN = """
SELECT count(area.code) FROM unnest(%s::float8[], %s::float8[]) AS p(lon, lat)
LEFT JOIN area ON ST_Covers(area.shape, ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4326))"""
JUDGE = """
SELECT p.n, array_agg(area.code) FILTER (WHERE area.code IS NOT NULL)
FROM unnest(%s::float8[], %s::float8[]) WITH ORDINALITY AS p(lon, lat, n)
LEFT JOIN area ON ST_Covers(area.shape, ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4326)) GROUP BY p.n"""


def postgis(url: str, index: Index, crowd: Floats, judged: list[Floats], *, seconds: float, say: Say) -> dict[str, Any]:
    """PostGIS' own rates, and in how many of the `judged` points our table answers differently."""
    version = index.version()
    codes, shapes = shapes_of(index, version)
    with psycopg.connect(conninfo(url), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        connection.execute("CREATE TEMP TABLE area (code text, shape geometry)")
        with connection.cursor() as cursor:
            rows = [(code, shapely.to_wkb(shape, hex=True)) for code, shape in zip(codes, shapes, strict=True)]
            cursor.executemany("INSERT INTO area VALUES (%s, ST_SetSRID(%s::geometry, 4326))", rows)
        connection.execute("CREATE INDEX ON area USING gist (shape)")
        connection.execute("ANALYZE area")

        def ask(lat: float, lon: float) -> Any:
            return connection.execute(COVERS, (lon, lat), prepare=True).fetchone()

        rate, p50_us, p99_us = per_call(ask, crowd, seconds)
        few = crowd[:PART]
        joined = bulk(lambda lats, lons: connection.execute(JOIN, (lons.tolist(), lats.tolist())), few)
        found = {
            "postgis_single_per_s": round(rate),
            "postgis_single_p50_us": round(p50_us, 1),
            "postgis_single_p99_us": round(p99_us, 1),
            "postgis_bulk_points_per_s": round(joined),
        }
        differ, total = 0, sum(len(points) for points in judged)
        done = 0
        for points in judged:
            for start in range(0, len(points), PART):
                part = points[start : start + PART]
                differ += _differences(connection, index, part)
                done += len(part)
                if done % (PART * 4) == 0 or done == total:
                    say(f"compared with ST_Covers: {done:,} of {total:,}, {differ} differ")
    return found | {"mismatches": differ, "compared_points": total}


def _differences(connection: psycopg.Connection[Any], index: Index, points: Floats) -> int:
    lons, lats = points[:, 0].tolist(), points[:, 1].tolist()
    ours = index.version().containing_many(lats, lons)
    answers: list[Any] = [None] * len(points)
    for number, codes in connection.execute(JUDGE, (lons, lats)):
        answers[number - 1] = codes
    return sum(
        (mine is not None) if theirs is None else (mine not in theirs)
        for mine, theirs in zip(ours.tolist(), answers, strict=True)
    )


def redis(index: Index, crowd: Floats, *, seconds: float) -> dict[str, Any]:
    """GEOSEARCH for the nearest center within 50 km; None where no redis-server is installed."""
    program = shutil.which("redis-server")
    if program is None:
        return {"redis_single_per_s": None, "redis_other_answer_percent": None}
    version = index.version()
    with _redis_server(program) as ask:
        for center in version.centers.values():
            ask(b"GEOADD", b"centers", str(center.lon).encode(), str(center.lat).encode(), center.code.encode())

        def nearest(lat: float, lon: float) -> bytes:
            place = (b"FROMLONLAT", str(lon).encode(), str(lat).encode())
            return ask(b"GEOSEARCH", b"centers", *place, b"BYRADIUS", b"50", b"km", b"ASC", b"COUNT", b"1")

        rate, p50_us, p99_us = per_call(nearest, crowd, seconds)
        sample = crowd[:2000].tolist()
        other = sum(
            (version.containing(lat=lat, lon=lon) or "").encode() not in nearest(lat, lon) for lon, lat in sample
        )
    return {
        "redis_single_per_s": round(rate),
        "redis_single_p50_us": round(p50_us, 1),
        "redis_single_p99_us": round(p99_us, 1),
        "redis_other_answer_percent": round(100 * other / len(sample), 1),
    }


@contextlib.contextmanager
def _redis_server(program: str) -> Iterator[Any]:
    with tempfile.TemporaryDirectory(prefix="ansim-redis-") as folder:
        path = Path(folder) / "s"
        words = ["--port", "0", "--unixsocket", str(path), "--save", "", "--appendonly", "no", "--dir", folder]
        server = subprocess.Popen([program, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 5
            while not path.exists() and time.monotonic() < deadline:
                time.sleep(0.02)
            with socket.socket(socket.AF_UNIX) as line:
                line.connect(str(path))
                yield lambda *words: _command(line, words)
        finally:
            server.terminate()
            server.wait(5)


def _command(line: socket.socket, words: tuple[bytes, ...]) -> bytes:
    """One command of few, short words; the raw answer (all of ours fit one packet)."""
    line.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
    return line.recv(4096)


def memory_mb(snapshot: Path | None) -> float:
    """What one process pays for the table: resident memory after loading and 20,000 lookups, less that before."""
    program = (
        "import sys, numpy, pathlib\n"
        "from location_router.index import Index\n"
        "def rss(): return int(pathlib.Path('/proc/self/statm').read_text().split()[1]) * 4096 / 1e6\n"
        "before = rss(); version = Index.load(sys.argv[1] or None).version()\n"
        "dice = numpy.random.default_rng(1)\n"
        "for lat, lon in zip(dice.uniform(34, 38, 20000).tolist(), dice.uniform(126, 130, 20000).tolist()):\n"
        "    version.containing(lat=lat, lon=lon)\n"
        "print(rss() - before)"
    )
    words = [sys.executable, "-c", program, str(snapshot or "")]
    return round(float(subprocess.run(words, check=True, capture_output=True, text=True).stdout), 1)


def mixed(crowd: Floats, edge: Floats, count: int) -> list[Floats]:
    """`count` points to be judged, a third of them at borders; drawn with repetition of neither."""
    near = min(len(edge), count // 3)
    return [edge[:near], crowd[: count - near]]
