"""Photos and sound from a person's own phone: kept when they come, shown under a release row of the viewer's own.

Of a drill only the item that tries the way is kept, and shown to nobody; the rest of it, and what comes after her own
end, is answered the same and not kept. A piece whose chain does not hold is kept and marked: nothing is hidden because
somebody may have touched it.
"""

from __future__ import annotations

import base64
from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.actor import Actor
from server.captures import model
from server.captures.model import Arrived, Link, Place
from server.events import record
from server.gate import Refused, Wish, ask, look_again, plain_address
from server.incidents.cards import iso
from server.releases import end_releases, note_first_byte

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

LOOKING = timedelta(minutes=10)
MOST_SHOWN = 400

MOST_BROKEN_TOLD = 5
_BROKEN_TOLD = "SELECT count(*) FROM event WHERE incident_id = %s AND tag = 'capture:broken'"
_WHERE = """
SELECT i.incident_id, i.center_id, i.state, i.is_drill, i.is_duress, a.phase, a.assignment_no, a.person_ref,
  a.superseded_at, (SELECT q.agency_id FROM agency_request q WHERE q.request_id = a.alert_id
    AND q.center_id = i.center_id AND q.state IN ('received', 'accepted')) AS asking
FROM alert a JOIN incident i USING (incident_id) WHERE a.alert_id = %s FOR SHARE OF i"""
_PUT = """
INSERT INTO capture (capture_id, center_id, alert_id, incident_id, kind, format, lens, seconds, pieces, taken_at,
  received_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING true"""
_PUT_PIECE = """
INSERT INTO capture_piece (capture_id, center_id, piece_no, alert_id, incident_id, chain_no, previous_hash, hash, bytes,
  body_sealed, received_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING true"""
_IS_FIRST = "SELECT count(*) FROM capture WHERE alert_id = %s AND center_id = %s AND kind = %s"
_NEIGHBOURS = """
SELECT capture_id, chain_no, previous_hash, hash FROM capture_piece
WHERE alert_id = %s AND center_id = %s AND chain_no BETWEEN %s - 1 AND %s + 1
  AND capture_id = coalesce(%s::uuid, capture_id)"""
_SAME = "SELECT hash FROM capture_piece WHERE capture_id = %s AND center_id = %s AND piece_no = %s"
_LISTED = """
SELECT * FROM (SELECT capture_id, alert_id, kind, format, lens, seconds, pieces, taken_at, received_at FROM capture
  WHERE incident_id = :incident ORDER BY taken_at DESC, capture_id DESC LIMIT :most) t ORDER BY taken_at, capture_id"""
_LINKS = """
SELECT p.capture_id, CASE c.lens WHEN 'agency' THEN p.capture_id ELSE p.alert_id END AS chain, p.piece_no, p.chain_no,
  p.previous_hash, p.hash, p.bytes FROM capture_piece p JOIN capture c USING (capture_id, center_id)
WHERE p.incident_id = :incident ORDER BY p.chain_no"""


class NotHereYet(Exception):
    """The piece has overtaken its alert: the router brings it again."""


async def receive(services: Services, piece: Arrived) -> bool:
    """The piece is on disk when this returns True; False: not kept, and nobody need send it again. The same again
    does nothing. Raises NotHereYet, Unavailable."""
    async with services.db.begin() as unit:
        row = await (await unit.driver.execute(_WHERE, [piece.about.alert_id])).fetchone()
        if row is None or row[6] < piece.about.assignment_no or row[8] is not None:
            raise NotHereYet(str(piece.about.alert_id))
        incident_id, center, state, is_drill, is_duress, phase = row[:6]
        if not model.is_kept(Place(state, is_drill, phase, is_duress, piece.header.is_test)):
            return False
        actor = Actor("person", row[7] or str(piece.about.alert_id))
        if piece.header.lens == model.OF_AGENCY:
            if row[9] is None:  # no agency asks here any more, or a phone says that it is one
                return False
            actor = Actor("agent", row[9])
        await _keep(unit, services, piece, center=center, incident_id=incident_id, actor=actor)
    return True


