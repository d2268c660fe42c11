"""A desk that can't reach the owning center: one asks, another agrees, both are seen, a third reviews."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest

from server.breakglass.banner import banner_of
from server.breakglass.routes import router
from server.breakglass.service import breakglass_in_force
from server.events import read_events
from server.rights import RightsWatch
from server.staff.routes import COOKIE
from server.video_gate import ReleaseGate
from tests.server.deliveries import Clock
from tests.server.scene import CENTER, SEAT, Scene, app_of, installation

WHY = "안양 관제센터와 통신이 끊겨 대신 확인해야 합니다. The center is unreachable."


@dataclass
class Room:
    scene: Scene
    browsers: dict[str, httpx.AsyncClient]

    async def says(self, login: str, path: str, **body: Any) -> httpx.Response:
        return await self.browsers[login].post(f"/api/breakglass{path}", json=body)

    async def sees(self, login: str, path: str = "") -> Any:
        return (await self.browsers[login].get(f"/api/breakglass{path}")).json()

    async def asked(self, incident_id: UUID | None) -> str:
        body = {"center": CENTER, "incident_id": str(incident_id) if incident_id else None, "reason": WHY}
        answer = await self.says("stranger", "", **body)
        assert answer.status_code == 201, answer.text
        return f"/{answer.json()['breakglass']['breakglass_id']}"

    async def forward(self, seconds: float) -> None:
        """Later; everybody has signed in anew meanwhile."""
        clock: Clock = self.scene.services.clock  # type: ignore[assignment]
        clock.forward(seconds)
        now = clock()
        await self.scene.sql("UPDATE session SET seen_at = :now, expires_at = :now + interval '1 hour'", now=now)


@pytest.fixture
async def room(installation_database: str) -> AsyncIterator[Room]:
    async with installation(installation_database) as scene:
        scene.services.clock = Clock()
        for login, role, desk in (
            ("their-leader", "supervisor", "second"),
            ("privacy", "privacy", "main"),
            ("auditor", "auditor", "second"),
        ):
            await scene.add(login, role, desk=desk)
        app, browsers = app_of(scene.services, router), {}
        for login, viewer in scene.staff.items():
            digest = scene.services.sealer.digest(f"token-of-{login}", context="session")
            await scene.sql(
                "UPDATE session SET token_digest = :d WHERE account_id = :id", d=digest, id=viewer.account_id
            )
            transport = httpx.ASGITransport(app, client=(SEAT, 1))
            cookies = {COOKIE: f"token-of-{login}"}
            browsers[login] = httpx.AsyncClient(transport=transport, base_url="http://center", cookies=cookies)
        yield Room(scene, browsers)
        for one in browsers.values():
            await one.aclose()


async def test_from_the_asking_to_the_review(room: Room) -> None:
    scene, incident_id = room.scene, await room.scene.emergency()
    gate = ReleaseGate(scene.services)
    it = await room.asked(incident_id)
    assert (await room.says("stranger", f"{it}/open")).json()["code"] == "not_open", "nobody has agreed yet"
    assert (await room.says("stranger", f"{it}/approve")).status_code == 403, "an operator approves nothing"
    approved = await room.says("supervisor", f"{it}/approve")
    assert approved.json()["breakglass"]["state"] == "open"
    assert (await room.says("their-leader", f"{it}/approve")).json()["code"] == "not_asked", "once"

    shown = await room.sees("stranger", f"{it}/incident")
    assert shown["incident"]["incident_id"] == str(incident_id) and len(shown["track"]) == 1
    assert "01012345678" not in str(shown), "no number"
    tickets = (await room.says("stranger", f"{it}/open")).json()["cameras"]
    ids = [one["release_id"] for one in tickets]
    assert len(ids) == 5 and await gate.still_open(ids) == {}
    named = await scene.sql("SELECT DISTINCT breakglass_id, kind FROM release ORDER BY kind")
    assert [(f"/{one['breakglass_id']}", one["kind"]) for one in named] == [(it, "live"), (it, "position")]
    for other in ("their-leader", "auditor"):
        assert (await room.says(other, f"{it}/open")).status_code in (403, 404), "it opened for one person"
    another = await scene.emergency()
    async with scene.services.db.begin() as unit:
        stranger, now = scene.staff["stranger"].account_id, scene.services.clock()
        assert await breakglass_in_force(unit, stranger, incident_id, now) == UUID(it[1:])
        assert await breakglass_in_force(unit, stranger, another, now) is None, "and one incident"

    await room.forward(31 * 60)
    assert set((await gate.still_open(ids)).values()) == {"not_your_incident"}
    await RightsWatch(scene.services).look()
    assert await scene.one("SELECT count(*) FROM release WHERE ended_at IS NULL") == 0
    assert (await room.says("stranger", f"{it}/open")).json()["code"] == "not_open"

    (due,) = (await room.sees("privacy", "?state=unreviewed"))["breakglass"]
    assert not due["review_overdue"] and due["reason"] == WHY
    await room.forward(72 * 3600)
    assert (await room.sees("auditor", "?state=unreviewed"))["breakglass"][0]["review_overdue"]
    verdict = {"verdict": "justified", "note": "통신 장애 기록과 일치함"}
    assert (await room.says("supervisor", f"{it}/review", **verdict)).status_code == 403
    assert (await room.says("auditor", f"{it}/review", **verdict)).json()["breakglass"]["verdict"] == "justified"
    assert (await room.says("privacy", f"{it}/review", **verdict)).json()["code"] == "reviewed"
    assert (await room.sees("privacy", "?state=unreviewed"))["breakglass"] == []

    tags = [tag for tag in await scene.tags(incident_id) if tag.startswith("breakglass")]
    assert tags == [f"breakglass:{what}" for what in ("requested", "approved", "ended", "reviewed")]
    async with scene.services.db.begin() as unit:
        events = await read_events(unit, incident_id=incident_id, cards=False)
    banners = [banner_of(CENTER, incident_id, event.line) for event in events]
    assert [one["what"] for one in banners if one] == ["requested", "approved", "ended"]


async def test_the_second_person_is_another_person(room: Room) -> None:
    """Also when somebody has two accounts on one session's seat, or is leader and asker in one."""
    scene, incident_id = room.scene, await room.scene.emergency()
    answer = await room.says("their-leader", "", center=CENTER, incident_id=str(incident_id), reason=WHY)
    it = f"/{answer.json()['breakglass']['breakglass_id']}"
    assert (await room.says("their-leader", f"{it}/approve")).json()["code"] == "not_alone"
    for change in ("decided_by = account_id", "reviewed_by = account_id"):  # nor past the application
        with pytest.raises(Exception, match="ck_breakglass"):
            await scene.sql(f"UPDATE breakglass SET {change}")
    assert (await room.says("privacy", f"{it}/decline")).json()["breakglass"]["state"] == "declined"
    assert (await room.says("their-leader", f"{it}/open")).json()["code"] == "not_open"
    privacy = {"verdict": "justified", "note": "x"}
    assert (await room.says("privacy", f"{it}/review", **privacy)).json()["code"] == "not_over", "nothing was opened"


