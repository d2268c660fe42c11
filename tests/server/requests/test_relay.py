"""The relay for requests between an agency's network and the center's: the real door behind it, real sockets."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import threading
import time
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import uvicorn
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from typer.testing import CliRunner
from websockets.asyncio.client import connect

from location_router.request_content.attachments import MOST_BYTES
from location_router.runtime.door import open_door
from location_router.runtime.webhook import signed, signed_call
from server import attachment_routes, line_view_routes, plate_routes, relay_requests, request_routes
from server import relay_rules as rules
from server.actor import SYSTEM
from server.app import LINES
from server.dispatch.lines import set_line
from server.dispatch.reports import LONGEST_BODY
from server.relay_command import relay_app
from server.relay_requests import RequestRelay, create_request_relay
from server.relay_requests_serving import RequestRelaySettings, build
from server.relay_rules import Book, BookWrong, Stopped, inwards
from server.requests import deciding
from server.video.relay_door import Door, Full, Purse
from server.video.relay_log import log_files, verify_files
from server.video.relayed import HEADER, Asked, RelayedAddress, public_half, relay_key, relays_from, stamp
from tests.server.requests.asking import FIRM, KEY, RIVAL, Office, agree, office
from tests.server.scene import app_of, listening

OWN_KEY = b64encode(b"q" * 32).decode()
HERE, ELSEWHERE, STRANGE = "127.0.0.2", "127.0.0.3", "127.0.0.4"


@dataclass
class Zone:
    """Both sides of a relay, and what the center behind it was asked."""

    room: Office
    inside: str
    outside: str
    center: str
    folder: Path
    asked: list[tuple[str, str]] = field(default_factory=list)
    delay_s: float = 0.0
    relay: RequestRelay = field(init=False)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for file in log_files(self.folder) for line in file.read_text().splitlines()]

    def refused(self) -> list[str]:
        return [one["code"] for one in self.lines() if one["kind"] == "refused"]

    async def call(
        self, method: str, path: str, body: bytes = b"", *, address: str = HERE, form: str = "application/json",
        headers: dict[str, str] | None = None, url: str = "",
    ) -> httpx.Response:  # fmt: skip
        at = int(self.room.scene.services.clock().timestamp())
        said = signed_call(KEY, str(uuid4()), body, method=method, path=path, at=at) | {"Content-Type": form}
        transport = httpx.AsyncHTTPTransport(local_address=address)
        async with httpx.AsyncClient(transport=transport, trust_env=False, timeout=30) as http:
            return await http.request(
                method, (url or self.inside) + path, content=body, headers=said if headers is None else headers
            )


def book(out: str, *calls: str) -> str:
    """The firm at one address; its rival elsewhere, with requests and their pictures."""
    mine = json.dumps(calls or ("requests", "attachments", "pictures", "live", "plates"))
    return (
        f'[agencies.{FIRM}]\nnetworks = ["{HERE}/32"]\ncalls = {mine}\nlistens = "{out}"\n'
        f'[agencies.{RIVAL}]\nnetworks = ["{ELSEWHERE}/32"]\ncalls = ["requests", "attachments"]\n'
        f'[readers.reader-1]\nnetworks = ["{HERE}/32"]\n'
    )


@asynccontextmanager
async def between(room: Office, tmp_path: Path, **settings: Any) -> AsyncIterator[Zone]:
    """A relay in front of the center's own door, which believes it alone; the firm's system listens behind it."""
    routers = (one.router for one in (request_routes, attachment_routes, plate_routes, line_view_routes))
    app = app_of(room.scene.services, *routers)
    zone = Zone(room, "", "", "", tmp_path / "log")

    @app.middleware("http")
    async def seen(request: Request, go_on: Any) -> Any:
        zone.asked.append((request.method, request.url.path))
        await asyncio.sleep(zone.delay_s)
        return await go_on(request)

    trusted = relays_from(f"127.0.0.1={public_half(relay_key(OWN_KEY))}", "REQUEST_RELAYS")
    app.add_middleware(RelayedAddress, relays=trusted, under=LINES)
    ledger_url = await room.scene.one("SELECT url FROM agency_line WHERE agency_id = :id", id=FIRM)
    (tmp_path / "book.toml").write_text(book(ledger_url))
    given = {"relay_key": OWN_KEY, "relay_log_dir": zone.folder, "relay_agreements": tmp_path / "book.toml"}
    given |= {"relay_center_networks": "127.0.0.1/32", "relay_most_per_address": 4}
    async with listening(app) as zone.center:
        relay = zone.relay = build(RequestRelaySettings(**{"relay_upstream": zone.center, **given, **settings}))
        async with running(relay) as (zone.inside, zone.outside):
            yield zone


@asynccontextmanager
async def running(relay: RequestRelay) -> AsyncIterator[tuple[str, str]]:
    """Both sides of it."""
    doors = [open_door("127.0.0.1", 0) for _ in range(2)]
    inside, outside = (f"http://127.0.0.1:{door.getsockname()[1]}" for door in doors)
    out_port = doors[1].getsockname()[1]
    config = uvicorn.Config(create_request_relay(relay, out_port), log_level="warning", ws="websockets-sansio")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=doors))
    while not server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    try:
        yield inside, outside
    finally:
        server.should_exit = True
        await serving
        for door in doors:
            door.close()


@pytest.fixture
async def room(installation_database: str) -> AsyncIterator[Office]:
    async with office(installation_database) as made:
        yield made


async def through_the_relay(room: Office, zone: Zone) -> str:
    """Raised, told, moved, taken back: byte for byte as at the center's own door. The request's id."""
    requests = f"/api/lines/{FIRM}/requests"
    letter = room.letter()
    body = json.dumps(letter, ensure_ascii=False).encode()
    at = int(room.scene.services.clock().timestamp())
    headers = signed_call(KEY, "raise-1", body, method="POST", path=requests, at=at)
    raised = await zone.call("POST", requests, body, headers=headers)
    assert raised.status_code == 202, raised.text
    assert set(raised.json()) >= {"state", "status_path", "positions_path"}, "the center's own answer"
    told = await zone.call("GET", raised.json()["status_path"])
    assert (told.status_code, told.json()["state"]) == (200, "received")
    again = await zone.call("POST", requests, body, headers=headers)
    assert (again.status_code, again.json()["received_at"]) == (200, told.json()["received_at"])
    place = json.dumps({"positions": [letter["position"]]}).encode()
    assert (await zone.call("POST", raised.json()["positions_path"], place)).status_code == 200
    (line,) = [one for one in zone.lines() if one["kind"] == "opened" and one["bytes"] == len(body)][:1]
    said = f"raise-1\n{headers['X-Ansim-Signature']}\n".encode()
    assert line["digest"] == hashlib.sha256(said + body).hexdigest(), "the agency finds its own call in the log"
    return str(letter["request_id"])


async def states_come_back(room: Office, zone: Zone, request_id: str) -> None:
    """The center's own job sends to the relay; the firm's system hears it with the line's signature."""
    async with room.scene.services.db.begin() as unit:
        options = {"kind": "webhook", "url": f"{zone.outside}/out/{FIRM}", "key": KEY, "actor": SYSTEM}
        await set_line(unit, room.scene.services, agency_id=FIRM, center_id=None, **options)
    assert await room.tell(request_id, 1)
    (heard,) = room.ledger.cases.values()
    assert json.loads(heard.body)["state"] == "received" and not room.ledger.refused
    room.ledger.down = 1
    assert not await room.tell(request_id, 1), "what the agency did not take is not taken: the job comes back"
    body = b"{}"
    from_strange = await zone.call(
        "POST", f"/out/{FIRM}", body, address=STRANGE, headers=signed(KEY, "x", body), url=zone.outside
    )
    assert (from_strange.status_code, from_strange.json()["code"]) == (403, "address_not_agreed")
    nobody = await zone.call("POST", f"/out/{RIVAL}", body, address="127.0.0.1", url=zone.outside)
    assert nobody.json()["code"] == "agency_not_agreed", "it listens nowhere"
    across = await zone.call("GET", f"/api/lines/{FIRM}/plates", address="127.0.0.1", url=zone.outside)
    assert across.status_code == 404, "a center's machine makes no calls of an agency"
    back = await zone.call("POST", f"/out/{FIRM}", body, address="127.0.0.1")
    assert back.status_code == 404, "and at the agencies' side no message of a center's is taken"


