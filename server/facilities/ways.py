"""Ways from here to there with what each passes, and the one to suggest. No place is stored or logged."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.geo import distance_m
from location_router.runtime.problems import Problem
from server.facilities import safer
from server.facilities.engine import Away, Engine, Found, create_engine
from server.facilities.nearby import along
from server.facilities.safer import Choice, Point, Way

if TYPE_CHECKING:
    from server.services import Services

MOST_M = 30_000.0
MOST_A_MINUTE = 30
_MOST_PEOPLE = 10_000


async def suggest(services: Services, person_id: UUID, origin: Point, destination: Point) -> dict[str, Any]:
    """Problems: 422 `too_far`, 429 `too_often`."""
    if distance_m(lat=origin[0], lon=origin[1], to_lat=destination[0], to_lon=destination[1]) > MOST_M:
        raise Problem(
            422,
            "too_far",
            "destination: 출발지에서 30 km 안을 골라 주세요.",
            "destination: choose one within 30 km of the origin.",
            field="destination",
        )
    _paced(services, person_id)
    engine = engine_of(services)
    try:
        found = await engine.ways(origin, destination)
    except Away as error:
        return _straight(origin, destination, str(error))
    found = [Found((origin, *one.line, destination), one.distance_m, one.duration_s) for one in found]
    async with services.db.begin() as unit:
        beside = await along(unit, [one.line for one in found])
    ways = [Way(one.distance_m, *safer.passed(one.line, beside)) for one in found]
    choice = safer.choose(ways)
    told = [_way(one.line, one.distance_m, one.duration_s, way) for one, way in zip(found, ways, strict=True)]
    return _answer(engine.kind, told, choice, safer.why(choice, ways))


def _straight(origin: Point, destination: Point, code: str) -> dict[str, Any]:
    """The direction, honestly: nobody knows what stands along streets that nobody knows."""
    line = (origin, destination)
    choice = Choice(None, code)
    told = _way(line, safer.length_m(line), None, Way(0.0)) | {"lit_m": None}
    return _answer("straight", [told], choice, safer.why(choice, ()))


def _way(line: tuple[Point, ...], metres: float, seconds: float | None, way: Way) -> dict[str, Any]:
    return {
        "line": [[round(lat, 6), round(lon, 6)] for lat, lon in line],
        "distance_m": round(metres),
        "duration_s": None if seconds is None else round(seconds),
        "passes": dict(way.passes),
        "lit_m": round(way.lit_m),
    }


def _answer(kind: str, told: list[dict[str, Any]], choice: Choice, words: tuple[str, str]) -> dict[str, Any]:
    return {
        "engine": kind,
        "alternatives": told,
        "suggested": choice.index,
        "why": {"code": choice.code, "ko": words[0], "en": words[1]},
        "note": {"ko": safer.NOTE[0], "en": safer.NOTE[1]},
    }


def engine_of(services: Services) -> Engine:
    held: Engine | None = services.shared.get("routing_engine")
    if held is None:
        held = services.shared["routing_engine"] = create_engine(services.settings)
    return held


async def close_engine(services: Services) -> None:
    """Ends the connections to the engine, if anybody has asked for one."""
    held: Engine | None = services.shared.pop("routing_engine", None)
    if held is not None:
        await held.close()


def _paced(services: Services, person_id: UUID) -> None:
    """So many a minute for each person, counted by this process alone: it keeps a loop from wearing the engine out."""
    asked: dict[UUID, deque[float]] = services.shared.setdefault("routes_asked", {})
    now = services.clock().timestamp()
    times = asked.pop(person_id, None) or deque()
    while times and times[0] <= now - 60.0:
        times.popleft()
    asked[person_id] = times  # newest last: who has not asked for longest is forgotten first
    if len(asked) > _MOST_PEOPLE:
        del asked[next(iter(asked))]
    if len(times) >= MOST_A_MINUTE:
        after_s = max(1, round(times[0] + 60.0 - now))
        raise Problem(
            429,
            "too_often",
            f"{after_s}초 뒤에 다시 물어 주세요.",
            f"Ask again in {after_s} seconds.",
            headers={"Retry-After": str(after_s)},
        )
    times.append(now)
