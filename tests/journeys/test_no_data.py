"""No data where she is: her cry comes as a text message, through a killed phone, and when data is back it is the same
incident, once; then without data again she takes it back by her PIN, and that comes as a text too. Later that night
she walks home, away from her home center, and her phone dies: the alarm of the walk comes to the center she is in.
Then the alarm is raised while she has no data, and either PIN ends her walk there; and a phone that has lost its data,
and another one of hers, go on with a walk that they don't know.

Real router, real center (home as well), real phone; the SMS gateway is the desktop's twin, a registered sender.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from location_router.bus import PgBus
from mobile_app.core.session import Confirmed, Shaken
from mobile_app.core.walk import Plan
from mobile_app.net import walks as net
from mobile_app.platforms.desktop_telephony import KEY_VARIABLE, TwinSms
from mobile_app.problem import Problem
from mobile_app.service.codec import write
from mobile_app.settings import load
from server.services import Services, make_services
from tests.journeys.test_second_press import cards, until_cards
from tests.location_router.routers import ANYANG_CODE, KEYS, World, a_world, until
from tests.location_router.senders.vendors import a_sender
from tests.mobile_app.running import Running, fix
from tests.server.conftest import listening, settings_for
from tests.server.deliveries import Clock
from tests.soak.center_child import do_jobs

pytestmark = pytest.mark.database
GATEWAY, NUMBER, HOME_CODE = "15880000", "01012345678", "11110"
BOTH = (("1234", "cancel", False), ("9876", "duress", True))
"""A PIN, what the router has of it, whether anybody still looks for her."""
IMPATIENT = '{"silent_s": [60, 60], "silent_far_s": [60, 60], "silent_not_set_out_s": [60, 60]}'


@asynccontextmanager
async def a_home(database: str, bus_url: str, world: World) -> AsyncIterator[tuple[Services, str]]:
    """Home and serving center in one, known to the router."""
    settings = settings_for(
        database, bus_url=bus_url, router_url=world.url, installation_key=KEYS["serving-1"], home_center=HOME_CODE,
        sos_text_number=GATEWAY, walk_patience=IMPATIENT,
    )  # fmt: skip
    services = make_services(settings, bus=PgBus(bus_url), clock=Clock())
    async with listening(services) as url:
        yield services, url


class Traveller:
    """Her phone, which may be killed and started again with the same folder."""

    def __init__(self, folder: Path, world: World, home_url: str) -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.urls = folder, {"router_url": world.url, "home_url": home_url}
        self.sms = TwinSms(f"{world.url}/v1/sms", NUMBER)

    async def start(self, *, has_data: bool, **chosen: Any) -> Running:
        known = {name: value for name, value in vars(load(self.folder)).items() if name not in ("pins", "countdown_s")}
        self.on = Running(self.folder, "", **(known | self.urls | chosen))
        object.__setattr__(self.on.device, "sms", self.sms)
        self.on.device.radio.on = has_data  # type: ignore[attr-defined]
        await self.on.start()
        self.on.device.location.give(fix())  # type: ignore[attr-defined]
        return self.on

    def texts(self) -> list[str]:
        """Phase letters of what left as text messages."""
        assert {to for to, _ in self.sms.sent} <= {GATEWAY}
        return [text.split(";")[2][0] for _, text in self.sms.sent]


async def test_a_cry_by_text_and_its_data_copy_are_one_incident(
    router_database: str, bus_database: str, installation_database: str, tmp_path: Path, monkeypatch: Any
) -> None:
    async with (
        a_world(router_database, bus_database) as world,
        a_home(installation_database, bus_database, world) as (services, home_url),
    ):
        gateway = await a_sender(world, "telco", scopes=("sms_gateway",))
        monkeypatch.setenv(KEY_VARIABLE, gateway.key)
        await until(lambda: world.rows("SELECT 1 FROM installation WHERE public_key_pem <> ''"))
        traveller = Traveller(tmp_path, world, home_url)
        on = await traveller.start(has_data=True)
        assert await asyncio.wrap_future(on.phone.sign_up(nickname="민지", phone=NUMBER))
        assert on.phone.settings.sos_text_number == GATEWAY and on.phone.settings.device_key

        on.device.radio.on = False  # type: ignore[attr-defined]
        on.phone.tell(Shaken())
        on.phone.tell(Confirmed())
        card = await until_cards(services, lambda card: card["phase"] == "active")
        assert (card["caller"]["name_masked"], card["caller"]["phone_masked"]) == ("", "***-****-5678")
        assert card["assignment"]["reason"] == "contains", "the place was in the text"
        assert card["alerts"][0]["alert_id"] == on.phone.session.alert_id
        assert world.rows("SELECT flags FROM alert") == [([],)], "the text's signature proves whose it is"
        await on.stop()  # the phone dies
        on = await traveller.start(has_data=False)
        await asyncio.sleep(2.5)
        assert traveller.texts() == ["A"], "and starts again without crying twice"
        assert len(on.phone._outbox), "the data copy waits"

        on.device.radio.on = True  # type: ignore[attr-defined]
        await until(lambda: not len(on.phone._outbox))
        again = await until_cards(services, lambda card: card["caller"]["name_masked"] == "민○")
        assert again["incident_id"] == card["incident_id"] and len(again["alerts"]) == 1
        await until(lambda: on.phone.session.center)
        await asyncio.sleep(0.3)
        assert traveller.texts() == ["A"] and world.rows("SELECT count(*) FROM alert") == [(1,)]

        on.device.radio.on = False  # type: ignore[attr-defined]
        await asyncio.wrap_future(on.phone.enter_pin("1234"))
        await until(lambda: world.rows("SELECT phase, outcome FROM alert") == [("ended", "cancel")])
        await until(lambda: traveller.texts() == ["A", "E"])
        assert len(await cards(services)) <= 1
        await on.stop()
        monkeypatch.setattr(net, "POST_EVERY_S", 0.0)
        await _a_walk_falls_silent(services, world, traveller)
        sizes = [await _an_alarm_she_never_saw(services, world, traveller, *one) for one in BOTH]
        assert sizes[0] == sizes[1], "whoever watches the wire sees no difference"
        await _a_phone_that_lost_its_walk(services, traveller, Traveller(tmp_path / "other", world, home_url))


async def _a_walk_falls_silent(services: Services, world: World, traveller: Traveller) -> None:
    """The phone's own service against the home center's own routes: silence, the ladder, the alarm where she is; and
    the phone that wakes takes up that very alert."""
    on = await traveller.start(has_data=True)
    await until(lambda: on.phone.session.phase != "active")
    plan = Plan(lat=37.41, lon=126.9227, place_name="집", eta_s=1200)
    await asyncio.wrap_future(on.phone.begin_walk(plan))
    await until(lambda: on.views[-1].walk.is_known)

    def has_come(row: dict[str, Any]) -> bool:
        on.device.location.give(fix(1, 37.4025))  # type: ignore[attr-defined]  # a receiver says it again and again
        return row["lat"] is not None and row["lat"] > 37.402

    row = await _until_walk(services, has_come)
    await on.stop()  # the battery is empty
    row, rungs = await _raised(services, row)
    steps = [one for one in rungs if one != "guardians"]  # gone at once: nobody was named who could be told
    assert steps == ["calm", "prompted", "called", "raised"]
    await do_jobs(services, was_killed=False)
    alert_id = str(row["alert_id"])
    card = await until_cards(services, lambda card: alert_id in card["alert_ids"] and card["phase"] == "active")
    assert (card["center"]["code"], card["assignment"]["reason"]) == (ANYANG_CODE, "contains"), "not where she lives"
    (hers,) = [one for one in card["alerts"] if one["alert_id"] == alert_id]
    assert (hers["trigger"], card["caller"]["name_masked"]) == ("overdue_walk", "민○")
    async with services.db.begin() as unit:
        where = await unit.scalar("SELECT lat FROM position WHERE alert_id = :id", {"id": row["alert_id"]})
    assert where == pytest.approx(37.4025, abs=1e-6), "her last one"

    on = await traveller.start(has_data=True)
    await until(lambda: on.phone.session.alert_id == alert_id and on.phone.session.phase == "active")
    await asyncio.wrap_future(on.phone.enter_pin("1234"))
    await until(lambda: world.rows("SELECT phase FROM alert WHERE alert_id = %s", alert_id) == [("ended",)])
    assert world.rows("SELECT count(*) FROM alert") == [(2,)], "one for the walk, whoever raised it"
    await _until_walk(services, lambda row: row["ended_at"] is not None)
    await on.stop()


async def _raised(services: Services, row: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Nobody answers: the walk's row, and the rungs it has climbed."""
    rungs = [row["rung"]]
    while row["rung"] != "raised":
        look_at = row["look_at"]
        services.clock.forward((look_at - services.clock()).total_seconds() + 1)  # type: ignore[attr-defined]
        row = await _until_walk(services, lambda row, before=look_at: row["look_at"] != before)
        rungs += [row["rung"]] if row["rung"] != rungs[-1] else []
    return row, rungs


