"""The door for an agency's own system at a center: a request is raised, moves, is taken back, is asked for.

Signed like everything on the agency's line, with its key. What is good becomes a delivery like the router's and goes
through the same intake, in the one unit of the call; where the place is no center's of this installation, the router
finds the center. Every refusal is a row that an administrator sees.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from psycopg.rows import dict_row

from location_router.index import Jurisdictions
from location_router.request_content.reading import read_request
from location_router.request_content.values import DISTRICT_REACH_M, Draft, check_new
from location_router.request_content.values import Refused as Unreadable
from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from location_router.wire import (
    DRILL,
    SOS,
    AgencyRequest,
    AlertMessage,
    AssignmentRecord,
    CenterRef,
    Delivery,
    Phase,
    Position,
    PositionUpdate,
    Reason,
)
from server.boundaries import boundaries_of
from server.intake import receive_in
from server.line_calls import Call, Letter, NotTaken, at_desk, not_taken, on_line
from server.positions import position_writer
from server.request_body import body_of
from server.requests import reading, refusals, service, taking
from server.requests.model import OPEN_STATES

if TYPE_CHECKING:
    from server.services import Services

__all__ = ["Letter", "cancel", "held", "not_taken", "raise_at_desk", "raise_here", "raise_request", "verified"]

_OWN = f"""{service.SELECT} WHERE r.request_id = %s AND r.agency_id = %s
ORDER BY r.state IN ('received', 'accepted') DESC, r.received_at DESC LIMIT 1"""
_CENTER = "SELECT code, name_ko, name_en, callback FROM center WHERE code = %s"
Row = dict[str, Any]


async def raise_request(services: Services, letter: Letter) -> tuple[int, Row]:
    """The status and what the agency is told. Problems as docs/agencies.md section 2 says."""
    borders = await boundaries_of(services).current()
    async with on_line(services, letter) as call:
        found = await _asked(services, call, borders)
    return _answer(services, letter, found)


async def raise_at_desk(services: Services, letter: Letter) -> tuple[int, Row]:
    """The same by hand: the agent's session stands for the signature."""
    borders = await boundaries_of(services).current()
    async with at_desk(services, letter) as call:
        found = await _asked(services, call, borders)
    return _answer(services, letter, found)


@dataclass(frozen=True, slots=True)
class _Found:
    """The request as it stands at the end of the unit; `moved_to`: where it is now, to be said once that is on disk."""

    row: Row
    status: int
    moved_to: Position | None = None


def _answer(services: Services, letter: Letter, found: _Found) -> tuple[int, Row]:
    """After the commit: what was refused is refused for good, and says so."""
    if found.row["state"] == "refused":
        raise refusals.said_again(found.row["reason"])
    if found.moved_to is not None:
        update = PositionUpdate(alert_id=found.row["request_id"], position=found.moved_to)
        position_writer(services).add(update)
    return found.status, told(letter.agency_id, found.row)


async def _asked(services: Services, call: Call, borders: Jurisdictions | None) -> _Found:
    draft = _understood(services, call.letter)
    if draft.kind != "raise":
        return await _moved_on(services, call, draft)
    code = _center_code(services, draft, borders)
    call.check(code)
    claimed = await _claim(call, draft, code)
    if claimed.before is not None:
        _check_same(claimed, draft)
        return _Found(claimed.before, 200)
    _check_new(services, draft)
    alert = _placed(draft, borders, code).alert(sender=_sender(call.letter))
    call.unit.state[taking.CONTENT] = claimed.digest
    await receive_in(call.unit, services, _delivery(services, alert, claimed.center))
    after = call.unit.state.get(taking.TAKEN) or await _own(call.unit, call.letter.agency_id, draft.request_id)
    if after is None:
        raise _refused("id_used", draft, center_id=code, field="request_id")
    return _Found(after, 202)


async def raise_here(services: Services, draft: Draft, center_id: str) -> Row:
    """A request that the center's own eyes raise for an agency, at this center whatever the border says: the same
    intake, so agreement, rule and row are the same. The row; once for a request_id."""
    agency_id = draft.request.agency_id
    async with services.db.begin() as unit:
        if (held := await _own(unit, agency_id, draft.request_id)) is not None:
            return held
        found = await (await unit.driver.cursor(row_factory=dict_row).execute(_CENTER, [center_id])).fetchone()
        alert = draft.alert(sender=f"{service.DIRECT}{agency_id}")
        await receive_in(unit, services, _delivery(services, alert, CenterRef(**found or {"code": center_id})))
        row = await _own(unit, agency_id, draft.request_id)
    assert row is not None, "taken or refused, it is a row"
    return row


