"""A walk of hers that runs at the home center and is unknown here: this phone lost its data, or is another one. Pure.

Whoever logs in is her, as far as anybody can tell; but PINs stay on the phone on which they were chosen, so an alarm
that was raised before belongs to the phone that began the walk: no other one takes it up, and none ends it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

from mobile_app.core.messages import read_time
from mobile_app.core.walk import KINDS, MOST_ETA_S, RAISED, Book, Plan, Walk, grace_s

SILENT_FOR = timedelta(minutes=2)
"""A phone that has not told its place for so long leads no walk any more."""


def found(said: Mapping[str, Any]) -> Walk | None:
    """The home center's `Walk` as this phone would have begun it, still calm (`walk.heard` tells the rest). None where
    there is none, it has ended, or it can't be understood."""
    began_at, walk_id, alert_id = read_time(said.get("begun_at")), said.get("walk_id"), said.get("alert_id")
    is_whole = began_at and walk_id and alert_id and said.get("kind") in KINDS and not said.get("ended_at")
    if not is_whole or began_at is None:
        return None
    plan = _plan(said, began_at)
    eta_at = read_time(said.get("until")) or began_at + timedelta(seconds=plan.eta_s)
    return Walk(
        walk_id=str(walk_id), alert_id=str(alert_id), plan=plan, began_at=began_at, eta_at=eta_at,
        due_at=read_time(said.get("overdue_at")) or eta_at + timedelta(seconds=grace_s(plan.kind, plan.eta_s)),
        is_tried=True, is_known=True, no=_count(said.get("no")),
    )  # fmt: skip


def leads(said: Mapping[str, Any], walk: Walk, *, device_id: str, is_new: bool, now: datetime) -> bool:
    """Whether this phone goes on with it without asking her: it began it, or she has just logged in on it (`is_new`)
    and the one that did is silent. Any other may lie at home, and its places would end her walk as arrived."""
    if device_id and said.get("device_id") == device_id:
        return True
    heard_at = read_time(said.get("heard_at")) or walk.began_at
    return is_new and may_go_on(said) and now - heard_at >= SILENT_FOR


def may_go_on(said: Mapping[str, Any]) -> bool:
    """Whether another phone than the one that began it may."""
    return said.get("rung") != RAISED


def adopted(book: Book, walk: Walk) -> Book:
    """As if it had been begun here; where one runs, nothing changes."""
    return book if book.walk is not None else Book(walk, book.leaving, book.quiet_until)


def _plan(said: Mapping[str, Any], began_at: datetime) -> Plan:
    until, goal, eta_s = read_time(said.get("until")), said.get("destination"), MOST_ETA_S
    if _is_number(said.get("eta_s")):
        eta_s = float(said["eta_s"])
    elif until is not None:
        eta_s = (until - began_at).total_seconds()
    is_placed = isinstance(goal, Mapping) and _is_number(goal.get("lat")) and _is_number(goal.get("lon"))
    return Plan(
        kind=str(said["kind"]), eta_s=max(0.0, eta_s), lat=float(goal["lat"]) if is_placed and goal else None,
        lon=float(goal["lon"]) if is_placed and goal else None, place_name=str(said.get("place_name") or ""),
        taxi_note=str(said.get("taxi_note") or ""), share_with_centers=said.get("share_with_centers") is True,
        guardians_see_place=said.get("guardians_see_place") is True,
        guardians=tuple(map(str, said.get("guardians") or ())), keep_days=_count(said.get("keep_days")),
    )  # fmt: skip


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and isfinite(value)


def _count(value: Any) -> int:
    return value if type(value) is int and value >= 0 else 0
