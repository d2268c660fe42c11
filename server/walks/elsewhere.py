"""Her dot in a center that another installation serves: told to the router, which passes it on and keeps nothing.

Only with her `share_with_centers`, at most twice a second, the newest of each walk; an opaque id, no name, no number.
The answer says which installation serves the center, so that a dot is shown in one place only, and to whom it was shown
there, for her ledger. The router away: dots pause, the walk goes on. That she has left a center is sent until it is
known there, and a job stands behind that: what is gone goes also when this process dies.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import httpx
import structlog
from pydantic import ValidationError

from location_router.runtime.db import Unavailable, Unit
from location_router.runtime.jobs import Again, defer_in
from location_router.runtime.signing import sign
from location_router.wire_walks import WalkDot, WalkDots, WalkDotsTaken, WalkDotTaken
from server.log.disclosures import keep_shown_walk

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("walks.elsewhere")
PATH = "/v1/walks/dots"
EVERY_S, AGAIN_S, ANSWERS_IN_S = 0.5, 2.0, 3.0
AT_ONCE = 200
ASK_EVERY_S, REFRESH_S = 2.0, 60.0
DOT_KEPT_S, LEAVING_KEPT_S = 30.0, 600.0
"""So long what the router has not taken is tried again: a place is soon worth nothing; a dot that nobody refreshes is
taken away by its center after the other."""
JOB_AFTER, JOB_FOR = timedelta(seconds=3), timedelta(days=1)
_ROW = "SELECT walk_id, alert_id, center_id, person_id FROM walk WHERE walk_id = :id FOR SHARE"


@dataclass(slots=True)
class _Word:
    """What is to be said of one walk: its newest place, or that it is gone, and which centers show it no more."""

    walk_id: UUID
    dot: WalkDot
    left: set[str] = field(default_factory=set)
    since: float = field(default_factory=time.monotonic)

    def message(self) -> WalkDot:
        return self.dot.model_copy(update={"left": sorted(self.left)[:8]})


class Elsewhere:
    """One of each process; `elsewhere_of` has it."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._ours: dict[str, bool] = {}
        self._waiting: dict[UUID, _Word] = {}
        self._shown_at: dict[UUID, str] = {}
        self._router_silent = False
        self._asked_at = -ASK_EVERY_S
        self._running = False

    def is_ours(self, center: str) -> bool | None:
        """None while only the router knows: whoever serves `all` serves what nobody else does."""
        settings = self._services.settings
        if not settings.installation_key or not settings.serves_all:
            return settings.serves_code(center)
        ours, now = self._ours.get(center), time.monotonic()
        if now - self._asked_at >= (ASK_EVERY_S if ours is None else REFRESH_S):
            self._asked_at = now
            self._services.soon(self._ask_who, name="walks:who_serves")
        return ours

    def shows_here(self, center: str) -> bool:
        """Whether our own desks are shown dots of that center. While nobody can say: who serves `all`, shows all."""
        ours = self.is_ours(center)
        return self._router_silent if ours is None else ours

    async def _ask_who(self) -> None:
        """Also in a process that has desks and no positions."""
        try:
            answer = await self._services.router_client.get("/v1/centers", timeout=ANSWERS_IN_S)
            answer.raise_for_status()
            served = {str(one["code"]): one["served_by"] for one in answer.json()["centers"] if one["served_by"]}
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            self._router_silent = True
            return
        self._router_silent = False
        self._ours = {code: desk == self._services.settings.installation for code, desk in served.items()}

    async def leaves(self, unit: Unit, walk_id: UUID, center: str, now: datetime) -> None:
        """In the transaction by which that center is shown it no more: the guarantee behind `tell`."""
        if center and not self.is_ours(center):
            later = self._services.clock() + JOB_AFTER
            await defer_in(
                unit, "leave_center", schedule_at=later, walk_id=str(walk_id), center=center, at=now.isoformat()
            )

    def concerns(self, walk_id: UUID, *centers: str) -> bool:
        """Whether there is anything to tell the router of a walk that is, or was, in these."""
        return (
            walk_id in self._waiting
            or bool(self._shown_at.get(walk_id))
            or any(c and not self.is_ours(c) for c in centers)
        )

    def tell(self, walk_id: UUID, dot: WalkDot, before: str) -> None:
        """After the commit. `dot.center`: which center she is in now, empty for none; `before`: in which she was."""
        left = {one for one in (before, self._shown_at.get(walk_id, "")) if one and not self.is_ours(one)}
        waiting = self._waiting.get(walk_id)
        if waiting is not None:
            left |= waiting.left
            dot = max(waiting.dot, dot, key=lambda one: one.at)
        left.discard(dot.center)
        if not left and (not dot.center or self.is_ours(dot.center)):
            self._waiting.pop(walk_id, None)
            return
        if self.is_ours(dot.center):
            dot = WalkDot(walk=dot.walk, at=dot.at)
        self._waiting[walk_id] = _Word(walk_id, dot, left)
        if not self._running:
            self._running = True
            self._services.soon(self._run, name="walks:elsewhere")

    async def _run(self) -> None:
        try:
            while self._waiting:
                words = list(self._waiting.values())[:AT_ONCE]
                for word in words:
                    del self._waiting[word.walk_id]
                if not await self._say(words):
                    await asyncio.sleep(AGAIN_S)
                elif len(words) < AT_ONCE:
                    await asyncio.sleep(EVERY_S)
        finally:
            self._running = False

    async def _say(self, words: list[_Word]) -> bool:
        answer = await self.ask([word.message() for word in words])
        if answer is None:
            for word in words:
                self._put_back(word)
            return False
        settled = {one.walk: one for one in answer.taken}
        by_dot = {word.dot.walk: word for word in words}
        is_kept = await self.keep(answer, {dot: word.walk_id for dot, word in by_dot.items()})
        for dot, word in by_dot.items():
            said = settled.get(dot)
            if said is not None:
                word.left -= {*said.left, said.center} if is_kept else set()
                self._shown_at[word.walk_id] = said.center if said.is_taken else ""
            if not word.dot.center and not word.left:
                self._shown_at.pop(word.walk_id, None)
            elif word.left:
                self._put_back(word)
        return True

    def _put_back(self, word: _Word) -> None:
        """Nothing that is newer is overtaken; what nobody took becomes too old."""
        age_s, newer = time.monotonic() - word.since, self._waiting.get(word.walk_id)
        if newer is not None:
            newer.left |= word.left - {newer.dot.center}
        elif age_s < (LEAVING_KEPT_S if word.left else DOT_KEPT_S):
            if age_s >= DOT_KEPT_S and word.dot.center:
                word.dot = WalkDot(walk=word.dot.walk, at=word.dot.at)
            self._waiting[word.walk_id] = word

    async def ask(self, dots: list[WalkDot]) -> WalkDotsTaken | None:
        """One call; None when the router has not taken it, which is nobody's trouble but the dots'."""
        settings = self._services.settings
        body = WalkDots(installation=settings.installation, dots=dots).model_dump_json().encode()
        now = self._services.clock().timestamp()
        headers = sign(
            settings.installation_key, installation=settings.installation, method="POST", path=PATH, body=body, now=now
        )
        why = ""
        try:
            answer = await self._services.router_client.post(
                PATH, content=body, headers=headers | {"Content-Type": "application/json"}, timeout=ANSWERS_IN_S
            )
            if answer.status_code == httpx.codes.OK:
                return self._learn(WalkDotsTaken.model_validate_json(answer.content))
            why = str(answer.status_code)
            if answer.status_code == httpx.codes.NOT_FOUND:  # one of an older release: it has passed on none of them
                taken = [WalkDotTaken(walk=dot.walk, left=dot.left) for dot in dots]
                self._router_silent = True
                return WalkDotsTaken(taken=taken)
        except (httpx.HTTPError, ValidationError) as error:
            why = type(error).__name__
        if not self._router_silent:
            log.warning("dots_not_taken", dots=len(dots), why=why)
        self._router_silent = True
        return None

    def _learn(self, answer: WalkDotsTaken) -> WalkDotsTaken:
        self._router_silent = False
        for one in answer.taken:
            if one.center and one.served_by:
                self._ours[one.center] = one.served_by == self._services.settings.installation
        return answer

    async def keep(self, answer: WalkDotsTaken, walks: dict[UUID, UUID]) -> bool:
        """Into her ledger, by the walk that a dot is of. False when the database is away: it is said again."""
        shown = [one for one in answer.shown if one.walk in walks and one.rows]
        if not shown:
            return True
        try:
            async with self._services.db.begin() as unit:
                for one in shown:
                    row = await unit.one(_ROW, {"id": walks[one.walk]})
                    if row is not None:
                        now = self._services.clock()
                        await keep_shown_walk(unit, self._services, row, one.center, one.rows, now)
        except Unavailable:
            return False
        return True


def elsewhere_of(services: Services) -> Elsewhere:
    held: Elsewhere = services.shared.setdefault("walks_elsewhere", None) or Elsewhere(services)
    services.shared["walks_elsewhere"] = held
    return held


async def leave(services: Services, walk_id: UUID, dot_id: UUID, center: str, at: datetime) -> None:
    """The job: that center has answered that it shows this walk no more since then, and to whom it did. Raises Again
    until it has, for a day (the dot itself goes after ten minutes without news)."""
    if services.clock() - at > JOB_FOR:
        return
    held = elsewhere_of(services)
    answer = await held.ask([WalkDot(walk=dot_id, at=at, left=[center])])
    if answer is None:
        raise Again("the router is away")
    if not await held.keep(answer, {dot_id: walk_id}):
        raise Again("the database is away")
    if not any(center in one.left for one in answer.taken):
        raise Again("its desk is away")
