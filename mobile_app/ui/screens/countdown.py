"""The countdown: big seconds, a button that sends now, and the PIN. The keypad never stops the time."""

from __future__ import annotations

from mobile_app.ui.screens.pin_screen import PinScreen


class CountdownScreen(PinScreen):
    pass
