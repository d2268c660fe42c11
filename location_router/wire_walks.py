"""A shared walk's dots between homes, router and centers; on no bus and no disk."""

from __future__ import annotations

from uuid import UUID

from pydantic import AwareDatetime, Field

from location_router.wire import DisclosedRow, Message, Short

MOST_UNCERTAIN_M = 150.0
"""A fix vaguer than this hands no walk over: it would throw her to and fro over a border."""


class WalkDot(Message):
    """A shared walk's dot, home center → router → the center that contains her; on no bus, and on the way no disk.
    Without a place: gone from the centers `left`. `center`: home's own finding, which counts where the fix is vague;
    from the router on: the center that is shown it."""

    walk: UUID
    at: AwareDatetime
    center: Short = ""
    left: list[Short] = Field(default_factory=list, max_length=8)
    state: Short = ""
    eta: AwareDatetime | None = None
    lat: float | None = Field(default=None, ge=-90, le=90, allow_inf_nan=False)
    lon: float | None = Field(default=None, ge=-180, le=180, allow_inf_nan=False)
    accuracy_m: float = Field(default=0.0, ge=0, le=1_000_000, allow_inf_nan=False)
    fixed_at: AwareDatetime | None = None

    @property
    def is_here(self) -> bool:
        """She is at a place in a center; otherwise she has gone."""
        return self.lat is not None and self.lon is not None and bool(self.center)


class WalkDots(Message):
    """`POST /v1/walks/dots`, of the router (signed by the home) and then of the center's server (signed by the router).
    `installation`: the home."""

    installation: Short
    dots: list[WalkDot] = Field(min_length=1, max_length=200)


class WalkDotTaken(Message):
    """`center`: who is shown it, empty for nobody; `served_by` its installation; `left`: those that show it no more."""

    walk: UUID
    center: Short = ""
    served_by: Short = ""
    is_taken: bool = False
    left: list[Short] = Field(default_factory=list, max_length=8)


class WalkShown(Message):
    """To whom a center has shown a walk: for her ledger."""

    walk: UUID
    center: Short
    rows: list[DisclosedRow] = Field(max_length=20)


class WalkDotsTaken(Message):
    """The answer to `WalkDots`."""

    taken: list[WalkDotTaken] = Field(default_factory=list, max_length=400)
    shown: list[WalkShown] = Field(default_factory=list, max_length=400)
