"""What an operator can do to an incident: one function for the button's HTTP twin and for the WebSocket.

Each command is one transaction over all the slices it touches; the answer is given after the commit and carries the
card as committed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.cameras.service import Quality, choose_for_incident, open_cameras
from server.console import link_commands
from server.console.work_commands import WORK_COMMANDS, who
from server.dispatch.service import request
from server.endings import end_with_incident
from server.events import committed_card
from server.incidents import model
from server.incidents import service as incidents
from server.incidents.cards import load_cards
from server.incidents.model import Incident
from server.incidents.work import Viewed
from server.places import show_place
from server.staff.model import Viewer
from server.staff.permissions import Permission

if TYPE_CHECKING:
    from server.services import Services

Args = dict[str, Any]
Command = Callable[[Unit, "Services", Viewer, Incident, Args], Awaitable[dict[str, Any]]]


async def run(
    services: Services, viewer: Viewer, name: str, incident_id: UUID, args: Args | None = None
) -> dict[str, Any]:
    """Do it and answer `{"incident": IncidentCard, …}`. Raises Problem 404, 409, 403, 422."""
    _require(viewer, NEEDS.get(name, "incidents.work"))
    if name in LOOKS:
        return await _look(services, viewer, name, incident_id, args or {})
    command = COMMANDS.get(name)
    if command is None:
        raise Problem(
            422,
            "unknown_command",
            "알 수 없는 명령입니다.",
            "There is no such command.",
            commands=sorted([*COMMANDS, *LOOKS]),
        )
    async with services.db.begin(center=viewer.scope) as unit:
        state = await incidents.locked(unit, incident_id)
        answer = await command(unit, services, viewer, state, args or {})
        if name in TAKING and await _has_pictures(unit, viewer, incident_id):
            await _note_viewed(unit, services, viewer, incident_id)
        before = (await load_cards(unit, [incident_id])).get(incident_id)
    return {"incident": committed_card(unit, incident_id) or before, **answer}


def _require(viewer: Viewer, permission: Permission) -> None:
    """The WebSocket's twin of `permitted`."""
    if not viewer.may(permission):
        ko, en = "이 계정에는 권한이 없습니다.", "Your account may not do this."
        raise Problem(403, "wrong_role", ko, en, permission=permission)


async def _acknowledge(unit: Unit, services: Services, viewer: Viewer, state: Incident, args: Args) -> dict[str, Any]:
    command = model.Acknowledge(viewer.account_id, incidents.targets_of(services.settings))
    await incidents.perform(unit, services, state.incident_id, command, viewer.actor, state=state)
    return {}


async def _verify(unit: Unit, services: Services, viewer: Viewer, state: Incident, args: Args) -> dict[str, Any]:
    command = model.Verify(_text(args, "text", required=False))
    await incidents.perform(unit, services, state.incident_id, command, viewer.actor, state=state)
    return {}


async def _note(unit: Unit, services: Services, viewer: Viewer, state: Incident, args: Args) -> dict[str, Any]:
    command = model.Note(_text(args, "text"))
    await incidents.perform(unit, services, state.incident_id, command, viewer.actor, state=state)
    return {}


async def _close(unit: Unit, services: Services, viewer: Viewer, state: Incident, args: Args) -> dict[str, Any]:
    command = model.Close(_text(args, "disposition"), _text(args, "note", required=False), who(viewer))
    after = await incidents.perform(unit, services, state.incident_id, command, viewer.actor, state=state)
    await end_with_incident(unit, services, state, after, viewer.actor)
    return {}


async def _reopen(unit: Unit, services: Services, viewer: Viewer, state: Incident, args: Args) -> dict[str, Any]:
    command = model.Reopen(viewer.account_id, _text(args, "reason"))
    await incidents.perform(unit, services, state.incident_id, command, viewer.actor, state=state)
    again = f"cameras:{state.incident_id}"  # recorded on, and warm
    unit.after_commit(lambda: services.soon(lambda: choose_for_incident(services, state.incident_id), name=again))
    return {}


