"""What a person may see, after closing, of who saw what about her (rows 113 of the features; PIPA 35).

She is told roles, centers and agencies, never the private name of an operator. What happened at centers of this
installation is read from its releases when she asks. Another installation's rows can't be read: it sums them up when
it ends the incident (`tell_home`), sends them as a `Disclosed` note by the router, and they are kept here sealed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import structlog

from location_router.runtime.db import Unit
from location_router.wire import CenterRef, Disclosed, DisclosedRow
from server.incidents.cards import iso
from server.incidents.model import OPEN
from server.legal import KIND_NAMES, basis_names
from server.people.told import IS_TOLD_HER
from server.people.told import openings as told_of_openings

if TYPE_CHECKING:
    from server.people.service import DeviceUser
    from server.services import Services

log = structlog.get_logger("disclosures")

MOST_ROWS = 500
_ROLES = {
    "operator": ("관제 요원", "operator"),
    "supervisor": ("관제 책임자", "shift leader"),
    "guardian": ("미리 지정한 보호자", "a guardian you named"),
}
_HELD = """
SELECT incident_id FROM alert WHERE alert_id = :alert
UNION SELECT origin_id FROM alert WHERE alert_id = :alert AND origin_id IS NOT NULL
UNION SELECT incident_id FROM handed_alert WHERE alert_id = :alert
"""
_INCIDENTS = f"""
SELECT i.incident_id, i.state, i.closed_at, i.center_id, c.name_ko, c.name_en FROM incident i
LEFT JOIN center c ON c.code = i.center_id WHERE i.incident_id IN ({_HELD}) ORDER BY i.opened_at, i.incident_id
"""
_ROWS = """
SELECT r.kind, coalesce(k.name, r.camera_id, '') AS camera, r.viewer_kind, coalesce(a.role, '') AS role,
       coalesce(g.name_ko, '') AS agency_ko, coalesce(g.name_en, '') AS agency_en, r.legal_basis, r.center_id,
       coalesce(c.name_ko, r.center_id) AS center_ko, coalesce(c.name_en, r.center_id) AS center_en,
       min(r.granted_at) AS since, max(coalesce(r.ended_at, r.granted_at)) AS until, count(*) AS times,
       count(DISTINCT r.viewer_id) AS viewers
FROM release r LEFT JOIN account a ON a.account_id = r.viewer_id
LEFT JOIN agency_line l ON l.line_id = r.viewer_id
LEFT JOIN agency g ON g.agency_id = coalesce(a.agency_id, l.agency_id)
LEFT JOIN camera k ON k.camera_id = r.camera_id LEFT JOIN center c ON c.code = r.center_id
WHERE (r.incident_id = ANY(:incidents) OR r.alert_id = :alert)
AND (CAST(:center AS text) IS NULL OR r.center_id = :center)
AND (CAST(:since AS timestamptz) IS NULL OR r.granted_at >= :since)
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 ORDER BY since, 1, 2 LIMIT :most
"""
_WALKS = """
SELECT walk_id, alert_id, person_id, begun_at, ended_at FROM walk w WHERE person_id = :id
AND (EXISTS (SELECT 1 FROM release r WHERE r.alert_id = w.alert_id AND r.kind = 'walk' AND r.granted_at >= w.begun_at)
     OR EXISTS (SELECT 1 FROM disclosure_note n WHERE n.alert_id = w.alert_id AND n.person_id = w.person_id
       AND n.serving_center LIKE 'walk:%'))
ORDER BY begun_at DESC LIMIT 100
"""
_PUT_NOTE = """
INSERT INTO disclosure_note (alert_id, serving_center, center_id, person_id, body_sealed, at)
VALUES (:alert, :serving, :center, :person, :body, :at)
ON CONFLICT (alert_id, serving_center) DO UPDATE SET body_sealed = excluded.body_sealed, at = excluded.at
WHERE disclosure_note.at <= excluded.at
"""


async def summed_up(
    unit: Unit,
    incident_ids: Iterable[UUID],
    alert_id: UUID | None = None,
    *,
    center: str | None = None,
    since: datetime | None = None,
) -> list[DisclosedRow]:
    """The releases of these incidents (and, at home, of the alert), one row for each kind, camera, role and ground;
    `center`: that one's only; `since`: granted then or later."""
    asked = {"incidents": list(incident_ids), "alert": alert_id, "center": center, "since": since, "most": MOST_ROWS}
    return [_row(row) for row in await unit.all(_ROWS, asked)]


