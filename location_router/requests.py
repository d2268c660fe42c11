"""Requests of linked agencies at the router: an alert like any other, and beside it whose it is and how it stands.

The row claims the id for one content and one sender before the alert goes the common way (`Alerts.take`), so that a
retry finds it, another content is refused for as long as the row stands, and no request can touch an alert of a person.
How it stands is the center's word (`wire_requests.RequestState`), of the center that has it now; the row tells nothing
about a person. What is refused stands in the quarantine for administrators: who, from where, which field; no content.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

import orjson
import structlog
from sqlalchemy import Boolean, Column, DateTime, Index, Integer, LargeBinary, Table, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import JSONB

from location_router.alerts import Alerts
from location_router.intake import FUTURE_AFTER, STALE_AFTER, Understood
from location_router.origin import Origin
from location_router.registry import Registry
from location_router.request_content.values import DISTRICT_REACH_M, Draft, Refused, check_new
from location_router.runtime.db import Unavailable
from location_router.runtime.notify import Notifier
from location_router.runtime.pool import Pool
from location_router.runtime.problems import Problem
from location_router.runtime.seal import Sealer
from location_router.senders.keys import Sender
from location_router.store import metadata
from location_router.wire import AgencyRequest, Flag, Phase, Position, utc_now
from location_router.wire_requests import RequestState

log = structlog.get_logger("requests")
_NOW, _EMPTY = func.now(), text("''")
FINAL = frozenset({"rejected", "refused", "cancelled", "ended", "expired"})
CAUSES = {100: "cannot process", 101: "payload absent", 102: "not enough information", 103: "corrupted"}

agency_request = Table(
    "agency_request",
    metadata,
    Column("request_id", Uuid, primary_key=True),  # the alert's id
    Column("sender_id", Text, nullable=False),
    Column("agency_id", Text, nullable=False),
    Column("trigger", Text, nullable=False),
    Column("is_drill", Boolean, nullable=False),
    Column("content_digest", LargeBinary, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'received'")),
    Column("reason", Text, nullable=False, server_default=_EMPTY),
    Column("state_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column("seq", Integer, nullable=False, server_default=text("0")),
    Column("assignment_no", Integer, nullable=False, server_default=text("0")),  # whose word the state is; 0: nobody's
    Column("ends_at", DateTime(timezone=True)),
    Column("history", JSONB, nullable=False, server_default=text("'[]'")),
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
)
Index("ix_agency_request_received_at", agency_request.c.received_at)

CLAIM = """
INSERT INTO agency_request (request_id, sender_id, agency_id, trigger, is_drill, content_digest)
SELECT %(id)s, %(sender)s, %(agency)s, %(trigger)s, %(drill)s, %(digest)s
WHERE NOT EXISTS (SELECT FROM alert WHERE alert_id = %(id)s) ON CONFLICT DO NOTHING RETURNING request_id"""
HELD = "SELECT sender_id, content_digest FROM agency_request WHERE request_id = %s"
SHOW = """
SELECT r.sender_id, r.agency_id, r.trigger, r.is_drill, r.state, r.reason, r.state_at, r.ends_at, r.history,
  r.received_at, a.phase, a.ended_at, a.closed_at, a.owner_receipt_at IS NOT NULL, a.flags, a.assignment_no,
  s.record->'center', s.reason
FROM agency_request r JOIN alert a ON a.alert_id = r.request_id
JOIN assignment s ON s.alert_id = a.alert_id AND s.assignment_no = a.assignment_no WHERE r.request_id = %s"""
# Only of the center that has the alert now; within one assignment by its own clock. A request that is over, refused or
# otherwise, is an alert that is over: nobody climbs for it.
TOLD = """
WITH told AS (
UPDATE agency_request r SET state = %(state)s, reason = %(reason)s, state_at = %(at)s, seq = %(seq)s,
  assignment_no = %(number)s, ends_at = %(ends_at)s,
  history = CASE WHEN jsonb_array_length(history) < 50 THEN history ELSE history - 0 END || %(step)s::jsonb
FROM alert a WHERE r.request_id = %(id)s AND a.alert_id = r.request_id AND a.assignment_no = %(number)s
  AND (r.assignment_no < %(number)s OR (r.state_at, r.seq) < (%(at)s, %(seq)s)) RETURNING r.request_id
), closed AS (
  UPDATE alert SET closed_at = coalesce(closed_at, now()), ladder_at = NULL FROM told
  WHERE alert.alert_id = told.request_id AND alert.assignment_no = %(number)s AND %(is_over)s::bool
)
SELECT request_id FROM told"""
KEEP = """
INSERT INTO quarantine (quarantine_id, code, field, size_bytes, body_sealed) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING"""
FORGET = "DELETE FROM agency_request WHERE received_at < now() - interval '30 days'"
UNSIGNED_IDS = UUID("0b8c1c0e-6a0d-5b0e-9d51-616e73696d03")


def problem_of(refused: Refused) -> Problem:
    told: dict[str, Any] = {"cause": refused.cause, "cause_text": CAUSES[refused.cause]}
    if refused.others:
        told["fields"] = list(refused.others)
    return Problem(
        refused.status, refused.code, refused.ko, refused.en, field=refused.field, value=refused.value, **told
    )


def check_agency(draft: Draft, sender: Sender) -> None:
    """Raises Problem 403 for a request in another agency's name."""
    if draft.request.agency_id != sender.agency_id:
        raise Problem(
            403,
            "wrong_agency",
            "다른 기관의 이름으로는 요청할 수 없습니다.",
            "An agency can only ask for itself.",
            field="agency_id",
            value=draft.request.agency_id,
        )


