"""What only the whole file can say, learnt in a first pass over it: duplicates, coordinates shared by many, whether its
coordinates are degrees, minutes and seconds throughout. 64-bit numbers in flat arrays, 40 bytes a row.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from server.cameras.importing.coordinates import as_minutes_seconds, decimals, in_korea
from server.cameras.importing.rows import Misfit, Row, identity, likeness

SHARED_BY = 8
"""So many different addresses at one full coordinate: that is an office's place, not a camera's."""
ROUNDED_SHARED_BY = 3
_ENOUGH_ROWS, _NEARLY_ALL = 30, 0.97


@dataclass
class Survey:
    """`rows`: rows and misfits; `first_line`: for likenesses that occur again, the line where each stands first."""

    rows: int = 0
    is_minutes_seconds: bool = False
    shared: dict[int, int] = field(default_factory=dict)
    again: dict[int, int] = field(default_factory=dict)
    repeated: set[int] = field(default_factory=set)

    def shared_by(self, row: Row) -> int:
        """How many different addresses have this row's coordinate; 1 for its own alone."""
        return self.shared.get(hash((row.lat, row.lon)), 1)

    def same_as_line(self, row: Row) -> int | None:
        """The line of the same cameras further up, None for the first (or only) one."""
        first = self.again.get(hash(likeness(row)))
        return first if first is not None and first < row.line else None


def survey(rows: Iterable[Row | Misfit]) -> Survey:
    """One pass. Hash values are those of this process: they never leave it."""
    places, addresses, likenesses, identities, lines = (array("q") for _ in range(5))
    told, count, minutes = Survey(), 0, 0
    for row in rows:
        told.rows += 1
        if isinstance(row, Misfit) or row.lat is None or row.lon is None:
            continue
        count += 1
        places.append(hash((row.lat, row.lon)))
        addresses.append(hash(row.address))
        likenesses.append(hash(likeness(row)))
        identities.append(hash(identity(row)))
        lines.append(row.line)
        if as_minutes_seconds(row.lat) is not None and as_minutes_seconds(row.lon) is not None:
            minutes += decimals(row.lat) >= 4 and in_korea(lat=row.lat, lon=row.lon)
    told.is_minutes_seconds = count >= _ENOUGH_ROWS and minutes >= count * _NEARLY_ALL
    told.shared = _shared(_numbers(places), _numbers(addresses))
    told.again = _again(_numbers(likenesses), _numbers(lines))
    values, times = np.unique(_numbers(identities), return_counts=True)
    told.repeated = set(values[times > 1].tolist())
    return told


def _numbers(values: array[int]) -> NDArray[np.int64]:
    return np.frombuffer(values, dtype=np.int64) if values else np.empty(0, dtype=np.int64)


def _shared(places: NDArray[np.int64], addresses: NDArray[np.int64]) -> dict[int, int]:
    pairs = np.unique(np.column_stack((places, addresses)), axis=0) if len(places) else np.empty((0, 2), np.int64)
    values, times = np.unique(pairs[:, 0], return_counts=True)
    often = times >= min(SHARED_BY, ROUNDED_SHARED_BY)
    return dict(zip(values[often].tolist(), times[often].tolist(), strict=True))


def _again(likenesses: NDArray[np.int64], lines: NDArray[np.int64]) -> dict[int, int]:
    values, first, times = np.unique(likenesses, return_index=True, return_counts=True)
    often = times > 1
    return dict(zip(values[often].tolist(), lines[first[often]].tolist(), strict=True))
