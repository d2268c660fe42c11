"""What she wrote of herself for whoever comes: shown after the SOS only, by one press of who may see a name, with a row
that is on disk before and that she is told of; in no card, and to nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from location_router.wire import Delivery, Phase
from server.app import create_app
from server.console.caller_facts import GROUPS, Held, facts_of, told
from server.incidents.health import shares_health
from server.intake import receive
from server.log.disclosures import summed_up
from server.page_wire.profile import CallerProfile
from server.rights import RightsWatch
from server.staff.routes import COOKIE
from tests.server.deliveries import delivery
from tests.server.scene import SEAT, Scene, installation

NOW = datetime(2026, 11, 22, 1, tzinfo=UTC)
ALMONDS, HOME = "땅콩 알레르기 <b>심함</b>", "안양로 12, 화단 옆"
WRITTEN = {"home_address": HOME, "home_floor": "7층 702호", "floor_hint": "+6 ±1", "allergies": ALMONDS,
           "call": "silent", "pacemaker": "2019"}  # fmt: skip


def test_a_cry_is_told_and_a_countdown_beside_it_is_not() -> None:
    runs, over = Held("pre", NOW + timedelta(seconds=3)), Held("pre", NOW)
    assert told([Held("active"), runs], is_duress=False, now=NOW) == [True, False]
    assert told([Held("pre"), over], is_duress=False, now=NOW) == [True, True], "a smashed phone never says more"
    assert told([Held("active"), Held("ended")], is_duress=False, now=NOW) == [True, False]
    assert told([Held("active"), Held("ended")], is_duress=True, now=NOW) == [True, True]
    assert told([Held("ended")], is_duress=False, now=NOW) == [True]


def test_facts_are_grouped_cleaned_bounded_and_none_is_lost() -> None:
    profile = {"pace\x00maker": "2019", "note": "\u202eabc\n둘째 줄", "blood_type": " ", "home_door": "가" * 5000}
    facts = facts_of({"language": "vi", "profile": profile})
    assert [(one["group"], one["key"]) for one in facts] == [
        ("where", "home_door"), ("talk", "language"), ("note", "note"), ("other", "pace maker"),
    ]  # fmt: skip
    assert len(facts[0]["words"]) == 2000 and facts[2]["words"] == "abc 둘째 줄"
    many = {key: "x" for keys in GROUPS.values() for key in keys} | {f"k{n}": "x" for n in range(40)}
    assert len(facts_of({"profile": many})) == 24
    assert facts_of({"profile": "nonsense"}) == facts_of({}) == []
    assert facts_of({"profile": {"tell_119": "yes"}}) == [], "her agreement is no fact about her"
    assert shares_health({"tell_119": "yes", "allergies": ALMONDS})
    for unsaid in ({"allergies": ALMONDS}, {"tell_119": "yes"}, {"tell_119": "no", "allergies": ALMONDS}):
        assert not shares_health(unsaid)


def hers(alert: Delivery, **more: str) -> Delivery:
    caller = alert.alert.caller.model_copy(update={"language": "en", "profile": WRITTEN | more})
    return alert.model_copy(update={"alert": alert.alert.model_copy(update={"caller": caller})})


@asynccontextmanager
async def desks(url: str) -> AsyncIterator[tuple[Scene, dict[str, httpx.AsyncClient]]]:
    """The installation's app, and a signed-in client for each account."""
    async with installation(url) as scene:
        await scene.add("auditor", "auditor", desk="main")
        transport = httpx.ASGITransport(create_app(scene.services.settings, services=scene.services), client=(SEAT, 1))
        clients = {}
        for login in ("operator", "stranger", "admin", "auditor", "police", "fire"):
            token = f"token-of-{login}"
            digest = scene.services.sealer.digest(token, context="session")
            account = scene.staff[login].account_id
            await scene.sql("UPDATE session SET token_digest = :d WHERE account_id = :id", d=digest, id=account)
            cookie = {"cookie": f"{COOKIE}={token}"}
            clients[login] = httpx.AsyncClient(transport=transport, base_url="http://center", headers=cookie)
        yield scene, clients
        for client in clients.values():
            await client.aclose()


def keys(answer: dict[str, Any]) -> dict[str, list[str]]:
    (person,) = answer["people"]
    found: dict[str, list[str]] = {}
    for one in person["facts"]:
        found.setdefault(one["group"], []).append(one["key"])
    return found


