"""An offer as an administrator writes it and as it is kept: the one place where its text becomes rules."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, field_validator, model_validator

from server.scouts.offer import DAY_MIN, WEEKDAYS, Hours, Hub, Offer

LATEST_MIN = DAY_MIN + 6 * 60
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Clock = Annotated[str, Field(pattern=r"^\d{2}:\d{2}-\d{2}:\d{2}$")]


class HubBody(BaseModel):
    """A meeting place."""

    hub_id: str = Field(min_length=1, max_length=40, pattern=r"^[a-z0-9-]+$")
    name_ko: str = Field(min_length=1, max_length=80)
    name_en: str = Field(default="", max_length=80)
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


class OfferBody(BaseModel):
    """`hours`: "22:00-25:00" is from ten until one the next morning. `radius_m`: around each hub; absent: everywhere
    in the jurisdiction. `pairs`: of a night for which none has been put on duty yet."""

    hours: dict[Weekday, Annotated[list[Clock], Field(max_length=4)]]
    lead_min: int = Field(default=30, ge=0, le=24 * 60)
    ahead_days: int = Field(default=7, ge=1, le=31)
    slot_min: Literal[5, 10, 15, 20, 30, 60] = 15
    trip_min: int = Field(default=40, ge=5, le=180)
    return_min: int = Field(default=30, ge=5, le=180)
    pairs: int = Field(default=1, ge=0, le=200)
    hubs: list[HubBody] = Field(default_factory=list, max_length=200)
    radius_m: float | None = Field(default=None, gt=0, le=20_000)
    blackout: list[date] = Field(default_factory=list, max_length=366)
    ends_on: date | None = None

    @field_validator("hours")
    @classmethod
    def _in_order(cls, hours: dict[Weekday, list[str]]) -> dict[Weekday, list[str]]:
        for day, spans in hours.items():
            before = 0
            for span in spans:
                begins, ends = (_minutes(text) for text in span.split("-"))
                if not before <= begins < ends <= LATEST_MIN or begins >= DAY_MIN:
                    raise ValueError(f"{day} {span}: from before until, in order, until 30:00 at most")
                before = ends
        return hours

    @model_validator(mode="after")
    def _hubs_for_radius(self) -> OfferBody:
        if self.radius_m is not None and not self.hubs:
            raise ValueError("radius_m is around hubs: name at least one, or leave it out")
        if len({one.hub_id for one in self.hubs}) != len(self.hubs):
            raise ValueError("hub_id: each hub has its own")
        return self


def _minutes(text: str) -> int:
    hours, minutes = (int(part) for part in text.split(":"))
    if minutes > 59:
        raise ValueError(f"{text} is no time: minutes go to 59")
    return hours * 60 + minutes


def offer_of(body: dict[str, Any], starts_on: date) -> Offer:
    """The rules of a kept offer."""
    read = OfferBody.model_validate(body)
    hours = tuple(
        Hours(WEEKDAYS.index(day), *(_minutes(text) for text in span.split("-")))
        for day, spans in read.hours.items()
        for span in spans
    )
    hubs = tuple(Hub(one.hub_id, one.name_ko, one.name_en or one.name_ko, one.lat, one.lon) for one in read.hubs)
    return Offer(
        hours=hours,
        starts_on=starts_on,
        ends_on=read.ends_on or date.max,
        lead_min=read.lead_min,
        ahead_days=read.ahead_days,
        slot_min=read.slot_min,
        trip_min=read.trip_min,
        return_min=read.return_min,
        pairs=read.pairs,
        hubs=hubs,
        radius_m=read.radius_m,
        blackout=frozenset(read.blackout),
    )
