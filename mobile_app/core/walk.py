"""A safe walk as the phone knows it: begun, answered, asked, raised, over. Pure.

    calm ──overdue, or the home center's word──▶ prompted ─▶ called ─▶ guardians ─▶ raised
      ◀──────────── ok · snooze · extend ────────────┘  (arrived and cancel end it from anywhere)

The home center watches and climbs the ladder by its own rules; what it says stands. The phone knows the last deadline
and climbs by itself where nobody has spoken for a while, to the very alert that the home center would raise: both
carry the `alert_id` that was made at the beginning, so it is one alert (invariant 2). Times are the server's time of
day as well as the phone knows it. A walk that is over, and whose last word the home center has not heard, waits in
`leaving`, with the PIN that ended it, in words of one length as an alert's end: the home center may have raised an
alarm that this phone never heard of, and that PIN is its end, too. Gone with the answer (invariant 9).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

from mobile_app.core.messages import Position, read_time
from mobile_app.core.position import distance_m

ROUTE, TIMER = "route", "timer"
KINDS = (ROUTE, TIMER)
CALM, PROMPTED, CALLED, GUARDIANS, RAISED = RUNGS = ("calm", "prompted", "called", "guardians", "raised")
OK, SNOOZE, EXTEND, ARRIVED, CANCEL = ANSWERS = ("ok", "snooze", "extend", "arrived", "cancel")
ENDINGS = (ARRIVED, CANCEL)
GONE = "gone"
"""The home center has ended it, or knows nothing of it."""

LEAST_ETA_S, MOST_ETA_S = 60.0, 24 * 3600.0
LEAST_GRACE_S, MOST_GRACE_S, GRACE_SHARE = 300.0, 1800.0, 0.25
AGAIN_S = 600.0
"""After "I'm OK" nothing is asked again for so long."""
SPOKE_S, YIELD_S = 90.0, 30.0
"""As long as the home center has spoken within the first it watches, and the phone asks nothing by itself; a rung that
is due it is given the second to climb."""
BUZZ_EVERY_S = 10.0
LAST_WORD_KEPT = timedelta(days=3)
THERE_M, FRESH_S = 120.0, 120.0
QUIET_AFTER_PIN = timedelta(hours=2)
SNOOZE_MINUTES, MOST_SNOOZE_MINUTES = 10, 30
EXTEND_MINUTES, MOST_EXTEND_MINUTES = 15, 120


@dataclass(frozen=True, slots=True)
class Steps:
    """Seconds that each rung waits for her answer."""

    prompt_s: float = 60.0
    call_s: float = 60.0
    guardians_s: float = 120.0

    def after(self, rung: str) -> float:
        """How long this rung lasts."""
        return {PROMPTED: self.prompt_s, CALLED: self.call_s, GUARDIANS: self.guardians_s}.get(rung, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What she chose. `eta_s`: from the beginning to the arrival, or to the end of a timer."""

    kind: str = ROUTE
    eta_s: float = 1200.0
    lat: float | None = None
    lon: float | None = None
    place_name: str = ""
    guardians: tuple[str, ...] = ()
    share_with_centers: bool = False
    guardians_see_place: bool = False
    """From the beginning, not only from their rung on."""
    taxi_note: str = ""
    route: tuple[tuple[float, float], ...] = ()
    """The way she chose, (lat, lon) from here to there; empty: the straight line."""
    keep_days: int = 7
    """Of her history: 0, 7 or 30."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`outcome`: the PIN that ended the walk, `cancel` or `duress`; empty: none did. `at`: when she said it, since what
    calms may wait here for hours; None of an end, which counts whenever it comes, and in books of before."""

    no: int
    what: str
    minutes: int = 0
    outcome: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """`state` and `trouble` are the home center's words; `rung_until` when the next rung is due; before `quiet_until`
    nothing is asked; `heard_at` when the home center last spoke. `is_tried`: its beginning may have reached the home
    center; `is_known`: it has; `is_alone`: it refuses it, so the phone watches by itself. `over`: how it ended."""

    walk_id: str
    alert_id: str
    plan: Plan
    began_at: datetime
    eta_at: datetime
    due_at: datetime
    origin: Position | None = None
    steps: Steps = Steps()
    state: str = "on_track"
    trouble: str = ""
    rung: str = CALM
    rung_until: datetime | None = None
    quiet_until: datetime | None = None
    heard_at: datetime | None = None
    buzzed_at: datetime | None = None
    is_tried: bool = False
    is_known: bool = False
    is_alone: bool = False
    version: int = 0
    no: int = 0
    waiting: tuple[Answer, ...] = ()
    over: str = ""

    @property
    def is_asking(self) -> bool:
        """She is being asked whether all is well."""
        return self.rung in (PROMPTED, CALLED, GUARDIANS)