async def _an_alarm_she_never_saw(
    services: Services, world: World, traveller: Traveller, pin: str, outcome: str, is_open: bool
) -> int:
    """Raised by her home center while she has no data; her PIN, entered there, is its end as well, also if the phone
    dies as soon as it has told it. Returns the size of what it said."""
    on = await traveller.start(has_data=True)
    await asyncio.wrap_future(on.phone.begin_walk(Plan(lat=37.41, lon=126.9227, eta_s=1200)))
    await until(lambda: on.views[-1].walk.is_known)
    on.device.radio.on = False  # type: ignore[attr-defined]
    row, _ = await _raised(services, await _until_walk(services, lambda row: row["ended_at"] is None))
    await do_jobs(services, was_killed=False)
    alert_id = str(row["alert_id"])
    await until_cards(services, lambda card: alert_id in card["alert_ids"])
    assert on.views[-1].walk.rung == "calm", "she knows nothing of it"
    assert await asyncio.wrap_future(on.phone.end_walk("cancel", pin)) == ""
    assert (on.views[-1].phase, on.views[-1].walk.ended) == ("idle", "cancel")
    (leaving,) = on.phone._walks.book.leaving
    on.device.radio.on = True  # type: ignore[attr-defined]
    row = await _until_walk(services, lambda row: row["ended_at"] is not None)
    await on.stop()
    assert (row["rung"], row["outcome"], row["sent_at"] is None) == ("raised", "cancelled", False)
    await do_jobs(services, was_killed=False)
    await until(
        lambda: world.rows("SELECT phase, outcome FROM alert WHERE alert_id = %s", alert_id) == [("ended", outcome)]
    )
    await _until_incident(services, row["alert_id"], is_open=is_open)
    return len(json.dumps(write(leaving.waiting)))


