"""The simulation panel beside the desktop phone: motion, walk, radio, place, text messages and battery by hand.

It reaches the device by what a `Desktop` has, `simulate(facts)` and `state()`: in tests that is the object itself, in
the real window `RemoteDesktop`, because the device lives in the service's process.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from kivy.app import App
from kivy.clock import Clock
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from mobile_app.traces import RoutePoint
from mobile_app.ui.i18n import say
from mobile_app.ui.panel_motion import fallen, running, shaken

LOOK_EVERY_S = 0.1


class Simulated(Protocol):
    def simulate(self, facts: dict[str, Any]) -> None: ...

    def state(self) -> dict[str, Any]: ...


class RemoteDesktop:
    """The device of the service's process: wishes go there, its state comes from there."""

    def __init__(self) -> None:
        self.send: Callable[..., None] = lambda what, **facts: None
        self._state: dict[str, Any] = {}

    def simulate(self, facts: dict[str, Any]) -> None:
        given = dict(facts)
        self.send(given.pop("what"), **given)

    def take(self, state: dict[str, Any]) -> None:
        """Any thread: the service says how its device stands."""
        self._state = state

    def state(self) -> dict[str, Any]:
        return self._state


class SimulationPanel(BoxLayout):
    desktop = ObjectProperty(None, allownone=True)
    is_on = BooleanProperty(True)
    is_lost = BooleanProperty(False)
    has_signal = BooleanProperty(True)
    is_vibrating = BooleanProperty(False)
    vibrations = NumericProperty(0)
    is_playing = BooleanProperty(False)
    is_walking = BooleanProperty(False)
    battery = NumericProperty(76)
    is_clock_off = BooleanProperty(False)
    strength_mps2 = NumericProperty(30)
    beat_hz = NumericProperty(4.5)
    doings = StringProperty("")
    """What the device does that a desktop can only tell: siren, light, recording, texts, dialler."""

    def __init__(
        self,
        *,
        desktop: Simulated,
        trace: Sequence[tuple[float, float, float, float]] | str = (),
        route: Sequence[RoutePoint] | str = (),
    ) -> None:
        super().__init__(desktop=desktop)
        self._trace, self._route = trace, route
        Clock.schedule_interval(self._look, LOOK_EVERY_S)

    def play(self) -> None:
        if isinstance(self._trace, str):
            self.desktop.simulate({"what": "play", "path": self._trace})
        elif self._trace:
            self.desktop.simulate({"what": "play", "samples": self._trace})

    def shake(self) -> None:
        """As strong and as fast as the sliders say."""
        self._move(shaken(strength_mps2=self.strength_mps2, beat_hz=self.beat_hz))

    def run(self) -> None:
        self._move(running())

    def fall(self) -> None:
        self._move(fallen())

    def _move(self, samples: Sequence[tuple[float, float, float, float]]) -> None:
        self.desktop.simulate({"what": "play", "samples": [list(one) for one in samples]})

    def switch_clock(self) -> None:
        self.is_clock_off = not self.is_clock_off
        self.desktop.simulate({"what": "missing", "name": "clock", "on": self.is_clock_off})

    def walk(self) -> None:
        if isinstance(self._route, str):
            self.desktop.simulate({"what": "walk", "path": self._route})
        elif self._route:
            points = [(one.t_s, one.lat, one.lon, one.accuracy_m) for one in self._route]
            self.desktop.simulate({"what": "walk", "points": points})

    def switch_radio(self) -> None:
        self.is_on = not self.is_on
        self.desktop.simulate({"what": "radio", "on": self.is_on})

    def lose_place(self) -> None:
        self.is_lost = not self.is_lost
        self.desktop.simulate({"what": "lost", "on": self.is_lost})

    def switch_signal(self) -> None:
        self.has_signal = not self.has_signal
        self.desktop.simulate({"what": "signal", "on": self.has_signal})

    def press_key(self) -> None:
        self.desktop.simulate({"what": "key"})

    def set_battery(self, percent: float) -> None:
        self.battery = int(percent)
        self.desktop.simulate({"what": "battery", "percent": int(percent)})

    def _look(self, _: float) -> None:
        state = self.desktop.state()
        if not state:
            return
        self.is_vibrating, self.vibrations = time.monotonic() < state["vibrating_until_s"], state["vibrations"]
        self.is_playing, self.is_walking = state["is_playing"], state["is_walking"]
        self.is_on, self.is_lost, self.has_signal = state["is_on"], state["is_lost"], state["has_signal"]
        if state["battery"] is not None:
            self.battery = state["battery"]
        self.doings = _doings(state, App.get_running_app().language)


def _doings(state: dict[str, Any], language: str) -> str:
    words = [say(language, f"panel_{state['sound']}")] if state["sound"] else []
    words += [say(language, "panel_torch")] if state["is_torch_on"] else []
    words += [say(language, "panel_recording")] if state["is_recording"] else []
    words += [say(language, "panel_dialled", number=state["dialled"])] if state["dialled"] else []
    words += [f"{title}: {text}" for title, text in state["notices"].values() if title]
    words += [say(language, "panel_text", number=number, text=text) for number, text in state["texts"][-2:]]
    return "\n".join(words)
