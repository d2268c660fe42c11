"""What a municipality offers: hours by weekday (past midnight too), lead time, area, hubs, pairs; and what of it is
still free; pure. Hours are Korean wall-clock time; a night belongs to the day it begins on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone

from location_router.geo import distance_m

KOREA = timezone(timedelta(hours=9))
DAY_MIN = 24 * 60
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Hours:
    """From and until in minutes after the midnight that begins the day; until 01:00 next morning is 1500."""

    weekday: int  # 0 = Monday
    from_min: int
    until_min: int


@dataclass(frozen=True, slots=True)
class Hub:
    """A place where one meets: a station's exit, a bus stop."""

    hub_id: str
    name_ko: str
    name_en: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Offer:
    """In force for the nights from `starts_on` to `ends_on`, both of them. `pairs`: how many walk in a night for which
    nobody has been put on duty yet. `radius_m`: of the area around each hub; None: the whole jurisdiction."""

    hours: tuple[Hours, ...]
    starts_on: date = date.min
    ends_on: date = date.max
    lead_min: int = 30
    ahead_days: int = 7
    slot_min: int = 15
    trip_min: int = 40
    return_min: int = 30
    pairs: int = 1
    hubs: tuple[Hub, ...] = ()
    radius_m: float | None = None
    blackout: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Span:
    """From a moment to another, which is not of it."""

    begins: datetime
    ends: datetime

    def overlaps(self, other: Span) -> bool:
        return self.begins < other.ends and other.begins < self.ends

    def holds(self, other: Span) -> bool:
        return self.begins <= other.begins and other.ends <= self.ends


@dataclass(frozen=True, slots=True)
class Slot:
    """An appointment that can be had; `left`: how many pairs are free for it."""

    at: datetime
    left: int


def night(day: date, hours: Hours) -> Span:
    """The hours of that day in UTC."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=KOREA)
    return Span(midnight + timedelta(minutes=hours.from_min), midnight + timedelta(minutes=hours.until_min))


def nights(offer: Offer, now: datetime) -> list[Span]:
    """What is worked from last night (it may still run) to the last day that can be booked, in order."""
    today = now.astimezone(KOREA).date()
    days = [today + timedelta(days=n) for n in range(-1, offer.ahead_days + 1)]
    spans = [
        night(day, one)
        for day in days
        if offer.starts_on <= day <= offer.ends_on and day not in offer.blackout
        for one in offer.hours
        if one.weekday == day.weekday()
    ]
    return sorted(spans, key=lambda span: span.begins)


def slots(offer: Offer, now: datetime, *, duty: Sequence[Span], taken: Sequence[Span]) -> list[Slot]:
    """Every appointment from now + lead time on that lies in the hours, with the pairs that are free for the whole
    trip. The trip may end after the hours do (nobody is left on the way), its beginning may not.

    `duty`: when pairs are on duty (planned or now); `taken`: the trips already promised."""
    earliest, latest = now + timedelta(minutes=offer.lead_min), now + timedelta(days=offer.ahead_days)
    found: dict[datetime, Slot] = {}
    for span in nights(offer, now):
        planned = [one for one in duty if one.overlaps(span)]
        at = span.begins
        while at < span.ends:
            if earliest <= at <= latest:
                found[at] = Slot(at, _left(offer, at, planned, taken))
            at += timedelta(minutes=offer.slot_min)
    return [found[at] for at in sorted(found)]


def _left(offer: Offer, at: datetime, planned: Sequence[Span], taken: Sequence[Span]) -> int:
    trip = Span(at, at + timedelta(minutes=offer.trip_min))
    there = sum(1 for one in planned if one.begins <= at < one.ends) if planned else offer.pairs
    return max(0, there - busy(trip, taken))


def busy(trip: Span, taken: Sequence[Span]) -> int:
    """How many pairs are on the way at once, at most, during that trip."""
    others = [one for one in taken if one.overlaps(trip)]
    moments = [trip.begins, *(one.begins for one in others if one.begins > trip.begins)]
    return max(sum(1 for one in others if one.begins <= moment < one.ends) for moment in moments)


def in_turn(offers: Sequence[Offer]) -> list[Offer]:
    """Each until the day before the next one begins: of two offers for a night, the one that began later counts."""
    ranked = sorted(offers, key=lambda one: one.starts_on)
    ends = [*(one.starts_on - timedelta(days=1) for one in ranked[1:]), date.max][: len(ranked)]
    cut = [replace(one, ends_on=min(one.ends_on, end)) for one, end in zip(ranked, ends, strict=True)]
    return [one for one in cut if one.starts_on <= one.ends_on]


def of_day(offers: Sequence[Offer], day: date) -> Offer | None:
    """The offer for the night that begins on that day."""
    return next((one for one in in_turn(offers) if one.starts_on <= day <= one.ends_on), None)


def night_of(at: datetime) -> date:
    """The day whose night it is: until six in the morning the day before."""
    return (at.astimezone(KOREA) - timedelta(hours=6)).date()


def nearest_hub(offer: Offer, *, lat: float, lon: float) -> tuple[Hub, float] | None:
    """The nearest meeting place and how far it is, in metres; None without hubs."""
    ranked = [(hub, distance_m(lat=lat, lon=lon, to_lat=hub.lat, to_lon=hub.lon)) for hub in offer.hubs]
    return min(ranked, key=lambda pair: pair[1], default=None)


def covers(offer: Offer, *, lat: float, lon: float) -> bool:
    """Whether the place is in the area; that it is in the jurisdiction has been asked before."""
    if offer.radius_m is None:
        return True
    near = nearest_hub(offer, lat=lat, lon=lon)
    return near is not None and near[1] <= offer.radius_m
