"""The battery ends: the newest place goes out once more at 5 % and at 2 %, by whatever way there is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mobile_app.core.session import Confirmed, Shaken
from tests.mobile_app.local_router import LocalRouter
from tests.mobile_app.running import Running, fix, until

GATEWAY = {"sos_text_number": "15880000", "device_ref": ":x68fZ8vOj8MTD6aVw2KWgscLQ", "device_key": "ab" * 16}


async def test_place_and_battery_are_told_again_though_nothing_moved_and_without_data_by_text(tmp_path: Path) -> None:
    router = LocalRouter()
    url = router.start()
    on: Any = await Running(tmp_path, url, **GATEWAY).start()
    texts: list[str] = []
    on.device.sms.send = lambda *, to, text: texts.append(text) or True
    try:
        on.device.location.give(fix())
        on.phone.tell(Shaken())
        on.phone.tell(Confirmed())
        await until(lambda: router.phases()[-1:] == ["active"] and router.positions, within_s=15)
        messages, places = len(router.alerts), len(router.positions)
        on.device.battery.level = 5
        await until(lambda: len(router.alerts) > messages and len(router.positions) > places, within_s=15)
        last = router.alerts[-1]
        assert (last["phase"], last["battery_percent"]) == ("active", 5) and last["position"]["lat"] == 37.4015
        assert {one["alert_id"] for one in router.alerts} == {last["alert_id"]} and texts == []
        on.device.radio.on = False
        on.device.battery.level = 2
        await until(lambda: texts, within_s=15)
        assert texts[0].split(";")[6] == "b2" and "last_gasp" in on.names()
    finally:
        await on.stop()
        router.stop()
