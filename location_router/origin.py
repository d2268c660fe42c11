"""How an alert reached us, when it was not a phone of our own over data with its token. Pure.

`Alerts.accept` takes one: what the route or the gateway has proven already, so that the rules of an alert's life need
to know nothing about senders, text messages or buttons.
"""

from __future__ import annotations

from dataclasses import dataclass

from location_router.runtime.tokens import Device
from location_router.wire import AlertMessage, Flag

THIN_CHANNELS = frozenset({"sms", "device"})
"""They carry little: a copy of the same alert over another channel tells the desk more."""


@dataclass(frozen=True, slots=True)
class Origin:
    """`device` is proven (by an HMAC), `is_vouched` says that a registered sender with a good key stands for it."""

    channel: str = "data"
    sender: str = ""
    device: Device | None = None
    is_vouched: bool = False
    flags: frozenset[Flag] = frozenset()


PHONE = Origin()


def tells_more(old: AlertMessage, new: AlertMessage) -> bool:
    """The same alert again, this time over a channel that can carry the caller's name, language and profile."""
    return old.channel in THIN_CHANNELS and new.channel not in THIN_CHANNELS
