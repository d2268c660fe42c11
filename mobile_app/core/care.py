"""A guardian's question "are you OK?", and what is kept of guardians until the home center has it. Pure.

Answers and cut-offs count on this phone from the moment she gives them, whether or not there is data: they wait on
disk. Nothing here knows which PIN was entered last: a cut-off asks for none (invariant 9).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from mobile_app.core.messages import read_time

OK, CALL_ME = ANSWERS = ("ok", "call_me")
ASKED, SILENT = "asked", "silent"
ANSWER_KEPT, CUT_KEPT = timedelta(days=1), timedelta(days=30)
MOST_QUESTIONS = 20


@dataclass(frozen=True, slots=True)
class Question:
    """`shares`: this guardian is shown where her walk is if she does not answer; `shown_until`: is being shown it."""

    question_id: str
    guardian_id: str = ""
    name: str = ""
    state: str = ASKED
    asked_at: datetime | None = None
    expires_at: datetime | None = None
    shown_until: datetime | None = None
    shares: bool = False

    def is_open(self, now: datetime) -> bool:
        """She is asked now, or her silence shows her place now: an answer still ends that."""
        if self.state == ASKED:
            return self.expires_at is None or now < self.expires_at
        return self.state == SILENT and self.shown_until is not None and now < self.shown_until


@dataclass(frozen=True, slots=True)
class Kept:
    """Something of hers on its way: the id that it is about, what she said, and when."""

    about: str
    at: datetime
    said: str = ""


@dataclass(frozen=True, slots=True)
class CareBook:
    """On disk: what she has said and the home center does not have yet."""

    cut: tuple[Kept, ...] = ()
    answers: tuple[Kept, ...] = ()

    @property
    def is_waiting(self) -> bool:
        return bool(self.cut or self.answers)


def questions_of(told: Any) -> tuple[Question, ...]:
    """The home center's list; what can't be understood is left out."""
    found = []
    for one in told if isinstance(told, list) else ():
        if not isinstance(one, Mapping) or not isinstance(one.get("question_id"), str):
            continue
        found.append(
            Question(
                question_id=one["question_id"], guardian_id=str(one.get("guardian_id") or ""),
                name=str(one.get("name") or ""), state=str(one.get("state") or ""),
                asked_at=read_time(one.get("asked_at")), expires_at=read_time(one.get("expires_at")),
                shown_until=read_time(one.get("shown_until")), shares=one.get("shares_on_silence") is True,
            )
        )  # fmt: skip
    return tuple(found[:MOST_QUESTIONS])


def still_open(
    questions: Iterable[Question], book: CareBook, now: datetime, *, done: Collection[str] = ()
) -> tuple[Question, ...]:
    """Those that want her answer: not what she has answered here, nor of whom she has cut off; `done`: which of her
    words the home center has."""
    done = {*done, *(one.about for one in (*book.answers, *book.cut))}
    return tuple(one for one in questions if one.is_open(now) and not {one.question_id, one.guardian_id} & done)


def answered(book: CareBook, question_id: str, said: str, now: datetime) -> CareBook:
    rest = tuple(one for one in book.answers if one.about != question_id)
    return replace(book, answers=(*rest, Kept(question_id, now, said)))


def cut_off(book: CareBook, guardian_id: str, now: datetime) -> CareBook:
    return book if is_cut(book, guardian_id) else replace(book, cut=(*book.cut, Kept(guardian_id, now)))


def is_cut(book: CareBook, guardian_id: str) -> bool:
    return any(one.about == guardian_id for one in book.cut)


def told(book: CareBook, about: str) -> CareBook:
    """The home center has it, or will never take it."""
    cut, answers = (tuple(one for one in kept if one.about != about) for kept in (book.cut, book.answers))
    return CareBook(cut, answers)


def given_up(book: CareBook, now: datetime) -> CareBook:
    """An answer is no news after a day; a cut-off is tried for a month."""
    cut = tuple(one for one in book.cut if now - one.at < CUT_KEPT)
    answers = tuple(one for one in book.answers if now - one.at < ANSWER_KEPT)
    return book if (cut, answers) == (book.cut, book.answers) else CareBook(cut, answers)
