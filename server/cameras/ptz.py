"""Moving a camera: one hand at a time, bounded in time, written down (invariant 4: the owning center's alone).

A hand is taken with the first move and lies on the camera until 30 s after the last one; a supervisor may take it.
The timeline has a line when a hand is taken and one when it lets go, which tells how often it moved: a joystick sends
several moves a second, and the chain is no joystick's log. Every movement has an end that stands in the row before it
begins (`stop_at`): `server/cameras/ptz_keeper.py` sends the stop when the page has gone silent.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.actor import SYSTEM, Actor
from server.cameras.devices import Bound, with_device
from server.cameras.devices import problem_of as device_problem
from server.cameras.moving import HAND_LIFE, HOME_AFTER, SENTENCES, Claim, Facts, Hand, claim, refusal
from server.cameras.onvif.port import DeviceTrouble, Motion, Ptz
from server.events import record
from server.gate import look_again, plain_address

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

log = structlog.get_logger("ptz")

REFUSED_EVERY = timedelta(seconds=60)
TICKET_LIFE = timedelta(seconds=60)
_REMEMBERED = 1000

_FACTS = """
SELECT i.center_id, i.state, i.phase, i.active_at IS NOT NULL AS was_active, i.is_drill, i.role, o.desk,
       c.camera_id IS NOT NULL AS camera_known,
       c.is_ptz AND c.retired_at IS NULL AND d.ptz_profile IS NOT NULL AS can_move
FROM incident i
LEFT JOIN center o ON o.code = i.center_id
LEFT JOIN camera c ON c.camera_id = :camera AND c.center_id = i.center_id
LEFT JOIN camera_device d ON d.camera_id = c.camera_id
WHERE i.incident_id = :incident
"""
_WATCHING = """
SELECT release_id, address FROM release
WHERE incident_id = :incident AND camera_id = :camera AND viewer_id = :viewer AND kind = 'live' AND ended_at IS NULL
  AND (first_byte_at IS NOT NULL OR granted_at > :fresh)
ORDER BY granted_at DESC LIMIT 20
"""


async def move(
    services: Services, viewer: Viewer, incident_id: UUID, camera_id: str, motion: Motion, *, takes: bool = False
) -> dict[str, Any]:
    """Take the hand if it is free, and move. Raises Problem with a code of `moving.SENTENCES`, or the device's."""
    async with services.db.begin() as unit:
        # Closing takes this row FOR UPDATE: a movement is either before the closing, and stopped by it, or refused.
        await unit.execute("SELECT 1 FROM incident WHERE incident_id = :id FOR SHARE", {"id": incident_id})
        answer = await _judge(unit, services, viewer, incident_id, camera_id)
        if not isinstance(answer, Problem):
            may_take = takes and viewer.may("incidents.supervise")
            answer = await _reach(unit, services, viewer, incident_id, camera_id, answer, motion, takes=may_take)
    if isinstance(answer, Problem):
        raise answer
    try:
        await _send(services, camera_id, motion)
    finally:
        if motion.kind == "continuous":
            await _stop_if_late(services, camera_id)
    return answer


async def _stop_if_late(services: Services, camera_id: str) -> None:
    """A device that had to be got to know first moves a second late, and another process may have sent this movement's
    stop already: then it is due once more."""
    async with services.db.begin() as unit:
        await unit.execute(
            "UPDATE ptz_hand SET stop_at = :now, stop_tries = 0 WHERE camera_id = :id AND stop_at IS NULL",
            {"id": camera_id, "now": services.clock()},
        )


async def stop(services: Services, viewer: Viewer, incident_id: UUID, camera_id: str) -> dict[str, Any]:
    """Stand still; the hand stays. Only for whose hand it is."""
    async with services.db.begin() as unit:
        held = await _mine(unit, services, viewer, incident_id, camera_id)
        if held is not None:
            until_at = services.clock() + HAND_LIFE
            # `stop_at` stays: a move that was still on its way is stopped once more
            await unit.execute(
                "UPDATE ptz_hand SET until_at = :until WHERE camera_id = :id", {"id": camera_id, "until": until_at}
            )
    if held is None:
        raise problem_of("no_hand")
    await _send(services, camera_id, Motion("stop"))
    return _hand_json(viewer, until_at)


