"""A guardian's browser is pushed to, over real HTTP and opened with its own keys; and what if no push brings her."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from functools import partial
from uuid import UUID, uuid4

import pytest

from location_router.runtime.jobs import Again
from location_router.wire import Phase, State
from server.people import follow_routes, guardian_push, notice_jobs, notices, push_routes, routes, service, texts, told
from server.people.consents import VERSION
from tests.server.fake_push_service import FakePushService, fake_push_service
from tests.server.people.test_follow import links, moved, status
from tests.server.scene import LAT, LON, Scene, app_of, client, installation, listening

LOOPBACK = "127.0.0.0/8"


@pytest.fixture
def vendor() -> Iterator[FakePushService]:
    with fake_push_service() as made:
        yield made


@pytest.fixture
async def home(installation_database: str) -> AsyncIterator[Scene]:
    settings = {"serves": "", "public_url": "http://home.test", "web_push_networks": LOOPBACK}
    async with installation(installation_database, **settings) as made:
        yield made


async def notes(home: Scene, state: str = "waiting") -> list[UUID]:
    query = "SELECT note_id FROM web_push_note WHERE state = :s ORDER BY created_at, note_id"
    return [row["note_id"] for row in await home.sql(query, s=state)]


async def send_all(home: Scene) -> None:
    for note_id in await notes(home):
        await guardian_push.send_note(home.services, note_id)


async def test_from_the_invitation_to_the_last_push(home: Scene, vendor: FakePushService) -> None:
    """One browser, one alert: each event once, words nowhere, nothing after the guardian is removed."""
    signed = await service.sign_up(home.services, nickname="보라", phone="010-1111-2222")
    user = await service.device_user(home.services, signed.device_token)
    named = await service.designate(home.services, user, name="엄마", phone="010-9999-1234")
    by_invitation = f"/api/invitations/{named['invitation']}"
    modules = (routes.router, follow_routes.router, push_routes.router)
    async with listening(app_of(home.services, *modules)) as address, client(address) as mother:
        early = await mother.post(f"{by_invitation}/push", json=vendor.subscription())
        assert (early.status_code, early.json()["code"]) == (409, "not_accepted")
        old = await mother.post(f"{by_invitation}/accept", json={"version": "1999-01"})
        assert (old.status_code, old.json()["code"]) == (409, "old_text")
        assert (await mother.post(f"{by_invitation}/accept", json={"version": VERSION})).is_success
        kept = [await mother.post(f"{by_invitation}/push", json=vendor.subscription()) for _ in range(2)]
        assert kept[0].status_code == 201 and kept[0].json() == kept[1].json(), "the same browser is one row"
        for wrong, field in (
            ({"endpoint": "https://10.0.0.1/x"}, "endpoint"),
            ({"endpoint": "http://[::ffff:192.168.0.9]/x"}, "endpoint"),
            ({"endpoint": "file:///etc/passwd"}, "endpoint"),
            ({"keys": {"p256dh": "AAAA", "auth": "AAAA"}}, "p256dh"),
            ({"keys": vendor.subscription()["keys"] | {"auth": "AAAA"}}, "auth"),
        ):
            refused = await mother.post(f"{by_invitation}/push", json=vendor.subscription() | wrong)
            assert (refused.status_code, refused.json()["field"]) == (422, field), wrong
        key = (await mother.get("/api/web_push")).json()["public_key"]
        await _an_alert_is_pushed(home, vendor, signed.person_id, key)
        await _a_walk_is_pushed(home, vendor, signed.person_id, UUID(named["guardian_id"]))
        (link,) = await links(home)
        assert (await mother.post(f"/api/follow/{link}/push", json=vendor.subscription("x"))).status_code == 401
        opened = await mother.post(f"/api/follow/{link}/open", json={"last4": "1234"})
        cookie = {"Cookie": opened.headers["set-cookie"].split(";")[0]}
        second = await mother.post(f"/api/follow/{link}/push", json=vendor.subscription("tablet"), headers=cookie)
        assert second.status_code == 201
        gone = f"/api/follow/{link}/push/{second.json()['subscription_id']}"
        assert (await mother.delete(gone, headers=cookie)).status_code == 204
        assert await home.one("SELECT count(*) FROM web_push") == 1
        await service.end_guardian(home.services, user, UUID(named["guardian_id"]))
        assert await home.one("SELECT count(*) FROM web_push") == 0, "gone with the guardian"
        late = await mother.post(f"/api/follow/{link}/push", json=vendor.subscription(), headers=cookie)
        assert late.status_code == 410
    secrets = ("보라", "엄마", "01011112222", "01099991234", str(LAT), str(LON))
    assert not [word for word in secrets for _, _, data in vendor.opened if word in str(data)]


async def _an_alert_is_pushed(home: Scene, vendor: FakePushService, person: UUID, key: str) -> None:
    alert_id = UUID(int=0x0123456789ABCDEF0123456789ABCDEF)
    first = status(alert_id, person)
    await asyncio.gather(*(service.receive_home_status(home.services, first) for _ in range(3)))
    await moved(home, alert_id)
    (raised,) = await notes(home)
    await send_all(home)
    await guardian_push.send_note(home.services, raised)  # a job repeated sends nothing
    path, headers, data = vendor.opened[0]
    (link,) = await links(home)
    assert data == {"event": "raised", "tag": alert_id.hex, "path": f"/follow/{link}", "language": "ko"}
    assert (path, headers["ttl"], headers["urgency"], headers["topic"]) == ("/push/mother", "600", "high", alert_id.hex)
    assert vendor.claims()["sub"] == "mailto:ansim@home.test" and vendor.claims()["k"] == key
    for state in (State.RECEIVED, State.ACKNOWLEDGED, State.DISPATCHED, State.EN_ROUTE):
        await service.receive_home_status(home.services, status(alert_id, person, state))
        await send_all(home)
    assert [one[2]["event"] for one in vendor.opened] == ["raised", "acknowledged", "dispatched"]
    assert await home.tags(alert_id) == ["guardian:told"]


async def _a_walk_is_pushed(home: Scene, vendor: FakePushService, person: UUID, guardian: UUID) -> None:
    """She has no app: her browser's push is the notice's push; the path leads to the page of the walk."""
    walk, before = uuid4(), len(vendor.opened)
    async with home.services.db.begin() as unit:
        assert await notices.tell_guardians(unit, home.services, person, [guardian], "walk_late", walk) == 1
    (job,) = await home.sql("SELECT args FROM procrastinate_jobs WHERE task_name = 'push_notice_browser'")
    notice_id, subscription_id = (UUID(job["args"][name]) for name in ("notice_id", "subscription_id"))
    await notice_jobs.push(home.services, notice_id)
    await notice_jobs.push_browser(home.services, notice_id, subscription_id)
    path, headers, data = vendor.opened[before]
    assert (path, headers["topic"], data["event"], data["tag"]) == ("/push/mother", walk.hex, "walk_late", walk.hex)
    async with home.services.db.begin() as unit:
        seen = await notices.by_link(unit, home.services, data["path"].removeprefix("/notice/"), "delivered")
    assert (seen["event"], seen["is_over"], seen["is_shown"]) == ("walk_late", True, False)
    assert await home.one("SELECT push_state FROM notice WHERE notice_id = :id", id=notice_id) == "sent"


async def accepted(home: Scene, vendor: FakePushService) -> UUID:
    """A person whose guardian has a browser, through the service."""
    signed = await service.sign_up(home.services, nickname="보라", phone="010-1111-2222")
    user = await service.device_user(home.services, signed.device_token)
    named = await service.designate(home.services, user, name="엄마", phone="010-9999-1234")
    await service.accept(home.services, named["invitation"], push_token=None)
    given = vendor.subscription()
    async with home.services.db.begin() as unit:
        row = await unit.one("SELECT guardian_id, center_id FROM guardian WHERE ended_at IS NULL")
        read = await guardian_push.readable(home.services, endpoint=given["endpoint"], **given["keys"])
        await guardian_push.subscribe(home.services, unit, row or {}, given=read, language="en")
    return signed.person_id


async def _who_waits_for_the_notice_holds_no_text(home: Scene, message_id: UUID, notice_id: UUID) -> None:
    """A cascade locks a notice before its message. In the other order, letting a guardian go and the job that has sent
    her text would wait for each other."""
    guardian = await home.one("SELECT guardian_id FROM notice WHERE notice_id = :id", id=notice_id)

    async def drop() -> None:
        async with home.services.db.begin() as unit:
            await texts.drop_texts(unit, guardian_id=guardian)
            await unit.execute("ROLLBACK")

    waits = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    for work in (drop, partial(texts.send_text, home.services, message_id)):
        async with home.services.db.begin() as unit:
            await unit.execute("SELECT 1 FROM notice WHERE notice_id = :id FOR UPDATE", {"id": notice_id})
            task = asyncio.create_task(work())
            async with asyncio.timeout(15):
                while await home.one(waits) is None:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            free = "SELECT 1 FROM text_message WHERE message_id = :id FOR UPDATE NOWAIT"
            assert await unit.scalar(free, {"id": message_id}) == 1
        await task
    assert await home.sql("SELECT * FROM text_message") == []


async def test_busy_dead_and_late_and_the_text_message_for_whom_no_push_has_brought(
    home: Scene, vendor: FakePushService
) -> None:
    person = await accepted(home, vendor)
    alert_id = UUID(int=7)
    await service.receive_home_status(home.services, status(alert_id, person))
    (note_id,) = await notes(home)
    vendor.answers, vendor.retry_after = [429, 503, 400], "9"
    for _ in range(2):
        with pytest.raises(Again):
            await guardian_push.send_note(home.services, note_id)
    await guardian_push.send_note(home.services, note_id)  # 400: our fault, and no reason to forget the browser
    assert (await notes(home, "failed"), await home.one("SELECT count(*) FROM web_push")) == ([note_id], 1)

    jobs = await home.sql("SELECT scheduled_at FROM procrastinate_jobs WHERE task_name = 'text_guardian'")
    assert jobs[0]["scheduled_at"] is None, "an SOS goes by text beside the push"
    follow_id = await home.one("SELECT follow_id FROM follow")
    for _ in range(2):
        await told.text_guardian(home.services, follow_id)
    row = (await home.sql("SELECT * FROM text_message"))[0]
    words = home.services.sealer.open(row["text_sealed"], context=f"text_message.text:{row['message_id']}")
    assert (await links(home))[0] in words and "보라" not in words
    assert await home.one("SELECT count(*) FROM text_message") == 1
    await _who_waits_for_the_notice_holds_no_text(home, row["message_id"], row["notice_id"])

    vendor.answers = [410]
    await service.receive_home_status(home.services, status(alert_id, person, State.CLOSED, phase=Phase.ENDED))
    await send_all(home)
    assert vendor.opened[-1][2]["event"] == "ended"
    assert await home.one("SELECT count(*) FROM web_push") == 0, "a dead subscription is deleted"


async def test_a_push_service_that_moved_into_our_own_network_is_not_called(
    installation_database: str, vendor: FakePushService
) -> None:
    """Where an address leads is asked again when it is used: what was public then may lead inside now."""
    async with installation(installation_database, serves="", web_push_networks=LOOPBACK) as before:
        person = await accepted(before, vendor)
        await service.receive_home_status(before.services, status(UUID(int=8), person))
        (note_id,) = await notes(before)
        before.services.settings.web_push_networks = ""
        await guardian_push.send_note(before.services, note_id)
        assert vendor.opened == []
        assert await before.one("SELECT count(*) FROM web_push") == 0
