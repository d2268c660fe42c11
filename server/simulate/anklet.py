"""The Justice Ministry's monitoring room: someone with an anklet walks into a zone that is closed to him, and goes on.

The room knows his track and raises nothing until he is inside; then the last minute of it goes along, and a place
every second. Some of its cases are of the other three kinds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from location_router.geo import distance_m
from server.simulate.cases import Case, Scene, case_of, shifted, written

ZONE_M = 150.0
BEFORE_S = 60
PACE_MPS = 1.4
KINDS = (("anklet_zone", 7), ("anklet_approach", 1), ("anklet_curfew", 1), ("anklet_tamper", 1))
CATEGORIES = ("sexual_violence", "child_abduction", "murder", "robbery")
BASIS = "pipa-18-2-9"
LOST_M = 400.0
"""How far he may have come since an anklet that was cut off was heard last."""


def case(scene: Scene) -> Case:
    dice = scene.dice
    trigger = dice.choices([name for name, _ in KINDS], [share for _, share in KINDS])[0]
    way = walk(scene)
    before = [next(way)]
    while trigger == "anklet_zone" and not _is_inside(scene, before[-1]):
        before.append(next(way))
    place = before[-1]
    subject: dict[str, object] = {
        "category": dice.choice(CATEGORIES),
        "device_ref": f"EM-{dice.randrange(10**5):05}",
    }
    if trigger == "anklet_approach":
        subject["protected_ref"] = f"PR-{dice.randrange(10**4):04}"
    is_lost = trigger == "anklet_tamper"
    if is_lost:
        subject["last_known"] = {"lat": place[0], "lon": place[1], "accuracy_m": 30.0}
    request_id, letter = case_of(
        scene, trigger, subject, place=place, accuracy_m=LOST_M if is_lost else 10.0, basis=BASIS
    )
    return Case(request_id, written(letter), before=before[-BEFORE_S:-1], way=None if is_lost else way)


def walk(scene: Scene) -> Iterator[tuple[float, float]]:
    """A place a second: from outside the zone straight to its middle, then about in it."""
    dice = scene.dice
    heading = dice.uniform(0, 2 * math.pi)
    out_m = ZONE_M + BEFORE_S * PACE_MPS
    at = shifted(scene.lat, scene.lon, north_m=-out_m * math.cos(heading), east_m=-out_m * math.sin(heading))
    for _ in range(math.ceil(out_m / PACE_MPS)):
        yield at
        at = _step(at, heading)
    while True:
        yield at
        heading += dice.gauss(0, 0.3) if _is_inside(scene, at) else math.pi / 6
        at = _step(at, heading)


def _step(at: tuple[float, float], heading: float) -> tuple[float, float]:
    return shifted(*at, north_m=PACE_MPS * math.cos(heading), east_m=PACE_MPS * math.sin(heading))


def _is_inside(scene: Scene, at: tuple[float, float]) -> bool:
    return distance_m(lat=scene.lat, lon=scene.lon, to_lat=at[0], to_lon=at[1]) <= ZONE_M
