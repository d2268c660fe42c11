"""The ladder that a cry for help climbs while nobody confirms it: data, then a text message, then the person's call.

Pure: `now_s` is any clock that only grows; `wall` is only written to disk, where the other one means nothing. Of an
alert only the newest message (pre < active < ended) climbs, because it says all that the earlier ones would have said:

- without a 202 for `TEXT_AFTER_S` a text message; with the radio off already after `DARK_AFTER_S`;
- once more `AGAIN_AFTER_S` after the first, with the place she is at by then; never a third time for a phase. A last
  gasp (`gasp`) is a message of its own, once per level;
- an active alert that nobody confirmed for `DIAL_AFTER_S` offers to dial 112; where no text can be sent, already after
  `TEXT_AFTER_S`. A confirmation or the end of the alert takes the offer back.

A 202 or a center's receipt of a phase confirms it and those before it. An end climbs like any other message, and
nothing here knows how it ended (invariant 9). What `tick` asks for is on disk (`save`) before it is done: after a kill
in between nobody knows whether that text left, so its repetition goes at once instead of a minute later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mobile_app.core.messages import ACTIVE, ENDED, PRE, read_time, write_time

DARK_AFTER_S, TEXT_AFTER_S, DIAL_AFTER_S, AGAIN_AFTER_S = 2.0, 8.0, 20.0, 60.0
REFUSED_PAUSE_S = 10.0
MOST_TEXTS = 2
KEPT_ALERTS = 20
RANKS = {PRE: 1, ACTIVE: 2, ENDED: 3}


@dataclass(frozen=True, slots=True)
class SendText:
    """Send this alert's message of this phase as a text message, with the newest position. Answer with `texted`, but
    for a last gasp."""

    alert_id: str
    phase: str
    is_gasp: bool = False


@dataclass(frozen=True, slots=True)
class OfferDial:
    """Nobody has confirmed this alert: let the person call 112."""

    alert_id: str


@dataclass(frozen=True, slots=True)
class WithdrawDial:
    alert_id: str


Effect = SendText | OfferDial | WithdrawDial


@dataclass(slots=True)
class Texts:
    """What went out as text messages for one phase. `is_sure`: the phone's own sending took the last one."""

    count: int = 0
    last_s: float = 0.0
    is_sure: bool = True
    not_before_s: float = 0.0


@dataclass(slots=True)
class Climb:
    """One alert. `first_s`: when its oldest unconfirmed message was written; `put_s`: its newest. `about`: what a text
    about it says besides place and phase, for when its message is gone from the outbox."""

    phase: str
    first_s: float
    put_s: float
    offers_dial: bool
    about: dict[str, str] = field(default_factory=dict)
    confirmed: str = ""
    is_offered: bool = False
    texts: dict[str, Texts] = field(default_factory=dict)
    gasped: list[int] = field(default_factory=list)

    def is_open(self) -> bool:
        return RANKS[self.phase] > RANKS.get(self.confirmed, 0)


