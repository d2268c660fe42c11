"""`ansim demo --once`: the whole story played by programs over the public APIs, every hop timed.

A headless phone shakes; the operator's seat acknowledges, sees a decoded picture and dispatches; the 112 desk
accepts; the guardian's push arrives and her browser opens the follow page; then the case is closed and every stream
and link must end. Times are milliseconds since the alert became active on the phone.
"""

from __future__ import annotations

import asyncio
import queue
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from server.demo.phone import PhoneProcess, enrol_person
from server.demo.players import Agent, GuardianBrowser, Operator, StoryFailed, first_frame
from server.demo.world import World

GUARDIAN_PHONE = "01055512345"


@dataclass
class Story:
    """One run; `result()` is the JSON line."""

    world: World
    lat: float
    lon: float
    home: str
    pushes: queue.Queue[tuple[float, dict[str, Any]]]
    hops: dict[str, float] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    async def play(self) -> dict[str, Any]:
        """Play to the end; raises StoryFailed naming the hop that did not happen."""
        person = await enrol_person(self.world, guardian_phone=GUARDIAN_PHONE)
        operator_login, agent_login = self.world.logins["operator"], self.world.logins["112"]
        async with (
            Operator(self.world.urls["serving"], operator_login.login, operator_login.password) as operator,
            Agent(self.world.urls["serving"], agent_login.login, agent_login.password) as agent,
        ):
            phone = PhoneProcess(self.world, person, lat=self.lat, lon=self.lon)
            await phone.start()
            try:
                await self._alert(phone, operator)
                await self._help(operator, agent)
                await self._family(phone)
                await self._end(operator, phone)
            finally:
                await phone.stop()
        return self.result()

    async def _alert(self, phone: PhoneProcess, operator: Operator) -> None:
        """Shake → pre-alert at the center → active → on the operator's screen."""
        self.facts["alert_id"] = alert_id = await phone.alert_id()
        shaken_at = await phone.moment("shake")
        _, pre_card = await operator.wait_incident(alert_id, phase="pre")
        self.facts["pre_ms"] = (_unix(pre_card["opened_at"]) - shaken_at) * 1000
        self.active_at = await phone.moment("active")
        at, card = await operator.wait_incident(alert_id, phase="active", timeout_s=20)
        self.hops["console"] = at
        self.hops["received"] = _unix(card["active_at"])
        self.hops["accepted"] = await phone.moment("active_accepted")
        self.facts |= {
            "incident_id": card["incident_id"],
            "center": card["center"],
            "home": self.home,
            "assignment_no": card["assignment"]["assignment_no"],
            "reason": card["assignment"]["reason"],
        }

    async def _help(self, operator: Operator, agent: Agent) -> None:
        """Acknowledge, look, dispatch; 112 accepts and is under way."""
        incident_id = self.facts["incident_id"]
        await operator.command("acknowledge", incident_id)
        self.hops["acknowledged"] = time.time()
        opened = await operator.command("open", incident_id)
        self.facts["cameras"] = [
            {"id": camera["camera_id"], "distance_m": round(camera["distance_m"], 1), "in_view": camera["in_view"]}
            for camera in opened["cameras"]
        ]
        if len(opened["cameras"]) != 5:
            raise StoryFailed(f"five cameras were expected, {len(opened['cameras'])} came")
        frames = await asyncio.gather(*(first_frame(camera["ws_url"]) for camera in opened["cameras"]))
        self.hops["first_frame"] = min(at for at, _ in frames)
        self.hops["all_frames"] = max(at for at, _ in frames)
        await operator.command("dispatch", incident_id, agency="112")
        self.hops["dispatched"] = time.time()
        _, dispatch = await agent.wait_dispatch(incident_id)
        accepted = await agent.move(dispatch["dispatch_id"], "accept", receipt_no="DEMO-1")
        if accepted["state"] != "accepted":
            raise StoryFailed(f"112 answered {accepted['state']}")
        self.hops["agency_accepted"] = time.time()
        self.facts["case_no"] = dispatch["case_no"]

    async def _family(self, phone: PhoneProcess) -> None:
        """The push arrived (in parallel to the center's work); the mother opens her link and sees where."""
        at, message = await asyncio.to_thread(self._push)
        if any(key in message["data"] for key in ("lat", "lon", "position")):
            raise StoryFailed("the push carried a position")
        self.hops["guardian"] = at
        browser = GuardianBrowser(message["data"]["link"], GUARDIAN_PHONE[-4:])
        view = await browser.open()
        if view["ended"] or view["position"] is None:
            raise StoryFailed("the follow page shows no position")
        self.browser = browser

    def _push(self) -> tuple[float, dict[str, Any]]:
        try:
            while True:
                at, message = self.pushes.get(timeout=15)
                if message["data"].get("alert_id") == self.facts["alert_id"]:
                    return at, message
        except queue.Empty:
            raise StoryFailed("the guardian's push never arrived") from None

    async def _end(self, operator: Operator, phone: PhoneProcess) -> None:
        """Close; the phone is told, and the guardian's page loses the place at once."""
        await operator.command("close", self.facts["incident_id"], disposition="handled", note="demo")
        await phone.told("closed")
        for _ in range(50):
            view = await self.browser.view()
            if view.get("ended"):
                break
            await asyncio.sleep(0.1)
        await self.browser.close()
        if not view.get("ended") or view.get("position") is not None:
            raise StoryFailed("the follow page went on after the end")

    def result(self) -> dict[str, Any]:
        facts = {key: value for key, value in self.facts.items() if key not in ("pre_ms", "cameras")}
        return {
            "ok": True,
            **facts,
            "pre_ms": round(self.facts["pre_ms"]),
            "cameras": self.facts["cameras"],
            "hops_ms": {name: round((at - self.active_at) * 1000) for name, at in self.hops.items()},
        }


def _unix(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
