"""A local router and phones that run against it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.mobile_app.local_router import LocalRouter
from tests.mobile_app.running import Running


@pytest.fixture
def router() -> Iterator[LocalRouter]:
    local = LocalRouter()
    local.url = local.start()  # type: ignore[attr-defined]
    yield local
    local.stop()


@pytest.fixture
async def start(tmp_path: Path, router: Any) -> AsyncIterator[Callable[..., Any]]:
    running: list[Running] = []

    async def start_(**chosen: Any) -> Running:
        running.append(await Running(tmp_path, router.url, **chosen).start())
        return running[-1]

    yield start_
    for one in running:
        await one.stop()
