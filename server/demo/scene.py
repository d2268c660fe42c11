"""The demo's street: cameras around a point, as densely and as irregularly as a Korean city hangs them.

Crime-prevention poles carry two or three fixed cameras that look along the streets, some poles one PTZ dome; poles
stand 40–90 m apart along a crooked street grid. Made from the place itself, so the same place gives the same scene.
"""

from __future__ import annotations

import hashlib
import math
import random
from dataclasses import dataclass, replace

from location_router.geo import metres_per_degree

STREET_NAMES = ("안심로", "달빛길", "느티나무길", "시장길", "학교길", "역전로", "공원길", "샛별로")
RECORDED, DOME = 12, "dome"


@dataclass(frozen=True, slots=True)
class SceneCamera:
    """A simulated camera; `heading_deg` None sees all round (a dome)."""

    camera_id: str
    name: str
    lat: float
    lon: float
    heading_deg: float | None
    field_of_view_deg: float
    range_m: float
    is_ptz: bool
    is_buffered: bool = False
    """The recorder keeps it open, so that one can look back to before the alert."""
    fault: str = ""
    """What is wrong with it from the beginning: one of `server.demo.cameras.FAULTS`."""

    @property
    def center(self) -> str:
        return self.camera_id.split("-")[0]


def cameras_around(*, lat: float, lon: float, code: str, radius_m: float = 420.0) -> list[SceneCamera]:
    """About 60 cameras within `radius_m` of the point, belonging to center `code`."""
    seed = hashlib.sha256(f"{lat:.4f},{lon:.4f}".encode()).digest()
    rng = random.Random(seed)
    grid_deg = rng.uniform(0, 90)
    found: list[SceneCamera] = []
    step_m = 72.0
    reach = int(radius_m // step_m)
    for row in range(-reach, reach + 1):
        for column in range(-reach, reach + 1):
            if rng.random() < 0.38:
                continue
            along, across = column * step_m + rng.uniform(-16, 16), row * step_m + rng.uniform(-16, 16)
            if math.hypot(along, across) > radius_m:
                continue
            found += _pole(rng, code, lat, lon, along, across, grid_deg, len(found))
    return found


def street_of_the_demo(*, lat: float, lon: float, code: str) -> list[SceneCamera]:
    """`cameras_around`, with what a visitor should meet: the nearest are recorded all the time, one of them is dark,
    and at the place itself hangs a dome that can be moved (the first of the list)."""
    near = sorted(cameras_around(lat=lat, lon=lon, code=code), key=lambda one: math.hypot(one.lat - lat, one.lon - lon))
    recorded = [replace(one, is_buffered=True) for one in near[:RECORDED]]
    recorded[1] = replace(recorded[1], fault="dark")
    north_m, _ = metres_per_degree(lat=lat)
    dome = SceneCamera(f"{code}-{DOME}", "안심광장 회전형", lat + 25 / north_m, lon, None, 360.0, 90.0, True, True)
    return [dome, *recorded, *near[RECORDED:]]


def _pole(
    rng: random.Random, code: str, lat: float, lon: float, along: float, across: float, grid_deg: float, number: int
) -> list[SceneCamera]:
    turn = math.radians(grid_deg)
    east_m = along * math.cos(turn) + across * math.sin(turn)
    north_m = -along * math.sin(turn) + across * math.cos(turn)
    per_lat_m, per_lon_m = metres_per_degree(lat=lat)
    pole_lat, pole_lon = lat + north_m / per_lat_m, lon + east_m / per_lon_m
    street = STREET_NAMES[int(abs(across) // 72) % len(STREET_NAMES)]
    address = f"{street} {10 + int(abs(along))}"
    cameras = []
    for index, turn_deg in enumerate((0, 180, 90)[: rng.choice((1, 2, 2, 3))]):
        heading = (grid_deg + 90 + turn_deg + rng.uniform(-12, 12)) % 360
        cameras.append(
            SceneCamera(
                f"{code}-{number + index + 1:04d}",
                f"{address} {index + 1}",
                pole_lat,
                pole_lon,
                round(heading, 1),
                72.0,
                60.0,
                False,
            )
        )
    if rng.random() < 0.2:
        cameras.append(
            SceneCamera(
                f"{code}-{number + len(cameras) + 1:04d}",
                f"{address} 회전형",
                pole_lat,
                pole_lon,
                None,
                360.0,
                80.0,
                True,
            )
        )
    return cameras
