"""LoST over HTTP: what partners see of `POST /lost` on a running router, and of two routers that know each other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from lxml import etree
from prometheus_client import CollectorRegistry

from location_router.discrepancies import Discrepancies
from location_router.lost.peer import Peer
from location_router.lost.reading import read_query
from location_router.lost_routes import MOST_BYTES, Lost
from location_router.registry import Registry
from location_router.runtime.pool import Pool
from tests.location_router.lost.worlds import FIXTURES, LOST, assert_strict, find, fixture, point
from tests.location_router.routers import INDEX, a_world, an_alert, served

TYPE = {"content-type": "application/lost+xml;charset=utf-8", "accept-language": "en"}
NO_DATABASE = "postgresql+psycopg://nobody@127.0.0.1:1/none"
ROOTS = {
    "list_services": "listServicesResponse",
    "list_services_below": "listServicesResponse",
    "dialect_list_services_recursive": "listServicesResponse",
    "list_services_by_location": "listServicesByLocationResponse",
    "get_service_boundary": "errors",
    "find_abroad": "errors",
    "find_civic": "errors",
    "find_counseling": "errors",
    "find_korean_grid": "errors",
}


def a_lost(source: str = "router.example.kr", **changes: Any) -> Lost:
    """An endpoint whose database is away: it answers from the compiled borders."""
    pool = Pool(NO_DATABASE, size=1, name="away", patience_s=0.1)
    return Lost(Registry(pool, INDEX), Discrepancies(pool), CollectorRegistry(), source=source, **changes)


@asynccontextmanager
async def serving(lost: Lost) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.router.routes.append(lost.route)
    async with served(app) as url, httpx.AsyncClient(base_url=url, trust_env=False, headers=TYPE) as client:
        yield client
    await lost._asking.close()


async def ask(client: httpx.AsyncClient, body: bytes, **headers: str) -> etree._Element:
    answer = await client.post("/lost", content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/lost+xml;charset=utf-8"
    assert "no-store" in answer.headers["cache-control"]
    return assert_strict(answer.content)


def inner(root: etree._Element) -> list[str]:
    return [each.tag.removeprefix(LOST) for each in root]


async def test_every_fixture_is_answered_strictly_without_a_database() -> None:
    async with serving(a_lost()) as client:
        for path in sorted(FIXTURES.glob("*.xml")):
            for language in ("ko", "en-GB"):
                root = await ask(client, path.read_bytes(), **{"accept-language": language})
            assert root.tag == LOST + ROOTS.get(path.stem, "findServiceResponse"), path.stem


async def test_only_what_is_no_lost_at_all_is_a_failure_of_the_transport() -> None:
    body = fixture("find_point")
    async with serving(a_lost()) as client:
        assert (await client.get("/lost")).status_code == 405
        refused = await client.put("/lost", content=body)
        assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
        for kind in ("application/json", "text/plain", "multipart/form-data; boundary=a"):
            assert (await client.post("/lost", content=body, headers={"content-type": kind})).status_code == 415
        packed = {"content-encoding": "gzip"}
        assert (await client.post("/lost", content=body, headers=packed)).status_code == 415
        long = body + b" " * MOST_BYTES
        assert (await client.post("/lost", content=long)).status_code == 413
        assert (await client.post("/lost", content=b" \n")).status_code == 400
        assert inner(await ask(client, b"no xml")) == ["badRequest"]


async def test_the_media_type_is_parsed_and_not_compared() -> None:
    async with serving(a_lost()) as client:
        for kind in ("application/xml", 'text/xml; charset="utf-8"', "APPLICATION/LoST+XML ;x=y", ""):
            root = await ask(client, fixture("find_point"), **{"content-type": kind})
            assert root.tag == LOST + "findServiceResponse", kind


async def test_a_fault_of_ours_is_a_lost_error_and_never_a_500(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("location_router.lost_routes.answer", broken)
    async with serving(a_lost()) as client:
        assert inner(await ask(client, fixture("find_point"))) == ["internalError"]


def peer(url: str, source: str = "lost.example.jp") -> Peer:
    return Peer(source=source, url=url, area=(20.0, 122.0, 46.0, 154.0))


TOKYO = find(point(35.6812, 139.7671), attributes='recursive="true"')
TOKYO_ITERATIVE = find(point(35.6812, 139.7671), attributes='recursive="false"')
JAPANESE = """<l:findServiceResponse xmlns:l="urn:ietf:params:xml:ns:lost1"><l:mapping
 expires="2030-01-01T09:00:00+09:00" lastUpdated="2026-11-01T00:00:00.5Z" source="lost.example.jp" sourceId="tokyo 1">
 <l:displayName xml:lang="ja">東京
 </l:displayName><l:service>urn:service:sos</l:service><l:uri>sip:110@example.jp</l:uri><l:uri>sip:b@example.jp</l:uri>
 <l:serviceNumber>110</l:serviceNumber></l:mapping><l:path>{}<l:via source="lost.example.jp"/></l:path>
 </l:findServiceResponse>"""


@asynccontextmanager
async def a_foreign_server(reply: Callable[[bytes], Response]) -> AsyncIterator[str]:
    app = FastAPI()

    @app.post("/lost")
    async def lost(request: Request) -> Response:
        await asyncio.sleep(0)
        return reply(await request.body())

    async with served(app) as url:
        yield f"{url}/lost"


async def test_abroad_the_peer_is_asked_and_its_answer_passed_on_in_strict_words() -> None:
    asked: list[bytes] = []

    def reply(body: bytes) -> Response:
        asked.append(body)
        return Response(JAPANESE.format('<l:via source="router.example.kr"/>'), media_type="text/xml")

    async with a_foreign_server(reply) as url, serving(a_lost(peers=(peer(url),))) as client:
        root = await ask(client, TOKYO)
        assert [via.get("source") for via in root.iter(LOST + "via")] == ["router.example.kr", "lost.example.jp"]
        (mapping,) = root.iter(LOST + "mapping")
        assert (mapping.get("expires"), mapping.get("source")) == ("2030-01-01T00:00:00Z", "lost.example.jp")
        assert len(list(mapping.iter(LOST + "uri"))) == 1
        assert (await ask(client, TOKYO_ITERATIVE)).get("target") == "lost.example.jp"
    query = read_query(asked[0]).query
    assert len(asked) == 1, "an iterative query must not be recursed"
    assert getattr(query, "path", ()) == ("router.example.kr",) and getattr(query, "recursive", False)


UNUSABLE = {
    "nonsense": Response("nonsense"),
    "overloaded": Response(status_code=503),
    "moved": Response(status_code=302, headers={"location": "http://127.0.0.1:1/"}),
    "undotted": Response(JAPANESE.format('<l:via source="localhost"/>')),
    "long": Response(b"<a>" * 500_000),
    "dtd": Response('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>'),
}


async def test_an_answer_we_cannot_stand_behind_becomes_a_redirect() -> None:
    replies = iter(UNUSABLE.values())
    async with (
        a_foreign_server(lambda _: next(replies)) as url,
        serving(a_lost(peers=(peer(url),))) as client,
    ):
        for name in UNUSABLE:
            root = await ask(client, TOKYO)
            assert (root.tag, root.get("target")) == (LOST + "redirect", "lost.example.jp"), name
        assert next(replies, None) is None


async def test_a_silent_peer_is_not_waited_for() -> None:
    answered = asyncio.Event()

    async def never(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answered.wait()
        writer.close()

    quiet = await asyncio.start_server(never, "127.0.0.1", 0)
    port = quiet.sockets[0].getsockname()[1]
    lost = a_lost(peers=(peer(f"http://127.0.0.1:{port}/lost"),), peer_timeout_s=0.2)
    async with serving(lost) as client:
        async with asyncio.timeout(20):
            assert (await ask(client, TOKYO)).tag == LOST + "redirect"
        answered.set()
    quiet.close()


async def test_two_routers_that_point_at_each_other_end_with_a_loop() -> None:
    here, there = a_lost("a.example.kr"), a_lost("b.example.kr")
    async with serving(here) as one, serving(there) as two:
        here._peers = (peer(f"{two.base_url}/lost".replace("//lost", "/lost"), "b.example.kr"),)
        there._peers = (peer(f"{one.base_url}/lost".replace("//lost", "/lost"), "a.example.kr"),)
        here._world = there._world = None
        root = await ask(one, TOKYO)
        assert (inner(root), root.get("source")) == (["loop"], "b.example.kr")


async def test_a_registered_desk_is_named_and_discrepancies_are_on_record(
    router_database: str, bus_database: str
) -> None:
    async with a_world(router_database, bus_database, worker=False) as world:
        await world.register("serving-1", "all", https_url="https://desk.example.kr")
        headers = TYPE | {"user-agent": "acme/1.2 (010-1234-5678)"}
        for _ in range(3):
            answer = await world.client.post("/lost", content=fixture("dialect_gml_shapes"), headers=headers)
        root = assert_strict(answer.content)
        assert [each.text for each in root.iter(LOST + "uri")] == ["https://desk.example.kr"]
        assert root.find(LOST + "warnings") is None
        key = next(root.iter(LOST + "serviceBoundaryReference")).get("key")
        asked = f'<getServiceBoundary xmlns="urn:ietf:params:xml:ns:lost1" key="{key}"/>'.encode()
        assert (await ask(world.client, asked, **TYPE)).tag == LOST + "getServiceBoundaryResponse"
    rows = world.rows("SELECT kind, partner, detail, seen FROM discrepancy WHERE protocol = 'lost' ORDER BY 1")
    assert {row[0] for row in rows} == {"comma_positions", "crs_spelling", "shape_namespace"}
    assert {(row[1], row[3]) for row in rows} == {("acme/1.2", 3)}
    assert not any("37.4" in str(row) or "010" in str(row) for row in rows)


async def test_lost_names_the_center_that_an_alert_goes_to(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database, worker=False) as world:
        await world.register("serving-1", ["41410"], https_url="https://desk.example.kr")
        accepted = (await world.post(an_alert())).json()
        root = await ask(world.client, fixture("find_point"), **TYPE)
        assert accepted["center"]["code"] == "41410" and accepted["reason"] == "failover"
        assert [each.get("sourceId", "")[:7] for each in root.iter(LOST + "mapping")] == ["c-41410"]
        assert 'ansim_lost_answers_total{kind="FindServiceResponse"} 1.0' in (await world.client.get("/metrics")).text