class Ladder:
    """All alerts of this phone that are not over; a bounded number, the oldest fall out."""

    def __init__(self) -> None:
        self._climbs: dict[str, Climb] = {}
        self._dark_since_s: float | None = None

    def put(
        self,
        alert_id: str,
        phase: str,
        *,
        now_s: float,
        offers_dial: bool = True,
        about: dict[str, str] | None = None,
    ) -> tuple[Effect, ...]:
        """A message is in the outbox. `offers_dial` is False for a drill. An older phase, or one that is known, changes
        nothing. Raises KeyError for a phase that is none."""
        climb = self._climbs.get(alert_id)
        if climb is None:
            if phase not in RANKS:
                raise KeyError(phase)
            self._climbs[alert_id] = Climb(phase, now_s, now_s, offers_dial, dict(about or {}))
            for oldest in list(self._climbs)[:-KEPT_ALERTS]:
                del self._climbs[oldest]
            return ()
        if RANKS[phase] <= RANKS[climb.phase]:
            return ()
        climb.first_s = climb.first_s if climb.is_open() else now_s
        climb.phase, climb.put_s = phase, now_s
        return _withdrawn(alert_id, climb) if phase == ENDED else ()

    def accepted(self, alert_id: str, phase: str, *, now_s: float) -> tuple[Effect, ...]:
        """The router has this phase on disk (202), or a center has given its receipt."""
        climb = self._climbs.get(alert_id)
        if climb is None or phase not in RANKS or RANKS[phase] <= RANKS.get(climb.confirmed, 0):
            return ()
        climb.confirmed = phase
        if climb.is_open():  # data works, so the newest message has its own time
            climb.first_s = climb.put_s
            for texts in climb.texts.values():
                texts.last_s = now_s
            return ()
        return _withdrawn(alert_id, climb)

    received = accepted

    def waiting(self) -> list[tuple[str, str]]:
        """Alert and newest phase of each that nobody has confirmed."""
        return [(alert_id, climb.phase) for alert_id, climb in self._climbs.items() if climb.is_open()]

    def about(self, alert_id: str) -> dict[str, str]:
        """What was said of this alert with its first message; empty for one that is not on the ladder."""
        climb = self._climbs.get(alert_id)
        return climb.about if climb else {}

    def over(self, alert_id: str) -> tuple[Effect, ...]:
        """The alert is closed; nothing more goes out for it."""
        climb = self._climbs.pop(alert_id, None)
        return _withdrawn(alert_id, climb) if climb else ()

    def texted(self, alert_id: str, phase: str, *, was_taken: bool, now_s: float) -> None:
        """What became of a `SendText`. One that the phone's own sending refused did not leave and is not counted."""
        climb = self._climbs.get(alert_id)
        texts = climb.texts.get(phase) if climb else None
        if texts is None:
            return
        texts.is_sure = True
        if not was_taken:
            texts.count = max(0, texts.count - 1)
            texts.not_before_s = now_s + REFUSED_PAUSE_S

    def tick(self, now_s: float, *, is_radio_on: bool, can_text: bool) -> tuple[Effect, ...]:
        """What is due. `can_text`: the home center gave a number and a key for text messages."""
        if is_radio_on:
            self._dark_since_s = None
        elif self._dark_since_s is None:
            self._dark_since_s = now_s
        effects: list[Effect] = []
        for alert_id, climb in self._climbs.items():
            if not climb.is_open():
                continue
            if can_text and self._is_text_due(climb, now_s):
                _count(climb, now_s)
                effects.append(SendText(alert_id, climb.phase))
            after_s = DIAL_AFTER_S if can_text else TEXT_AFTER_S
            asks = climb.offers_dial and climb.phase == ACTIVE and not climb.is_offered
            if asks and now_s >= climb.first_s + after_s:
                climb.is_offered = True
                effects.append(OfferDial(alert_id))
        return tuple(effects)

    def gasp(self, level: int, *, now_s: float, does_data_work: bool, can_text: bool) -> tuple[Effect, ...]:
        """The battery ends: where no data goes, the newest place of each active alert as a text, once per level."""
        effects: list[Effect] = []
        for alert_id, climb in self._climbs.items():
            if climb.phase != ACTIVE or level in climb.gasped or does_data_work or not can_text:
                continue
            climb.gasped.append(level)
            effects.append(SendText(alert_id, climb.phase, is_gasp=True))
        return tuple(effects)

    def _is_text_due(self, climb: Climb, now_s: float) -> bool:
        texts = climb.texts.get(climb.phase, Texts())
        if texts.count >= MOST_TEXTS or now_s < texts.not_before_s:
            return False
        if texts.count:
            return now_s >= texts.last_s + AGAIN_AFTER_S
        return now_s >= self._first_text_s(climb)

    def _first_text_s(self, climb: Climb) -> float:
        """A message behind others that already wait need not wait its own eight seconds, only for one honest try."""
        due_s = min(climb.put_s + TEXT_AFTER_S, max(climb.put_s + DARK_AFTER_S, climb.first_s + TEXT_AFTER_S))
        if self._dark_since_s is not None:
            due_s = min(due_s, max(climb.put_s, self._dark_since_s) + DARK_AFTER_S)
        return due_s

    def save(self, now_s: float, wall: datetime) -> dict[str, Any]:
        """JSON of what must survive a kill; ages become times of day."""

        def at(then_s: float) -> str | None:
            return write_time(wall - timedelta(seconds=max(0.0, now_s - then_s)))

        return {
            alert_id: {
                "phase": climb.phase, "first_at": at(climb.first_s), "put_at": at(climb.put_s),
                "offers_dial": climb.offers_dial, "about": climb.about, "confirmed": climb.confirmed,
                "gasped": list(climb.gasped),
                "texts": {phase: [texts.count, at(texts.last_s), texts.is_sure]
                          for phase, texts in climb.texts.items()},
            }
            for alert_id, climb in self._climbs.items()
        }  # fmt: skip

    @classmethod
    def resume(cls, saved: Any, *, now_s: float, wall: datetime) -> Ladder:
        """After a restart. What can't be read is left out: a text too many is better than none. A clock that went back
        in between makes ages 0, one that jumped ahead makes texts due now."""
        ladder = cls()
        for alert_id, one in saved.items() if isinstance(saved, dict) else ():
            try:
                ladder._climbs[str(alert_id)] = _resumed(one, lambda at: now_s - _age_s(at, wall))
            except (AttributeError, KeyError, TypeError, ValueError):
                continue
        return ladder


def _resumed(one: Any, since: Callable[[Any], float]) -> Climb:
    climb = Climb(
        str(one["phase"]), since(one["first_at"]), since(one["put_at"]), bool(one["offers_dial"]),
        {str(name): str(value) for name, value in one["about"].items()}, str(one["confirmed"]),
        gasped=[int(level) for level in one["gasped"]],
    )  # fmt: skip
    if climb.phase not in RANKS:
        raise ValueError(f"{climb.phase} is no phase")
    for phase, (count, last_at, is_sure) in one["texts"].items():
        last_s = since(last_at) - (0.0 if is_sure else AGAIN_AFTER_S)
        climb.texts[str(phase)] = Texts(int(count), last_s, bool(is_sure))
    return climb


def _age_s(at: Any, wall: datetime) -> float:
    then = read_time(at)
    if then is None:
        raise ValueError(f"{at} is no time")
    return max(0.0, (wall - then).total_seconds())


def _count(climb: Climb, now_s: float) -> None:
    texts = climb.texts.setdefault(climb.phase, Texts())
    texts.count, texts.last_s, texts.is_sure = texts.count + 1, now_s, False


def _withdrawn(alert_id: str, climb: Climb) -> tuple[Effect, ...]:
    was_offered, climb.is_offered = climb.is_offered, False
    return (WithdrawDial(alert_id),) if was_offered else ()
