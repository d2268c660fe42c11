"""The check at the beginning of a shift, as the console reports it: sound, picture, link, clock, screens, keys."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID, uuid4

from pydantic import BaseModel, Field

from location_router.runtime.db import Unit
from server.events import record_admin
from server.shifts.model import Finding, failed
from server.staff.model import Viewer


class Check(BaseModel):
    """`sound` is what the operator says that she heard; the other findings are the page's own measurements.
    `frames_per_s` of the test picture; `screens`: consoles and monitors of this account that were open."""

    sound: Finding
    video: Finding
    link: Finding
    clock: Finding
    screen: Finding
    keys: Finding
    round_trip_ms: Annotated[float, Field(ge=0, le=600_000)] | None = None
    skew_s: Annotated[float, Field(ge=-1e9, le=1e9)] | None = None
    frames_per_s: Annotated[float, Field(ge=0, le=1000)] | None = None
    width_px: Annotated[int, Field(ge=0, le=100_000)] | None = None
    height_px: Annotated[int, Field(ge=0, le=100_000)] | None = None
    screens: Annotated[int, Field(ge=0, le=100)] | None = None

    def finding(self, name: str) -> Finding:
        value: Finding = getattr(self, name)
        return value


async def keep(unit: Unit, viewer: Viewer, shift_id: UUID, check: Check, *, now: object) -> list[str]:
    """Stored with the shift, each time anew; returns what failed."""
    bad = failed(check)
    await unit.execute(
        "INSERT INTO shift_check (check_id, shift_id, at, results, failed)"
        " VALUES (:check, :shift, :now, CAST(:results AS jsonb), :failed)",
        {"check": uuid4(), "shift": shift_id, "now": now, "results": check.model_dump_json(), "failed": bad},
    )
    record_admin(unit, tag="shift:checked", actor=viewer.actor, payload={"desk": viewer.desk, "failed": bad})
    return bad
