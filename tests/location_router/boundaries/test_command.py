"""The administrator's way: import, look, compare, activate, ask as of a date. With the real move of 군위군."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from location_router.__main__ import app
from location_router.boundaries import command
from location_router.boundaries.area import areas_of
from location_router.runtime import postgres
from tests.databases import TestServer
from tests.location_router.boundaries.maps import Row, geojson
from tests.location_router.places import GUNWI_OFFICE, in_force


@pytest.fixture
def ansim(router_database: str, snapshot: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs one command in this process; returns its exit code and what it said."""
    monkeypatch.setenv("DATABASE_URL", router_database)
    monkeypatch.setenv("BOUNDARY_SNAPSHOT", str(snapshot))

    def run(*words: object, code: int = 0) -> Any:
        done = CliRunner().invoke(app, [str(word) for word in words])
        assert done.exit_code == code, (done.output, done.exception)
        return json.loads(done.stdout) if "--json" in words and code == 0 else done.output

    return run


def around_gunwi(day: str) -> list[Row]:
    """군위군 and its neighbours as they were on a day, under the codes of that day."""
    version = in_force(day)
    mine = {"47720", "27720", "47190", "47230", "47730", "47750", "47850", "27710", "27140"}
    return [(one.code, one.name_ko, one.polygon) for one in areas_of(version, only=mine).values()]


def test_gunwi_moves_from_gyeongbuk_to_daegu_on_the_first_of_july_2023(ansim: Any, tmp_path: Path) -> None:
    labels = {}
    for day in ("2023-01-01", "2023-07-01"):
        file = geojson(tmp_path / f"{day}.geojson", around_gunwi(day))
        labels[day] = ansim("boundaries", "import", file, "--effective", day, "--json")["version"]
    assert labels == {"2023-01-01": "2023-01-01.1", "2023-07-01": "2023-07-01.1"}
    changed = ansim("boundaries", "diff", *labels.values(), "--json", "--geojson", tmp_path / "d.geojson")["changes"]
    assert [(one["kind"], one["from"]["code"], one["to"]["code"]) for one in changed] == [("recoded", "47720", "27720")]
    assert changed[0]["to"]["name_ko"] == "대구광역시 군위군" and changed[0]["km2"] == pytest.approx(614, rel=0.02)
    (shape,) = json.loads((tmp_path / "d.geojson").read_text())["features"]
    assert shape["geometry"]["type"] in ("Polygon", "MultiPolygon")
    place = (GUNWI_OFFICE["lat"], GUNWI_OFFICE["lon"])
    before = ansim("locate", *place, "--as-of", "2023-07-01", "--json")
    assert before["boundary_version"] == "2023-07-01"  # nothing takes effect before it is activated
    assert "--allow-missing" in ansim("boundaries", "activate", labels["2023-07-01"], code=2)
    for label in labels.values():
        ansim("boundaries", "activate", label, "--until", "2023-08-01", "--allow-missing")
    answers = [ansim("locate", *place, "--as-of", day, "--json") for day in ("2023-06-30", "2023-07-01", "2023-08-01")]
    assert [one["center"]["name_ko"] for one in answers] == ["경상북도 군위군", *["대구광역시 군위군"] * 2]
    assert [one["boundary_version"] for one in answers] == ["2023-01-01.1", "2023-07-01.1", "2023-07-01"]
    states = {one["version"]: one["state"] for one in ansim("boundaries", "list", "--json")["versions"]}
    assert states["2023-07-01.1"] == "past" and states["2023-07-01"] == "built-in"
    ansim("boundaries", "rollback")
    assert ansim("locate", *place, "--as-of", "2023-07-01", "--json")["boundary_version"] == "2023-01-01.1"


def test_without_the_database_the_snapshot_answers(ansim: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = geojson(tmp_path / "a.geojson", around_gunwi("2023-07-01"))
    ansim("boundaries", "import", file, "--effective", "2023-07-01", "--name", "군위")
    ansim("boundaries", "activate", "군위", "--allow-missing")
    place = (GUNWI_OFFICE["lat"], GUNWI_OFFICE["lon"])
    assert ansim("locate", *place, "--json")["boundary_version"] == "군위"
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:1/gone")
    said = ansim("locate", *place)
    assert "군위" in said and "snapshot" in said
    assert "can't be reached" in ansim("boundaries", "list", code=1)


def test_a_dry_run_and_a_check_keep_nothing(ansim: Any, tmp_path: Path) -> None:
    file = geojson(tmp_path / "a.geojson", around_gunwi("2023-07-01"))
    report = ansim("boundaries", "import", file, "--effective", "2026-12-01", "--dry-run", "--json")
    assert report["features_out"] == 8 and report["dry_run"] and "version" not in report
    text = ansim("boundaries", "check", file)
    assert "municipalities 8" in text and "WARNING" in text
    assert {one["state"] for one in ansim("boundaries", "list", "--json")["versions"]} == {"built-in"}
    assert "YYYY-MM-DD" in ansim("boundaries", "import", file, "--effective", "soon", code=2)
    assert "no such file" in ansim("boundaries", "import", tmp_path / "gone.zip", "--effective", "2026-12-01", code=2)


def test_what_the_private_database_activates_is_answered_when_it_has_stopped(
    database_server: TestServer, ansim: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "private_boundaries_trial"
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setattr(command, "DATABASE", name)
    monkeypatch.setattr(postgres, "private_cluster", lambda **_: contextlib.nullcontext(database_server))
    place = (GUNWI_OFFICE["lat"], GUNWI_OFFICE["lon"])
    try:
        file = geojson(tmp_path / "a.geojson", around_gunwi("2023-07-01"))
        ansim("boundaries", "import", file, "--effective", "2023-07-01", "--name", "군위")
        ansim("boundaries", "activate", "군위", "--allow-missing")
        assert ansim("locate", *place, "--json")["boundary_version"] == "군위"
        ansim("boundaries", "rollback")
        assert ansim("locate", *place, "--json")["boundary_version"] != "군위"
    finally:
        database_server.drop(name)
