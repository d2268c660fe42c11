"""Which alerts belong together: the same person's, and those raised at one place. Pure.

*Same person* is decided while an alert is accepted, because it decides who gets it. An alert makes claims ("this
device", "this person", "this number"); two alerts that make the same claim are the same person's. A number is worth
less than a device: anybody can type one. So only two alerts that are **both** unverified are joined by a number; an
unverified alert that names a verified person's number is shown beside it (`same_number`) for a human to judge, and can
neither join nor cancel anything (docs/interfaces.md, section 8).

*Same place* is a forest over the pairs within reach: an alert is linked to the earliest member of each group it
touches. Groups are those of the full relation whatever the order of arrival, with n - 1 links instead of n².
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from location_router.geo import haversine_m

Kind = Literal["same_person", "same_place", "same_number", "manual"]
SAME_PLACE_M = 150.0
SAME_PLACE_WITHIN = timedelta(minutes=3)
REPEAT_WITHIN = timedelta(minutes=5)
CLAIM_LIFE = timedelta(hours=12)
MOST_LINKS = 20
_CELL_LAT_DEG = SAME_PLACE_M / 110_000


@dataclass(frozen=True, slots=True)
class Claims:
    """`strong` join alerts into one incident, `weak` only point at them."""

    strong: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()

    @property
    def written(self) -> tuple[str, ...]:
        return tuple(sorted({*self.strong, *self.weak}))


def claims_of(
    *, issuer: str = "", device_id: str = "", person_id: str = "", sender: str = "", phone: str = ""
) -> Claims:
    """What an alert says about who raises it. `device_id` is empty for an unverified one; ids of persons are their home
    installation's, so they are told apart by it. `sender` is a registered one that vouches for its callers: it knows
    them by their number. A verified alert leaves its number behind for others that ask for it."""
    number = callback_number(phone)
    if sender and not device_id:
        strong = (f"sender:{sender}:{number}",) if number else ()
        return Claims(strong, (f"proven:{number}",) if number else (), (f"told:{number}",) if number else ())
    if device_id:  # both: a text message knows only the device, another device of hers only the person
        known = [f"device:{issuer}:{device_id.lower()}"] + ([f"person:{issuer}:{person_id}"] if person_id else [])
        return Claims(tuple(known), (f"proven:{number}",) if number else (), (f"told:{number}",) if number else ())
    return Claims((f"told:{number}",), (), (f"proven:{number}",)) if number else Claims()


def callback_number(phone: str) -> str:
    """The number's digits in one form, empty when there are too few to mean one person."""
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", phone))
    digits = re.sub(r"^(?:0082|82)0?(?=1[0-9]{8,9}$)", "0", digits)
    return digits if len(digits) >= 8 else ""


@dataclass(frozen=True, slots=True)
class Partner:
    """Another alert of the same person, as it stands."""

    alert_id: UUID
    received_at: datetime
    center_code: str
    served_by: str
    jurisdictions: frozenset[str]
    is_live: bool
    over_at: datetime | None = None
    kind: Kind = "same_person"


def partners_in_time(found: Iterable[Partner], now: datetime) -> list[Partner]:
    """Those that are live or were until a few minutes ago; newest first, at most what a delivery carries."""
    kept = {one.alert_id: one for one in found if one.is_live or (one.over_at and now - one.over_at <= REPEAT_WITHIN)}
    return sorted(kept.values(), key=lambda one: (one.received_at, one.alert_id), reverse=True)[:MOST_LINKS]


def whose_owner(partners: Iterable[Partner], *, jurisdictions: frozenset[str], has_place: bool) -> Partner | None:
    """The alert whose desk should have this one as well: the newest live one in one of the `jurisdictions` where this
    one may be, or whichever is newest when it does not say where it is. None: it goes by its own place."""
    for one in partners:
        if one.kind == "same_person" and one.is_live and (not has_place or jurisdictions & one.jurisdictions):
            return one
    return None


def ordered(one: UUID, other: UUID) -> tuple[UUID, UUID]:
    """A link has no direction: it is kept under the smaller id."""
    return (one, other) if one < other else (other, one)