async def pictures_and_the_open_line(room: Office, zone: Zone, request_id: str) -> None:
    """Tickets bear the agency's own address, not the relay's; the line's words come through until its end."""
    path, said = f"/api/lines/{FIRM}/requests/{request_id}", json.dumps({"viewer": "kim-07"}).encode()
    at = int(room.scene.services.clock().timestamp())
    headers = signed_call(KEY, "line", b"", method="GET", path=f"{path}/live", at=at)
    address = f"{zone.inside.replace('http', 'ws', 1)}{path}/live"
    incident_id = (await room.row(request_id))["incident_id"]
    async with connect(address, additional_headers=headers, proxy=None, local_addr=(HERE, 0)) as line:
        assert json.loads(await line.recv())["state"] == "received"
        await deciding.accept(room.scene.services, room.viewer("operator"), incident_id, UUID(request_id))
        async with asyncio.timeout(20):
            while json.loads(await line.recv()).get("live") is not True:
                pass
        opened = await zone.call("POST", f"{path}/video", said)
        assert opened.status_code == 200 and len(opened.json()["cameras"]) == 5, opened.text
        (seat,) = await room.scene.sql("SELECT DISTINCT address FROM release WHERE kind = 'live'")
        assert seat["address"] == HERE
        stills = await zone.call("POST", f"{path}/stills", said)
        assert (stills.status_code, stills.json()["code"]) == (403, "no_agreement"), "the center's own no"
        cancelled = await zone.call("POST", f"{path}/cancel", b"{}")
        assert cancelled.json()["state"] == "cancelled"
        async with asyncio.timeout(20):
            while json.loads(await line.recv())["type"] != "ended":
                pass
    async with connect(address, additional_headers=headers, proxy=None, local_addr=(STRANGE, 0)) as line:
        assert json.loads(await line.recv())["code"] == "address_not_agreed"


