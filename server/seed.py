"""First rows of an installation: its centers, sample accounts, the 112 and 119 desks, cameras.

Used by the demo and by tests; `seed_centers` also by a real installation's first start. Everything may be repeated:
the same seed twice is the same rows. Sample accounts exist only where this is called with a password.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol
from uuid import NAMESPACE_URL, UUID, uuid5

from location_router.runtime.db import Unit
from location_router.runtime.seal import Sealer
from server.staff.service import add_account

if TYPE_CHECKING:
    from server.services import Services

LOOPBACK = ("127.0.0.0/8", "::1/128")
LEGAL_BASES = ("pipa-18-2-3", "pipa-18-2-7")
IN_FORCE_SINCE = datetime(2023, 1, 1, tzinfo=UTC)


class CenterLike(Protocol):
    """`location_router.index.Center` has these."""

    @property
    def code(self) -> str: ...
    @property
    def name_ko(self) -> str: ...
    @property
    def name_en(self) -> str: ...


class CameraLike(Protocol):
    """`server.demo.scene.SceneCamera` has these; `heading_deg` None sees all round."""

    @property
    def camera_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def lat(self) -> float: ...
    @property
    def lon(self) -> float: ...
    @property
    def heading_deg(self) -> float | None: ...
    @property
    def field_of_view_deg(self) -> float: ...
    @property
    def range_m(self) -> float: ...
    @property
    def is_ptz(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class SampleLogin:
    """An account to try the system with. `page` is where it works."""

    login: str
    name: str
    role: str
    page: str
    agency_id: str | None = None


AGENCIES: Mapping[str, tuple[str, str, str]] = {
    "112-demo": ("112", "112 치안종합상황실", "112 Police Situation Room"),
    "119-demo": ("119", "119 종합상황실", "119 Fire and Rescue Situation Room"),
}
SAMPLE_LOGINS = (
    SampleLogin("operator", "김관제", "operator", "/console"),
    SampleLogin("operator2", "이관제", "operator", "/console"),
    SampleLogin("supervisor", "박팀장", "supervisor", "/console"),
    SampleLogin("admin", "최관리", "admin", "/admin"),
    SampleLogin("police", "정경위", "agent", "/agency", "112-demo"),
    SampleLogin("fire", "한소방", "agent", "/agency", "119-demo"),
)


async def seed_centers(unit: Unit, centers: Iterable[CenterLike], *, desk: str, callback: str = "") -> int:
    """The municipalities this installation knows (as home or as serving center); returns how many."""
    count = 0
    for one in centers:
        await unit.execute(
            "INSERT INTO center (code, name_ko, name_en, desk, callback) VALUES (:code, :ko, :en, :desk, :callback)"
            " ON CONFLICT (code) DO UPDATE SET name_ko = excluded.name_ko, name_en = excluded.name_en,"
            " desk = excluded.desk, callback = excluded.callback",
            {"code": one.code, "ko": one.name_ko, "en": one.name_en, "desk": desk, "callback": callback},
        )
        count += 1
    return count


async def seed_agencies(unit: Unit, center_codes: Iterable[str]) -> dict[str, str]:
    """The 112 and 119 desks, with an agreement for each center; returns agency ids by kind."""
    for agency_id, (kind, ko, en) in AGENCIES.items():
        await unit.execute(
            "INSERT INTO agency (agency_id, kind, name_ko, name_en) VALUES (:id, :kind, :ko, :en)"
            " ON CONFLICT DO NOTHING",
            {"id": agency_id, "kind": kind, "ko": ko, "en": en},
        )
    codes = list(center_codes)
    for agency_id in AGENCIES:
        await unit.execute(
            "INSERT INTO agreement (agreement_id, center_id, agency_id, triggers, legal_bases, may_view_live,"
            " may_see_position, may_view_still, may_see_identity, may_see_health, starts_at)"
            " SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:codes AS text[]))"
            " AS new (agreement_id, center_id) CROSS JOIN (SELECT CAST(:agency AS text), ARRAY['dispatch'],"
            " CAST(:bases AS text[]), true, true, true, true,"
            " CAST(:health AS boolean), CAST(:since AS timestamptz)) AS terms"
            " ON CONFLICT DO NOTHING",
            {
                "ids": [agreement_id(code, agency_id) for code in codes],
                "codes": codes,
                "agency": agency_id,
                "health": AGENCIES[agency_id][0] == "119",
                "bases": list(LEGAL_BASES),
                "since": IN_FORCE_SINCE,
            },
        )
    return {kind: agency_id for agency_id, (kind, _, _) in AGENCIES.items()}


def agreement_id(center_id: str, agency_id: str) -> UUID:
    """The same seed twice is the same agreement."""
    return uuid5(NAMESPACE_URL, f"ansim:agreement:{center_id}:{agency_id}")


async def seed_accounts(
    unit: Unit,
    services: Services,
    *,
    password: str,
    desk: str,
    logins: Sequence[SampleLogin] = SAMPLE_LOGINS,
    networks: Sequence[str] = LOOPBACK,
) -> dict[str, UUID]:
    """Sample accounts with one password; returns account ids by login. For demonstrations and tests only."""
    return {
        one.login: await add_account(
            unit,
            services,
            login=one.login,
            password=password,
            name=one.name,
            role=one.role,
            desk=None if one.agency_id else desk,
            agency_id=one.agency_id,
            networks=list(networks),
        )
        for one in logins
    }


async def seed_cameras(
    unit: Unit, sealer: Sealer, *, center_id: str, cameras: Iterable[CameraLike], rtsp_base: str
) -> int:
    """Cameras whose streams are `{rtsp_base}/{id}/sub` and `/main`; returns how many."""
    count = 0
    for one in cameras:
        await unit.execute(
            _CAMERA,
            {
                "id": one.camera_id,
                "center": center_id,
                "name": one.name,
                "lat": one.lat,
                "lon": one.lon,
                "heading": one.heading_deg,
                "fov": one.field_of_view_deg,
                "range": one.range_m,
                "ptz": one.is_ptz,
                **sealed_urls(
                    sealer,
                    one.camera_id,
                    center_id=center_id,
                    sub=f"{rtsp_base}/{one.camera_id}/sub",
                    main=f"{rtsp_base}/{one.camera_id}/main",
                ),
            },
        )
        count += 1
    return count


_CAMERA = """
INSERT INTO camera (camera_id, center_id, name, place, heading_deg, field_of_view_deg, range_m, is_ptz,
                    sub_url_sealed, main_url_sealed, source)
VALUES (:id, :center, :name, CAST(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS geography), :heading, :fov, :range,
        :ptz, :sub, :main, 'seed')
ON CONFLICT (camera_id) DO UPDATE SET center_id = excluded.center_id, name = excluded.name, place = excluded.place,
    heading_deg = excluded.heading_deg, field_of_view_deg = excluded.field_of_view_deg, range_m = excluded.range_m,
    is_ptz = excluded.is_ptz, sub_url_sealed = excluded.sub_url_sealed, main_url_sealed = excluded.main_url_sealed,
    health = 'unknown', health_at = NULL, health_since = NULL, retired_at = NULL, updated_at = now()
"""


def sealed_urls(sealer: Sealer, camera_id: str, *, center_id: str, sub: str, main: str) -> dict[str, Any]:
    """Both stream addresses as they stand in the registry."""
    return {
        "sub": sealer.seal(sub, context=f"camera.sub_url:{camera_id}", center=center_id),
        "main": sealer.seal(main, context=f"camera.main_url:{camera_id}", center=center_id),
    }