@dataclass(frozen=True, slots=True)
class Book:
    """All that the phone knows of walks: the one that runs, and those whose last word is on its way. `quiet_until`: so
    long GPS goes on after a PIN, whichever it was: the system shows a sign while it is used."""

    walk: Walk | None = None
    leaving: tuple[Walk, ...] = ()
    quiet_until: datetime | None = None


# ---- effects --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ask:
    """Show the question: notification over the lock screen, vibration."""

    rung: str


@dataclass(frozen=True, slots=True)
class Buzz:
    """She has not answered yet."""


@dataclass(frozen=True, slots=True)
class Ring:
    on: bool


@dataclass(frozen=True, slots=True)
class Calm:
    """Nothing is asked any more."""


@dataclass(frozen=True, slots=True)
class Raise:
    """Call for help with this walk's alert. `is_raised`: the home center has done so already."""

    walk_id: str
    alert_id: str
    is_raised: bool


@dataclass(frozen=True, slots=True)
class Speak:
    """Something waits for the home center."""


@dataclass(frozen=True, slots=True)
class Over:
    """The walk has ended, so its positions end, too."""

    walk_id: str
    how: str


Effect = Ask | Buzz | Ring | Calm | Raise | Speak | Over
Outcome = tuple[Book, tuple[Effect, ...]]


# ---- what happens ---------------------------------------------------------------------------------------------------


def begin(book: Book, plan: Plan, *, walk_id: str, alert_id: str, origin: Position | None, now: datetime) -> Outcome:
    """A second one while the first runs changes nothing: that one must be ended first."""
    if book.walk is not None:
        return book, ()
    eta_s = min(MOST_ETA_S, max(LEAST_ETA_S, plan.eta_s))
    eta_at = now + timedelta(seconds=eta_s)
    walk = Walk(
        walk_id=walk_id, alert_id=alert_id, plan=replace(plan, eta_s=eta_s), began_at=now, eta_at=eta_at,
        due_at=eta_at + timedelta(seconds=grace_s(plan.kind, eta_s)), origin=origin,
    )  # fmt: skip
    return replace(book, walk=walk), (Speak(),)


def grace_s(kind: str, eta_s: float) -> float:
    """How much later than expected is still no trouble, until the home center says. A timer means what it says."""
    return 0.0 if kind == TIMER else min(MOST_GRACE_S, max(LEAST_GRACE_S, GRACE_SHARE * eta_s))


def answer(book: Book, what: str, now: datetime, minutes: int = 0, *, outcome: str = "") -> Outcome:
    """What she says. A raised walk takes an end only: its alert has a life of its own by now."""
    walk = book.walk
    if walk is None or what not in ANSWERS or (walk.rung == RAISED and what not in ENDINGS):
        return book, ()
    minutes = _minutes(what, minutes)
    at = None if what in ENDINGS else now
    said = replace(walk, no=walk.no + 1, waiting=(*walk.waiting, Answer(walk.no + 1, what, minutes, outcome, at)))
    if what in ENDINGS:
        return _ended(book, said, what)
    effects = (*_calmed(walk), Speak())
    if what == EXTEND:
        eta_at = max(said.eta_at, now) + timedelta(minutes=minutes)
        said = replace(said, eta_at=eta_at, due_at=eta_at + timedelta(seconds=grace_s(walk.plan.kind, walk.plan.eta_s)))
    quiet_s = minutes * 60 if what == SNOOZE else AGAIN_S
    quiet_until = now + timedelta(seconds=quiet_s) if what != EXTEND else said.quiet_until
    calm = replace(said, rung=CALM, rung_until=None, buzzed_at=None, quiet_until=quiet_until)
    return replace(book, walk=calm), effects


def alert_ended(book: Book) -> Outcome:
    """The alert of this walk, or the one that covered it, has ended: so has the walk. The same after either PIN."""
    walk = book.walk
    if walk is None or walk.rung != RAISED:
        return book, ()
    return answer(book, CANCEL, walk.began_at)


