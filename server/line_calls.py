"""A call on an agency's line: who speaks, with the key of which center, how fast, and once; and what is refused there.

All that one call does stands in one unit (`on_line`), so that what is refused leaves nothing behind but its row.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from psycopg import AsyncCursor

from location_router.request_content.values import Refused as Unreadable
from location_router.runtime.db import Unit
from location_router.runtime.pace import Pace
from location_router.runtime.problems import Problem
from server.dispatch import reports
from server.dispatch.lines import KEYS, Key, fitting_keys, keys_of, opened_keys
from server.line_turns import turns_of
from server.requests import refusals
from server.requests.store import note_refusal
from server.staff.model import is_registered

if TYPE_CHECKING:
    from server.services import Services

WAITS_AT_MOST_S = 3.0
_MINUTE = UUID("2f1d0a3e-6a0b-4c39-9d7e-0c4b7f5b6a11")
"""Namespace of the rows that count what nobody has signed."""
_NETWORKS = "SELECT network FROM agency_address WHERE agency_id = %s"
_KEEP = """
INSERT INTO request_message (agency_id, message_id, center_id, request_id, body_digest)
SELECT %s, message_id, %s, %s, digest FROM unnest(%s::text[], %s::bytea[]) AS new(message_id, digest)
ON CONFLICT DO NOTHING RETURNING message_id
"""
_KEPT = "SELECT message_id, body_digest FROM request_message WHERE agency_id = %s AND message_id = ANY(%s)"


@dataclass(frozen=True, slots=True)
class Letter:
    """One signed call: who says it, from where, and what; `answer` are headers of the answer to it."""

    agency_id: str
    headers: Mapping[str, str]
    address: str
    body: bytes
    call: tuple[str, str] = ("", "")
    """Method and path: the signature is of them, too."""
    answer: dict[str, str] = field(default_factory=dict)


class NotTaken(Exception):
    """A call is refused: `wrong` is a code of `refusals`, what a reader has found, or what the signature lacks. What
    nobody has signed `is_counted`: it may be anybody, any number of times, so it is one row a minute, code and
    address; the name of an agency that has no line (not `is_known`) is anybody's word, too."""

    def __init__(
        self,
        wrong: str | Unreadable | Problem,
        *,
        trigger: str = "",
        request_id: UUID | None = None,
        center_id: str = "",
        field: str = "",
        is_counted: bool = False,
        is_known: bool = True,
    ) -> None:
        super().__init__(str(wrong))
        field = wrong.field if isinstance(wrong, Unreadable) else field
        self.wrong, self.trigger, self.request_id = wrong, trigger, request_id
        self.center_id, self.field, self.is_counted, self.is_known = center_id, field, is_counted, is_known

    @property
    def code(self) -> str:
        return self.wrong if isinstance(self.wrong, str) else self.wrong.code

    def problem(self, letter: Letter) -> Problem:
        """The answer to whoever called."""
        if isinstance(self.wrong, Problem):
            return self.wrong
        if isinstance(self.wrong, Unreadable):
            return refusals.unreadable(self.wrong)
        return refusals.problem(self.wrong, field=self.field, value=letter.address if self.field == "address" else "")


@dataclass(frozen=True, slots=True)
class Call:
    """A letter in the unit of its call. `message_id` and `keys` are empty at the agency's desk."""

    unit: Unit
    letter: Letter
    now: datetime
    message_id: str = ""
    keys: tuple[Key, ...] = ()

    def verified(self, keys: list[str]) -> str:
        """The message's id. Raises NotTaken (401) where none of `keys` has signed it."""
        letter = self.letter
        try:
            return reports.verify(keys, letter.headers, letter.body, now=self.now, call=letter.call)
        except Problem as problem:
            raise NotTaken(problem, is_counted=True, is_known=bool(self.keys)) from None

    def check(self, center_id: str) -> None:
        """The line that holds for this center has signed: another center's has no say here. Raises NotTaken (401)."""
        if self.message_id:
            self.verified(fitting_keys(self.keys, center_id))

    def is_for(self, center_id: str) -> bool:
        """`check`, for what concerns several centers at once."""
        try:
            self.check(center_id)
        except NotTaken:
            return False
        return True

    async def once(self, center_id: str, request_id: UUID) -> None:
        """An X-Ansim-Id is good for one message: these bytes, to this place. Raises NotTaken `id_used`."""
        said = {self.message_id: self.digest(request_id)}
        async with self.unit.driver.pipeline():
            kept = await self.keep(said, center_id, request_id)
        if not (await kept.look())[self.message_id].is_same:
            raise NotTaken("id_used", center_id=center_id, field="X-Ansim-Id")

    def digest(self, request_id: UUID) -> bytes:
        said = " ".join((*self.letter.call, str(request_id))).encode()
        return hashlib.sha256(said + b"\x00" + self.letter.body).digest()

    async def keep(self, said: dict[str, bytes], center_id: str, request_id: UUID) -> Kept:
        """Under these ids stand these digests, unless others were first; in a pipeline: `look` after it. Of two calls
        at the same moment the second waits for the first."""
        agency, driver = self.letter.agency_id, self.unit.driver
        put = await driver.execute(_KEEP, [agency, center_id, request_id, list(said), list(said.values())])
        return Kept(said, put, await driver.execute(_KEPT, [agency, list(said)]))


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands under an id of a line's message: this content, and nothing before it."""

    is_same: bool
    is_new: bool