REFUSED: list[tuple[str, str, bytes, dict[str, Any], str]] = [
    ("POST", "/requests", b"{}", {"address": STRANGE}, "address_not_agreed"),
    ("POST", "/requests", b"{}", {"address": ELSEWHERE}, "address_not_agreed"),
    ("POST", "/requests", b"{}", {"headers": {"Content-Type": "application/json"}}, "unsigned"),
    ("POST", "/requests", b"{}", {"form": "text/plain"}, "unknown_form"),
    ("POST", "/requests", b"{", {}, "unreadable"),
    ("POST", "/requests", b"<!DOCTYPE a><a/>", {"form": "application/cap+xml"}, "unreadable"),
    ("POST", "/requests", b"[" + b" " * LONGEST_BODY + b"]", {}, "too_large"),
    ("POST", "/requests?x=1", b"{}", {}, "unknown_path"),
    ("POST", "/requests/", b"{}", {}, "unknown_path"),
    ("GET", "/%72equests", b"", {}, "unknown_path"),
    ("PATCH", "/requests", b"{}", {}, "unknown_path"),
    ("POST", "/sources", b"{}", {}, "call_not_agreed"),
    ("GET", "/plates", b"{}", {}, "unknown_form"),
]


async def nothing_else_passes(zone: Zone) -> None:
    before = list(zone.asked)
    for method, path, body, more, code in REFUSED:
        answer = await zone.call(method, f"/api/lines/{FIRM}{path}", body, **more)
        assert answer.json()["code"] == code and answer.json()["message_ko"], (path, answer.text)
        assert answer.headers["content-type"] == "application/problem+json" and answer.json()["by"] == "relay"
    photo = await zone.call("POST", f"/api/lines/{FIRM}/requests/{uuid4()}/attachments", b"GIF89a", form="image/png")
    assert photo.json()["code"] == "unreadable"
    for path in ("/", "/api/login", "/api/incidents", "/metrics", "/internal/kick", "/api/lines/nobody/requests"):
        assert (await zone.call("POST", path, b"{}")).status_code in (403, 404), path
    assert zone.asked == before, "the center heard of none of them"
    assert {code for *_, code in REFUSED} <= set(zone.refused()), "each is a line"


