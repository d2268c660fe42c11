"""A world to ask LoST in, and what every answer must be: valid by our own checks and by the RFC's schema."""

from __future__ import annotations

import os
from collections.abc import Mapping as Lookup
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from location_router.lost.answering import Elsewhere, World, answer
from location_router.lost.reading import read_query
from location_router.lost.strict import flaws
from location_router.lost.values import OUTSIDE_SCHEMA, Answer, FindServiceResponse
from location_router.lost.writing import write
from tests.location_router.places import country_index

ROOT = Path(__file__).resolve().parents[3]
FIXTURES = ROOT / "fixtures" / "lost"
NOW = datetime(2026, 11, 22, 3, 4, 5, tzinfo=UTC)
LOST = "{urn:ietf:params:xml:ns:lost1}"
ANYANG_CODE = "41170"


def a_world(**changes: Any) -> World:
    index = country_index()
    given: dict[str, Any] = {
        "source": "router.example.kr",
        "now": NOW,
        "jurisdictions": index.version(NOW.date()),
        "states": {},
        "uri_of": lambda code: f"https://center-{code}.example.kr/v1",
        "version_at": index.version,
        "find_boundary": index.find_boundary,
    }
    return World(**given | changes)


@cache
def schema() -> etree.RelaxNG | None:
    """The RFC's Relax NG from `LOST_RNG`, or from the shared folder beside the checkout; None where there is none."""
    path = Path(os.environ.get("LOST_RNG") or ROOT.parent / "shared" / "data" / "standards" / "lost.rng")
    return etree.RelaxNG(etree.parse(path)) if path.exists() else None


def schema_or_skip() -> etree.RelaxNG:
    found = schema()
    if found is None:
        pytest.skip("no Relax NG of LoST here: set LOST_RNG")
    return found


def assert_strict(document: bytes) -> etree._Element:
    """Ours always; the schema where it is, but for the two notes that it forgot."""
    root = etree.fromstring(document)
    assert flaws(root) == [], document.decode()
    forgotten = any(each.tag.removeprefix(LOST) in OUTSIDE_SCHEMA for each in root.iter())
    if (rng := schema()) is not None and not forgotten:
        assert rng.validate(root), (rng.error_log, document.decode()[:2000])
    return root


def ask(body: bytes | str, **changes: Any) -> Answer:
    """The answer as a value; what would be written has been checked."""
    world = a_world(**changes)
    given = answer(read_query(body.encode() if isinstance(body, str) else body).query, world)
    assert not isinstance(given, Elsewhere), given
    for english in (False, True):
        assert_strict(write(given, english=english))
    return given


def fixture(name: str) -> bytes:
    return (FIXTURES / f"{name}.xml").read_bytes()


def centers_of(given: Answer) -> list[str]:
    """Codes in the order of the mappings."""
    assert isinstance(given, FindServiceResponse), given
    return [each.source_id.split("-")[1] for each in given.mappings]


def notes_of(given: Any) -> list[str]:
    """Kinds of the errors, or of the warnings."""
    if isinstance(given, FindServiceResponse):
        return [one.kind for each in given.warnings for one in each.notes]
    return [one.kind for one in given.notes]


def find(
    shape: str,
    *,
    service: str = "urn:service:sos",
    attributes: str = "",
    location: str = 'id="a" profile="geodetic-2d"',
    more: str = "",
) -> bytes:
    return (
        f'<findService xmlns="urn:ietf:params:xml:ns:lost1" xmlns:gml="http://www.opengis.net/gml" '
        f'xmlns:gs="http://www.opengis.net/pidflo/1.0" {attributes}><location {location}>{shape}</location>'
        f"<service>{service}</service>{more}</findService>"
    ).encode()


def point(lat: float | str, lon: float | str, srs: str = "urn:ogc:def:crs:EPSG::4326") -> str:
    return f'<gml:Point srsName="{srs}"><gml:pos>{lat} {lon}</gml:pos></gml:Point>'


def circle(lat: float, lon: float, radius: float, unit: str = "urn:ogc:def:uom:EPSG::9001") -> str:
    return (
        f'<gs:Circle srsName="urn:ogc:def:crs:EPSG::4326"><gml:pos>{lat} {lon}</gml:pos>'
        f'<gs:radius uom="{unit}">{radius}</gs:radius></gs:Circle>'
    )


def offline(*codes: str) -> Lookup[str, str]:
    return dict.fromkeys(codes, "offline")
