"""Where she is, in words that can be said over the radio: direction, distance, the nearest name; pure.

현재 위치에서 북동쪽 320 m. 안심로 3 카메라에서 서쪽 20 m. 남쪽으로 걷는 중. 오차 12 m, 5초 전 위치.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from location_router.geo import distance_m, metres_per_degree

_KO = ("북쪽", "북동쪽", "동쪽", "남동쪽", "남쪽", "남서쪽", "서쪽", "북서쪽")
_EN = ("north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest")
AT_M = 8.0  # nearer than a fix can tell
NAMES_WITHIN_M = 500.0
_STILL_MPS, _WALKS_MPS, _RUNS_MPS = 0.4, 2.2, 4.5
OLD_S = 60.0


@dataclass(frozen=True, slots=True)
class Landmark:
    """Something with a name that an officer can find: a camera's pole, a shop."""

    name: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Whereabouts:
    lat: float
    lon: float
    accuracy_m: float
    fixed_at: datetime
    speed_mps: float | None = None
    heading_deg: float | None = None


def directions(
    she: Whereabouts | None,
    *,
    now: datetime,
    unit: tuple[float, float] | None = None,
    landmarks: Sequence[Landmark] = (),
) -> dict[str, str]:
    """`{"ko", "en"}`. `unit` is the officers' own (lat, lon) where it is known."""
    if she is None:
        return {"ko": "위치를 아직 모릅니다.", "en": "Her place is not known yet."}
    parts = [
        _from_unit(she, unit),
        _from_landmark(she, landmarks),
        _moving(she),
        _how_sure(she, now),
    ]
    said = [part for part in parts if part]
    return {"ko": " ".join(ko for ko, _ in said), "en": " ".join(en for _, en in said)}


def bearing_deg(*, lat: float, lon: float, to_lat: float, to_lon: float) -> float:
    """Clockwise from north, 0 to 360; flat, good to a fraction of a degree within 50 km."""
    north_m, east_m = metres_per_degree(lat=(lat + to_lat) / 2)
    return math.degrees(math.atan2((to_lon - lon) * east_m, (to_lat - lat) * north_m)) % 360


def compass(bearing: float) -> tuple[str, str]:
    """One of eight directions (Korean, English)."""
    index = int((bearing % 360 + 22.5) // 45) % 8
    return _KO[index], _EN[index]


def spoken_distance(metres: float) -> str:
    """`20 m`, `320 m`, `1.2 km`: as exact as anybody can pace it."""
    if metres < 100:
        return f"{max(round(metres / 5) * 5, 5):.0f} m"
    if round(metres / 10) * 10 < 1000:
        return f"{round(metres / 10) * 10:.0f} m"
    return f"{metres / 1000:.1f} km"


def _from(she: Whereabouts, lat: float, lon: float) -> tuple[float, tuple[str, str]]:
    metres = distance_m(lat=lat, lon=lon, to_lat=she.lat, to_lon=she.lon)
    return metres, compass(bearing_deg(lat=lat, lon=lon, to_lat=she.lat, to_lon=she.lon))


def _from_unit(she: Whereabouts, unit: tuple[float, float] | None) -> tuple[str, str] | None:
    if unit is None:
        return None
    metres, (ko, en) = _from(she, unit[0], unit[1])
    if metres < AT_M:
        return "바로 여기입니다.", "You are there."
    far = spoken_distance(metres)
    return f"현재 위치에서 {ko} {far}.", f"{far} {en} of you."


def _from_landmark(she: Whereabouts, landmarks: Sequence[Landmark]) -> tuple[str, str] | None:
    near = [(*_from(she, mark.lat, mark.lon), mark.name) for mark in landmarks if mark.name]
    if not near:
        return None
    metres, (ko, en), name = min(near, key=lambda one: (one[0], one[2]))
    if metres > NAMES_WITHIN_M:
        return None
    if metres < AT_M:
        return f"{name} 카메라 바로 옆.", f"Right beside camera {name}."
    far = spoken_distance(metres)
    return f"{name} 카메라에서 {ko} {far}.", f"{far} {en} of camera {name}."


def _moving(she: Whereabouts) -> tuple[str, str] | None:
    if she.speed_mps is None or not math.isfinite(she.speed_mps):
        return None
    if she.speed_mps < _STILL_MPS:
        return "멈춰 있음.", "Standing still."
    words = (("걷는 중", "walking"), ("뛰는 중", "running"), ("차로 이동 중", "in a vehicle"))
    ko, en = words[(she.speed_mps > _WALKS_MPS) + (she.speed_mps > _RUNS_MPS)]
    if she.heading_deg is None or not math.isfinite(she.heading_deg):
        return f"{ko}.", f"{en.capitalize()}."
    to_ko, to_en = compass(she.heading_deg)
    return f"{to_ko}으로 {ko}.", f"{en.capitalize()} {to_en}."


def _how_sure(she: Whereabouts, now: datetime) -> tuple[str, str]:
    age_s = max((now - she.fixed_at).total_seconds(), 0.0)
    far = spoken_distance(she.accuracy_m)
    if age_s < OLD_S:
        return f"오차 {far}.", f"Within {far}."
    minutes = int(age_s // 60)
    return f"오차 {far}, {minutes}분 전 위치.", f"Within {far}, {minutes} min ago."
