"""Names and numbers are masked by default: every page and feed of every role is read, and neither is there."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, get_args
from uuid import uuid4

import httpx
from websockets.asyncio.client import ClientConnection, connect

from location_router.wire import Delivery
from server.app import create_app
from server.intake import quarantine, receive
from server.seed import seed_agencies
from server.staff.permissions import PERMISSIONS, Role
from server.staff.service import add_account
from tests.server.conftest import PASSWORD, Desk
from tests.server.deliveries import delivery, rows

NAME, NUMBER, SPELLED = "남궁별하", "01098761234", "010-9876-1234"

# What may show her in clear, and to whom; everything else may not.
ALLOWED = {
    # the agency that was sent to her, by its agreement
    ("/api/agency/dispatches", "agent"): "the dispatch",
}
ROLES: tuple[Role, ...] = get_args(Role)


def _hers(alert: Delivery) -> Delivery:
    caller = alert.alert.caller.model_copy(update={"nickname": NAME, "phone": NUMBER})
    return alert.model_copy(update={"alert": alert.alert.model_copy(update={"caller": caller})})


def _shows(text: str) -> bool:
    return any(one in text or json.dumps(one)[1:-1] in text for one in (NAME, NUMBER, SPELLED))


def _routes(desk: Desk) -> dict[str, str]:
    """The path of every GET of the API's own document, and the permission it asks for; pages are files, the same for
    everybody."""
    document = create_app(desk.services.settings, services=desk.services).openapi()
    named = ("/api/", "/metrics", "/readyz", "/v1/")
    every = {path: methods["get"] for path, methods in document["paths"].items() if "get" in methods}
    return {path: get.get("x-permission", "") for path, get in sorted(every.items()) if path.startswith(named)}


async def _staff(desk: Desk) -> None:
    """An account for each role, at the desk; the agent's agency was seeded with an agreement."""
    services = desk.services
    async with services.db.begin() as unit:
        await unit.execute(
            "INSERT INTO center (code, name_ko, name_en, desk) VALUES ('41170', '안양시', 'Anyang', 'main')"
            " ON CONFLICT DO NOTHING"
        )
        await seed_agencies(unit, ["41170"])
        for role in ROLES:
            place: dict[str, Any] = {"agency_id": "112-demo"} if role == "agent" else {"desk": "main"}
            await add_account(
                unit,
                services,
                login=f"r-{role}",
                password=PASSWORD,
                name="직원",
                role=role,
                networks=["127.0.0.0/8"],
                **place,
            )


@asynccontextmanager
async def _agency_feed(desk: Desk, browser: httpx.AsyncClient) -> AsyncIterator[ClientConnection]:
    cookie = f"ansim_session={browser.cookies['ansim_session']}"
    address = desk.url.replace("http", "ws") + "/api/agency/feed"
    async with connect(address, additional_headers={"Cookie": cookie}, proxy=None) as seat:
        await seat.send(json.dumps({"type": "hello", "seat": "s"}))
        yield seat


async def _frames(seat: ClientConnection, *, until: str = "") -> str:
    """What a seat is sent until it is quiet, and not before `until` was in it."""
    said: list[str] = []
    with contextlib.suppress(TimeoutError):
        while True:
            is_here = not until or any(until in one for one in said)
            async with asyncio.timeout(1 if is_here else 15):
                said.append(str(await seat.recv()))
    return "\n".join(said)


async def _work(desk: Desk, operator: httpx.AsyncClient, incident_id: object) -> None:
    path = f"/api/incidents/{incident_id}"
    for step, body in (
        ("acknowledge", {}),
        ("open", {}),
        ("dispatch", {"agency": "112", "legal_basis": "pipa-18-2-3", "note": ""}),
        ("unmask", {"reason": "확인 전화", "fields": ["name", "phone"]}),
    ):
        answer = await operator.post(f"{path}/{step}", json=body)
        assert answer.status_code < 500, f"{step}: {answer.text}"


async def _ids(desk: Desk, incident_id: object) -> dict[str, str]:
    """A value for each parameter of a path."""
    alert = (await rows(desk.services, "SELECT alert_id FROM alert"))[0]["alert_id"]
    sent = await rows(desk.services, "SELECT dispatch_id, case_no FROM dispatch")
    person = (await rows(desk.services, "SELECT person_id FROM person"))[0]["person_id"]
    known = {"incident_id": incident_id, "alert_id": alert, "person_id": person, "code": "41170"}
    if sent:
        known |= {"dispatch_id": sent[0]["dispatch_id"], "case_no": sent[0]["case_no"]}
    return {name: str(value) for name, value in known.items()}


