"""The alert is out: who has it, what they do, the talk with the center, and the ways to do more or to end it."""

from __future__ import annotations

from functools import partial

from kivy.app import App
from kivy.clock import Clock
from kivy.properties import BooleanProperty

from mobile_app.core.session import NoiseStopped, RescueConfirmed, Say
from mobile_app.ui import phrases
from mobile_app.ui.fonts import is_drawable
from mobile_app.ui.screens.pin_screen import PinScreen
from mobile_app.ui.widgets.buttons import Chip, ChoiceRow, Plain
from mobile_app.ui.widgets.overlay import Padded
from mobile_app.ui.widgets.step_list import StepList


class ActiveScreen(PinScreen):
    is_writing = BooleanProperty(False)

    def on_kv_post(self, base: object) -> None:
        super().on_kv_post(base)
        facts = App.get_running_app().facts
        facts.bind(spoken=self._fill_replies, question=self._fill_answers)
        self._fill_replies()
        self._fill_answers()

    def on_pre_enter(self) -> None:
        super().on_pre_enter()
        self.ids.words.text = ""
        self.is_writing = False

    # ---- talk -------------------------------------------------------------------------------------------------

    def quick(self, code: str, *_: object) -> None:
        app = App.get_running_app()
        app.tell(Say(kind="quick", code=code, language=app.facts.spoken))

    def answer(self, code: str, *_: object) -> None:
        app = App.get_running_app()
        ref = str(app.facts.question.get("said_id", ""))
        app.tell(Say(kind="tap" if code in ("yes", "no", "danger") else "quick", code=code, ref=ref,
                     language=app.facts.spoken))  # fmt: skip

    def write(self) -> None:
        """The platform's own text field, or ours at the bottom."""
        app = App.get_running_app()
        if not app.surface.text_prompt.ask(app.say(app.language, "write_title"), "", self._send):
            self.is_writing = True
            self.ids.words.focus = True

    def send_words(self) -> None:
        self._send(self.ids.words.text)
        self.ids.words.text = ""
        self.is_writing = False

    def _send(self, text: str | None) -> None:
        if text and text.strip():
            app = App.get_running_app()
            app.tell(Say(kind="text", text=text.strip(), language=app.facts.spoken))

    def close_top(self) -> bool:
        if super().close_top():
            return True
        was, self.is_writing = self.is_writing, False
        return bool(was)

    def _fill_replies(self, *_: object) -> None:
        app, replies = App.get_running_app(), self.ids.replies
        replies.clear_widgets()
        for code in phrases.ORDER:
            words = phrases.words(code, app.facts.spoken)
            chip = Chip(text=words, font_name=app.font_for(words))
            chip.bind(on_release=partial(self.quick, code))
            replies.add_widget(chip)

    def _fill_answers(self, *_: object) -> None:
        app, holder = App.get_running_app(), self.ids.answers
        holder.clear_widgets()
        self.ids.asked.text = str(app.facts.question.get("text", ""))
        self.ids.asked.font_name = app.font_for(self.ids.asked.text)
        for code, words in app.facts.question.get("answers", ()):
            button = Plain(text=words, font_name=app.font_for(words))
            button.bind(on_release=partial(self.answer, code))
            holder.add_widget(button)
        if app.facts.question:
            self.to_end()

    def to_end(self, *_: object) -> None:
        """The newest line and the open question in sight."""
        Clock.schedule_once(lambda _: setattr(self.ids.scroll, "scroll_y", 0), 0)

    # ---- more -------------------------------------------------------------------------------------------------

    def confirm(self, is_safe: bool) -> None:
        App.get_running_app().tell(RescueConfirmed(is_safe))

    def stop_noise(self) -> None:
        App.get_running_app().tell(NoiseStopped())

    def dial(self) -> None:
        """By the window where it can (it is in front), else by the service."""
        app = App.get_running_app()
        if not app.surface.dialer.dial(app.facts.dial_number):
            app.phone.dial(app.facts.dial_number)

    def show_steps(self) -> None:
        app = App.get_running_app()
        steps = StepList()
        steps.steps = app.facts.steps
        app.facts.bind(steps=steps.setter("steps"))
        app.open_sheet(app.say(app.language, "steps_title"), [Padded(steps)])

    def choose_language(self) -> None:
        app, rows = App.get_running_app(), []
        for code, own_name in phrases.languages().items():
            if not is_drawable(own_name):
                continue
            row = ChoiceRow(text=own_name, is_chosen=code == app.facts.spoken)
            row.bind(on_release=partial(self._spoken_chosen, code))
            rows.append(row)
        app.open_sheet(app.say(app.language, "language_of_talk"), rows)

    def _spoken_chosen(self, code: str, *_: object) -> None:
        app = App.get_running_app()
        app.choose(spoken=code)
        app.shell.close_sheet()
