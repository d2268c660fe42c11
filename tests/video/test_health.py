"""Five cameras are five working ones: real streams are watched, the bad ones told, and what heals is told too."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from server.video.analyser import Analysis, ConsoleAnalyser, Finding, create_analyser
from server.video.gateway import WarmCamera
from server.video.hub import Hub
from server.video.keeping import Keeper
from server.video.watching import Due, Pace, Told, Watcher
from tests.video.conftest import RunningCity
from tests.video.seat import eventually

FAST = Pace(tick_s=0.05, look_s=0.3, hurry_s=0.3, tell_s=600, patrol_per_minute=0)


@dataclass
class Ledger:
    """The registry in memory."""

    told: dict[str, list[str]] = field(default_factory=dict)
    ptz: set[str] = field(default_factory=set)
    waiting: list[Due] = field(default_factory=list)
    fails: int = 0
    found_kinds: list[tuple[str, str]] = field(default_factory=list)
    may_look: set[str] = field(default_factory=set)

    async def note(self, camera_id: str, health: Told, at: datetime) -> None:
        if self.fails:
            self.fails -= 1
            raise ConnectionError("the database is away")
        self.told.setdefault(camera_id, []).append(health)

    async def movable(self, camera_ids: Collection[str]) -> Collection[str]:
        return self.ptz & set(camera_ids)

    async def due(self, limit: int) -> Sequence[Due]:
        return [one for one in self.waiting if one.camera_id not in self.told][:limit]

    async def allowed(self, camera_ids: Collection[str]) -> Collection[str]:
        return self.may_look & set(camera_ids)

    async def found(self, camera_id: str, finding: Finding, at: datetime) -> None:
        self.found_kinds.append((camera_id, finding.kind))

    def now(self, camera_id: str) -> str | None:
        return self.told.get(camera_id, [None])[-1]


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Verdicts after looks that are half a second apart."""
    monkeypatch.setattr("server.video.judging.LEAST_GAP_S", 0.3)


@pytest.fixture
def fault(city: RunningCity) -> Iterator[Any]:
    touched: set[str] = set()

    def cause(camera_id: str, kind: str, **body: object) -> None:
        touched.add(camera_id)
        city.fault(camera_id, kind, **body)

    yield cause
    for camera_id in touched:
        city.fault(camera_id, "clear")


