"""Warnings of disaster rooms at a center: taken once, drawn as long as they run.

A warning opens no incident and shows no picture. What came by the router stands on the word of its registered sender;
what came by a line needs the agency's agreement for disasters (`server/warning_line.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from shapely.geometry.base import BaseGeometry
from sqlalchemy import literal_column
from sqlalchemy.dialects.postgresql import insert

from location_router.cap_warning.reach import centers_of_code, outline_of
from location_router.cap_warning.values import CapWarning, told, warning_id
from location_router.index import Jurisdictions
from location_router.runtime.db import Unit
from location_router.runtime.jobs import defer_in
from server.boundaries import boundaries_of
from server.cap_warnings import model
from server.cap_warnings.store import RUNNING, STANDS, cap_warning
from server.events import NO_INCIDENT, Actor, record

if TYPE_CHECKING:
    from server.services import Services

_TAGS = {"Alert": "warning:received", "Update": "warning:updated", "Cancel": "warning:cancelled"}
_LIST = f"""
SELECT w.*, {STANDS} AS stands, a.name_ko, a.name_en FROM cap_warning w LEFT JOIN agency a USING (agency_id)
WHERE w.is_here AND {RUNNING} ORDER BY w.sent_at DESC, w.warning_id, w.center_id
"""
_THREAD = """
SELECT thread_id FROM cap_warning WHERE agency_id = :agency AND key = ANY(:keys) ORDER BY sent_at LIMIT 1
"""


async def take(
    services: Services,
    warning: CapWarning,
    message: bytes,
    *,
    agency_id: str,
    centers: Collection[str],
    served: Iterable[str],
    via: str,
    actor: Actor | None = None,
) -> bool:
    """Whether it is new. `centers`: all that it touches; `served`: those of this installation, which draw it; `actor`:
    somebody of the agency, where it is not its system. Again with more centers, for what this installation has begun
    to serve, it is entered there and told to nobody a second time."""
    home, name = services.settings.home_center, warning_id(agency_id, warning.key)
    async with services.db.begin() as unit:
        known = await unit.all("SELECT code FROM center WHERE code = ANY(:codes)", {"codes": list(served)})
        here = {one["code"] for one in known}
        row = {
            "warning_id": name, "agency_id": agency_id, "via": via, "key": warning.key, "kind": warning.kind,
            "refers_to": list(warning.references), "thread_id": await _thread(unit, agency_id, warning),
            "is_drill": warning.is_drill, "is_public": warning.is_public, "severity": warning.severity,
            "centers": sorted(centers), "sent_at": warning.sent_at, "received_at": services.clock(),
            "expires_at": warning.expires_at, "content": told(warning), "body": message,
        }  # fmt: skip
        entered = [
            center
            for center in sorted(here | ({home} if home else set()))
            if await _enter(unit, row | {"center_id": center, "is_here": center in here}, actor)
        ]
        if home in entered and warning.is_public and not warning.is_drill:
            await defer_in(unit, "tell_warned", warning_id=str(name), center_id=home)
    return bool(entered)


async def _thread(unit: Unit, agency_id: str, warning: CapWarning) -> UUID:
    if not warning.references:
        return warning_id(agency_id, warning.key)
    known: UUID | None = await unit.scalar(_THREAD, {"agency": agency_id, "keys": list(warning.references)})
    return known or warning_id(agency_id, warning.references[0])


async def _enter(unit: Unit, row: dict[str, Any], actor: Actor | None) -> bool:
    """Whether the center's row is new. One that stood there for its people only may be drawn there from now on."""
    put = insert(cap_warning).values(**row)
    if row["is_here"]:
        put = put.on_conflict_do_update(
            index_elements=["warning_id", "center_id"], set_={"is_here": True}, where=~cap_warning.c.is_here
        )
    else:
        put = put.on_conflict_do_nothing()
    done = await unit.one(put.returning(literal_column("xmax = 0").label("is_new")))
    if done is not None and row["is_here"]:
        payload = {"warning_id": str(row["warning_id"]), "severity": row["severity"], "is_drill": row["is_drill"]}
        record(
            unit,
            center_id=row["center_id"],
            incident_id=NO_INCIDENT,
            tag=_TAGS[row["kind"]],
            actor=actor or Actor("agent", row["agency_id"]),
            payload=payload,
            at=row["received_at"],
        )
    return done is not None and bool(done["is_new"])


async def listed(services: Services, scope: str, *, only: Collection[str] | None = None) -> list[dict[str, Any]]:
    """Those that run in the centers of `scope`, each once; with `hidden`, where one of them took it off its map, and
    `stands` false where its agreement is suspended or over: neither is drawn. With `only`, for an agency: those of
    these centers that stand, without what is the desks' own and without `told`, which would tell in a small place
    whether somebody walks there."""
    now, boundaries = services.clock(), await boundaries_of(services).current()
    async with services.db.begin(center=scope) as unit:
        rows = await unit.all(_LIST, {"now": now})
    by_name: dict[UUID, dict[str, Any]] = {}
    for row in rows:
        if only is None or (row["center_id"] in only and row["stands"]):
            held = by_name.setdefault(row["warning_id"], row | {"here": [], "drawn": [], "hidden": []})
            held["here"].append(row["center_id"])
            if only is None and row["hidden_at"] is not None:
                held["hidden"].append(_hidden(row))
            elif row["stands"]:
                held["drawn"].append(row["center_id"])
            held["stands"] |= row["stands"]
    cards = [await asyncio.to_thread(_card, row, boundaries, now) for row in by_name.values()]
    left_out = () if only is None else ("told", "hidden", "stands")
    return [{name: one[name] for name in one if name not in left_out} for one in cards if one["parts"]]


def _hidden(row: dict[str, Any]) -> dict[str, Any]:
    return {"center": row["center_id"], "at": row["hidden_at"].isoformat(), "reason": row["hidden_reason"]}


def _card(row: dict[str, Any], boundaries: Jurisdictions | None, now: Any) -> dict[str, Any]:
    def outlines(code: str) -> Iterable[BaseGeometry]:
        if boundaries is None:
            return []
        return [outline_of(boundaries, one) for one in centers_of_code(boundaries, code) if one in row["drawn"]]

    parts = model.parts_of(row["content"], now)
    return {
        "warning_id": str(row["warning_id"]),
        "thread_id": str(row["thread_id"]),
        "centers": row["here"],
        "agency": {"agency_id": row["agency_id"], "name_ko": row["name_ko"] or "", "name_en": row["name_en"] or ""},
        "kind": row["kind"],
        "is_drill": row["is_drill"],
        "is_public": row["is_public"],
        "severity": row["severity"],
        "sent_at": row["sent_at"].isoformat(),
        "expires_at": row["expires_at"].isoformat(),
        "told": row["told"],
        "hidden": row["hidden"],
        "stands": row["stands"],
        "codes": row["content"]["codes"],
        "note": row["content"]["note"],
        "parts": [
            {name: value for name, value in part.items() if name != "areas"}
            | {"area": model.drawn(part, outlines) if row["drawn"] else None}
            for part in parts
        ],
    }
