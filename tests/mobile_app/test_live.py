"""The line of an alert where no WebSocket gets through, and her last word when nobody takes it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mobile_app.core.messages import Position, Said
from mobile_app.core.position import UnsentPositions
from mobile_app.net.client import tls_context
from mobile_app.net.live import LiveLine
from mobile_app.net.outbox import Unreachable
from mobile_app.service import tracking
from tests.mobile_app.running import fix, until

NOWHERE = "http://127.0.0.1:9"
TLS = tls_context()


class Posts:
    """A router that takes POSTs only."""

    def __init__(self) -> None:
        self.positions: list[Position] = []
        self.said: list[str] = []
        self.is_up = True

    async def post_positions(self, _: str, positions: Any, *, live_token: str) -> None:
        self.positions += positions

    async def post_said(self, said: Said, *, live_token: str) -> None:
        self.said.append(said.said_id)
        if not self.is_up:
            raise Unreachable("no answer")


async def test_positions_go_by_post_where_no_websocket_gets_through() -> None:
    """An office's proxy, a hotel. A fault of ours in one try does not end the line either."""
    posts, unsent, faults = Posts(), UnsentPositions(), [1, 1]

    def is_on() -> bool:
        if faults:
            faults.pop()
            raise RuntimeError("a fault of ours")
        return True

    unsent.add(fix(), at=datetime.now(UTC))
    line = LiveLine(
        alert_id="a", live_token="t", router=posts, router_url=NOWHERE, is_on=is_on, tls=TLS, unsent=unsent,  # type: ignore[arg-type]
        heard=lambda _: None, connected=lambda _: None, delivered=lambda _: None, ended=lambda: None,
    )  # fmt: skip
    task = asyncio.create_task(line.run())
    await until(lambda: posts.positions and not len(unsent))
    assert not task.done()
    task.cancel()


@pytest.mark.parametrize("age", [timedelta(), timedelta(hours=73)])
async def test_her_last_word_goes_ever_more_seldom_and_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, age: timedelta
) -> None:
    monkeypatch.setattr(tracking, "LINGER_PAUSE_S", 0.02)
    monkeypatch.setattr(tracking, "ENDED_BRISK_S", 0.3)
    posts, word = Posts(), Said(said_id="w", alert_id="a", at=datetime.now(UTC) - age, kind="quick", code="safe_now")
    posts.is_up, unsaid = False, [word]
    (tmp_path / tracking.FILE).write_text('{"a": "token"}')
    follows = tracking.Tracking(
        tmp_path, router=posts, router_url=NOWHERE, is_on=lambda: True, tls=TLS, heard=lambda _: None,  # type: ignore[arg-type]
        changed=lambda: None, ended=lambda _: None, unsaid=lambda _: tuple(unsaid),
        said=lambda _, said_id: unsaid.clear() if said_id == "w" else None,
    )  # fmt: skip
    follows.linger("a")
    await until(lambda: len(posts.said) >= 4)
    await asyncio.sleep(0.4)
    assert len(posts.said) < 12, "twice as long each time"
    if age:
        await until(lambda: not unsaid)
    else:
        posts.is_up = True
        await until(lambda: not unsaid)
    await follows.close()
