"""What every partner's requests have in common: one case, as its own system would write it down."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from location_router import geo
from server.simulate.doors import JSON

BASIS = "pipa-18-2-3"


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a partner's cases happen: within `reach_m` of the place. `dice` decide everything that chance decides."""

    agency_id: str
    lat: float
    lon: float
    dice: Random
    reach_m: float = 300.0
    is_drill: bool = False

    def somewhere(self) -> tuple[float, float]:
        """A place (lat, lon) of the scene."""
        return shifted(self.lat, self.lon, north_m=self._off(), east_m=self._off())

    def _off(self) -> float:
        return self.dice.uniform(-self.reach_m, self.reach_m) * 0.7


@dataclass(slots=True)
class Case:
    """One request. `way`: where it goes on, one place a second; `before`: where it was, oldest first, the last a second
    ago. `picture`: a JPEG that goes with it. `warning`: a CAP message that people are warned by. `lasts_s`: the agency
    needs it no more after so long."""

    request_id: str
    body: bytes
    content_type: str = JSON
    before: list[tuple[float, float]] = field(default_factory=list)
    way: Iterator[tuple[float, float]] | None = None
    picture: bytes = b""
    warning: bytes = b""
    lasts_s: float | None = None


def new_request_id() -> str:
    """A UUIDv7. No dice: two runs of one seed raise the same things, but never under the same number."""
    milliseconds, chance = int(datetime.now(UTC).timestamp() * 1000), secrets.randbits(74)
    return str(UUID(int=milliseconds << 80 | 7 << 76 | (chance >> 62) << 64 | 2 << 62 | chance & (2**62 - 1)))


def case_of(
    scene: Scene,
    trigger: str,
    subject: dict[str, Any],
    *,
    place: tuple[float, float] | None,
    accuracy_m: float = 15.0,
    basis: str = BASIS,
    **more: Any,
) -> tuple[str, dict[str, Any]]:
    """The request's id, and its letter (docs/agencies.md section 2)."""
    request_id, now = new_request_id(), datetime.now(UTC).isoformat()
    letter: dict[str, Any] = {
        "request_id": request_id,
        "agency_id": scene.agency_id,
        "trigger": trigger,
        "legal_basis": basis,
        "case_no": f"SIM-{scene.dice.randrange(10**6):06}",
        "raised_at": now,
        "is_drill": scene.is_drill,
        "subject": subject,
        **more,
    }
    if place is not None:
        letter["position"] = {"lat": place[0], "lon": place[1], "accuracy_m": accuracy_m, "fixed_at": now}
    return request_id, letter


def written(letter: dict[str, Any]) -> bytes:
    return json.dumps(letter, ensure_ascii=False).encode()


def fixes(places: list[tuple[float, float]], *, until: datetime) -> list[dict[str, Any]]:
    """A second apart, the last one at `until`."""
    shown = []
    for number, (lat, lon) in enumerate(places):
        at = (until - timedelta(seconds=len(places) - 1 - number)).isoformat()
        shown.append({"lat": lat, "lon": lon, "accuracy_m": 10.0, "fixed_at": at})
    return shown


def shifted(lat: float, lon: float, *, north_m: float, east_m: float) -> tuple[float, float]:
    north, east = geo.metres_per_degree(lat=lat)
    return lat + north_m / north, lon + east_m / east
