"""The relay of a separated network, as a process of its own between a seat and a video process that really streams."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.responses import FileResponse
from pydantic import ValidationError
from typer.testing import CliRunner

from location_router.runtime.told import told
from server.relay_command import relay_app
from server.settings import Settings
from server.video.app import VideoDesk
from server.video.gateway import ConsoleGateway, clip_of, plays_of
from server.video.relay import is_reached
from server.video.relay_log import GENESIS, LogBroken, RelayLog, log_files, verify_files
from server.video.relay_serving import RelaySettings, build
from server.video.relayed import HEADER, Asked, believed, public_half, relay_key, relays_from, stamp
from server.video.tickets import BadTicket, Ticket, for_purpose, new_ticket, sign, verify, verifying_key
from server.video.zones import ZonedGateway
from tests.video.conftest import KEY, RunningCity, VideoProcess, running_gateway
from tests.video.seat import Seat, eventually
from tests.video.test_whep import Screen

ROOT = Path(__file__).resolve().parents[2]
SEAT = "127.0.0.2"  # the relay itself asks from 127.0.0.1
OWN_KEY, STRANGER = b64encode(b"r" * 32).decode(), b64encode(b"s" * 32).decode()
RELAYS = f"127.0.0.1={public_half(relay_key(OWN_KEY))}"
FILM = secrets.token_bytes(5_000_000)


@dataclass
class RunningRelay:
    process: subprocess.Popen[str]
    url: str
    folder: Path

    @property
    def socket_url(self) -> str:
        return "ws" + self.url[4:]

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for file in log_files(self.folder) for line in file.read_text().splitlines()]

    def closed(self, release_id: str) -> dict[str, Any] | None:
        return next((one for one in self.lines() if one["kind"] == "closed" and one["release"] == release_id), None)

    def browser(self, address: str = SEAT) -> httpx.AsyncClient:
        transport = httpx.AsyncHTTPTransport(local_address=address)
        return httpx.AsyncClient(base_url=self.url, transport=transport, trust_env=False, timeout=15)


@contextmanager
def relay_in_front_of(upstream: str, folder: Path, **settings: str) -> Iterator[RunningRelay]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("RELAY", "VIDEO", "DATABASE"))}
    env |= {"PORT": "0", "RELAY_UPSTREAM": upstream, "RELAY_LOG_DIR": str(folder), "RELAY_KEY": OWN_KEY}
    env |= {"RELAY_TICKET_KEY": verifying_key(KEY), "LOG_LEVEL": "WARNING"} | settings
    program = [sys.executable, "-m", "server", "relay"]
    process = subprocess.Popen(program, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        ready = json.loads(process.stdout.readline())
        assert ready["role"] == "relay" and ready["pid"] == process.pid
        yield RunningRelay(process, ready["url"], folder)
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) in (0, -15)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def films(folder: Path) -> Any:
    """Clips as a video process serves them: ticket, address and range."""
    (folder / "film.mp4").write_bytes(FILM)
    begun: set[str] = set()

    def router(desk: VideoDesk) -> APIRouter:
        made = APIRouter()

        @made.get("/clips/{release_id}")
        async def clip(request: Request, release_id: str, ticket: str) -> FileResponse:
            assert request.client
            try:
                given = verify(
                    ticket, desk.key, purpose="clip", address=request.client.host, now=time.time(), begun=begun
                )
            except BadTicket as bad:
                raise HTTPException(403, bad.code) from bad
            begun.add(given.ticket_id)
            return FileResponse(folder / "film.mp4", media_type="video/mp4")

        return made

    return router


@asynccontextmanager
async def two_zones(city: RunningCity, folder: Path, *, video: Any = None, **settings: str):  # type: ignore[no-untyped-def]
    async with running_gateway(city, relays=RELAYS, extra_routers=[films(folder)], **(video or {})) as video:
        upstream = f"http://127.0.0.1:{video.port}"
        with relay_in_front_of(upstream, folder / "log", **settings) as relay:
            yield video, relay


def knock(video: VideoProcess, camera_id: str = "cam-1", *, address: str = SEAT, now: float | None = None) -> Ticket:
    """A ticket for an allowed viewing."""
    video.releases += 1
    release_id = f"release-{video.releases}"
    video.gate.allowed.add(release_id)
    return new_ticket(
        release_id=release_id,
        incident_id="incident",
        camera_id=camera_id,
        viewer_id="account-7",
        address=address,
        now=now or time.time(),
    )


def live(relay: RunningRelay, ticket: Ticket) -> str:
    return plays_of(relay.socket_url, ticket, KEY)[0].url


async def refusal(relay: RunningRelay, url: str, address: str = SEAT) -> tuple[str, int | None]:
    seat = await Seat.take(url, address=address)
    told = await seat.until(lambda s: s.close_code and s.last("refused"))
    assert seat.bytes_received == 0 and told["message_ko"] and told["message_en"]
    return str(told["code"]), seat.close_code


async def test_an_agent_of_the_other_network_watches_until_the_release_ends(city: RunningCity, tmp_path: Path) -> None:
    async with two_zones(city, tmp_path, video={"whep_addresses": ("127.0.0.1",)}) as (video, relay):
        ticket, other = knock(video), knock(video, "cam-2")
        seat, neighbour = (
            await Seat.take(live(relay, ticket), address=SEAT),
            await Seat.take(live(relay, other), address=SEAT),
        )
        await seat.until(lambda s: len(s.pictures) >= 5)
        assert max(seat.ages_s()) < 30.0, "what comes through is live"
        assert {address for _, _, address in video.gate.asked} == {SEAT}, "the gate hears the viewer's own address"
        video.gate.ended[ticket.release_id] = "incident_closed"
        end = await seat.until(lambda s: s.close_code and s.last("end"))
        assert (end["reason"], seat.close_code) == ("incident_closed", 4403)
        await neighbour.until(lambda s: len(s.pictures) >= 5)
        assert (await refusal(relay, live(relay, ticket)))[0] == "incident_closed", (
            "the ticket is young, the gate is shut"
        )
        await neighbour.leave()
        await eventually(lambda: relay.closed(other.release_id))

        await webrtc_is_agreed(video, relay)

        opened = next(one for one in relay.lines() if one["kind"] == "opened" and one["release"] == ticket.release_id)
        closed = relay.closed(ticket.release_id)
        assert closed and opened["who"] == closed["who"] == "account-7" and opened["from"] == closed["from"]
        assert closed["bytes"] > seat.bytes_received > 10_000 and closed["reason"] == "ended"
        assert relay.closed(other.release_id)["reason"] == "viewer_left"  # type: ignore[index]
        async with relay.browser() as browser:
            assert (await browser.get("/healthz")).json() == {"ok": True, "role": "relay", "open": 0, "upstream": True}
    text = "".join(file.read_text() for file in log_files(relay.folder))
    assert not any(secret in text for secret in (SEAT, "cam-", KEY, "ticket=")), "nothing personal, nothing secret"
    assert json.loads(text.splitlines()[-1])["kind"] == "stopped"
    assert verify_files(log_files(relay.folder)).number == len(text.splitlines())


async def test_nothing_passes_without_a_ticket_of_ours(city: RunningCity, tmp_path: Path) -> None:
    async with two_zones(city, tmp_path, RELAY_MOST_PER_ADDRESS="2", RELAY_MOST_MEGABYTES="4") as (video, relay):
        await film_passes(video, relay)
        ticket = knock(video)
        url = live(relay, ticket)
        base, _, text = url.partition("?ticket=")
        forged = sign(ticket, "a key that somebody guessed")
        assert await refusal(relay, f"{base}?ticket={forged}") == ("ticket_invalid", 4401)
        assert await refusal(relay, base) == ("ticket_invalid", 4401)
        assert await refusal(relay, url, address="127.0.0.3") == ("ticket_other_address", 4401)
        assert await refusal(relay, url.replace("cam-1", "cam-2")) == ("ticket_other_camera", 4401)
        assert (await refusal(relay, live(relay, knock(video, now=time.time() - 61))))[0] == "ticket_expired"
        assert video.gate.asked == [], "none of them came as far as the gate"

        # the same ticket, at the video process itself, from the relay's machine and with headers of one's own making
        direct = f"http://127.0.0.1:{video.port}/video/cam-1?ticket={text}".replace("http", "ws", 1)
        assert (await refusal(relay, direct, address="127.0.0.1"))[0] == "ticket_other_address"

        async with relay.browser() as browser:
            for method, path in [
                ("GET", "/"),
                ("POST", "/internal/kick"),
                ("GET", "/metrics"),
                ("GET", "/video/cam-1"),
            ]:
                answer = await browser.request(method, path, params={"ticket": text})
                assert (answer.status_code, answer.json()["code"]) == (404, "unknown_path"), path
            for method, path in [("POST", "/whep/cam-1"), ("GET", f"/clips/{ticket.release_id}")]:
                answer = await browser.request(method, path, params={"ticket": text})
                assert answer.status_code == 401 and answer.json()["message_ko"], path
            assert (await browser.delete("/whep/session/abcdefgh12345678")).status_code == 404
            bearer = {"Authorization": f"Bearer {sign(for_purpose(ticket, 'whep'), KEY)}"}
            too_long = await browser.post("/whep/cam-1", content=b"x" * 70_000, headers=bearer)
            assert too_long.status_code == 413

        seats = [await Seat.take(live(relay, knock(video)), address=SEAT) for _ in range(2)]
        for seat in seats:
            await seat.until(lambda s: s.pictures)
        assert await refusal(relay, url) == ("relay_full", 1013)
        elsewhere = await Seat.take(live(relay, knock(video, address="127.0.0.4")), address="127.0.0.4")
        await elsewhere.until(lambda s: s.pictures)
        for seat in [*seats, elsewhere]:
            await seat.leave()
        refused = [one["code"] for one in relay.lines() if one["kind"] == "refused"]
        assert {"ticket_invalid", "ticket_other_address", "unknown_path", "unknown_session", "relay_full"} <= set(
            refused
        )


async def film_passes(video: VideoProcess, relay: RunningRelay) -> None:
    at = datetime(2026, 3, 1, 2, tzinfo=UTC)
    ticket = knock(video)
    url = clip_of(relay.socket_url, ticket, KEY, begin_at=at, end_at=at).url
    async with relay.browser() as browser:
        part = await browser.get(url, headers={"Range": "bytes=100-199"})
        assert (part.status_code, part.content) == (206, FILM[100:200]) and part.headers["etag"]
        assert part.headers["content-range"] == f"bytes 100-199/{len(FILM)}"
        assert (await browser.get(url.replace(ticket.release_id, "release-99"))).status_code == 401
        assert await said_to_be_relayed(video, url, OWN_KEY, "127.0.0.1") == 200
        assert await said_to_be_relayed(video, url, STRANGER, "127.0.0.1") == 403, "not the relay's signature"
        assert await said_to_be_relayed(video, url, OWN_KEY, "127.0.0.5") == 403, "not the relay's address"
        count = 0
        with pytest.raises(httpx.RemoteProtocolError):
            async with browser.stream("GET", url) as answer:
                async for chunk in answer.aiter_raw():
                    count += len(chunk)
        assert 0 < count <= 4_000_000
    await eventually(lambda: any(one.get("reason") == "too_much" for one in relay.lines()))


def test_a_film_that_began_in_time_is_read_on_and_no_other_ticket_outlives_its_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = build(
        RelaySettings(
            relay_upstream="http://127.0.0.1:9",
            relay_ticket_key=verifying_key(KEY),
            relay_key=OWN_KEY,
            relay_log_dir=tmp_path,
        )
    )
    ticket = new_ticket(release_id="r", incident_id="i", camera_id="c", viewer_id="v", address=SEAT, now=1e9)
    film, late = (sign(for_purpose(ticket, "clip"), KEY) for _ in range(2))
    monkeypatch.setattr("server.video.relay.time.time", lambda: 1e9 + 59)
    assert relay.ticket(film, "clip", SEAT) and relay.ticket(sign(ticket, KEY), "live", SEAT, camera_id="c")
    monkeypatch.setattr("server.video.relay.time.time", lambda: 1e9 + 600)
    assert relay.ticket(film, "clip", SEAT)
    for text, purpose, address in [(late, "clip", SEAT), (sign(ticket, KEY), "live", SEAT), (film, "clip", "10.1.1.1")]:
        with pytest.raises(BadTicket):
            relay.ticket(text, purpose, address)  # type: ignore[arg-type]


async def said_to_be_relayed(video: VideoProcess, url: str, key: str, address: str) -> int:
    """The answer of the video process itself to one who asks from `address` and signs with `key`."""
    at = httpx.URL(url)
    asked = Asked("GET", at.path, at.query.decode())
    headers = {HEADER: stamp(relay_key(key), asked, address=SEAT, head="1:a", now=time.time())}
    transport = httpx.AsyncHTTPTransport(local_address=address)
    async with httpx.AsyncClient(transport=transport, trust_env=False, timeout=15) as client:
        return (await client.get(at.copy_with(port=video.port), headers=headers)).status_code


async def webrtc_is_agreed(video: VideoProcess, relay: RunningRelay) -> None:
    """Its pictures go directly, by UDP: the relay carries only the words."""
    whep = plays_of(relay.socket_url, knock(video, address="127.0.0.1"), KEY)[1]
    one = Screen(relay.url)
    await one.watch(whep)
    await eventually(lambda: one.pictures, 20)
    assert (await one.told())["type"] == "state"
    async with relay.browser("127.0.0.3") as other:
        assert (await other.delete(one.session)).status_code == 404, "a session belongs to who began it"
    assert (await one.http.delete(one.session)).status_code in (200, 204)
    await eventually(lambda: len(video.desk.whep) == 0)
    await one.close()


async def test_the_upstreams_certificate_is_checked(tmp_path: Path) -> None:
    ours, theirs = certificate(tmp_path / "ours"), certificate(tmp_path / "theirs")
    app = FastAPI()
    app.add_api_route("/healthz", lambda: {"ok": True})
    config = uvicorn.Config(app, port=0, log_level="critical", ssl_certfile=ours[0], ssl_keyfile=ours[1])
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    given = {"relay_upstream": f"https://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"}
    given |= {"relay_ticket_key": verifying_key(KEY), "relay_key": OWN_KEY, "relay_log_dir": tmp_path / "log"}
    for authority, is_up in [(ours[0], True), (theirs[0], False), (None, False)]:
        relay = build(RelaySettings(**given, relay_ca_file=authority))
        assert await is_reached(relay.upstream) is is_up
        await relay.upstream.http.aclose()
    server.should_exit = True
    await running


def certificate(folder: Path, *addresses: str) -> tuple[Path, Path]:
    """(certificate, key) of these addresses (127.0.0.1), signed by itself."""
    folder.mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, folder.name)])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1))
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address(one)) for one in addresses or ["127.0.0.1"]])
    signed = made.add_extension(address, critical=False).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(signed.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(private)
    return folder / "cert.pem", folder / "key.pem"


async def test_a_silent_center_is_said_in_clear_words(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    ticket = new_ticket(
        release_id="r", incident_id="i", camera_id="cam-1", viewer_id="v", address=SEAT, now=time.time()
    )
    with relay_in_front_of(f"http://127.0.0.1:{port}", tmp_path / "log") as relay:
        assert await refusal(relay, live(relay, ticket)) == ("upstream_away", 1013), "and the player tries again"
        async with relay.browser() as browser:
            clip = clip_of(relay.socket_url, ticket, KEY, begin_at=datetime.now(UTC), end_at=datetime.now(UTC))
            answer = await browser.get(clip.url)
            assert answer.status_code == 502 and "연결할 수 없습니다" in answer.json()["message_ko"]
            assert (await browser.get("/healthz")).json()["upstream"] is False


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("RELAY_UPSTREAM", "http://10.0.0.1:8300", "plain http only on the loopback"),
        ("RELAY_UPSTREAM", "https://video/internal", "one address"),
        ("RELAY_TICKET_KEY", "abc", "43 characters"),
        ("RELAY_KEY", "abc", "--new"),
        ("RELAY_CA_FILE", "/nowhere.pem", "no such file"),
    ],
)
def test_a_wrong_setting_is_named_with_its_cure(
    name: str, value: str, word: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given = {"RELAY_UPSTREAM": "https://video", "RELAY_LOG_DIR": str(tmp_path), "RELAY_KEY": OWN_KEY}
    for each, text in (given | {"RELAY_TICKET_KEY": verifying_key(KEY), name: value}).items():
        monkeypatch.setenv(each, text)
    with pytest.raises(ValidationError) as refused:
        RelaySettings()  # type: ignore[call-arg]
    said = told(refused.value)
    assert f"  {name}: " in said and word in said and said.count("\n") == 1


def test_the_viewers_address_is_believed_from_the_relay_about_this_request_only() -> None:
    key, asked = relay_key(OWN_KEY), Asked("WS", "/video/cam-1", "ticket=abc")
    (public,) = relays_from(RELAYS).values()
    text = stamp(key, asked, address="10.1.2.3", head="7:abc", now=1e9)
    assert believed(text, public, asked, now=1e9 + 5) == ("10.1.2.3", "7:abc")
    for other, now in [
        (replace(asked, query="ticket=abd"), 1e9),
        (replace(asked, path="/video/cam-2"), 1e9),
        (asked, 2e9),
    ]:
        with pytest.raises(ValueError):
            believed(text, public, other, now=now)
    for made in (stamp(relay_key(STRANGER), asked, address="10.1.2.3", head="", now=1e9), "", "a.b", text + "A", "é.é"):
        with pytest.raises(ValueError):
            believed(made, public, asked, now=1e9)
    for bad in ("10.1.2.3", "10.1.2.3=abc", "here=" + RELAYS.partition("=")[2]):
        with pytest.raises(ValueError, match="VIDEO_RELAYS"):
            relays_from(bad)


async def test_who_sits_behind_the_relay_gets_its_address_and_no_webrtc() -> None:
    zoned = ZonedGateway(ConsoleGateway(), url="wss://relay.agency", networks="10.7.0.0/16, fd00::/8", key=KEY)
    here = new_ticket(
        release_id="r", incident_id="i", camera_id="c", viewer_id="v", address="10.7.1.2", now=time.time()
    )
    assert [(one.kind, one.url[:25]) for one in await zoned.play(here)] == [("ws-fmp4", "wss://relay.agency/video/")]
    at = datetime(2026, 3, 1, 2, tzinfo=UTC)
    clip = await zoned.clip(here, begin_at=at, end_at=at)
    assert clip and clip.url.startswith("https://relay.agency/clips/r?")
    for address in ("10.8.1.2", "::1", "testclient"):
        assert len(await zoned.play(replace(here, address=address))) == 2
    for name, wrong in (("video_relay_url", "https://relay"), ("video_relay_networks", "10.0.0.0/33")):
        with pytest.raises(ValidationError) as refused:
            Settings(database_url="x", data_key="x", **{name: wrong})
        assert name.upper() in told(refused.value)


# -- the log --------------------------------------------------------------------------------------------------------


def test_the_log_goes_on_over_days_restarts_and_a_power_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 3, 1, 14, 59, 59, tzinfo=UTC)
    clock = lambda: now  # noqa: E731
    log = RelayLog(tmp_path, clock)
    log.write("started")
    first = log.write("opened", release="r-1", who="a")
    now += timedelta(days=1)
    log.write("closed", release="r-1", bytes=5)
    log.close()
    with open(tmp_path / "relay-2026-03-02.jsonl", "a") as torn:
        torn.write('{"n": 4, "at": "2026-')  # the power went in the middle of a line that nobody was told of
    again = RelayLog(tmp_path, clock)
    now -= timedelta(days=5)  # and the clock came back wrong
    assert again.write("started").number == 4
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "no space left")))
    with pytest.raises(OSError):
        again.write("opened", release="r-2")
    monkeypatch.undo()
    last = again.write("opened", release="r-3")
    again.close()
    assert [file.name[6:16] for file in log_files(tmp_path)] == ["2026-03-01", "2026-03-02"]
    assert verify_files(log_files(tmp_path), head=str(first)) == last
    assert verify_files(log_files(tmp_path / "relay-2026-03-02.jsonl")) == last, "a day's file stands by itself"
    empty = RelayLog(tmp_path / "new", clock)
    assert (empty.head.number, empty.head.hash) == (0, GENESIS)
    with pytest.raises(LogBroken):
        log_files(tmp_path / "new")


def test_every_change_to_the_log_is_found(tmp_path: Path) -> None:
    log = RelayLog(tmp_path / "log", lambda: datetime(2026, 3, 1, 12, tzinfo=UTC))
    heads = [log.write("opened", release=f"r-{number}", who="a", bytes=number) for number in range(6)]
    log.close()
    (file,) = log_files(tmp_path / "log")
    lines = file.read_text().splitlines()
    changed = {
        "edited": [*lines[:2], lines[2].replace("r-2", "r-9"), *lines[3:]],
        "removed": [*lines[:2], *lines[3:]],
        "moved": [lines[1], lines[0], *lines[2:]],
        "inserted": [*lines[:3], lines[1], *lines[3:]],
        "first gone": [lines[1].replace('"n": 2', '"n": 1'), *lines[2:]],
        "not JSON": [*lines[:2], "{", *lines[3:]],
        "no object": [*lines[:2], "[]", *lines[3:]],
    }
    for name, left in changed.items():
        (tmp_path / "copy.jsonl").write_text("\n".join(left) + "\n")
        with pytest.raises(LogBroken, match=r"copy\.jsonl:\d"):
            verify_files([tmp_path / "copy.jsonl"])
            pytest.fail(name)

    def command(path: Path, *options: str) -> Any:
        return CliRunner().invoke(relay_app(), ["verify-log", str(path), *options])

    well = command(tmp_path / "log", "--json")
    assert well.exit_code == 0 and json.loads(well.stdout)["head"] == str(heads[-1])
    file.write_text("\n".join(lines[:4]) + "\n")  # the end is cut off: the chain alone can't know
    assert verify_files([file]) == heads[3]
    cut = command(file, "--head", str(heads[-1]))
    assert cut.exit_code == 1 and "잘렸습니다" in cut.stderr
    assert HEADER.startswith("X-Ansim")