async def shown_on_walk(unit: Unit, services: Services, walk: dict[str, Any]) -> list[DisclosedRow]:
    """Who was shown where she was on this walk, here and, as far as they have told, in other installations' centers.
    `walk`: alert_id, person_id, begun_at. Her phone has made up the alert's id, so what lies under it counts only as
    hers: rows since her walk began, notes to her."""
    alert_id = walk["alert_id"]
    rows = [one for one in await summed_up(unit, [], alert_id, since=walk["begun_at"]) if one.kind == "walk"]
    notes = await unit.all(
        "SELECT serving_center, body_sealed FROM disclosure_note WHERE alert_id = :id AND person_id = :person"
        " AND serving_center LIKE 'walk:%'",
        {"id": alert_id, "person": walk["person_id"]},
    )
    for note in notes:
        body = services.sealer.open(note["body_sealed"], context=_context(alert_id, note["serving_center"]))
        rows += [DisclosedRow.model_validate(one) for one in body or []]
    return sorted(rows, key=lambda one: (one.since, one.center_en))


async def keep_shown_walk(
    unit: Unit, services: Services, walk: dict[str, Any], center: str, rows: Iterable[DisclosedRow], now: datetime
) -> None:
    """What a center of another installation says of whom it has shown this walk; the newest word of each center."""
    key = f"walk:{center}"
    told = [row.model_dump(mode="json") for row in rows if row.kind == "walk"]
    context = _context(walk["alert_id"], key)
    await unit.execute(
        _PUT_NOTE,
        {
            "alert": walk["alert_id"],
            "serving": key,
            "center": walk["center_id"],
            "person": walk["person_id"],
            "body": services.sealer.seal(told, context=context, center=walk["center_id"]),
            "at": now,
        },
    )


def _row(row: dict[str, Any]) -> DisclosedRow:
    who = _ROLES.get("guardian" if row["viewer_kind"] == "guardian" else row["role"], ("담당자", "staff"))
    if row["viewer_kind"] == "agent":
        who = row["agency_ko"] or "연계 기관", row["agency_en"] or "a linked agency"
    return DisclosedRow(
        kind=row["kind"],
        camera=row["camera"],
        who_ko=who[0],
        who_en=who[1],
        center_ko=row["center_ko"],
        center_en=row["center_en"],
        legal_basis=row["legal_basis"],
        since=row["since"],
        until=row["until"],
        times=row["times"],
        viewers=row["viewers"],
    )


async def mine(services: Services, user: DeviceUser) -> dict[str, Any]:
    """`{"alerts": […]}` of the person, newest first, of which she may be told (`IS_TOLD_HER`). `open` (only of the web
    page's alerts): it still runs, so nothing of the staff is told yet; which guardians opened her page is, at once.
    `complete` False: another installation served it and has not told what it showed. `walks`: her walks on which
    somebody was shown where she was, while they run too; those rows stand there and not under the alert."""
    async with services.db.begin() as unit:
        alerts = await unit.all(
            "SELECT alert_id, person_id, serving, started_at, ended_at, EXISTS (SELECT 1 FROM alert w"
            " WHERE w.alert_id = a.alert_id AND w.trigger = 'web') AS is_web FROM followed_alert a"
            f" WHERE person_id = :id AND {IS_TOLD_HER} ORDER BY started_at DESC LIMIT 100",
            {"id": user.person_id, "now": services.clock()},
        )
        told = [(row, await _of_alert(unit, services, row)) for row in alerts]
        walks = await unit.all(_WALKS, {"id": user.person_id})
        shown = [(row, await shown_on_walk(unit, services, row)) for row in walks]
    return {
        "alerts": [one for row, one in told if row["is_web"] or not one["open"]],
        "walks": [_of_walk(row, [line_of(one) for one in rows]) for row, rows in shown],
    }


def _of_walk(row: dict[str, Any], lines: list[dict[str, Any]]) -> dict[str, Any]:
    begun, ended = iso(row["begun_at"]), iso(row["ended_at"])
    return {"walk_id": str(row["walk_id"]), "started_at": begun, "ended_at": ended, "disclosures": lines}