async def release(services: Services, viewer: Viewer, incident_id: UUID, camera_id: str) -> None:
    """Let go now; nothing happens where it is somebody else's or nobody's."""
    async with services.db.begin() as unit:
        held = await _mine(unit, services, viewer, incident_id, camera_id)
        if held is not None:
            await let_go(unit, held, "released", now=services.clock(), actor=viewer.actor)


async def presets(services: Services, viewer: Viewer, incident_id: UUID, camera_id: str) -> dict[str, Any]:
    """Where the camera can be sent, and whose hand is on it."""
    async with services.db.begin() as unit:
        found = await _facts(unit, services, viewer, incident_id, camera_id)
        code = refusal(_as_if_watching(found[0]))
        hand = await _hand_of(unit, services, camera_id) if code is None else None
    if code is not None:
        raise problem_of(_told(code, found))
    try:
        ptz: Ptz = await with_device(services, camera_id, _presets)
    except DeviceTrouble as trouble:
        raise device_problem(trouble) from None
    named = [{"token": one.token, "name": one.name} for one in ptz.presets]
    return {"presets": named, "has_home": ptz.has_home, "hand": hand}


async def _presets(bound: Bound) -> Ptz:
    if bound.ptz_profile is None:
        raise DeviceTrouble("no_ptz")
    return await bound.device.presets(bound.ptz_profile)


async def _send(services: Services, camera_id: str, motion: Motion) -> None:
    try:
        await send(services, camera_id, motion)
    except DeviceTrouble as trouble:
        log.warning("camera_not_moved", camera_id=camera_id, motion=motion.kind, code=trouble.code)
        raise device_problem(trouble) from None


async def send(services: Services, camera_id: str, motion: Motion) -> None:
    """To the device; DeviceTrouble."""

    async def work(bound: Bound) -> None:
        if bound.ptz_profile is None:
            raise DeviceTrouble("no_ptz")
        await bound.device.move(bound.ptz_profile, motion)

    await with_device(services, camera_id, work)


# ------------------------------------------------------------ who may
Found = tuple[Facts, str, UUID | None]
"""The facts, the incident's center, and the release under which the viewer watches."""


async def _facts(unit: Unit, services: Services, viewer: Viewer, incident_id: UUID, camera_id: str) -> Found:
    now = services.clock()
    row = await unit.one(_FACTS, {"incident": incident_id, "camera": camera_id})
    if row is None:
        return Facts(None), "", None
    asked = {"incident": incident_id, "camera": camera_id, "viewer": viewer.account_id, "fresh": now - TICKET_LIFE}
    rows = await unit.all(_WATCHING, asked)
    here = [one["release_id"] for one in rows if one["address"] == plain_address(viewer.address)]
    ending = await look_again(unit, here, now) if here else {}
    watched = next((one for one in here if one not in ending), None)
    facts = Facts(
        row["state"],
        row["phase"],
        row["was_active"],
        row["is_drill"],
        row["role"] or "owner",
        own_desk=row["desk"] is not None and row["desk"] == viewer.desk,
        may_move=viewer.may("cameras.move"),
        camera_known=row["camera_known"],
        can_move=bool(row["can_move"]),
        is_watching=watched is not None,
    )
    return facts, row["center_id"], watched


def _as_if_watching(facts: Facts) -> Facts:
    return replace(facts, is_watching=True)


def _told(code: str, found: Found) -> str:
    """Another desk's incident is unknown here, unless this viewer was let look at it (break-glass)."""
    facts, _, watched = found
    is_foreign = code == "ptz_not_yours" and facts.may_move and not facts.own_desk
    return "unknown_incident" if is_foreign and watched is None else code


async def _judge(
    unit: Unit, services: Services, viewer: Viewer, incident_id: UUID, camera_id: str
) -> tuple[str, UUID] | Problem:
    found = await _facts(unit, services, viewer, incident_id, camera_id)
    facts, center, watched = found
    code = refusal(facts)
    if code is None and watched is not None:
        return center, watched
    code = code or "not_watching"
    if center:
        note_refusal(unit, services, viewer, center, incident_id, camera_id, code)
    return problem_of(_told(code, found))