async def long_bodies_hold_up_nobody(zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are looked at beside the event loop, and what would be a hundred times as large in memory is never made."""
    looked = set[str]()
    is_json = rules._is_json

    def seen(body: bytes) -> bool:
        looked.add(threading.current_thread().name)
        return is_json(body)

    monkeypatch.setattr(rules, "_is_json", seen)
    path = "/api/readers/reader-1/reads"
    for body in (b"[" + b"{}," * 200_000 + b"{}]", b"{}\n" * 200_000):
        asked = len(zone.asked)
        answer = await zone.call("POST", path, body)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        assert not looked and len(zone.asked) == asked, "nothing of it was read, and the center heard of none"
    assert "by" not in (await zone.call("POST", path, b"[" + b"{}," * 40_000 + b"{}]")).json()
    assert looked and threading.main_thread().name not in looked
    monkeypatch.setattr(rules, "_is_json", is_json)


async def the_center_alone_decides(room: Office, zone: Zone) -> None:
    """A wrong signature passes the relay and fails at the center; and whose word about an address counts."""
    path, body = f"/api/lines/{FIRM}/requests", json.dumps(room.letter()).encode()
    at = int(room.scene.services.clock().timestamp())
    forged = signed_call("no key", "f", body, method="POST", path=path, at=at)
    answer = await zone.call("POST", path, body, headers=forged)
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_signature") and "by" not in answer.json()
    direct = await zone.call("POST", path, body, address=ELSEWHERE, url=zone.center)
    assert direct.json()["code"] == "address_not_registered", "the address is the relay's word, or one's own"
    good = signed_call(KEY, "g", body, method="POST", path=path, at=at)
    said = {HEADER: stamp(relay_key(OWN_KEY), Asked("POST", path), address=HERE, head="1:a", now=time.time())}
    for address, status in ((STRANGE, 403), ("127.0.0.1", 202)):
        told = await zone.call("POST", path, body, address=address, headers=good | said, url=zone.center)
        assert told.status_code == status, "only from the relay's own address"


async def who_sends_slowly_leaves_room_for_others(room: Office, zone: Zone) -> None:
    """Bodies that never end, in the firm's and in its reader's name: neither another agency nor a letter waits."""
    most = rules.PHOTO
    zone.relay.purse_in = Purse(3 * most)
    photos = [f"/api/lines/{agency}/requests/{uuid4()}/attachments" for agency in (FIRM, RIVAL)]
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield b"\xff\xd8\xff" + bytes(most - 4)
        begun.set()
        await go_on.wait()
        yield b"\x00"

    headers = signed_call("no key", "slow", b"", method="POST", path=photos[0], at=1) | {"Content-Type": "image/jpeg"}
    transport = httpx.AsyncHTTPTransport(local_address=HERE)
    async with httpx.AsyncClient(transport=transport, trust_env=False, timeout=30) as http:
        slow = asyncio.create_task(http.post(zone.inside + photos[0], content=slowly(), headers=headers))
        await begun.wait()
        while zone.relay.purse_in._sum < most - 4:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        photo = b"\xff\xd8\xff" + bytes(1000)
        for path, address, is_full in (
            (photos[0], HERE, True),
            ("/api/readers/reader-1/reads", HERE, True),
            (photos[1], ELSEWHERE, False),
            (f"/api/lines/{FIRM}/requests", HERE, False),
        ):
            form = "image/jpeg" if path in photos else "application/json"
            body = photo if path in photos else b"[]" if "lines" in path else b"[" + b"{}," * 1000 + b"{}]"
            answer = await zone.call("POST", path, body, address=address, form=form)
            told = answer.json()
            assert told["code"] == "relay_full" if is_full else "by" not in told, (path, answer.text)
        go_on.set()
        assert "by" not in (await slow).json(), "the center's own no"
    assert zone.relay.purse_in._sum == 0 and not zone.relay.purse_in._held


def test_one_name_has_a_quarter_of_the_places() -> None:
    door = Door(most=8, most_per_address=8)
    held = [door.enter(f"127.0.0.{number}", "agency a") for number in range(2)]
    with pytest.raises(Full):
        door.enter("127.0.0.9", "agency a")
    with door.enter("127.0.0.9", "agency b"), door.enter("127.0.0.9"):
        assert door.open == 4
    for place in held:
        place.close()
    assert not door.open and door.enter("127.0.0.9", "agency a")


async def trouble_is_said(zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    """A center that is slow, a relay that can't write: problems, and nothing acknowledged."""
    path = f"/api/lines/{FIRM}/requests/{uuid4()}"
    monkeypatch.setattr(relay_requests, "ANSWER_S", 0.2)
    zone.delay_s = 0.6
    slow = await zone.call("GET", path)
    assert (slow.status_code, slow.json()["code"]) == (504, "other_side_slow") and slow.headers["retry-after"]
    answers = await asyncio.gather(*(zone.call("GET", path) for _ in range(8)))
    assert {one.status_code for one in answers} == {503, 504}, "so many at once from one address, and no more wait"
    zone.delay_s = 0.0
    monkeypatch.setattr(relay_requests, "ANSWER_S", 15.0)
    asked = len(zone.asked)
    with monkeypatch.context() as broken:
        broken.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "no space left")))
        full = await zone.call("GET", path)
    assert (full.status_code, full.json()["code"]) == (503, "relay_log")
    assert len(zone.asked) == asked, "what can't be written down does not happen"
    assert (await zone.call("GET", path)).status_code == 404, "and goes on when it can"


