"""The door for an agency's own system at a center: a request is raised, moves, is taken back, is asked for.

Signed like everything on the agency's line, with its key. What is good becomes a delivery like the router's and goes
through the same intake; where the place is no center's of this installation, the router finds the center. Every
refusal is a row that an administrator sees.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from location_router.request_content.reading import read_request
from location_router.request_content.values import DISTRICT_REACH_M, Draft
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
from server.dispatch import reports
from server.dispatch.lines import keys_of
from server.intake import receive
from server.positions import position_writer
from server.requests import reading, refusals, service
from server.requests.model import OPEN_STATES
from server.staff.model import is_registered

if TYPE_CHECKING:
    from server.services import Services

_MINUTE = UUID("2f1d0a3e-6a0b-4c39-9d7e-0c4b7f5b6a11")
"""Namespace of the rows that count what nobody has signed."""
_COUNT = """
INSERT INTO request_refusal (refusal_id, center_id, agency_id, at, code, address)
VALUES (:id, '', :agency, :at, :code, :address)
ON CONFLICT (refusal_id) DO UPDATE SET count = request_refusal.count + 1, at = excluded.at
"""
_OWN = f"""{service.SELECT} WHERE r.request_id = :id AND r.agency_id = :agency
ORDER BY r.state IN ('received', 'accepted') DESC, r.received_at DESC LIMIT 1"""


@dataclass(frozen=True, slots=True)
class Letter:
    """One signed call: who says it, from where, and what."""

    agency_id: str
    headers: Mapping[str, str]
    address: str
    body: bytes
    call: tuple[str, str] = ("", "")
    """Method and path: the signature is of them, too."""


async def raise_request(services: Services, letter: Letter) -> tuple[int, dict[str, Any]]:
    """The status and what the agency is told. Problems as docs/agencies.md section 2 says."""
    return await _raised(services, letter, await verified(services, letter))


async def raise_at_desk(services: Services, letter: Letter) -> tuple[int, dict[str, Any]]:
    """The same by hand: the agent's session stands for the signature."""
    return await _raised(services, letter, "")


async def _raised(services: Services, letter: Letter, message_id: str) -> tuple[int, dict[str, Any]]:
    draft = await _understood(services, letter)
    if draft.kind != "raise":
        return 200, await _moved_on(services, letter, draft, message_id)
    center = await _center(services, letter, draft, is_signed=bool(message_id))
    before = await _own(services, letter.agency_id, draft.request_id)
    # a row without its digest: the process died between the two, and the claim alone knows the content
    is_claimed = before is None or (before["via"] == "center" and before["body_digest"] is None)
    if is_claimed:
        await _claim(services, letter, draft, center.code)
    if before is None:
        if message_id:
            await _once(services, letter, message_id, center.code, draft.request_id)
        placed = await _placed(services, draft, center.code)
        await receive(services, _delivery(services, placed.alert(sender=_sender(letter)), center))
    after = await _own(services, letter.agency_id, draft.request_id)
    if after is None:
        raise await _refuse(services, letter, "id_used", draft=draft, center_id=center.code, field="request_id")
    async with services.db.begin() as unit:
        await _same_content(unit, services, letter, after, draft, is_claimed=is_claimed)
    if after["state"] == "refused":
        raise refusals.said_again(after["reason"])
    return (200 if before else 202), told(letter.agency_id, after)


async def raise_here(services: Services, draft: Draft, center_id: str) -> dict[str, Any]:
    """A request that the center's own eyes raise for an agency, at this center whatever the border says: the same
    intake, so agreement, rule and row are the same. The row; once for a request_id."""
    agency_id = draft.request.agency_id
    if (held := await _own(services, agency_id, draft.request_id)) is not None:
        return held
    async with services.db.begin() as unit:
        query = "SELECT code, name_ko, name_en, callback FROM center WHERE code = :code"
        center = CenterRef(**await unit.one(query, {"code": center_id}) or {"code": center_id})
    await receive(services, _delivery(services, draft.alert(sender=f"{service.DIRECT}{agency_id}"), center))
    row = await _own(services, agency_id, draft.request_id)
    assert row is not None, "taken or refused, it is a row"
    return row


async def _moved_on(services: Services, letter: Letter, draft: Draft, message_id: str) -> dict[str, Any]:
    """A form that has its own words for it (CAP `Update`, `Cancel`) says where the request is now, or takes it back."""
    row = await _own(services, letter.agency_id, draft.request_id)
    if row is None:
        raise unknown()
    await _signed_for(services, letter, row["center_id"])
    await _once(services, letter, message_id, row["center_id"], draft.request_id)
    if draft.kind == "cancel":
        return await cancel(services, row, letter)
    still_open(row)
    if draft.position is not None:
        position_writer(services).add(PositionUpdate(alert_id=draft.request_id, position=draft.position))
    return told(letter.agency_id, row)


def still_open(row: dict[str, Any]) -> None:
    """Problem 409 `not_open` for what is over: nothing of it is taken any more."""
    if row["state"] not in OPEN_STATES:
        raise Problem(409, "not_open", "끝난 요청입니다.", "The request is over.", state=row["state"])


