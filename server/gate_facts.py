"""What the release gate looks at, read from the database in one question: incident, camera, viewer, agreement."""

from __future__ import annotations

from typing import Any

from server.agencies.model import Agreement, agreement_from_row
from server.legal import STAFF_BASES, ReleaseKind
from server.purposes import STANDS, is_purpose_allowed, need_of

_FACTS = """
SELECT q.release_id, q.kind, q.incident_id, q.camera_id, q.account_id, q.address, q.legal_basis, q.ended_at,
       q.end_reason, q.until_at, coalesce(i.center_id, o.code) AS center_id, i.state AS incident_state, i.phase,
       i.active_at IS NOT NULL AS was_active, i.is_drill, i.role AS incident_role,
       c.camera_id IS NOT NULL AS camera_known, {stands} AS camera_shown, v.camera_id IS NOT NULL AS is_lent,
       c.purposes, i.origin,
       i.type AS incident_type, a.role, a.active AS account_active,
       coalesce(a.desk = o.desk, false) AS own_desk,
       ARRAY(SELECT network FROM registered_network n WHERE n.account_id = q.account_id
             UNION ALL SELECT network FROM agency_address d WHERE a.is_line AND d.agency_id = a.agency_id) AS networks,
       ARRAY(SELECT address FROM session s WHERE s.account_id = q.account_id
             AND s.ended_at IS NULL AND s.expires_at > :now
             UNION ALL SELECT q.address WHERE a.is_line) AS session_addresses,
       y.kind AS agency_kind, EXISTS (SELECT 1 FROM alert h WHERE h.incident_id = q.incident_id
         AND h.is_health_shared) AS is_health_shared,
       coalesce(p.is_party, false) AS is_party, p.trigger, p.legal_basis AS party_basis, g.agreement_id,
       g.center_id AS agreement_center,
       g.agency_id, g.triggers, g.legal_bases, g.may_view_live, g.may_view_recorded, g.may_view_still,
       g.may_see_position, g.may_see_identity, g.may_see_health, g.may_store, g.storage_days, g.is_third_party,
       g.starts_at, g.ends_at, g.suspended_at, g.areas, p.kind AS party_kind,
       CASE WHEN p.kind = 'request' AND g.areas IS NOT NULL THEN (SELECT ARRAY[x.lat, x.lon] FROM position x
         WHERE x.incident_id = q.incident_id ORDER BY x.fixed_at DESC LIMIT 1) END AS place,
       (SELECT b.breakglass_id FROM breakglass b WHERE b.account_id = q.account_id AND b.incident_id = q.incident_id
        AND b.is_approved AND b.ends_at > :now AND b.ended_at IS NULL ORDER BY b.ends_at DESC LIMIT 1) AS breakglass_id
FROM {asked} q
LEFT JOIN incident i ON i.incident_id = q.incident_id
LEFT JOIN center o ON o.code = coalesce(i.center_id, q.center_id)
LEFT JOIN camera c ON c.camera_id = q.camera_id AND c.center_id = o.code
LEFT JOIN LATERAL ({viewer}) a ON true
LEFT JOIN LATERAL ({lent}) v ON true
LEFT JOIN agency y ON y.agency_id = a.agency_id
LEFT JOIN LATERAL ({party}) p ON true
LEFT JOIN agreed g ON g.agreement_id = p.agreement_id AND g.agency_id = a.agency_id
"""
# Whoever looks: an account, or an agency's own system on its line, whose signed call stands for the session.
_VIEWER = """
    SELECT role, active, desk, agency_id, false AS is_line FROM account WHERE account_id = q.account_id
    UNION ALL SELECT 'agent', active, NULL, agency_id, true FROM agency_line
    WHERE line_id = q.account_id AND kind = 'webhook' AND coalesce(center_id = o.code, true)"""
LENT_STANDS = """
    l.ended_at IS NULL AND l.until_at > :now AND r.state IN ('received', 'accepted')
    AND coalesce(r.ends_at > :now, true)
"""
"""Of a lent camera `l` and its request `r`: both run."""
LENT_ON = """
    (l.is_for_dispatched AND EXISTS (SELECT 1 FROM party t WHERE t.incident_id = r.incident_id
      AND t.agency_id = {agency} AND t.kind = 'dispatch' AND t.is_working))
"""
"""Whether the consent passes it on to this agency, which is dispatched there."""
# A camera that an agency has lent to its open request in this incident (`server/requests/lending.py`), by a consent
# that stands, to the center, to itself, and to who is dispatched where it says so.
_LENT = f"""
    SELECT l.camera_id FROM lent_camera l JOIN agency_request r USING (request_id, center_id)
    WHERE l.camera_id = q.camera_id AND r.incident_id = i.incident_id AND {LENT_STANDS} AND l.center_id = o.code
      AND (a.role <> 'agent' OR l.agency_id = a.agency_id OR {LENT_ON.format(agency="a.agency_id")})"""
