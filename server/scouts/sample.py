"""A municipality's offer and tonight's pair for the demo; the same seed twice is the same rows."""

from __future__ import annotations

import json
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from location_router.runtime.db import Unit
from server.scouts.offer import KOREA, night_of

if TYPE_CHECKING:
    from server.services import Services

CENTER = "41170"
OFFER = {
    "hours": {day: ["22:00-25:00"] for day in ("mon", "tue", "wed", "thu", "fri")} | {"sat": ["22:00-24:00"]},
    "lead_min": 30,
    "ahead_days": 7,
    "slot_min": 15,
    "trip_min": 40,
    "return_min": 30,
    "pairs": 2,
    "radius_m": 2500,
    "hubs": [
        {"hub_id": hub_id, "name_ko": ko, "name_en": en, "lat": lat, "lon": lon}
        for hub_id, ko, en, lat, lon in (
            ("anyang", "안양역 1번 출구", "Anyang Sta. exit 1", 37.4019, 126.9229),
            ("myeonghak", "명학역 1번 출구", "Myeonghak Sta. exit 1", 37.3844, 126.9355),
            ("beomgye", "범계역 3번 출구", "Beomgye Sta. exit 3", 37.3897, 126.9508),
            ("pyeongchon", "평촌역 1번 출구", "Pyeongchon Sta. exit 1", 37.3943, 126.9638),
            ("indeogwon", "인덕원역 4번 출구", "Indeogwon Sta. exit 4", 37.4017, 126.9767),
        )
    ],
}
MEMBERS = [{"name": "김하늘", "phone": "01000000011"}, {"name": "이바다", "phone": "01000000012"}]


async def seed_scouts(unit: Unit, services: Services) -> None:
    """Anyang's hours and hubs, and a pair for tonight whose link nobody has: the page makes a new one."""
    now = services.clock()
    await unit.execute(
        "INSERT INTO scout_offer (offer_id, center_id, starts_on, body, set_by, set_at)"
        " VALUES (:id, :c, '2026-01-01', CAST(:body AS jsonb), 'sample', :now) ON CONFLICT DO NOTHING",
        {
            "id": uuid5(NAMESPACE_URL, f"ansim:scouts:{CENTER}"),
            "c": CENTER,
            "body": json.dumps(OFFER, ensure_ascii=False),
            "now": now,
        },
    )
    night = night_of(now)
    begins = datetime(night.year, night.month, night.day, 21, 30, tzinfo=KOREA)
    pair_id = uuid5(NAMESPACE_URL, f"ansim:scouts:{CENTER}:{night}")
    await unit.execute(
        "INSERT INTO scout_pair (pair_id, center_id, name, members_sealed, begins_at, ends_at, link_digest,"
        " code_digest, made_by) VALUES (:id, :c, '1조', :members, :begins, :ends, :link, :code, 'sample')"
        " ON CONFLICT DO NOTHING",
        {
            "id": pair_id,
            "c": CENTER,
            "members": services.sealer.seal(MEMBERS, context=f"scout_pair.members:{pair_id}", center=CENTER),
            "begins": begins,
            "ends": begins + timedelta(hours=4),
            "link": secrets.token_bytes(32),
            "code": secrets.token_bytes(32),
        },
    )
