"""Wakes the officers' pages that are open in this process. Only a hint: each page reads what it shows from the
database, and looks by itself twice a second whether it may still."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from server.services import Services


class ResponderHub:
    def __init__(self, services: Services) -> None:
        self._pages: defaultdict[UUID, set[asyncio.Event]] = defaultdict(set)
        services.broadcast.subscribe(
            on_event=lambda event: self._wake(event.incident_id),
            on_position=lambda frame: self._wake(frame.incident_id),
        )

    @contextmanager
    def page(self, incident_id: UUID) -> Iterator[asyncio.Event]:
        """An event that is set at each change while the page is open."""
        wake = asyncio.Event()
        self._pages[incident_id].add(wake)
        try:
            yield wake
        finally:
            self._pages[incident_id].discard(wake)
            if not self._pages[incident_id]:
                del self._pages[incident_id]

    def _wake(self, incident_id: UUID) -> None:
        for wake in self._pages.get(incident_id, ()):
            wake.set()


def responder_hub(services: Services) -> ResponderHub:
    """This process's hub, made on first use."""
    hub: ResponderHub | None = services.shared.get("responder_hub")
    if hub is None:
        hub = services.shared["responder_hub"] = ResponderHub(services)
    return hub
