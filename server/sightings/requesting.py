"""An agency asks to look: by its case number, on a ground of its agreement, at a place or an area, until a time.

The request is a row of the center whose jurisdiction holds the place; nothing is shown by it. What the center's desk
decides stands in `deciding.py`, its deadlines in `deadlines.py`. It belongs to no incident until it is approved: its
lines go to the center's chain, and say neither where nor why (that is sealed in the row).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.agencies.model import Agreement, agreement_from_row, choose
from server.agencies.service import Partner
from server.boundaries import boundaries_of
from server.dispatch import reading
from server.dispatch.model import WORKING_STATES
from server.dispatch.service import KST
from server.events import NO_INCIDENT, Actor, record
from server.features import service as features
from server.incidents.cards import iso
from server.incidents.codes import TYPES as INCIDENT_TYPES
from server.incidents.model import OPEN, UnknownCode
from server.incidents.service import unknown_code
from server.sightings import asking
from server.sightings.shape import BadArea, middle_of, polygon_of
from server.sightings.store import video_request

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

FEATURE = "video_requests"
MOST_OPEN = 50
SHOWN_AFTER_END = timedelta(hours=24)
SELECT = (
    "SELECT v.*, a.kind, a.name_ko, a.name_en, o.name_ko AS center_ko, o.name_en AS center_en FROM video_request v"
    " JOIN agency a USING (agency_id) LEFT JOIN center o ON o.code = v.center_id"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an agent says. Exactly one of `place` (lat, lon) and `area` (a GeoJSON polygon)."""

    case_no: str
    basis: str
    reason: str
    until_at: datetime
    place: tuple[float, float] | None = None
    area: dict[str, Any] | None = None
    type: str | None = None


async def ask(services: Services, viewer: Viewer, said: Asked) -> tuple[dict[str, Any], bool]:
    """The request's card, and whether it is new: the same case again, while it is open, is the same request.

    Problems 422 (`bad_case_no`, `bad_area`, `until_…`, `unknown_type`), 403 `no_agreement`, `legal_basis`,
    `wrong_kind`, `feature_off`; 409 `other_center`, `case_is_open`, `already_asked`, `too_many`; 503.
    """
    kind, now = _check(viewer, said, services.clock())
    lat, lon = said.place or _middle(said.area)
    center = await center_of(services, lat=lat, lon=lon)
    await features.require(services, FEATURE, [center])
    async with services.db.begin() as unit:
        agreement = await agreement_for(unit, viewer, center, now)
        if said.basis not in agreement.legal_bases:
            allowed = list(agreement.legal_bases)
            ko, en = "협약에 없는 법적 근거입니다.", "Not a legal basis of the agreement."
            raise Problem(403, "legal_basis", ko, en, field="basis", given=said.basis[:40], allowed=allowed)
        await _check_known_case(unit, said.case_no, agency_id=agreement.agency_id)
        request_id = uuid4()
        is_new = await _insert(unit, services, viewer, said, agreement, kind, request_id, now)
        row = await _open_one(unit, agreement.agency_id, said.case_no)
        card = card_of(services, row, for_agency=True)
        if not is_new and (card["place"], card["area"]) != _where(said):
            raise _already_asked(card)
        if is_new:
            say(unit, row, "requested", viewer.actor, now, until_at=iso(said.until_at), legal_basis=said.basis)
    return card, is_new


