"""Hold until safe: a finger stays on the screen as long as the way is uneasy. Letting go begins a countdown, and the
PIN says that all is well. The whole field takes the finger, so that it can be found in a pocket."""

from __future__ import annotations

from kivy.app import App
from kivy.uix.screenmanager import Screen

from mobile_app.core.session import SafeHoldReleased, SafeHoldStarted


class SafeHoldScreen(Screen):
    def hold(self) -> None:
        App.get_running_app().tell(SafeHoldStarted())

    def let_go(self) -> None:
        App.get_running_app().tell(SafeHoldReleased())
