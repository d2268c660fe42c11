"""112 and 119 as the other side: their own dispatch systems take what the center sends, and drive.

A request is accepted, driven to and arrived at, with units and times that fit the room; now and then it is declined.
`listening_for_states` is the line of any partner: it hears how its requests stand.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from server.demo.agency_line import Ledger, Message, listening, say

Say = Callable[[dict[str, Any]], None]
UNITS = {"112": ("순찰 21호", "순찰 7호", "형사기동 3호"), "119": ("구급 5호", "펌프 2호", "구조 1호")}
DECLINED = 0.1
JSON = "application/json"


def states(kind: str, dice: Random) -> list[tuple[float, dict[str, Any]]]:
    """(seconds after the one before, what is said), at the pace of a small town with little traffic."""
    unit = dice.choice(UNITS[kind])
    if dice.random() < DECLINED:
        return [(dice.uniform(2, 6), {"state": "declined", "reason": "가용 인력 없음"})]
    eta_s = dice.randrange(60, 300)
    return [
        (dice.uniform(1, 4), {"state": "accepted", "unit": unit, "eta_s": eta_s}),
        (dice.uniform(2, 6), {"state": "en_route", "unit": unit, "eta_s": eta_s}),
        (eta_s / 2, {"state": "en_route", "unit": unit, "eta_s": eta_s // 2}),
        (eta_s / 2, {"state": "on_scene", "unit": unit}),
        (dice.uniform(60, 240), {"state": "done", "unit": unit}),
    ]


@dataclass
class Room:
    """One run. `hurry`: how many times faster than life it drives. `open_cases`: dispatches under way."""

    kind: str
    key: str
    center_url: str
    tell: Say
    dice: Random
    hurry: float = 1.0
    taken: int = 0
    open_cases: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, message: Message) -> None:
        """What the receiver has just written down, once however often it comes."""
        if message.content_type != JSON:
            self.tell({"taken": message.message_id, "content_type": message.content_type})
            return
        said = json.loads(message.body)
        self.tell({"taken": message.message_id, "kind": said["kind"], "case_no": said.get("case_no", "")})
        case = said.get("dispatch_id", "")
        if said["kind"] == "closed" and case in self.open_cases:
            self.open_cases.pop(case).cancel()
        elif said["kind"] == "request" and said["status"] == "actual":
            self.taken += 1
            self.open_cases[case] = asyncio.create_task(self._drive(said))
        self.news.set()

    async def _drive(self, case: dict[str, Any]) -> None:
        async with httpx.AsyncClient(base_url=self.center_url, trust_env=False, timeout=5) as http:
            for pause_s, said in states(self.kind, self.dice):
                await asyncio.sleep(pause_s / self.hurry)
                answer = await say(http, case["state_path"], self.key, said | {"request_no": case["request_no"]})
                self.tell({"said": said["state"], "case_no": case["case_no"], "status": answer.status_code})
        self.open_cases.pop(case["dispatch_id"], None)
        self.news.set()

    async def run(self, *, port: int, count: int | None, seconds: float) -> dict[str, Any]:
        """Until `count` requests are over, or for so long; the last line."""
        try:
            async with asyncio.timeout(seconds), listening(Ledger(self.key), port=port, on_request=self.take) as url:
                self.tell({"ready": True, "role": self.kind, "url": url})
                while count is None or self.taken < count or self.open_cases:
                    await self.news.wait()
                    self.news.clear()
        except TimeoutError:
            pass
        for task in self.open_cases.values():
            task.cancel()
        return {"done": True, "partner": self.kind, "taken": self.taken, "open": len(self.open_cases)}


@asynccontextmanager
async def listening_for_states(key: str, tell: Say, *, port: int) -> AsyncIterator[None]:
    """A partner's line on the loopback: each state that the center says on it is a line of its own."""

    def take(message: Message) -> None:
        said = json.loads(message.body)
        tell(
            {"line": said.get("kind", ""), **{name: said.get(name) for name in ("request_id", "state", "reason", "at")}}
        )

    async with listening(Ledger(key), port=port, on_request=take) as url:
        tell({"ready": True, "url": url})
        yield
