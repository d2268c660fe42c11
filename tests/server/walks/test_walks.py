"""Walks as they are used every night, over HTTP with the clock in the hand: happy, forgotten, asked, shared, forgotten
again. No picture hangs on any of them."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from uuid import uuid4

import pytest
from websockets.asyncio.client import connect

from server.walks.due import advance_walks
from server.walks.guardian_view import see
from server.walks.raising import send_alert
from tests.server.scene import LAT, SEAT, installation
from tests.server.walks.walkers import HOME, Walker, walking

pytestmark = pytest.mark.database
ANYANG, GUNPO, UIWANG = "41170", "41410", "41430"


async def passes(walker: Walker, **span: float) -> None:
    """So much time in which nothing is heard, looked at as the sweeper does."""
    until = walker.clock() + timedelta(**span)
    while (now := walker.clock()) < until:
        row = await walker.row()
        if row["look_at"] is None:
            return
        walker.clock.forward(min(max(0.5, (row["look_at"] - now).total_seconds() + 0.5), (until - now).total_seconds()))
        await advance_walks(walker.scene.services)


async def test_the_walks_of_a_week(installation_database: str) -> None:
    async with installation(installation_database, serves="all") as home, walking(home) as walker:
        await _happy(walker)
        await _forgotten_arrival(walker)
        await _asked(walker)
        await _a_guardian_looks(walker)
        await _refused(walker)
        await _never_kept(walker)


async def _happy(walker: Walker) -> None:
    """Begun, walked, arrived by itself; the line told her so; her own history, and out of it again."""
    await walker.begin()
    url = str(walker.api.base_url).replace("http", "ws") + f"{walker.path}/line"
    headers = {"Authorization": walker.api.headers["Authorization"]}
    async with connect(url, additional_headers=headers, proxy=None) as line:
        assert json.loads(await line.recv())["state"] == "on_track"
        late_ones = [walker.fix(n / 40, at=walker.clock() + timedelta(seconds=20 * n)) for n in range(1, 20)]
        walker.clock.forward(20 * 19)
        for batch in (late_ones[10:], late_ones[:10], late_ones):  # any order, and twice
            last = await walker.heard(batch)
        assert (last["state"], last["rung"]) == ("on_track", "calm") and last["eta"] is not None
        kept = await walker.scene.one("SELECT count(*) FROM walk_position WHERE walk_id = :id", id=walker.walk_id)
        assert kept == 19, "a position that comes again is the one that is there"
        for n in range(20, 41):
            last = await walker.at(n / 40, after_s=20)
        for _ in range(12):
            if last["ended_at"] is None:
                last = await walker.at(1.0, after_s=20)
        assert last["outcome"] == "arrived"
        async with asyncio.timeout(15):
            told = [json.loads(text)["outcome"] async for text in line]
        assert told[-1] == "arrived", "and the line ends with the walk"
    assert await walker.notices() == ["walk_begun", "walk_arrived"]
    assert (await walker.at(0.5))["outcome"] == "arrived", "what comes late is nothing"
    (mine,) = (await walker.api.get("/api/people/me/walks")).json()["walks"]
    assert mine["place_name"] == "우리 집" and [one["cause"] for one in mine["changes"]][0] == "begun"
    sealed = str(await walker.scene.sql("SELECT * FROM walk"))
    assert "우리 집" not in sealed and str(HOME["lat"]) not in sealed.replace(str((await walker.row())["lat"]), "")
    assert (await walker.api.delete(walker.path)).status_code == 204
    assert (await walker.api.get("/api/people/me/walks")).json() == {"walks": []}
    assert await walker.scene.one("SELECT count(*) FROM walk_position") == 0


async def _forgotten_arrival(walker: Walker) -> None:
    """A timer nobody ended: asked, extended, asked again, ended by her word; the same answer twice is one."""
    walker.again()
    until = (walker.clock() + timedelta(minutes=10)).isoformat()
    first = await walker.begin(kind="timer", until=until, destination=None)
    await passes(walker, minutes=11.5)
    asked = (await walker.api.get("/api/people/me/walks/current")).json()["walk"]
    assert (asked["state"], asked["rung"]) == ("overdue", "prompted") and asked["prompt_until"] is not None
    longer = await walker.says("extend", minutes=20)
    assert (longer["rung"], longer["state"]) == ("calm", "on_track") and longer["until"] > first["until"]
    walker.no -= 1
    again = await walker.says("extend", minutes=20)
    assert again["until"] == longer["until"] and again["version"] == longer["version"], "one answer"
    await passes(walker, minutes=15)
    assert (await walker.row())["rung"] == "calm"
    await passes(walker, minutes=8)
    assert (await walker.row())["rung"] != "calm"
    home = await walker.says("arrived")
    assert (home["outcome"], home["rung"]) == ("arrived", "calm")
    await passes(walker, hours=1)
    assert await walker.jobs("raise_walk") == 0


async def _asked(walker: Walker) -> None:
    """Her battery dies for a while: ok quiets it, snooze quiets everything, her phone's return is calm again; cancel
    ends it, and what was to be sent is not."""
    walker.again()
    walker.clock.ahead += timedelta(hours=1)
    await walker.begin(steps={"prompt_s": 60, "call_s": 60, "guardians_s": 60})
    for n in range(1, 6):
        await walker.at(n / 16)
    while (await walker.row())["rung"] != "called":
        await passes(walker, seconds=30)
    assert (await walker.says("ok"))["rung"] == "calm"
    await passes(walker, minutes=9)
    assert (await walker.row())["rung"] == "calm", "the same trouble is not asked about for ten minutes"
    await passes(walker, minutes=2)
    assert (await walker.row())["rung"] == "prompted", "and then it is"
    assert (await walker.says("snooze", minutes=5))["rung"] == "calm"
    await passes(walker, minutes=5.2)
    assert (await walker.row())["rung"] == "prompted"
    while (await walker.row())["rung"] != "guardians":
        await passes(walker, seconds=20)
    back = await walker.at(7 / 16)
    assert (back["rung"], back["trouble"]) == ("calm", ""), "she is heard again"
    while (await walker.row())["rung"] != "raised":
        await passes(walker, seconds=30)
    assert await walker.notices() == ["walk_begun", "walk_late", "walk_late", "walk_raised"], "late twice, told twice"
    assert (await walker.says("cancel"))["outcome"] == "cancelled"
    await send_alert(walker.scene.services, walker.walk_id)  # would raise Again: there is no router
    assert (await walker.row())["sent_at"] is None


async def _a_guardian_looks(walker: Walker) -> None:
    """Her place is the guardian's from the rung on, behind a row that she can read, until the walk ends."""
    services, scene = walker.scene.services, walker.scene
    walker.again()
    await walker.begin()
    await walker.at(0.1)
    rows = await scene.sql("SELECT notice_id, link_sealed FROM notice WHERE subject_id = :id", id=walker.walk_id)
    link = services.sealer.open(rows[0]["link_sealed"], context=f"notice.link:{rows[0]['notice_id']}")
    with pytest.raises(Exception, match="no_place_yet|not shown"):
        await see(services, link, last4="1234", address=SEAT)
    while (await walker.row())["rung"] != "guardians":
        await passes(walker, seconds=30)
    with pytest.raises(Exception, match="wrong_digits|last four"):
        await see(services, link, last4="0000", address=SEAT)
    for _ in range(2):
        shown = await see(services, link, last4="1234", address=SEAT)
    assert shown["place"]["lat"] == pytest.approx(LAT + (HOME["lat"] - LAT) * 0.1)
    (told,) = (await walker.api.get(f"{walker.path}/disclosures")).json()["disclosures"]
    assert (told["kind"], told["legal_basis"], told["times"]) == ("walk", "lia-19-consent", 1)
    await walker.says("arrived")
    with pytest.raises(Exception, match="ended"):
        await see(services, link, last4="1234", address=SEAT)
    assert await scene.one("SELECT count(*) FROM release WHERE kind = 'walk' AND ended_at IS NULL") == 0


