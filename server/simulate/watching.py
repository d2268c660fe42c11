"""The police's list at a center, and a reader at the roadside: entries are pushed, cars drive by, entries go again.

Among the cars that the reader reads is now and then one of the list; the center says nothing of it to the reader, and
tells the police on their line.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from server.simulate.cases import Scene
from server.simulate.doors import Door, Refused, Sign
from server.simulate.running import Pace, Say
from server.simulate.wanted import BASIS, CRIMES, plate

CARS_A_SECOND = 20
WANTED_PASSES = 0.2
"""How likely one of the list drives by in a second."""
LASTS = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Roadside:
    """A reader of one camera; `sign` with the reader's own key."""

    reader_id: str
    camera_id: str
    sign: Sign


@dataclass
class Watch:
    """One run: `count` entries at their pace; the reader reads until `seconds` are over."""

    door: Door
    scene: Scene
    pace: Pace
    say: Say
    roadside: Roadside | None = None
    entries: dict[str, str] = field(default_factory=dict)
    refused: int = 0
    reads: int = 0
    passed: int = 0

    async def run(self) -> dict[str, Any]:
        try:
            async with asyncio.timeout(self.pace.seconds), asyncio.TaskGroup() as group:
                group.create_task(self._push_all())
                if self.roadside is not None:
                    group.create_task(self._read(self.roadside))
        except TimeoutError:
            pass
        listed = len(self.entries)
        if self.pace.takes_back:
            for entry_id in list(self.entries):
                await self._say("DELETE", entry_id, {"reason": "해제"})
        told = {"listed": listed, "refused": self.refused, "reads": self.reads, "wanted_passed": self.passed}
        return {"done": True, "partner": "wanted", **told}

    async def _push_all(self) -> None:
        dice = self.scene.dice
        for number in range(self.pace.count):
            if number:
                await asyncio.sleep(dice.expovariate(self.pace.per_minute / 60))
            entry_id, text = str(uuid4()), plate(dice)
            said = entry(text, dice.choice(CRIMES), until=datetime.now(UTC) + LASTS)
            if await self._say("PUT", entry_id, said):
                self.entries[entry_id] = text

    async def _say(self, method: str, entry_id: str, said: dict[str, Any]) -> bool:
        try:
            await self.door.send(method, f"{self.door.at}/{entry_id}", said)
        except Refused as refused:
            self.refused += 1
            self.say({"refused": entry_id, "status": refused.status, "code": refused.problem.get("code", "")})
            return False
        self.say({{"PUT": "listed", "DELETE": "taken_off"}[method]: entry_id})
        return True

    async def _read(self, roadside: Roadside) -> None:
        dice = self.scene.dice
        while True:
            plates = [plate(dice) for _ in range(CARS_A_SECOND)]
            if self.entries and dice.random() < WANTED_PASSES:
                plates[dice.randrange(len(plates))] = dice.choice(list(self.entries.values()))
                self.passed += 1
            said = batch(roadside.camera_id, plates, begin=datetime.now(UTC))
            await self.door.send("POST", f"/api/readers/{roadside.reader_id}/reads", said, sign=roadside.sign)
            self.reads += len(plates)
            await asyncio.sleep(1.0)


def entry(text: str, crime: str, *, until: datetime) -> dict[str, Any]:
    return {"plate": text, "crime": crime, "legal_basis": BASIS, "expires_at": until.isoformat(), "case_no": "SIM"}


def batch(camera_id: str, plates: list[str], *, begin: datetime) -> dict[str, Any]:
    """A second of one camera (server/plates/reads.py)."""
    count = len(plates)
    return {
        "cameras": [camera_id],
        "camera": [0] * count,
        "from": begin.isoformat(),
        "after_ms": [number * 1000 // count for number in range(count)],
        "plates": plates,
        "confidences": [0.97] * count,
    }