async def refuse_agency(services: Services, viewer: Viewer, incident_id: UUID, camera_id: str) -> None:
    """An agency's desk reached for a camera: a line in the chain of the incident's center, if there is one."""
    async with services.db.begin() as unit:
        center = await unit.scalar("SELECT center_id FROM incident WHERE incident_id = :id", {"id": incident_id})
        if center is not None:
            note_refusal(unit, services, viewer, center, incident_id, camera_id, "ptz_not_yours")


def note_refusal(
    unit: Unit, services: Services, viewer: Viewer, center: str, incident_id: UUID, camera_id: str, code: str
) -> None:
    """`camera:ptz_refused`, once a minute for the same hand, camera and reason: a joystick that is held must not fill
    the chain."""
    noted: dict[Any, datetime] = services.shared.setdefault("ptz_refused", {})
    key, now = (viewer.account_id, incident_id, camera_id, code), services.clock()
    if key in noted and now - noted[key] < REFUSED_EVERY:
        return
    if len(noted) >= _REMEMBERED:
        noted.clear()
    noted[key] = now
    payload = {"camera_id": camera_id[:200], "code": code, "address": plain_address(viewer.address)}
    record(
        unit,
        center_id=center,
        incident_id=incident_id,
        tag="camera:ptz_refused",
        actor=viewer.actor,
        payload=payload,
        at=now,
    )


# ------------------------------------------------------------ the hand
_LOCK = "SELECT * FROM ptz_hand WHERE camera_id = :id FOR UPDATE"
_TAKE = """
UPDATE ptz_hand SET center_id = :center, incident_id = :incident, account_id = :account, release_id = :release,
    taken_at = :now, until_at = :now, moves = 0, presets = 0, home_at = NULL WHERE camera_id = :id
"""
_MOVE = """
UPDATE ptz_hand SET until_at = :until, release_id = :release, moves = moves + :moves, presets = presets + :presets,
    stop_at = CAST(:stop_at AS timestamptz), stop_tries = 0, home_at = NULL WHERE camera_id = :id
"""


async def _reach(
    unit: Unit,
    services: Services,
    viewer: Viewer,
    incident_id: UUID,
    camera_id: str,
    granted: tuple[str, UUID],
    motion: Motion,
    *,
    takes: bool,
) -> dict[str, Any] | Problem:
    """The hand on the camera, and in the same transaction when this movement ends."""
    (center, release_id), now = granted, services.clock()
    await unit.execute(
        "INSERT INTO ptz_hand (camera_id, center_id, incident_id) VALUES (:id, :center, :incident)"
        " ON CONFLICT DO NOTHING",
        {"id": camera_id, "center": center, "incident": incident_id},
    )
    row = await unit.one(_LOCK, {"id": camera_id})
    assert row is not None
    held = Hand(row["account_id"], row["incident_id"], row["until_at"]) if row["account_id"] else None
    verdict = claim(held, viewer.account_id, incident_id, now=now, takes=takes)
    if verdict == "taken":
        return await _taken(unit, services, viewer, row)
    if verdict != "mine":
        values = {"id": camera_id, "center": center, "incident": incident_id, "account": viewer.account_id}
        await _take(unit, row, values | {"release": release_id, "now": now}, viewer.actor, verdict)
    is_preset = motion.kind in ("preset", "home")
    # a way to a preset has its own end: a stop that was due for the movement before would end it half-way
    stop_at = now + timedelta(seconds=motion.seconds) if motion.kind == "continuous" else None
    counts = {"moves": int(not is_preset), "presets": int(is_preset), "stop_at": stop_at}
    await unit.execute(_MOVE, {"id": camera_id, "until": now + HAND_LIFE, "release": release_id, **counts})
    return _hand_json(viewer, now + HAND_LIFE)


