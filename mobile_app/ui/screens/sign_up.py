"""Sign-up at the home center: nickname, number, and the two PINs."""

from __future__ import annotations

from kivy.app import App
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.screenmanager import Screen

from mobile_app.core.pins import Pins, UnusablePin


class SignUpScreen(Screen):
    message = StringProperty("")
    is_busy = BooleanProperty(False)

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
        app.later(app.phone.sign_up(nickname=nickname, phone=phone), self._signed_up, self._failed)

    def _signed_up(self, _: object) -> None:
        self.is_busy, self.message = False, ""
        self.ids.pin.text = self.ids.duress.text = ""
        App.get_running_app().go("home")

    def _failed(self, message: str) -> None:
        self.is_busy, self.message = False, message
