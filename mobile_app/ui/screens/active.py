"""The alert is out: who has it, what they do, and whether the position gets through."""

from __future__ import annotations

from mobile_app.ui.screens.pin_screen import PinScreen


class ActiveScreen(PinScreen):
    pass