async def _moved_on(services: Services, call: Call, draft: Draft) -> _Found:
    """A form that has its own words for it (CAP `Update`, `Cancel`) says where the request is now, or takes it back."""
    row = await _held(call, draft.request_id)
    if draft.kind == "cancel":
        return _Found(await _cancel(services, call, row), 200)
    still_open(row)
    return _Found(row, 200, draft.position)


def still_open(row: Row) -> None:
    """Problem 409 `not_open` for what is over: nothing of it is taken any more."""
    if row["state"] not in OPEN_STATES:
        raise Problem(409, "not_open", "끝난 요청입니다.", "The request is over.", state=row["state"])


def unknown() -> Problem:
    return Problem(404, "no_request", "그런 요청이 없습니다.", "There is no such request of yours here.")


def told(agency_id: str, row: Row) -> dict[str, Any]:
    """The answer to whoever raised it."""
    path = f"/api/lines/{agency_id}/requests/{row['request_id']}"
    return {**reading.status(row), "status_path": path, "positions_path": f"{path}/positions"}


async def verified(services: Services, letter: Letter) -> str:
    """The message's id. Problems 401, 403 `address_not_registered`, each with its row."""
    async with on_line(services, letter) as call:
        return call.message_id


async def held(services: Services, letter: Letter, request_id: UUID) -> Row:
    """The agency's own request, as signed for with the key of the line to its center; what changes something is one
    message, once. Problems 401, 403, 404 `no_request`, 409 `id_used`."""
    async with on_line(services, letter) as call:
        return await _held(call, request_id)


async def held_open(services: Services, letter: Letter, request_id: UUID) -> Row:
    """The same of one that is not over. Problem 409 `not_open`."""
    row = await held(services, letter, request_id)
    still_open(row)
    return row


async def _held(call: Call, request_id: UUID) -> Row:
    row = await _own(call.unit, call.letter.agency_id, request_id)
    if row is None:
        raise unknown()
    call.check(row["center_id"])
    if call.message_id and call.letter.call[0] != "GET":
        await call.once(row["center_id"], request_id)
    return row


async def cancel(services: Services, letter: Letter, request_id: UUID) -> dict[str, Any]:
    """The request's alert ends, through the same intake; twice is once. Problems 404 `no_request` for what was never
    taken, 409 `not_here` for one that the router brought."""
    async with on_line(services, letter) as call:
        row = await _cancel(services, call, await _held(call, request_id))
    return told(letter.agency_id, row)


async def cancel_at_desk(services: Services, letter: Letter, request_id: UUID) -> dict[str, Any]:
    """The same by hand."""
    async with at_desk(services, letter) as call:
        row = await _cancel(services, call, await _held(call, request_id))
    return told(letter.agency_id, row)


async def _cancel(services: Services, call: Call, row: Row) -> Row:
    if row["incident_id"] is None:  # refused: there is nothing to take back
        raise unknown()
    known = await call.unit.one(
        "SELECT raised_at, assignment_no FROM alert WHERE alert_id = :id", {"id": row["request_id"]}
    )
    if known is None or row["via"] != "center":
        ko, en = "라우터로 올린 요청은 라우터에서 취소해 주세요.", "It was raised at the router: cancel it there."
        raise Problem(409, "not_here", ko, en)
    names = ("agency_id", "branch", "trigger", "legal_basis")
    alert = AlertMessage(
        alert_id=row["request_id"],
        phase=Phase.ENDED,
        outcome="cancel",
        service=DRILL if row["is_drill"] else SOS,
        trigger="agency",
        raised_at=known["raised_at"],
        sender=_sender(call.letter),
        request=AgencyRequest(**{name: row[name] for name in names}, **body_of(services, row)),
    )
    center = CenterRef(**reading.status(row)["center"])
    await receive_in(call.unit, services, _delivery(services, alert, center, number=known["assignment_no"]))
    after = await _own(call.unit, call.letter.agency_id, row["request_id"])
    assert after is not None
    return after


def _understood(services: Services, letter: Letter) -> Draft:
    content_type = letter.headers.get("Content-Type", "")
    keyed = partial(services.sealer.digest, context="agency_request.name")
    try:
        draft = read_request(letter.body, content_type, agency_id=letter.agency_id, keyed=keyed)
    except Unreadable as wrong:
        raise NotTaken(wrong) from None
    if draft.request.agency_id != letter.agency_id:
        raise _refused("wrong_agency", draft, field="agency_id")
    return draft


