"""What her phone is told of a walk."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel

from server.walks.assessing import named_end
from server.walks.judging import GRACE_MOST_S, GRACE_S, GRACE_SHARE, TIMER_GRACE_S


class Place(BaseModel):
    lat: float
    lon: float


class Brief(BaseModel):
    """The answer to positions, and what comes down the line: what changes while she walks. `prompt_until`: when the
    next rung is climbed if she says nothing."""

    state: str
    rung: str
    trouble: str = ""
    prompt_until: datetime | None = None
    eta: datetime | None = None
    overdue_at: datetime | None = None
    """When her phone begins to ask by itself if it hears nothing: her own time, not what the pace makes of it."""
    version: int
    ended_at: datetime | None = None
    outcome: str = ""
    is_sent: bool = False
    """The router has the walk's alarm from here: it goes on after the walk's end, until a PIN or its center ends it."""


class Walk(Brief):
    """`no`: of her last answer that counted. `device_id`: the phone that began it; `heard_at`: when a phone of hers
    last told where she is."""

    walk_id: str
    device_id: str
    heard_at: datetime | None = None
    alert_id: str
    kind: str
    begun_at: datetime
    until: datetime | None = None
    eta_s: float | None = None
    origin: Place | None = None
    destination: Place | None = None
    route: list[tuple[float, float]] = []
    """The way she chose, (lat, lon) from begin to end; empty: the straight line."""
    place_name: str = ""
    taxi_note: str = ""
    guardians: list[str]
    guardians_see_place: bool
    share_with_centers: bool
    seen_by: str = ""
    """Code of the center that is shown the dot now."""
    steps: dict[str, int]
    keep_days: int
    no: int


def brief(row: dict[str, Any]) -> Brief:
    return Brief(**_brief(row))


def _brief(row: dict[str, Any]) -> dict[str, Any]:
    asks = row["ended_at"] is None and row["rung"] in ("prompted", "called", "guardians")
    return {
        "state": row["state"],
        "rung": row["rung"],
        "trouble": row["trouble"],
        "prompt_until": row["due_at"] if asks else None,
        "eta": row["eta_at"] or row["until_at"],
        "overdue_at": _overdue_at(row),
        "version": row["version"],
        "ended_at": row["ended_at"],
        "outcome": row["outcome"],
        "is_sent": row["sent_at"] is not None,
    }


def _overdue_at(row: Mapping[str, Any]) -> datetime | None:
    end = named_end(row)
    if end is None:
        return None
    if row["kind"] == "timer":
        return end + timedelta(seconds=TIMER_GRACE_S)
    # a walk that was delivered late began before we heard of it: what she planned counts
    named_s = row["eta_s"] or (end - row["begun_at"]).total_seconds()
    return end + timedelta(seconds=2.0 * min(GRACE_S + GRACE_SHARE * max(named_s, 0.0), GRACE_MOST_S))


def told(row: dict[str, Any], plan: dict[str, Any], steps: dict[str, int]) -> Walk:
    return Walk(
        **_brief(row),
        walk_id=str(row["walk_id"]),
        device_id=str(row["device_id"]),
        heard_at=row["heard_at"],
        alert_id=str(row["alert_id"]),
        kind=row["kind"],
        begun_at=row["begun_at"],
        until=row["until_at"],
        eta_s=row["eta_s"],
        origin=plan.get("origin"),
        destination=plan.get("destination"),
        route=plan.get("route") or [],
        place_name=plan.get("place_name") or "",
        taxi_note=plan.get("taxi_note") or "",
        guardians=[str(one) for one in row["guardians"]],
        guardians_see_place=row["shows_place"],
        share_with_centers=row["is_shared"],
        seen_by=row["seen_center"],
        steps=steps,
        keep_days=row["keep_days"],
        no=row["answer_no"],
    )