async def _refused(walker: Walker) -> None:
    """One walk at a time, her own guardians, her own walks."""
    walker.again()
    refused = await walker.api.put(walker.path, json=walker.body(guardians=[str(uuid4())]))
    assert (refused.status_code, refused.json()["field"]) == (422, "guardians")
    refused = await walker.api.put(walker.path, json=walker.body(destination=None))
    assert (refused.status_code, refused.json()["field"]) == (422, "destination")
    begun = await walker.begin()
    other = await walker.api.put(f"/api/people/me/walks/{uuid4()}", json=walker.body(alert_id=str(uuid4())))
    assert (other.status_code, other.json()["walk_id"]) == (409, str(walker.walk_id))
    changed = await walker.api.put(walker.path, json=walker.body(place_name="언니 집", if_version=begun["version"] + 7))
    assert (changed.status_code, changed.json()["version"]) == (409, begun["version"])
    changed = await walker.api.put(walker.path, json=walker.body(place_name="언니 집", if_version=begun["version"]))
    assert (changed.json()["place_name"], changed.json()["version"]) == ("언니 집", begun["version"] + 1)
    stranger = (await walker.api.post("/api/people", json={"nickname": "나래", "phone": "010-2222-3333"})).json()
    hers = {"Authorization": f"Bearer {stranger['device_token']}"}
    fix = {"positions": [walker.fix(0.5)]}
    for method, path, body in (
        ("POST", f"{walker.path}/positions", fix),
        ("POST", f"{walker.path}/answer", {"what": "cancel", "no": 99}),
        ("PUT", walker.path, walker.body()),
        ("DELETE", walker.path, None),
        ("GET", f"{walker.path}/track", None),
    ):
        answer = await walker.api.request(method, path, json=body, headers=hers)
        assert answer.status_code == 404, (method, path, answer.text)
    assert (await walker.row())["lat"] is None and (await walker.api.delete(walker.path)).status_code == 409
    await walker.says("cancel")


async def _never_kept(walker: Walker) -> None:
    """With 0 days nothing but ids is left at the end; consent withdrawn ends and destroys at once."""
    scene, services = walker.scene, walker.scene.services
    walker.again()
    await walker.begin(keep_days=0)
    await walker.at(0.2)
    await walker.says("arrived")
    row = await walker.row()
    assert (row["plan_sealed"], row["lat"], row["assessed"]) == (None, None, None)
    assert await scene.one("SELECT count(*) FROM walk_position WHERE walk_id = :id", id=walker.walk_id) == 0
    kept = walker.walk_id
    walker.again()
    await walker.begin()
    await walker.at(0.2)
    from server.people import ledger, service

    user = await service.device_user(services, walker.api.headers["Authorization"].removeprefix("Bearer "))
    await ledger.act(services, user, "location_collection", "withdrawn")
    await advance_walks(services)
    row = await walker.row()
    assert (row["outcome"], row["plan_sealed"], row["lat"]) == ("cancelled", None, None)
    assert await scene.one("SELECT count(*) FROM walk_position WHERE walk_id = :id", id=walker.walk_id) == 0
    walker.again()
    refused = await walker.api.put(walker.path, json=walker.body())
    assert (refused.status_code, refused.json()["code"]) == (403, "consent_withdrawn")
    walker.clock.forward(86_400 * 2)
    await advance_walks(services)
    assert await scene.one("SELECT count(*) FROM walk WHERE walk_id = :id", id=kept) == 0
