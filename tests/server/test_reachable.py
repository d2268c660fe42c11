"""Addresses that somebody else gave us: a slow name server of theirs holds up nobody of ours."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any

import httpx
import pytest

from server.push import PushLater
from server.reachable import NotReachable, where
from server.web_push import Subscription, VapidWebPush, WebPushMessage, new_keys


async def test_slow_names_of_strangers_wait_for_each_other_only(monkeypatch: pytest.MonkeyPatch) -> None:
    go, real = threading.Event(), socket.getaddrinfo

    def slow(host: str, *more: Any, **named: Any) -> Any:
        if not host.endswith(".slow.example"):
            return real(host, *more, **named)
        go.wait(60)
        raise socket.gaierror("no answer")

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    port = VapidWebPush(new_keys()[0], contact="mailto:test@example.com")
    sent = [Subscription(f"https://{number}.slow.example/push", "", "") for number in range(40)]
    pushes = [asyncio.create_task(port.send(WebPushMessage(one, {}, "topic"))) for one in sent]
    try:
        async with asyncio.timeout(15):
            await asyncio.sleep(0.1)
            assert await asyncio.to_thread(str, 7) == "7", "a password is checked all the same"
            with pytest.raises(NotReachable):  # and a line to 112 finds its own names
                await where(httpx.URL("https://localhost/"), [])
    finally:
        go.set()
        answers = await asyncio.gather(*pushes, return_exceptions=True)
    assert {type(one) for one in answers} == {PushLater}


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "[::ffff:10.0.0.1]", "[64:ff9b::7f00:1]", "0"])
async def test_no_spelling_of_a_private_address_is_public(host: str) -> None:
    with pytest.raises(NotReachable, match="private_address"):
        await where(httpx.URL(f"https://{host}/"), [])