async def test_without_an_incident_one_is_chosen_from_a_list_that_names_nobody(room: Room) -> None:
    scene, incident_id = room.scene, await room.scene.emergency()
    await scene.emergency(is_drill=True)
    it = await room.asked(None)
    assert (await room.sees("stranger", f"{it}/incidents"))["code"] == "not_open"
    await room.says("supervisor", f"{it}/approve")
    (only,) = (await room.sees("stranger", f"{it}/incidents"))["incidents"]
    assert set(only) == {"incident_id", "type", "state", "opened_at"} and only["incident_id"] == str(incident_id)
    assert (await room.says("stranger", f"{it}/choose", incident_id=str(incident_id))).status_code == 200
    assert (await room.says("stranger", f"{it}/choose", incident_id=str(incident_id))).json()["code"] == "chosen"
    assert (await room.sees("stranger", f"{it}/incident"))["incident"]["incident_id"] == str(incident_id)


async def test_a_renewal_is_asked_for_and_agreed_to_like_the_first(room: Room) -> None:
    scene, incident_id = room.scene, await room.scene.emergency()
    it = await room.asked(incident_id)
    await room.says("supervisor", f"{it}/approve")
    ids = [one["release_id"] for one in (await room.says("stranger", f"{it}/open")).json()["cameras"]]
    await room.forward(25 * 60)
    again = await room.says("stranger", f"{it}/renew", reason=WHY)
    more = f"/{again.json()['breakglass']['breakglass_id']}"
    await room.forward(4 * 60)
    await room.says("privacy", f"{more}/approve")
    await room.forward(10 * 60)  # 39 minutes after the first
    await RightsWatch(scene.services).look()
    assert await ReleaseGate(scene.services).still_open(ids) == {}, "pictures go on"
    assert (await room.says("supervisor", f"{more}/end")).status_code == 200, "the owning center's leader ends it"
    assert set(await ReleaseGate(scene.services).still_open(ids)) == set(ids)


async def test_what_can_not_be_asked_for(room: Room) -> None:
    incident_id = str(await room.scene.emergency())
    closed = str(await room.scene.emergency(state="closed"))
    wrong: list[tuple[str, dict[str, Any], int, str]] = [
        ("stranger", {"reason": "급함"}, 422, "reason_too_short"),
        ("stranger", {"basis": "pipa-25"}, 422, "legal_basis"),
        ("stranger", {"center": "00000"}, 422, "unknown_center"),
        ("stranger", {"incident_id": closed}, 422, "unknown_incident"),
        ("operator", {}, 409, "own_center"),
        ("admin", {}, 403, "wrong_role"),
        ("police", {}, 403, "wrong_role"),
    ]
    for login, change, status, code in wrong:
        body = {"center": CENTER, "incident_id": incident_id, "reason": WHY} | change
        answer = await room.says(login, "", **body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), (login, change)
    it = await room.asked(UUID(incident_id))
    await room.forward(16 * 60)
    assert (await room.says("supervisor", f"{it}/approve")).json()["code"] == "not_asked", "it has lapsed"
    assert (await room.sees("operator"))["breakglass"] == [], "an operator sees his own only"
