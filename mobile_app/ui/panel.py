"""The simulation panel beside the desktop phone: motion, walk, radio and battery by hand."""

from __future__ import annotations

import time
from collections.abc import Sequence

from kivy.clock import Clock
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty
from kivy.uix.boxlayout import BoxLayout

from mobile_app.platforms.desktop import Desktop
from mobile_app.traces import RoutePoint


class SimulationPanel(BoxLayout):
    desktop = ObjectProperty(None, allownone=True)
    is_on = BooleanProperty(True)
    is_vibrating = BooleanProperty(False)
    vibrations = NumericProperty(0)
    is_playing = BooleanProperty(False)
    is_walking = BooleanProperty(False)

    def __init__(
        self, *, desktop: Desktop, trace: Sequence[tuple[float, float, float, float]], route: Sequence[RoutePoint]
    ) -> None:
        super().__init__(desktop=desktop)
        self._trace, self._route = trace, route
        Clock.schedule_interval(self._look, 0.1)

    def play(self) -> None:
        if self._trace:
            self.desktop.accelerometer.play(self._trace)

    def walk(self) -> None:
        if self._route:
            self.desktop.location.walk(self._route)

    def switch_radio(self) -> None:
        self.desktop.radio.on = self.is_on = not self.desktop.radio.on

    def set_battery(self, percent: float) -> None:
        self.desktop.battery.level = int(percent)

    def _look(self, _: float) -> None:
        vibrator = self.desktop.vibrator
        self.is_vibrating, self.vibrations = time.monotonic() < vibrator.until_s, vibrator.count
        self.is_playing, self.is_walking = self.desktop.accelerometer.is_playing, self.desktop.location.is_walking
