"""The release gate (invariant 4): one function decides every disclosure of image, place or name; it fails closed.

`judge` is the rule: pure, the only place where it is written, for all kinds (`RULES`). `open_views` asks it before a
live picture, `ask` before anything else that is shown once, `server/places.py` before a place goes to the seats, and
`look_again` for every running viewing (twice a second, from the video process): a viewing ends when the answer would
be no today. Facts are read from the database (`server/gate_facts.py`), never from the ticket or the session's copy.
A refusal is a line in the chain as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server import gate_facts
from server.agencies.model import Agreement, What
from server.events import NO_INCIDENT, Actor, record
from server.legal import STAFF_BASES, ReleaseKind
from server.releases import NewRelease, grant
from server.staff.model import is_registered
from server.staff.permissions import Permission, may

if TYPE_CHECKING:
    from server.staff.model import Viewer

OPERATOR_BASES = STAFF_BASES["live"]
DEFAULT_BASIS = OPERATOR_BASES[0]
OPEN_STATES = ("received", "acknowledged", "dispatched", "on_scene")
MOST_REASON = 500
OF_CAMERAS: tuple[ReleaseKind, ...] = ("live", "still", "recorded", "maintenance", "evidence")

SENTENCES: dict[str, tuple[str, str]] = {
    "unknown_incident": ("그런 사건이 없습니다.", "There is no such incident."),
    "incident_closed": ("사건이 종결되어 볼 수 없습니다.", "The incident is closed; what it showed is too."),
    "not_live": ("아직 예비 신고입니다. 확정되면 열립니다.", "A pre-alert: this opens when it is active."),
    "not_owner": ("신고를 맡은 센터만 볼 수 있습니다.", "Only the center that has the alert may look."),
    "drill": ("훈련 사건에는 영상을 제공하지 않습니다.", "A drill shows no pictures."),
    "not_your_incident": ("담당 센터의 근무자만 볼 수 있습니다.", "Only staff of the owning center may look."),
    "no_dispatch": (
        "이 사건에 접수한 출동도, 승인된 요청도 없습니다.",
        "Your agency has neither an accepted dispatch nor an accepted request of this incident.",
    ),
    "no_agreement": ("제공 협약이 없거나 효력이 없습니다.", "No agreement in force allows this."),
    "outside_area": (
        "사건의 위치가 협약 구역 밖입니다.",
        "The place of this incident lies outside the area of the agreement.",
    ),
    "no_consent": ("본인이 119에 보이기로 하지 않은 정보입니다.", "The person has not agreed to show this to 119."),
    "legal_basis": ("허용되지 않은 법적 근거입니다.", "This legal basis is not allowed."),
    "no_reason": ("열람 사유를 적어 주세요.", "Write down why you need it."),
    "address_not_registered": ("등록되지 않은 주소(IP)입니다.", "This network address is not registered."),
    "session_ended": ("로그인이 끝났습니다. 다시 로그인해 주세요.", "The session has ended; log in again."),
    "unknown_camera": ("이 센터의 카메라가 아닙니다.", "This is not a camera of the center."),
    "purpose": (
        "이 카메라의 설치 목적으로는 이 사건에 쓸 수 없습니다. 사건 유형을 확인해 주세요.",
        "What this camera was installed for does not cover this incident; check the incident's type.",
    ),
    "expired": ("제공 기간이 끝났습니다.", "The time of this release is over."),
    "released_ended": ("제공이 끝났습니다.", "This release has ended."),
}


class Refused(Problem):
    """Nobody is shown anything: 403 with one of the codes of `SENTENCES`."""

    def __init__(self, code: str) -> None:
        ko, en = SENTENCES[code]
        super().__init__(403, code, ko, en)


@dataclass(frozen=True, slots=True)
class Rule:
    """What one kind of release asks for. `agreed`: the switch of an agreement that opens it to an agency. `after_sos`:
    only of an alert that has been active, and at the center that has it."""

    permission: Permission
    agreed: What | None = None
    of_incident: bool = True
    is_picture: bool = False
    after_sos: bool = False
    needs_reason: bool = False
    by_breakglass: bool = False
    of_119: bool = False
    """An agency is shown it only if it is 119 and the person has agreed to that herself."""


RULES: dict[ReleaseKind, Rule] = {
    "live": Rule("video.view", "live", is_picture=True, by_breakglass=True),
    "still": Rule("video.view", "still", is_picture=True, by_breakglass=True),
    "recorded": Rule("video.view", "recorded", is_picture=True, needs_reason=True),
    "capture": Rule("video.view", is_picture=True),
    "position": Rule("incidents.work", "position", by_breakglass=True),
    "walk": Rule("incidents.work", of_incident=False),  # a dot by her consent, and no picture
    "identity": Rule("identity.unmask", "identity", needs_reason=True),
    "profile": Rule("identity.unmask", "health", after_sos=True, needs_reason=True, of_119=True),
    "search": Rule("closed.search", of_incident=False, needs_reason=True),
    "export": Rule("log.export", of_incident=False, needs_reason=True),
    "evidence": Rule("evidence.export", is_picture=True, needs_reason=True),
    "maintenance": Rule("cameras.manage", of_incident=False, needs_reason=True),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the rule looks at, as the database has it now. None: there is no such row."""

    incident_state: str | None
    phase: str = "active"
    was_active: bool = True
    is_drill: bool = False
    camera_known: bool = True
    purpose_allowed: bool = True
    role: str | None = None
    account_active: bool = True
    own_desk: bool = False
    networks: tuple[str, ...] = ()
    session_addresses: tuple[str, ...] = ()
    address: str = ""
    legal_basis: str = DEFAULT_BASIS
    is_party: bool = False
    """The viewer's agency works on the incident now: by a dispatch that it accepted, or by its own accepted request
    whose time is not over (the view `party`)."""
    trigger: str = ""
    """The occasion, in the agreement's words, by which it does."""
    agency_kind: str = ""
    is_health_shared: bool = False
    agreement: Agreement | None = None
    center_id: str = ""
    incident_role: str = "owner"
    is_in_area: bool = True
    """The newest place lies inside the areas of the agreement by which the viewer's agency asks."""
    kind: ReleaseKind = "live"
    reason: str = ""
    until_at: datetime | None = None
    breakglass: bool = False
    """Two people have opened this incident for this viewer, for half an hour (`server/breakglass/`)."""


