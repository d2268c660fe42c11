"""Accelerometer at 50 Hz and barometer at 1 Hz, with the sensor's own time. A Java class hands over some readings at
a time (`Samples.java`): a call into Python costs a hundred times what the detector does with a reading."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mobile_app.platforms.android import java
from mobile_app.platforms.android.java import PythonJavaClass, callback, java_method
from mobile_app.ports import PressureTaken, SampleTaken

ACCELEROMETER, PRESSURE = 1, 6
RATE_HZ, READINGS_AT_ONCE, BATCH_MS = 50, 5, 100
PRESSURE_PERIOD_US = 1_000_000


class _Taken(PythonJavaClass):  # type: ignore[misc]
    __javainterfaces__ = ["org/ansim/phone/Samples$Taken"]
    __javacontext__ = "app"

    def __init__(self, take: Callable[[Any], None]) -> None:
        super().__init__()
        self._take = take

    @java_method("([D)V")
    @callback
    def taken(self, readings: Any) -> None:
        self._take(readings)


class _Sensor:
    """One sensor, one registration, any number of listeners."""

    def __init__(self, kind: int, *, width: int, at_once: int) -> None:
        self._width = width
        self._listeners: list[Callable[..., None]] = []
        self._taken = _Taken(self._take)
        self._samples = java.find("org.ansim.phone.Samples")(self._taken, width, at_once, BATCH_MS)
        self._manager = java.system_service("sensor", "android.hardware.SensorManager")
        self._sensor = self._manager.getDefaultSensor(kind) if self._manager else None

    def listen(self, taken: Callable[..., None], *, period_us: int) -> bool:
        if self._sensor is None:
            return False
        self._listeners.append(taken)
        if len(self._listeners) == 1:
            self._manager.registerListener(self._samples, self._sensor, period_us, 0, java.handler())
        return True

    def _take(self, readings: Any) -> None:
        step = self._width + 1
        flat = list(readings)
        for at in range(0, len(flat), step):
            for taken in self._listeners:
                taken(*flat[at : at + step])


class AndroidAccelerometer:
    def __init__(self) -> None:
        self._sensor = _Sensor(ACCELEROMETER, width=3, at_once=READINGS_AT_ONCE)

    def listen(self, taken: SampleTaken) -> None:
        self._sensor.listen(taken, period_us=1_000_000 // RATE_HZ)


class AndroidBarometer:
    def __init__(self) -> None:
        self._sensor = _Sensor(PRESSURE, width=1, at_once=1)

    def listen(self, taken: PressureTaken) -> bool:
        return self._sensor.listen(taken, period_us=PRESSURE_PERIOD_US)
