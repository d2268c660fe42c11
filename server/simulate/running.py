"""A partner at work: it raises cases at its pace and hears how each stands until it is over. JSON values come out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

from server.simulate import anklet, disaster, security, telco, wanted
from server.simulate.cases import Case, Scene, fixes
from server.simulate.doors import Door, Refused, Shown

Say = Callable[[dict[str, Any]], None]
PARTNERS: dict[str, Callable[[Scene], Case]] = {
    "security": security.case,
    "anklet": anklet.case,
    "wanted": wanted.case,
    "telco": telco.case,
    "disaster": disaster.case,
}
OVER = frozenset({"rejected", "refused", "cancelled", "ended", "expired"})


@dataclass(frozen=True, slots=True)
class Pace:
    """`count` cases, `per_minute` on average and as irregular as life; every `look_s` it asks how each stands. All of
    it ends after `seconds`; `takes_back`: what is open then is cancelled, so that nobody's queue keeps it. `withdraws`:
    a case that its agency needs only for so long (`Case.lasts_s`) is cancelled after that."""

    count: int = 1
    per_minute: float = 6.0
    seconds: float = 300.0
    look_s: float = 1.0
    takes_back: bool = False
    withdraws: bool = True


@dataclass
class Partner:
    """One run. `raised` by request id: as the other side showed it last."""

    name: str
    door: Door
    scene: Scene
    pace: Pace
    say: Say
    raised: dict[str, Shown] = field(default_factory=dict)
    refused: int = 0

    async def run(self) -> dict[str, Any]:
        """The last line: how many were raised, how many refused, and how those raised stand."""
        timed_out = False
        try:
            async with asyncio.timeout(self.pace.seconds), asyncio.TaskGroup() as group:
                gaps = Random(self.scene.dice.random())
                for number in range(self.pace.count):
                    if number:
                        await asyncio.sleep(gaps.expovariate(self.pace.per_minute / 60))
                    group.create_task(self._one(PARTNERS[self.name](self.scene)))
        except TimeoutError:
            timed_out = True
        if timed_out and self.pace.takes_back:
            await asyncio.gather(*(self._take_back(one) for one in list(self.raised)))
        states = [one["state"] for one in self.raised.values()]
        told = {state: states.count(state) for state in sorted(set(states))}
        return {"done": True, "partner": self.name, "raised": len(states), "refused": self.refused, "states": told}

    async def _one(self, case: Case) -> None:
        try:
            shown = await self.door.ask(case.body, case.content_type)
        except Refused as refused:
            self.refused += 1
            names = ("code", "field", "message_en")
            problem = {name: refused.problem[name] for name in names if refused.problem.get(name)}
            return self.say({"refused": case.request_id, "status": refused.status, **problem})
        self.raised[case.request_id] = shown
        self.say(
            {
                "raised": case.request_id,
                "partner": self.name,
                "center": shown["center"]["code"],
                "at": shown["received_at"],
            }
        )
        try:
            await self._go_on(case, shown)
        except Refused as refused:
            self.say({"stopped": case.request_id, "status": refused.status, "code": refused.problem.get("code", "")})

    async def _go_on(self, case: Case, shown: Shown) -> None:
        """Its picture, its track, and each state once, until it is over."""
        if case.picture:
            await self._picture(case, shown)
        if case.warning:
            await self._warn(case)
        if case.before:
            await self.door.moved(shown, fixes(case.before[-50:], until=datetime.now(UTC)))
        started, heard = asyncio.get_running_loop().time(), 0
        while True:
            shown = self.raised[case.request_id] = await self.door.state(shown)
            for one in shown["history"][heard:]:
                told = {name: one[name] for name in ("state", "reason", "at", "ends_at") if one.get(name)}
                self.say({"request_id": case.request_id, **told})
            heard = len(shown["history"])
            if shown["state"] in OVER:
                return
            lasted_s = asyncio.get_running_loop().time() - started
            if self.pace.withdraws and case.lasts_s is not None and lasted_s >= case.lasts_s:
                return await self._take_back(case.request_id)
            await asyncio.sleep(self.pace.look_s)
            if case.way is not None:
                places = [next(case.way) for _ in range(max(1, round(self.pace.look_s)))]
                await self.door.moved(shown, fixes(places, until=datetime.now(UTC)))

    async def _picture(self, case: Case, shown: Shown) -> None:
        try:
            await self.door.attach(shown, case.picture, "image/jpeg")
            self.say({"request_id": case.request_id, "attached": "image/jpeg", "bytes": len(case.picture)})
        except Refused as refused:
            self.say({"request_id": case.request_id, "attached": False, "status": refused.status})

    async def _warn(self, case: Case) -> None:
        try:
            warned = await self.door.warn(case.warning)
            self.say({"request_id": case.request_id, "warned": warned["warning_id"], "severity": warned["severity"]})
        except Refused as refused:
            self.say({"request_id": case.request_id, "warned": False, "code": refused.problem.get("code", "")})

    async def _take_back(self, request_id: str) -> None:
        shown = self.raised[request_id]
        if shown["state"] in OVER:
            return
        try:
            after = await self.door.cancel(shown, "더 필요하지 않음")
        except Refused as refused:
            self.say({"stopped": request_id, "status": refused.status, "code": refused.problem.get("code", "")})
            return
        self.raised[request_id] = after
        self.say({"request_id": request_id, "state": after["state"]})
