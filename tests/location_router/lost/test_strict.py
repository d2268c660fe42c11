"""What the RFC's schema accepts and refuses; our own checks agree, but where its prose asks for more."""

from __future__ import annotations

import pytest
from lxml import etree

from location_router.lost.strict import flaws
from tests.location_router.lost.worlds import schema_or_skip

NS = 'xmlns="urn:ietf:params:xml:ns:lost1"'
TIMES = 'expires="2026-12-01T00:00:00Z" lastUpdated="2026-11-01T00:00:00Z"'
SOURCE = 'source="router.example.kr"'
KEY = f'<serviceBoundaryReference {SOURCE} key="9f2c4a7be1d04c55a0c1f0d2b7e6a913"/>'
NAME = '<displayName xml:lang="ko">중구</displayName>'
REST = "<uri>https://c.example.kr/sos</uri><serviceNumber>112</serviceNumber>"
SERVICE = "<service>urn:service:sos</service>"
MAPPING = f'<mapping {TIMES} {SOURCE} sourceId="c-1">{NAME}{SERVICE}{KEY}{REST}</mapping>'
WARNING = f'<warnings {SOURCE}><defaultMappingReturned message="nearest" xml:lang="en"/></warnings>'
PATH = f"<path><via {SOURCE}/></path>"
USED = '<locationUsed id="loc-1"/>'


def found(*parts: str) -> str:
    return f"<findServiceResponse {NS}>{''.join(parts)}</findServiceResponse>"


def errors(*parts: str, source: str = SOURCE) -> str:
    return f"<errors {NS} {source}>{''.join(parts)}</errors>"


ACCEPTED = {
    "the skeleton": found(MAPPING, WARNING, PATH, USED),
    "two mappings": found(MAPPING, MAPPING, PATH),
    "no locationUsed": found(MAPPING, PATH),
    "no uri": found(MAPPING.replace("<uri>https://c.example.kr/sos</uri>", ""), PATH),
    "no cache": found(MAPPING.replace("2026-12-01T00:00:00Z", "NO-CACHE"), PATH),
    "two different errors": errors("<notFound/>", '<loop message="a" xml:lang="en"/>'),
    "a redirect": f'<redirect {NS} target="busan.example.kr" {SOURCE}/>',
    "a list": f"<listServicesResponse {NS}><serviceList>urn:service:sos urn:service:sos.police</serviceList>"
    f"{PATH}</listServicesResponse>",
}
REFUSED = {
    "path missing": found(MAPPING, USED),
    "expires missing": found(MAPPING.replace('expires="2026-12-01T00:00:00Z" ', ""), PATH),
    "warnings after path": found(MAPPING, PATH, WARNING),
    "the same error twice": errors("<notFound/>", "<notFound/>"),
    "message without language": errors('<notFound message="a"/>'),
    "language without message": errors('<notFound xml:lang="ko"/>'),
    "number with a dash": found(MAPPING.replace(">112<", ">112-1<"), PATH),
    "source with a port": errors("<notFound/>", source='source="router.example.kr:8000"'),
    "source localhost": errors("<notFound/>", source='source="localhost"'),
    "source in Korean": errors("<notFound/>", source='source="라우터.한국"'),
    "profiles missing": errors('<locationProfileUnrecognized message="a" xml:lang="en"/>'),
    "sourceId missing": found(MAPPING.replace(' sourceId="c-1"', ""), PATH),
    "number before service": found(MAPPING.replace(SERVICE, "").replace("</mapping>", SERVICE + "</mapping>"), PATH),
    "name without language": found(MAPPING.replace(' xml:lang="ko"', ""), PATH),
    "locationUsed before path": found(MAPPING, USED, PATH),
    "no mapping": found(PATH),
    "an unknown answer": f"<teapot {NS}/>",
    "two boundaries": found(MAPPING.replace(KEY, KEY + KEY), PATH),
    "an empty path": found(MAPPING, "<path/>"),
    "an unknown error": errors("<teapot/>"),
}
BEYOND_SCHEMA = {
    "expires in Korean time": found(MAPPING.replace("2026-12-01T00:00:00Z", "2026-12-01T00:00:00+09:00"), PATH),
    "two uris of one scheme": found(MAPPING.replace("<uri>", "<uri>https://d.example.kr</uri><uri>"), PATH),
    "an empty list of errors": errors(),
    "a warning among errors": errors("<defaultMappingReturned/>"),
}
FORGOTTEN_BY_SCHEMA = {
    "SRSInvalid": errors('<SRSInvalid message="WGS84 only" xml:lang="en"/>'),
    "locationValidationUnavailable": found(
        MAPPING, f"<warnings {SOURCE}><locationValidationUnavailable/></warnings>", PATH
    ),
}


@pytest.mark.parametrize("name", ACCEPTED | FORGOTTEN_BY_SCHEMA)
def test_our_checks_accept(name: str) -> None:
    assert flaws(etree.fromstring((ACCEPTED | FORGOTTEN_BY_SCHEMA)[name])) == []


@pytest.mark.parametrize("name", REFUSED | BEYOND_SCHEMA)
def test_our_checks_refuse(name: str) -> None:
    assert flaws(etree.fromstring((REFUSED | BEYOND_SCHEMA)[name])) != []


def test_the_schema_agrees() -> None:
    schema = schema_or_skip()
    accepted = [name for name, text in (ACCEPTED | BEYOND_SCHEMA).items() if schema.validate(etree.fromstring(text))]
    assert accepted == list(ACCEPTED | BEYOND_SCHEMA)
    refused = REFUSED | FORGOTTEN_BY_SCHEMA
    assert [name for name, text in refused.items() if schema.validate(etree.fromstring(text))] == []