async def test_a_request_and_its_states_pass_and_nothing_else_does(
    room: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await agree(room.scene)
    registered = "INSERT INTO agency_address (agency_id, network) VALUES (:id, :network)"
    await room.scene.sql(registered, id=FIRM, network=f"{HERE}/32")
    async with between(room, tmp_path) as zone:
        request_id = await through_the_relay(room, zone)
        await states_come_back(room, zone, request_id)
        await nothing_else_passes(zone)
        await the_center_alone_decides(room, zone)
        await who_sends_slowly_leaves_room_for_others(room, zone)
        await long_bodies_hold_up_nobody(zone, monkeypatch)
        await trouble_is_said(zone, monkeypatch)
        await pictures_and_the_open_line(room, zone, request_id)
        lines = zone.lines()
    text = re.sub('"[0-9a-f-]{16,}"', '""', json.dumps(lines, ensure_ascii=False))  # digests say any four digits
    assert not any(word in text for word in ("보라", "1234", HERE, KEY, "37.39")), "nothing of what it says, no address"
    passed = [(one["what"], one.get("status")) for one in lines if one["kind"] == "closed"]
    assert {("raise", 202), ("raise", 401), ("state", 200), ("message", 200), ("cancel", 200), ("live", None)} <= set(
        passed
    )
    assert verify_files(log_files(zone.folder)).number == len(lines) + 1
    shown = CliRunner().invoke(relay_app(), ["show-log", str(zone.folder), "--who", FIRM, "--what", "cancel"])
    assert [json.loads(one)["kind"] for one in shown.stdout.splitlines()] == ["opened", "closed"]
    (file,) = log_files(zone.folder)
    file.write_text(file.read_text().replace('"raise"', '"state"', 1))
    assert CliRunner().invoke(relay_app(), ["show-log", str(zone.folder)]).exit_code == 1, "a changed log is not shown"


async def test_one_way_brings_a_receipt_and_a_center_that_is_away_brings_none(room: Office, tmp_path: Path) -> None:
    await agree(room.scene)
    async with between(room, tmp_path, relay_direction="in") as zone:
        path, letter = f"/api/lines/{FIRM}/requests", room.letter()
        raised = await zone.call("POST", path, json.dumps(letter).encode())
        assert raised.status_code == 202 and raised.json()["request_id"] == letter["request_id"]
        assert set(raised.json()) <= set(rules.RECEIPT) and "history" not in raised.json()
        read = await zone.call("GET", f"{path}/{letter['request_id']}")
        assert (read.status_code, read.json()["code"]) == (403, "one_way")
        wrong = await zone.call("POST", path, b'{"request_id": "1"}')
        assert wrong.status_code == 422 and wrong.json()["message_ko"], "why it was not taken comes back, too"
    with closing(open_door("127.0.0.1", 0)) as taken:
        away = f"http://127.0.0.1:{taken.getsockname()[1]}"
    async with between(room, tmp_path, relay_upstream=away, relay_log_dir=tmp_path / "away") as zone:
        answer = await zone.call("POST", path, json.dumps(room.letter()).encode())
        assert (answer.status_code, answer.json()["code"]) == (502, "other_side_away") and "다시" in answer.text
        async with httpx.AsyncClient(trust_env=False) as http:
            assert (await http.get(f"{zone.inside}/healthz")).json()["upstream"] is False
    assert await room.scene.one("SELECT count(*) FROM agency_request") == 1


async def test_a_kept_connection_that_was_hung_up_loses_no_call() -> None:
    calls = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" if calls > 1 else b"")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as center, httpx.AsyncClient(trust_env=False) as http:
        url = httpx.URL(f"http://127.0.0.1:{center.sockets[0].getsockname()[1]}/")
        told, back = await relay_requests._asked(relay_requests._Way(http, url, {}), "POST", b"{}")
    assert (told.status_code, back, calls) == (200, b"{}", 2)


@given(method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "WS"]), tail=st.text(max_size=60))
def test_no_other_path_is_a_door(method: str, tail: str) -> None:
    held = Book.read(book("https://10.7.0.9/ansim"))
    try:
        found = inwards(held, method, f"/api/lines/{FIRM}/{tail}", "", HERE, is_one_way=False)
    except Stopped as stopped:
        assert stopped.code in ("unknown_path", "agency_not_agreed", "call_not_agreed")
    else:
        assert found.who == FIRM and not set(tail) - set("0123456789abcdefABCDEF-/requstposincalhmvpd")
    with pytest.raises(Stopped):
        inwards(held, method, tail, "", HERE, is_one_way=False)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("[agencies.a]\nnetworks = []", "agencies.a.networks"),
        ('[agencies.a]\nnetworks = ["10.7.0.0/33"]', "agencies.a.networks"),
        ('[agencies.a]\nnetworks = ["10.7.0.0/16"]\nlistens = "http://10.7.0.9/x"', "agencies.a.listens"),
        ('[agencies.a]\nnetworks = ["10.7.0.0/16"]\ncalls = ["all"]', "agencies.a.calls"),
        ('[agencies.a]\nnetworks = ["10.7.0.0/16"]\nnetwork = 1', "agencies.a.network"),
        ("agencies = ", "TOML"),
    ],
)
def test_a_wrong_agreement_file_is_named_with_its_field(text: str, field: str, tmp_path: Path) -> None:
    with pytest.raises(BookWrong, match=field):
        Book.read(text)
    (tmp_path / "book.toml").write_text(text)
    with pytest.raises(ValidationError, match=field):
        RequestRelaySettings(
            relay_upstream="https://center", relay_key=OWN_KEY, relay_log_dir=tmp_path,
            relay_agreements=tmp_path / "book.toml", relay_center_networks="10.9.0.0/24",
        )  # fmt: skip


def test_the_two_sides_are_told_apart_and_sizes_are_the_centers_own() -> None:
    given = {"relay_upstream": "https://center", "relay_key": OWN_KEY, "relay_log_dir": Path("."), "port": 8402}
    given |= {"relay_agreements": Path("/dev/null")}
    with pytest.raises(ValidationError, match="give two"):
        RequestRelaySettings(**given, relay_center_networks="10.9.0.0/24")
    with pytest.raises(ValidationError, match="RELAY_CENTER_NETWORKS"):
        RequestRelaySettings(**given | {"port": 8401})
    with pytest.raises(ValidationError, match="RELAY_DIRECTION"):
        RequestRelaySettings(**given | {"port": 8401, "relay_before": "router", "relay_direction": "out"})
    assert RequestRelaySettings(**given | {"port": 8401, "relay_before": "router"}).relay_center_networks == ""
    assert (rules.LETTER, rules.PHOTO) == (LONGEST_BODY, MOST_BYTES)