async def test_no_page_shows_who_she_is_except_where_it_is_allowed(desk: Desk) -> None:
    await _staff(desk)
    async with httpx.AsyncClient(base_url=desk.url, trust_env=False) as phone:
        await phone.post("/api/people", json={"nickname": NAME, "phone": NUMBER})
    if not await rows(desk.services, "SELECT 1 FROM person"):
        await _sign_up_by_hand(desk)
    receipt = await receive(desk.services, _hers(delivery()))
    async with desk.browser("r-operator") as operator:
        await _work(desk, operator, receipt.incident_id)
    for odd in (json.dumps({"who": NAME, "n": [NUMBER], "alert": {"caller": {"phone": NUMBER}}}), f"{NAME} {SPELLED}"):
        await quarantine(desk.services, source="bus", reason="test", body=odd.encode())
    ids = await _ids(desk, receipt.incident_id)
    paths = _routes(desk)
    assert len(paths) > 15, "the crawl found the API"
    seen: set[tuple[str, str]] = set()
    for role in ROLES:
        async with desk.browser(f"r-{role}") as browser:
            for path, permission in paths.items():
                if permission and permission not in PERMISSIONS[role]:
                    continue  # refused: tests/server/test_role_matrix.py asks each of these
                answer = await browser.get(_filled(path, ids))
                assert answer.status_code < 500, f"{path} for {role}: {answer.text}"
                if _shows(answer.text):
                    seen.add((path, role))
    assert seen - set(ALLOWED) == set(), "these pages show her name or number to that role"
    assert ("/api/agency/dispatches", "agent") in seen, "the crawl would have seen it"


async def test_no_feed_shows_who_she_is_and_only_the_agency_that_was_sent_sees_her(desk: Desk) -> None:
    await _staff(desk)
    async with desk.services.db.begin() as unit:
        await add_account(
            unit,
            desk.services,
            login="r-fire",
            password=PASSWORD,
            name="소방",
            role="agent",
            agency_id="119-demo",
            networks=["127.0.0.0/8"],
        )
    async with desk.browser("r-operator") as operator, desk.browser("r-supervisor") as leader:
        async with (
            desk.browser("r-agent") as police,
            desk.browser("r-fire") as fire,
            desk.feed(operator) as seat,
            desk.feed(leader) as other,
            _agency_feed(desk, police) as sent,
            _agency_feed(desk, fire) as not_sent,
        ):
            receipt = await receive(desk.services, _hers(delivery()))
            await _work(desk, operator, receipt.incident_id)
            hers = str(receipt.incident_id)
            last = ((seat, "dispatch:requested"), (other, "dispatch:requested"), (sent, hers), (not_sent, "snapshot"))
            said = [await _frames(one, until=until) for one, until in last]
        async with desk.feed(leader) as late:
            said.append(await _frames(late, until=hers))
    assert all(hers in text for text in (said[0], said[1], said[4]))
    assert [_shows(text) for text in said] == [False, False, True, False, False]


async def test_an_unreadable_message_is_read_with_a_reason_on_record_by_who_may_see_a_name(desk: Desk) -> None:
    await _staff(desk)
    kept = await quarantine(desk.services, source="bus", reason="test", body=f"{NAME} 살려주세요".encode())
    path = f"/api/quarantine/{kept}/read"
    async with desk.browser("r-admin") as admin, desk.browser("r-supervisor") as leader:
        assert (await admin.post(path, json={"reason": "궁금해서"})).status_code == 403
        assert (await leader.post(path, json={"reason": ""})).status_code == 422
        assert (await leader.post(f"/api/quarantine/{uuid4()}/read", json={"reason": "신고 확인"})).status_code == 404
        read = await leader.post(path, json={"reason": "신고 확인"})
    assert read.json() == {"body": f"{NAME} 살려주세요"}
    told = await rows(desk.services, "SELECT actor_id FROM event WHERE tag = 'search:message_read'")
    assert len(told) == 1


async def _sign_up_by_hand(desk: Desk) -> None:
    """Signing up may ask for more than a name; here only the row matters."""
    sealer, person_id = desk.services.sealer, uuid4()
    async with desk.services.db.begin() as unit:
        await unit.execute(
            "INSERT INTO person (person_id, center_id, nickname_sealed, phone_sealed, phone_digest)"
            " VALUES (:id, '41170', :name, :phone, :digest)",
            {
                "id": person_id,
                "name": sealer.seal(NAME, context=f"person.nickname:{person_id}"),
                "phone": sealer.seal(NUMBER, context=f"person.phone:{person_id}"),
                "digest": sealer.digest(NUMBER, context="person.phone"),
            },
        )


def _filled(path: str, ids: dict[str, str]) -> str:
    while "{" in path:
        before, _, rest = path.partition("{")
        name, _, after = rest.partition("}")
        path = before + ids.get(name.partition(":")[0], ids["incident_id"]) + after
    return path