async def _dispatch(unit: Unit, services: Services, viewer: Viewer, state: Incident, args: Args) -> dict[str, Any]:
    if "dispatch" not in (fitting := model.allowed(state)):
        raise incidents.not_allowed(fitting, state.state)
    card = await request(
        unit,
        services,
        incident_id=state.incident_id,
        agency=_text(args, "agency"),
        actor=viewer.actor,
        legal_basis=_text(args, "legal_basis", required=False),
        note=_text(args, "note", required=False),
    )
    return {"dispatch": card}


async def _look(services: Services, viewer: Viewer, name: str, incident_id: UUID, args: Args) -> dict[str, Any]:
    """`open`: the five cameras; `view`: one of them. The rows are on disk before a ticket leaves (the gate's unit)."""
    async with services.db.begin(center=viewer.scope) as unit:
        if await incidents.find(unit, incident_id) is None:
            raise Problem(404, "no_incident", "사건을 찾을 수 없습니다.", "There is no such incident for you.")
    basis = _text(args, "legal_basis", required=False) or None
    if name == "open":
        tickets = await open_cameras(services, viewer, incident_id, legal_basis=basis)
        answer: dict[str, Any] = {"cameras": tickets}
    else:
        quality: Quality = "main" if args.get("quality") == "main" else "sub"
        tickets = await open_cameras(
            services, viewer, incident_id, camera_id=_text(args, "camera_id"), quality=quality, legal_basis=basis
        )
        if not tickets:
            raise Problem(404, "unknown_camera", "이 센터의 카메라가 아닙니다.", "This is not a camera of the center.")
        answer = dict(tickets[0])
    async with services.db.begin(center=viewer.scope) as unit:
        if tickets:
            await _note_viewed(unit, services, viewer, incident_id)
        place = await show_place(unit, viewer, incident_id, now=services.clock())
        card = (await load_cards(unit, [incident_id]))[incident_id]
        return {"incident": card | {"position": place.position if place else None}, **answer}


async def _has_pictures(unit: Unit, viewer: Viewer, incident_id: UUID) -> bool:
    """An idle desk opens an alert with its pictures before anybody takes it: who takes it then is looking already."""
    query = (
        "SELECT 1 FROM release WHERE incident_id = :incident AND viewer_id = :viewer AND kind = 'live'"
        " AND ended_at IS NULL LIMIT 1"
    )
    return await unit.scalar(query, {"incident": incident_id, "viewer": viewer.account_id}) is not None


async def _note_viewed(unit: Unit, services: Services, viewer: Viewer, incident_id: UUID) -> None:
    """The owner has eyes on the place: the stage `view` is done, the first time."""
    state = await incidents.find(unit, incident_id)
    if state is None or state.viewed_at is not None or state.owner_id != viewer.account_id:
        return
    state = await incidents.locked(unit, incident_id)  # before show_place's lock, which is a weaker one
    await incidents.perform(unit, services, incident_id, Viewed(viewer.account_id), viewer.actor, state=state)


LOOKS = ("open", "view")
"""They change nothing of the incident, and may take as long as a camera does."""

TAKING = ("acknowledge", "accept_handover", "take_over")
"""After these the viewer is the owner."""

NEEDS: dict[str, Permission] = {"open": "video.view", "view": "video.view", "dispatch": "dispatch.request"}
"""What a command needs, where it is not `incidents.work`."""

COMMANDS: dict[str, Command] = {
    "acknowledge": _acknowledge,
    "verify": _verify,
    "note": _note,
    "close": _close,
    "reopen": _reopen,
    "dispatch": _dispatch,
    "merge": link_commands.merge,
    "link": link_commands.link,
    "unlink": link_commands.unlink,
    "split": link_commands.split,
    **WORK_COMMANDS,
}


def _text(args: Args, name: str, *, required: bool = True) -> str:
    value = args.get(name, "")
    if not isinstance(value, str) or len(value) > 2000 or (required and not value.strip()):
        raise Problem(
            422,
            "invalid",
            f"입력을 확인해 주세요: {name}",
            f"Check these fields: {name}",
            fields=[{"field": name, "message": "text of 1 to 2000 characters", "value": repr(value)[:120]}],
        )
    return value.replace("\x00", "").strip()