@contextlib.asynccontextmanager
async def running(*works: Any):  # type: ignore[no-untyped-def]
    tasks = [asyncio.create_task(work.run()) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_every_kind_of_bad_camera_is_told_apart_and_healing_too(city: RunningCity, fault, soon) -> None:
    bad = {"dark": "dark", "covered": "obstructed", "moved": "obstructed", "repeat": "frozen", "down": "down"}
    bad |= {"freeze": "frozen"}
    cameras = {kind: f"loop-{n}" for n, kind in enumerate(bad, 1)}
    hub, ledger = Hub(), Ledger(fails=2)
    ledger.ptz.add("loop-8")
    hub.hold("rare-keys-1", "sub", city.url("rare-keys-1"), "buffer")
    others = {"still": "still-1", "well": "loop-7", "ptz": "loop-8", "badly_set": "b-frames"}
    for camera_id in [*cameras.values(), *others.values()]:
        hub.hold(camera_id, "sub", city.url(camera_id), "buffer")
    try:
        async with running(Watcher(hub, ledger, FAST)):
            good = [*cameras.values(), "still-1", "loop-7", "loop-8"]
            await eventually(lambda: all(ledger.now(one) == "working" for one in good), 30)
            await eventually(lambda: ledger.now("b-frames") == "down", 15)
            for kind, camera_id in cameras.items():
                fault(camera_id, kind)
            fault("loop-8", "turn", heading_deg=90.0)
            await eventually(lambda: {k: ledger.now(c) for k, c in cameras.items()} == bad, 30)
            for camera_id in cameras.values():
                fault(camera_id, "clear")
            await eventually(lambda: all(ledger.now(one) == "working" for one in cameras.values()), 30)
        assert {one: ledger.told[one] for one in ("still-1", "loop-7", "loop-8")} == dict.fromkeys(
            ("still-1", "loop-7", "loop-8"), ["working"]
        ), "an empty street, a quiet one and a turned PTZ camera are no faults"
        assert "rare-keys-1" not in ledger.told, "one key frame looked at many times is no frozen camera"
    finally:
        await hub.close()


async def test_the_patrol_looks_at_cameras_that_nobody_watches_and_lets_them_go(
    city: RunningCity, fault, soon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.video.hub.LINGER_S", 0.1)
    fault("loop-10", "down")
    hub, ledger = Hub(), Ledger(waiting=[Due(one, city.url(one)) for one in ("rare-keys-2", "loop-9", "loop-10")])
    pace = Pace(tick_s=0.05, look_s=0.3, hurry_s=0.3, visit_s=3.0, patrol_per_minute=600)
    try:
        async with running(Watcher(hub, ledger, pace)):
            await eventually(lambda: hub.report() and {row["class"] for row in hub.report()} == {"patrol"})
            await eventually(lambda: (ledger.now("loop-9"), ledger.now("loop-10")) == ("working", "down"), 20)
            await eventually(lambda: not hub.report(), 20)
        assert ledger.told["rare-keys-2"] == ["working"], "one look, and not due for ever"
    finally:
        await hub.close()


class Town:
    """Open incidents and addresses, as the installation would tell them."""

    def __init__(self, cameras: dict[str, str]) -> None:
        self.cameras, self.is_away = cameras, False

    async def wanted(self) -> Sequence[WarmCamera]:
        if self.is_away:
            raise ConnectionError("the database is away")
        return [WarmCamera(camera_id, url) for camera_id, url in self.cameras.items()]

    async def stream_url(self, camera_id: str, quality: str) -> str:
        return self.cameras[camera_id]


async def test_cameras_of_an_open_incident_stay_and_a_corrected_password_works_by_itself(city: RunningCity) -> None:
    wrong = city.url("locked").replace("//", "//ansim:wrong@")
    hub, town = Hub(), Town({"loop-18": city.url("loop-18"), "locked": wrong})
    try:
        async with running(Keeper(hub, town, town, every_s=0.3)):
            await eventually(lambda: (stream := hub.find("locked", "sub")) and stream.state().reason == "password")
            await eventually(lambda: (stream := hub.find("loop-18", "sub")) and stream.state().state == "live")
            town.is_away = True
            await asyncio.sleep(0.7)
            town.is_away = False
            town.cameras["locked"] = wrong.replace("wrong", "p%40ss")
            await eventually(lambda: hub.find("locked", "sub").state().state == "live")
            assert "p%40ss" not in str(hub.report()) and {row["class"] for row in hub.report()} == {"sos"}
            town.cameras.clear()
            await eventually(lambda: not any(row["warm_s"] for row in hub.report()))
    finally:
        await hub.close()


class Alarmist:
    """Finds something in every picture, and once something that it may not say."""

    def __init__(self) -> None:
        self.shapes: set[tuple[int, ...]] = set()

    def look(self, camera_id: str, picture: NDArray[np.uint8], at: datetime) -> Sequence[Finding]:
        self.shapes.add(picture.shape)
        if camera_id == "loop-20":
            raise RuntimeError("a bug in somebody else's program")
        return [Finding("face", 0.9), Finding("person_down", 0.8)]


async def test_an_analyser_sees_only_allowed_cameras_names_no_face_and_breaks_nothing(city: RunningCity, soon) -> None:
    hub, ledger, analyser = Hub(), Ledger(may_look={"loop-19", "loop-20"}), Alarmist()
    analysis = Analysis(analyser, ledger)
    for camera_id in ("loop-18", "loop-19", "loop-20"):
        hub.hold(camera_id, "sub", city.url(camera_id), "buffer")
    try:
        async with running(Watcher(hub, ledger, FAST, onlookers=[analysis])):
            await eventually(lambda: analysis.counts["failed"] and analysis.counts["found"], 20)
            await eventually(lambda: analysis.counts["not_allowed"] and analysis.counts["refused"] > 1, 20)
        assert ledger.found_kinds == [("loop-19", "person_down")], "once a minute, and no face"
        assert analyser.shapes == {(360, 640, 3)}
    finally:
        await analysis.close()
        await hub.close()


def test_an_analyser_is_named_or_there_is_none() -> None:
    assert create_analyser("none") is None and isinstance(create_analyser("console"), ConsoleAnalyser)
    assert isinstance(create_analyser("tests.video.test_health:Alarmist"), Alarmist)
    for name in ("consol", "tests.video.test_health:Nobody", "tests.video.test_health:Town", "builtins:object"):
        with pytest.raises(ValueError, match="ANALYSER="):
            create_analyser(name)