# Of an agency's dispatch and requests in one incident, the one that gives most: at work, in force, with this switch.
_PARTY = """
    SELECT t.trigger, t.legal_basis, t.agreement_id, t.kind,
           t.is_working AND coalesce(t.until_at > :now, true) AS is_party
    FROM party t JOIN agreed m ON m.agreement_id = t.agreement_id AND m.agency_id = t.agency_id
    WHERE t.incident_id = q.incident_id AND t.agency_id = a.agency_id AND a.role = 'agent'
    ORDER BY t.is_working AND coalesce(t.until_at > :now, true) DESC,
             m.starts_at <= :now AND coalesce(m.ends_at > :now, true) AND coalesce(m.suspended_at > :now, true) DESC,
             t.trigger = ANY(m.triggers) DESC, m.center_id = i.center_id DESC,
             CASE q.kind WHEN 'live' THEN m.may_view_live WHEN 'recorded' THEN m.may_view_recorded
                  WHEN 'still' THEN m.may_view_still WHEN 'position' THEN m.may_see_position
                  WHEN 'identity' THEN m.may_see_identity WHEN 'profile' THEN m.may_see_health ELSE false END DESC,
             coalesce(q.legal_basis = ANY(m.legal_bases), true) DESC,
             (t.kind = 'dispatch' OR m.areas IS NULL) DESC, m.starts_at DESC, t.id LIMIT 1"""
_STANDS = STANDS.format(c="c.")
KNOCK = _FACTS.format(
    stands=_STANDS,
    viewer=_VIEWER,
    lent=_LENT,
    party=_PARTY,
    asked="(SELECT CAST(NULL AS uuid) AS release_id, CAST(:kind AS text) AS kind,"
    " CAST(:incident AS uuid) AS incident_id,"
    " CAST(:center AS text) AS center_id, unnest(CAST(:cameras AS text[])) AS camera_id,"
    " CAST(:account AS uuid) AS account_id, CAST(:address AS text) AS address, CAST(:basis AS text) AS legal_basis,"
    " CAST(NULL AS timestamptz) AS ended_at, CAST(NULL AS text) AS end_reason, CAST(NULL AS timestamptz) AS until_at)",
)
AGAIN = _FACTS.format(
    stands=_STANDS,
    viewer=_VIEWER,
    lent=_LENT,
    party=_PARTY,
    asked="(SELECT release_id, kind, incident_id, center_id, camera_id, viewer_id AS account_id, address,"
    " legal_basis, ended_at, end_reason, until_at FROM release"
    " WHERE release_id = ANY(:ids) AND kind IN ('live', 'recorded', 'evidence', 'capture'))",
)

NEW_PICTURES: tuple[ReleaseKind, ...] = ("live", "still", "maintenance")
OF_LENT: tuple[ReleaseKind, ...] = ("live", "still")
"""What a lent camera is lent for: nothing of it is recorded."""


def from_row(row: dict[str, Any], kind: ReleaseKind) -> dict[str, Any]:
    """The gate's `Facts`, by name, without reason and end of what is asked for."""
    agreement = None
    if row["agreement_id"] is not None:
        agreement = agreement_from_row(row | {"center_id": row["agreement_center"]})
    basis = row["legal_basis"]
    if basis is None:
        basis = row["party_basis"] if row["role"] == "agent" else STAFF_BASES[kind][0]
    return {
        "kind": kind,
        "incident_state": row["incident_state"],
        "phase": row["phase"] or "",
        "was_active": bool(row["was_active"]),
        "is_drill": bool(row["is_drill"]),
        # a private camera shows nothing new without its owner's consent; what was recorded with it stays evidence
        "camera_known": bool(row["camera_known"] and (row["camera_shown"] or kind not in NEW_PICTURES))
        or bool(row["is_lent"] and kind in OF_LENT),
        "purpose_allowed": _is_purpose_allowed(row),
        "role": row["role"],
        "account_active": bool(row["account_active"]),
        "own_desk": bool(row["own_desk"]),
        "breakglass": row["breakglass_id"] is not None,
        "networks": tuple(row["networks"]),
        "session_addresses": tuple(row["session_addresses"]),
        "address": row["address"],
        "legal_basis": basis or "",
        "is_party": bool(row["is_party"]),
        "trigger": row["trigger"] or "",
        "agency_kind": row["agency_kind"] or "",
        "is_health_shared": bool(row["is_health_shared"]),
        "agreement": agreement,
        "center_id": row["center_id"] or "",
        "incident_role": row["incident_role"] or "owner",
        "is_in_area": _is_in_area(row, agreement),
    }


def _is_in_area(row: dict[str, Any], agreement: Agreement | None) -> bool:
    """Of who asks, by the incident's newest place, which its cameras follow; a place that is not known is in none."""
    if agreement is None or agreement.areas is None or row["party_kind"] != "request":
        return True
    return row["place"] is not None and agreement.covers(lat=row["place"][0], lon=row["place"][1])


def _is_purpose_allowed(row: dict[str, Any]) -> bool:
    """Whether the camera was put up for something that this incident may use; without either it is not asked."""
    if not row["camera_known"] or row["incident_state"] is None:
        return True
    return is_purpose_allowed(row["purposes"] or (), need_of(row["origin"] or "", row["incident_type"] or ""))
