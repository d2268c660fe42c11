"""The linked agencies of the demo: each with an agreement, a line with its key, and somebody who works at its desk."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from location_router.runtime.db import Unit
from server.actor import SYSTEM
from server.demo.world import LINES, World
from server.dispatch.lines import line_of, set_line
from server.seed import IN_FORCE_SINCE, LOOPBACK, SampleLogin, agreement_id

if TYPE_CHECKING:
    from server.services import Services

UNION = "association-demo"
UNION_KO, UNION_EN = "한국경비업협회(시연)", "Association of Security Firms (demo)"
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
    umbrella: str = ""
    """Whose firm it is: it asks by that one's agreement and has none of its own."""


def _login(login: str, name: str, agency_id: str) -> SampleLogin:
    return SampleLogin(login, name, "agent", "/agency", agency_id)


PARTNERS = (
    PartnerAgency(
        "security-demo",
        "security",
        "안심경비(시연)",
        "Ansim Guards (demo)",
        ("help_request",),
        ("pipa-18-2-3",),
        _login("guard", "오출동", "security-demo"),
        9201,
        umbrella=UNION,
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
ASSOCIATION = SampleLogin("union", "강협회", "association", "/agency", UNION)
LOGINS = (*(one.login for one in PARTNERS), ASSOCIATION)
_AGENCY = """
INSERT INTO agency (agency_id, kind, name_ko, name_en) VALUES (:id, :kind, :ko, :en)
ON CONFLICT (agency_id) DO UPDATE SET name_ko = excluded.name_ko, name_en = excluded.name_en
"""
_AGREEMENT = """
INSERT INTO agreement (agreement_id, center_id, agency_id, triggers, legal_bases, may_view_live, may_view_still,
                       may_see_position, starts_at, auto_triggers, covers_firms, camera_networks)
SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:codes AS text[])) AS new (agreement_id, center_id)
CROSS JOIN (SELECT CAST(:agency AS text), CAST(:triggers AS text[]), CAST(:bases AS text[]),
                   CAST(:view AS boolean), CAST(:view AS boolean), CAST(:position AS boolean),
                   CAST(:since AS timestamptz), CAST(:rules AS text[]), CAST(:firms AS boolean),
                   CAST(:networks AS text[])) AS terms
ON CONFLICT DO NOTHING
"""
_FIRM = """
INSERT INTO firm (agency_id, umbrella_id, added_at) VALUES (:id, :umbrella, :now) ON CONFLICT DO NOTHING
"""


async def seed_partners(unit: Unit, services: Services, codes: Collection[str], keys: Mapping[str, str]) -> None:
    """Rows that may be written again; `keys`: of their lines, by agency id."""
    await unit.execute(_AGENCY, {"id": UNION, "kind": "association", "ko": UNION_KO, "en": UNION_EN})
    for one in PARTNERS:
        known = {"id": one.agency_id, "kind": one.kind, "ko": one.name_ko, "en": one.name_en}
        await unit.execute(_AGENCY, known)
        owner = one.umbrella or one.agency_id
        await unit.execute(
            _AGREEMENT,
            {
                "ids": [agreement_id(code, owner) for code in codes],
                "codes": list(codes),
                "agency": owner,
                "triggers": list(one.triggers),
                "bases": list(one.bases),
                "view": one.may_view,
                "position": one.may_see_position,
                "since": IN_FORCE_SINCE,
                "rules": list(one.rules),
                "firms": owner == UNION,
                "networks": list(LOOPBACK) if owner == UNION else [],
            },
        )
        if one.umbrella:
            firm = {"id": one.agency_id, "umbrella": one.umbrella, "now": services.clock()}
            await unit.execute(_FIRM, firm)
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
    """For a person's shell: each partner's desk, and the command that is its own system. Every line can be pasted
    alone, into a shell that knows nothing."""
    center, keys = world.urls["serving"], f". {shlex.quote(str(world.partner_keys_file()))}; uv run ansim"
    union = world.logins[ASSOCIATION.login]
    lines = [
        f"연계 기관 · linked agencies: {center}/agency, 비밀번호 · password {union.password}",
        "  그 기관의 시스템이 요청하게 하려면 다른 창의 이 폴더에 한 줄을 붙여 넣으세요 · to have its system ask, paste"
        " one line into another shell, in this folder:",
    ]
    for one in PARTNERS:
        variable = f'"${LINES[one.agency_id]}"'
        lines += [
            f"  {one.name_ko} · {one.name_en}: {one.login.login}",
            f"    {keys} simulate {one.kind} --center {center} --key {variable} --port {one.port}",
        ]
    lines += [
        f"  {UNION_KO} · {UNION_EN}, 업체와 계정 · firms and accounts: {union.login}",
        "  112를 그 시스템으로 · 112 by its own system (--kind desk: 화면으로 되돌리기 · back to the desk):",
        f"    . {shlex.quote(str(world.center_settings_file()))}; {keys} line set 112-demo --kind webhook"
        ' --url http://127.0.0.1:9112/dispatch --key "$LINE_112"',
        f'    {keys} simulate 112 --center {center} --key "$LINE_112" --port 9112 --count 9 --seconds 3600',
    ]
    return "\n".join(lines)
