"""The dot: where a walker is who shares it, for the center that contains her at that moment, and for no other.

The newest place (`WalkSeen`), at once in the process that took it and by a look at the rows in the others; never on
the bus, which is the country's. Where another installation serves that center: `elsewhere.py`; people of others who
walk here: `visits.py`. No name, no number, and an id that leads nowhere. It is handed from center to center as
she goes, and is taken away with the commit that ends the walk or raises it (an incident then shows her).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import BaseModel

from location_router.index import Jurisdictions
from location_router.runtime.db import Unit
from location_router.wire_walks import MOST_UNCERTAIN_M, WalkDot
from server.boundaries import boundaries_of
from server.walks.elsewhere import elsewhere_of
from server.walks.rows import Running
from server.walks.shown import end_walk_releases

if TYPE_CHECKING:
    from server.services import Services

SEEN_FOR = timedelta(minutes=10)
"""A dot of which nothing is heard any more is taken away after so long."""
_SEEN = ("alert_id", "center", "state", "eta", "lat", "lon", "accuracy_m", "fixed_at", "at")
_SHARED = """
SELECT walk_id, alert_id, seen_center, state, eta_at, lat, lon, accuracy_m, fixed_at, heard_at FROM walk
WHERE ended_at IS NULL AND seen_center <> '' AND heard_at > %(since)s
"""
_VISITING = """
SELECT visit_id, visit_id, center_id, state, eta_at, lat, lon, accuracy_m, fixed_at, heard_at FROM walk_visit
WHERE lat IS NOT NULL AND heard_at > %(since)s
"""


class WalkSeen(BaseModel):
    """`center` empty: nobody is shown it any more."""

    seen_id: UUID
    alert_id: UUID
    center: str
    state: str = ""
    eta: datetime | None = None
    lat: float = 0.0
    lon: float = 0.0
    accuracy_m: float = 0.0
    fixed_at: datetime | None = None
    at: datetime

    def dot(self) -> dict[str, Any]:
        """As a seat is told it."""
        position = {"lat": self.lat, "lon": self.lon, "accuracy_m": self.accuracy_m, "fixed_at": self.fixed_at}
        where = {"walk": str(self.seen_id), "center": self.center}
        return where | {"state": self.state, "eta": self.eta, "position": position}

    def for_router(self) -> WalkDot:
        """As the router passes it on to another installation."""
        if not self.center:
            return WalkDot(walk=self.seen_id, at=self.at)
        names = {"center", "state", "eta", "lat", "lon", "accuracy_m", "fixed_at", "at"}
        return WalkDot(walk=self.seen_id, **self.model_dump(include=names))


def seen_id(services: Services, walk_id: UUID) -> UUID:
    """The dot's own name: the same for the whole walk, and of no use anywhere else."""
    return UUID(bytes=services.sealer.digest(str(walk_id), context="walk.seen")[:16])


async def place(unit: Unit, services: Services, walks: Iterable[Running], now: datetime) -> None:
    """Which center is shown each of these now; written with the walk, told after the commit."""
    sharing = [one for one in walks if one.row["is_shared"] or one.row["seen_center"]]
    borders = await boundaries_of(services).current() if sharing else None
    for one in sharing:
        row, before = one.row, one.row["seen_center"]
        row["seen_center"] = _center_of(one, borders, before)
        if before and row["seen_center"] != before:
            await end_walk_releases(unit, row["alert_id"], "walk_left", now, of_guardians=False)
            await elsewhere_of(services).leaves(unit, row["walk_id"], before, now)
        if before or row["seen_center"]:
            unit.after_commit(_told(services, row["walk_id"], _message(services, row, now), before))


def _center_of(one: Running, borders: Jurisdictions | None, before: str) -> str:
    row = one.row
    if row["ended_at"] is not None or row["rung"] == "raised" or not row["is_shared"] or borders is None:
        return ""
    if row["lat"] is None:
        return before
    if before and row["accuracy_m"] > MOST_UNCERTAIN_M:
        return before
    return borders.containing(lat=row["lat"], lon=row["lon"]) or ""


def _message(services: Services, row: dict[str, Any], now: datetime) -> WalkSeen:
    where = {name: row[name] for name in ("lat", "lon", "accuracy_m", "fixed_at")} if row["seen_center"] else {}
    return WalkSeen(
        seen_id=seen_id(services, row["walk_id"]),
        alert_id=row["alert_id"],
        center=row["seen_center"],
        state=row["state"] if row["seen_center"] else "",
        eta=row["eta_at"] if row["seen_center"] else None,
        at=now,
        **where,
    )


def _told(services: Services, walk_id: UUID, message: WalkSeen, before: str) -> Callable[[], None]:
    """To our own desks, or to the one that serves the center; a dot is shown in one place only."""
    there = elsewhere_of(services)

    def tell() -> None:
        if there.concerns(walk_id, message.center, before):
            there.tell(walk_id, message.for_router(), before)
        if message.center and there.shows_here(message.center):
            show(services, message)
        elif before and there.shows_here(before):
            show(services, WalkSeen(**message.model_dump(include={"seen_id", "alert_id", "at"}), center=""))

    return tell


def show(services: Services, message: WalkSeen) -> None:
    """To the screens of this process."""
    for hear in list(services.shared.get("walk_seen", ())):
        hear(message)


def listen(services: Services, hear: Callable[[WalkSeen], None]) -> None:
    """`hear` each message of this process from now on. It must not raise."""
    services.shared.setdefault("walk_seen", []).append(hear)


async def look(services: Services) -> list[WalkSeen]:
    """Every dot that our desks are shown now, whichever process moved it, our people's and visitors'. Raises
    Unavailable."""
    since, there = services.clock() - SEEN_FOR, elsewhere_of(services)
    own = [row for row in await services.db.look(_SHARED, since=since) if there.shows_here(row[2])]
    visiting = await services.db.look(_VISITING, since=since)
    names = [seen_id(services, row[0]) for row in own] + [row[0] for row in visiting]
    rows = [dict(zip(_SEEN, row[1:], strict=True)) for row in (*own, *visiting)]
    return [WalkSeen(seen_id=name, **row) for name, row in zip(names, rows, strict=True)]
