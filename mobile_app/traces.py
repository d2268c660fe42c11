"""Motion and routes to play: whole files, errors that name the line and the cure."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from mobile_app.recording import BadTrace, Sample, read_samples

ROUTE_HEADER = ("t", "lat", "lon", "accuracy_m")
MAX_BYTES = 64 * 1024 * 1024
MOST_SAMPLES = 2_000_000
"""Eleven hours at 50 Hz."""


@dataclass(frozen=True, slots=True)
class RoutePoint:
    t_s: float
    lat: float
    lon: float
    accuracy_m: float


def read_trace(path: Path) -> list[Sample]:
    """A recording as a whole. Raises BadTrace."""
    samples = list(islice(read_samples(path), MOST_SAMPLES + 1))
    if len(samples) > MOST_SAMPLES:
        raise BadTrace(f"{path}: more than {MOST_SAMPLES} samples; cut it into shorter recordings")
    return samples


def read_route(path: Path) -> list[RoutePoint]:
    """Points of a walk. Raises BadTrace."""
    rows = _read(path, ROUTE_HEADER)
    points = [RoutePoint(*values) for _, values in rows]
    for (line, _), point in zip(rows, points, strict=True):
        if not (-90 <= point.lat <= 90 and -180 <= point.lon <= 180):
            raise BadTrace(
                f"{path}: line {line}: lat {point.lat}, lon {point.lon} is not on Earth; are the columns swapped?"
            )
        if point.accuracy_m < 0:
            raise BadTrace(f"{path}: line {line}: accuracy_m is negative; give the radius in metres")
    if any(b.t_s < a.t_s for a, b in zip(points, points[1:], strict=False)):
        raise BadTrace(f"{path}: the times of the route go back; sort the rows by t")
    return points


def _read(path: Path, header: tuple[str, ...]) -> list[tuple[int, tuple[float, ...]]]:
    """Numbered lines of finite numbers in the order of `header`."""
    try:
        rows = list(csv.reader(_text(path).splitlines()))
    except csv.Error as error:
        raise BadTrace(f"{path}: not a CSV file ({error}); export it as comma-separated text") from None
    wanted = ",".join(header)
    if not rows:
        raise BadTrace(f"{path}: the file is empty; it needs a first line '{wanted}' and one row per point")
    names = [name.strip().lower() for name in rows[0]]
    missing = [name for name in header if name not in names]
    if missing:
        raise BadTrace(f"{path}: line 1: no column '{missing[0]}'; the first line must be '{wanted}'")
    order = [names.index(name) for name in header]
    read = [(number, _numbers(path, number, row, order, header)) for number, row in enumerate(rows[1:], 2) if any(row)]
    if not read:
        raise BadTrace(f"{path}: line 2: no points after the header; add one row per point")
    return read


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadTrace(f"{path}: larger than 64 MB; give a shorter route")
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise BadTrace(f"{path}: there is no such file; check the name") from None
    except UnicodeDecodeError as error:
        raise BadTrace(f"{path}: byte {error.start} is not UTF-8; save the file as CSV in UTF-8") from None
    except OSError as error:
        raise BadTrace(f"{path}: cannot be read ({error.strerror}); check the name and the rights") from None


def _numbers(path: Path, line: int, row: list[str], order: list[int], header: tuple[str, ...]) -> tuple[float, ...]:
    values = []
    for name, place in zip(header, order, strict=True):
        if place >= len(row):
            raise BadTrace(f"{path}: line {line}: {name} is missing; every row needs {len(header)} values")
        try:
            value = float(row[place])
        except ValueError:
            raise BadTrace(f"{path}: line {line}: {name} is '{row[place][:30]}'; write a number with a point") from None
        if not math.isfinite(value):
            raise BadTrace(f"{path}: line {line}: {name} is {row[place]}; remove the row or give a finite number")
        values.append(value)
    return tuple(values)