def _check(viewer: Viewer, said: Asked, now: datetime) -> tuple[str, datetime]:
    """The agency's kind, and now. Everything that needs no database."""
    assert viewer.agency is not None
    kind = viewer.agency.kind
    if kind not in asking.TRIGGERS:
        ko, en = "112, 119, 재난상황실만 영상을 요청할 수 있습니다.", "Only 112, 119 and disaster rooms ask for video."
        raise Problem(403, "wrong_kind", ko, en, kind=kind, allowed=list(asking.TRIGGERS))
    today = now.astimezone(KST).date()
    if not asking.is_case_number(kind, said.case_no, today):
        form = f"{kind}-{today:%Y%m%d}-00001"
        raise Problem(
            422,
            "bad_case_no",
            f"사건번호는 {form}처럼 적어 주세요.",
            f"Write the case number like {form}, with a day that has been.",
            field="case_no",
            given=said.case_no[:40],
        )
    if said.type is not None and said.type not in INCIDENT_TYPES:
        raise unknown_code(UnknownCode("type", said.type))
    if (said.place is None) == (said.area is None):
        ko, en = "위치(place)나 구역(area) 하나를 보내 주세요.", "Send either a place or an area."
        raise Problem(422, "place_or_area", ko, en, field="place, area")
    if (flaw := asking.flaw_of_end(said.until_at, now)) is not None:
        ko, en = "끝나는 때는 지금부터 1분에서 24시간 사이여야 합니다.", "until_at is 1 minute to 24 hours from now."
        raise Problem(422, flaw, ko, en, field="until_at", given=iso(said.until_at))
    return kind, now


def _middle(area: dict[str, Any] | None) -> tuple[float, float]:
    return middle_of(checked_area(area))


def checked_area(area: Any) -> Any:
    """The polygon; Problem 422 `bad_area`."""
    try:
        return polygon_of(area)
    except BadArea as bad:
        raise Problem(422, "bad_area", bad.ko, bad.en, field="area", given=bad.shown) from None


async def center_of(services: Services, *, lat: float, lon: float) -> str:
    """Whose jurisdiction holds the place. Problem 503 `no_boundaries`, 422 `no_center`."""
    boundaries = await boundaries_of(services).current()
    if boundaries is None:
        ko, en = "경계 자료가 없어 관할을 알 수 없습니다. 센터에 전화하세요.", "No boundaries here: call the center."
        raise Problem(503, "no_boundaries", ko, en)
    code = boundaries.containing(lat=lat, lon=lon)
    if code is None:
        ko, en = "어느 센터의 관할도 아닌 자리입니다.", "This place lies in no center's jurisdiction."
        raise Problem(422, "no_center", ko, en, field="place")
    return code


async def agreement_for(unit: Unit, viewer: Viewer, center: str, now: datetime) -> Agreement:
    """The agreement by which this agency may look live at this center's cameras now. Problem 403 `no_agreement`."""
    assert viewer.agency is not None
    found = await agreement_in_force(unit, viewer.agency.agency_id, viewer.agency.kind, center, now)
    if found is None:
        names = await unit.one("SELECT name_ko, name_en FROM center WHERE code = :code", {"code": center})
        ko, en = (names["name_ko"], names["name_en"]) if names else (center, center)
        raise Problem(
            403,
            "no_agreement",
            f"{ko}와(과) 실시간 영상 제공 협약이 없습니다. 센터에 전화하세요.",
            f"No agreement on live video with {en} is in force; call that center.",
            center=center,
        )
    return found


async def agreement_in_force(unit: Unit, agency_id: str, kind: str, center: str, now: datetime) -> Agreement | None:
    rows = await unit.all(
        "SELECT * FROM agreed WHERE center_id = :center AND agency_id = :agency",
        {"center": center, "agency": agency_id},
    )
    found = choose([agreement_from_row(dict(row)) for row in rows], trigger=asking.TRIGGERS[kind], now=now)
    return found if found is not None and found.grants("live") else None


async def _check_known_case(unit: Unit, case_no: str, *, agency_id: str) -> None:
    """The number is of a dispatch that the agency works on: it looks there."""
    row = await reading.find_case(unit, case_no, agency_id=agency_id)
    if row is None or row["state"] not in WORKING_STATES:
        return
    state = await unit.scalar("SELECT state FROM incident WHERE incident_id = :id", {"id": row["incident_id"]})
    if state in OPEN:
        ko, en = "이미 출동 중인 사건입니다. 그 사건에서 영상을 여세요.", "You are on this case: open its video there."
        raise Problem(409, "case_is_open", ko, en, dispatch_id=str(row["dispatch_id"]), case_no=case_no)


