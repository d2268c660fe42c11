"""A house with people: the sign-in's routes without a socket, so that a test can sit at any address."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import httpx
import pytest
from argon2 import Parameters, extract_parameters
from fastapi import FastAPI

from location_router.runtime.db import Unit
from server.services import Services, make_services
from server.staff import account_routes, directory_routes, factor, hashing, oidc_routes, own_routes, routes
from server.staff.accounts import set_networks
from tests.server.conftest import PASSWORD, settings_for
from tests.server.deliveries import Clock, rows
from tests.server.scene import app_of

PEOPLE = {
    "kim": ("operator", "main"),
    "lee": ("operator", "main"),
    "park": ("supervisor", "main"),
    "choi": ("admin", "main"),
    "far": ("operator", "second"),
    "boss": ("admin", "second"),
    "eye": ("auditor", "main"),
}
SEAT, OTHER_SEAT, THIRD_SEAT = "10.0.0.1", "10.0.0.2", "10.0.0.3"


@dataclass
class House:
    services: Services
    clock: Clock
    app: FastAPI
    secrets: dict[str, bytes] = field(default_factory=dict)

    def seat(self, address: str = SEAT) -> httpx.AsyncClient:
        """A browser with its own cookies."""
        transport = httpx.ASGITransport(self.app, client=(address, 40000))
        return httpx.AsyncClient(transport=transport, base_url="http://house")

    async def enter(self, login: str, address: str = SEAT, password: str = PASSWORD) -> httpx.AsyncClient:
        """A browser in which `login` is signed in; the second factor is given where there is one."""
        browser = self.seat(address)
        answer = await browser.post("/api/login", json={"login": login, "password": password})
        if answer.status_code == 401 and answer.json()["code"] == "second_factor":
            answer = await self.second(browser, answer, login)
        assert answer.status_code == 200, answer.text
        return browser

    async def second(self, browser: httpx.AsyncClient, asked: httpx.Response, login: str) -> httpx.Response:
        given = {"ticket": asked.json()["ticket"], "code": self.code(login)}
        return await browser.post("/api/login/second", json=given)

    def code(self, login: str) -> str:
        """What the person's app shows now."""
        return factor.code_at(self.secrets[login], self.clock())

    async def enrol(self, login: str) -> list[str]:
        """Give `login` a second factor; returns the recovery codes."""
        browser = await self.enter(login)
        begun = (await browser.post("/api/me/totp", json={"password": PASSWORD})).json()
        self.secrets[login] = secret_of(begun)
        done = await browser.post("/api/me/totp/confirm", json={"code": self.code(login)})
        assert done.status_code == 200, done.text
        self.clock.forward(30)  # the code that confirmed it is used up
        codes: list[str] = done.json()["recovery_codes"]
        return codes

    async def account_id(self, login: str) -> str:
        found = await rows(self.services, "SELECT account_id FROM account WHERE login = :login", login=login)
        return str(found[0]["account_id"])

    async def log(self, *subjects: str) -> list[str]:
        """Tags of the installation's own chain, in order, of these subjects."""
        found = await rows(self.services, "SELECT tag FROM event WHERE center_id = '-' ORDER BY seq")
        return [row["tag"] for row in found if row["tag"].partition(":")[0] in (subjects or ("account",))]

    async def payloads(self, tag: str) -> list[dict[str, Any]]:
        found = await rows(
            self.services,
            "SELECT event_id, payload_sealed FROM event JOIN event_payload USING (center_id, seq) WHERE tag = :tag"
            " ORDER BY seq",
            tag=tag,
        )
        opened = self.services.sealer.open
        return [opened(row["payload_sealed"], context=f"event:{row['event_id']}")["payload"] for row in found]


def secret_of(begun: dict[str, Any]) -> bytes:
    import base64

    text = begun["secret"]
    return base64.b32decode(text + "=" * (-len(text) % 8))


@contextmanager
def computed() -> Iterator[list[Parameters]]:
    """What each password's check within it costs: the parameters of the hash that is really computed."""
    real, costs = hashing._hasher, []

    class Counted:
        def verify(self, kept: str, password: str) -> bool:
            costs.append(extract_parameters(kept))
            return bool(real.verify(kept, password))

    hashing._nobody()  # made once, by a hash of its own
    with patch.object(hashing, "_hasher", Counted()):
        yield costs


def told(answer: httpx.Response) -> tuple[int, str]:
    """Status and the problem's code."""
    return answer.status_code, answer.json().get("code", "")


async def make_house(url: str, clock: Clock, **settings: Any) -> House:
    services = make_services(settings_for(url, serves="41170,11110", **settings), clock=clock)
    async with services.db.begin() as unit:
        for code, desk in (("41170", "main"), ("11110", "second")):
            await unit.execute(
                "INSERT INTO center (code, name_ko, name_en, desk) VALUES (:code, 'ㄱ', 'C', :desk)",
                {"code": code, "desk": desk},
            )
        for login, (role, desk) in PEOPLE.items():
            await _add(unit, services, login, role, desk)
    routers = (routes, own_routes, account_routes, directory_routes, oidc_routes)
    app = app_of(services, *(one.router for one in routers))
    return House(services, clock, app)


@lru_cache(maxsize=1)
def _hash() -> str:
    """One for all: seven of them would cost more than many a test."""
    return hashing.hash_password(PASSWORD)


async def _add(unit: Unit, services: Services, login: str, role: str, desk: str) -> None:
    account_id = uuid4()
    await unit.execute(
        "INSERT INTO account (account_id, login, name_sealed, password_hash, role, desk, password_changed_at)"
        " VALUES (:id, :login, :name, :hash, :role, :desk, :now)",
        {
            "id": account_id,
            "login": login,
            "name": services.sealer.seal(f"{login} 씨", context=f"account.name:{account_id}"),
            "hash": _hash(),
            "role": role,
            "desk": desk,
            "now": services.clock(),
        },
    )
    await set_networks(unit, account_id, ["10.0.0.0/29", "127.0.0.0/8"])


@pytest.fixture
async def house(installation_database: str, clock: Clock) -> AsyncIterator[House]:
    held = await make_house(installation_database, clock)
    yield held
    await held.services.close()