async def _of_alert(unit: Unit, services: Services, row: dict[str, Any]) -> dict[str, Any]:
    alert_id = row["alert_id"]
    incidents = await unit.all(_INCIDENTS, {"alert": alert_id})
    is_open = row["ended_at"] is None or any(one["state"] in OPEN for one in incidents)
    told: dict[str, Any] = {
        "alert_id": str(alert_id),
        "started_at": iso(row["started_at"]),
        "ended_at": iso(row["ended_at"]),
        "open": is_open,
        "complete": False,
        "disclosures": [],
        "guardians": await told_of_openings(unit, services, alert_id),
    }
    if is_open:
        return told
    rows = await summed_up(unit, [one["incident_id"] for one in incidents], alert_id)
    notes = await unit.all("SELECT * FROM disclosure_note WHERE alert_id = :id ORDER BY at", {"id": alert_id})
    for note in notes:
        body = services.sealer.open(note["body_sealed"], context=_context(alert_id, note["serving_center"]))
        rows += [DisclosedRow.model_validate(one) for one in body or []]
    known = {one["center_id"] for one in incidents} | {note["serving_center"] for note in notes}
    serving = (row["serving"] or {}).get("code", "")
    hers = {"id": alert_id, "person": row["person_id"]}
    if await unit.scalar("SELECT true FROM walk WHERE alert_id = :id AND person_id = :person", hers):
        rows = [one for one in rows if one.kind != "walk"]  # they stand under the walk, from its begin on
    shown = [line_of(one) for one in sorted(rows, key=lambda one: (one.since, one.kind, one.camera))]
    return told | {"complete": not serving or serving in known, "disclosures": shown}


def line_of(row: DisclosedRow) -> dict[str, Any]:
    """As the person reads it."""
    kind_ko, kind_en = KIND_NAMES.get(row.kind, (row.kind, row.kind))
    basis_ko, basis_en = basis_names(row.legal_basis)
    return {
        "kind": row.kind,
        "kind_ko": kind_ko,
        "kind_en": kind_en,
        "camera": row.camera or None,
        "who_ko": row.who_ko,
        "who_en": row.who_en,
        "center_ko": row.center_ko,
        "center_en": row.center_en,
        "legal_basis": row.legal_basis,
        "legal_basis_ko": basis_ko,
        "legal_basis_en": basis_en,
        "from": iso(row.since),
        "to": iso(row.until),
        "times": row.times,
        "viewers": row.viewers,
    }


async def tell_home(unit: Unit, services: Services, incident_id: UUID, center_id: str, *, now: datetime) -> int:
    """In the transaction that ends the incident, after its releases have ended: a note for each of its alerts whose
    home center is not ours. An incident that is ended again sends a newer one. Returns how many."""
    rows = await unit.all(
        "SELECT alert_id, assignment_no, home, person_ref FROM alert WHERE incident_id = :id AND superseded_at IS NULL"
        " AND home <> :own AND person_ref <> ''",
        {"id": incident_id, "own": services.settings.home_center},
    )
    if not rows:
        return 0
    center = await unit.one("SELECT code, name_ko, name_en FROM center WHERE code = :c", {"c": center_id})
    shown = await summed_up(unit, [incident_id])
    for row in rows:
        note = Disclosed(
            note_id=uuid4(),
            installation=services.settings.installation,
            alert_id=row["alert_id"],
            assignment_no=row["assignment_no"],
            person_id=row["person_ref"],
            center=CenterRef(**center) if center else CenterRef(code=center_id, name_ko=center_id, name_en=center_id),
            at=now,
            rows=shown,
        )
        await services.outbox.send(unit, "status", note.note_id, note)
    return len(rows)


async def receive_disclosed(services: Services, note: Disclosed) -> bool:
    """At home: keep the note sealed, the newest of each center. False for a person or an alert that is not ours."""
    async with services.db.begin() as unit:
        owner = await unit.one(
            "SELECT f.person_id, f.center_id FROM followed_alert f WHERE f.alert_id = :id", {"id": note.alert_id}
        )
        if owner is None or str(owner["person_id"]) != note.person_id:
            log.warning("disclosure_of_a_stranger", alert_id=str(note.alert_id))
            return False
        body = services.sealer.seal(
            [row.model_dump(mode="json") for row in note.rows],
            context=_context(note.alert_id, note.center.code),
            center=owner["center_id"],
        )
        await unit.execute(
            _PUT_NOTE,
            {
                "alert": note.alert_id,
                "serving": note.center.code,
                "center": owner["center_id"],
                "person": owner["person_id"],
                "body": body,
                "at": note.at,
            },
        )
    return True


def _context(alert_id: UUID, serving: str) -> str:
    return f"disclosure_note.body:{alert_id}/{serving}"
