"""What was recorded, what is kept of it, and what is missing: rules without any I/O.

A *segment* is a file of about ten seconds. A *pin* keeps a camera's segments of a span of time for an incident. What
no pin covers is the rolling buffer and goes after some minutes. A *gap* is a span in which nothing was recorded: it is
always named, never bridged by a picture that stands still.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

Digest = bytes  # the field named `bytes` hides the type
MOST_CLIP_S = 30 * 60.0
JOINED_S = 0.5
"""Segments whose ends are no further apart are one: arrival times of pictures waver by some milliseconds."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One file. `begin_at` is when its first picture arrived, `end_at` when its last one ended. `format` names the
    parameter sets: pieces of one format play as one film. `is_adopted`: found after a crash, its SHA-256 was taken
    then and not while recording. `path` is relative to VIDEO_DIR. `source`: `own`, or `device` for what was fetched
    from the camera's own recorder: then its times are the device's, put right by `clock_offset_s` (its clock minus
    ours)."""

    segment_id: UUID
    center_id: str
    camera_id: str
    begin_at: datetime
    end_at: datetime
    bytes: int
    frames: int
    sha256: Digest
    path: str
    width_px: int
    height_px: int
    codec: str
    format: str
    is_adopted: bool = False
    gone_at: datetime | None = None
    source: Literal["own", "device"] = "own"
    clock_offset_s: float | None = None


@dataclass(frozen=True, slots=True)
class Pin:
    """`until_at` None: the incident still runs."""

    pin_id: UUID
    center_id: str
    camera_id: str
    incident_id: UUID
    from_at: datetime
    until_at: datetime | None

    def covers(self, segment: Segment) -> bool:
        return segment.end_at > self.from_at and (self.until_at is None or segment.begin_at < self.until_at)


@dataclass(frozen=True, slots=True)
class Span:
    begin_at: datetime
    end_at: datetime

    @property
    def seconds(self) -> float:
        return (self.end_at - self.begin_at).total_seconds()


def spans(segments: Iterable[Segment], *, joined_s: float = JOINED_S) -> list[Span]:
    """What is there, without overlaps, in order; neighbours that touch are one."""
    found: list[Span] = []
    for one in sorted(segments, key=lambda segment: (segment.begin_at, segment.end_at)):
        if found and (one.begin_at - found[-1].end_at).total_seconds() <= joined_s:
            found[-1] = Span(found[-1].begin_at, max(found[-1].end_at, one.end_at))
        else:
            found.append(Span(one.begin_at, one.end_at))
    return found


def within(found: Iterable[Span], begin_at: datetime, end_at: datetime) -> list[Span]:
    """What of the spans lies between the two moments."""
    cut = [Span(max(one.begin_at, begin_at), min(one.end_at, end_at)) for one in found]
    return [one for one in cut if one.begin_at < one.end_at]


def gaps(segments: Iterable[Segment], begin_at: datetime, end_at: datetime, *, least_s: float = JOINED_S) -> list[Span]:
    """What is missing between the two moments; holes up to `least_s` are none."""
    missing: list[Span] = []
    known_until = begin_at
    for span in spans(segments, joined_s=least_s):
        if span.end_at <= begin_at or span.begin_at >= end_at:
            continue
        if (span.begin_at - known_until).total_seconds() > least_s:
            missing.append(Span(known_until, span.begin_at))
        known_until = max(known_until, span.end_at)
    if (end_at - known_until).total_seconds() > least_s:
        missing.append(Span(known_until, end_at))
    return missing


def runs(segments: Sequence[Segment]) -> list[list[Segment]]:
    """In order of time, cut where the format changes: each run plays as one film."""
    cut: list[list[Segment]] = []
    for one in sorted(segments, key=lambda segment: (segment.begin_at, segment.end_at)):
        if cut and cut[-1][-1].format == one.format:
            cut[-1].append(one)
        else:
            cut.append([one])
    return cut


def pin_begin(opened_at: datetime, raised_at: datetime | None, *, before: timedelta) -> datetime:
    """From when an incident keeps recordings: `before` the cry. A cry that came late (a text message, a gap in the
    network) counts from when it was raised; a clock that is off by more than an hour does not."""
    cried = raised_at if raised_at is not None and timedelta() <= opened_at - raised_at <= timedelta(hours=1) else None
    return (cried or opened_at) - before
