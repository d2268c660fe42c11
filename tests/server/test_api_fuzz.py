"""Whatever a program sends to any route: never a 5xx, always what the API's own document promises (Schemathesis).

Each operation is called as somebody who may call it, with made-up data and, as often, the ids of a real incident,
so that it gets past the door. `ANSIM_EXAMPLES` makes it longer (`make soak` does).
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from server.staff.permissions import AGENCY_ROLES, PERMISSIONS
from server.staff.service import add_account
from tests.server.conftest import PASSWORD, listening
from tests.server.scene import CENTER, installation

pytestmark = pytest.mark.database
EXAMPLES = int(os.environ.get("ANSIM_EXAMPLES", "1"))
ENDS_THE_SESSION = {"/api/logout", "/api/sessions", "/api/sessions/{session_id}", "/api/me/password"}
"""Called by stories of their own: here they would lock the caller out for the rest."""
PASSED_ON = "/api/sos/"
"""To the router, which is away here: 503 `router_away` with Retry-After is what they promise then, and no other 5xx."""
ROLES = ("supervisor", "operator", "privacy", "admin", "agent", "association", "auditor", "traffic", "cyber")

load_all_checks()
_ANY_WORDS = {"type", "title", "description"}
NOT_MEANT = {"ignored_auth", "unsupported_method", "positive_data_acceptance", "negative_data_rejection"}
"""`ignored_auth`: the role matrix. The last two: what fits the schema may still not fit the state (409, 422), and
what does not fit may be forgiven (text of the wrong kind in an answer that nobody needs)."""


def checks() -> list[Any]:
    return [check for check in CHECKS.get_all() if check.__name__ not in NOT_MEANT]


class Running:
    """The whole center server on a thread of its own, with an emergency in it."""

    def __init__(self, url: str) -> None:
        self._url, self._ready, self._stop = url, threading.Event(), threading.Event()
        self.address, self.ids, self.document = "", {}, {}  # type: ignore[var-annotated]
        self.headers: dict[str, dict[str, str]] = {}
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self) -> Running:
        self._thread.start()
        assert self._ready.wait(30), "the server did not start"
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(20)

    async def _run(self) -> None:
        async with installation(self._url, second_factor="off", router_url="http://127.0.0.1:9") as scene:
            incident_id = await scene.emergency()
            services = scene.services
            async with services.db.begin() as unit:
                for role in ROLES:
                    agency = "112-demo" if role in AGENCY_ROLES else None
                    await add_account(
                        unit,
                        services,
                        login=f"fuzz-{role}",
                        password=PASSWORD,
                        name=role,
                        role=role,
                        desk=None if agency else "main",
                        agency_id=agency,
                        networks=["127.0.0.0/8"],
                    )
            async with listening(services) as self.address:
                await self._sign_in()
                dispatch = await self._dispatch(incident_id)
                alert = await scene.one("SELECT alert_id FROM alert")
                self.ids = {
                    "incident_id": str(incident_id),
                    "alert_id": str(alert),
                    "dispatch_id": dispatch,
                    "camera_id": "cam-3",
                    "code": CENTER,
                    "agency_id": "112-demo",
                    "account_id": str(await scene.one("SELECT account_id FROM account WHERE login = 'stranger'")),
                    "agreement_id": str(await scene.one("SELECT agreement_id FROM agreement LIMIT 1")),
                }
                self._ready.set()
                while not self._stop.is_set():  # noqa: ASYNC110 - set by another thread
                    await asyncio.sleep(0.05)

    async def _sign_in(self) -> None:
        async with httpx.AsyncClient(base_url=self.address, trust_env=False, timeout=20) as client:
            self.document = (await client.get("/api/openapi.json")).json()
            for role in ROLES:
                answer = await client.post("/api/login", json={"login": f"fuzz-{role}", "password": PASSWORD})
                assert answer.status_code == 200, answer.text
                self.headers[role] = {"Cookie": f"ansim_session={answer.cookies['ansim_session']}"}
                client.cookies.clear()

    async def _dispatch(self, incident_id: object) -> str:
        async with httpx.AsyncClient(base_url=self.address, trust_env=False, timeout=20) as client:
            await client.post(f"/api/incidents/{incident_id}/acknowledge", headers=self.headers["operator"])
            answer = await client.post(
                f"/api/incidents/{incident_id}/dispatch",
                headers=self.headers["operator"],
                json={"agency": "112", "legal_basis": "pipa-18-2-3"},
            )
            assert answer.status_code == 200, answer.text
            return str(answer.json()["dispatch"]["dispatch_id"])

    def as_somebody_who_may(self, operation: dict[str, Any]) -> dict[str, str]:
        permission = operation.get("x-permission")
        if permission is None:
            return self.headers["operator"] if "security" in operation else {}
        return self.headers[next(role for role in ROLES if permission in PERMISSIONS[role])]  # type: ignore[index]


@pytest.fixture
def running(installation_database: str) -> Iterator[Running]:
    with Running(installation_database) as found:
        yield found


def test_no_route_falls_over(running: Running) -> None:
    schema = schemathesis.openapi.from_dict(running.document)
    schema.config.update(base_url=running.address)
    session = requests.Session()
    session.trust_env = False
    failed: list[str] = []
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path in ENDS_THE_SESSION:
            continue
        modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        for mode in modes if _can_be_wrong(operation.definition.raw) else modes[:1]:
            try:
                _try(operation, mode, running, session)
            except (Exception, BaseExceptionGroup) as error:
                if "NonExistent" in type(error).__name__ or "Unsatisfiable" in type(error).__name__:
                    continue  # nothing to get wrong
                failed.append(f"{operation.label} ({mode.value}): {_told(error)}")
    assert failed == [], "\n".join(failed)


def _can_be_wrong(operation: dict[str, Any]) -> bool:
    """Whether anything does not fit its schema: not where it takes only words of any kind. To find that out by trying
    costs a second each."""
    bodies = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    kinds = [one.get("schema", {}) for one in operation.get("parameters", ()) if one["in"] != "header"]
    return bool(bodies) or any(one.keys() - _ANY_WORDS or one.get("type") != "string" for one in kinds)


def _try(operation: Any, mode: GenerationMode, running: Running, session: requests.Session) -> None:
    headers = running.as_somebody_who_may(operation.definition.raw)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), real=st.booleans())
    def call(case: Any, real: bool) -> None:
        if real:
            case.path_parameters = {
                name: running.ids.get(name, value) for name, value in (case.path_parameters or {}).items()
            }
        answer = case.call(session=session, headers=headers, timeout=20)
        if operation.path.startswith(PASSED_ON) and answer.status_code == 503:
            assert answer.json()["code"] == "router_away" and int(answer.headers["retry-after"][0]) > 0
        else:
            case.validate_response(answer, headers=headers, checks=checks())

    call()


def _told(error: BaseException) -> str:
    inside = getattr(error, "exceptions", None)
    return " | ".join(_told(one) for one in inside) if inside else f"{type(error).__name__}: {str(error)[:600]}"
