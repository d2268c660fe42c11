"""A guardian's open question in words. No Window."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kivy.event import EventDispatcher
from kivy.properties import BooleanProperty, StringProperty

from mobile_app.core.care import ASKED, Question
from mobile_app.ui.i18n import minute, say


class CareFacts(EventDispatcher):
    """The one that ends first; the next follows when it is answered."""

    is_asked = BooleanProperty(False)
    is_shown = BooleanProperty(False)
    """Her silence shows her place."""
    question_id = StringProperty("")
    headline = StringProperty("")
    rule = StringProperty("")

    def take(self, questions: Sequence[Question], language: str, now: datetime) -> None:
        ends = [(one.expires_at if one.state == ASKED else one.shown_until) or now for one in questions]
        first = min(zip(ends, questions, strict=True), key=lambda one: one[0], default=None)
        if first is not None:
            at, one = first
            self.question_id, self.is_shown = one.question_id, one.state != ASKED
            self.headline = say(language, "care_shown" if self.is_shown else "care_asks", name=one.name)
            key = "shown_until" if self.is_shown else "silence_shares" if one.shares else "silence_hides"
            self.rule = say(language, f"care_{key}", at=minute(at))
        self.is_asked = first is not None
