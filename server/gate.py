"""The release gate (invariant 4): who may see pictures of an incident, decided anew at each knock; it fails closed.

`judge` is the rule: pure, and the only place where it is written. `open_view` asks it before a release row is
written, `look_again` for every running viewing (twice a second, from the video process): a viewing ends when the
answer would be no today. Facts are read from the database, never from the ticket or the session's copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.agencies.model import Agreement
from server.events import Actor, record
from server.releases import NewRelease, grant
from server.staff.model import is_registered

# 개인정보 보호법 제18조제2항: 3호 급박한 생명·신체·재산의 이익, 7호 범죄의 수사와 공소의 제기 및 유지
OPERATOR_BASES = ("pipa-18-2-3", "pipa-18-2-7")
DEFAULT_BASIS = OPERATOR_BASES[0]
OPEN_STATES = ("received", "acknowledged", "dispatched", "on_scene")
VIEWING_ROLES = ("operator", "supervisor")
# An agency looks while it works on the case it accepted (the same as dispatch.model; a test compares).
WORKING_DISPATCH = ("accepted", "en_route", "on_scene")

SENTENCES: dict[str, tuple[str, str]] = {
    "unknown_incident": ("그런 사건이 없습니다.", "There is no such incident."),
    "incident_closed": ("사건이 종결되어 영상을 볼 수 없습니다.", "The incident is closed; its pictures are too."),
    "not_live": ("아직 예비 신고입니다. 확정되면 영상이 열립니다.", "A pre-alert: pictures open when it is active."),
    "not_owner": ("신고를 맡은 센터만 영상을 볼 수 있습니다.", "Only the center that has the alert may look."),
    "drill": ("훈련 사건에는 영상을 제공하지 않습니다.", "A drill shows no pictures."),
    "not_your_incident": ("담당 센터의 근무자만 볼 수 있습니다.", "Only staff of the owning center may look."),
    "no_dispatch": ("이 사건에 접수한 출동 요청이 없습니다.", "Your agency has accepted no dispatch of this incident."),
    "no_agreement": ("영상 제공 협약이 없거나 효력이 없습니다.", "No agreement in force allows this."),
    "legal_basis": ("허용되지 않은 법적 근거입니다.", "This legal basis is not allowed."),
    "address_not_registered": ("등록되지 않은 주소(IP)입니다.", "This network address is not registered."),
    "session_ended": ("로그인이 끝났습니다. 다시 로그인해 주세요.", "The session has ended; log in again."),
    "unknown_camera": ("이 센터의 카메라가 아닙니다.", "This is not a camera of the center."),
    "released_ended": ("제공이 끝났습니다.", "This release has ended."),
}


class Refused(Problem):
    """Nobody gets a picture: 403 with one of the codes of `SENTENCES`."""

    def __init__(self, code: str) -> None:
        ko, en = SENTENCES[code]
        super().__init__(403, code, ko, en)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the rule looks at, as the database has it now. None: there is no such row."""

    incident_state: str | None
    phase: str = "active"
    was_active: bool = True
    is_drill: bool = False
    camera_known: bool = True
    role: str | None = None
    account_active: bool = True
    own_desk: bool = False
    networks: tuple[str, ...] = ()
    session_addresses: tuple[str, ...] = ()
    address: str = ""
    legal_basis: str = DEFAULT_BASIS
    dispatch_state: str | None = None
    agreement: Agreement | None = None
    center_id: str = ""
    incident_role: str = "owner"


def judge(facts: Facts, now: datetime) -> str | None:
    """None: may look. Otherwise the code of the first reason why not, from the incident to the viewer."""
    if facts.incident_state is None:
        return "unknown_incident"
    if facts.incident_state not in OPEN_STATES:
        return "incident_closed"
    if facts.incident_role == "runner_up":
        return "not_owner"
    if facts.is_drill:
        return "drill"
    if facts.phase == "pre" or not facts.was_active:
        return "not_live"
    return _judge_viewer(facts, now) or _judge_place(facts)


def _judge_viewer(facts: Facts, now: datetime) -> str | None:
    if not facts.account_active or facts.role is None:
        return "not_your_incident"
    if facts.role in VIEWING_ROLES:
        if not facts.own_desk:
            return "not_your_incident"
        return None if facts.legal_basis in OPERATOR_BASES else "legal_basis"
    if facts.role != "agent":
        return "not_your_incident"
    if facts.dispatch_state not in WORKING_DISPATCH:
        return "no_dispatch"
    agreement = facts.agreement
    if agreement is None or not agreement.in_force(now) or not agreement.may_view_live:
        return "no_agreement"
    if agreement.center_id != facts.center_id:
        return "no_agreement"
    return None if facts.legal_basis in agreement.legal_bases else "legal_basis"


def _judge_place(facts: Facts) -> str | None:
    if not is_registered(facts.address, list(facts.networks)):
        return "address_not_registered"
    if plain_address(facts.address) not in {plain_address(one) for one in facts.session_addresses}:
        return "session_ended"
    return None if facts.camera_known else "unknown_camera"


def plain_address(address: str) -> str:
    """`::ffff:127.0.0.1` is 127.0.0.1; what is no address stays as it is."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


_FACTS = """
SELECT q.release_id, q.incident_id, q.camera_id, q.account_id, q.address, q.legal_basis, q.ended_at, q.end_reason,
       i.center_id, i.state AS incident_state, i.phase, i.active_at IS NOT NULL AS was_active, i.is_drill,
       i.role AS incident_role, c.camera_id IS NOT NULL AS camera_known,
       a.role, a.active AS account_active, a.name_sealed, coalesce(a.desk = o.desk, false) AS own_desk,
       ARRAY(SELECT network FROM allowed_address n WHERE n.account_id = q.account_id) AS networks,
       ARRAY(SELECT address FROM session s WHERE s.account_id = q.account_id
             AND s.ended_at IS NULL AND s.expires_at > :now) AS session_addresses,
       d.state AS dispatch_state, d.legal_basis AS dispatch_basis, g.agreement_id, g.center_id AS agreement_center,
       g.agency_id, g.triggers, g.legal_bases, g.may_view_live, g.may_see_position,
       g.starts_at, g.ends_at, g.suspended_at
