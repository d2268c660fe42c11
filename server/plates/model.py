"""What an agency says of a wanted plate, and what is wrong with it; pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pydantic import AwareDatetime, Field, ValidationError

from location_router.request_content.problems import refused_by
from location_router.request_content.subjects import Strict, Text40, Text80, check_crime
from location_router.request_content.values import Refused
from server.plates.grammar import BadPlate, Plate, parse

LONGEST = timedelta(days=30)
"""An entry lasts no longer: what is still wanted then is pushed anew."""
WINDOW = timedelta(seconds=60)
"""Reads of one entry by one camera within this are one hit."""
UNDECIDED = timedelta(minutes=10)
"""A near miss that nobody has decided by then is forgotten."""


class Push(Strict):
    """The body of `PUT …/plates/{entry_id}`. `crime` is one of CRIMES."""

    plate: Text40 = Field(min_length=4)
    crime: Text40
    legal_basis: Text40 = Field(min_length=1)
    expires_at: AwareDatetime
    reason: Text80 = ""
    case_no: Text80 = ""


class Removal(Strict):
    """The body of `DELETE …/plates/{entry_id}`."""

    reason: Text80 = Field(min_length=1)


def read_push(said: Any, now: datetime) -> tuple[Push, Plate]:
    """The entry, and its plate as it is compared. Raises Refused."""
    if not isinstance(said, dict):
        raise Refused("invalid", "body", "", "JSON 객체를 보내 주세요.", "Send a JSON object.")
    check_crime(said.get("crime"), "crime")
    try:
        push = Push.model_validate(said)
    except ValidationError as error:
        raise refused_by(error, said, root="") from None
    if push.expires_at <= now:
        raise Refused("expired", "expires_at", push.expires_at.isoformat(), "이미 지난 시각입니다.", "It has passed.")
    if push.expires_at > now + LONGEST:
        ko, en = f"{LONGEST.days}일 안이어야 합니다.", f"{LONGEST.days} days from now at most: push it anew later."
        raise Refused("expires_too_late", "expires_at", push.expires_at.isoformat(), ko, en)
    return push, _plate(push.plate)


def read_removal(said: Any) -> str:
    """Why it is wanted no more. Raises Refused."""
    if not isinstance(said, dict):
        raise Refused("invalid", "body", "", '{"reason": …}을 보내 주세요.', 'Send {"reason": …}.')
    try:
        return Removal.model_validate(said).reason
    except ValidationError as error:
        raise refused_by(error, said, root="") from None


def _plate(text: str) -> Plate:
    try:
        plate = parse(text)
    except BadPlate as bad:
        raise Refused("bad_plate", "plate", text, bad.ko, bad.en) from None
    if not plate.is_whole:
        ko = "지역이 있는 번호판은 지역까지 적어 주세요(서울12가3456)."
        raise Refused("bad_plate", "plate", text, ko, "Write the region of a plate that has one: 서울12가3456.")
    return plate
