"""Changes of single cameras: what their pictures are worth, fields, retirement. Bulk changes: `importing/applying.py`.

Health is an event of the camera's center only when it changes, so that a patrol over 10,000 cameras leaves no line
where nothing happened.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from location_router.runtime.db import Unit
from server.actor import SYSTEM, Actor
from server.cameras.codes import HEALTHS, NIGHT_WORDS
from server.events import record_admin
from server.purposes import PURPOSES

CHANGEABLE = frozenset(
    ("name", "lat", "lon", "accuracy_m", "heading_deg", "heading_text", "field_of_view_deg", "range_m", "height_m")
    + ("is_ptz", "pan_speed_deg_s", "is_anpr", "width_px", "night", "purpose", "purposes", "owner_name", "office")
    + ("office_phone", "management_no", "site_address", "retention_days", "installed_on", "is_indoor", "is_private")
    + ("consent_until", "agreement_id", "is_buffered")
)
_RANGES = {
    "lat": (-90, 90),
    "lon": (-180, 180),
    "heading_deg": (0, 360),
    "field_of_view_deg": (1, 360),
    "range_m": (1, 5_000),
    "accuracy_m": (0, 100_000),
    "height_m": (0, 500),
    "retention_days": (0, 3_650),
}


async def note_health(unit: Unit, camera_id: str, health: str, at: datetime) -> bool:
    """What the camera's picture is worth as of `at`; True when that is new, which is also a line `camera:health`. A
    look older than the one known changes nothing. KeyError for an unknown camera, ValueError for an unknown word."""
    if health not in HEALTHS:
        raise ValueError(f"health {health!r}: one of {', '.join(HEALTHS)}")
    row = await unit.one(
        "SELECT center_id, health, health_at FROM camera WHERE camera_id = :id FOR NO KEY UPDATE", {"id": camera_id}
    )
    if row is None:
        raise KeyError(camera_id)
    if row["health_at"] is not None and at < row["health_at"]:
        return False
    is_new = bool(row["health"] != health)
    await unit.execute(
        "UPDATE camera SET health = :health, health_at = :at,"
        " health_since = CASE WHEN :is_new THEN :at ELSE health_since END WHERE camera_id = :id",
        {"id": camera_id, "health": health, "at": at, "is_new": is_new},
    )
    if is_new:
        _line(unit, row["center_id"], "camera:health", camera_id, SYSTEM, at, {"health": health, "was": row["health"]})
    return is_new


async def change(unit: Unit, camera_id: str, *, actor: Actor = SYSTEM, at: datetime, **fields: Any) -> None:
    """Set some of CHANGEABLE (`lat` and `lon` together); one line `camera:changed` names the fields, with the place
    before and after. KeyError for an unknown camera, ValueError names field, value and cure."""
    check_fields(fields)
    row = await unit.one(
        "SELECT center_id, ST_Y(place::geometry) AS lat, ST_X(place::geometry) AS lon FROM camera"
        " WHERE camera_id = :id FOR NO KEY UPDATE",
        {"id": camera_id},
    )
    if row is None:
        raise KeyError(camera_id)
    plain = [name for name in fields if name not in ("lat", "lon")]
    settings = [f"{name} = :{name}" for name in plain]
    if "lat" in fields:
        settings.append("place = CAST(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS geography)")
    await unit.execute(
        f"UPDATE camera SET {', '.join([*settings, 'updated_at = :at'])} WHERE camera_id = :id",
        {"id": camera_id, "at": at, **fields},
    )
    said: dict[str, Any] = {"fields": sorted(fields)}
    if "lat" in fields:
        said |= {"from": [row["lat"], row["lon"]], "to": [fields["lat"], fields["lon"]]}
    _line(unit, row["center_id"], "camera:changed", camera_id, actor, at, said)


def check_fields(fields: dict[str, Any]) -> None:
    """ValueError for a field that can't be changed or a value that can't be true."""
    unknown = sorted(fields.keys() - CHANGEABLE)
    if unknown or not fields:
        raise ValueError(f"{', '.join(unknown) or 'no field'}: change one of {', '.join(sorted(CHANGEABLE))}")
    if ("lat" in fields) != ("lon" in fields):
        raise ValueError("lat and lon are changed together")
    for name, (low, high) in _RANGES.items():
        value = fields.get(name)
        if value is not None and not low <= value <= high:
            raise ValueError(f"{name} {value}: from {low} to {high}")
    if fields.get("night", "unknown") not in NIGHT_WORDS:
        raise ValueError(f"night {fields['night']!r}: one of {', '.join(NIGHT_WORDS)}")
    wrong = sorted(set(fields.get("purposes", ())) - set(PURPOSES))
    if wrong:
        raise ValueError(f"purposes {wrong}: of {', '.join(PURPOSES)}")


async def retire(unit: Unit, camera_id: str, *, actor: Actor = SYSTEM, at: datetime, reason: str) -> bool:
    """The camera stands no more: it is never chosen or opened again, its row stays for the log. False when it was
    retired before. KeyError for an unknown one."""
    row = await unit.one(
        "SELECT center_id, retired_at FROM camera WHERE camera_id = :id FOR NO KEY UPDATE", {"id": camera_id}
    )
    if row is None:
        raise KeyError(camera_id)
    if row["retired_at"] is not None:
        return False
    await unit.execute("UPDATE camera SET retired_at = :at WHERE camera_id = :id", {"id": camera_id, "at": at})
    _line(unit, row["center_id"], "camera:retired", camera_id, actor, at, {"reason": reason})
    return True


async def revision(unit: Unit) -> int:
    """Raised by every change of a camera but its health's, in the transaction that makes it: rows read in the same
    transaction after this are at least as new as the number says."""
    return int(await unit.scalar("SELECT revision FROM camera_revision") or 0)


def _line(
    unit: Unit, center_id: str, tag: str, camera_id: str, actor: Actor, at: datetime, said: dict[str, Any]
) -> UUID:
    return record_admin(
        unit, tag=tag, actor=actor, center_id=center_id, at=at, payload={"camera_id": camera_id, **said}
    )
