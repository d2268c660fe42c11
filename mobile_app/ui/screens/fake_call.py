"""A call that is none: choose who and when, then a screen that rings, is answered and counts the time.

It rings by the device's speaker, which the service has. Nothing is dialled, nothing leaves the phone.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from kivy.app import App
from kivy.clock import Clock
from kivy.properties import NumericProperty, StringProperty
from kivy.uix.screenmanager import Screen

from mobile_app.ui.widgets.buttons import Choice

CHOOSING, ARMED, RINGING, TALKING = "choosing", "armed", "ringing", "talking"
DELAYS_S = (0.0, 10.0, 60.0)
SHORTEST_CALL_DIGITS = 9
RINGS_FOR_S = 40.0


def grouped(number: str) -> str:
    """As a phone writes it: 010-1234-5678, 031-123-4567, 02-1234-5678. What is no such number stays as it is."""
    digits = "".join(letter for letter in number if letter.isdigit())
    if not digits.startswith("0") or not SHORTEST_CALL_DIGITS <= len(digits) <= 11 or "+" in number:
        return number.strip()
    area = 2 if digits.startswith("02") else 3
    return f"{digits[:area]}-{digits[area:-4]}-{digits[-4:]}"


class FakeCallScreen(Screen):
    state = StringProperty(CHOOSING)
    caller = StringProperty("")
    line = StringProperty("")
    """Below the name: which of the caller's phones, and its number if she has given one."""
    duration = StringProperty("")
    delay_s = NumericProperty(DELAYS_S[1])

    @property
    def is_busy(self) -> bool:
        """A call is coming or going on: this screen must stay the one that it is."""
        return bool(self.state != CHOOSING)

    def on_kv_post(self, _: object) -> None:
        self._due: Any = None
        self._beat: Any = None
        self._answered_s = 0.0
        self._page, self._call = self.ids.page.__self__, self.ids.call.__self__
        self.on_state()
        App.get_running_app().bind(language=self._fill_delays)
        self.bind(delay_s=self._fill_delays)

    def on_state(self, *_: object) -> None:
        """Either the choice or the call is in the window: what is not seen takes no touches."""
        if self.ids:
            self.ids.holder.clear_widgets()
            self.ids.holder.add_widget(self._call if self.state in (RINGING, TALKING) else self._page)

    def on_pre_enter(self) -> None:
        if self.state == CHOOSING:
            settings = App.get_running_app().facts
            self.delay_s = settings.fake_call_delay_s
            self.ids.name.text = settings.fake_caller
            self._fill_delays()

    def on_leave(self) -> None:
        """An alert took the window over, or she went on: the ring must not go on. An armed call still comes."""
        if self.state in (RINGING, TALKING):
            self.end()

    def start(self) -> None:
        app = App.get_running_app()
        self.caller = self.ids.name.text.strip() or app.say(app.language, "call_default")
        self.line = f"{app.say(app.language, 'call_mobile')} {grouped(app.facts.fake_number)}".rstrip()
        app.choose(fake_caller=self.ids.name.text.strip(), fake_call_delay_s=self.delay_s)
        if self.delay_s <= 0:
            self._ring()
            return
        self.state = ARMED
        self._due = Clock.schedule_once(self._ring, self.delay_s)
        app.shell.notice.tell(app.say(app.language, "call_armed"), "phone")
        app.go("home")

    def answer(self) -> None:
        self._silence()
        self.state, self._answered_s = TALKING, time.monotonic()
        self._count(0)
        self._beat = Clock.schedule_interval(self._count, 1.0)

    def end(self) -> None:
        """Declined, hung up, or nobody answered."""
        self._silence()
        for event in (self._due, self._beat):
            if event is not None:
                event.cancel()
        self._due = self._beat = None
        was, self.state = self.state, CHOOSING
        if was in (RINGING, TALKING):
            App.get_running_app().go("home")

    def close_top(self) -> bool:
        """A real call's back key leaves the call's screen; here it ends it."""
        was = self.state in (RINGING, TALKING)
        if was:
            self.end()
        return was

    def _ring(self, *_: object) -> None:
        app = App.get_running_app()
        if app.facts.phase != "idle":
            self.state = CHOOSING
            return
        self.state = RINGING
        app.shell.notice.tell("")
        app.go("fake_call")
        app.phone.ring(True)
        self._due = Clock.schedule_once(lambda _: self.end(), RINGS_FOR_S)

    def _silence(self) -> None:
        App.get_running_app().phone.ring(False)
        if self._due is not None:
            self._due.cancel()

    def _count(self, _: float) -> None:
        gone_s = int(time.monotonic() - self._answered_s)
        self.duration = f"{gone_s // 60:02d}:{gone_s % 60:02d}"

    def _fill_delays(self, *_: object) -> None:
        app, holder = App.get_running_app(), self.ids.delays
        holder.clear_widgets()
        for delay_s in DELAYS_S:
            choice = Choice(text=_delay_words(app, delay_s), is_chosen=delay_s == self.delay_s)
            choice.bind(on_release=partial(self._choose_delay, delay_s))
            holder.add_widget(choice)

    def _choose_delay(self, delay_s: float, *_: object) -> None:
        self.delay_s = delay_s


def _delay_words(app: Any, delay_s: float) -> str:
    if delay_s <= 0:
        return str(app.say(app.language, "call_now"))
    if delay_s < 60:
        return str(app.say(app.language, "call_in_s", seconds=int(delay_s)))
    return str(app.say(app.language, "call_in_min", minutes=int(delay_s // 60)))
