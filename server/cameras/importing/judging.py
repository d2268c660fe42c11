"""A row becomes cameras, is refused, or is doubted; pure (the borders are a value).

A doubtful row is never moved: it waits with its suggestion. Two kinds are nevertheless imported as they stand, marked
with how little their place says: a rounded coordinate and one that many addresses share, when they lie in the row's own
municipality. There the camera is known to exist, and `accuracy_m` tells the selection how far off it may be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from server.cameras.importing.columns import AT
from server.cameras.importing.coordinates import (
    Reading,
    as_minutes_seconds,
    decimals,
    from_metres,
    in_korea,
    is_coarse,
    one_digit_changed,
    readings,
)
from server.cameras.importing.ground import NOWHERE, Codes, Ground
from server.cameras.importing.rows import Misfit, Row
from server.cameras.importing.survey import ROUNDED_SHARED_BY, SHARED_BY, Survey

NEAR_ADDRESS_M, NEAR_OFFICE_M = 500.0, 5_000.0
AT_SEA_M = 5_000.0
"""A quay, a bridge, reclaimed land: outside all polygons, and as near as this still its neighbour's."""
_ROAD, _LOT, _OFFICE, _AREA = AT["road_address"], AT["lot_address"], AT["office"], AT["area"]
_METRES_PER_DEGREE = 111_000.0
_CHUNK = 4_096


@dataclass(frozen=True, slots=True)
class Good:
    row: Row
    center_id: str
    lat: float
    lon: float
    accuracy_m: float = 10.0


@dataclass(frozen=True, slots=True)
class Refused:
    line: int
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Doubtful:
    """`good`: how the row is imported for now; None while it waits. `center_id`: whose administrator decides."""

    row: Row
    reason: str
    center_id: str
    suggestion: dict[str, Any] | None
    good: Good | None = None


Verdict = Good | Refused | Doubtful