def judge(facts: Facts, now: datetime) -> str | None:
    """None: may be shown. Otherwise the code of the first reason why not, from the incident to the viewer."""
    rule = RULES[facts.kind]
    refusal = _judge_incident(rule, facts) if rule.of_incident else None
    refusal = refusal or _judge_viewer(rule, facts, now) or _judge_seat(facts)
    if refusal is None and rule.needs_reason and facts.role != "agent" and not facts.reason.strip():
        return "no_reason"
    if refusal is None and facts.until_at is not None and now >= facts.until_at:
        return "expired"
    return refusal


def _judge_incident(rule: Rule, facts: Facts) -> str | None:
    if facts.incident_state is None:
        return "unknown_incident"
    if facts.incident_state not in OPEN_STATES:
        return "incident_closed"
    if not (rule.is_picture or rule.after_sos):  # a pre-alert, a drill and a runner-up's copy have a place and a caller
        return None
    if facts.incident_role == "runner_up":
        return "not_owner"
    if facts.is_drill and rule.is_picture:
        return "drill"
    return "not_live" if facts.phase == "pre" or not facts.was_active else None


def _judge_viewer(rule: Rule, facts: Facts, now: datetime) -> str | None:
    if not facts.account_active or facts.role is None:
        return "not_your_incident"
    if facts.role == "agent":
        return _judge_agent(rule, facts, now)
    is_theirs = facts.own_desk or (facts.breakglass and rule.by_breakglass)
    if not may(facts.role, rule.permission) or not is_theirs:
        return "not_your_incident"
    return None if facts.legal_basis in STAFF_BASES[facts.kind] else "legal_basis"


