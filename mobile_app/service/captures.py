"""Photo and sound for the center while an alert is active: what the service asks of whoever takes them."""

from __future__ import annotations

from typing import Protocol


class Captures(Protocol):
    """Both are called on the loop, return at once and never raise; asked twice is asked once. What was taken and not
    yet sent goes on by itself after `end` and after a restart."""

    def begin(self, alert_id: str) -> None:
        """Take photos and sound for this alert from now on."""

    def end(self, alert_id: str) -> None:
        """Take nothing more for it."""

    async def close(self) -> None:
        """The service ends: stop the devices, keep what is unsent."""


class NoCaptures:
    """For a device that has neither a recorder nor a camera."""

    def begin(self, alert_id: str) -> None: ...

    def end(self, alert_id: str) -> None: ...

    async def close(self) -> None: ...
