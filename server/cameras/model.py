"""From rows of the registry to the five views of an incident; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import count
from types import MappingProxyType
from typing import Any

from server.cameras.index import CameraFacts
from server.cameras.select import Chosen

VIEWS = 5


@dataclass(frozen=True, slots=True)
class CameraChoice:
    """The contract's CameraChoice: `number` 1..5 is the same on the map and on the wall. A camera without a stream
    (`has_stream`) can't be opened: somebody has to phone its office."""

    number: int
    camera_id: str
    name: str
    lat: float
    lon: float
    heading_deg: float | None
    field_of_view_deg: float
    range_m: float
    distance_m: float
    bearing_deg: float
    in_view: bool
    healthy: bool
    reason: str = ""
    health: str = "unknown"
    reasons: tuple[dict[str, Any], ...] = ()
    pixels: int = 0
    has_stream: bool = True

    def json(self) -> dict[str, Any]:
        return asdict(self) | {"reasons": list(self.reasons)}


FACTS = (
    "camera_id", "lat", "lon", "heading_deg", "field_of_view_deg", "range_m", "is_ptz", "health", "purposes", "night",
    "width_px", "pan_speed_deg_s", "height_m", "accuracy_m", "is_anpr", "is_indoor", "is_private", "consent_until",
    "has_stream",
)  # fmt: skip
"""What a choice looks at, in the order of CameraFacts."""


def facts_from_row(row: dict[str, Any]) -> CameraFacts:
    return CameraFacts(*(row[name] for name in FACTS))


def numbered(
    chosen: Sequence[Chosen], rows: dict[str, dict[str, Any]], old: Mapping[str, int] = MappingProxyType({})
) -> list[CameraChoice]:
    """Choices by number. A camera that was shown before keeps its number (`old`): no tile moves under the operator's
    eyes; newcomers take the free numbers, best first."""
    taken = {old[one.camera_id] for one in chosen if one.camera_id in old}
    free = (number for number in count(1) if number not in taken)
    numbers = {one.camera_id: old.get(one.camera_id) or next(free) for one in chosen}
    choices = [_choice(numbers[one.camera_id], one, rows[one.camera_id]) for one in chosen]
    return sorted(choices, key=lambda choice: choice.number)


def _choice(number: int, one: Chosen, row: dict[str, Any]) -> CameraChoice:
    return CameraChoice(
        number,
        one.camera_id,
        row["name"],
        row["lat"],
        row["lon"],
        row["heading_deg"],
        row["field_of_view_deg"],
        row["range_m"],
        one.distance_m,
        one.bearing_deg,
        one.in_view,
        row["healthy"],
        one.reason,
        one.health,
        tuple(reason.json() for reason in one.reasons),
        one.pixels,
        one.has_stream,
    )


def public(row: dict[str, Any]) -> dict[str, Any]:
    """A camera on the map: never its stream's address."""
    return {
        name: row[name]
        for name in ("camera_id", "name", "lat", "lon", "heading_deg", "field_of_view_deg", "range_m", "healthy")
    }