def tick(book: Book, now: datetime) -> Outcome:
    """Climbs by itself where the home center has not."""
    walk = book.walk
    if walk is None or walk.rung == RAISED:
        return book, ()
    if walk.rung == CALM:
        if is_heard(walk, now) or now < max(walk.due_at, walk.quiet_until or walk.due_at):
            return book, ()
        return _climbed(book, walk, PROMPTED, now + timedelta(seconds=walk.steps.prompt_s), now)
    patience = timedelta(seconds=YIELD_S if is_heard(walk, now) else 0.0)
    if walk.rung_until is not None and now < walk.rung_until + patience:
        is_due = walk.buzzed_at is None or now - walk.buzzed_at >= timedelta(seconds=BUZZ_EVERY_S)
        return (replace(book, walk=replace(walk, buzzed_at=now)), (Buzz(),)) if is_due else (book, ())
    rung = RUNGS[RUNGS.index(walk.rung) + 1]
    return _climbed(book, walk, rung, now + timedelta(seconds=walk.steps.after(rung)), now)


def heard(book: Book, walk_id: str, said: Mapping[str, Any], now: datetime) -> Outcome:
    """The home center's view of it (`Walk` in its answers). While an answer of hers is on its way its rung is old. What
    was overtaken by a newer word, or can't be understood, changes nothing."""
    walk = book.walk
    if walk is None or walk.walk_id != walk_id or _is_overtaken(walk, said):
        return book, ()
    walk = _told(walk, said, now)
    book = replace(book, walk=walk)
    if said.get("ended_at"):
        how = {"arrived": ARRIVED, "cancelled": CANCEL}.get(str(said.get("outcome")), GONE)
        return _ended(book, replace(walk, waiting=()), how)
    rung, until = said.get("rung"), read_time(said.get("prompt_until"))
    if rung not in RUNGS or walk.waiting or walk.rung == RAISED:
        return book, ()
    if rung == CALM:
        calm = replace(walk, rung=CALM, rung_until=None, buzzed_at=None)
        return replace(book, walk=calm), _calmed(walk)
    if rung == walk.rung:
        return replace(book, walk=replace(walk, rung_until=until or walk.rung_until)), ()
    until = until or now + timedelta(seconds=walk.steps.after(str(rung)))
    return _climbed(book, walk, str(rung), until, now, by_home=True)


def tried(book: Book, walk_id: str) -> Book:
    """From here on the home center may know of it."""
    return _with(book, walk_id, is_tried=True)


def known(book: Book, walk_id: str) -> Book:
    """The home center has its beginning on disk."""
    return _with(book, walk_id, is_tried=True, is_known=True)


def delivered(book: Book, walk_id: str, no: int) -> Book:
    """The home center has this answer, or will never take it."""
    for walk in (book.walk, *book.leaving):
        if walk is not None and walk.walk_id == walk_id:
            book = _with(book, walk_id, waiting=tuple(one for one in walk.waiting if one.no > no))
    return replace(book, leaving=tuple(one for one in book.leaving if one.waiting))


def unended_alarm(book: Book, walk_id: str, said: Mapping[str, Any]) -> Walk | None:
    """Of the home center's answer to the last word of a walk: it had called for help meanwhile, and no PIN has ended
    that, since she had arrived where she wanted to be."""
    if said.get("is_sent") is not True or said.get("outcome") != "arrived":
        return None
    gone = next((one for one in book.leaving if one.walk_id == walk_id and one.waiting), None)
    last = gone.waiting[-1] if gone is not None else None
    return gone if last is not None and last.what == ARRIVED and not last.outcome else None


def forgotten(book: Book, walk_id: str) -> Outcome:
    """The home center refuses it, or knows nothing of it any more."""
    book = replace(book, leaving=tuple(one for one in book.leaving if one.walk_id != walk_id))
    if book.walk is None or book.walk.walk_id != walk_id or book.walk.rung == RAISED:
        return book, ()
    return _ended(book, replace(book.walk, waiting=()), GONE)


def alone(book: Book, walk_id: str) -> Book:
    """The home center refuses what has begun already: the phone watches by itself, with its own deadlines."""
    return _with(book, walk_id, is_alone=True)


def quieted(book: Book, now: datetime) -> Book:
    """A PIN has ended the walk."""
    return replace(book, quiet_until=now + QUIET_AFTER_PIN)


def given_up(book: Book, now: datetime) -> Book:
    """The last word of a walk is worth its tries for three days."""
    kept = tuple(one for one in book.leaving if now - one.eta_at < LAST_WORD_KEPT)
    return book if len(kept) == len(book.leaving) else replace(book, leaving=kept)


