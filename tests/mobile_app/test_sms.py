"""The ladder with its disk and the phone's text messages: what the router reads in them, and what a kill leaves."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from location_router.runtime.device_keys import device_key, device_ref
from location_router.sms_text import SmsAlert, decode, fixed_at
from mobile_app.core.ids import uuid7
from mobile_app.core.ladder import Ladder
from mobile_app.core.messages import DRILL, AlertMessage, Caller, CenterRef, Position, Status
from mobile_app.disk import read_json
from mobile_app.net.outbox import Outbox
from mobile_app.net.sms import FILE, Credentials, TextMessages

KEYS = {"home-1": "the secret of home-1"}
DEVICE = UUID("7d9f2f3a-3f0c-4c3e-9a57-0d8a5a0b1c2d")
GOOD = Credentials("15880000", device_ref("home-1", DEVICE), device_key(KEYS["home-1"], str(DEVICE)).hex())
RAISED = datetime(2026, 11, 21, 16, 3, tzinfo=UTC)
ALERT = AlertMessage(
    alert_id=uuid7(RAISED, 5), phase="active", raised_at=RAISED, trigger="shake", battery_percent=41,
    position=Position(lat=37.4015, lon=126.9227, accuracy_m=12, fixed_at=RAISED),
)  # fmt: skip


class Phone:
    """The parts around the ladder in a test's hand. `texts`: `(to, what the router reads)` in order."""

    def __init__(self, folder: Path, credentials: Credentials = GOOD) -> None:
        self.folder, self.credentials = folder, credentials
        self.now_s, self.is_on, self.takes = 0.0, True, True
        self.position: Position | None = None
        self.percent: int | None = None
        self.texts: list[tuple[str, str]] = []
        self.notes: list[Any] = []
        self.dials: list[tuple[str, str]] = []
        self.begin()

    def begin(self) -> None:
        """The process starts; what was before is what its files say."""
        self.outbox = Outbox(self.folder / "outbox")
        self.ladder = TextMessages(
            self.folder, sms=self, outbox=self.outbox, credentials=lambda: self.credentials,
            is_radio_on=lambda: self.is_on, position=lambda: self.position, battery=lambda: self.percent,
            dial=lambda alert_id, number: self.dials.append((alert_id, number)), clock_s=lambda: self.now_s,
        )  # fmt: skip

    def send(self, *, to: str, text: str) -> bool:
        if not self.takes:
            return False
        self.notes.append(json.loads((self.folder / FILE).read_text())[ALERT.alert_id]["texts"])
        self.texts.append((to, text))
        return True

    def put(self, message: AlertMessage) -> None:
        self.outbox.put(message)
        self.ladder.put(message)

    def accept(self, phase: str) -> None:
        self.ladder.accepted(ALERT.alert_id, phase)
        for entry in self.outbox.entries(ALERT.alert_id):
            self.outbox.done(entry)

    async def until(self, second: float) -> Phone:
        while self.now_s < second:
            self.now_s += 1.0
            self.ladder.tick()
            await asyncio.sleep(0)
            while self.ladder._sending:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        return self

    def read(self, number: int = -1) -> SmsAlert:
        found = decode(self.texts[number][1], KEYS)
        assert found.alert is not None and found.installation == "home-1"
        return found.alert


async def test_the_text_goes_to_the_gateway_with_the_place_and_battery_of_now(tmp_path: Path) -> None:
    phone = Phone(tmp_path)
    phone.put(ALERT)
    phone.percent = 39
    phone.position = Position(lat=37.5, lon=127.0, accuracy_m=20, fixed_at=RAISED + timedelta(seconds=7))
    await phone.until(9)
    [(number, text)] = phone.texts
    said = phone.read()
    assert number == "15880000" and len(text) <= 160
    assert (str(said.alert_id), said.phase, said.trigger) == (ALERT.alert_id, "active", "shake")
    assert (said.lat, said.lon, said.battery_percent) == (37.5, 127.0, 39)
    assert fixed_at(said, default=RAISED) == phone.position.fixed_at
    await phone.until(70)
    assert len(phone.texts) == 2 and phone.notes[0]["active"][0] == 1 and phone.notes[1]["active"][0] == 2
    assert phone.dials == [(ALERT.alert_id, "112")]


@pytest.mark.parametrize("which", ["the 202", "the center's receipt"])
async def test_a_confirmation_stops_it_and_takes_the_call_back(which: str, tmp_path: Path) -> None:
    phone = Phone(tmp_path)
    phone.put(ALERT)
    await phone.until(21)
    if which == "the 202":
        phone.accept("active")
    else:
        center = CenterRef(code="41170", name_ko="안양시", name_en="Anyang-si")
        phone.ladder.received(
            Status(status_id="s", alert_id=ALERT.alert_id, assignment_no=1, state="received", center=center, at=RAISED)
        )
    await phone.until(300)
    assert len(phone.texts) == 1 and [number for _, number in phone.dials] == ["112", ""]