def _where(said: Asked) -> tuple[dict[str, float] | None, dict[str, Any] | None]:
    return ({"lat": said.place[0], "lon": said.place[1]} if said.place else None), said.area


async def _insert(
    unit: Unit,
    services: Services,
    viewer: Viewer,
    said: Asked,
    agreement: Agreement,
    kind: str,
    request_id: UUID,
    now: datetime,
) -> bool:
    count = await unit.scalar(
        "SELECT count(*) FROM video_request WHERE agency_id = :agency AND state = 'asked'",
        {"agency": agreement.agency_id},
    )
    if count >= MOST_OPEN:
        ko, en = f"답을 기다리는 요청이 {count}건입니다.", f"{count} requests wait for an answer already."
        raise Problem(409, "too_many", ko, en, waiting=count)
    settings = services.settings
    new = asking.ask(
        now=now,
        until_at=said.until_at,
        leader_s=settings.video_request_leader_s,
        expires_s=settings.video_request_expires_s,
    )
    place, area = _where(said)
    told = {"reason": said.reason, "place": place, "area": area, "by": viewer.name}
    values = {
        "request_id": request_id,
        "center_id": agreement.center_id,
        "agency_id": agreement.agency_id,
        "agreement_id": agreement.agreement_id,
        "case_no": said.case_no,
        "legal_basis": said.basis,
        "incident_type": said.type or asking.TYPES[kind],
        "is_area": area is not None,
        "asked_sealed": services.sealer.seal(
            told, context=f"video_request.asked:{request_id}", center=agreement.center_id
        ),
        "asked_by": viewer.account_id,
        "asked_at": now,
        "until_at": said.until_at,
        "state": new.state,
        "due_at": new.due_at,
        "expires_at": new.expires_at,
    }
    names = ", ".join(values)
    row = await unit.one(
        f"INSERT INTO video_request ({names}) VALUES ({', '.join(f':{name}' for name in values)})"
        " ON CONFLICT (agency_id, case_no) WHERE state IN ('asked', 'approved') DO NOTHING RETURNING request_id",
        values,
    )
    return row is not None


async def _open_one(unit: Unit, agency_id: str, case_no: str) -> dict[str, Any]:
    row = await unit.one(
        f"{SELECT} WHERE v.agency_id = :agency AND v.case_no = :case AND v.state = ANY(:open)",
        {"agency": agency_id, "case": case_no, "open": list(asking.OPEN_STATES)},
    )
    if row is None:  # it ended between the two statements
        raise Problem(409, "ask_again", "다시 요청해 주세요.", "It has just ended: ask again.")
    return dict(row)


def _already_asked(card: dict[str, Any]) -> Problem:
    return Problem(
        409,
        "already_asked",
        "이 사건번호로 다른 자리를 이미 요청했습니다. 그 요청을 거두고 다시 하세요.",
        "Another place is asked for under this case number: withdraw that request first.",
        request_id=card["request_id"],
        state=card["state"],
    )


async def of_agency(unit: Unit, services: Services, viewer: Viewer, request_id: UUID | None = None) -> list[Any]:
    """The agency's requests, newest first: open ones, and those that ended within a day; or this one. Problem 404."""
    assert viewer.agency is not None
    rows = await unit.all(
        f"{SELECT} WHERE v.agency_id = :agency AND (CAST(:id AS uuid) IS NULL OR v.request_id = :id)"
        " AND (CAST(:id AS uuid) IS NOT NULL OR v.state = ANY(:open) OR v.ended_at > :since)"
        " ORDER BY v.asked_at DESC LIMIT 200",
        {"agency": viewer.agency.agency_id, "id": request_id, **_recent(services)},
    )
    if request_id is not None and not rows:
        raise unknown()
    return [card_of(services, dict(row), for_agency=True) for row in rows]


