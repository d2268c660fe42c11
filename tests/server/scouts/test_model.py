"""Scouts' rules: a booking's life, codes, what a municipality offers, the way back, the calendar file."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from server.scouts import codes, model, way_back
from server.scouts.calendar import Duty, calendar
from server.scouts.model import Booking, NotAllowed
from server.scouts.offer import KOREA, Hub, Offer, Span, busy, covers, in_turn, of_day, slots
from server.scouts.offer_body import OfferBody, offer_of
from server.scouts.way_back import WayBack

AT = datetime(2026, 11, 20, 13, 0, tzinfo=UTC)  # a Friday, 22:00 in Korea
PAIR = uuid4()
COMMANDS = {
    "assign": lambda b, now: model.assign(b, PAIR),
    "unassign": lambda b, now: model.unassign(b),
    "arrive": model.arrive,
    "her_code": lambda b, now: model.read_code(b, "pair", True, now),
    "their_code": lambda b, now: model.read_code(b, "person", True, now),
    "wrong_code": lambda b, now: model.read_code(b, "pair", False, now),
    "begin": lambda b, now: model.begin(b),
    "reach_home": lambda b, now: model.reach_home(b),
    "close": model.close,
    "cancel": model.cancel,
    "call_off": model.call_off,
    "no_show": model.no_show,
    "come_back": model.come_back,
    "clock": lambda b, now: model.advance(b, now)[0],
}
Steps = st.lists(st.tuples(st.sampled_from(sorted(COMMANDS)), st.integers(0, 12)), max_size=25)


@settings(max_examples=50)
@given(Steps)
def test_whatever_happens_nobody_goes_along_unrecognised_and_an_end_is_an_end(steps: list[tuple[str, int]]) -> None:
    booking, now = Booking("booked", AT, 40), AT - timedelta(minutes=30)
    for name, minutes in steps:
        now += timedelta(minutes=minutes)
        before = booking
        try:
            booking = COMMANDS[name](before, now)
        except NotAllowed:
            assert before == booking
            continue
        if booking.state == "accompanying" and before.state != "accompanying":
            assert name == "begin" or (booking.her_code_read and booking.their_code_read and not before.is_locked)
        if before.state in ("closed", "cancelled", "called_off"):
            assert booking == before
        if booking.state in model.OVER:
            assert booking.ended_at is not None and model.due_at(booking) is None
        if booking.state == "no_show" != before.state:
            assert before.waiting_since is not None and now >= before.waiting_since + model.WAIT and now >= AT
        if booking.state in model.MEETING:
            assert booking.pair_id is not None
        assert model.advance(booking, now)[1] == "" or name != "clock", "the same moment twice is once"


def test_codes_are_good_for_a_step_before_and_after_and_for_one_side_only() -> None:
    key, other, booking_id = b"k" * 32, b"o" * 32, uuid4()
    for late_s, good in ((0, True), (30, True), (-30, True), (61, False), (-61, False)):
        shown = codes.code_at(key, "pair", AT + timedelta(seconds=late_s))
        assert codes.is_right(key, "pair", shown, AT) is good, late_s
    shown = codes.code_at(key, "pair", AT)
    assert not codes.is_right(key, "person", shown, AT) and not codes.is_right(other, "pair", shown, AT)
    assert codes.read(f" {shown[:3]} {shown[3:]}\n", booking_id, "pair") == shown
    drawn = codes.qr_text(booking_id, "pair", shown)
    assert codes.read(drawn, booking_id, "pair") == shown
    assert codes.read(drawn, uuid4(), "pair") == "" == codes.read(drawn, booking_id, "person")
    assert {codes.read(text, booking_id, "pair") for text in ("", "12345", "1234567", "12345６", "a" * 200)} == {""}


WEEK = OfferBody(
    hours={"mon": ["22:00-24:00"], "tue": ["22:00-25:00"], "fri": ["21:00-22:00", "23:00-25:00"]},
    lead_min=30,
    slot_min=30,
    trip_min=40,
    pairs=2,
    blackout=[date(2026, 11, 24)],
)


def korean(slot: object) -> str:
    return f"{slot.at.astimezone(KOREA):%a %H:%M}"  # type: ignore[attr-defined]


def test_slots_go_past_midnight_keep_the_lead_time_and_leave_out_blackout_nights() -> None:
    offer = offer_of(WEEK.model_dump(mode="json"), date(2026, 11, 1))
    now = datetime(2026, 11, 20, 21, 10, tzinfo=KOREA)
    found = slots(offer, now, duty=[], taken=[])
    assert [korean(one) for one in found] == [
        *("Fri 23:00", "Fri 23:30", "Sat 00:00", "Sat 00:30"),
        *("Mon 22:00", "Mon 22:30", "Mon 23:00", "Mon 23:30"),
        *("Fri 21:00",),  # a week ahead, to the minute
    ], "21:30 is within the lead time, Tuesday is a blackout"
    after_midnight = datetime(2026, 11, 21, 0, 0, tzinfo=KOREA)
    assert korean(slots(offer, after_midnight, duty=[], taken=[])[0]) == "Sat 00:30", "last night still runs"
    friday = found[0].at
    one_pair = [Span(friday, friday + timedelta(hours=2))]
    assert {slot.left for slot in slots(offer, now, duty=one_pair, taken=[])[:4]} == {1}, "who is put on duty counts"
    taken = [Span(friday, friday + timedelta(minutes=40))]
    assert [slot.left for slot in slots(offer, now, duty=one_pair, taken=taken)[:3]] == [0, 0, 1]


@settings(max_examples=20)
@given(st.integers(1, 3), st.lists(st.integers(0, 30), max_size=10))
def test_no_more_trips_are_promised_than_pairs_walk(pairs: int, wishes: list[int]) -> None:
    offer = replace(offer_of(WEEK.model_dump(mode="json"), date.min), pairs=pairs, slot_min=20, ahead_days=2)
    taken: list[Span] = []
    for wish in wishes:
        free = [slot for slot in slots(offer, AT - timedelta(days=1), duty=[], taken=taken) if slot.left > 0]
        if free:
            at = free[wish % len(free)].at
            taken.append(Span(at, at + timedelta(minutes=offer.trip_min)))
    assert all(busy(one, taken) <= pairs for one in taken)


def test_offers_follow_each_other_and_areas_are_around_hubs() -> None:
    first, second = (offer_of(WEEK.model_dump(mode="json"), day) for day in (date(2026, 1, 1), date(2026, 6, 1)))
    assert [one.ends_on for one in in_turn([second, first])] == [date(2026, 5, 31), date.max]
    assert of_day([first, second], date(2026, 5, 31)) is not None and of_day([first], date(2025, 12, 31)) is None
    hub = Hub("pyeongchon-1", "평촌역 1번 출구", "Pyeongchon Sta. exit 1", 37.3943, 126.9638)
    near = Offer(hours=(), hubs=(hub,), radius_m=800)
    assert covers(near, lat=37.3943, lon=126.9568) and not covers(near, lat=37.4043, lon=126.9568)
    for wrong in ({"mon": ["25:00-26:00"]}, {"mon": ["22:00-21:00"]}, {"mon": ["22:00-23:61"]}, {"mon": ["1-2"]}):
        with pytest.raises(ValidationError):
            OfferBody(hours=wrong)  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="name at least one"):
        OfferBody(hours={}, radius_m=500)


@given(st.lists(st.integers(1, 400), max_size=12), st.booleans())
def test_who_is_overdue_is_told_of_once_by_rung_and_at_last_to_the_leader(waits: list[int], is_seen: bool) -> None:
    way, now, told = WayBack(AT), AT - timedelta(minutes=10), []
    for wait_s in waits:
        now += timedelta(seconds=wait_s)
        way, happened = way_back.advance(way, now)
        if happened:
            told.append((happened, now))
            way = way_back.seen(way) if is_seen else way
    assert [name for name, _ in told] == (["overdue"] if is_seen else ["overdue", "overdue_leader"])[: len(told)]
    assert all(at >= AT for _, at in told) and all(at >= AT + way_back.LEADER_AFTER for _, at in told[1:])
    assert way_back.heard(way, None) == WayBack() and way_back.due_at(WayBack()) is None
    assert way_back.extended(way, now, 60).safe_by == now + timedelta(hours=1) if way.safe_by else True


def test_the_calendar_is_a_calendar_without_names() -> None:
    duty = Duty(PAIR, "1조; 만안,동안", "경기도 안양시" * 6, AT, AT + timedelta(hours=3), is_over=True)
    text = calendar([duty], AT - timedelta(days=1))
    lines = text.split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR" and lines[-2:] == ["END:VCALENDAR", ""]
    assert all(len(line.encode()) <= 75 for line in lines)
    unfolded = text.replace("\r\n ", "")
    assert "DTSTART:20261120T130000Z\r\n" in unfolded and "STATUS:CANCELLED" in unfolded
    assert "1조\\; 만안\\,동안" in unfolded
