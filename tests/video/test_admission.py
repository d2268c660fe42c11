"""Who gets a stream when there are more wishes than room: the rule, and a flood on a real hub."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.video.admission import RANKS, Class, Occupant, who_makes_room
from server.video.hub import Hub, NoRoom
from tests.video.conftest import RunningCity
from tests.video.seat import eventually

classes = st.sampled_from(["sos", "watched", "buffer", "patrol"])
occupants = st.lists(
    st.builds(Occupant, st.uuids(), st.none() | classes, st.booleans(), st.floats(0, 1e4)), max_size=12, unique_by=id
)


@given(occupants, classes)
def test_nobody_goes_for_a_lower_or_an_equal_one_but_a_forgotten_pin(open_: list[Occupant], wanted: Class) -> None:
    gone = next((one for one in open_ if one.key == who_makes_room(open_, wanted)), None)
    if gone is None:
        assert all(RANKS[one.class_] >= RANKS[wanted] for one in open_)
        assert wanted != "sos" or all(one.class_ == "sos" and one.is_firm for one in open_), "an SOS was refused"
        return
    assert RANKS[gone.class_] < RANKS[wanted] or (gone.class_ == wanted == "sos" and not gone.is_firm)
    if gone.class_ == "watched":
        assert not [one for one in open_ if one.class_ in (None, "patrol", "buffer")], "a picture before a machine"


async def test_in_a_flood_every_alert_gets_its_five_and_the_others_come_back(
    city: RunningCity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Room for eight: patrol and buffers are there first, two alerts come, somebody watches; then room is made."""
    monkeypatch.setattr("server.video.hub.MOST_STREAMS", 8)
    hub = Hub()
    try:
        lost: list[str] = []
        patrol = [hub.hold(f"loop-{n}", "sub", city.url(f"loop-{n}"), "patrol") for n in (1, 2)]
        buffers = [hub.hold(f"loop-{n}", "sub", city.url(f"loop-{n}"), "buffer") for n in (3, 4, 5)]
        for hold in buffers:
            hold.stream.tap(lambda _: None, lost.append)
        assert all(hub.warm(f"loop-{n}", city.url(f"loop-{n}"), 60) for n in range(6, 11))
        assert not any(hold.is_open for hold in patrol), "the patrol goes first"
        assert [hold.is_open for hold in buffers].count(True) == 3
        with pytest.raises(NoRoom):
            hub.hold("loop-1", "sub", city.url("loop-1"), "patrol")
        watcher = hub.stream("loop-11", "sub", city.url("loop-11")).join()
        assert lost == ["no_room"] and hub.find("loop-11", "sub")
        five = [f"loop-{n}" for n in range(12, 17)]
        assert all(hub.warm(camera_id, city.url(camera_id), 120) for camera_id in five)
        assert {one.camera_id for one in hub.streams()} >= {*five, "loop-11"}, "the newer alert has its five"
        assert hub.refused["sos"] == 0 and len(hub.streams()) == 8 and not any(hold.is_open for hold in buffers)
        older = [f"loop-{n}" for n in range(6, 11) if hub.find(f"loop-{n}", "sub") is None]
        assert older, "pins of the older alert made room"
        hub.stream(older[0], "sub", city.url(older[0])).join()  # its operator looks: an SOS, whatever he says
        held = [hub.hold(one.camera_id, "sub", one.url, "sos") for one in hub.streams()]
        with pytest.raises(NoRoom):
            hub.hold("loop-20", "sub", city.url("loop-20"), "sos")
        monkeypatch.setattr("server.video.hub.MOST_STREAMS", 12)
        await eventually(lambda: all(hub.find(camera_id, "sub") for camera_id in older))
        for hold in [*held, *patrol, *buffers]:
            hold.release()
            hold.release()
        assert watcher in hub.stream("loop-11", "sub", city.url("loop-11")).viewers
    finally:
        await hub.close()


async def test_a_tap_gets_every_picture_in_order_and_its_end_and_breaks_nobody(city: RunningCity) -> None:
    hub = Hub()
    got, lost = [], []
    try:
        hold = hub.hold("loop-17", "sub", city.url("loop-17"), "buffer")
        hold.stream.tap(lambda _: 1 / 0)  # a tap with a mistake in it
        untap = hold.stream.tap(got.append, lost.append)
        await eventually(lambda: len(got) > 6)
        assert got[0].is_key and [one.pts for one in got] == sorted({one.pts for one in got})
        city.fault("loop-17", "down")
        await eventually(lambda: lost)
        assert lost[0] == "down" and hold.is_open
        count = len(got)
        city.fault("loop-17", "up")
        await eventually(lambda: len(got) > count + 3, 15)
        assert got[count].is_key, "after a break it begins at a key frame"
        untap()
        untap()
        count = len(got)
        assert hub.report()[0]["holds"] == 1 and hub.report()[0]["class"] == "buffer"
        hold()
        assert not hold.is_open and len(got) == count
    finally:
        city.fault("loop-17", "clear")
        await hub.close()