def unknown() -> Problem:
    return Problem(404, "no_request", "그런 요청이 없습니다.", "There is no such request of yours here.")


async def _same_content(
    unit: Unit, services: Services, letter: Letter, row: dict[str, Any], draft: Draft, *, is_claimed: bool
) -> None:
    """A request_id stands for one content, here and for as long as the row stands."""
    digest = draft.digest()
    if is_claimed and row["body_digest"] is None:
        await unit.execute(
            "UPDATE agency_request SET body_digest = :digest WHERE request_id = :id AND center_id = :center",
            {"digest": digest, "id": row["request_id"], "center": row["center_id"]},
        )
    elif row["body_digest"] is None or not hmac.compare_digest(bytes(row["body_digest"]), digest):
        raise await _refuse(services, letter, "id_used", draft=draft, center_id=row["center_id"], field="request_id")


def told(agency_id: str, row: dict[str, Any]) -> dict[str, Any]:
    """The answer to whoever raised it."""
    path = f"/api/lines/{agency_id}/requests/{row['request_id']}"
    return {**reading.status(row), "status_path": path, "positions_path": f"{path}/positions"}


async def held(services: Services, letter: Letter, request_id: UUID) -> dict[str, Any]:
    """The agency's own request, as signed for with the key of the line to its center; what changes something is one
    message, once. Problems 401, 403, 404 `no_request`, 409 `id_used`."""
    message_id = await verified(services, letter)
    row = await held_by(services, letter.agency_id, request_id)
    await _signed_for(services, letter, row["center_id"])
    if letter.call[0] != "GET":
        await _once(services, letter, message_id, row["center_id"], request_id)
    return row


async def held_by(services: Services, agency_id: str, request_id: UUID) -> dict[str, Any]:
    """The agency's own request. Problem 404 `no_request`."""
    row = await _own(services, agency_id, request_id)
    if row is None:
        raise unknown()
    return row


async def cancel(services: Services, row: dict[str, Any], letter: Letter) -> dict[str, Any]:
    """The request's alert ends, through the same intake. Problem 409 `not_here` for one that the router brought."""
    async with services.db.begin() as unit:
        known = await unit.one(
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
        sender=_sender(letter),
        request=AgencyRequest(**{name: row[name] for name in names}, **service.body_of(services, row)),
    )
    center = CenterRef(**reading.status(row)["center"])
    await receive(services, _delivery(services, alert, center, number=known["assignment_no"]))
    after = await _own(services, letter.agency_id, row["request_id"])
    assert after is not None
    return told(letter.agency_id, after)


async def verified(services: Services, letter: Letter) -> str:
    """The message's id. Problems 401, 403 `address_not_registered`, each with its row."""
    async with services.db.begin() as unit:
        keys = await keys_of(unit, services, agency_id=letter.agency_id, center_id=None)
        networks = await unit.all(
            "SELECT network FROM agency_address WHERE agency_id = :agency", {"agency": letter.agency_id}
        )
    try:
        message_id = reports.verify(keys, letter.headers, letter.body, now=services.clock(), call=letter.call)
    except Problem as problem:
        await _count(services, letter, problem.code, is_known=bool(keys))
        raise
    known = [one["network"] for one in networks]
    if known and not is_registered(letter.address, known):
        await _count(services, letter, "address_not_registered", is_known=True)
        raise refusals.problem("address_not_registered", field="address", value=letter.address)
    return message_id


async def _count(services: Services, letter: Letter, code: str, *, is_known: bool) -> None:
    """Nobody has signed it, so it may be anybody, any number of times: one row a minute, code and address."""
    now = services.clock()
    agency = letter.agency_id[:80] if is_known else ""
    row_id = uuid5(_MINUTE, f"{agency}/{code}/{letter.address}/{now:%Y%m%d%H%M}")
    said = {"id": row_id, "agency": agency, "at": now, "code": code, "address": letter.address}
    async with services.db.begin() as unit:
        await unit.execute(_COUNT, said)


async def _understood(services: Services, letter: Letter) -> Draft:
    try:
        content_type = letter.headers.get("Content-Type", "")
        keyed = partial(services.sealer.digest, context="agency_request.name")
        draft = read_request(letter.body, content_type, agency_id=letter.agency_id, keyed=keyed)
    except Unreadable as wrong:
        detail = {"field": wrong.field}
        async with services.db.begin() as unit:
            await service.note_refusal(
                unit,
                code=wrong.code,
                at=services.clock(),
                agency_id=letter.agency_id,
                address=letter.address,
                detail=detail,
            )
        raise refusals.unreadable(wrong) from None
    if draft.request.agency_id != letter.agency_id:
        raise await _refuse(services, letter, "wrong_agency", draft=draft, field="agency_id")
    if draft.is_too_old(services.clock()):
        raise await _refuse(services, letter, "too_old", draft=draft, field="raised_at")
    return draft


