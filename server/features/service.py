"""Reading and setting the switches; `require` is what a route asks before it does anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.events import record_admin
from server.features.model import EVERYWHERE, FEATURES, STATES, Flag, State, in_force, is_on, unsaid

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

_PUT = """
INSERT INTO feature_flag (center_id, name, since, state, until, set_by, set_at)
VALUES (:center, :name, :since, :state, :until, :by, :now)
ON CONFLICT (center_id, name, since) DO UPDATE
SET state = excluded.state, until = excluded.until, set_by = excluded.set_by, set_at = excluded.set_at
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A switch as the administrator wants it; `since` None: from now on."""

    name: str
    center: str
    state: State
    since: datetime | None
    until: datetime | None
    note: str


async def flags_named(unit: Unit, name: str) -> list[Flag]:
    """Every row of the function. The unit must see every center: `*` is none."""
    return [_flag(row) for row in await unit.all("SELECT * FROM feature_flag WHERE name = :name", {"name": name})]


def _flag(row: dict[str, Any]) -> Flag:
    return Flag(row["center_id"], row["name"], row["state"], row["since"], row["until"])


async def require(services: Services, name: str, centers: Iterable[str], *, is_drill: bool = False) -> None:
    """403 `feature_off` unless the function is on in one of `centers`."""
    async with services.db.begin() as unit:
        flags = await flags_named(unit, name)
    now, is_decided = services.clock(), bool(flags) or unsaid(name) != "on"
    if is_decided and not any(is_on(flags, name, center, now, is_drill=is_drill) for center in centers):
        raise feature_off(name)


def feature_off(name: str) -> Problem:
    ko, en = FEATURES[name]
    return Problem(
        403,
        "feature_off",
        f"이 센터에서 사용하지 않는 기능입니다: {ko}. 켜려면 관리자에게 말씀하세요.",
        f"Your center has switched this off: {en}. An administrator can switch it on.",
        feature=name,
    )


async def listed(services: Services, viewer: Viewer) -> dict[str, Any]:
    """`{"features": [{"name","ko","en","centers": {code: state},"rows": […]}]}` of the viewer's centers."""
    now = services.clock()
    async with services.db.begin() as unit:
        codes = [row["code"] for row in await unit.all("SELECT code FROM center ORDER BY code")]
        rows = await unit.all("SELECT * FROM feature_flag ORDER BY name, center_id, since")
    own = [code for code in codes if viewer.sees(code)]
    flags = [_flag(row) for row in rows]
    return {
        "may_set_everywhere": viewer.centers == "all",
        "states": {state: {"ko": ko, "en": en} for state, (ko, en) in STATES.items()},
        "features": [
            {
                "name": name,
                "ko": ko,
                "en": en,
                "centers": {
                    code: flag.state if (flag := in_force(flags, name, code, now)) else unsaid(name) for code in own
                },
                "rows": [_line(row) for row in rows if row["name"] == name and row["center_id"] in (EVERYWHERE, *own)],
            }
            for name, (ko, en) in FEATURES.items()
        ],
    }


def _line(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "center": row["center_id"],
        "state": row["state"],
        "from": row["since"].isoformat(),
        "until": row["until"].isoformat() if row["until"] else None,
        "by": str(row["set_by"]),
        "at": row["set_at"].isoformat(),
    }


async def put(services: Services, viewer: Viewer, wanted: Wanted) -> dict[str, Any]:
    """Write the row, with its line `flag:set` in the log. Problems 422 `unknown_feature`, 404 `no_center`, 422."""
    now = services.clock()
    since = wanted.since or now
    if wanted.name not in FEATURES:
        raise Problem(
            422,
            "unknown_feature",
            "그런 기능이 없습니다.",
            "There is no such function.",
            given=wanted.name[:80],
            features=list(FEATURES),
        )
    if wanted.until is not None and wanted.until <= since:
        raise Problem(
            422,
            "invalid",
            "until은 from보다 뒤여야 합니다.",
            "until has to be after from.",
            fields=[{"field": "until", "message": "after `from`", "value": wanted.until.isoformat()}],
        )
    async with services.db.begin() as unit:
        await _check_center(unit, viewer, wanted.center)
        values = {"center": wanted.center, "name": wanted.name, "since": since, "until": wanted.until}
        values |= {"state": wanted.state, "by": viewer.account_id, "now": now}
        await unit.execute(_PUT, values)
        payload = {"name": wanted.name, "center": wanted.center, "state": wanted.state, "from": since.isoformat()}
        payload |= {"until": wanted.until.isoformat() if wanted.until else None, "note": wanted.note}
        center = "" if wanted.center == EVERYWHERE else wanted.center
        record_admin(unit, tag="flag:set", actor=viewer.actor, payload=payload, center_id=center, at=now)
    return await listed(services, viewer)


async def _check_center(unit: Unit, viewer: Viewer, center: str) -> None:
    known = center == EVERYWHERE or await unit.scalar("SELECT 1 FROM center WHERE code = :c", {"c": center})
    mine = viewer.centers == "all" if center == EVERYWHERE else viewer.sees(center)
    if not known or not mine:
        raise Problem(404, "no_center", "그런 센터가 없습니다.", "There is no such center for you.", center=center[:20])
