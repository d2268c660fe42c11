"""Firebase's real SDK against a local endpoint: the bytes on the wire, and what each answer means for us."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator

import pytest
from firebase_admin import credentials, messaging

from server.push import ConsolePush, FirebasePush, PushLater, PushMessage, PushRefused, TokenGone, create_push
from tests.location_router.routers import until
from tests.server.fake_fcm import FakeFcm, fake_fcm

MESSAGE = PushMessage("device-1", {"kind": "sos", "alert_id": "a", "follow_id": "f", "link": "http://h/follow/x"}, "a")


@pytest.fixture
def fcm() -> Iterator[FakeFcm]:
    with fake_fcm() as made:
        yield made


@pytest.fixture
async def push(fcm: FakeFcm) -> AsyncIterator[FirebasePush]:
    made = FirebasePush(credentials.Certificate(fcm.account()), fcm_url=fcm.fcm_url)
    yield made
    await made.close()


def test_the_private_names_of_the_sdk_that_we_lean_on_are_there() -> None:
    assert messaging._MessagingService.FCM_URL == "https://fcm.googleapis.com/v1/projects/{0}/messages:send"
    assert callable(messaging._get_messaging_service)


async def test_the_message_on_the_wire_is_data_only_urgent_and_short_lived(fcm: FakeFcm, push: FirebasePush) -> None:
    result = await push.send(MESSAGE)
    assert result.message_id == "projects/ansim-test/messages/1"
    assert fcm.bodies[0].pop("validate_only", False) is False
    assert fcm.bodies == [
        {
            "message": {
                "token": "device-1",
                "data": MESSAGE.data,
                "android": {"priority": "high", "ttl": "600s", "collapse_key": "a", "direct_boot_ok": True},
                "webpush": {"headers": {"Urgency": "high", "TTL": "600"}},
            }
        }
    ]
    assert "notification" not in json.dumps(fcm.bodies)
    assert fcm.grants == 1, "the real OAuth grant was asked for"


async def test_no_line_to_google_stays_open_after_the_end(fcm: FakeFcm) -> None:
    fcm.delay_s = 0.2
    push = FirebasePush(credentials.Certificate(fcm.account()), fcm_url=fcm.fcm_url)
    given_up = asyncio.create_task(push.send(MESSAGE))  # as by a worker that is stopped: its thread goes on
    await until(lambda: fcm.lines == 2)
    given_up.cancel()
    await push.close()
    await until(lambda: fcm.lines == 0)


async def test_a_firebase_installation_id_goes_as_such(fcm: FakeFcm, push: FirebasePush) -> None:
    await push.send(PushMessage("fid:abc", {"kind": "sos"}, "a"))
    message = fcm.bodies[0]["message"]
    assert message["fid"] == "abc" and "token" not in message


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        ("UNREGISTERED", TokenGone),
        ("SENDER_ID_MISMATCH", TokenGone),
        ("QUOTA_EXCEEDED", PushLater),
        ("UNAVAILABLE", PushLater),
        ("THIRD_PARTY_AUTH_ERROR", PushLater),
        ("INVALID_ARGUMENT", PushRefused),
    ],
)
async def test_what_each_answer_means(fcm: FakeFcm, push: FirebasePush, answer: str, meaning: type[Exception]) -> None:
    fcm.answers = [answer] * 9
    async with asyncio.timeout(20):
        with pytest.raises(meaning):
            await push.send(MESSAGE)
    # one call is one attempt, repeating is the job's task; only a 401 makes the SDK fetch a new login first
    assert len(fcm.bodies) == 1 or answer == "THIRD_PARTY_AUTH_ERROR"
    fcm.answers.clear()
    assert (await push.send(MESSAGE)).message_id


async def test_a_long_retry_after_is_handed_to_the_job_instead_of_waited_for(fcm: FakeFcm, push: FirebasePush) -> None:
    fcm.answers, fcm.retry_after = ["QUOTA_EXCEEDED"], "30"
    async with asyncio.timeout(20):  # waited for, it would be longer
        with pytest.raises(PushLater) as later:
            await push.send(MESSAGE)
    assert later.value.after_s == 30


async def test_a_refused_login_at_google_is_tried_again_later(fcm: FakeFcm, push: FirebasePush) -> None:
    fcm.refuse_grant = True
    with pytest.raises(PushLater):
        await push.send(MESSAGE)
    fcm.refuse_grant = False
    assert (await push.send(MESSAGE)).message_id


async def test_a_service_that_is_away_is_tried_again_later() -> None:
    with fake_fcm() as gone:
        push = FirebasePush(credentials.Certificate(gone.account()), fcm_url=gone.fcm_url)
    with pytest.raises(PushLater):
        await push.send(MESSAGE)
    await push.close()


async def test_the_console_twin_prints_one_json_line(capsys: pytest.CaptureFixture[str]) -> None:
    push = ConsolePush()
    assert (await push.send(MESSAGE)).message_id.startswith("console-")
    assert json.loads(capsys.readouterr().out) == {"push": {"token": "device-1", **MESSAGE.data}}
    assert push.sent == [MESSAGE]


def test_a_wrong_setting_stops_the_start_with_one_sentence() -> None:
    with pytest.raises(ValueError, match="console or firebase"):
        create_push("pigeon")
    with pytest.raises(ValueError, match="FIREBASE_CREDENTIALS"):
        create_push("firebase")
