"""Walks as they are used every night, over HTTP with the clock in the hand: happy, forgotten, asked, shared, forgotten
again. No picture hangs on any of them."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from websockets.asyncio.client import connect

from location_router.runtime.problems import Problem
from server.log import disclosures, own_copy
from server.people import ledger, service
from server.people.consents import VERSION
from server.walks.due import advance_walks, forget_walks
from server.walks.guardian_view import see
from server.walks.line import line_hub
from server.walks.raising import send_alert
from tests.server.scene import CENTER, LAT, SEAT, installation
from tests.server.walks.walkers import HOME, SOON, Walker, walking

pytestmark = pytest.mark.database
GUNPO = "41410"


async def passes(walker: Walker, **span: float) -> None:
    """So much time in which nothing is heard, looked at as the sweeper does."""
    end = walker.clock() + timedelta(**span)
    while (now := walker.clock()) < end:
        row = await walker.row()
        if row["look_at"] is None:
            return
        walker.clock.forward(min(max(0.5, (row["look_at"] - now).total_seconds() + 0.5), (end - now).total_seconds()))
        await advance_walks(walker.scene.services)


async def test_the_walks_of_a_week(installation_database: str) -> None:
    week = installation(installation_database, serves="all", walk_patience=SOON)
    async with week as home, walking(home) as walker:
        await _happy(walker)
        await _forgotten_arrival(walker)
        await _later_than_she_said(walker)
        await _asked(walker)
        await _goes_elsewhere(walker)
        await _a_guardian_looks(walker)
        await _refused(walker)
        await _a_foreign_alerts_id(walker)
        await _never_kept(walker)


async def _happy(walker: Walker) -> None:
    """Begun, walked, arrived by itself; the line told her so; her own history, and out of it again."""
    await walker.begin()
    url = str(walker.api.base_url).replace("http", "ws") + f"{walker.path}/line"
    headers = {"Authorization": walker.api.headers["Authorization"]}
    async with connect(url, additional_headers=headers, proxy=None) as line:
        assert json.loads(await line.recv())["state"] == "on_track"
        late_ones = [walker.fix(n / 40, at=walker.clock() + timedelta(seconds=20 * n)) for n in range(1, 20)]
        late_ones[3]["fixed_at"] = late_ones[3]["fixed_at"].replace("+00:00", "")  # UTC; nobody's beat falls over it
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
    ten = (walker.clock() + timedelta(minutes=10)).isoformat()
    first = await walker.begin(kind="timer", until=ten, destination=None)
    await passes(walker, minutes=11.5)
    asked = (await walker.api.get("/api/people/me/walks/current")).json()["walk"]
    assert (asked["state"], asked["rung"]) == ("overdue", "prompted") and asked["prompt_until"] is not None
    longer = await walker.says("extend", minutes=20)
    assert (longer["rung"], longer["trouble"]) == ("calm", "") and longer["until"] > first["until"]
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


async def _later_than_she_said(walker: Walker) -> None:
    """Five minutes, she said: her own time makes her late, `extend` moves it, and a change of the walk keeps that."""
    walker.again()
    await walker.begin(eta_s=300)
    await passes(walker, minutes=11)
    assert (await walker.row())["rung"] == "calm", "five minutes of grace and some for the way"
    await passes(walker, minutes=2.2)
    late = await walker.row()
    assert (late["state"], late["rung"], late["trouble"]) == ("overdue", "prompted", "overdue")
    longer = await walker.says("extend", minutes=20)
    assert (longer["state"], longer["rung"]) != ("overdue", "prompted") and longer["until"] is not None
    changed = await walker.begin(eta_s=300, taxi_note="12가 3456")
    assert changed["until"] == longer["until"] and changed["rung"] == "calm"
    await walker.heard([walker.fix(0.5)])
    for _ in range(2):
        await passes(walker, minutes=10)
        await walker.heard([walker.fix(0.5)])
    assert (await walker.row())["rung"] == "calm"
    await passes(walker, minutes=8.5)
    assert (await walker.row())["trouble"] == "overdue"
    await _phone_taken_back(walker)
    await walker.says("arrived")


async def _phone_taken_back(walker: Walker) -> None:
    """Her phone was known a moment ago and is taken back: from then on it says nothing more, not even a position."""
    before = await walker.scene.one("SELECT count(*) FROM walk_position WHERE walk_id = :id", id=walker.walk_id)
    for revoked, status in (("now()", 401), ("NULL", 200)):
        async with walker.scene.services.db.begin() as unit:
            await unit.execute(f"UPDATE device SET revoked_at = {revoked}")
        walker.clock.forward(5)
        answer = await walker.api.post(f"{walker.path}/positions", json={"positions": [walker.fix(0.55)]})
        assert answer.status_code == status, answer.text
    after = await walker.scene.one("SELECT count(*) FROM walk_position WHERE walk_id = :id", id=walker.walk_id)
    assert after == before + 1


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
    await passes(walker, minutes=1.5)
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


async def _goes_elsewhere(walker: Walker) -> None:
    """Another destination after twenty minutes: what is known of her goes on, and no rung is lower by it; an answer of
    yesterday is none to what is asked today; an alarm by her own phone is the end of all questions."""
    scene, far = walker.scene, {"lat": LAT + 0.03, "lon": HOME["lon"]}
    walker.again()
    await walker.begin(destination=far)
    for n in range(1, 20):
        await walker.at(n / 16)
    before = (await walker.row())["assessed"]
    changed = await walker.begin(destination={"lat": LAT + 0.011, "lon": HOME["lon"] + 0.02})
    assert (changed["state"], changed["rung"], changed["trouble"]) == ("on_track", "calm", ""), "heard all the time"
    after = (await walker.row())["assessed"]
    assert [after[name] for name in ("moved_s", "paces", "newest_t")] == [
        before[name] for name in ("moved_s", "paces", "newest_t")
    ]
    while (asked := await walker.row())["rung"] != "called":
        await passes(walker, seconds=20)
    changed = await walker.begin(destination=HOME, eta_s=7200)
    assert (changed["rung"], changed["trouble"]) == ("called", "no_signal"), "a change answers nothing"
    assert (await walker.row())["due_at"] == asked["due_at"]
    hour_ago = {name: (walker.clock() - timedelta(minutes=m)).isoformat() for name, m in (("at", 90), ("sent_at", 30))}
    said = await walker.says("ok", **hour_ago)
    assert (said["rung"], said["no"]) == ("called", 1) and said["version"] > changed["version"], "kept, and no answer"
    assert (await walker.says("ok", at=walker.clock().isoformat()))["rung"] == "calm"
    while (asked := await walker.row())["rung"] != "guardians":
        await passes(walker, seconds=20)
    lines = "SELECT count(*) FROM walk_change WHERE walk_id = :id"
    before = await scene.one(lines, id=walker.walk_id)
    await scene.sql(
        "INSERT INTO followed_alert (alert_id, center_id, person_id, state, phase, serving, history, started_at)"
        " VALUES (:alert, :center, :person, 'received', 'active', '{}', '[]', :now)",
        alert=walker.alert_id, center=CENTER, person=asked["person_id"], now=walker.clock(),
    )  # fmt: skip
    with line_hub(scene.services).page(walker.walk_id) as wake:
        await passes(walker, minutes=3)
        assert wake.is_set(), "the open pages move, too"
    calm = await walker.row()
    assert (calm["rung"], calm["version"]) == ("calm", asked["version"] + 1)
    assert await scene.one(lines, id=walker.walk_id) == before, "and her history says nothing of it"
    await walker.says("cancel")


_AGREED_TO = """
INSERT INTO consent_line (line_id, center_id, person_id, kind, act, how, text_version, at)
SELECT gen_random_uuid(), center_id, person_id, kind, act, how, :version, at FROM consent_line
WHERE kind = 'guardian_sharing' AND guardian_id IS NULL LIMIT 1
"""


async def _a_guardian_looks(walker: Walker) -> None:
    """Her place is the guardian's from the rung on, behind a row that she can read, until the walk ends."""
    services, scene = walker.scene.services, walker.scene
    walker.again()
    token = walker.api.headers["Authorization"].removeprefix("Bearer ")
    user = await service.device_user(services, token)
    friend = await service.designate(services, user, name="친구", phone="010-9999-5678")
    await service.accept(services, friend["invitation"], push_token=None)
    await walker.begin(guardians=[walker.guardian_id, friend["guardian_id"]])
    await walker.at(0.1)
    (link,) = await _links(walker, walker.guardian_id)
    early = await see(services, link, last4="1234", address=SEAT)
    assert (early["is_shown"], early["place"], early["state"], early["eta"]) == (False, None, "", None), "words only"
    while (await walker.row())["rung"] != "guardians":
        await passes(walker, seconds=30)
    with pytest.raises(Exception, match="wrong_digits|last four"):
        await see(services, link, last4="0000", address=SEAT)
    begun, late = await _links(walker, friend["guardian_id"])
    tried = [see(services, one, last4="0000", address=SEAT) for one in [begun, late] * 3]
    codes = sorted(one.code for one in await asyncio.gather(*tried, return_exceptions=True) if isinstance(one, Problem))
    assert codes == ["locked"] + ["wrong_digits"] * 5, "five in all, by whichever of her links, also at once"
    for one in (begun, late):
        with pytest.raises(Problem, match="locked|Locked"):
            await see(services, one, last4="5678", address=SEAT)
    await scene.sql(_AGREED_TO, version="2026-11")
    assert not (await see(services, link, last4="1234", address=SEAT))["is_shown"], "she agreed to an SOS alone"
    await scene.sql(_AGREED_TO, version=VERSION)
    for _ in range(2):  # who mistyped once, and has nothing to do with the friend's misuse
        shown = await see(services, link, last4="1234", address=SEAT)
    her_lat = LAT + (HOME["lat"] - LAT) * 0.1
    assert shown["place"]["precision"] == "coarse" and shown["place"]["lat"] != pytest.approx(her_lat)
    assert shown["track"] == [] and [one["event"] for one in shown["events"]] == ["walk_begun", "walk_late"]
    await _her_page_lives(walker, link, her_lat)
    (told,) = (await walker.api.get(f"{walker.path}/disclosures")).json()["disclosures"]
    assert (told["kind"], told["legal_basis"], told["times"]) == ("walk", "lia-19-consent", 2)
    await walker.says("arrived")
    with pytest.raises(Exception, match="ended"):
        await see(services, link, last4="1234", address=SEAT)
    assert await scene.one("SELECT count(*) FROM release WHERE kind = 'walk' AND ended_at IS NULL") == 0


