"""Her walk: begun, changed, answered; one transaction each. A request that comes twice has its effect once."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import orjson
from sqlalchemy.exc import IntegrityError

from location_router.geo import distance_m
from location_router.runtime.db import Unit
from location_router.runtime.jobs import defer_in
from location_router.runtime.problems import Problem
from server.patience import patience_of
from server.people import consents, ledger, walk_place
from server.people.ages import who_must_agree
from server.people.service import DeviceUser
from server.walks import answers, rungs, telling
from server.walks.assessing import carry_over, named_end, troubled_since
from server.walks.beat import end, hear, settle
from server.walks.reading import no_walk, shown
from server.walks.rows import Running, open_plan, seal_plan, take
from server.walks.rungs import Answer
from server.walks.store import walk

if TYPE_CHECKING:
    from server.services import Services

Outcome = Literal["", "cancel", "duress"]
LATEST = timedelta(hours=24)
MOST_ROUTE_POINTS = 500
ROUTE_END_M = 500.0
"""So near her destination a way must end, or it is the way to somewhere else."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What she wants, as the route has read it. `origin`, `destination`: {lat, lon}."""

    kind: Literal["route", "timer"]
    alert_id: UUID
    origin: dict[str, float] | None = None
    destination: dict[str, float] | None = None
    route: tuple[tuple[float, float], ...] = ()
    place_name: str = ""
    taxi_note: str = ""
    eta_s: float | None = None
    until: datetime | None = None
    guardians: tuple[UUID, ...] = ()
    guardians_see_place: bool = False
    share_with_centers: bool = False
    steps: dict[str, int] = field(default_factory=dict)
    keep_days: int = 7

    def digest(self) -> bytes:
        """The same wish has the same one."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return hashlib.sha256(orjson.dumps(values, option=orjson.OPT_SORT_KEYS, default=str)).digest()

    def secret(self) -> dict[str, Any]:
        """What is sealed of it."""
        names = ("origin", "destination", "route", "place_name", "taxi_note")
        return {name: getattr(self, name) for name in names if getattr(self, name)}


async def put(
    services: Services, user: DeviceUser, walk_id: UUID, plan: Plan, *, if_version: int | None = None
) -> answers.Walk:
    """Begin the walk, or change it while it runs. Problems: 403 `consent_withdrawn`; 404 `no_walk` (somebody else's);
    409 `walk_runs` (another one of hers, with `walk_id`), `other_version` (with `version`), `walk_raised`; 422
    `bad_until`, `no_destination`, `not_a_guardian`."""
    try:
        return await _put(services, user, walk_id, plan, if_version)
    except IntegrityError:  # the same request twice at the same moment, or another walk: the second look tells which
        return await _put(services, user, walk_id, plan, if_version)


async def _put(services: Services, user: DeviceUser, walk_id: UUID, plan: Plan, if_version: int | None) -> answers.Walk:
    now = services.clock()
    async with services.db.begin() as unit:  # what a center was shown of it is that center's row
        row = await unit.one("SELECT * FROM walk WHERE walk_id = :id FOR UPDATE", {"id": walk_id})
        if row is not None and row["person_id"] != user.person_id:
            raise no_walk()
        if row is not None and (row["ended_at"] is not None or row["body_digest"] == plan.digest()):
            return shown(services, row)
        _check(plan, row["begun_at"] if row else now, now)
        await _check_guardians(unit, user, plan, now)
        if row is None:
            return await _begin(unit, services, user, walk_id, plan, now)
        if if_version is not None and row["version"] != if_version:
            raise Problem(
                409,
                "other_version",
                "그 사이에 바뀌었습니다. 다시 확인해 주세요.",
                "It has changed meanwhile; look at it again.",
                version=row["version"],
            )
        return await _change(unit, services, row, plan, now)


def _check(plan: Plan, begun_at: datetime, now: datetime) -> None:
    if plan.kind == "route" and plan.destination is None:
        raise Problem(
            422,
            "no_destination",
            "destination: 도착지를 골라 주세요.",
            "destination: choose where the walk ends.",
            field="destination",
        )
    if plan.route and not _leads_there(plan):
        raise Problem(
            422,
            "bad_route",
            "route: 도착지에서 500 m 안에 끝나는 점 두 개 이상의 길이어야 합니다.",
            "route: two points or more, the last within 500 m of the destination.",
            field="route",
        )
    if plan.kind == "timer" and plan.until is None and plan.eta_s is None:
        raise _bad_until()
    # One that is over already is taken: a phone without data begins late, and what is late is asked about at once.
    if plan.until is not None and not now - LATEST <= plan.until <= begun_at + LATEST:
        raise _bad_until()


def _leads_there(plan: Plan) -> bool:
    if len(plan.route) < 2 or plan.destination is None:
        return False
    lat, lon = plan.route[-1]
    to = plan.destination
    return distance_m(lat=lat, lon=lon, to_lat=to["lat"], to_lon=to["lon"]) <= ROUTE_END_M


def _bad_until() -> Problem:
    return Problem(
        422,
        "bad_until",
        "until: 지금부터 24시간 안의 때를 적어 주세요.",
        "until: a moment within 24 hours from now.",
        field="until",
    )


async def _check_guardians(unit: Unit, user: DeviceUser, plan: Plan, now: datetime) -> None:
    """Those who have accepted; a pause (silent to the guardian, known to her) is no reason to refuse."""
    known = await unit.all(
        "SELECT guardian_id FROM guardian WHERE person_id = :person AND accepted_at IS NOT NULL AND ended_at IS NULL",
        {"person": user.person_id},
    )
    strangers = set(plan.guardians) - {row["guardian_id"] for row in known}
    if strangers:
        raise Problem(
            422,
            "not_a_guardian",
            "guardians: 수락한 보호자만 고를 수 있습니다.",
            "guardians: only guardians of yours who have accepted.",
            field="guardians",
            guardians=sorted(map(str, strangers)),
        )


async def _begin(
    unit: Unit, services: Services, user: DeviceUser, walk_id: UUID, plan: Plan, now: datetime
) -> answers.Walk:
    await _agreed(unit, services, user, now)
    other = await unit.scalar(
        "SELECT walk_id FROM walk WHERE person_id = :person AND ended_at IS NULL", {"person": user.person_id}
    )
    if other is not None:
        raise Problem(
            409,
            "walk_runs",
            "이미 귀가 중입니다. 먼저 도착이나 취소를 눌러 주세요.",
            "Another walk of yours runs: arrive or cancel it first.",
            walk_id=str(other),
        )
    key = {"walk_id": walk_id, "center_id": user.center_id}
    wanted = _wanted(plan, now) | {"plan_sealed": seal_plan(services, key, plan.secret())}
    whose = {"person_id": user.person_id, "device_id": user.device_id, "alert_id": plan.alert_id, "kind": plan.kind}
    await unit.execute(walk.insert().values(**key, **whose, **wanted, begun_at=now, look_at=now))
    one = (await take(unit, services, [walk_id]))[walk_id]
    one.changes.append((now, "on_track", "calm", "begun"))
    hear(one, (), now, patience_of(services.settings.walk_patience))
    await settle(unit, services, [one], now)
    await telling.tell(unit, services, one, "walk_begun")
    return shown(services, one.row)


def _wanted(plan: Plan, begun_at: datetime) -> dict[str, Any]:
    until = plan.until
    if until is None and plan.kind == "timer" and plan.eta_s is not None:
        until = begun_at + timedelta(seconds=plan.eta_s)
    return {
        "body_digest": plan.digest(),
        "guardians": list(plan.guardians),
        "shows_place": plan.guardians_see_place,
        "is_shared": plan.share_with_centers,
        "steps": plan.steps,
        "keep_days": plan.keep_days,
        "until_at": until,
        "eta_s": plan.eta_s,
    }


async def _agreed(unit: Unit, services: Services, user: DeviceUser, now: datetime) -> None:
    """To begin a walk is to agree to its positions being taken, unless she has withdrawn that. Problem 403. Of
    a minor they are taken once somebody has agreed for her."""
    row = await unit.one("SELECT born_year, represented_by FROM person WHERE person_id = :id", {"id": user.person_id})
    if row is not None and row["represented_by"] is None and who_must_agree(row["born_year"], now) is not None:
        raise Problem(
            403,
            "needs_representative",
            "14세 미만은 법정대리인의 동의가 있어야 안심귀가를 쓸 수 있습니다. SOS는 됩니다.",
            "Under 14, your legal representative has to agree first. SOS works.",
        )
    found = consents.standing(await ledger.lines_of(unit, user.person_id), "location_collection", now)
    if found.state in ("withdrawn", "suspended"):
        raise Problem(
            403,
            "consent_withdrawn",
            "위치 수집 동의를 거두었거나 멈추었습니다. 안심귀가를 쓰려면 먼저 다시 동의해 주세요. SOS는 됩니다.",
            "You have withdrawn or suspended the collection of your position; agree to it again first. SOS works.",
        )
    if found.state == "not_asked":
        await ledger.append(
            unit, services, center=user.center_id, person_id=user.person_id, kind="location_collection",
            act="granted", how="walk",
        )  # fmt: skip


async def _change(unit: Unit, services: Services, row: dict[str, Any], plan: Plan, now: datetime) -> answers.Walk:
    """Another destination, time, guardians, steps. It answers no prompt: `extend` and `ok` do."""
    if row["rung"] == "raised":
        raise Problem(409, "walk_raised", "이미 신고되었습니다.", "It has been raised; the alert runs.")
    if plan.alert_id != row["alert_id"] or plan.kind != row["kind"]:
        ko, en = "alert_id, kind: 바꿀 수 없습니다.", "alert_id, kind: begin another walk."
        raise Problem(422, "other_walk", ko, en, field="alert_id")
    values = _wanted(plan, row["begun_at"]) | {"plan_sealed": seal_plan(services, row, plan.secret())}
    if plan.until is None and row["until_at"] is not None:  # what she has added stays, unless she names another moment
        values["until_at"] = max(row["until_at"], named_end({"begun_at": row["begun_at"], **values}) or row["until_at"])
    await unit.execute(walk.update().where(walk.c.walk_id == row["walk_id"]).values(**values))
    hidden = [one for one in row["guardians"] if one not in plan.guardians]
    if row["shows_place"] and not plan.guardians_see_place and row["rung"] != "guardians":
        hidden = row["guardians"]
    for guardian_id in hidden:
        await walk_place.hide(unit, services, guardian_id, "walk_changed")
    one = (await take(unit, services, [row["walk_id"]]))[row["walk_id"]]
    one.changed(now, "changed")
    patience = patience_of(services.settings.walk_patience)
    carry_over(Running(row, open_plan(services, row), row["rung"]), one, now, patience)
    hear(one, (), now, patience)
    await settle(unit, services, [one], now)
    fresh = [guardian for guardian in plan.guardians if guardian not in row["guardians"]]
    if fresh:
        await telling.tell(unit, services, one, "walk_begun")  # those who were told are not told again
    return shown(services, one.row)


async def answer(
    services: Services,
    user: DeviceUser,
    walk_id: UUID,
    what: Answer,
    *,
    no: int,
    minutes: int = 0,
    outcome: Outcome = "",
    at: datetime | None = None,
) -> answers.Walk:
    """Her word. One that comes twice, late (`no` is not above the last) or after the end changes nothing and is told
    what holds now. `at`: when she said it, by our clock; what came later it does not calm. `outcome`: the PIN that
    ended the walk on her phone; an alarm of it that was raised from here, which her phone may not know of, is ended by
    it too. Problem 404."""
    now = services.clock()
    async with services.db.begin() as unit:  # what a center was shown of it is that center's row
        row = await unit.one("SELECT * FROM walk WHERE walk_id = :id FOR UPDATE", {"id": walk_id})
        if row is None or row["person_id"] != user.person_id:
            raise no_walk()
        if outcome and what in ("arrived", "cancel") and no > row["answer_no"]:
            await _end_alarm(unit, row, user, outcome)
        if row["ended_at"] is not None or no <= row["answer_no"]:
            return shown(services, row)
        one = (await take(unit, services, [walk_id]))[walk_id]
        one.row["answer_no"] = no
        _apply(one, what, now, minutes, at or now)
        if one.row["ended_at"] is None:
            one.changed(now, what)
            hear(one, (), now, patience_of(services.settings.walk_patience))
        await settle(unit, services, [one], now)
    return shown(services, one.row)


async def _end_alarm(unit: Unit, row: dict[str, Any], user: DeviceUser, outcome: Outcome) -> None:
    """Also of one that may not have reached the router: nobody can tell by then. Only the phone that began the walk
    has the PINs that were chosen before; whoever logs in anew with her number ends no alarm by that."""
    if row["raised_at"] is not None and row["device_id"] == user.device_id:
        await defer_in(unit, "end_walk_alarm", walk_id=str(row["walk_id"]), outcome=outcome)


def _apply(one: Running, what: Answer, now: datetime, minutes: int, at: datetime) -> None:
    """Either end of a raised walk looks the same from here; what becomes of its alert is `_end_alarm`, or, where her
    phone knows of the alert, its own word to the router."""
    row = one.row
    if what in ("arrived", "cancel"):
        return end(one, "arrived" if what == "arrived" else "cancelled", now)
    one.ladder = rungs.answered(one.ladder, what, now, minutes, at=at, since=troubled_since(row))
    if what == "extend" and row["rung"] != "raised":
        more = timedelta(minutes=min(max(minutes or rungs.EXTEND_MINUTES, 1), rungs.MOST_EXTEND_MINUTES))
        expected = named_end(row) or row["eta_at"] or at
        row["until_at"] = min(max(expected, at) + more, row["begun_at"] + LATEST)
        if row["eta_s"] is not None:
            row["eta_s"] += math.ceil(more.total_seconds())