async def _center(services: Services, letter: Letter, draft: Draft, *, is_signed: bool) -> CenterRef:
    """Our center whose jurisdiction holds the place, and whose key has signed where one has to."""
    boundaries, settings = await boundaries_of(services).current(), services.settings
    position = draft.position
    code = boundaries.containing(lat=position.lat, lon=position.lon) if boundaries and position else draft.district
    if not code or not (settings.serves_all or code in settings.served_codes):
        raise await _refuse(services, letter, "not_here", draft=draft, field="position")
    async with services.db.begin() as unit:
        names = await unit.one("SELECT name_ko, name_en, callback FROM center WHERE code = :code", {"code": code})
    if is_signed:
        await _signed_for(services, letter, code)
    known = names or {"name_ko": code, "name_en": code, "callback": ""}
    return CenterRef(code=code, **known)


async def _signed_for(services: Services, letter: Letter, center_id: str) -> None:
    """The line's key is that of this center: another center's line has no say here. Problems 401."""
    async with services.db.begin() as unit:
        keys = await keys_of(unit, services, agency_id=letter.agency_id, center_id=center_id)
    try:
        reports.verify(keys, letter.headers, letter.body, now=services.clock(), call=letter.call)
    except Problem as problem:
        await _count(services, letter, problem.code, is_known=True)
        raise


async def _placed(services: Services, draft: Draft, center_id: str) -> Draft:
    """One that names only an administrative code is at the point of its municipality, as at the router."""
    boundaries = await boundaries_of(services).current()
    if draft.position is not None or boundaries is None or center_id not in boundaries.centers:
        return draft
    at = boundaries.centers[center_id]
    place = Position(lat=at.lat, lon=at.lon, accuracy_m=DISTRICT_REACH_M, fixed_at=draft.raised_at, source="district")
    return replace(draft, position=place)


async def _claim(services: Services, letter: Letter, draft: Draft, center_id: str) -> None:
    """The request_id is claimed for one content before anything of it is done, so that of several copies at the same
    moment all are the one request, and another content is none. Problem 409 `id_used`."""
    digest = draft.digest()
    kept = await _kept(services, letter, f"request:{draft.request_id}", center_id, draft.request_id, digest)
    if not hmac.compare_digest(kept, digest):
        raise await _refuse(services, letter, "id_used", draft=draft, center_id=center_id, field="request_id")


async def _once(services: Services, letter: Letter, message_id: str, center_id: str, request_id: UUID) -> None:
    """An X-Ansim-Id is good for one message: these bytes, to this place."""
    said = " ".join((*letter.call, str(request_id))).encode()
    digest = hashlib.sha256(said + b"\x00" + letter.body).digest()
    kept = await _kept(services, letter, message_id, center_id, request_id, digest)
    if not hmac.compare_digest(kept, digest):
        raise await _refuse(services, letter, "id_used", center_id=center_id, field="X-Ansim-Id")


async def _kept(
    services: Services, letter: Letter, message_id: str, center_id: str, request_id: UUID, digest: bytes
) -> bytes:
    """The digest that stands under this id: this one, unless another was first."""
    said = {"agency": letter.agency_id, "id": message_id, "center": center_id, "digest": digest}
    async with services.db.begin() as unit:
        await unit.execute(
            "INSERT INTO request_message (agency_id, message_id, center_id, request_id, body_digest)"
            " VALUES (:agency, :id, :center, :request, :digest) ON CONFLICT DO NOTHING",
            said | {"request": request_id},
        )
        kept = await unit.scalar(
            "SELECT body_digest FROM request_message WHERE agency_id = :agency AND message_id = :id", said
        )
    return bytes(kept or b"")


async def _refuse(
    services: Services,
    letter: Letter,
    code: str,
    *,
    draft: Draft | None = None,
    center_id: str = "",
    field: str = "",
) -> Problem:
    """The row of a refusal at this door, and its Problem."""
    async with services.db.begin() as unit:
        await service.note_refusal(
            unit,
            code=code,
            at=services.clock(),
            center_id=center_id,
            agency_id=letter.agency_id,
            trigger=draft.request.trigger if draft else "",
            address=letter.address,
            request_id=draft.request_id if draft else None,
            detail={"field": field} if field else {},
        )
    return refusals.problem(code, field=field)


async def not_taken(
    services: Services, letter: Letter, wrong: Unreadable | str, *, trigger: str = "", request_id: UUID | None = None
) -> Problem:
    """The row and the Problem of what else the line says (an attachment, a place) and can't be taken: what its reader
    has found, or a code of `refusals`."""
    async with services.db.begin() as unit:
        await service.note_refusal(
            unit,
            code=wrong if isinstance(wrong, str) else wrong.code,
            at=services.clock(),
            agency_id=letter.agency_id,
            trigger=trigger,
            address=letter.address,
            request_id=request_id,
            detail={} if isinstance(wrong, str) else {"field": wrong.field},
        )
    return refusals.problem(wrong) if isinstance(wrong, str) else refusals.unreadable(wrong)


async def _own(services: Services, agency_id: str, request_id: UUID) -> dict[str, Any] | None:
    async with services.db.begin() as unit:
        return await unit.one(_OWN, {"id": request_id, "agency": agency_id})


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