async def of_center(unit: Unit, services: Services) -> list[dict[str, Any]]:
    """Requests to the unit's centers: those that wait first, longest waiting first."""
    rows = await unit.all(
        f"{SELECT} WHERE v.state = ANY(:open) OR v.ended_at > :since"
        " ORDER BY v.state <> 'asked', CASE WHEN v.state = 'asked' THEN v.asked_at END, v.asked_at DESC LIMIT 200",
        _recent(services),
    )
    return [card_of(services, dict(row), for_agency=False) for row in rows]


def _recent(services: Services) -> dict[str, Any]:
    return {"open": list(asking.OPEN_STATES), "since": services.clock() - SHOWN_AFTER_END}


async def locked(unit: Unit, request_id: UUID, *, skip: bool = False) -> dict[str, Any] | None:
    """The row, held until the unit ends; None: there is none for this unit (with `skip`: or somebody has it)."""
    query = f"{SELECT} WHERE v.request_id = :id FOR UPDATE OF v" + (" SKIP LOCKED" if skip else "")
    row = await unit.one(query, {"id": request_id})
    return dict(row) if row else None


def unknown() -> Problem:
    return Problem(404, "no_video_request", "그런 영상 요청이 없습니다.", "There is no such video request for you.")


def request_of(row: dict[str, Any]) -> asking.Request:
    return asking.Request(**{name: row[name] for name in asking.Request.__dataclass_fields__})


def partner_of(row: dict[str, Any], agreement: Agreement) -> Partner:
    return Partner(row["agency_id"], row["kind"], row["name_ko"], row["name_en"], agreement)


async def change(unit: Unit, row: dict[str, Any], **values: Any) -> dict[str, Any]:
    """The row with these columns written."""
    await unit.execute(video_request.update().where(video_request.c.request_id == row["request_id"]).values(**values))
    return row | values


def say(unit: Unit, row: dict[str, Any], what: str, actor: Actor, now: datetime, **payload: Any) -> None:
    """Its line `video:…`: on the timeline of the incident that it opened, else of none."""
    known = {name: row[name] for name in ("agency_id", "case_no")}
    record(
        unit,
        center_id=row["center_id"],
        incident_id=row["incident_id"] or NO_INCIDENT,
        tag=f"video:{what}",
        actor=actor,
        payload={"request_id": str(row["request_id"]), **known, "is_area": row["is_area"], **payload},
        at=now,
    )


def asked_words(services: Services, row: dict[str, Any]) -> dict[str, Any]:
    """`{"reason", "place", "area", "by"}`; empty values when they can't be opened any more."""
    opened = services.sealer.open(row["asked_sealed"], context=f"video_request.asked:{row['request_id']}")
    return opened or {"reason": "", "place": None, "area": None, "by": ""}


def card_of(services: Services, row: dict[str, Any], *, for_agency: bool) -> dict[str, Any]:
    """The contract's VideoRequestCard. An agency is not told who of the center decided."""
    asked = asked_words(services, row)
    answer: dict[str, Any] = {}
    if row["answer_sealed"] is not None:
        context = f"video_request.answer:{row['request_id']}"
        answer = services.sealer.open(row["answer_sealed"], context=context) or {}
    times = ("asked_at", "until_at", "expires_at", "escalated_at", "decided_at", "ended_at")
    ids = ("request_id", "incident_id", "dispatch_id")
    return {
        **{name: str(row[name]) if row[name] else None for name in ids},
        "center": {
            "code": row["center_id"],
            "name_ko": row["center_ko"] or row["center_id"],
            "name_en": row["center_en"] or row["center_id"],
        },
        "agency": {name: row[name] for name in ("agency_id", "kind", "name_ko", "name_en")},
        "case_no": row["case_no"],
        "state": row["state"],
        "type": row["incident_type"],
        "legal_basis": row["legal_basis"],
        **{name: iso(row[name].astimezone(UTC)) if row[name] else None for name in times},
        "end_reason": row["end_reason"],
        **asked,
        "answer": answer.get("reason", ""),
        **({} if for_agency else {"answered_by": answer.get("by", "")}),
    }