def standing(book: Book) -> tuple[Effect, ...]:
    """After a restart: what must be done (again)."""
    walk = book.walk
    effects: tuple[Effect, ...] = (Speak(),) if walk or book.leaving else ()
    if walk is None:
        return effects
    if walk.rung == RAISED:
        return (*effects, Raise(walk.walk_id, walk.alert_id, False))
    asked: tuple[Effect, ...] = (Ask(walk.rung),) if walk.is_asking else ()
    return (*effects, *asked, *((Ring(True),) if walk.rung == CALLED else ()))


def is_heard(walk: Walk, now: datetime) -> bool:
    """The home center spoke a moment ago: it watches."""
    return walk.heard_at is not None and timedelta() <= now - walk.heard_at <= timedelta(seconds=SPOKE_S)


def is_there(plan: Plan, place: Position | None, now: datetime) -> bool:
    """A fresh fix says that she is where she wanted to be. A timer has no such place."""
    if place is None or plan.lat is None or plan.lon is None or now - place.fixed_at > timedelta(seconds=FRESH_S):
        return False
    goal = replace(place, lat=plan.lat, lon=plan.lon)
    return distance_m(goal, place) <= THERE_M + min(THERE_M, place.accuracy_m)


# ---- inside ---------------------------------------------------------------------------------------------------------


def _minutes(what: str, minutes: int) -> int:
    """As the home center bounds them (`server/walks/rungs.py`)."""
    if what == SNOOZE:
        return min(MOST_SNOOZE_MINUTES, max(1, minutes or SNOOZE_MINUTES))
    return min(MOST_EXTEND_MINUTES, max(1, minutes or EXTEND_MINUTES)) if what == EXTEND else 0


def _climbed(book: Book, walk: Walk, rung: str, until: datetime, now: datetime, *, by_home: bool = False) -> Outcome:
    """The ring belongs to its rung; from `raised` on everything belongs to the alert."""
    climbed = replace(walk, rung=rung, rung_until=None if rung == RAISED else until, buzzed_at=now)
    hushed: tuple[Effect, ...] = (Ring(False),) if walk.rung == CALLED else ()
    if rung == RAISED:
        return replace(book, walk=climbed), (*hushed, Calm(), Raise(walk.walk_id, walk.alert_id, by_home))
    rings: tuple[Effect, ...] = (Ring(True),) if rung == CALLED else ()
    return replace(book, walk=climbed), (*hushed, Ask(rung), *rings)


def _calmed(walk: Walk) -> tuple[Effect, ...]:
    if not walk.is_asking:
        return ()
    return (*((Ring(False),) if walk.rung == CALLED else ()), Calm())


def _ended(book: Book, walk: Walk, how: str) -> Outcome:
    """A walk of which the home center can't know goes without a word."""
    rest = replace(walk, over=how)
    leaving = (*book.leaving, rest) if rest.waiting and rest.is_tried and not rest.is_alone else book.leaving
    effects = (*_calmed(walk), Over(walk.walk_id, how))
    return Book(None, leaving, book.quiet_until), (*effects, *((Speak(),) if leaving else ()))


def _with(book: Book, walk_id: str, **changes: Any) -> Book:
    def changed(one: Walk) -> Walk:
        return replace(one, **changes) if one.walk_id == walk_id else one

    leaving = tuple(changed(one) for one in book.leaving)
    return Book(None if book.walk is None else changed(book.walk), leaving, book.quiet_until)


def _is_overtaken(walk: Walk, said: Mapping[str, Any]) -> bool:
    version = said.get("version")
    return isinstance(version, int) and version < walk.version


def _told(walk: Walk, said: Mapping[str, Any], now: datetime) -> Walk:
    """Times and words, each for itself. An extension of hers that is on its way is not taken back."""
    version = said.get("version")
    changes: dict[str, Any] = {"heard_at": now}
    if isinstance(version, int):
        changes["version"] = version
    changes |= {name: said[name] for name in ("state", "trouble") if isinstance(said.get(name), str)}
    eta_at = read_time(said.get("eta"))
    if eta_at is not None and not walk.waiting:
        grace = timedelta(seconds=grace_s(walk.plan.kind, walk.plan.eta_s))
        changes |= {"eta_at": eta_at, "due_at": read_time(said.get("overdue_at")) or eta_at + grace}
    return replace(walk, **changes, steps=_steps(said.get("steps"), walk.steps))


def _steps(said: Any, known_: Steps) -> Steps:
    if not isinstance(said, Mapping):
        return known_
    given = {name: said.get(name) for name in Steps.__dataclass_fields__}
    good = {name: float(s) for name, s in given.items() if isinstance(s, int | float) and isfinite(s) and s >= 0}
    return replace(known_, **good)
