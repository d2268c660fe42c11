"""Sign-up at the home center: nickname, number, and the two PINs; then the code of a text message, if it wants one."""

from __future__ import annotations

from kivy.app import App
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.screenmanager import Screen

from mobile_app.core.pins import Pins, UnusablePin


class SignUpScreen(Screen):
    message = StringProperty("")
    is_busy = BooleanProperty(False)
    wants_code = BooleanProperty(False)

    def send(self) -> None:
        app, ids = App.get_running_app(), self.ids
        nickname, phone = ids.nickname.text.strip(), ids.phone.text.strip()
        if not nickname or not phone:
            self.message = app.say(app.language, "fill_both")
            return
        try:
            pins = Pins.choose(ids.pin.text, ids.duress.text)
        except UnusablePin as error:
            self.message = app.say(app.language, error.code)
            return
        self.is_busy, self.message = True, app.say(app.language, "please_wait")
        app.phone.choose_pins(pins)
        code = ids.code.text.strip() if self.wants_code else ""
        app.later(app.phone.sign_up(nickname=nickname, phone=phone, code=code), self._answered, self._failed)

    def _answered(self, is_signed_up: bool) -> None:
        self.is_busy, self.message = False, ""
        self.ids.code.text = ""
        if not is_signed_up:
            self.wants_code, self.message = True, App.get_running_app().say(App.get_running_app().language, "code_sent")
            return
        self.wants_code = False
        self.ids.pin.text = self.ids.duress.text = ""
        App.get_running_app().go("home")

    def _failed(self, message: str) -> None:
        self.is_busy, self.message = False, message