async def _a_phone_that_lost_its_walk(services: Services, traveller: Traveller, other: Traveller) -> None:
    """Its own walk it takes up by itself; a walk that another phone of hers leads only when she says so."""
    on = await traveller.start(has_data=True)
    await until(lambda: not on.phone._walks.is_busy)
    plan = Plan(lat=37.41, lon=126.9227, place_name="집", eta_s=1200, taxi_note="12가3456")
    await asyncio.wrap_future(on.phone.begin_walk(plan))
    await until(lambda: on.views[-1].walk.is_known)
    walk_id, token = on.views[-1].walk.walk_id, on.phone.settings.device_token
    await asyncio.wrap_future(on.phone.answer_walk("extend", 30))
    await until(lambda: on.views[-1].walk.is_known)
    await on.stop()
    (traveller.folder / "walk.json").unlink()
    on = await traveller.start(has_data=True)
    await until(lambda: on.views[-1].walk and on.views[-1].walk.walk_id == walk_id)
    walk = on.phone._walks.book.walk
    assert walk is not None and (walk.no, walk.plan.place_name, walk.plan.taxi_note) == (1, "집", "12가3456")
    await on.stop()

    new = await other.start(has_data=True, device_token=token)
    assert await asyncio.wrap_future(new.phone.sign_up(nickname="민지", phone=NUMBER))
    await until(lambda: new.views[-1].walk and new.views[-1].walk.elsewhere == "runs")
    assert new.views[-1].walk.place_name == "집" and not new.phone._walks.is_walking
    with pytest.raises(Problem) as refused:
        await asyncio.wrap_future(new.phone.begin_walk(plan))
    assert refused.value.code == "walk_runs"
    await until(lambda: new.views[-1].walk and new.views[-1].walk.elsewhere == "runs")
    await asyncio.wrap_future(new.phone.go_on_walk())
    assert new.views[-1].walk.walk_id == walk_id and not new.views[-1].walk.elsewhere

    def has_come(row: dict[str, Any]) -> bool:
        new.device.location.give(fix(1, 37.4031))  # type: ignore[attr-defined]
        return row["lat"] is not None and row["lat"] > 37.403

    assert str((await _until_walk(services, has_come))["walk_id"]) == walk_id, "her places go on under it"
    assert await asyncio.wrap_future(new.phone.end_walk("cancel")) == "pin_needed"
    assert await asyncio.wrap_future(new.phone.end_walk("cancel", "1234")) == ""
    row = await _until_walk(services, lambda row: row["ended_at"] is not None)
    assert (str(row["walk_id"]), row["outcome"], row["answer_no"]) == (walk_id, "cancelled", 2)
    await new.stop()


async def _until_incident(services: Services, alert_id: Any, *, is_open: bool) -> None:
    """Under duress somebody goes on looking for her, and sees why."""
    query = "SELECT i.phase, i.is_duress FROM incident i JOIN alert a USING (incident_id) WHERE a.alert_id = :id"
    seen: Any = None
    for _ in range(300):
        async with services.db.begin() as unit:
            seen = await unit.one(query, {"id": alert_id})
        if seen and (seen["phase"] == "active", seen["is_duress"]) == (is_open, is_open):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{seen}, but is_open should be {is_open}")


async def _until_walk(services: Services, check: Any) -> dict[str, Any]:
    async with asyncio.timeout(15):
        while True:
            async with services.db.begin() as unit:
                row = await unit.one("SELECT * FROM walk ORDER BY begun_at DESC LIMIT 1", {})
            if row is not None and check(row):
                return row
            await asyncio.sleep(0.05)
