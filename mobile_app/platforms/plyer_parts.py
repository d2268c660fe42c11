"""What plyer still does well, behind our ports: the battery's level and the vibrator. Nothing else of it is used.

plyer 2.1.0 reads accelerometers at 5 Hz and its GPS and notifications fail on current Android, so those ports get
adapters of their own; a device that plyer doesn't know answers NotImplementedError or worse, which means "unknown".
"""

from __future__ import annotations

import contextlib
import io

from plyer import battery, vibrator


class PlyerBattery:
    """The machine's own battery; None on a desktop without one."""

    def percent(self) -> int | None:
        try:
            with contextlib.redirect_stdout(io.StringIO()):  # plyer prints when a tool is missing
                level = battery.status["percentage"]
        except Exception:  # plyer raises whatever its back end meets: no level is no reason to fail
            return None
        return None if level is None else max(0, min(100, round(float(level))))


class PlyerVibrator:
    """The phone's motor; nothing where plyer knows none."""

    def vibrate(self, pattern_ms: tuple[int, ...]) -> None:
        try:
            vibrator.pattern(pattern=[0.0, *(each / 1000 for each in pattern_ms)])  # plyer begins with a pause
        except Exception:  # plyer raises whatever its back end meets: no motor is no reason to fail
            return
