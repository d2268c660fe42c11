"""plyer on whatever machine runs the tests: a level, or an honest "unknown", and not a word on the output."""

from __future__ import annotations

import pytest

from mobile_app.platforms import plyer_parts
from mobile_app.platforms.plyer_parts import PlyerBattery


def test_a_machine_says_its_level_or_that_it_has_none(capsys: pytest.CaptureFixture[str]) -> None:
    level = PlyerBattery().percent()
    assert level is None or 0 <= level <= 100
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("status", "level"), [({"percentage": 41.6}, 42), ({"percentage": None}, None), ({}, None)])
def test_what_plyer_says_is_rounded_and_trouble_is_unknown(
    monkeypatch: pytest.MonkeyPatch, status: dict[str, float | None], level: int | None
) -> None:
    class Told:
        pass

    told = Told()
    told.status = status  # type: ignore[attr-defined]
    monkeypatch.setattr(plyer_parts, "battery", told)
    assert PlyerBattery().percent() == level