def _check_new(services: Services, draft: Draft) -> None:
    try:
        check_new(draft, services.clock())
    except Unreadable as wrong:
        raise _refused(wrong, draft) from None


def _center_code(services: Services, draft: Draft, borders: Jurisdictions | None) -> str:
    """Our center whose jurisdiction holds the place."""
    settings, position = services.settings, draft.position
    code = borders.containing(lat=position.lat, lon=position.lon) if borders and position else draft.district
    if not code or not (settings.serves_all or code in settings.served_codes):
        raise _refused("not_here", draft, field="position")
    return code


def _placed(draft: Draft, borders: Jurisdictions | None, center_id: str) -> Draft:
    """One that names only an administrative code is at the point of its municipality, as at the router."""
    if draft.position is not None or borders is None or center_id not in borders.centers:
        return draft
    at = borders.centers[center_id]
    place = Position(lat=at.lat, lon=at.lon, accuracy_m=DISTRICT_REACH_M, fixed_at=draft.raised_at, source="district")
    return replace(draft, position=place)


@dataclass(frozen=True, slots=True)
class _Claim:
    """A request_id that stands for one content; `before`: the request, where it was raised already."""

    digest: bytes
    is_new: bool
    center: CenterRef
    before: Row | None


async def _claim(call: Call, draft: Draft, center_id: str) -> _Claim:
    """The request_id is claimed for one content before anything of it is done, so that of several copies at the same
    moment all are the one request, and another content is none; and the message is one once. Raises NotTaken
    `id_used`."""
    digest, request_id, driver = draft.digest(), draft.request_id, call.unit.driver
    own, names = (driver.cursor(row_factory=dict_row) for _ in range(2))
    claim, said = f"request:{request_id}", {}
    if call.message_id:
        said[call.message_id] = call.digest(request_id)
    async with driver.pipeline():  # one packet
        kept = await call.keep({claim: digest, **said}, center_id, request_id)
        await own.execute(_OWN, [request_id, call.letter.agency_id])
        await names.execute(_CENTER, [center_id])
    stands, before = await kept.look(), await own.fetchone()
    if not stands[claim].is_same:
        raise _refused("id_used", draft, center_id=center_id, field="request_id")
    if before is None and not all(stands[one].is_same for one in said):  # what stands is told again, under any id
        raise _refused("id_used", draft, center_id=center_id, field="X-Ansim-Id")
    known = await names.fetchone() or {"code": center_id, "name_ko": center_id, "name_en": center_id}
    return _Claim(digest, stands[claim].is_new, CenterRef(**known), before)


def _check_same(claim: _Claim, draft: Draft) -> None:
    """Raised already: with this content, as far as the row or the claim knows it. Raises NotTaken `id_used`."""
    row = claim.before
    assert row is not None
    held = row["body_digest"]
    is_same = not claim.is_new if held is None else hmac.compare_digest(bytes(held), claim.digest)
    if row["via"] != "center" or not is_same:
        raise _refused("id_used", draft, center_id=row["center_id"], field="request_id")


def _refused(wrong: str | Unreadable, draft: Draft, *, center_id: str = "", field: str = "") -> NotTaken:
    asked, request_id = draft.request.trigger, draft.request_id
    return NotTaken(wrong, trigger=asked, request_id=request_id, center_id=center_id, field=field)


async def _own(unit: Unit, agency_id: str, request_id: UUID) -> Row | None:
    """The agency's own request."""
    cursor = unit.driver.cursor(row_factory=dict_row)
    await cursor.execute(_OWN, [request_id, agency_id])
    return await cursor.fetchone()


def _sender(letter: Letter) -> str:
    return f"{service.DIRECT}{letter.agency_id}"


def _delivery(services: Services, alert: AlertMessage, center: CenterRef, *, number: int = 0) -> Delivery:
    """What the router would have sent: the place lies in this center's area."""
    now: datetime = services.clock()
    assignment = AssignmentRecord(
        assignment_no=number,
        center=center,
        served_by=services.settings.installation,
        reason=Reason.CONTAINS,
        distance_m=0.0,
        candidates=[],
        boundary_version="",
        decided_at=now,
    )
    return Delivery(
        delivery_id=uuid5(alert.alert_id, alert.phase.value),
        alert=alert,
        assignment=assignment,
        flags=[],
        received_at=now,
        active_at=now,
    )
