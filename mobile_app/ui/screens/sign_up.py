"""Sign-up at the home center in steps: who she is, the PINs, and the code of a text message if the center wants one."""

from __future__ import annotations

from kivy.app import App
from kivy.clock import Clock
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.screenmanager import Screen

from mobile_app.core.pins import Pins, UnusablePin

WHO, PINS, CODE = "who", "pins", "code"
STEPS = (WHO, PINS, CODE)
TITLES = {WHO: "who_are_you", PINS: "choose_pins", CODE: "enter_code"}


class SignUpScreen(Screen):
    message = StringProperty("")
    is_busy = BooleanProperty(False)
    step = StringProperty(WHO)
    steps = STEPS
    has_chosen = has_skipped = False

    def on_kv_post(self, _: object) -> None:
        self._parts = {name: self.ids[f"part_{name}"].__self__ for name in STEPS}
        self._show_step()

    def on_pre_enter(self) -> None:
        self.message, self.steps, self.has_skipped = "", self._steps(), False

    def _steps(self) -> tuple[str, ...]:
        """PINs are chosen once; afterwards the settings ask for the old one."""
        return (WHO, CODE) if App.get_running_app().facts.has_pins else STEPS

    def on_step(self, *_: object) -> None:
        self._show_step()

    def _show_step(self) -> None:
        self.ids.parts.clear_widgets()
        self.ids.parts.add_widget(self._parts[self.step])
        Clock.schedule_once(lambda _: setattr(self.ids.scroll, "scroll_y", 1), 0)

    def close_top(self) -> bool:
        """Back goes one step back."""
        if self.step == WHO:
            return False
        self.step, self.message = WHO if self.step == PINS or self._has_pins() else PINS, ""
        return True

    def _has_pins(self) -> bool:
        return self.has_chosen or App.get_running_app().facts.has_pins

    def title(self, language: str, step: str) -> str:
        return str(App.get_running_app().say(language, TITLES[step]))

    def place(self, language: str, step: str) -> str:
        steps = self.steps if step in self.steps else STEPS
        return str(App.get_running_app().say(language, "step_of", step=steps.index(step) + 1, steps=len(steps)))

    def send(self) -> None:
        """The button at the bottom: the next step, or what is asked of the home center."""
        app, ids = App.get_running_app(), self.ids
        nickname, phone = ids.nickname.text.strip(), ids.phone.text.strip()
        if not nickname or not phone:
            self.step, self.message = WHO, app.say(app.language, "fill_both")
            return
        if self.step == WHO and not self._has_pins():
            self.step, self.message = PINS, ""
            return
        if self._has_pins() or self._choose_pins():
            self._ask(ids.code.text.strip() if self.step == CODE else "")

    def _choose_pins(self) -> bool:
        """Whether they are chosen; without the second one only when she has said so twice."""
        app, ids = App.get_running_app(), self.ids
        try:
            pins = Pins.choose(ids.pin.text, ids.duress.text)
        except UnusablePin as error:
            self.step, self.message = PINS, app.say(app.language, error.code)
            return False
        if not ids.duress.text and not self.has_skipped:
            self.step, self.message, self.has_skipped = PINS, app.say(app.language, "pin_second_skipped"), True
            return False
        app.choose(is_second_pin_open=not ids.duress.text)
        app.phone.choose_pins(pins)
        self.has_chosen = True
        ids.pin.text = ids.duress.text = ""
        return True

    def send_again(self) -> None:
        self._ask("")

    def _ask(self, code: str) -> None:
        app, ids = App.get_running_app(), self.ids
        self.is_busy, self.message = True, app.say(app.language, "please_wait")
        work = app.phone.sign_up(nickname=ids.nickname.text.strip(), phone=ids.phone.text.strip(), code=code)
        app.later(work, self._answered, self._failed)

    def _answered(self, is_signed_up: bool) -> None:
        app = App.get_running_app()
        self.is_busy, self.message = False, ""
        self.ids.code.text = ""
        if not is_signed_up:
            self.step, self.message = CODE, app.say(app.language, "code_sent")
            return
        self.step = WHO
        app.go("home")
        app.shell.notice.tell(app.say(app.language, "guardian_hint"), "people")

    def _failed(self, message: str) -> None:
        """The PINs are chosen whatever the home center says; their fields are not shown again."""
        self.step = WHO if self.step == PINS else self.step
        self.is_busy, self.message = False, message
