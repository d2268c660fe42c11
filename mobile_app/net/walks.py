"""A walk's way to the home center: its beginning, her answers, her positions, in this order, each until it is there.

What waits is in the book (`core/walk.py`) and in the file of positions, both on disk, so that a phone without data or
one that was killed goes on where it was. A begin and an answer may arrive twice: walk id and `no` make them one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import quote

from mobile_app.core.messages import Position, write_time
from mobile_app.core.walk import TIMER, Answer, Book, Walk
from mobile_app.faults import note
from mobile_app.net.client import AGAIN, BUSY, ODD, SAID, Host
from mobile_app.net.outbox import Unreachable, pause_s
from mobile_app.net.track_file import KeptPositions
from mobile_app.problem import Problem

BATCH = 200
POST_EVERY_S = 4.0
LISTEN_EVERY_S, LISTEN_ASKED_S = 30.0, 10.0
"""How long nothing may be heard before the home center is asked how the walk stands; the second while she is asked."""
LOOK_EVERY_S, LONGEST_PAUSE_S = 1.0, 30.0
LOOK_AGAIN_S = 60.0
"""While a walk of hers runs that another phone leads."""
UNKNOWN = {404, 410}
OVER = {404, 409, 410}
FINAL = OVER | {422}
"""Anything else may be the clock, the token or a consent that is on its way: it is tried again."""
FORBIDDEN = {401, 403}
Json = dict[str, Any]


class Refused(Exception):
    """The home center will never take this. `problem`: in its own words."""

    def __init__(self, status: int, problem: Problem) -> None:
        super().__init__(f"{status}: {problem.code}")
        self.status, self.problem = status, problem


class WalkWire:
    """One request each. Every method raises Unreachable (try again) or Refused."""

    def __init__(self, home: Host, now: Callable[[], datetime]) -> None:
        """`now`: the clock that says when she answered."""
        self._home, self._now = home, now

    async def begin(self, walk: Walk) -> Json:
        return await self._ask("PUT", _path(walk.walk_id), begin_body(walk))

    async def answer(self, walk_id: str, answer: Answer) -> Json:
        return await self._ask("POST", f"{_path(walk_id)}/answer", answer_body(answer, sent_at=self._now()))

    async def positions(self, walk_id: str, positions: Sequence[Position]) -> Json:
        """At most `BATCH`."""
        return await self._ask("POST", f"{_path(walk_id)}/positions", {"positions": [p.to_json() for p in positions]})

    async def keep_token(self, token: str) -> None:
        """Where this phone is pushed to, so that a question of her walk wakes it."""
        await self._ask("PUT", "/api/people/me/push-token", {"push_token": token})

    async def current(self) -> Json:
        """The running one; empty where there is none."""
        answer = await self._ask("GET", "/api/people/me/walks/current")
        return dict(answer["walk"] or {}) if "walk" in answer else answer

    async def _ask(self, method: str, path: str, body: Json | None = None) -> Json:
        try:
            status, _, answer = await self._home.ask(method, path, body)
        except Problem as problem:
            raise Unreachable(problem.code) from problem
        said = answer if isinstance(answer, dict) else {}
        if 200 <= status < 300:
            return said
        if 400 <= status < 500 and (status not in AGAIN or status == 409):
            raise Refused(status, Problem(*(str(said.get(n) or w) for n, w in zip(SAID, ODD, strict=True))))
        raise Unreachable(str(said.get("code") or BUSY[0]))


def _is_final(walk: Walk, status: int) -> bool:
    """The last word of a walk that is over must not keep a newer walk back for an answer that nobody knows."""
    return status in FINAL or (bool(walk.over) and status not in FORBIDDEN)


def _path(walk_id: str) -> str:
    return f"/api/people/me/walks/{quote(walk_id, safe='')}"


def answer_body(answer: Answer, *, sent_at: datetime) -> Json:
    """Both times by one clock: how long it has waited is right whatever that clock says."""
    more: Json = {name: value for name in ("minutes", "outcome") if (value := getattr(answer, name))}
    if answer.at is not None:
        more |= {"at": write_time(answer.at), "sent_at": write_time(sent_at)}
    return {"what": answer.what, "no": answer.no, **more}


def begin_body(walk: Walk) -> Json:
    """The same bytes each time: the home center knows a begin that it has by them."""
    plan = walk.plan
    ends: Json = {"until": write_time(walk.began_at + timedelta(seconds=plan.eta_s))}  # delivered late, it is as due
    if plan.kind != TIMER:
        ends["eta_s"] = plan.eta_s
    body: Json = {
        "kind": plan.kind, "alert_id": walk.alert_id, "guardians": list(plan.guardians),
        "share_with_centers": plan.share_with_centers, "guardians_see_place": plan.guardians_see_place,
        "keep_days": plan.keep_days, **ends,
    }  # fmt: skip
    if walk.origin is not None:
        body["origin"] = {"lat": walk.origin.lat, "lon": walk.origin.lon}
    if plan.lat is not None and plan.lon is not None:
        body["destination"] = {"lat": plan.lat, "lon": plan.lon}
    if plan.route:
        body["route"] = [list(point) for point in plan.route]
    given = {"place_name": plan.place_name, "taxi_note": plan.taxi_note}
    return body | {name: words for name, words in given.items() if words}


class Hearing(Protocol):
    """Who keeps the book. All methods on the loop; what they change is on disk when they return."""

    @property
    def book(self) -> Book: ...

    @property
    def push_token(self) -> str:
        """Empty where there is none, or nobody has signed up."""

    @property
    def account(self) -> str:
        """Another one with each login; empty before the first."""

    def found(self, said: Mapping[str, Any]) -> bool:
        """What the home center knows of a running walk where this phone knows none; empty: nothing either. False: ask
        again in a while."""

    @property
    def is_beginning(self) -> bool:
        """She waits at the screen for the first word about her walk."""

    def positions_of(self, walk_id: str) -> KeptPositions | None:
        """None for a walk that sends none any more."""

    def tried(self, walk_id: str) -> None: ...

    def known(self, walk_id: str, said: Mapping[str, Any]) -> None: ...

    def delivered(self, walk_id: str, no: int, said: Mapping[str, Any]) -> None: ...

    def heard(self, walk_id: str, said: Mapping[str, Any]) -> None: ...

    def forgotten(self, walk_id: str, problem: Problem | None) -> None: ...


class WalkSender:
    """`run()` until cancelled; `wake()` when something is new or the radio is back."""

    def __init__(self, wire: WalkWire, *, keeper: Hearing, is_on: Callable[[], bool]) -> None:
        self._wire, self._keeper, self._is_on = wire, keeper, is_on
        self._news, self._attempted = asyncio.Event(), asyncio.Event()
        self._spoke_s = self._posted_s = -LISTEN_EVERY_S
        self._token = self._looked = ""
        self._look_at_s, self._attempts = 0.0, 0

    def wake(self) -> None:
        self._news.set()

    def ask_now(self) -> None:
        """Something has happened there: ask how the walk stands."""
        self._spoke_s = -LISTEN_EVERY_S
        self._looked, self._look_at_s = "", 0.0
        self._news.set()

    async def attempted(self, within_s: float) -> None:
        """When a request that begins from now on has come to an end, whichever, or is impossible for now."""
        self._attempts += 1
        self._attempted.clear()
        self.wake()
        try:
            async with asyncio.timeout(within_s):
                await self._attempted.wait()
        except TimeoutError:
            return

    async def run(self) -> None:
        failed = 0
        while True:
            self._news.clear()
            is_idle, attempt = True, self._attempts
            try:
                is_idle = not (self._is_on() and await self._once())
                failed = 0
            except Unreachable:
                failed += 1
            except Exception as error:  # a fault of ours, or the disk's: her walk goes on
                note(error)
                failed += 1
            if attempt == self._attempts:
                self._attempted.set()
            if failed or is_idle:
                await self._wait(max(LOOK_EVERY_S, pause_s(failed, LONGEST_PAUSE_S)) if failed else LOOK_EVERY_S)

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return

    async def _once(self) -> bool:
        """One request: of walks that have ended first, their last word is the older one. False: nothing waits."""
        book = self._keeper.book
        for walk in (*book.leaving, *((book.walk,) if book.walk else ())):
            if walk.is_alone:
                continue
            if not walk.is_known:
                await self._begin(walk)
                return True
            if walk.waiting:
                await self._answer(walk)
                return True
        if book.walk is not None and not book.walk.is_alone and await self._follow(book.walk):
            return True
        return await self._keep_token() or (book.walk is None and await self._look())

    async def _look(self) -> bool:
        """A phone that was set up anew asks for the walk that she may be on; once for each login and each start."""
        account, now_s = self._keeper.account, time.monotonic()
        if account in ("", self._looked) or now_s < self._look_at_s:
            return False
        self._look_at_s = now_s + LOOK_AGAIN_S
        if self._keeper.found(await self._current()):
            self._looked = account
        return True

    async def _keep_token(self) -> bool:
        """Once for each start of the service, and when it changes."""
        token = self._keeper.push_token
        if token == self._token:
            return False
        try:
            await self._wire.keep_token(token)
        except Refused as refused:
            note(refused)
        self._token = token
        return True

    async def _begin(self, walk: Walk) -> None:
        self._keeper.tried(walk.walk_id)
        try:
            said = await self._wire.begin(walk)
        except Refused as refused:
            is_told = self._keeper.is_beginning and refused.status == 403  # a consent that she can give
            if not is_told and not _is_final(walk, refused.status):
                raise Unreachable(refused.problem.code) from refused
            self._keeper.forgotten(walk.walk_id, refused.problem)
            return
        self._spoke_s = time.monotonic()
        self._keeper.known(walk.walk_id, said)

    async def _answer(self, walk: Walk) -> None:
        """One that is refused came too late; how the walk stands is asked next."""
        first, said = walk.waiting[0], {}
        try:
            said = await self._wire.answer(walk.walk_id, first)
            self._spoke_s = time.monotonic()
        except Refused as refused:
            if not _is_final(walk, refused.status):
                raise Unreachable(refused.problem.code) from refused
            self._spoke_s = -LISTEN_EVERY_S
        self._keeper.delivered(walk.walk_id, first.no, said)

    async def _follow(self, walk: Walk) -> bool:
        kept = self._keeper.positions_of(walk.walk_id)
        waiting = kept.waiting()[:BATCH] if kept is not None else ()
        now_s = time.monotonic()
        if kept is not None and waiting and (len(waiting) == BATCH or now_s - self._posted_s >= POST_EVERY_S):
            self._posted_s = now_s
            await self._post(walk, kept, waiting)
            return True
        if now_s - self._spoke_s < (LISTEN_ASKED_S if walk.is_asking else LISTEN_EVERY_S):
            return False
        said = await self._current()
        self._spoke_s = time.monotonic()
        if said.get("walk_id", walk.walk_id) != walk.walk_id or not said:
            self._keeper.forgotten(walk.walk_id, None)
        else:
            self._keeper.heard(walk.walk_id, said)
        return True

    async def _current(self) -> Json:
        try:
            return await self._wire.current()
        except Refused as refused:
            if refused.status in UNKNOWN:
                return {}
            raise Unreachable(refused.problem.code) from refused

    async def _post(self, walk: Walk, kept: KeptPositions, waiting: Sequence[Position]) -> None:
        """A position that is refused for itself is dropped, and only that one: halves tell which."""
        said: Json = {}
        try:
            said = await self._wire.positions(walk.walk_id, waiting)
            self._spoke_s = time.monotonic()
        except Refused as refused:
            self._spoke_s = -LISTEN_EVERY_S
            if refused.status == 422 and len(waiting) > 1:
                middle = len(waiting) // 2
                await self._post(walk, kept, waiting[:middle])
                await self._post(walk, kept, waiting[middle:])
                return
            if refused.status not in FINAL:
                raise Unreachable(refused.problem.code) from refused
        for one in waiting:
            kept.acknowledge(one.seq)
        if said:
            self._keeper.heard(walk.walk_id, said)
