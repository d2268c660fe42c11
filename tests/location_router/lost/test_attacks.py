"""Hostile documents: no file is read, no socket opened, nothing swells, and there is always a LoST answer, soon."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from location_router.lost.answering import Elsewhere, answer
from location_router.lost.reading import read_query
from location_router.lost.values import Errors, FindService, Refusal
from location_router.lost.writing import write
from tests.location_router.lost.worlds import FIXTURES, a_world, assert_strict, find, fixture, point

MOST_S = 0.5
"""Of this process's own time, so that a busy machine is no finding; what grows with the square takes many seconds."""
MOST = 64 * 1024
WORLD = a_world()
LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE findService [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]>"""


def reply(body: bytes) -> bytes:
    """As the endpoint does it; anything but a Refusal fails the test."""
    try:
        given = answer(read_query(body).query, WORLD)
    except Refusal as refusal:
        given = Errors("router.example.kr", (refusal.note,))
    assert not isinstance(given, Elsewhere)
    return write(given)


def with_head(head: bytes, value: str = "&a;") -> bytes:
    return head + find(point(37.4, 126.9), service=value)


@pytest.mark.parametrize(
    "body",
    [
        LAUGHS + find(point(37.4, 126.9), service="&d;"),
        with_head(b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'),
        with_head(b'<!DOCTYPE x [<!ENTITY a SYSTEM "http://127.0.0.1:9/x">]>'),
        with_head(b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">', "urn:service:sos"),
        with_head(b'<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>', "urn:service:sos"),
        ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>').encode("utf-16"),
    ],
    ids=["laughs", "file", "network", "external-dtd", "parameter-entity", "utf-16"],
)
def test_a_document_type_is_refused_unread(body: bytes) -> None:
    sent = reply(body)
    assert b"<badRequest" in sent
    assert Path("/etc/hostname").read_bytes().strip() not in sent


def test_an_entity_nobody_declared_is_not_well_formed() -> None:
    assert b"<badRequest" in reply(find(point(37.4, 126.9), service="&x;"))


def test_an_xinclude_stays_text() -> None:
    include = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/hostname" parse="text"/>'
    sent = reply(find(point(37.4015, 126.9227), service=f"urn:service:sos{include}"))
    assert b"<mapping" in sent


def test_comments_inside_a_value_do_not_cut_it() -> None:
    body = find(point("37.<!-- x -->4015", "126.9227<?go away?>"), service="urn:service:<!-- -->sos.police")
    query = read_query(body).query
    assert isinstance(query, FindService)
    assert (query.place.area.lat, query.place.area.lon, query.service) == (37.4015, 126.9227, "urn:service:sos.police")


def test_what_comes_back_is_escaped() -> None:
    name = "&quot;/&gt;&lt;/locationUsed&gt;&lt;script&gt;&#9;&amp;"
    sent = reply(find(point(37.4015, 126.9227), location=f'id="{name}" profile="geodetic-2d"'))
    assert b"<script" not in sent
    assert_strict(sent)


def big(unit: str, frame: str = "{}") -> bytes:
    return frame.format(unit * ((MOST - 900) // len(unit))).encode()


HEAVY = {
    "deep": find(point(37.4, 126.9), more="<a>" * 4000 + "</a>" * 4000),
    "very deep": b"<a>" * 20000,
    "attributes": find(point(37.4, 126.9), attributes=" ".join(f'a{n}="1"' for n in range(5000))),
    "namespaces": find(point(37.4, 126.9), attributes=" ".join(f'xmlns:a{n}="urn:{n}"' for n in range(2500))),
    "one long number": find(point("3" * 60_000, 126.9)),
    "numbers": find(f"<gml:Point><gml:pos>{'1 ' * 30_000}</gml:pos></gml:Point>"),
    "text": find(point(37.4, 126.9), service="x" * 60_000),
    "corners": find(
        "<gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>"
        + " ".join(f"{35 + (n * 7919 % 997) / 400:.3f} {126 + (n * 104729 % 991) / 400:.3f}" for n in range(4_000))
        + "</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>"
    ),
    "positions": find(
        "<gml:Polygon><gml:exterior><gml:LinearRing>"
        + "".join(f"<gml:pos>{37 + n / 9000:.3f} {127 - n / 9000:.3f}</gml:pos>" for n in range(1_900))
        + "</gml:LinearRing></gml:exterior></gml:Polygon>"
    ),
    "locations": find(point(37.4, 126.9)).replace(
        b"<service>", b'<location id="b"><x/></location>' * 1_800 + b"<service>"
    ),
    "vias": find(point(37.4, 126.9), more="<path>" + '<via source="a.b"/>' * 3_000 + "</path>"),
    "dotted via": find(point(37.4, 126.9), more=f'<path><via source="{"a." * 30_000}!"/></path>'),
    "declaration": b"<?xml " + b"encoding " * 7_000 + b"?>" + find(point(37.4, 126.9)),
    "blanks": b" " * 60_000 + find(point(37.4, 126.9)),
    "references": find(point(37.4, 126.9), service="&#65;" * 12_000),
    "country": fixture("find_circle").replace(b">35<", b">19000<"),
    "ocean": fixture("find_circle").replace(b">35<", b">3000000<"),
}


@pytest.mark.parametrize("name", HEAVY)
def test_the_heaviest_documents_are_answered_at_once(name: str) -> None:
    body = HEAVY[name]
    assert len(body) <= MOST
    best = min(_seconds(body) for _ in range(2))
    assert best < MOST_S, f"{name}: {best * 1000:.0f} ms"


def _seconds(body: bytes) -> float:
    began = time.process_time()
    sent = reply(body)
    took = time.process_time() - began
    assert_strict(sent)
    return took


SEEDS = sorted(path.read_bytes() for path in FIXTURES.glob("*.xml"))
PIECES = st.sampled_from(
    [b"<", b">", b'"', b"&amp;", b"&#0;", b"]]>", b"<![CDATA[", b"\x00", b"\xff", b"-1e308", b"NaN", b"</location>"]
    + [
        b"<location>",
        b"<service>",
        b"<gml:pos>",
        b" ",
        b"," * 50,
        "집".encode(),
        b"9" * 400,
        b'xmlns="x"',
        b"\xed\xa0\x80",
    ]
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.sampled_from(SEEDS),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 60), PIECES | st.binary(max_size=20)), max_size=6),
)
def test_any_mutation_gets_a_strict_answer(seed: bytes, changes: list[tuple[float, int, bytes]]) -> None:
    body = seed
    for share, length, piece in changes:
        place = int(share * len(body))
        body = body[:place] + piece + body[place + length :]
    assert_strict(reply(body))
