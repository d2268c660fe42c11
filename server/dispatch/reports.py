"""What an agency's own system says about its dispatch: who said it, once, and read with patience.

Signed like what we send (`location_router/runtime/webhook.py`): hex HMAC-SHA256(key, `time.id.` + body), within 300 s,
the id new or the same message again. A signed message that can't be read is kept where a shift leader sees it
(quarantine), and so are fields that we do not know; what is not signed leaves nothing behind.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from location_router.runtime.webhook import signed, signed_call
from server.dispatch import model, reading, service
from server.dispatch.jobs import system_of
from server.dispatch.lines import keys_of
from server.line_turns import turns_of

if TYPE_CHECKING:
    from server.services import Services

MAX_SKEW_S = 300.0
LONGEST_ID, LONGEST_BODY = 200, 64 * 1024
log = structlog.get_logger("dispatch.reports")

_REFUSALS = {
    "unsigned": (
        "서명이 없습니다. X-Ansim-Id, X-Ansim-Time, X-Ansim-Signature 머리글이 모두 필요합니다.",
        "Not signed: the headers X-Ansim-Id, X-Ansim-Time and X-Ansim-Signature are all needed.",
    ),
    "unknown_line": (
        "이 기관에 등록된 웹훅 회선이 없습니다. 관제센터에 회선 등록을 요청하세요.",
        "No webhook line is registered for this agency; ask the center to register it.",
    ),
    "wrong_signature": (
        "서명이 맞지 않습니다. 키와, 서명한 글(시각.아이디.본문)을 확인하세요.",
        "The signature is wrong: check the key, and that `time.id.` + the exact body bytes were signed.",
    ),
    "clock_skew": (
        "시각이 300초 넘게 다릅니다. 시계를 맞추고 다시 서명해 보내세요.",
        "X-Ansim-Time is more than 300 seconds off; set the clock and sign anew.",
    ),
}
_WRONG_CALL = (
    "서명이 맞지 않습니다. 키와, 서명한 글(in.시각.메서드.경로.아이디.본문)을 확인하세요.",
    "The signature is wrong: check the key, and that `in.time.METHOD.path.id.` + the exact body bytes were signed.",
)


class UnitPlace(BaseModel):
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
    at: datetime | None = None


class StateReport(BaseModel):
    """The body; every field but `state` may be left out, and unknown ones are named in the answer and kept."""

    model_config = ConfigDict(extra="allow")

    state: model.DispatchState
    receipt_no: str = Field(default="", max_length=80)
    reason: str = Field(default="", max_length=1000)
    eta_s: float | None = Field(default=None, ge=0, le=86_400, allow_inf_nan=False)
    unit: str | None = Field(default=None, max_length=80)
    position: UnitPlace | None = None
    at: datetime | None = None
    request_no: int | None = Field(default=None, ge=1, le=10_000)
    dispatch_id: UUID | None = None

    @field_validator("state")
    @classmethod
    def _is_reportable(cls, state: model.DispatchState) -> model.DispatchState:
        if state not in model.REPORTABLE:
            raise ValueError(f"one of {', '.join(one.value for one in model.REPORTABLE)}")
        return state

    def as_report(self, now: datetime) -> model.Report:
        at = _aware(self.at)
        eta = now + timedelta(seconds=self.eta_s) if self.eta_s is not None else None
        place = None
        if self.position is not None:
            fixed_at = _aware(self.position.at) or now
            place = {"lat": self.position.lat, "lon": self.position.lon, "at": model.iso_of(fixed_at)}
        return model.Report(
            self.state,
            at,
            _clean(self.receipt_no),
            _clean(self.reason),
            eta,
            _clean(self.unit or ""),
            place,
            self.request_no,
        )


def _aware(at: datetime | None) -> datetime | None:
    """Without an offset it is Korean time written down carelessly; nobody can know, so it says nothing."""
    return at.astimezone(UTC) if at is not None and at.tzinfo is not None else None


def _clean(text: str) -> str:
    return text.replace("\x00", "").strip()


async def take(
    services: Services, *, agency_id: str, dispatch_id: UUID, headers: Mapping[str, str], body: bytes, address: str
) -> dict[str, Any]:
    """Verify, read and do it, in the turns of a line; the DispatchCard with `ignored`, the names of fields we do not
    know.

    Problems: 401 (`unsigned`, `unknown_line`, `wrong_signature`, `clock_skew`), 404, 409 `id_used`, 409 `not_allowed`,
    422 `invalid`.
    """
    turns = turns_of(services)
    async with turns.unsigned(address), services.db.begin() as unit:
        row = await reading.find(unit, dispatch_id, agency_id=agency_id)
        keys = await keys_of(unit, services, agency_id=agency_id, center_id=row["center_id"] if row else None)
    message_id = verify(keys, headers, body, now=services.clock())
    turns.signed_from(address)
    if row is None:
        raise reading.unknown()
    async with turns.work(agency_id, address):
        return await _taken(services, row, message_id, body)


async def _taken(services: Services, row: dict[str, Any], message_id: str, body: bytes) -> dict[str, Any]:
    agency_id, dispatch_id = row["agency_id"], row["dispatch_id"]
    said = await _read(services, agency_id, body)
    if said.dispatch_id not in (None, dispatch_id):
        raise _invalid([{"field": "dispatch_id", "message": "not the dispatch of the address", "value": ""}])
    if said.model_extra:
        names = ", ".join(sorted(said.model_extra))[:400]
        await _keep(services, agency_id, f"unknown_fields: {names}", body)
    async with services.db.begin() as unit:
        if await _is_first(unit, row, message_id, body):
            report = said.as_report(services.clock())
            await service.report(
                unit, services, dispatch_id=dispatch_id, agency_id=agency_id, said=report, actor=system_of(row)
            )
        after = await reading.find(unit, dispatch_id)
    assert after is not None
    return {**reading.card(after), "ignored": sorted(said.model_extra or {})}


def verify(
    keys: list[str], headers: Mapping[str, str], body: bytes, *, now: datetime, call: tuple[str, str] | None = None
) -> str:
    """The message's id, when one of `keys` has signed it. `call`: the method and path that the signature has to be of;
    a report of a dispatch, whose clients are older, names neither. Problems 401."""
    names = ("X-Ansim-Id", "X-Ansim-Time", "X-Ansim-Signature")
    message_id, time, signature = (headers.get(name, "") for name in names)
    if not (message_id and time and signature) or len(message_id) > LONGEST_ID:
        raise _refused("unsigned")
    if not keys:
        raise _refused("unknown_line")
    is_number = time.isascii() and time.isdigit() and len(time) < 16
    if not is_number or not any(_is_signed(key, message_id, int(time), body, signature, call) for key in keys):
        raise _refused("wrong_signature") if call is None else Problem(401, "wrong_signature", *_WRONG_CALL)
    if abs(int(time) - now.timestamp()) > MAX_SKEW_S:
        raise _refused("clock_skew")
    return message_id


def _is_signed(key: str, message_id: str, time: int, body: bytes, signature: str, call: tuple[str, str] | None) -> bool:
    if call is None:
        wanted = signed(key, message_id, body, at=time)["X-Ansim-Signature"]
    else:
        method, path = call
        wanted = signed_call(key, message_id, body, method=method, path=path, at=time)["X-Ansim-Signature"]
    return hmac.compare_digest(wanted.encode(), signature.strip().lower().encode("utf-8", "replace"))


def _refused(code: str) -> Problem:
    return Problem(401, code, *_REFUSALS[code])


async def _read(services: Services, agency_id: str, body: bytes) -> StateReport:
    try:
        return StateReport.model_validate_json(body)
    except ValidationError as error:
        fields = [
            {
                "field": ".".join(str(part) for part in one["loc"]) or "body",
                "message": one["msg"],
                "value": repr(one.get("input"))[:80],
            }
            for one in error.errors(include_url=False)
        ]
        await _keep(services, agency_id, "unreadable: " + ", ".join(one["field"] for one in fields)[:400], body)
        raise _invalid(fields) from None


def _invalid(fields: list[dict[str, str]]) -> Problem:
    names = ", ".join(one["field"] for one in fields)
    return Problem(422, "invalid", f"입력을 확인해 주세요: {names}", f"Check these fields: {names}", fields=fields)


async def _keep(services: Services, agency_id: str, reason: str, body: bytes) -> None:
    """Where a shift leader sees it (`GET /api/quarantine`)."""
    quarantine_id = uuid4()
    sealed = services.sealer.seal(body[:LONGEST_BODY].decode("utf-8", "replace"), context=f"quarantine:{quarantine_id}")
    async with services.db.begin() as unit:
        await unit.execute(
            "INSERT INTO quarantine (quarantine_id, source, reason, body_sealed) VALUES (:id, :source, :reason, :body)",
            {"id": quarantine_id, "source": f"line:{agency_id}"[:200], "reason": reason, "body": sealed},
        )
    log.warning("agency_report_odd", agency_id=agency_id, reason=reason[:200])


async def _is_first(unit: Unit, row: dict[str, Any], message_id: str, body: bytes) -> bool:
    """Whether this message was not heard yet; the same id with other words is refused."""
    digest = hashlib.sha256(str(row["dispatch_id"]).encode() + b"\x00" + body).digest()
    new = await unit.scalar(
        "INSERT INTO dispatch_report (agency_id, message_id, center_id, dispatch_id, body_digest)"
        " VALUES (:agency, :id, :center, :dispatch, :digest) ON CONFLICT DO NOTHING RETURNING message_id",
        {
            "agency": row["agency_id"],
            "id": message_id,
            "center": row["center_id"],
            "dispatch": row["dispatch_id"],
            "digest": digest,
        },
    )
    if new is not None:
        return True
    held = await unit.scalar(
        "SELECT body_digest FROM dispatch_report WHERE agency_id = :agency AND message_id = :id",
        {"agency": row["agency_id"], "id": message_id},
    )
    if held is None or not hmac.compare_digest(bytes(held), digest):
        raise Problem(
            409,
            "id_used",
            "이미 쓴 X-Ansim-Id입니다. 새 소식에는 새 아이디를 붙이세요.",
            "This X-Ansim-Id was used for another message; give every new message a new one.",
        )
    return False
