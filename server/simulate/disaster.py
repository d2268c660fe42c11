"""The disaster room: cameras of an area, asked for now as our JSON, now as a CAP message of the Korean profile; and the
same message as a warning, which every center that it touches draws."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

from server.simulate.cases import Case, Scene, case_of, shifted, written

BASIS = "pipa-18-2-10"
WARNINGS = (
    ("Met", "HRA", "호우주의보", "하천변 출입을 삼가 주십시오."),
    ("Fire", "FIR", "산불 주의", "산에서 내려와 주십시오."),
    ("Infra", "WTR", "하천 수위 상승", "산책로를 통제합니다."),
    ("Geo", "EQ", "지진 발생", "건물 밖 넓은 곳으로 나가십시오."),
)
CORNERS = 8
LASTS = timedelta(minutes=20)
CAP = """<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
<identifier>{request_id}</identifier><sender>{agency}@simulate.example</sender><sent>{sent}</sent>
<status>{status}</status><msgType>Alert</msgType><scope>Public</scope><code>대한민국정부1.1</code>
<info><language>ko-KR</language><category>{category}</category><event>{title}</event>
<urgency>Immediate</urgency><severity>Severe</severity><certainty>Likely</certainty>
<eventCode><valueName>TTAS.KO-07.0046/R5 재난 종류 코드</valueName><value>{code}</value></eventCode>
<expires>{expires}</expires>
<senderName>재난안전상황실</senderName><headline>{title}</headline><description>{description}</description>
<parameter><valueName>ansim:legal_basis</valueName><value>{basis}</value></parameter>
<area><areaDesc>모의 구역</areaDesc><polygon>{polygon}</polygon></area></info></alert>"""


def case(scene: Scene) -> Case:
    dice = scene.dice
    category, code, title, description = dice.choice(WARNINGS)
    ring, now = _ring(scene), datetime.now(UTC)
    subject = {"title": title, "category": category, "ring": ring, "description": description}
    request_id, letter = case_of(scene, "disaster", subject, place=None, basis=BASIS)
    told = CAP.format(
        request_id=request_id,
        agency=escape(scene.agency_id),
        sent=now.isoformat(timespec="seconds"),
        expires=(now + LASTS).isoformat(timespec="seconds"),
        status="Exercise" if scene.is_drill else "Actual",
        category=category,
        code=code,
        title=title,
        description=description,
        basis=BASIS,
        polygon=" ".join(f"{lat:.6f},{lon:.6f}" for lat, lon in [*ring, ring[0]]),
    ).encode()
    if dice.random() < 0.5:
        return Case(request_id, written(letter), warning=told)
    return Case(request_id, told, content_type="application/cap+xml", warning=told)


def _ring(scene: Scene) -> list[tuple[float, float]]:
    """The corners (lat, lon) of an uneven area about the scene."""
    dice = scene.dice
    ring = []
    for corner in range(CORNERS):
        angle, far_m = 2 * math.pi * corner / CORNERS, scene.reach_m * dice.uniform(0.6, 1.2)
        north_m, east_m = far_m * math.cos(angle), far_m * math.sin(angle)
        ring.append(shifted(scene.lat, scene.lon, north_m=north_m, east_m=east_m))
    return ring
