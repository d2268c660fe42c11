"""Wakes the follow pages that are open in this process. Only a hint: each page reads what it shows from the database,
and looks by itself once a second, so news that another process received comes late by that at most."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from server.services import Services


class FollowHub:
    def __init__(self) -> None:
        self._pages: defaultdict[UUID, set[asyncio.Event]] = defaultdict(set)

    @contextmanager
    def page(self, alert_id: UUID) -> Iterator[asyncio.Event]:
        """An event that is set at each change while the page is open."""
        wake = asyncio.Event()
        self._pages[alert_id].add(wake)
        try:
            yield wake
        finally:
            self._pages[alert_id].discard(wake)
            if not self._pages[alert_id]:
                del self._pages[alert_id]

    def changed(self, alert_id: UUID) -> None:
        for wake in self._pages.get(alert_id, ()):
            wake.set()

    moved = changed


def follow_hub(services: Services) -> FollowHub:
    """This process's hub, made on first use."""
    hub: FollowHub | None = services.shared.get("follow_hub")
    if hub is None:
        hub = services.shared["follow_hub"] = FollowHub()
    return hub
