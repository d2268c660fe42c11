"""The center has closed it: is she safe? Her answer goes to the center; "no" calls for help anew."""

from __future__ import annotations

from kivy.app import App
from kivy.uix.screenmanager import Screen

from mobile_app.core.session import RescueConfirmed


class AfterScreen(Screen):
    def confirm(self, is_safe: bool) -> None:
        App.get_running_app().tell(RescueConfirmed(is_safe))
