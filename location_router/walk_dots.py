"""Dots of shared walks, from the home center to the installation whose center contains her: passed on and kept nowhere.

No row, no bus, no line in a log, no number but counts. What no desk takes is dropped: the next one comes soon, and the
walk goes on without. The place decides the center as for an alert (the jurisdiction, and its desk must take alerts); a
walk is no emergency, so no other center stands in. A fix too vague for that stays where home says she was. What a desk
answers about whom it showed her to goes back with the same answer, for her own ledger.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass, field
from uuid import UUID

import httpx
from prometheus_client import CollectorRegistry, Counter
from pydantic import ValidationError

from location_router.registry import Registry
from location_router.runtime.problems import Problem
from location_router.runtime.signing import sign
from location_router.states import TAKES, CenterState
from location_router.wire_walks import MOST_UNCERTAIN_M, WalkDot, WalkDots, WalkDotsTaken, WalkDotTaken, WalkShown

PATH = "/v1/walks/dots"
PER_S, AT_ONCE_MOST = 1000.0, 3000.0
"""Of one home center: dots a second, and those it may have saved up."""
TIMEOUT_S, QUIET_S, ON_THE_WAY = 1.5, 1.0, 4


@dataclass(slots=True)
class _Way:
    """To one desk: messages on it, and until when it is left alone after a failure."""

    busy: int = 0
    quiet_until: float = 0.0


@dataclass(slots=True)
class _Allowance:
    """What one home center may still send now."""

    left: float = AT_ONCE_MOST
    at: float = field(default_factory=time.monotonic)

    def takes(self, count: int, now: float) -> bool:
        self.left, self.at = min(AT_ONCE_MOST, self.left + (now - self.at) * PER_S), now
        if self.left < count:
            return False
        self.left -= count
        return True


class Dots:
    """`keys`: the secret shared with each installation."""

    def __init__(self, registry: Registry, keys: dict[str, str], metrics: CollectorRegistry) -> None:
        self._registry, self._keys = registry, keys
        self._http = httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False)
        self._ways: defaultdict[str, _Way] = defaultdict(_Way)
        self._allowances: defaultdict[str, _Allowance] = defaultdict(_Allowance)
        self._count = Counter("ansim_walk_dots", "Dots of walks, by what became of them", ["became"], registry=metrics)

    async def close(self) -> None:
        await self._http.aclose()

    async def take(self, message: WalkDots) -> WalkDotsTaken:
        """Pass on what one home center says. Problem 429 when that is too much."""
        home = message.installation
        if not self._allowances[home].takes(len(message.dots), time.monotonic()):
            self._count.labels("refused").inc(len(message.dots))
            raise Problem(
                429,
                "too_fast",
                "한꺼번에 너무 많이 왔습니다. 1초 뒤 최신 것만 보내 주세요.",
                f"More than {PER_S:.0f} a second: send only the newest of each walk, a second from now.",
                headers={"Retry-After": "1"},
            )
        plan = self.plan(message)
        answers = await asyncio.gather(
            *(self._pass_on(desk, WalkDots(installation=home, dots=dots)) for desk, dots in plan.by_desk.items())
        )
        return self._answer(plan, dict(zip(plan.by_desk, answers, strict=True)))

    def plan(self, message: WalkDots) -> Plan:
        """Who is told what. Only memory is looked at."""
        plan = Plan(message.installation)
        for dot in message.dots:
            center = self._center(dot)
            plan.add(dot, center, self._desk(center), {one: self._desk(one, dead=True) for one in dot.left})
        return plan

    def _center(self, dot: WalkDot) -> str:
        """The one that contains her and takes alerts now; empty for none."""
        if dot.lat is None or dot.lon is None:
            return ""
        version = self._registry.jurisdictions
        found = dot.center if dot.center in version.centers else ""
        if dot.accuracy_m <= MOST_UNCERTAIN_M or not found:
            found = version.containing(lat=dot.lat, lon=dot.lon) or ""
        return found if self._desk(found) else ""

    def _desk(self, code: str, *, dead: bool = False) -> str:
        center = self._registry.centers.get(code)
        if center is None or not (dead or CenterState(self._registry.facts(code).state) in TAKES):
            return ""
        return center.served_by

    async def _pass_on(self, desk: str, message: WalkDots) -> WalkDotsTaken | None:
        """None when it was not taken, whatever the reason: nobody waits for it, and nothing of it is written down."""
        there, key, way = self._registry.installations.get(desk), self._keys.get(desk), self._ways[desk]
        if there is None or not there.https_url or key is None or way.busy >= ON_THE_WAY:
            return None
        if time.monotonic() < way.quiet_until:
            return None
        body = message.model_dump_json().encode()
        headers = sign(key, installation=desk, method="POST", path=PATH, body=body, now=time.time())
        way.busy += 1
        try:
            answer = await self._http.post(
                there.https_url.rstrip("/") + PATH, content=body, headers=headers | {"Content-Type": "application/json"}
            )
            if answer.status_code == httpx.codes.OK:
                return WalkDotsTaken.model_validate_json(answer.content)
        except (httpx.HTTPError, httpx.InvalidURL, ValidationError):
            pass
        finally:
            way.busy -= 1
        way.quiet_until = time.monotonic() + QUIET_S
        return None

    def _answer(self, plan: Plan, answers: dict[str, WalkDotsTaken | None]) -> WalkDotsTaken:
        said: dict[tuple[str, UUID], WalkDotTaken] = {}
        shown: list[WalkShown] = []
        for desk, answer in answers.items():
            if answer is None:
                continue
            asked = {dot.walk for dot in plan.by_desk[desk]}
            said |= {(desk, one.walk): one for one in answer.taken if one.walk in asked}
            shown += [one for one in answer.shown if one.walk in asked and self._desk(one.center, dead=True) == desk]
        taken = [target.answer(plan.home, said) for target in plan.targets]
        for one in taken:
            self._count.labels("passed" if one.is_taken else "gone" if one.left else "dropped").inc()
        return WalkDotsTaken(taken=taken, shown=shown)


@dataclass(frozen=True, slots=True)
class _Target:
    """Where one dot goes. `left`: the installation of each center that shows it no more."""

    walk: UUID
    center: str
    desk: str
    left: dict[str, str]

    def answer(self, home: str, said: dict[tuple[str, UUID], WalkDotTaken]) -> WalkDotTaken:
        """A center that is the home's own is told by nobody but itself."""
        new = said.get((self.desk, self.walk))
        is_taken = bool(self.desk) and (self.desk == home or (new is not None and new.is_taken))
        left = [
            code for code, desk in self.left.items() if desk == home or _has_left(said.get((desk, self.walk)), code)
        ]
        return WalkDotTaken(walk=self.walk, center=self.center, served_by=self.desk, is_taken=is_taken, left=left)


def _has_left(answer: WalkDotTaken | None, code: str) -> bool:
    return answer is not None and code in answer.left


class Plan:
    """What goes to which installation. A center on both sides of a border that one desk serves is one message."""

    def __init__(self, home: str) -> None:
        self.home = home
        self.targets: list[_Target] = []
        self.by_desk: defaultdict[str, list[WalkDot]] = defaultdict(list)

    def add(self, dot: WalkDot, center: str, desk: str, left: dict[str, str]) -> None:
        left = {code: where for code, where in left.items() if code != center}
        self.targets.append(_Target(dot.walk, center, desk, left))
        for where in {desk, *left.values()} - {"", self.home}:
            gone = [code for code, at in left.items() if at == where]
            if where == desk:
                self.by_desk[where].append(dot.model_copy(update={"center": center, "left": gone}))
            else:
                self.by_desk[where].append(WalkDot(walk=dot.walk, at=dot.at, left=gone))
