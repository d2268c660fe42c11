"""CAP messages as a disaster room writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"


def area_xml(*, polygon: str = "", circle: str = "", codes: tuple[str, ...] = ()) -> str:
    named = "".join(f"<geocode><valueName>행정구역코드</valueName><value>{code}</value></geocode>" for code in codes)
    shapes = (f"<polygon>{polygon}</polygon>" if polygon else "") + (f"<circle>{circle}</circle>" if circle else "")
    return f"<area><areaDesc>안양천</areaDesc>{shapes}{named}</area>"


def info_xml(areas: str, **said: Any) -> str:
    told = {"language": "ko-KR", "headline": "호우경보", "severity": "Severe", "expires": None} | said
    expires = f"<expires>{told['expires']}</expires>" if told["expires"] else ""
    return (
        f"<info><language>{told['language']}</language><category>Met</category><event>호우</event>"
        "<responseType>Evacuate</responseType>"
        f"<urgency>Immediate</urgency><severity>{told['severity']}</severity><certainty>Likely</certainty>"
        "<eventCode><valueName>TTAS.KO-07.0046/R5 재난 종류 코드</valueName><value>HRW</value></eventCode>"
        f"{expires}<senderName>재난안전상황실</senderName><headline>{escape(str(told['headline']))}</headline>"
        "<description>하천이 넘칩니다.</description><instruction>높은 곳으로 가십시오.</instruction>"
        f"<parameter><valueName>강수량(mm)</valueName><value>60</value></parameter>{areas}</info>"
    )


def warning_xml(
    *, identifier: str = "W-1", kind: str = "Alert", sent: datetime | None = None, references: str = "",
    infos: str | None = None, status: str = "Actual", scope: str = "Public", life: timedelta = timedelta(hours=2),
    circle: str = "37.4015,126.9227 0.5", **said: Any,
) -> bytes:  # fmt: skip
    sent = sent or datetime.now(UTC).replace(microsecond=0)
    if infos is None:
        expires = (sent + life).isoformat()
        infos = "" if kind == "Cancel" else info_xml(area_xml(circle=circle), expires=expires, **said)
    named = f"<references>{references}</references>" if references else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><alert xmlns="{NAMESPACE}"><identifier>{identifier}</identifier>'
        f"<sender>room@example.go.kr</sender><sent>{sent.isoformat()}</sent><status>{status}</status>"
        f"<msgType>{kind}</msgType><scope>{scope}</scope><code>대한민국정부1.1</code>{named}{infos}</alert>"
    ).encode()


def reference(identifier: str, sent: datetime) -> str:
    return f"room@example.go.kr,{identifier},{sent.isoformat()}"