async def _links(walker: Walker, guardian_id: str) -> list[str]:
    """This guardian's addresses of the walk, oldest first."""
    rows = await walker.scene.sql(
        "SELECT notice_id, link_sealed FROM notice WHERE subject_id = :id AND guardian_id = :guardian"
        " ORDER BY created_at",
        id=walker.walk_id,
        guardian=UUID(guardian_id),
    )
    opened = walker.scene.services.sealer.open
    return [opened(row["link_sealed"], context=f"notice.link:{row['notice_id']}") for row in rows]


async def _her_page_lives(walker: Walker, link: str, her_lat: float) -> None:
    """The open page moves with her, is exact when she says so, and goes dark within a second of the cut-off; her own
    ledger has the one row, once."""
    scene, services = walker.scene, walker.scene.services
    url = str(walker.api.base_url).replace("http", "ws") + f"/api/notices/{link}/walk/live"
    async with asyncio.timeout(30), connect(url) as page:
        await page.send('{"last4": "1234"}')
        assert json.loads(await page.recv())["view"]["place"]["precision"] == "coarse"
        await scene.sql("UPDATE person SET follow_precision = 'exact'")
        assert (frame := json.loads(await page.recv()))["type"] == "place", frame
        assert frame["place"]["lat"] == pytest.approx(her_lat) and frame["place"]["precision"] == "exact"
        guardian = f"/api/people/me/guardians/{walker.guardian_id}/pause"
        assert (await walker.api.post(guardian)).status_code == 200
        while json.loads(await page.recv())["type"] != "ended":
            pass
    with pytest.raises(Exception, match="no_link|no such page"):
        await see(services, link, last4="1234", address=SEAT)
    assert (await walker.api.delete(guardian)).status_code == 200
    await scene.sql("UPDATE person SET follow_precision = ''")
    assert (await see(services, link, last4="1234", address=SEAT))["place"]["precision"] == "coarse"
    token = walker.api.headers["Authorization"].removeprefix("Bearer ")
    copied = await own_copy.table(services, await service.device_user(services, token))
    assert f"{walker.walk_id}" in copied and "귀가 walk" in copied
    mine = (await disclosures.mine(services, await service.device_user(services, token)))["walks"]
    assert [(one["walk_id"], len(one["disclosures"])) for one in mine if one["ended_at"] is None] == [
        (str(walker.walk_id), 1)
    ]


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