async def _keep(
    unit: Unit, services: Services, piece: Arrived, *, center: str, incident_id: UUID, actor: Actor
) -> None:
    header, at = piece.header, piece.about.received_at
    names = [header.capture_id, center]
    known = await (await unit.driver.execute(_SAME, [*names, header.piece_no])).fetchone()
    if known is not None:
        if bytes(known[0]) != piece.digest:
            await _say_broken(unit, piece, center=center, incident_id=incident_id, actor=actor)
        return
    is_first = (await (await unit.driver.execute(_IS_FIRST, [header.alert_id, center, header.kind])).fetchone() or [0])[
        0
    ] == 0
    taken_at = model.taken_at(header.taken_at, at)
    about = [header.kind, header.format, header.lens, header.seconds, header.pieces, taken_at]
    await unit.driver.execute(_PUT, [*names, header.alert_id, incident_id, *about, at])
    own = header.capture_id if header.lens == model.OF_AGENCY else None
    beside = await _neighbours(unit, header.alert_id, center, header.chain_no, own)
    link = Link(header.capture_id, header.chain_no, bytes.fromhex(header.previous), piece.digest)
    sealed = services.sealer.seal(
        {"header": piece.text, "body": base64.b64encode(piece.body).decode()},
        context=f"capture_piece.body:{header.capture_id}/{header.piece_no}",
        center=center,
    )
    place = [header.piece_no, header.alert_id, incident_id, header.chain_no]
    values = [*names, *place, link.previous, link.digest, len(piece.body), sealed, at]
    await unit.driver.execute(_PUT_PIECE, values)
    if is_first:
        tag = "capture:received" if own is None else "capture:attached"
        _say(unit, piece, tag, center=center, incident_id=incident_id, actor=actor)
    if header.capture_id in model.chain_of([*beside, link]).broken:
        await _say_broken(unit, piece, center=center, incident_id=incident_id, actor=actor)


async def _neighbours(unit: Unit, alert_id: UUID, center: str, number: int, capture_id: UUID | None) -> list[Link]:
    """`capture_id`: this one's alone."""
    rows = await (await unit.driver.execute(_NEIGHBOURS, [alert_id, center, number, number, capture_id])).fetchall()
    return [Link(row[0], row[1], bytes(row[2]), bytes(row[3])) for row in rows]


def _say(unit: Unit, piece: Arrived, tag: str, *, center: str, incident_id: UUID, actor: Actor) -> None:
    header = piece.header
    payload = {"capture_id": str(header.capture_id), "kind": header.kind, "chain_no": header.chain_no}
    if header.is_test:
        payload["is_test"] = True
    record(unit, center_id=center, incident_id=incident_id, tag=tag, actor=actor, payload=payload)


async def _say_broken(unit: Unit, piece: Arrived, *, center: str, incident_id: UUID, actor: Actor) -> None:
    """The first few of an incident: a phone that lies in each piece must not fill the record; the list tells all."""
    told = await (await unit.driver.execute(_BROKEN_TOLD, [incident_id])).fetchone()
    if told is None or told[0] < MOST_BROKEN_TOLD:
        _say(unit, piece, "capture:broken", center=center, incident_id=incident_id, actor=actor)


async def listed(services: Services, viewer: Viewer, incident_id: UUID) -> dict[str, Any]:
    """What has come of an incident, oldest first: when, of what kind, how much of it; no picture, no sound. `is_test`:
    it came of a drill, shows nothing and is not opened. Problem 404."""
    async with services.db.begin(center=viewer.scope) as unit:
        is_drill = await _seen(unit, incident_id)
        rows = await unit.all(_LISTED, {"incident": incident_id, "most": MOST_SHOWN})
        chains, numbers = await _chains(unit, incident_id)
    broken = _broken(chains)
    return {
        "captures": [_told(one, numbers[one["capture_id"]], broken) | {"is_test": is_drill} for one in rows],
        "is_broken": bool(broken),
        "missing": sum(one.missing for one in chains.values()),
    }


async def _chains(unit: Unit, incident_id: UUID) -> tuple[dict[UUID, model.Chain], dict[UUID, list[int]]]:
    """The chain of each alert (of an agency: of each attachment), and the numbers of the pieces that are here."""
    links: defaultdict[UUID, list[Link]] = defaultdict(list)
    numbers: defaultdict[UUID, list[int]] = defaultdict(list)
    for one in await unit.all(_LINKS, {"incident": incident_id}):
        link = Link(one["capture_id"], one["chain_no"], bytes(one["previous_hash"]), bytes(one["hash"]))
        links[one["chain"]].append(link)
        numbers[one["capture_id"]].append(one["piece_no"])
    return {alert_id: model.chain_of(held) for alert_id, held in links.items()}, numbers


def _broken(chains: dict[UUID, model.Chain]) -> frozenset[UUID]:
    return frozenset[UUID]().union(*(one.broken for one in chains.values()))


def _told(row: dict[str, Any], numbers: list[int], broken: frozenset[UUID]) -> dict[str, Any]:
    return {
        "capture_id": str(row["capture_id"]),
        "alert_id": str(row["alert_id"]),
        "kind": row["kind"],
        "format": row["format"],
        "lens": row["lens"],
        "seconds": row["seconds"],
        "taken_at": iso(row["taken_at"]),
        "received_at": iso(row["received_at"]),
        "pieces": row["pieces"],
        "received": len(numbers),
        "is_whole": model.whole(numbers) >= row["pieces"],
        "is_broken": row["capture_id"] in broken,
    }


