"""What comes into the phone's brain, and what it asks for: the inputs and effects of `core/session.py`. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mobile_app.core.messages import Accepted, Said, Status
from mobile_app.core.profiles import SILENT, Rules


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, or when it happened, and the randomness a new id may need. `monotonic_s` is the machine's own clock."""

    monotonic_s: float
    wall: datetime
    entropy: int = 0


# ---- the person and her phone ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HoldStarted: ...


@dataclass(frozen=True, slots=True)
class HoldReleased: ...


@dataclass(frozen=True, slots=True)
class SafeHoldStarted:
    """She holds until she is safe: letting go asks for help."""


@dataclass(frozen=True, slots=True)
class SafeHoldReleased:
    """She let go."""


@dataclass(frozen=True, slots=True)
class SafeHoldMissed:
    """The window that she held is gone; if none says soon that she still holds, she has let go."""


@dataclass(frozen=True, slots=True)
class Tapped:
    """One press of the tap area; five of them within 3 s ask for help."""


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """A hardware key; five presses within 3 s ask for help. An OS that counts itself tells how many this stands for."""

    presses: int = 1


@dataclass(frozen=True, slots=True)
class Shaken: ...


@dataclass(frozen=True, slots=True)
class Fell: ...


@dataclass(frozen=True, slots=True)
class Screamed: ...


@dataclass(frozen=True, slots=True)
class WalkOverdue:
    """She did not arrive and did not answer. Asks for help once for each walk, however often it is told, by the alert
    that was named when the walk began. `is_raised`: her home center has raised it already."""

    walk_id: str
    alert_id: str = ""
    is_raised: bool = False


@dataclass(frozen=True, slots=True)
class Confirmed: ...


@dataclass(frozen=True, slots=True)
class PinChecked:
    """`verdict` is `cancel`, `duress` or `wrong`. Also where nothing is going on: a duress PIN there asks for help."""

    verdict: str


@dataclass(frozen=True, slots=True)
class NoiseStopped:
    """Siren and strobe off; the alert goes on."""


@dataclass(frozen=True, slots=True)
class RescueConfirmed:
    """Her answer to "are you safe?", asked when help is on scene and after the center has closed."""

    is_safe: bool


@dataclass(frozen=True, slots=True)
class Revealed:
    """She wants to see her covert alert: from now on it is a silent one on the screen."""


@dataclass(frozen=True, slots=True)
class AtHome:
    on: bool


@dataclass(frozen=True, slots=True)
class DrillChosen:
    on: bool


@dataclass(frozen=True, slots=True)
class RulesChosen:
    rules: Rules


@dataclass(frozen=True, slots=True)
class Say:
    """The person says something: a code (quick reply, tap) or a text, in `language`."""

    kind: str
    code: str = ""
    text: str = ""
    language: str = "ko"
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Dismissed: ...


@dataclass(frozen=True, slots=True)
class Tick: ...


# ---- news from outside ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AcceptedBy:
    accepted: Accepted


@dataclass(frozen=True, slots=True)
class StatusArrived:
    status: Status


@dataclass(frozen=True, slots=True)
class LineOver:
    """The router says that this alert has ended."""

    alert_id: str


@dataclass(frozen=True, slots=True)
class LineEnded:
    """The router takes nothing more for this alert."""

    alert_id: str


@dataclass(frozen=True, slots=True)
class SaidArrived:
    """The center said something."""

    said: Said


@dataclass(frozen=True, slots=True)
class SaidDelivered:
    """The router has the line of this alert on disk, or will never take it."""

    alert_id: str
    said_id: str


@dataclass(frozen=True, slots=True)
class DialDue:
    """Nobody has confirmed this alert (`core/ladder.py`): she may call `number` herself; "" takes the offer back."""

    alert_id: str
    number: str = "112"


Input = (
    HoldStarted
    | HoldReleased
    | SafeHoldStarted
    | SafeHoldReleased
    | SafeHoldMissed
    | Tapped
    | KeyPressed
    | Shaken
    | Fell
    | Screamed
    | WalkOverdue
    | Confirmed
    | PinChecked
    | NoiseStopped
    | RescueConfirmed
    | Revealed
    | AtHome
    | DrillChosen
    | RulesChosen
    | Say
    | Dismissed
    | Tick
    | AcceptedBy
    | StatusArrived
    | LineEnded
    | LineOver
    | SaidArrived
    | SaidDelivered
    | DialDue
)


# ---- effects --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Send:
    """Put a message of this alert into the outbox; the service adds position, caller and battery."""

    alert_id: str
    phase: str
    service: str
    trigger: str
    raised_at: str
    countdown_s: float
    outcome: str = ""
    profile: str = SILENT
    is_at_home: bool = False


@dataclass(frozen=True, slots=True)
class Track:
    """Send positions of this alert and hear its statuses."""

    alert_id: str


@dataclass(frozen=True, slots=True)
class Linger:
    """The center has closed it: no more positions, but a last line of the talk may still go (by POST)."""

    alert_id: str


@dataclass(frozen=True, slots=True)
class Untrack:
    alert_id: str


@dataclass(frozen=True, slots=True)
class Vibrate:
    """Milliseconds on, off, on …"""

    pattern_ms: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sound:
    """`siren`, over and over until None."""

    kind: str | None


@dataclass(frozen=True, slots=True)
class Strobe:
    on: bool


@dataclass(frozen=True, slots=True)
class Capture:
    """Begin or end taking photos and sound for this alert."""

    alert_id: str
    on: bool


@dataclass(frozen=True, slots=True)
class TryCaptures:
    """Of a drill: send one marked item the way that photos go. Nothing is taken."""

    alert_id: str


@dataclass(frozen=True, slots=True)
class Notify:
    """What the notification says: `countdown`, `active`, `closed`, None for its neutral words. A covert alert changes
    nothing about it, so there is no word for it."""

    kind: str | None


@dataclass(frozen=True, slots=True)
class OfferDial:
    """Let her call this number by one tap, also from the notification; "" takes the offer back."""

    number: str


@dataclass(frozen=True, slots=True)
class SpeakUp:
    """There is something unsaid for the line of this alert."""

    alert_id: str


@dataclass(frozen=True, slots=True)
class Shown:
    """Tell the router that the person can read this line."""

    alert_id: str
    said_id: str


Effect = (
    Send | Track | Linger | Untrack | Vibrate | Sound | Strobe | Capture | TryCaptures | Notify | OfferDial | SpeakUp
    | Shown
)  # fmt: skip
