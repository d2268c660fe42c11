"""What a request says once it is understood, and why one is not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import orjson

from location_router.geo import radius_m
from location_router.wire import DRILL, SOS, AgencyRequest, AlertMessage, Phase, Position

TOO_OLD_AFTER = timedelta(hours=24)
MOST_AHEAD = timedelta(minutes=2)
"""Two clocks differ by that much; later than that nobody has raised it."""
DISTRICT_REACH_M = 3000.0
"""How far a place may be off that is told by an administrative code alone."""
CANNOT_PROCESS, ABSENT, NOT_ENOUGH, CORRUPTED = 100, 101, 102, 103
"""`AlertMsg-Error` codes of RFC 8876."""
STATUSES = {"empty": 400, "unreadable": 400, "too_large": 413, "unknown_form": 415}
"""HTTP status by code; 422 for the others."""
R68_OF_R95 = 1.0 / radius_m(accuracy_m=1.0)
"""Standards tell the circle that holds 95 %, the wire the one that holds 68 %."""


Keyed = Callable[[str], bytes]
"""A keyed digest (16 bytes or more) of the side that takes the request: nobody else can tell what follows from it."""


class Refused(Exception):
    """`code` for programs, `field` and `value` as they came, what to do in two languages, `cause` of RFC 8876."""

    def __init__(
        self, code: str, field: str, value: Any, ko: str, en: str, *, cause: int = CANNOT_PROCESS, others: Any = ()
    ) -> None:
        super().__init__(f"{code}: {field}")
        self.code, self.field, self.value, self.ko, self.en = code, field, shown(value), ko, en
        self.cause, self.others = cause, tuple(others)

    @property
    def status(self) -> int:
        return STATUSES.get(self.code, 422)


def shown(value: Any) -> str:
    """A value as the answer repeats it: short, and never so that it can't be written."""
    text = value if isinstance(value, str) else "" if value is None else _written(value)
    return text[:80].replace("\x00", "").encode("utf-8", "replace").decode()


def _written(value: Any) -> str:
    try:
        return repr(value)
    except RecursionError:  # nested too deep
        return f"({type(value).__name__})"


def named_id(keyed: Keyed, *, agency_id: str, name: str) -> UUID:
    """The request that an agency names in its own way: the same for the same name, another for every agency, and to be
    guessed by nobody who knows the name. Who learns the next id could raise an alert under it first."""
    return UUID(bytes=keyed(f"{agency_id}\x00{name}")[:16], version=4)


@dataclass(frozen=True, slots=True)
class Draft:
    """One message of an agency: it asks (`raise`), says where the request is now (`update`) or takes it back
    (`cancel`, with `reason`). `district`: five digits of an administrative code, where a place is told in no other way.
    """

    kind: Literal["raise", "update", "cancel"]
    request_id: UUID
    raised_at: datetime
    request: AgencyRequest
    position: Position | None = None
    is_drill: bool = False
    district: str = ""
    reason: str = ""

    def digest(self) -> bytes:
        """The same for the same content, however it was spelt: a request_id stands for one content."""
        said = {
            "request": self.request.model_dump(mode="json"),
            "raised_at": self.raised_at.timestamp(),
            "position": self.position and self.position.model_dump(mode="json", exclude={"received_at"}),
            "is_drill": self.is_drill,
            "district": self.district,
        }
        return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).digest()

    def is_too_old(self, now: datetime) -> bool:
        return now - self.raised_at > TOO_OLD_AFTER

    def alert(self, *, sender: str, position: Position | None = None) -> AlertMessage:
        """The alert that it is, from then on like any other."""
        is_over = self.kind == "cancel"
        return AlertMessage(
            alert_id=self.request_id,
            phase=Phase.ENDED if is_over else Phase.ACTIVE,
            outcome="cancel" if is_over else "",
            service=DRILL if self.is_drill else SOS,
            trigger="agency",
            raised_at=self.raised_at,
            position=position or self.position,
            channel="data",
            sender=sender,
            request=self.request,
        )


def check_new(draft: Draft, now: datetime) -> None:
    """What a request may be refused for at its first coming only: a retry is answered however late. Raises Refused."""
    if draft.is_too_old(now):
        raise Refused(
            "too_old",
            "raised_at",
            draft.raised_at.isoformat(),
            "24시간이 지난 요청입니다. 아직 필요하면 새 request_id로 보내 주세요.",
            "Raised more than 24 hours ago; if it is still needed, ask anew with a new request_id.",
        )
    if draft.raised_at - now > MOST_AHEAD:
        raise Refused(
            "invalid",
            "raised_at",
            draft.raised_at.isoformat(),
            "raised_at이 미래입니다. 시계를 맞춰 주세요.",
            "raised_at lies in the future; set the clock.",
        )


def lacks(field: str) -> Refused:
    return Refused("invalid", field, "", f"{field} 값이 필요합니다.", f"{field} is needed.", cause=NOT_ENOUGH)


def moment(text: str, field: str) -> datetime:
    """An instant with its offset. Raises Refused."""
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None and at.year > 1970:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise Refused(
        "invalid",
        field,
        text,
        f"{field}: 2026-03-01T16:05:00+09:00처럼 시간대와 함께 써 주세요.",
        f"{field}: write it with its offset, 2026-03-01T16:05:00+09:00.",
    )
