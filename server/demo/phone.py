"""The demo's person and her phone: enrolled over the home center's API, then the real app core with no window."""

from __future__ import annotations

import asyncio
import csv
import json
import math
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from server.demo.children import die_with_parent, python
from server.demo.players import StoryFailed
from server.demo.world import World

FIXTURES = Path(__file__).parents[2] / "fixtures"
SHAKE = FIXTURES / "traces" / "synthetic_shake.csv"
WALK = FIXTURES / "routes" / "anyang_station.csv"
PERSON = {"nickname": "지민", "phone": "01012345678"}
TIMEOUT_S = 3600.0
# She can't speak, and answers what an operator writes: one answer for each line, then nothing more.
ANSWERS = ("--reply", "quick:cannot_talk", "--reply", "tap:yes", "--reply", "tap:no", "--reply", "quick:hiding")


@dataclass(frozen=True, slots=True)
class Person:
    """What the phone's settings file holds after sign-up."""

    settings: dict[str, Any]


async def enrol_person(world: World, *, guardian_phone: str) -> Person:
    """Sign up at home, name a guardian, and let her accept on her own phone."""
    home = world.urls["home"]
    async with httpx.AsyncClient(base_url=home, timeout=10, trust_env=False) as http:
        signed_up = await _post(http, "/api/people", PERSON)
        http.headers["Authorization"] = f"Bearer {signed_up['device_token']}"
        designated = (await http.get("/api/people/me/guardians")).json()["guardians"]
        if not any(guardian.get("accepted_at") for guardian in designated):
            invited = await _post(http, "/api/people/me/guardians", {"name": "엄마", "phone": guardian_phone})
            await _post(http, f"/api/invitations/{invited['invitation']}/accept", {"push_token": "demo-handset-mother"})
    return Person(
        {
            "home_url": home,
            "router_url": world.urls["router"],
            "person_id": signed_up["person_id"],
            "device_id": signed_up["device_id"],
            "device_token": signed_up["device_token"],
            "home": signed_up["home"]["code"],
            "home_name_ko": signed_up["home"]["name_ko"],
            "home_name_en": signed_up["home"]["name_en"],
            **PERSON,
        }
    )


async def _post(http: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await http.post(path, json=body)
    if answer.status_code not in (200, 201):
        raise StoryFailed(f"{path} refused: {answer.text}")
    return dict(answer.json())


class PhoneProcess:
    """`python -m mobile_app --headless`, its lines read as they come."""

    def __init__(self, world: World, person: Person, *, lat: float, lon: float, walking: bool = False) -> None:
        self._world, self._person, self._place, self._walking = world, person, (lat, lon), walking
        self._seen: list[tuple[str, float, dict[str, Any]]] = []
        self._news = asyncio.Condition()
        self._over = False
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Put the phone's settings into a fresh folder and run it."""
        folder = self._world.folder / "phone"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
        (folder / "settings.json").write_text(json.dumps(self._person.settings, ensure_ascii=False))
        lat, lon = self._place
        where = ["--route", str(self._walk(folder))] if self._walking else ["--lat", str(lat), "--lon", str(lon)]
        command = python(
            "-m",
            "mobile_app",
            "--headless",
            "--replay",
            str(SHAKE),
            *where,
            "--dir",
            str(folder),
            "--until",
            "closed",
            *ANSWERS,
            "--timeout",
            str(TIMEOUT_S),
            "--json",
        )
        with (self._world.folder / "logs" / "phone.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command, stdout=asyncio.subprocess.PIPE, stderr=log, preexec_fn=die_with_parent, env=dict(os.environ)
            )
        self._reader = asyncio.create_task(self._read())

    def _walk(self, folder: Path) -> Path:
        """The recorded walk, moved so that it begins at the demo's place, where its cameras hang."""
        with WALK.open() as file:
            points = list(csv.DictReader(file))
        begin = points[0]
        shift_lat, shift_lon = self._place[0] - float(begin["lat"]), self._place[1] - float(begin["lon"])
        stretch = math.cos(math.radians(float(begin["lat"]))) / math.cos(math.radians(self._place[0]))
        path = folder / "walk.csv"
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(points[0]))
            writer.writeheader()
            for point in points:
                away = (float(point["lon"]) - float(begin["lon"])) * (stretch - 1)
                writer.writerow(
                    point
                    | {
                        "lat": f"{float(point['lat']) + shift_lat:.6f}",
                        "lon": f"{float(point['lon']) + shift_lon + away:.6f}",
                    }
                )
        return path

    async def _read(self) -> None:
        assert self._process and self._process.stdout
        async for text in self._process.stdout:
            line = json.loads(text)
            name = line["event"]
            if name == "accepted":
                name = f"{line['phase']}_accepted"
            elif name == "status":
                name = "told"
            async with self._news:
                self._seen.append((name, datetime.fromisoformat(line["at"]).timestamp(), line))
                self._news.notify_all()
        async with self._news:
            self._over = True
            self._news.notify_all()

    async def lines(self) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """(name, line) of everything the phone says, from its start until it ends."""
        number = 0
        while True:
            async with self._news:
                while number >= len(self._seen) and not self._over:
                    await self._news.wait()
                if number >= len(self._seen):
                    return
                name, _, line = self._seen[number]
            number += 1
            yield name, line

    async def moment(self, name: str, *, timeout_s: float = 30) -> float:
        """When the phone said `name` first, Unix seconds."""
        return (await self._wait(lambda seen, _: seen == name, name, timeout_s))[1]

    async def alert_id(self) -> str:
        return str((await self._wait(lambda seen, _: seen == "shake", "shake", 30))[2]["alert_id"])

    async def told(self, state: str, *, timeout_s: float = 15) -> None:
        """Wait until the phone's screen shows this state of the center."""
        await self._wait(lambda seen, line: seen == "told" and line["state"] == state, f"status {state}", timeout_s)

    async def _wait(self, wanted: Any, what: str, timeout_s: float) -> tuple[str, float, dict[str, Any]]:
        try:
            async with asyncio.timeout(timeout_s), self._news:
                while True:
                    for seen in self._seen:
                        if wanted(seen[0], seen[2]):
                            return seen
                    if self._over:
                        break
                    await self._news.wait()
        except TimeoutError:
            pass
        raise StoryFailed(f"the phone never said: {what} (it said {[name for name, _, _ in self._seen]})")

    async def stop(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()
        if self._reader:
            await asyncio.gather(self._reader, return_exceptions=True)