async def open_captures(services: Services, viewer: Viewer, incident_id: UUID) -> dict[str, Any]:
    """A release row of this viewer's, for what came of this incident; good for some minutes. Raises Refused after the
    refusal is on disk; Problem 404."""
    now = services.clock()
    async with services.db.begin(center=viewer.scope) as unit:
        await _seen(unit, incident_id)
    # over all centers on purpose: the gate decides by facts, and writes a refusal into the incident's own chain
    async with services.db.begin() as unit:
        answer = await ask(unit, viewer, Wish("capture", incident_id, until_at=now + LOOKING), now=now)
    if isinstance(answer, Refused):
        raise answer
    return {"release_id": str(answer[0]), "until_at": iso(now + LOOKING)}


async def content(
    services: Services, viewer: Viewer, incident_id: UUID, capture_id: UUID, release_id: UUID
) -> tuple[str, bytes]:
    """Media type and bytes: all that came from the beginning without a hole. The release row is committed, this
    viewer's, of this incident and address, and holds today. Problems 403 (the gate's codes), 404, 409."""
    refusal: str | None = None
    async with services.db.begin(center=viewer.scope) as unit:
        await _seen(unit, incident_id)
        refusal = await _refusal(unit, services, viewer, incident_id, release_id)
        names = {"id": capture_id, "incident": incident_id}
        row = await unit.one("SELECT * FROM capture WHERE capture_id = :id AND incident_id = :incident", names)
        if row is None and refusal is None:
            raise Problem(404, "no_capture", "없는 사진·소리입니다.", "There is no such photo or sound.")
        rows = [] if refusal or row is None else await _pieces(unit, capture_id, row["center_id"])
        count = model.whole(one["piece_no"] for one in rows)
        if row is not None and refusal is None and not count:
            raise Problem(409, "not_here_yet", "아직 받는 중입니다.", "It is still on its way.")
        if refusal is None:
            await note_first_byte(unit, release_id)
    if refusal is not None or row is None:
        raise Refused(refusal or "released_ended")
    return row["format"], b"".join(opened(services, one)[1] for one in rows[:count])


async def _refusal(unit: Unit, services: Services, viewer: Viewer, incident_id: UUID, release_id: UUID) -> str | None:
    row = await unit.one(
        "SELECT viewer_id, incident_id, address FROM release WHERE release_id = :id AND kind = 'capture'",
        {"id": release_id},
    )
    if row is None or (row["viewer_id"], row["incident_id"]) != (viewer.account_id, incident_id):
        return "released_ended"
    if row["address"] != plain_address(viewer.address):
        return "address_not_registered"
    reason = (await look_again(unit, [release_id], services.clock())).get(release_id)
    if reason is not None:
        await end_releases(unit, {release_id: reason}, at=services.clock())
    return reason


async def _pieces(unit: Unit, capture_id: UUID, center: str) -> list[dict[str, Any]]:
    return await unit.all(
        "SELECT capture_id, piece_no, chain_no, previous_hash, hash, body_sealed FROM capture_piece"
        " WHERE capture_id = :id AND center_id = :center ORDER BY piece_no",
        {"id": capture_id, "center": center},
    )


def opened(services: Services, row: dict[str, Any]) -> tuple[str, bytes]:
    """Header and bytes of a piece's row; both empty when the center's key was destroyed."""
    context = f"capture_piece.body:{row['capture_id']}/{row['piece_no']}"
    held = services.sealer.open(row["body_sealed"], context=context) or {"header": "", "body": ""}
    return held["header"], base64.b64decode(held["body"])


async def files(
    unit: Unit, services: Services, incident_id: UUID, from_at: datetime, until_at: datetime
) -> list[tuple[str, bytes, tuple[str, ...], dict[str, Any]]]:
    """For an evidence package, whose release its caller has: name, bytes, headers of the pieces, what is known."""
    rows = await unit.all(
        "SELECT * FROM capture WHERE incident_id = :id AND ((taken_at >= :begin AND taken_at < :end)"
        " OR (received_at >= :begin AND received_at < :end)) ORDER BY taken_at, capture_id",  # her clock may be wrong
        {"id": incident_id, "begin": from_at, "end": until_at},
    )
    chains, numbers = await _chains(unit, incident_id)
    broken = _broken(chains)
    found = []
    for number, row in enumerate(rows):
        pieces = [opened(services, one) for one in await _pieces(unit, row["capture_id"], row["center_id"])]
        name = f"{number:03}-" + model.name_of(row["kind"], row["lens"], row["taken_at"], row["format"])
        about = _told(row, numbers[row["capture_id"]], broken)
        found.append((name, b"".join(body for _, body in pieces), tuple(text for text, _ in pieces), about))
    return found


async def _seen(unit: Unit, incident_id: UUID) -> bool:
    """Whether it is a drill. Problem 404 for what is not the viewer's, as everywhere."""
    row = await unit.one("SELECT is_drill FROM incident WHERE incident_id = :id", {"id": incident_id})
    if row is None:
        raise Problem(404, "no_incident", "사건을 찾을 수 없습니다.", "There is no such incident for you.")
    return bool(row["is_drill"])
