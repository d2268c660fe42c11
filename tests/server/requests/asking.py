"""A security firm with an agreement, its own system that asks, and its desk: on a real database, over real sockets."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import httpx
from fastapi import APIRouter

from location_router.runtime.jobs import Again
from location_router.runtime.webhook import signed_call
from server import request_routes
from server.actor import SYSTEM
from server.cameras.service import open_cameras
from server.demo import agency_line
from server.demo.agency_line import Ledger
from server.dispatch.lines import set_line
from server.gate import Refused
from server.requests import desk_routes, jobs
from server.seed import AGENCIES
from server.staff.model import Viewer
from tests.server.scene import CENTER, LAT, LON, OTHER, Scene, app_of, client, installation, listening

KEY, OTHER_KEY = "the firm's own key of this test", "another firm's key"
FIRM, RIVAL = "guard-1", "guard-2"
BASIS = "pipa-18-2-3"
HELP = {"event": "panic", "site": "안심빌딩 3층", "contact_name": "김보라", "contact_phone": "010-1234-5678"}


@dataclass
class Office:
    """`http` speaks to the center; `ledger` is what the firm's system has heard, at `ledger_url`."""

    scene: Scene
    http: httpx.AsyncClient
    ledger: Ledger
    ledger_url: str = ""

    def forward(self, seconds: float) -> None:
        before = self.scene.services.clock
        self.scene.services.clock = lambda: before() + timedelta(seconds=seconds)

    def letter(self, **changed: Any) -> dict[str, Any]:
        now = self.scene.services.clock()
        place = {"lat": LAT, "lon": LON, "accuracy_m": 15.0, "fixed_at": now.isoformat()}
        said = {"request_id": str(uuid4()), "agency_id": FIRM, "branch": "평촌", "trigger": "help_request"}
        said |= {"legal_basis": BASIS, "case_no": "S-1", "raised_at": now.isoformat(), "callback": "02-000-0000"}
        return {**said, "position": place, "subject": HELP, **changed}

    async def send(
        self, path: str, said: Any = None, *, agency: str = FIRM, key: str = KEY, method: str = "POST", **signing: Any
    ) -> httpx.Response:
        body = b"" if said is None else json.dumps(said, ensure_ascii=False).encode()
        at = int(signing.get("at", self.scene.services.clock().timestamp()))
        where, message_id = f"/api/lines/{agency}/requests{path}", signing.get("message_id", str(uuid4()))
        headers = signed_call(key, message_id, body, method=method, path=where, at=at)
        return await self.http.request(method, where, content=body, headers=headers | signing.get("headers", {}))

    async def ask(self, status: int = 202, **changed: Any) -> dict[str, Any]:
        answer = await self.send("", self.letter(**changed))
        assert answer.status_code == status, answer.text
        return answer.json()  # type: ignore[no-any-return]

    async def row(self, request_id: str, center: str = CENTER) -> dict[str, Any]:
        (row,) = await self.scene.sql(
            "SELECT * FROM agency_request WHERE request_id = :id AND center_id = :center", id=UUID(request_id),
            center=center,
        )  # fmt: skip
        return row

    async def look(self, login: str, incident_id: UUID) -> str:
        """What this viewer gets when the incident's cameras are opened."""
        try:
            return f"{len(await open_cameras(self.scene.services, self.scene.staff[login], incident_id))} views"
        except Refused as refused:
            return refused.code

    async def tell(self, request_id: str, seq: int) -> bool:
        """One try of the durable job; False when it wants to try again."""
        try:
            await jobs.tell(self.scene.services, UUID(request_id), CENTER, seq)
        except Again:
            return False
        return True

    def viewer(self, login: str) -> Viewer:
        return self.scene.staff[login]


async def agree(scene: Scene, agency: str = FIRM, *, center: str = CENTER, **terms: Any) -> UUID:
    """An agreement in force since yesterday."""
    values = {"triggers": ["help_request"], "legal_bases": [BASIS], "may_view_live": True, "may_see_position": True}
    values |= {"starts_at": datetime.now(UTC) - timedelta(days=1), **terms}
    values |= {"agreement_id": uuid4(), "center_id": center, "agency_id": agency}
    if values.get("areas") is not None:
        values["areas"] = json.dumps(values["areas"])
    names = ", ".join(values)
    slots = ", ".join(f"CAST(:{name} AS jsonb)" if name == "areas" else f":{name}" for name in values)
    await scene.sql(f"INSERT INTO agreement ({names}) VALUES ({slots})", **values)
    return values["agreement_id"]


@asynccontextmanager
async def office(url: str, *routers: APIRouter) -> AsyncIterator[Office]:
    """The center, two security firms with lines, agents of both, and an agreement with the first at one center."""
    ledger = Ledger(KEY)
    async with installation(url, line_networks="127.0.0.0/8") as scene:
        app = app_of(scene.services, request_routes.router, desk_routes.router, *routers)
        async with listening(app) as address, agency_line.listening(ledger) as line_url, client(address) as http:
            for agency, key in ((FIRM, KEY), (RIVAL, OTHER_KEY)):
                await scene.sql(
                    "INSERT INTO agency (agency_id, kind, name_ko, name_en) VALUES (:id, 'security', :id, :id)",
                    id=agency,
                )
                async with scene.services.db.begin() as unit:
                    await set_line(
                        unit, scene.services, agency_id=agency, center_id=None, kind="webhook", url=line_url, key=key,
                        actor=SYSTEM,
                    )  # fmt: skip
            for login, agency in (("guard", FIRM), ("rival", RIVAL)):
                with patch.dict(AGENCIES, {agency: ("security", "안심경비", "Ansim Guards")}):
                    await scene.add(login, "agent", agency_id=agency)
            yield Office(scene, http, ledger, line_url)


__all__ = ["BASIS", "CENTER", "FIRM", "HELP", "KEY", "OTHER", "OTHER_KEY", "RIVAL", "Office", "agree", "office"]
