"""What each role may do: the one table that routes, sockets and the role matrix of the tests read; pure.

A permission opens a door; whose rows are behind it is decided by the viewer's centers (row-level security), and what
may be *disclosed* there by the release gate.
"""

from __future__ import annotations

from typing import Literal, get_args

Permission = Literal[
    "incidents.read",  # the queue, an incident's card and timeline
    "incidents.work",  # acknowledge, verify, classify, note, close, merge, open an observed one
    "incidents.supervise",  # take over, reassign, exercise, close for somebody else
    "dispatch.request",  # ask 112, 119 or another agency
    "dispatch.answer",  # an agency's desk
    "video.view",  # pictures, through the gate
    "evidence.export",  # take recordings out as a signed package for a named recipient
    "cameras.move",  # turn a camera that one watches, for an open incident
    "talk",  # chat with and call the person
    "identity.unmask",  # the person's full name and number, with a reason on record
    "closed.search",  # look for closed incidents, with a reason on record
    "traffic.read",  # traffic information beside an incident
    "traffic.priority",  # green lights for a unit on its way
    "operation.read",  # health, queue lengths, discrepancies: nothing about a person
    "log.read",  # releases and events of the center
    "log.export",  # the same as a file for an auditor
    "kpi.read",
    "misuse.review",  # what misuse detection has found, and break-glass afterwards
    "breakglass.request",
    "breakglass.approve",
    "quarantine.read",
    "accounts.manage",  # people, roles, their addresses
    "accounts.release",  # open a login that is held after wrong answers
    "agreements.manage",
    "retention.manage",
    "holds.manage",  # legal holds
    "flags.manage",
    "cameras.manage",
    "scouts.dispatch",  # bookings of scouts and pairs on duty: names and meeting places of who asked for it
    "firms.manage",  # an umbrella agency's firms, their accounts and keys
    "scouts.offer",  # what the municipality offers: hours, area, pairs
]
Role = Literal["operator", "supervisor", "admin", "agent", "association", "privacy", "auditor", "traffic", "cyber"]

_OPERATOR: frozenset[Permission] = frozenset(
    ("incidents.read", "incidents.work", "dispatch.request", "video.view", "cameras.move", "talk", "identity.unmask")
    + ("closed.search", "traffic.read", "traffic.priority", "breakglass.request", "scouts.dispatch")
)
_SUPERVISOR: frozenset[Permission] = _OPERATOR | {
    "incidents.supervise",
    "evidence.export",
    "accounts.release",
    "breakglass.approve",
    "quarantine.read",
    "kpi.read",
    "operation.read",
    "scouts.offer",
}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    "operator": _OPERATOR,
    "supervisor": _SUPERVISOR,
    # runs the installation and sees no picture and no name
    "admin": frozenset(
        (
            "incidents.read",
            "accounts.manage",
            "accounts.release",
            "agreements.manage",
            "retention.manage",
            "flags.manage",
        )
        + ("cameras.manage", "quarantine.read", "kpi.read", "operation.read", "log.read", "scouts.offer")
    ),
    "agent": frozenset(("dispatch.answer",)),
    # runs an umbrella agency's firms and sees no request's content and no picture
    "association": frozenset(("firms.manage",)),
    # the privacy officer (개인정보 보호책임자)
    "privacy": frozenset(
        ("log.read", "log.export", "holds.manage", "retention.manage", "misuse.review", "breakglass.approve")
        + ("closed.search", "kpi.read")
    ),
    "auditor": frozenset(("log.read", "log.export", "kpi.read", "misuse.review")),
    "traffic": frozenset(("traffic.read", "operation.read")),  # the traffic center's people
    "cyber": frozenset(("operation.read", "log.read")),  # the cyber-response center's people
}
AGENCY_ROLES: tuple[Role, ...] = ("agent", "association")
"""Who belongs to an agency, and to no desk."""
STAFF_ROLES: tuple[Role, ...] = tuple(role for role in get_args(Role) if role not in AGENCY_ROLES)


def may(role: str, permission: Permission) -> bool:
    """Whether `role` has `permission`; a role that is not known has none."""
    return permission in PERMISSIONS.get(role, frozenset())  # type: ignore[call-overload]
