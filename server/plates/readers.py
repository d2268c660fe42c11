"""Readers: who may send reads of which cameras, and the key that signs them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.actor import Actor
from server.events import record_admin

if TYPE_CHECKING:
    from server.services import Services

_ADD = """
INSERT INTO plate_reader (reader_id, center_id, key_sealed, cameras, added_at) VALUES (:id, :center, :key, :cameras,
  :now) ON CONFLICT (reader_id) DO UPDATE SET key_sealed = excluded.key_sealed, cameras = excluded.cameras,
  is_active = true WHERE plate_reader.center_id = excluded.center_id RETURNING reader_id
"""
_CAMERAS = """
SELECT camera_id, center_id, name, ST_Y(place::geometry) AS lat, ST_X(place::geometry) AS lon, heading_deg FROM camera
WHERE camera_id = ANY(:ids) AND center_id = :center AND is_anpr AND retired_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Reader:
    reader_id: str
    center_id: str
    key: str
    cameras: tuple[str, ...]
    clock_off_s: float | None = None
    """How far its clock was from ours when it was last seen to be wrong (`clocks.py`)."""
    clock_seen_at: datetime | None = None


class BadReader(ValueError):
    """Settings that can't be a reader; the text names field, value and cure."""


async def add(
    unit: Unit, services: Services, *, reader_id: str, center_id: str, cameras: Sequence[str], actor: Actor
) -> str:
    """The reader's fresh key; an old one is good no more. Every camera has to be one of the center that reads plates.
    Raises BadReader."""
    known = await cameras_of(unit, center_id, cameras)
    if not cameras or (missing := sorted(set(cameras) - set(known))):
        raise BadReader(f"camera: {missing if cameras else 'none'}: no ANPR camera of {center_id}; import it as one")
    key = secrets.token_urlsafe(32)
    sealed = services.sealer.seal(key, context=f"plate_reader.key:{reader_id}", center=center_id)
    said: dict[str, Any] = {"id": reader_id, "center": center_id, "key": sealed, "cameras": list(cameras)}
    if await unit.scalar(_ADD, said | {"now": services.clock()}) is None:
        raise BadReader(f"reader: {reader_id!r} is another center's")
    payload = {"reader_id": reader_id, "cameras": list(cameras)}
    record_admin(unit, tag="plate:reader_set", actor=actor, center_id=center_id, payload=payload)
    return key


async def find(unit: Unit, services: Services, reader_id: str) -> Reader | None:
    row = await unit.one("SELECT * FROM plate_reader WHERE reader_id = :id AND is_active", {"id": reader_id})
    if row is None:
        return None
    key = services.sealer.open(row["key_sealed"], context=f"plate_reader.key:{reader_id}") or ""
    clock = row["clock_off_s"], row["clock_seen_at"]
    return Reader(reader_id, row["center_id"], key, tuple(row["cameras"]), *clock)


async def center_of(unit: Unit, camera_id: str) -> str:
    """Of a camera that reads plates. Raises BadReader."""
    query = "SELECT center_id FROM camera WHERE camera_id = :id AND is_anpr AND retired_at IS NULL"
    center: str | None = await unit.scalar(query, {"id": camera_id})
    if center is None:
        raise BadReader(f"camera: {camera_id!r} is no ANPR camera; import it as one")
    return center


async def cameras_of(unit: Unit, center_id: str, camera_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Those of them that are the center's and read plates, by id."""
    rows = await unit.all(_CAMERAS, {"ids": list(camera_ids), "center": center_id})
    return {row["camera_id"]: row for row in rows}


async def cameras_for(unit: Unit, reader: Reader, camera_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The cameras that a batch names. Problem 422 `unknown_camera`."""
    known = await cameras_of(unit, reader.center_id, camera_ids)
    wrong = sorted(set(camera_ids) - (set(known) & set(reader.cameras)))
    if wrong:
        ko, en = "이 판독기의 카메라가 아닙니다.", "Not a plate camera of this reader."
        raise Problem(422, "unknown_camera", ko, en, field="camera", given=wrong[0][:80])
    return known