@dataclass
class Judge:
    """`served`: the centers of this installation; `only`: the one center that the rows must belong to."""

    ground: Ground
    told: Survey
    served: Codes
    only: str | None = None
    _names: dict[str, str] = field(default_factory=dict)

    def verdicts(self, rows: Iterable[Row | Misfit]) -> Iterator[Verdict]:
        """In the order of the rows; the borders are asked for many places at once."""
        chunk: list[Row | Misfit] = []
        for row in rows:
            chunk.append(row)
            if len(chunk) == _CHUNK:
                yield from self._chunk(chunk)
                chunk = []
        yield from self._chunk(chunk)

    def _chunk(self, chunk: Sequence[Row | Misfit]) -> Iterator[Verdict]:
        lats = [getattr(row, "lat", None) or 0.0 for row in chunk]
        lons = [getattr(row, "lon", None) or 0.0 for row in chunk]
        at = self.ground.at(lats, lons).tolist() if chunk else []
        for row, center in zip(chunk, at, strict=True):
            if isinstance(row, Misfit):
                yield Refused(row.line, row.reason, ", ".join(row.cells)[:120])
            else:
                yield self._allowed(row, self.judge(row, center))

    def _allowed(self, row: Row, verdict: Verdict) -> Verdict:
        """Only the centers that are meant."""
        if isinstance(verdict, Refused):
            return verdict
        if self.only is not None and verdict.center_id != self.only:
            return Refused(row.line, "other_center", self.ground.name(verdict.center_id))
        if verdict.center_id not in self.served:
            return Refused(row.line, "not_served", self.ground.name(verdict.center_id))
        return verdict

    def judge(self, row: Row, center: str | None) -> Verdict:
        """`center`: the municipality at the row's coordinates, None for none."""
        lat, lon = row.lat, row.lon
        if lat is None or lon is None or (lat == 0 and lon == 0):
            is_empty = not row.has_coordinates or lat == 0
            return Refused(row.line, "no_coordinates" if is_empty else "not_a_number", _told(row))
        expected, slack_m = self._expected(row)
        if row.is_metres:
            return self._doubted(row, expected, from_metres(lon, lat))
        if not in_korea(lat=lat, lon=lon):
            return self._doubted(row, expected, _all_readings(lat, lon))
        is_home = center in expected if expected else center is not None
        if not is_home and expected and self.ground.metres_to(expected, lat=lat, lon=lon) <= slack_m:
            center, is_home = center or self.ground.nearest(lat=lat, lon=lon)[0], True
        if not is_home and not expected:
            center, metres = self.ground.nearest(lat=lat, lon=lon)
            is_home = metres <= AT_SEA_M
        if not is_home or center is None:
            return self._away(row, expected, center)
        return self._at_home(row, center, expected)

    def _expected(self, row: Row) -> tuple[Codes, float]:
        """The municipality that the row itself names, and how far outside it a camera of its own may stand."""
        values = row.values
        if found := self.ground.expected(values[_LOT], values[_ROAD], values[_AREA]):
            return found, NEAR_ADDRESS_M
        return self.ground.expected(values[_OFFICE]), NEAR_OFFICE_M

    def _at_home(self, row: Row, center: str, expected: Codes) -> Verdict:
        lat, lon = row.lat or 0.0, row.lon or 0.0
        good = Good(row, center, lat, lon)
        if self.told.is_minutes_seconds:
            south, east = as_minutes_seconds(lat), as_minutes_seconds(lon)
            if south is not None and east is not None:
                reading = Reading("degrees_minutes_seconds", round(south, 7), round(east, 7), "lat, lon")
                return self._doubt(row, reading.reason, expected, [reading], at=center)
        shared = self.told.shared_by(row)
        if is_coarse(lat) and is_coarse(lon):
            digits = max(decimals(lat), decimals(lon))
            if digits <= 2 or shared >= ROUNDED_SHARED_BY:
                accuracy_m = round(_METRES_PER_DEGREE * 0.5 / 10**digits * 1.2)
                return self._kept(good, "rounded_coordinate", accuracy_m, shared)
        if shared >= SHARED_BY:
            return self._kept(good, "shared_coordinate", 2_000.0, shared)
        if (line := self.told.same_as_line(row)) is not None:
            return Doubtful(row, "duplicate", center, {"same_as_line": line, "how": "leave_out"})
        return good

    def _kept(self, good: Good, reason: str, accuracy_m: float, shared: int) -> Doubtful:
        kept = Good(good.row, good.center_id, good.lat, good.lon, accuracy_m)
        told = {"accuracy_m": accuracy_m, "shared_by": shared, "how": "look_up_address"}
        return Doubtful(good.row, reason, good.center_id, told, kept)

    def _away(self, row: Row, expected: Codes, center: str | None) -> Verdict:
        """In Korea, and not where the row's own words say."""
        lat, lon = row.lat or 0.0, row.lon or 0.0
        if not expected:
            return Refused(row.line, "no_municipality", _told(row))
        if max(decimals(lat), decimals(lon)) <= 2:  # no digits to be wrong in
            return self._doubt(row, "rounded_coordinate", expected, [], at=center)
        found = self._best(expected, readings(lat, lon)) or self._best(expected, one_digit_changed(lat, lon))
        if found:
            return self._doubt(row, found[0].reason, expected, found)
        return self._doubt(row, "far_from_address", expected, [], at=center)

    def _doubted(self, row: Row, expected: Codes, candidates: Iterable[Reading]) -> Verdict:
        """Not in Korea as it stands: what it may mean, or refused."""
        found = self._best(expected, candidates) if expected else list(candidates)
        if not found and expected and not row.is_metres:
            found = [one for one in _all_readings(row.lat or 0.0, row.lon or 0.0) if one.reason == "swapped_axes"]
        places = [(one.lat, one.lon) for one in found]
        found = [one for one, code in zip(found, self.ground.many(places), strict=True) if code is not None]
        if not found:
            return Refused(row.line, "outside_korea", _told(row))
        return self._doubt(row, found[0].reason, expected, found)

    def _best(self, expected: Codes, candidates: Iterable[Reading]) -> list[Reading]:
        """The candidates that put the row back where it belongs: in the order given, but of changed digits the one
        nearest to the municipality's middle first."""
        those = list(candidates)
        inside = self.ground.many([(one.lat, one.lon) for one in those])
        found = [one for one, code in zip(those, inside, strict=True) if code in expected]
        if found and found[0].reason == "digit_typo":
            lat, lon = self.ground.middle(expected)
            found.sort(key=lambda one: (one.lat - lat) ** 2 + (one.lon - lon) ** 2)
        return found

    def _doubt(
        self, row: Row, reason: str, expected: Codes, found: Sequence[Reading], at: str | None = None
    ) -> Verdict:
        place = found[0] if found else None
        center = (self.ground.containing(lat=place.lat, lon=place.lon) if place else None) or at
        owner = center if center in expected or not expected else min(expected & self.served or expected)
        if owner is None:
            return Refused(row.line, "no_municipality", _told(row))
        suggestion: dict[str, Any] | None = None
        if place:
            suggestion = {"lat": place.lat, "lon": place.lon, "how": place.how, "in": self.ground.name(center)}
            if others := [one.how for one in found[1:6]]:
                suggestion["or"] = others
        elif at:
            suggestion = {
                "how": "look_up_address",
                "now_in": self.ground.name(at),
                "address_in": self.ground.name(owner),
            }
        return Doubtful(row, reason, owner, suggestion)


def _all_readings(lat: float, lon: float) -> Iterator[Reading]:
    yield from readings(lat, lon)
    yield from one_digit_changed(lat, lon)


def _told(row: Row) -> str:
    """The place as the file writes it."""
    if row.lat is not None and row.lon is not None:
        return f"{row.lat}, {row.lon}"
    fields = ("lat", "lon", "x_m", "y_m", "place")
    return ", ".join(row.values[AT[name]] for name in fields if row.values[AT[name]])[:80]


__all__ = ["NOWHERE", "Doubtful", "Good", "Judge", "Refused", "Verdict"]
