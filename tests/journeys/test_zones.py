"""Separated networks, as separate as this machine can make them: an agency whose only neighbour is the relay raises a
request, hears its states, sees a picture; and reaches nothing else, whatever it tries."""

from __future__ import annotations

import json
import os
import time
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from subprocess import Popen
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from location_router.runtime.db import conninfo
from server.actor import SYSTEM
from server.dispatch.lines import set_line
from server.seed import seed_cameras
from server.video.relay_log import log_files, verify_files
from server.video.relayed import public_half, relay_key
from server.video.tickets import verifying_key
from tests.journeys.zones import ADDRESSES, Zones, why_not, zones
from tests.server.requests.asking import BASIS, FIRM, HELP, agree
from tests.server.scene import CENTER, EYES, LAT, LON, installation
from tests.video.test_relay import certificate

pytestmark = [pytest.mark.database, pytest.mark.skipif(bool(why_not()), reason=why_not() or "it can")]
LINE_KEY, VIDEO_KEY = "the firm's key in its own network", "a video key of thirty-two letters"
PICTURES, REQUESTS = (b64encode(letter * 32).decode() for letter in (b"p", b"q"))
CENTER_DOORS = [("10.9.0.2", 8443), ("10.9.0.2", 8444), ("10.9.0.2", 5432)]
"""The center's own door, its video and its database; the first two are open to the relay's machine alone."""
ELSEWHERE = [*CENTER_DOORS, ("10.11.0.2", 8554), ("10.9.0.4", 8402), ("10.8.0.2", 9443), ("192.0.2.1", 443)]
"""With a camera, the relay's other side, another agency, and somebody on the internet."""