FROM {asked} q
LEFT JOIN incident i ON i.incident_id = q.incident_id
LEFT JOIN camera c ON c.camera_id = q.camera_id AND c.center_id = i.center_id
LEFT JOIN account a ON a.account_id = q.account_id
LEFT JOIN center o ON o.code = i.center_id
LEFT JOIN dispatch d ON d.incident_id = q.incident_id AND d.agency_id = a.agency_id AND a.role = 'agent'
LEFT JOIN agreement g ON g.agreement_id = d.agreement_id
"""
_KNOCK = _FACTS.format(
    asked="(SELECT CAST(NULL AS uuid) AS release_id, CAST(:incident AS uuid) AS incident_id,"
    " unnest(CAST(:cameras AS text[])) AS camera_id, CAST(:account AS uuid) AS account_id,"
    " CAST(:address AS text) AS address, CAST(:basis AS text) AS legal_basis,"
    " CAST(NULL AS timestamptz) AS ended_at, CAST(NULL AS text) AS end_reason)"
)
_AGAIN = _FACTS.format(
    asked="(SELECT release_id, incident_id, camera_id, viewer_id AS account_id, address,"
    " legal_basis, ended_at, end_reason FROM release"
    " WHERE release_id = ANY(:ids) AND kind = 'live')"
)


def _facts(row: dict[str, Any]) -> Facts:
    agreement = None
    if row["agreement_id"] is not None:
        agreement = Agreement(
            row["agreement_id"],
            row["agreement_center"],
            row["agency_id"],
            frozenset(row["triggers"]),
            tuple(row["legal_bases"]),
            row["may_view_live"],
            row["may_see_position"],
            row["starts_at"],
            row["ends_at"],
            row["suspended_at"],
        )
    basis = row["legal_basis"]
    if basis is None:
        basis = row["dispatch_basis"] if row["role"] == "agent" else DEFAULT_BASIS
    return Facts(
        row["incident_state"],
        row["phase"] or "",
        bool(row["was_active"]),
        bool(row["is_drill"]),
        bool(row["camera_known"]),
        row["role"],
        bool(row["account_active"]),
        bool(row["own_desk"]),
        tuple(row["networks"]),
        tuple(row["session_addresses"]),
        row["address"],
        basis or "",
        row["dispatch_state"],
        agreement,
        row["center_id"] or "",
        row["incident_role"] or "owner",
    )


async def open_views(
    unit: Unit,
    *,
    incident_id: UUID,
    camera_ids: Sequence[str],
    account_id: UUID,
    viewer_name: str,
    address: str,
    legal_basis: str | None,
    now: datetime,
) -> dict[str, UUID] | Refused:
    """One committed-with-the-unit release row per camera, all or none.

    A refusal is returned, not raised, so that its line `release:refused` is committed with the unit: the caller
    raises it after the commit. `legal_basis` None: the default for operators, the dispatch's own for agents.
    """
    # Closing takes this row FOR UPDATE: a release is either before the closing, and ended by it, or refused after it.
    await unit.execute("SELECT 1 FROM incident WHERE incident_id = :id FOR SHARE", {"id": incident_id})
    rows = await unit.all(
        _KNOCK,
        {
            "incident": incident_id,
            "cameras": list(camera_ids),
            "account": account_id,
            "address": address,
            "basis": legal_basis,
            "now": now,
        },
    )
    judged = [(row, _facts(row)) for row in rows]
    refusal = next((code for _, facts in judged if (code := judge(facts, now))), None)
    if refusal is not None:
        _record_refusal(unit, judged[0][1], incident_id, camera_ids, account_id, viewer_name, refusal)
        return Refused(refusal)
    granted = {}
    for row, facts in judged:
        granted[row["camera_id"]] = await grant(
            unit,
            NewRelease(
                facts.center_id,
                incident_id,
                "live",
                "agent" if facts.role == "agent" else "operator",
                account_id,
                viewer_name,
                plain_address(address),
                facts.legal_basis,
                row["camera_id"],
                row["agreement_id"],
            ),
        )
    return granted


def _record_refusal(
    unit: Unit,
    facts: Facts,
    incident_id: UUID,
    camera_ids: Sequence[str],
    account_id: UUID,
    viewer_name: str,
    code: str,
) -> None:
    if not facts.center_id:
        return
    kind = "agent" if facts.role == "agent" else "operator"
    record(
        unit,
        center_id=facts.center_id,
        incident_id=incident_id,
        tag="release:refused",
        actor=Actor(kind, str(account_id), viewer_name),
        payload={
            "code": code,
            "camera_ids": list(camera_ids),
            "address": facts.address,
            "legal_basis": facts.legal_basis,
        },
    )


async def look_again(unit: Unit, release_ids: Sequence[UUID], now: datetime) -> dict[UUID, str]:
    """Of these live releases, the ones that must end now, each with the code of its reason."""
    rows = await unit.all(_AGAIN, {"ids": list(release_ids), "now": now})
    reasons = dict.fromkeys(set(release_ids) - {row["release_id"] for row in rows}, "released_ended")
    for row in rows:
        if row["ended_at"] is not None:
            reasons[row["release_id"]] = row["end_reason"] or "released_ended"
        elif (code := judge(_facts(row), now)) is not None:
            reasons[row["release_id"]] = code
    return reasons
