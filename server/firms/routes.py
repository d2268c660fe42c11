"""An association's desk over HTTP, for who may `firms.manage`. Firms of others are 404."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from location_router.runtime.problems import Problem
from server.connection import services_of
from server.dispatch.lines import BadLine, set_line
from server.events import record_admin
from server.firms import service
from server.firms.lines import refuse_our_own
from server.firms.model import LONGEST_BRANCH, MOST_BRANCHES, BadFile, NewFirm, read_file
from server.staff import accounts
from server.staff.account_routes import Login, Name, Networks
from server.staff.accounts import Reach
from server.staff.model import Viewer
from server.staff.routes import permitted

router = APIRouter()
Manager = Annotated[Viewer, Depends(permitted("firms.manage"))]
PATH = "/api/firms/{agency_id}"
IMPORTS = "/api/firms/import"
MOST_BYTES = 2 * 1024 * 1024
MOST_INVITED = 25  # a hash of 30 ms each: longer lists are sent in pieces
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Codes = Annotated[list[Annotated[str, StringConstraints(max_length=40)]], Field(min_length=1, max_length=300)]
Branches = Annotated[
    list[Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_BRANCH)]],
    Field(min_length=1, max_length=MOST_BRANCHES),
]


class FirmBody(BaseModel):
    """Limits that are left out, or null, take nothing away."""

    model_config = ConfigDict(extra="forbid")

    agency_id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,39}$")]
    name_ko: Words
    name_en: Words
    triggers: Codes | None = None
    centers: Codes | None = None
    ends_at: AwareDatetime | None = None
    branches: Branches | None = None


class FirmChanges(BaseModel):
    """What is named changes; a limit of null is none."""

    model_config = ConfigDict(extra="forbid")

    name_ko: Words | None = None
    name_en: Words | None = None
    triggers: Codes | None = None
    centers: Codes | None = None
    ends_at: AwareDatetime | None = None
    branches: Branches | None = None


class FirmSuspension(BaseModel):
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class FirmAccount(BaseModel):
    agency_id: Annotated[str, StringConstraints(max_length=40)]
    login: Login
    name: Name
    networks: Networks


class FirmAccounts(BaseModel):
    accounts: Annotated[list[FirmAccount], Field(min_length=1, max_length=MOST_INVITED)]


class AccountChange(BaseModel):
    active: bool


class FirmLine(BaseModel):
    """`new_key`: the old one is good no more."""

    url: Annotated[str, StringConstraints(max_length=400)]
    new_key: bool = False


@router.get("/api/firms")
async def firms(
    request: Request, response: Response, viewer: Manager, days: Annotated[int, Query(ge=1, le=366)] = 90
) -> dict[str, Any]:
    """`{"umbrella", "agreements", "firms": [FirmCard], "days", "now"}`."""
    response.headers["Cache-Control"] = "no-store"
    services, umbrella = services_of(request), service.umbrella_of(viewer)
    now = services.clock()
    async with services.db.begin() as unit:
        terms = await service.covering(unit, umbrella, now)
        rows = await service.listed(unit, umbrella, now=now, days=days)
    agreements = [service.terms_card(row, now) for row in terms]
    return {"umbrella": umbrella, "agreements": agreements, "firms": rows, "days": days, "now": now}


@router.post("/api/firms", status_code=201)
async def add(request: Request, viewer: Manager, body: FirmBody) -> dict[str, Any]:
    services, umbrella = services_of(request), service.umbrella_of(viewer)
    async with services.db.begin() as unit:
        one = NewFirm(body.agency_id, body.name_ko, body.name_en)
        made, _, taken = await service.enter(unit, services, viewer, [(0, one)])
        if taken or not made:
            ko, en = "이미 쓰이는 아이디입니다.", "This id is taken."
            raise Problem(409, "known_agency", ko, en, field="agency_id", value=body.agency_id)
        limits = body.model_dump(include=set(service.LIMITS))
        await service.limit(unit, services, viewer, body.agency_id, limits)
        rows = await service.listed(unit, umbrella, now=services.clock(), days=90, agency_id=body.agency_id)
    return {"firm": rows[0]}


@router.post(IMPORTS)
async def import_firms(request: Request, viewer: Manager) -> dict[str, Any]:
    """A CSV file as the body. `{"made", "known", "refused": [{line, field, value, code, message_ko, message_en}],
    "to_invite": [FirmAccount]}`: good rows are entered, whatever else stands in the file; the same file again changes
    nothing. 422 `no_head`, `no_text`, `no_csv`, `too_many` for a file that is none."""
    services, umbrella = services_of(request), service.umbrella_of(viewer)
    body = await _body(request)
    async with services.db.begin() as unit:
        terms = await service.covering(unit, umbrella, services.clock())
        service.refuse_unagreed(terms)
        triggers, centers = service.agreed_words(terms)
        try:
            rows = list(read_file(body, triggers=triggers, centers=centers))
        except BadFile as wrong:
            raise Problem(422, wrong.code, wrong.ko, wrong.en, field="file") from None
        good = [(line, one) for line, one in rows if isinstance(one, NewFirm)]
        made, known, taken = await service.enter(unit, services, viewer, good)
    refused = sorted([one for _, one in rows if not isinstance(one, NewFirm)] + taken, key=lambda one: one.line)
    fresh = set(made)
    invited = [one for _, one in good if one.login and one.agency_id in fresh]
    return {
        "made": len(made),
        "known": len(known),
        "refused": [one.json() for one in refused],
        "to_invite": [
            {"agency_id": one.agency_id, "login": one.login, "name": one.person, "networks": list(one.networks)}
            for one in invited
        ],
    }


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            ko, en = "2 MB까지 보내 주세요.", "The file is too large: 2 MB at most."
            raise Problem(413, "too_large", ko, en, field="file")
    return bytes(body)


@router.post("/api/firms/accounts", status_code=201)
async def invite(request: Request, viewer: Manager, body: FirmAccounts) -> dict[str, Any]:
    """Agents' accounts with their one-time ways in: `{"made": [{"account", "enrolment"}], "refused": [{agency_id,
    login, code, message_ko, message_en}]}`; one that can't be made keeps no other from it."""
    services, umbrella = services_of(request), service.umbrella_of(viewer)
    made, refused = [], []
    for one in body.accounts:
        try:
            async with services.db.begin() as unit:
                await service.find(unit, umbrella, one.agency_id)
                account, enrolment = await accounts.create(
                    unit, services, Reach(None), viewer.actor,
                    role="agent", desk=None, **one.model_dump(),
                )  # fmt: skip
            made.append({"account": account, "enrolment": enrolment})
        except Problem as problem:
            said = {"code": problem.code, "message_ko": problem.ko, "message_en": problem.en}
            refused.append({"agency_id": one.agency_id, "login": one.login, **said})
    return {"made": made, "refused": refused}


@router.get(PATH)
async def one_firm(request: Request, response: Response, viewer: Manager, agency_id: str) -> dict[str, Any]:
    """`{"firm", "accounts", "line", "requests"}`: of requests how they stand, and nothing of whom or where."""
    response.headers["Cache-Control"] = "no-store"
    services, umbrella = services_of(request), service.umbrella_of(viewer)
    async with services.db.begin() as unit:
        await service.find(unit, umbrella, agency_id)
        (card,) = await service.listed(unit, umbrella, now=services.clock(), days=90, agency_id=agency_id)
        people = await accounts.cards(unit, services, Reach(None), agency_id=agency_id)
        line = await unit.one(
            "SELECT kind, url FROM agency_line WHERE agency_id = :id AND center_id IS NULL AND active",
            {"id": agency_id},
        )
        return {"firm": card, "accounts": people, "line": line, "requests": await service.states_of(unit, agency_id)}


@router.patch(PATH)
async def change(request: Request, viewer: Manager, agency_id: str, body: FirmChanges) -> dict[str, Any]:
    services = services_of(request)
    changes = body.model_dump(exclude_unset=True)
    changes = {name: value for name, value in changes.items() if value is not None or name in service.LIMITS}
    async with services.db.begin() as unit:
        return {"firm": await service.limit(unit, services, viewer, agency_id, changes)}


@router.post(PATH + "/suspend")
async def suspend(request: Request, viewer: Manager, agency_id: str, body: FirmSuspension) -> dict[str, Any]:
    services = services_of(request)
    async with services.db.begin() as unit:
        return {"firm": await service.suspend(unit, services, viewer, agency_id, body.reason)}


@router.post(PATH + "/resume")
async def resume(request: Request, viewer: Manager, agency_id: str) -> dict[str, Any]:
    services = services_of(request)
    async with services.db.begin() as unit:
        return {"firm": await service.resume(unit, services, viewer, agency_id)}


@router.patch(PATH + "/accounts/{account_id}")
async def change_account(
    request: Request, viewer: Manager, agency_id: str, account_id: UUID, body: AccountChange
) -> dict[str, Any]:
    """Switched off, its sessions, sockets and streams end."""
    services, umbrella = services_of(request), service.umbrella_of(viewer)
    async with services.db.begin() as unit:
        await service.account_within(unit, umbrella, agency_id, account_id)
        changed = await accounts.change(
            unit, services, Reach(None), viewer.actor, account_id, {"active": body.active}
        )  # fmt: skip
    return {"account": changed}


@router.post(PATH + "/accounts/{account_id}/reset")
async def reset_account(request: Request, viewer: Manager, agency_id: str, account_id: UUID) -> dict[str, Any]:
    """A new link, as for one who lost hers: the old password is good no more."""
    services, umbrella = services_of(request), service.umbrella_of(viewer)
    async with services.db.begin() as unit:
        await service.account_within(unit, umbrella, agency_id, account_id)
        enrolment = await accounts.reset(
            unit, services, Reach(None), viewer.actor, account_id, password=True, second_factor=True
        )
    return {"enrolment": enrolment}


@router.put(PATH + "/line")
async def put_line(
    request: Request, response: Response, viewer: Manager, agency_id: str, body: FirmLine
) -> dict[str, Any]:
    """Where the firm's own system listens, and its key, which is shown once. 422 `bad_line`."""
    response.headers["Cache-Control"] = "no-store"
    services, umbrella = services_of(request), service.umbrella_of(viewer)
    async with services.db.begin() as unit:
        await service.find(unit, umbrella, agency_id)
        await refuse_our_own(unit, services, agency_id, body.url)
        known = await unit.one(
            "SELECT active FROM agency_line WHERE agency_id = :id AND center_id IS NULL", {"id": agency_id}
        )
        is_new = body.new_key or known is None or not known["active"]
        if is_new:
            await unit.execute(
                "UPDATE agency_line SET key_sealed = NULL WHERE agency_id = :id AND center_id IS NULL",
                {"id": agency_id},
            )
        try:
            line = await set_line(
                unit, services, agency_id=agency_id, center_id=None, kind="webhook", url=body.url, actor=viewer.actor,
                by_umbrella=True,
            )  # fmt: skip
        except BadLine as wrong:
            ko = f"주소를 확인해 주세요: {wrong}"
            raise Problem(422, "bad_line", ko, str(wrong), field="url", value=body.url[:200]) from None
    return {"line": {"kind": line.kind, "url": line.url}, "key": line.key if is_new else None}


@router.delete(PATH + "/line")
async def drop_line(request: Request, viewer: Manager, agency_id: str) -> dict[str, Any]:
    """Nothing it signs is taken any more; its agents work at the desk."""
    services, umbrella = services_of(request), service.umbrella_of(viewer)
    async with services.db.begin() as unit:
        await service.find(unit, umbrella, agency_id)
        await unit.execute(
            "UPDATE agency_line SET active = false, key_sealed = NULL WHERE agency_id = :id", {"id": agency_id}
        )
        payload = {"agency_id": agency_id, "kind": "desk", "url": "", "new_key": False}
        record_admin(unit, tag="agreement:line_set", actor=viewer.actor, payload=payload)
    return {"line": None}
