"""Photos and sound on the phone: cut, chained, sealed before they go, first things first, through kills and PINs."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobile_app.core import captures as plan
from mobile_app.core.ids import uuid7
from mobile_app.net.captures import Shelf, Uploader
from mobile_app.net.outbox import RefusedMessage, Unreachable
from mobile_app.platforms.fake import FakeSealer, fake_device
from mobile_app.ports import ABSENT
from mobile_app.service.captures import TakenCaptures
from server.captures import model as center
from tests.mobile_app.running import until

ALERT = uuid7(datetime(2026, 11, 22, tzinfo=UTC), 1)
START = datetime(2026, 11, 22, 1, tzinfo=UTC)


def taken(number: int = 0, kind: str = plan.PHOTOGRAPH) -> plan.Taken:
    at = START + timedelta(seconds=number)
    what = "image/jpeg" if kind == plan.PHOTOGRAPH else "audio/wav"
    return plan.Taken(uuid7(at, number), kind, what, "back", at.isoformat(), 0.0)


def made(*sizes: int) -> list[tuple[str, bytes]]:
    head, pieces = plan.Head(), []
    for number, size in enumerate(sizes):
        for piece in plan.cut(ALERT, taken(number), bytes([number % 256]) * size, head):
            pieces.append(piece)
            head = head.after(*piece)
    return pieces


def chain(pieces: list[tuple[str, bytes]]) -> center.Chain:
    """As the center sees it: the two ends share no code, so each checks the other."""
    links = []
    for text, body in pieces:
        read = center.Header.model_validate_json(text)
        links.append(
            center.Link(read.capture_id, read.chain_no, bytes.fromhex(read.previous), center.digest(text, body))
        )
    return center.chain_of(links)


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


sizes = st.lists(st.integers(1, 3 * plan.PIECE_BYTES), min_size=2, max_size=4)


@given(sizes, st.randoms(use_true_random=False))
def test_in_any_order_the_chain_holds_and_every_piece_fits_the_wire(sizes: list[int], order: Any) -> None:
    pieces = made(*sizes)
    order.shuffle(pieces)
    assert chain(pieces) == center.Chain(frozenset(), 0, 0)
    assert sum(len(body) for _, body in pieces) == sum(sizes)
    assert all(len(body) <= plan.PIECE_BYTES and len(text) < 1024 for text, body in pieces)


@given(sizes, st.data())
def test_what_is_changed_or_left_out_shows(sizes: list[int], data: st.DataObject) -> None:
    pieces = made(*sizes)
    at = data.draw(st.integers(0, len(pieces) - 2))
    text, body = pieces[at]
    changed = [*pieces[:at], (text, hashlib.sha256(body).digest()), *pieces[at + 1 :]]
    assert chain(changed).broken
    gone = [*pieces[:at], *pieces[at + 1 :]]
    assert (chain(gone).missing, chain(gone).begins_at) == ((0, 1) if at == 0 else (1, 0))


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans(), st.integers(0, 5)), min_size=1, unique=True))
def test_the_first_of_each_goes_first_then_the_newest_photo(rows: list[tuple[int, bool, int]]) -> None:
    waiting = [
        plan.Waiting(at, uuid7(START + timedelta(seconds=at), at), plan.PHOTOGRAPH if is_photo else plan.SOUND, number)
        for at, is_photo, number in rows
    ]
    order = []
    left = set(waiting)
    while left:
        one = plan.first_to_go(left)
        assert one is not None
        left.discard(one)
        order.append(one)
    firsts = [one.piece_no == 0 for one in order]
    assert firsts == sorted(firsts, reverse=True)
    photos = [one.capture_id for one in order if one.piece_no and one.kind == plan.PHOTOGRAPH]
    assert photos == sorted(photos, reverse=True)
    assert plan.first_to_go([]) is None


@given(st.integers(0, plan.SHARE_BYTES - 1), st.integers(0, plan.SHARE_BYTES - 1), st.floats(0, 86_400))
def test_the_room_is_never_used_up_at_once_and_never_exceeded(one: int, other: int, since_s: float) -> None:
    less, more = sorted((one, other))
    assert plan.photo_pause_s(since_s, less) <= plan.photo_pause_s(since_s, more) < float("inf")
    assert plan.sound_pause_s(less) <= plan.sound_pause_s(more)
    assert plan.photo_pause_s(since_s, plan.SHARE_BYTES) == plan.sound_pause_s(plan.SHARE_BYTES) == float("inf")
    pieces = made(100_000)
    assert plan.fits(pieces, more) == (more + 100_000 <= plan.SHARE_BYTES)
    assert plan.cut(ALERT, taken(), b"", plan.Head()) == [] == plan.cut(
        ALERT, taken(), bytes(plan.LARGEST_BYTES + 1), plan.Head()
    )  # fmt: skip


def test_a_kill_at_any_point_of_keeping_leaves_a_chain_that_goes_on(tmp_path: Path) -> None:
    whole = made(100_000, 30)
    shelf = Shelf(tmp_path / "one", FakeSealer())
    head = shelf.keep(ALERT, whole, plan.Head())
    files = sorted((tmp_path / "one" / ALERT).glob("*.piece"))
    assert len(files) == 4 and all(path.read_bytes().startswith(FakeSealer.MARK) for path in files)
    for count in range(len(files) + 1):  # so many pieces were on the disk, and the head not yet
        folder = tmp_path / f"killed{count}" / ALERT
        folder.mkdir(parents=True)
        for path in files[:count]:
            (folder / path.name).write_bytes(path.read_bytes())
        again = Shelf(folder.parent, FakeSealer())
        after = again.head(ALERT)
        assert after.next_no == count
        again.keep(ALERT, plan.cut(ALERT, taken(9), b"after the kill", after), after)
        assert not chain([again.read(ALERT, one) for one in again.waiting(ALERT)]).broken
    assert shelf.head(ALERT) == head
    (tmp_path / "one" / ALERT / "head.json").write_text("{torn")
    assert shelf.head(ALERT) == head, "counted from the pieces"


class Carrier:
    """The router, as far as an uploader sees it."""

    def __init__(self) -> None:
        self.got: dict[tuple[str, int], tuple[str, bytes]] = {}
        self.order: list[tuple[str, int]] = []
        self.confirmed: set[tuple[str, int]] = set()
        self.is_up, self.refuses, self.asked, self.most = True, False, 0, 1000

    async def put_piece(self, header: str, body: bytes, *, way: tuple[str, str, int], live_token: str) -> None:
        if not self.is_up or len(self.got) >= self.most:
            raise Unreachable("down")
        if self.refuses:
            raise RefusedMessage("413")
        assert live_token == "token" and way[0] == ALERT
        self.order.append(way[1:])
        self.got[way[1:]] = header, body

    async def pieces(self, alert_id: str, *, live_token: str) -> dict[tuple[str, int], bool]:
        self.asked += 1
        if not self.is_up:
            raise Unreachable("down")
        return {key: key in self.confirmed for key in self.got}


async def test_pieces_leave_the_phone_when_the_center_has_them_and_give_way_to_talk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mobile_app.net.captures.ASK_EVERY_S", 0.05)
    monkeypatch.setattr("mobile_app.net.captures.breath_s", lambda _: 0.0)
    shelf, carrier, busy = Shelf(tmp_path, FakeSealer()), Carrier(), [True]
    carrier.most = 2
    pieces = made(100_000, 60_000)
    shelf.keep(ALERT, pieces, plan.Head())

    def run(token: str) -> asyncio.Task[None]:
        up = Uploader(
            shelf, router=lambda: carrier, token=lambda _: token, is_busy=lambda: busy[0], is_over=lambda _: True  # type: ignore[arg-type,return-value]
        )  # fmt: skip
        return asyncio.create_task(up.run())

    task = run("token")
    await asyncio.sleep(0.3)
    assert not carrier.order and not carrier.asked, "positions and talk go first"
    busy[0] = False
    await until(lambda: len(carrier.got) == 2, within_s=15)
    task.cancel()  # and the phone dies
    await asyncio.gather(task, return_exceptions=True)
    first = set(carrier.got)
    carrier.most = 1000
    task = run("")  # the alert's own token is gone with the tracking
    await until(lambda: len(carrier.got) == len(pieces), within_s=15)
    await asyncio.sleep(0.2)
    assert len(carrier.order) == len(pieces), "nothing twice"
    assert {number for _, number in first} == {0}, "the first of each"
    assert not chain(list(carrier.got.values())).broken
    assert len(shelf.waiting(ALERT)) == len(pieces), "the router's word is not the center's"
    carrier.confirmed = set(carrier.got)
    await until(lambda: not (tmp_path / ALERT).exists(), within_s=15)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("mode", plan.MODES)
async def test_what_is_taken_is_what_was_chosen_and_nothing_raw_stays(
    tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    device, carrier = fake_device(), Carrier()
    carrier.is_up = False
    held = TakenCaptures(tmp_path, device, router=lambda: carrier, token=lambda _: "token", mode=lambda: mode)  # type: ignore[arg-type,return-value]
    held.start()
    held.try_way(drill := uuid7(START, 7))
    held.begin(ALERT)
    held.begin(ALERT)
    recorder: Any = device.recorder
    if mode == plan.OFF:
        await asyncio.sleep(0.3)
        assert not (tmp_path / "captures").exists() and not device.camera.taken  # type: ignore[attr-defined]
        return await held.close()
    shelf = Shelf(tmp_path / "captures", device.sealer)
    await until(lambda: len(shelf.waiting(ALERT)) >= 2, within_s=15)
    if mode == plan.PHOTO_SOUND:
        await until(lambda: recorder.path is not None)
        recorder.give(b"RIFF whisper")
        await until(lambda: len(shelf.waiting(ALERT)) >= 3, within_s=15)
        await until(lambda: recorder.path is not None, within_s=15)
    assert (recorder.path is not None) == (mode == plan.PHOTO_SOUND)
    held.end(ALERT)
    await until(lambda: recorder.path is None)
    await until(lambda: len(shelf.waiting(drill)) == 1, within_s=15)
    await held.close()
    header, body = shelf.read(drill, shelf.waiting(drill)[0])
    assert center.Header.model_validate_json(header).is_test and body == plan.TEST_PICTURE
    assert not any("is_test" in shelf.read(ALERT, one)[0] for one in shelf.waiting(ALERT)), "only a drill says so"
    kinds = {one.kind for one in shelf.waiting(ALERT)}
    assert kinds == ({"photo", "sound"} if mode == plan.PHOTO_SOUND else {"photo"})
    assert not (tmp_path / "captures-raw").exists()
    plain = [path.read_bytes() for path in files_in(tmp_path) if path.suffix != ".piece"]
    assert b"whisper" not in b"".join(plain)
    lenses = [json.loads(shelf.read(ALERT, one)[0])["lens"] for one in shelf.waiting(ALERT) if one.kind == "photo"]
    assert lenses[:2] == ["back", "front"]


async def test_a_shelf_goes_whole_and_never_while_the_alert_may_make_more(tmp_path: Path) -> None:
    """After a day without a piece (a full room, capture switched off) the next one still follows the last."""
    held = TakenCaptures(
        tmp_path, fake_device(), router=lambda: Carrier(), token=lambda _: "", mode=lambda: plan.OFF  # type: ignore[arg-type,return-value]
    )  # fmt: skip
    shelf, over = Shelf(tmp_path / "captures", FakeSealer()), uuid7(START, 5)
    head = shelf.keep(ALERT, made(100_000), plan.Head())
    for one in shelf.waiting(ALERT):
        shelf.remove(ALERT, one)
    shelf.keep(over, plan.cut(over, taken(1), b"x", plan.Head()), plan.Head())
    for path in [*files_in(tmp_path), *(tmp_path / "captures").iterdir()]:
        os.utime(path, (time.time() - 25 * 3600,) * 2)
    shelf.keep_token(over, "of this start")
    held.start()
    held.begin(ALERT)
    await until(lambda: shelf.alerts() == [ALERT])
    assert shelf.head(ALERT) == head
    held.end(ALERT)
    await until(lambda: shelf.alerts() == [])
    await held.close()


async def test_what_nobody_will_ever_take_leaves_the_phone(tmp_path: Path) -> None:
    shelf, carrier = Shelf(tmp_path, FakeSealer()), Carrier()
    carrier.refuses = True
    shelf.keep(ALERT, made(30), plan.Head())
    torn = next((tmp_path / ALERT).glob("*.piece"))
    shelf.keep(ALERT, plan.cut(ALERT, taken(2), b"more", shelf.head(ALERT)), shelf.head(ALERT))
    torn.write_bytes(b"torn")
    up = Uploader(shelf, router=lambda: carrier, token=lambda _: "token", is_busy=lambda: False, is_over=lambda _: True)  # type: ignore[arg-type,return-value]
    task = asyncio.create_task(up.run())
    await until(lambda: not (tmp_path / ALERT).exists(), within_s=15)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_one_alerts_trouble_keeps_no_others_pictures_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mobile_app.net.captures.breath_s", lambda _: 0.0)

    class Choosy(Carrier):
        async def pieces(self, alert_id: str, *, live_token: str) -> dict[tuple[str, int], bool]:
            if alert_id != ALERT:
                raise Unreachable("429")
            return await super().pieces(alert_id, live_token=live_token)

    shelf, carrier = Shelf(tmp_path, FakeSealer()), Choosy()
    pieces = made(100_000)
    shelf.keep(ALERT, pieces, plan.Head())
    for other in ("00000000-0000-7000-8000-000000000000", "ffffffff-0000-7000-8000-000000000000"):
        shelf.keep(other, plan.cut(other, taken(1), b"x", plan.Head()), plan.Head())
    up = Uploader(shelf, router=lambda: carrier, token=lambda _: "token", is_busy=lambda: False, is_over=lambda _: True)  # type: ignore[arg-type,return-value]
    task = asyncio.create_task(up.run())
    await until(lambda: len(carrier.got) == len(pieces), within_s=15)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_without_a_cipher_nothing_is_kept(tmp_path: Path) -> None:
    device = replace(fake_device(), sealer=ABSENT, recorder=ABSENT)
    held = TakenCaptures(
        tmp_path, device, router=lambda: Carrier(), token=lambda _: "token", mode=lambda: plan.PHOTO  # type: ignore[arg-type,return-value]
    )  # fmt: skip
    held.begin(ALERT)
    await until(lambda: len(device.camera.taken) == 2)  # type: ignore[attr-defined]
    await held.close()
    assert files_in(tmp_path) == []
