"""The push as a durable job: an own worker, Google's real SDK, a local endpoint that answers badly first."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from location_router.runtime.jobs import defer_in, work
from location_router.wire import CenterRef, Phase, State, Status
from server.jobs import jobs, load_tasks
from server.people import notices, service
from tests.server.fake_fcm import FakeFcm, fake_fcm
from tests.server.scene import CENTER, Scene, installation

ANYANG = CenterRef(code=CENTER, name_ko="경기도 안양시", name_en="Anyang")


@pytest.fixture
def fcm() -> Iterator[FakeFcm]:
    with fake_fcm() as made:
        yield made


@pytest.fixture
async def home(installation_database: str, fcm: FakeFcm, tmp_path: Path) -> AsyncIterator[Scene]:
    account = tmp_path / "account.json"
    account.write_text(json.dumps(fcm.account()))
    settings = {"serves": "", "push": "firebase", "firebase_credentials": account, "fcm_url": fcm.fcm_url}
    async with installation(installation_database, public_url="http://home.test", **settings) as made:
        yield made
        if push := made.services.shared.get("push"):
            await push.close()


@asynccontextmanager
async def worker(home: Scene) -> AsyncIterator[None]:
    task = asyncio.create_task(work(home.services.settings.database_url, load_tasks(), {"services": home.services}))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def guarded_person(home: Scene, *, push_token: str | None = "device-1") -> UUID:
    signed = await service.sign_up(home.services, nickname="보라", phone="010-1111-2222")
    user = await service.device_user(home.services, signed.device_token)
    named = await service.designate(home.services, user, name="엄마", phone="010-9999-1234")
    await service.accept(home.services, named["invitation"], push_token=push_token)
    return signed.person_id


async def shake(home: Scene, person_id: UUID) -> UUID:
    alert_id = uuid4()
    await tell(home, person_id, alert_id, State.ASSIGNED)
    return alert_id


async def tell(home: Scene, person_id: UUID, alert_id: UUID, state: State) -> None:
    phase = Phase.ENDED if state is State.CLOSED else Phase.ACTIVE
    await service.receive_home_status(
        home.services,
        Status(
            status_id=uuid4(),
            alert_id=alert_id,
            assignment_no=1,
            state=state,
            phase=phase,
            center=ANYANG,
            at=datetime.now(UTC),
            home="home-1",
            person_id=str(person_id),
        ),
    )


async def push_state(home: Scene, wanted: str) -> None:
    async with asyncio.timeout(15):
        while await home.one("SELECT push_state FROM follow") != wanted:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_the_guardian_is_told_with_ids_and_an_address_only(home: Scene, fcm: FakeFcm) -> None:
    alert_id = await shake(home, await guarded_person(home))
    async with worker(home):
        await push_state(home, "sent")
    (body,) = fcm.bodies
    data = body["message"]["data"]
    assert set(data) == {"kind", "alert_id", "follow_id", "link"} and data["alert_id"] == str(alert_id)
    assert data["link"].startswith("http://home.test/follow/") and len(data["link"].rsplit("/", 1)[1]) >= 22
    assert body["message"]["android"]["collapse_key"] == str(alert_id)
    row = (await home.sql("SELECT push_message_id, pushed_at FROM follow"))[0]
    assert row["push_message_id"] == "projects/ansim-test/messages/1" and row["pushed_at"] is not None


async def test_429_and_503_are_tried_again_until_it_is_taken(home: Scene, fcm: FakeFcm) -> None:
    fcm.answers, fcm.retry_after = ["QUOTA_EXCEEDED", "UNAVAILABLE"], "1"
    await shake(home, await guarded_person(home))
    async with worker(home):
        await push_state(home, "sent")
    assert len(fcm.bodies) == 3


async def test_a_dead_token_is_deleted_and_a_malformed_message_deletes_nothing(home: Scene, fcm: FakeFcm) -> None:
    fcm.answers = ["INVALID_ARGUMENT", "UNREGISTERED"]
    person_id = await guarded_person(home)
    await shake(home, person_id)
    async with worker(home):
        await push_state(home, "failed")
        assert await home.one("SELECT push_token_sealed IS NOT NULL FROM guardian")
        await home.sql("DELETE FROM follow")
        await shake(home, person_id)
        await push_state(home, "no_token")
    assert await home.one("SELECT push_token_sealed IS NULL FROM guardian")
    assert len(fcm.bodies) == 2


async def test_a_guardian_without_the_app_is_noted(home: Scene, fcm: FakeFcm) -> None:
    await shake(home, await guarded_person(home, push_token=None))
    async with worker(home):
        await push_state(home, "no_token")
    assert fcm.bodies == []


async def test_what_has_ended_meanwhile_alarms_nobody(home: Scene, fcm: FakeFcm) -> None:
    person_id = await guarded_person(home)
    alert_id = await shake(home, person_id)
    await tell(home, person_id, alert_id, State.CLOSED)
    async with worker(home), asyncio.timeout(10):
        while await home.one("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'push_guardian'"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert fcm.bodies == []


async def _a_job_is_there_with_its_cause_and_never_without(home: Scene) -> None:
    count = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'push_notice'"
    with pytest.raises(RuntimeError, match="power cut"):
        async with home.services.db.begin() as unit:
            await defer_in(unit, "push_notice", notice_id=str(uuid4()))
            assert await home.one(count) == 0, "nobody begins it before the commit"
            raise RuntimeError("power cut")
    assert await home.one(count) == 0


async def test_the_job_of_a_killed_worker_is_taken_up_again(home: Scene, fcm: FakeFcm) -> None:
    await _a_job_is_there_with_its_cause_and_never_without(home)
    await shake(home, await guarded_person(home))
    # as a kill -9 leaves it: the job is being done, by a worker that has not been heard of for a minute
    await home.sql("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute')")
    await home.sql("UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM procrastinate_workers)")
    async with worker(home):
        await push_state(home, "sent")
    assert len(fcm.bodies) == 1
    assert "push_guardian" in jobs.tasks


async def test_forty_guardians_a_slow_service_that_fails_one_in_ten_and_a_killed_worker(
    home: Scene, fcm: FakeFcm
) -> None:
    """Each is told exactly once, whoever does the jobs."""
    walk, tokens = uuid4(), {f"device-{n}-{k}" for n in range(8) for k in range(5)}
    for n in range(8):
        signed = await service.sign_up(home.services, nickname="보라", phone=f"010-1111-222{n}")
        user = await service.device_user(home.services, signed.device_token)
        ids = []
        for k in range(5):
            named = await service.designate(home.services, user, name="가족", phone=f"010-9999-12{n}{k}")
            await service.accept(home.services, named["invitation"], push_token=f"device-{n}-{k}")
            ids.append(UUID(named["guardian_id"]))
        async with home.services.db.begin() as unit:
            assert await notices.tell_guardians(unit, home.services, user.person_id, ids, "walk_begun", walk) == 5
    await home.sql("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute')")
    await home.sql(
        "UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM procrastinate_workers)"
        " WHERE task_name = 'push_notice' AND id % 2 = 0"
    )
    fcm.answers, fcm.delay_s = (["ok"] * 9 + ["UNAVAILABLE"]) * 4, 0.1
    async with worker(home), asyncio.timeout(30):
        while await home.one("SELECT count(*) FROM notice WHERE push_state <> 'sent'"):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    sent = [body["message"]["token"] for body in fcm.bodies]
    assert len(sent) == 44 and set(sent) == tokens, "each once, and four of them a second time after a 503"
    assert await home.one("SELECT count(*) FROM notice WHERE text_state <> ''") == 0