def _judge_agent(rule: Rule, facts: Facts, now: datetime) -> str | None:
    if rule.agreed is None:
        return "not_your_incident"
    if not facts.is_party:
        return "no_dispatch"
    agreement = facts.agreement
    if agreement is None or not agreement.in_force(now) or not agreement.grants(rule.agreed):
        return "no_agreement"
    if agreement.center_id != facts.center_id or facts.trigger not in agreement.triggers:
        return "no_agreement"
    if not facts.is_in_area:
        return "outside_area"
    if rule.of_119 and not (facts.agency_kind == "119" and facts.is_health_shared):
        return "no_consent"
    return None if facts.legal_basis in agreement.legal_bases else "legal_basis"


def _judge_seat(facts: Facts) -> str | None:
    if not is_registered(facts.address, list(facts.networks)):
        return "address_not_registered"
    if plain_address(facts.address) not in {plain_address(one) for one in facts.session_addresses}:
        return "session_ended"
    if not facts.camera_known:
        return "unknown_camera"
    return "purpose" if RULES[facts.kind].is_picture and not facts.purpose_allowed else None


@lru_cache(maxsize=4096)
def plain_address(address: str) -> str:
    """`::ffff:127.0.0.1` is 127.0.0.1; what is no address stays as it is."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to be shown: of an incident, or (search, export, maintenance) of a center."""

    kind: ReleaseKind
    incident_id: UUID | None = None
    center_id: str = ""
    camera_ids: tuple[str, ...] = ("",)
    reason: str = ""
    legal_basis: str | None = None
    until_at: datetime | None = None
    detail: dict[str, Any] | None = None
    """More for the line in the log: which fields, which period. Nothing personal."""
    view_id: UUID = UUID(int=0)
    """Of a place: as of NewRelease."""


async def ask(unit: Unit, viewer: Viewer, wish: Wish, *, now: datetime) -> list[UUID] | Refused:
    """The release rows of this wish, one for each camera (one, where it is about none), all or none.

    A refusal is returned, not raised, so that its line `release:refused` is committed with the unit: the caller
    raises it after the commit. Nothing may be shown before the commit.
    """
    rows = await _knock(unit, viewer, wish, now)
    judged = [(row, _facts(row, wish)) for row in rows]
    refusal = next((code for _, facts in judged if (code := judge(facts, now))), None)
    if refusal is not None:
        _record_refusal(unit, judged[0][1], viewer, wish, refusal)
        return Refused(refusal)
    return [await grant(unit, _release(row, facts, viewer, wish, now)) for row, facts in judged]


async def look(unit: Unit, viewer: Viewer, wish: Wish, *, now: datetime) -> dict[str, str | None]:
    """What `ask` would refuse each of these cameras with (None: nothing); no row and no line, since nobody is shown
    anything: for whoever is told only what may be asked for."""
    rows = await _read(unit, viewer, wish, now)
    return {row["camera_id"]: judge(_facts(row, wish), now) for row in rows}


async def may_store(unit: Unit, viewer: Viewer, wish: Wish, *, now: datetime) -> Refused | None:
    """Whether a machine may store for this viewer what he may ask to see afterwards: the same rule, no row, since
    nobody is shown anything; and nothing new of a private camera without its owner's consent. The refusal is returned,
    as from `ask`."""
    for row in await _knock(unit, viewer, wish, now):
        facts = _facts(row, wish)
        code = judge(facts, now) or (None if row["camera_shown"] else "unknown_camera")
        if code is not None:
            _record_refusal(unit, facts, viewer, wish, code)
            return Refused(code)
    return None


async def _knock(unit: Unit, viewer: Viewer, wish: Wish, now: datetime) -> list[dict[str, Any]]:
    if wish.incident_id is not None:
        # Closing takes this row FOR UPDATE: a release is either before the closing, and ended by it, or refused after.
        await unit.execute("SELECT 1 FROM incident WHERE incident_id = :id FOR SHARE", {"id": wish.incident_id})
    return await _read(unit, viewer, wish, now)