@dataclass(frozen=True, slots=True)
class Spot:
    """An alert with a place; `lat`, `lon` in degrees."""

    alert_id: UUID
    at: datetime
    lat: float
    lon: float

    @property
    def rank(self) -> tuple[datetime, UUID]:
        return self.at, self.alert_id


def is_same_place(one: Spot, other: Spot) -> bool:
    near = haversine_m(lat=one.lat, lon=one.lon, to_lat=other.lat, to_lon=other.lon) <= SAME_PLACE_M
    return near and abs(one.at - other.at) <= SAME_PLACE_WITHIN


@dataclass
class Crowd:
    """The alerts of the last minutes on a grid of cells as wide as the reach; `add` is idempotent."""

    _cells: dict[tuple[int, int], dict[UUID, Spot]] = field(default_factory=lambda: defaultdict(dict))
    _group: dict[UUID, UUID] = field(default_factory=dict)
    _cell_of: dict[UUID, tuple[int, int]] = field(default_factory=dict)

    def __contains__(self, alert_id: UUID) -> bool:
        return alert_id in self._group

    def __len__(self) -> int:
        return len(self._group)

    def add(self, spot: Spot) -> list[tuple[UUID, UUID]]:
        """The links that `spot` makes: one to each group it touches."""
        if spot.alert_id in self._group:
            return []
        touched: dict[UUID, Spot] = {}
        for other in self._around(spot):
            root = self._root(other.alert_id)
            if is_same_place(spot, other) and (root not in touched or other.rank < touched[root].rank):
                touched[root] = other
        cell = _cell(spot.lat, spot.lon)
        self._cells[cell][spot.alert_id] = spot
        self._cell_of[spot.alert_id] = cell
        self._group[spot.alert_id] = spot.alert_id
        for root in touched:
            self._group[root] = spot.alert_id
        return sorted(ordered(spot.alert_id, other.alert_id) for other in touched.values())

    def forget(self, *, before: datetime) -> None:
        """Let go of what is too old to touch anything; its group lives on in the others."""
        old = {one.alert_id for cell in self._cells.values() for one in cell.values() if one.at < before}
        if not old:
            return
        kept: dict[UUID, list[UUID]] = defaultdict(list)
        for alert_id in self._group:
            if alert_id not in old:
                kept[self._root(alert_id)].append(alert_id)
        self._group = {alert_id: members[0] for members in kept.values() for alert_id in members}
        for alert_id in old:
            cell = self._cell_of.pop(alert_id)
            del self._cells[cell][alert_id]
            if not self._cells[cell]:
                del self._cells[cell]

    def _root(self, alert_id: UUID) -> UUID:
        path = []
        while (above := self._group[alert_id]) != alert_id:
            path.append(alert_id)
            alert_id = above
        for one in path:
            self._group[one] = alert_id
        return alert_id

    def _around(self, spot: Spot) -> Iterable[Spot]:
        row, _ = _cell(spot.lat, spot.lon)
        for near in (row - 1, row, row + 1):
            # a row's cells are as wide as its own latitude makes them
            column = _column(near, spot.lon)
            for beside in (column - 1, column, column + 1):
                if (near, beside) in self._cells:
                    yield from self._cells[near, beside].values()


def _cell(lat: float, lon: float) -> tuple[int, int]:
    row = math.floor(lat / _CELL_LAT_DEG)
    return row, _column(row, lon)


def _column(row: int, lon: float) -> int:
    """Wide enough at the row's northern and southern edge; near a pole all longitudes share a few cells."""
    edge = min(max(abs(row), abs(row + 1)) * _CELL_LAT_DEG, 89.9)
    return math.floor(lon * math.cos(math.radians(edge)) / _CELL_LAT_DEG)


def groups(links: Iterable[tuple[UUID, UUID]]) -> dict[UUID, frozenset[UUID]]:
    """Which alerts hang together through `links`."""
    beside: dict[UUID, set[UUID]] = defaultdict(set)
    for one, other in links:
        beside[one].add(other)
        beside[other].add(one)
    found: dict[UUID, frozenset[UUID]] = {}
    for start in beside:
        if start in found:
            continue
        group, todo = {start}, [start]
        while todo:
            new = beside[todo.pop()] - group
            group |= new
            todo += new
        found |= dict.fromkeys(group, frozenset(group))
    return found
