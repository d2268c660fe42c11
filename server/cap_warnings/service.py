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
from sqlalchemy.dialects.postgresql import insert

from location_router.cap_warning.reach import centers_of_code, outline_of
from location_router.cap_warning.values import CapWarning, told, warning_id
from location_router.index import Jurisdictions
from location_router.runtime.db import Unit
from location_router.runtime.jobs import defer_in
from server.boundaries import boundaries_of
from server.cap_warnings import model
from server.cap_warnings.store import RUNNING, cap_warning
from server.events import NO_INCIDENT, Actor, record

if TYPE_CHECKING:
    from server.services import Services

_TAGS = {"Alert": "warning:received", "Update": "warning:updated", "Cancel": "warning:cancelled"}
_LIST = f"""
SELECT w.*, a.name_ko, a.name_en FROM cap_warning w LEFT JOIN agency a USING (agency_id)
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
) -> bool:
    """Whether it is new. `centers`: all that it touches; `served`: those of this installation, which draw it."""
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
        is_new = False
        for center in sorted(here | ({home} if home else set())):
            is_new |= await _enter(unit, row | {"center_id": center, "is_here": center in here})
        if is_new and home and warning.is_public and not warning.is_drill:
            await defer_in(unit, "tell_warned", warning_id=str(name), center_id=home)
    return is_new


async def _thread(unit: Unit, agency_id: str, warning: CapWarning) -> UUID:
    if not warning.references:
        return warning_id(agency_id, warning.key)
    known: UUID | None = await unit.scalar(_THREAD, {"agency": agency_id, "keys": list(warning.references)})
    return known or warning_id(agency_id, warning.references[0])


async def _enter(unit: Unit, row: dict[str, Any]) -> bool:
    done = await unit.scalar(
        insert(cap_warning).values(**row).on_conflict_do_nothing().returning(cap_warning.c.warning_id)
    )
    if done is not None and row["is_here"]:
        payload = {"warning_id": str(row["warning_id"]), "severity": row["severity"], "is_drill": row["is_drill"]}
        record(
            unit,
            center_id=row["center_id"],
            incident_id=NO_INCIDENT,
            tag=_TAGS[row["kind"]],
            actor=Actor("agent", row["agency_id"]),
            payload=payload,
            at=row["received_at"],
        )
    return done is not None


async def listed(services: Services, scope: str, *, only: Collection[str] | None = None) -> list[dict[str, Any]]:
    """Those that run in the centers of `scope`, each once. With `only`, for an agency: those of these centers, without
    `told`, which would tell in a small place whether somebody walks there."""
    now, boundaries = services.clock(), await boundaries_of(services).current()
    async with services.db.begin(center=scope) as unit:
        rows = await unit.all(_LIST, {"now": now})
    by_name: dict[UUID, dict[str, Any]] = {}
    for row in rows:
        if only is None or row["center_id"] in only:
            by_name.setdefault(row["warning_id"], row | {"here": []})["here"].append(row["center_id"])
    cards = [await asyncio.to_thread(_card, row, boundaries, now) for row in by_name.values()]
    hidden = () if only is None else ("told",)
    return [{name: one[name] for name in one if name not in hidden} for one in cards if one["parts"]]


def _card(row: dict[str, Any], boundaries: Jurisdictions | None, now: Any) -> dict[str, Any]:
    def outlines(code: str) -> Iterable[BaseGeometry]:
        if boundaries is None:
            return []
        return [outline_of(boundaries, one) for one in centers_of_code(boundaries, code) if one in row["here"]]

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
        "codes": row["content"]["codes"],
        "note": row["content"]["note"],
        "parts": [
            {name: value for name, value in part.items() if name != "areas"} | {"area": model.drawn(part, outlines)}
            for part in parts
        ],
    }
