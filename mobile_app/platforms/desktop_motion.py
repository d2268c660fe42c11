"""Motion and place of a desktop phone: recorded traces and routes are played in real time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from mobile_app.core.messages import Position
from mobile_app.ports import PressureTaken, SampleTaken
from mobile_app.traces import RoutePoint

FIX_EVERY_S = 1.0
PRESSURE_EVERY_S = 1.0
SEA_LEVEL_HPA = 1013.25


class PlayedAccelerometer:
    """Plays traces on a thread of its own; sensor time is the machine's monotonic clock."""

    def __init__(self) -> None:
        self._listeners: list[SampleTaken] = []
        self._playing: threading.Thread | None = None

    def listen(self, taken: SampleTaken) -> None:
        self._listeners.append(taken)

    @property
    def is_playing(self) -> bool:
        return self._playing is not None and self._playing.is_alive()

    def play(self, samples: Sequence[tuple[float, float, float, float]]) -> None:
        """In real time; a second call while one plays changes nothing."""
        if self.is_playing or not samples:
            return
        self._playing = threading.Thread(target=self._play, args=(samples,), name="trace", daemon=True)
        self._playing.start()

    def _play(self, samples: Sequence[tuple[float, float, float, float]]) -> None:
        began_s = time.monotonic() - samples[0][0]
        for t, x, y, z in samples:
            time.sleep(max(0.0, began_s + t - time.monotonic()))
            for taken in self._listeners:
                taken(began_s + t, x, y, z)


class SetBarometer:
    """The pressure that the panel sets, told every second once somebody has set one."""

    def __init__(self) -> None:
        self._listeners: list[PressureTaken] = []
        self._hpa = SEA_LEVEL_HPA
        self._thread: threading.Thread | None = None

    def listen(self, taken: PressureTaken) -> bool:
        self._listeners.append(taken)
        return True

    def set(self, hpa: float) -> None:
        self._hpa = hpa
        if self._thread is None:
            self._thread = threading.Thread(target=self._tell, name="pressure", daemon=True)
            self._thread.start()

    def _tell(self) -> None:
        while True:
            for taken in self._listeners:
                taken(time.monotonic(), self._hpa)
            time.sleep(PRESSURE_EVERY_S)


class WalkedLocation:
    """Stands somewhere or walks a route, and reports a fix every second, or as the plan says."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[Position], None]] = []
        self._place: RoutePoint | None = None
        self._route: Sequence[RoutePoint] = ()
        self._began_s = 0.0
        self._thread: threading.Thread | None = None
        self._planned = threading.Event()
        self.is_lost = False
        self.interval_s, self.is_high_accuracy = FIX_EVERY_S, True

    def listen(self, fixed: Callable[[Position], None]) -> None:
        self._listeners.append(fixed)
        self._report()

    def plan(self, *, interval_s: float, is_high_accuracy: bool) -> None:
        is_sooner = interval_s < self.interval_s
        self.interval_s, self.is_high_accuracy = interval_s, is_high_accuracy
        if is_sooner:
            self._planned.set()

    @property
    def is_walking(self) -> bool:
        return bool(self._route) and time.monotonic() - self._began_s < self._route[-1].t_s

    def stand(self, *, lat: float, lon: float, accuracy_m: float = 10.0) -> None:
        self._route, self._place = (), RoutePoint(0.0, lat, lon, accuracy_m)
        self._go()

    def walk(self, route: Sequence[RoutePoint]) -> None:
        """From the route's beginning, in real time; at its end the person stands still."""
        self._route, self._began_s = route, time.monotonic() - route[0].t_s
        self._go()

    def _go(self) -> None:
        self._report()
        if self._thread is None:
            self._thread = threading.Thread(target=self._follow, name="walk", daemon=True)
            self._thread.start()

    def _follow(self) -> None:
        while True:
            self._planned.wait(max(FIX_EVERY_S, self.interval_s))
            self._planned.clear()
            self._report()

    def _report(self) -> None:
        point = along(self._route, time.monotonic() - self._began_s) if self._route else self._place
        if point is None or self.is_lost:
            return
        position = Position(
            lat=round(point.lat, 7), lon=round(point.lon, 7), accuracy_m=point.accuracy_m, fixed_at=datetime.now(UTC)
        )
        for fixed in self._listeners:
            fixed(position)


def along(route: Sequence[RoutePoint], t_s: float) -> RoutePoint:
    """The place on a route at a time, between two points by proportion; its ends hold before and after."""
    if t_s <= route[0].t_s:
        return route[0]
    for before, after in zip(route, route[1:], strict=False):
        if before.t_s <= t_s < after.t_s:
            share = (t_s - before.t_s) / (after.t_s - before.t_s)
            return RoutePoint(
                t_s,
                before.lat + share * (after.lat - before.lat),
                before.lon + share * (after.lon - before.lon),
                max(before.accuracy_m, after.accuracy_m),
            )
    return route[-1]