@pytest.mark.database
async def test_what_she_wrote_is_shown_to_who_opens_her_sos_and_to_nobody_else(installation_database: str) -> None:
    async with desks(installation_database) as (scene, at):
        services = scene.services
        pre = hers(delivery(phase=Phase.PRE, served_by="home-1", countdown_s=30))
        incident = UUID(str((await receive(services, pre)).incident_id))
        path = f"/api/incidents/{incident}/profile"
        granted = "SELECT count(*) FROM release WHERE kind = 'profile'"

        # a pre-alert: it lies there sealed, and nobody is shown any of it
        assert (await at["operator"].get(path)).json() == {"count": 0}
        early = await at["operator"].post(path)
        assert (early.status_code, early.json()["code"]) == (403, "not_live") and ALMONDS not in early.text
        assert await scene.one(granted) == 0 and (await scene.tags(incident)).count("release:refused") == 1

        # the SOS: how much there is, then by one press the words, with a row
        await receive(services, hers(delivery(alert_id=pre.alert.alert_id, served_by="home-1")))
        assert (await at["operator"].get(path)).json() == {"count": 5}, "`call` has its own place"
        assert await scene.one(granted) == 0, "a number is no disclosure"
        answer = (await at["operator"].post(path)).json()
        CallerProfile.model_validate(answer)
        assert keys(answer) == {
            "where": ["home_address", "home_floor", "floor_hint"], "health": ["allergies"],
            "talk": ["language", "call"], "other": ["pacemaker"],
        }  # fmt: skip
        assert {one["words"] for one in answer["people"][0]["facts"]} == {*WRITTEN.values(), "en"}
        row = (await scene.sql("SELECT * FROM release WHERE kind = 'profile'"))[0]
        assert (str(row["release_id"]), row["viewer_id"]) == (answer["release_id"], scene.staff["operator"].account_id)
        assert not answer["is_drill"]

        # the card, the agency and everybody else have none of it
        for login, codes in (("stranger", {404}), ("admin", {403}), ("auditor", {403}), ("police", {403, 404})):
            for answered in (await at[login].get(path), await at[login].post(path)):
                assert answered.status_code in codes, f"{login}: {answered.text}"
        card = await at["operator"].get(f"/api/incidents/{incident}")
        assert card.status_code == 200 and HOME not in card.text and ALMONDS not in card.text
        kept = await scene.sql("SELECT caller_sealed FROM alert")
        assert not any("땅콩".encode() in bytes(one["caller_sealed"]) for one in kept)
        assert await scene.one(granted) == 1

        # another center that only looks on, and a closed incident
        await scene.sql("UPDATE incident SET role = 'runner_up' WHERE incident_id = :id", id=incident)
        assert (await at["operator"].get(path)).json() == {"count": 0}
        assert (await at["operator"].post(path)).json()["code"] == "not_owner"
        await scene.sql("UPDATE incident SET role = 'owner', state = 'closed' WHERE incident_id = :id", id=incident)
        assert (await at["operator"].get(path)).json() == {"count": 0}
        assert (await at["operator"].post(path)).json()["code"] == "incident_closed"

        # she is told that it was looked at, and as what
        async with services.db.begin() as unit:
            (line,) = [one for one in await summed_up(unit, [incident]) if one.kind == "profile"]
        assert (line.who_ko, line.times) == ("관제 요원", 1)

        # a drill goes the whole way, and says that it is one
        drill = hers(delivery(is_drill=True, served_by="home-1"))
        drilled = UUID(str((await receive(services, drill)).incident_id))
        marked = (await at["operator"].post(f"/api/incidents/{drilled}/profile")).json()
        assert marked["is_drill"] and keys(marked)["health"] == ["allergies"]
        assert (await at["stranger"].post(f"/api/incidents/{drilled}/profile")).status_code == 404


@pytest.mark.database
async def test_119_is_shown_her_medical_facts_if_she_has_agreed_and_nothing_else(installation_database: str) -> None:
    async with desks(installation_database) as (scene, at):
        alert = hers(delivery(served_by="home-1"))
        incident = UUID(str((await receive(scene.services, alert)).incident_id))
        assert (await at["operator"].post(f"/api/incidents/{incident}/acknowledge", json={})).status_code == 200
        case = {}
        for agency, login in (("112", "police"), ("119", "fire")):
            asked = await at["operator"].post(f"/api/incidents/{incident}/dispatch", json={"agency": agency})
            assert asked.status_code == 200, asked.text
            case[login] = f"/api/agency/dispatches/{asked.json()['dispatch']['dispatch_id']}"

        async def refusal(login: str) -> str:
            answer = await at[login].post(f"{case[login]}/health")
            assert answer.status_code == 403 and "땅콩" not in answer.text, answer.text
            return str(answer.json()["code"])

        async def has_health(login: str) -> bool:
            (told,) = (await at[login].get("/api/agency/dispatches")).json()["dispatches"]
            assert "땅콩" not in str(told)
            return bool(told["has_health"])

        assert await refusal("fire") == "no_dispatch", "not accepted yet"
        for login in case:
            assert (await at[login].post(f"{case[login]}/accept", json={})).status_code == 200
        assert await refusal("fire") == "no_consent" and not await has_health("fire")

        # she agrees: to 119, and not to the police; the police agreement's switch changes nothing in that
        newer = hers(delivery(alert_id=alert.alert.alert_id, served_by="home-1", number=2), tell_119="yes")
        await receive(scene.services, newer)
        await scene.sql("UPDATE agreement SET may_see_health = true")
        assert await has_health("fire") and not await has_health("police")
        assert await refusal("police") == "no_consent"
        answer = await at["fire"].post(f"{case['fire']}/health")
        CallerProfile.model_validate(answer.json())
        (person,) = answer.json()["people"]
        assert [(one["key"], one["words"]) for one in person["facts"]] == [("allergies", ALMONDS)]
        assert HOME not in answer.text and "pacemaker" not in answer.text
        assert (await at["police"].post(f"{case['fire']}/health")).status_code == 404
        row = (await scene.sql("SELECT * FROM release WHERE kind = 'profile'"))[0]
        assert (row["viewer_kind"], row["viewer_id"]) == ("agent", scene.staff["fire"].account_id)
        assert row["agreement_id"] is not None and row["ended_at"] is None

        # the agreement's switch ends it, and she is told that 119 has looked
        await scene.sql("UPDATE agreement SET may_see_health = false")
        await RightsWatch(scene.services).look()
        assert await scene.one("SELECT end_reason FROM release WHERE kind = 'profile'") == "no_agreement"
        assert await refusal("fire") == "no_agreement" and not await has_health("fire")
        async with scene.services.db.begin() as unit:
            (line,) = [one for one in await summed_up(unit, [incident]) if one.kind == "profile"]
        assert "119" in line.who_ko and line.times == 1
