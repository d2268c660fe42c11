"""Tokens that are believed for some minutes, and no longer than they live."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from location_router.runtime import tokens
from location_router.runtime.problems import Problem
from server.walks import speaking
from server.walks.speaking import CHECKED_FOR, KnownTokens


async def test_a_token_is_checked_once_in_ten_minutes_and_again_from_its_own_end_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    private, public = tokens.new_device_keys()
    now = datetime.now(UTC)  # the short one must not end while other tests run
    clock, checked = SimpleNamespace(now=now), list[datetime]()

    async def look(_: str) -> Any:
        return [(public,)]

    def verify(token: str, keys: Any) -> tokens.Device:
        checked.append(clock.now)
        if clock.now - now >= timedelta(minutes=12):
            raise tokens.ExpiredToken(hers)
        return tokens.verify_device_token(token, keys)

    monkeypatch.setattr(speaking, "verify_device_token", verify)
    services: Any = SimpleNamespace(
        clock=lambda: clock.now, settings=SimpleNamespace(installation="home-1"), db=SimpleNamespace(look=look)
    )
    hers = tokens.Device("home-1", str(uuid4()), str(uuid4()), "41170")
    long, short = (tokens.sign_device_token(hers, private, now=now, life=timedelta(minutes=life)) for life in (100, 4))
    known = KnownTokens()
    for token in (long, long, short, short):
        assert str((await known.speaker(services, token)).person_id) == hers.person_id
    assert len(checked) == 2, "once each"
    clock.now = now + timedelta(minutes=3, seconds=58)
    await known.speaker(services, short)
    assert len(checked) == 2
    for minutes in (4.1, 9):
        clock.now = now + timedelta(minutes=minutes)
        await known.speaker(services, long)
        await known.speaker(services, short)
    assert len(checked) == 4, "what has ended is not believed, but checked, each time"
    clock.now = now + CHECKED_FOR + timedelta(minutes=2)
    with pytest.raises(Problem, match="not enrolled"):
        await known.speaker(services, short)