def id_used() -> Problem:
    return Problem(
        409,
        "id_used",
        "이미 쓴 request_id입니다. 새 요청에는 새 UUIDv7을 붙이세요.",
        "This request_id was another request; give every new one a UUIDv7 of its own.",
        field="request_id",
    )


def place_of(draft: Draft, registry: Registry, now: datetime) -> Position:
    """Where the request is; one that names only an administrative code is at a point inside it. Raises Refused."""
    if draft.position is not None:
        return draft.position.model_copy(update={"received_at": now})
    version = registry.jurisdictions
    found = next((one for one in (draft.district, *version.heirs(draft.district)) if one in version.centers), "")
    if not found:
        raise Refused(
            "no_position",
            "alert.info.area.geocode",
            draft.district,
            "모르는 행정구역코드입니다. polygon이나 circle도 보내 주세요.",
            "This administrative code is not known; send a polygon or a circle as well.",
        )
    at = version.centers[found]
    return Position(lat=at.lat, lon=at.lon, accuracy_m=DISTRICT_REACH_M, fixed_at=draft.raised_at, source="district")


def state_of(told: str, *, phase: str, is_closed: bool) -> str:
    """How a request stands: the center's last word, unless its agency or the alert's end was later."""
    if told in FINAL:
        return told
    return "cancelled" if phase == Phase.ENDED else "ended" if is_closed else told