async def _a_foreign_alerts_id(walker: Walker) -> None:
    """Her phone names an alert of somebody else for its walk: nothing of that one is hers, and it moves no rung."""
    scene, sealer = walker.scene, walker.scene.services.sealer
    walker.again()
    whose = {"alert": walker.alert_id, "now": walker.clock(), "center": CENTER}
    others = await scene.one(
        "SELECT person_id FROM person WHERE phone_digest <> (SELECT p.phone_digest FROM person p"
        " JOIN guardian USING (person_id) LIMIT 1)"
    )
    told = [
        {
            "kind": "walk",
            "camera": "",
            "who_ko": "관제 요원",
            "who_en": "operator",
            "center_ko": "군포",
            "center_en": "Gunpo",
            "legal_basis": "lia-15",
            "since": walker.clock().isoformat(),
            "until": walker.clock().isoformat(),
            "times": 1,
            "viewers": 1,
        }
    ]
    context = f"disclosure_note.body:{walker.alert_id}/walk:{GUNPO}"
    await scene.sql(
        "INSERT INTO followed_alert (alert_id, center_id, person_id, state, phase, serving, history, started_at,"
        " ended_at) VALUES (:alert, :center, :person, 'received', 'active', '{}', '[]', :now, :now)",
        **whose,
        person=others,
    )
    await scene.sql(
        "INSERT INTO disclosure_note (alert_id, serving_center, center_id, person_id, body_sealed, at)"
        " VALUES (:alert, :serving, :center, :person, :body, :now)",
        **whose,
        person=others,
        serving=f"walk:{GUNPO}",
        body=sealer.seal(told, context=context, center=CENTER),
    )
    await scene.sql(
        "INSERT INTO release (release_id, center_id, alert_id, kind, viewer_kind, viewer_id, address, legal_basis,"
        " granted_at, granted_event, ended_at, end_reason, ended_event) VALUES (gen_random_uuid(), :center, :alert,"
        " 'walk', 'operator', gen_random_uuid(), '127.0.0.1', 'lia-15', :now, gen_random_uuid(), :now, 'walk_ended',"
        " gen_random_uuid())",
        **whose,
    )
    walker.clock.forward(1)
    await walker.begin()
    assert (await walker.at(0.1))["rung"] == "calm" and (await walker.row())["ended_at"] is None
    assert (await walker.api.get(f"{walker.path}/disclosures")).json()["disclosures"] == []
    token = walker.api.headers["Authorization"].removeprefix("Bearer ")
    mine = await disclosures.mine(walker.scene.services, await service.device_user(walker.scene.services, token))
    assert str(walker.walk_id) not in {one["walk_id"] for one in mine["walks"]}
    await walker.says("cancel")
    await scene.sql("DELETE FROM followed_alert WHERE alert_id = :id", id=walker.alert_id)


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
    await forget_walks(services)
    assert await scene.one("SELECT count(*) FROM walk WHERE walk_id = :id", id=kept) == 0
