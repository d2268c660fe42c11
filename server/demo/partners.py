"""The linked agencies of the demo: each with an agreement, a line with its key, and somebody who works at its desk."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from location_router.runtime.db import Unit
from server.actor import SYSTEM
from server.demo.world import LINES, World
from server.dispatch.lines import line_of, set_line
from server.seed import IN_FORCE_SINCE, SampleLogin, agreement_id

if TYPE_CHECKING:
    from server.services import Services

ANKLET = ("anklet_tamper", "anklet_curfew", "anklet_zone", "anklet_approach")


@dataclass(frozen=True, slots=True)
class PartnerAgency:
    """`port`: where its simulator listens for the center; `rules`: its triggers that nobody has to decide."""

    agency_id: str
    kind: str
    name_ko: str
    name_en: str
    triggers: tuple[str, ...]
    bases: tuple[str, ...]
    login: SampleLogin
    port: int
    rules: tuple[str, ...] = ()
    may_see_position: bool = True
    may_view: bool = True


def _login(login: str, name: str, agency_id: str) -> SampleLogin:
    return SampleLogin(login, name, "agent", "/agency", agency_id)


PARTNERS = (
    PartnerAgency(
        "security-demo",
        "security",
        "한국경비업 협회(시연)",
        "Association of Security Firms (demo)",
        ("help_request",),
        ("pipa-18-2-3",),
        _login("guard", "오출동", "security-demo"),
        9201,
    ),
    PartnerAgency(
        "anklet-demo",
        "anklet",
        "법무부 위치추적관제센터(시연)",
        "Justice Ministry, Electronic Monitoring (demo)",
        ANKLET,
        ("pipa-18-2-9",),
        _login("probation", "윤보호", "anklet-demo"),
        9202,
        rules=("anklet_tamper", "anklet_zone"),
    ),
    PartnerAgency(
        "wanted-demo",
        "wanted",
        "경찰청 수배차량 검색(시연)",
        "Police, Wanted Vehicles (demo)",
        ("wanted_vehicle",),
        ("pipa-18-2-7",),
        _login("wass", "서경위", "wanted-demo"),
        9203,
        rules=("wanted_vehicle",),
    ),
    PartnerAgency(
        "telco-demo",
        "telco",
        "통신사 위치 신고(시연)",
        "Telco (demo)",
        ("missing_child", "missing_dementia"),
        ("lia-29",),
        _login("telco", "임통신", "telco-demo"),
        9204,
        may_see_position=False,
        may_view=False,
    ),
    PartnerAgency(
        "disaster-demo",
        "disaster",
        "재난안전상황실(시연)",
        "Disaster Room (demo)",
        ("disaster",),
        ("pipa-18-2-10",),
        _login("disaster", "권재난", "disaster-demo"),
        9205,
    ),
)
_AGREEMENT = """
INSERT INTO agreement (agreement_id, center_id, agency_id, triggers, legal_bases, may_view_live, may_view_still,
                       may_see_position, starts_at, auto_triggers)
SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:codes AS text[])) AS new (agreement_id, center_id)
CROSS JOIN (SELECT CAST(:agency AS text), CAST(:triggers AS text[]), CAST(:bases AS text[]),
                   CAST(:view AS boolean), CAST(:view AS boolean), CAST(:position AS boolean),
                   CAST(:since AS timestamptz), CAST(:rules AS text[])) AS terms
ON CONFLICT DO NOTHING
"""


async def seed_partners(unit: Unit, services: Services, codes: Collection[str], keys: Mapping[str, str]) -> None:
    """Rows that may be written again; `keys`: of their lines, by agency id."""
    for one in PARTNERS:
        await unit.execute(
            "INSERT INTO agency (agency_id, kind, name_ko, name_en) VALUES (:id, :kind, :ko, :en)"
            " ON CONFLICT DO NOTHING",
            {"id": one.agency_id, "kind": one.kind, "ko": one.name_ko, "en": one.name_en},
        )
        await unit.execute(
            _AGREEMENT,
            {
                "ids": [agreement_id(code, one.agency_id) for code in codes],
                "codes": list(codes),
                "agency": one.agency_id,
                "triggers": list(one.triggers),
                "bases": list(one.bases),
                "view": one.may_view,
                "position": one.may_see_position,
                "since": IN_FORCE_SINCE,
                "rules": list(one.rules),
            },
        )
        if await line_of(unit, services, agency_id=one.agency_id, center_id="") is None:
            await set_line(
                unit,
                services,
                agency_id=one.agency_id,
                center_id=None,
                kind="webhook",
                url=f"http://127.0.0.1:{one.port}/dispatch",
                key=keys[one.agency_id],
                actor=SYSTEM,
            )


def how_to_play(world: World) -> str:
    """For a person's shell: each partner's desk, and the command that is its own system."""
    center, keys = world.urls["serving"], world.partner_keys_file()
    lines = [f"연계 기관 · linked agencies ({center}/agency). 다른 창에서 · in another shell:  . {keys}"]
    for one in PARTNERS:
        login = world.logins[one.login.login]
        lines += [
            f"  {one.name_ko} · {one.name_en}: {login.login} / {login.password}",
            f"    uv run ansim simulate {one.kind} --center {center} --key ${LINES[one.agency_id]} --port {one.port}",
        ]
    lines += [
        "  112, 119도 회선으로 · 112 and 119 by their own systems, too (--kind desk: 화면으로 되돌리기 · back):",
        f"    . {world.center_settings_file()}; uv run ansim line set 112-demo --kind webhook"
        " --url http://127.0.0.1:9112/dispatch --key $LINE_112",
        f"    uv run ansim simulate 112 --center {center} --key $LINE_112 --port 9112 --count 9 --seconds 3600",
    ]
    return "\n".join(lines)
