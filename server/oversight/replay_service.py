"""`ansim replay`: the lines of an incident and its row, read; the disclosure, written down before anything is shown.

Nobody sits at a seat here: the command is given at the machine. So it names an account that may carry the log away
(`log.export`, own center), and the release row of kind `export` says who, why, and that it was the command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.db import Unit
from server.events import event
from server.legal import STAFF_BASES
from server.oversight.replay import Step, Told, differences, steps
from server.releases import NewRelease, end_releases, grant
from server.staff.permissions import may

if TYPE_CHECKING:
    from server.services import Services

COMMAND = "command"
"""Stands where a seat's address stands."""
_LINES = f"""
SELECT e.seq, e.event_id, e.tag, e.actor_kind, e.actor_id, e.at, p.payload_sealed
FROM {event.name} e LEFT JOIN event_payload p USING (center_id, seq)
WHERE e.incident_id = :id AND e.center_id = :center ORDER BY e.seq
"""


class NotShown(Exception):
    """The sentence says why, in Korean and English."""


async def replay(
    services: Services, incident_id: UUID, *, login: str, reason: str, with_payloads: bool
) -> tuple[list[Step], list[dict[str, Any]], bool]:
    """Steps, differences between log and row, and whether payloads may be shown. Raises NotShown."""
    async with services.db.begin() as unit:
        row = await unit.one("SELECT * FROM incident WHERE incident_id = :id", {"id": incident_id})
        if row is None:
            raise NotShown(f"그런 사건이 없습니다 · there is no incident {incident_id}")
        held = await unit.all(_LINES, {"id": incident_id, "center": row["center_id"]})
        shows = with_payloads and any(line["payload_sealed"] is not None for line in held)
        if shows:
            await _disclose(unit, services, row, login=login, reason=reason)
    told = list(steps([_told(services, line) for line in held], incident_id))
    return told, differences(told[-1] if told else None, row), shows


async def _disclose(unit: Unit, services: Services, row: dict[str, Any], *, login: str, reason: str) -> None:
    reason = reason.strip()
    if len(reason) < 2 or not login:
        raise NotShown(
            "내용을 보려면 누가(--login) 왜(--reason) 보는지 적어 주세요. 내용 없이 보려면 --without-payloads"
            " · say who (--login) and why (--reason), or use --without-payloads"
        )
    account = await unit.one(
        "SELECT a.account_id, a.name_sealed, a.role, a.active, a.desk = c.desk AS own_desk FROM account a"
        " LEFT JOIN center c ON c.code = :center WHERE a.login = :login",
        {"login": login, "center": row["center_id"]},
    )
    if account is None or not account["active"] or not account["own_desk"] or not may(account["role"], "log.export"):
        raise NotShown(
            f"{login}: 이 센터의 기록을 볼 수 있는 계정이 아닙니다(log.export)"
            f" · {login} is no account of this center that may export the log"
        )
    name = services.sealer.open(account["name_sealed"], context=f"account.name:{account['account_id']}") or ""
    now = services.clock()
    release_id = await grant(
        unit,
        NewRelease(
            row["center_id"],
            row["incident_id"],
            "export",
            "operator",
            account["account_id"],
            name,
            COMMAND,
            STAFF_BASES["export"][0],
            at=now,
            reason=reason[:500],
            detail={"by": "ansim replay"},
        ),
    )
    await end_releases(unit, {release_id: "shown_once"}, at=now)


def _told(services: Services, line: dict[str, Any]) -> Told:
    body = None
    if line["payload_sealed"] is not None:  # None also where its key was destroyed
        body = services.sealer.open(line["payload_sealed"], context=f"event:{line['event_id']}")
    name, payload = (body["actor_name"], body["payload"]) if body else ("", None)
    return Told(line["seq"], line["tag"], line["actor_kind"], line["actor_id"], name, line["at"], payload)