async def test_forced_and_cancelled_are_one_to_whoever_holds_the_phone(tmp_path: Path) -> None:
    """Invariant 9: number, length, moment and letters of the texts, and the ladder's file; only signatures differ."""
    seen: list[Any] = []
    for outcome in ("cancel", "duress"):
        phone = Phone(tmp_path / outcome)
        phone.put(ALERT)
        await phone.until(12)
        phone.put(replace(ALERT, phase="ended", outcome=outcome))
        await phone.until(100)
        assert (phone.read().phase, phone.read().outcome) == ("ended", outcome)
        saved = json.loads((tmp_path / outcome / FILE).read_text())[ALERT.alert_id]
        states = {key: value for key, value in saved.items() if not key.endswith("_at")}
        states["texts"] = {phase: [count, sure] for phase, (count, _, sure) in states["texts"].items()}
        size = len((tmp_path / outcome / FILE).read_bytes())
        seen.append((states, size, [(to, text[:-14], len(text)) for to, text in phone.texts], phone.dials))
        assert outcome not in (tmp_path / outcome / FILE).read_text()
    assert seen[0] == seen[1] and len(seen[0][2]) == 3


async def test_killed_at_any_moment_a_phase_goes_out_once_or_twice_and_a_202_counts(tmp_path: Path) -> None:
    for killed_at in (0, 3, 8, 9, 40, 70):
        phone = Phone(tmp_path / str(killed_at))
        phone.put(ALERT)
        await phone.until(killed_at)
        phone.begin()
        await phone.until(300)
        assert 1 <= len(phone.texts) <= 2, killed_at
        assert phone.read().phase == "active"
    confirmed = Phone(tmp_path / "between the 202 and the ladder's file")
    confirmed.put(ALERT)
    await confirmed.until(2)
    for entry in confirmed.outbox.entries():
        confirmed.outbox.done(entry)
    confirmed.begin()
    assert (await confirmed.until(300)).texts == []


async def test_a_phone_that_takes_no_text_is_asked_again_and_nothing_is_counted(tmp_path: Path) -> None:
    phone = Phone(tmp_path)
    phone.takes = False
    phone.put(ALERT)
    await phone.until(25)
    phone.takes = True
    await phone.until(29)
    assert len(phone.texts) == 1
    await phone.until(300)
    assert len(phone.texts) == 2


@pytest.mark.parametrize(
    "credentials",
    [Credentials(), replace(GOOD, number="112"), replace(GOOD, number="119"), replace(GOOD, device_key="no hex"),
     replace(GOOD, device_ref="short")],
)  # fmt: skip
async def test_without_a_gateway_no_machine_writes_to_the_police_and_the_call_is_offered_at_once(
    credentials: Credentials, tmp_path: Path
) -> None:
    phone = Phone(tmp_path, credentials)
    phone.put(ALERT)
    await phone.until(8)
    assert phone.texts == [] and phone.dials == [(ALERT.alert_id, "112")]


async def test_a_drill_is_texted_as_a_drill_and_offers_no_call_and_a_silent_one_says_so(tmp_path: Path) -> None:
    phone = Phone(tmp_path)
    quiet = Caller(language="en", profile={"call": "silent", "home_door": "2nd floor"})
    phone.put(replace(ALERT, service=DRILL, caller=quiet))
    await phone.until(60)
    said = phone.read()
    assert said.is_drill and said.is_silent and said.language == "en" and phone.dials == []
    phone.accept("active")
    phone.begin()
    phone.ladder.gasp(5, does_data_work=False)
    await phone.until(62)
    said = phone.read()
    assert len(phone.texts) == 2, "its message is gone from the outbox, and the last gasp still says what it was"
    assert (said.phase, said.is_drill, said.is_silent, said.trigger) == ("active", True, True, "shake")


def test_a_torn_file_is_an_empty_ladder_or_a_whole_one(tmp_path: Path) -> None:
    ladder = Ladder()
    ladder.put(ALERT.alert_id, "active", now_s=0, about={"trigger": "shake"})
    ladder.tick(30, is_radio_on=True, can_text=True)
    whole = json.dumps(ladder.save(30, RAISED))
    path = tmp_path / FILE
    for cut in range(0, len(whole), 3):
        path.write_text(whole[:cut])
        assert Ladder.resume(read_json(path), now_s=0, wall=RAISED).waiting() == []
    path.write_text(whole)
    assert Ladder.resume(read_json(path), now_s=0, wall=RAISED).waiting() == [(ALERT.alert_id, "active")]
