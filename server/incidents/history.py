"""How a caller's earlier incidents ended: information for the order of the queue, and for nothing else.

Only a caller whose credential was checked is remembered, by a keyed digest: anybody can name somebody else's number.
"""

from __future__ import annotations

from location_router.runtime.db import Unit
from location_router.runtime.seal import Sealer
from location_router.wire import Caller
from server.incidents.state import Incident
from server.people.model import BadPhone, normalise_phone

_REMEMBER = """
INSERT INTO caller_history (caller_digest, incident_id, center_id, was_false, at)
SELECT DISTINCT caller_digest, incident_id, center_id, CAST(:was_false AS boolean), CAST(:at AS timestamptz) FROM alert
WHERE incident_id = :id AND caller_digest IS NOT NULL
ON CONFLICT (caller_digest, incident_id) DO UPDATE SET was_false = excluded.was_false, at = excluded.at
"""


def caller_digest(sealer: Sealer, caller: Caller, *, home: str) -> bytes | None:
    """The fingerprint of a caller whose credential was checked; None for one who said nothing of herself."""
    digits = "".join(filter(str.isdigit, caller.phone))
    if not (caller.person_id or digits):
        return None
    return sealer.digest(f"{home}/{caller.person_id}" if caller.person_id else digits, context="caller")


def fingerprints(sealer: Sealer, caller: Caller, *, home: str) -> tuple[bytes | None, bytes | None]:
    """`caller_digest` and, where there is one, `number_digest` of a caller whose credential was checked."""
    whose = caller_digest(sealer, caller, home=home)
    return whose, None if whose is None else number_digest(sealer, caller.phone)


def number_digest(sealer: Sealer, phone: str) -> bytes:
    """The fingerprint of a mobile number however it is written, for a telco's place; empty where it is none."""
    try:
        return sealer.digest(normalise_phone(phone), context="caller")
    except BadPhone:
        return b""


async def note_outcome(unit: Unit, before: Incident, after: Incident) -> None:
    """Remember how it ended; a reopened incident is forgotten until it ends again."""
    if before.state == after.state or before.is_drill:
        return
    if after.state == "closed" and after.disposition in ("false_alarm", "handled"):
        was_false = after.disposition == "false_alarm"
        await unit.execute(_REMEMBER, {"id": after.incident_id, "was_false": was_false, "at": after.closed_at})
    elif before.state == "closed":
        await unit.execute("DELETE FROM caller_history WHERE incident_id = :id", {"id": after.incident_id})
