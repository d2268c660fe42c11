"""Places by Android's own LocationManager (no Google Play services): GPS, and the networks' or the fused provider.

The time of a fix is counted back from now by the monotonic clock that Android stamps it with: the GPS's own time is
wrong by weeks on some phones, and the wall clock may be set while a fix is on its way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from mobile_app.core.messages import Position
from mobile_app.platforms.android import java
from mobile_app.platforms.android.java import PythonJavaClass, callback, java_method

GPS, NETWORK, FUSED = "gps", "network", "fused"
FUSED_SINCE_API = 31
WORST_ACCURACY_M = 5000.0
SOURCES = {GPS: "gps", NETWORK: "network", FUSED: "fused"}


class _Fixes(PythonJavaClass):  # type: ignore[misc]
    """Every method of the interface: to a proxy, Android's default methods are ours as well."""

    __javainterfaces__ = ["android/location/LocationListener"]
    __javacontext__ = "app"

    def __init__(self, fixed: Callable[[Any], None]) -> None:
        super().__init__()
        self._fixed = fixed

    @java_method("(Landroid/location/Location;)V")
    @callback
    def onLocationChanged(self, location: Any) -> None:
        self._fixed(location)

    @java_method("(Ljava/util/List;)V", name="onLocationChanged")
    @callback
    def on_locations_changed(self, locations: Any) -> None:
        """Since Android 12 fixes may come by the batch."""
        for at in range(locations.size()):
            self._fixed(locations.get(at))

    @java_method("(I)V")
    def onFlushComplete(self, _: int) -> None: ...

    @java_method("(Ljava/lang/String;)V")
    def onProviderEnabled(self, _: str) -> None: ...

    @java_method("(Ljava/lang/String;)V")
    def onProviderDisabled(self, _: str) -> None: ...

    @java_method("(Ljava/lang/String;ILandroid/os/Bundle;)V")
    def onStatusChanged(self, *_: Any) -> None: ...


class AndroidLocation:
    def __init__(self) -> None:
        self._listeners: list[Callable[[Position], None]] = []
        self._fixes = _Fixes(self._fixed)
        self._manager = java.system_service("location", "android.location.LocationManager")
        self._clock = java.find("android.os.SystemClock")
        self._wanted: tuple[float, bool] | None = None
        self._applied: tuple[float, frozenset[str]] | None = None
        self._turn = threading.Lock()

    def listen(self, fixed: Callable[[Position], None]) -> None:
        self._listeners.append(fixed)
        if self._wanted is not None:
            self.apply()

    def plan(self, *, interval_s: float, is_high_accuracy: bool) -> None:
        self._wanted = (interval_s, is_high_accuracy)
        self.apply()

    def apply(self) -> None:
        """Ask for what is wanted; also when a permission or a provider may have come."""
        with self._turn:
            if self._manager is None or self._wanted is None or not self._listeners:
                return
            interval_s, is_high_accuracy = self._wanted
            providers = self._providers(is_high_accuracy)
            if (interval_s, providers) == self._applied or not (providers or self._applied):
                return
            self._applied = None
            with java.forbidden_is_fine():
                self._manager.removeUpdates(self._fixes)
                looper = java.handler().getLooper()
                for provider in sorted(providers):
                    self._manager.requestLocationUpdates(provider, int(interval_s * 1000), 0.0, self._fixes, looper)
                self._applied = (interval_s, providers) if providers else None

    def _providers(self, is_high_accuracy: bool) -> frozenset[str]:
        """Those of this phone that the plan and the permissions allow."""
        is_fine = java.has_permission("ACCESS_FINE_LOCATION")
        if not is_fine and not java.has_permission("ACCESS_COARSE_LOCATION"):
            return frozenset()
        there = self._manager.getAllProviders()
        known = {str(there.get(at)) for at in range(there.size())}
        near = FUSED if FUSED in known and java.api() >= FUSED_SINCE_API else NETWORK
        chosen = {near} & known
        if GPS in known and is_fine and (is_high_accuracy or not chosen):
            chosen.add(GPS)
        return frozenset(chosen)

    def _fixed(self, location: Any) -> None:
        position = self._position(location)
        for fixed in self._listeners:
            fixed(position)

    def _position(self, location: Any) -> Position:
        age_s = max(0, self._clock.elapsedRealtimeNanos() - location.getElapsedRealtimeNanos()) * 1e-9
        return Position(
            lat=round(location.getLatitude(), 7),
            lon=round(location.getLongitude(), 7),
            # 68 %, as ours; a provider that knows none is believed little
            accuracy_m=round(location.getAccuracy(), 1) if location.hasAccuracy() else WORST_ACCURACY_M,
            fixed_at=datetime.now(UTC) - timedelta(seconds=age_s),
            source=SOURCES.get(str(location.getProvider()), "network"),
            speed_mps=round(location.getSpeed(), 2) if location.hasSpeed() else None,
            heading_deg=round(location.getBearing(), 1) if location.hasBearing() else None,
        )
