"""Whose alert is it, and what somebody else may do to it who only knows its id. Pure.

An id is no secret: it stands in a guardian's push and in a text message's plain text. So an alert that a device's
credential or a registered sender proved is theirs. A stranger's message of it gets its 202 like any other (invariant 3;
perhaps it is a copy that lost its credential on the way), and may make it graver or add what is missing: it ends
nothing, replaces nothing, and gets no token for the alert's line. An alert that nobody proved belongs to whoever knows
its id.
"""

from __future__ import annotations

from location_router.origin import Origin, tells_more
from location_router.runtime.tokens import Device
from location_router.wire import AlertMessage, Caller, Flag, Phase

OF_THE_PLACE = frozenset({Flag.SWAPPED, Flag.ABROAD, Flag.STALE, Flag.FUTURE})


def is_stranger(
    *, home: str, device_id: str, sender: str, flags: frozenset[Flag], by: Device | None, origin: Origin
) -> bool:
    """Whether a message `by` that device, from that origin, is somebody else's than the alert's, which stands with the
    first four."""
    if device_id:
        return by is None or (by.issuer, by.device_id.lower()) != (home, device_id.lower())
    if sender and Flag.UNVERIFIED not in flags:
        return not (origin.is_vouched and origin.sender == sender)
    return False


def lessened(old: AlertMessage, new: AlertMessage) -> AlertMessage:
    """Of a stranger's message `new` what may be taken over: what `old` lacks, and that it is active."""
    known = old.caller
    told = {name: getattr(known, name) or getattr(new.caller, name) for name in ("person_id", "nickname", "phone")}
    caller = Caller(
        **told,
        language=new.caller.language if tells_more(old, new) else known.language,
        profile=new.caller.profile | known.profile,
    )
    is_end = new.phase is Phase.ENDED
    return new.model_copy(
        update={
            "phase": old.phase if is_end else new.phase,
            "outcome": old.outcome if is_end else "",
            "service": old.service,
            "position": new.position if old.position is None else None,
            "battery_percent": new.battery_percent if old.battery_percent is None else None,
            "home": old.home or new.home,
            "caller": caller,
        }
    )