async def _read(unit: Unit, viewer: Viewer, wish: Wish, now: datetime) -> list[dict[str, Any]]:
    asked = {
        "incident": wish.incident_id,
        "center": wish.center_id,
        "cameras": list(wish.camera_ids),
        "account": viewer.account_id,
        "address": viewer.address,
        "basis": wish.legal_basis,
        "kind": wish.kind,
        "now": now,
    }
    rows = await unit.all(gate_facts.KNOCK, asked)
    place = {camera: number for number, camera in enumerate(wish.camera_ids)}
    return sorted(rows, key=lambda row: place[row["camera_id"]])  # a plan may bring them in any order


def _facts(row: dict[str, Any], wish: Wish) -> Facts:
    values = gate_facts.from_row(row, wish.kind)
    camera_known = values.pop("camera_known") or wish.kind not in OF_CAMERAS
    return Facts(**values, camera_known=camera_known, reason=wish.reason, until_at=wish.until_at)


def _release(row: dict[str, Any], facts: Facts, viewer: Viewer, wish: Wish, now: datetime) -> NewRelease:
    return NewRelease(
        facts.center_id,
        wish.incident_id,
        wish.kind,
        "agent" if facts.role == "agent" else "operator",
        viewer.account_id,
        viewer.name,
        plain_address(viewer.address),
        facts.legal_basis,
        row["camera_id"] or None,
        row["agreement_id"],
        now,
        wish.until_at,
        wish.reason.strip()[:MOST_REASON],
        wish.detail,
        row["breakglass_id"] if not facts.own_desk else None,
        wish.view_id,
    )


async def open_views(
    unit: Unit,
    *,
    incident_id: UUID,
    camera_ids: Sequence[str],
    viewer: Viewer,
    legal_basis: str | None,
    now: datetime,
    detail: dict[str, Any] | None = None,
) -> dict[str, UUID] | Refused:
    """`ask` for live pictures: a release row by camera. `legal_basis` None: the default for operators; for agents
    that of their dispatch or request."""
    wish = Wish("live", incident_id, camera_ids=tuple(camera_ids), legal_basis=legal_basis, detail=detail)
    answer = await ask(unit, viewer, wish, now=now)
    return answer if isinstance(answer, Refused) else dict(zip(camera_ids, answer, strict=True))


def _record_refusal(unit: Unit, facts: Facts, viewer: Viewer, wish: Wish, code: str) -> None:
    if not facts.center_id:
        return
    record(
        unit,
        center_id=facts.center_id,
        incident_id=wish.incident_id or NO_INCIDENT,
        tag="release:refused",
        actor=Actor("agent" if facts.role == "agent" else "operator", str(viewer.account_id), viewer.name),
        payload={
            "code": code,
            "kind": wish.kind,
            "camera_ids": [one for one in wish.camera_ids if one],
            "address": facts.address,
            "legal_basis": facts.legal_basis,
            **({"reason": wish.reason.strip()[:MOST_REASON]} if wish.reason.strip() else {}),
        },
    )


async def look_again(unit: Unit, release_ids: Sequence[UUID], now: datetime) -> dict[UUID, str]:
    """Of these releases of live or recorded pictures, the ones that must end now, each with the code of its reason."""
    rows = await unit.all(gate_facts.AGAIN, {"ids": list(release_ids), "now": now})
    reasons = dict.fromkeys(set(release_ids) - {row["release_id"] for row in rows}, "released_ended")
    for row in rows:
        if row["ended_at"] is not None:
            reasons[row["release_id"]] = row["end_reason"] or "released_ended"
        elif (code := judge(_granted(row), now)) is not None:
            reasons[row["release_id"]] = code
    return reasons


def _granted(row: dict[str, Any]) -> Facts:
    """What was asked about the reason was answered when it was granted."""
    values = gate_facts.from_row(row, row["kind"])
    camera_known = values.pop("camera_known") or row["kind"] not in OF_CAMERAS
    return Facts(**values, camera_known=camera_known, reason=row["kind"], until_at=row["until_at"])