async def _take(unit: Unit, row: dict[str, Any], values: dict[str, Any], actor: Actor, verdict: Claim) -> None:
    if row["account_id"] is not None:
        reason = "taken_over" if verdict == "taken_over" else "silent"
        await let_go(unit, row, reason, now=values["now"], goes_home=False)
    await unit.execute(_TAKE, values)
    payload = {"camera_id": values["id"], "step": "taken", "release_id": str(values["release"])}
    if verdict == "taken_over":
        payload["from"] = str(row["account_id"])
    record(
        unit,
        center_id=values["center"],
        incident_id=values["incident"],
        tag="camera:moved",
        actor=actor,
        payload=payload,
        at=values["now"],
    )


async def let_go(
    unit: Unit, row: dict[str, Any], reason: str, *, now: datetime, actor: Actor = SYSTEM, goes_home: bool = True
) -> None:
    """The hand of this (locked) row is off the camera: its line with the counts; a movement that runs is stopped at
    once, and later it goes home."""
    has_home = goes_home and await unit.scalar(
        "SELECT home IS NOT NULL FROM camera_device WHERE camera_id = :id", {"id": row["camera_id"]}
    )
    await unit.execute(
        "UPDATE ptz_hand SET account_id = NULL, release_id = NULL, taken_at = NULL, until_at = NULL,"
        " stop_at = CASE WHEN stop_at IS NULL THEN NULL ELSE CAST(:now AS timestamptz) END, home_at = :home"
        " WHERE camera_id = :id",
        {"id": row["camera_id"], "now": now, "home": now + HOME_AFTER if has_home else None},
    )
    record(
        unit,
        center_id=row["center_id"],
        incident_id=row["incident_id"],
        tag="camera:moved",
        actor=actor,
        payload={
            "camera_id": row["camera_id"],
            "step": "released",
            "reason": reason,
            "account_id": str(row["account_id"]),
            "moves": row["moves"],
            "presets": row["presets"],
            "held_s": max(0, round((now - row["taken_at"]).total_seconds())),
        },
        at=now,
    )


async def end_hands(unit: Unit, incident_id: UUID, *, now: datetime) -> None:
    """In the transaction that ends the incident: nobody moves its cameras any more."""
    rows = await unit.all(
        "SELECT * FROM ptz_hand WHERE incident_id = :id AND account_id IS NOT NULL ORDER BY camera_id FOR UPDATE",
        {"id": incident_id},
    )
    for row in rows:
        await let_go(unit, row, "incident_closed", now=now)


async def _mine(
    unit: Unit, services: Services, viewer: Viewer, incident_id: UUID, camera_id: str
) -> dict[str, Any] | None:
    """The row, locked, while the viewer's hand is on it; 404 where there is nothing of the viewer's center."""
    found = await _facts(unit, services, viewer, incident_id, camera_id)
    code = refusal(_as_if_watching(found[0]))
    if code in ("unknown_incident", "unknown_camera", "ptz_not_yours"):
        raise problem_of(_told(code, found))
    row = await unit.one(_LOCK, {"id": camera_id})
    if row is None or row["account_id"] != viewer.account_id or row["until_at"] <= services.clock():
        return None
    return row if row["incident_id"] == incident_id else None


async def _taken(unit: Unit, services: Services, viewer: Viewer, row: dict[str, Any]) -> Problem:
    hand = await _hand_of(unit, services, row["camera_id"])
    return problem_of("ptz_taken", hand=hand, may_take=viewer.may("incidents.supervise"))


async def _hand_of(unit: Unit, services: Services, camera_id: str) -> dict[str, Any] | None:
    row = await unit.one(
        "SELECT h.account_id, h.until_at, a.name_sealed FROM ptz_hand h JOIN account a USING (account_id)"
        " WHERE h.camera_id = :id AND h.until_at > :now",
        {"id": camera_id, "now": services.clock()},
    )
    if row is None:
        return None
    name = services.sealer.open(row["name_sealed"], context=f"account.name:{row['account_id']}")
    return {"account_id": str(row["account_id"]), "name": name, "until_at": row["until_at"].isoformat()}


def _hand_json(viewer: Viewer, until_at: datetime) -> dict[str, Any]:
    return {"hand": {"account_id": str(viewer.account_id), "name": viewer.name, "until_at": until_at.isoformat()}}


def problem_of(code: str, **extra: Any) -> Problem:
    """The refusal as an answer."""
    status, ko, en = SENTENCES[code]
    return Problem(status, code, ko, en, **extra)