@dataclass(frozen=True, slots=True)
class Kept:
    said: dict[str, bytes]
    put: AsyncCursor[Any]
    held: AsyncCursor[Any]

    async def look(self) -> dict[str, Standing]:
        """By message id."""
        new = {row[0] for row in await self.put.fetchall()}
        held = {row[0]: bytes(row[1]) for row in await self.held.fetchall()}
        return {
            one: Standing(hmac.compare_digest(held.get(one, b""), digest), one in new)
            for one, digest in self.said.items()
        }


@asynccontextmanager
async def on_line(services: Services, letter: Letter) -> AsyncIterator[Call]:
    """The unit of a signed call; who calls faster than a line may has waited first. Problems 401, 403
    `address_not_registered`, and of every NotTaken inside; each with its row."""
    who, per_minute = f"{letter.agency_id}/{letter.address}", services.settings.line_per_minute
    if wait_s := await hold_back(services, who, per_minute=per_minute):
        letter.answer["X-Ansim-Delayed"] = f"{wait_s:.1f}"
    turn = turns_of(services).call(letter.agency_id, letter.address)
    async with turn as is_signed, _refusing(services, letter), services.db.begin() as unit:
        call = await _signed(unit, services, letter)
        await is_signed()
        yield call


async def check_still_signed(unit: Unit, services: Services, letter: Letter, center_id: str) -> None:
    """For what a verified letter has opened and goes on: the key that signed it is the line's key now, too; when it was
    signed was looked at when it came. Problem 401."""
    keys = await keys_of(unit, services, agency_id=letter.agency_id, center_id=center_id)
    signed_at = datetime.fromtimestamp(int(letter.headers["X-Ansim-Time"]), UTC)
    reports.verify(keys, letter.headers, letter.body, now=signed_at, call=letter.call)


@asynccontextmanager
async def after_call(services: Services, letter: Letter) -> AsyncIterator[Unit]:
    """A further unit of what a signed call does, in its turn; `on_line` is over by then."""
    async with turns_of(services).work(letter.agency_id, letter.address), services.db.begin() as unit:
        yield unit


@asynccontextmanager
async def at_desk(services: Services, letter: Letter) -> AsyncIterator[Call]:
    """The same by hand: the agent's session stands for the signature."""
    async with _refusing(services, letter), services.db.begin() as unit:
        yield Call(unit, letter, services.clock())


@asynccontextmanager
async def _refusing(services: Services, letter: Letter) -> AsyncIterator[None]:
    try:
        yield
    except NotTaken as refused:
        raise await _note(services, letter, refused) from None


async def not_taken(services: Services, letter: Letter, wrong: str | Unreadable | Problem, **about: Any) -> Problem:
    """The row of what is refused outside the call's unit, and the Problem of it; `about` as of NotTaken."""
    refused = NotTaken(wrong, **about)
    turns, address = turns_of(services), letter.address
    async with turns.unsigned(address) if refused.is_counted else turns.work(letter.agency_id, address):
        return await _note(services, letter, refused)


async def hold_back(services: Services, who: str, *, per_minute: int) -> float:
    """The seconds waited. A bucket for each name and address, so that a stranger who uses another's name slows nobody
    but himself."""
    pace: Pace = services.shared.setdefault("line_pace", Pace())
    wait_s = pace.wait_s(who, per_minute=per_minute, now=time.monotonic(), at_most_s=WAITS_AT_MOST_S)
    if wait_s:
        await asyncio.sleep(wait_s)
    return wait_s


async def _signed(unit: Unit, services: Services, letter: Letter) -> Call:
    async with unit.driver.pipeline():
        lines = await unit.driver.execute(KEYS, [letter.agency_id])
        networks = await unit.driver.execute(_NETWORKS, [letter.agency_id])
    keys = tuple(opened_keys(services, await lines.fetchall()))
    known = [row[0] for row in await networks.fetchall()]
    call = Call(unit, letter, services.clock(), "", keys)
    message_id = call.verified([one.key for one in keys])
    if known and not is_registered(letter.address, known):
        raise NotTaken("address_not_registered", field="address", is_counted=True)
    return replace(call, message_id=message_id)


async def _note(services: Services, letter: Letter, refused: NotTaken) -> Problem:
    """In a unit of its own: that of the call is undone."""
    now, agency, counted = services.clock(), letter.agency_id[:80] if refused.is_known else "", None
    if refused.is_counted:
        counted = uuid5(_MINUTE, f"{agency}/{refused.code}/{letter.address}/{now:%Y%m%d%H%M}")
    async with services.db.begin() as unit:
        await note_refusal(
            unit,
            code=refused.code,
            at=now,
            center_id=refused.center_id,
            agency_id=agency,
            trigger=refused.trigger,
            address=letter.address,
            request_id=refused.request_id,
            detail={"field": refused.field} if refused.field and not counted else {},
            refusal_id=counted,
        )
    return refused.problem(letter)