@dataclass
class Agency:
    """The firm's system, told what to do."""

    process: Popen[str]

    def __call__(self, do: str, **said: Any) -> Any:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps({"do": do, **said}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def until(self, do: str, wanted: Any, **said: Any) -> Any:
        for _ in range(100):
            if wanted(answer := self(do, **said)):
                return answer
            time.sleep(0.2)
        raise AssertionError(answer)


@asynccontextmanager
async def center_with_a_firm(url: str) -> AsyncIterator[str]:
    """What an administrator has set up: the agreement, the firm's address and line, cameras behind the center. The data
    key."""
    async with installation(url, video_gateway="console") as scene:
        await scene.sql(
            "INSERT INTO agency (agency_id, kind, name_ko, name_en) VALUES (:id, 'security', '안심경비', 'Guards')",
            id=FIRM,
        )
        await scene.sql("INSERT INTO agency_address (agency_id, network) VALUES (:id, '10.7.0.2/32')", id=FIRM)
        await agree(scene, may_view_still=True, auto_triggers=["help_request"])
        async with scene.services.db.begin() as unit:
            options = {"kind": "webhook", "url": f"https://10.9.0.4:8402/out/{FIRM}", "key": LINE_KEY, "actor": SYSTEM}
            await set_line(unit, scene.services, agency_id=FIRM, center_id=None, **options)
            base = "rtsp://10.11.0.2:8554"
            await seed_cameras(unit, scene.services.sealer, center_id=CENTER, cameras=EYES, rtsp_base=base)
        yield scene.services.settings.data_key


def start_all(made: Zones, url: str, data_key: str, folder: Path) -> Agency:
    cert, key = certificate(folder / "tls", *ADDRESSES, "127.0.0.1")
    tls = {"CERTIFICATE": str(cert), "CERTIFICATE_KEY": str(key), "LOG_LEVEL": "WARNING"}
    spec = json.dumps([{"id": one.camera_id, "name": one.name, "gop_s": 0.5, "fps": 5} for one in EYES])
    made.start("camera", "server.demo.cameras", "--json-spec", "-", "--port", "9554", env=tls, stdin=spec)
    carry = ("tests.journeys.zone_programs", "carry")
    made.start("camera", *carry, "10.11.0.2:8554", "127.0.0.1:9554", env=tls)
    center = tls | {
        "DATABASE_URL": url, "DATA_KEY": data_key, "SERVES": "all", "INSTALLATION": "home-1", "HOME_CENTER": CENTER,
        "INSTALLATION_KEY": "secret", "ROUTER_URL": "http://127.0.0.1:9", "VIDEO_GATEWAY": "embedded",
        "VIDEO_URL": "http://127.0.0.1:8310", "VIDEO_KEY": VIDEO_KEY, "VIDEO_DIR": str(folder / "video"),
        "VIDEO_RELAYS": f"127.0.0.1={public_half(relay_key(PICTURES))}", "VIDEO_RELAY_URL": "wss://10.7.0.1:8400",
        "REQUEST_RELAYS": f"10.9.0.4={public_half(relay_key(REQUESTS))}", "VIDEO_RELAY_NETWORKS": "10.7.0.0/24",
        "LINE_NETWORKS": "10.9.0.4/32", "LINE_CA_FILE": str(cert), "VIDEO_RECORD": "off",
    }  # fmt: skip
    database = psycopg.conninfo.conninfo_to_dict(conninfo(url))
    socket = f"{database['host']}/.s.PGSQL.{database.get('port') or 5432}"
    doors = ("tls:10.9.0.2:8444", "127.0.0.1:8310", "10.9.0.2:5432", socket)
    made.start("center", *carry, *doors, env=tls)
    made.start("center", "server", "video", env=center | {"PORT": "8310"})
    made.start(
        "center", "tests.journeys.zone_programs", "tls", "serve", env=center | {"HOST": "10.9.0.2", "PORT": "8443"}
    )
    made.start("center", "server", "worker", env=center)
    relay = tls | {"RELAY_CA_FILE": str(cert), "RELAY_CERTIFICATE": str(cert), "RELAY_CERTIFICATE_KEY": str(key)}
    (folder / "book.toml").write_text(
        f'[agencies.{FIRM}]\nnetworks = ["10.7.0.0/24"]\ncalls = ["requests", "pictures", "live"]\n'
        f'listens = "https://10.7.0.2:9443/dispatch"\nca_file = "{cert}"\n'
    )
    requests = {"RELAY_UPSTREAM": "https://10.9.0.2:8443", "RELAY_KEY": REQUESTS, "HOST": "0.0.0.0", "PORT": "8401"}
    requests |= {"RELAY_OUT_HOST": "10.9.0.4", "RELAY_OUT_PORT": "8402", "RELAY_CENTER_NETWORKS": "10.9.0.2/32"}
    requests |= {"RELAY_AGREEMENTS": str(folder / "book.toml"), "RELAY_LOG_DIR": str(folder / "requests-log")}
    made.start("relay", "server", "relay", "requests", env=relay | requests)
    pictures = {"RELAY_UPSTREAM": "https://10.9.0.2:8444", "RELAY_KEY": PICTURES, "HOST": "10.7.0.1", "PORT": "8400"}
    pictures |= {"RELAY_TICKET_KEY": verifying_key(VIDEO_KEY), "RELAY_LOG_DIR": str(folder / "pictures-log")}
    made.start("relay", "server", "relay", env=relay | pictures)
    process = made.start("agency", "tests.journeys.zone_programs", "agency", env=tls | {"FIRM_KEY": LINE_KEY})
    made.wait()
    return Agency(process)


def asks_and_hears(agency: Agency) -> str:
    """Raised through the relay, accepted by rule; the states come back on its own line and on the open one."""
    now, request_id = datetime.now(UTC).isoformat(), str(uuid4())
    letter = {"request_id": request_id, "agency_id": FIRM, "trigger": "help_request", "legal_basis": BASIS}
    place = {"lat": LAT, "lon": LON, "accuracy_m": 15.0, "fixed_at": now}
    letter |= {"raised_at": now, "case_no": "S-1", "subject": HELP, "position": place}
    raised = agency("call", method="POST", path=f"/api/lines/{FIRM}/requests", said=letter)
    assert raised["status"] == 202, raised
    assert raised["body"]["state"] == "accepted" and raised["body"]["status_path"], "the center's own receipt"
    heard = agency.until("heard", lambda told: len(told["heard"]) == 2)
    assert {one["state"] for one in heard["heard"]} == {"received", "accepted"} and not heard["refused"]
    frames = agency("line", path=f"{raised['body']['status_path']}/live", until="position")["frames"]
    assert [one["state"] for one in frames if one["type"] == "request_state"] == ["received", "accepted"]
    assert frames[-1]["position"]["lat"] == LAT
    return str(raised["body"]["status_path"])


def sees(agency: Agency, path: str) -> None:
    """A live picture by the relay of pictures, and a still by the relay of requests."""
    opened = agency.until("call", lambda told: told["status"] == 200, method="POST", path=f"{path}/video",
                          said={"viewer": "kim-07"})  # fmt: skip
    urls = [one["ws_url"] for one in opened["body"]["cameras"]]
    assert len(urls) == 5 and all(url.startswith("wss://10.7.0.1:8400/video/") for url in urls)
    watched = agency("watch", url=urls[0])
    assert watched["bytes"] > 20_000, watched
    taken = agency("call", method="POST", path=f"{path}/stills", said={"viewer": "kim-07", "count": 1})
    assert taken["status"] == 200 and taken["body"]["stills"][0]["jpeg"].startswith("/9j/"), taken


def reaches_nothing_else(made: Zones, agency: Agency) -> None:
    """By its cables, past the relay's doors, and from the neighbour's network; and it is a check that can fail."""
    assert agency("reach", places=ELSEWHERE)["reached"] == []
    neighbour = agency("reach", places=[("10.7.0.1", 8400), ("10.7.0.1", 8401)])
    assert len(neighbour["reached"]) == 2, "the look can say yes"
    for method, path in (("POST", "/api/login"), ("GET", "/metrics"), ("GET", "/api/incidents"), ("GET", "/v1/inbox")):
        answer = agency("call", method=method, path=path, said=None if method == "GET" else {})
        assert (answer["status"], answer["body"]["code"]) == (404, "unknown_path"), path
    knock = "import socket; print(socket.create_connection(('10.8.0.1', 8401), 3).getpeername()[0])"
    assert made.run("other", "python3", "-c", knock).stdout.strip() == "10.8.0.1", "the relay's door is there"
    ask = f"https://10.8.0.1:8401/api/lines/{FIRM}/requests/{uuid4()}"
    signed = [f"{name}: {value}" for name, value in (("X-Ansim-Id", "1"), ("X-Ansim-Time", "1"))]
    words = [word for header in [*signed, "X-Ansim-Signature: " + "0" * 64] for word in ("-H", header)]
    refused = made.run("other", "curl", "-sk", *words, ask)
    assert json.loads(refused.stdout)["code"] == "address_not_agreed", "nobody speaks for the firm from elsewhere"
    made.routes(True)
    opened = [tuple(place) for place in agency("reach", places=ELSEWHERE)["reached"]]
    made.routes(False)
    assert set(CENTER_DOORS) <= set(opened), "with routes laid by a wrong hand the same look goes red"
    assert agency("reach", places=ELSEWHERE)["reached"] == []


async def test_an_agency_in_its_own_network(installation_database: str, tmp_path: Path) -> None:
    async with center_with_a_firm(installation_database) as data_key:
        pass
    with zones(tmp_path) as made:
        agency = start_all(made, installation_database, data_key, tmp_path)
        path = asks_and_hears(agency)
        sees(agency, path)
        reaches_nothing_else(made, agency)
        taken_back = agency("call", method="POST", path=f"{path}/cancel", said={"reason": "오인"})
        assert taken_back["body"]["state"] == "cancelled"
        agency.until("heard", lambda told: len(told["heard"]) == 3)
    for name, kinds in (("requests-log", {"raise", "message", "live", "video", "still", "cancel"}),
                        ("pictures-log", {"video"})):  # fmt: skip
        files = log_files(tmp_path / name)
        lines = [json.loads(line) for file in files for line in file.read_text().splitlines()]
        assert kinds <= {one.get("what") for one in lines} and verify_files(files).number == len(lines)
    assert not any(name.startswith(f"an{os.getpid()}-") for name in os.listdir("/run/netns")), "nothing is left"
