"""Records of a delimited file, each with the line of the file on which it begins.

A quoted field may hold line ends. A quote that nobody closed would swallow what follows: a record that runs on for too
long, or over several lines without having the columns of the others, is taken line by line instead.
"""

from __future__ import annotations

import csv
from collections import Counter, deque
from collections.abc import Iterator
from itertools import islice

Record = tuple[int, list[str]]
DELIMITERS = (",", "\t", ";", "|", "^")
_RUNS_ON_LINES = 40
_SAMPLE_LINES = 300
csv.field_size_limit(1 << 20)


class _RunsOn(Exception):
    pass


class _Feed:
    """Lines for csv.reader, those of the record at hand remembered and, if need be, put back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines, self._back = lines, deque[str]()
        self.held: list[str] = []
        self.number = 0

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        if len(self.held) >= _RUNS_ON_LINES:
            raise _RunsOn
        line = self._back.popleft() if self._back else next(self._lines)
        if self.number == 0:
            line = line.lstrip("\ufeff")
        if "\0" in line:
            line = line.replace("\0", "")  # a database takes no such character
        self.number += 1
        self.held.append(line)
        return line

    def give_back(self, count: int) -> None:
        """The last `count` lines will be read again."""
        for line in reversed(self.held[len(self.held) - count :]):
            self._back.appendleft(line)
        self.number -= count


def records(lines: Iterator[str], delimiter: str, width: int = 0) -> Iterator[Record]:
    """Non-blank records; `width`: how many columns the file has, 0 while nobody knows."""
    feed = _Feed(lines)
    reader = csv.reader(feed, delimiter=delimiter, skipinitialspace=True)
    while True:
        feed.held.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (_RunsOn, csv.Error):
            cells = []
        spans = len(feed.held)
        first = feed.number - spans + 1
        if not cells or (spans > 1 and width and len(cells) != width):
            if not cells and spans <= 1 and not feed.held[0].strip():
                continue
            cells = _loose(feed.held[0], delimiter)
            feed.give_back(spans - 1)
            reader = csv.reader(feed, delimiter=delimiter, skipinitialspace=True)
        if any(cells) and any(cell.strip() for cell in cells):
            yield first, cells


def _loose(line: str, delimiter: str) -> list[str]:
    """One line whose quotes mean nothing."""
    return [cell.strip().strip('"') for cell in line.rstrip("\r\n").split(delimiter)]


def delimiter_of(lines: Iterator[str]) -> tuple[str, int] | None:
    """(delimiter, columns) that cuts a sample of the file most evenly into most columns; None for no table."""
    sample = list(islice(lines, _SAMPLE_LINES))
    best: tuple[float, str, int] | None = None
    for delimiter in DELIMITERS:
        widths = Counter(len(cells) for _, cells in records(iter(sample), delimiter))
        wide = Counter({width: n for width, n in widths.items() if width >= 2})
        if not wide:
            continue
        width, times = max(wide.items(), key=lambda one: (one[1], one[0]))
        score = times / sum(widths.values()) * min(width, 30)
        if best is None or score > best[0]:
            best = (score, delimiter, width)
    return (best[1], best[2]) if best else None
