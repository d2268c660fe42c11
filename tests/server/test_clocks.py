"""Clocks that are wrong: a phone's by a day or by decades, the router's by minutes. The center goes by its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from location_router.runtime.signing import sign
from server.intake import receive_body
from server.positions import OLDEST_FIX, believable
from server.services import Services
from tests.server.conftest import listening
from tests.server.deliveries import Clock, delivery, rows, sweep, tags

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
WHEN = st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(WHEN)
def test_a_fix_is_never_younger_than_its_arrival_nor_older_than_a_day(fixed_at: datetime) -> None:
    told = believable(fixed_at, NOW)
    assert NOW - OLDEST_FIX <= told <= NOW
    if NOW - OLDEST_FIX <= fixed_at <= NOW:
        assert told == fixed_at, "what can be true is kept"


@pytest.mark.database
@pytest.mark.parametrize("off", [timedelta(days=-1), timedelta(days=1), timedelta(days=-20_000)])
async def test_a_phone_with_a_wrong_clock_is_served_like_any_other(
    services: Services, clock: Clock, off: timedelta
) -> None:
    given_ = delivery()
    wrong = given_.alert.raised_at + off
    position = given_.alert.position.model_copy(update={"fixed_at": wrong, "sent_at": wrong})  # type: ignore[union-attr]
    alert = given_.alert.model_copy(update={"raised_at": wrong, "position": position})
    body = given_.model_copy(update={"alert": alert}).model_dump_json().encode()
    receipt = await receive_body(services, "bus", body)
    assert receipt is not None
    [kept] = await rows(services, "SELECT incident_id, fixed_at, received_at FROM position")
    assert timedelta() <= kept["received_at"] - kept["fixed_at"] <= OLDEST_FIX
    await sweep(services)
    assert "incident:escalated" not in await tags(services, kept["incident_id"]), "nobody's clock but ours"
    clock.forward(services.settings.escalate_leader_s + 1)
    await sweep(services)
    assert "incident:escalated" in await tags(services, kept["incident_id"])
    [line] = await rows(
        services, "SELECT bool_and(a.at <= b.at) AS ordered FROM event a JOIN event b ON b.seq = a.seq + 1"
    )
    assert line["ordered"], "the log's times go with its numbers"


@pytest.mark.database
@pytest.mark.parametrize(("off_s", "status"), [(290, 200), (-290, 200), (310, 401), (-310, 401)])
async def test_a_signed_call_is_good_for_five_minutes_and_then_says_clock(
    services: Services, off_s: float, status: int
) -> None:
    body = delivery().model_dump_json().encode()
    now = services.clock().timestamp() + off_s
    headers = sign("secret", installation="serving-1", method="POST", path="/v1/inbox", body=body, now=now)
    async with listening(services) as url, httpx.AsyncClient(base_url=url, trust_env=False, timeout=10) as router:
        answer = await router.post("/v1/inbox", content=body, headers=headers)
    assert answer.status_code == status, answer.text
    if status == 401:
        assert answer.json()["code"] == "clock_skew" and "NTP" in answer.json()["message_en"]
