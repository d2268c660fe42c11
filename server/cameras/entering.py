"""What an administrator writes into the registry by hand: a camera's facts, its streams' addresses, its end.

For cameras that no ONVIF device stands for: analogue ones behind an encoder, streams of a city's recorder. Addresses
lead into the camera networks only (CAMERA_NETWORKS), are sealed, and are never shown again: the answer says that there
is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.cameras import registry
from server.cameras.onvif.where import BadWhere, is_inside, networks_of, stream_host, with_credentials
from server.events import record_admin

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

_SHOWN = f"""
SELECT camera_id, center_id, {", ".join(sorted(registry.CHANGEABLE - {"lat", "lon"}))},
  ST_Y(place::geometry) AS lat, ST_X(place::geometry) AS lon, source, health, health_at, health_since, retired_at,
  updated_at, sub_url_sealed IS NOT NULL AS has_sub, main_url_sealed IS NOT NULL AS has_main
FROM camera WHERE camera_id = :id
"""


@dataclass(frozen=True, slots=True)
class Streams:
    """RTSP addresses without credentials; `main` empty: the same as `sub`; both empty: the camera has none."""

    sub: str
    main: str = ""
    user: str = ""
    password: str = ""


async def told(unit: Unit, camera_id: str) -> dict[str, Any]:
    """Everything about a camera but its addresses. Problem 404."""
    row = await unit.one(_SHOWN, {"id": camera_id})
    if row is None:
        raise _unknown()
    return dict(row)


async def change(services: Services, viewer: Viewer, camera_id: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Some of `registry.CHANGEABLE`. Problems 404, 422 `invalid_camera` with field, value and cure."""
    async with services.db.begin(center=viewer.scope) as unit:
        before = await told(unit, camera_id)  # first: another center's camera is unknown, whatever is said of it
        if fields.get("agreement_id") is not None:
            await _require_agreement(unit, before["center_id"], fields["agreement_id"])
        try:
            await registry.change(unit, camera_id, actor=viewer.actor, at=services.clock(), **fields)
        except ValueError as error:
            raise Problem(422, "invalid_camera", f"값을 확인해 주세요: {error}", f"Check the values: {error}") from None
        return await told(unit, camera_id)


async def _require_agreement(unit: Unit, center_id: str, agreement_id: UUID) -> None:
    query = "SELECT 1 FROM agreement WHERE agreement_id = :id AND center_id = :center"
    if await unit.scalar(query, {"id": agreement_id, "center": center_id}) is None:
        raise Problem(404, "unknown_agreement", "이 센터의 협약이 아닙니다.", "This is not an agreement of the center.")


async def retire(services: Services, viewer: Viewer, camera_id: str, reason: str) -> dict[str, Any]:
    """The camera stands no more. Twice is once. Problem 404."""
    async with services.db.begin(center=viewer.scope) as unit:
        try:
            await registry.retire(unit, camera_id, actor=viewer.actor, at=services.clock(), reason=reason)
        except KeyError:
            raise _unknown() from None
        return await told(unit, camera_id)


async def set_streams(services: Services, viewer: Viewer, camera_id: str, streams: Streams) -> dict[str, Any]:
    """Where the camera's pictures come from, from the next opening on. Problems 404, 422 `stream_address`."""
    async with services.db.begin(center=viewer.scope) as unit:
        before = await told(unit, camera_id)
        sub = _address(services, "sub", streams.sub, streams)
        main = _address(services, "main", streams.main, streams) or sub

        def sealed(value: str, context: str) -> bytes | None:
            if not value:
                return None
            return services.sealer.seal(value, context=f"{context}:{camera_id}", center=before["center_id"])

        values = {"sub": sealed(sub, "camera.sub_url"), "main": sealed(main, "camera.main_url"), "id": camera_id}
        now = services.clock()
        await unit.execute(
            "UPDATE camera SET sub_url_sealed = :sub, main_url_sealed = :main, updated_at = :at WHERE camera_id = :id",
            values | {"at": now},
        )
        payload = {"camera_id": camera_id, "fields": ["main_url", "sub_url"], "has_stream": bool(sub)}
        center = before["center_id"]
        record_admin(unit, tag="camera:changed", actor=viewer.actor, center_id=center, at=now, payload=payload)
        return await told(unit, camera_id)


def _address(services: Services, field: str, text: str, streams: Streams) -> str:
    """The address with its credentials; empty for none."""
    if not text.strip():
        if field == "sub" and streams.main.strip():
            raise _bad_address(field, "sub 주소가 먼저 있어야 합니다", "the sub stream's address comes first")
        return ""
    try:
        host = stream_host(text)
    except BadWhere:
        raise _bad_address(field, "rtsp://주소:포트/경로 꼴이어야 합니다", "write rtsp://address:port/path") from None
    if "@" in text.partition("://")[2].partition("/")[0]:
        raise _bad_address(field, "아이디와 비밀번호는 따로 적습니다", "user and password have fields of their own")
    if not is_inside(host, networks_of(services.settings.camera_networks)):
        ko = f"{host[:60]}: 카메라 대역의 IP 주소여야 합니다. 다른 대역은 CAMERA_NETWORKS에 적습니다"
        en = f"{host[:60]}: not an IP address of a camera network; others have to stand in CAMERA_NETWORKS"
        raise _bad_address(field, ko, en)
    return with_credentials(text, streams.user, streams.password)


def _bad_address(field: str, ko: str, en: str) -> Problem:
    return Problem(422, "stream_address", f"{field}: {ko}.", f"{field}: {en}.", field=field)


def _unknown() -> Problem:
    return Problem(404, "unknown_camera", "이 센터의 카메라가 아닙니다.", "This is not a camera of the center.")