class Requests:
    def __init__(self, pool: Pool, sealer: Sealer, registry: Registry, alerts: Alerts, notifier: Notifier) -> None:
        self._pool, self._sealer, self._registry = pool, sealer, registry
        self._alerts, self._notifier = alerts, notifier

    def named(self, name: str) -> bytes:
        """For `read_request`: ids of requests that bear a name only."""
        return self._sealer.digest(name, context="agency_request.name")

    async def ask(self, draft: Draft, sender: Sender) -> tuple[dict[str, Any], bool]:
        """(as it stands, whether it is new); all of it is on disk. Raises Refused, Problem 403 and 409, Unavailable."""
        check_agency(draft, sender)
        digest = self._sealer.digest(draft.digest().hex(), context="agency_request.content")
        if not (held := await self._pool.run(HELD, (draft.request_id,))):
            check_new(draft, utc_now())
            place_of(draft, self._registry, utc_now())
            is_new = await self._claim(draft, sender, digest)
            held = [] if is_new else await self._pool.run(HELD, (draft.request_id,))
            if not is_new and not held:
                raise id_used()  # an alert of somebody bears it
        else:
            is_new = False
        if held and (held[0][0], bytes(held[0][1])) != (sender.sender_id, digest):
            raise id_used()
        shown = None if is_new else await self._shown(draft.request_id)
        if shown is None:
            await self._take(draft, sender)
            shown = await self._shown(draft.request_id)
        if shown is None:
            raise Unavailable(f"request {draft.request_id} can't be read")
        return shown[1], is_new

    async def _claim(self, draft: Draft, sender: Sender, digest: bytes) -> bool:
        asked = draft.request
        values = {"id": draft.request_id, "sender": sender.sender_id, "agency": asked.agency_id, "digest": digest}
        return bool(await self._pool.run(CLAIM, values | {"trigger": asked.trigger, "drill": draft.is_drill}))

    async def _take(self, draft: Draft, sender: Sender) -> None:
        now, place = utc_now(), None
        flags: list[Flag] = []
        if draft.kind == "raise":
            place = place_of(draft, self._registry, now)
            if max(now - draft.raised_at, now - place.fixed_at) > STALE_AFTER:
                flags.append(Flag.STALE)
            if place.fixed_at - now > FUTURE_AFTER:
                flags.append(Flag.FUTURE)
        message = draft.alert(sender=sender.sender_id, position=place)
        origin = Origin("data", sender.sender_id, is_vouched=True)
        await self._alerts.take(Understood(message, flags, {}), origin=origin)

    async def cancel(self, request_id: UUID, sender: Sender, reason: str) -> dict[str, Any]:
        """Taken back by its agency; what is over stays as it ended. Raises Problem 404, Unavailable."""
        shown = await self.show(request_id, sender)
        if shown["state"] in FINAL:
            return shown
        asked = AgencyRequest(
            agency_id=shown["agency_id"], trigger=shown["trigger"], legal_basis="", cancel_reason=reason
        )
        draft = Draft("cancel", request_id, utc_now(), asked, is_drill=shown["is_drill"])
        await self._take(draft, sender)
        return await self.show(request_id, sender)

    async def show(self, request_id: UUID, sender: Sender) -> dict[str, Any]:
        """As it stands, to the sender that raised it. Raises Problem 404, Unavailable."""
        found = await self._shown(request_id)
        if found is None or found[0] != sender.sender_id:
            raise unknown_request()
        return found[1]

    async def _shown(self, request_id: UUID) -> tuple[str, dict[str, Any]] | None:
        rows = await self._pool.run(SHOW, (request_id,))
        if not rows:
            return None
        (sender, agency, trigger, is_drill, told, reason, told_at, ends_at, history, received_at) = rows[0][:10]
        (phase, ended_at, closed_at, is_at_center, flags, number, center, why) = rows[0][10:]
        state = state_of(told, phase=phase, is_closed=closed_at is not None)
        at = told_at if state == told else (ended_at if state == "cancelled" else closed_at) or told_at
        path = f"/v1/requests/{request_id}"
        return sender, {
            "request_id": str(request_id),
            "agency_id": agency,
            "trigger": trigger,
            "is_drill": is_drill,
            "state": state,
            "reason": reason if state == told else "",
            "at": _iso(at),
            "ends_at": _iso(ends_at) if ends_at and state not in FINAL else None,
            "is_at_center": is_at_center,
            "center": center,
            "assignment_no": number,
            "assigned_because": why,
            "flags": list(flags),
            "history": history,
            "received_at": _iso(received_at),
            "status_path": path,
            "positions_path": f"{path}/positions",
            "live_path": f"{path}/live",
            "live_token": self._alerts.live_token(request_id),
        }

    async def told(self, note: RequestState) -> bool:
        """What a center says of a request, once. False for an old word, or one of a center that has it no more, or of
        a request that was raised at the center. Raises Unavailable."""
        step = {"state": note.state, "reason": note.reason, "at": _iso(note.at), "center": note.center.code}
        rows = await self._pool.run(
            TOLD,
            {
                "id": note.request_id,
                "number": note.assignment_no,
                "state": note.state,
                "reason": note.reason,
                "at": note.at,
                "seq": note.seq,
                "ends_at": note.ends_at,
                "is_over": note.state in FINAL and note.reason != "handed_over",
                "step": orjson.dumps([step | {"seq": note.seq}]).decode(),
            },
        )
        if rows:
            self._notifier.tell(str(note.request_id))
        return bool(rows)

    async def steps(self, request_id: UUID) -> list[dict[str, Any]]:
        """The center's words so far, oldest first, for the line. Raises Unavailable."""
        rows = await self._pool.run("SELECT history FROM agency_request WHERE request_id = %s", (request_id,))
        return list(rows[0][0]) if rows else []

    async def keep(self, problem: Problem, *, sender: str, agency_id: str, address: str, size_bytes: int) -> None:
        """A refusal, for administrators (`GET /admin/quarantine/texts`). What nobody signed, or is too large for
        that, is one row a minute, reason and address: a flood fills no disk."""
        told = {"sender": sender, "agency_id": agency_id, "address": address, "field": problem.extra.get("field", "")}
        number, code = uuid4(), f"request_{problem.code}"
        if problem.status in (401, 413):
            number = uuid5(UNSIGNED_IDS, f"{utc_now():%Y%m%d%H%M}/{code}/{address}")
        sealed = self._sealer.seal(orjson.dumps(told).decode(), context=f"quarantine.body:{number}")
        log.warning("request_refused", code=problem.code, sender=sender[:40], agency_id=agency_id)
        try:
            await self._pool.run(KEEP, (number, code, str(told["field"])[:200], size_bytes, sealed))
        except Unavailable:
            log.error("quarantine_lost", code=code)


def unknown_request() -> Problem:
    return Problem(
        404, "unknown_request", "이 송신자가 올린 그런 요청이 없습니다.", "This sender has raised no such request."
    )


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
