"""New PINs for old. Whoever is forced to change them enters her duress PIN as the old one: then all looks the same, but
the PIN that was dictated becomes another duress PIN, and the one that really cancels stays as it was. So the new PIN
has as many digits as the old one: the keypad sends at that length, and hers must still fit. Pure but for the hashes.
"""

from __future__ import annotations

from dataclasses import replace

from mobile_app.core.pins import Pins, UnusablePin

LENGTH_STAYS = "pin_length_stays"


def changed(pins: Pins, verdict: str, pin: str, duress: str) -> Pins | str:
    """The new pair, or why it can't be one. `verdict`: of the old PIN that was entered, `cancel` or `duress`. Takes the
    same time either way."""
    try:
        chosen = Pins.choose(pin, duress)
    except UnusablePin as error:
        return error.code
    if pins.digits and len(pin) != pins.digits:
        return LENGTH_STAYS
    dictated = pins.with_duress(pin)
    return dictated if verdict == "duress" else replace(chosen, digits=pins.digits)
