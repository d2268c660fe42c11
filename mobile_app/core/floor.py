"""Floors gone up or down since a reference, from air pressure. Pure; a hint with its uncertainty, never an address.

Near the ground 1 hPa is about 8.4 m, so a floor of 3 m is 0.36 hPa. A phone's sensor is good to 0.02 hPa from moment to
moment, but the weather moves by up to 1 hPa an hour, a gust or a closing lift door by 0.1, and nobody knows which floor
is the ground floor: the hint says "three floors above where the street ended", and its uncertainty grows with time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

FLOOR_M = 3.0
"""Korean flats are 2.8 to 3.0 m from floor to floor, offices and hospitals up to 4.2 m: see `FLOOR_SHARE`."""
FLOOR_SHARE = 0.15
SCALE_M = 8434.0
"""Height over which the pressure falls by e at 15 °C; 10 °C more or less change it by 3.5 %."""
NOISE_M = 0.4
DRIFT_M_PER_SQRT_HOUR = 2.5
"""The weather wanders like a random walk: about 0.3 hPa in an hour of ordinary weather."""
SMOOTH_S = 4.0
PLAUSIBLE_HPA = (600.0, 1100.0)
GAP_S = 900.0


@dataclass(frozen=True, slots=True)
class FloorHint:
    """`floors` up (+) or down (-) since the reference; true with 95 % within ± `uncertainty_floors`."""

    floors: int
    rise_m: float
    uncertainty_floors: float
    since_s: float

    @property
    def is_useful(self) -> bool:
        """Worth showing to someone who has to choose a staircase."""
        return self.uncertainty_floors <= 3.0


@dataclass(slots=True)
class Barometer:
    """Feed readings in order. `mark(t_s)` sets the reference, as where the person last had open sky (a good fix)."""

    _smooth_hpa: float | None = None
    _reference_hpa: float | None = None
    _reference_s: float = 0.0
    _last_s: float = field(default=-math.inf)

    def feed(self, t_s: float, hpa: float) -> None:
        """One reading. Impossible or backward ones are passed over; after 15 min of silence the reference is lost."""
        if not (math.isfinite(t_s) and PLAUSIBLE_HPA[0] <= hpa <= PLAUSIBLE_HPA[1]) or t_s < self._last_s:
            return
        step_s, self._last_s = t_s - self._last_s, t_s
        if self._smooth_hpa is None or step_s > GAP_S:
            self._smooth_hpa, self._reference_hpa, self._reference_s = hpa, hpa, t_s
            return
        self._smooth_hpa += (1 - math.exp(-step_s / SMOOTH_S)) * (hpa - self._smooth_hpa)

    def mark(self) -> None:
        """From here on floors are counted from the present height."""
        self._reference_hpa, self._reference_s = self._smooth_hpa, self._last_s

    def hint(self) -> FloorHint | None:
        """None before the first reading."""
        if self._smooth_hpa is None or self._reference_hpa is None:
            return None
        rise_m = SCALE_M * math.log(self._reference_hpa / self._smooth_hpa)
        since_s = self._last_s - self._reference_s
        drift_m = DRIFT_M_PER_SQRT_HOUR * math.sqrt(since_s / 3600)
        off_m = 2 * math.hypot(NOISE_M, drift_m, FLOOR_SHARE * rise_m / 2)
        return FloorHint(round(rise_m / FLOOR_M), round(rise_m, 1), round(max(0.5, off_m / FLOOR_M), 1), since_s)
