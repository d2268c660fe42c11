"""The commands of working on an incident: verify first, claim, hand-over, reminders. One transaction each; `commands`
runs them for the button and for the WebSocket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.incidents import service as incidents
from server.incidents import work
from server.incidents.model import Command
from server.incidents.presence import colleague, owner_is_away
from server.incidents.state import Incident, Who
from server.staff.model import Viewer

if TYPE_CHECKING:
    from server.services import Services

Args = dict[str, Any]
LONGEST_TEXT = 2000
MOST_MINUTES = 240


def who(viewer: Viewer) -> Who:
    return Who(viewer.account_id, viewer.may("incidents.supervise"))


async def _perform(unit: Unit, services: Services, viewer: Viewer, state: Incident, command: Command) -> dict[str, Any]:
    await incidents.perform(unit, services, state.incident_id, command, viewer.actor, state=state)
    return {}


async def classify(unit: Unit, services: Services, viewer: Viewer, state: Incident, args: Args) -> dict[str, Any]:
    """`{"type", "grave"}`: what it is, and whether a life is at stake."""
    grave = args.get("grave", False)
    if not isinstance(grave, bool):
        raise invalid("grave", "true or false", grave)
    command = work.Classify(who(viewer), text_of(args, "type"), grave)
    return await _perform(unit, services, viewer, state, command)


async def contacted(unit: Unit, services: Services, viewer: Viewer, state: Incident, args: Args) -> dict[str, Any]:
    """`{"how": voice | chat | none, "text"}`."""
    command = work.Contacted(text_of(args, "how"), text_of(args, "text", required=False))
    return await _perform(unit, services, viewer, state, command)


async def hand_over(unit: Unit, services: Services, viewer: Viewer, state: Incident, args: Args) -> dict[str, Any]:
    """`{"to", "reason"}`: asks a colleague who is signed in; HANDOVER_WAIT_S without an answer and it is off again."""
    to, reason = _account(args, "to"), text_of(args, "reason", required=False)
    found = await colleague(unit, services, to, center_id=state.center_id)
    command = work.HandOver(who(viewer), found.account_id, reason, services.settings.handover_wait_s)
    return await _perform(unit, services, viewer, state, command)


async def accept_handover(
    unit: Unit, services: Services, viewer: Viewer, state: Incident, args: Args
) -> dict[str, Any]:
    return await _perform(unit, services, viewer, state, work.AcceptHandover(who(viewer)))


async def decline_handover(
    unit: Unit, services: Services, viewer: Viewer, state: Incident, args: Args
) -> dict[str, Any]:
    """`{"reason"}`: by the one who was asked; by the owner it takes the question back."""
    command = work.DeclineHandover(who(viewer), text_of(args, "reason", required=False))
    return await _perform(unit, services, viewer, state, command)


async def take_over(unit: Unit, services: Services, viewer: Viewer, state: Incident, args: Args) -> dict[str, Any]:
    """`{"reason"}`: a leader at any time, a colleague when the owner is away."""
    reason = text_of(args, "reason")
    away = await owner_is_away(unit, services, state)
    return await _perform(unit, services, viewer, state, work.Seize(who(viewer), reason, away))


async def release_claim(unit: Unit, services: Services, viewer: Viewer, state: Incident, args: Args) -> dict[str, Any]:
    """`{"reason"}`: nobody has it any more, and it rings again."""
    command = work.ReleaseClaim(who(viewer), text_of(args, "reason"), services.settings.escalate_leader_s)
    return await _perform(unit, services, viewer, state, command)


async def remind_later(unit: Unit, services: Services, viewer: Viewer, state: Incident, args: Args) -> dict[str, Any]:
    """`{"minutes": 1..240}`."""
    minutes = args.get("minutes")
    if not isinstance(minutes, int) or isinstance(minutes, bool) or not 1 <= minutes <= MOST_MINUTES:
        raise invalid("minutes", f"a whole number of 1 to {MOST_MINUTES}", minutes)
    return await _perform(unit, services, viewer, state, work.RemindLater(who(viewer), minutes))


def text_of(args: Args, name: str, *, required: bool = True) -> str:
    """The text argument `name`, without NULs and outer blanks. Problem 422."""
    value = args.get(name, "")
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or (required and not value.strip()):
        raise invalid(name, f"text of 1 to {LONGEST_TEXT} characters", value)
    return value.replace("\x00", "").strip()


def _account(args: Args, name: str) -> UUID:
    try:
        return UUID(str(args.get(name)))
    except ValueError:
        raise invalid(name, "an account's UUID", args.get(name)) from None


def invalid(name: str, wanted: str, given: Any) -> Problem:
    """422 that names the field, what it must be, and what came."""
    field = {"field": name, "message": wanted, "value": repr(given)[:120]}
    return Problem(422, "invalid", f"입력을 확인해 주세요: {name}", f"Check these fields: {name}", fields=[field])


WORK_COMMANDS = {
    "classify": classify,
    "contacted": contacted,
    "hand_over": hand_over,
    "accept_handover": accept_handover,
    "decline_handover": decline_handover,
    "take_over": take_over,
    "release_claim": release_claim,
    "remind_later": remind_later,
}
